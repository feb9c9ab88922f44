/**
 * Historical simulation: past returns applied to today's positions.
 *
 * - historical: every period alike (e.g. P. Jorion, "Value at Risk", 3rd ed., 2007, ch. 10).
 * - age-weighted: weight decay^age (J. Boudoukh, M. Richardson and R. Whitelaw, "The Best of Both Worlds", Risk 11(5), 1998).
 * - filtered: each instrument's returns x its volatility now / its volatility then, EWMA volatilities (J. Hull and A. White,
 *   "Incorporating volatility updating into the historical simulation method for value-at-risk", Journal of Risk 1(1), 1998).
 *
 * Quantile: type 7, weighted for age-weighted; ES: mean of the P&L below it (math/quantile.ts). Units: those of the
 * positions. Attribution: the P&L of each position in the scenarios that the figure is made of (the one or few at the
 * quantile for VaR, the tail for ES): the exact derivative of the estimate. VaR's rests on so few days that it is noisy; ES's
 * is the one to read.
 */
import { addScaledRows, decayingWeights } from '../math/covariance.ts';
import { type Combination, tailPoint } from '../math/quantile.ts';
import { isUnavailable, type Unavailable, unavailable } from './outcome.ts';
import type { Scenarios } from './scenarios.ts';
import { type Measure, OVERFLOW, type RiskModel, type Slopes } from './types.ts';

/** Measuring: O(instruments x observations + observations log observations). */
export function historicalModel(scenarios: Scenarios, tail: number): RiskModel {
  return new ScenarioModel(scenarios, null, tail, thinTail(scenarios.observations, tail));
}

export function ageWeightedModel(scenarios: Scenarios, decay: number, tail: number): RiskModel {
  const weights = new Float64Array(scenarios.observations);
  decayingWeights(decay, weights);
  let squares = 0;
  for (let t = 0; t < weights.length; t++) squares += weights[t] * weights[t];
  const effective = 1 / squares;
  const notes = [`the weights are worth ${effective.toFixed(1)} equal observations`];
  return new ScenarioModel(scenarios, weights, tail, [...notes, ...thinTail(effective, tail)]);
}

export function filteredModel(scenarios: Scenarios, lambda: number, tail: number): RiskModel | Unavailable {
  const filtered = filteredReturns(scenarios, lambda);
  if (isUnavailable(filtered)) return filtered;
  return new ScenarioModel(filtered, null, tail, thinTail(scenarios.observations, tail));
}

/** Every return x the volatility of its instrument now / then. O(instruments x observations). */
export function filteredReturns(scenarios: Scenarios, lambda: number): Scenarios | Unavailable {
  const { instruments, observations, returns } = scenarios;
  const scaled = new Float64Array(returns.length);
  for (let i = 0; i < instruments; i++) {
    const row = i * observations;
    if (!rescaled(returns.subarray(row, row + observations), lambda, scaled.subarray(row, row + observations))) {
      return unavailable('overflow', `the volatility of instrument ${i + 1} is beyond what float64 holds`);
    }
  }
  return { ...scenarios, returns: scaled };
}

class ScenarioModel implements RiskModel {
  readonly instruments: number;
  readonly observations: number;
  readonly notes: readonly string[];
  private readonly returns: Float64Array;
  private readonly weights: Float64Array | null;
  private readonly tail: number;
  private readonly pnl: Float64Array;

  constructor(scenarios: Scenarios, weights: Float64Array | null, tail: number, notes: readonly string[]) {
    this.instruments = scenarios.instruments;
    this.observations = scenarios.observations;
    this.returns = scenarios.returns;
    this.weights = weights;
    this.tail = tail;
    this.notes = notes;
    this.pnl = new Float64Array(scenarios.observations);
  }

  measure(exposures: Float64Array, slopes: Slopes | null): Measure | Unavailable {
    const { returns, observations, pnl, weights, tail } = this;
    pnl.fill(0);
    addScaledRows(returns, observations, exposures, pnl);
    for (let t = 0; t < observations; t++) if (!Number.isFinite(pnl[t])) return unavailable('overflow', OVERFLOW);
    const point = tailPoint(pnl, weights, tail);
    if (slopes !== null) {
      this.fillSlopes(point.quantile, slopes.var);
      this.fillSlopes(point.tailMean, slopes.es);
    }
    return { var: -point.quantile.value, es: -point.tailMean.value };
  }

  private fillSlopes({ scenarios, coefficients }: Combination, into: Float64Array): void {
    const { returns, observations } = this;
    for (let i = 0; i < into.length; i++) {
      let sum = 0;
      for (let k = 0; k < scenarios.length; k++) sum += coefficients[k] * returns[i * observations + scenarios[k]];
      into[i] = -sum;
    }
  }
}

/**
 * scaled = returns x volatility after the last / volatility before each. Variances: v' = lambda v + (1 - lambda) r^2, from the
 * mean square of all returns on. False where one is not finite.
 */
function rescaled(returns: Float64Array, lambda: number, scaled: Float64Array): boolean {
  const n = returns.length;
  let mean = 0;
  for (let t = 0; t < n; t++) mean += (returns[t] * returns[t]) / n;
  const variances = new Float64Array(n);
  let variance = mean;
  for (let t = 0; t < n; t++) {
    variances[t] = variance;
    variance = lambda * variance + (1 - lambda) * returns[t] * returns[t];
  }
  for (let t = 0; t < n; t++) {
    scaled[t] =
      returns[t] === 0 || variance === variances[t] ? returns[t] : returns[t] * Math.sqrt(variance / variances[t]);
    if (!Number.isFinite(scaled[t])) return false;
  }
  return Number.isFinite(variance) && (mean > 0 || returns.every((value) => value === 0));
}

function thinTail(observations: number, tail: number): string[] {
  const inTail = observations * tail;
  return inTail >= 1
    ? []
    : [
        `${observations.toFixed(0)} observations leave ${inTail.toFixed(2)} in the tail: the figure is little more than the worst one`,
      ];
}
