/** What `tapehead stress` prints for people. */
import type { Holding } from '../portfolio/derivatives/holding.ts';
import { figure, line, type Unit } from './risk-text.ts';
import type { ReverseLine, StressAnswer, StressOptions } from './stress.ts';
import { type Terminal, table } from './terminal.ts';
import { dataLines } from './var-text.ts';

const MOST_CONTRIBUTORS = 3;
const NAME_WIDTH = 30;

export function stressText(
  { portfolio, value, lines, reverse, notes }: StressAnswer,
  options: StressOptions,
  terminal: Terminal,
): string {
  const { aligned, book, unit } = portfolio;
  const { report } = aligned;
  let text = `${terminal.bold('tapehead stress')}  ${options.prices}\n\n`;
  text += line('value', figure(value, unit));
  text += line('valued at', options.asOf ?? report.to.slice(0, 10));
  text += line('history', `${report.from} to ${report.to}`);
  text += dataLines(report).join('');
  text += [...report.notes, ...notes].map((note) => line('note', note)).join('');
  if (lines.length > 0) {
    const rows = lines.map(({ name, loss, byHolding }) => [
      short(name),
      figure(loss, unit),
      value === 0 ? '-' : ((loss / Math.abs(value)) * 100).toFixed(1),
      contributors(book.holdings, byHolding, loss, unit),
    ]);
    text += `\n${withText([['scenario', 'loss', '%', 'from'], ...rows])}`;
  }
  if (reverse.length > 0) {
    const limit = figure(options.reverse ?? 0, unit);
    text += `\n${table([['smallest shock', 'size', `loss above ${limit}`], ...reverse.map((one) => reverseRow(one, unit))])}`;
  }
  return text;
}

/** The holdings that lose most, where it is a loss; that gain most, where it is a gain. */
function contributors(holdings: readonly Holding[], byHolding: readonly number[], loss: number, unit: Unit): string {
  const sums = new Map<string, number>();
  holdings.forEach(({ name }, i) => {
    sums.set(name, (sums.get(name) ?? 0) + byHolding[i]);
  });
  const sign = loss >= 0 ? 1 : -1;
  return [...sums]
    .filter(([, part]) => sign * part > 0)
    .sort((a, b) => sign * (b[1] - a[1]))
    .slice(0, MOST_CONTRIBUTORS)
    .map(([name, part]) => `${short(name)} ${figure(part, unit)}`)
    .join(', ');
}

function reverseRow({ name, kind, size, loss, maxSize }: ReverseLine, unit: Unit): string[] {
  if (size === null) {
    const end = kind === 'parallel' ? `${maxSize * 100} %` : `${maxSize} x`;
    return [short(name), `none up to ${end}`, `at most ${figure(loss, unit)}`];
  }
  const text = kind === 'parallel' ? `${(size * 100).toPrecision(5)} %` : `${size.toPrecision(5)} x`;
  return [short(name), text, figure(loss, unit)];
}

/** As `table`, the last column left-aligned. */
function withText(rows: readonly (readonly string[])[]): string {
  const lines = table(rows.map((row) => row.slice(0, -1))).split('\n');
  return rows
    .map((row, i) => `${lines[i]}  ${row[row.length - 1]}`.trimEnd())
    .join('\n')
    .concat('\n');
}

function short(name: string): string {
  return name.length <= NAME_WIDTH ? name : `${name.slice(0, NAME_WIDTH - 1)}…`;
}
