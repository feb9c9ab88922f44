/** A comparison as a table, and as JSON. */
import { duration, plural } from '../../src/cli/terminal.ts';
import { printable } from '../../src/core/printable.ts';
import { columns, figureText, withUnit } from '../report/columns.ts';
import { type ComparedRow, type Comparison, DOUBT } from './compare.ts';
import type { Results } from './read.ts';

export const COMPARISON_KIND = 'tapehead-bench-compare';
export const COMPARISON_VERSION = 1;

export function comparisonJson({ a, b, flags, rows, judged, regressions }: Comparison): string {
  const side = ({ file, startedAt, machine, trusted }: Results): object => ({
    ...{ file, startedAt, trusted, tapehead: machine.tapehead, commit: machine.commit },
  });
  return JSON.stringify({
    ...{ kind: COMPARISON_KIND, version: COMPARISON_VERSION, a: side(a), b: side(b), flags },
    ...{ confidence: 1 - DOUBT, judged, regressions, rows },
  });
}

export function comparisonText(comparison: Comparison): string {
  const { a, b, flags, rows, judged } = comparison;
  const parts = [`A  ${sideText(a)}\n`, `B  ${sideText(b)}\n`, ...flags.map((flag) => `NOTE: ${flag}\n`)];
  for (const benchmark of new Set(rows.map((row) => row.benchmark))) {
    const own = rows.filter((row) => row.benchmark === benchmark);
    parts.push(`\n${benchmark}\n`, columns([HEAD, ...own.map(cells)], LEFT));
  }
  parts.push(`\n${countsText(comparison)}\n`);
  if (judged > 0) {
    parts.push(
      `means of runs; ${(1 - DOUBT) * 100} % that all ${judged} intervals hold, by bootstrap (latency-bench/README.md)\n`,
    );
  }
  return parts.join('');
}

const HEAD = ['', 'A', 'B', 'difference', 'between', '', '', ''];
/** Columns of words. */
const LEFT = [5, 6, 7];

function cells(row: ComparedRow): string[] {
  const { name, unit, a, b, differencePercent, lowPercent, highPercent, mark, note } = row;
  const between = lowPercent === null || highPercent === null ? '' : `${signed(lowPercent)} … ${signed(highPercent)}`;
  const difference = differencePercent === null ? '' : `${signed(differencePercent)} %`;
  return [
    name,
    valueText(a, unit),
    valueText(b, unit),
    difference,
    between,
    unit === 'ns' || unit === 'x' ? '' : unit,
    mark,
    note,
  ];
}

function valueText(value: number | null, unit: string): string {
  if (value === null) return '-';
  if (unit === 'ns') return duration(value);
  return unit === 'x' ? withUnit(value, unit) : figureText(value);
}

function signed(percent: number): string {
  const digits = Math.abs(percent) >= 100 ? 0 : 1;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(digits)}`;
}

function sideText({ file, startedAt, machine, trusted }: Results): string {
  const commit = machine.commit === null ? '' : ` (${machine.commit})`;
  return `${printable(file)}: tapehead ${machine.tapehead}${commit}, ${startedAt}${trusted ? '' : ', NOT TO BE TRUSTED'}`;
}

function countsText({ rows, regressions }: Comparison): string {
  const of = (mark: ComparedRow['mark']): number => rows.filter((row) => row.mark === mark).length;
  return [
    regressions === 0 ? 'no regression beyond noise' : plural(regressions, 'regression'),
    `${of('faster')} faster`,
    `${of('within noise')} within noise`,
    `${of('not judged')} not judged`,
    `${of('only in A')} only in A`,
    `${of('only in B')} only in B`,
  ].join(', ');
}
