/** The options of `tapehead var`, and the settings that they say. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { pow } from '../core/det-math.ts';
import { TapeheadError } from '../core/errors.ts';
import { REVALUATIONS, type Revaluation } from '../portfolio/derivatives/holding.ts';
import type { CovarianceKind, CovarianceSettings } from '../portfolio/math/covariance.ts';
import {
  DEFAULT_DECAY,
  DEFAULT_DF,
  DEFAULT_LAMBDA,
  DEFAULT_PATHS,
  type Distribution,
  METHODS,
  type Method,
  type MethodSettings,
  type RiskSettings,
} from '../portfolio/methods/settings.ts';
import { MISSING_POLICIES, type MissingPolicy } from '../portfolio/prices/missing-policy.ts';
import { collect, date, nonNegativeInteger, positiveInteger } from './options.ts';

const COVARIANCES: readonly CovarianceKind[] = ['sample', 'unbiased', 'ewma', 'ledoit-wolf', 'ledoit-wolf-cc'];
const DEFAULT_CONFIDENCE = 0.95;
const DEFAULT_SEED = 1;

/** Where the history comes from. */
export interface HistoryOptions {
  readonly prices: string;
  readonly positions?: string;
  readonly weights?: 'equal' | readonly number[];
  readonly column?: readonly string[];
  readonly returns?: boolean;
  readonly missing: MissingPolicy;
  readonly splits?: string;
  readonly from?: string;
  readonly to?: string;
  readonly asOf?: string;
}

/** What figure is wanted. */
export interface MethodOptions {
  readonly revaluation?: Revaluation;
  readonly method: Method;
  readonly confidence: number;
  readonly horizon: number;
  readonly overlapping?: boolean;
  readonly window?: number;
  readonly seed: number;
  readonly lambda?: number;
  readonly decay?: number;
  readonly halfLife?: number;
  readonly covariance?: CovarianceKind;
  readonly mean?: 'sample' | 'zero';
  readonly paths?: number;
  readonly df?: number;
}

function pricesOption(): Option {
  return new Option(
    '--prices <file>',
    'history: CSV, gzipped CSV or Parquet; a column per instrument, or date,symbol,price',
  );
}

/** `isRequired`: whether the command has no use without a history. */
export function addHistoryOptions(command: Command, isRequired = true): Command {
  return command
    .addOption(pricesOption().makeOptionMandatory(isRequired))
    .option('--returns', 'the file holds simple returns, not prices')
    .option(
      '--positions <file>',
      'CSV or JSON: symbol, one of quantity, value, weight; optional multiplier, strategy, account, sector; options and ' +
        'futures: type, underlier, strike, expiry, ... (docs/stress.md)',
    )
    .option('--as-of <date>', 'valuation date of options (default: the last of the history)', date)
    .option('--weights <w>', 'equal (the default), or numbers in the order of the columns: 0.3,0.7', weights)
    .option('--column <name>', 'only this column; may be given several times', collect)
    .option('--from <date>', 'history from this date on', date)
    .option('--to <date>', 'history up to this date', date)
    .addOption(
      new Option('--missing <policy>', 'missing values: drop the date, refuse, or carry the last price on')
        .choices([...MISSING_POLICIES])
        .default('drop'),
    )
    .option('--splits <file>', 'stock splits to apply, CSV: date, symbol, ratio (4 for 4:1)');
}

/** How options are valued in the scenarios. */
function revaluationOption(): Option {
  return new Option(
    '--revaluation <how>',
    'options in each scenario: valued anew, or by their first or first two derivatives (default: full)',
  ).choices([...REVALUATIONS]);
}

export function addMethodOptions(command: Command): Command {
  return command
    .addOption(new Option('--method <m>', 'how it is estimated').choices([...METHODS]).default('historical'))
    .option('--confidence <c>', 'such as 0.95 or 0.99', fraction, DEFAULT_CONFIDENCE)
    .option('--horizon <h>', 'periods of the history (days, where it is daily)', positiveInteger, 1)
    .option('--overlapping', 'from overlapping returns over the horizon (default: one-period figures x sqrt(h))')
    .option('--window <w>', 'the last so many periods (default: all)', positiveInteger)
    .option(
      '--lambda <x>',
      `decay per period: filtered, ewma (default: ${DEFAULT_LAMBDA}), age-weighted (${DEFAULT_DECAY})`,
      fraction,
    )
    .option('--decay <x>', 'the same as --lambda', fraction)
    .option('--half-life <n>', 'the same, as the periods after which a weight has halved', positiveNumber)
    .addOption(
      new Option(
        '--covariance <kind>',
        'parametric, monte-carlo: sample (divisor n, default), unbiased (n - 1), ...',
      ).choices([...COVARIANCES]),
    )
    .addOption(
      new Option('--mean <m>', 'parametric, monte-carlo: expected returns (default: sample; zero for ewma)').choices([
        'sample',
        'zero',
      ]),
    )
    .option(
      '--df <n>',
      `parametric, monte-carlo: Student's t with so many degrees of freedom, such as ${DEFAULT_DF}`,
      positiveNumber,
    )
    .option('--paths <n>', `monte-carlo: paths (default: ${DEFAULT_PATHS})`, positiveInteger)
    .option('--seed <n>', 'monte-carlo: seed', nonNegativeInteger, DEFAULT_SEED)
    .addOption(revaluationOption());
}

/** Throws USAGE for an option that the method has no use for. */
export function riskSettings(options: MethodOptions): RiskSettings {
  return {
    method: methodSettings(options),
    confidence: options.confidence,
    horizonDays: options.horizon,
    horizonRule: options.overlapping === true ? 'overlapping' : 'sqrt',
    window: options.window ?? Number.POSITIVE_INFINITY,
  };
}

function methodSettings(options: MethodOptions): MethodSettings {
  const { method } = options;
  const usesDecay = method === 'age-weighted' || method === 'filtered' || options.covariance === 'ewma';
  const usesModel = method === 'parametric' || method === 'monte-carlo';
  const decay = decayOf(options);
  if (!usesDecay) refuse(method, { '--lambda, --decay, --half-life': decay });
  if (!usesModel) refuse(method, { '--covariance': options.covariance, '--mean': options.mean, '--df': options.df });
  if (method !== 'monte-carlo') refuse(method, { '--paths': options.paths });
  const distribution: Distribution =
    options.df === undefined ? { kind: 'gaussian' } : { kind: 'student-t', df: options.df };
  switch (method) {
    case 'historical':
    case 'cornish-fisher':
      return { method };
    case 'age-weighted':
      return { method, decay: decay ?? DEFAULT_DECAY };
    case 'filtered':
      return { method, lambda: decay ?? DEFAULT_LAMBDA };
    case 'parametric':
      return { method, covariance: covarianceSettings(options, decay), distribution };
    case 'monte-carlo':
      return {
        method,
        covariance: covarianceSettings(options, decay),
        distribution,
        paths: options.paths ?? DEFAULT_PATHS,
        seed: options.seed,
      };
  }
}

function covarianceSettings({ covariance, mean }: MethodOptions, decay: number | undefined): CovarianceSettings {
  const kind = covariance ?? 'sample';
  return { kind, lambda: decay ?? DEFAULT_LAMBDA, mean: mean ?? (kind === 'ewma' ? 'zero' : 'sample') };
}

function decayOf({ lambda, decay, halfLife }: MethodOptions): number | undefined {
  if ([lambda, decay, halfLife].filter((one) => one !== undefined).length > 1) {
    throw new TapeheadError('USAGE', '--lambda, --decay and --half-life say the same: give one of them');
  }
  return halfLife === undefined ? (lambda ?? decay) : pow(0.5, 1 / halfLife);
}

function refuse(method: Method, given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) throw new TapeheadError('USAGE', `--method ${method} has no use for ${name}`);
  }
}

function fraction(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || !(value > 0 && value <= 1)) {
    throw new InvalidArgumentError('expected a number from 0 to 1, such as 0.95.');
  }
  return value;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || !(value > 0)) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}

function weights(text: string): 'equal' | number[] {
  if (text === 'equal') return text;
  const values = text.split(',').map((one) => one.trim());
  if (values.every((one) => /^[+-]?\d*\.?\d+$/.test(one))) return values.map(Number);
  throw new InvalidArgumentError('expected equal, or numbers separated by commas: 0.3,0.7');
}
