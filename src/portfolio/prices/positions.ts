/**
 * Positions from a file: `symbol`, one of `quantity` (x last price x `multiplier`, where there is one), `value` (money) or `weight`
 * (of the portfolio), and labels `strategy`, `account`, `sector` to group by. Several rows may be in one instrument. With the
 * column `type` the rows may be options and futures (contracts.ts); then a column that means nothing is a mistake.
 */
import { TapeheadError } from '../../core/errors.ts';
import { numberIn, textIn } from './cells.ts';
import { CONTRACT_COLUMNS, ContractReader, type ContractRow, columnName } from './contracts.ts';
import { readTable, type Table } from './table.ts';

export const LABELS = ['strategy', 'account', 'sector'] as const;
export type Label = (typeof LABELS)[number];

export interface PositionRow {
  /** Of a contract without one: made from its terms. */
  readonly symbol: string;
  /** What moves it: the column of the history. */
  readonly instrument: string;
  /** Null: the instrument itself is held. */
  readonly contract: ContractRow | null;
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
  const contracts = new ContractReader(table);
  if (contracts.hasTypes || table.isJson) refuseUnknown(table);
  if (contracts.hasTypes && measure !== 'quantity') {
    throw new TapeheadError('FORMAT', `${path} has contracts: give their quantity, not their ${measure}`);
  }
  const rows = Array.from({ length: table.rowCount }, (_, row) =>
    positionRow(table, row, columns, labels, header, contracts),
  );
  return { path, measure, labels, rows };
}

function positionRow(
  table: Table,
  row: number,
  columns: { readonly symbol: number; readonly amount: number; readonly multiplier: number },
  labels: readonly Label[],
  header: readonly string[],
  contracts: ContractReader,
): PositionRow {
  const given = textIn(table, row, columns.symbol);
  const contract = contracts.hasTypes ? contracts.contract(row, given) : null;
  const symbol = given === '' && contract?.kind === 'option' ? optionName(contract) : given;
  const amount = numberIn(table, row, columns.amount);
  const multiplier = columns.multiplier < 0 ? 1 : numberIn(table, row, columns.multiplier);
  if (symbol === '') throw new TapeheadError('FORMAT', `${table.where(row)}: no symbol`);
  if (Number.isNaN(amount) || Number.isNaN(multiplier)) {
    throw new TapeheadError('FORMAT', `${table.where(row)}: the position in ${symbol} has a missing number`);
  }
  const entries = labels.map((label) => [label, textIn(table, row, header.indexOf(label)) || '(none)'] as const);
  const instrument = contract === null ? symbol : contract.underlier;
  return { symbol, instrument, contract, amount, multiplier, labels: Object.fromEntries(entries) };
}

function optionName({ underlier, expiry, strike, right }: Extract<ContractRow, { kind: 'option' }>): string {
  return `${underlier} ${expiry} ${strike} ${right}`;
}

function refuseUnknown(table: Table): void {
  const known = [...Object.values(NAMES).flat(), ...LABELS, 'multiplier', ...CONTRACT_COLUMNS];
  const unknown = table.header.find((name) => !known.includes(columnName(name)));
  if (unknown === undefined) return;
  const expected = ['symbol', 'quantity', 'multiplier', ...CONTRACT_COLUMNS, ...LABELS].join(', ');
  throw new TapeheadError('FORMAT', `${table.path}: nothing is known of '${unknown}'; columns are ${expected}`);
}

/** What moves the positions: the columns of the history that they need, in order of appearance. */
export function symbolsOf(file: PositionFile): string[] {
  return [...new Set(file.rows.map(({ instrument }) => instrument))];
}

function columnOf(header: readonly string[], names: readonly string[]): number {
  return header.findIndex((name) => names.includes(name));
}
