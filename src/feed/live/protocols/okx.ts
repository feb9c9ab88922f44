/**
 * OKX v5, public websocket: books (400 levels, snapshot and updates every 100 ms) and trades of each symbol.
 * Source: "Overview, WebSocket: Connect, Subscribe, Notification" and "Order Book Trading, Market Data: WS / Order book
 * channel, WS / Trades channel", "Public Data, REST: Get instruments".
 *
 * The venue cuts a connection that is silent for 30 s, so "ping" goes out after 25; it tells of a service upgrade 30 s
 * ahead by the event `notice`. A new subscription begins with a snapshot: a stale book is subscribed to again.
 */
import { TapeheadError } from '../../../core/errors.ts';
import { OkxVenue } from '../../text/okx.ts';
import { Redundancy } from '../../text/redundancy.ts';
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

const CHANNELS = ['books', 'trades'] as const;
/** Of one request: all its arguments together may have 64 KB, and none has more than 100 bytes. */
const SYMBOLS_A_REQUEST = 200;
/** Not logged in, wrong request, unknown channel or instrument, fee tier too low: the same at the next try. */
const FATAL_CODES = ['60011', '60012', '60018', '60019', '64003'];

const LETTER_A = 0x61;
const LETTER_P = 0x70;

function request(op: 'subscribe' | 'unsubscribe', symbols: readonly string[], channels: readonly string[]): string {
  return JSON.stringify({ op, args: symbols.flatMap((instId) => channels.map((channel) => ({ channel, instId }))) });
}

/** Of the symbol's name: BTC-USDT, BTC-USDT-SWAP, BTC-USD-261225, BTC-USD-261225-100000-C. */
function instTypeOf(symbol: string): string {
  if (symbol.endsWith('-SWAP')) return 'SWAP';
  if (/-\d+-\d+(\.\d+)?-[CP]$/.test(symbol)) return 'OPTION';
  return /-\d{6}$/.test(symbol) ? 'FUTURES' : 'SPOT';
}

function termsUrl(endpoints: Endpoints, symbols: readonly string[]): string {
  const types = [...new Set(symbols.map(instTypeOf))];
  if (types.length !== 1) {
    throw new TapeheadError(
      'USAGE',
      `OKX: ${types.join(' and ')} instruments in one list: give each kind an entry of its own`,
    );
  }
  if (types[0] === 'OPTION' && symbols.length > 1) {
    const family = new Set(symbols.map((symbol) => symbol.split('-').slice(0, 2).join('-')));
    if (family.size > 1) throw new TapeheadError('USAGE', 'OKX: options of one underlying at a time');
  }
  const query = `instType=${types[0]}`;
  const one = symbols.length === 1 ? `&instId=${encodeURIComponent(symbols[0])}` : '';
  const family =
    types[0] === 'OPTION' ? `&instFamily=${encodeURIComponent(symbols[0].split('-').slice(0, 2).join('-'))}` : '';
  return `${endpoints.rest}/api/v5/public/instruments?${query}${family}${one}`;
}

/** {"code":"0","data":[{"instId":"BTC-USDT","tickSz":"0.1","lotSz":"0.00000001","minSz":"0.00001",...}],"msg":""} */
function parseTerms(body: unknown, symbols: readonly string[]): readonly SymbolTerms[] {
  const answer = isFields(body) ? body : {};
  if (textOf(answer.code) === '51001') {
    throw new TapeheadError('UNKNOWN_SYMBOL', `OKX does not know the symbol ${symbols.join(', ')}`);
  }
  if (textOf(answer.code) !== '0' || !Array.isArray(answer.data)) {
    throw new TapeheadError(
      'FORMAT',
      `OKX: no instruments in the answer: ${oneLine(answer.code)} ${oneLine(answer.msg)}`,
    );
  }
  return termsOf('OKX', symbols, answer.data.filter(isFields), (entry) => textOf(entry.instId), termsOfEntry);
}

/** Sizes of derivatives are in contracts; what they are settled in stands for the quote. */
function termsOfEntry(entry: Fields): SymbolTerms {
  const symbol = textOf(entry.instId);
  const isSpot = textOf(entry.instType) === 'SPOT';
  return {
    symbol,
    tick: decimalOf('OKX', symbol, 'tickSz', entry.tickSz),
    lot: decimalOf('OKX', symbol, 'lotSz', entry.lotSz),
    minQty: decimalOrNull(entry.minSz),
    minNotional: null,
    base: textOf(isSpot ? entry.baseCcy : entry.ctValCcy),
    quote: textOf(isSpot ? entry.quoteCcy : entry.settleCcy),
    isTrading: entry.state === 'live',
  };
}

function control(bytes: Uint8Array, from: number, to: number): Control {
  if (bytes[from + 2] === LETTER_A) return DATA; // {"arg":...
  if (bytes[from] === LETTER_P) return FINE; // pong
  const fields = fieldsOf(bytes, from, to);
  if (fields === null || fields.event === undefined) return DATA;
  if (fields.event === 'notice') return { is: 'leaving', text: `OKX: ${oneLine(fields.code)} ${oneLine(fields.msg)}` };
  if (fields.event !== 'error') return FINE;
  const text = `OKX refuses: ${oneLine(fields.code)} ${oneLine(fields.msg)}`;
  return { is: 'error', text, fatal: FATAL_CODES.includes(textOf(fields.code)) };
}

export const OKX: LiveProtocol = {
  venue: 'okx',
  rules: {
    connects: { count: 3, windowMs: 1_000 },
    sends: { count: 480, windowMs: 3_600_000 },
    rest: { weight: 20, windowMs: 2_000 },
    maxAgeMs: 0,
    silenceMs: 35_000,
    quietMs: 20_000,
    ping: { everyMs: 25_000, text: 'ping' },
  },
  endpoints: { ws: 'wss://ws.okx.com:8443', rest: 'https://www.okx.com' },
  makeDecoder: (market) => new OkxVenue(market, new Redundancy()),
  connectUrl: (endpoints) => `${endpoints.ws}/ws/v5/public`,
  subscribe: (symbols) => inGroups(symbols, SYMBOLS_A_REQUEST).map((group) => request('subscribe', group, CHANNELS)),
  resync: (_endpoints, symbol) => ({
    by: 'frames',
    frames: [request('unsubscribe', [symbol], ['books']), request('subscribe', [symbol], ['books'])],
  }),
  control,
  termsUrl,
  parseTerms,
};
