/** `tapehead stress`: what shocks, days of the past and a user's scenarios would cost, and what would break a limit. */
import { TapeheadError } from '../core/errors.ts';
import { exposureOf } from '../portfolio/derivatives/holding.ts';
import { lastObservations, scenarioFault } from '../portfolio/methods/scenarios.ts';
import { type ReverseStress, reverseStress } from '../portfolio/stress/reverse.ts';
import { readScenarios } from '../portfolio/stress/scenario-file.ts';
import {
  historicalShock,
  parallelShock,
  type Scenario,
  type StressLine,
  stressTest,
  worstPeriods,
} from '../portfolio/stress/stress.ts';
import { stressText } from './stress-text.ts';
import type { Terminal } from './terminal.ts';
import { type Portfolio, portfolioOf, readRiskInput } from './var-input.ts';
import type { HistoryOptions } from './var-options.ts';

export interface StressOptions extends HistoryOptions {
  readonly shock?: readonly number[];
  readonly volatility?: number;
  readonly worst?: number;
  readonly date?: readonly string[];
  readonly scenarios?: string;
  readonly reverse?: number;
  readonly window?: number;
  readonly json?: boolean;
}

export interface StressAnswer {
  readonly portfolio: Portfolio;
  /** What all holdings are worth, or the sum of the weights. */
  readonly value: number;
  readonly lines: readonly StressLine[];
  readonly reverse: readonly ReverseLine[];
  readonly notes: readonly string[];
}

/** The smallest shock in a direction that costs more than the limit. */
export interface ReverseLine extends ReverseStress {
  readonly name: string;
  /** parallel: `size` is a fraction of every price; scenario: a multiple of the scenario. */
  readonly kind: 'parallel' | 'scenario';
  readonly maxSize: number;
}

/** Where nothing is asked for. */
const DEFAULT_SHOCKS = [-20, -10, 10, 20];
const DEFAULT_WORST = 5;
/** How far limits are searched for: prices fall by 100 % at most; rises and multiples of a scenario beyond this say nothing. */
const MAX_FALL = 1;
const MAX_RISE = 5;
const MAX_MULTIPLE = 20;

export async function stress(options: StressOptions, terminal: Terminal): Promise<number> {
  const portfolio = portfolioOf(await readRiskInput(options), options);
  const answer = stressAnswer(portfolio, options);
  terminal.out(
    options.json === true ? `${JSON.stringify(stressJson(answer, options))}\n` : stressText(answer, options, terminal),
  );
  return 0;
}

function stressAnswer(portfolio: Portfolio, options: StressOptions): StressAnswer {
  const { book, aligned } = portfolio;
  const { scenarios: named, notes } = namedScenarios(portfolio, options);
  const rows = aligned.names.length;
  const isAsked = named.length > 0 || options.shock !== undefined || options.reverse !== undefined;
  const shocks = options.shock ?? (isAsked ? [] : DEFAULT_SHOCKS);
  if (options.volatility !== undefined && shocks.length === 0) {
    throw new TapeheadError('USAGE', '--volatility goes with --shock: --shock 0 moves volatility alone');
  }
  const parallel = shocks.map((shock) => parallelShock(rows, shock / 100, (options.volatility ?? 0) / 100));
  const past = isAsked ? [] : worstScenarios(portfolio, options, DEFAULT_WORST);
  const scenarios = [...parallel, ...named, ...past];
  const lines = stressTest(book.holdings, scenarios, book.nowNs);
  const value = book.holdings.reduce((sum, holding) => sum + exposureOf(holding, book.nowNs).value, 0);
  const reverse = options.reverse === undefined ? [] : reverseLines(portfolio, named, options.reverse);
  const bad = [...lines, ...reverse].find(({ loss }) => !Number.isFinite(loss));
  if (bad !== undefined || !Number.isFinite(value)) {
    throw new TapeheadError(
      'FORMAT',
      `${options.positions ?? options.prices}: ${bad?.name ?? 'the value'} can't be computed: a position, price or volatility is beyond what float64 holds`,
    );
  }
  return { portfolio, value, lines, reverse, notes: [...book.notes, ...notes] };
}

/** Those that have a name of their own: dates, the worst periods, the user's. */
function namedScenarios(
  portfolio: Portfolio,
  options: StressOptions,
): { readonly scenarios: readonly Scenario[]; readonly notes: readonly string[] } {
  const { names, dates, scenarios: history } = portfolio.aligned;
  const found: Scenario[] = (options.date ?? []).map((date) => {
    const period = dates.findIndex((one) => one === date || one.slice(0, 10) === date);
    if (period >= 0) return historicalShock(dates[period], history.returns, names.length, period);
    throw new TapeheadError(
      'USAGE',
      `--date ${date}: no period used ends then; the nearest before is ${dates.filter((one) => one < date).at(-1) ?? 'none'}, the history from ${dates[0]} to ${dates[dates.length - 1]}`,
    );
  });
  if (options.worst !== undefined) found.push(...worstScenarios(portfolio, options, options.worst));
  if (options.scenarios === undefined) return { scenarios: found, notes: [] };
  const { scenarios, notes } = readScenarios(options.scenarios, names);
  return { scenarios: [...found, ...scenarios], notes };
}

function worstScenarios({ book, aligned }: Portfolio, options: StressOptions, count: number): Scenario[] {
  const { names, dates } = aligned;
  const history = lastObservations(aligned.scenarios, options.window ?? Number.POSITIVE_INFINITY);
  if (history.observations === 0)
    throw new TapeheadError('EMPTY', `${aligned.report.file} holds no period: one date only`);
  const fault = scenarioFault({ ...history, observations: Math.max(2, history.observations) });
  if (history.observations > 1 && fault !== null)
    throw new TapeheadError('FORMAT', `${aligned.report.file}: ${fault.detail}`);
  const first = dates.length - history.observations;
  const periods = worstPeriods(book.holdings, history.returns, names.length, book.nowNs, count);
  return periods.map((period) => historicalShock(dates[first + period], history.returns, names.length, period));
}

function reverseLines({ book, aligned }: Portfolio, named: readonly Scenario[], limit: number): ReverseLine[] {
  const rows = aligned.names.length;
  const search = (name: string, kind: ReverseLine['kind'], scenario: Scenario, maxSize: number): ReverseLine => ({
    name,
    kind,
    maxSize,
    ...reverseStress(book.holdings, scenario.shock, limit, maxSize, book.nowNs),
  });
  return [
    search('fall of all prices', 'parallel', parallelShock(rows, -1), MAX_FALL),
    search('rise of all prices', 'parallel', parallelShock(rows, 1), MAX_RISE),
    ...named.map((scenario) => search(scenario.name, 'scenario', scenario, MAX_MULTIPLE)),
  ];
}

function stressJson({ portfolio, value, lines, reverse, notes }: StressAnswer, options: StressOptions): object {
  const { aligned, book, unit } = portfolio;
  return {
    unit,
    asOf: options.asOf ?? aligned.report.to.slice(0, 10),
    value,
    scenarios: lines.map(({ name, loss, byHolding }) => ({
      name,
      loss,
      holdings: book.holdings.map((holding, i) => ({ name: holding.name, loss: byHolding[i] })),
    })),
    ...(options.reverse === undefined
      ? {}
      : {
          limit: options.reverse,
          reverse: reverse.map(({ name, kind, size, loss, maxSize }) => ({
            name,
            kind,
            breaks: size !== null,
            ...(kind === 'parallel'
              ? { percent: size === null ? null : (name.startsWith('fall') ? -100 : 100) * size }
              : { multiple: size }),
            loss,
            searchedTo: maxSize,
          })),
        }),
    notes,
    data: aligned.report,
  };
}

/** `-10` or `-10,20`; gathers what several give. */
