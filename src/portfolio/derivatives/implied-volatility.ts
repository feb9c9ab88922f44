/**
 * The volatility at which a model gives the price that the market pays: safeguarded Newton, that is Newton's step where it
 * stays inside of a bracket that is known to hold the answer, halving the bracket where it doesn't. Values rise with
 * volatility, so the answer is one, and the bracket never loses it.
 */
import { europeanGreeks, europeanValue, type Greeks, type OptionInputs } from './black-scholes.ts';

const MAX_VOLATILITY = 20;
const MAX_STEPS = 100;

/** Why there is none: the price is no number, or below what the option is worth with certainty, or above any volatility's. */
export type NoVolatility = 'not a price' | 'below intrinsic value' | 'above every volatility';

/**
 * Implied volatility of a European option, to 1e-12 relative or to what the price determines; `inputs.volatility` is not
 * used. At most 100 evaluations, mostly 4-8.
 */
export function impliedVolatility(
  inputs: OptionInputs,
  price: number,
  value: (option: OptionInputs) => number = europeanValue,
  greeks: (option: OptionInputs) => Greeks = europeanGreeks,
): number | NoVolatility {
  const at = (volatility: number): OptionInputs => ({ ...inputs, volatility });
  const least = value(at(0));
  if (!Number.isFinite(price) || Number.isNaN(least)) return 'not a price';
  const tolerance = 4e-16 * Math.max(inputs.spot, inputs.strike);
  if (price < least - tolerance) return 'below intrinsic value';
  if (price <= least) return 0;
  if (value(at(MAX_VOLATILITY)) < price) return 'above every volatility';
  let low = 0;
  let high = MAX_VOLATILITY;
  let volatility = 0.3;
  for (let step = 0; step < MAX_STEPS; step++) {
    const now = greeks(at(volatility));
    const miss = now.value - price;
    if (miss > 0) high = volatility;
    else low = volatility;
    if (miss === 0 || high - low <= 1e-13 * high) break;
    const next = volatility - miss / now.vega;
    const isInside = next > low && next < high;
    if (isInside && Math.abs(next - volatility) <= 1e-14 * volatility) return next;
    volatility = isInside ? next : (low + high) / 2;
  }
  return volatility;
}
