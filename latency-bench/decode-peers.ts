/**
 * The peer of the text decoders: what a program in JavaScript does without them. Each line's bytes become a string, the
 * string goes through `JSON.parse`, the prices and quantities through `Number` into typed arrays. It keeps no books,
 * checks no sequence and no checksum.
 */
import { Row } from './decode-tally.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a venue sends is looked into freely here
type Json = any;

const CAPACITY = 1 << 17;

export type PeerVenue = 'binance' | 'kraken' | 'okx' | 'coinbase' | 'bitfinex' | 'bybit';

export class JsonPeer {
  /** Rows of the line at hand. */
  count = 0;
  readonly row = new Uint8Array(CAPACITY);
  readonly price = new Float64Array(CAPACITY);
  readonly qty = new Float64Array(CAPACITY);
  private readonly venue: PeerVenue;
  private readonly isCapture: boolean;
  /** Binance: ids of the snapshots by symbol, '' where they name none. Updates that a snapshot holds are left out. */
  private readonly snapshotIds = new Map<string, number>();
  /** Bitfinex: channels by number. */
  private readonly channels = new Map<number, string>();

  constructor(venue: PeerVenue, isCapture: boolean) {
    this.venue = venue;
    this.isCapture = isCapture;
  }

  /** Learns a snapshot's id before the run, where the line has one: updates may come before their snapshot. */
  survey(text: string): void {
    if (!text.includes('lastUpdateId')) return;
    const { symbol, frame } = this.frameOf(text);
    if (frame?.lastUpdateId !== undefined) this.snapshotIds.set(symbol, frame.lastUpdateId);
  }

  /** One line without its end. */
  line(text: string): void {
    this.count = 0;
    const { frame } = this.frameOf(text);
    if (frame !== null) this.frame(frame);
  }

  /** One frame of the venue. */
  frame(frame: Json): void {
    this.count = 0;
    if (this.venue === 'binance') this.binance(frame);
    else if (this.venue === 'kraken') this.kraken(frame);
    else if (this.venue === 'okx') this.okx(frame);
    else if (this.venue === 'coinbase') this.coinbase(frame);
    else if (this.venue === 'bybit') this.bybit(frame);
    else this.bitfinex(frame);
  }

  private frameOf(text: string): { symbol: string; frame: Json } {
    if (!this.isCapture) return { symbol: '', frame: JSON.parse(text.slice(text.indexOf(' ') + 1)) };
    const { t, url, data }: Json = JSON.parse(text);
    const symbol = t === 'http' ? /\/depth\?symbol=(\w+)/.exec(url)?.[1] : '';
    const wanted = symbol !== undefined && (t === 'recv' || (t === 'http' && this.venue === 'binance'));
    return wanted ? { symbol, frame: JSON.parse(data) } : { symbol: '', frame: null };
  }

  private put(row: Row, price: string | number, qty: string | number): void {
    const i = this.count++;
    this.row[i] = row;
    this.price[i] = Number(price);
    this.qty[i] = Number(qty);
  }

  private levels(levels: readonly (readonly [string, string])[]): void {
    for (const [price, qty] of levels) this.put(Row.Level, price, qty);
  }

  private binance(frame: Json): void {
    const data = frame.data ?? frame;
    if (data.lastUpdateId !== undefined) {
      this.levels(data.bids);
      this.levels(data.asks);
    } else if (data.e === 'depthUpdate') {
      const id = this.snapshotIds.get(data.s) ?? this.snapshotIds.get('') ?? -1;
      if (data.pu === undefined ? data.u <= id : data.u < id) return;
      this.levels(data.b);
      this.levels(data.a);
    } else if (data.e === 'trade' || data.e === 'aggTrade') this.put(Row.Trade, data.p, data.q);
    else if (data.B !== undefined && data.A !== undefined && data.k === undefined) {
      this.put(Row.Touch, data.b, data.B);
      this.put(Row.Touch, data.a, data.A);
    }
  }

  private kraken(frame: Json): void {
    if (!Array.isArray(frame)) {
      for (const entry of frame.data ?? []) this.krakenEntry(frame.channel, entry);
      return;
    }
    const channel = frame.at(-2);
    if (channel === 'trade') for (const [price, qty] of frame[1]) this.put(Row.Trade, price, qty);
    else if (channel === 'ticker') {
      const { a, b } = frame[1];
      this.put(Row.Touch, b[0], b[2]);
      this.put(Row.Touch, a[0], a[2]);
    } else if (channel.startsWith('book-')) {
      for (const part of frame.slice(1, -2)) {
        for (const side of [part.bs, part.b, part.as, part.a]) if (side !== undefined) this.levels(side);
      }
    }
  }

  /** Of version 2. */
  private krakenEntry(channel: string, entry: Json): void {
    if (channel === 'trade') this.put(Row.Trade, entry.price, entry.qty);
    else if (channel === 'book') {
      for (const { price, qty } of [...entry.bids, ...entry.asks]) this.put(Row.Level, price, qty);
    }
  }

  private okx(frame: Json): void {
    if (frame.data === undefined) return;
    const { channel } = frame.arg;
    for (const entry of frame.data) {
      if (channel === 'trades') this.put(Row.Trade, entry.px, entry.sz);
      else if (channel === 'tickers') {
        this.put(Row.Touch, entry.bidPx, entry.bidSz);
        this.put(Row.Touch, entry.askPx, entry.askSz);
      } else if (channel === 'books') {
        this.levels(entry.bids);
        this.levels(entry.asks);
      }
    }
  }

  private bybit(frame: Json): void {
    const { topic, data } = frame;
    if (topic === undefined) return;
    if (topic.startsWith('orderbook.')) {
      this.levels(data.b);
      this.levels(data.a);
    } else if (topic.startsWith('publicTrade.')) for (const { p, v } of data) this.put(Row.Trade, p, v);
  }

  private coinbase(frame: Json): void {
    if (frame.type === 'l2update') for (const [, price, qty] of frame.changes) this.put(Row.Level, price, qty);
    else if (frame.type === 'snapshot') {
      this.levels(frame.bids);
      this.levels(frame.asks);
    } else if (frame.type === 'match') this.put(Row.Trade, frame.price, frame.size);
    for (const event of frame.events ?? []) {
      for (const { price_level, new_quantity } of event.updates ?? []) this.put(Row.Level, price_level, new_quantity);
      for (const { price, size } of event.trades ?? []) this.put(Row.Trade, price, size);
      for (const one of event.tickers ?? []) {
        this.put(Row.Touch, one.best_bid, one.best_bid_quantity);
        this.put(Row.Touch, one.best_ask, one.best_ask_quantity);
      }
    }
  }

  private bitfinex(frame: Json): void {
    if (!Array.isArray(frame)) {
      if (frame.event === 'subscribed') this.channels.set(frame.chanId, frame.channel);
      return;
    }
    const channel = this.channels.get(frame[0]);
    const body = frame[1];
    if (channel === 'trades') {
      const rows = body === 'te' ? [frame[2]] : Array.isArray(body) ? body : [];
      for (const [, , amount, price] of rows) this.put(Row.Trade, price, Math.abs(amount));
    } else if (channel === 'ticker' && Array.isArray(body)) {
      // Its sizes are not those of the touch: the decoder leaves them out.
      this.put(Row.Touch, body[0], 0);
      this.put(Row.Touch, body[2], 0);
    } else if (channel === 'book' && Array.isArray(body)) {
      for (const [price, orders, amount] of Array.isArray(body[0]) ? body : body.length === 0 ? [] : [body]) {
        this.put(Row.Level, price, orders === 0 ? 0 : Math.abs(amount));
      }
    }
  }
}
