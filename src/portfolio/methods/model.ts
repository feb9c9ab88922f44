/**
 * A method with its estimates made: measures any positions. The interface is the same for each method, so that attribution,
 * incremental figures, stress and limits need not know which it is.
 */
import { assert } from '../../core/assert.ts';
import { cornishFisherModel } from './cornish-fisher.ts';
import { ageWeightedModel, filteredModel, historicalModel } from './historical.ts';
import { monteCarloModel } from './monte-carlo.ts';
import type { Unavailable } from './outcome.ts';
import { parametricModel } from './parametric.ts';
import type { Scenarios } from './scenarios.ts';
import type { MethodSettings } from './settings.ts';
import type { RiskModel } from './types.ts';

/** `scenarios` without faults (`scenarioFault`). Cost: see each method. */
export function createModel(
  scenarios: Scenarios,
  settings: MethodSettings,
  confidence: number,
): RiskModel | Unavailable {
  assert(scenarios.returns.length === scenarios.instruments * scenarios.observations, 'a return per cell');
  const tail = tailProbability(confidence);
  switch (settings.method) {
    case 'historical':
      return historicalModel(scenarios, tail);
    case 'age-weighted':
      return ageWeightedModel(scenarios, settings.decay, tail);
    case 'filtered':
      return filteredModel(scenarios, settings.lambda, tail);
    case 'parametric':
      return parametricModel(scenarios, settings, tail);
    case 'cornish-fisher':
      return cornishFisherModel(scenarios, tail);
    case 'monte-carlo':
      return monteCarloModel(scenarios, settings, tail);
  }
}

/** 1 - confidence, without the last bits that the subtraction brings up: 0.05 for 0.95. */
export function tailProbability(confidence: number): number {
  return Number((1 - confidence).toPrecision(15));
}
