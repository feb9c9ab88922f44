/** What the Binance decoder keeps of one instrument: where its streams stand, and what waits for a snapshot. */
import { RangeSequencer } from '../sequencer.ts';
import { FrameQueue } from './frame-queue.ts';
import type { TextInstrument } from './instruments.ts';
import type { Redundancy, StreamLines } from './redundancy.ts';

export class BinanceBook {
  readonly instrument: TextInstrument;
  readonly sequencer = new RangeSequencer();
  readonly queue = new FrameQueue();
  /** Over several lines, in live sessions: depth updates, best bids and offers, trades. Null in other recordings. */
  readonly depths: StreamLines | null;
  readonly tickers: StreamLines | null;
  readonly trades: StreamLines | null;
  connection = -1;
  /** Snapshots that were of no use: the book was live, ... */
  unneeded = 0;
  /** ... or updates between them and the first one kept are missing. */
  tooOld = 0;

  constructor(instrument: TextInstrument, lines: Redundancy | null) {
    this.instrument = instrument;
    this.depths = lines === null ? null : lines.stream();
    this.tickers = lines === null ? null : lines.stream();
    this.trades = lines === null ? null : lines.stream();
  }

  /** What there is to say of it, for the summary. */
  remarks(): string[] {
    const remarks: string[] = [];
    const { queue, sequencer, tooOld, unneeded } = this;
    const { symbol } = this.instrument;
    if (sequencer.waiting && queue.count > 0) {
      remarks.push(`${symbol}: ${queue.count} depth updates still wait for a snapshot that joins them`);
    }
    if (queue.dropped > 0) {
      remarks.push(`${symbol}: ${queue.dropped} depth updates dropped from the full queue before a snapshot`);
    }
    if (tooOld > 0) remarks.push(`${symbol}: ${tooOld} snapshots were older than the updates kept`);
    if (unneeded > 0) remarks.push(`${symbol}: ${unneeded} snapshots not needed, the book was live`);
    if (sequencer.overlaps > 0) {
      remarks.push(`${symbol}: ${sequencer.overlaps} depth updates overlapped the one before; applied`);
    }
    return remarks;
  }
}
