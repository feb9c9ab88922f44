/** JSON that keeps the text of its numbers, and decimals taken from it exactly. */

// biome-ignore lint/suspicious/noExplicitAny: what a venue sends is looked into freely here
export type Json = any;

/** Digits that any unit holds beside any other of them: 9 before the point and 6 behind are below 2^53. */
const WHOLE_DIGITS = 9;
const FRACTION_DIGITS = 6;

/** A decimal. `sign` is NaN for text that is none. */
export interface Value {
  readonly written: string;
  /** Without zeros that say nothing: equal values have equal texts. */
  readonly plain: string;
  readonly sign: number;
  /** Has so many digits that a book may have no unit for it. */
  readonly isLong: boolean;
}

/** Key of a number's text: a byte that JSON does not allow in a text, so that no frame has it. */
const NUMBER = '\u0001';

/** JSON.parse, with every number as an object that holds its text. Throws what JSON.parse throws. */
export function keepNumbers(text: string): Json {
  JSON.parse(text);
  const number = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(text.replace(number, (found) => (found.startsWith('"') ? found : `{"\\u0001":"${found}"}`)));
}

/** Whether an object has a key twice: which of the two counts is anybody's guess. */
export function repeatsKey(text: string): boolean {
  const written = text.match(/"(?:[^"\\]|\\.)*"\s*:/g)?.length ?? 0;
  return written !== countKeys(JSON.parse(text));
}

function countKeys(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: Json[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : children.length;
  return children.reduce((sum: number, child) => sum + countKeys(child), own);
}

/** Text of a string or number; null for anything else. */
export function textOf(value: Json): string | null {
  if (typeof value === 'string') return value;
  return isNumber(value) ? value[NUMBER] : null;
}

export function isNumber(value: Json): boolean {
  return typeof value === 'object' && value !== null && typeof value[NUMBER] === 'string';
}

export function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value);
}

/** An integer as a string or number has it; null for anything else. */
export function integerOf(value: Json): bigint | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(textOf(value) ?? '');
  if (match === null) return null;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const shift = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  if (digits !== 0n && (shift < 0 || shift > 16)) return null;
  if (digits === 0n && shift < 0) return null;
  const result = digits * 10n ** BigInt(Math.min(shift, 16));
  return result > BigInt(Number.MAX_SAFE_INTEGER) ? null : sign === '-' ? -result : result;
}

/** ... and 0 for anything but a positive one. */
export function idOf(value: Json): string {
  const id = integerOf(value);
  return id === null || id < 0n ? '0' : String(id);
}

/** A decimal as a string or number has it; null where the value is neither. */
export function decimalOf(value: Json): Value | null {
  const written = textOf(value);
  if (written === null) return null;
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written);
  if (match === null) return { written, plain: written, sign: Number.NaN, isLong: false };
  const [, minus, whole, fraction = '', exponent = '0'] = match;
  const short = whole.length <= WHOLE_DIGITS && fraction.length <= FRACTION_DIGITS && written.length <= 31;
  const isZero = !/[1-9]/.test(whole + fraction);
  const isLong = !short || (Number(exponent) !== 0 && !isZero && (Number(exponent) > 2 || Number(exponent) < -3));
  if (isLong && Math.abs(Number(exponent)) > 40)
    return { written, plain: written, sign: minus === '' ? 1 : -1, isLong };
  return { written, plain: plain(written), sign: isZero ? 0 : minus === '' ? 1 : -1, isLong };
}

/** The decimal without exponent and needless zeros. */
export function plain(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, minus, whole, fraction = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, '0');
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits;
  const at = Math.max(point, 0);
  const before = padded.slice(0, at).replace(/^0+(?=\d)/, '') || '0';
  const behind = padded.slice(at).replace(/0+$/, '');
  const result = behind === '' ? before : `${before}.${behind}`;
  return result === '0' ? '0' : minus + result;
}

export function bookLine(
  symbol: string,
  side: string,
  price: string,
  qty: string,
  orders: string,
  time: number,
  isSnapshot: boolean,
): string {
  return `level ${symbol} ${side} ${price} ${qty} ${orders} @${time}${isSnapshot ? ' s' : ''}`;
}
