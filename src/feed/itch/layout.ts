/**
 * Nasdaq TotalView-ITCH 5.0 as it lies in files: each message behind its length (2 bytes, big-endian), integers
 * big-endian, symbols in ASCII padded with spaces on the right, prices with 4 decimals (8 in V), time in ns since the
 * exchange's midnight. Section numbers are those of the TotalView-ITCH 5.0 specification.
 *
 * Every message begins: 0 type u8, 1 stock locate u16, 3 tracking number u16, 5 timestamp u48. Then, by type:
 *
 *   S 4.1      11 event code
 *   R 4.2.1    11 stock*8, 19 market category, 20 financial status, 21 round lot u32, 25 round lots only, 26 class,
 *              27 subtype*2, 29 authenticity, 30 short sale threshold, 31 IPO flag, 32 LULD tier, 33 ETP flag,
 *              34 ETP leverage u32, 38 inverse
 *   H 4.2.2    11 stock*8, 19 trading state, 20 reserved, 21 reason*4
 *   Y 4.2.3    11 stock*8, 19 Reg SHO action
 *   L 4.2.4    11 MPID*4, 15 stock*8, 23 primary, 24 mode, 25 state
 *   V 4.2.5.1  11 level 1 u64, 19 level 2 u64, 27 level 3 u64
 *   W 4.2.5.2  11 breached level
 *   K 4.2.6    11 stock*8, 19 release time u32 (s), 23 qualifier, 24 price u32
 *   J 4.2.7    11 stock*8, 19 reference u32, 23 upper u32, 27 lower u32, 31 extension u32
 *   h 4.2.8    11 stock*8, 19 market code, 20 action
 *   A 4.3.1    11 order u64, 19 side, 20 shares u32, 24 stock*8, 32 price u32
 *   F 4.3.2    as A, 36 attribution*4
 *   E 4.4.1    11 order u64, 19 executed u32, 23 match u64
 *   C 4.4.2    as E, 31 printable, 32 price u32
 *   X 4.4.3    11 order u64, 19 cancelled u32
 *   D 4.4.4    11 order u64
 *   U 4.4.5    11 order u64, 19 new order u64, 27 shares u32, 31 price u32
 *   P 4.5.1    11 order u64, 19 side, 20 shares u32, 24 stock*8, 32 price u32, 36 match u64
 *   Q 4.5.2    11 shares u64, 19 stock*8, 27 price u32, 31 match u64, 39 cross type
 *   B 4.5.3    11 match u64
 *   I 4.6      11 paired u64, 19 imbalance u64, 27 direction, 28 stock*8, 36 far u32, 40 near u32, 44 reference u32,
 *              48 cross type, 49 variation
 *   N 4.7      11 stock*8, 19 interest
 *   O 4.8      11 stock*8, 19 eligible, 20 lowest u32, 24 highest u32, 28 near u32, 32 near time u64, 40 lower u32,
 *              44 upper u32
 */

/** Bytes of a message by its type letter. */
const LENGTH_BY_TYPE: Readonly<Record<string, number>> = {
  S: 12,
  R: 39,
  H: 25,
  Y: 20,
  L: 26,
  V: 35,
  W: 12,
  K: 28,
  J: 35,
  h: 21,
  A: 36,
  F: 40,
  E: 31,
  C: 36,
  X: 23,
  D: 19,
  U: 35,
  P: 44,
  Q: 40,
  B: 19,
  I: 50,
  N: 20,
  O: 48,
};

/** Bytes of a message by its type byte; 0 for a byte that is no type. */
export const ITCH_LENGTHS: Uint8Array = byType(LENGTH_BY_TYPE);
export const ITCH_TYPES: readonly string[] = Object.keys(LENGTH_BY_TYPE);

/** Where the 8-byte stock field is, by type byte; 0 for types without one. */
export const ITCH_STOCK_AT: Uint8Array = byType({
  ...Object.fromEntries(['R', 'H', 'Y', 'K', 'J', 'h', 'N', 'O'].map((type) => [type, 11])),
  L: 15,
  A: 24,
  F: 24,
  P: 24,
  Q: 19,
  I: 28,
});

/** The price decimals of every ITCH instrument. */
export const ITCH_PRICE_DECIMALS = 4;

function byType(values: Readonly<Record<string, number>>): Uint8Array {
  const table = new Uint8Array(256);
  for (const [type, value] of Object.entries(values)) table[type.charCodeAt(0)] = value;
  return table;
}

/** What is wrong with a length that is not the one of its type. */
export function itchMisfit(length: number, type: number): string {
  const name =
    type > 0x20 && type < 0x7f ? `'${String.fromCharCode(type)}'` : `0x${type.toString(16).padStart(2, '0')}`;
  if (ITCH_LENGTHS[type] === 0) return `type ${name} (length ${length}) is no ITCH 5.0 message`;
  return `length ${length} for a message of type ${name}, which has ${ITCH_LENGTHS[type]}`;
}
