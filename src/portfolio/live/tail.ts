/**
 * The worst outcomes among equally likely scenarios, exactly, in one pass over the scenarios.
 *
 * A quantile needs only the few lowest values. What lies below a *bar* is collected while the values are computed anyway;
 * the bar is a guess made from the last answer, so that a little more than what is needed lies below it. Where too little
 * does, the bar is raised and the values are gone through once more: a bad guess costs time, never exactness.
 */
import { assert } from '../../core/assert.ts';
import { quantileRank, tailCount } from '../math/quantile.ts';
import { collectBelow, placeKth } from './kernels.ts';
import { ES, VAR } from './risk-book.ts';

/** How many are to lie below the bar, per value needed, and beyond: fewer make a second pass likelier, more cost time. */
const SPARE = 1.3;
const SPARE_MORE = 8;
const MAX_RAISES = 8;

/** Makes figures of the profits by scenario; told which of them lie below its bar, because it may need only those. */
export interface Summary {
  /** VaR and ES of the last `close`, losses positive. */
  readonly figures: Float64Array;
  /** What lies below `bar`; one more place than there are scenarios. */
  readonly low: Float64Array;
  /** One cell. -Infinity: nothing needs to be collected. */
  readonly bar: Float64Array;
  /** Ends a pass over `pnl` (finite values), of which the `count` values below the bar are in `low`. */
  close(pnl: Float64Array, count: number): void;
}

export class Tail implements Summary {
  /** VaR and ES of the last `close`, losses positive (negative: even the tail gains). */
  readonly figures = new Float64Array(2);
  /** What is collected. */
  readonly low: Float64Array;
  /** Values below it are to be collected. A cell: a number that is a field is allocated anew when it is written. */
  readonly bar = Float64Array.of(Number.POSITIVE_INFINITY);
  private readonly scenarios: number;
  /** Place of the quantile among the sorted values, and how far it lies towards the next (math/quantile.ts, type 7). */
  private readonly lower: number;
  private readonly fraction: number;
  /** How many values the expected shortfall is the mean of. */
  private readonly inTail: number;
  private readonly needed: number;
  private readonly wanted: number;

  /** `tail`: probability of what is beyond the VaR, in (0, 1). */
  constructor(scenarios: number, tail: number) {
    assert(scenarios >= 1 && tail > 0 && tail < 1, 'a tail has scenarios and a probability');
    this.scenarios = scenarios;
    this.low = new Float64Array(scenarios + 1);
    const { lower, fraction } = quantileRank(scenarios, tail);
    this.lower = lower;
    this.fraction = fraction;
    this.inTail = tailCount(scenarios, tail);
    this.needed = Math.min(scenarios, lower + 2);
    this.wanted = Math.min(scenarios, Math.ceil(this.needed * SPARE) + SPARE_MORE);
  }

  /**
   * Ends a pass over `pnl` (finite values) in which the `count` values below the bar were put into `low`: computes the
   * figures, and the bar for the next pass. O(collected); O(scenarios) where the bar was too low.
   */
  close(pnl: Float64Array, count: number): void {
    let collected = count;
    for (let raises = 0; collected < this.needed; raises++) {
      assert(raises <= MAX_RAISES + 1, 'profits are numbers');
      collected = this.raise(pnl, collected, raises);
    }
    const { low, lower, fraction, figures } = this;
    placeKth(low, collected, lower);
    let quantile = low[lower];
    if (fraction > 0) quantile = (1 - fraction) * quantile + fraction * this.nextAbove(lower, collected);
    let sum = 0;
    for (let i = 0; i < this.inTail; i++) sum += low[i];
    figures[VAR] = 0 - quantile;
    figures[ES] = 0 - sum / this.inTail;
    this.aim(collected);
  }

  /** The lowest of the values behind place `at`. */
  private nextAbove(at: number, collected: number): number {
    const { low } = this;
    if (at + 1 >= collected) return low[at];
    let next = low[at + 1];
    for (let i = at + 2; i < collected; i++) if (low[i] < next) next = low[i];
    return next;
  }

  /** Moves the bar for the next pass: the distance from the quantile is made longer or shorter, as it needs to be. */
  private aim(collected: number): void {
    const { bar, low, wanted, lower: at } = this;
    if (bar[0] === Number.POSITIVE_INFINITY) {
      const place = Math.min(wanted, this.scenarios - 1);
      placeKth(low, collected, place);
      bar[0] = place < wanted ? Number.POSITIVE_INFINITY : low[place];
      return;
    }
    const distance = bar[0] - low[at];
    if (collected > wanted + SPARE_MORE) bar[0] = low[at] + distance * 0.9;
    else if (collected < wanted) bar[0] = low[at] + distance * 1.15;
  }

  /** Too little lay below the bar: a higher one, in the end none. */
  private raise(pnl: Float64Array, collected: number, raises: number): number {
    const { bar, low } = this;
    let sum = 0;
    for (let s = 0; s < this.scenarios; s++) sum += pnl[s];
    const next = bar[0] + (sum / this.scenarios - bar[0]) * 0.5;
    bar[0] = collected > 0 && next > bar[0] && raises < MAX_RAISES ? next : Number.POSITIVE_INFINITY;
    return collectBelow(pnl, low, bar);
  }
}
