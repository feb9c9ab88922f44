/** A position as it is valued: linear or an option, in an instrument whose price the history moves. */
import { type OptionTerms, optionGreeks, optionValue } from './option.ts';

export interface Holding {
  readonly name: string;
  /** Row of the history that moves it (of an option: its underlier). */
  readonly row: number;
  /** Units, signed. */
  readonly quantity: number;
  /** Of the instrument, or of the option's underlier. */
  readonly price: number;
  /** Money per unit and point of price: contract multiplier times exchange rate. */
  readonly moneyPerPoint: number;
  readonly option: OptionTerms | null;
}

/** How prices of options follow their underlier: by their first derivative, their first two, or valued anew at every price. */
export const REVALUATIONS = ['delta', 'delta-gamma', 'full'] as const;
export type Revaluation = (typeof REVALUATIONS)[number];

/** What moves a portfolio: the fraction by which each row's price moves, and what is added to every volatility. */
export interface Shock {
  readonly moves: Float64Array;
  readonly moreVolatility: number;
}

/** Money that a move of the row's price by 100 % makes (delta), and half the second derivative; NaN where not known. */
export interface Exposure {
  readonly delta: number;
  readonly halfGamma: number;
  /** For 1.00 of volatility. */
  readonly vega: number;
  readonly value: number;
}

export function exposureOf(holding: Holding, nowNs: number): Exposure {
  const { quantity, price, moneyPerPoint, option } = holding;
  const money = quantity * moneyPerPoint;
  if (option === null) return { delta: money * price, halfGamma: 0, vega: 0, value: money * price };
  const greeks = optionGreeks(option, price, nowNs);
  return {
    delta: money * greeks.delta * price,
    halfGamma: 0.5 * money * greeks.gamma * price * price,
    vega: money * greeks.vega,
    value: money * greeks.value,
  };
}

/** Profit of one holding under a shock; NaN where it can't be known. A price can fall to 0 and no further. */
export function profitOf(holding: Holding, shock: Shock, nowNs: number, revaluation: Revaluation): number {
  const { quantity, price, moneyPerPoint, option, row } = holding;
  if (quantity === 0) return 0;
  const move = Math.max(-1, shock.moves[row]);
  if (option === null) return quantity * moneyPerPoint * price * move;
  if (revaluation !== 'full') {
    const { delta, halfGamma, vega } = exposureOf(holding, nowNs);
    return (delta + (revaluation === 'delta' ? 0 : halfGamma) * move) * move + vega * shock.moreVolatility;
  }
  const after = optionValue(option, price * (1 + move), nowNs, shock.moreVolatility);
  return quantity * moneyPerPoint * (after - optionValue(option, price, nowNs));
}

/**
 * Profit of all holdings in every scenario: `returns` by row, then by scenario. O(holdings x scenarios); an option in full
 * revaluation costs a valuation each. This is the P&L that historical, filtered and Monte Carlo figures are made of.
 */
export function scenarioProfits(
  holdings: readonly Holding[],
  returns: Float64Array,
  scenarios: number,
  nowNs: number,
  revaluation: Revaluation,
): Float64Array {
  const profits = new Float64Array(scenarios);
  for (const holding of holdings) {
    const from = holding.row * scenarios;
    if (holding.option !== null && revaluation === 'full') addFull(profits, holding, returns, from, nowNs);
    else addCurved(profits, exposureOf(holding, nowNs), revaluation, returns, from);
  }
  return profits;
}

function addCurved(
  profits: Float64Array,
  exposure: Exposure,
  revaluation: Revaluation,
  returns: Float64Array,
  from: number,
): void {
  const { delta } = exposure;
  const halfGamma = revaluation === 'delta' ? 0 : exposure.halfGamma;
  for (let s = 0; s < profits.length; s++) {
    const move = Math.max(-1, returns[from + s]);
    profits[s] += (delta + halfGamma * move) * move;
  }
}

function addFull(profits: Float64Array, holding: Holding, returns: Float64Array, from: number, nowNs: number): void {
  const { quantity, price, moneyPerPoint, option } = holding;
  if (option === null || quantity === 0) return;
  const now = optionValue(option, price, nowNs);
  for (let s = 0; s < profits.length; s++) {
    const after = optionValue(option, price * (1 + Math.max(-1, returns[from + s])), nowNs);
    profits[s] += quantity * moneyPerPoint * (after - now);
  }
}
