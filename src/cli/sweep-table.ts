/** Results of a sweep as a table for people and as CSV, sorted by a column. */
import { TapeheadError } from '../core/errors.ts';
import { amountText } from '../report/money.ts';
import type { CellFigures, CellResult } from './sweep-store.ts';
import { count, duration, type Terminal, table } from './terminal.ts';

type Figure = Exclude<keyof CellFigures, 'currency'>;

const FIGURES: readonly (readonly [Figure, string, (value: number) => string])[] = [
  ['net', 'net P&L', money],
  ['gross', 'gross', money],
  ['fees', 'fees', money],
  ['maxDrawdown', 'drawdown', money],
  ['sharpe', 'sharpe', (value) => value.toFixed(2)],
  ['turnover', 'turnover', money],
  ['orders', 'orders', count],
  ['fills', 'fills', count],
  ['fillRatio', 'fill ratio', share],
  ['makerShare', 'maker', share],
  ['rejected', 'rejected', count],
];

/** Throws USAGE where there is no such column. A minus before the name: smallest first. */
export function checkColumn(sort: string, parameters: readonly string[]): void {
  const name = sort.replace(/^-/, '');
  const known = [...FIGURES.map(([figure]) => figure), 'elapsedMs', ...parameters];
  if (!known.includes(name)) throw new TapeheadError('USAGE', `--sort ${sort}: there are ${known.join(', ')}`);
}

/** By the column, largest first (or smallest, with a minus); what has no figure, and failed cells, come last. */
export function sortResults(results: readonly CellResult[], sort: string): CellResult[] {
  const name = sort.replace(/^-/, '');
  const sign = sort.startsWith('-') ? 1 : -1;
  return [...results].sort((a, b) => {
    const x = figureOf(a, name);
    const y = figureOf(b, name);
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * (String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0);
  });
}

function figureOf(result: CellResult, name: string): number | string | null {
  if (name === 'elapsedMs') return result.elapsedMs;
  const parameter = result.params[name];
  if (parameter !== undefined) return Number.isNaN(Number(parameter)) ? parameter : Number(parameter);
  return result.figures?.[name as Figure] ?? null;
}

export function tableText(results: readonly CellResult[], parameters: readonly string[], terminal: Terminal): string {
  if (results.length === 0) return 'no cell has a result\n';
  const head = [...parameters, ...FIGURES.map(([, title]) => title), '', 'took', 'head hash'];
  const rows = results.map((result) => {
    const { params, figures, error, headHash, elapsedMs } = result;
    const values = parameters.map((name) => params[name] ?? '');
    if (error !== null) return [...values, error];
    const cells = FIGURES.map(([figure, , text]) => {
      const value = figures?.[figure] ?? null;
      return value === null ? '-' : text(value);
    });
    return [...values, ...cells, figures?.currency ?? '', duration(elapsedMs * 1e6), headHash ?? ''];
  });
  // Errors are longer than any figure: they stand behind their parameters without widening a column.
  const lines = table([head, ...rows.map((row, i) => (results[i].error === null ? row : row.slice(0, -1)))]).split(
    '\n',
  );
  return results.reduce((text, { error }, i) => {
    const line = lines[i + 1];
    return `${text}${error === null ? line : `${line}  ${terminal.bad(error)}`}\n`;
  }, `${lines[0]}\n`);
}

export function csvText(results: readonly CellResult[], parameters: readonly string[]): string {
  const head = [...parameters, ...FIGURES.map(([figure]) => figure), 'currency', 'elapsedMs', 'headHash', 'error'];
  const rows = results.map(({ params, figures, error, headHash, elapsedMs }) => [
    ...parameters.map((name) => params[name] ?? ''),
    ...FIGURES.map(([figure]) => figures?.[figure] ?? ''),
    ...[figures?.currency ?? '', elapsedMs, headHash ?? '', error ?? ''],
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function money(value: number): string {
  return amountText(value.toFixed(10));
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
