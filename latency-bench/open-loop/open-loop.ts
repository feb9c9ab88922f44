/**
 * The sender of an open loop: every message goes out at its intended time or, when something held the sender up, as soon
 * after it as can be; the schedule never waits. The intended time stays with the message, so that what waited is counted
 * as having waited: a closed loop, which sends the next message when the last one is done, sends none while the system
 * stalls and so never sees the stall (coordinated omission).
 */
import type { Schedule } from './schedule.ts';

/** Times are made in advance, so many at a stretch: a logarithm each for Poisson. */
const CHUNK = 4096;

/** Where a message's times stand in `OpenLoop.times`. */
export const LoopTime = { Intended: 0, Start: 1, End: 2 } as const;

export class OpenLoop {
  /** Of the message under way, LoopTime; ns of `clock`. */
  readonly times = new Float64Array(3);
  /** Messages sent. */
  sent = 0;
  private readonly schedule: Schedule;
  private readonly clock: () => number;
  private readonly idle: () => void;
  private readonly chunk = new Float64Array(CHUNK);
  private at = 0;
  private filled = 0;
  /** When the run began; in a cell: it is read for every message. */
  private readonly start = new Float64Array(1);

  /**
   * `clock`: ns, never going back. `idle`: called again and again until the next message is due; what it does beyond
   * looking at the clock may make that one late, which its response time then shows.
   */
  constructor(schedule: Schedule, clock: () => number, idle: () => void) {
    this.schedule = schedule;
    this.clock = clock;
    this.idle = idle;
  }

  /** Time 0 of the schedule is now. */
  begin(): void {
    this.start[0] = this.clock();
  }

  get startNs(): number {
    return this.start[0];
  }

  /**
   * Waits for the next message's intended time and takes it, with the time it really is as its start. False: none is left,
   * or its time is `untilNs` after the start or later; it stays the next one.
   */
  next(untilNs: number): boolean {
    if (this.at === this.filled) {
      this.filled = this.schedule.fill(this.chunk, CHUNK);
      this.at = 0;
      if (this.filled === 0) return false;
    }
    if (this.chunk[this.at] >= untilNs) return false;
    const { times } = this;
    times[LoopTime.Intended] = this.start[0] + this.chunk[this.at];
    times[LoopTime.Start] = this.clock();
    while (times[LoopTime.Start] < times[LoopTime.Intended]) {
      this.idle();
      times[LoopTime.Start] = this.clock();
    }
    this.at++;
    this.sent++;
    return true;
  }
}
