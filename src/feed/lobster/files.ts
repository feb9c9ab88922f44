/**
 * Which files make up LOBSTER recordings. Nothing inside them says which instrument and which day they are of: both come
 * from the name that LOBSTER gives them, `TICKER_YYYY-MM-DD_START_END_message_LEVELS.csv` and `..._orderbook_...`.
 */
import { basename } from 'node:path';
import { TapeheadError } from '../../core/errors.ts';
import { isValidSymbol } from '../../core/instrument-def.ts';
import type { InputRef } from '../input/open.ts';
import { isDate } from '../session-day.ts';

/** One day of one instrument. */
export interface LobsterDay {
  readonly symbol: string;
  /** YYYY-MM-DD, or null where the name does not say. */
  readonly date: string | null;
  readonly message: InputRef;
  readonly orderbook: InputRef | null;
}

export interface LobsterFile {
  readonly ref: InputRef;
  readonly kind: 'message' | 'orderbook';
}

/** What an instrument is called whose file name does not say. */
export const UNNAMED_SYMBOL = 'LOBSTER';

const NAME = /^(.+)_(\d{4}-\d{2}-\d{2})_(\d+)_(\d+)_(message|orderbook)_(\d+)\.csv/i;

interface LobsterName {
  readonly symbol: string;
  readonly date: string;
  /** The same for both files of a pair. */
  readonly pair: string;
}

/** Pairs message files with their orderbook files; days in the order in which their first file was given. */
export function pairLobsterFiles(files: readonly LobsterFile[]): LobsterDay[] {
  const messages = files.filter((file) => file.kind === 'message');
  const orderbooks = files.filter((file) => file.kind === 'orderbook');
  if (messages.length === 1 && orderbooks.length === 1) return [dayOf(messages[0].ref, orderbooks[0].ref)];
  const unpaired = new Set(orderbooks);
  const days = messages.map(({ ref }) => {
    const pair = parseName(ref)?.pair;
    const partner = orderbooks.find((other) => pair !== undefined && parseName(other.ref)?.pair === pair);
    if (partner !== undefined) unpaired.delete(partner);
    return dayOf(ref, partner?.ref ?? null);
  });
  for (const { ref } of unpaired) {
    throw new TapeheadError('FORMAT', `${nameOf(ref)} is a LOBSTER orderbook file: name its message file as well`);
  }
  return days;
}

/** The path at which the other file of a pair would lie, or null where the name does not follow LOBSTER's rule. */
export function partnerPath(path: string): string | null {
  const name = basename(path);
  if (!NAME.test(name)) return null;
  const partner = name.replace(/_(message|orderbook)_(?=\d+\.csv)/i, (_, kind: string) =>
    kind.toLowerCase() === 'message' ? '_orderbook_' : '_message_',
  );
  return path.slice(0, path.length - name.length) + partner;
}

/** Days must follow one another, of one instrument: their books and times can't be interleaved. */
export function checkDays(days: readonly LobsterDay[]): void {
  for (let i = 1; i < days.length; i++) {
    const [before, day] = [days[i - 1], days[i]];
    if (day.symbol !== before.symbol || day.date === null || before.date === null || day.date <= before.date) {
      throw new TapeheadError(
        'USAGE',
        `${nameOf(day.message)} does not continue ${nameOf(before.message)}: several LOBSTER files must be days of one instrument, in order`,
      );
    }
  }
}

function dayOf(message: InputRef, orderbook: InputRef | null): LobsterDay {
  const name = parseName(message) ?? (orderbook === null ? null : parseName(orderbook));
  return { symbol: name?.symbol ?? UNNAMED_SYMBOL, date: name?.date ?? null, message, orderbook };
}

function parseName(ref: InputRef): LobsterName | null {
  const match = NAME.exec(basename(ref.entry ?? ref.path));
  if (match === null || !isValidSymbol(match[1]) || !isDate(match[2])) return null;
  return { symbol: match[1], date: match[2], pair: `${match[1]} ${match[2]} ${match[3]} ${match[4]} ${match[6]}` };
}

function nameOf(ref: InputRef): string {
  return ref.entry === null ? ref.path : `${ref.path}:${ref.entry}`;
}
