/** One end of a round trip through two journal rings, for the journal-ring benchmark. */

import { pinThisThread } from '../../src/core/affinity.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { MARKET_RECORD_BYTES } from '../../src/core/record.ts';
import { JournalReader, type JournalShared, JournalWriter } from '../../src/ring/journal.ts';
import type { WaitStrategy } from '../../src/ring/wait.ts';
import { arrive, serve } from './crew.ts';
import { fillMarketRecord, fold, marketRecordSum } from './records.ts';

export interface JournalEchoJob {
  readonly kind: 'ping' | 'pong';
  readonly barrier: SharedArrayBuffer;
  readonly there: JournalShared;
  readonly back: JournalShared;
  /** Market records of 80 bytes, each sent when the one before has come back. */
  readonly count: number;
  readonly wait: WaitStrategy;
}

export interface JournalEchoAnswer {
  readonly checksum: number;
  /** A fine histogram's memory. */
  readonly latency: SharedArrayBuffer | null;
}

const RECORD_WORDS = MARKET_RECORD_BYTES / 8;

class Taker {
  checksum = 0;
  private readonly ring: JournalReader;

  constructor(shared: JournalShared, wait: WaitStrategy) {
    this.ring = new JournalReader(shared, 0, wait);
  }

  /** Waits for one record; a Pad before it is skipped. */
  takeOne(): void {
    const { ring } = this;
    let words = ring.poll();
    while (words === 0) {
      ring.idle();
      words = ring.poll();
    }
    this.checksum = fold(
      this.checksum,
      marketRecordSum(ring.u32, ring.f64, (ring.cursor + words - RECORD_WORDS) & ring.mask),
    );
    ring.release(words);
  }
}

function sendOne(ring: JournalWriter, i: number): void {
  fillMarketRecord(ring, i);
  ring.publish();
}

/** One reading of the clock a round trip: the end of one is the start of the next. */
function ping(job: JournalEchoJob): JournalEchoAnswer {
  const there = new JournalWriter(job.there, job.wait);
  const back = new Taker(job.back, job.wait);
  there.seq = 1; // as behind a LogStart: the checksum counts from there
  const histogram = Histogram.fine();
  arrive(job.barrier, 2);
  let lastNs = monotonicNs();
  for (let i = 0; i < job.count; i++) {
    sendOne(there, i);
    back.takeOne();
    const nowNs = monotonicNs();
    histogram.record(nowNs - lastNs);
    lastNs = nowNs;
  }
  return { checksum: back.checksum, latency: histogram.slots.buffer as SharedArrayBuffer };
}

function pong(job: JournalEchoJob): JournalEchoAnswer {
  const there = new Taker(job.there, job.wait);
  const back = new JournalWriter(job.back, job.wait);
  back.seq = 1;
  arrive(job.barrier, 2);
  for (let i = 0; i < job.count; i++) {
    there.takeOne();
    sendOne(back, i);
  }
  return { checksum: there.checksum, latency: null };
}

let isPinned = false;

serve((job: JournalEchoJob): JournalEchoAnswer => {
  if (!isPinned) pinThisThread(job.kind === 'ping' ? 0 : 1);
  isPinned = true;
  return job.kind === 'ping' ? ping(job) : pong(job);
});
