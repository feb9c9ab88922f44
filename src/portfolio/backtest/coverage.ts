/**
 * Tests of a VaR model against what happened: was the loss beyond the VaR as often as it should have been, and did that come
 * independently of the day before? Likelihood-ratio tests; a small p-value says that the model is wrong.
 */
import { ln } from '../../core/det-math.ts';
import { chiSquareSurvival } from '../math/chi-square.ts';

export interface Likelihood {
  /** Likelihood ratio, -2 ln: chi-square distributed where the model is right. */
  readonly ratio: number;
  readonly df: 1 | 2;
  readonly pValue: number;
}

/** 1 where the loss was beyond the VaR, in the order of time. */
export type Exceedances = Uint8Array;

/**
 * Proportion of failures (P. Kupiec, Techniques for Verifying the Accuracy of Risk Measurement Models, Journal of
 * Derivatives 3 (1995) 73-84): `count` exceedances in `periods`, where a share of 1 - confidence was to be expected. O(1).
 */
export function kupiec(count: number, periods: number, confidence: number): Likelihood {
  const expected = 1 - confidence;
  const kept = periods - count;
  const ratio = -2 * (logLikelihood(kept, count, expected) - logLikelihood(kept, count, count / periods));
  return likelihood(ratio, 1);
}

/**
 * Independence (P. Christoffersen, Evaluating Interval Forecasts, International Economic Review 39 (1998) 841-862): is an
 * exceedance as likely after one as after none? With no exceedance that could be followed by anything there is nothing that
 * speaks against it: ratio 0. O(periods).
 */
export function independence(exceedances: Exceedances): Likelihood {
  const [[n00, n01], [n10, n11]] = transitions(exceedances);
  const before = n00 + n01;
  const after = n10 + n11;
  const share = (n01 + n11) / (before + after);
  const together = logLikelihood(n00 + n10, n01 + n11, share);
  const apart =
    logLikelihood(n00, n01, before === 0 ? 0 : n01 / before) + logLikelihood(n10, n11, after === 0 ? 0 : n11 / after);
  return likelihood(before + after === 0 ? 0 : -2 * (together - apart), 1);
}

/** Conditional coverage: both at once, the ratios added (Christoffersen 1998, section 4). */
export function conditionalCoverage(exceedances: Exceedances, confidence: number): Likelihood {
  const count = countOf(exceedances);
  const { ratio } = kupiec(count, exceedances.length, confidence);
  return likelihood(ratio + independence(exceedances).ratio, 2);
}

export function countOf(exceedances: Exceedances): number {
  let count = 0;
  for (const one of exceedances) count += one;
  return count;
}

/** How often the state after (second) followed the state before (first). */
function transitions(exceedances: Exceedances): readonly (readonly [number, number])[] {
  const table: [number, number][] = [
    [0, 0],
    [0, 0],
  ];
  for (let t = 1; t < exceedances.length; t++) table[exceedances[t - 1]][exceedances[t]]++;
  return table;
}

/** ln of (1 - p)^failures p^successes; 0 ln 0 is 0. */
function logLikelihood(failures: number, successes: number, p: number): number {
  return (failures === 0 ? 0 : failures * ln(1 - p)) + (successes === 0 ? 0 : successes * ln(p));
}

/** A ratio below 0 is a 0 that was rounded. */
function likelihood(ratio: number, df: 1 | 2): Likelihood {
  const positive = Math.max(0, ratio);
  return { ratio: positive, df, pValue: chiSquareSurvival(positive, df) };
}
