/** Reading of what a venue answers beside market data: rare frames and REST bodies, taken apart as plain JSON. */
import { TapeheadError } from '../../../core/errors.ts';
import type { Control, SymbolTerms } from '../protocol.ts';

/** Shared, because every frame gets one of them. */
export const DATA: Control = { is: 'data' };
export const FINE: Control = { is: 'fine' };

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The frame as an object; null when it is none (the decoder says what is wrong with it then). */
export function fieldsOf(bytes: Uint8Array, from: number, to: number): Fields | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8'));
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

/** A string or number as text, '' for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** What a venue wrote, fit for one line. */
export function oneLine(value: unknown): string {
  const text = textOf(value).replace(/\s+/g, ' ').trim();
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

/** A positive decimal as the venue writes it; null where it states none. */
export function decimalOrNull(value: unknown): string | null {
  const text = textOf(value);
  return /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? text : null;
}

/** A tick or lot, which every instrument of the venue must have. */
export function decimalOf(venue: string, symbol: string, what: string, value: unknown): string {
  const text = decimalOrNull(value);
  if (text !== null) return text;
  throw new TapeheadError(
    'FORMAT',
    `${venue}: the ${what} of ${symbol} is ${JSON.stringify(value) ?? 'missing'}, not a positive decimal: the venue's answer is not as documented`,
  );
}

/** The terms of the symbols asked for, in their order, found among all that the venue stated. */
export function termsOf(
  venue: string,
  symbols: readonly string[],
  stated: readonly Fields[],
  nameOf: (entry: Fields) => string,
  read: (entry: Fields) => SymbolTerms,
): readonly SymbolTerms[] {
  const byName = new Map(stated.map((entry) => [nameOf(entry), entry]));
  return symbols.map((symbol) => {
    const entry = byName.get(symbol);
    if (entry !== undefined) return read(entry);
    const alike = [...byName.keys()].filter((name) => plain(name) === plain(symbol));
    const hint = alike.length > 0 ? `; did you mean ${alike[0]}?` : '';
    throw new TapeheadError('UNKNOWN_SYMBOL', `${venue} does not know the symbol ${symbol}${hint}`);
  });
}

function plain(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** Lists of at most `size`, in order. */
export function inGroups<T>(list: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < list.length; at += size) groups.push(list.slice(at, at + size));
  return groups;
}
