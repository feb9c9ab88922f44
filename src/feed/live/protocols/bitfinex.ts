/**
 * Bitfinex v2, public websocket: book (P0, F0, 100 levels) and trades of each symbol ("tBTCUSD"), with the connection's
 * messages numbered and checksums of the books. Source: "WebSocket: General (Configuration Flags, Info and Error Messages),
 * Public Channels, Books, Trades", "REST: Configs".
 *
 * Channels are told apart by ids that the venue gives, so a stale book is made whole by a new connection. Heartbeats come
 * every 15 s on every channel.
 */
import { TapeheadError } from '../../../core/errors.ts';
import { BitfinexVenue } from '../../text/bitfinex.ts';
import type { Control, LiveProtocol, SymbolTerms } from '../protocol.ts';
import { DATA, decimalOrNull, FINE, fieldsOf, oneLine, textOf } from './answer.ts';

/** SEQ_ALL and OB_CHECKSUM. */
const FLAGS = 65536 + 131072;
/** Channels of one connection, at most. */
const MAX_CHANNELS = 25;
/** "Please reconnect", and the end of a maintenance, after which every channel is to be subscribed to again. */
const RECONNECT_CODES = ['20051', '20061'];
/** A subscription that exists: of no consequence. */
const ALREADY_SUBSCRIBED = '10301';
/** Quantities have eight decimals at most. Prices have five significant digits: there is no tick. */
const LOT = '0.00000001';

const OPEN_BRACKET = 0x5b;

function subscribe(symbols: readonly string[]): readonly string[] {
  if (symbols.length * 2 > MAX_CHANNELS) {
    throw new TapeheadError(
      'USAGE',
      `Bitfinex: ${symbols.length} symbols on one connection, which takes ${MAX_CHANNELS} channels, two for each: give at most ${Math.floor(MAX_CHANNELS / 2)}`,
    );
  }
  const frames = [JSON.stringify({ event: 'conf', flags: FLAGS })];
  for (const symbol of symbols) {
    const book = { event: 'subscribe', channel: 'book', symbol, prec: 'P0', freq: 'F0', len: '100' };
    frames.push(JSON.stringify(book), JSON.stringify({ event: 'subscribe', channel: 'trades', symbol }));
  }
  return frames;
}

function control(bytes: Uint8Array, from: number, to: number): Control {
  if (bytes[from] === OPEN_BRACKET) return DATA;
  const fields = fieldsOf(bytes, from, to);
  if (fields === null) return DATA;
  const code = textOf(fields.code);
  if (fields.event === 'pong') return FINE;
  if (fields.event === 'info' && RECONNECT_CODES.includes(code)) {
    return { is: 'leaving', text: `Bitfinex: ${code} ${oneLine(fields.msg)}` };
  }
  if (fields.event !== 'error') return DATA; // what is subscribed to, the flags: the decoder must know
  const text = `Bitfinex refuses: ${code} ${oneLine(fields.msg)} ${oneLine(fields.symbol)}`.trim();
  return { is: 'error', text, fatal: code !== ALREADY_SUBSCRIBED };
}

/** [[["BTCUSD",[null,null,null,"0.00004","2000.0",null,null,null,0.2,0.1,null,null]],...]]: place 3 is the least quantity. */
function parseTerms(body: unknown, symbols: readonly string[]): readonly SymbolTerms[] {
  const list: unknown = Array.isArray(body) ? body[0] : null;
  if (!Array.isArray(list)) throw new TapeheadError('FORMAT', 'Bitfinex: no pairs in the answer');
  const pairs = new Map<string, unknown>();
  for (const entry of list) if (Array.isArray(entry)) pairs.set(`t${textOf(entry[0])}`, entry[1]);
  return symbols.map((symbol) => {
    const info = pairs.get(symbol);
    if (!Array.isArray(info)) {
      const hint = pairs.has(`t${symbol}`) ? `; did you mean t${symbol}?` : '';
      throw new TapeheadError('UNKNOWN_SYMBOL', `Bitfinex does not know the symbol ${symbol}${hint}`);
    }
    const [base, quote] = currencies(symbol.slice(1));
    const terms = { symbol, tick: '', lot: LOT, minQty: decimalOrNull(info[3]), minNotional: null };
    return { ...terms, base, quote, isTrading: true };
  });
}

/** "BTCUSD", or "DOGE:USD" where a name is longer than three letters. */
function currencies(pair: string): [string, string] {
  const [base, quote] = pair.split(':');
  return quote === undefined ? [pair.slice(0, 3), pair.slice(3)] : [base, quote];
}

export const BITFINEX: LiveProtocol = {
  venue: 'bitfinex',
  rules: {
    connects: { count: 20, windowMs: 60_000 },
    sends: { count: 100, windowMs: 1_000 },
    rest: { weight: 30, windowMs: 60_000 },
    maxAgeMs: 0,
    silenceMs: 40_000,
    ping: { everyMs: 20_000, text: '{"event":"ping","cid":1}' },
  },
  endpoints: { ws: 'wss://api-pub.bitfinex.com', rest: 'https://api-pub.bitfinex.com' },
  makeDecoder: (market) => new BitfinexVenue(market),
  connectUrl: (endpoints) => `${endpoints.ws}/ws/2`,
  subscribe,
  resync: () => ({ by: 'reconnect' }),
  control,
  termsUrl: (endpoints) => `${endpoints.rest}/v2/conf/pub:info:pair`,
  parseTerms,
};
