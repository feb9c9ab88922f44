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
  /** When the run began, and its end on the schedule; in cells: a number that is handed over is boxed. */
  private readonly bounds = Float64Array.of(0, Number.POSITIVE_INFINITY);

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
    this.bounds[0] = this.clock();
  }

  get startNs(): number {
    return this.bounds[0];
  }

  /** Messages that are due `ns` after the start, or later, are left for the time behind. */
  set endNs(ns: number) {
    this.bounds[1] = ns;
  }

  /**
   * Waits for the next message's intended time and takes it, with the time it really is as its start. False: none is left,
   * or it is due at the end or later and stays the next one.
   */
  next(): boolean {
    if (this.at === this.filled) {
      this.filled = this.schedule.fill(this.chunk, CHUNK);
      this.at = 0;
      if (this.filled === 0) return false;
    }
    const { times, bounds } = this;
    if (this.chunk[this.at] >= bounds[1]) return false;
    times[LoopTime.Intended] = bounds[0] + this.chunk[this.at];
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
