/** `tapehead var`: value at risk and expected shortfall of a portfolio, from a history of prices or returns. */
import type { Command } from 'commander';
import { TapeheadError } from '../core/errors.ts';
import {
  byInstrument,
  byLabel,
  type Contribution,
  type InstrumentContribution,
  netExposures,
  slopesOf,
} from '../portfolio/methods/attribution.ts';
import { isUnavailable } from '../portfolio/methods/outcome.ts';
import { RiskCalculator, type RiskResult } from '../portfolio/methods/risk.ts';
import type { RiskSettings } from '../portfolio/methods/settings.ts';
import type { Label, PositionFile } from '../portfolio/prices/positions.ts';
import type { Terminal } from './terminal.ts';
import { eachAlone, type Portfolio, portfolioOf, readRiskInput } from './var-input.ts';
import {
  addHistoryOptions,
  addMethodOptions,
  type HistoryOptions,
  type MethodOptions,
  riskSettings,
} from './var-options.ts';
import { eachText, portfolioText } from './var-text.ts';

export interface VarOptions extends HistoryOptions, MethodOptions {
  readonly es?: boolean;
  readonly components?: boolean;
  readonly each?: boolean;
  readonly json?: boolean;
}

export interface Components {
  readonly components: readonly InstrumentContribution[];
  readonly groups: Readonly<Partial<Record<Label, readonly Contribution[]>>>;
}

/** One portfolio and its figure. */
export interface VarAnswer {
  readonly portfolio: Portfolio;
  /** Ends of the first and the last period used. */
  readonly from: string;
  readonly to: string;
  readonly result: RiskResult;
  readonly attribution: Components | null;
}

export function addVarCommand(program: Command, action: (options: VarOptions) => Promise<void>): void {
  const command = program
    .command('var')
    .summary('value at risk and expected shortfall of a portfolio')
    .description(
      'Value at risk and expected shortfall from a history of prices or returns. Losses are positive. A file with several ' +
        'columns is a portfolio: of equal weights, or of --positions, then in money. docs/var.md has methods and formats.',
    );
  addMethodOptions(addHistoryOptions(command))
    .option('--es', 'print expected shortfall too (--json always has it)')
    .option(
      '--components',
      'whose risk it is: component, marginal, incremental; by strategy, account, sector where known',
    )
    .option('--each', 'one figure per column, each on its own dates, instead of one for the portfolio')
    .option('--json', 'print one JSON object')
    .action(action);
}

export async function valueAtRisk(options: VarOptions, terminal: Terminal): Promise<number> {
  if (options.each === true && options.components === true) {
    throw new TapeheadError('USAGE', '--each has one figure per column: --components has nothing to divide');
  }
  if (options.each === true && options.weights !== undefined) {
    throw new TapeheadError('USAGE', '--each measures each column alone: --weights has no use');
  }
  const settings = riskSettings(options);
  const input = await readRiskInput(options);
  if (options.each === true) {
    const answers = eachAlone(input, options).map((portfolio) => answer(portfolio, settings, null, options));
    if (options.json === true) terminal.out(`${JSON.stringify(eachJson(answers, settings))}\n`);
    else terminal.out(eachText(answers, settings, options, terminal));
    return exitCode(answers, terminal);
  }
  const one = answer(portfolioOf(input, options), settings, input.positions, options);
  if (options.json === true) terminal.out(`${JSON.stringify(portfolioJson(one, settings))}\n`);
  else if (one.result.available) terminal.out(portfolioText(one, settings, options, terminal));
  return exitCode([one], terminal);
}

function answer(
  portfolio: Portfolio,
  settings: RiskSettings,
  positions: PositionFile | null,
  options: VarOptions,
): VarAnswer {
  const { aligned, holdings } = portfolio;
  const calculator = new RiskCalculator(aligned.scenarios, settings);
  const exposures = netExposures(holdings, aligned.names.length);
  const result = calculator.figure(exposures);
  const { dates, report } = aligned;
  const from = dates[Math.max(0, dates.length - settings.window)] ?? report.from;
  const plain = { portfolio, from, to: dates[dates.length - 1] ?? report.to, result, attribution: null };
  if (!result.available || options.components !== true) return plain;
  const attribution = slopesOf(calculator, exposures);
  if (isUnavailable(attribution)) return { ...plain, result: { ...attribution, method: result.method } };
  const groups = (positions?.labels ?? []).map((label) => {
    const labels = positions!.rows.map((row) => row.labels[label]!);
    return [label, byLabel(calculator, holdings, labels, attribution)] as const;
  });
  const components = byInstrument(calculator, exposures, aligned.names, attribution);
  return { ...plain, attribution: { components, groups: Object.fromEntries(groups) } };
}

/** One line for each figure that there is none of. */
function exitCode(answers: readonly VarAnswer[], terminal: Terminal): number {
  let code = 0;
  for (const { result, portfolio } of answers) {
    if (result.available) continue;
    const { names, report } = portfolio.aligned;
    const what = answers.length > 1 ? `${report.file}: ${names[0]}` : report.file;
    terminal.err(`tapehead: ${what}: no VaR (${result.reason}): ${result.detail}\n`);
    code = 1;
  }
  return code;
}

function portfolioJson({ portfolio, from, to, result, attribution }: VarAnswer, settings: RiskSettings): object {
  return {
    ...figureJson(result, settings),
    from,
    to,
    unit: portfolio.unit,
    ...parametersJson(settings),
    ...(attribution === null ? {} : attribution),
    data: portfolio.aligned.report,
  };
}

function eachJson(answers: readonly VarAnswer[], settings: RiskSettings): object {
  return {
    ...parametersJson(settings),
    columns: answers.map(({ portfolio, from, to, result }) => ({
      column: portfolio.aligned.names[0],
      ...figureJson(result, settings),
      from,
      to,
      unit: portfolio.unit,
      data: portfolio.aligned.report,
    })),
  };
}

function figureJson(result: RiskResult, { confidence, horizonDays }: RiskSettings): object {
  const { method } = result;
  if (!result.available) {
    const { reason, detail } = result;
    return {
      method,
      var: null,
      es: null,
      confidence,
      horizonDays,
      observations: null,
      unavailable: { reason, detail },
    };
  }
  const { available: _, ...figure } = result;
  return figure;
}

function parametersJson({ method, horizonRule, window }: RiskSettings): object {
  return { parameters: { ...method, horizonRule, window: window === Number.POSITIVE_INFINITY ? null : window } };
}
