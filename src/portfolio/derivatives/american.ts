/**
 * American options by the quadratic approximation of Barone-Adesi and Whaley (Efficient Analytic Approximation of American
 * Option Values, Journal of Finance 42 (1987) 301-320; in the notation of Haug 2007, 3.1): the European value plus a premium
 * for early exercise, exact at both ends of the critical price. Within some 0.5 % of a lattice for maturities below a year,
 * worse for longer ones; a put on what carries nothing and a call with carry of at least the rate are never exercised early
 * and have the European value.
 *
 * Greeks are central differences of the value, but for delta and gamma beyond the critical price, which are those of
 * exercise.
 */
import { exp, ln, pow } from '../../core/det-math.ts';
import { normalCdf, normalPdf } from '../math/normal.ts';
import {
  areInputs,
  europeanGreeks,
  europeanValue,
  type Greeks,
  NO_GREEKS,
  type OptionInputs,
} from './black-scholes.ts';

const MAX_STEPS = 200;
const TOLERANCE = 1e-12;
/** Relative step of the differences in spot; absolute ones of volatility, rate; part of the time left. */
const SPOT_STEP = 1e-4;
const VOLATILITY_STEP = 1e-4;
const RATE_STEP = 1e-5;
const TIME_STEP = 1e-4;

/** NaN where the inputs make no sense. */
export function americanValue(option: OptionInputs): number {
  if (!areInputs(option)) return Number.NaN;
  const { right, spot, strike, years, rate, carry, volatility } = option;
  const sign = right === 'call' ? 1 : -1;
  const exercised = Math.max(0, sign * (spot - strike));
  if (years === 0) return exercised;
  const european = europeanValue(option);
  // Waiting never costs anything: it is not exercised early.
  if (right === 'call' ? carry >= rate && rate >= 0 : rate <= 0 && carry >= rate) return european;
  if (volatility === 0 || spot === 0) return Math.max(european, exercised);
  if (rate === 0) return Math.max(european, exercised);
  const discount = exp(-rate * years);
  const variance = volatility * volatility;
  const m = (2 * rate) / variance;
  const n = (2 * carry) / variance;
  const k = 1 - discount;
  const root = Math.sqrt((n - 1) * (n - 1) + (4 * m) / k);
  const q = (-(n - 1) + sign * root) / 2;
  if (!Number.isFinite(q)) return Math.max(european, exercised);
  const critical = criticalPrice(option, sign, q, n, m);
  if (!Number.isFinite(critical)) return Math.max(european, exercised);
  if (sign * (spot - critical) >= 0) return exercised;
  const deviation = volatility * Math.sqrt(years);
  const d1 = (ln(critical / strike) + (carry + variance / 2) * years) / deviation;
  const a = ((sign * critical) / q) * (1 - exp((carry - rate) * years) * normalCdf(sign * d1));
  return Math.max(exercised, european + a * pow(spot / critical, q));
}

/** Spot from which on it is exercised (Newton, as in the paper, from its seed); NaN where none is found. */
function criticalPrice(option: OptionInputs, sign: number, q: number, n: number, m: number): number {
  const { strike, years, rate, carry, volatility } = option;
  const deviation = volatility * Math.sqrt(years);
  const growth = exp((carry - rate) * years);
  const qInfinite = (-(n - 1) + sign * Math.sqrt((n - 1) * (n - 1) + 4 * m)) / 2;
  const atInfinity = strike / (1 - 1 / qInfinite);
  const h = ((-sign * carry * years - 2 * deviation) * strike) / (sign * (atInfinity - strike));
  let spot =
    sign > 0 ? strike + (atInfinity - strike) * (1 - exp(h)) : atInfinity + (strike - atInfinity) * exp(-Math.abs(h));
  if (!(spot > 0)) spot = strike;
  for (let step = 0; step < MAX_STEPS; step++) {
    const d1 = (ln(spot / strike) + (carry + (volatility * volatility) / 2) * years) / deviation;
    const probability = normalCdf(sign * d1);
    const left = sign * (spot - strike);
    const value = europeanValue({ ...option, spot });
    const right = value + (sign * (1 - growth * probability) * spot) / q;
    if (Math.abs(left - right) <= TOLERANCE * strike) return spot;
    const slope =
      sign * growth * probability * (1 - 1 / q) + (sign * (1 - (sign * growth * normalPdf(d1)) / deviation)) / q;
    const next = (sign * strike + right - slope * spot) / (sign - slope);
    if (!(next > 0) || !Number.isFinite(next)) return Number.NaN;
    if (Math.abs(next - spot) <= 1e-15 * spot) return next;
    spot = next;
  }
  return spot;
}

/** As `europeanGreeks`. */
export function americanGreeks(option: OptionInputs): Greeks {
  if (!areInputs(option)) return NO_GREEKS;
  const value = americanValue(option);
  const { spot, strike, years, rate, carry, volatility } = option;
  const european = europeanGreeks(option);
  if (years === 0 || spot === 0 || value === european.value) return european;
  const sign = option.right === 'call' ? 1 : -1;
  if (value === sign * (spot - strike)) return { value, delta: sign, gamma: 0, vega: 0, theta: 0, rho: 0 };
  const step = spot * SPOT_STEP;
  const up = americanValue({ ...option, spot: spot + step });
  const down = americanValue({ ...option, spot: spot - step });
  const dVol = Math.min(VOLATILITY_STEP, volatility / 2);
  const dTime = years * TIME_STEP;
  const bump = (by: number): number =>
    americanValue({ ...option, rate: rate + by, carry: carry === 0 ? 0 : carry + by });
  return {
    value,
    delta: (up - down) / (2 * step),
    gamma: (up - 2 * value + down) / (step * step),
    vega:
      (americanValue({ ...option, volatility: volatility + dVol }) -
        americanValue({ ...option, volatility: volatility - dVol })) /
      (2 * dVol),
    theta:
      (americanValue({ ...option, years: years - dTime }) - americanValue({ ...option, years: years + dTime })) /
      (2 * dTime),
    rho: (bump(RATE_STEP) - bump(-RATE_STEP)) / (2 * RATE_STEP),
  };
}
