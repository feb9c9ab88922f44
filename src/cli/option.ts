/** `tapehead option`: value, greeks or implied volatility of one option. */
import { TapeheadError } from '../core/errors.ts';
import { americanGreeks, americanValue } from '../portfolio/derivatives/american.ts';
import { areInputs, europeanGreeks, europeanValue, type OptionInputs } from '../portfolio/derivatives/black-scholes.ts';
import { impliedVolatility } from '../portfolio/derivatives/implied-volatility.ts';
import { dateNs } from '../portfolio/derivatives/positions.ts';
import { line } from './risk-text.ts';
import type { Terminal } from './terminal.ts';

export interface OptionOptions {
  readonly type: 'call' | 'put';
  readonly style: 'european' | 'american';
  readonly spot: number;
  readonly strike: number;
  readonly years?: number;
  readonly asOf?: string;
  readonly expiry?: string;
  readonly rate: number;
  readonly carry?: number;
  readonly dividendYield?: number;
  readonly volatility?: number;
  readonly price?: number;
  readonly json?: boolean;
}

const DAY_NS = 86_400e9;

export function option(options: OptionOptions, terminal: Terminal): number {
  const { style, volatility: given, price } = options;
  const [value, greeksOf] = style === 'american' ? [americanValue, americanGreeks] : [europeanValue, europeanGreeks];
  if ((given === undefined) === (price === undefined)) {
    throw new TapeheadError('USAGE', 'give --volatility, or --price to imply it from');
  }
  const inputs = inputsOf(options);
  const volatility = price === undefined ? inputs.volatility : impliedVolatility(inputs, price, value, greeksOf);
  if (typeof volatility === 'string') {
    throw new TapeheadError('USAGE', `no volatility gives a price of ${price}: it is ${volatility}`);
  }
  const greeks = greeksOf({ ...inputs, volatility });
  if (!Object.values(greeks).every(Number.isFinite)) {
    throw new TapeheadError('USAGE', 'the option has no value: a number is too large or too small');
  }
  const { years } = inputs;
  if (options.json === true) {
    terminal.out(
      `${JSON.stringify({ ...greeks, volatility, years, units: 'per 1.00 of volatility and rate, per year' })}\n`,
    );
    return 0;
  }
  const text = (x: number): string => x.toPrecision(7);
  const rows: readonly (readonly [string, string])[] = [
    ['value', terminal.bold(text(greeks.value))],
    ['volatility', `${text(volatility * 100)} %${price === undefined ? '' : ', implied'}`],
    ['years', text(years)],
    ['delta', text(greeks.delta)],
    ['gamma', text(greeks.gamma)],
    ['vega', `${text(greeks.vega / 100)} a point of volatility`],
    ['theta', `${text(greeks.theta / 365)} a day`],
    ['rho', `${text(greeks.rho / 100)} a point of rate`],
  ];
  terminal.out(
    `${terminal.bold('tapehead option')}  ${style} ${options.type}\n\n${rows.map(([a, b]) => line(a, b)).join('')}`,
  );
  return 0;
}

function inputsOf(options: OptionOptions): OptionInputs {
  const { type, spot, strike, rate, carry, dividendYield, volatility = 0 } = options;
  if (carry !== undefined && dividendYield !== undefined) {
    throw new TapeheadError('USAGE', '--carry and --dividend-yield say the same: give one of them');
  }
  const inputs = {
    right: type,
    spot,
    strike,
    years: yearsOf(options),
    rate,
    carry: carry ?? rate - (dividendYield ?? 0),
    volatility,
  };
  if (!areInputs(inputs) || spot === 0) {
    throw new TapeheadError('USAGE', 'spot and strike must be above 0, time and volatility not below 0');
  }
  return inputs;
}

function yearsOf({ years, asOf, expiry }: OptionOptions): number {
  const hasDates = asOf !== undefined && expiry !== undefined;
  if ((years === undefined) !== hasDates || (years !== undefined && (asOf ?? expiry) !== undefined)) {
    throw new TapeheadError('USAGE', 'give --years, or --as-of and --expiry');
  }
  const left = years ?? (dateNs(expiry!) - dateNs(asOf!)) / DAY_NS / 365;
  if (left < 0) throw new TapeheadError('USAGE', 'the option has expired: give a later --expiry');
  return left;
}
