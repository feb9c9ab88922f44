/** Thrown inside the unpacker where data is not what the format allows; the source that reads the file adds where. */
export class ZstdDamage extends Error {
  override readonly name = 'ZstdDamage';
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ZstdDamage(what);
}

/** Position of the highest set bit of a positive integer below 2^32. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}

/** `count` bits (0 to 25) from absolute bit `at` of the bytes on, least significant first; zeros behind their end. */
export function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  const byte = at >> 3;
  const word = bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16) | (bytes[byte + 3] << 24);
  return (word >>> (at & 7)) & ((1 << count) - 1);
}

/**
 * Streams are read from their end: the highest set bit of the last byte marks it. Returns the absolute bit position
 * of that mark, below which the stream's bits lie.
 */
export function streamEnd(bytes: Uint8Array, from: number, to: number): number {
  demand(to > from && bytes[to - 1] !== 0, 'a bit stream without an end mark');
  return (to - 1) * 8 + highestBit(bytes[to - 1]);
}
