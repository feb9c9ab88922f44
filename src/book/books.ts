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
import { widened } from '../core/widened.ts';
import { checkBooks } from './invariants.ts';
import { Kernel } from './kernel.ts';
import { Ladders, NO_LEVEL } from './ladders.ts';
import { KERNEL_BYTES, STAGED_SLOTS } from './layout.ts';
import { TableMemory } from './memory.ts';
import { OrderTable } from './order-table.ts';
import { rescale } from './rescale.ts';

/** Memory in which events lie: a ring, seen by 8-byte word, 4-byte word and byte. */
export interface EventMemory {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Memory beyond what the tables take at first: for what rounding adds. */
const ROOM_BYTES = 1 << 10;

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

  /** Null while the books are small, and where there is no WebAssembly to be had. */
  private kernel: Kernel | null = null;

  /** Whether batches are applied by the WebAssembly kernel. */
  get hasKernel(): boolean {
    return this.kernel !== null;
  }

  /** `kernel` false: everything is done by the TypeScript code, which is what the kernel is tested against. */
  constructor(expectedOrders = 1 << 10, options: { readonly kernel?: boolean } = {}) {
    const expectedLevels = Math.max(1 << 10, expectedOrders >> 1);
    const bytes = KERNEL_BYTES + Ladders.bytesFor(expectedLevels) + OrderTable.bytesFor(expectedOrders);
    const memory = new TableMemory(bytes + ROOM_BYTES, KERNEL_BYTES);
    this.ladders = new Ladders(memory, expectedLevels);
    this.orders = new OrderTable(expectedOrders, memory);
    this.staleReason = new Uint8Array(16);
    if (options.kernel === false) return;
    const findKernel = (): void => {
      this.kernel = Kernel.over(memory);
    };
    findKernel();
    memory.onMove(findKernel);
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
    this.problem = StaleReason.None;
    switch (memory.u32[w * 2] & 0xff) {
      case EventKind.Add:
        this.add(memory, w);
        break;
      case EventKind.Delete:
        this.delete(memory, w);
        break;
      case EventKind.Execute:
      case EventKind.Reduce:
        this.reduce(memory, w);
        break;
      case EventKind.Replace:
        this.replace(memory, w);
        break;
      case EventKind.Level:
        this.setLevel(memory, w);
        break;
      case EventKind.Clear:
        this.clear(memory.u32[w * 2 + 1]);
        break;
      case EventKind.Instrument:
        this.define(readInstrumentPayload(memory.bytes, (w + 3) * 8, memory.u32[w * 2 + 1]));
        break;
      default:
        break;
    }
  }

  /**
   * Asks for the cache lines of the orders that `count` events from slot `from` on refer to, so that those misses overlap
   * instead of waiting for one another; changes nothing. To be called for 8-64 events before they are applied.
   */
  prefetch(memory: EventMemory, mask: number, from: number, count: number): void {
    this.orders.touchHomes(memory.f64, (from << 3) + 5, count, (mask << 3) | 7);
  }

  /**
   * For whole batches: copies up to `count` events, from slot `from` on, to where the kernel can apply them; returns how
   * many, 0 where there is no kernel. `applyStaged` follows, and nothing else may be applied before it is through.
   */
  stage(memory: EventMemory, mask: number, from: number, count: number): number {
    if (this.kernel === null) return 0;
    const staged = Math.min(count, STAGED_SLOTS);
    this.kernel.stage(memory, mask, from, staged);
    return staged;
  }

  /**
   * Applies the staged events from the `from`-th to before the `to`-th, in order, and returns the first that it does not
   * take: the caller gives that one to `apply`, then goes on behind it. Events taken had no problem.
   */
  applyStaged(from: number, to: number): number {
    return this.kernel === null ? from : this.kernel.apply(this.orders, this.ladders, from, to);
  }

  /**
   * Of a staged event that was taken and is the last of its message: whether its instrument's touch is not what it was at
   * the last look. If so `touch` holds it as of that event, whatever was applied behind it.
   */
  stagedTouch(index: number): boolean {
    return this.kernel?.readTouch(index, this.touch) ?? false;
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

  private add(memory: EventMemory, w: number): void {
    const instrument = memory.u32[w * 2 + 1];
    const side = (memory.u32[w * 2] >>> 8) & 0xff;
    if ((side !== Side.Bid && side !== Side.Ask) || this.ladders.kindOf(instrument) !== BookKind.L3) {
      this.reject(StaleReason.BadValue);
    } else {
      this.addTo(instrument * 2 + side - 1, memory.f64, w, w + 5);
    }
  }

  /** Order `f64[idAt]`, of price and quantity as in the event, rests on the side. */
  private addTo(sideIndex: number, f64: Float64Array, w: number, idAt: number): void {
    if (!(f64[w + 4] > 0)) {
      this.reject(StaleReason.BadValue);
    } else if (!this.orders.isFreeAt(f64, idAt) && this.orders.findAt(f64, idAt) >= 0) {
      this.reject(StaleReason.DuplicateOrder);
    } else {
      this.orders.insertAt(f64, idAt, w + 4, this.ladders.addOrderAt(sideIndex, f64, w + 3));
    }
  }

  private replace(memory: EventMemory, w: number): void {
    const entry = this.orders.findAt(memory.f64, w + 5);
    if (entry < 0) {
      this.reject(StaleReason.UnknownOrder);
      return;
    }
    const side = this.ladders.sideOf(this.orders.levelOf(entry));
    if (side >> 1 !== memory.u32[w * 2 + 1]) {
      this.reject(StaleReason.BadValue);
      return;
    }
    this.removeOrder(entry);
    this.addTo(side, memory.f64, w, w + 6);
  }

  private reduce(memory: EventMemory, w: number): void {
    const { orders, ladders } = this;
    const entry = orders.findAt(memory.f64, w + 5);
    if (entry < 0) {
      this.takeAnonymous(memory, w);
      return;
    }
    const level = orders.levelOf(entry);
    const qty = memory.f64[w + 4];
    if (ladders.sideOf(level) >> 1 !== memory.u32[w * 2 + 1] || !(qty > 0)) {
      this.reject(StaleReason.BadValue);
      return;
    }
    const left = orders.qtyOf(entry) - qty;
    if (left > 0) {
      orders.setQty(entry, left);
      ladders.takeFrom(level, qty, 0);
      return;
    }
    this.removeOrder(entry);
    if (left < 0) this.reject(StaleReason.BadValue);
  }

  private delete(memory: EventMemory, w: number): void {
    const entry = this.orders.findAt(memory.f64, w + 5);
    if (entry < 0) this.takeAnonymous(memory, w);
    else if (this.ladders.sideOf(this.orders.levelOf(entry)) >> 1 === memory.u32[w * 2 + 1]) this.removeOrder(entry);
    else this.reject(StaleReason.BadValue);
  }

  private removeOrder(entry: number): void {
    const orders = this.orders;
    const level = orders.levelOf(entry);
    const qty = orders.qtyOf(entry);
    orders.remove(entry);
    this.ladders.takeFrom(level, qty, 1);
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
  private takeAnonymous(memory: EventMemory, w: number): void {
    const { ladders } = this;
    const head = memory.u32[w * 2];
    const instrument = memory.u32[w * 2 + 1];
    const price = memory.f64[w + 3];
    const qty = memory.f64[w + 4];
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
  private setLevel(memory: EventMemory, w: number): void {
    const { ladders } = this;
    const head = memory.u32[w * 2];
    const instrument = memory.u32[w * 2 + 1];
    const price = memory.f64[w + 3];
    const qty = memory.f64[w + 4];
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
      ladders.set(sideIndex, key, qty, memory.f64[w + 5]);
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
