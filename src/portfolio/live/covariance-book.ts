/**
 * Delta-normal VaR and expected shortfall of a portfolio, kept up to date: with exposures w, means m and covariances S of
 * the returns, the profit is normal with mean m'w and variance w'Sw (RiskMetrics Technical Document, 4th ed. 1996, 6.3).
 *
 * Sw is kept. A change of one exposure adds a multiple of one row of S to it and computes w'(Sw) on the way: O(instruments).
 * Gamma has no part in it (delta-normal), and is refused: who holds options needs scenarios.
 */
import { assert } from '../../core/assert.ts';
import { ES, Exposures, isExposure, type RiskBook, VAR } from './risk-book.ts';

export interface NormalModel {
  readonly instruments: number;
  /** Over the horizon, by instrument. */
  readonly means: Float64Array;
  /** Over the horizon, row by row; symmetric, positive semi-definite. */
  readonly covariance: Float64Array;
  /** Standard deviations from the mean to the VaR and to the expected shortfall, at the confidence asked for. */
  readonly varDeviations: number;
  readonly esDeviations: number;
}

const REBUILD_EVERY = 4096;
/** A variance below 0 by no more than this part of the largest sum in it is a 0 that was rounded. */
const ROUNDING = 1e-9;

export class CovarianceBook implements RiskBook {
  readonly figures = Float64Array.of(0, 0);
  readonly candidate = Float64Array.of(0, 0);
  readonly exposures: Exposures;
  /** Covariance of each instrument's return with the portfolio's profit. */
  readonly withPortfolio: Float64Array;
  private readonly model: NormalModel;
  /** Mean and variance of the profit; the same with a candidate. */
  private readonly moments = new Float64Array(2);
  private readonly trial = new Float64Array(2);
  private changes = 0;

  constructor(model: NormalModel) {
    const { instruments, means, covariance } = model;
    assert(means.length === instruments && covariance.length === instruments ** 2, 'means and covariances of each');
    assert(means.every(Number.isFinite) && covariance.every(Number.isFinite), 'means and covariances are finite');
    this.model = model;
    this.exposures = new Exposures(instruments);
    this.withPortfolio = new Float64Array(instruments);
  }

  /** O(instruments). */
  change(instrument: number, values: Float64Array, at: number): void {
    const { exposures, moments, model, withPortfolio } = this;
    if (values[at + 1] !== 0 || !exposures.take(instrument, values, at)) {
      if (values[at + 1] !== 0) exposures.take(instrument, NO_EXPOSURE, 0);
      this.spoil();
      return;
    }
    const by = exposures.difference[0];
    moments[0] += by * model.means[instrument];
    addRow(withPortfolio, model.covariance, instrument, exposures.difference);
    if (++this.changes >= REBUILD_EVERY) this.rebuild();
    else this.publish();
  }

  /** O(1). */
  whatIf(instrument: number, values: Float64Array, at: number): void {
    const { candidate, moments, trial, model } = this;
    if (this.exposures.problems > 0 || values[at + 1] !== 0 || !isExposure(values, at)) {
      candidate.fill(Number.NaN);
      return;
    }
    const by = values[at];
    const own = model.covariance[instrument * model.instruments + instrument];
    trial[0] = moments[0] + by * model.means[instrument];
    trial[1] = moments[1] + by * (2 * this.withPortfolio[instrument] + by * own);
    this.toFigures(trial, candidate);
  }

  /** O(instruments held x instruments). */
  rebuild(): void {
    const { exposures, moments, model, withPortfolio } = this;
    this.changes = 0;
    moments[0] = 0;
    withPortfolio.fill(0);
    for (let i = 0; i < model.instruments; i++) {
      if (exposures.delta[i] === 0) continue;
      exposures.difference[0] = exposures.delta[i];
      moments[0] += exposures.delta[i] * model.means[i];
      addRow(withPortfolio, model.covariance, i, exposures.difference);
    }
    this.publish();
  }

  private publish(): void {
    const { exposures, moments, withPortfolio } = this;
    if (exposures.problems > 0) {
      this.spoil();
      return;
    }
    const { delta } = exposures;
    let variance = 0;
    for (let i = 0; i < delta.length; i++) variance += delta[i] * withPortfolio[i];
    moments[1] = variance;
    this.toFigures(moments, this.figures);
  }

  private toFigures(moments: Float64Array, figures: Float64Array): void {
    const { model } = this;
    const scale = Math.abs(this.moments[1]) + Math.abs(moments[1]);
    // Below 0 by more than rounding explains: no covariance matrix of anything. NaN closes every gate.
    const deviation = moments[1] < 0 && moments[1] >= -ROUNDING * scale ? 0 : Math.sqrt(moments[1]);
    figures[VAR] = deviation * model.varDeviations - moments[0];
    figures[ES] = deviation * model.esDeviations - moments[0];
  }

  private spoil(): void {
    this.figures[VAR] = Number.NaN;
    this.figures[ES] = Number.NaN;
  }
}

const NO_EXPOSURE = Float64Array.of(Number.NaN, 0);

/** to += by[0] x row. */
function addRow(to: Float64Array, matrix: Float64Array, row: number, by: Float64Array): void {
  const factor = by[0];
  const from = row * to.length;
  for (let i = 0; i < to.length; i++) to[i] += factor * matrix[from + i];
}
