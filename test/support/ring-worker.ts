/** A worker thread of the ring tests: writes or reads one ring, every word of every record a function of its number. */
import { parentPort, workerData } from 'node:worker_threads';
import { RECORD_VERSION, RecordType } from '../../src/core/record.ts';
import { JournalReader, type JournalShared, JournalWriter } from '../../src/ring/journal.ts';
import { SpscReader, type SpscShared, SpscWriter } from '../../src/ring/spsc.ts';
import type { WaitStrategy } from '../../src/ring/wait.ts';
import { journalRecordBytes } from './ring-records.ts';

interface CommonJob {
  readonly wait: WaitStrategy;
  /** Records to write; readers read to the end of the ring. */
  readonly count: number;
  /** Sleep for a millisecond after so many records (0: never). */
  readonly pauseEvery: number;
  /** Park without a time-out: a lost wake-up hangs for ever instead of costing 20 ms. */
  readonly noTimeouts: boolean;
}

export interface SpscJob extends CommonJob {
  readonly kind: 'spscWrite' | 'spscRead';
  readonly shared: SpscShared;
  /** Writer: slots per publication. Reader: slots per poll. */
  readonly batch: number;
}

export interface JournalJob extends CommonJob {
  readonly kind: 'journalWrite' | 'journalRead';
  readonly shared: JournalShared;
  readonly reader: number;
  readonly batchBytes: number;
}

export type RingJob = SpscJob | JournalJob;

export interface RingReport {
  readonly records: number;
  readonly checksum: number;
  /** First record whose content was not what its number says, -1 when all were. */
  readonly firstBad: number;
  /** Name of the error that ended it, '' when none. */
  readonly error: string;
}

const nap = new Int32Array(new SharedArrayBuffer(4));
const atomicsWait = Atomics.wait;

function pause(): void {
  atomicsWait(nap, 0, 0, 1);
}

class Progress implements RingReport {
  records = 0;
  checksum = 0;
  firstBad = -1;
  error = '';
}

function writeSpsc(job: SpscJob, progress: Progress): void {
  const writer = new SpscWriter(job.shared, job.wait, job.batch);
  for (let i = 0; i < job.count; ) {
    const end = Math.min(job.count, i + 4096);
    for (; i < end; i++) writeSlot(writer, i);
    progress.records = i;
    if (job.pauseEvery > 0 && i % job.pauseEvery < 4096) pause();
  }
  writer.close();
}

function writeSlot(writer: SpscWriter, i: number): void {
  const w = writer.next();
  const f64 = writer.f64;
  f64[w] = i;
  f64[w + 1] = i + 1;
  f64[w + 2] = i + 2;
  f64[w + 3] = i * 3;
  f64[w + 4] = i * 5;
  f64[w + 5] = -i;
  f64[w + 6] = i + 6;
  f64[w + 7] = i * 7;
}

function readSpsc(job: SpscJob, progress: Progress): void {
  const reader = new SpscReader(job.shared, job.wait);
  let sincePause = 0;
  for (;;) {
    const available = reader.poll(job.batch);
    if (available === 0) {
      if (reader.isClosed() && reader.poll(1) === 0) return;
      reader.idle();
      continue;
    }
    readSlots(reader, available, progress);
    reader.release(available);
    sincePause += available;
    if (job.pauseEvery > 0 && sincePause >= job.pauseEvery) {
      sincePause = 0;
      pause();
    }
  }
}

function readSlots(reader: SpscReader, count: number, progress: Progress): void {
  const { f64, mask, cursor } = reader;
  let i = progress.records;
  let checksum = progress.checksum;
  for (let k = 0; k < count; k++, i++) {
    const w = ((cursor + k) & mask) << 3;
    const good =
      f64[w] === i &&
      f64[w + 1] === i + 1 &&
      f64[w + 2] === i + 2 &&
      f64[w + 3] === i * 3 &&
      f64[w + 4] === i * 5 &&
      f64[w + 5] === -i &&
      f64[w + 6] === i + 6 &&
      f64[w + 7] === i * 7;
    if (!good && progress.firstBad < 0) progress.firstBad = i;
    checksum = (Math.imul(checksum, 31) + (f64[w + 7] | 0)) | 0;
  }
  progress.records = i;
  progress.checksum = checksum;
}

function writeJournal(job: JournalJob, progress: Progress): void {
  const writer = new JournalWriter(job.shared, job.wait, job.batchBytes);
  for (let i = 0; i < job.count; ) {
    const end = Math.min(job.count, i + 1024);
    for (; i < end; i++) writeRecord(writer);
    progress.records = i;
    if (job.pauseEvery > 0 && i % job.pauseEvery < 1024) pause();
  }
  writer.close();
}

function writeRecord(writer: JournalWriter): void {
  const seq = writer.seq + 1;
  const length = journalRecordBytes(seq);
  const r = writer.claim(1 + (seq & 31), length);
  const f64 = writer.f64;
  const end = r + (length >> 3);
  for (let w = r + 2; w < end; w++) f64[w] = seq + w - r;
}

function readJournal(job: JournalJob, progress: Progress): void {
  const reader = new JournalReader(job.shared, job.reader, job.wait);
  let sincePause = 0;
  for (;;) {
    const available = reader.poll();
    if (available === 0) {
      if (reader.isClosed() && reader.poll() === 0) return;
      reader.idle();
      continue;
    }
    const before = progress.records;
    // Half of what is there is released early now and then: a release need not be of everything that was polled.
    const wanted = (progress.records & 7) === 0 ? (available >> 1) + 1 : available;
    reader.release(readRecords(reader, wanted, progress));
    sincePause += progress.records - before;
    if (job.pauseEvery > 0 && sincePause >= job.pauseEvery) {
      sincePause = 0;
      pause();
    }
  }
}

/** Reads whole records until at least `wanted` words are read; returns the words read. */
function readRecords(reader: JournalReader, wanted: number, progress: Progress): number {
  const { f64, u32, mask, cursor } = reader;
  let words = 0;
  while (words < wanted) {
    const r = (cursor + words) & mask;
    const head = u32[r * 2 + 1];
    const length = head & 0xffff;
    words += length >> 3;
    if (((head >>> 16) & 0xff) === RecordType.Pad) continue;
    const seq = progress.records + 1;
    const expected = (journalRecordBytes(seq) | ((1 + (seq & 31)) << 16) | (RECORD_VERSION << 24)) >>> 0;
    let good = head === expected && u32[r * 2] === 0 && u32[r * 2 + 2] === seq >>> 0;
    const end = r + (length >> 3);
    for (let w = r + 2; w < end; w++) good = good && f64[w] === seq + w - r;
    if (!good && progress.firstBad < 0) progress.firstBad = seq;
    progress.checksum = (Math.imul(progress.checksum, 31) + seq + length) | 0;
    progress.records = seq;
  }
  return words;
}

function run(job: RingJob): RingReport {
  if (job.noTimeouts) {
    Atomics.wait = ((cells: Int32Array, index: number, value: number) =>
      atomicsWait(cells, index, value)) as typeof Atomics.wait;
  }
  const progress = new Progress();
  try {
    if ('reader' in job) (job.kind === 'journalWrite' ? writeJournal : readJournal)(job, progress);
    else (job.kind === 'spscWrite' ? writeSpsc : readSpsc)(job, progress);
  } catch (error) {
    progress.error = error instanceof Error ? error.name : String(error);
  }
  return { ...progress };
}

if (parentPort !== null) parentPort.postMessage(run(workerData as RingJob));
