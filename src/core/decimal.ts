/** Integers in ticks and lots as decimal text, exactly. */

/** `12345600` with 4 decimals → `1234.5600`: all decimals, so that equal units line up. */
export function formatFixed(units: number, decimals: number): string {
  if (decimals === 0 || !Number.isFinite(units)) return String(units);
  const digits = Math.abs(units)
    .toFixed(0)
    .padStart(decimals + 1, '0');
  return `${units < 0 ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** `12345600` with 4 decimals → `1234.56`; trailing zeros go, an integer has no point. */
export function formatDecimal(units: number, decimals: number): string {
  const text = formatFixed(units, decimals);
  return decimals === 0 ? text : text.replace(/\.?0+$/, '');
}

/** 10^0 .. 10^15, exactly (`**` may differ from machine to machine). */
export const POWERS_OF_TEN: readonly number[] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/** A decimal as it was written: units x 10^-decimals. */
export interface ExactDecimal {
  readonly units: number;
  readonly decimals: number;
}

/** `-12.50` → { units: -125, decimals: 1 }: trailing zeros go. Null where it is no decimal, or needs more than 15 digits. */
export function parseExact(text: string): ExactDecimal | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return null;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const digits = (match[2] + fraction).replace(/^0+(?=\d)/, '');
  if (digits.length > 15 || fraction.length > 15) return null;
  const units = Number(digits);
  return { units: match[1] === '-' && units !== 0 ? -units : units, decimals: units === 0 ? 0 : fraction.length };
}

/** The decimal in units of 10^-decimals; NaN where it is no whole number of them, or not below 2^53. */
export function unitsOf(decimal: ExactDecimal, decimals: number): number {
  if (decimal.decimals > decimals) return Number.NaN;
  const units = decimal.units * (POWERS_OF_TEN[decimals - decimal.decimals] ?? Number.NaN);
  return Number.isSafeInteger(units) ? units : Number.NaN;
}
