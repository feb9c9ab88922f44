/** Figures of profits by scenario that need more than the few worst: slower than tail.ts, and no less exact. */
import { tailPoint } from '../math/quantile.ts';
import { isUnavailable, type Unavailable } from '../methods/outcome.ts';
import type { Measure } from '../methods/types.ts';
import { ES, VAR } from './risk-book.ts';
import type { Summary } from './tail.ts';

/** Nothing lies below it: these go through all profits themselves. */
const NO_BAR = Float64Array.of(Number.NEGATIVE_INFINITY);

/** Scenarios with weights (age-weighted historical simulation). Sorts all profits: O(n log n), and allocates. */
export class WeightedTail implements Summary {
  readonly figures = new Float64Array(2);
  readonly low: Float64Array;
  readonly bar = NO_BAR;
  private readonly weights: Float64Array;
  private readonly tail: number;

  /** `weights` sum to 1. */
  constructor(weights: Float64Array, tail: number) {
    this.weights = weights;
    this.tail = tail;
    this.low = new Float64Array(weights.length + 1);
  }

  close(pnl: Float64Array): void {
    const { quantile, tailMean } = tailPoint(pnl, this.weights, this.tail);
    this.figures[VAR] = 0 - quantile.value;
    this.figures[ES] = 0 - tailMean.value;
  }
}

/** Any method that makes figures of one series of profits (Cornish-Fisher): NaN where it has none. */
export class SeriesSummary implements Summary {
  readonly figures = new Float64Array(2);
  readonly low: Float64Array;
  readonly bar = NO_BAR;
  private readonly measure: (pnl: Float64Array) => Measure | Unavailable;

  constructor(scenarios: number, measure: (pnl: Float64Array) => Measure | Unavailable) {
    this.low = new Float64Array(scenarios + 1);
    this.measure = measure;
  }

  close(pnl: Float64Array): void {
    const measured = this.measure(pnl);
    this.figures[VAR] = isUnavailable(measured) ? Number.NaN : measured.var;
    this.figures[ES] = isUnavailable(measured) ? Number.NaN : measured.es;
  }
}
