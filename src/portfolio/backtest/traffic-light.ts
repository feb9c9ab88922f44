/**
 * The traffic light of the Basel Committee (Supervisory Framework for the Use of "Backtesting" in Conjunction with the
 * Internal Models Approach, January 1996): the zone that a number of exceedances falls into, by how likely so many or fewer
 * are with a right model. Below 95 %: green; from 99.99 %: red; between: yellow. For 99 % and 250 days these are 0-4, 5-9 and
 * 10 or more, and the capital multiplier rises from 3 to 4.
 */
import { exp, ln } from '../../core/det-math.ts';

export type Zone = 'green' | 'yellow' | 'red';

export interface TrafficLight {
  readonly zone: Zone;
  /** Chance of so many or fewer exceedances if the model is right. */
  readonly cumulativeProbability: number;
  /** Added to the capital multiplier of 3; stated for 99 % and 250 periods only, null elsewhere. */
  readonly addOn: number | null;
}

const YELLOW_FROM = 0.95;
const RED_FROM = 0.9999;
const BASEL_PERIODS = 250;
const BASEL_CONFIDENCE = 0.99;
/** By exceedances, from 0; 10 and more have the last. Table 2 of the paper. */
const ADD_ONS = [0, 0, 0, 0, 0, 0.4, 0.5, 0.65, 0.75, 0.85, 1];

/** O(count). */
export function trafficLight(count: number, periods: number, confidence: number): TrafficLight {
  const cumulativeProbability = binomialCdf(count, periods, 1 - confidence);
  const zone = cumulativeProbability < YELLOW_FROM ? 'green' : cumulativeProbability < RED_FROM ? 'yellow' : 'red';
  const isBasel = periods === BASEL_PERIODS && Math.abs(confidence - BASEL_CONFIDENCE) < 1e-12;
  return { zone, cumulativeProbability, addOn: isBasel ? ADD_ONS[Math.min(count, ADD_ONS.length - 1)] : null };
}

/** P(X <= count) of a binomial distribution. Terms by their logarithms, so that none underflows before it counts. O(count). */
export function binomialCdf(count: number, trials: number, p: number): number {
  if (count >= trials) return 1;
  let logTerm = trials * ln(1 - p);
  let sum = exp(logTerm);
  for (let k = 1; k <= count; k++) {
    logTerm += ln(((trials - k + 1) / k) * (p / (1 - p)));
    sum += exp(logTerm);
  }
  return Math.min(1, sum);
}
