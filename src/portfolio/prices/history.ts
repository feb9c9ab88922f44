/**
 * A history as the file has it: one value per instrument and date, missing ones as NaN. Wide (a date column and a column per
 * instrument) or long (date, symbol, price).
 */
import { TapeheadError } from '../../core/errors.ts';
import { dateIn, numberIn, textIn } from './cells.ts';
import type { Table } from './table.ts';

export interface History {
  readonly path: string;
  readonly names: readonly string[];
  /** Ascending, no two the same. */
  readonly dates: readonly string[];
  /** Row-major names x dates. */
  readonly values: Float64Array;
  /** How the file was understood, one line each. */
  readonly notes: readonly string[];
}

export interface HistoryChoice {
  /** Instruments wanted, in this order; null: all of the file, in its order. */
  readonly names: readonly string[] | null;
  readonly isReturns: boolean;
  /** First and last date wanted; null: no limit. */
  readonly from: string | null;
  readonly to: string | null;
}

const DATE_NAMES = ['date', 'datetime', 'timestamp', 'time', 'day', 'month', '__index_level_0__'];
const SYMBOL_NAMES = ['symbol', 'ticker', 'instrument', 'asset'];
const PRICE_NAMES = ['adj close', 'adj_close', 'adjclose', 'price', 'close', 'value'];
const RETURN_NAMES = ['return', 'returns', 'ret', 'value'];

/** Throws FORMAT, EMPTY, UNKNOWN_SYMBOL: one line. O(cells). */
export function historyOf(table: Table, choice: HistoryChoice): History {
  const dateColumn = Math.max(0, indexOfAny(table, DATE_NAMES));
  const symbolColumn = indexOfAny(table, SYMBOL_NAMES);
  const valueColumn = indexOfAny(table, choice.isReturns ? RETURN_NAMES : PRICE_NAMES);
  if (table.header.length < 2) {
    throw new TapeheadError('FORMAT', `${table.path}: one column only: expected a date column and one per instrument`);
  }
  if (table.rowCount === 0) throw new TapeheadError('EMPTY', `${table.path} has a header and no rows`);
  const rowDates = Array.from({ length: table.rowCount }, (_, row) => dateIn(table, row, dateColumn));
  const kept = rowDates.map((date) => isWithin(date, choice));
  const dates = [...new Set(rowDates.filter((_, row) => kept[row]))].sort();
  if (dates.length === 0) {
    throw new TapeheadError(
      'EMPTY',
      `${table.path} has no date from ${choice.from ?? 'the first'} to ${choice.to ?? 'the last'}`,
    );
  }
  const grid: Grid = { dates, at: new Map(dates.map((date, i) => [date, i])), rowDates, kept };
  return symbolColumn >= 0 && valueColumn >= 0
    ? longHistory(table, choice, grid, { date: dateColumn, symbol: symbolColumn, value: valueColumn })
    : wideHistory(table, choice, grid, dateColumn);
}

interface Grid {
  readonly dates: readonly string[];
  readonly at: ReadonlyMap<string, number>;
  /** Of each row of the table. */
  readonly rowDates: readonly string[];
  readonly kept: readonly boolean[];
}

function wideHistory(table: Table, choice: HistoryChoice, grid: Grid, dateColumn: number): History {
  const all = table.header.filter((_, column) => column !== dateColumn);
  const names = choice.names ?? all;
  const columns = names.map((name) => {
    const column = table.header.indexOf(name);
    if (column < 0 || column === dateColumn) throw unknown(table, name, all);
    return column;
  });
  const { dates, at, rowDates, kept } = grid;
  const values = new Float64Array(names.length * dates.length).fill(Number.NaN);
  const seen = new Uint8Array(dates.length);
  for (let row = 0; row < table.rowCount; row++) {
    if (!kept[row]) continue;
    const t = at.get(rowDates[row])!;
    if (seen[t] === 1) throw new TapeheadError('FORMAT', `${table.where(row)}: a second row for ${rowDates[row]}`);
    seen[t] = 1;
    columns.forEach((column, i) => {
      values[i * dates.length + t] = valueIn(table, row, column, names[i], choice.isReturns);
    });
  }
  return { path: table.path, names, dates, values, notes: orderNotes(rowDates) };
}

function longHistory(
  table: Table,
  choice: HistoryChoice,
  { dates, at, rowDates, kept }: Grid,
  columns: { readonly date: number; readonly symbol: number; readonly value: number },
): History {
  const all = [...new Set(Array.from({ length: table.rowCount }, (_, row) => textIn(table, row, columns.symbol)))];
  const names = choice.names ?? all;
  for (const name of names) if (!all.includes(name)) throw unknown(table, name, all);
  const index = new Map(names.map((name, i) => [name, i]));
  const values = new Float64Array(names.length * dates.length).fill(Number.NaN);
  const seen = new Uint8Array(values.length);
  for (let row = 0; row < table.rowCount; row++) {
    const name = textIn(table, row, columns.symbol);
    const i = index.get(name);
    if (!kept[row] || i === undefined) continue;
    const k = i * dates.length + at.get(rowDates[row])!;
    if (seen[k] === 1)
      throw new TapeheadError('FORMAT', `${table.where(row)}: a second row for ${name} on ${rowDates[row]}`);
    seen[k] = 1;
    values[k] = valueIn(table, row, columns.value, name, choice.isReturns);
  }
  const ignored = table.header.filter((_, column) => !Object.values(columns).includes(column));
  const notes = [`long format, values from the column '${table.header[columns.value]}'`];
  if (ignored.length > 0) notes.push(`columns not used: ${ignored.join(', ')}`);
  return { path: table.path, names, dates, values, notes };
}

function valueIn(table: Table, row: number, column: number, name: string, isReturns: boolean): number {
  const value = numberIn(table, row, column);
  if (isReturns || !(value <= 0)) return value;
  throw new TapeheadError(
    'FORMAT',
    `${table.where(row)}: the price of ${name} is ${value}: a return needs prices above 0 (--returns where the file holds returns)`,
  );
}

function isWithin(date: string, { from, to }: HistoryChoice): boolean {
  return (from === null || date >= from) && (to === null || date.slice(0, 10) <= to);
}

function indexOfAny(table: Table, names: readonly string[]): number {
  const header = table.header.map((name) => name.trim().toLowerCase());
  for (const name of names) if (header.includes(name)) return header.indexOf(name);
  return -1;
}

function orderNotes(rowDates: readonly string[]): string[] {
  const isAscending = rowDates.every((date, row) => row === 0 || rowDates[row - 1] <= date);
  return isAscending ? [] : ['rows were not in the order of their dates: sorted'];
}

function unknown(table: Table, name: string, all: readonly string[]): TapeheadError {
  const some = all.slice(0, 8).join(', ');
  return new TapeheadError(
    'UNKNOWN_SYMBOL',
    `${table.path} has no '${name}'; it has ${some}${all.length > 8 ? ` and ${all.length - 8} more` : ''}`,
  );
}
