/**
 * A worker thread of the race tests: goes through many small rings, one round each, with a peer that closes, abandons or
 * detaches at a moment that differs from round to round. Nobody parks with a time-out: a lost wake-up hangs the test.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Prng } from '../../src/core/prng.ts';
import { RecordType } from '../../src/core/record.ts';
import { JournalReader, type JournalShared, JournalWriter } from '../../src/ring/journal.ts';
import { ReaderGoneError, SpscReader, type SpscShared, SpscWriter } from '../../src/ring/spsc.ts';
import type { WaitStrategy } from '../../src/ring/wait.ts';

/** close: the writer ends each ring; gone: the reader does. `journalLeave`: reader 1 detaches or dies, reader 0 stays. */
export type RoundsKind = 'close' | 'gone' | 'journalClose' | 'journalLeave';

export interface RoundsJob {
  readonly kind: RoundsKind;
  /** -1 writes; 0 and 1 read. */
  readonly role: number;
  readonly wait: WaitStrategy;
  readonly seed: number;
  /** In 'journalLeave', the writer writes so many: several times the ring. */
  readonly leaveRecords: number;
  readonly spsc: readonly SpscShared[];
  readonly journal: readonly JournalShared[];
}

/** By round: records read (readers); records written, or -1 when it ended with ReaderGoneError (writer). */
export type RoundsReport = number[];

const RECORD_BYTES = 64;
const job = workerData as RoundsJob;
const prng = new Prng(job.seed * 10 + job.role + 1);
const atomicsWait = Atomics.wait;
Atomics.wait = ((cells: Int32Array, index: number, value: number) =>
  atomicsWait(cells, index, value)) as typeof Atomics.wait;

/** Up to some microseconds, so that the two sides meet at every point of each other's code. */
function delay(): void {
  const cell = new Int32Array(1);
  for (let i = prng.below(prng.below(4) === 0 ? 4000 : 60); i > 0; i--) Atomics.load(cell, 0);
}

function untilGone(write: () => void): number {
  try {
    for (;;) write();
  } catch (error) {
    if (error instanceof ReaderGoneError) return -1;
    throw error;
  }
}

function writeSpsc(shared: SpscShared): number {
  const writer = new SpscWriter(shared, job.wait, 2);
  const write = (i: number) => {
    delay();
    writer.f64[writer.next()] = i;
  };
  if (job.kind === 'gone') {
    let i = 0;
    return untilGone(() => write(i++));
  }
  const count = prng.below(12);
  for (let i = 0; i < count; i++) write(i);
  delay();
  writer.close();
  return count;
}

function readSpsc(shared: SpscShared): number {
  const reader = new SpscReader(shared, job.wait);
  const limit = job.kind === 'gone' ? prng.below(12) : Number.POSITIVE_INFINITY;
  let read = 0;
  while (read < limit) {
    const available = reader.poll(Math.min(4, limit - read));
    if (available === 0) {
      if (reader.isClosed() && reader.poll(1) === 0) return read;
      reader.idle();
      continue;
    }
    for (let k = 0; k < available; k++) {
      if (reader.f64[((reader.cursor + k) & reader.mask) << 3] !== read++) throw new Error(`record ${read - 1}`);
    }
    reader.release(available);
    delay();
  }
  SpscReader.abandon(shared);
  return read;
}

function writeJournal(shared: JournalShared): number {
  const writer = new JournalWriter(shared, job.wait, 128);
  const count = job.kind === 'journalLeave' ? job.leaveRecords : prng.below(40);
  try {
    for (let i = 0; i < count; i++) {
      delay();
      writer.claim(1, RECORD_BYTES);
    }
    writer.publish();
  } catch (error) {
    if (!(error instanceof ReaderGoneError)) throw error;
    writer.close();
    return -1;
  }
  delay();
  writer.close();
  return count;
}

function readJournal(shared: JournalShared): number {
  const reader = new JournalReader(shared, job.role, job.wait);
  const leaves = job.kind === 'journalLeave' && job.role === 1;
  const limit = leaves ? prng.below(job.leaveRecords - 20) : Number.POSITIVE_INFINITY;
  let read = 0;
  while (read < limit) {
    const available = reader.poll();
    if (available === 0) {
      if (reader.isClosed() && reader.poll() === 0) return read;
      reader.idle();
      continue;
    }
    const r = reader.cursor & reader.mask;
    const head = reader.u32[r * 2 + 1];
    const isPad = ((head >>> 16) & 0xff) === RecordType.Pad;
    if (!isPad && reader.u32[r * 2 + 2] !== ++read) throw new Error(`record ${read}`);
    reader.release((head & 0xffff) >> 3);
    delay();
  }
  delay();
  // Half of those who leave say that they died.
  if (read % 2 === 0) JournalReader.detach(shared, job.role);
  else JournalReader.abandon(shared, job.role);
  return read;
}

const report: RoundsReport =
  job.spsc.length > 0
    ? job.spsc.map(job.role < 0 ? writeSpsc : readSpsc)
    : job.journal.map(job.role < 0 ? writeJournal : readJournal);
if (parentPort !== null) parentPort.postMessage(report);
