/** Limits in force and how far they were used, the most used first. */
import type { LimitUse } from '../risk/limit-use.ts';
import { count, table } from './terminal.ts';

const MAX_ROWS = 12;

export function limitTable(limits: readonly LimitUse[]): string {
  if (limits.length === 0) return '';
  const sorted = [...limits].sort((a, b) => orderOf(b) - orderOf(a));
  const rows = [['limits at the end', 'of', 'used', 'limit', '%']];
  for (const { limit, scope, use, max, percent } of sorted.slice(0, MAX_ROWS)) {
    const known = Number.isFinite(percent);
    rows.push([
      limit,
      scope,
      Number.isNaN(use) ? 'not known' : figure(use),
      figure(max),
      known ? percent.toFixed(1) : '-',
    ]);
  }
  const more = sorted.length > MAX_ROWS ? `  and ${count(sorted.length - MAX_ROWS)} more\n` : '';
  return `\n${table(rows)}${more}`;
}

/** What is not known stands first. */
function orderOf({ percent }: LimitUse): number {
  return Number.isNaN(percent) ? Number.POSITIVE_INFINITY : percent;
}

function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}
