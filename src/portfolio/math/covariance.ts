/**
 * Covariance estimates as operators: Sigma = (1 - shrink) C C' + shrink F, C being the centred, weighted returns and F the
 * target. x' Sigma x is the variance of the series C'x, never negative and exact also for a hedged book, where the sum over
 * a dense matrix would be rounding. `dense` gives the matrix.
 *
 * - sample: divisor n (maximum likelihood; PerformanceAnalytics' and Ledoit and Wolf's convention); unbiased: n - 1.
 * - ewma: weights (1 - lambda) lambda^age, normalised, mean 0 (J. P. Morgan/Reuters, RiskMetrics Technical Document, 4th ed.,
 *   1996; lambda 0.94 for daily data).
 * - ledoit-wolf: towards m I, m the mean variance (O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional
 *   covariance matrices", Journal of Multivariate Analysis 88(2), 2004).
 * - ledoit-wolf-cc: towards constant correlation (O. Ledoit and M. Wolf, "Honey, I shrunk the sample covariance matrix",
 *   Journal of Portfolio Management 30(4), 2004).
 *
 * Units: returns squared. `returns` is row-major instruments x observations, oldest first.
 */
import { constantCorrelation, eachCovariance, scaledIdentity, type Target } from './shrinkage.ts';

export type CovarianceKind = 'sample' | 'unbiased' | 'ewma' | 'ledoit-wolf' | 'ledoit-wolf-cc';

export interface CovarianceSettings {
  readonly kind: CovarianceKind;
  /** Of ewma: weight of a period relative to the next one, 0 < lambda <= 1. */
  readonly lambda: number;
  /** Subtract the sample mean, or take it as 0. */
  readonly mean: 'sample' | 'zero';
}

export class Covariance {
  readonly instruments: number;
  readonly observations: number;
  /** Mean returns; all 0 where the settings take them so. */
  readonly means: Float64Array;
  /** Of F in Sigma: 0 where nothing is shrunk. */
  readonly shrink: number;
  /** C, row-major instruments x observations. */
  private readonly centred: Float64Array;
  private readonly target: Target | null;
  private readonly series: Float64Array;

  constructor(returns: Float64Array, instruments: number, observations: number, settings: CovarianceSettings) {
    this.instruments = instruments;
    this.observations = observations;
    this.means = new Float64Array(instruments);
    this.series = new Float64Array(observations);
    if (settings.mean === 'sample') fillMeans(returns, observations, this.means);
    this.centred = centre(returns, observations, this.means, rootWeights(observations, settings));
    if (settings.kind === 'ledoit-wolf') this.target = scaledIdentity(this.centred, instruments, observations);
    else if (settings.kind === 'ledoit-wolf-cc')
      this.target = constantCorrelation(this.centred, instruments, observations);
    else this.target = null;
    this.shrink = this.target === null ? 0 : this.target.shrink;
  }

  /** x' Sigma x; `product` becomes Sigma x. O(instruments x observations). */
  quadratic(x: Float64Array, product: Float64Array): number {
    const { centred, observations, series, shrink, target } = this;
    series.fill(0);
    addScaledRows(centred, observations, x, series);
    let variance = 0;
    for (let t = 0; t < observations; t++) variance += series[t] * series[t];
    for (let i = 0; i < x.length; i++) {
      const row = i * observations;
      let sum = 0;
      for (let t = 0; t < observations; t++) sum += centred[row + t] * series[t];
      product[i] = (1 - shrink) * sum;
    }
    variance *= 1 - shrink;
    return target === null ? variance : variance + target.addProduct(x, product);
  }

  /** Sigma, row-major. O(instruments^2 x observations). */
  dense(): Float64Array {
    const { centred, instruments, observations, shrink, target } = this;
    const matrix = new Float64Array(instruments * instruments);
    eachCovariance(centred, instruments, observations, (i, j, value) => {
      let entry = value * (1 - shrink);
      if (target !== null) entry += target.entry(i, j);
      matrix[i * instruments + j] = entry;
      matrix[j * instruments + i] = entry;
    });
    return matrix;
  }
}

/** into[t] += sum over i of x[i] rows[i][t]: the scenario P&L of positions x. `into` as long as a row. */
export function addScaledRows(rows: Float64Array, length: number, x: Float64Array, into: Float64Array): void {
  for (let i = 0; i < x.length; i++) {
    const factor = x[i];
    if (factor === 0) continue;
    const row = i * length;
    for (let t = 0; t < length; t++) into[t] += factor * rows[row + t];
  }
}

/** Square roots of the weights that make C C' the estimate. */
function rootWeights(observations: number, { kind, lambda }: CovarianceSettings): Float64Array {
  const weights = new Float64Array(observations);
  if (kind === 'ewma') {
    decayingWeights(lambda, weights);
    for (let t = 0; t < observations; t++) weights[t] = Math.sqrt(weights[t]);
    return weights;
  }
  return weights.fill(Math.sqrt(1 / (kind === 'unbiased' ? observations - 1 : observations)));
}

/** weights[t] proportional to decay^(age), the last one of age 0, of sum 1. Equal for decay 1. */
export function decayingWeights(decay: number, weights: Float64Array): void {
  let weight = 1;
  let sum = 0;
  for (let t = weights.length - 1; t >= 0; t--) {
    weights[t] = weight;
    sum += weight;
    weight *= decay;
  }
  for (let t = 0; t < weights.length; t++) weights[t] /= sum;
}

function fillMeans(returns: Float64Array, observations: number, means: Float64Array): void {
  for (let i = 0; i < means.length; i++) {
    const row = i * observations;
    let sum = 0;
    for (let t = 0; t < observations; t++) sum += returns[row + t];
    const first = sum / observations;
    let rest = 0;
    for (let t = 0; t < observations; t++) rest += returns[row + t] - first;
    means[i] = first + rest / observations;
  }
}

function centre(returns: Float64Array, observations: number, means: Float64Array, roots: Float64Array): Float64Array {
  const result = new Float64Array(returns.length);
  for (let i = 0; i < means.length; i++) {
    const row = i * observations;
    for (let t = 0; t < observations; t++) result[row + t] = (returns[row + t] - means[i]) * roots[t];
  }
  return result;
}
