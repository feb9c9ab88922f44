/** The alphabet of JSON strings: escapes (RFC 8259, section 7) and UTF-8 (RFC 3629, section 4). */

const QUOTE = 0x22;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

/** One of "\/bfnrt. */
export function isEscape(c: number): boolean {
  return (
    c === QUOTE || c === BACKSLASH || c === 0x2f || c === 0x62 || c === 0x66 || c === 0x6e || c === 0x72 || c === 0x74
  );
}

/** Value of a hex digit, or -1. */
export function hexDigit(c: number): number {
  if (c >= ZERO && c <= ZERO + 9) return c - ZERO;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Bytes of the well-formed UTF-8 sequence of two to four bytes at `p`, or 0. */
export function utf8Length(bytes: Uint8Array, p: number, end: number): number {
  const c = bytes[p];
  const length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
  if (c < 0xc2 || c > 0xf4 || p + length > end) return 0;
  const second = bytes[p + 1];
  if (c === 0xe0 && second < 0xa0) return 0;
  if (c === 0xed && second > 0x9f) return 0;
  if (c === 0xf0 && second < 0x90) return 0;
  if (c === 0xf4 && second > 0x8f) return 0;
  for (let i = 1; i < length; i++) if ((bytes[p + i] & 0xc0) !== 0x80) return 0;
  return length;
}
