/**
 * Student's t, by the incomplete beta function's continued fraction (NIST Handbook 8.17.22), its factor from
 * Gamma(z + 1/2) / Gamma(z) (A&S 6.1.47) instead of logarithms of Gamma, so that many degrees of freedom cost no precision.
 * Relative error some 1e-14.
 */
import { exp, ln } from '../../core/det-math.ts';
import { normalCdf, normalQuantile } from './normal.ts';

const SQRT_PI = 1.772453850905516;
/** From here on the expansion about the normal is as good as the fraction: its error is of order 1/df^2. */
const MANY = 1e8;
const MAX_STEPS = 20_000;

/** Density at t with `df` > 0 degrees of freedom. */
export function studentPdf(t: number, df: number): number {
  return (gammaRatio(df / 2) / (SQRT_PI * Math.sqrt(df))) * exp(-((df + 1) / 2) * ln1p((t * t) / df));
}

/** Probability of a value up to t. */
export function studentCdf(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN;
  if (df >= MANY) return normalCdf((t * (1 - 1 / (4 * df))) / Math.sqrt(1 + (t * t) / (2 * df)));
  const tail = upperTail(Math.abs(t), df);
  return t <= 0 ? tail : 1 - tail;
}

/** The t with studentCdf(t, df) = p. */
export function studentQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1 && df > 0)) return Number.NaN;
  if (p === 0.5) return 0;
  const tail = p < 0.5 ? p : 1 - p;
  if (tail === 0) return p < 0.5 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const z = -normalQuantile(tail);
  const t = df >= MANY ? z + (z * z * z + z) / (4 * df) : upperQuantile(tail, df);
  return p < 0.5 ? -t : t;
}

/** Newton inside a bracket, in ln(tail): convex there, and the bracket catches what overshoots. */
function upperQuantile(tail: number, df: number): number {
  let low = 0;
  let high = Math.max(1, -normalQuantile(tail));
  while (upperTail(high, df) > tail && high < 1e300) {
    low = high;
    high *= 2;
  }
  let t = (low + high) / 2;
  for (let i = 0; i < 200; i++) {
    const p = upperTail(t, df);
    if (p > tail) low = t;
    else high = t;
    let next = t + (p / studentPdf(t, df)) * ln(p / tail);
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (Math.abs(next - t) <= 1e-15 * t) return next;
    t = next;
  }
  return t;
}

/** P(T > t), t >= 0: half of I_x(df/2, 1/2) with x = df / (df + t^2). */
function upperTail(t: number, df: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  const u = (t * t) / df;
  const x = 1 / (1 + u);
  const a = df / 2;
  // x^a (1-x)^(1/2) Gamma(a+1/2) / (Gamma(a) Gamma(1/2))
  const factor = (exp(-a * ln1p(u)) * Math.sqrt(u * x) * gammaRatio(a)) / SQRT_PI;
  if (u * a > 1.5) return 0.5 * factor * tailFraction(x, u * x, a);
  return 0.5 - factor * betaFraction(u * x, 0.5, a);
}

/**
 * The fraction of A. DiDonato and A. Morris, "Algorithm 708", ACM TOMS 18(3), 1992, for I_x(a, 1/2) x B / (x^a y^(1/2)), y = 1 - x: it
 * takes a - (a + b) x without cancellation, which the one below loses digits to where a is large.
 */
function tailFraction(x: number, y: number, a: number): number {
  const b = 0.5;
  const lambda = (a + b) * y - b;
  const first = (a / (a + 1)) * (lambda + 1);
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / first;
  let fraction = d;
  for (let n = 1; n < MAX_STEPS; n++) {
    const s = a + 2 * n - 1;
    const alpha = (((a + n - 1) * (a + b + n - 1)) / s / s) * n * (b - n) * x * x;
    const beta = n + (n * (b - n) * x) / s + ((a + n) / (s + 2)) * (lambda + 1 + n * (1 + y));
    d = 1 / (beta + alpha * d);
    c = beta + alpha / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 2e-16) break;
  }
  return fraction;
}

/** The continued fraction of I_x(a, b) by Lentz's method; converges for x < (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / orTiny(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m < MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / orTiny(1 + even * d, tiny);
    c = orTiny(1 + even / c, tiny);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / orTiny(1 + odd * d, tiny);
    c = orTiny(1 + odd / c, tiny);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}

function orTiny(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Gamma(z + 1/2) / Gamma(z), z > 0. */
function gammaRatio(z: number): number {
  let factor = 1;
  while (z < 30) {
    factor *= z / (z + 0.5);
    z++;
  }
  const y = 1 / z;
  const series =
    1 +
    y *
      (-1 / 8 +
        y *
          (1 / 128 +
            y * (5 / 1024 + y * (-21 / 32768 + y * (-399 / 262144 + y * (869 / 4194304 + (y * 39325) / 33554432))))));
  return factor * Math.sqrt(z) * series;
}

/** ln(1 + u), precise for small u: the rounding of 1 + u divided out (Kahan). */
function ln1p(u: number): number {
  const w = 1 + u;
  if (w === 1) return u;
  return w === Number.POSITIVE_INFINITY ? w : (ln(w) * u) / (w - 1);
}
