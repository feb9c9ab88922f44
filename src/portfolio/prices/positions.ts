/**
 * Positions from a file: `symbol`, one of `quantity` (x last price x `multiplier`, where there is one), `value` (money) or `weight`
 * (of the portfolio), and labels `strategy`, `account`, `sector` to group by. Several rows may be in one instrument.
 */
import { TapeheadError } from '../../core/errors.ts';
import type { Holding } from '../methods/attribution.ts';
import { numberIn, textIn } from './cells.ts';
import { readTable, type Table } from './table.ts';

export const LABELS = ['strategy', 'account', 'sector'] as const;
export type Label = (typeof LABELS)[number];

export interface PositionRow {
  readonly symbol: string;
  /** In `measure`, short ones negative. */
  readonly amount: number;
  readonly multiplier: number;
  /** Of the labels that the file has; '(none)' for an empty cell. */
  readonly labels: Readonly<Partial<Record<Label, string>>>;
}

export interface PositionFile {
  readonly path: string;
  readonly measure: 'quantity' | 'value' | 'weight';
  readonly labels: readonly Label[];
  readonly rows: readonly PositionRow[];
}

const NAMES = {
  symbol: ['symbol', 'ticker', 'instrument', 'asset'],
  quantity: ['quantity', 'qty', 'shares', 'contracts'],
  value: ['value', 'exposure', 'notional'],
  weight: ['weight'],
} as const;

/** Throws NO_FILE, EMPTY, FORMAT: one line. */
export async function readPositions(path: string): Promise<PositionFile> {
  const table = await readTable(path);
  const header = table.header.map((name) => name.trim().toLowerCase());
  const symbol = columnOf(header, NAMES.symbol);
  const measures = (['quantity', 'value', 'weight'] as const).filter((name) => columnOf(header, NAMES[name]) >= 0);
  if (symbol < 0 || measures.length !== 1) {
    throw new TapeheadError(
      'FORMAT',
      `${path}: expected the column symbol and one of quantity, value and weight, found ${header.join(', ')}`,
    );
  }
  if (table.rowCount === 0) throw new TapeheadError('EMPTY', `${path} holds no position`);
  const [measure] = measures;
  const labels = LABELS.filter((label) => header.includes(label));
  const columns = { symbol, amount: columnOf(header, NAMES[measure]), multiplier: header.indexOf('multiplier') };
  const rows = Array.from({ length: table.rowCount }, (_, row) => positionRow(table, row, columns, labels, header));
  return { path, measure, labels, rows };
}

function positionRow(
  table: Table,
  row: number,
  columns: { readonly symbol: number; readonly amount: number; readonly multiplier: number },
  labels: readonly Label[],
  header: readonly string[],
): PositionRow {
  const symbol = textIn(table, row, columns.symbol);
  const amount = numberIn(table, row, columns.amount);
  const multiplier = columns.multiplier < 0 ? 1 : numberIn(table, row, columns.multiplier);
  if (symbol === '') throw new TapeheadError('FORMAT', `${table.where(row)}: no symbol`);
  if (Number.isNaN(amount) || Number.isNaN(multiplier)) {
    throw new TapeheadError('FORMAT', `${table.where(row)}: the position in ${symbol} has a missing number`);
  }
  const entries = labels.map((label) => [label, textIn(table, row, header.indexOf(label)) || '(none)'] as const);
  return { symbol, amount, multiplier, labels: Object.fromEntries(entries) };
}

/** Money, or weights, per unit of return. Throws USAGE where quantities have no prices. */
export function holdingsOf(file: PositionFile, names: readonly string[], lastPrices: Float64Array | null): Holding[] {
  if (file.measure === 'quantity' && lastPrices === null) {
    throw new TapeheadError(
      'USAGE',
      `${file.path} has quantities, but with --returns there are no prices: give the column value`,
    );
  }
  return file.rows.map(({ symbol, amount, multiplier }) => {
    const instrument = names.indexOf(symbol);
    const price = file.measure === 'quantity' ? lastPrices![instrument] : 1;
    return { instrument, exposure: amount * multiplier * price };
  });
}

/** The instruments of the positions, in order of appearance. */
export function symbolsOf(file: PositionFile): string[] {
  return [...new Set(file.rows.map(({ symbol }) => symbol))];
}

function columnOf(header: readonly string[], names: readonly string[]): number {
  return header.findIndex((name) => names.includes(name));
}
