/**
 * What determines a live run beside its trading: the venues and what is followed there, where orders go, and the tag that tells
 * this log's orders from all others of the account. Addresses and keys are not part of it: they change nothing of what the log
 * means, and have no place in it.
 */
import { z } from 'zod';
import { oneLine } from './one-line.ts';

/** At most so many venues in a run. */
const MAX_VENUES = 16;

const symbol = z.string().min(1).max(24);
const asset = z.string().regex(/^[A-Z0-9]{1,16}$/, 'expected an asset such as BTC');

const venue = z
  .strictObject({
    /** Such as binance or binance-usdm; symbols of a run of several venues begin with it and a colon. */
    venue: z.string().regex(/^[a-z0-9-]{1,32}$/, 'expected a venue such as binance'),
    /** As the venue writes them. */
    symbols: z.array(symbol).min(1),
    /** What is traded for what, by symbol; of a spot venue that orders go to, for every symbol: balances are compared by it. */
    assets: z.record(symbol, z.strictObject({ base: asset, quote: asset })).default({}),
  })
  .transform((one) => ({ ...one, symbols: [...one.symbols].sort() }));

const liveSchema = z
  .strictObject({
    /** books: nothing trades. paper: orders go to the simulated venue, on the live book. venue: to the venue itself. */
    mode: z.enum(['books', 'paper', 'venue']),
    /** Of the ClOrdIDs at the venue, `th<tag>-<n>`. */
    tag: z.string().regex(/^[0-9a-f]{8}$/, 'expected eight hexadecimal digits'),
    venues: z.array(venue).min(1).max(MAX_VENUES),
  })
  .superRefine(({ mode, venues }, context) => {
    const names = venues.map((one) => one.venue);
    if (new Set(names).size !== names.length) context.addIssue('a venue is named twice');
    if (mode !== 'venue') return;
    for (const one of venues) {
      if (holdsPositions(one.venue)) continue;
      const missing = one.symbols.find((name) => one.assets[name] === undefined);
      if (missing !== undefined) context.addIssue(`venue ${one.venue}: assets of ${missing} are missing`);
    }
  });

export type LiveIdentity = z.output<typeof liveSchema>;

/** Whether an account there holds positions (futures); else it holds balances. */
export function holdsPositions(venue: string): boolean {
  return venue.endsWith('-usdm');
}

/** Reads the live part of a run's configuration. Throws an Error with one line. */
export function parseLive(value: unknown): LiveIdentity {
  const result = liveSchema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(oneLine('live', result.error));
}

/** The venue's own name of an instrument, and the venue's index in the run's list; -1 where it is none of them. */
export function placeOf(live: LiveIdentity, symbolOfRun: string): { readonly venue: number; readonly symbol: string } {
  if (live.venues.length === 1) return { venue: 0, symbol: symbolOfRun };
  const colon = symbolOfRun.indexOf(':');
  const venueName = symbolOfRun.slice(0, Math.max(0, colon));
  return { venue: live.venues.findIndex((one) => one.venue === venueName), symbol: symbolOfRun.slice(colon + 1) };
}
