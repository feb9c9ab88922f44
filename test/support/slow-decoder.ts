/**
 * What a slow reference decoder keeps: JSON.parse, maps, decimal texts. It says nothing of how the fast ones work and
 * shares no code with them.
 */
import { plainDecimal } from './event-probe.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a venue sends is looked into freely here
export type Json = any;

/** The frame is no JSON at all: every decoder must refuse it. */
export class NotJson extends Error {}

export interface SlowBook {
  /** Why it can't be trusted is not said, only whether. */
  isLive: boolean;
  /** By level: plain price -> plain quantity, with the text as written behind it. */
  readonly bids: Map<string, SlowLevel>;
  readonly asks: Map<string, SlowLevel>;
  /** By order, in the order of arrival; empty for books by level. */
  readonly orders: Map<string, SlowOrder>;
}

export interface SlowLevel {
  readonly qty: string;
  readonly priceText: string;
  readonly qtyText: string;
}

export interface SlowOrder {
  readonly isBid: boolean;
  readonly price: string;
  readonly qty: string;
}

export abstract class SlowDecoder {
  readonly books = new Map<string, SlowBook>();
  /** Of the last frame: "symbol price qty side id". */
  trades: string[] = [];

  frame(text: string): void {
    this.parsed(parse(text));
  }

  /** The same of a frame that was parsed. */
  parsed(frame: Json): void {
    this.trades = [];
    try {
      this.message(frame);
    } catch {
      // Not what the venue sends: nothing more of it is used.
    }
  }

  rest(_url: string, _text: string): void {}

  abstract message(frame: Json): void;

  book(symbol: string): SlowBook {
    let book = this.books.get(symbol);
    if (book === undefined) {
      book = { isLive: false, bids: new Map(), asks: new Map(), orders: new Map() };
      this.books.set(symbol, book);
    }
    return book;
  }

  protected clear(symbol: string): SlowBook {
    const book = this.book(symbol);
    book.bids.clear();
    book.asks.clear();
    book.orders.clear();
    return book;
  }

  protected level(book: SlowBook, isBid: boolean, priceText: string, qtyText: string): void {
    const price = plainDecimal(priceText);
    const qty = plainDecimal(qtyText);
    const side = isBid ? book.bids : book.asks;
    if (qty === '0') side.delete(price);
    else side.set(price, { qty, priceText, qtyText });
  }

  protected trade(symbol: string, price: string, qty: string, side: 'buy' | 'sell' | '', id: number): void {
    this.trades.push(`${symbol} ${plainDecimal(price)} ${plainDecimal(qty)} ${side} ${id}`);
  }
}

/** Levels of a side, best first. */
export function bestFirst(levels: ReadonlyMap<string, SlowLevel>, isBid: boolean): [string, SlowLevel][] {
  return [...levels].sort(([a], [b]) => (Number(b) - Number(a)) * (isBid ? 1 : -1));
}

/** An id as venues number trades; 0 for anything else. */
export function idOf(value: Json): number {
  const text = String(value);
  const id = /^\d+(e\d+)?$/i.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(id) ? id : 0;
}

/** JSON with its numbers as text: 0.10 and 0.1 are not the same to a checksum. Throws NotJson. */
export function parse(text: string): Json {
  try {
    JSON.parse(text);
    return JSON.parse(quoteNumbers(text));
  } catch {
    throw new NotJson();
  }
}

function quoteNumbers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}
