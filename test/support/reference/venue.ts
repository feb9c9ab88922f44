/**
 * Slow reference decoders, for frames that may be damaged: JSON.parse, maps of decimal texts, a full sort for every
 * checksum. Written from the venues' documentation and sharing no code with src, they say what must come out of a frame,
 * an event a line, and refuse what the venue would not send.
 */
import { bookLine, type Json, keepNumbers, plain, type Value } from './values.ts';

/** The venue would not send this frame. */
export class Refused extends Error {}

export function refuse(why: string): never {
  throw new Refused(why);
}

/** By StaleReason's numbers, which are part of the log's format. */
export const Stale = { None: 0, Awaiting: 1, Gap: 2, Checksum: 3, Disconnected: 4, BadValue: 7 } as const;

export interface Level {
  readonly side: 'bid' | 'ask';
  readonly price: Value;
  readonly qty: Value;
  readonly orders: string;
}

export class ReferenceBook {
  readonly symbol: string;
  stale: number = Stale.Awaiting;
  defined = false;
  connection = -1;
  /** Plain price -> [price, quantity] as written. */
  readonly bids = new Map<string, [string, string]>();
  readonly asks = new Map<string, [string, string]>();
  /** It may hold values that need more digits than any unit has beside others: our decoder may give the book up. */
  extreme = false;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** Levels of a side as written, best first. */
  sorted(side: 'bid' | 'ask'): [string, string][] {
    const levels = [...(side === 'bid' ? this.bids : this.asks).entries()];
    levels.sort(([a], [b]) => (Number(b) - Number(a)) * (side === 'bid' ? 1 : -1));
    return levels.map(([, written]) => written);
  }
}

export abstract class ReferenceDecoder<B extends ReferenceBook = ReferenceBook> {
  /** What came out since it was emptied. */
  lines: string[] = [];
  /** The frame at hand, or a book it touches, has extreme values. */
  extreme = false;
  /** Receive time, session ns. */
  tsRecv = 0;
  readonly books = new Map<string, B>();
  protected readonly symbols: readonly string[];
  private readonly baseNs: bigint;

  constructor(symbols: readonly string[], baseNs: bigint) {
    this.symbols = symbols;
    this.baseNs = baseNs;
  }

  protected abstract makeBook(symbol: string): B;

  protected abstract message(frame: Json, connection: number): void;

  /** Throws Refused. */
  frame(bytes: Uint8Array, connection: number): void {
    this.extreme = false;
    this.message(this.parse(bytes), connection);
  }

  /** An answer of the REST interface. */
  rest(_symbol: string, _bytes: Uint8Array): void {
    refuse('nothing is asked of REST');
  }

  disconnected(connection: number): void {
    for (const book of this.books.values()) {
      if (book.connection !== connection) continue;
      book.connection = -1;
      this.stale(book, Stale.Disconnected);
    }
  }

  protected parse(bytes: Uint8Array): Json {
    try {
      return keepNumbers(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    } catch {
      return refuse('no JSON');
    }
  }

  /** Null for a symbol that nobody asked for. */
  protected book(symbol: string): B | null {
    if (!this.symbols.includes(symbol)) return null;
    let book = this.books.get(symbol);
    if (book === undefined) {
      book = this.makeBook(symbol);
      this.books.set(symbol, book);
    }
    return book;
  }

  /** Epoch ms to session ns; the receive time for what is no time. */
  protected time(ms: bigint | null): number {
    if (ms === null) return this.tsRecv;
    const ns = Number(ms * 1_000_000n - this.baseNs);
    return Number.isSafeInteger(ns) ? ns : this.tsRecv;
  }

  protected define(book: B): void {
    if (book.defined) return;
    book.defined = true;
    this.lines.push(`stale ${book.symbol} ${book.stale}`);
  }

  protected stale(book: B, reason: number): void {
    if (book.stale === reason) return;
    book.stale = reason;
    if (book.defined) this.lines.push(`stale ${book.symbol} ${reason}`);
  }

  protected live(book: B): void {
    if (book.stale === Stale.None) return;
    book.stale = Stale.None;
    this.lines.push(`live ${book.symbol}`);
  }

  protected trouble(book: B, what: string, first: bigint | number, second: bigint | number): void {
    this.define(book);
    this.lines.push(`${what} ${book.symbol} ${first} ${second}`);
  }

  /** False: a value makes no sense, and the book is stale. Prices must be above 0, quantities at least 0. */
  protected sensible(book: B, levels: readonly Level[]): boolean {
    for (const { price, qty } of levels) {
      if (price.isLong || qty.isLong) book.extreme = true;
      if (price.sign > 0 && qty.sign >= 0) continue;
      this.define(book);
      this.stale(book, Stale.BadValue);
      return false;
    }
    if (book.extreme) this.extreme = true;
    return true;
  }

  /** Empties the book for a snapshot. False: it makes no sense. */
  protected begin(book: B, levels: readonly Level[]): boolean {
    book.extreme = false;
    if (!this.sensible(book, levels)) return false;
    if (book.defined) this.lines.push(`clear ${book.symbol}`);
    this.define(book);
    book.bids.clear();
    book.asks.clear();
    return true;
  }

  protected keep(book: B, levels: readonly Level[]): void {
    for (const { side, price, qty } of levels) {
      const levelsOfSide = side === 'bid' ? book.bids : book.asks;
      if (qty.sign === 0) levelsOfSide.delete(price.plain);
      else levelsOfSide.set(price.plain, [price.written, qty.written]);
    }
  }

  protected emit(book: B, levels: readonly Level[], time: number, isSnapshot = false): void {
    for (const { side, price, qty, orders } of levels) {
      this.lines.push(bookLine(book.symbol, side, price.plain, qty.plain, orders, time, isSnapshot));
    }
  }

  protected emitSnapshot(book: B, levels: readonly Level[], time: number, sequence: bigint): void {
    this.lines.push(`begin ${book.symbol} @${time}`);
    this.emit(book, levels, time, true);
    this.lines.push(`end ${book.symbol} ${plain(String(sequence))} @${time}`);
  }

  /** Trades that make no sense are left out. */
  protected trade(book: B, side: string, price: Value, qty: Value, id: string, time: number): void {
    if (price.isLong || qty.isLong || book.extreme) this.extreme = true;
    if (!(price.sign > 0 && qty.sign > 0)) return;
    this.define(book);
    this.lines.push(`trade ${book.symbol} ${side} ${price.plain} ${qty.plain} ${id} @${time}`);
  }

  /** [price, quantity] of the best bid and ask; null where there is none. One that makes no sense is left out. */
  protected touch(book: B, bid: [Value, Value] | null, ask: [Value, Value] | null, time: number): void {
    const texts: string[] = [];
    for (const one of [bid, ask]) {
      if (one === null) {
        texts.push('0 0');
        continue;
      }
      const [price, qty] = one;
      if (price.isLong || qty.isLong || book.extreme) this.extreme = true;
      if (!(qty.sign >= 0 && (price.sign > 0 || (price.sign === 0 && qty.sign === 0)))) return;
      texts.push(`${price.plain} ${qty.plain}`);
    }
    this.define(book);
    this.lines.push(`bbo ${book.symbol} ${texts.join(' ')} @${time}`);
  }
}
