/**
 * Cholesky factor of a covariance matrix, with a defined answer for every symmetric matrix:
 *
 * - positive definite: L L' = A.
 * - semi-definite (more instruments than observations, duplicates, zero variances): the factorisation with complete
 *   pivoting stops at the matrix' rank; L has so many columns and L L' = A still (N. J. Higham, "Analysis of the Cholesky
 *   decomposition of a semi-definite matrix", 1990).
 * - indefinite (correlations estimated pair by pair, edited by hand): correlations are shrunk towards 0,
 *   (1 - s) A + s diag(A), by the smallest s (to 2^-20) that makes it semi-definite; variances stay as they are (N. J. Higham,
 *   N. Strabic and V. Sego, "Restoring definiteness via shrinking", SIAM Review 58(2), 2016). s is reported.
 * - a negative or non-finite variance, or a non-finite covariance: null.
 */

export interface CholeskyFactor {
  /** Instruments. */
  readonly rows: number;
  /** Columns of L in use. */
  readonly rank: number;
  /** Row-major rows x rank: row i, in the matrix' own order, is the loading of instrument i on the factors. */
  readonly lower: Float64Array;
  /** 0, or how far correlations had to be shrunk towards 0. */
  readonly shrink: number;
}

/** Relative to a unit diagonal: pivots below rows x this are rounding. */
const PIVOT_TOLERANCE = 4 * Number.EPSILON;
const SHRINK_STEPS = 20;

/** Of the row-major, symmetric n x n `matrix`, of which the lower triangle is read. O(n^2 rank), times 20 where it is indefinite. */
export function cholesky(matrix: Float64Array, n: number): CholeskyFactor | null {
  const deviations = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const variance = matrix[i * n + i];
    if (!(variance >= 0 && variance < Number.POSITIVE_INFINITY)) return null;
    deviations[i] = Math.sqrt(variance);
  }
  const correlation = correlations(matrix, deviations, n);
  if (correlation === null) return null;
  let factor = factorise(correlation, n, 0);
  let shrink = 0;
  if (factor === null) {
    let low = 0;
    shrink = 1;
    for (let i = 0; i < SHRINK_STEPS; i++) {
      const middle = (low + shrink) / 2;
      if (factorise(correlation, n, middle) === null) low = middle;
      else shrink = middle;
    }
    factor = factorise(correlation, n, shrink);
    if (factor === null) return null;
  }
  const { lower, rank } = factor;
  for (let i = 0; i < n; i++) for (let k = 0; k < rank; k++) lower[i * rank + k] *= deviations[i];
  return { rows: n, rank, lower, shrink };
}

/** Lower triangle of the correlations, by rows; diagonal 1, or 0 where the variance is. Null where one is not finite. */
function correlations(matrix: Float64Array, deviations: Float64Array, n: number): Float64Array | null {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const covariance = matrix[i * n + j];
      if (!Number.isFinite(covariance)) return null;
      if (covariance !== 0) result[i * n + j] = covariance / deviations[i] / deviations[j];
    }
    result[i * n + i] = deviations[i] > 0 ? 1 : 0;
  }
  return result;
}

/** Null: indefinite. Left-looking: a column is computed when its turn comes, so a low rank costs little. */
function factorise(correlation: Float64Array, n: number, shrink: number): { lower: Float64Array; rank: number } | null {
  const tolerance = PIVOT_TOLERANCE * n;
  const keep = 1 - shrink;
  const work = new Float64Array(n * n);
  const rest = new Float64Array(n);
  for (let i = 0; i < n; i++) rest[i] = correlation[i * n + i];
  const done = new Uint8Array(n);
  let rank = 0;
  while (rank < n) {
    const pivot = largest(rest, done);
    if (pivot < 0 || rest[pivot] <= tolerance) break;
    const root = Math.sqrt(rest[pivot]);
    for (let i = 0; i < n; i++) {
      if (done[i] === 1 || i === pivot) continue;
      const value = residual(correlation, work, n, i, pivot, rank, keep) / root;
      work[i * n + rank] = value;
      rest[i] -= value * value;
      if (!(rest[i] >= -tolerance * 4)) return null;
    }
    work[pivot * n + rank] = root;
    done[pivot] = 1;
    rank++;
  }
  if (!isNothingLeft(correlation, work, done, n, rank, keep, tolerance)) return null;
  const lower = new Float64Array(n * rank);
  for (let i = 0; i < n; i++) lower.set(work.subarray(i * n, i * n + rank), i * rank);
  return { lower, rank };
}

function largest(rest: Float64Array, done: Uint8Array): number {
  let best = -1;
  for (let i = 0; i < rest.length; i++) if (done[i] === 0 && (best < 0 || rest[i] > rest[best])) best = i;
  return best;
}

/** Correlation of i and j that the first `rank` columns leave. */
function residual(
  correlation: Float64Array,
  work: Float64Array,
  n: number,
  i: number,
  j: number,
  rank: number,
  keep: number,
): number {
  let value = keep * (i > j ? correlation[i * n + j] : correlation[j * n + i]);
  const a = i * n;
  const b = j * n;
  for (let k = 0; k < rank; k++) value -= work[a + k] * work[b + k];
  return value;
}

/** Where a diagonal has run out, so must the rest of its row: a semi-definite matrix has no other choice. */
function isNothingLeft(
  correlation: Float64Array,
  work: Float64Array,
  done: Uint8Array,
  n: number,
  rank: number,
  keep: number,
  tolerance: number,
): boolean {
  const small = tolerance * 8;
  for (let i = 0; i < n; i++) {
    if (done[i] === 1) continue;
    for (let j = 0; j < i; j++) {
      if (done[j] === 0 && !(Math.abs(residual(correlation, work, n, i, j, rank, keep)) <= small)) return false;
    }
  }
  return true;
}
