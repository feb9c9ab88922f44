/** What `tapehead var-backtest` prints for people: the tests with a verdict each, and a plot. */
import type { Likelihood } from '../portfolio/backtest/coverage.ts';
import type { BacktestReport, RollingForecasts } from '../portfolio/backtest/rolling.ts';
import type { TrafficLight } from '../portfolio/backtest/traffic-light.ts';
import type { RiskSettings } from '../portfolio/methods/settings.ts';
import { figure, line, percent, type Unit } from './risk-text.ts';
import { count, plural, type Terminal, table } from './terminal.ts';
import type { Backtest, VarBacktestOptions } from './var-backtest.ts';
import { backtestPlot } from './var-backtest-plot.ts';
import { dataLines, methodText } from './var-text.ts';

/** p-values below this speak against the model. */
const SIGNIFICANCE = 0.05;

export interface Verdict {
  readonly test: string;
  readonly statistic: string;
  readonly pValue: string;
  /** Null: the test says nothing. */
  readonly passes: boolean | null;
  readonly words: string;
}

export function backtestText(
  test: Backtest,
  settings: RiskSettings,
  options: VarBacktestOptions,
  terminal: Terminal,
): string {
  const { portfolio, forecasts, report } = test;
  if (report === null) return '';
  const { aligned, unit, book } = portfolio;
  let text = `${terminal.bold('tapehead var-backtest')}  ${options.prices}\n\n`;
  text += line('VaR, ES', `${percent(settings.confidence)} %, one period, from the ${count(settings.window)} before`);
  text += line('method', methodText(settings));
  if (book.hasOptions) text += line('revaluation', options.revaluation ?? 'full');
  text += line('forecasts', `${count(report.periods)}, ${datesText(test)}`);
  text += dataLines(aligned.report).join('');
  text += [...notesOf(test), ...aligned.report.notes].map((note) => line('note', note)).join('');
  text += `\n${backtestPlot(forecasts, aligned.dates, unit, terminal)}\n`;
  text += line(
    'exceedances',
    `${terminal.bold(count(report.exceedances))} where ${shortNumber(report.expected)} were to be expected (${shareOf(report)} %)`,
  );
  text += `\n${verdictTable(verdicts(report, forecasts), terminal)}`;
  const worst = worstLine(forecasts, aligned.dates, unit);
  return worst === null ? text : `${text}\n${worst}`;
}

export function eachBacktestText(
  tests: readonly Backtest[],
  settings: RiskSettings,
  options: VarBacktestOptions,
  terminal: Terminal,
): string {
  const header = [
    'column',
    'forecasts',
    'exceed.',
    'expected',
    'Kupiec p',
    'indep. p',
    'cond. p',
    'light',
    'Z1 p',
    'Z2 p',
  ];
  const rows = tests.map(({ name, report }) =>
    report === null
      ? [name, '0', '-', '-', '-', '-', '-', '-', '-', '-']
      : [
          name,
          count(report.periods),
          count(report.exceedances),
          shortNumber(report.expected),
          ...[report.kupiec, report.independence, report.conditionalCoverage].map(({ pValue }) => probability(pValue)),
          report.trafficLight.zone,
          ...shortfallCells(report),
        ],
  );
  const notes = tests.flatMap((test) => notesOf(test).map((note) => line('note', `${test.name}: ${note}`)));
  return (
    `${terminal.bold('tapehead var-backtest')}  ${options.prices}\n\n` +
    line('VaR, ES', `${percent(settings.confidence)} %, one period, from the ${count(settings.window)} before`) +
    line('method', methodText(settings)) +
    line('p-values', `below ${SIGNIFICANCE} they speak against the model`) +
    `\n${table([header, ...rows])}${notes.length === 0 ? '' : `\n${notes.join('')}`}`
  );
}

function shortfallCells({ shortfall }: BacktestReport): string[] {
  if (shortfall === null) return ['-', '-'];
  const { z1PValue, z2PValue, simulations } = shortfall;
  return [z1PValue === null ? '-' : simulated(z1PValue, simulations), simulated(z2PValue, simulations)];
}

export function countsText(
  exceptions: number,
  observations: number,
  confidence: number,
  test: Likelihood,
  light: TrafficLight,
  terminal: Terminal,
): string {
  const expected = observations * (1 - confidence);
  const head = line(
    'exceedances',
    `${terminal.bold(count(exceptions))} of ${count(observations)} at ${percent(confidence)} %; ${shortNumber(expected)} were to be expected`,
  );
  const rows = [
    coverage(test, exceptions, expected),
    lightVerdict('Basel traffic light', light, exceptions, observations),
  ];
  return `${terminal.bold('tapehead var-backtest')}\n\n${head}\n${verdictTable(rows, terminal)}`;
}

/** Every test of a report, in words. */
export function verdicts(report: BacktestReport, forecasts: RollingForecasts): Verdict[] {
  const { independence, conditionalCoverage, trafficLight, lastYear, shortfall } = report;
  const rows = [
    coverage(report.kupiec, report.exceedances, report.expected),
    {
      ...likelihood('Christoffersen, independence', independence),
      words: words(independence, 'exceedances are independent', dependence(forecasts)),
    },
    {
      ...likelihood('Christoffersen, conditional', conditionalCoverage),
      words: words(
        conditionalCoverage,
        'number and order are as they should be',
        'number or order is not as it should be',
      ),
    },
    lightVerdict('Basel traffic light', trafficLight, report.exceedances, report.periods),
  ];
  if (lastYear !== null) rows.push(lightVerdict('Basel, last 250', lastYear, lastYear.exceedances, 250));
  if (shortfall === null) {
    rows.push({
      test: 'Acerbi-Szekely',
      statistic: '-',
      pValue: '-',
      passes: null,
      words: 'no test: an ES forecast is not above 0',
    });
    return rows;
  }
  const { z1, z1PValue, z2, z2PValue, simulations } = shortfall;
  if (z1 === null || z1PValue === null) {
    rows.push({
      test: 'Acerbi-Szekely Z1',
      statistic: '-',
      pValue: '-',
      passes: null,
      words: 'no test: no loss beyond the VaR',
    });
  } else rows.push(shortfallVerdict('Acerbi-Szekely Z1', z1, z1PValue, simulations, 'size of losses'));
  rows.push(shortfallVerdict('Acerbi-Szekely Z2', z2, z2PValue, simulations, 'number and size'));
  return rows;
}

/** What a reader should know of the forecasts. */
export function notesOf({ forecasts, report, portfolio }: Backtest): string[] {
  const notes = [...portfolio.book.notes];
  if (forecasts.unavailable > 0) {
    notes.push(`${plural(forecasts.unavailable, 'period')} without a forecast; the first: ${forecasts.firstReason}`);
  }
  if (report !== null && report.expected < 5) {
    notes.push(`only ${shortNumber(report.expected)} exceedances were to be expected: the tests can hardly tell`);
  }
  return notes;
}

/** The first and the last period forecast. */
export function datesText({ portfolio, forecasts: { periods } }: Backtest): string {
  const { dates } = portfolio.aligned;
  return `${dates[periods[0]]} to ${dates[periods[periods.length - 1]]}`;
}

function coverage(test: Likelihood, exceptions: number, expected: number): Verdict {
  const wrong = exceptions > expected ? 'too many: the VaR is too low' : 'too few: the VaR is too high';
  return {
    ...likelihood('Kupiec, coverage', test),
    words: words(test, 'as many exceedances as there should be', wrong),
  };
}

function likelihood(test: string, { ratio, pValue }: Likelihood): Omit<Verdict, 'words'> {
  return { test, statistic: ratio.toFixed(4), pValue: probability(pValue), passes: pValue >= SIGNIFICANCE };
}

function words({ pValue }: Likelihood, good: string, bad: string): string {
  return pValue >= SIGNIFICANCE ? good : bad;
}

/** Whether an exceedance is more or less likely after one than in general. */
function dependence({ exceedances }: RollingForecasts): string {
  let after = 0;
  let both = 0;
  let all = 0;
  for (let t = 1; t < exceedances.length; t++) {
    after += exceedances[t - 1];
    both += exceedances[t - 1] & exceedances[t];
    all += exceedances[t];
  }
  return both * (exceedances.length - 1) > after * all
    ? 'exceedances come in clusters'
    : 'exceedances avoid each other';
}

function lightVerdict(test: string, light: TrafficLight, exceedances: number, periods: number): Verdict {
  const { zone, cumulativeProbability, addOn } = light;
  const why =
    addOn === null
      ? `: P(so many or fewer) ${probability(cumulativeProbability)}`
      : `, multiplier ${(3 + addOn).toFixed(2)}`;
  return {
    test,
    statistic: `${count(exceedances)} of ${count(periods)}`,
    pValue: '-',
    passes: zone === 'green' ? true : zone === 'red' ? false : null,
    words: `${zone}${why}`,
  };
}

function shortfallVerdict(test: string, z: number, pValue: number, simulations: number, subject: string): Verdict {
  const passes = pValue >= SIGNIFICANCE;
  return {
    test,
    statistic: z.toFixed(4),
    pValue: simulated(pValue, simulations),
    passes,
    words: `${subject} ${passes ? 'no worse' : 'worse'} than the ES`,
  };
}

function verdictTable(rows: readonly Verdict[], terminal: Terminal): string {
  const cells = rows.map(({ test, statistic, pValue }) => [test, statistic, pValue]);
  const lines = table([['test', 'statistic', 'p'], ...cells]).split('\n');
  const marks = rows.map(({ passes, words: text }) => {
    if (passes === null) return `${terminal.warn('warns')}   ${text}`;
    return passes ? `${terminal.good('passes')}  ${text}` : `${terminal.bad('fails')}   ${text}`;
  });
  return [`${lines[0]}  verdict`, ...marks.map((mark, i) => `${lines[i + 1]}  ${mark}`)].join('\n').concat('\n');
}

function worstLine(
  { periods, profits, vars, exceedances }: RollingForecasts,
  dates: readonly string[],
  unit: Unit,
): string | null {
  let worst = -1;
  for (let k = 0; k < periods.length; k++) {
    if (exceedances[k] === 1 && (worst < 0 || profits[k] + vars[k] < profits[worst] + vars[worst])) worst = k;
  }
  if (worst < 0) return null;
  const loss = figure(-profits[worst], unit);
  return line('furthest', `${dates[periods[worst]]}: a loss of ${loss} beyond a VaR of ${figure(vars[worst], unit)}`);
}

function shareOf({ exceedances, periods }: BacktestReport): string {
  return ((exceedances / periods) * 100).toFixed(2);
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** None of the simulations was as low: that says only so much. */
function simulated(pValue: number, simulations: number): string {
  return pValue === 0 ? `<${(1 / simulations).toFixed(4)}` : pValue.toFixed(4);
}

function probability(value: number): string {
  return value !== 0 && value < 0.0001 ? value.toExponential(1) : value.toFixed(4);
}
