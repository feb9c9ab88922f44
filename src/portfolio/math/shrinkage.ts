/**
 * The targets and intensities of the two Ledoit-Wolf estimators; papers in covariance.ts. Both take C with C C' = S, the
 * sample covariance with divisor T: C = centred returns / sqrt(T).
 */

/** shrink x F of Sigma = (1 - shrink) S + shrink F. */
export interface Target {
  /** 0 to 1. */
  readonly shrink: number;
  /** Adds shrink F x to `product`, returns shrink x' F x. */
  addProduct(x: Float64Array, product: Float64Array): number;
  /** Row i, column j of shrink F. */
  entry(i: number, j: number): number;
}

/** F = m I. Intensity b^2 / d^2 of the paper's lemma 3.2-3.4 (the ratio has no unit, so the norm's divisor cancels). O(N T + N^2 T / 2). */
export function scaledIdentity(centred: Float64Array, instruments: number, observations: number): Target {
  let trace = 0;
  let squares = 0; // ||S||^2
  let fourth = 0; // sum over t of |x_t|^4, x_t the centred returns of period t
  for (let t = 0; t < observations; t++) {
    let size = 0;
    for (let i = 0; i < instruments; i++) size += centred[i * observations + t] ** 2;
    trace += size;
    fourth += size * size;
  }
  eachCovariance(centred, instruments, observations, (i, j, value) => {
    squares += i === j ? value * value : 2 * value * value;
  });
  const m = trace / instruments;
  const distance = squares - instruments * m * m; // N d^2
  // N b^2 = (1/T^2) sum |x_t x_t' - S|^2; |x_t|^4 here carries 1/T^2 already
  const noise = fourth - squares / observations;
  const shrink = intensity(noise, distance);
  return {
    shrink,
    addProduct(x, product) {
      let sum = 0;
      for (let i = 0; i < x.length; i++) {
        product[i] += shrink * m * x[i];
        sum += x[i] * x[i];
      }
      return shrink * m * sum;
    },
    entry: (i, j) => (i === j ? shrink * m : 0),
  };
}

/** F: the sample variances with the mean correlation. Intensity (pi - rho) / gamma / T of the paper's appendix B. O(N^2 T). */
export function constantCorrelation(centred: Float64Array, instruments: number, observations: number): Target {
  const deviations = new Float64Array(instruments);
  const sums = { correlation: 0, pairs: 0 };
  const matrix = new Float64Array(instruments * instruments);
  eachCovariance(centred, instruments, observations, (i, j, value) => {
    matrix[i * instruments + j] = value;
    matrix[j * instruments + i] = value;
    if (i === j) deviations[i] = Math.sqrt(value);
  });
  for (let i = 0; i < instruments; i++) {
    for (let j = 0; j < i; j++) {
      const scale = deviations[i] * deviations[j];
      if (scale === 0) continue; // what never moves has no correlation
      sums.correlation += matrix[i * instruments + j] / scale;
      sums.pairs++;
    }
  }
  const rho = sums.pairs === 0 ? 0 : sums.correlation / sums.pairs;
  const shrink = correlationIntensity(centred, matrix, deviations, rho, observations);
  return {
    shrink,
    addProduct(x, product) {
      let sum = 0;
      let own = 0;
      for (let i = 0; i < x.length; i++) {
        sum += x[i] * deviations[i];
        own += (x[i] * deviations[i]) ** 2;
      }
      for (let i = 0; i < x.length; i++) {
        product[i] += shrink * deviations[i] * (rho * sum + (1 - rho) * x[i] * deviations[i]);
      }
      return shrink * Math.max(0, rho * sum * sum + (1 - rho) * own);
    },
    entry: (i, j) => shrink * deviations[i] * deviations[j] * (i === j ? 1 : rho),
  };
}

function correlationIntensity(
  centred: Float64Array,
  matrix: Float64Array,
  deviations: Float64Array,
  rho: number,
  observations: number,
): number {
  const n = deviations.length;
  let pi = 0; // the asymptotic variances of the entries of S, summed, over T
  let cross = 0; // the paper's rho: their covariances with the target's entries, over T
  let gamma = 0; // the target's distance from S
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const s = matrix[i * n + j];
      const f = i === j ? s : rho * deviations[i] * deviations[j];
      gamma += (f - s) ** 2;
      let both = 0; // sum of (x_i x_j)^2 over T^2
      let left = 0; // sum of x_i^3 x_j over T^2
      let right = 0;
      const a = i * observations;
      const b = j * observations;
      for (let t = 0; t < observations; t++) {
        const u = centred[a + t];
        const v = centred[b + t];
        const w = u * v;
        both += w * w;
        left += u * u * w;
        right += v * v * w;
      }
      const variance = both - (s * s) / observations;
      pi += variance;
      if (i === j) cross += variance;
      else if (deviations[i] > 0 && deviations[j] > 0) {
        const withLeft = left - (matrix[i * n + i] * s) / observations;
        const withRight = right - (matrix[j * n + j] * s) / observations;
        const ratio = deviations[j] / deviations[i];
        cross += (rho / 2) * (ratio * withLeft + withRight / ratio);
      }
    }
  }
  return intensity(pi - cross, gamma);
}

/** noise / distance within 0 .. 1; nothing to shrink where the target is the sample. */
function intensity(noise: number, distance: number): number {
  return distance > 0 ? Math.min(1, Math.max(0, noise / distance)) : 0;
}

/** The lower half of S, row by row: of C C'. O(instruments^2 x observations). */
export function eachCovariance(
  centred: Float64Array,
  instruments: number,
  observations: number,
  visit: (i: number, j: number, value: number) => void,
): void {
  for (let i = 0; i < instruments; i++) {
    const a = i * observations;
    for (let j = 0; j <= i; j++) {
      const b = j * observations;
      let sum = 0;
      for (let t = 0; t < observations; t++) sum += centred[a + t] * centred[b + t];
      visit(i, j, sum);
    }
  }
}
