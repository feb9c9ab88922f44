/**
 * Orders at a matching book: 64 bytes each, one cache line, recycled by *slot*; 0 is no slot. An order is known to its owner
 * by an OrderID, counted from 1 in the order of arrival and never used again (up to 2^31 - 1, a day of 24,000 a second).
 *
 * Orders are found by their OrderID in a ring of places, OrderID modulo its length; one that still lives when a younger order
 * takes its place is found in a map. The ring grows when a quarter as many are in the map: memory is bounded by the orders at a
 * time, however many there were.
 *
 *   word 0  leaves, lots                     word 5  next | previous slot in its queue
 *   word 1  displayed, of leaves, lots;      word 6  level | OrderID
 *           a waiting stop: its trigger      word 7  type, side, time in force, flags | not used
 *   word 2  whole quantity, lots
 *   word 3  limit price, ticks
 *   word 4  displayed at a time, lots; 0 = everything
 */
import { assert } from '../core/assert.ts';
import { widened } from '../core/widened.ts';

/** Float64 words of an order. */
export const LEAVES = 0;
export const SHOWN = 1;
/** A stop that waits displays nothing: its trigger stands there. */
export const TRIGGER = 1;
export const QTY = 2;
export const PRICE = 3;
export const DISPLAY = 4;

/** Int32 words of an order. */
export const NEXT = 10;
export const PREVIOUS = 11;
export const LEVEL = 12;
export const ORDER_ID = 13;
export const HEAD = 14;

export const NO_SLOT = 0;

/** What an order is: side (OrderSide), type (OrdType), time in force (TimeInForce), flags (OrderFlag), in a byte each. */
export function orderHead(side: number, type: number, timeInForce: number, flags: number): number {
  return side | (type << 8) | (timeInForce << 16) | (flags << 24);
}

// Not the exported ones: see match-book.ts.
const NONE: typeof NO_SLOT = 0;
const NEXT_SLOT: typeof NEXT = 10;
const ID: typeof ORDER_ID = 13;

export class OrderPool {
  declare f64: Float64Array;
  declare i32: Int32Array;
  /** Slots in use. */
  live = 0;
  /** By OrderID modulo its length, a power of two. */
  declare private places: Int32Array;
  /** Of orders whose place a younger one has. */
  private readonly displaced = new Map<number, number>();
  private lastId = 0;
  private made = 0;
  private free: number = NONE;

  /** Memory grows by doubling, from room for `orders` at a time; the last `ids` OrderIDs are found fastest. */
  constructor(orders: number, ids: number) {
    this.f64 = new Float64Array((orders + 1) << 3);
    this.i32 = new Int32Array(this.f64.buffer);
    this.places = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(ids, 2))));
  }

  /** A slot with a new OrderID; all else in it is old. */
  add(): number {
    let slot = this.free;
    if (slot === NONE) {
      slot = ++this.made;
      if (slot << 3 === this.f64.length) this.enlarge();
    } else {
      this.free = this.i32[(slot << 4) + NEXT_SLOT];
    }
    const id = ++this.lastId;
    this.i32[(slot << 4) + ID] = id;
    const place = id & (this.places.length - 1);
    const older = this.places[place];
    this.places[place] = slot;
    if (older !== NONE) this.displace(older);
    this.live++;
    return slot;
  }

  /** The order is done: its slot is used again, its OrderID never. */
  release(slot: number): void {
    const at = slot << 4;
    const id = this.i32[at + ID];
    const place = id & (this.places.length - 1);
    if (this.places[place] === slot) this.places[place] = NONE;
    else this.displaced.delete(id);
    this.i32[at + ID] = 0;
    this.i32[at + NEXT_SLOT] = this.free;
    this.free = slot;
    this.live--;
  }

  /** NO_SLOT where there is no such order, or not any more. */
  slotOf(orderId: number): number {
    if (!(orderId > 0 && orderId <= this.lastId)) return NONE;
    const slot = this.places[orderId & (this.places.length - 1)];
    if (slot !== NONE && this.i32[(slot << 4) + ID] === orderId) return slot;
    return this.displaced.size === 0 ? NONE : (this.displaced.get(orderId) ?? NONE);
  }

  /** The OrderID given last. */
  get lastOrderId(): number {
    return this.lastId;
  }

  /** Places by which orders are found: how much memory OrderIDs take. */
  get idPlaces(): number {
    return this.places.length + this.displaced.size;
  }

  checkInvariants(): void {
    let found = 0;
    for (let slot = 1; slot <= this.made; slot++) {
      const id = this.i32[(slot << 4) + ID];
      if (id === 0) continue;
      assert(this.slotOf(id) === slot, `order ${id} is found by its OrderID`);
      found++;
    }
    assert(this.displaced.size <= found, 'only orders that live are displaced');
    let free = 0;
    for (let slot = this.free; slot !== NONE && free <= this.made; free++) slot = this.i32[(slot << 4) + NEXT_SLOT];
    assert(found === this.live, `${found} orders by OrderID, ${this.live} counted`);
    assert(free + found === this.made, `${free} slots free, ${found} in use, ${this.made} made`);
  }

  private enlarge(): void {
    this.f64 = widened(this.f64);
    this.i32 = new Int32Array(this.f64.buffer);
  }

  private displace(slot: number): void {
    this.displaced.set(this.i32[(slot << 4) + ID], slot);
    if (this.displaced.size > this.places.length >> 2) this.enlargePlaces();
  }

  /** O(orders). */
  private enlargePlaces(): void {
    this.places = new Int32Array(this.places.length << 1);
    this.displaced.clear();
    for (let slot = 1; slot <= this.made; slot++) {
      const id = this.i32[(slot << 4) + ID];
      if (id === 0) continue;
      const place = id & (this.places.length - 1);
      const other = this.places[place];
      const isYounger = other === NONE || this.i32[(other << 4) + ID] < id;
      if (isYounger) this.places[place] = slot;
      if (isYounger && other !== NONE) this.displaced.set(this.i32[(other << 4) + ID], other);
      else if (!isYounger) this.displaced.set(id, slot);
    }
  }
}
