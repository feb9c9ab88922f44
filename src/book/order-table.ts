/**
 * Live orders by order reference, for every instrument of a connection. An entry is 16 bytes, four to a cache line
 * (layout.ts):
 *
 *   i32 word 0  tag      reference - idBase + 1, as u32 (0: the entry is free)
 *            1  qty      lots still resting, as u32
 *            2  level    the level it rests at (ladders.ts)
 *            3  scratch  written by `touchHomes` and by the kernel, never read
 *
 * and beside it, in an array of its own because only queue positions need it, its *arrival*: a number that rises with
 * every order added; the smaller one at the same level is ahead in the queue.
 *
 * An order's home is entry `(reference - idBase) mod capacity`: venues number orders almost densely, so recent orders lie
 * side by side and two live orders seldom share a home. One that finds its home taken goes to another entry of the same
 * line, which costs no further cache miss.
 *
 * What does not fit (a full line, a reference 2^32 or more away from idBase, a quantity of 2^32 or more) goes to the *wide*
 * region behind the primary one: the same entries with reference and quantity beside them as float64, by open addressing
 * with linear probing and backward-shift deletion, so that it never degrades over a day. The *crowd* words behind that
 * count, for each line, the orders it has there: the look-up of an absent order ends at its line.
 *
 * The table (order-memory.ts) doubles while it warms up, and moves idBase to where the references are; the expected cost of
 * every operation is O(1). A free table is all zeros.
 *
 * Calls on the hot path take references and quantities as places in a Float64Array, not as numbers: V8 boxes a float64
 * that crosses a call it does not inline, which costs an allocation above 2^31 and a conversion below.
 */
import { assert } from '../core/assert.ts';
import {
  ENTRY_WORDS,
  ENTRY_LEVEL as LEVEL,
  ENTRY_QTY as QTY,
  ENTRY_SCRATCH as SCRATCH,
  ENTRY_TAG as TAG,
} from './layout.ts';
import { OrderMemory } from './order-memory.ts';

const ENTRY_SHIFT = 2;
const LINE_SHIFT = 4;
/** Tag of a used entry of the wide region. */
const USED = 1;
const MAX_NARROW = 2 ** 32 - 2;

export class OrderTable extends OrderMemory {
  private readonly scratch = new Float64Array(1);

  /**
   * First word of the entry of the order whose reference is `values[at]`, or -1. An entry stays where it is until an
   * order is added or removed.
   */
  findAt(values: Float64Array, at: number): number {
    const distance = values[at] - this.idBase;
    const low = distance >>> 0;
    const home = (low & this.mask) << ENTRY_SHIFT;
    const tag = (low + 1) | 0;
    return this.i32[home] === tag && low === distance && tag !== 0 ? home : this.findDisplaced(values, at);
  }

  /** The same for a reference that is at hand; off the hot path. */
  find(id: number): number {
    this.scratch[0] = id;
    return this.findAt(this.scratch, 0);
  }

  /** First word of the entry where the order most likely is. */
  homeAt(values: Float64Array, at: number): number {
    return ((values[at] - this.idBase) & this.mask) << ENTRY_SHIFT;
  }

  /**
   * Asks for the cache lines of the orders `values[at]`, `values[at + 8]`, ... (`count` of them; places wrap by the mask).
   * By a store: it retires at once and the line comes in behind it, while a load holds up all that follows until it is
   * there. Books alone, first 2 M messages of a full market, best of three: 151 ns an event with it, 177 without; the same by
   * loads 213 against 215 (2026-11-22, on a loaded machine).
   */
  touchHomes(values: Float64Array, at: number, count: number, wrap: number): void {
    const { i32, mask, idBase } = this;
    for (let i = 0; i < count; i++) {
      i32[(((values[at & wrap] - idBase) & mask) << ENTRY_SHIFT) + SCRATCH] = 0;
      at += 8;
    }
  }

  /** True when no order `values[at]` is in the table, and its home is free: the usual case of an order to be added. */
  isFreeAt(values: Float64Array, at: number): boolean {
    const distance = values[at] - this.idBase;
    const low = distance >>> 0;
    const home = (low & this.mask) << ENTRY_SHIFT;
    const tag = (low + 1) | 0;
    const i32 = this.i32;
    return (
      low === distance &&
      i32[home] === 0 &&
      i32[home ^ 4] !== tag &&
      i32[home ^ 8] !== tag &&
      i32[home ^ 12] !== tag &&
      i32[this.crowdBase + (home >> LINE_SHIFT)] === 0
    );
  }

  /** Adds order `values[idAt]`, which is not in the table, with quantity `values[qtyAt]`, behind all others. */
  insertAt(values: Float64Array, idAt: number, qtyAt: number, level: number): void {
    if (this.size >= this.maxSize) this.rebuild((this.mask + 1) * 2, (this.wideMask + 1) * 2, this.idBase);
    const distance = values[idAt] - this.idBase;
    const low = distance >>> 0;
    const home = (low & this.mask) << ENTRY_SHIFT;
    const qty = values[qtyAt];
    const i32 = this.i32;
    if (low === distance && low < MAX_NARROW && i32[home] === 0 && qty <= MAX_NARROW) {
      i32[home] = low + 1;
      i32[home + QTY] = qty;
      i32[home + LEVEL] = level;
      this.arrival[home >> ENTRY_SHIFT] = this.arrivals;
      this.size++;
    } else {
      this.place(values, idAt, qtyAt, level, this.arrivals);
    }
    this.arrivals = (this.arrivals + 1) | 0;
  }

  /** Removes the order whose entry begins at `word`. */
  remove(word: number): void {
    this.size--;
    this.i32[word] = 0;
    if (word >= this.wideBase) this.removeWide(word);
  }

  qtyOf(word: number): number {
    return word < this.wideBase ? this.i32[word + QTY] >>> 0 : this.wideQtys[(word - this.wideBase) >> ENTRY_SHIFT];
  }

  /** `qty` may not be more than the order held. */
  setQty(word: number, qty: number): void {
    if (word < this.wideBase) this.i32[word + QTY] = qty;
    else this.wideQtys[(word - this.wideBase) >> ENTRY_SHIFT] = qty;
  }

  levelOf(word: number): number {
    return this.i32[word + LEVEL];
  }

  /** Negative when the first order is ahead of the second. Right while fewer than 2^31 orders arrived in between. */
  arrivalDifference(word: number, other: number): number {
    return (this.arrival[word >> ENTRY_SHIFT] - this.arrival[other >> ENTRY_SHIFT]) | 0;
  }

  /** Between the orders that came so far and those to come: for `cameBefore`. */
  get arrivalMark(): number {
    return this.arrivals;
  }

  /** True when the order was added before `mark` was read; right under the same condition as `arrivalDifference`. */
  cameBefore(word: number, mark: number): boolean {
    return ((this.arrival[word >> ENTRY_SHIFT] - mark) | 0) < 0;
  }

  idOf(word: number): number {
    if (word >= this.wideBase) return this.wideIds[(word - this.wideBase) >> ENTRY_SHIFT];
    return this.idBase + ((this.i32[word + TAG] - 1) >>> 0);
  }

  /** Calls `visit` with the first word of every live order, in no order that may be relied on. O(capacity). */
  forEach(visit: (word: number) => void): void {
    const i32 = this.i32;
    for (let w = 0; w < this.crowdBase; w += ENTRY_WORDS) if (i32[w] !== 0) visit(w);
  }

  checkInvariants(): void {
    let live = 0;
    let wide = 0;
    const crowd = new Int32Array((this.mask + 1) >> 2);
    this.forEach((w) => {
      const id = this.idOf(w);
      live++;
      assert(this.find(id) === w, `order ${id} is found where it lies`);
      if (w < this.wideBase) return;
      wide++;
      crowd[this.lineOf(id)]++;
    });
    assert(live === this.size, `order table size ${this.size}, ${live} found`);
    assert(wide === this.wideSize, `wide region size ${this.wideSize}, ${wide} found`);
    for (let line = 0; line < crowd.length; line++) {
      assert(crowd[line] === this.i32[this.crowdBase + line], `crowd of line ${line}`);
    }
  }

  /** Line of the primary region that an order belongs to, wherever it is. */
  private lineOf(id: number): number {
    return ((id - this.idBase) & this.mask) >> 2;
  }

  private findDisplaced(values: Float64Array, at: number): number {
    const distance = values[at] - this.idBase;
    const low = distance >>> 0;
    const home = (low & this.mask) << ENTRY_SHIFT;
    const i32 = this.i32;
    if (low === distance && low < MAX_NARROW) {
      const tag = (low + 1) | 0;
      if (i32[home ^ 4] === tag) return home ^ 4;
      if (i32[home ^ 8] === tag) return home ^ 8;
      if (i32[home ^ 12] === tag) return home ^ 12;
    }
    return i32[this.crowdBase + (home >> LINE_SHIFT)] === 0 ? -1 : this.findWide(values[at]);
  }

  /** Adds an order anywhere it fits, with a given arrival. */
  private place(values: Float64Array, idAt: number, qtyAt: number, level: number, arrival: number): void {
    const i32 = this.i32;
    const distance = values[idAt] - this.idBase;
    const low = distance >>> 0;
    const word = this.freeInLine((low & this.mask) << ENTRY_SHIFT);
    if (word < 0 || low !== distance || low >= MAX_NARROW || !(values[qtyAt] <= MAX_NARROW)) {
      this.placeWide(values, idAt, qtyAt, level, arrival);
      return;
    }
    this.size++;
    i32[word] = low + 1;
    i32[word + QTY] = values[qtyAt];
    i32[word + LEVEL] = level;
    this.arrival[word >> ENTRY_SHIFT] = arrival;
  }

  /** A free entry in the line of `home`, or -1. */
  private freeInLine(home: number): number {
    const i32 = this.i32;
    if (i32[home] === 0) return home;
    if (i32[home ^ 4] === 0) return home ^ 4;
    if (i32[home ^ 8] === 0) return home ^ 8;
    return i32[home ^ 12] === 0 ? home ^ 12 : -1;
  }

  /**
   * Moves every order to a table of these capacities. Doubling the primary region puts no more orders into the wide one;
   * a new idBase may, so then the caller makes that large enough for all.
   */
  private rebuild(capacity: number, wideCapacity: number, idBase: number): void {
    const old: OrderTable = Object.assign(Object.create(OrderTable.prototype), this);
    this.idBase = idBase;
    this.allocate(capacity, wideCapacity);
    old.view(); // the memory may have moved
    const values = new Float64Array(2);
    old.forEach((w) => {
      values[0] = old.idOf(w);
      values[1] = old.qtyOf(w);
      this.place(values, 0, 1, old.i32[w + LEVEL], old.arrival[w >> ENTRY_SHIFT]);
    });
    this.memory.give(old.i32At, old.i32.byteLength);
    this.memory.give(old.arrivalAt, old.arrival.byteLength);
  }

  /** Makes room in the wide region; when most orders are there because of `id` and its like, idBase moves to them. */
  private enlargeWide(id: number): void {
    const distance = id - this.idBase;
    let wideCapacity = (this.wideMask + 1) * 2;
    let { idBase } = this;
    if ((distance < 0 || distance >= MAX_NARROW) && this.wideSize * 2 > this.size) {
      idBase = Math.floor((id - 2 ** 31) / 4) * 4;
      while (wideCapacity < this.size * 4) wideCapacity *= 2;
    }
    this.rebuild(this.mask + 1, wideCapacity, idBase);
  }

  /** Home in the wide region: Knuth's multiplicative hash of the low 32 bits, folded with the high ones. */
  private wideHome(id: number): number {
    const mixed = Math.imul((id >>> 0) ^ Math.imul(Math.floor(id / 4294967296), 0x85ebca6b), 0x9e3779b1);
    return (mixed >>> 7) & this.wideMask;
  }

  private findWide(id: number): number {
    for (let slot = this.wideHome(id); ; slot = (slot + 1) & this.wideMask) {
      const w = this.wideBase + (slot << ENTRY_SHIFT);
      if (this.i32[w] === 0) return -1;
      if (this.wideIds[slot] === id) return w;
    }
  }

  private placeWide(values: Float64Array, idAt: number, qtyAt: number, level: number, arrival: number): void {
    if (this.wideSize * 2 > this.wideMask) {
      this.enlargeWide(values[idAt]);
      this.place(values, idAt, qtyAt, level, arrival);
      return;
    }
    const id = values[idAt];
    const i32 = this.i32;
    let slot = this.wideHome(id);
    while (i32[this.wideBase + (slot << ENTRY_SHIFT)] !== 0) slot = (slot + 1) & this.wideMask;
    const w = this.wideBase + (slot << ENTRY_SHIFT);
    i32[w] = USED;
    i32[w + LEVEL] = level;
    this.arrival[w >> ENTRY_SHIFT] = arrival;
    this.wideIds[slot] = id;
    this.wideQtys[slot] = values[qtyAt];
    this.size++;
    this.wideSize++;
    i32[this.crowdBase + this.lineOf(id)]++;
  }

  /** Backward shift (Knuth 6.4, algorithm R): later members of the cluster move up so that probing meets no hole. */
  private removeWide(word: number): void {
    const { i32, wideIds, wideQtys, wideBase, wideMask } = this;
    let hole = (word - wideBase) >> ENTRY_SHIFT;
    i32[this.crowdBase + this.lineOf(wideIds[hole])]--;
    this.wideSize--;
    for (let next = hole; ; ) {
      next = (next + 1) & wideMask;
      const from = wideBase + (next << ENTRY_SHIFT);
      if (i32[from] === 0) break;
      const home = this.wideHome(wideIds[next]);
      if (((next - home) & wideMask) < ((next - hole) & wideMask)) continue; // its home is behind the hole: it stays
      const to = wideBase + (hole << ENTRY_SHIFT);
      i32[to] = USED;
      i32[to + LEVEL] = i32[from + LEVEL];
      this.arrival[to >> ENTRY_SHIFT] = this.arrival[from >> ENTRY_SHIFT];
      wideIds[hole] = wideIds[next];
      wideQtys[hole] = wideQtys[next];
      i32[from] = 0;
      hole = next;
    }
  }
}
