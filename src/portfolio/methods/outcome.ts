/** A figure, or why there is none: never NaN, never a 0 that stands for "not known". */

export type UnavailableReason =
  | 'no-instruments'
  | 'too-few-observations' // fewer than two
  | 'bad-return' // NaN or infinite
  | 'bad-position' // NaN or infinite
  | 'bad-covariance' // negative or infinite variance
  | 'zero-variance' // nothing that is held ever moved: a stuck price says nothing about risk
  | 'overflow' // beyond float64
  | 'underflow' // squares below float64
  | 'expansion-domain' // Cornish-Fisher: skewness and kurtosis too large for the expansion to be a quantile
  | 'too-large'; // more random numbers than fit in memory

export interface Unavailable {
  readonly available: false;
  readonly reason: UnavailableReason;
  /** One line: what, and what could be done. */
  readonly detail: string;
}

export function unavailable(reason: UnavailableReason, detail: string): Unavailable {
  return { available: false, reason, detail };
}

export function isUnavailable(value: object): value is Unavailable {
  return 'available' in value && value.available === false;
}
