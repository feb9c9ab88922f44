/**
 * The books of every instrument of a connection: order by order (L3) or by level (L2), fed by market events.
 *
 * Policies
 * - Crossed and locked books are kept as the venue states them (Nasdaq's are crossed before the open): the touch is
 *   flagged, never repaired.
 * - An order never seen (a recording that starts mid-day): where the event states price and side and the level holds
 *   anonymous quantity, it comes out of that; otherwise the event changes nothing, `unknownOrders` counts it, and the
 *   book is stale (UnknownOrder) from there on.
 * - An order reference added twice: the first stays, the second changes nothing, the book is stale (DuplicateOrder). A
 *   replacement whose new reference is taken, or that makes no sense: the old order leaves, the new one is refused.
 * - A reduction of more than rests takes what rests, and the book is stale (BadValue).
 * - An event whose order rests in another instrument, that has a quantity or side that makes no sense, or that does not
 *   belong to the instrument's kind of book (or to any defined instrument) changes nothing: BadValue.
 *
 * Anonymous quantity (a Level event on an L3 book) is part of its level's quantity and none of its orders.
 */
import { BugError } from '../core/assert.ts';
import { EventFlag, EventKind, Side, StaleReason } from '../core/event.ts';
import { BookKind, type InstrumentDef, readInstrumentPayload } from '../core/instrument-def.ts';
import { checkBooks } from './invariants.ts';
import { Ladders, NO_LEVEL } from './ladders.ts';
import { OrderTable } from './order-table.ts';
import { rescale } from './rescale.ts';

/** Memory in which events lie: a ring, seen by 8-byte word, 4-byte word and byte. */
export interface EventMemory {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
}

export class Books {
  readonly ladders: Ladders;
  readonly orders: OrderTable;
  /** By instrument index; undefined where none was defined. */
  readonly defs: (InstrumentDef | undefined)[] = [];
  /** StaleReason by instrument; 0 = live. Written by the caller of `apply`. */
  staleReason: Uint8Array;
  /** What the last event said of its instrument's trust: None, or why it went stale. The caller acts on it. */
  problem: StaleReason = StaleReason.None;
  /** Bid price, bid qty, ask price, ask qty, as of the last `readTouch`; qty 0 = side empty, its price 0. */
  readonly touch = new Float64Array(4);
  unknownOrders = 0;
  duplicateOrders = 0;
  badValues = 0;

  constructor(expectedOrders = 1 << 10) {
    this.ladders = new Ladders(Math.max(1 << 10, expectedOrders >> 1));
    this.orders = new OrderTable(expectedOrders);
    this.staleReason = new Uint8Array(16);
  }

  /** Defines an instrument, or changes its decimals: what it holds is rescaled exactly. */
  define(def: InstrumentDef): void {
    const { instrument } = def;
    const old = this.defs[instrument];
    this.ladders.ensureInstruments(instrument + 1);
    if (instrument >= this.staleReason.length) this.staleReason = widened(this.staleReason, instrument + 1);
    if (old !== undefined && old.bookKind !== def.bookKind) this.clear(instrument);
    this.defs[instrument] = def;
    this.ladders.setKind(instrument, def.bookKind);
    if (old !== undefined) rescale(this, instrument, old, def);
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

  /** Copies the instrument's best levels into `touch`. */
  readTouch(instrument: number): void {
    const { ladders, touch } = this;
    const bid = instrument * 2;
    touch[0] = ladders.touchKey(bid);
    touch[1] = ladders.touchQty(bid);
    touch[2] = 0 - ladders.touchKey(bid + 1); // 0 -, not -: the price of an empty side is 0, not -0
    touch[3] = ladders.touchQty(bid + 1);
  }

  checkInvariants(): void {
    checkBooks(this);
  }

  private add(instrument: number, side: number, price: number, qty: number, id: number): void {
    if (!(qty > 0) || (side !== Side.Bid && side !== Side.Ask) || this.ladders.kindOf(instrument) !== BookKind.L3) {
      this.reject(StaleReason.BadValue);
    } else if (this.orders.find(id) >= 0) {
      this.reject(StaleReason.DuplicateOrder);
    } else {
      const level = this.ladders.add(instrument * 2 + side - 1, side === Side.Bid ? price : 0 - price, qty, 1);
      this.orders.insert(id, qty, level);
    }
  }

  private replace(instrument: number, id: number, newId: number, price: number, qty: number): void {
    const entry = this.orders.find(id);
    if (entry < 0) {
      this.reject(StaleReason.UnknownOrder);
      return;
    }
    const side = this.ladders.sideOf(this.orders.levelOf(entry));
    if (side >> 1 !== instrument) {
      this.reject(StaleReason.BadValue);
      return;
    }
    this.removeOrder(entry);
    this.add(instrument, (side & 1) + 1, price, qty, newId);
  }

  private reduce(instrument: number, head: number, price: number, qty: number, id: number): void {
    const entry = this.orders.find(id);
    if (entry < 0) {
      this.takeAnonymous(instrument, head, price, qty);
      return;
    }
    const level = this.orders.levelOf(entry);
    if (this.ladders.sideOf(level) >> 1 !== instrument || !(qty > 0)) {
      this.reject(StaleReason.BadValue);
      return;
    }
    const left = this.orders.qtyOf(entry) - qty;
    if (left > 0) {
      this.orders.setQty(entry, left);
      this.ladders.take(level, qty, 0);
      return;
    }
    this.removeOrder(entry);
    if (left < 0) this.reject(StaleReason.BadValue);
  }

  private delete(instrument: number, head: number, price: number, qty: number, id: number): void {
    const entry = this.orders.find(id);
    if (entry < 0) this.takeAnonymous(instrument, head, price, qty);
    else if (this.ladders.sideOf(this.orders.levelOf(entry)) >> 1 !== instrument) this.reject(StaleReason.BadValue);
    else this.removeOrder(entry);
  }

  private removeOrder(entry: number): void {
    const orders = this.orders;
    this.ladders.take(orders.levelOf(entry), orders.qtyOf(entry), 1);
    orders.remove(entry);
  }

  private clear(instrument: number): void {
    const { ladders } = this;
    const kind = ladders.kindOf(instrument);
    if (kind === 0) {
      this.reject(StaleReason.BadValue);
      return;
    }
    const bid = instrument * 2;
    if (kind === BookKind.L3) this.forgetOrders((level) => ladders.sideOf(level) >> 1 === instrument);
    ladders.clear(bid);
    ladders.clear(bid + 1);
  }

  /** An order never seen left or shrank: its quantity is part of the level's anonymous quantity, if anything is. */
  private takeAnonymous(instrument: number, head: number, price: number, qty: number): void {
    const { ladders } = this;
    const side = (head >>> 8) & 0xff;
    let level = NO_LEVEL;
    if (((head >>> 16) & EventFlag.Priced) !== 0 && side !== Side.None && ladders.kindOf(instrument) !== 0) {
      level = ladders.find(instrument * 2 + side - 1, side === Side.Bid ? price : 0 - price);
    }
    if (level === NO_LEVEL || !(qty > 0) || ladders.anonymousOf(level) < qty) this.reject(StaleReason.UnknownOrder);
    else ladders.takeAnonymous(level, qty);
  }

  /**
   * L2: the level holds `qty` now (0 removes it). L3: so much of the level is of orders never seen; with qty 0 on a
   * snapshot event the whole level goes, known orders included (it left the window the venue shows).
   */
  private setLevel(instrument: number, head: number, price: number, qty: number, orderCount: number): void {
    const { ladders } = this;
    const side = (head >>> 8) & 0xff;
    const kind = ladders.kindOf(instrument);
    if (!(qty >= 0) || (side !== Side.Bid && side !== Side.Ask) || kind === 0) {
      this.reject(StaleReason.BadValue);
      return;
    }
    const sideIndex = instrument * 2 + side - 1;
    const key = side === Side.Bid ? price : 0 - price;
    if (kind === BookKind.L3) {
      if (qty === 0 && ((head >>> 16) & EventFlag.Snapshot) !== 0) this.dropLevel(sideIndex, key);
      else ladders.setAnonymous(sideIndex, key, qty);
    } else if (qty > 0) {
      ladders.set(sideIndex, key, qty, orderCount);
    } else {
      const level = ladders.find(sideIndex, key);
      if (level !== NO_LEVEL) ladders.remove(level);
    }
  }

  private dropLevel(sideIndex: number, key: number): void {
    const dropped = this.ladders.find(sideIndex, key);
    if (dropped === NO_LEVEL) return;
    if (this.ladders.ordersOf(dropped) > 0) this.forgetOrders((level) => level === dropped);
    this.ladders.remove(dropped);
  }

  /** Rare (snapshots, windows): O(capacity of the order table). Ids first, because removal may move entries. */
  private forgetOrders(match: (level: number) => boolean): void {
    const { orders } = this;
    const ids: number[] = [];
    orders.forEach((entry) => {
      if (match(orders.levelOf(entry))) ids.push(orders.idOf(entry));
    });
    for (const id of ids) {
      const entry = orders.find(id);
      if (entry < 0) throw new BugError(`order ${id} was there a moment ago`);
      orders.remove(entry);
    }
  }

  private reject(reason: StaleReason): void {
    this.problem = reason;
    if (reason === StaleReason.UnknownOrder) this.unknownOrders++;
    else if (reason === StaleReason.DuplicateOrder) this.duplicateOrders++;
    else this.badValues++;
  }
}

function widened(array: Uint8Array, length: number): Uint8Array {
  const larger = new Uint8Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
