/**
 * The profit and loss of a portfolio in every scenario, kept up to date while positions and prices change.
 *
 * A scenario says by which fraction the price of each instrument moves. What a position makes of a move r is taken as
 * delta x r + gamma x r^2, both in money: `delta` = quantity x multiplier x price x dV/dS (for what is no derivative simply
 * its value), `gamma` = half of quantity x multiplier x price^2 x d2V/dS2 (0 for what is linear). That is exact for spot and
 * futures; options that need more are revalued by their owner (full revaluation) and handed over by scenario.
 *
 * One change touches the scenarios of one instrument: O(scenarios), nothing is allocated. Sums are rebuilt from the parts
 * after so many changes, always the same number, so that rounding neither grows (each change adds at most one part in
 * 2^53 of the largest sum) nor differs from run to run.
 *
 * Figures are exact at every change; what they are made of the profits is the summary's business (tail.ts, summaries.ts).
 */
import { assert } from '../../core/assert.ts';
import { addMoves, collectBelow, shiftAndCollect } from './kernels.ts';
import { ES, Exposures, isExposure, type RiskBook, VAR } from './risk-book.ts';
import type { Summary } from './tail.ts';

export interface ScenarioSet {
  readonly instruments: number;
  readonly scenarios: number;
  /** By instrument, then by scenario: the fraction by which its price moves. */
  readonly returns: Float64Array;
}

const MAX_RETURN = 1e9;
/** Changes after which the sums are made anew: relative drift stays below 1e-12, at a cost of 1/4,096 rebuild a change. */
const REBUILD_EVERY = 4096;

export class ScenarioBook implements RiskBook {
  readonly figures = Float64Array.of(0, 0);
  readonly candidate = Float64Array.of(0, 0);
  readonly exposures: Exposures;
  /** By scenario. */
  readonly pnl: Float64Array;
  private readonly set: ScenarioSet;
  private readonly summary: Summary;
  private readonly whatIfSummary: Summary;
  private readonly trial: Float64Array;
  private readonly terms = new Float64Array(2);
  private changes = 0;

  /**
   * `createSummary` makes what turns profits into figures: Tail for scenarios that are equally likely. The set must be finite
   * throughout: asserted. O(instruments x scenarios).
   */
  constructor(set: ScenarioSet, createSummary: () => Summary) {
    const { instruments, scenarios, returns } = set;
    assert(returns.length === instruments * scenarios, 'a return for every instrument and scenario');
    for (const move of returns) assert(Math.abs(move) <= MAX_RETURN, 'returns are finite');
    this.set = set;
    this.summary = createSummary();
    this.whatIfSummary = createSummary();
    this.pnl = new Float64Array(scenarios);
    this.trial = new Float64Array(scenarios);
    this.exposures = new Exposures(instruments);
  }

  get scenarios(): number {
    return this.set.scenarios;
  }

  /** O(scenarios). */
  change(instrument: number, values: Float64Array, at: number): void {
    const { summary, pnl, exposures } = this;
    if (!exposures.take(instrument, values, at)) {
      this.spoil();
      return;
    }
    const from = instrument * pnl.length;
    const below = shiftAndCollect(pnl, pnl, this.set.returns, from, exposures.difference, summary.low, summary.bar);
    if (++this.changes >= REBUILD_EVERY) this.rebuild();
    else this.publish(below);
  }

  /** O(scenarios). */
  whatIf(instrument: number, values: Float64Array, at: number): void {
    const { candidate, trial, whatIfSummary, terms } = this;
    terms[0] = values[at];
    terms[1] = values[at + 1];
    if (this.exposures.problems > 0 || !isExposure(values, at)) {
      candidate.fill(Number.NaN);
      return;
    }
    const from = instrument * trial.length;
    const below = shiftAndCollect(trial, this.pnl, this.set.returns, from, terms, whatIfSummary.low, whatIfSummary.bar);
    whatIfSummary.close(trial, below);
    candidate[VAR] = whatIfSummary.figures[VAR];
    candidate[ES] = whatIfSummary.figures[ES];
  }

  /** Makes all sums anew from the exposures, and the figures. O(instruments x scenarios). */
  rebuild(): void {
    const { pnl, set, summary } = this;
    const { delta, gamma } = this.exposures;
    this.changes = 0;
    pnl.fill(0);
    for (let i = 0; i < delta.length; i++) {
      if (delta[i] !== 0 || gamma[i] !== 0) addMoves(pnl, set.returns, i * pnl.length, delta[i], gamma[i]);
    }
    this.publish(collectBelow(pnl, summary.low, summary.bar));
  }

  private publish(below: number): void {
    const { figures, summary } = this;
    if (this.exposures.problems > 0) {
      this.spoil();
      return;
    }
    summary.close(this.pnl, below);
    figures[VAR] = summary.figures[VAR];
    figures[ES] = summary.figures[ES];
  }

  private spoil(): void {
    this.figures[VAR] = Number.NaN;
    this.figures[ES] = Number.NaN;
  }
}
