/**
 * The worst outcomes among equally likely scenarios, exactly, in one pass over the scenarios.
 *
 * A quantile needs only the few lowest values. What lies below a *bar* is collected while the values are computed anyway;
 * the bar is a guess made from the last answer, so that a little more than what is needed lies below it. Where too little
 * does, the bar is raised and the values are gone through once more: a bad guess costs time, never exactness.
 */
import { assert } from '../../core/assert.ts';
import { collectBelow, placeKth } from './kernels.ts';
import { ES, VAR } from './risk-book.ts';

/** How many are to lie below the bar, per value needed, and beyond: fewer make a second pass likelier, more cost time. */
const SPARE = 1.3;
const SPARE_MORE = 8;
const MAX_RAISES = 8;

export class Tail {
  /** VaR and ES of the last `close`, losses positive (negative: even the tail gains). */
  readonly figures = new Float64Array(2);
  /** What is collected. */
  readonly low: Float64Array;
  /** Values below it are to be collected. A cell: a number that is a field is allocated anew when it is written. */
  readonly bar = Float64Array.of(Number.POSITIVE_INFINITY);
  private readonly scenarios: number;
  /** Place of the quantile among the sorted values (type 7 of Hyndman and Fan 1996), and how many are needed for it. */
  private readonly place: number;
  private readonly needed: number;
  private readonly wanted: number;

  /** `confidence` in (0, 1). */
  constructor(scenarios: number, confidence: number) {
    assert(scenarios >= 1 && confidence > 0 && confidence < 1, 'a tail has scenarios and a confidence');
    this.scenarios = scenarios;
    this.low = new Float64Array(scenarios + 1);
    this.place = (scenarios - 1) * (1 - confidence);
    this.needed = Math.min(scenarios, Math.floor(this.place) + 2);
    this.wanted = Math.min(scenarios, Math.ceil(this.needed * SPARE) + SPARE_MORE);
  }

  /**
   * Ends a pass over `pnl` (finite values) in which the `count` values below the bar were put into `low`: computes the
   * figures, and the bar for the next pass. O(collected); O(scenarios) where the bar was too low.
   */
  close(pnl: Float64Array, count: number): void {
    let collected = count;
    for (let raises = 0; collected < this.needed; raises++) collected = this.raise(pnl, collected, raises);
    const { low, place, figures } = this;
    const at = Math.floor(place);
    placeKth(low, collected, at);
    const quantile = low[at] + (this.nextAbove(at, collected) - low[at]) * (place - at);
    let sum = 0;
    let below = 0;
    for (let i = 0; i <= at; i++) {
      if (!(low[i] <= quantile)) continue;
      sum += low[i];
      below++;
    }
    figures[VAR] = 0 - quantile;
    figures[ES] = below === 0 ? 0 - quantile : 0 - sum / below;
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
    const { bar, low, wanted } = this;
    const at = Math.floor(this.place);
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
