/** Receive times of a live ITCH session, in a cell: ns since the exchange's midnight. */
import { hrtime } from 'node:process';
import { monotonicNs } from '../../../core/clock.ts';
import { type SessionBase, sessionBase } from '../../../core/time.ts';
import { newYorkMidnight } from '../../session-day.ts';
import { LiveClock } from '../live-clock.ts';

const TWO_32 = 4294967296;

/** The clock of all live feeds, for a loop that reads it a million times a second: nothing is boxed or made. */
export class SessionClock {
  /** Cell 0: session ns, as of the last `read`. */
  readonly ns = new Float64Array(1);
  /** Cell 0: session ns when the monotonic clock stood at 0. */
  private readonly offsetNs = new Float64Array(1);
  private readonly reading = new BigInt64Array(1);
  private readonly words = new Uint32Array(this.reading.buffer);

  constructor(base: SessionBase) {
    const clock = new LiveClock(base);
    this.offsetNs[0] = clock.now() - monotonicNs();
    this.read();
  }

  /** About 50 ns. */
  read(): void {
    this.reading[0] = hrtime.bigint();
    this.ns[0] = this.words[1] * TWO_32 + this.words[0] + this.offsetNs[0];
  }
}

/** Midnight of New York on the day that it is there: what the times of a session under way count from. */
export function itchSessionBase(epochMs: number): SessionBase {
  const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date(epochMs));
  return sessionBase(newYorkMidnight(date));
}
