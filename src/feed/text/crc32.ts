/**
 * CRC-32 (ISO-HDLC: reflected, polynomial 0x04C11DB7), as Kraken, OKX and Bitfinex use it, carried on piece by piece:
 * `node:zlib` has it too, but only over one view, which would have to be allocated for every message.
 */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The state before the first byte. */
export const CRC32_START = -1;

/** The state after bytes[from, to). */
export function crc32Update(state: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = state;
  for (let p = from; p < to; p++) crc = TABLE[(crc ^ bytes[p]) & 0xff] ^ (crc >>> 8);
  return crc;
}

export function crc32Byte(state: number, byte: number): number {
  return TABLE[(state ^ byte) & 0xff] ^ (state >>> 8);
}

/** The checksum as a signed 32-bit integer (OKX, Bitfinex); `>>> 0` gives it unsigned (Kraken). */
export function crc32Finish(state: number): number {
  return ~state;
}
