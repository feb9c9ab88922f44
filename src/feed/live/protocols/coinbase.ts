/**
 * Coinbase Exchange: `coinbase` follows level2_batch (books every 50 ms) and matches, `coinbase-full` the full channel
 * (every order); both the heartbeat. Products are called BTC-USD.
 * Source: docs.cdp.coinbase.com, "Exchange WebSocket Overview", "Channels", "Rate Limits"; REST "Get all known trading
 * pairs", "Get product book".
 *
 * level2_batch needs no authentication, level2 does. A new subscription begins with a snapshot: a stale book of
 * level2_batch is subscribed to again. One of full asks REST for level 3, which the decoder joins by sequence. Of every
 * product a heartbeat comes each second.
 */
import { TapeheadError } from '../../../core/errors.ts';
import { CoinbaseVenue } from '../../text/coinbase.ts';
import type { Control, LiveProtocol, LiveVenueName, SymbolTerms } from '../protocol.ts';
import {
  DATA,
  decimalOf,
  decimalOrNull,
  type Fields,
  fieldsOf,
  inGroups,
  isFields,
  oneLine,
  termsOf,
  textOf,
} from './answer.ts';

const BATCH_CHANNELS = ['level2_batch', 'matches', 'heartbeat'];
const FULL_CHANNELS = ['full', 'heartbeat'];
const PRODUCTS_A_REQUEST = 100;
/** The same at the next try. */
const FATAL = /not a valid|authentication|malformed|not found/i;

/** Where the type begins in {"type":"error",...}. */
const TYPE_AT = 9;
const LETTER_E = 0x65;

function request(type: 'subscribe' | 'unsubscribe', products: readonly string[], channels: readonly string[]): string {
  return JSON.stringify({ type, product_ids: products, channels });
}

/** [{"id":"BTC-USD","base_currency","quote_currency","quote_increment","base_increment","min_market_funds","status",...},...] */
function parseTerms(body: unknown, symbols: readonly string[]): readonly SymbolTerms[] {
  if (!Array.isArray(body)) {
    const message = isFields(body) ? `: ${oneLine(body.message)}` : '';
    throw new TapeheadError('FORMAT', `Coinbase: no products in the answer${message}`);
  }
  return termsOf('Coinbase', symbols, body.filter(isFields), (entry) => textOf(entry.id), termsOfEntry);
}

/** There is no least quantity since 2022, only a least amount of money. */
function termsOfEntry(entry: Fields): SymbolTerms {
  const symbol = textOf(entry.id);
  return {
    symbol,
    tick: decimalOf('Coinbase', symbol, 'quote_increment', entry.quote_increment),
    lot: decimalOf('Coinbase', symbol, 'base_increment', entry.base_increment),
    minQty: null,
    minNotional: decimalOrNull(entry.min_market_funds),
    base: textOf(entry.base_currency),
    quote: textOf(entry.quote_currency),
    isTrading: entry.status === 'online' && entry.trading_disabled !== true,
  };
}

/** What the venue answers to a subscription goes to the decoder as well: it names the products of the full channel. */
function control(bytes: Uint8Array, from: number, to: number): Control {
  if (bytes[from + TYPE_AT] !== LETTER_E) return DATA;
  const fields = fieldsOf(bytes, from, to);
  if (fields === null || fields.type !== 'error') return DATA;
  const text = `Coinbase refuses: ${[fields.message, fields.reason].map(oneLine).join(' ').trim()}`;
  return { is: 'error', text, fatal: FATAL.test(text) };
}

function protocol(venue: LiveVenueName, channels: readonly string[], resync: LiveProtocol['resync']): LiveProtocol {
  return {
    venue,
    rules: {
      connects: { count: 8, windowMs: 1_000 },
      sends: { count: 100, windowMs: 1_000 },
      rest: { weight: 10, windowMs: 1_000 },
      maxAgeMs: 0,
      silenceMs: 10_000,
      ping: { everyMs: 4_000, text: '' },
    },
    endpoints: { ws: 'wss://ws-feed.exchange.coinbase.com', rest: 'https://api.exchange.coinbase.com' },
    makeDecoder: (market) => new CoinbaseVenue(market),
    connectUrl: (endpoints) => endpoints.ws,
    subscribe: (symbols) => inGroups(symbols, PRODUCTS_A_REQUEST).map((group) => request('subscribe', group, channels)),
    resync,
    control,
    termsUrl: (endpoints) => `${endpoints.rest}/products`,
    parseTerms,
  };
}

export const COINBASE: LiveProtocol = protocol('coinbase', BATCH_CHANNELS, (_endpoints, symbol) => ({
  by: 'frames',
  frames: [request('unsubscribe', [symbol], ['level2_batch']), request('subscribe', [symbol], ['level2_batch'])],
}));

export const COINBASE_FULL: LiveProtocol = protocol('coinbase-full', FULL_CHANNELS, (endpoints, symbol) => ({
  by: 'rest',
  url: `${endpoints.rest}/products/${encodeURIComponent(symbol)}/book?level=3`,
  weight: 1,
}));
