/** Runs a ring between real worker threads and compares what came out with what went in. */
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { createJournal, type JournalShared } from '../../src/ring/journal.ts';
import { createSpsc, type SpscShared } from '../../src/ring/spsc.ts';
import type { WaitStrategy } from '../../src/ring/wait.ts';
import { journalRecordBytes } from './ring-records.ts';
import type { RingJob, RingReport } from './ring-worker.ts';

/** Cursors start so close below the largest int32 that every run wraps them. */
export const NEAR_WRAP = 0x7fffffff - 1000;

export interface RingRun {
  readonly count: number;
  readonly wait: WaitStrategy;
  readonly readerWait?: WaitStrategy;
  /** SPSC: slots; journal: bytes. */
  readonly size: number;
  /** SPSC: slots per publication; journal: bytes. */
  readonly batch: number;
  readonly readers?: number;
  /** Readers sleep a millisecond after so many records. */
  readonly slowReader?: number;
  /** The writer does. */
  readonly slowWriter?: number;
  readonly start?: number;
  readonly noTimeouts?: boolean;
}

export interface Started {
  readonly worker: Worker;
  /** What it reported, or null when it was killed before. */
  readonly report: Promise<RingReport | null>;
}

const running = new Set<Worker>();

/** A worker of `script` (beside this file). Ends with `stopAll` at the latest. */
export function spawn(script: string, workerData: unknown): Worker {
  const worker = new Worker(new URL(script, import.meta.url), { workerData });
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
  return worker;
}

/** Kills what a failed or hanging test left behind. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((worker) => worker.terminate()));
}

export function start(job: RingJob): Started {
  const worker = spawn('./ring-worker.js', job);
  const report = new Promise<RingReport | null>((resolve, reject) => {
    let result: RingReport | null = null;
    worker.once('message', (message: RingReport) => (result = message));
    worker.once('error', reject);
    worker.once('exit', () => resolve(result));
  });
  return { worker, report };
}

export function spscJobs(run: RingRun, shared: SpscShared): [RingJob, RingJob] {
  const common = { shared, count: run.count, noTimeouts: run.noTimeouts ?? false };
  return [
    { ...common, kind: 'spscWrite', wait: run.wait, batch: run.batch, pauseEvery: run.slowWriter ?? 0 },
    { ...common, kind: 'spscRead', wait: run.readerWait ?? run.wait, batch: 256, pauseEvery: run.slowReader ?? 0 },
  ];
}

export function journalJobs(run: RingRun, shared: JournalShared): RingJob[] {
  const common = { shared, count: run.count, noTimeouts: run.noTimeouts ?? false, batchBytes: run.batch };
  const jobs: RingJob[] = [
    { ...common, kind: 'journalWrite', wait: run.wait, reader: 0, pauseEvery: run.slowWriter ?? 0 },
  ];
  for (let reader = 0; reader < shared.readers; reader++) {
    // Only the first reader is slow: the others must wait for nobody but the writer.
    const pauseEvery = reader === 0 ? (run.slowReader ?? 0) : 0;
    jobs.push({ ...common, kind: 'journalRead', wait: run.readerWait ?? run.wait, reader, pauseEvery });
  }
  return jobs;
}

/** Runs to the end and asserts that every record arrived, once, in order, whole. */
export async function runSpsc(run: RingRun): Promise<void> {
  const shared = createSpsc(run.size, run.start ?? NEAR_WRAP);
  const [, reader] = await Promise.all(spscJobs(run, shared).map((job) => start(job).report));
  let checksum = 0;
  for (let i = 0; i < run.count; i++) checksum = (Math.imul(checksum, 31) + ((i * 7) | 0)) | 0;
  assert.deepEqual(reader, { records: run.count, checksum, firstBad: -1, error: '' });
}

export async function runJournal(run: RingRun): Promise<void> {
  const shared = createJournal(run.size, run.readers ?? 1, run.start ?? NEAR_WRAP);
  const [writer, ...readers] = await Promise.all(journalJobs(run, shared).map((job) => start(job).report));
  const checksum = journalChecksum(run.count);
  assert.equal(writer?.error, '');
  for (const reader of readers) assert.deepEqual(reader, { records: run.count, checksum, firstBad: -1, error: '' });
}

/** What a reader's checksum is after `count` records. */
export function journalChecksum(count: number): number {
  let checksum = 0;
  for (let seq = 1; seq <= count; seq++) checksum = (Math.imul(checksum, 31) + seq + journalRecordBytes(seq)) | 0;
  return checksum;
}
