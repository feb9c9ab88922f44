/** `tapehead var-backtest`: were the forecasts of VaR and expected shortfall right? */
import { writeFileSync } from 'node:fs';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { kupiec } from '../portfolio/backtest/coverage.ts';
import {
  type BacktestReport,
  backtestReport,
  type RollingForecasts,
  rollingForecasts,
  rollingHoldingForecasts,
} from '../portfolio/backtest/rolling.ts';
import { trafficLight } from '../portfolio/backtest/traffic-light.ts';
import { checkRevaluation } from '../portfolio/derivatives/holdings-model.ts';
import { netExposures } from '../portfolio/methods/attribution.ts';
import { checkSettings, type RiskSettings } from '../portfolio/methods/settings.ts';
import type { Terminal } from './terminal.ts';
import { backtestPage } from './var-backtest-html.ts';
import { backtestText, countsText, eachBacktestText } from './var-backtest-text.ts';
import { eachAlone, type Portfolio, portfolioOf, readRiskInput } from './var-input.ts';
import { type HistoryOptions, type MethodOptions, riskSettings } from './var-options.ts';

export interface VarBacktestOptions extends HistoryOptions, MethodOptions {
  readonly each?: boolean;
  readonly html?: string;
  readonly json?: boolean;
  readonly exceptions?: number;
  readonly observations?: number;
}

export interface Backtest {
  readonly name: string;
  readonly portfolio: Portfolio;
  readonly forecasts: RollingForecasts;
  /** Null: not one period could be forecast. */
  readonly report: BacktestReport | null;
}

const DEFAULT_WINDOW = 250;

export async function varBacktest(options: VarBacktestOptions, terminal: Terminal): Promise<number> {
  if (options.exceptions !== undefined || options.observations !== undefined) return knownCount(options, terminal);
  if (options.prices === undefined) {
    throw new TapeheadError('USAGE', 'give --prices with a history, or --exceptions and --observations');
  }
  const settings = backtestSettings(options);
  const input = await readRiskInput(options);
  if (options.each === true && options.weights !== undefined) {
    throw new TapeheadError('USAGE', '--each tests each column alone: --weights has no use');
  }
  const portfolios = options.each === true ? eachAlone(input, options) : [portfolioOf(input, options)];
  const tests = portfolios.map((portfolio) => backtest(portfolio, settings, options));
  if (options.html !== undefined) writePage(options.html, tests, settings, options);
  if (options.json === true) {
    const json = options.each === true ? { columns: tests.map(testJson) } : testJson(tests[0]);
    terminal.out(`${JSON.stringify({ ...parameters(settings, options), ...json })}\n`);
  } else if (options.each === true) terminal.out(eachBacktestText(tests, settings, options, terminal));
  else if (tests[0].report !== null) terminal.out(backtestText(tests[0], settings, options, terminal));
  return complain(tests, settings, terminal);
}

/** Periods must be independent of each other: one at a time. */
function backtestSettings(options: VarBacktestOptions): RiskSettings {
  if (options.horizon !== 1 || options.overlapping === true) {
    throw new TapeheadError(
      'USAGE',
      'a backtest is of one period at a time: longer horizons overlap, so --horizon must be 1',
    );
  }
  const settings = { ...riskSettings(options), window: options.window ?? DEFAULT_WINDOW };
  checkSettings(settings);
  if (settings.window < 2) throw new TapeheadError('USAGE', '--window must be 2 periods or more');
  return settings;
}

function backtest(portfolio: Portfolio, settings: RiskSettings, options: VarBacktestOptions): Backtest {
  const { aligned, book, holdings } = portfolio;
  const { names, scenarios } = aligned;
  const revaluation = options.revaluation ?? 'full';
  if (book.hasOptions) checkRevaluation(settings.method, revaluation);
  const forecasts = book.hasOptions
    ? rollingHoldingForecasts(book.holdings, scenarios, settings, { nowNs: book.nowNs, revaluation })
    : rollingForecasts(scenarios, netExposures(holdings, names.length), settings);
  const report = forecasts.periods.length === 0 ? null : backtestReport(forecasts, settings.confidence, options.seed);
  return { name: names.length === 1 ? names[0] : `${names.length} instruments`, portfolio, forecasts, report };
}

/** One line for each test that there is none of. */
function complain(tests: readonly Backtest[], { window }: RiskSettings, terminal: Terminal): number {
  let code = 0;
  for (const { name, portfolio, forecasts, report } of tests) {
    if (report !== null) continue;
    const { observations } = portfolio.aligned.scenarios;
    const why =
      forecasts.firstReason ??
      `${observations} periods are no more than the window of ${window}: nothing is left to test`;
    terminal.err(`tapehead: ${portfolio.aligned.report.file}: no backtest of ${name}: ${why}\n`);
    code = 1;
  }
  return code;
}

function writePage(
  path: string,
  tests: readonly Backtest[],
  settings: RiskSettings,
  options: VarBacktestOptions,
): void {
  try {
    writeFileSync(path, backtestPage(tests, settings, options));
  } catch (error) {
    throw new TapeheadError('NO_FILE', `${path} can't be written: ${messageOf(error)}`);
  }
}

function knownCount(options: VarBacktestOptions, terminal: Terminal): number {
  const { exceptions, observations, confidence, prices } = options;
  if (exceptions === undefined || observations === undefined || prices !== undefined) {
    throw new TapeheadError('USAGE', '--exceptions and --observations go together, without --prices');
  }
  if (exceptions > observations) {
    throw new TapeheadError('USAGE', `--exceptions ${exceptions} are more than --observations ${observations}`);
  }
  if (!(confidence >= 0.5 && confidence < 1)) {
    throw new TapeheadError('USAGE', `confidence is ${confidence}: give 0.5 or more, below 1, such as 0.99`);
  }
  const test = kupiec(exceptions, observations, confidence);
  const light = trafficLight(exceptions, observations, confidence);
  if (options.json !== true) terminal.out(countsText(exceptions, observations, confidence, test, light, terminal));
  else {
    const expected = observations * (1 - confidence);
    terminal.out(
      `${JSON.stringify({ exceptions, observations, expected, confidence, kupiec: test, trafficLight: light })}\n`,
    );
  }
  return 0;
}

function parameters({ method, confidence, window }: RiskSettings, { revaluation }: VarBacktestOptions): object {
  return {
    method: method.method,
    confidence,
    window,
    parameters: method,
    ...(revaluation === undefined ? {} : { revaluation }),
  };
}

function testJson({ name, portfolio, forecasts, report }: Backtest): object {
  const { aligned, unit, book } = portfolio;
  const { periods, profits, vars, shortfalls, exceedances, unavailable, firstReason } = forecasts;
  return {
    name,
    unit,
    tests: report,
    unavailable: { periods: unavailable, reason: firstReason },
    forecasts: Array.from(periods, (period, k) => ({
      date: aligned.dates[period],
      profit: profits[k],
      var: vars[k],
      es: shortfalls[k],
      exceedance: exceedances[k] === 1,
    })),
    ...(book.notes.length > 0 ? { positionNotes: book.notes } : {}),
    data: aligned.report,
  };
}
