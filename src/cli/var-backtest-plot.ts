/** The plot of a backtest in the terminal: profits as bars, the VaR below them as a line, exceedances marked. */
import type { RollingForecasts } from '../portfolio/backtest/rolling.ts';
import { figure, type Unit } from './risk-text.ts';
import type { Terminal } from './terminal.ts';

const COLUMNS = 64;
const ROWS = 17;

interface Column {
  readonly low: number;
  readonly high: number;
  /** The VaR forecast, negative as a profit: its mean over the column's periods. */
  readonly limit: number;
  readonly exceedances: number;
}

/** At most 90 characters wide; each column is of one or several periods. */
export function backtestPlot(
  forecasts: RollingForecasts,
  dates: readonly string[],
  unit: Unit,
  terminal: Terminal,
): string {
  const { periods } = forecasts;
  const columns = columnsOf(forecasts);
  const low = Math.min(0, ...columns.map((one) => Math.min(one.low, one.limit)));
  const high = Math.max(0, ...columns.map((one) => one.high));
  const step = high > low ? (high - low) / (ROWS - 1) : 1;
  const rowOf = (value: number): number => Math.min(ROWS - 1, Math.max(0, Math.round((high - value) / step)));
  const zero = rowOf(0);
  const labels = [0, zero, ROWS - 1].map((row) => figure(row === zero ? 0 : high - row * step, unit));
  const width = Math.max(...labels.map((label) => label.length));
  let text = '';
  for (let row = 0; row < ROWS; row++) {
    const label = row === zero ? labels[1] : row === 0 ? labels[0] : row === ROWS - 1 ? labels[2] : '';
    const cells = columns.map((one) => cellOf(one, row, zero, rowOf, terminal)).join('');
    text += `  ${label.padStart(width)} ${terminal.dim('│')}${cells}`.trimEnd().concat('\n');
  }
  const [first, last] = [dates[periods[0]], dates[periods[periods.length - 1]]];
  const gap = Math.max(1, columns.length - first.length - last.length);
  text += `  ${' '.repeat(width)}  ${first}${periods.length > 1 ? ' '.repeat(gap) + last : ''}\n`;
  const perColumn = periods.length / columns.length;
  const scale =
    perColumn === 1 ? 'one period a column' : `${perColumn.toFixed(1)} periods a column, from lowest to highest`;
  return `${text}  ${' '.repeat(width)}  ${terminal.dim(`┃ profit  ─ VaR  ${'×'} exceedance   ${scale}`)}\n`;
}

function cellOf(
  { low, high, limit, exceedances }: Column,
  row: number,
  zero: number,
  rowOf: (value: number) => number,
  terminal: Terminal,
): string {
  if (exceedances > 0 && row === rowOf(low)) return terminal.bad('×');
  if (row === rowOf(limit)) return terminal.warn('─');
  const [top, bottom] = [Math.min(rowOf(high), zero), Math.max(rowOf(low), zero)];
  if (row >= top && row <= bottom && row !== zero) return terminal.dim('┃');
  return row === zero ? terminal.dim('·') : ' ';
}

function columnsOf({ profits, vars, exceedances }: RollingForecasts): Column[] {
  const periods = profits.length;
  const count = Math.min(COLUMNS, periods);
  return Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * periods) / count);
    const to = Math.floor(((column + 1) * periods) / count);
    const part = profits.subarray(from, to);
    return {
      low: part.reduce((a, b) => Math.min(a, b)),
      high: part.reduce((a, b) => Math.max(a, b)),
      limit: -vars.subarray(from, to).reduce((sum, value) => sum + value / part.length, 0),
      exceedances: exceedances.subarray(from, to).reduce((sum, one) => sum + one, 0),
    };
  });
}
