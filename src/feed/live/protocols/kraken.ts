/**
 * Kraken, websocket v2: book (100 levels) and trade of each pair. Pairs are called as in v2: BTC/USD.
 * Source: docs.kraken.com, "Spot WebSocket Introduction", "Book (Level 2)", "Trade", "Ping", "Heartbeat"; REST "Get Tradable
 * Asset Pairs".
 *
 * Once something is subscribed to the venue sends a heartbeat each second in which nothing else came; a ping is answered
 * too. It allows about 150 connects in ten minutes. A new subscription begins with a snapshot: a stale book is
 * subscribed to again. The last trades are asked for as well: those that were seen are told by their ids.
 */
import { TapeheadError } from '../../../core/errors.ts';
import { KrakenVenue } from '../../text/kraken.ts';
import type { Control, Endpoints, LiveProtocol, SymbolTerms } from '../protocol.ts';
import {
  DATA,
  decimalOf,
  decimalOrNull,
  FINE,
  type Fields,
  fieldsOf,
  inGroups,
  isFields,
  oneLine,
  termsOf,
  textOf,
} from './answer.ts';

/** Of the depths on offer (10, 25, 100, 500, 1000). */
const DEPTH = 100;
const SYMBOLS_A_REQUEST = 100;
/** The same at the next try. */
const FATAL = /not supported|not in ISO|malformed|denied|unknown/i;

const LETTER_C = 0x63;

function request(method: 'subscribe' | 'unsubscribe', channel: 'book' | 'trade', symbol: readonly string[]): string {
  const depth = channel === 'book' ? { depth: DEPTH } : {};
  const snapshot = method === 'subscribe' ? { snapshot: true } : {};
  return JSON.stringify({ method, params: { channel, symbol, ...depth, ...snapshot } });
}

/** REST and v1 call two assets by other names. */
function restAsset(asset: string): string {
  return asset === 'BTC' ? 'XBT' : asset === 'DOGE' ? 'XDG' : asset;
}

function assetOf(name: string): string {
  return name === 'XBT' ? 'BTC' : name === 'XDG' ? 'DOGE' : name;
}

/** The v2 name of a pair, of its "wsname": XBT/USD is BTC/USD. */
function symbolOf(entry: Fields): string {
  return textOf(entry.wsname).split('/').map(assetOf).join('/');
}

function termsUrl(endpoints: Endpoints, symbols: readonly string[]): string {
  const pairs = symbols.map((symbol) => symbol.split('/').map(restAsset).join(''));
  return `${endpoints.rest}/0/public/AssetPairs?pair=${pairs.map(encodeURIComponent).join(',')}`;
}

/** {"error":[],"result":{"XXBTZUSD":{"wsname":"XBT/USD","tick_size":"0.1","lot_decimals":8,"ordermin","costmin","status"},...}} */
function parseTerms(body: unknown, symbols: readonly string[]): readonly SymbolTerms[] {
  const answer = isFields(body) ? body : {};
  const error = Array.isArray(answer.error) ? answer.error.map(oneLine).join(', ') : '';
  if (/unknown asset pair/i.test(error)) {
    const hint = symbols.some((symbol) => !symbol.includes('/')) ? ': pairs are written as BTC/USD' : '';
    throw new TapeheadError('UNKNOWN_SYMBOL', `Kraken does not know the symbol ${symbols.join(', ')}${hint}`);
  }
  if (error !== '' || !isFields(answer.result)) {
    throw new TapeheadError('FORMAT', `Kraken: no asset pairs in the answer${error === '' ? '' : `: ${error}`}`);
  }
  return termsOf('Kraken', symbols, Object.values(answer.result).filter(isFields), symbolOf, termsOfEntry);
}

function termsOfEntry(entry: Fields): SymbolTerms {
  const symbol = symbolOf(entry);
  const [base, quote] = symbol.split('/');
  return {
    symbol,
    tick: decimalOf('Kraken', symbol, 'tick_size', entry.tick_size ?? unitOf(entry.pair_decimals)),
    lot: decimalOf('Kraken', symbol, 'lot_decimals', unitOf(entry.lot_decimals)),
    minQty: decimalOrNull(entry.ordermin),
    minNotional: decimalOrNull(entry.costmin),
    base,
    quote,
    isTrading: entry.status === 'online',
  };
}

/** 10^-decimals as text. */
function unitOf(decimals: unknown): string | undefined {
  if (typeof decimals !== 'number' || !Number.isInteger(decimals) || decimals < 0 || decimals > 18) return undefined;
  return decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`;
}

/** Answers go to the decoder as well: it takes the book's depth from them. */
function control(bytes: Uint8Array, from: number, to: number): Control {
  if (bytes[from + 2] === LETTER_C) return DATA; // {"channel":...
  const fields = fieldsOf(bytes, from, to);
  if (fields === null) return DATA;
  if (fields.method === 'pong') return FINE;
  if (fields.success !== false && fields.error === undefined) return DATA;
  const text = `Kraken refuses: ${[fields.symbol, fields.error].map(oneLine).join(' ').trim()}`;
  return { is: 'error', text, fatal: FATAL.test(text) };
}

export const KRAKEN: LiveProtocol = {
  venue: 'kraken',
  rules: {
    connects: { count: 150, windowMs: 600_000 },
    sends: { count: 20, windowMs: 1_000 },
    rest: { weight: 1, windowMs: 1_000 },
    maxAgeMs: 0,
    silenceMs: 12_000,
    ping: { everyMs: 5_000, text: '{"method":"ping"}' },
  },
  endpoints: { ws: 'wss://ws.kraken.com', rest: 'https://api.kraken.com' },
  makeDecoder: (market) => new KrakenVenue(market),
  connectUrl: (endpoints) => `${endpoints.ws}/v2`,
  subscribe: (symbols) =>
    inGroups(symbols, SYMBOLS_A_REQUEST).flatMap((group) => [
      request('subscribe', 'book', group),
      request('subscribe', 'trade', group),
    ]),
  resync: (_endpoints, symbol) => ({
    by: 'frames',
    frames: [request('unsubscribe', 'book', [symbol]), request('subscribe', 'book', [symbol])],
  }),
  control,
  termsUrl,
  parseTerms,
};
