/**
 * How much two series of runs differ, and how sure that is.
 *
 * The difference is that of the means of the logarithms (the ratio of the geometric means), so that twice as fast and half
 * as fast are equally far from none. Its error is estimated by drawing new series from each of the two with replacement
 * (the bootstrap): the variance of their means, widened by n / (n - 1), which so few runs need. The interval takes as
 * many of these errors as Student's t says, with Welch's degrees of freedom: a drawn series never leaves the range of the
 * runs it is drawn from, so that quantiles of the drawn means alone would be too sure of themselves.
 */
import { Prng } from '../../src/core/prng.ts';
import { studentQuantile } from './student.ts';

const RESAMPLES = 1_000;
const SEED = 0x7a9e;

export interface Difference {
  /** B against A as a share of A: 0.1 is 10 % more. */
  readonly share: number;
  readonly lowShare: number;
  readonly highShare: number;
}

/** Of values above 0. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(meanOfLogs(values));
}

/**
 * Runs of A and of B, at least two of each, all above 0. `doubt`: how often the interval may miss (two-sided). The same
 * runs always give the same interval.
 */
export function differenceOf(a: readonly number[], b: readonly number[], doubt: number): Difference {
  const random = new Prng(SEED);
  const ofA = varianceOfMean(a.map(Math.log), random);
  const ofB = varianceOfMean(b.map(Math.log), random);
  const logRatio = meanOfLogs(b) - meanOfLogs(a);
  const variance = ofA + ofB;
  const half =
    variance === 0 ? 0 : studentQuantile(doubt / 2, freedomOf(ofA, a.length, ofB, b.length)) * Math.sqrt(variance);
  return { share: Math.expm1(logRatio), lowShare: Math.expm1(logRatio - half), highShare: Math.expm1(logRatio + half) };
}

function meanOfLogs(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.log(value), 0) / values.length;
}

/** Welch and Satterthwaite. */
function freedomOf(varianceA: number, countA: number, varianceB: number, countB: number): number {
  const sum = varianceA + varianceB;
  return sum ** 2 / (varianceA ** 2 / (countA - 1) + varianceB ** 2 / (countB - 1));
}

function varianceOfMean(logs: readonly number[], random: Prng): number {
  const count = logs.length;
  let sum = 0;
  let squares = 0;
  // Against the first value, so that nothing is lost by the subtraction below.
  const origin = logs[0];
  for (let i = 0; i < RESAMPLES; i++) {
    let drawn = 0;
    for (let k = 0; k < count; k++) drawn += logs[random.below(count)] - origin;
    sum += drawn / count;
    squares += (drawn / count) ** 2;
  }
  const variance = squares / RESAMPLES - (sum / RESAMPLES) ** 2;
  return (Math.max(0, variance) * count) / (count - 1);
}
