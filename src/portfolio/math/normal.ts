/**
 * The normal distribution, with full relative precision in the lower tail.
 *
 * cdf: Mills' ratio R(x) = (1 - Phi(x)) / phi(x) from Taylor series about a grid of nodes (G. Marsaglia, "Evaluating the Normal
 * Distribution", Journal of Statistical Software 11(4), 2004), beyond the grid from Laplace's continued fraction
 * R = 1/(x + 1/(x + 2/(x + 3/...))) (Abramowitz & Stegun 26.2.14). Inverse: A&S 26.2.23 and two steps of Halley's method.
 * Relative error below 1e-15 or so down to 1e-300. Only + - x /, sqrt and core/det-math.ts: the same bits everywhere.
 */
import { exp, ln } from '../../core/det-math.ts';

const INVERSE_SQRT_2PI = 0.3989422804014327;
const SQRT_HALF_PI = 1.2533141373155003;
/** Nodes 0, 1/4 ... 10 with so many coefficients: the first left out is below 1e-17 at half a step. */
const STEP = 0.25;
const NODES = 41;
const TERMS = 16;
const GRID_END = (NODES - 0.5) * STEP;
const MILLS = millsTable();

/** Density of the standard normal at x. */
export function normalPdf(x: number): number {
  return INVERSE_SQRT_2PI * expMinusHalfSquare(x);
}

/** Phi(x): probability of a value up to x. */
export function normalCdf(x: number): number {
  if (x === 0) return 0.5;
  return x < 0 ? upperTail(-x) : 1 - upperTail(x);
}

/** 1 - Phi(x), precise where it is small. */
export function normalSurvival(x: number): number {
  return normalCdf(-x);
}

/** The x with Phi(x) = p; NaN outside of 0..1, infinite at its ends. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0.5) return 0;
  const tail = p < 0.5 ? p : 1 - p;
  if (tail === 0) return p < 0.5 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const t = Math.sqrt(-2 * ln(tail));
  let x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let i = 0; i < 3; i++) {
    const density = normalPdf(x);
    if (density === 0) break;
    const step = (upperTail(x) - tail) / density;
    x += step / (1 - (x * step) / 2);
  }
  return p < 0.5 ? -x : x;
}

/** 1 - Phi(x) for x >= 0, and a little below. */
function upperTail(x: number): number {
  if (x < GRID_END) return millsOnGrid(x) * normalPdf(x);
  return x === Number.POSITIVE_INFINITY ? 0 : millsFraction(x, 24) * normalPdf(x);
}

/** e^(-x^2/2) with x split, so that the rounding of x^2 is not magnified (W. J. Cody's device, 1969). */
function expMinusHalfSquare(x: number): number {
  if (!(Math.abs(x) < 40)) return Number.isNaN(x) ? x : 0;
  const head = Math.trunc(x * 16) / 16;
  return exp((-head * head) / 2) * exp((-(x - head) * (x + head)) / 2);
}

function millsOnGrid(x: number): number {
  if (Number.isNaN(x)) return x;
  const node = Math.max(0, Math.round(x / STEP));
  const h = x - node * STEP;
  const base = node * TERMS;
  let sum = 0;
  for (let k = TERMS - 1; k >= 0; k--) sum = sum * h + MILLS[base + k];
  return sum;
}

function millsFraction(x: number, terms: number): number {
  let denominator = x;
  for (let k = terms; k >= 1; k--) denominator = x + k / denominator;
  return 1 / denominator;
}

/** R and its derivatives over k!: R' = x R - 1, R'' = x R' + R, and so on. */
function millsTable(): Float64Array {
  const table = new Float64Array(NODES * TERMS);
  for (let node = 0; node < NODES; node++) {
    const x = node * STEP;
    const base = node * TERMS;
    table[base] = x < 1 ? millsSeries(x) : millsFraction(x, 400);
    table[base + 1] = x * table[base] - 1;
    for (let k = 2; k < TERMS; k++) table[base + k] = (x * table[base + k - 1] + table[base + k - 2]) / k;
  }
  return table;
}

/** R(x) = sqrt(pi/2) e^(x^2/2) - (x + x^3/3 + x^5/15 + ...), for small x. */
function millsSeries(x: number): number {
  let term = x;
  let sum = 0;
  for (let k = 3; term > 1e-20; k += 2) {
    sum += term;
    term *= (x * x) / k;
  }
  return SQRT_HALF_PI * exp((x * x) / 2) - sum;
}
