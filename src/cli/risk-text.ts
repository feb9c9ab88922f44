/** Figures and lines as the risk commands print them. */

export type Unit = 'return' | 'money';

const LABEL_WIDTH = 14;

export function line(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${text}\n`;
}

/** Never rounded to 0: small figures keep their digits. */
export function figure(value: number, unit: Unit): string {
  const size = Math.abs(value);
  if (value !== 0 && size < (unit === 'return' ? 1e-4 : 1)) return value.toPrecision(5);
  if (unit === 'return') return size < 1e6 ? value.toFixed(6) : value.toExponential(6);
  return size < 1e15
    ? value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
    : value.toExponential(6);
}

/** 0.95 → 95, 0.995 → 99.5 */
export function percent(confidence: number): string {
  return String(Number((confidence * 100).toPrecision(12)));
}
