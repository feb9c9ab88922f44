/** What a cell means: a date, a number, or nothing. */
import { TapeheadError } from '../../core/errors.ts';
import type { Cell, Table } from './table.ts';

const MISSING = new Set(['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '.']);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number; NaN for a missing value (empty, NA, NaN, null). Throws FORMAT for anything else, infinities too. */
export function numberIn(table: Table, row: number, column: number): number {
  const cell = table.cell(row, column);
  if (cell === null) return Number.NaN;
  if (typeof cell === 'number') {
    if (Number.isFinite(cell) || Number.isNaN(cell)) return cell;
  } else if (typeof cell === 'string') {
    if (NUMBER.test(cell)) {
      const value = Number(cell);
      if (Number.isFinite(value)) return value;
    } else if (MISSING.has(cell.toLowerCase())) {
      return Number.NaN;
    }
  }
  throw new TapeheadError('FORMAT', `${table.where(row)}: ${table.header[column]} is '${textOf(cell)}', not a number`);
}

/** YYYY-MM-DD, with a time behind it where it is not midnight (UTC): sorts as text. Throws FORMAT for anything else. */
export function dateIn(table: Table, row: number, column: number): string {
  const cell = table.cell(row, column);
  const key = cell instanceof Date ? keyOf(cell.getTime()) : cell === null ? null : keyOfText(String(cell));
  if (key !== null) return key;
  throw new TapeheadError(
    'FORMAT',
    `${table.where(row)}: '${textOf(cell)}' in the date column '${table.header[column]}' is not a date: expected YYYY-MM-DD`,
  );
}

export function textIn(table: Table, row: number, column: number): string {
  return textOf(table.cell(row, column)).trim();
}

function textOf(cell: Cell): string {
  return cell instanceof Date ? cell.toISOString() : cell === null ? '' : String(cell);
}

function keyOfText(text: string): string | null {
  const day = /^(\d{4})([-/]?)(\d{2})\2(\d{2})$/.exec(text);
  if (day !== null) {
    const date = `${day[1]}-${day[3]}-${day[4]}`;
    return keyOf(Date.parse(`${date}T00:00:00Z`)) === date ? date : null;
  }
  const time = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:?\d{2})?$/.exec(text);
  return time === null ? null : keyOf(Date.parse(`${time[1]}T${time[2]}${time[3] ?? 'Z'}`));
}

function keyOf(ms: number): string | null {
  if (!Number.isFinite(ms)) return null;
  return new Date(ms).toISOString().replace('T00:00:00.000Z', '');
}
