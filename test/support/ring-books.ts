/** Books straight out of a feed's ring, the simplest way that is fast: a map of prices for each side, a map of orders. */
import { EventKind, Side } from '../../src/core/event.ts';
import { type InstrumentDef, readInstrumentPayload } from '../../src/core/instrument-def.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';

interface RingOrder {
  readonly isBid: boolean;
  readonly price: number;
  lots: number;
}

export interface RingBook {
  def: InstrumentDef;
  isLive: boolean;
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  readonly orders: Map<number, RingOrder>;
}

/** One ring for all runs: they come one behind the other. */
const RING = createSpsc(1 << 14);

export class RingBooks {
  readonly sink: EventSink;
  readonly books: RingBook[] = [];
  events = 0;
  /** Of each kind of event, how many. */
  readonly counts = new Uint32Array(256);
  /** Of Stale events, how many for each reason. */
  readonly stales = new Uint32Array(64);
  private readonly writer = new SpscWriter(RING);
  private readonly reader = new SpscReader(RING);

  constructor() {
    this.writer.onFull = () => this.drain();
    this.sink = new EventSink(this.writer);
  }

  drain(): void {
    const { reader } = this;
    this.writer.publish();
    for (let count = reader.poll(1 << 12); count > 0; count = reader.poll(1 << 12)) {
      for (let i = 0; i < count; i++) this.one(((reader.cursor + i) & reader.mask) << 3);
      reader.release(count);
      this.events += count;
    }
  }

  bookOf(symbol: string): RingBook | undefined {
    return this.books.find((book) => book?.def.symbol === symbol);
  }

  private one(w: number): void {
    const { reader } = this;
    const { f64 } = reader;
    const head = reader.u32[w * 2];
    const kind = head & 0xff;
    const side = (head >>> 8) & 0xff;
    const instrument = reader.u32[w * 2 + 1];
    this.counts[kind]++;
    if (kind === EventKind.Instrument) {
      this.define(readInstrumentPayload(reader.bytes, (w + 3) * 8, instrument));
      return;
    }
    const book = this.books[instrument];
    if (book === undefined) return;
    const { orders } = book;
    const [price, qty, id, id2] = [f64[w + 3], f64[w + 4], f64[w + 5], f64[w + 6]];
    if (kind === EventKind.Level) {
      const levels = side === Side.Bid ? book.bids : book.asks;
      if (qty === 0) levels.delete(price);
      else levels.set(price, qty);
    } else if (kind === EventKind.Live) book.isLive = true;
    else if (kind === EventKind.Stale) {
      book.isLive = false;
      this.stales[price]++;
    } else if (kind === EventKind.Clear) {
      book.bids.clear();
      book.asks.clear();
      orders.clear();
    } else if (kind === EventKind.Add) orders.set(id, { isBid: side === Side.Bid, price, lots: qty });
    else if (kind === EventKind.Delete) orders.delete(id);
    else if (kind === EventKind.Execute || kind === EventKind.Reduce) {
      const order = orders.get(id);
      if (order === undefined) return;
      order.lots -= qty;
      if (order.lots === 0) orders.delete(id);
    } else if (kind === EventKind.Replace) {
      const isBid = orders.get(id)?.isBid ?? false;
      orders.delete(id);
      orders.set(id2, { isBid, price, lots: qty });
    }
  }

  private define(def: InstrumentDef): void {
    const known = this.books[def.instrument];
    if (known === undefined) {
      const empty = { bids: new Map(), asks: new Map(), orders: new Map() };
      this.books[def.instrument] = { def, isLive: false, ...empty };
      return;
    }
    const { priceDecimals, qtyDecimals } = known.def;
    if (def.priceDecimals !== priceDecimals || def.qtyDecimals !== qtyDecimals) {
      throw new Error(`${def.symbol} has other units`); // the venue told its terms: they never change
    }
    known.def = def;
  }
}

/** Levels of a book by level or by order, "bid price lots", sorted, in units of the decimals that are given. */
export function levelsOf(book: RingBook, priceDecimals: number, qtyDecimals: number): string[] {
  const bids = new Map(book.bids);
  const asks = new Map(book.asks);
  for (const { isBid, price, lots } of book.orders.values()) {
    const levels = isBid ? bids : asks;
    levels.set(price, (levels.get(price) ?? 0) + lots);
  }
  const p = 10 ** (priceDecimals - book.def.priceDecimals);
  const q = 10 ** (qtyDecimals - book.def.qtyDecimals);
  const out: string[] = [];
  for (const [price, lots] of bids) out.push(`bid ${Math.round(price * p)} ${Math.round(lots * q)}`);
  for (const [price, lots] of asks) out.push(`ask ${Math.round(price * p)} ${Math.round(lots * q)}`);
  return out.sort();
}
