/**
 * The terms of an instrument that its feed does not state: steps of price and quantity, contract multiplier, currency.
 * They come from the configuration as decimals and are resolved whenever the instrument is defined.
 */
import { type ExactDecimal, POWERS_OF_TEN, parseExact, unitsOf } from './decimal.ts';
import type { InstrumentDef } from './instrument-def.ts';

/** As written, each a positive decimal. */
export interface TermsText {
  readonly tick?: string | undefined;
  readonly lot?: string | undefined;
  readonly multiplier?: string | undefined;
  readonly currency?: string | undefined;
}

export interface InstrumentTerms {
  /** Prices of orders are multiples of this. */
  readonly tickTicks: number;
  /** Quantities of orders are multiples of this. */
  readonly lotLots: number;
  /** Units of the underlying per unit of quantity. */
  readonly multiplier: ExactDecimal;
  readonly currency: string;
}

/** What is left out: the smallest step of the feed, multiplier 1, `currency`. Null where a decimal makes no sense. */
export function resolveTerms(def: InstrumentDef, text: TermsText, currency: string): InstrumentTerms | null {
  const tickTicks = text.tick === undefined ? 1 : stepOf(text.tick, def.priceDecimals);
  const lotLots = text.lot === undefined ? 1 : stepOf(text.lot, def.qtyDecimals);
  const multiplier = parseExact(text.multiplier ?? '1');
  if (tickTicks === 0 || lotLots === 0 || multiplier === null || multiplier.units <= 0) return null;
  return { tickTicks, lotLots, multiplier, currency: text.currency ?? currency };
}

/**
 * The least whole number of units of 10^-decimals that is a multiple of the step: 0.05 with 2 decimals is 5, with 1
 * decimal 1 (0.1 = 2 x 0.05). 0 where the step is no positive decimal, or needs more than 2^53.
 */
function stepOf(text: string, decimals: number): number {
  const step = parseExact(text);
  if (step === null || step.units <= 0) return 0;
  if (step.decimals <= decimals) {
    return unitsOf(step, decimals) || 0;
  }
  let a = step.units;
  let b = POWERS_OF_TEN[step.decimals - decimals];
  while (b !== 0) [a, b] = [b, a % b];
  return step.units / a;
}
