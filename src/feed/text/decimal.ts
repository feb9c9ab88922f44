/**
 * Decimal text to integers, digit by digit, never through floating point: "61837.63000000" is mantissa 6183763000000
 * with 8 decimals. Both are exact: a mantissa is below 2^53, and what does not fit is told apart (NaN), not rounded.
 */

/** Powers of ten that a float64 holds exactly. */
export const POW10: Float64Array = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Most decimals an instrument may have: 10^-18 of a unit. */
export const MAX_DECIMALS = 18;

export const MAX_MANTISSA = Number.MAX_SAFE_INTEGER;

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** What `parseDecimal` found. One object for all calls: read it before the next call. */
export interface Decimal {
  /** Exact integer below 2^53 in magnitude, or NaN: not a number, or one with more digits than fit. */
  mantissa: number;
  /** The value is mantissa x 10^-decimals; 0 to MAX_DECIMALS. */
  decimals: number;
}

const result: Decimal = { mantissa: 0, decimals: 0 };

function notADecimal(): Decimal {
  result.mantissa = Number.NaN;
  result.decimals = 0;
  return result;
}

/**
 * The complete form, any length and exponent: -?digits(.digits)?([eE][+-]?digits)?. Trailing zeros of the fraction are
 * kept as decimals while they fit and dropped where only that makes the value fit. Leading zeros are allowed.
 * The hot path has its own loop for plain short numbers (json-scan.ts) and comes here for the rest.
 */
export function parseDecimal(bytes: Uint8Array, from: number, to: number): Decimal {
  let p = from;
  const negative = bytes[p] === MINUS && p < to;
  if (negative) p++;

  let mantissa = 0; // exact value of the digits kept
  let zeros = 0; // zeros seen since the last other digit, not yet in mantissa
  let decimals = 0; // digits after the point, pending zeros included
  let digits = 0;
  let fits = true;
  let inFraction = false;
  for (; p < to; p++) {
    const c = bytes[p];
    if (c === POINT) {
      if (inFraction || digits === 0) return notADecimal();
      inFraction = true;
      digits = 0;
      continue;
    }
    const digit = c - ZERO;
    if (digit < 0 || digit > 9) break;
    digits++;
    if (inFraction) decimals++;
    if (digit === 0) {
      if (mantissa !== 0) zeros++;
      continue;
    }
    mantissa = append(mantissa, zeros, digit);
    zeros = 0;
    if (mantissa > MAX_MANTISSA) fits = false;
  }
  if (digits === 0) return notADecimal();

  let exponent = 0;
  if (p < to) {
    if ((bytes[p] | 0x20) !== 0x65) return notADecimal();
    p++;
    const down = p < to && bytes[p] === MINUS;
    if (p < to && (down || bytes[p] === PLUS)) p++;
    if (p === to) return notADecimal();
    for (; p < to; p++) {
      const digit = bytes[p] - ZERO;
      if (!(digit >= 0 && digit <= 9)) return notADecimal();
      if (exponent < 1e6) exponent = exponent * 10 + digit;
    }
    if (down) exponent = -exponent;
  }
  if (!fits) return notADecimal();
  return place(negative, mantissa, zeros, decimals - exponent);
}

/** mantissa followed by `zeros` zeros and one digit; anything above MAX_MANTISSA when that does not fit. */
function append(mantissa: number, zeros: number, digit: number): number {
  if (zeros > 15) return mantissa === 0 ? digit : Number.POSITIVE_INFINITY;
  // The product may round, but only when it is far above 2^53 already; the sum is exact up to 2^53 + 8.
  return mantissa * POW10[zeros + 1] + digit;
}

/**
 * The value mantissa x 10^(zeros - decimals), written with as many of `decimals` as fit. `mantissa` ends in a digit
 * other than 0.
 */
function place(negative: boolean, mantissa: number, zeros: number, decimals: number): Decimal {
  const exponent = zeros - decimals;
  const wanted = Math.min(Math.max(decimals, 0), MAX_DECIMALS);
  if (mantissa === 0) {
    result.mantissa = 0;
    result.decimals = wanted;
    return result;
  }
  const fewest = Math.max(-exponent, 0);
  if (fewest > MAX_DECIMALS || exponent > 15) return notADecimal();
  let scaled = mantissa;
  for (let i = exponent + fewest; i > 0; i--) scaled *= 10;
  if (scaled > MAX_MANTISSA) return notADecimal();
  let written = fewest;
  while (written < wanted && scaled * 10 <= MAX_MANTISSA) {
    scaled *= 10;
    written++;
  }
  result.mantissa = negative ? -scaled : scaled;
  result.decimals = written;
  return result;
}

/** Decimals that are left when trailing zeros of the fraction are dropped. */
export function significantDecimals(mantissa: number, decimals: number): number {
  let left = decimals;
  let m = mantissa;
  while (left > 0 && m % 10 === 0) {
    if (m === 0) return 0;
    m /= 10;
    left--;
  }
  return left;
}

/** The most decimals the value can be written with and stay below 2^53, at most MAX_DECIMALS. */
export function roomForDecimals(mantissa: number, decimals: number): number {
  if (mantissa === 0) return MAX_DECIMALS;
  let room = decimals;
  let m = Math.abs(mantissa);
  while (room < MAX_DECIMALS && m * 10 <= MAX_MANTISSA) {
    m *= 10;
    room++;
  }
  return room;
}
