import assert from 'node:assert/strict';
import { afterEach, test as nodeTest } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createJournal, JournalReader } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader } from '../../src/ring/spsc.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import type { RoundsJob, RoundsKind, RoundsReport } from '../support/ring-rounds-worker.ts';
import {
  journalChecksum,
  journalJobs,
  NEAR_WRAP,
  type RingRun,
  runJournal,
  runSpsc,
  spawn,
  spscJobs,
  start,
  stopAll,
} from '../support/ring-threads.ts';

const { Spin, SpinThenPark, Park } = WaitStrategy;
/** Several times the ring of 1 KiB. */
const LEAVE_RECORDS = 60;
/** A hang is a failure: far above what a loaded machine needs. */
const TIMEOUT_MS = 120_000;
const strategies = Object.entries(WaitStrategy);

const test = (name: string, run: () => Promise<void>) => void nodeTest(name, { timeout: TIMEOUT_MS }, run);
afterEach(stopAll);

for (const [name, wait] of strategies) {
  test(`SPSC, ${name}: two million records in batches of 64 and half a million one by one arrive in order`, async () => {
    await runSpsc({ count: 2_000_000, wait, size: 1 << 14, batch: 64 });
    await runSpsc({ count: 500_000, wait, size: 1 << 14, batch: 1 });
  });

  test(`SPSC, ${name}: a ring of two slots, always full or empty, loses nothing`, async () => {
    await runSpsc({ count: wait === Spin ? 2_000 : 20_000, wait, size: 2, batch: 1 });
  });

  test(`journal, ${name}: a million records of every length reach their reader in order`, async () => {
    await runJournal({ count: wait === Spin ? 200_000 : 1_000_000, wait, size: 1 << 18, batch: 8192 });
  });
}

test('SPSC: the writer of a slow reader waits, with nothing lost', async () => {
  await runSpsc({ count: 200_000, wait: SpinThenPark, size: 1024, batch: 16, slowReader: 5_000 });
});

test('SPSC: the reader of a slow writer waits, with nothing lost', async () => {
  await runSpsc({ count: 200_000, wait: Park, size: 1024, batch: 16, slowWriter: 8_192 });
});

for (const readers of [2, 3, 4]) {
  test(`journal: ${readers} readers each get every record, one of them slow`, async () => {
    await runJournal({ count: 150_000, wait: SpinThenPark, size: 1 << 16, batch: 4096, readers, slowReader: 20_000 });
  });
}

test('journal: a ring hardly larger than its longest records, always full, loses nothing', async () => {
  await runJournal({ count: 50_000, wait: Park, size: 1024, batch: 256, readers: 2 });
});

test('journal: writer and readers may wait in different ways', async () => {
  await runJournal({ count: 300_000, wait: SpinThenPark, readerWait: Park, size: 1 << 15, batch: 512, readers: 2 });
});

test('nobody sleeps for ever when no park has a time-out', async () => {
  for (const wait of [SpinThenPark, Park]) {
    await runSpsc({ count: 10_000, wait, size: 4, batch: 1, noTimeouts: true });
    await runSpsc({ count: 40_000, wait, size: 64, batch: 7, noTimeouts: true });
    await runJournal({ count: 10_000, wait, size: 1024, batch: 64, readers: 2, noTimeouts: true });
  }
});

/** Runs `rounds` small rings through one thread a role. Reports by role, the writer's first. */
async function runRounds(
  kind: RoundsKind,
  rounds: number,
  readers: number,
  wait: WaitStrategy,
): Promise<RoundsReport[]> {
  const seed = 20_261_101 + rounds;
  const isJournal = kind.startsWith('journal');
  const spsc = isJournal ? [] : Array.from({ length: rounds }, (_, i) => createSpsc(4, i % 2 === 0 ? 0x7fffffff : 0));
  const journal = isJournal
    ? Array.from({ length: rounds }, (_, i) => createJournal(1024, readers, 0x7fffffff - (i % 999)))
    : [];
  const workers = Array.from({ length: readers + 1 }, (_, i) => {
    const workerData: RoundsJob = { kind, role: i - 1, wait, seed, leaveRecords: LEAVE_RECORDS, spsc, journal };
    return spawn('./ring-rounds-worker.js', workerData);
  });
  const report = (worker: Worker) =>
    new Promise<RoundsReport>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  return Promise.all(workers.map(report));
}

for (const wait of [SpinThenPark, Park]) {
  const how = wait === Park ? 'parked' : 'spinning, then parked';
  test(`closing a ring wakes its ${how} reader at any moment, and what was written is read`, async () => {
    const [written, read] = await runRounds('close', 1500, 1, wait);
    assert.deepEqual(read, written);
    const [journalled, first, second] = await runRounds('journalClose', 800, 2, wait);
    assert.deepEqual([first, second], [journalled, journalled]);
  });

  test(`a reader that gives up wakes its ${how} writer at any moment`, async () => {
    const [written] = await runRounds('gone', 1500, 1, wait);
    assert.ok(written.every((count) => count === -1));
  });

  test(`a journal reader that detaches lets its ${how} writer go on, one that dies stops it`, async () => {
    const [written, stayed, left] = await runRounds('journalLeave', 800, 2, wait);
    for (let i = 0; i < written.length; i++) {
      // More remains to be written than the ring holds, so the writer always learns of a death.
      const died = left[i] % 2 === 1;
      assert.equal(written[i], died ? -1 : LEAVE_RECORDS);
      if (!died) assert.equal(stayed[i], LEAVE_RECORDS);
    }
  });
}

const endless: RingRun = { count: 1e9, wait: SpinThenPark, size: 256, batch: 16 };

test('SPSC: when the reading thread is killed and declared gone, the writer stops with ReaderGoneError', async () => {
  const shared = createSpsc(endless.size, NEAR_WRAP);
  const [writer, reader] = spscJobs(endless, shared).map(start);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await reader.worker.terminate();
  assert.equal(await reader.report, null);
  // Only now: the writer has been parked on a full ring for a while, or soon will be.
  SpscReader.abandon(shared);
  assert.equal((await writer.report)?.error, 'ReaderGoneError');
});

test('journal: when a reading thread is killed and declared dead, the writer stops with ReaderGoneError', async () => {
  const shared = createJournal(1 << 12, 2, NEAR_WRAP);
  const [writer, first, second] = journalJobs({ ...endless, size: 1 << 12 }, shared).map(start);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await second.worker.terminate();
  JournalReader.abandon(shared, 1);
  const report = await writer.report;
  assert.equal(report?.error, 'ReaderGoneError');
  await first.worker.terminate();
});

test('journal: when a reading thread is killed and detached, the others go on to the end', async () => {
  const count = 300_000;
  const shared = createJournal(1 << 12, 2, NEAR_WRAP);
  const [writer, first, second] = journalJobs({ ...endless, count, size: 1 << 12 }, shared).map(start);
  await new Promise((resolve) => setTimeout(resolve, 60));
  await second.worker.terminate();
  JournalReader.detach(shared, 1);
  assert.equal((await writer.report)?.error, '');
  assert.deepEqual(await first.report, { records: count, checksum: journalChecksum(count), firstBad: -1, error: '' });
});
