/**
 * The books of every instrument of a connection: order by order (L3) or by level (L2), fed by market events.
 *
 * Policies
 * - Crossed and locked books are kept as the venue states them (Nasdaq's are crossed before the open): the touch is
 *   flagged, never repaired.
 * - An order never seen (a recording that starts mid-day): where the event states price and side and the level holds
 *   anonymous quantity, it comes out of that; otherwise the event changes nothing, `unknownOrders` counts it, and the
 *   book is stale (UnknownOrder) from there on.
 * - An order reference added twice: the first stays, the second changes nothing, the book is stale (DuplicateOrder).
 * - A reduction of more than rests takes what rests, and the book is stale (BadValue).
 *
 * Anonymous quantity (a Level event on an L3 book) is held as one order of the level under a reference of our own,
 * below EMPTY, that is found from side and price and not counted among the level's orders.
 */
import { assert, BugError } from '../core/assert.ts';
import { EventFlag, EventKind, Side, StaleReason } from '../core/event.ts';
import { BookKind, type InstrumentDef, readInstrumentPayload } from '../core/instrument-def.ts';
import { Ladders, NO_LEVEL } from './ladders.ts';
import { OrderTable } from './order-table.ts';
import { rescale } from './rescale.ts';

/** Memory in which events lie: a ring, seen by 8-byte word, 4-byte word and byte. */
export interface EventMemory {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Prices of anonymous quantity are below this (L3 prices of ITCH and LOBSTER are 32-bit). */
const ANONYMOUS_PRICE_LIMIT = 2 ** 35;

export class Books {
  readonly ladders: Ladders;
  readonly orders: OrderTable;
  /** By instrument index; undefined where none was defined. */
  readonly defs: (InstrumentDef | undefined)[] = [];
  /** StaleReason by instrument; 0 = live. */
  staleReason: Uint8Array;
  /** What the last event said of its instrument's trust: None, or why it went stale. The caller acts on it. */
  problem: StaleReason = StaleReason.None;
  unknownOrders = 0;
  duplicateOrders = 0;
  badValues = 0;
  /** Filled by `readTouch`: bid price, bid qty, ask price, ask qty; an empty side is 0, 0. */
  readonly touch = new Float64Array(4);
  private bookKind: Uint8Array;
  private arrivals = 0;

  constructor(expectedOrders = 1 << 10) {
    this.ladders = new Ladders(Math.max(1 << 10, expectedOrders >> 1));
    this.orders = new OrderTable(expectedOrders);
    this.staleReason = new Uint8Array(16);
    this.bookKind = new Uint8Array(16);
  }

  /** Defines an instrument, or changes its decimals: what it holds is rescaled exactly. */
  define(def: InstrumentDef): void {
    const old = this.defs[def.instrument];
    this.ladders.ensureInstruments(def.instrument + 1);
    if (def.instrument >= this.staleReason.length) {
      this.staleReason = widened(this.staleReason, def.instrument + 1);
      this.bookKind = widened(this.bookKind, def.instrument + 1);
    }
    this.defs[def.instrument] = def;
    this.bookKind[def.instrument] = def.bookKind;
    if (old !== undefined) rescale(this, def.instrument, old, def);
  }

  /** Applies the event at word `w`. Events that change no book are ignored. O(1) but for levels far from the touch. */
  apply(memory: EventMemory, w: number): void {
    const head = memory.u32[w * 2];
    const instrument = memory.u32[w * 2 + 1];
    const f64 = memory.f64;
    this.problem = StaleReason.None;
    switch (head & 0xff) {
      case EventKind.Add:
        this.add(instrument, (head >>> 8) & 0xff, f64[w + 3], f64[w + 4], f64[w + 5]);
        break;
      case EventKind.Delete:
        this.delete(instrument, head, f64[w + 3], f64[w + 4], f64[w + 5]);
        break;
      case EventKind.Execute:
      case EventKind.Reduce:
        this.reduce(instrument, head, f64[w + 3], f64[w + 4], f64[w + 5]);
        break;
      case EventKind.Replace:
        this.replace(instrument, f64[w + 5], f64[w + 6], f64[w + 3], f64[w + 4]);
        break;
      case EventKind.Level:
        this.setLevel(instrument, head, f64[w + 3], f64[w + 4], f64[w + 5]);
        break;
      case EventKind.Clear:
        this.clear(instrument);
        break;
      case EventKind.Instrument:
        this.define(readInstrumentPayload(memory.bytes, (w + 3) * 8, instrument));
        break;
      default:
        break;
    }
  }

  add(instrument: number, side: number, price: number, qty: number, id: number): void {
    if (!(qty > 0) || side === Side.None) {
      this.reject(StaleReason.BadValue);
      return;
    }
    const orders = this.orders;
    if (orders.find(id) >= 0) {
      this.reject(StaleReason.DuplicateOrder);
      return;
    }
    const sideIndex = instrument * 2 + side - 1;
    const key = side === Side.Bid ? price : -price;
    this.ladders.add(sideIndex, key, qty, 1);
    this.insertOrder(id, sideIndex, key, qty);
  }

  replace(instrument: number, id: number, newId: number, price: number, qty: number): void {
    const orders = this.orders;
    const entry = orders.find(id);
    if (entry < 0 || orders.i32[entry * 2 + 6] >> 1 !== instrument) {
      this.reject(entry < 0 ? StaleReason.UnknownOrder : StaleReason.BadValue);
      return;
    }
    const side = (orders.i32[entry * 2 + 6] & 1) + 1;
    this.removeOrder(entry);
    this.add(instrument, side, price, qty, newId);
  }

  clear(instrument: number): void {
    const bid = instrument * 2;
    if (this.bookKind[instrument] === BookKind.L3) this.forgetOrders((side) => side >> 1 === instrument);
    this.ladders.clear(bid);
    this.ladders.clear(bid + 1);
  }

  /** Reads the best level of both sides into `touch`. */
  readTouch(instrument: number): void {
    const { ladders, touch } = this;
    const bid = ladders.levelAt(instrument * 2, 0);
    const ask = ladders.levelAt(instrument * 2 + 1, 0);
    touch[0] = bid === NO_LEVEL ? 0 : ladders.arena[bid * 2];
    touch[1] = bid === NO_LEVEL ? 0 : ladders.arena[bid * 2 + 1];
    touch[2] = ask === NO_LEVEL ? 0 : -ladders.arena[ask * 2];
    touch[3] = ask === NO_LEVEL ? 0 : ladders.arena[ask * 2 + 1];
  }

  private reduce(instrument: number, head: number, price: number, qty: number, id: number): void {
    const orders = this.orders;
    const entry = orders.find(id);
    if (entry < 0) {
      this.takeAnonymous(instrument, head, price, qty);
      return;
    }
    const sideIndex = orders.i32[entry * 2 + 6];
    if (sideIndex >> 1 !== instrument || !(qty > 0)) {
      this.reject(StaleReason.BadValue);
      return;
    }
    const left = orders.f64[entry + 2] - qty;
    if (left > 0) {
      orders.f64[entry + 2] = left;
      this.ladders.take(sideIndex, orders.f64[entry + 1], qty, 0);
      return;
    }
    this.removeOrder(entry);
    if (left < 0) this.reject(StaleReason.BadValue);
  }

  private delete(instrument: number, head: number, price: number, qty: number, id: number): void {
    const entry = this.orders.find(id);
    if (entry < 0) this.takeAnonymous(instrument, head, price, qty);
    else if (this.orders.i32[entry * 2 + 6] >> 1 !== instrument) this.reject(StaleReason.BadValue);
    else this.removeOrder(entry);
  }

  private removeOrder(entry: number): void {
    const orders = this.orders;
    this.ladders.take(orders.i32[entry * 2 + 6], orders.f64[entry + 1], orders.f64[entry + 2], 1);
    orders.remove(entry);
  }

  private insertOrder(id: number, sideIndex: number, key: number, qty: number): void {
    const orders = this.orders;
    const entry = orders.insert(id);
    orders.f64[entry + 1] = key;
    orders.f64[entry + 2] = qty;
    orders.i32[entry * 2 + 6] = sideIndex;
    orders.i32[entry * 2 + 7] = this.arrivals;
    this.arrivals = (this.arrivals + 1) | 0;
  }

  /** An order never seen left or shrank: its quantity is part of the level's anonymous quantity, if anything is. */
  private takeAnonymous(instrument: number, head: number, price: number, qty: number): void {
    const side = (head >>> 8) & 0xff;
    if (((head >>> 16) & EventFlag.Priced) === 0 || side === Side.None) {
      this.reject(StaleReason.UnknownOrder);
      return;
    }
    const sideIndex = instrument * 2 + side - 1;
    const entry = this.orders.find(anonymousId(sideIndex, price));
    const held = entry < 0 ? 0 : this.orders.f64[entry + 2];
    if (!(qty > 0) || held < qty) this.reject(StaleReason.UnknownOrder);
    else this.setAnonymous(sideIndex, price, held - qty);
  }

  /** So much of the L3 level at `price` is of orders never seen. */
  private setAnonymous(sideIndex: number, price: number, qty: number): void {
    assert(price >= 0 && price < ANONYMOUS_PRICE_LIMIT, 'anonymous quantity has a price below 2^35');
    const id = anonymousId(sideIndex, price);
    const key = (sideIndex & 1) === 0 ? price : -price;
    const entry = this.orders.find(id);
    if (entry >= 0) {
      this.ladders.take(sideIndex, key, this.orders.f64[entry + 2], 0);
      this.orders.remove(entry);
    }
    if (qty > 0) {
      this.ladders.add(sideIndex, key, qty, 0);
      this.insertOrder(id, sideIndex, key, qty);
    }
  }

  /**
   * L2: the level holds `qty` now (0 removes it). L3: so much of the level is of orders never seen; with qty 0 on a
   * snapshot event the whole level goes, known orders included (it left the window the venue shows).
   */
  private setLevel(instrument: number, head: number, price: number, qty: number, orderCount: number): void {
    const side = (head >>> 8) & 0xff;
    if (!(qty >= 0) || side === Side.None) {
      this.reject(StaleReason.BadValue);
      return;
    }
    const sideIndex = instrument * 2 + side - 1;
    const key = side === Side.Bid ? price : -price;
    if (this.bookKind[instrument] === BookKind.L3) {
      if (qty === 0 && ((head >>> 16) & EventFlag.Snapshot) !== 0) this.dropLevel(sideIndex, key);
      else this.setAnonymous(sideIndex, price, qty);
    } else if (qty > 0) {
      this.ladders.set(sideIndex, key, qty, orderCount);
    } else {
      const at = this.ladders.find(sideIndex, key);
      if (at !== NO_LEVEL) this.ladders.removeAt(sideIndex, at);
    }
  }

  private dropLevel(sideIndex: number, key: number): void {
    const at = this.ladders.find(sideIndex, key);
    if (at === NO_LEVEL) return;
    this.forgetOrders((side, orderKey) => side === sideIndex && orderKey === key);
    this.ladders.removeAt(sideIndex, at);
  }

  /** Rare (snapshots, windows): O(size of the order table). Ids first, because removal may move entries. */
  private forgetOrders(match: (sideIndex: number, key: number) => boolean): void {
    const { f64, i32 } = this.orders;
    const ids: number[] = [];
    this.orders.forEach((w) => {
      if (match(i32[w * 2 + 6], f64[w + 1])) ids.push(f64[w]);
    });
    for (const id of ids) {
      const entry = this.orders.find(id);
      if (entry < 0) throw new BugError(`order ${id} was there a moment ago`);
      this.orders.remove(entry);
    }
  }

  private reject(reason: StaleReason): void {
    this.problem = reason;
    if (reason === StaleReason.UnknownOrder) this.unknownOrders++;
    else if (reason === StaleReason.DuplicateOrder) this.duplicateOrders++;
    else this.badValues++;
  }
}

/** Reference under which the anonymous quantity of a level is held: unique per side and price, never a venue's. */
export function anonymousId(sideIndex: number, price: number): number {
  return -2 - (sideIndex * ANONYMOUS_PRICE_LIMIT + price);
}

function widened(array: Uint8Array, length: number): Uint8Array {
  const larger = new Uint8Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
