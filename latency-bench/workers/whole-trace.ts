/**
 * Tick-to-trade as a whole, by readings of the clock of its own: one before the first stamp of a trace and one behind the
 * write of its order. Two float64 a row of the trace buffer.
 */
import { FeedTrace, TRACE_ROWS } from '../../src/core/trace.ts';
import { LoopTime } from '../open-loop/open-loop.ts';

export function createWhole(): SharedArrayBuffer {
  return new SharedArrayBuffer(TRACE_ROWS * 16);
}

/** Word of the reading before; the one behind is next to it. */
export function wholeWord(trace: number): number {
  return (trace & (TRACE_ROWS - 1)) * 2;
}

export class WholeFeedTrace extends FeedTrace {
  private readonly whole: Float64Array;
  private readonly times: Float64Array;

  /** `times`: LoopTime of the message under way; its start was read before its bytes were looked at. */
  constructor(trace: SharedArrayBuffer, whole: SharedArrayBuffer, times: Float64Array) {
    super(trace);
    this.whole = new Float64Array(whole);
    this.times = times;
  }

  override open(): number {
    const id = super.open();
    if (id !== 0) this.whole[wholeWord(id)] = this.times[LoopTime.Start];
    return id;
  }
}
