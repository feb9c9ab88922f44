/**
 * Moments of a series in PerformanceAnalytics' conventions: central moments with divisor n ("population"), skewness
 * m3 / m2^1.5, excess kurtosis m4 / m2^2 - 3 (Peterson and Carl, PerformanceAnalytics: `centeredmoment`, `skewness` and
 * `kurtosis` with their default method "moment" / "excess").
 */
import { maxAbs, powerOfTwoBelow } from './scale.ts';

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation, divisor n. */
  readonly deviation: number;
  /** 0 where the deviation is 0. */
  readonly skewness: number;
  readonly excessKurtosis: number;
}

/** Of a non-empty series. The series is centred twice, so that a mean far from 0 costs no precision. O(n). */
export function moments(values: Float64Array): Moments {
  const n = values.length;
  const scale = powerOfTwoBelow(maxAbs(values));
  let average = 0;
  for (let i = 0; i < n; i++) average += values[i] / scale;
  average /= n;
  let rest = 0;
  for (let i = 0; i < n; i++) rest += values[i] / scale - average;
  average += rest / n;
  let spread = 0;
  for (let i = 0; i < n; i++) spread = Math.max(spread, Math.abs(values[i] / scale - average));
  if (!(spread > SAME * Math.abs(average))) {
    const zero = Number.isNaN(spread) ? spread : 0;
    return { count: n, mean: average * scale, deviation: zero, skewness: zero, excessKurtosis: zero };
  }
  const unit = powerOfTwoBelow(spread);
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let i = 0; i < n; i++) {
    const d = (values[i] / scale - average) / unit;
    const square = d * d;
    m2 += square;
    m3 += square * d;
    m4 += square * square;
  }
  m2 /= n;
  m3 /= n;
  m4 /= n;
  return {
    count: n,
    mean: average * scale,
    deviation: Math.sqrt(m2) * unit * scale,
    skewness: m3 / (m2 * Math.sqrt(m2)),
    excessKurtosis: m4 / (m2 * m2) - 3,
  };
}

/** Values that differ from their mean by no more than this, relatively, are rounding of one and the same value. */
const SAME = 4e-16;
