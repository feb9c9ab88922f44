/** A thread that reads a journal ring as one who may be dropped, now and then too slow; checks every record it is given. */
import { parentPort, workerData } from 'node:worker_threads';
import { Prng } from '../../src/core/prng.ts';
import { RECORD_VERSION, RecordType } from '../../src/core/record.ts';
import { DroppableReader } from '../../src/ring/droppable-reader.ts';
import type { JournalShared } from '../../src/ring/journal.ts';
import { journalRecordBytes } from './ring-records.ts';

export interface DroppableJob {
  readonly shared: JournalShared;
  readonly reader: number;
  readonly seed: number;
  readonly batchBytes: number;
  /** It sleeps so many ms, about once in 64 batches; 0: never. */
  readonly pauseMs: number;
}

export interface DroppableReport {
  readonly records: number;
  readonly lapses: number;
  /** Places where the sequence numbers jumped. */
  readonly holes: number;
  readonly missed: number;
  readonly lastSeq: number;
  /** First record that was not what its number says; 0 when all were. */
  readonly firstBad: number;
}

function run(job: DroppableJob): DroppableReport {
  const reader = new DroppableReader(job.shared, job.reader, job.batchBytes);
  const prng = new Prng(job.seed);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  let [records, holes, missed, lastSeq, firstBad] = [0, 0, 0, 0, 0];
  for (;;) {
    const isClosed = reader.isClosed();
    const before = reader.lapses;
    const bytes = reader.take();
    if (bytes === 0) {
      if (isClosed && reader.lapses === before) break;
      continue;
    }
    for (let at = 0; at < bytes; ) {
      const head = reader.u32[(at >> 2) + 1];
      const length = head & 0xffff;
      if (((head >>> 16) & 0xff) !== RecordType.Pad) {
        const seq = reader.u32[(at >> 2) + 2];
        if (!isGood(reader, at, seq, head) && firstBad === 0) firstBad = seq;
        if (seq !== lastSeq + 1) {
          holes++;
          missed += seq - lastSeq - 1;
        }
        lastSeq = seq;
        records++;
      }
      at += length;
    }
    if (job.pauseMs > 0 && prng.below(64) === 0) Atomics.wait(nap, 0, 0, job.pauseMs);
  }
  return { records, lapses: reader.lapses, holes, missed, lastSeq, firstBad };
}

function isGood({ u32, f64 }: DroppableReader, at: number, seq: number, head: number): boolean {
  const length = journalRecordBytes(seq);
  if (head !== (length | ((1 + (seq & 31)) << 16) | (RECORD_VERSION << 24)) >>> 0 || u32[at >> 2] !== 0) return false;
  for (let w = 2; w < length >> 3; w++) if (f64[(at >> 3) + w] !== seq + w) return false;
  return true;
}

if (parentPort !== null) parentPort.postMessage(run(workerData as DroppableJob));
