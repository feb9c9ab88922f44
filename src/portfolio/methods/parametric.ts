/**
 * Parametric (variance-covariance, delta-normal) VaR: P&L is normal, or Student's t, with the estimated mean and covariance.
 *
 * VaR = -m + k s, ES = -m + e s, with m = x'mu, s^2 = x' Sigma x; normal: k = z_c, e = phi(z_c) / (1 - c) (J. P. Morgan/Reuters,
 * RiskMetrics Technical Document, 1996; A. McNeil, R. Frey and P. Embrechts, "Quantitative Risk Management", 2005, examples 2.14,
 * 2.18 and 2.19). Student's t is scaled to the covariance, so it needs more than 2 degrees of freedom. Units: those of the
 * positions. Attribution: Euler, d VaR / d x_i = -mu_i + k (Sigma x)_i / s.
 */
import { addScaledRows, Covariance, type CovarianceSettings } from '../math/covariance.ts';
import { normalPdf, normalQuantile } from '../math/normal.ts';
import { studentPdf, studentQuantile } from '../math/student.ts';
import { type Unavailable, unavailable } from './outcome.ts';
import type { Scenarios } from './scenarios.ts';
import type { Distribution } from './settings.ts';
import { type Measure, OVERFLOW, type RiskModel, type Slopes, UNDERFLOW } from './types.ts';

/** Variances from here on are full float64 numbers with a margin: their last bits are right. */
export const SMALLEST_VARIANCE = 1e-280;

export interface ParametricSettings {
  readonly covariance: CovarianceSettings;
  readonly distribution: Distribution;
}

/** How many standard deviations beyond the mean VaR and ES lie. */
export function tailMultiples(distribution: Distribution, tail: number): { readonly var: number; readonly es: number } {
  if (distribution.kind === 'gaussian') {
    const z = -normalQuantile(tail);
    return { var: z, es: normalPdf(z) / tail };
  }
  const { df } = distribution;
  const t = -studentQuantile(tail, df);
  const unit = Math.sqrt((df - 2) / df);
  return { var: unit * t, es: ((unit * studentPdf(t, df)) / tail) * ((df + t * t) / (df - 1)) };
}

/** Measuring: O(instruments x observations), whatever the estimate: no matrix is formed. */
export function parametricModel(scenarios: Scenarios, settings: ParametricSettings, tail: number): RiskModel {
  const { instruments, observations, returns } = scenarios;
  const covariance = new Covariance(returns, instruments, observations, settings.covariance);
  const multiples = tailMultiples(settings.distribution, tail);
  const product = new Float64Array(instruments);
  return {
    instruments,
    observations,
    notes: covarianceNotes(covariance, settings.covariance),
    measure(exposures: Float64Array, slopes: Slopes | null): Measure | Unavailable {
      const variance = covariance.quadratic(exposures, product);
      if (!Number.isFinite(variance)) return unavailable('overflow', OVERFLOW);
      if (variance < SMALLEST_VARIANCE && pnlMoves(scenarios, exposures)) return unavailable('underflow', UNDERFLOW);
      const deviation = Math.sqrt(variance);
      let mean = 0;
      for (let i = 0; i < instruments; i++) mean += exposures[i] * covariance.means[i];
      if (slopes !== null) {
        for (let i = 0; i < instruments; i++) {
          const slope = deviation === 0 ? 0 : product[i] / deviation;
          slopes.var[i] = -covariance.means[i] + multiples.var * slope;
          slopes.es[i] = -covariance.means[i] + multiples.es * slope;
        }
      }
      return { var: -mean + multiples.var * deviation, es: -mean + multiples.es * deviation };
    },
  };
}

export function covarianceNotes(covariance: Covariance, { kind }: CovarianceSettings): string[] {
  return kind === 'ledoit-wolf' || kind === 'ledoit-wolf-cc'
    ? [
        `the covariance is shrunk by ${covariance.shrink.toPrecision(4)} towards ${kind === 'ledoit-wolf' ? 'the mean variance' : 'constant correlation'}`,
      ]
    : [];
}

/** Whether the positions' P&L is not the same in every period. */
export function pnlMoves({ observations, returns }: Scenarios, exposures: Float64Array): boolean {
  const pnl = new Float64Array(observations);
  addScaledRows(returns, observations, exposures, pnl);
  return pnl.some((value) => value !== pnl[0]);
}
