/**
 * Tests of expected shortfall (C. Acerbi and B. Szekely, Back-testing Expected Shortfall, Risk Magazine, December 2014): were
 * the losses beyond the VaR as large as the ES said? With profits x, forecasts VaR and ES (losses positive) and tail
 * probability a, over T periods with N exceedances:
 *
 *   Z1 = (1/N) sum over exceedances of x / ES + 1       size alone, given that the VaR was exceeded
 *   Z2 = sum over exceedances of x / (T a ES) + 1       size and number
 *
 * Both are 0 on average where the model is right, and negative where it understates. p-values come from simulation: profits
 * are drawn from a normal distribution that has the forecast VaR and ES relation at this confidence (the paper's section on
 * significance: Z2's critical values hardly depend on the distribution: -0.70 at 5 %, -1.8 at 0.01 % for 97.5 % and 250 days).
 */
import { assert } from '../../core/assert.ts';
import { Gaussians } from '../math/gaussians.ts';
import { normalPdf, normalQuantile } from '../math/normal.ts';

export interface ShortfallTest {
  /** Null without exceedances: then there is nothing to average. */
  readonly z1: number | null;
  readonly z2: number;
  /** Share of simulated right models with a statistic as low, or lower. */
  readonly z1PValue: number | null;
  readonly z2PValue: number;
  readonly simulations: number;
}

/** Draws per p-value, at most: so many simulations of T periods. */
const MAX_DRAWS = 4_000_000;
const MAX_SIMULATIONS = 10_000;

/** `profits`, `vars`, `shortfalls`: one each per period; ES positive. O(periods + draws). */
export function shortfallTest(
  profits: Float64Array,
  vars: Float64Array,
  shortfalls: Float64Array,
  confidence: number,
  seed: number,
): ShortfallTest {
  const periods = profits.length;
  assert(vars.length === periods && shortfalls.length === periods && periods > 0, 'a forecast for every period');
  const [sum, count] = tailSum(profits, vars, shortfalls);
  const expected = periods * (1 - confidence);
  const z1 = count === 0 ? null : sum / count + 1;
  const z2 = sum / expected + 1;
  const simulations = Math.max(200, Math.min(MAX_SIMULATIONS, Math.floor(MAX_DRAWS / periods)));
  const { low1, counted1, low2 } = simulate(periods, confidence, z1, z2, simulations, seed);
  return { z1, z2, z1PValue: z1 === null ? null : low1 / counted1, z2PValue: low2 / simulations, simulations };
}

/** Sum of profit / ES over the exceedances, and how many there are. */
function tailSum(profits: Float64Array, vars: Float64Array, shortfalls: Float64Array): [number, number] {
  let sum = 0;
  let count = 0;
  for (let t = 0; t < profits.length; t++) {
    if (!(0 - profits[t] > vars[t])) continue;
    sum += profits[t] / shortfalls[t];
    count++;
  }
  return [sum, count];
}

function simulate(
  periods: number,
  confidence: number,
  z1: number | null,
  z2: number,
  simulations: number,
  seed: number,
): { low1: number; counted1: number; low2: number } {
  const normal = new Gaussians(seed);
  const quantile = normalQuantile(1 - confidence);
  const shortfall = normalPdf(quantile) / (1 - confidence);
  const expected = periods * (1 - confidence);
  let low1 = 0;
  let counted1 = 0;
  let low2 = 0;
  for (let i = 0; i < simulations; i++) {
    let sum = 0;
    let count = 0;
    for (let t = 0; t < periods; t++) {
      const profit = normal.next();
      if (profit >= quantile) continue;
      sum += profit / shortfall;
      count++;
    }
    if (count > 0) counted1++;
    if (z1 !== null && count > 0 && sum / count + 1 <= z1) low1++;
    if (sum / expected + 1 <= z2) low2++;
  }
  return { low1, counted1: Math.max(1, counted1), low2 };
}
