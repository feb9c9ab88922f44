/**
 * The plainest possible replay of an ITCH 5.0 recording: maps of orders, arrays as queues, no code of src/. It checks as
 * it goes what a venue guarantees, and says at the end what is left.
 */
import assert from 'node:assert/strict';

/** Whole message in bytes by type. ITCH 5.0, section 1. */
const LENGTHS = new Map(
  Object.entries({
    S: 12,
    R: 39,
    H: 25,
    Y: 20,
    L: 26,
    V: 35,
    W: 12,
    K: 28,
    J: 35,
    h: 21,
    A: 36,
    F: 40,
    E: 31,
    C: 36,
  }).concat(Object.entries({ X: 23, D: 19, U: 35, P: 44, Q: 40, B: 19, I: 50, N: 20, O: 48 })),
);

interface NaiveOrder {
  readonly ref: number;
  readonly locate: number;
  readonly side: 'B' | 'S';
  readonly price: number;
  qty: number;
}

export interface NaiveSide {
  best: { price: number; qty: number; orders: number } | null;
  levels: number;
  orders: number;
  qty: number;
  notional: number;
}

export interface NaiveInstrument {
  readonly locate: number;
  readonly symbol: string;
  readonly executed: { count: number; qty: number };
  readonly hidden: { count: number; qty: number };
  readonly crossed: { count: number; qty: number };
  readonly broken: { count: number; qty: number };
}

export class ItchReplay {
  readonly counts: Record<string, number> = {};
  readonly instruments = new Map<number, NaiveInstrument>();
  /** Messages after which the displayed book of an instrument was crossed, while it was trading continuously. */
  crossedWhileTrading = 0;
  /** ... and while it was not. */
  crossedInAuction = 0;
  /** Executions that took another order than the one with price-time priority. */
  outOfPriority = 0;
  lastTime = 0;
  private lastRef = 0;
  private readonly trading = new Set<number>();
  private readonly orders = new Map<number, NaiveOrder>();
  /** Instrument and side -> price -> queue. */
  private readonly books = new Map<string, Map<number, NaiveOrder[]>>();
  private readonly matches = new Map<number, number>();
  private readonly crossing: NaiveOrder[] = [];

  run(content: Uint8Array): void {
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    let at = 0;
    while (at < content.length) {
      const length = view.getUint16(at);
      const type = String.fromCharCode(content[at + 2]);
      assert.equal(length, LENGTHS.get(type), `length of ${type} at ${at}`);
      assert.ok(at + 2 + length <= content.length, 'the last message is whole');
      this.message(type, new DataView(content.buffer, content.byteOffset + at + 2, length));
      at += 2 + length;
    }
    assert.equal(at, content.length);
  }

  side(locate: number, side: 'B' | 'S'): NaiveSide {
    const book = this.book(locate, side);
    const result: NaiveSide = { best: null, levels: book.size, orders: 0, qty: 0, notional: 0 };
    let notional = 0n;
    for (const [price, queue] of book) {
      const qty = queue.reduce((sum, order) => sum + order.qty, 0);
      result.orders += queue.length;
      result.qty += qty;
      notional += BigInt(price) * BigInt(qty);
      if (price === this.touch(locate, side)) result.best = { price, qty, orders: queue.length };
    }
    result.notional = Number(notional % 2n ** 53n);
    return result;
  }

  private message(type: string, m: DataView): void {
    this.counts[type] = (this.counts[type] ?? 0) + 1;
    const locate = m.getUint16(1);
    const time = m.getUint16(5) * 2 ** 32 + m.getUint32(7);
    assert.ok(time >= this.lastTime, 'time does not go back');
    this.lastTime = time;
    const instrument = this.instruments.get(locate);
    if (type === 'R') {
      this.instruments.set(locate, {
        locate,
        symbol: text(m, 11, 8),
        executed: { count: 0, qty: 0 },
        hidden: { count: 0, qty: 0 },
        crossed: { count: 0, qty: 0 },
        broken: { count: 0, qty: 0 },
      });
      return;
    }
    if (locate === 0) return;
    assert.ok(instrument !== undefined, 'an instrument is in the directory before it is used');
    if (type === 'A' || type === 'F') {
      const side = text(m, 19, 1);
      assert.ok(side === 'B' || side === 'S');
      assert.equal(text(m, 24, 8), instrument.symbol);
      this.insert({ ref: u64(m, 11), locate, side, price: m.getUint32(32), qty: m.getUint32(20) });
    } else if (type === 'E') {
      const order = this.order(m, locate);
      this.checkPriority(order);
      this.matches.set(u64(m, 23), m.getUint32(19));
      add(instrument.executed, m.getUint32(19));
      this.shrink(order, m.getUint32(19));
    } else if (type === 'C') {
      const order = this.order(m, locate);
      if (text(m, 31, 1) === 'Y') {
        this.checkPriority(order);
        add(instrument.executed, m.getUint32(19));
      } else this.crossing.push({ ...order, qty: m.getUint32(19) });
      this.shrink(order, m.getUint32(19));
    } else if (type === 'X') this.shrink(this.order(m, locate), m.getUint32(19), false);
    else if (type === 'D') this.remove(this.order(m, locate));
    else if (type === 'U') {
      const old = this.order(m, locate);
      this.remove(old);
      this.insert({ ref: u64(m, 19), locate, side: old.side, price: m.getUint32(31), qty: m.getUint32(27) });
    } else if (type === 'P') add(instrument.hidden, m.getUint32(20));
    else if (type === 'Q') this.cross(instrument, m);
    else if (type === 'B') add(instrument.broken, this.matches.get(u64(m, 11)) ?? Number.NaN);
    else if (type === 'H' && text(m, 19, 1) !== 'T') this.trading.delete(locate);
    else if (type === 'h' && text(m, 20, 1) === 'H') this.trading.delete(locate);
    else if (type === 'h') this.trading.add(locate);
    const [bid, ask] = [this.touch(locate, 'B'), this.touch(locate, 'S')];
    if (bid !== null && ask !== null && bid >= ask) {
      if (this.trading.has(locate)) this.crossedWhileTrading++;
      else this.crossedInAuction++;
    }
  }

  private cross(instrument: NaiveInstrument, m: DataView): void {
    const qty = u64(m, 11);
    const price = m.getUint32(27);
    for (const side of ['B', 'S'] as const) {
      const displayed = this.crossing.filter((order) => order.side === side).reduce((sum, order) => sum + order.qty, 0);
      assert.ok(displayed <= qty, 'the displayed part of a cross is at most the whole');
    }
    for (const order of this.crossing) {
      assert.equal(order.locate, instrument.locate);
      assert.ok(order.side === 'B' ? order.price >= price : order.price <= price, 'nobody trades worse than his limit');
    }
    this.crossing.length = 0;
    if (qty > 0) add(instrument.crossed, qty);
    this.trading.add(instrument.locate);
  }

  private checkPriority(order: NaiveOrder): void {
    const first = this.book(order.locate, order.side).get(order.price)?.[0];
    if (first !== order || this.touch(order.locate, order.side) !== order.price) this.outOfPriority++;
    assert.ok(this.trading.has(order.locate), 'executions happen while trading');
  }

  private order(m: DataView, locate: number): NaiveOrder {
    const order = this.orders.get(u64(m, 11));
    assert.ok(order !== undefined, 'a reference is live');
    assert.equal(order.locate, locate);
    return order;
  }

  private insert(order: NaiveOrder): void {
    assert.ok(order.ref > this.lastRef, 'references increase');
    assert.ok(order.qty > 0 && order.price > 0);
    this.lastRef = order.ref;
    this.orders.set(order.ref, order);
    const book = this.book(order.locate, order.side);
    const queue = book.get(order.price);
    if (queue === undefined) book.set(order.price, [order]);
    else queue.push(order);
  }

  private shrink(order: NaiveOrder, qty: number, mayEmpty = true): void {
    assert.ok(qty > 0 && (mayEmpty ? qty <= order.qty : qty < order.qty), 'no more than there is');
    order.qty -= qty;
    if (order.qty === 0) this.remove(order);
  }

  private remove(order: NaiveOrder): void {
    const book = this.book(order.locate, order.side);
    const queue = book.get(order.price)!.filter((other) => other !== order);
    if (queue.length === 0) book.delete(order.price);
    else book.set(order.price, queue);
    this.orders.delete(order.ref);
  }

  private book(locate: number, side: 'B' | 'S'): Map<number, NaiveOrder[]> {
    const key = `${locate}${side}`;
    let book = this.books.get(key);
    if (book === undefined) this.books.set(key, (book = new Map()));
    return book;
  }

  private touch(locate: number, side: 'B' | 'S'): number | null {
    let best: number | null = null;
    for (const price of this.book(locate, side).keys()) {
      if (best === null || (side === 'B' ? price > best : price < best)) best = price;
    }
    return best;
  }
}

function text(m: DataView, at: number, length: number): string {
  let result = '';
  for (let i = 0; i < length; i++) result += String.fromCharCode(m.getUint8(at + i));
  return result.trimEnd();
}

function u64(m: DataView, at: number): number {
  return Number(m.getBigUint64(at));
}

function add(tally: { count: number; qty: number }, qty: number): void {
  tally.count++;
  tally.qty += qty;
}
