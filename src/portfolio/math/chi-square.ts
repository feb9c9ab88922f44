/** Survival function of the chi-square distribution, for the likelihood-ratio tests of model backtests. */
import { exp } from '../../core/det-math.ts';
import { normalSurvival } from './normal.ts';

/** P(X > x) with one degree of freedom (X = Z^2) or two (exponential with mean 2). */
export function chiSquareSurvival(x: number, df: 1 | 2): number {
  if (Number.isNaN(x)) return x;
  if (x <= 0) return 1;
  return df === 1 ? 2 * normalSurvival(Math.sqrt(x)) : exp(-x / 2);
}
