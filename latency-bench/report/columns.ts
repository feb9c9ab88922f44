/** Tables and bars of text. */

/** Rows of cells in aligned columns, two spaces between: the first and those of `left` (indices) left, the others right. */
export function columns(rows: readonly (readonly string[])[], left: readonly number[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  const pad = (cell: string, i: number): string => {
    return i === 0 || left.includes(i) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]);
  };
  return rows.map((row) => `  ${row.map(pad).join('  ').trimEnd()}\n`).join('');
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of at most `cells` characters, in steps of an eighth of one. */
export function bar(share: number, cells: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * cells * 8);
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/** A figure of any size in three digits or, from a thousand on, whole and grouped. */
export function figureText(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 999.5) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

/** A value with its unit, without idle zeros; a ratio stands right before its x. */
export function withUnit(value: number, unit: string): string {
  const text = Math.abs(value) >= 1000 ? figureText(value) : String(Number(value.toPrecision(3)));
  return unit === 'x' ? `${text}x` : `${text} ${unit}`.trimEnd();
}
