/** Integers in ticks and lots as decimal text, exactly. */

/** `12345600` with 4 decimals → `1234.56`; trailing zeros go, an integer has no point. */
export function formatDecimal(value: number, decimals: number): string {
  const sign = value < 0 ? '-' : '';
  const digits = String(Math.abs(value)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = decimals === 0 ? '' : digits.slice(digits.length - decimals).replace(/0+$/, '');
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}
