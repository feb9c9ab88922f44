/** From files to returns and holdings: what the risk commands start from. */
import { TapeheadError } from '../core/errors.ts';
import { dateNs, type HeldBook, heldBook } from '../portfolio/derivatives/positions.ts';
import type { Holding } from '../portfolio/methods/attribution.ts';
import { type AlignedReturns, align } from '../portfolio/prices/align.ts';
import { type History, historyOf } from '../portfolio/prices/history.ts';
import { type PositionFile, readPositions, symbolsOf } from '../portfolio/prices/positions.ts';
import { readSplits, type Split } from '../portfolio/prices/splits.ts';
import { readTable } from '../portfolio/prices/table.ts';
import type { HistoryOptions } from './var-options.ts';

export interface RiskInput {
  readonly history: History;
  readonly splits: readonly Split[];
  readonly positions: PositionFile | null;
}

/** A portfolio on the dates that all of its instruments have. */
export interface Portfolio {
  readonly aligned: AlignedReturns;
  /** All that is held, as it is valued. */
  readonly book: HeldBook;
  /** The same as exposures to returns: of linear holdings. */
  readonly holdings: readonly Holding[];
  /** Of figures: returns (weights), or money. */
  readonly unit: 'return' | 'money';
}

export async function readRiskInput(options: HistoryOptions): Promise<RiskInput> {
  const { column, positions: path } = options;
  if (path !== undefined && options.weights !== undefined) {
    throw new TapeheadError('USAGE', '--positions and --weights both say what is held: give one of them');
  }
  if (path !== undefined && column !== undefined) {
    throw new TapeheadError('USAGE', "--positions names the instruments: --column can't be given with it");
  }
  const positions = path === undefined ? null : await readPositions(path);
  const history = historyOf(await readTable(options.prices), {
    names: positions === null ? uniqueColumns(column) : symbolsOf(positions),
    isReturns: options.returns === true,
    from: options.from ?? null,
    to: options.to ?? null,
  });
  const splits = options.splits === undefined ? [] : await readSplits(options.splits);
  return { history, splits, positions };
}

export function portfolioOf({ history, splits, positions }: RiskInput, options: HistoryOptions): Portfolio {
  const aligned = align(history, { isReturns: options.returns === true, missing: options.missing, splits });
  const asOf = valuationDate(aligned, options.asOf);
  const weights = options.weights ?? 'equal';
  const book =
    positions === null
      ? weightedBook(aligned.names, weights, dateNs(asOf))
      : heldBook(positions, { names: aligned.names, lastPrices: aligned.lastPrices, asOf });
  const holdings = book.holdings.map(({ row, quantity, moneyPerPoint, price }) => ({
    instrument: row,
    exposure: quantity * moneyPerPoint * price,
  }));
  return { aligned, book, holdings, unit: positions === null || positions.measure === 'weight' ? 'return' : 'money' };
}

/** The last date of the history, or a later one. */
function valuationDate({ report }: AlignedReturns, asOf: string | undefined): string {
  const last = report.to.slice(0, 10);
  if (asOf === undefined || asOf >= last) return asOf ?? last;
  throw new TapeheadError('USAGE', `--as-of ${asOf} is before the last price, of ${last}: end the history with --to`);
}

/** Each instrument on its own dates: its position, or all of a portfolio where there are no positions. */
export function eachAlone(input: RiskInput, options: HistoryOptions): Portfolio[] {
  const { history, splits, positions } = input;
  const { names, dates, values } = history;
  return names.map((name, i) => {
    const alone = { ...history, names: [name], values: values.slice(i * dates.length, (i + 1) * dates.length) };
    const rows = positions === null ? null : positions.rows.filter(({ instrument }) => instrument === name);
    const held = positions === null || rows === null ? null : { ...positions, rows };
    return portfolioOf(
      { history: alone, splits: splits.filter((one) => one.symbol === name), positions: held },
      options,
    );
  });
}

function weightedBook(names: readonly string[], weights: 'equal' | readonly number[], nowNs: number): HeldBook {
  if (weights !== 'equal' && weights.length !== names.length) {
    throw new TapeheadError('USAGE', `--weights has ${weights.length} numbers for ${names.length} columns`);
  }
  const holdings = names.map((name, row) => ({
    name,
    row,
    quantity: weights === 'equal' ? 1 / names.length : weights[row],
    price: 1,
    moneyPerPoint: 1,
    option: null,
  }));
  return { holdings, rows: [], nowNs, hasOptions: false, notes: [] };
}

function uniqueColumns(columns: readonly string[] | undefined): readonly string[] | null {
  if (columns === undefined) return null;
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new TapeheadError('USAGE', `--column ${twice} is given twice`);
  return columns;
}
