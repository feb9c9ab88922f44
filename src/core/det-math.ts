/**
 * ln, exp and pow from IEEE 754 basic operations alone (+ - x / and comparisons), so that they give the same bits on every
 * machine and in every version of V8, which Math.log, Math.exp and Math.pow do not promise (ECMA-262, 21.3.2: "an
 * implementation-approximated value"). Within 1 ulp of the true value; test/core/det-math.test.ts.
 *
 * Methods: argument reduction and the forms of the approximations as in fdlibm (K. C. Ng, Sun Microsystems, 1993:
 * comments of e_log.c and e_exp.c); the series are those of atanh and of x coth(x/2) with their exact coefficients.
 * pow takes the logarithm in two doubles (T. J. Dekker, "A floating-point technique for extending the available precision",
 * 1971), so that y times its error stays below the last place.
 */
const f64 = new Float64Array(1);
const u32 = new Uint32Array(f64.buffer);
/** The word with sign and exponent: typed arrays have the machine's byte order. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

const TWO_54 = 18014398509481984;
const SQRT2 = Math.SQRT2;
/** ln 2 = LN2_HI + LN2_LO; the first has 21 zero bits at its end, so its products with exponents are exact. */
const LN2_HI = 0.6931471803691238;
const LN2_LO = 1.9082149292705877e-10;
const INVERSE_LN2 = Math.LOG2E;
const EXP_OVERFLOW = 709.782712893384;
const EXP_UNDERFLOW = -745.1332191019412;
const SPLITTER = 134217729;
const THIRD = 1 / 3;
/** 1/3 - THIRD. */
const THIRD_LO = 1.850371707708594e-17;

/** Results of `split`: x = mantissa x 2^exponent, mantissa in [sqrt(1/2), sqrt 2). */
let mantissa = 0;
let exponent = 0;
/** A value in two doubles: the nearest double, and the rest. */
let hi = 0;
let lo = 0;
/** Of `expOf`. */
const power = new Float64Array(2);

/** Natural logarithm. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  split(x);
  const f = mantissa - 1;
  const k = exponent;
  const s = f / (2 + f);
  const z = s * s;
  const half = 0.5 * f * f;
  // ln(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R), R = 2 z/3 + 2 z^2/5 + ...
  const rest = s * (half + 2 * z * (THIRD + z * atanhTail(z)));
  return k * LN2_HI - (half - (rest + k * LN2_LO) - f);
}

/** e to the power of x. */
export function exp(x: number): number {
  return expOf(x, 0);
}

/** x to the power of y, with the special cases of Math.pow. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (y === 1) return x;
  if (y === 2) return x * x;
  if (y === 3) return x * x * x;
  if (y === -1) return 1 / x;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const size = Math.abs(x);
  if (y === Number.POSITIVE_INFINITY || y === Number.NEGATIVE_INFINITY) {
    if (size === 1) return Number.NaN;
    return size > 1 === y > 0 ? Number.POSITIVE_INFINITY : 0;
  }
  const isWhole = Math.floor(y) === y;
  const isOdd = isWhole && Math.abs(y) < 2 * TWO_54 && Math.abs(y % 2) === 1;
  const isNegative = x < 0 || (x === 0 && 1 / x < 0);
  if (size === 0 || size === Number.POSITIVE_INFINITY) {
    const result = (size === 0) === y > 0 ? 0 : Number.POSITIVE_INFINITY;
    return isNegative && isOdd ? -result : result;
  }
  if (x < 0 && !isWhole) return Number.NaN;
  const result = positivePower(size, y);
  return x < 0 && isOdd ? -result : result;
}

function positivePower(x: number, y: number): number {
  if (x === 1) return 1;
  lnTwice(x);
  if (Math.abs(y) > 1e25) return hi > 0 === y > 0 ? Number.POSITIVE_INFINITY : 0; // keeps the products finite
  const lnHi = hi;
  const lnLo = lo;
  product(lnHi, y);
  return expOf(hi, lo + lnLo * y);
}

/** e to the power of x + rest, rest far below x's last places. */
function expOf(x: number, rest: number): number {
  power[0] = x;
  power[1] = rest;
  expInPlace(power);
  return power[0];
}

/**
 * cell[0] becomes e to the power of cell[0] + cell[1], the latter far below the last places of the former. For callers
 * that must not allocate: a number that a function takes or returns may be boxed, one in a typed array is not.
 */
export function expInPlace(cell: Float64Array): void {
  const x = cell[0];
  if (!(x <= EXP_OVERFLOW && x >= EXP_UNDERFLOW)) {
    if (x > EXP_OVERFLOW) cell[0] = Number.POSITIVE_INFINITY;
    else if (x < EXP_UNDERFLOW) cell[0] = 0;
    return; // NaN stays
  }
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const high = x - k * LN2_HI;
  const low = k * LN2_LO - cell[1];
  const r = high - low;
  const z = r * r;
  // r coth(r/2) = 2 + z/6 - z^2/360 + ...: twice the Bernoulli numbers over (2n)!
  const series =
    z *
    (1 / 6 +
      z *
        (-1 / 360 +
          z *
            (1 / 15120 + z * (-1 / 604800 + z * (1 / 23950080 + z * (-691 / 653837184000 + z * (1 / 37362124800)))))));
  const c = r - series;
  cell[0] = scaled(1 - (low - (r * c) / (2 - c) - high), k);
}

/** 1/5 + z/7 + z^2/9 + ...: of atanh(s)/s = 1 + z/3 + z^2/5 + ..., z = s^2 < 0.0295. */
function atanhTail(z: number): number {
  return (
    1 / 5 +
    z *
      (1 / 7 +
        z *
          (1 / 9 +
            z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 + z * (1 / 21 + z * (1 / 23)))))))))
  );
}

/** hi + lo = ln x to some 65 bits, 0 < x finite. */
function lnTwice(x: number): void {
  split(x);
  const k = exponent;
  const f = mantissa - 1;
  const d = mantissa + 1;
  const dLo = mantissa - (d - 1);
  const s = f / d;
  product(s, d);
  const sLo = (f - hi - lo - s * dLo) / d;
  product(s, s);
  const z = hi;
  const zLo = lo + 2 * s * sLo;
  // t = z/3 + z^2 (1/5 + ...), so that ln = 2 s (1 + t) + k ln 2
  product(z, THIRD);
  const small = lo + z * THIRD_LO + zLo * THIRD + z * z * atanhTail(z);
  const t = hi + small;
  const tLo = hi - t + small;
  product(s, t);
  const st = hi;
  const stLo = lo + s * tLo + sLo * t;
  sum(s, st);
  const a = 2 * hi;
  const aLo = 2 * (lo + sLo + stLo);
  sum(k * LN2_HI, a);
  const rest = lo + (aLo + k * LN2_LO);
  const total = hi + rest;
  lo = hi - total + rest;
  hi = total;
}

/** hi + lo = a x b exactly, while nothing over- or underflows. */
function product(a: number, b: number): void {
  const p = a * b;
  const aBig = SPLITTER * a;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = SPLITTER * b;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  hi = p;
  lo = aLow * bLow - (p - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** hi + lo = a + b exactly (Knuth's two-sum). */
function sum(a: number, b: number): void {
  const s = a + b;
  const part = s - a;
  lo = a - (s - part) + (b - part);
  hi = s;
}

function split(x: number): void {
  f64[0] = x;
  let k = 0;
  if (u32[HIGH] < 0x00100000) {
    f64[0] = x * TWO_54; // subnormal
    k = -54;
  }
  k += (u32[HIGH] >>> 20) - 1023;
  u32[HIGH] = (u32[HIGH] & 0x000fffff) | 0x3ff00000;
  let m = f64[0];
  if (m >= SQRT2) {
    m *= 0.5;
    k++;
  }
  mantissa = m;
  exponent = k;
}

/** value x 2^k, value near 1; rounded once, also where the result is subnormal. */
function scaled(value: number, k: number): number {
  if (k > 1023) return value * 2 * powerOfTwo(k - 1);
  if (k >= -1022) return value * powerOfTwo(k);
  return value * powerOfTwo(k + 54) * (1 / TWO_54);
}

function powerOfTwo(k: number): number {
  u32[1 - HIGH] = 0;
  u32[HIGH] = (k + 1023) << 20;
  return f64[0];
}
