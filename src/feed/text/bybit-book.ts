/** What the Bybit decoder keeps of one instrument: where its streams stand, and what its book is made of. */
import { StepSequencer } from '../sequencer.ts';
import type { TextInstrument } from './instruments.ts';
import { RecentIds } from './recent-ids.ts';
import type { Redundancy, StreamLines } from './redundancy.ts';
import { StreamBook } from './venue.ts';

export class BybitBook extends StreamBook {
  readonly sequencer = new StepSequencer();
  /** Of the topic that the book is made of; 0 before its first snapshot. */
  depth = 0;
  /** Messages of other depths. */
  otherDepths = 0;
  /** seq of the last message used. */
  cross = 0;
  /** Over several lines, in live sessions. Null in other recordings. */
  readonly updates: StreamLines | null;
  readonly trades: RecentIds | null;

  constructor(instrument: TextInstrument, lines: Redundancy | null) {
    super(instrument);
    this.updates = lines === null ? null : lines.stream();
    this.trades = lines === null ? null : new RecentIds();
  }
}
