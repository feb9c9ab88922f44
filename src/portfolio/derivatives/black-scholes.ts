/**
 * European options: the generalised Black-Scholes-Merton formula with a cost of carry b (Black & Scholes 1973; Merton 1973;
 * Black 1976; in this form E. G. Haug, The Complete Guide to Option Pricing Formulas, 2nd ed. 2007, 1.1.6).
 *
 *   b = r: a share without dividends   b = r - q: with dividend yield q (Merton)   b = 0: a future (Black-76)
 *   b = r - rf: a currency (Garman-Kohlhagen)
 *
 * Rates are continuously compounded per year, time is in years, volatility per square root of a year; 1.00 is 100 %.
 */
import { exp, ln } from '../../core/det-math.ts';
import { normalCdf, normalPdf } from '../math/normal.ts';

export type OptionRight = 'call' | 'put';

export interface OptionInputs {
  readonly right: OptionRight;
  /** Price of the underlier: of the future itself where `carry` is 0. */
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  readonly carry: number;
  readonly volatility: number;
}

export interface Greeks {
  readonly value: number;
  /** dV/dS. */
  readonly delta: number;
  /** d2V/dS2. */
  readonly gamma: number;
  /** dV/d(volatility), for 1.00 of volatility. */
  readonly vega: number;
  /** -dV/d(years): what is lost in a year. */
  readonly theta: number;
  /** dV/dr for 1.00, the cost of carry moving along with it (b - r constant), except for futures (b = 0), where it stays. */
  readonly rho: number;
}

/** Inputs that make sense: an option can be valued. Spot 0 is allowed (a share that is worth nothing). */
export function areInputs({ spot, strike, years, rate, carry, volatility }: OptionInputs): boolean {
  const finite = Number.isFinite(spot + strike + years + rate + carry + volatility);
  return finite && spot >= 0 && strike > 0 && years >= 0 && volatility >= 0;
}

/** Value of a European option; NaN where the inputs make no sense. Expired: its intrinsic value. O(1). */
export function europeanValue(option: OptionInputs): number {
  if (!areInputs(option)) return Number.NaN;
  const { spot, strike, years, rate, carry, volatility } = option;
  const sign = option.right === 'call' ? 1 : -1;
  const discount = exp(-rate * years);
  const grown = spot * exp((carry - rate) * years);
  const deviation = volatility * Math.sqrt(years);
  if (deviation === 0 || spot === 0) return Math.max(0, sign * (grown - strike * discount));
  const d1 = (ln(spot / strike) + (carry + (volatility * volatility) / 2) * years) / deviation;
  const d2 = d1 - deviation;
  return sign * (grown * normalCdf(sign * d1) - strike * discount * normalCdf(sign * d2));
}

/** Value and greeks; all NaN where the inputs make no sense. Without time or volatility left they are those of intrinsic value. */
export function europeanGreeks(option: OptionInputs): Greeks {
  if (!areInputs(option)) return NO_GREEKS;
  const { spot, strike, years, rate, carry, volatility } = option;
  const sign = option.right === 'call' ? 1 : -1;
  const discount = exp(-rate * years);
  const growth = exp((carry - rate) * years);
  const root = Math.sqrt(years);
  const deviation = volatility * root;
  if (deviation === 0 || spot === 0) return intrinsicGreeks(option, sign, growth, discount);
  const d1 = (ln(spot / strike) + (carry + (volatility * volatility) / 2) * years) / deviation;
  const d2 = d1 - deviation;
  const n1 = normalCdf(sign * d1);
  const n2 = normalCdf(sign * d2);
  const density = normalPdf(d1);
  const forwardPart = spot * growth * n1;
  const strikePart = strike * discount * n2;
  const value = sign * (forwardPart - strikePart);
  const decay = (spot * growth * density * volatility) / (2 * root);
  return {
    value,
    delta: sign * growth * n1,
    gamma: (growth * density) / (spot * deviation),
    vega: spot * growth * density * root,
    theta: -decay - sign * (carry - rate) * forwardPart - sign * rate * strikePart,
    rho: carry === 0 ? -years * value : sign * years * strikePart,
  };
}

/** Of what is certain: worth grown - strike discounted, if that is something. */
function intrinsicGreeks(option: OptionInputs, sign: number, growth: number, discount: number): Greeks {
  const { spot, strike, years, rate, carry } = option;
  const value = Math.max(0, sign * (spot * growth - strike * discount));
  const isIn = value > 0 ? 1 : 0;
  return {
    value,
    delta: isIn * sign * growth,
    gamma: 0,
    vega: 0,
    theta: years === 0 ? 0 : isIn * sign * (rate * -strike * discount - (carry - rate) * spot * growth),
    rho: carry === 0 ? -years * value : isIn * sign * years * strike * discount,
  };
}

export const NO_GREEKS: Greeks = {
  value: Number.NaN,
  delta: Number.NaN,
  gamma: Number.NaN,
  vega: Number.NaN,
  theta: Number.NaN,
  rho: Number.NaN,
};
