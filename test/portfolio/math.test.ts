/** Distributions against published tables, estimates against their definitions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chiSquareSurvival } from '../../src/portfolio/math/chi-square.ts';
import { cholesky } from '../../src/portfolio/math/cholesky.ts';
import { Covariance, type CovarianceKind } from '../../src/portfolio/math/covariance.ts';
import { Gaussians } from '../../src/portfolio/math/gaussians.ts';
import { moments } from '../../src/portfolio/math/moments.ts';
import { normalCdf, normalPdf, normalQuantile, normalSurvival } from '../../src/portfolio/math/normal.ts';
import { quantileSorted, tailMeanSorted, tailPoint } from '../../src/portfolio/math/quantile.ts';
import { studentCdf, studentPdf, studentQuantile } from '../../src/portfolio/math/student.ts';
import { isClose, naiveCovariance, randomExposures, randomScenarios } from './support.ts';

function near(actual: number, expected: number, relative: number, what = ''): void {
  assert.ok(isClose(actual, expected, relative), `${what} ${actual} is not ${expected}`);
}

test('the normal distribution has the values of Abramowitz and Stegun, tables 26.1 and 26.2', () => {
  near(normalPdf(1), 0.24197072451914337, 2e-15);
  near(normalCdf(1), 0.8413447460685429, 1e-15);
  near(normalCdf(-1), 0.15865525393145705, 2e-15);
  near(normalCdf(-2), 0.02275013194817921, 2e-15);
  near(normalCdf(-5), 2.866515718791939e-7, 3e-15);
  near(normalCdf(-10), 7.619853024160527e-24, 5e-15);
  assert.equal(normalCdf(0), 0.5);
  assert.equal(normalCdf(Number.NEGATIVE_INFINITY), 0);
  assert.equal(normalCdf(40), 1);
  assert.ok(Number.isNaN(normalCdf(Number.NaN)));
  near(normalQuantile(0.95), 1.6448536269514722, 1e-15);
  near(normalQuantile(0.99), 2.3263478740408408, 1e-15);
  near(normalQuantile(0.975), 1.959963984540054, 1e-15);
  near(normalQuantile(1e-300), -37.0471, 1e-6);
  assert.equal(normalQuantile(1), Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(normalQuantile(1.1)));
});

test("the normal distribution's density is the slope of its distribution, and its halves mirror each other", () => {
  for (let x = -12; x <= 12; x += 0.0137) {
    const h = 1e-4;
    const slope =
      x < 0
        ? (normalCdf(x + h) - normalCdf(x - h)) / (2 * h)
        : (normalSurvival(x - h) - normalSurvival(x + h)) / (2 * h);
    near(slope, normalPdf(x), 4e-7, `at ${x}`);
    assert.equal(normalSurvival(x), normalCdf(-x));
  }
});

test('quantile and distribution invert each other far into the tails', () => {
  for (let p = 1e-300; p < 0.5; p *= 7.3) {
    near(normalCdf(normalQuantile(p)), p, p < 1e-30 ? 1e-12 : 1e-14, `normal, ${p}`);
  }
  for (const df of [1, 2.1, 3, 7.5, 30, 1000, 1e6]) {
    for (let p = 1e-12; p < 1; p = p < 0.5 ? p * 1.9 : p + 0.013) {
      near(studentCdf(studentQuantile(p, df), df), p, 1e-13, `t ${df}, ${p}`);
    }
  }
});

test("Student's t has the values of the NIST/SEMATECH handbook's table 1.3.6.7.2, and those of its closed forms", () => {
  for (const [df, p, table] of [
    [1, 0.975, 12.706],
    [2, 0.99, 6.965],
    [5, 0.975, 2.571],
    [10, 0.95, 1.812],
    [30, 0.995, 2.75],
    [100, 0.9, 1.29],
  ]) {
    assert.equal(Math.round(studentQuantile(p, df) * 1000) / 1000, table, `t ${df}, ${p}`);
  }
  for (let t = -20; t < 20; t += 0.37) {
    near(studentCdf(t, 1), 0.5 + Math.atan(t) / Math.PI, 1e-13, 'Cauchy');
    near(studentCdf(t, 2), 0.5 + t / (2 * Math.sqrt(2 + t * t)), 2e-13, 'df 2');
    near(studentPdf(t, 2), (2 + t * t) ** -1.5, 1e-14, 'density, df 2');
  }
  near(studentQuantile(0.99, 1e9), normalQuantile(0.99), 1e-8, 'many degrees');
  near(studentCdf(-2.5, 1e8 - 1), studentCdf(-2.5, 1e8), 1e-12, 'where the expansion takes over');
});

test('chi-square has the critical values of every table', () => {
  near(chiSquareSurvival(3.841458820694124, 1), 0.05, 1e-13);
  near(chiSquareSurvival(6.634896601021213, 1), 0.01, 1e-13);
  near(chiSquareSurvival(5.991464547107979, 2), 0.05, 1e-13);
  assert.equal(chiSquareSurvival(0, 1), 1);
  assert.equal(chiSquareSurvival(-1, 2), 1);
});

test('quantiles are type 7 of Hyndman and Fan, and a rank that is whole but for rounding is whole', () => {
  const sorted = Float64Array.of(1, 2, 4, 8, 16);
  assert.equal(quantileSorted(sorted, 0.5), 4);
  assert.equal(quantileSorted(sorted, 0.6), 5.6);
  assert.equal(quantileSorted(sorted, 0), 1);
  assert.equal(quantileSorted(sorted, 1), 16);
  const hundred = Float64Array.from({ length: 101 }, (_, i) => i);
  assert.equal(quantileSorted(hundred, 1 - 0.95), 5);
  assert.equal(tailMeanSorted(hundred, 1 - 0.95), 2, 'the five below');
  assert.equal(tailMeanSorted(Float64Array.of(3), 0.05), 3);
});

test('equal weights give the unweighted quantile and tail mean; a scenario without weight does not count', () => {
  const values = randomScenarios(11, 1, 97).returns;
  const equal = new Float64Array(97).fill(1 / 97);
  for (const p of [0.01, 0.05, 0.1, 0.25, 0.5]) {
    const plain = tailPoint(values, null, p);
    const weighted = tailPoint(values, equal, p);
    near(weighted.quantile.value, plain.quantile.value, 1e-12);
    near(weighted.tailMean.value, plain.tailMean.value, 1e-12);
    near(plain.quantile.value, quantileSorted(values.slice().sort(), p), 1e-15);
  }
  const outlier = Float64Array.of(-100, ...values);
  const weights = Float64Array.of(0, ...equal);
  for (const p of [0.001, 0.05, 0.5]) {
    near(tailPoint(outlier, weights, p).tailMean.value, tailPoint(values, equal, p).tailMean.value, 1e-12);
    near(tailPoint(outlier, weights, p).quantile.value, tailPoint(values, equal, p).quantile.value, 1e-12);
  }
});

test('moments are those of the definition, wherever the mean lies and whatever the scale', () => {
  const { skewness, excessKurtosis, mean, deviation } = moments(Float64Array.of(1, 2, 3, 10));
  assert.equal(mean, 4);
  near(deviation, Math.sqrt(12.5), 1e-15);
  near(skewness, 180 / 4 / 12.5 ** 1.5, 1e-14);
  near(excessKurtosis, (81 + 16 + 1 + 1296) / 4 / 12.5 ** 2 - 3, 1e-14);
  const values = randomScenarios(3, 1, 200).returns;
  const base = moments(values);
  for (const scale of [1e-200, 1e-30, 1e30, 1e200]) {
    const other = moments(values.map((value) => value * scale));
    near(other.skewness, base.skewness, 1e-10);
    near(other.deviation / scale, base.deviation, 1e-12);
  }
  near(moments(values.map((value) => value + 1e6)).deviation, base.deviation, 1e-7);
  assert.equal(moments(new Float64Array(50).fill(0.1)).deviation, 0);
});

test('each covariance is its definition, as a matrix and as an operator', () => {
  const scenarios = randomScenarios(5, 4, 60);
  const { returns, instruments: n, observations } = scenarios;
  const x = randomExposures(6, n);
  for (const kind of ['sample', 'unbiased', 'ewma', 'ledoit-wolf', 'ledoit-wolf-cc'] as CovarianceKind[]) {
    const covariance = new Covariance(returns, n, observations, {
      kind,
      lambda: 0.9,
      mean: kind === 'ewma' ? 'zero' : 'sample',
    });
    const matrix = covariance.dense();
    const product = new Float64Array(n);
    const variance = covariance.quadratic(x, product);
    let total = 0;
    for (let i = 0; i < n; i++) {
      let row = 0;
      for (let j = 0; j < n; j++) row += matrix[i * n + j] * x[j];
      near(product[i], row, 1e-12, kind);
      total += row * x[i];
    }
    near(variance, total, 1e-12, kind);
    if (kind === 'sample') near(matrix[1], naiveCovariance(scenarios, 0, 1, 0), 1e-12);
    if (kind === 'unbiased') near(matrix[1], naiveCovariance(scenarios, 0, 1, 1), 1e-12);
    if (kind === 'ewma') near(matrix[1], naiveEwma(scenarios, 0.9), 1e-12);
  }
});

function naiveEwma({ observations, returns }: ReturnType<typeof randomScenarios>, lambda: number): number {
  let sum = 0;
  let weights = 0;
  for (let t = 0; t < observations; t++) {
    const weight = lambda ** (observations - 1 - t);
    sum += weight * returns[t] * returns[observations + t];
    weights += weight;
  }
  return sum / weights;
}

test('Ledoit-Wolf shrinks by the intensity of its papers, computed entry by entry', () => {
  const scenarios = randomScenarios(21, 5, 40);
  // instruments of different sizes, the last two nearly alike: correlations that a constant one misses
  for (let t = 0; t < 40; t++) {
    scenarios.returns[120 + t] = 2 * scenarios.returns[160 + t] + 0.1 * scenarios.returns[120 + t];
    scenarios.returns[t] *= -3;
  }
  const { returns, instruments: n, observations: T } = scenarios;
  const x = (i: number, t: number): number => returns[i * T + t] - mean(i);
  const mean = (i: number): number => returns.subarray(i * T, (i + 1) * T).reduce((sum, one) => sum + one, 0) / T;
  const s = (i: number, j: number): number => naiveCovariance(scenarios, i, j, 0);
  const all = Array.from({ length: n * n }, (_, k) => [Math.floor(k / n), k % n] as const);
  const sum = (of: (i: number, j: number) => number): number => all.reduce((total, [i, j]) => total + of(i, j), 0);
  const over = (of: (t: number) => number): number =>
    Array.from({ length: T }, (_, t) => of(t)).reduce((a, b) => a + b, 0) / T;
  const noise = (i: number, j: number): number => over((t) => (x(i, t) * x(j, t) - s(i, j)) ** 2);
  const m = sum((i, j) => (i === j ? s(i, j) : 0)) / n;
  const identity = sum(noise) / T / sum((i, j) => (s(i, j) - (i === j ? m : 0)) ** 2);
  const rbar = sum((i, j) => (i === j ? 0 : s(i, j) / Math.sqrt(s(i, i) * s(j, j)))) / (n * (n - 1));
  const theta = (k: number, i: number, j: number): number =>
    over((t) => (x(k, t) ** 2 - s(k, k)) * (x(i, t) * x(j, t) - s(i, j)));
  const rho = sum((i, j) => {
    if (i === j) return noise(i, i);
    const ratio = Math.sqrt(s(j, j) / s(i, i));
    return (rbar / 2) * (ratio * theta(i, i, j) + theta(j, i, j) / ratio);
  });
  const gamma = sum((i, j) => (i === j ? 0 : (rbar * Math.sqrt(s(i, i) * s(j, j)) - s(i, j)) ** 2));
  const constant = (sum(noise) - rho) / gamma / T;
  const settings = { lambda: 1, mean: 'sample' } as const;
  near(new Covariance(returns, n, T, { kind: 'ledoit-wolf', ...settings }).shrink, Math.min(1, identity), 1e-9);
  near(
    new Covariance(returns, n, T, { kind: 'ledoit-wolf-cc', ...settings }).shrink,
    Math.min(1, Math.max(0, constant)),
    1e-9,
  );
  assert.ok(identity > 0.01 && identity < 1 && constant > 0.01 && constant < 1, 'a case that says something');
});

/** L L'. */
function squared({ lower, rank, rows }: NonNullable<ReturnType<typeof cholesky>>): Float64Array {
  const result = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      for (let k = 0; k < rank; k++) result[i * rows + j] += lower[i * rank + k] * lower[j * rank + k];
    }
  }
  return result;
}

test('Cholesky multiplies back, of full rank or not', () => {
  for (const [instruments, observations] of [
    [6, 50],
    [12, 5],
    [1, 10],
    [150, 40],
  ]) {
    const { returns } = randomScenarios(31, instruments, observations);
    const matrix = new Covariance(returns, instruments, observations, {
      kind: 'sample',
      lambda: 1,
      mean: 'sample',
    }).dense();
    const factor = cholesky(matrix, instruments)!;
    assert.equal(factor.rank, Math.min(instruments, observations - 1), `${instruments} x ${observations}`);
    assert.equal(factor.shrink, 0);
    squared(factor).forEach((value, k) => {
      assert.ok(Math.abs(value - matrix[k]) < 1e-16, `entry ${k}: ${value}, ${matrix[k]}`);
    });
  }
  assert.equal(cholesky(new Float64Array(9), 3)!.rank, 0);
});

test('an indefinite matrix keeps its variances and loses correlation, by as little as makes it semi-definite', () => {
  // correlations 0.9, 0.9, -0.9: the smallest eigenvalue is 1 - 1.8
  const matrix = Float64Array.of(4, 1.8, 1.8, 1.8, 1, -0.9, 1.8, -0.9, 1);
  const factor = cholesky(matrix, 3)!;
  near(1 - factor.shrink, 1 / 1.8, 1e-5);
  const back = squared(factor);
  near(back[0], 4, 1e-12);
  near(back[4], 1, 1e-12);
  near(back[1], 1.8 * (1 - factor.shrink), 1e-9);
  assert.equal(cholesky(Float64Array.of(-1), 1), null);
  assert.equal(cholesky(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2), null);
  assert.equal(cholesky(Float64Array.of(Number.POSITIVE_INFINITY), 1), null);
  const degenerate = cholesky(Float64Array.of(0, 0.5, 0.5, 1), 2);
  assert.equal(degenerate, null, 'what never moves has no covariance');
});

test('gaussians and chi-squares have their moments, and the same seed gives the same ones', () => {
  const count = 200_000;
  const gaussians = new Gaussians(42);
  const values = new Float64Array(count);
  gaussians.fill(values);
  const { mean, deviation, skewness, excessKurtosis } = moments(values);
  assert.ok(Math.abs(mean) < 4 / Math.sqrt(count), `mean ${mean}`);
  assert.ok(Math.abs(deviation - 1) < 4 / Math.sqrt(2 * count), `deviation ${deviation}`);
  assert.ok(Math.abs(skewness) < 4 * Math.sqrt(6 / count), `skewness ${skewness}`);
  assert.ok(Math.abs(excessKurtosis) < 4 * Math.sqrt(24 / count), `kurtosis ${excessKurtosis}`);
  const again = new Float64Array(3);
  new Gaussians(42).fill(again);
  assert.deepEqual([...again], [...values.subarray(0, 3)]);
  for (const df of [0.7, 3, 5.5, 40]) {
    const chi = Float64Array.from({ length: 50_000 }, () => gaussians.chiSquare(df));
    assert.ok(Math.abs(moments(chi).mean - df) < 4 * Math.sqrt((2 * df) / 50_000), `df ${df}: ${moments(chi).mean}`);
    assert.ok(Math.abs(moments(chi).deviation ** 2 / (2 * df) - 1) < 0.1, `df ${df}`);
  }
});
