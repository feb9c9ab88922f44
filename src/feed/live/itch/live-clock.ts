/** Receive times of a live feed: the wall clock once, the monotonic clock from there on, so that time never goes back. */
import { performance } from 'node:perf_hooks';
import { monotonicNs } from '../../../core/clock.ts';
import { newYorkMidnight } from '../../session-day.ts';

const US_PER_MS = 1000;

export class LiveClock {
  /** Cell 0: ns since the session's midnight, as of the last `read`. */
  readonly ns = new Float64Array(1);
  private readonly offsetNs: number;

  /** `midnightNs`: the session's midnight, ns since the Unix epoch. */
  constructor(midnightNs: bigint) {
    const wallUs = Math.round((performance.timeOrigin + performance.now()) * US_PER_MS);
    this.offsetNs = Number(BigInt(wallUs) * 1000n - midnightNs) - monotonicNs();
    this.read();
  }

  /** Costs a reading of the monotonic clock; once per batch. */
  read(): void {
    this.ns[0] = monotonicNs() + this.offsetNs;
  }
}

/** The midnight of New York that a session under way at this time counts from, ns since the Unix epoch. */
export function itchSessionMidnight(epochMs: number): bigint {
  const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date(epochMs));
  return newYorkMidnight(date);
}
