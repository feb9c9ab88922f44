/** Fields of an ITCH message that no DataView method reads by itself. */
import { TapeheadError } from '../../core/errors.ts';
import { isValidSymbol } from '../../core/instrument-def.ts';

/** Names the message in an error: file, type and byte. */
export type Where = () => string;

export const TWO_32 = 4294967296;
/** 2^53 / 2^32: a 64-bit field whose upper half is below can be held in a number exactly. */
export const U64_HIGH_LIMIT = 0x200000;

/** ns since the exchange's midnight, of the message at `at`: 48 bits. */
export function readTimestamp(view: DataView, at: number): number {
  return view.getUint16(at + 5) * TWO_32 + view.getUint32(at + 7);
}

/** A 64-bit field as a number. */
export function readU64(view: DataView, at: number, where: Where): number {
  const high = view.getUint32(at);
  if (high >= U64_HIGH_LIMIT) throw tooLarge(view, at, where);
  return high * TWO_32 + view.getUint32(at + 4);
}

export function tooLarge(view: DataView, at: number, where: Where): TapeheadError {
  return new TapeheadError(
    'CORRUPT',
    `${where()}: a reference or quantity of ${view.getBigUint64(at)} is above 2^53 and can't be held exactly`,
  );
}

/** The stock field at `at`, without its padding. */
export function readStock(view: DataView, at: number, where: Where): string {
  let symbol = '';
  for (let i = 0; i < 8; i++) symbol += String.fromCharCode(view.getUint8(at + i));
  symbol = symbol.trimEnd();
  if (!isValidSymbol(symbol)) {
    throw new TapeheadError('CORRUPT', `${where()}: the stock ${JSON.stringify(symbol)} is no symbol`);
  }
  return symbol;
}
