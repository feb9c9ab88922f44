/** Stock splits: those that the user lists are applied; jumps that look like one are pointed out, never repaired. */
import { TapeheadError } from '../../core/errors.ts';
import { dateIn, numberIn, textIn } from './cells.ts';
import { readTable } from './table.ts';

export interface Split {
  /** First date of the new price. */
  readonly date: string;
  readonly symbol: string;
  /** New shares for one old: 4 for a 4:1 split, 0.1 for a 1:10 reverse split. */
  readonly ratio: number;
}

interface Prices {
  readonly names: readonly string[];
  readonly dates: readonly string[];
  /** Row-major names x dates. */
  readonly values: Float64Array;
}

const USUAL_RATIOS = [2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50, 100];
const TOLERANCE = 0.01;
const MAX_NAMED = 5;

/** A file with the columns date, symbol and ratio. */
export async function readSplits(path: string): Promise<Split[]> {
  const table = await readTable(path);
  const header = table.header.map((name) => name.toLowerCase());
  const columns = ['date', 'symbol', 'ratio'].map((name) => header.indexOf(name));
  if (columns.includes(-1)) {
    throw new TapeheadError(
      'FORMAT',
      `${path}: expected the columns date, symbol and ratio, found ${header.join(', ')}`,
    );
  }
  return Array.from({ length: table.rowCount }, (_, row) => {
    const ratio = numberIn(table, row, columns[2]);
    if (!(ratio > 0)) throw new TapeheadError('FORMAT', `${table.where(row)}: the ratio is ${ratio}: give one above 0`);
    return { date: dateIn(table, row, columns[0]), symbol: textIn(table, row, columns[1]), ratio };
  });
}

/** Divides the prices before each split by its ratio; returns how many splits concerned these prices. */
export function applySplits(
  { names, dates }: Omit<Prices, 'values'>,
  values: Float64Array,
  splits: readonly Split[],
): number {
  let applied = 0;
  for (const { date, symbol, ratio } of splits) {
    const i = names.indexOf(symbol);
    if (i < 0 || date <= dates[0] || date > dates[dates.length - 1]) continue;
    applied++;
    for (let t = 0; t < dates.length && dates[t] < date; t++) values[i * dates.length + t] /= ratio;
  }
  return applied;
}

/** One line for each price change within 1 % of a usual ratio; beyond a few, their number. */
export function suspectedSplits({ names, dates, values }: Prices): string[] {
  const found: string[] = [];
  for (let i = 0; i < names.length; i++) {
    for (let t = 1; t < dates.length; t++) {
      const change = values[i * dates.length + t - 1] / values[i * dates.length + t];
      const isReverse = change < 1;
      const ratio = USUAL_RATIOS.find((one) => Math.abs((isReverse ? 1 / change : change) / one - 1) <= TOLERANCE);
      if (ratio === undefined) continue;
      const kind = isReverse ? `1:${ratio} reverse split` : `${ratio}:1 split`;
      found.push(`${names[i]} on ${dates[t]}: the price changed as in a ${kind}; if it was one, list it in --splits`);
    }
  }
  const more = found.length - MAX_NAMED;
  return more > 0 ? [...found.slice(0, MAX_NAMED), `${more} more price changes look like splits`] : found;
}
