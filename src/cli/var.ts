/** `tapehead var`: value at risk and expected shortfall of a portfolio, from a history of prices or returns. */
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
import type { Label } from '../portfolio/prices/positions.ts';
import type { Terminal } from './terminal.ts';
import { type Greeks, greeksOf, groupsOf, optionFigures } from './var-holdings.ts';
import { eachAlone, type Portfolio, portfolioOf, type RiskInput, readRiskInput } from './var-input.ts';
import { type HistoryOptions, type MethodOptions, riskSettings } from './var-options.ts';
import { eachText, portfolioText } from './var-text.ts';

export interface VarOptions extends HistoryOptions, MethodOptions {
  readonly es?: boolean;
  readonly components?: boolean;
  readonly each?: boolean;
  readonly greeks?: boolean;
  readonly json?: boolean;
}

export interface Components {
  /** By instrument; of a portfolio with options by holding. */
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
  readonly greeks: Greeks | null;
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
  refuseOptionsOfOptions(input, options);
  if (options.each === true) {
    const answers = eachAlone(input, options).map((portfolio) => answer(portfolio, settings, options));
    if (options.json === true) terminal.out(`${JSON.stringify(eachJson(answers, settings))}\n`);
    else terminal.out(eachText(answers, settings, options, terminal));
    return exitCode(answers, terminal);
  }
  const one = answer(portfolioOf(input, options), settings, options);
  if (options.json === true) terminal.out(`${JSON.stringify(portfolioJson(one, settings, options))}\n`);
  else if (one.result.available) terminal.out(portfolioText(one, settings, options, terminal));
  return exitCode([one], terminal);
}

function answer(portfolio: Portfolio, settings: RiskSettings, options: VarOptions): VarAnswer {
  const { aligned, book } = portfolio;
  const { dates, report } = aligned;
  const from = dates[Math.max(0, dates.length - settings.window)] ?? report.from;
  const to = dates[dates.length - 1] ?? report.to;
  const asked = options.components === true;
  const { result, attribution } = book.hasOptions
    ? optionFigures(portfolio, settings, options.revaluation ?? 'full', asked)
    : linearFigures(portfolio, settings, asked);
  return { portfolio, from, to, result, attribution, greeks: options.greeks === true ? greeksOf(book) : null };
}

function linearFigures(
  { aligned, holdings, book }: Portfolio,
  settings: RiskSettings,
  asked: boolean,
): { readonly result: RiskResult; readonly attribution: Components | null } {
  const calculator = new RiskCalculator(aligned.scenarios, settings);
  const exposures = netExposures(holdings, aligned.names.length);
  const result = calculator.figure(exposures);
  if (!result.available || !asked) return { result, attribution: null };
  const attribution = slopesOf(calculator, exposures);
  if (isUnavailable(attribution)) return { result: { ...attribution, method: result.method }, attribution: null };
  const groups = groupsOf(book, (labels) => byLabel(calculator, holdings, labels, attribution));
  return {
    result,
    attribution: { components: byInstrument(calculator, exposures, aligned.names, attribution), groups },
  };
}

/** Throws USAGE where nothing held is an option. */
function refuseOptionsOfOptions({ positions }: RiskInput, { revaluation, greeks, each }: VarOptions): void {
  if (each === true && greeks === true)
    throw new TapeheadError('USAGE', '--each has one figure per column: no --greeks');
  if (positions?.rows.some(({ contract }) => contract?.kind === 'option') === true) return;
  const given = greeks === true ? '--greeks' : revaluation === undefined ? null : '--revaluation';
  if (given !== null) throw new TapeheadError('USAGE', `${given} has no use: nothing that is held is an option`);
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

function portfolioJson(
  { portfolio, from, to, result, attribution, greeks }: VarAnswer,
  settings: RiskSettings,
  options: VarOptions,
): object {
  const { book } = portfolio;
  return {
    ...figureJson(result, settings),
    from,
    to,
    unit: portfolio.unit,
    ...parametersJson(settings),
    ...(book.hasOptions ? { revaluation: options.revaluation ?? 'full' } : {}),
    ...(book.notes.length > 0 ? { positionNotes: book.notes } : {}),
    ...(attribution === null ? {} : attribution),
    ...(greeks === null ? {} : { greeks }),
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
