/**
 * Monte Carlo VaR: returns drawn from the estimated mean and covariance, Gaussian or Student's t (P. Glasserman, "Monte Carlo
 * Methods in Financial Engineering", 2004, ch. 9). A path: r = mu + c L g, L the Cholesky factor, g standard normal; c = 1, or for
 * Student's t sqrt((df - 2) / chi^2_df), so that the covariance is the estimated one.
 *
 * The draws are made once: measuring positions x projects them, x'r = x'mu + c (L'x)'g. Quantile and ES as in historical
 * simulation (type 7; mean below). Units: those of the positions. Attribution: the P&L of each position in the paths that the
 * figure is made of. The same seed gives the same figure on every machine.
 */
import { cholesky } from '../math/cholesky.ts';
import { Covariance } from '../math/covariance.ts';
import { Gaussians } from '../math/gaussians.ts';
import { type Combination, tailPoint } from '../math/quantile.ts';
import { isUnavailable, type Unavailable, unavailable } from './outcome.ts';
import { covarianceNotes, type ParametricSettings, pnlMoves, SMALLEST_VARIANCE } from './parametric.ts';
import type { Scenarios } from './scenarios.ts';
import type { Distribution } from './settings.ts';
import { type Measure, OVERFLOW, type RiskModel, type Slopes, UNDERFLOW } from './types.ts';

export interface MonteCarloSettings extends ParametricSettings {
  readonly paths: number;
  readonly seed: number;
}

/** 512 MiB of float64. */
const MAX_DRAWS = 2 ** 26;
/** The generator of chi-square variates, apart from the one of g: Gaussian and Student's t share their g. */
const MIXING_STREAM = 0x5eed * 2 ** 32;

/** Making: O(instruments^2 (observations + rank) + paths x rank). Measuring: O(instruments x rank + paths (rank + log paths)). */
export function monteCarloModel(
  scenarios: Scenarios,
  settings: MonteCarloSettings,
  tail: number,
): RiskModel | Unavailable {
  const simulation = simulate(scenarios, settings);
  if (isUnavailable(simulation)) return simulation;
  const { covariance, lower, rank, draws, mixing, notes } = simulation;
  const { instruments, observations } = scenarios;
  const pnl = new Float64Array(settings.paths);
  const loading = new Float64Array(rank);

  const measure = (exposures: Float64Array, slopes: Slopes | null): Measure | Unavailable => {
    let mean = 0;
    for (let i = 0; i < instruments; i++) mean += exposures[i] * covariance.means[i];
    loadings(lower, rank, exposures, loading);
    let variance = 0;
    for (let k = 0; k < rank; k++) variance += loading[k] * loading[k];
    if (variance < SMALLEST_VARIANCE && pnlMoves(scenarios, exposures)) return unavailable('underflow', UNDERFLOW);
    projectDraws(draws, rank, loading, mixing, mean, pnl);
    const point = tailPoint(pnl, null, tail);
    if (!Number.isFinite(point.tailMean.value) || !Number.isFinite(variance)) return unavailable('overflow', OVERFLOW);
    if (slopes !== null) {
      fillSlopes(point.quantile, slopes.var);
      fillSlopes(point.tailMean, slopes.es);
    }
    return {
      var: -point.quantile.value,
      es: -point.tailMean.value,
      standardError: standardErrors(pnl, point.tailMean, tail),
    };
  };

  /** -(mu + L sum of coefficient x c x g). */
  const fillSlopes = ({ scenarios: chosen, coefficients }: Combination, into: Float64Array): void => {
    const sum = new Float64Array(rank);
    for (let p = 0; p < chosen.length; p++) {
      const path = chosen[p];
      const weight = coefficients[p] * (mixing === null ? 1 : mixing[path]);
      for (let k = 0; k < rank; k++) sum[k] += weight * draws[path * rank + k];
    }
    for (let i = 0; i < instruments; i++) {
      let value = covariance.means[i];
      for (let k = 0; k < rank; k++) value += lower[i * rank + k] * sum[k];
      into[i] = -value;
    }
  };

  return { instruments, observations, notes, measure };
}

interface Simulation {
  readonly covariance: Covariance;
  /** L, row-major instruments x rank. */
  readonly lower: Float64Array;
  readonly rank: number;
  /** g, row-major paths x rank. */
  readonly draws: Float64Array;
  /** c of every path; null: 1. */
  readonly mixing: Float64Array | null;
  readonly notes: readonly string[];
}

function simulate(scenarios: Scenarios, settings: MonteCarloSettings): Simulation | Unavailable {
  const { instruments, observations, returns } = scenarios;
  const { paths, seed, distribution } = settings;
  const covariance = new Covariance(returns, instruments, observations, settings.covariance);
  const factor = cholesky(covariance.dense(), instruments);
  if (factor === null) return unavailable('bad-covariance', 'a variance is negative or beyond what float64 holds');
  const { rank, lower, shrink } = factor;
  if (paths * rank > MAX_DRAWS) {
    return unavailable(
      'too-large',
      `${paths} paths of ${rank} factors are more than ${MAX_DRAWS} draws: use fewer paths`,
    );
  }
  const draws = new Float64Array(paths * rank);
  new Gaussians(seed).fill(draws);
  const mixing = mixingFactors(distribution, paths, seed);
  const notes = covarianceNotes(covariance, settings.covariance);
  if (rank < instruments) notes.push(`the covariance has rank ${rank} of ${instruments}`);
  if (shrink > 0) notes.push(`the covariance is indefinite: correlations are shrunk by ${shrink.toPrecision(4)}`);
  return { covariance, lower, rank, draws, mixing, notes };
}

/** The simulated returns themselves, paths in the place of periods, and what is to be known of them. O(instruments x paths x rank). */
export function simulatedReturns(
  scenarios: Scenarios,
  settings: MonteCarloSettings,
): (Scenarios & { readonly notes: readonly string[] }) | Unavailable {
  const simulation = simulate(scenarios, settings);
  if (isUnavailable(simulation)) return simulation;
  const { covariance, lower, rank, draws, mixing, notes } = simulation;
  const { instruments } = scenarios;
  const { paths } = settings;
  const returns = new Float64Array(instruments * paths);
  for (let i = 0; i < instruments; i++) {
    const loading = lower.subarray(i * rank, (i + 1) * rank);
    projectDraws(draws, rank, loading, mixing, covariance.means[i], returns.subarray(i * paths, (i + 1) * paths));
  }
  return { instruments, observations: paths, returns, notes };
}

/** into = L'x, L row-major x.length x rank. */
function loadings(lower: Float64Array, rank: number, x: Float64Array, into: Float64Array): void {
  into.fill(0);
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    for (let k = 0; k < rank; k++) into[k] += x[i] * lower[i * rank + k];
  }
}

/** pnl[p] = mean + mixing[p] x (loading . draws of path p); draws row-major paths x rank. */
export function projectDraws(
  draws: Float64Array,
  rank: number,
  loading: Float64Array,
  mixing: Float64Array | null,
  mean: number,
  pnl: Float64Array,
): void {
  for (let p = 0; p < pnl.length; p++) {
    const row = p * rank;
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += loading[k] * draws[row + k];
    pnl[p] = mean + (mixing === null ? sum : sum * mixing[p]);
  }
}

function mixingFactors(distribution: Distribution, paths: number, seed: number): Float64Array | null {
  if (distribution.kind === 'gaussian') return null;
  const { df } = distribution;
  const gaussians = new Gaussians(MIXING_STREAM + (seed >>> 0));
  const factors = new Float64Array(paths);
  for (let p = 0; p < paths; p++) factors[p] = Math.sqrt((df - 2) / gaussians.chiSquare(df));
  return factors;
}

/**
 * VaR: sqrt(p (1 - p) / n) / density, the density from the order statistics a standard deviation of the rank to each side.
 * ES: sqrt((variance of the tail + (1 - p) (ES - VaR)^2) / (n p)) (S. Manistre and G. Hancock, "Variance of the CTE estimator", 2005).
 */
export function standardErrors(
  pnl: Float64Array,
  tailMean: Combination,
  tail: number,
): { readonly var: number; readonly es: number } {
  const n = pnl.length;
  const sorted = pnl.slice().sort();
  const spread = Math.sqrt(n * tail * (1 - tail));
  const low = Math.max(0, Math.floor(n * tail - spread));
  const high = Math.min(n - 1, Math.max(low + 1, Math.ceil(n * tail + spread)));
  const quantile = sorted[Math.min(n - 1, Math.floor(n * tail))];
  const count = tailMean.scenarios.length;
  let squares = 0;
  for (let k = 0; k < count; k++) squares += (sorted[k] - tailMean.value) ** 2;
  const variance = squares / count + (1 - tail) * (tailMean.value - quantile) ** 2;
  return { var: ((sorted[high] - sorted[low]) / (high - low)) * spread, es: Math.sqrt(variance / (n * tail)) };
}
