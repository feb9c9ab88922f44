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
