/**
 * Bybit v5, public websocket: orderbook.50 (snapshot and deltas every 20 ms) and publicTrade of each symbol. The category
 * is part of the address: wss://stream.bybit.com/v5/public/linear for perpetuals and futures; an address without it is
 * spot. Source: "V5 API: WebSocket Stream, Connect; Public, Orderbook, Trade; Market, Get Instruments Info".
 *
 * The venue wants {"op":"ping"} every 20 s, whatever else is sent. A new subscription begins with a snapshot: a stale book
 * is subscribed to again.
 */
import { TapeheadError } from '../../../core/errors.ts';
import { BybitVenue } from '../../text/bybit.ts';
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

const DEPTH = 50;
/** "Args limits": of one request for spot. Other categories allow more. */
const TOPICS_A_REQUEST = 10;
/** The most instruments of one answer; spot answers with all of them. */
const TERMS_LIMIT = 1_000;

const LETTER_T = 0x74;

function category(endpoints: Endpoints): string {
  return /\/v5\/public\/(spot|linear|inverse|option)\/?$/.exec(endpoints.ws)?.[1] ?? 'spot';
}

function request(op: 'subscribe' | 'unsubscribe', args: readonly string[]): string {
  return JSON.stringify({ op, args });
}

/**
 * {"retCode":0,"retMsg":"OK","result":{"list":[{"symbol":"BTCUSDT","status":"Trading","baseCoin":"BTC",...,
 * "lotSizeFilter":{"basePrecision":"0.000001",...},"priceFilter":{"tickSize":"0.01"}}]}}
 */
function parseTerms(body: unknown, symbols: readonly string[]): readonly SymbolTerms[] {
  const answer = isFields(body) ? body : {};
  const result = isFields(answer.result) ? answer.result : {};
  if (textOf(answer.retCode) === '10001' && symbols.length === 1) {
    throw new TapeheadError(
      'UNKNOWN_SYMBOL',
      `Bybit does not know the symbol ${symbols[0]}: ${oneLine(answer.retMsg)}`,
    );
  }
  if (textOf(answer.retCode) !== '0' || !Array.isArray(result.list)) {
    const what = `${oneLine(answer.retCode)} ${oneLine(answer.retMsg)}`;
    throw new TapeheadError('FORMAT', `Bybit: no instruments in the answer: ${what}`);
  }
  return termsOf('Bybit', symbols, result.list.filter(isFields), (entry) => textOf(entry.symbol), termsOfEntry);
}

/** Spot names its lot basePrecision and its least value minOrderAmt, the others qtyStep and minNotionalValue. */
function termsOfEntry(entry: Fields): SymbolTerms {
  const symbol = textOf(entry.symbol);
  const lots = isFields(entry.lotSizeFilter) ? entry.lotSizeFilter : {};
  const prices = isFields(entry.priceFilter) ? entry.priceFilter : {};
  return {
    symbol,
    tick: decimalOf('Bybit', symbol, 'tickSize', prices.tickSize),
    lot: decimalOf('Bybit', symbol, 'lot size', lots.qtyStep ?? lots.basePrecision),
    minQty: decimalOrNull(lots.minOrderQty),
    minNotional: decimalOrNull(lots.minNotionalValue ?? lots.minOrderAmt),
    base: textOf(entry.baseCoin),
    quote: textOf(entry.quoteCoin),
    isTrading: entry.status === 'Trading',
  };
}

function control(bytes: Uint8Array, from: number, to: number): Control {
  if (bytes[from + 2] === LETTER_T) return DATA; // {"topic":...
  const fields = fieldsOf(bytes, from, to);
  if (fields === null || fields.topic !== undefined) return DATA;
  if (fields.success !== false) return FINE;
  const text = oneLine(fields.ret_msg);
  const fatal = /handler not found|not found|invalid|not exist/i.test(text);
  return { is: 'error', text: `Bybit refuses: ${text}`, fatal };
}

export const BYBIT: LiveProtocol = {
  venue: 'bybit',
  rules: {
    connects: { count: 500, windowMs: 300_000 },
    // No limit is stated: what one symbol a request would need, and far below what the venue takes.
    sends: { count: 100, windowMs: 1_000 },
    rest: { weight: 600, windowMs: 5_000 },
    maxAgeMs: 0,
    silenceMs: 30_000,
    quietMs: 20_000,
    ping: { everyMs: 20_000, text: '{"op":"ping"}', always: true },
  },
  endpoints: { ws: 'wss://stream.bybit.com', rest: 'https://api.bybit.com' },
  makeDecoder: (market) => new BybitVenue(market, new Redundancy()),
  connectUrl: (endpoints) => (endpoints.ws.includes('/v5/public/') ? endpoints.ws : `${endpoints.ws}/v5/public/spot`),
  subscribe: (symbols) =>
    inGroups(
      symbols.flatMap((symbol) => [`orderbook.${DEPTH}.${symbol}`, `publicTrade.${symbol}`]),
      TOPICS_A_REQUEST,
    ).map((topics) => request('subscribe', topics)),
  resync: (_endpoints, symbol) => {
    const topics = [`orderbook.${DEPTH}.${symbol}`];
    return { by: 'frames', frames: [request('unsubscribe', topics), request('subscribe', topics)] };
  },
  control,
  termsUrl: (endpoints, symbols) => {
    const which = symbols.length === 1 ? `&symbol=${encodeURIComponent(symbols[0])}` : `&limit=${TERMS_LIMIT}`;
    return `${endpoints.rest}/v5/market/instruments-info?category=${category(endpoints)}${which}`;
  },
  parseTerms,
};
