/**
 * What a run's portfolio risk is computed with: made once from the history and the configuration, the same in the risk
 * worker, in the engine and in a rerun.
 *
 * Every method becomes a book of risk. Scenario methods keep the profit of every scenario: past periods (historical,
 * age-weighted, filtered, Cornish-Fisher) or simulated ones (Monte Carlo). The parametric method keeps covariances with the
 * portfolio. Options enter by delta and gamma, which the parametric method has no place for: it refuses them.
 */
import { TapeheadError } from '../../core/errors.ts';
import { type OptionTerms, optionGreeks } from '../derivatives/option.ts';
import { Covariance, decayingWeights } from '../math/covariance.ts';
import { cornishFisherModel } from '../methods/cornish-fisher.ts';
import { filteredReturns } from '../methods/historical.ts';
import { simulatedReturns } from '../methods/monte-carlo.ts';
import { isUnavailable, type Unavailable } from '../methods/outcome.ts';
import { tailMultiples } from '../methods/parametric.ts';
import { lastObservations, overlapping, type Scenarios, scenarioFault } from '../methods/scenarios.ts';
import { checkSettings, type RiskSettings } from '../methods/settings.ts';
import { CovarianceBook } from './covariance-book.ts';
import type { Binding, Derivative, PortfolioModel, StressScenario } from './portfolio-state.ts';
import type { RiskBook } from './risk-book.ts';
import { ScenarioBook } from './scenario-book.ts';
import { SeriesSummary, WeightedTail } from './summaries.ts';
import { type Summary, Tail } from './tail.ts';

export interface ModelSource {
  /** Rows of the history, by name. */
  readonly names: readonly string[];
  readonly scenarios: Scenarios;
  readonly settings: RiskSettings;
  /** Name of the history's row, by symbol, where it is not the symbol itself. */
  readonly columns: Readonly<Record<string, string>>;
  /** Symbols by sector. */
  readonly sectors: Readonly<Record<string, readonly string[]>>;
  /** Terms by symbol, and the symbol of the underlier. */
  readonly options: Readonly<Record<string, OptionTerms & { readonly underlier: string }>>;
  /** Moves as fractions by symbol; `*`: all others. */
  readonly stress: readonly { readonly name: string; readonly moves: Readonly<Record<string, number>> }[];
}

const ONE = Float64Array.of(1);

/** Throws USAGE, one line, where the history and the settings give no model. O(history), Monte Carlo O(instruments^2 paths). */
export function portfolioModel(source: ModelSource): PortfolioModel {
  const { names, settings, columns, sectors, options } = source;
  checkSettings(settings);
  if (settings.method.method === 'parametric' && Object.keys(options).length > 0) {
    throw new TapeheadError('USAGE', 'the parametric method has no gamma: with options, use a method of scenarios');
  }
  checkNames(source);
  const rowOf = new Map(names.map((name, row) => [name, row]));
  const rowOfSymbol = (symbol: string): number => rowOf.get(columns[symbol] ?? symbol) ?? -1;
  const sectorNames = Object.keys(sectors).sort();
  const sectorOf = new Map(sectorNames.flatMap((name, i) => sectors[name].map((symbol) => [symbol, i] as const)));
  const past = horizonReturns(source.scenarios, settings);
  const createBook = bookFactory(past, settings);
  const bind = (symbol: string): Binding => {
    const option = options[symbol];
    return {
      row: movingRow(past, rowOfSymbol(option === undefined ? symbol : option.underlier)),
      sector: sectorOf.get(symbol) ?? -1,
      derivative: option === undefined ? null : derivativeOf(option),
    };
  };
  const rows = names.length;
  return { rows, sectors: sectorNames, stress: stressScenarios(source, rowOfSymbol), bind, createBook };
}

/** What can only be a slip: a column that isn't there would close the gate all day, a second sector would be left out. */
function checkNames({ names, columns, sectors }: ModelSource): void {
  for (const [symbol, column] of Object.entries(columns)) {
    if (names.includes(column)) continue;
    throw new TapeheadError('USAGE', `portfolio.columns: the history has no column '${column}' for ${symbol}`);
  }
  const seen = new Map<string, string>();
  for (const [sector, symbols] of Object.entries(sectors)) {
    for (const symbol of symbols) {
      const other = seen.get(symbol);
      if (other !== undefined) {
        throw new TapeheadError('USAGE', `portfolio.sectors: ${symbol} is in '${other}' and in '${sector}'`);
      }
      seen.set(symbol, sector);
    }
  }
}

/** -1 where the row is none, or never moved: a stuck price says nothing about risk, least of all that there is none. */
function movingRow({ returns, observations }: Scenarios, row: number): number {
  for (let s = 1; row >= 0 && s < observations; s++) {
    if (returns[row * observations + s] !== returns[row * observations]) return row;
  }
  return -1;
}

function derivativeOf(terms: OptionTerms & { readonly underlier: string }): Derivative {
  return {
    underlier: terms.underlier,
    greeks(price, nowNs, out) {
      const { value, delta, gamma, vega } = optionGreeks(terms, price[0], nowNs[0]);
      out[0] = value;
      out[1] = delta;
      out[2] = gamma;
      out[3] = vega;
    },
  };
}

function stressScenarios({ stress, names }: ModelSource, rowOfSymbol: (symbol: string) => number): StressScenario[] {
  return stress.map(({ name, moves }) => {
    const byRow = new Float64Array(names.length).fill(moves['*'] ?? 0);
    for (const [symbol, move] of Object.entries(moves)) {
      if (symbol === '*') continue;
      const row = rowOfSymbol(symbol);
      if (row < 0) throw new TapeheadError('USAGE', `stress scenario '${name}': the history has no ${symbol}`);
      byRow[row] = move;
    }
    return { name, moves: byRow };
  });
}

/** Returns over the horizon: compounded overlapping ones, or those of one period x sqrt(horizon). */
function horizonReturns(scenarios: Scenarios, settings: RiskSettings): Scenarios {
  const windowed = lastObservations(scenarios, settings.window);
  const { horizonDays } = settings;
  if (settings.horizonRule === 'overlapping') return available(overlapping(windowed, horizonDays));
  const fault = scenarioFault(windowed);
  if (fault !== null) throw refused(fault);
  const factor = Math.sqrt(horizonDays);
  return horizonDays === 1 ? windowed : { ...windowed, returns: windowed.returns.map((value) => value * factor) };
}

function bookFactory(scenarios: Scenarios, settings: RiskSettings): () => RiskBook {
  const { method, confidence } = settings;
  const tail = Number((1 - confidence).toPrecision(15));
  switch (method.method) {
    case 'historical':
      return scenarioBooks(scenarios, () => new Tail(scenarios.observations, tail));
    case 'filtered':
      return scenarioBooks(
        available(filteredReturns(scenarios, method.lambda)),
        () => new Tail(scenarios.observations, tail),
      );
    case 'age-weighted': {
      const weights = new Float64Array(scenarios.observations);
      decayingWeights(method.decay, weights);
      return scenarioBooks(scenarios, () => new WeightedTail(weights, tail));
    }
    case 'cornish-fisher':
      return scenarioBooks(scenarios, () => new SeriesSummary(scenarios.observations, (pnl) => modified(pnl, tail)));
    case 'monte-carlo': {
      const simulated = available(simulatedReturns(scenarios, method));
      return scenarioBooks(simulated, () => new Tail(simulated.observations, tail));
    }
    case 'parametric': {
      const { instruments, observations, returns } = scenarios;
      const covariance = new Covariance(returns, instruments, observations, method.covariance);
      const multiples = tailMultiples(method.distribution, tail);
      const model = {
        instruments,
        means: covariance.means,
        covariance: covariance.dense(),
        varDeviations: multiples.var,
        esDeviations: multiples.es,
      };
      return () => new CovarianceBook(model);
    }
  }
}

function scenarioBooks(
  { instruments, observations, returns }: Scenarios,
  createSummary: () => Summary,
): () => RiskBook {
  return () => new ScenarioBook({ instruments, scenarios: observations, returns }, createSummary);
}

function modified(pnl: Float64Array, tail: number) {
  return cornishFisherModel({ instruments: 1, observations: pnl.length, returns: pnl }, tail).measure(ONE, null);
}

function available<Value extends object>(value: Value | Unavailable): Value {
  if (isUnavailable(value)) throw refused(value);
  return value;
}

function refused({ detail }: Unavailable): TapeheadError {
  return new TapeheadError('USAGE', `portfolio risk: ${detail}`);
}
