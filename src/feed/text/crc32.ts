/**
 * CRC-32 (ISO-HDLC: reflected, polynomial 0x04C11DB7), as Kraken, OKX and Bitfinex use it, carried on piece by piece:
 * `node:zlib` has it too, but only over one view, which would have to be allocated for every message.
 *
 * The state is linear over GF(2): the one behind "ab" is the one behind a, moved on by as many zero bytes as b has, xor
 * the one that b makes of 0. So a text whose own crc is kept goes in by four look-ups, however long it is.
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

/** Longest text that `crc32Append` takes. */
export const MAX_APPENDED = 63;

/** By length of a text: what each byte of the state becomes behind as many zero bytes, 256 words for each of the four. */
const SHIFTS = new Int32Array((MAX_APPENDED + 1) << 10);
for (let i = 0; i < 1024; i++) SHIFTS[i] = (i & 0xff) << ((i >> 8) << 3);
for (let i = 1024; i < SHIFTS.length; i++) {
  const before = SHIFTS[i - 1024];
  SHIFTS[i] = TABLE[before & 0xff] ^ (before >>> 8);
}

/** The state after a text of `length` bytes (at most MAX_APPENDED) that `crc32Update` turned 0 into `crc`. */
export function crc32Append(state: number, crc: number, length: number): number {
  const at = length << 10;
  return (
    SHIFTS[at | (state & 0xff)] ^
    SHIFTS[at | 0x100 | ((state >>> 8) & 0xff)] ^
    SHIFTS[at | 0x200 | ((state >>> 16) & 0xff)] ^
    SHIFTS[at | 0x300 | (state >>> 24)] ^
    crc
  );
}

/** CRC32_DIGITS[16 k + d]: what the digit d adds to the crc of a text (from the state 0 on) that has k bytes behind it. */
export const CRC32_DIGITS = Int32Array.from(
  { length: MAX_APPENDED << 4 },
  (_, i) => SHIFTS[(((i >> 4) + 1) << 10) | (0x30 + (i & 15))],
);

export function crc32Byte(state: number, byte: number): number {
  return TABLE[(state ^ byte) & 0xff] ^ (state >>> 8);
}

/** The checksum as a signed 32-bit integer (OKX, Bitfinex); `>>> 0` gives it unsigned (Kraken). */
export function crc32Finish(state: number): number {
  return ~state;
}
