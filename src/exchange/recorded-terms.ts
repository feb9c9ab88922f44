/** Instruments of a Binance recording, as far as its beginning shows: for a client that asks what the venue lists. */
import { TapeheadError } from '../core/errors.ts';
import { type Listing, type ListingKind, listingOf } from './listing.ts';
import { recordedEntries } from './recording.ts';

/** Entries that are looked at; a depth snapshot is among them. */
const LOOKED_AT = 3000;
const QUOTES = ['USDT', 'USDC', 'FDUSD', 'TUSD', 'BUSD', 'USD', 'EUR', 'TRY', 'BTC', 'ETH', 'BNB'];
const LEDGER_SPARE = 8;

interface Decimals {
  price: number;
  qty: number;
}

/** In the order in which they appear. Their steps are those of the decimals seen. What is damaged ends the look, and is said when it is played. */
export async function recordedListings(path: string, kind: ListingKind): Promise<readonly Listing[]> {
  const seen = new Map<string, Decimals>();
  try {
    await look(path, seen);
  } catch (error) {
    if (!(error instanceof TapeheadError)) throw error;
  }
  return [...seen].flatMap(([symbol, decimals]) => listing(symbol, decimals, kind) ?? []);
}

async function look(path: string, seen: Map<string, Decimals>): Promise<void> {
  let looked = 0;
  for await (const entry of recordedEntries(path)) {
    const text = entry.is === 'snapshot' ? entry.body : String(entry.frame);
    const symbol = entry.is === 'snapshot' ? entry.symbol : (/"s":"([A-Z0-9]+)"/.exec(text)?.[1] ?? '');
    if (symbol !== '') seen.set(symbol, seen.get(symbol) ?? { price: 0, qty: 0 });
    // A snapshot that names no symbol is of the only one there is.
    const decimals = symbol === '' && seen.size === 1 ? [...seen.values()][0] : seen.get(symbol);
    if (decimals !== undefined) note(decimals, text);
    if (++looked === LOOKED_AT) break;
  }
}

function note(decimals: Decimals, text: string): void {
  for (const [, price, qty] of text.matchAll(/\["(\d+(?:\.\d+)?)","(\d+(?:\.\d+)?)"\]/g)) {
    decimals.price = Math.max(decimals.price, decimalsOf(price));
    decimals.qty = Math.max(decimals.qty, decimalsOf(qty));
  }
}

function decimalsOf(text: string): number {
  return (text.split('.')[1] ?? '').replace(/0+$/, '').length;
}

function listing(symbol: string, decimals: Decimals, kind: ListingKind): Listing | null {
  const quote = QUOTES.find((one) => symbol.endsWith(one) && symbol !== one);
  if (quote === undefined) return null;
  const base = symbol.slice(0, -quote.length);
  const priceDecimals = Math.min(decimals.price, LEDGER_SPARE);
  const qtyDecimals = Math.min(decimals.qty, LEDGER_SPARE - priceDecimals);
  return { ...listingOf('BTC', quote, kind), base, priceDecimals, qtyDecimals, startTicks: 1 };
}
