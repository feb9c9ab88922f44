/**
 * Receive times of a live session: the wall clock once, at the start, and the monotonic clock from there on. So times
 * never go back and never jump, whatever is done to the wall clock; they are as wrong as that was at the start.
 */
import { monotonicNs } from '../../core/clock.ts';
import { type SessionBase, sessionBase, sessionBaseNs, utcMidnight } from '../../core/time.ts';

/** ns since the Unix epoch; microseconds are all that the system tells. */
export function wallClockNs(): bigint {
  const micros = Math.round((performance.timeOrigin + performance.now()) * 1e3);
  return BigInt(micros) * 1_000n;
}

/** UTC midnight of the day that it is now. */
export function liveSessionBase(): SessionBase {
  return sessionBase(utcMidnight(wallClockNs()));
}

export class LiveClock {
  /** Session ns when the monotonic clock stood at `origin`. */
  private readonly start: number;
  private readonly origin: number;
  private readonly monotonic: () => number;
  private last = Number.NEGATIVE_INFINITY;

  /** The clocks are arguments so that a test can turn them. */
  constructor(base: SessionBase, wall: () => bigint = wallClockNs, monotonic: () => number = monotonicNs) {
    this.monotonic = monotonic;
    this.origin = monotonic();
    this.start = Number(wall() - sessionBaseNs(base));
  }

  /** Session ns, never below an earlier answer. About 60 ns. */
  now(): number {
    const now = this.start + (this.monotonic() - this.origin);
    if (now > this.last) this.last = now;
    return this.last;
  }
}
