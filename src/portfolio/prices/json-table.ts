/** Rows from JSON: an array of flat objects, whose keys are the columns. */
import { messageOf, TapeheadError } from '../../core/errors.ts';

export interface JsonRows {
  readonly header: readonly string[];
  readonly rows: readonly ReadonlyMap<string, string | number | null>[];
}

export function isJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20);
  return first === 0x5b || first === 0x7b;
}

/** Throws FORMAT, EMPTY: one line. */
export function parseJsonRows(path: string, bytes: Uint8Array): JsonRows {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new TapeheadError('FORMAT', `${path} is not JSON: ${messageOf(error)}`);
  }
  if (!Array.isArray(value)) throw new TapeheadError('FORMAT', `${path}: expected an array of objects: [{ ... }, ...]`);
  if (value.length === 0) throw new TapeheadError('EMPTY', `${path} holds an empty array`);
  const rows = value.map((entry: unknown, row) => rowOf(entry, entryName(path, row)));
  return { header: [...new Set(rows.flatMap((row) => [...row.keys()]))], rows };
}

/** Where a row stands, for errors. */
export function entryName(path: string, row: number): string {
  return `${path}, entry ${row + 1}`;
}

function rowOf(entry: unknown, where: string): ReadonlyMap<string, string | number | null> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new TapeheadError('FORMAT', `${where}: expected an object`);
  }
  const cells = new Map<string, string | number | null>();
  for (const [key, value] of Object.entries(entry)) {
    if (value !== null && typeof value !== 'string' && typeof value !== 'number') {
      throw new TapeheadError('FORMAT', `${where}: '${key}' is neither a number nor a text`);
    }
    cells.set(key, value);
  }
  return cells;
}
