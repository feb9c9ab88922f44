/** What a figure is of: method, parameters, confidence, horizon. */
import { TapeheadError } from '../../core/errors.ts';
import type { CovarianceSettings } from '../math/covariance.ts';

export const METHODS = [
  'historical',
  'age-weighted',
  'filtered',
  'parametric',
  'cornish-fisher',
  'monte-carlo',
] as const;
export type Method = (typeof METHODS)[number];

export type Distribution = { readonly kind: 'gaussian' } | { readonly kind: 'student-t'; readonly df: number };

export type MethodSettings =
  | { readonly method: 'historical' }
  /** decay: weight of a period relative to the next one, 0 < decay <= 1. */
  | { readonly method: 'age-weighted'; readonly decay: number }
  /** lambda: of the EWMA volatility, 0 < lambda <= 1; 1 is a constant volatility. */
  | { readonly method: 'filtered'; readonly lambda: number }
  | { readonly method: 'parametric'; readonly covariance: CovarianceSettings; readonly distribution: Distribution }
  | { readonly method: 'cornish-fisher' }
  | {
      readonly method: 'monte-carlo';
      readonly covariance: CovarianceSettings;
      readonly distribution: Distribution;
      readonly paths: number;
      readonly seed: number;
    };

export interface RiskSettings {
  readonly method: MethodSettings;
  /** 0.5 <= confidence < 1. */
  readonly confidence: number;
  /** Periods of the history (days, where it is daily). */
  readonly horizonDays: number;
  /** sqrt: one-period figures x sqrt(horizonDays); overlapping: figures of compounded overlapping returns. */
  readonly horizonRule: 'sqrt' | 'overlapping';
  /** The last so many periods; Infinity: all. */
  readonly window: number;
}

/** Boudoukh, Richardson and Whitelaw's paper uses 0.97 and 0.99. */
export const DEFAULT_DECAY = 0.98;
/** RiskMetrics, daily data. */
export const DEFAULT_LAMBDA = 0.94;
export const DEFAULT_PATHS = 10_000;
export const DEFAULT_DF = 5;

/** Throws USAGE, one line, for a parameter outside of its range. */
export function checkSettings(settings: RiskSettings): void {
  const { method, confidence, horizonDays, window } = settings;
  check(confidence >= 0.5 && confidence < 1, `confidence is ${confidence}: give 0.5 or more, below 1, such as 0.99`);
  check(
    Number.isSafeInteger(horizonDays) && horizonDays >= 1,
    `horizon is ${horizonDays}: give a whole number of periods`,
  );
  check(
    window === Number.POSITIVE_INFINITY || (Number.isSafeInteger(window) && window >= 1),
    `window is ${window}: give a whole number of periods`,
  );
  if (method.method === 'age-weighted') checkDecay('decay', method.decay);
  if (method.method === 'filtered') checkDecay('lambda', method.lambda);
  if (method.method === 'parametric' || method.method === 'monte-carlo') {
    checkDecay('lambda', method.covariance.lambda);
    const { distribution } = method;
    check(
      distribution.kind === 'gaussian' || (distribution.df > 2 && distribution.df < Number.POSITIVE_INFINITY),
      "Student's t needs more than 2 degrees of freedom: below, it has no variance",
    );
  }
  if (method.method === 'monte-carlo') {
    check(Number.isSafeInteger(method.paths) && method.paths >= 100, `paths is ${method.paths}: give 100 or more`);
    check(Number.isSafeInteger(method.seed) && method.seed >= 0, `seed is ${method.seed}: give a whole number`);
  }
}

function checkDecay(name: string, value: number): void {
  check(value > 0 && value <= 1, `${name} is ${value}: give more than 0, at most 1`);
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new TapeheadError('USAGE', what);
}
