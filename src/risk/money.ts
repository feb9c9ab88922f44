/**
 * Money of an instrument in micro-units of a currency, exactly up to one stated rounding. A unit of an instrument is
 * 10^-(priceDecimals + qtyDecimals) of its currency, times its multiplier: one tick times one lot.
 *
 *   micro = units x multiplier x fx x 10^6 / 10^(priceDecimals + qtyDecimals) = units x numerator / denominator
 *
 * with whole numbers above and below, reduced once when the instrument is defined.
 */
import { type ExactDecimal, parseExact } from '../core/decimal.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { InstrumentTerms } from '../core/instrument-terms.ts';
import type { Wide } from '../core/wide.ts';

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Below it a quotient that was rounded twice is off by less than 1. */
const MAX_QUOTIENT = 2 ** 50;
/** Veltkamp's constant (core/wide.ts). */
const SPLITTER = 134217729;

/** A factor numerator / (first x second), all safe integers; `isResolved` is false where there is none. */
export class Conversion {
  readonly isResolved: boolean;
  private readonly numerator: number;
  private readonly first: number;
  private readonly second: number;
  /** The denominator, where the numerator is 1 and it is at most 2^51; NaN elsewhere. */
  private readonly divisor: number;

  /** Above and below are positive; null: not known. */
  constructor(above: bigint | null, below = 1n) {
    const common = above === null ? 1n : gcd(above, below);
    const numerator = above === null ? 0n : above / common;
    const denominator = below / common;
    // Split so that two divisions by safe integers do it: floor(floor(x / a) / b) = floor(x / ab), and so for ceil.
    const second = denominator <= SAFE ? 1n : gcd(denominator, 10n ** 15n);
    const first = denominator / second;
    this.isResolved = above !== null && numerator <= SAFE && first <= SAFE;
    this.numerator = Number(this.isResolved ? numerator : 0n);
    this.first = Number(this.isResolved ? first : 1n);
    this.second = Number(this.isResolved ? second : 1n);
    const isPlain = this.isResolved && this.numerator === 1 && this.second === 1 && this.first <= 2 ** 51;
    this.divisor = isPlain ? this.first : Number.NaN;
  }

  /** Micro-units, rounded down; NaN where the result is no safe integer. Changes `units`. */
  floor(units: Wide): number {
    this.floorInto(units, RESULT, 0);
    return RESULT[0];
  }

  /** Rounded up. */
  ceil(units: Wide): number {
    this.ceilInto(units, RESULT, 0);
    return RESULT[0];
  }

  /** As `floor`, into `out[at]`: on the hot path no number is handed back, which might be boxed. */
  floorInto(units: Wide, out: Float64Array, at: number): void {
    out[at] = Number.NaN;
    if (this.numerator !== 1) units.multiply(this.numerator);
    if (!units.inRange) return;
    units.divideFloor(this.first);
    if (this.second !== 1) units.divideFloor(this.second);
    if (units.isSafe) out[at] = units.toNumber();
  }

  /**
   * As `ceilInto` of the product of `values[from]` and the number behind it; `wide` is scratch. Without wide arithmetic
   * where one division does it: with r = floor of the rounded quotient, the remainder a x b - r x divisor is
   * (p - q) + (e - f), p and q being the rounded products and e and f what they are off (`Wide.setProduct`); all of it is
   * exact, as the quotient is off by less than 1 and the divisor at most 2^51.
   */
  ceilProductInto(wide: Wide, values: Float64Array, from: number, out: Float64Array, at: number): void {
    const a = values[from];
    const b = values[from + 1];
    const p = a * b;
    const { divisor } = this;
    const quotient = p / divisor;
    if (!(a > 0 && b > 0 && quotient < MAX_QUOTIENT)) {
      this.ceilInto(wide.setProductAt(values, from), out, at);
      return;
    }
    if (p <= Number.MAX_SAFE_INTEGER) {
      out[at] = Math.ceil(quotient); // a quotient of safe integers rounds to a whole number only when it is one
      return;
    }
    const r = Math.floor(quotient);
    const q = r * divisor;
    const aHigh = a * SPLITTER - (a * SPLITTER - a);
    const bHigh = b * SPLITTER - (b * SPLITTER - b);
    const rHigh = r * SPLITTER - (r * SPLITTER - r);
    const dHigh = divisor * SPLITTER - (divisor * SPLITTER - divisor);
    const aLow = a - aHigh;
    const bLow = b - bHigh;
    const rLow = r - rHigh;
    const dLow = divisor - dHigh;
    const e = aLow * bLow - (p - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
    const f = rLow * dLow - (q - rHigh * dHigh - rLow * dHigh - rHigh * dLow);
    out[at] = r + Math.ceil((p - q + (e - f)) / divisor);
  }

  ceilInto(units: Wide, out: Float64Array, at: number): void {
    out[at] = Number.NaN;
    if (this.numerator !== 1) units.multiply(this.numerator);
    if (!units.inRange) return;
    units.divideCeil(this.first);
    if (this.second !== 1) units.divideCeil(this.second);
    if (units.isSafe) out[at] = units.toNumber();
  }
}

const RESULT = new Float64Array(1);

/** Exchange rates: units of the base currency per unit of a currency, as decimals. The base itself is 1. */
export class FxRates {
  private readonly base: string;
  private readonly rates = new Map<string, ExactDecimal>();

  constructor(base: string, rates: Readonly<Record<string, string | number>>) {
    this.base = base;
    for (const [currency, text] of Object.entries(rates)) {
      const rate = parseExact(String(text));
      if (rate !== null && rate.units > 0) this.rates.set(currency, rate);
    }
    this.rates.set(base, { units: 1, decimals: 0 });
  }

  /** From an instrument's units (`parts` to a unit: 2 for half ticks) to micro-units of `currency`. */
  conversion(def: InstrumentDef, terms: InstrumentTerms | null, currency: string, parts: number): Conversion {
    if (terms === null) return new Conversion(null);
    const same = terms.currency === currency;
    const from = this.rates.get(same ? this.base : terms.currency);
    const to = this.rates.get(same ? this.base : currency);
    if (from === undefined || to === undefined) return new Conversion(null);
    const { multiplier } = terms;
    const above = BigInt(multiplier.units) * BigInt(from.units) * 10n ** BigInt(to.decimals + 6);
    const decimals = def.priceDecimals + def.qtyDecimals + multiplier.decimals + from.decimals;
    return new Conversion(above, BigInt(to.units) * 10n ** BigInt(decimals) * BigInt(parts));
  }
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
