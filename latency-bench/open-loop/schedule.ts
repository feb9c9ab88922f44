/**
 * When load should come: times fixed before the run, whatever becomes of it. A schedule fills in intended times, ns from
 * the run's start, in their order; nothing that happens while it runs moves them.
 */
import { Prng } from '../../src/core/prng.ts';

export interface Schedule {
  /** For the report. */
  readonly name: string;
  /** Writes the next times to `times[0 .. count-1]`; returns how many there were, fewer than `count` only at the end. */
  fill(times: Float64Array, count: number): number;
}

/** Of `--schedule`. A recording's own timing is that of `tapehead replay --speed`. */
export const SCHEDULES = ['even', 'poisson', 'bursts'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

const POISSON_SEED = 1;
const BURST = 64;
/** In a burst messages come ten times as fast as on average. */
const BURST_FACTOR = 10;

export function scheduleOf(name: ScheduleName, ratePerS: number): Schedule {
  if (name === 'poisson') return new Poisson(ratePerS, POISSON_SEED);
  if (name === 'bursts') return new Bursts(ratePerS, BURST, 1e9 / (ratePerS * BURST_FACTOR));
  return new FixedRate(ratePerS);
}

/** One message every 1/rate seconds; the first at 0. */
export class FixedRate implements Schedule {
  readonly name: string;
  private readonly gapNs: number;
  private next = 0;

  constructor(ratePerS: number) {
    this.name = `${ratePerS} messages/s, evenly`;
    this.gapNs = 1e9 / ratePerS;
  }

  fill(times: Float64Array, count: number): number {
    for (let i = 0; i < count; i++) times[i] = (this.next + i) * this.gapNs;
    this.next += count;
    return count;
  }
}

/** Independent arrivals: gaps are exponential with mean 1/rate. */
export class Poisson implements Schedule {
  readonly name: string;
  private readonly gapNs: number;
  private readonly random: Prng;
  private lastNs = 0;

  constructor(ratePerS: number, seed: number) {
    this.name = `${ratePerS} messages/s, Poisson, seed ${seed}`;
    this.gapNs = 1e9 / ratePerS;
    this.random = new Prng(seed);
  }

  fill(times: Float64Array, count: number): number {
    for (let i = 0; i < count; i++) {
      this.lastNs -= Math.log(1 - this.random.unit()) * this.gapNs;
      times[i] = this.lastNs;
    }
    return count;
  }
}

/** `size` messages `withinNs` apart from one another, then silence, so that the mean rate is `ratePerS`. */
export class Bursts implements Schedule {
  readonly name: string;
  private readonly size: number;
  private readonly periodNs: number;
  private readonly withinNs: number;
  private next = 0;

  constructor(ratePerS: number, size: number, withinNs: number) {
    this.name = `${ratePerS} messages/s in bursts of ${size}, ${withinNs} ns apart`;
    this.size = size;
    this.periodNs = (size * 1e9) / ratePerS;
    this.withinNs = withinNs;
    if ((size - 1) * withinNs > this.periodNs) throw new RangeError('a burst lasts longer than from one to the next');
  }

  fill(times: Float64Array, count: number): number {
    for (let i = 0; i < count; i++) {
      const ordinal = this.next + i;
      times[i] = Math.floor(ordinal / this.size) * this.periodNs + (ordinal % this.size) * this.withinNs;
    }
    this.next += count;
    return count;
  }
}

/** A recording's own timing: `recordedNs` in its order, from the first one on, `factor` times as fast. */
export class Recorded implements Schedule {
  readonly name: string;
  private readonly recordedNs: Float64Array;
  private readonly factor: number;
  private next = 0;
  private latestNs = 0;

  constructor(recordedNs: Float64Array, factor: number) {
    this.name = `the recording's own timing x ${factor}`;
    this.recordedNs = recordedNs;
    this.factor = factor;
  }

  /** A time that lies before an earlier one counts as that: messages keep their order. */
  fill(times: Float64Array, count: number): number {
    const { recordedNs } = this;
    const given = Math.min(count, recordedNs.length - this.next);
    for (let i = 0; i < given; i++) {
      this.latestNs = Math.max(this.latestNs, (recordedNs[this.next + i] - recordedNs[0]) / this.factor);
      times[i] = this.latestNs;
    }
    this.next += given;
    return given;
  }
}

/** `count` messages of one schedule, then another one from there on: to warm up before what is measured. */
export class Prelude implements Schedule {
  readonly name: string;
  /** When the other one began, ns from the start; -1 before. */
  beganNs = -1;
  private readonly first: Schedule;
  private readonly second: Schedule;
  private left: number;
  private lastNs = 0;

  constructor(first: Schedule, count: number, second: Schedule) {
    this.name = `${count} messages at ${first.name}, then ${second.name}`;
    this.first = first;
    this.second = second;
    this.left = count;
  }

  fill(times: Float64Array, count: number): number {
    if (this.left > 0) {
      const given = this.first.fill(times, Math.min(count, this.left));
      this.left -= given;
      this.lastNs = times[given - 1];
      return given;
    }
    if (this.beganNs < 0) this.beganNs = this.lastNs;
    const given = this.second.fill(times, count);
    for (let i = 0; i < given; i++) times[i] += this.beganNs;
    return given;
  }
}
