import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recoverLog, recoveryText } from '../../src/audit/recover.ts';
import { verifyLog, verifyText } from '../../src/audit/verify.ts';
import { DurableCell } from '../../src/audit/watermark.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import { MemoryFs } from './memory-fs.ts';
import { advance, finish, openRun, SMALL, type TestRunOptions, writeLog } from './support.ts';

const LOG = '/log';
const RECORDS = 40;
const OPTIONS: TestRunOptions = { records: RECORDS, sync: true, idleCommitNs: 1e15 };

function refused(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    assert.ok(!error.message.includes('\n'));
    return true;
  };
}

function undisturbed(): Record<string, string> {
  const memory = new MemoryFs();
  writeLog(LOG, { ...OPTIONS, fs: memory });
  return memory.contents();
}

/** A run stopped after `records` records, of which the first `durable` were acknowledged. */
function interrupted(durable: number, records: number, options: TestRunOptions = {}): MemoryFs {
  const memory = new MemoryFs();
  const run = openRun(LOG, { ...OPTIONS, commitBytes: 1 << 20, ringBytes: 1 << 16, ...options, fs: memory });
  const step = (count: number): void => {
    for (let i = 0; i < count; i++) run.script.step(run.journal);
    run.journal.publish();
    while (run.log.doWork() > 0);
    run.log.flush();
  };
  step(durable);
  assert.equal(new DurableCell(run.log.durable).durableSeq(), durable);
  const watermark = memory.files.get(`${LOG}/watermark`)!.current.slice();
  if (records > durable) step(records - durable);
  // As if it had been killed between the write of the second group and its watermark.
  memory.files.get(`${LOG}/watermark`)!.current = watermark;
  return memory.killed();
}

function fileOf(memory: MemoryFs, name: string): { current: Uint8Array; synced: Uint8Array } {
  return memory.files.get(`${LOG}/${name}`)!;
}

function segmentsOf(memory: MemoryFs): string[] {
  return memory.list(LOG).filter((name) => name.endsWith('.seg'));
}

function resumeToEnd(memory: MemoryFs, options: TestRunOptions = {}): void {
  finish(openRun(LOG, { ...OPTIONS, ...options, fs: memory }), new Prng(1));
}

test('every byte of an open log changed: refused where it was acknowledged, cut where it was not', () => {
  const expected = undisturbed();
  const durable = 24;
  const original = interrupted(durable, 32);
  const durableBytes = interrupted(durable, durable);
  let refusals = 0;
  let cuts = 0;
  for (const name of segmentsOf(original)) {
    const length = fileOf(original, name).current.length;
    for (let offset = 0; offset < length; offset++) {
      const memory = original.killed();
      const flipped = fileOf(memory, name).current;
      flipped[offset] ^= 1 << (offset % 8);
      const acknowledged =
        flipped.length > 0 && offset < (durableBytes.files.get(`${LOG}/${name}`)?.current.length ?? 0);
      const block = Math.floor(offset / SMALL.blockBytes);
      let kept = -1;
      try {
        kept = recoverLog(LOG, { geometry: SMALL, fs: memory }).records;
      } catch (error) {
        refused('LOG_DAMAGED', new RegExp(`^${LOG}/${name}:\\d+ \\(seq \\d+\\): .*made durable`))(error);
        assert.ok(acknowledged, `${name}:${offset} was not acknowledged`);
        refusals++;
        continue;
      }
      assert.ok(kept >= durable);
      cuts++;
      // Nothing acknowledged was touched, or it was the header or the chain of a block whose records are all whole.
      if (acknowledged) assert.ok(offset - block * SMALL.blockBytes < 64, `${name}:${offset}`);
      const sealed = verifyLog(LOG, { geometry: SMALL, fs: memory });
      assert.ok(sealed.ok, verifyText(sealed));
      if (offset % 7 === 0) {
        resumeToEnd(memory);
        assert.deepEqual(memory.contents(), expected);
      }
    }
  }
  assert.ok(refusals > 1000 && cuts > 500, `${refusals} refused, ${cuts} cut`);
});

test('an open log truncated at every byte, or without its last segments: cut at the last whole record, resumed to the same files', () => {
  const expected = undisturbed();
  const original = interrupted(1, 34);
  const segments = segmentsOf(original);
  assert.ok(segments.length >= 3);
  let previous = 0;
  for (const [index, name] of segments.entries()) {
    const length = fileOf(original, name).current.length;
    for (let cut = 0; cut <= length; cut++) {
      const memory = original.killed();
      for (const later of segments.slice(index + 1)) memory.files.delete(`${LOG}/${later}`);
      fileOf(memory, name).current = fileOf(memory, name).current.slice(0, cut);
      if (index === 0 && cut < 64 + 48) {
        // The one record that was acknowledged is gone.
        assert.throws(() => openRun(LOG, { ...OPTIONS, fs: memory }), refused('LOG_DAMAGED', /made durable/));
        continue;
      }
      const run = openRun(LOG, { ...OPTIONS, fs: memory });
      const report = run.recovered;
      assert.ok(report !== null);
      assert.ok(report.records === previous || report.records === previous + 1 || previous === 0, `${name}:${cut}`);
      previous = report.records;
      finish(run, new Prng(cut));
      assert.deepEqual(memory.contents(), expected, `${name} cut at ${cut}`);
    }
  }
  assert.equal(previous, 34);
});

test('a closed log that lost its tail is refused, unless the loss is accepted; the replay then restores it', () => {
  const expected = undisturbed();
  const closed = new MemoryFs();
  writeLog(LOG, { ...OPTIONS, fs: closed });
  const segments = segmentsOf(closed);
  const last = segments[segments.length - 1];
  const length = fileOf(closed, last).current.length;
  for (let cut = 0; cut < length; cut += 5) {
    const memory = closed.killed();
    fileOf(memory, last).current = fileOf(memory, last).current.slice(0, cut);
    assert.throws(() => recoverLog(LOG, { geometry: SMALL, fs: memory }), refused('LOG_DAMAGED', /--accept-loss/));
    assert.throws(() => openRun(LOG, { ...OPTIONS, fs: memory }), refused('LOG_EXISTS', /closed log of 40 records/));
    const sealed = memory.killed();
    const report = recoverLog(LOG, { geometry: SMALL, fs: sealed, acceptLoss: true });
    assert.equal(report.lost, RECORDS - report.records);
    if (report.lost > 0) assert.match(recoveryText(report), /acknowledged records LOST/);
    assert.ok(verifyLog(LOG, { geometry: SMALL, fs: sealed }).ok);
    if (!report.closed) resumeToEnd(sealed);
    assert.deepEqual(sealed.contents(), expected);
    resumeToEnd(memory, { acceptLoss: true });
    assert.deepEqual(memory.contents(), expected, `cut at ${cut}`);
  }
});

test('a run that is not the one that wrote the log diverges with file, offset and record, and leaves the log as it was', () => {
  const memory = interrupted(20, 30);
  const before = memory.contents();
  for (const options of [{ seed: 2 }, { records: 25 }, { records: 8 }, { seed: 99, records: 300 }]) {
    const run = openRun(LOG, { ...OPTIONS, ...options, fs: memory });
    assert.equal(run.recovered?.records, 30);
    assert.throws(
      () => finish(run, new Prng(1)),
      refused(
        'DIVERGED',
        /^(record \d+ \(\w+\)|the end before record \d+) .* \/log\/0000000\d\.seg:\d+: this run is not/,
      ),
    );
    assert.deepEqual(memory.contents(), before);
  }
  resumeToEnd(memory);
  assert.deepEqual(memory.contents(), undisturbed());
});

test('wherever a run ends before the log it resumes, it diverges at its End record', () => {
  for (let records = 4; records <= 30; records++) {
    const run = openRun(LOG, { ...OPTIONS, records, fs: interrupted(30, 30) });
    const text = new RegExp(`^record ${records} \\(End\\) is not what stands at /log/0000000\\d\\.seg:\\d+:`);
    assert.throws(() => finish(run, new Prng(records)), refused('DIVERGED', text));
  }
});

test('the record that differs is the one that is named', () => {
  // The same script but for its length: everything is the same up to the last record of the shorter one.
  const memory = interrupted(30, 30);
  const run = openRun(LOG, { ...OPTIONS, records: 25, fs: memory });
  assert.throws(() => finish(run, new Prng(1)), refused('DIVERGED', /^record 25 \(End\) is not what stands at/));
  const other = openRun(LOG, { ...OPTIONS, seed: 2, fs: memory });
  assert.throws(() => finish(other, new Prng(1)), refused('DIVERGED', /^record 1 \(LogStart\) .*00000000\.seg:64:/));
});

test('a run interrupted while it catches up leaves the recovered log untouched, sealed or not', () => {
  for (const seal of [false, true]) {
    const memory = interrupted(20, 30);
    if (seal) recoverLog(LOG, { geometry: SMALL, fs: memory });
    const before = memory.contents();
    const run = openRun(LOG, { ...OPTIONS, fs: memory });
    advance(run, 15, new Prng(1));
    run.journal.close();
    assert.equal(run.log.run().closed, false);
    assert.deepEqual(memory.contents(), before);
    assert.equal(verifyLog(LOG, { geometry: SMALL, fs: memory }).ok, seal);
    resumeToEnd(memory);
    assert.deepEqual(memory.contents(), undisturbed());
  }
});

test('once a run has caught up with the recovered log, all of that is acknowledged', () => {
  const memory = interrupted(20, 30);
  const run = openRun(LOG, { ...OPTIONS, fs: memory });
  const cell = new DurableCell(run.log.durable);
  for (let seq = 1; seq <= 30; seq++) {
    run.script.step(run.journal);
    run.journal.publish();
    while (run.log.doWork() > 0);
    run.log.flush();
    assert.equal(cell.durableSeq(), seq < 30 ? 20 : 30);
  }
});

test('what is behind a bad record decides: within a group it is a torn tail, further off it is damage', () => {
  const options = { records: 200, commitBytes: 512 };
  // Small groups: many lie behind the place that is damaged, though the watermark (after a power cut) says nothing of it.
  const memory = interrupted(5, 150, options);
  const bytes = fileOf(memory, '00000001.seg').current;
  bytes[100] ^= 1;
  assert.throws(
    () => recoverLog(LOG, { geometry: SMALL, fs: memory }),
    refused(
      'LOG_DAMAGED',
      /00000001\.seg:64 \(seq \d+\): record .*, but valid blocks follow as far as \/log\/0000\d+\.seg:\d+/,
    ),
  );
  const large = interrupted(5, 150, { records: 200, commitBytes: 1 << 20 });
  fileOf(large, '00000001.seg').current[100] ^= 1;
  const report = recoverLog(LOG, { geometry: SMALL, fs: large });
  assert.equal(report.torn?.file, `${LOG}/00000001.seg`);
  assert.equal(report.torn?.offset, 0);
});

test('a missing segment, one too long, a missing or damaged watermark, or foreign files: refused and named', () => {
  const cases: [(memory: MemoryFs) => void, string, RegExp][] = [
    [(memory) => memory.files.delete(`${LOG}/00000001.seg`), 'LOG_DAMAGED', /00000001\.seg:0 .*the file is missing/],
    [(memory) => memory.files.delete(`${LOG}/watermark`), 'LOG_DAMAGED', /watermark:0 .*missing/],
    [(memory) => fileOf(memory, 'watermark').current[9]++, 'LOG_DAMAGED', /watermark:28 .*checksum/],
    [
      (memory) => {
        fileOf(memory, '00000000.seg').current = new Uint8Array(2000);
      },
      'LOG_DAMAGED',
      /00000000\.seg:1536 .*464 bytes too many/,
    ],
    [(memory) => memory.files.set(`${LOG}/x.csv`, fileOf(memory, 'watermark')), 'USAGE', /x\.csv/],
  ];
  for (const [damage, code, text] of cases) {
    const memory = interrupted(20, 38);
    damage(memory);
    const before = memory.contents();
    assert.throws(() => recoverLog(LOG, { geometry: SMALL, fs: memory }), refused(code, text));
    assert.throws(() => openRun(LOG, { ...OPTIONS, fs: memory }), refused(code, text));
    assert.deepEqual(memory.contents(), before, 'nothing was touched');
  }
});

test('recovery says what it kept and cut, and has nothing to do twice', () => {
  const memory = interrupted(20, 30);
  const segments = segmentsOf(memory);
  const last = fileOf(memory, segments[segments.length - 1]);
  last.current = last.current.slice(0, last.current.length - 3);
  const unclosed = verifyLog(LOG, { geometry: SMALL, fs: memory });
  assert.match(
    verifyText(unclosed),
    /^not closed: 29 whole records to seq 29 \(durable to 20\); \d+ torn bytes at \/log\/0000000\d\.seg:\d+; `tapehead recover \/log` or start/,
  );
  const report = recoverLog(LOG, { geometry: SMALL, fs: memory });
  assert.match(
    recoveryText(report),
    /^\/log: 29 whole records kept \(durable to 20\); \d+ torn bytes cut at .*; sealed, head [0-9a-f]{64}$/,
  );
  const sealed = memory.contents();
  const again = recoverLog(LOG, { geometry: SMALL, fs: memory });
  assert.equal(again.headHash, report.headHash);
  assert.equal(again.torn, null);
  assert.deepEqual(memory.contents(), sealed);
});

test('a log that was whole but for its sealing is closed by recovery, to the undisturbed files', () => {
  const memory = interrupted(20, RECORDS);
  const report = recoverLog(LOG, { geometry: SMALL, fs: memory });
  assert.ok(report.closed);
  assert.deepEqual(memory.contents(), undisturbed());
  assert.throws(
    () => recoverLog(LOG, { geometry: SMALL, fs: memory }),
    refused('LOG_EXISTS', /closed, there is nothing to recover/),
  );
});

test('a log whose writer died before its first record is recovered to nothing and resumed from there', () => {
  for (const seal of [false, true]) {
    const memory = new MemoryFs();
    openRun(LOG, { ...OPTIONS, fs: memory });
    const crashed = memory.killed();
    if (seal) {
      assert.equal(recoverLog(LOG, { geometry: SMALL, fs: crashed }).records, 0);
      assert.ok(verifyLog(LOG, { geometry: SMALL, fs: crashed }).ok);
    }
    resumeToEnd(crashed);
    assert.deepEqual(crashed.contents(), undisturbed());
  }
});

test('a log written without sync promises nothing: whatever is torn is cut', () => {
  const memory = interrupted(25, 30, { sync: false });
  const bytes = fileOf(memory, '00000000.seg').current;
  bytes[600] ^= 1;
  const report = recoverLog(LOG, { geometry: SMALL, fs: memory });
  assert.ok(report.records < 25 && report.lost > 0);
  resumeToEnd(memory);
  assert.deepEqual(memory.contents(), undisturbed());
});
