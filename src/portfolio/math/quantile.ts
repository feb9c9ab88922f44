/**
 * Empirical quantiles and tail means as linear combinations of scenarios, so that a figure and its derivative with respect
 * to each position come from the same numbers.
 *
 * Quantile: type 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50(4),
 * 1996: linear between order statistics, at (n - 1) p. Tail mean: of the ceil((n - 1) p) smallest values, which are those
 * below the quantile (PerformanceAnalytics' historical ES) wherever no two values tie there, and a coherent measure also
 * where they do (C. Acerbi and D. Tasche, "On the coherence of expected shortfall", 2002).
 *
 * With weights (of sum 1): A. Akinshin, "Weighted quantile estimators", arXiv:2304.07265, 2023. n becomes Kish's effective sample
 * size 1 / sum of squares, the quantile the mean of the step quantile function over a window of width 1/n from (n - 1) p / n on,
 * the tail mean that from 0 to ceil((n - 1) p) / n. Equal weights give the above; a scenario without weight has no effect.
 */

/** sum over i of coefficients[i] x value of scenario scenarios[i]. */
export interface Combination {
  readonly value: number;
  readonly scenarios: Int32Array;
  readonly coefficients: Float64Array;
}

export interface TailPoint {
  readonly quantile: Combination;
  readonly tailMean: Combination;
}

/** Rank positions this close to a whole number are one: 100 x (1 - 0.95) is not 5 in binary. */
const SNAP = 1e-9;
/** Overlaps of cumulative weights up to this are rounding. */
const NOTHING = 1e-14;

/** Type 7 quantile of values in ascending order, 0 <= p <= 1. O(1). */
export function quantileSorted(sorted: Float64Array, p: number): number {
  const { lower, fraction } = quantileRank(sorted.length, p);
  if (fraction === 0) return sorted[lower];
  return between(sorted[lower], sorted[lower + 1], fraction);
}

/** Mean of the values below the type 7 quantile, in ascending order; the smallest where there is none below. O(n p). */
export function tailMeanSorted(sorted: Float64Array, p: number): number {
  const count = tailCount(sorted.length, p);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += sorted[i] / count;
  return sum;
}

/** How many values the tail mean is of: at least one. */
export function tailCount(n: number, p: number): number {
  const { lower, fraction } = quantileRank(n, p);
  return Math.max(1, fraction === 0 ? lower : lower + 1);
}

/** Both at probability p, 0 < p < 1, of at least one value; `weights` null for equal ones. O(n log n). */
export function tailPoint(values: Float64Array, weights: Float64Array | null, p: number): TailPoint {
  const order = ascending(values);
  return weights === null ? equalTail(values, order, p) : weightedTail(values, weights, order, p);
}

/** Scenario numbers by value; ties by number, so that the result does not depend on the sort. */
function ascending(values: Float64Array): Int32Array {
  const order = new Int32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => values[a] - values[b] || a - b);
}

function equalTail(values: Float64Array, order: Int32Array, p: number): TailPoint {
  const { lower, fraction } = quantileRank(order.length, p);
  const count = tailCount(order.length, p);
  const coefficients = new Float64Array(count).fill(1 / count);
  return {
    quantile: pointBetween(values, order, lower, fraction),
    tailMean: combined(values, order.slice(0, count), coefficients),
  };
}

function weightedTail(values: Float64Array, weights: Float64Array, order: Int32Array, p: number): TailPoint {
  let squares = 0;
  for (let t = 0; t < weights.length; t++) squares += weights[t] * weights[t];
  const size = 1 / squares;
  const { lower, fraction } = quantileRank(size, p);
  const start = (lower + fraction) / size;
  return {
    quantile: windowMean(values, weights, order, start, start + 1 / size),
    tailMean: windowMean(values, weights, order, 0, tailCount(size, p) / size),
  };
}

/** Mean of the step quantile function between cumulative weights `from` and `to`. */
function windowMean(
  values: Float64Array,
  weights: Float64Array,
  order: Int32Array,
  from: number,
  to: number,
): Combination {
  const scenarios: number[] = [];
  const overlaps: number[] = [];
  let sum = 0;
  let before = 0;
  for (const scenario of order) {
    const after = before + weights[scenario];
    const overlap = Math.min(after, to) - Math.max(before, from);
    if (overlap > NOTHING) {
      scenarios.push(scenario);
      overlaps.push(overlap);
      sum += overlap;
    }
    before = after;
    if (before >= to) break;
  }
  if (sum === 0) return combined(values, order.slice(-1), Float64Array.of(1)); // the weights' rounding ends below `from`
  return combined(
    values,
    Int32Array.from(scenarios),
    Float64Array.from(overlaps, (overlap) => overlap / sum),
  );
}

/** Rank of the type 7 quantile among n sorted values, and how far it lies towards the next. */
export function quantileRank(n: number, p: number): { readonly lower: number; readonly fraction: number } {
  const at = (n - 1) * p;
  const nearest = Math.round(at);
  if (Math.abs(at - nearest) <= SNAP) return { lower: nearest, fraction: 0 };
  const lower = Math.floor(at);
  return { lower, fraction: at - lower };
}

function pointBetween(values: Float64Array, order: Int32Array, lower: number, fraction: number): Combination {
  if (fraction === 0) {
    return { value: values[order[lower]], scenarios: order.slice(lower, lower + 1), coefficients: Float64Array.of(1) };
  }
  return {
    value: between(values[order[lower]], values[order[lower + 1]], fraction),
    scenarios: order.slice(lower, lower + 2),
    coefficients: Float64Array.of(1 - fraction, fraction),
  };
}

/** Never outside of low .. high, and exact where they are equal. */
function between(low: number, high: number, fraction: number): number {
  return Math.min(high, Math.max(low, (1 - fraction) * low + fraction * high));
}

function combined(values: Float64Array, scenarios: Int32Array, coefficients: Float64Array): Combination {
  let value = 0;
  for (let i = 0; i < scenarios.length; i++) value += coefficients[i] * values[scenarios[i]];
  return { value, scenarios, coefficients };
}
