/** Returns to test with, and naive twins that share nothing with what they check. */
import { readFileSync } from 'node:fs';
import { Prng } from '../../src/core/prng.ts';
import type { Scenarios } from '../../src/portfolio/methods/scenarios.ts';
import type { MethodSettings, RiskSettings } from '../../src/portfolio/methods/settings.ts';
import { marketData } from '../support/paths.ts';

export const EDHEC = marketData('prices/edhec_monthly_returns.csv');
export const SAMPLE = { kind: 'sample', lambda: 0.94, mean: 'sample' } as const;
export const GAUSSIAN = { kind: 'gaussian' } as const;

export const EVERY_METHOD: readonly MethodSettings[] = [
  { method: 'historical' },
  { method: 'age-weighted', decay: 0.98 },
  { method: 'filtered', lambda: 0.94 },
  { method: 'parametric', covariance: SAMPLE, distribution: GAUSSIAN },
  { method: 'parametric', covariance: { ...SAMPLE, kind: 'ewma' }, distribution: { kind: 'student-t', df: 5 } },
  { method: 'parametric', covariance: { ...SAMPLE, kind: 'ledoit-wolf' }, distribution: GAUSSIAN },
  { method: 'parametric', covariance: { ...SAMPLE, kind: 'ledoit-wolf-cc' }, distribution: GAUSSIAN },
  { method: 'cornish-fisher' },
  { method: 'monte-carlo', covariance: SAMPLE, distribution: GAUSSIAN, paths: 2000, seed: 1 },
  { method: 'monte-carlo', covariance: SAMPLE, distribution: { kind: 'student-t', df: 5 }, paths: 2000, seed: 1 },
];

export function settings(method: MethodSettings, rest: Partial<RiskSettings> = {}): RiskSettings {
  return {
    method,
    confidence: 0.95,
    horizonDays: 1,
    horizonRule: 'sqrt',
    window: Number.POSITIVE_INFINITY,
    ...rest,
  };
}

export function describe(method: MethodSettings): string {
  const parts: string[] = [method.method];
  if ('covariance' in method) parts.push(method.covariance.kind, method.distribution.kind);
  return parts.join(' ');
}

/** Scenarios from one array of returns per instrument. */
export function scenariosOf(...rows: readonly (readonly number[])[]): Scenarios {
  return { instruments: rows.length, observations: rows[0]?.length ?? 0, returns: Float64Array.from(rows.flat()) };
}

/** The first `months` of some columns of the edhec series. */
export function edhec(months: number, columns: readonly number[]): Scenarios {
  const lines = readFileSync(EDHEC!, 'utf8')
    .trim()
    .split('\n')
    .slice(1, months + 1);
  return scenariosOf(...columns.map((column) => lines.map((line) => Number(line.split(',')[column + 1]))));
}

/** Correlated returns with fat tails, some 1 % a day. */
export function randomScenarios(seed: number, instruments: number, observations: number): Scenarios {
  const random = new Prng(seed);
  const returns = new Float64Array(instruments * observations);
  for (let t = 0; t < observations; t++) {
    const market = noise(random);
    for (let i = 0; i < instruments; i++)
      returns[i * observations + t] = 0.008 * market + 0.01 * noise(random) + 0.0002 * i;
  }
  return { instruments, observations, returns };
}

/** A sum of uniforms, now and then large. */
function noise(random: Prng): number {
  const value = random.unit() + random.unit() + random.unit() + random.unit() - 2;
  return random.below(20) === 0 ? 3 * value : value;
}

export function randomExposures(seed: number, instruments: number): Float64Array {
  const random = new Prng(seed);
  return Float64Array.from({ length: instruments }, () => random.unit() - 0.3);
}

/** Two-pass covariance of rows i and j, divisor n - less. */
export function naiveCovariance({ observations, returns }: Scenarios, i: number, j: number, less: number): number {
  const a = [...returns.subarray(i * observations, (i + 1) * observations)];
  const b = [...returns.subarray(j * observations, (j + 1) * observations)];
  const mean = (x: number[]): number => x.reduce((sum, one) => sum + one, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  return a.reduce((sum, one, t) => sum + (one - ma) * (b[t] - mb), 0) / (observations - less);
}

export function isClose(a: number, b: number, relative: number): boolean {
  return Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b), 1e-300);
}
