/**
 * VaR and ES of holdings with options, by each method: the P&L of every holding in every scenario takes the place of returns, and
 * what is done with it afterwards is the same as for linear positions (methods/).
 *
 * - historical, age-weighted, filtered, monte-carlo: the quantile of the portfolio's P&L over past, rescaled or simulated returns.
 * - cornish-fisher: the moments of its P&L over past returns.
 * - parametric: delta-normal ('delta'), delta-gamma-normal ('delta-gamma': delta-gamma.ts); nothing is valued anew, so 'full' is
 *   refused.
 *
 * The shock is instantaneous: no time passes, volatilities stay. Horizons by the square root scale the returns, not the P&L, so that
 * curvature grows as it must; for linear positions the two are the same. Positions are multiples of the holdings, 1 as held.
 */
import { assert } from '../../core/assert.ts';
import { TapeheadError } from '../../core/errors.ts';
import { addScaledRows } from '../math/covariance.ts';
import { tailPoint } from '../math/quantile.ts';
import { maxAbs, powerOfTwoBelow } from '../math/scale.ts';
import { filteredReturns } from '../methods/historical.ts';
import { createModel, tailProbability } from '../methods/model.ts';
import { simulatedReturns, standardErrors } from '../methods/monte-carlo.ts';
import { isUnavailable, type Unavailable, unavailable } from '../methods/outcome.ts';
import { type ParametricSettings, parametricModel } from '../methods/parametric.ts';
import type { RiskResult } from '../methods/risk.ts';
import {
  lastObservations,
  movingInstruments,
  overlapping,
  positionFault,
  type Scenarios,
  scenarioFault,
} from '../methods/scenarios.ts';
import { checkSettings, type MethodSettings, type RiskSettings } from '../methods/settings.ts';
import { type Measure, OVERFLOW, type RiskModel, type Slopes } from '../methods/types.ts';
import { type Curve, deltaGammaModel } from './delta-gamma.ts';
import { exposureOf, type Holding, type Revaluation, scenarioProfits } from './holding.ts';

export interface Valuation {
  /** The clock that expiries are on. */
  readonly nowNs: number;
  readonly revaluation: Revaluation;
}

/** Throws USAGE for settings out of range, and for a revaluation that the method has not. */
export function holdingsModel(
  holdings: readonly Holding[],
  scenarios: Scenarios,
  settings: RiskSettings,
  valuation: Valuation,
): RiskModel | Unavailable {
  checkSettings(settings);
  checkRevaluation(settings.method, valuation.revaluation);
  const used = scaledScenarios(scenarios, settings);
  if (isUnavailable(used)) return used;
  const fault = holdingFault(holdings, used, valuation.nowNs);
  if (fault !== null) return fault;
  const tail = tailProbability(settings.confidence);
  return settings.method.method === 'parametric'
    ? curveModel(holdings, used, settings.method, tail, valuation)
    : profitModel(holdings, used, settings, tail, valuation);
}

/** Figures of the holdings as they are held. */
export function holdingsFigure(model: RiskModel | Unavailable, settings: RiskSettings): RiskResult {
  const { method } = settings.method;
  if (isUnavailable(model)) return { ...model, method };
  const measured = model.measure(new Float64Array(model.instruments).fill(1), null);
  if (isUnavailable(measured)) return { ...measured, method };
  const { confidence, horizonDays } = settings;
  return {
    available: true,
    method,
    ...measured,
    confidence,
    horizonDays,
    observations: model.observations,
    notes: model.notes,
  };
}

/** Throws USAGE: one line that says what to use instead. */
export function checkRevaluation(settings: MethodSettings, revaluation: Revaluation): void {
  if (settings.method !== 'parametric') return;
  if (revaluation === 'full') {
    throw new TapeheadError(
      'USAGE',
      '--method parametric values nothing anew: give --revaluation delta-gamma or delta, or use historical or monte-carlo for full revaluation',
    );
  }
  if (revaluation === 'delta-gamma' && settings.distribution.kind === 'student-t') {
    throw new TapeheadError(
      'USAGE',
      "--method parametric has delta-gamma for normal returns only: for Student's t use monte-carlo, or --revaluation delta",
    );
  }
}

/** Returns over the window and the horizon. */
function scaledScenarios(scenarios: Scenarios, settings: RiskSettings): Scenarios | Unavailable {
  const windowed = lastObservations(scenarios, settings.window);
  const fault = scenarioFault(windowed);
  if (fault !== null || settings.horizonDays === 1) return fault ?? windowed;
  if (settings.horizonRule === 'overlapping') {
    const longer = overlapping(windowed, settings.horizonDays);
    return isUnavailable(longer) ? longer : (scenarioFault(longer) ?? longer);
  }
  const factor = Math.sqrt(settings.horizonDays);
  const scaled = { ...windowed, returns: windowed.returns.map((value) => value * factor) };
  return scenarioFault(scaled) ?? scaled;
}

/** Null, or why there can't be a figure. */
function holdingFault(holdings: readonly Holding[], scenarios: Scenarios, nowNs: number): Unavailable | null {
  const moves = movingInstruments(scenarios);
  let isHeld = false;
  let canMove = false;
  for (const holding of holdings) {
    assert(holding.row >= 0 && holding.row < scenarios.instruments, 'a holding moves with a row of the history');
    const { value, delta, halfGamma } = exposureOf(holding, nowNs);
    if (!Number.isFinite(value + delta + halfGamma)) {
      return unavailable('bad-position', `${holding.name} can't be valued: its value or its greeks are not finite`);
    }
    if (holding.quantity === 0) continue;
    isHeld = true;
    if (moves[holding.row] === 1) canMove = true;
  }
  return isHeld && !canMove
    ? unavailable('zero-variance', 'nothing that is held moved in the window: its risk is not known')
    : null;
}

function curveModel(
  holdings: readonly Holding[],
  scenarios: Scenarios,
  settings: ParametricSettings,
  tail: number,
  { nowNs, revaluation }: Valuation,
): RiskModel {
  const exact = holdings.map((holding): Curve => {
    const { delta, halfGamma } = exposureOf(holding, nowNs);
    return { row: holding.row, delta, gamma: 2 * halfGamma };
  });
  const unit = powerOfTwoBelow(
    Math.max(0, ...exact.map(({ delta, gamma }) => Math.max(Math.abs(delta), Math.abs(gamma)))),
  );
  const curves = exact.map(({ row, delta, gamma }) => ({ row, delta: delta / unit, gamma: gamma / unit }));
  const model =
    revaluation === 'delta'
      ? deltaModel(curves, scenarios, settings, tail)
      : deltaGammaModel(curves, scenarios, settings.covariance, tail);
  return inMoney(model, unit, null);
}

/** Delta-normal: the linear model of the sum of deltas by row. */
function deltaModel(
  curves: readonly Curve[],
  scenarios: Scenarios,
  settings: ParametricSettings,
  tail: number,
): RiskModel {
  const model = parametricModel(scenarios, settings, tail);
  const exposures = new Float64Array(scenarios.instruments);
  const bySlope = { var: new Float64Array(exposures.length), es: new Float64Array(exposures.length) };
  return {
    ...model,
    instruments: curves.length,
    measure(multiples: Float64Array, slopes: Slopes | null): Measure | Unavailable {
      exposures.fill(0);
      curves.forEach(({ row, delta }, h) => {
        exposures[row] += multiples[h] * delta;
      });
      const measured = model.measure(exposures, slopes === null ? null : bySlope);
      if (slopes === null || isUnavailable(measured)) return measured;
      curves.forEach(({ row, delta }, h) => {
        slopes.var[h] = delta * bySlope.var[row];
        slopes.es[h] = delta * bySlope.es[row];
      });
      return measured;
    },
  };
}

function profitModel(
  holdings: readonly Holding[],
  scenarios: Scenarios,
  settings: RiskSettings,
  tail: number,
  { nowNs, revaluation }: Valuation,
): RiskModel | Unavailable {
  const { method } = settings;
  const moved = movedReturns(scenarios, method);
  if (isUnavailable(moved)) return moved;
  const { observations } = moved;
  const profits = new Float64Array(holdings.length * observations);
  holdings.forEach((holding, h) => {
    profits.set(scenarioProfits([holding], moved.returns, observations, nowNs, revaluation), h * observations);
  });
  const largest = maxAbs(profits);
  if (!Number.isFinite(largest)) return unavailable('overflow', OVERFLOW);
  const unit = powerOfTwoBelow(largest);
  for (let k = 0; k < profits.length; k++) profits[k] /= unit;
  const byHolding = { instruments: holdings.length, observations, returns: profits };
  const isMoved = method.method === 'filtered' || method.method === 'monte-carlo';
  const model = createModel(byHolding, isMoved ? { method: 'historical' } : method, settings.confidence);
  if (isUnavailable(model)) return model;
  const described: RiskModel = {
    instruments: holdings.length,
    observations: scenarios.observations, // of Monte Carlo too: paths are no past periods
    notes: [...moved.notes, ...model.notes],
    measure: (multiples, slopes) => model.measure(multiples, slopes),
  };
  return inMoney(described, unit, method.method === 'monte-carlo' ? { byHolding, tail } : null);
}

/** Returns that the P&L is of. */
function movedReturns(
  scenarios: Scenarios,
  method: MethodSettings,
): (Scenarios & { readonly notes: readonly string[] }) | Unavailable {
  if (method.method === 'monte-carlo') return simulatedReturns(scenarios, method);
  if (method.method !== 'filtered') return { ...scenarios, notes: [] };
  const filtered = filteredReturns(scenarios, method.lambda);
  return isUnavailable(filtered) ? filtered : { ...filtered, notes: [] };
}

/** A model's figures times `unit`; with the standard errors of simulated P&L. */
function inMoney(
  model: RiskModel,
  unit: number,
  simulated: { readonly byHolding: Scenarios; readonly tail: number } | null,
): RiskModel {
  const { instruments, observations, notes } = model;
  return {
    instruments,
    observations,
    notes,
    measure(multiples: Float64Array, slopes: Slopes | null): Measure | Unavailable {
      const fault = positionFault(multiples, { instruments, observations, returns: NOTHING });
      if (fault !== null) return fault;
      const measured = model.measure(multiples, slopes);
      if (isUnavailable(measured)) return measured;
      // -0 is 0.
      const [loss, es] = [0 + measured.var * unit, 0 + measured.es * unit];
      if (!Number.isFinite(loss) || !Number.isFinite(es)) return unavailable('overflow', OVERFLOW);
      for (let h = 0; slopes !== null && h < instruments; h++) {
        slopes.var[h] *= unit;
        slopes.es[h] *= unit;
      }
      if (simulated === null) return { var: loss, es };
      const error = simulationErrors(simulated.byHolding, multiples, simulated.tail);
      return { var: loss, es, standardError: { var: error.var * unit, es: error.es * unit } };
    },
  };
}

const NOTHING = new Float64Array(0);

function simulationErrors(
  { observations, returns }: Scenarios,
  multiples: Float64Array,
  tail: number,
): { readonly var: number; readonly es: number } {
  const pnl = new Float64Array(observations);
  addScaledRows(returns, observations, multiples, pnl);
  return standardErrors(pnl, tailPoint(pnl, null, tail).tailMean, tail);
}
