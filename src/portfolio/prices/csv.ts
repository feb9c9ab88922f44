/** CSV as in RFC 4180: quotes, CRLF or LF, a byte order mark; separated by comma, semicolon or tab, whichever the header has. */
import { TapeheadError } from '../../core/errors.ts';

export interface CsvRows {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Line that each row begins in, from 1. */
  readonly lines: readonly number[];
}

const SEPARATORS = [',', ';', '\t'];

/** Blank lines are left out. Throws FORMAT with the line: a row of another length, an open quote, bytes that are not text. */
export function parseCsv(path: string, bytes: Uint8Array): CsvRows {
  const text = decoded(path, bytes);
  const separator = separatorOf(text);
  const rows: string[][] = [];
  const lines: number[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    const quote = text.indexOf('"', at);
    lines.push(line);
    if (quote >= 0 && quote < stop) {
      const [cells, next] = quotedRow(path, text, at, separator, line);
      rows.push(cells);
      for (let i = at; i < next; i++) if (text.charCodeAt(i) === 10) line++;
      at = next;
    } else {
      const row = text.slice(at, text.charCodeAt(stop - 1) === 13 && stop > at ? stop - 1 : stop);
      if (row.trim() === '') lines.pop();
      else rows.push(row.split(separator).map((cell) => cell.trim()));
      at = stop + 1;
      line++;
    }
  }
  return checked(path, rows, lines);
}

function decoded(path: string, bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new TapeheadError('FORMAT', `${path} is neither CSV nor Parquet: it is not UTF-8 text`);
  }
  if (text.includes('\0')) throw new TapeheadError('FORMAT', `${path} is neither CSV nor Parquet: it holds zero bytes`);
  return text;
}

function separatorOf(text: string): string {
  const header = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n')).replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => header.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))];
}

/** A row with quotes in it, which may go on over several lines: its cells, and where the next begins. */
function quotedRow(path: string, text: string, start: number, separator: string, line: number): [string[], number] {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        const close = text.indexOf('"', at);
        if (close < 0) throw new TapeheadError('FORMAT', `${path}, line ${line}: a quote is never closed`);
        cell += text.slice(at, close);
        at = close + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
    } else {
      const from = at;
      while (at < text.length && text[at] !== separator && text[at] !== '\n') at++;
      cell = text.slice(from, at).trim();
    }
    cells.push(cell);
    if (text[at] === '\r') at++;
    if (at >= text.length || text[at] === '\n') return [cells, at + 1];
    if (text[at] !== separator) throw new TapeheadError('FORMAT', `${path}, line ${line}: text behind a closing quote`);
    at++;
  }
}

function checked(path: string, rows: string[][], lines: number[]): CsvRows {
  if (rows.length === 0) throw new TapeheadError('EMPTY', `${path} holds no rows`);
  const [header, ...rest] = rows;
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) throw new TapeheadError('FORMAT', `${path}: two columns are called '${twice}'`);
  rest.forEach((row, i) => {
    if (row.length !== header.length) {
      throw new TapeheadError(
        'FORMAT',
        `${path}, line ${lines[i + 1]}: ${row.length} cells where the header has ${header.length}`,
      );
    }
  });
  return { header, rows: rest, lines: lines.slice(1) };
}
