/**
 * Options and futures in a positions file, by the column `type` (spot, future, call, put; empty: spot):
 *
 * - underlier: the column of the history that moves it. Options need it, futures may have it (default: their symbol).
 * - strike, expiry (YYYY-MM-DD), style (european, the default, or american): of options.
 * - rate; carry or dividendYield: per year, continuously compounded, 0.05 for 5 %. carry is the rate less the yield unless given;
 *   0 for an option on a future (Black-76).
 * - volatility (0.2 for 20 %), or price (of the option), from which it is then implied.
 */
import { TapeheadError } from '../../core/errors.ts';
import { dateIn, numberIn, textIn } from './cells.ts';
import type { Table } from './table.ts';

export const CONTRACT_COLUMNS = [
  'type',
  'underlier',
  'strike',
  'expiry',
  'style',
  'rate',
  'carry',
  'dividendyield',
  'volatility',
  'price',
] as const;
type ContractColumn = (typeof CONTRACT_COLUMNS)[number];

export interface OptionRow {
  readonly kind: 'option';
  readonly right: 'call' | 'put';
  readonly style: 'european' | 'american';
  readonly underlier: string;
  readonly strike: number;
  /** YYYY-MM-DD. */
  readonly expiry: string;
  /** Null: not given. */
  readonly rate: number | null;
  readonly carry: number | null;
  readonly volatility: number | null;
  readonly price: number | null;
  /** Where it stands, for errors. */
  readonly where: string;
}

export interface FutureRow {
  readonly kind: 'future';
  readonly underlier: string;
  readonly expiry: string | null;
  readonly rate: number | null;
  readonly carry: number | null;
  /** Of the future itself. */
  readonly price: number | null;
  readonly where: string;
}

export type ContractRow = OptionRow | FutureRow;

/** Beyond these a number is a percentage, or a mistake. */
const MAX_RATE = 1;
const MAX_VOLATILITY = 10;

/** dividend_yield, dividendYield and "dividend yield" are one column. */
export function columnName(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '');
}

export class ContractReader {
  private readonly table: Table;
  private readonly columns: ReadonlyMap<ContractColumn, number>;

  constructor(table: Table) {
    this.table = table;
    const names = table.header.map(columnName);
    this.columns = new Map(
      CONTRACT_COLUMNS.filter((name) => names.includes(name)).map((name) => [name, names.indexOf(name)]),
    );
    if (!this.columns.has('type') && (this.columns.has('strike') || this.columns.has('expiry'))) {
      throw new TapeheadError(
        'FORMAT',
        `${table.path} has contracts but no column type: add it, with spot, future, call or put`,
      );
    }
  }

  /** Whether the file says of each row what it is. */
  get hasTypes(): boolean {
    return this.columns.has('type');
  }

  /** The contract in a row; null for what is held itself. Throws FORMAT. */
  contract(row: number, symbol: string): ContractRow | null {
    const type = this.text(row, 'type').toLowerCase();
    const where = this.table.where(row);
    const carry = this.carry(row, where);
    const rate = this.number(row, 'rate', (value) => Math.abs(value) <= MAX_RATE, 'give 0.05 for 5 % a year');
    const price = this.number(row, 'price', (value) => value > 0, 'give one above 0');
    const underlier = this.text(row, 'underlier');
    if (type === '' || type === 'spot') {
      const extra = CONTRACT_COLUMNS.find((name) => name !== 'type' && this.text(row, name) !== '');
      if (extra !== undefined) throw new TapeheadError('FORMAT', `${where}: spot has no ${extra}: leave it empty`);
      return null;
    }
    if (type === 'future') {
      const extra = (['strike', 'style', 'volatility'] as const).find((name) => this.text(row, name) !== '');
      if (extra !== undefined) throw new TapeheadError('FORMAT', `${where}: a future has no ${extra}: leave it empty`);
      const expiry = this.text(row, 'expiry') === '' ? null : this.date(row);
      return { kind: 'future', underlier: underlier || symbol, expiry, rate, carry, price, where };
    }
    if (type !== 'call' && type !== 'put') {
      throw new TapeheadError('FORMAT', `${where}: the type is '${type}': give spot, future, call or put`);
    }
    const style = this.text(row, 'style').toLowerCase() || 'european';
    if (style !== 'european' && style !== 'american') {
      throw new TapeheadError('FORMAT', `${where}: the style is '${style}': give european or american`);
    }
    if (underlier === '') throw new TapeheadError('FORMAT', `${where}: the ${type} has no underlier`);
    const strike = this.number(row, 'strike', (value) => value > 0, 'give one above 0');
    if (strike === null) throw new TapeheadError('FORMAT', `${where}: the ${type} has no strike`);
    if (this.text(row, 'expiry') === '') throw new TapeheadError('FORMAT', `${where}: the ${type} has no expiry`);
    const isVolatility = (value: number): boolean => value >= 0 && value <= MAX_VOLATILITY;
    const volatility = this.number(row, 'volatility', isVolatility, 'give 0.2 for 20 %');
    return {
      kind: 'option',
      right: type,
      style,
      underlier,
      strike,
      expiry: this.date(row),
      rate,
      carry,
      volatility,
      price,
      where,
    };
  }

  private carry(row: number, where: string): number | null {
    const isRate = (value: number): boolean => Math.abs(value) <= MAX_RATE;
    const carry = this.number(row, 'carry', isRate, 'give 0.05 for 5 % a year');
    const dividend = this.number(row, 'dividendyield', isRate, 'give 0.02 for 2 % a year');
    if (carry !== null && dividend !== null) {
      throw new TapeheadError('FORMAT', `${where}: carry and dividendYield say the same: give one of them`);
    }
    if (dividend === null) return carry;
    return (this.number(row, 'rate', () => true, '') ?? 0) - dividend;
  }

  private date(row: number): string {
    return dateIn(this.table, row, this.columns.get('expiry')!).slice(0, 10);
  }

  private text(row: number, name: ContractColumn): string {
    const column = this.columns.get(name);
    return column === undefined ? '' : textIn(this.table, row, column);
  }

  private number(row: number, name: ContractColumn, isGood: (value: number) => boolean, remedy: string): number | null {
    const column = this.columns.get(name);
    if (column === undefined) return null;
    const value = numberIn(this.table, row, column);
    if (Number.isNaN(value)) return null;
    if (!isGood(value))
      throw new TapeheadError('FORMAT', `${this.table.where(row)}: the ${name} is ${value}: ${remedy}`);
    return value;
  }
}
