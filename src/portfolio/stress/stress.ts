/**
 * Stress tests: what named shocks would cost (Basel Committee, Stress testing principles, 2018; P. Jorion, Value at Risk, 3rd
 * ed. 2007, ch. 14). Scenarios are parallel shocks, days of the history, or a user's own moves by instrument; options are
 * valued anew at the shocked price and volatility.
 */
import { type Holding, profitOf, type Shock, scenarioProfits } from '../derivatives/holding.ts';

export interface Scenario {
  readonly name: string;
  readonly shock: Shock;
}

export interface StressLine {
  readonly name: string;
  /** Loss, positive; NaN where a holding can't be valued. */
  readonly loss: number;
  /** By holding, in their order; losses positive. */
  readonly byHolding: readonly number[];
}

/** The same move of every price, and of every volatility. */
export function parallelShock(rows: number, move: number, moreVolatility = 0): Scenario {
  const percent = `${move >= 0 ? '+' : ''}${Number((move * 100).toPrecision(6))} %`;
  const volatility = moreVolatility === 0 ? '' : `, volatility ${signed(moreVolatility * 100)} points`;
  return {
    name: `all prices ${percent}${volatility}`,
    shock: { moves: new Float64Array(rows).fill(move), moreVolatility },
  };
}

/** Period `period` of a history of returns (by row, then by period), happening again. */
export function historicalShock(name: string, returns: Float64Array, rows: number, period: number): Scenario {
  const periods = returns.length / rows;
  const moves = new Float64Array(rows).map((_, row) => returns[row * periods + period]);
  return { name, shock: { moves, moreVolatility: 0 } };
}

/** One line per scenario, in their order. O(scenarios x holdings). */
export function stressTest(holdings: readonly Holding[], scenarios: readonly Scenario[], nowNs: number): StressLine[] {
  return scenarios.map(({ name, shock }) => {
    const byHolding = holdings.map((holding) => 0 - profitOf(holding, shock, nowNs, 'full'));
    return { name, loss: byHolding.reduce((sum, loss) => sum + loss, 0), byHolding };
  });
}

/**
 * The `count` historical periods that would cost most now, the worst first, of equal ones the earlier; none that can't be
 * valued. O(periods (holdings + log periods)).
 */
export function worstPeriods(
  holdings: readonly Holding[],
  returns: Float64Array,
  rows: number,
  nowNs: number,
  count: number,
): number[] {
  const profits = scenarioProfits(holdings, returns, returns.length / rows, nowNs, 'full');
  return Array.from(profits.keys())
    .filter((period) => !Number.isNaN(profits[period]))
    .sort((a, b) => profits[a] - profits[b] || a - b)
    .slice(0, count);
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${Number(value.toPrecision(6))}`;
}
