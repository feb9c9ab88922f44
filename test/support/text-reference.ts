/**
 * The venues decoded the naive way: JSON.parse, maps of decimal texts, a full sort for every checksum. The twin of
 * src/feed/text for unbroken recordings: it knows nothing of gaps.
 */
import { crc32 } from 'node:zlib';
import { emptyBook, type PlainBook, plainDecimal, setLevel } from './event-probe.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a venue sends is looked into freely here
type Json = any;
type Pair = [string | number, string | number, ...unknown[]];

export interface ReferenceTrade {
  readonly symbol: string;
  readonly price: string;
  readonly qty: string;
  /** The taker bought. */
  readonly takerBought: boolean;
}

export abstract class ReferenceVenue {
  readonly books = new Map<string, PlainBook>();
  readonly trades: ReferenceTrade[] = [];
  /** Best bid and ask as the venue states them: [symbol, bid, bid qty, ask, ask qty]. */
  readonly touches: string[][] = [];
  snapshots = 0;
  updates = 0;
  checksumsRight = 0;
  checksumsWrong = 0;

  /** Returns the symbol whose book changed, or null. */
  abstract frame(text: string): string | null;

  /** An answer of the REST interface. */
  rest(_url: string, _text: string): string | null {
    return null;
  }

  protected book(symbol: string): PlainBook {
    let book = this.books.get(symbol);
    if (book === undefined) {
      book = emptyBook();
      this.books.set(symbol, book);
    }
    return book;
  }

  protected clear(symbol: string): PlainBook {
    const book = this.book(symbol);
    book.bids.clear();
    book.asks.clear();
    this.snapshots++;
    return book;
  }

  protected levels(book: PlainBook, isBid: boolean, pairs: readonly Pair[]): void {
    for (const [price, qty] of pairs) setLevel(book, isBid, plainDecimal(price), plainDecimal(qty));
  }

  protected trade(symbol: string, price: string | number, qty: string | number, takerBought: boolean): void {
    this.trades.push({ symbol, price: plainDecimal(price), qty: plainDecimal(qty).replace('-', ''), takerBought });
  }

  protected touch(symbol: string, ...values: (string | number)[]): void {
    this.touches.push([symbol, ...values.map((value) => plainDecimal(value))]);
  }

  protected checksum(venues: number, ours: number): void {
    if (venues === ours) this.checksumsRight++;
    else this.checksumsWrong++;
  }
}

/** Levels of a side, best first. */
function sorted(levels: Map<string, string>, isBid: boolean): [string, string][] {
  return [...levels].sort(([a], [b]) => (Number(b) - Number(a)) * (isBid ? 1 : -1));
}

export class ReferenceBinance extends ReferenceVenue {
  private readonly waiting = new Map<string, Json[]>();
  /** Id of the snapshot that a book began with. */
  private readonly begun = new Map<string, number>();

  override frame(text: string): string | null {
    const parsed: Json = JSON.parse(text);
    const data = parsed.data ?? parsed;
    if (data.lastUpdateId !== undefined) return this.snapshot([...this.waiting.keys()][0], data);
    if (data.e === 'depthUpdate') return this.diff(data);
    if (data.e === 'trade' || data.e === 'aggTrade') this.trade(data.s, data.p, data.q, !data.m);
    else if (data.B !== undefined && data.A !== undefined && data.k === undefined)
      this.touch(data.s, data.b, data.B, data.a, data.A);
    return null;
  }

  override rest(url: string, text: string): string | null {
    const symbol = /\/depth\?symbol=(\w+)/.exec(url)?.[1];
    return symbol === undefined ? null : this.snapshot(symbol, JSON.parse(text));
  }

  private diff(data: Json): string | null {
    if (this.begun.has(data.s)) {
      this.apply(data);
      return data.s;
    }
    this.waiting.set(data.s, [...(this.waiting.get(data.s) ?? []), data]);
    return null;
  }

  private apply(data: Json): void {
    const id = this.begun.get(data.s)!;
    if (data.pu === undefined ? data.u <= id : data.u < id) return;
    this.updates++;
    const book = this.book(data.s);
    this.levels(book, true, data.b);
    this.levels(book, false, data.a);
  }

  private snapshot(symbol: string, data: Json): string {
    const book = this.clear(symbol);
    this.levels(book, true, data.bids);
    this.levels(book, false, data.asks);
    this.begun.set(symbol, data.lastUpdateId);
    for (const diff of this.waiting.get(symbol) ?? []) this.apply(diff);
    return symbol;
  }
}

export class ReferenceKraken extends ReferenceVenue {
  /** Texts as written, for the checksum. */
  private readonly written = new Map<string, { bids: Map<string, string>; asks: Map<string, string> }>();

  override frame(text: string): string | null {
    const frame: Json = JSON.parse(text);
    if (!Array.isArray(frame)) return null;
    const symbol = frame.at(-1);
    const channel = frame.at(-2);
    if (channel === 'trade') {
      for (const [price, qty, , side] of frame[1]) this.trade(symbol, price, qty, side === 'b');
    } else if (channel === 'ticker') {
      const { a, b } = frame[1];
      this.touch(symbol, b[0], b[2], a[0], a[2]);
    }
    if (!channel.startsWith('book-')) return null;
    const depth = Number(channel.slice(5));
    for (const part of frame.slice(1, -2)) this.part(symbol, part);
    if (frame[1].as === undefined) this.updates++;
    this.cut(symbol, depth);
    const checksum = frame.slice(1, -2).find((part: Json) => part.c !== undefined)?.c;
    // Sorting a thousand levels a side for every update takes seconds: every eighth is compared.
    if (checksum !== undefined && this.updates % 8 === 0) this.checksum(Number(checksum), this.ours(symbol));
    return symbol;
  }

  private part(symbol: string, part: Json): void {
    if (part.as !== undefined) {
      this.clear(symbol);
      this.written.set(symbol, emptyBook());
    }
    const texts = this.written.get(symbol)!;
    for (const [isBid, pairs] of [
      [true, part.bs ?? part.b ?? []],
      [false, part.as ?? part.a ?? []],
    ] as [boolean, [string, string][]][]) {
      this.levels(this.book(symbol), isBid, pairs);
      const side = isBid ? texts.bids : texts.asks;
      for (const [price, qty] of pairs) {
        if (Number(qty) === 0) side.delete(price);
        else side.set(price, qty);
      }
    }
  }

  private cut(symbol: string, depth: number): void {
    const book = this.book(symbol);
    const texts = this.written.get(symbol)!;
    for (const isBid of [true, false]) {
      const key = isBid ? 'bids' : 'asks';
      if (book[key].size <= depth) continue;
      for (const [price] of sorted(book[key], isBid).slice(depth)) book[key].delete(price);
      for (const [price] of sorted(texts[key], isBid).slice(depth)) texts[key].delete(price);
    }
  }

  private ours(symbol: string): number {
    const { bids, asks } = this.written.get(symbol)!;
    const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
    const levels = [...sorted(asks, false).slice(0, 10), ...sorted(bids, true).slice(0, 10)];
    return crc32(levels.map(([price, qty]) => digits(price) + digits(qty)).join(''));
  }
}

export class ReferenceOkx extends ReferenceVenue {
  private readonly written = new Map<string, { bids: Map<string, string>; asks: Map<string, string> }>();

  override frame(text: string): string | null {
    const frame: Json = JSON.parse(text);
    if (frame.data === undefined) return null;
    const { channel, instId } = frame.arg;
    const [entry] = frame.data;
    if (channel === 'trades') for (const t of frame.data) this.trade(t.instId, t.px, t.sz, t.side === 'buy');
    if (channel === 'tickers') this.touch(instId, entry.bidPx, entry.bidSz, entry.askPx, entry.askSz);
    if (channel !== 'books') return null;
    if (frame.action === 'snapshot') {
      this.clear(instId);
      this.written.set(instId, emptyBook());
    } else this.updates++;
    const texts = this.written.get(instId)!;
    for (const isBid of [true, false]) {
      const pairs: [string, string][] = isBid ? entry.bids : entry.asks;
      this.levels(this.book(instId), isBid, pairs);
      for (const [price, qty] of pairs) {
        if (Number(qty) === 0) (isBid ? texts.bids : texts.asks).delete(price);
        else (isBid ? texts.bids : texts.asks).set(price, qty);
      }
    }
    const bids = sorted(texts.bids, true);
    const asks = sorted(texts.asks, false);
    const parts: string[] = [];
    for (let i = 0; i < 25; i++) {
      if (i < bids.length) parts.push(...bids[i]);
      if (i < asks.length) parts.push(...asks[i]);
    }
    this.checksum(entry.checksum, crc32(parts.join(':')) | 0);
    return instId;
  }
}

export class ReferenceCoinbase extends ReferenceVenue {
  override frame(text: string): string | null {
    const frame: Json = JSON.parse(text);
    let changed: string | null = null;
    for (const event of frame.events) {
      if (frame.channel === 'l2_data') {
        changed = event.product_id as string;
        const book = event.type === 'snapshot' ? this.clear(changed) : this.book(changed);
        if (event.type === 'update') this.updates++;
        for (const u of event.updates) this.levels(book, u.side === 'bid', [[u.price_level, u.new_quantity]]);
      }
      for (const t of event.trades ?? []) this.trade(t.product_id, t.price, t.size, t.side === 'SELL');
      for (const t of event.tickers ?? []) {
        this.touch(t.product_id, t.best_bid, t.best_bid_quantity, t.best_ask, t.best_ask_quantity);
      }
    }
    return changed;
  }
}

export class ReferenceBitfinex extends ReferenceVenue {
  private readonly channels = new Map<number, { channel: string; symbol: string }>();

  override frame(text: string): string | null {
    const frame: Json = JSON.parse(text);
    if (!Array.isArray(frame)) {
      if (frame.event === 'subscribed') this.channels.set(frame.chanId, frame);
      return null;
    }
    const info = this.channels.get(frame[0]);
    if (info === undefined || frame[1] === 'hb') return null;
    const { channel, symbol } = info;
    if (channel === 'ticker') this.touch(symbol, frame[1][0], 0, frame[1][2], 0);
    if (channel === 'trades') {
      const rows = frame[1] === 'te' ? [frame[2]] : Array.isArray(frame[1]) ? frame[1] : [];
      for (const [, , amount, price] of rows) this.trade(symbol, price, amount, amount > 0);
    }
    if (channel !== 'book') return null;
    const isSnapshot = Array.isArray(frame[1][0]) || frame[1].length === 0;
    const book = isSnapshot ? this.clear(symbol) : this.book(symbol);
    if (!isSnapshot) this.updates++;
    for (const [price, count, amount] of isSnapshot ? frame[1] : [frame[1]]) {
      this.levels(book, amount > 0, [[price, count === 0 ? 0 : Math.abs(amount)]]);
    }
    return symbol;
  }
}
