/** Fields of an ITCH message that no DataView method reads by itself. `at` is the message's first byte, its type. */
import { TapeheadError } from '../../core/errors.ts';
import { isValidSymbol } from '../../core/instrument-def.ts';

/** Names the message at `at` in an error: file, type and byte. */
export type Where = (view: DataView, at: number) => string;

export const TWO_32 = 4294967296;
/** 2^53 / 2^32: a 64-bit field whose upper half is below can be held in a number exactly. */
export const U64_HIGH_LIMIT = 0x200000;

/** ns since the exchange's midnight: 48 bits. */
export function readTimestamp(view: DataView, at: number): number {
  return view.getUint16(at + 5) * TWO_32 + view.getUint32(at + 7);
}

/** The 64-bit field at `offset` as a number. */
export function readU64(view: DataView, at: number, offset: number, where: Where): number {
  const high = view.getUint32(at + offset);
  if (high >= U64_HIGH_LIMIT) throw tooLarge(view, at, offset, where);
  return high * TWO_32 + view.getUint32(at + offset + 4);
}

export function tooLarge(view: DataView, at: number, offset: number, where: Where): TapeheadError {
  const value = view.getBigUint64(at + offset);
  return new TapeheadError('CORRUPT', `${where(view, at)}: ${value} is above 2^53 and can't be held exactly`);
}

/** The 8-byte stock field at `offset`, without its padding. */
export function readStock(view: DataView, at: number, offset: number, where: Where): string {
  let symbol = '';
  for (let i = 0; i < 8; i++) symbol += String.fromCharCode(view.getUint8(at + offset + i));
  symbol = symbol.trimEnd();
  if (!isValidSymbol(symbol)) {
    throw new TapeheadError('CORRUPT', `${where(view, at)}: the stock ${JSON.stringify(symbol)} is no symbol`);
  }
  return symbol;
}
