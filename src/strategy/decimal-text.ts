/** Decimals as people write them ("100.25", "-0.5"), into whole units, exactly; for settings, not for feeds. */

const DECIMAL = /^(-?)(\d{1,15})(?:\.(\d{1,15}))?$/;

/** Units of 10^-decimals; NaN where the text is no decimal, is no whole number of units, or passes 2^53. */
export function parseUnits(text: string, decimals: number): number {
  const match = DECIMAL.exec(text);
  if (match === null) return Number.NaN;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) return Number.NaN;
  const units = Number(match[2] + fraction.padEnd(decimals, '0'));
  if (!Number.isSafeInteger(units)) return Number.NaN;
  return match[1] === '-' && units !== 0 ? -units : units;
}

/** The one way to write it: no leading or trailing zeros, no "-0"; null where the text is no decimal. */
export function canonicalDecimal(text: string): string | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const whole = match[2].replace(/^0+(?=\d)/, '');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return match[1] === '-' && digits !== '0' ? `-${digits}` : digits;
}

/** Whether decimal `a` is less than decimal `b`. */
export function isDecimalBelow(a: string, b: string): boolean {
  return scaled(a) < scaled(b);
}

/** In units of 10^-15; not for the hot path. */
function scaled(text: string): bigint {
  const match = DECIMAL.exec(text);
  if (match === null) return 0n;
  const units = BigInt(match[2] + (match[3] ?? '').padEnd(15, '0'));
  return match[1] === '-' ? -units : units;
}
