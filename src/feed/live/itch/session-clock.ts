/** Receive times of a live ITCH session, in a cell: ns since the exchange's midnight. */
import { type SessionBase, sessionBase } from '../../../core/time.ts';
import { newYorkMidnight } from '../../session-day.ts';
import { LiveClock } from '../live-clock.ts';

export class SessionClock {
  /** Cell 0: session ns, as of the last `read`. */
  readonly ns = new Float64Array(1);
  private readonly clock: LiveClock;

  constructor(base: SessionBase) {
    this.clock = new LiveClock(base);
    this.read();
  }

  /** Costs a reading of the monotonic clock; once per batch. */
  read(): void {
    this.ns[0] = this.clock.now();
  }
}

/** Midnight of New York on the day that it is there: what the times of a session under way count from. */
export function itchSessionBase(epochMs: number): SessionBase {
  const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date(epochMs));
  return sessionBase(newYorkMidnight(date));
}
