/** What a model answers. */
import type { Unavailable } from './outcome.ts';

/** One period's figures, losses positive, in the unit of the positions. */
export interface Measure {
  readonly var: number;
  readonly es: number;
  /** Of Monte Carlo: the figures' standard errors. */
  readonly standardError?: { readonly var: number; readonly es: number };
}

/** Derivatives with respect to each position: marginal VaR and ES per unit of exposure. */
export interface Slopes {
  readonly var: Float64Array;
  readonly es: Float64Array;
}

export interface RiskModel {
  readonly instruments: number;
  /** Past periods that the estimates rest on. */
  readonly observations: number;
  /** Figures about the estimate that a reader should know: a shrinkage, a rank, a repair. One line each. */
  readonly notes: readonly string[];
  /**
   * VaR and ES of positions `exposures` (money per unit of return, or weights), finite; fills `slopes` where given.
   * Both are homogeneous of degree 1 in the exposures, so sum of exposure x slope = figure (Euler).
   */
  measure(exposures: Float64Array, slopes: Slopes | null): Measure | Unavailable;
}

export const OVERFLOW = 'the figure is beyond what float64 holds: positions or returns are too large';
export const UNDERFLOW = 'squares of the P&L are below what float64 holds: positions or returns are too small';
