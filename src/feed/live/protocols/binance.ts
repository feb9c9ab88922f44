/**
 * Binance, spot and USD-M futures: combined streams, named in the address, so that nothing is sent to subscribe; a book
 * starts from a REST snapshot (binance-venue.ts joins it).
 *
 * Sources: developers.binance.com, Spot "WebSocket Streams" (General WSS information; How to manage a local order book
 * correctly), "REST API" (General API information: limits; Exchange information; Order book: weight 50 for 1,000 levels)
 * and USD-M Futures "Websocket Market Streams" (Connect), "Market Data Endpoints" (Exchange Information; Order Book:
 * weight 20 for 1,000 levels). The server pings every 20 s (spot) or 3 min (USD-M); its pings are answered by the
 * websocket library. Connections end after 24 h; 300 new ones in 5 min; 5 (spot) or 10 (USD-M) messages to it a second;
 * 1,024 streams each. REST weight: 6,000 (spot) or 2,400 (USD-M) a minute.
 */
import { TapeheadError } from '../../../core/errors.ts';
import { nearestSymbols } from '../../symbols.ts';
import { BinanceVenue } from '../../text/binance-venue.ts';
import type { TextMarket } from '../../text/market.ts';
import { Redundancy } from '../../text/redundancy.ts';
import type { VenueDecoder } from '../../text/venue.ts';
import type { Control, Endpoints, LiveProtocol, LiveRules, LiveVenueName, Resync, SymbolTerms } from '../protocol.ts';

const MAX_STREAMS = 1024;
const HOUR_MS = 3_600_000;
/** Levels a side of a snapshot. */
const SNAPSHOT_LEVELS = 1000;

/** A frame that answers or refuses a request begins so; market data begins with {"stream": or {"e":. */
const ERROR_FRAME = Buffer.from('{"error"', 'latin1');
const RESULT_FRAME = Buffer.from('{"result"', 'latin1');
const DATA: Control = { is: 'data' };
const FINE: Control = { is: 'fine' };

interface Flavour {
  readonly venue: LiveVenueName;
  readonly endpoints: Endpoints;
  /** What follows the symbol in the names of its streams. */
  readonly streams: readonly string[];
  readonly restPath: string;
  readonly snapshotWeight: number;
  readonly sendsPerSecond: number;
  readonly restWeight: number;
}

class BinanceProtocol implements LiveProtocol {
  readonly venue: LiveVenueName;
  readonly endpoints: Endpoints;
  readonly rules: LiveRules;
  private readonly flavour: Flavour;

  constructor(flavour: Flavour) {
    this.flavour = flavour;
    this.venue = flavour.venue;
    this.endpoints = flavour.endpoints;
    this.rules = {
      connects: { count: 300, windowMs: 5 * 60_000 },
      sends: { count: flavour.sendsPerSecond, windowMs: 1_000 },
      rest: { weight: flavour.restWeight, windowMs: 60_000 },
      maxAgeMs: 23.5 * HOUR_MS,
      silenceMs: 10_000,
      quietMs: 15_000,
      // A quiet market is no dead line: a ping of ours is answered at once.
      ping: { everyMs: 3_000, text: '' },
    };
  }

  makeDecoder(market: TextMarket): VenueDecoder {
    return new BinanceVenue(market, true, new Redundancy());
  }

  connectUrl(endpoints: Endpoints, symbols: readonly string[]): string {
    const names = symbols.flatMap((symbol) => this.flavour.streams.map((stream) => symbol.toLowerCase() + stream));
    if (names.length > MAX_STREAMS) {
      const most = Math.floor(MAX_STREAMS / this.flavour.streams.length);
      throw new TapeheadError(
        'USAGE',
        `${this.venue}: ${symbols.length} symbols are too many for one run, ${most} are not`,
      );
    }
    return `${endpoints.ws}/stream?streams=${names.join('/')}`;
  }

  subscribe(): readonly string[] {
    return [];
  }

  resync(endpoints: Endpoints, symbol: string): Resync {
    const { restPath, snapshotWeight } = this.flavour;
    const query = `symbol=${encodeURIComponent(symbol)}&limit=${SNAPSHOT_LEVELS}`;
    return { by: 'rest', url: `${endpoints.rest}${restPath}/depth?${query}`, weight: snapshotWeight };
  }

  control(bytes: Uint8Array, from: number, to: number): Control {
    if (startsWith(bytes, from, to, RESULT_FRAME)) return FINE;
    if (!startsWith(bytes, from, to, ERROR_FRAME)) return DATA;
    const text = Buffer.from(bytes.subarray(from, Math.min(to, from + 200))).toString('utf8');
    return { is: 'error', text: `${this.venue} refuses: ${text}`, fatal: false };
  }

  /** Spot takes the symbols; USD-M has no such parameter and states all of them. */
  termsUrl(endpoints: Endpoints, symbols: readonly string[]): string {
    const url = `${endpoints.rest}${this.flavour.restPath}/exchangeInfo`;
    if (this.venue === 'binance-usdm') return url;
    return `${url}?symbols=${encodeURIComponent(JSON.stringify(symbols))}`;
  }

  parseTerms(body: unknown, symbols: readonly string[]): readonly SymbolTerms[] {
    const code = field(body, 'code');
    if (code !== undefined) {
      // -1121 "Invalid symbol.": one of those asked for
      const message = String(field(body, 'msg') ?? code);
      throw new TapeheadError('UNKNOWN_SYMBOL', `${this.venue} refuses ${symbols.join(', ')}: ${message}`);
    }
    const listed = field(body, 'symbols');
    if (!Array.isArray(listed))
      throw new TapeheadError('NETWORK', `${this.venue}: exchangeInfo has no list of symbols`);
    const byName = new Map<string, unknown>(listed.map((one) => [String(field(one, 'symbol')), one]));
    return symbols.map((symbol) => {
      const found = byName.get(symbol);
      if (found !== undefined) return this.termsOf(symbol, found);
      const near = nearestSymbols(symbol, [...byName.keys()]).join(', ');
      throw new TapeheadError(
        'UNKNOWN_SYMBOL',
        `${this.venue} has no ${symbol}${near === '' ? '' : ` (nearest: ${near})`}`,
      );
    });
  }

  private termsOf(symbol: string, found: unknown): SymbolTerms {
    const filters = field(found, 'filters');
    const filter = (type: string): unknown =>
      Array.isArray(filters) ? filters.find((one) => field(one, 'filterType') === type) : undefined;
    const lotSize = filter('LOT_SIZE');
    const notional = filter('NOTIONAL') ?? filter('MIN_NOTIONAL');
    const tick = text(field(filter('PRICE_FILTER'), 'tickSize'));
    const lot = text(field(lotSize, 'stepSize'));
    if (tick === null || lot === null) {
      throw new TapeheadError('NETWORK', `${this.venue}: exchangeInfo states no tickSize and stepSize of ${symbol}`);
    }
    return {
      symbol,
      tick,
      lot,
      minQty: text(field(lotSize, 'minQty')),
      minNotional: text(field(notional, 'minNotional') ?? field(notional, 'notional')),
      base: text(field(found, 'baseAsset')) ?? '',
      quote: text(field(found, 'quoteAsset')) ?? '',
      isTrading: field(found, 'status') === 'TRADING',
    };
  }
}

/** "How to manage a local order book correctly" asks for @depth; the fastest of each market. */
export const BINANCE: LiveProtocol = new BinanceProtocol({
  venue: 'binance',
  endpoints: { ws: 'wss://stream.binance.com:9443', rest: 'https://api.binance.com' },
  streams: ['@depth@100ms', '@bookTicker', '@trade'],
  restPath: '/api/v3',
  snapshotWeight: 50,
  sendsPerSecond: 5,
  restWeight: 6_000,
});

export const BINANCE_USDM: LiveProtocol = new BinanceProtocol({
  venue: 'binance-usdm',
  endpoints: { ws: 'wss://fstream.binance.com', rest: 'https://fapi.binance.com' },
  streams: ['@depth@0ms', '@bookTicker', '@aggTrade'],
  restPath: '/fapi/v1',
  snapshotWeight: 20,
  sendsPerSecond: 10,
  restWeight: 2_400,
});

function startsWith(bytes: Uint8Array, from: number, to: number, start: Uint8Array): boolean {
  if (to - from < start.length) return false;
  for (let i = 0; i < start.length; i++) if (bytes[from + i] !== start[i]) return false;
  return true;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
