/** VaR and expected shortfall of positions: windows, horizon, faults, scaling; the one entry for figures. */
import { maxAbs, powerOfTwoBelow } from '../math/scale.ts';
import { createModel } from './model.ts';
import { isUnavailable, type Unavailable, unavailable } from './outcome.ts';
import {
  lastObservations,
  movingInstruments,
  overlapping,
  positionFault,
  type Scenarios,
  scenarioFault,
} from './scenarios.ts';
import { checkSettings, type Method, type RiskSettings } from './settings.ts';
import { type Measure, OVERFLOW, type RiskModel, type Slopes } from './types.ts';

export interface RiskFigure {
  readonly available: true;
  readonly method: Method;
  /** Loss, positive, over the horizon, in the unit of the positions. A portfolio sure to gain has a negative one. */
  readonly var: number;
  readonly es: number;
  readonly confidence: number;
  readonly horizonDays: number;
  readonly observations: number;
  /** Of Monte Carlo. */
  readonly standardError?: { readonly var: number; readonly es: number };
  readonly notes: readonly string[];
}

export type RiskResult = RiskFigure | (Unavailable & { readonly method: Method });

/** A model with all that stands around it; one for any number of portfolios of the same instruments. */
export class RiskCalculator {
  readonly settings: RiskSettings;
  readonly instruments: number;
  private readonly scenarios: Scenarios;
  private readonly model: RiskModel | Unavailable;
  private readonly moves: Uint8Array;
  private readonly horizonFactor: number;
  private readonly scaled: Float64Array;
  private readonly windowNotes: readonly string[];

  /** Throws USAGE for settings out of range; whatever is wrong with the returns makes each figure unavailable. */
  constructor(scenarios: Scenarios, settings: RiskSettings) {
    checkSettings(settings);
    this.settings = settings;
    this.instruments = scenarios.instruments;
    const isOverlapping = settings.horizonRule === 'overlapping';
    this.horizonFactor = isOverlapping ? 1 : Math.sqrt(settings.horizonDays);
    const windowed = lastObservations(scenarios, settings.window);
    const used =
      isOverlapping && scenarioFault(windowed) === null ? overlapping(windowed, settings.horizonDays) : windowed;
    this.scenarios = isUnavailable(used) ? windowed : used;
    const fault = isUnavailable(used) ? used : scenarioFault(this.scenarios);
    this.moves = fault === null ? movingInstruments(this.scenarios) : new Uint8Array(scenarios.instruments);
    this.model = fault ?? createModel(this.scenarios, settings.method, settings.confidence);
    this.scaled = new Float64Array(scenarios.instruments);
    const isShort = Number.isFinite(settings.window) && settings.window > scenarios.observations;
    this.windowNotes = isShort
      ? [`the history has ${scenarios.observations} of the ${settings.window} periods asked for`]
      : [];
  }

  /** Figures of positions (money per unit of return, or weights), in the order of the instruments. */
  figure(exposures: Float64Array): RiskResult {
    const measured = this.measure(exposures, null);
    const { method } = this.settings.method;
    if (isUnavailable(measured)) return { ...measured, method };
    const { confidence, horizonDays } = this.settings;
    return {
      available: true,
      method,
      var: measured.var,
      es: measured.es,
      confidence,
      horizonDays,
      observations: this.scenarios.observations,
      ...(measured.standardError === undefined ? {} : { standardError: measured.standardError }),
      notes: [
        ...this.windowNotes,
        ...(isUnavailable(this.model) ? [] : this.model.notes),
        ...this.stuckNotes(exposures),
      ],
    };
  }

  /** As `figure`; fills `slopes` with the derivatives over the horizon. */
  measure(exposures: Float64Array, slopes: Slopes | null): Measure | Unavailable {
    const { model, scaled, horizonFactor } = this;
    if (isUnavailable(model)) return model;
    const fault = positionFault(exposures, this.scenarios);
    if (fault !== null) return fault;
    const largest = maxAbs(exposures);
    if (largest > 0 && !this.holdsWhatMoves(exposures)) {
      return unavailable('zero-variance', 'nothing that is held moved in the window: its risk is not known');
    }
    const unit = powerOfTwoBelow(largest);
    for (let i = 0; i < scaled.length; i++) scaled[i] = exposures[i] / unit;
    const measured = model.measure(scaled, slopes);
    if (isUnavailable(measured)) return measured;
    const factor = horizonFactor;
    if (slopes !== null) {
      for (let i = 0; i < scaled.length; i++) {
        slopes.var[i] *= factor;
        slopes.es[i] *= factor;
      }
    }
    const loss = positiveZero(measured.var * factor * unit);
    const es = positiveZero(measured.es * factor * unit);
    if (!Number.isFinite(loss) || !Number.isFinite(es)) return unavailable('overflow', OVERFLOW);
    if (measured.standardError === undefined) return { var: loss, es };
    const { standardError: error } = measured;
    return { var: loss, es, standardError: { var: error.var * factor * unit, es: error.es * factor * unit } };
  }

  private holdsWhatMoves(exposures: Float64Array): boolean {
    for (let i = 0; i < exposures.length; i++) if (exposures[i] !== 0 && this.moves[i] === 1) return true;
    return false;
  }

  private stuckNotes(exposures: Float64Array): string[] {
    let stuck = 0;
    for (let i = 0; i < exposures.length; i++) if (exposures[i] !== 0 && this.moves[i] === 0) stuck++;
    return stuck === 0 ? [] : [`${stuck} of the instruments held never moved: no risk is counted for them`];
  }
}

/** One portfolio's figures. */
export function portfolioRisk(scenarios: Scenarios, exposures: Float64Array, settings: RiskSettings): RiskResult {
  return new RiskCalculator(scenarios, settings).figure(exposures);
}

/** -0 is 0. */
function positiveZero(value: number): number {
  return value === 0 ? 0 : value;
}
