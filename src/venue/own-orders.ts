/**
 * The venue's own copy of every order that is on its way or open here: columns by *slot*, recycled, and the lists they
 * stand in. An order is copied when it leaves the engine, so that the venue can't see what became of it there later.
 *
 * Each side (instrument * 2 + 0 buy, 1 sell) has two lists: resting orders, the best price first and the first that came
 * first at the same price; and stop orders not triggered yet, in the order they came. Prices are keys as in book/ladders.ts:
 * a higher key is a better price on both sides. Insertion: O(orders of the side at or before its place); all else O(1).
 *
 * Memory: 140 bytes a slot, 12 bytes an OrderID ever seen.
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import { OrdType } from '../core/order.ts';
import { widened } from '../core/widened.ts';
import type { Orders } from '../oms/orders.ts';

export const OwnState = {
  Free: 0,
  /** Left the engine, not here yet. */
  InFlight: 1,
  Resting: 2,
  /** A stop order, waiting. */
  Waiting: 3,
  /** Here and in no list: being worked on. */
  Loose: 4,
  /** An iceberg whose displayed part is gone: rests again, at the back, behind the present event. */
  Refresh: 5,
  /** A stop that was triggered: acts behind the present event. */
  Triggered: 6,
} as const;

export const NO_SLOT = 0;
const DONE = -1;

export class OwnOrders {
  state!: Uint8Array;
  type!: Uint8Array;
  timeInForce!: Uint8Array;
  flags!: Uint16Array;
  peg!: Uint8Array;
  /** instrument * 2 + 0 buy / 1 sell. */
  side!: Int32Array;
  orderId!: Int32Array;
  strategy!: Int32Array;
  account!: Int32Array;
  next!: Int32Array;
  previous!: Int32Array;
  /** L3: arrival mark of the book's order table when the order took its place: earlier orders are ahead of it. */
  mark!: Int32Array;
  clOrdId!: Float64Array;
  /** Price as key; +Infinity for market orders. */
  key!: Float64Array;
  /** The limit as key, +Infinity where there is none: what a pegged order's price does not pass. */
  limitKey!: Float64Array;
  /** Trigger of a stop as key. */
  stopKey!: Float64Array;
  pegOffset!: Float64Array;
  qty!: Float64Array;
  leaves!: Float64Array;
  /** Iceberg: displayed at a time; 0 = everything. */
  display!: Float64Array;
  /** Displayed now, of `leaves`. */
  shown!: Float64Array;
  /** Recorded lots ahead in the queue; an estimate on L2, Infinity where the level is beyond what the book shows. */
  ahead!: Float64Array;
  /** L2: traded at the level since its quantity was last stated. */
  traded!: Float64Array;
  expireNs!: Float64Array;

  /** Slot of an OrderID; 0 never here, -1 done. */
  private slotById = new Int32Array(1 << 10);
  /** CumQty of done orders, by OrderID. */
  private doneCum = new Float64Array(1 << 10);
  /** First resting order and first waiting stop by side. */
  restHead: Int32Array = new Int32Array(32);
  stopHead: Int32Array = new Int32Array(32);
  /** Orders in lists by instrument. */
  listed: Int32Array = new Int32Array(16);
  /** Of these, pegged ones that rest. */
  pegged: Int32Array = new Int32Array(16);
  open = 0;
  private free = NO_SLOT;
  private made = 0;
  private capacity = 0;

  constructor(expectedOpen = 256) {
    this.grow(expectedOpen);
  }

  ensureInstruments(count: number): void {
    if (count <= this.listed.length) return;
    this.listed = widened(this.listed, count);
    this.pegged = widened(this.pegged, count);
    this.restHead = widened(this.restHead, count * 2);
    this.stopHead = widened(this.stopHead, count * 2);
  }

  /** Copies what the order is now; in flight. */
  take(orders: Orders, orderId: number): number {
    const slot = this.reserve(orderId);
    const { side } = orders;
    const sign = side[orderId] === 2 ? 1 : 0;
    this.state[slot] = OwnState.InFlight;
    this.type[slot] = orders.type[orderId];
    this.timeInForce[slot] = orders.timeInForce[orderId];
    this.flags[slot] = orders.flags[orderId];
    this.peg[slot] = orders.peg[orderId];
    this.side[slot] = orders.instrument[orderId] * 2 + sign;
    this.orderId[slot] = orderId;
    this.strategy[slot] = orders.strategy[orderId];
    this.account[slot] = orders.account[orderId];
    this.clOrdId[slot] = orders.clOrdId[orderId];
    const type = orders.type[orderId];
    const price = orders.priceTicks[orderId];
    const hasPrice = type === OrdType.Limit || type === OrdType.StopLimit || (type === OrdType.Pegged && price > 0);
    this.key[slot] = hasPrice ? (sign === 0 ? price : 0 - price) : Number.POSITIVE_INFINITY;
    this.limitKey[slot] = this.key[slot];
    this.stopKey[slot] = sign === 0 ? orders.stopPriceTicks[orderId] : 0 - orders.stopPriceTicks[orderId];
    this.pegOffset[slot] = orders.pegOffsetTicks[orderId];
    this.qty[slot] = orders.qtyLots[orderId];
    this.leaves[slot] = orders.qtyLots[orderId];
    this.display[slot] = orders.displayQtyLots[orderId];
    this.shown[slot] = 0;
    this.ahead[slot] = 0;
    this.traded[slot] = 0;
    this.expireNs[slot] = orders.expireNs[orderId];
    this.slotById[orderId] = slot;
    this.open++;
    return slot;
  }

  /** Slots 1 .. this are in use, or were. */
  get slots(): number {
    return this.made;
  }

  /** 0: the order never came; negative: it is done. */
  slotOf(orderId: number): number {
    return orderId < this.slotById.length ? this.slotById[orderId] : 0;
  }

  doneCumOf(orderId: number): number {
    return this.doneCum[orderId];
  }

  /** Price in ticks that the order rests or takes at; 0 where it has none. */
  priceOf(slot: number): number {
    const key = this.key[slot];
    if (key === Number.POSITIVE_INFINITY) return 0;
    return (this.side[slot] & 1) === 0 ? key : 0 - key;
  }

  /** The order is over; its slot is used again. It stands in no list. */
  release(slot: number): void {
    const id = this.orderId[slot];
    this.slotById[id] = DONE;
    this.doneCum[id] = this.qty[slot] - this.leaves[slot];
    this.state[slot] = OwnState.Free;
    this.next[slot] = this.free;
    this.free = slot;
    this.open--;
  }

  /** Puts the order behind all resting ones of the same or a better price. */
  rest(slot: number): void {
    const side = this.side[slot];
    const key = this.key[slot];
    let before = NO_SLOT;
    let after = this.restHead[side];
    while (after !== NO_SLOT && this.key[after] >= key) {
      before = after;
      after = this.next[after];
    }
    this.link(this.restHead, slot, before, after);
    if (this.type[slot] === OrdType.Pegged) this.pegged[side >> 1]++;
    this.state[slot] = OwnState.Resting;
  }

  wait(slot: number): void {
    let before = NO_SLOT;
    let after = this.stopHead[this.side[slot]];
    while (after !== NO_SLOT) {
      before = after;
      after = this.next[after];
    }
    this.link(this.stopHead, slot, before, after);
    this.state[slot] = OwnState.Waiting;
  }

  /** Takes the order out of its list, if it stands in one. */
  unlink(slot: number): void {
    const state = this.state[slot];
    if (state !== OwnState.Resting && state !== OwnState.Waiting) return;
    const heads = state === OwnState.Resting ? this.restHead : this.stopHead;
    const before = this.previous[slot];
    const after = this.next[slot];
    if (before === NO_SLOT) heads[this.side[slot]] = after;
    else this.next[before] = after;
    if (after !== NO_SLOT) this.previous[after] = before;
    const instrument = this.side[slot] >> 1;
    this.listed[instrument]--;
    if (this.type[slot] === OrdType.Pegged && state === OwnState.Resting) this.pegged[instrument]--;
    this.state[slot] = OwnState.Loose;
  }

  /** Multiplies prices and quantities of an instrument's orders, exactly. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (let slot = 1; slot <= this.made; slot++) {
      if (this.state[slot] === OwnState.Free || this.side[slot] >> 1 !== instrument) continue;
      this.key[slot] *= priceFactor;
      this.limitKey[slot] *= priceFactor;
      this.stopKey[slot] *= priceFactor;
      this.pegOffset[slot] *= priceFactor;
      this.qty[slot] *= qtyFactor;
      this.leaves[slot] *= qtyFactor;
      this.display[slot] *= qtyFactor;
      this.shown[slot] *= qtyFactor;
      this.ahead[slot] *= qtyFactor;
      this.traded[slot] *= qtyFactor;
    }
  }

  /** Calls `visit` with the slot of every order that is not done. */
  forEach(visit: (slot: number) => void): void {
    for (let slot = 1; slot <= this.made; slot++) if (this.state[slot] !== OwnState.Free) visit(slot);
  }

  checkInvariants(): void {
    const listed = new Int32Array(this.listed.length);
    for (let side = 0; side < this.restHead.length; side++) {
      let previous = NO_SLOT;
      for (let slot = this.restHead[side]; slot !== NO_SLOT; slot = this.next[slot]) {
        listed[side >> 1]++;
        assert(this.state[slot] === OwnState.Resting && this.side[slot] === side, `slot ${slot} rests at its side`);
        assert(this.previous[slot] === previous, `slot ${slot}: back link`);
        assert(previous === NO_SLOT || this.key[previous] >= this.key[slot], `slot ${slot}: the best price first`);
        const leaves = this.leaves[slot];
        assert(leaves > 0 && leaves <= this.qty[slot], `slot ${slot}: ${leaves} lots left`);
        assert(this.shown[slot] > 0 && this.shown[slot] <= leaves, `slot ${slot}: something is displayed`);
        assert(this.ahead[slot] >= 0 && this.traded[slot] >= 0, `slot ${slot}: queue position`);
        previous = slot;
      }
      for (let slot = this.stopHead[side]; slot !== NO_SLOT; slot = this.next[slot]) {
        listed[side >> 1]++;
        assert(this.state[slot] === OwnState.Waiting && this.side[slot] === side, `slot ${slot} waits at its side`);
      }
    }
    for (let i = 0; i < listed.length; i++) assert(listed[i] === this.listed[i], `instrument ${i}: orders in lists`);
    let open = 0;
    this.forEach((slot) => {
      open++;
      assert(this.slotById[this.orderId[slot]] === slot, `slot ${slot}: found by its OrderID`);
    });
    assert(open === this.open, `${this.open} open orders, ${open} found`);
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.open);
    this.forEach((slot) => {
      hash.integer(this.orderId[slot]);
      hash.integer(this.state[slot]);
      hash.integer(this.clOrdId[slot]);
      hash.integer(Number.isFinite(this.key[slot]) ? this.key[slot] : 0);
      hash.integer(this.qty[slot]);
      hash.integer(this.leaves[slot]);
      hash.integer(this.shown[slot]);
      hash.integer(Number.isFinite(this.ahead[slot]) ? Math.floor(this.ahead[slot]) : -1);
    });
  }

  private link(heads: Int32Array, slot: number, before: number, after: number): void {
    this.previous[slot] = before;
    this.next[slot] = after;
    if (before === NO_SLOT) heads[this.side[slot]] = slot;
    else this.next[before] = slot;
    if (after !== NO_SLOT) this.previous[after] = slot;
    this.listed[this.side[slot] >> 1]++;
  }

  private reserve(orderId: number): number {
    if (orderId >= this.slotById.length) {
      this.slotById = widened(this.slotById, orderId + 1);
      this.doneCum = widened(this.doneCum, orderId + 1);
    }
    if (this.free !== NO_SLOT) {
      const slot = this.free;
      this.free = this.next[slot];
      return slot;
    }
    if (this.made + 1 >= this.capacity) this.grow(this.capacity * 2);
    return ++this.made;
  }

  private grow(capacity: number): void {
    this.capacity = capacity;
    const u8 = (old?: Uint8Array): Uint8Array => filled(new Uint8Array(capacity), old);
    const i32 = (old?: Int32Array): Int32Array => filled(new Int32Array(capacity), old);
    const f64 = (old?: Float64Array): Float64Array => filled(new Float64Array(capacity), old);
    this.state = u8(this.state);
    this.type = u8(this.type);
    this.timeInForce = u8(this.timeInForce);
    this.flags = filled(new Uint16Array(capacity), this.flags);
    this.peg = u8(this.peg);
    this.side = i32(this.side);
    this.orderId = i32(this.orderId);
    this.strategy = i32(this.strategy);
    this.account = i32(this.account);
    this.next = i32(this.next);
    this.previous = i32(this.previous);
    this.mark = i32(this.mark);
    this.clOrdId = f64(this.clOrdId);
    this.key = f64(this.key);
    this.limitKey = f64(this.limitKey);
    this.stopKey = f64(this.stopKey);
    this.pegOffset = f64(this.pegOffset);
    this.qty = f64(this.qty);
    this.leaves = f64(this.leaves);
    this.display = f64(this.display);
    this.shown = f64(this.shown);
    this.ahead = f64(this.ahead);
    this.traded = f64(this.traded);
    this.expireNs = f64(this.expireNs);
  }
}

function filled<T extends { set(from: T): void }>(array: T, old: T | undefined): T {
  if (old !== undefined) array.set(old);
  return array;
}
