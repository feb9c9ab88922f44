/**
 * The payload of an Instrument event (words 3-6, 32 bytes):
 *
 *   bytes 0     priceDecimals  u8   one tick is 10^-priceDecimals of the currency
 *         1     qtyDecimals    u8   one lot is 10^-qtyDecimals of the unit
 *         2     bookKind       u8   BookKind
 *         3     symbolLength   u8   1-24
 *         4-7   reserved       u32  0
 *         8-31  symbol         ASCII, zero-padded
 *
 * ASCII bytes are below 0x80, so no word is ever a NaN and words may be copied as float64.
 */
import { assert } from './assert.ts';

export const BookKind = { L3: 3, L2: 2 } as const;
export type BookKind = (typeof BookKind)[keyof typeof BookKind];

export interface InstrumentDef {
  /** Dense index from 0 (or, for ITCH, the stock locate). */
  readonly instrument: number;
  /** The venue's own name for it, 1-24 printable ASCII characters. */
  readonly symbol: string;
  readonly bookKind: BookKind;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
}

export const MAX_SYMBOL_LENGTH = 24;

export function isValidSymbol(symbol: string): boolean {
  return /^[!-~]{1,24}$/.test(symbol);
}

/** Writes the 32 payload bytes at `offset`. */
export function writeInstrumentPayload(bytes: Uint8Array, offset: number, def: InstrumentDef): void {
  assert(isValidSymbol(def.symbol), `symbol ${JSON.stringify(def.symbol)} is 1-24 printable ASCII characters`);
  bytes.fill(0, offset, offset + 32);
  bytes[offset] = def.priceDecimals;
  bytes[offset + 1] = def.qtyDecimals;
  bytes[offset + 2] = def.bookKind;
  bytes[offset + 3] = def.symbol.length;
  for (let i = 0; i < def.symbol.length; i++) bytes[offset + 8 + i] = def.symbol.charCodeAt(i);
}

export function readInstrumentPayload(bytes: Uint8Array, offset: number, instrument: number): InstrumentDef {
  let symbol = '';
  const length = Math.min(bytes[offset + 3], MAX_SYMBOL_LENGTH);
  for (let i = 0; i < length; i++) symbol += String.fromCharCode(bytes[offset + 8 + i]);
  return {
    instrument,
    symbol,
    bookKind: bytes[offset + 2] === BookKind.L2 ? BookKind.L2 : BookKind.L3,
    priceDecimals: bytes[offset],
    qtyDecimals: bytes[offset + 1],
  };
}
