/** Tables from CSV (plain or gzip), JSON and Parquet files, found by content. */
import { readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { parseCsv } from './csv.ts';
import { entryName, isJson, parseJsonRows } from './json-table.ts';

/** null: nothing there. */
export type Cell = string | number | Date | null;

export interface Table {
  readonly path: string;
  readonly header: readonly string[];
  readonly rowCount: number;
  readonly isJson?: boolean;
  cell(row: number, column: number): Cell;
  /** Where a row stands, for errors: `prices.csv, line 12`. */
  where(row: number): string;
}

/** Throws NO_FILE, EMPTY, FORMAT, CORRUPT: one line with the file's name. The file is read whole. */
export async function readTable(path: string): Promise<Table> {
  let bytes: Uint8Array = readBytes(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = unzipped(path, bytes);
  if (bytes.length === 0) throw new TapeheadError('EMPTY', `${path} is empty`);
  if (isJson(bytes)) return jsonTable(path, bytes);
  return isParquet(bytes) ? await parquetTable(path, bytes) : csvTable(path, bytes);
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TapeheadError('NO_FILE', `${path} can't be read: ${messageOf(error)}`);
  }
}

function unzipped(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return zlib.gunzipSync(bytes);
  } catch (error) {
    throw new TapeheadError('CORRUPT', `${path} is damaged: its gzip data can't be unpacked (${messageOf(error)})`);
  }
}

function csvTable(path: string, bytes: Uint8Array): Table {
  const { header, rows, lines } = parseCsv(path, bytes);
  return {
    path,
    header,
    rowCount: rows.length,
    cell: (row, column) => rows[row][column],
    where: (row) => `${path}, line ${lines[row]}`,
  };
}

function jsonTable(path: string, bytes: Uint8Array): Table {
  const { header, rows } = parseJsonRows(path, bytes);
  return {
    path,
    header,
    rowCount: rows.length,
    isJson: true,
    cell: (row, column) => rows[row].get(header[column]) ?? null,
    where: (row) => entryName(path, row),
  };
}

function isParquet(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && String.fromCharCode(...bytes.subarray(0, 4)) === 'PAR1';
}

async function parquetTable(path: string, bytes: Uint8Array): Promise<Table> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const columns = new Map<string, Cell[]>();
  try {
    const { parquetRead } = await import('hyparquet');
    await parquetRead({
      file,
      compressors: COMPRESSORS,
      onChunk({ columnName, columnData, rowStart }) {
        const cells = columns.get(columnName) ?? [];
        columns.set(columnName, cells);
        for (let i = 0; i < columnData.length; i++) cells[rowStart + i] = cellOf(columnData[i]);
      },
    });
  } catch (error) {
    throw new TapeheadError('CORRUPT', `${path} can't be read as Parquet: ${messageOf(error)}`);
  }
  const header = [...columns.keys()];
  if (header.length === 0) throw new TapeheadError('EMPTY', `${path} holds no rows`);
  const data = header.map((name) => columns.get(name)!);
  return {
    path,
    header,
    rowCount: data[0].length,
    cell: (row, column) => data[column][row] ?? null,
    where: (row) => `${path}, row ${row + 1}`,
  };
}

/** Beside snappy, which hyparquet has itself. */
const COMPRESSORS = {
  GZIP: (input: Uint8Array) => zlib.gunzipSync(input),
  BROTLI: (input: Uint8Array) => zlib.brotliDecompressSync(input),
  ZSTD: unzstd,
};

/** Node has zstd from 22.15 on. */
function unzstd(input: Uint8Array): Uint8Array {
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (input: Uint8Array) => Uint8Array };
  if (zstdDecompressSync === undefined) {
    throw new Error('it is compressed with zstd, for which this needs Node 22.15: write it with snappy or gzip');
  }
  return zstdDecompressSync(input);
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string' || value instanceof Date) return value;
  return typeof value === 'bigint' ? Number(value) : String(value);
}
