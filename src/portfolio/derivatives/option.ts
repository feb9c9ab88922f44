/** An option as a portfolio holds it: its terms, and what follows from them at a price of the underlier and a time. */
import { americanGreeks, americanValue } from './american.ts';
import { europeanGreeks, europeanValue, type Greeks, type OptionInputs, type OptionRight } from './black-scholes.ts';
import { impliedVolatility, type NoVolatility } from './implied-volatility.ts';

/** Calendar days over 365 (ACT/365 fixed). */
const YEAR_NS = 365 * 86_400e9;

export interface OptionTerms {
  readonly right: OptionRight;
  readonly style: 'european' | 'american';
  readonly strike: number;
  /** ns on the same clock as `nowNs` below. */
  readonly expiryNs: number;
  /** Continuously compounded, per year. */
  readonly rate: number;
  /** Cost of carry: the rate less the dividend yield; 0 for options on futures (Black-76). */
  readonly carry: number;
  readonly volatility: number;
}

/** Expired options have no time left: they are worth what exercising them brings. */
export function yearsLeft(terms: Pick<OptionTerms, 'expiryNs'>, nowNs: number): number {
  return Math.max(0, (terms.expiryNs - nowNs) / YEAR_NS);
}

/** Greeks of one option; all NaN where they can't be computed. */
export function optionGreeks(terms: OptionTerms, spot: number, nowNs: number): Greeks {
  const inputs = inputsOf(terms, spot, nowNs);
  return terms.style === 'american' ? americanGreeks(inputs) : europeanGreeks(inputs);
}

/** Value of one option, with `moreVolatility` added to its volatility; NaN where it can't be computed. */
export function optionValue(terms: OptionTerms, spot: number, nowNs: number, moreVolatility = 0): number {
  const inputs = { ...inputsOf(terms, spot, nowNs), volatility: Math.max(0, terms.volatility + moreVolatility) };
  return terms.style === 'american' ? americanValue(inputs) : europeanValue(inputs);
}

/** The volatility at which the option is worth `price`, by its own style's model. */
export function optionImpliedVolatility(
  terms: OptionTerms,
  spot: number,
  nowNs: number,
  price: number,
): number | NoVolatility {
  const inputs = inputsOf(terms, spot, nowNs);
  return terms.style === 'american'
    ? impliedVolatility(inputs, price, americanValue, americanGreeks)
    : impliedVolatility(inputs, price);
}

function inputsOf(terms: OptionTerms, spot: number, nowNs: number): OptionInputs {
  const { right, strike, rate, carry, volatility } = terms;
  return { right, spot, strike, years: yearsLeft(terms, nowNs), rate, carry, volatility };
}
