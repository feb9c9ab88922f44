/**
 * CRC-32 (ISO-HDLC: reflected, polynomial 0x04C11DB7), as Kraken, OKX and Bitfinex use it, carried on piece by piece:
 * `node:zlib` has it too, but only over one view, which would have to be allocated for every message.
 */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** What a byte does to the state when one, two or three more bytes follow it: four bytes go in at once. */
const TABLE_1 = TABLE.map((crc) => TABLE[crc & 0xff] ^ (crc >>> 8));
const TABLE_2 = TABLE_1.map((crc) => TABLE[crc & 0xff] ^ (crc >>> 8));
const TABLE_3 = TABLE_2.map((crc) => TABLE[crc & 0xff] ^ (crc >>> 8));

/** The state before the first byte. */
export const CRC32_START = -1;

/** The state after bytes[from, to). */
export function crc32Update(state: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = state;
  let p = from;
  for (; p + 4 <= to; p += 4) {
    crc =
      TABLE_3[(crc ^ bytes[p]) & 0xff] ^
      TABLE_2[((crc >>> 8) ^ bytes[p + 1]) & 0xff] ^
      TABLE_1[((crc >>> 16) ^ bytes[p + 2]) & 0xff] ^
      TABLE[(crc >>> 24) ^ bytes[p + 3]];
  }
  for (; p < to; p++) crc = TABLE[(crc ^ bytes[p]) & 0xff] ^ (crc >>> 8);
  return crc;
}

export function crc32Byte(state: number, byte: number): number {
  return TABLE[(state ^ byte) & 0xff] ^ (state >>> 8);
}

/** The checksum as a signed 32-bit integer (OKX, Bitfinex); `>>> 0` gives it unsigned (Kraken). */
export function crc32Finish(state: number): number {
  return ~state;
}
