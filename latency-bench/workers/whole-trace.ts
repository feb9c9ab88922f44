/**
 * Tick-to-trade as a whole, by readings of the clock of its own: one before the first stamp of a trace and one behind the
 * write of its order. Two float64 a row of the trace buffer.
 */
import { monotonicNs } from '../../src/core/clock.ts';
import { FeedTrace, TRACE_ROWS } from '../../src/core/trace.ts';

export function createWhole(): SharedArrayBuffer {
  return new SharedArrayBuffer(TRACE_ROWS * 16);
}

/** Word of the reading before; the one behind is next to it. */
export function wholeWord(trace: number): number {
  return (trace & (TRACE_ROWS - 1)) * 2;
}

export class WholeFeedTrace extends FeedTrace {
  private readonly whole: Float64Array;
  private readonly before = new Float64Array(1);

  constructor(trace: SharedArrayBuffer, whole: SharedArrayBuffer) {
    super(trace);
    this.whole = new Float64Array(whole);
  }

  override readOnSchedule(times: Float64Array, at: number): void {
    this.before[0] = monotonicNs();
    super.readOnSchedule(times, at);
  }

  override open(): number {
    const id = super.open();
    if (id !== 0) this.whole[wholeWord(id)] = this.before[0];
    return id;
  }
}
