/**
 * Digits in ASCII, four at a time: a little-endian word of four bytes is checked and turned into a number by a dozen
 * 32-bit operations, which do not wait for one another as the digits of a loop do. Nothing here reads memory.
 */

/** "0000": xor with it turns ASCII digits into 0-9 and every other byte into something above. */
const ZEROS = 0x30303030;

/** The word with its digits as 0-9. */
export function asDigits(word: number): number {
  return word ^ ZEROS;
}

/** 0 when all four bytes of `word` (from `asDigits`) are digits. */
export function noDigits(word: number): number {
  return (word | (word + 0x76767676)) & 0x80808080;
}

/** Value of four digits. */
export function fourDigits(word: number): number {
  const pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
  return (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
}
