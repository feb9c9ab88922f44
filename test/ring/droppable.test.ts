/** The reader that is dropped rather than waited for. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { DroppableReader } from '../../src/ring/droppable-reader.ts';
import { createJournal, JournalReader, type JournalShared, JournalWriter } from '../../src/ring/journal.ts';
import { journalUse } from '../../src/ring/ring-use.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import type { DroppableJob, DroppableReport } from '../support/droppable-worker.ts';
import { journalRecordBytes } from '../support/ring-records.ts';
import { journalChecksum, NEAR_WRAP, spawn, start, stopAll } from '../support/ring-threads.ts';

const TIMEOUT_MS = 120_000;
afterEach(stopAll);

function write(writer: JournalWriter, count: number): void {
  for (let i = 0; i < count; i++) {
    const seq = writer.seq + 1;
    const length = journalRecordBytes(seq);
    const w = writer.claim(1 + (seq & 31), length);
    for (let k = 2; k < length >> 3; k++) writer.f64[w + k] = seq + k;
  }
  writer.publish();
}

/** Sequence numbers of everything that is there. */
function drain(reader: DroppableReader): number[] {
  const seqs: number[] = [];
  for (let bytes = reader.take(); bytes > 0; bytes = reader.take()) {
    for (let at = 0; at < bytes; at += reader.u32[(at >> 2) + 1] & 0xffff) {
      if (((reader.u32[(at >> 2) + 1] >>> 16) & 0xff) !== 0) seqs.push(reader.u32[(at >> 2) + 2]);
    }
  }
  return seqs;
}

/** Keeps up with everything, as the audit log does. */
function keepUp(shared: JournalShared): () => void {
  const reader = new JournalReader(shared, 0);
  return () => {
    for (let words = reader.poll(); words > 0; words = reader.poll()) reader.release(words);
  };
}

test('while there is room a droppable reader is given every record, wrapped cursors and pads included', () => {
  const shared = createJournal(1 << 12, 2, NEAR_WRAP, 1);
  const writer = new JournalWriter(shared);
  const follow = keepUp(shared);
  const reader = new DroppableReader(shared, 1, 512);
  const seqs: number[] = [];
  for (let round = 0; round < 400; round++) {
    write(writer, 5);
    follow();
    seqs.push(...drain(reader));
  }
  assert.deepEqual(
    seqs,
    Array.from({ length: 2000 }, (_, i) => i + 1),
  );
  assert.equal(reader.lapses, 0);
});

test('the writer drops it instead of waiting, it learns of it, and goes on with what is written from then on', () => {
  const shared = createJournal(1 << 12, 2, NEAR_WRAP, 1);
  const writer = new JournalWriter(shared);
  const follow = keepUp(shared);
  writer.onFull = follow;
  const reader = new DroppableReader(shared, 1);
  write(writer, 10);
  assert.deepEqual(drain(reader), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  write(writer, 500); // many times the ring
  assert.equal(journalUse(shared, 1), -1);
  assert.deepEqual(drain(reader), []);
  assert.equal(reader.lapses, 1);
  follow();
  write(writer, 3);
  assert.deepEqual(drain(reader), [511, 512, 513]);
  assert.equal(reader.lapses, 1);
  assert.equal(journalUse(shared, 1), 0);
});

test('the writer waits for the readers that gate, and drops nobody while those hold it up anyway', () => {
  const shared = createJournal(1 << 12, 2, 0, 1);
  const writer = new JournalWriter(shared);
  const gating = new JournalReader(shared, 0);
  const reader = new DroppableReader(shared, 1);
  const seqs: number[] = [];
  writer.onFull = () => {
    seqs.push(...drain(reader)); // while the other one still holds the writer up
    gating.release(gating.poll());
  };
  write(writer, 400);
  seqs.push(...drain(reader));
  assert.equal(seqs.length, 400);
  assert.equal(reader.lapses, 0);
});

test('on a place that gates the same reader is waited for', async () => {
  const count = 10_000;
  const shared = createJournal(1 << 12, 2, NEAR_WRAP, 0);
  const jobs = { shared, count, noTimeouts: false, batchBytes: 512, wait: WaitStrategy.SpinThenPark, pauseEvery: 0 };
  const writer = start({ ...jobs, kind: 'journalWrite', reader: 0 });
  const other = start({ ...jobs, kind: 'journalRead', reader: 0 });
  const report = await droppable({ shared, reader: 1, seed: 7, batchBytes: 1024, pauseMs: 1 });
  assert.equal((await writer.report)?.error, '');
  assert.equal((await other.report)?.records, count);
  assert.deepEqual(report, { records: count, lapses: 0, holes: 0, missed: 0, lastSeq: count, firstBad: 0 });
});

function droppable(workerData: DroppableJob): Promise<DroppableReport> {
  const worker = spawn('./droppable-worker.js', workerData);
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

for (const seed of [1, 20_261_123]) {
  test(`a slow reader on another thread, seed ${seed}: it misses records, and none that it is given is torn`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const count = 300_000;
    const shared = createJournal(1 << 13, 2, NEAR_WRAP, 1);
    const jobs = { shared, count, noTimeouts: false, batchBytes: 1024, wait: WaitStrategy.SpinThenPark, pauseEvery: 0 };
    const reading = droppable({ shared, reader: 1, seed, batchBytes: 2048, pauseMs: 1 });
    const other = start({ ...jobs, kind: 'journalRead', reader: 0 });
    const writer = start({ ...jobs, kind: 'journalWrite', reader: 0 });
    const report = await reading;
    assert.equal((await writer.report)?.error, '');
    // Whoever gates has lost nothing beside it.
    const all = { records: count, checksum: journalChecksum(count), firstBad: -1, error: '' };
    assert.deepEqual(await other.report, all);
    assert.equal(report.firstBad, 0);
    assert.ok(report.lapses > 0, 'it was dropped at least once, or this shows nothing');
    assert.ok(report.holes <= report.lapses);
    const atTheEnd = count - report.lastSeq;
    assert.equal(report.records + report.missed + atTheEnd, count);
  });
}

test('a journal of droppable readers alone is none', () => {
  assert.throws(() => createJournal(1 << 12, 1, 0, 1));
});
