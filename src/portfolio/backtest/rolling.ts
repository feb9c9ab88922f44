/**
 * A rolling backtest: every period's VaR and expected shortfall are forecast from the periods before it, nothing later, and
 * compared with what the period brought.
 */
import { type Holding, scenarioProfits } from '../derivatives/holding.ts';
import { holdingsModel, type Valuation } from '../derivatives/holdings-model.ts';
import { maxAbs, powerOfTwoBelow } from '../math/scale.ts';
import { isUnavailable, type Unavailable } from '../methods/outcome.ts';
import { RiskCalculator } from '../methods/risk.ts';
import type { Scenarios } from '../methods/scenarios.ts';
import type { RiskSettings } from '../methods/settings.ts';
import type { Measure } from '../methods/types.ts';
import { conditionalCoverage, countOf, type Exceedances, independence, kupiec, type Likelihood } from './coverage.ts';
import { type ShortfallTest, shortfallTest } from './shortfall.ts';
import { type TrafficLight, trafficLight } from './traffic-light.ts';

export interface RollingForecasts {
  /** Places in the history of the periods that were forecast; periods without a forecast are left out, and counted. */
  readonly periods: Int32Array;
  readonly profits: Float64Array;
  readonly vars: Float64Array;
  readonly shortfalls: Float64Array;
  readonly exceedances: Exceedances;
  /** Periods for which the model had no figure, and the first reason. */
  readonly unavailable: number;
  readonly firstReason: string | null;
}

export interface BacktestReport {
  readonly periods: number;
  readonly exceedances: number;
  readonly expected: number;
  readonly kupiec: Likelihood;
  readonly independence: Likelihood;
  readonly conditionalCoverage: Likelihood;
  readonly trafficLight: TrafficLight;
  /** Of the last 250 periods, as the Basel rules count; null where there are fewer. */
  readonly lastYear: (TrafficLight & { readonly exceedances: number }) | null;
  /** Null where a loss exceeded a forecast whose ES is not positive: nothing can be compared with it. */
  readonly shortfall: ShortfallTest | null;
}

const YEAR = 250;

/**
 * Forecasts from windows of `settings.window` periods (a finite number): one for every period behind the first window.
 * `exposures`: money per unit of return, the same throughout. The horizon must be one period: longer ones overlap, and the
 * tests below are of independent periods. O(periods x cost of the method).
 */
export function rollingForecasts(
  scenarios: Scenarios,
  exposures: Float64Array,
  settings: RiskSettings,
): RollingForecasts {
  const { instruments, observations, returns } = scenarios;
  return roll(scenarios, settings.window, {
    forecast: (past) => new RiskCalculator(past, settings).measure(exposures, null),
    profit: (t) => {
      let profit = 0;
      for (let i = 0; i < instruments; i++) profit += exposures[i] * returns[i * observations + t];
      return profit;
    },
  });
}

/**
 * As `rollingForecasts`, of holdings with options: each period's returns meet today's prices and terms. Where the method takes
 * past returns as they are, each period is valued once, not once for every window that it is in.
 */
export function rollingHoldingForecasts(
  holdings: readonly Holding[],
  scenarios: Scenarios,
  settings: RiskSettings,
  valuation: Valuation,
): RollingForecasts {
  const { observations, returns } = scenarios;
  const { nowNs, revaluation } = valuation;
  const profits = scenarioProfits(holdings, returns, observations, nowNs, 'full');
  const profit = (t: number): number => profits[t];
  const { method } = settings.method;
  if (method === 'historical' || method === 'age-weighted' || method === 'cornish-fisher') {
    const series = scenarioProfits(holdings, returns, observations, nowNs, revaluation);
    const unit = Float64Array.of(powerOfTwoBelow(maxAbs(series)));
    const portfolio = { instruments: 1, observations, returns: series.map((value) => value / unit[0]) };
    return roll(portfolio, settings.window, {
      forecast: (past) => new RiskCalculator(past, settings).measure(unit, null),
      profit,
    });
  }
  const asHeld = new Float64Array(holdings.length).fill(1);
  return roll(scenarios, settings.window, {
    forecast: (past) => {
      const model = holdingsModel(holdings, past, settings, valuation);
      return isUnavailable(model) ? model : model.measure(asHeld, null);
    },
    profit,
  });
}

interface Forecaster {
  /** From the periods of a window: the array is used again for the next. */
  forecast(past: Scenarios): Measure | Unavailable;
  profit(period: number): number;
}

function roll({ instruments, observations, returns }: Scenarios, window: number, by: Forecaster): RollingForecasts {
  const count = Math.max(0, observations - window);
  const periods = new Int32Array(count);
  const [profits, vars, shortfalls] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const exceedances = new Uint8Array(count);
  const past = { instruments, observations: window, returns: new Float64Array(instruments * window) };
  let made = 0;
  let missing = 0;
  let firstReason: string | null = null;
  for (let t = window; t < observations; t++) {
    for (let i = 0; i < instruments; i++) {
      past.returns.set(returns.subarray(i * observations + t - window, i * observations + t), i * window);
    }
    const figure = by.forecast(past);
    const profit = by.profit(t);
    if (isUnavailable(figure) || !Number.isFinite(profit)) {
      missing++;
      firstReason ??= isUnavailable(figure) ? figure.detail : `the profit of period ${t + 1} is ${profit}`;
      continue;
    }
    periods[made] = t;
    profits[made] = profit;
    vars[made] = figure.var;
    shortfalls[made] = figure.es;
    exceedances[made++] = 0 - profit > figure.var ? 1 : 0;
  }
  return {
    periods: periods.subarray(0, made),
    profits: profits.subarray(0, made),
    vars: vars.subarray(0, made),
    shortfalls: shortfalls.subarray(0, made),
    exceedances: exceedances.subarray(0, made),
    unavailable: missing,
    firstReason,
  };
}

/** All tests of what was forecast; `forecasts` must not be empty. */
export function backtestReport(forecasts: RollingForecasts, confidence: number, seed: number): BacktestReport {
  const { exceedances, profits, vars, shortfalls } = forecasts;
  const periods = exceedances.length;
  const count = countOf(exceedances);
  const last = exceedances.subarray(periods - YEAR);
  return {
    periods,
    exceedances: count,
    expected: periods * (1 - confidence),
    kupiec: kupiec(count, periods, confidence),
    independence: independence(exceedances),
    conditionalCoverage: conditionalCoverage(exceedances, confidence),
    trafficLight: trafficLight(count, periods, confidence),
    lastYear: periods < YEAR ? null : { ...trafficLight(countOf(last), YEAR, confidence), exceedances: countOf(last) },
    shortfall: exceedances.some((one, t) => one === 1 && !(shortfalls[t] > 0))
      ? null
      : shortfallTest(profits, vars, shortfalls, confidence, seed),
  };
}
