/**
 * What a live connection needs to know of a venue: its addresses, its words, its rules. Pure: text in, text out, time and
 * sockets belong to the connection (connection.ts). Market data itself is for the VenueDecoder, the same as in recordings.
 */
import type { TextMarket } from '../text/market.ts';
import type { VenueDecoder } from '../text/venue.ts';

/** The venues that can be followed live. */
export const LIVE_VENUES = [
  'binance',
  'binance-usdm',
  'coinbase',
  'coinbase-full',
  'kraken',
  'okx',
  'bybit',
  'bitfinex',
] as const;
export type LiveVenueName = (typeof LIVE_VENUES)[number];

/** Base addresses: the venue's own, or those of another server that speaks its protocol (`tapehead venue`). */
export interface Endpoints {
  /** Such as wss://stream.binance.com:9443, without a slash at the end. */
  readonly ws: string;
  /** Such as https://api.binance.com; '' where the protocol needs none. */
  readonly rest: string;
}

export interface LiveRules {
  /** New connections, at most so many within so long (per address). */
  readonly connects: { readonly count: number; readonly windowMs: number };
  /** Frames that we send on one connection, at most so many within so long. */
  readonly sends: { readonly count: number; readonly windowMs: number };
  /** REST requests: at most so much weight within so long. */
  readonly rest: { readonly weight: number; readonly windowMs: number };
  /** A connection is replaced when it is so old, before the venue cuts it; 0: it never does. */
  readonly maxAgeMs: number;
  /** No frame for so long: the connection is dead. Heartbeats and pongs count as frames. */
  readonly silenceMs: number;
  /**
   * No market data for so long, whatever else came: the streams are taken for dead. Twice as long after each time that a new
   * connection brought nothing either, so that a market that rests is not connected to for ever. Absent: only `silenceMs` counts.
   */
  readonly quietMs?: number;
  /**
   * What we send when nothing came for `everyMs` (with `always`: every `everyMs`, whatever came): text, or a ping frame
   * of the websocket (''); null: nothing.
   */
  readonly ping: { readonly everyMs: number; readonly text: string; readonly always?: boolean } | null;
}

/** What makes one book whole again. */
export type Resync =
  /** Ask REST for a snapshot; its answer goes to the decoder's `rest`. */
  | { readonly by: 'rest'; readonly url: string; readonly weight: number }
  /** Send these frames, in this order. */
  | { readonly by: 'frames'; readonly frames: readonly string[] }
  | { readonly by: 'reconnect' };

export type Control =
  /** Market data, or what the decoder counts by its type. */
  | { readonly is: 'data' }
  /** The venue answers a request of ours, greets, or keeps the line alive. */
  | { readonly is: 'fine' }
  /** To be answered with this text at once. */
  | { readonly is: 'ping'; readonly answer: string }
  /** The venue is about to close this connection, or asks for a new one: replace it now (make before break). */
  | { readonly is: 'leaving'; readonly text: string }
  /** The venue refuses something; one line for the user. `fatal`: reconnecting would not help (unknown symbol). */
  | { readonly is: 'error'; readonly text: string; readonly fatal: boolean };

/** What the venue says of an instrument; decimals as text, exactly as it writes them. '' for a tick or lot it has not. */
export interface SymbolTerms {
  readonly symbol: string;
  readonly tick: string;
  readonly lot: string;
  readonly minQty: string | null;
  readonly minNotional: string | null;
  readonly base: string;
  readonly quote: string;
  readonly isTrading: boolean;
}

export interface LiveProtocol {
  readonly venue: LiveVenueName;
  readonly rules: LiveRules;
  /** The venue's own addresses. */
  readonly endpoints: Endpoints;
  makeDecoder(market: TextMarket): VenueDecoder;
  /** Where to connect to for these symbols (the venue's own names). */
  connectUrl(endpoints: Endpoints, symbols: readonly string[]): string;
  /** Frames to be sent when the connection is open, in this order. */
  subscribe(symbols: readonly string[]): readonly string[];
  /** For a new book, and for one that is stale. */
  resync(endpoints: Endpoints, symbol: string): Resync;
  /** Looks at a frame before the decoder does. Cheap for market data: it sees every frame. */
  control(bytes: Uint8Array, from: number, to: number): Control;
  /** Address of what the venue says of its instruments, and what is in the answer. Throws TapeheadError. */
  termsUrl(endpoints: Endpoints, symbols: readonly string[]): string;
  parseTerms(body: unknown, symbols: readonly string[]): readonly SymbolTerms[];
}
