/** The writer of a journal ring, a reader that checks it, or the log writer behind it: rings and log benchmarks. */

import type { LogSummary } from '../../src/audit/log-writer.ts';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { DurableCell } from '../../src/audit/watermark.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { EventKind } from '../../src/core/event.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { BBO_RECORD_BYTES, LOG_FORMAT_VERSION, RecordType } from '../../src/core/record.ts';
import { JournalReader, type JournalShared, JournalWriter } from '../../src/ring/journal.ts';
import type { WaitStrategy } from '../../src/ring/wait.ts';
import { arrive, serve } from './crew.ts';
import { fillBboRecord, fillMarketRecord, fold, marketRecordSum } from './records.ts';

export interface JournalJob {
  readonly kind: 'write' | 'read';
  readonly barrier: SharedArrayBuffer;
  readonly parties: number;
  readonly ring: JournalShared;
  readonly reader: number;
  readonly count: number;
  readonly wait: WaitStrategy;
  /** Of a writer: 64 (Bbo) or 80 (market event, as when absent). */
  readonly recordBytes?: number;
  /** Of a writer: each record is waited for until this cell says that it is durable. */
  readonly durable?: SharedArrayBuffer | null;
}

/** Takes the ring's records into a log. */
export interface LogJob {
  readonly kind: 'log';
  readonly barrier: SharedArrayBuffer;
  readonly ring: JournalShared;
  readonly directory: string;
  readonly sync: boolean;
  /** Commit as soon as there is a record, and say so here; null: in groups. */
  readonly durable?: SharedArrayBuffer | null;
}

export interface JournalAnswer {
  readonly startNs: number;
  readonly endNs: number;
  readonly checksum: number;
  readonly log: {
    readonly summary: LogSummary;
    readonly commits: number;
    /** A fine histogram's memory. */
    readonly commit: SharedArrayBuffer;
  } | null;
}

const CHUNK = 4096;

function writeMarketChunk(journal: JournalWriter, from: number, to: number): void {
  for (let i = from; i < to; i++) fillMarketRecord(journal, i);
}

function writeBboChunk(journal: JournalWriter, from: number, to: number): void {
  for (let i = from; i < to; i++) fillBboRecord(journal, i);
}

/** Longer than any sync takes. */
const DURABLE_TIMEOUT_MS = 60_000;

function writeOneByOne(journal: JournalWriter, job: JournalJob, durable: DurableCell): void {
  const writeChunk = job.recordBytes === BBO_RECORD_BYTES ? writeBboChunk : writeMarketChunk;
  for (let i = 0; i < job.count; i++) {
    writeChunk(journal, i, i + 1);
    journal.publish();
    if (!durable.waitUntilDurable(journal.seq, DURABLE_TIMEOUT_MS)) throw new Error('a record did not become durable');
  }
}

/** A log as the engine would frame it: LogStart, records, Stop, End. */
function write(job: JournalJob): JournalAnswer {
  const journal = new JournalWriter(job.ring, job.wait);
  arrive(job.barrier, job.parties);
  const startNs = monotonicNs();
  frame(journal, RecordType.LogStart, 48);
  const writeChunk = job.recordBytes === BBO_RECORD_BYTES ? writeBboChunk : writeMarketChunk;
  if (job.durable != null) writeOneByOne(journal, job, new DurableCell(job.durable));
  else for (let i = 0; i < job.count; i += CHUNK) writeChunk(journal, i, Math.min(job.count, i + CHUNK));
  frame(journal, RecordType.Stop, 40);
  frame(journal, RecordType.End, 64);
  journal.close();
  return { startNs, endNs: monotonicNs(), checksum: 0, log: null };
}

function frame(journal: JournalWriter, type: number, length: number): void {
  const w = journal.claim(type, length);
  journal.bytes.fill(0, w * 8 + 16, w * 8 + length);
  if (type === RecordType.LogStart) journal.u32[w * 2 + 10] = LOG_FORMAT_VERSION;
}

class CheckingReader {
  checksum = 0;
  private readonly ring: JournalReader;

  constructor(ring: JournalReader) {
    this.ring = ring;
  }

  /** Takes what is there; returns how many words. */
  take(): number {
    const { ring } = this;
    const words = ring.poll();
    for (let at = 0; at < words; ) at += this.takeOne((ring.cursor + at) & ring.mask);
    if (words > 0) ring.release(words);
    return words;
  }

  private takeOne(w: number): number {
    const { u32, f64 } = this.ring;
    const head = u32[w * 2 + 1];
    if (((head >>> 16) & 0xff) === EventKind.Add) {
      this.checksum = fold(this.checksum, marketRecordSum(u32, f64, w));
    }
    return (head & 0xffff) >> 3;
  }
}

function read(job: JournalJob): JournalAnswer {
  const ring = new JournalReader(job.ring, job.reader, job.wait);
  const reader = new CheckingReader(ring);
  arrive(job.barrier, job.parties);
  const startNs = monotonicNs();
  for (;;) {
    if (reader.take() > 0) continue;
    if (!ring.isClosed()) ring.idle();
    else if (reader.take() === 0) break;
  }
  return { startNs, endNs: monotonicNs(), checksum: reader.checksum, log: null };
}

function log(job: LogJob): JournalAnswer {
  const commit = Histogram.fine();
  const { writer } = openLogForRun(
    job.directory,
    { shared: job.ring, reader: 0 },
    {
      sync: job.sync,
      disk: 'thread',
      ...(job.durable == null ? {} : { durable: job.durable, idleCommitNs: 0 }),
      onCommit: (commitNs) => commit.record(commitNs),
    },
  );
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  const summary = writer.run();
  const endNs = monotonicNs();
  return {
    startNs,
    endNs,
    checksum: 0,
    log: { summary, commits: writer.commits, commit: commit.slots.buffer as SharedArrayBuffer },
  };
}

serve((job: JournalJob | LogJob): JournalAnswer => {
  if (job.kind === 'log') return log(job);
  return job.kind === 'write' ? write(job) : read(job);
});
