/** The naive twin of src/book: maps, arrays and real first-in-first-out queues. Slow, and plain enough to be believed. */
import { EventFlag, EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { BookKind, type InstrumentDef } from '../../src/core/instrument-def.ts';

export interface NaiveCommand {
  kind: number;
  side: number;
  flags: number;
  instrument: number;
  price: number;
  qty: number;
  orderId: number;
  id2: number;
  /** With kind Instrument. */
  def?: InstrumentDef;
}

export interface NaiveOrder {
  id: number;
  instrument: number;
  side: number;
  price: number;
  qty: number;
  /** Its place in `NaiveBooks.live`. */
  place: number;
}

export interface NaiveLevel {
  price: number;
  /** L3: known orders, the first in line first. */
  queue: NaiveOrder[];
  /** L3: quantity of orders never seen. */
  anonymous: number;
  /** L2. */
  statedQty: number;
  statedOrders: number;
}

export interface NaiveBook {
  def: InstrumentDef;
  bids: Map<number, NaiveLevel>;
  asks: Map<number, NaiveLevel>;
}

export function levelQty(level: NaiveLevel): number {
  return level.queue.reduce((sum, order) => sum + order.qty, level.anonymous + level.statedQty);
}

export class NaiveBooks {
  readonly books = new Map<number, NaiveBook>();
  readonly orders = new Map<number, NaiveOrder>();
  /** All live orders, in no order, to draw one at random from. */
  readonly live: NaiveOrder[] = [];
  problem: StaleReason = StaleReason.None;
  unknownOrders = 0;
  duplicateOrders = 0;
  badValues = 0;

  apply(c: NaiveCommand): void {
    this.problem = this.outcome(c);
    if (this.problem === StaleReason.UnknownOrder) this.unknownOrders++;
    if (this.problem === StaleReason.DuplicateOrder) this.duplicateOrders++;
    if (this.problem === StaleReason.BadValue) this.badValues++;
  }

  /** Levels of a side, best first. */
  ladder(instrument: number, side: number): NaiveLevel[] {
    const book = this.books.get(instrument)!;
    const levels = [...(side === Side.Bid ? book.bids : book.asks).values()];
    return levels.sort((a, b) => (side === Side.Bid ? b.price - a.price : a.price - b.price));
  }

  best(instrument: number, side: number): NaiveLevel | null {
    const book = this.books.get(instrument)!;
    let best: NaiveLevel | null = null;
    for (const level of (side === Side.Bid ? book.bids : book.asks).values()) {
      const better = best === null || (side === Side.Bid ? level.price > best.price : level.price < best.price);
      if (better) best = level;
    }
    return best;
  }

  queueAhead(id: number): { qtyLots: number; orders: number } | null {
    const order = this.orders.get(id);
    if (order === undefined) return null;
    const level = this.side(order.instrument, order.side).get(order.price)!;
    const ahead = level.queue.slice(0, level.queue.indexOf(order));
    return { qtyLots: ahead.reduce((sum, one) => sum + one.qty, level.anonymous), orders: ahead.length };
  }

  private outcome(c: NaiveCommand): StaleReason {
    switch (c.kind) {
      case EventKind.Instrument:
        return this.define(c.def!);
      case EventKind.Add:
        return this.add(c.instrument, c.side, c.price, c.qty, c.orderId);
      case EventKind.Delete:
        return this.leave(c, Number.POSITIVE_INFINITY);
      case EventKind.Execute:
      case EventKind.Reduce:
        return this.leave(c, c.qty);
      case EventKind.Replace:
        return this.replace(c);
      case EventKind.Clear:
        return this.clear(c.instrument);
      case EventKind.Level:
        return this.level(c);
      default:
        return StaleReason.None;
    }
  }

  private define(def: InstrumentDef): StaleReason {
    const book = this.books.get(def.instrument);
    if (book === undefined) {
      this.books.set(def.instrument, { def, bids: new Map(), asks: new Map() });
      return StaleReason.None;
    }
    if (book.def.bookKind !== def.bookKind) this.clear(def.instrument);
    const priceFactor = 10 ** (def.priceDecimals - book.def.priceDecimals);
    const qtyFactor = 10 ** (def.qtyDecimals - book.def.qtyDecimals);
    for (const side of ['bids', 'asks'] as const) {
      const levels = [...book[side].values()];
      book[side] = new Map();
      for (const level of levels) {
        level.price = Math.round(level.price * priceFactor);
        level.statedQty = Math.round(level.statedQty * qtyFactor);
        book[side].set(level.price, level);
      }
    }
    book.def = def;
    return StaleReason.None;
  }

  private add(instrument: number, side: number, price: number, qty: number, id: number): StaleReason {
    if (!(qty > 0) || (side !== Side.Bid && side !== Side.Ask)) return StaleReason.BadValue;
    if (this.books.get(instrument)?.def.bookKind !== BookKind.L3) return StaleReason.BadValue;
    if (this.orders.has(id)) return StaleReason.DuplicateOrder;
    const order: NaiveOrder = { id, instrument, side, price, qty, place: this.live.length };
    this.orders.set(id, order);
    this.live.push(order);
    this.levelFor(instrument, side, price).queue.push(order);
    return StaleReason.None;
  }

  private leave(c: NaiveCommand, qty: number): StaleReason {
    const order = this.orders.get(c.orderId);
    if (order === undefined) return this.leaveUnknown(c);
    if (order.instrument !== c.instrument || !(qty > 0)) return StaleReason.BadValue;
    if (qty < order.qty) {
      order.qty -= qty;
      return StaleReason.None;
    }
    this.remove(order);
    return qty > order.qty && qty !== Number.POSITIVE_INFINITY ? StaleReason.BadValue : StaleReason.None;
  }

  private leaveUnknown(c: NaiveCommand): StaleReason {
    const book = this.books.get(c.instrument);
    if ((c.flags & EventFlag.Priced) === 0 || c.side === Side.None || book === undefined)
      return StaleReason.UnknownOrder;
    const side = this.side(c.instrument, c.side);
    const level = side.get(c.price);
    if (level === undefined || !(c.qty > 0) || level.anonymous < c.qty) return StaleReason.UnknownOrder;
    level.anonymous -= c.qty;
    this.dropIfEmpty(side, level);
    return StaleReason.None;
  }

  private replace(c: NaiveCommand): StaleReason {
    const order = this.orders.get(c.orderId);
    if (order === undefined) return StaleReason.UnknownOrder;
    if (order.instrument !== c.instrument) return StaleReason.BadValue;
    this.remove(order);
    return this.add(c.instrument, order.side, c.price, c.qty, c.id2);
  }

  private clear(instrument: number): StaleReason {
    const book = this.books.get(instrument);
    if (book === undefined) return StaleReason.BadValue;
    for (const levels of [book.bids, book.asks]) {
      for (const level of [...levels.values()]) this.dropLevel(levels, level);
    }
    return StaleReason.None;
  }

  private level(c: NaiveCommand): StaleReason {
    const book = this.books.get(c.instrument);
    if (!(c.qty >= 0) || (c.side !== Side.Bid && c.side !== Side.Ask) || book === undefined)
      return StaleReason.BadValue;
    const side = this.side(c.instrument, c.side);
    if (c.qty === 0) {
      const level = side.get(c.price);
      if (level === undefined) return StaleReason.None;
      if (book.def.bookKind === BookKind.L2 || (c.flags & EventFlag.Snapshot) !== 0) {
        this.dropLevel(side, level);
      } else {
        level.anonymous = 0;
        this.dropIfEmpty(side, level);
      }
      return StaleReason.None;
    }
    const level = this.levelFor(c.instrument, c.side, c.price);
    if (book.def.bookKind === BookKind.L3) {
      level.anonymous = c.qty;
    } else {
      level.statedQty = c.qty;
      level.statedOrders = c.orderId;
    }
    return StaleReason.None;
  }

  private side(instrument: number, side: number): Map<number, NaiveLevel> {
    const book = this.books.get(instrument)!;
    return side === Side.Bid ? book.bids : book.asks;
  }

  private levelFor(instrument: number, side: number, price: number): NaiveLevel {
    const levels = this.side(instrument, side);
    let level = levels.get(price);
    if (level === undefined) {
      level = { price, queue: [], anonymous: 0, statedQty: 0, statedOrders: 0 };
      levels.set(price, level);
    }
    return level;
  }

  private remove(order: NaiveOrder): void {
    this.forget(order);
    const side = this.side(order.instrument, order.side);
    const level = side.get(order.price)!;
    level.queue.splice(level.queue.indexOf(order), 1);
    this.dropIfEmpty(side, level);
  }

  private forget(order: NaiveOrder): void {
    this.orders.delete(order.id);
    const last = this.live.pop()!;
    if (last === order) return;
    this.live[order.place] = last;
    last.place = order.place;
  }

  private dropIfEmpty(side: Map<number, NaiveLevel>, level: NaiveLevel): void {
    if (levelQty(level) === 0) side.delete(level.price);
  }

  private dropLevel(side: Map<number, NaiveLevel>, level: NaiveLevel): void {
    for (const order of level.queue) this.forget(order);
    side.delete(level.price);
  }
}
