import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordCrc32c } from '../../src/audit/crc32c.ts';
import { chainHash, writeOpenHeader } from '../../src/audit/layout.ts';
import { LogReader } from '../../src/audit/log-reader.ts';
import { recoverLog } from '../../src/audit/recover.ts';
import { type FailedLog, verifyLog, verifyText } from '../../src/audit/verify.ts';
import { encodeWatermark, LogState, type Watermark } from '../../src/audit/watermark.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { EventKind } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { RecordType } from '../../src/core/record.ts';
import { MemoryFs } from './memory-fs.ts';
import { advance, finish, openRun, SMALL, temporary, writeLog } from './support.ts';

const LOG = '/log';

function closedLog(records = 40): MemoryFs {
  const memory = new MemoryFs();
  writeLog(LOG, { records, fs: memory });
  return memory;
}

function verify(memory: MemoryFs): ReturnType<typeof verifyLog> {
  return verifyLog(LOG, { geometry: SMALL, fs: memory });
}

function mustFail(memory: MemoryFs, context = ''): FailedLog {
  const result = verify(memory);
  assert.ok(!result.ok, `${context}: passed`);
  assert.ok(!verifyText(result).includes('\n'));
  return result;
}

function bytesOf(memory: MemoryFs, name: string): Uint8Array {
  return memory.files.get(`${LOG}/${name}`)!.current;
}

function setBytes(memory: MemoryFs, name: string, bytes: Uint8Array): void {
  memory.files.set(`${LOG}/${name}`, { current: bytes, synced: bytes });
}

/** Where each record lies: seq by file name and offset. */
function recordPlaces(memory: MemoryFs): { file: string; from: number; to: number; seq: number }[] {
  const reader = new LogReader(LOG, { geometry: SMALL, fs: memory });
  const places: { file: string; from: number; to: number; seq: number }[] = [];
  while (reader.next()) {
    places.push({ file: reader.file, from: reader.fileOffset, to: reader.fileOffset + reader.length, seq: reader.seq });
  }
  reader.close();
  return places;
}

test('every byte of a closed log changed: verify names the file, the place and the record', () => {
  const memory = closedLog();
  assert.ok(verify(memory).ok);
  const places = recordPlaces(memory);
  const prng = new Prng(3);
  let flips = 0;
  for (const [path, file] of memory.files) {
    for (let offset = 0; offset < file.current.length; offset++) {
      const bits = offset % 3 === 0 ? 0xff : 1 << prng.below(8);
      file.current[offset] ^= bits;
      const { problem } = mustFail(memory, `${path}:${offset} ^ ${bits}`);
      file.current[offset] ^= bits;
      assert.equal(problem.file, path, `${path}:${offset}: ${problem.what}`);
      flips++;
      const place = places.find((one) => one.file === path && offset >= one.from && offset < one.to);
      if (place !== undefined) {
        assert.equal(problem.offset, place.from, problem.what);
        assert.equal(problem.seq, place.seq, problem.what);
      } else if (path.endsWith('.seg')) {
        const inBlock = offset % SMALL.blockBytes;
        // Each header field is named where it stands; the length of the records where it makes them end.
        if (inBlock < 64 && (inBlock < 24 || inBlock >= 28)) {
          const field = [0, 4, 8, 16, 28, 32].findLast((start) => start <= inBlock);
          assert.equal(problem.offset % SMALL.blockBytes, field, `${path}:${offset}: ${problem.what}`);
        }
        const block = Math.floor(offset / SMALL.blockBytes);
        assert.equal(Math.floor(problem.offset / SMALL.blockBytes), block, `${path}:${offset}: ${problem.what}`);
        const near = places.filter((one) => one.file === path && Math.floor(one.from / SMALL.blockBytes) === block);
        assert.ok(problem.seq >= near[0].seq && problem.seq <= near[near.length - 1].seq + 1, problem.what);
      }
    }
  }
  assert.ok(flips > 3000, 'several blocks and segments');
  assert.ok(verify(memory).ok);
});

test('a closed log truncated at every byte of its last segment, or without any one segment, is not ok', () => {
  const memory = closedLog();
  const segments = memory.list(LOG).filter((name) => name.endsWith('.seg'));
  const last = segments[segments.length - 1];
  const whole = bytesOf(memory, last);
  for (let length = 0; length < whole.length; length++) {
    setBytes(memory, last, whole.slice(0, length));
    const { problem } = mustFail(memory, `${last} cut at ${length}`);
    assert.ok(problem.file.endsWith(last), problem.file);
    assert.ok(problem.offset <= length);
    assert.throws(
      () => recoverLog(LOG, { geometry: SMALL, fs: memory }),
      (error) => error instanceof TapeheadError && error.code === 'LOG_DAMAGED',
    );
  }
  setBytes(memory, last, whole);
  for (const name of segments) {
    const bytes = bytesOf(memory, name);
    memory.files.delete(`${LOG}/${name}`);
    const { problem } = mustFail(memory, `without ${name}`);
    if (name !== last) assert.equal(problem.file, `${LOG}/${name}`);
    setBytes(memory, name, bytes);
    setBytes(memory, name, bytes.slice(0, bytes.length - SMALL.blockBytes));
    const short = mustFail(memory, `${name} one block short`);
    assert.equal(short.problem.file, `${LOG}/${name}`, verifyText(short));
    setBytes(memory, name, bytes);
  }
  assert.ok(verify(memory).ok);
});

test('what does not belong to a log is named: other files, extra segments, trailing bytes', () => {
  const memory = closedLog();
  const segments = memory.list(LOG).filter((name) => name.endsWith('.seg'));
  const last = segments[segments.length - 1];
  const whole = bytesOf(memory, last);

  setBytes(memory, 'notes.txt', new Uint8Array(1));
  assert.equal(mustFail(memory).problem.file, `${LOG}/notes.txt`);
  memory.files.delete(`${LOG}/notes.txt`);

  for (const extra of [0, 1, 63, 64, 512]) {
    const name = `${String(segments.length).padStart(8, '0')}.seg`;
    setBytes(memory, name, new Uint8Array(extra));
    assert.equal(mustFail(memory, `${extra} bytes in an extra segment`).problem.file, `${LOG}/${name}`);
    memory.files.delete(`${LOG}/${name}`);
  }
  for (const extra of [1, 7, 64, 511, 512, 5000]) {
    const longer = new Uint8Array(whole.length + extra);
    longer.set(whole);
    setBytes(memory, last, longer);
    const { problem } = mustFail(memory, `${extra} trailing bytes`);
    assert.equal(problem.file, `${LOG}/${last}`);
    assert.ok(problem.offset >= whole.length, problem.what);
  }
  setBytes(memory, last, whole);

  const watermark = bytesOf(memory, 'watermark');
  memory.files.delete(`${LOG}/watermark`);
  assert.match(verifyText(mustFail(memory)), /watermark.*missing/);
  setBytes(memory, 'watermark', Uint8Array.from([...watermark, 0]));
  assert.match(verifyText(mustFail(memory)), /watermark:32.*longer than 32 bytes/);
  setBytes(memory, 'watermark', watermark);
  assert.ok(verify(memory).ok);
});

test('a record changed with its checksum made good breaks the chain; with the whole chain made good the log verifies', () => {
  const memory = closedLog();
  const place = recordPlaces(memory)[10];
  const name = place.file.slice(LOG.length + 1);
  const bytes = bytesOf(memory, name);
  bytes[place.to - 5] ^= 1;
  const block = Math.floor(place.from / SMALL.blockBytes) * SMALL.blockBytes;
  const u32 = new Uint32Array(bytes.buffer);
  u32[place.from / 4] = recordCrc32c(u32, place.from / 4, (place.to - place.from) / 4);
  const { problem } = mustFail(memory);
  assert.match(problem.what, /chain hash/);
  assert.equal(problem.offset, block + 32);

  let previous: Uint8Array = new Uint8Array(32);
  for (const segment of memory.list(LOG).filter((one) => one.endsWith('.seg'))) {
    const all = bytesOf(memory, segment);
    for (let start = 0; start < all.length; start += SMALL.blockBytes) {
      previous = chainHash(previous, all, start, new DataView(all.buffer).getUint32(start + 24, true));
      all.set(previous, start + 32);
    }
  }
  assert.ok(verify(memory).ok, 'only re-execution finds that');
});

test('logs that are consistent, and yet no writer would have written, are refused by what is wrong', () => {
  const start = record(1, RecordType.LogStart, 48);
  const add = (seq: number) => record(seq, EventKind.Add, 80);
  const end = (seq: number) => record(seq, RecordType.End, 64);
  const cases: [Uint8Array[][], Partial<Watermark>, RegExp][] = [
    [[[add(1), end(2)]], {}, /00000000\.seg:64 \(seq 1\): the first record is Add, not LogStart/],
    [[[start, end(2), add(3)]], {}, /:176 \(seq 3\): a record after the End record/],
    [[[start, end(2)], [end(3)]], {}, /:576 \(seq 3\): a record after the End record/],
    [
      [
        [start, add(2)],
        [add(3), end(4)],
      ],
      {},
      /:576 \(seq 3\): the previous block was sealed with 320 bytes free/,
    ],
    [[[start, add(3), end(4)]], {}, /:112 \(seq 2\): sequence number is 3, 2 comes here/],
    [[[start, add(2)]], {}, /the last record is not an End/],
    [[[start, end(2)]], { state: LogState.Recovered }, /sealed by recovery, but the last record is an End/],
    [
      [[start, add(2), end(3)]],
      { durableSeq: 2 },
      /watermark:8 \(seq 3\): durable seq is 2, but the log was closed at 3/,
    ],
    [[[start, end(2)]], { durableSeq: 3 }, /the log ends here, but was closed at seq 3/],
    [[[start, record(2, 120, 80), end(3)]], {}, /:112 \(seq 2\): record type 120 is unknown/],
    [[[start, record(2, EventKind.Add, 88), end(3)]], {}, /:112 \(seq 2\): record of type Add with length 88/],
    [[[start, record(2, RecordType.Pad, 80), end(3)]], {}, /:112 \(seq 2\): record type 0 is unknown/],
    [[[start, record(2, EventKind.Add, 80, 2), end(3)]], {}, /:112 \(seq 2\): record version 2, this reader knows 1/],
    [[[start], [end(2)]], {}, /the previous block was sealed with 400 bytes free/],
    [[[], [start, end(2)]], {}, /00000000\.seg:0 \(seq 1\): the block was never sealed/],
  ];
  for (const [blocks, watermark, text] of cases) {
    assert.match(verifyText(mustFail(craft(blocks, watermark), String(text))), text);
  }
  assert.ok(verify(craft([[start, add(2), end(3)]], {})).ok);
  assert.ok(verify(craft([[start, add(2)]], { state: LogState.Recovered })).ok);
});

/** A record with a good checksum. */
function record(seq: number, type: number, length: number, version = 1): Uint8Array {
  const u32 = new Uint32Array(length / 4);
  u32[1] = length | (type << 16) | (version << 24);
  u32[2] = seq;
  u32[0] = recordCrc32c(u32, 0, length / 4);
  return new Uint8Array(u32.buffer);
}

/** A log of the given blocks: headers, chain and watermark are right for whatever is in them. */
function craft(blocks: Uint8Array[][], watermark: Partial<Watermark>): MemoryFs {
  const bytes = new Uint8Array(blocks.length * SMALL.blockBytes);
  const u32 = new Uint32Array(bytes.buffer);
  let seq = 0;
  let chain: Uint8Array = new Uint8Array(32);
  for (const [block, records] of blocks.entries()) {
    const at = block * SMALL.blockBytes;
    writeOpenHeader(u32, at / 4, block, seq + 1);
    let used = 0;
    for (const one of records) {
      bytes.set(one, at + 64 + used);
      used += one.length;
      seq++;
    }
    u32[at / 4 + 6] = used;
    u32[at / 4 + 7] = records.length;
    if (used === 0) continue;
    chain = chainHash(chain, bytes, at, used);
    bytes.set(chain, at + 32);
  }
  const memory = new MemoryFs();
  memory.makeDirectory(LOG);
  setBytes(memory, '00000000.seg', bytes);
  const state = { state: LogState.Closed, durableSeq: seq, groupBytes: 0, ...watermark };
  setBytes(memory, 'watermark', encodeWatermark(state));
  return memory;
}

test('two threads verify as one does, on a log that is right and on damaged ones', (t) => {
  const directory = join(temporary(t), 'log');
  writeLog(directory, { records: 300 });
  const look = (twoThreads: boolean) => verifyLog(directory, { geometry: SMALL, twoThreads });
  assert.ok(look(true).ok);
  assert.deepEqual(look(true), look(false));
  const prng = new Prng(11);
  for (let round = 0; round < 12; round++) {
    const segment = join(directory, `0000000${prng.below(3)}.seg`);
    const whole = readFileSync(segment);
    const bytes = Buffer.from(whole);
    for (let damages = 1 + prng.below(2); damages > 0; damages--) {
      // In header, chain hash or anywhere.
      const block = prng.below(SMALL.segmentBlocks) * SMALL.blockBytes;
      bytes[block + prng.below(2 ** (5 + prng.below(5)))] ^= 1 << prng.below(8);
    }
    writeFileSync(segment, round === 11 ? bytes.subarray(0, 700) : bytes);
    const one = look(false);
    assert.ok(!one.ok);
    assert.deepEqual(look(true), one, `round ${round}`);
    writeFileSync(segment, whole);
  }
});

test('the head hash, counts and sizes that verify states are those of the writer', () => {
  const memory = new MemoryFs();
  const summary = writeLog(LOG, { records: 77, fs: memory });
  const result = verify(memory);
  assert.ok(result.ok);
  const { ok: _, segments, blocks, ...rest } = result;
  assert.deepEqual(rest, summary);
  assert.equal(segments, Math.ceil(blocks / SMALL.segmentBlocks));
  assert.match(verifyText(result), /^ok: 77 records, \d+ bytes in \d+ segments, closed, head [0-9a-f]{64}$/);
});

test('a log that is being written is said to be, by which process', () => {
  const memory = new MemoryFs();
  const run = openRun(LOG, { fs: memory });
  advance(run, 20, new Prng(1));
  run.journal.publish();
  while (run.log.doWork() > 0);
  run.log.flush();
  const result = mustFail(memory);
  assert.ok(result.notClosed);
  assert.equal(verifyText(result), `not closed: process ${process.pid} is writing it (durable to 20)`);
  finish(run, new Prng(1));
  assert.ok(verify(memory).ok);
});

test('random garbage in place of a log is refused with one line, never an exception of another kind', () => {
  for (let seed = 0; seed < 300; seed++) {
    const prng = new Prng(seed);
    const memory = closedLog(12);
    for (const [path, file] of memory.files) {
      if (prng.below(3) === 0) continue;
      const bytes = new Uint8Array(prng.below(3 * SMALL.blockBytes));
      for (let i = 0; i < bytes.length; i++) bytes[i] = prng.below(4) === 0 ? prng.u32() : (file.current[i] ?? 0);
      memory.files.set(path, { current: bytes, synced: bytes });
    }
    for (const look of [
      () => verify(memory),
      () => recoverLog(LOG, { geometry: SMALL, fs: memory, acceptLoss: seed % 2 === 0 }),
      () => {
        const reader = new LogReader(LOG, { geometry: SMALL, fs: memory });
        while (reader.next());
      },
    ]) {
      try {
        look();
      } catch (error) {
        assert.ok(error instanceof TapeheadError, `seed ${seed}: ${error}`);
        assert.ok(!error.message.includes('\n'));
      }
    }
  }
});
