/** What keeps a portfolio's VaR and expected shortfall up to date while exposures change; one class per family of methods. */

/** Places in `figures` and `candidate`. */
export const VAR = 0;
export const ES = 1;

export interface RiskBook {
  /** VaR and ES as of the last change, losses positive; NaN while an exposure is no number that can be counted with. */
  readonly figures: Float64Array;
  /** As of the last change. */
  readonly exposures: Exposures;
  /** VaR and ES of the last `whatIf`. */
  readonly candidate: Float64Array;
  /**
   * The exposures of an instrument are now delta = `values[at]` (money, per move of its price by 100 %) and gamma =
   * `values[at + 1]` (money, per move squared): brings the figures up to date. Allocates nothing.
   */
  change(instrument: number, values: Float64Array, at: number): void;
  /** Computes `candidate`, as things would be with the given *additional* exposures; changes nothing. Allocates nothing. */
  whatIf(instrument: number, values: Float64Array, at: number): void;
  /** Makes all sums anew from the exposures, and the figures. */
  rebuild(): void;
}

/** Beyond these no sum of 100,000 instruments can overflow, and no figure of them means anything. */
export const MAX_EXPOSURE = 1e18;

/** Exposures by instrument, and which of them can't be counted with: while there is one, there is no figure. */
export class Exposures {
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
  /** What the last `take` changed: delta, gamma. */
  readonly difference = new Float64Array(2);
  problems = 0;
  private readonly isProblem: Uint8Array;

  constructor(instruments: number) {
    this.delta = new Float64Array(instruments);
    this.gamma = new Float64Array(instruments);
    this.isProblem = new Uint8Array(instruments);
  }

  /** Takes exposures in; false where they can't be counted with: then the last good ones stay, and there is a problem. */
  take(instrument: number, values: Float64Array, at: number): boolean {
    const { difference, delta, gamma } = this;
    const isGood = isExposure(values, at);
    const isProblem = isGood ? 0 : 1;
    this.problems += isProblem - this.isProblem[instrument];
    this.isProblem[instrument] = isProblem;
    if (!isGood) return false;
    difference[0] = values[at] - delta[instrument];
    difference[1] = values[at + 1] - gamma[instrument];
    delta[instrument] = values[at];
    gamma[instrument] = values[at + 1];
    return true;
  }
}

export function isExposure(values: Float64Array, at: number): boolean {
  return Math.abs(values[at]) <= MAX_EXPOSURE && Math.abs(values[at + 1]) <= MAX_EXPOSURE;
}
