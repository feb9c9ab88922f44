/**
 * Live orders by order reference, for every instrument of a connection. An entry is 16 bytes, four to a cache line:
 *
 *   i32 word 0  tag      which of the references at home in this line it is (0: the entry is free)
 *            1  qty      lots still resting, as u32
 *            2  level    the level it rests at (ladders.ts)
 *            3  arrival  rises with every order added: a smaller one at the same level is ahead in the queue
 *
 * An order's home is entry `id mod capacity`: venues number orders almost densely, so recent orders lie side by side and
 * two live orders seldom share a home. One that finds its home taken goes to another entry of the same line, which costs
 * no further cache miss. The tag is the rest of the reference: floor(id / capacity) * 4 + id mod 4 + 1.
 *
 * What does not fit (a full line, a reference or a quantity too large for 32 bits) goes to the *wide* region behind the
 * primary one: the same entries with reference and quantity beside them as float64, by open addressing with linear
 * probing and backward-shift deletion, so that it never degrades over a day. `crowd[line]` counts the orders that a
 * line has there: the look-up of an absent order ends at its line.
 *
 * The table doubles while it warms up; the expected cost of every operation is O(1). A free table is all zeros.
 */
import { assert } from '../core/assert.ts';
import { tableBuffer } from './memory.ts';

export const ENTRY_WORDS = 4;
const ENTRY_SHIFT = 2;
const LINE_SHIFT = 4;
const TAG = 0;
const QTY = 1;
const LEVEL = 2;
const ARRIVAL = 3;
/** Tag of a reference that no primary entry can hold; never stored. */
const WIDE = -1;
/** Tag of a used entry of the wide region. */
const USED = 1;
const MAX_NARROW_QTY = 2 ** 32 - 1;
const MIN_CAPACITY = 1 << 12;
const MAX_CAPACITY = 1 << 27;
/** Of the wide region, in entries: 1/8 of the primary one. */
const WIDE_SHIFT = 3;

export class OrderTable {
  /** Entries: the primary region, then the wide one. */
  i32: Int32Array;
  /** Live orders. */
  size = 0;
  private capacity: number;
  private mask = 0;
  private inverse = 0;
  private narrowIds = 0;
  private wideBase = 0;
  private wideMask = 0;
  private wideSize = 0;
  private wideIds: Float64Array;
  private wideQtys: Float64Array;
  private crowd: Int32Array;
  private arrivals = 0;

  /** `expected`: live orders to make room for before the first growth. */
  constructor(expected = MIN_CAPACITY) {
    this.capacity = MIN_CAPACITY;
    while (this.capacity < expected * 2 && this.capacity < MAX_CAPACITY) this.capacity *= 2;
    this.i32 = new Int32Array(0);
    this.wideIds = new Float64Array(0);
    this.wideQtys = new Float64Array(0);
    this.crowd = new Int32Array(0);
    this.allocate();
  }

  /** First word of the order's entry, or -1. An entry stays where it is until an order is added or removed. */
  find(id: number): number {
    const home = (id & this.mask) << ENTRY_SHIFT;
    const tag = this.tagOf(id);
    return this.i32[home] === tag ? home : this.findDisplaced(id, home, tag);
  }

  /** First word of the entry where the order most likely is: for touching its line ahead of use. */
  home(id: number): number {
    return (id & this.mask) << ENTRY_SHIFT;
  }

  /** Adds an order that is not in the table, behind all others. */
  insert(id: number, qty: number, level: number): void {
    if (this.size >= this.capacity >> 1) this.grow();
    this.place(id, qty, level, this.arrivals);
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
    return (this.i32[word + ARRIVAL] - this.i32[other + ARRIVAL]) | 0;
  }

  idOf(word: number): number {
    if (word >= this.wideBase) return this.wideIds[(word - this.wideBase) >> ENTRY_SHIFT];
    const rest = this.i32[word + TAG] - 1;
    return (rest >>> 2) * this.capacity + ((word >> LINE_SHIFT) << 2) + (rest & 3);
  }

  /** Calls `visit` with the first word of every live order, in no order that may be relied on. O(capacity). */
  forEach(visit: (word: number) => void): void {
    const i32 = this.i32;
    for (let w = 0; w < i32.length; w += ENTRY_WORDS) if (i32[w] !== 0) visit(w);
  }

  checkInvariants(): void {
    let live = 0;
    let wide = 0;
    const crowd = new Int32Array(this.crowd.length);
    this.forEach((w) => {
      const id = this.idOf(w);
      live++;
      assert(this.find(id) === w, `order ${id} is found where it lies`);
      if (w < this.wideBase) return;
      wide++;
      crowd[(id & this.mask) >> 2]++;
    });
    assert(live === this.size, `order table size ${this.size}, ${live} found`);
    assert(wide === this.wideSize, `wide region size ${this.wideSize}, ${wide} found`);
    for (let line = 0; line < crowd.length; line++) assert(crowd[line] === this.crowd[line], `crowd of line ${line}`);
  }

  private tagOf(id: number): number {
    return id >= 0 && id < this.narrowIds ? ((id * this.inverse) | 0) * 4 + (id & 3) + 1 : WIDE;
  }

  private findDisplaced(id: number, home: number, tag: number): number {
    const i32 = this.i32;
    if (i32[home ^ 4] === tag) return home ^ 4;
    if (i32[home ^ 8] === tag) return home ^ 8;
    if (i32[home ^ 12] === tag) return home ^ 12;
    return this.crowd[home >> LINE_SHIFT] === 0 ? -1 : this.findWide(id);
  }

  private place(id: number, qty: number, level: number, arrival: number): void {
    const i32 = this.i32;
    const tag = this.tagOf(id);
    let word = (id & this.mask) << ENTRY_SHIFT;
    this.size++;
    if (i32[word] !== 0 || tag === WIDE || qty > MAX_NARROW_QTY) {
      word = this.displaced(word, tag, qty);
      if (word < 0) {
        this.placeWide(id, qty, level, arrival);
        return;
      }
    }
    i32[word] = tag;
    i32[word + QTY] = qty;
    i32[word + LEVEL] = level;
    i32[word + ARRIVAL] = arrival;
  }

  /** A free entry in the line of `home`, or -1. */
  private displaced(home: number, tag: number, qty: number): number {
    if (tag === WIDE || qty > MAX_NARROW_QTY) return -1;
    const i32 = this.i32;
    if (i32[home ^ 4] === 0) return home ^ 4;
    if (i32[home ^ 8] === 0) return home ^ 8;
    return i32[home ^ 12] === 0 ? home ^ 12 : -1;
  }

  private allocate(): void {
    const { capacity } = this;
    const wide = capacity >> WIDE_SHIFT;
    this.i32 = new Int32Array(tableBuffer((capacity + wide) * ENTRY_WORDS * 4));
    this.wideIds = new Float64Array(wide);
    this.wideQtys = new Float64Array(wide);
    this.crowd = new Int32Array(capacity >> 2);
    this.mask = capacity - 1;
    this.inverse = 1 / capacity;
    this.narrowIds = (2 ** 29 - 1) * capacity;
    this.wideBase = capacity * ENTRY_WORDS;
    this.wideMask = wide - 1;
  }

  private grow(): void {
    assert(this.capacity < MAX_CAPACITY, 'live orders fit the order table');
    const old = new OrderTable(0);
    Object.assign(old, this);
    this.capacity *= 2;
    this.size = 0;
    this.wideSize = 0;
    this.allocate();
    old.forEach((w) => {
      this.place(old.idOf(w), old.qtyOf(w), old.i32[w + LEVEL], old.i32[w + ARRIVAL]);
    });
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

  private placeWide(id: number, qty: number, level: number, arrival: number): void {
    if (this.wideSize * 2 > this.wideMask) {
      this.size--;
      this.grow();
      this.place(id, qty, level, arrival);
      return;
    }
    const i32 = this.i32;
    let slot = this.wideHome(id);
    while (i32[this.wideBase + (slot << ENTRY_SHIFT)] !== 0) slot = (slot + 1) & this.wideMask;
    const w = this.wideBase + (slot << ENTRY_SHIFT);
    i32[w] = USED;
    i32[w + LEVEL] = level;
    i32[w + ARRIVAL] = arrival;
    this.wideIds[slot] = id;
    this.wideQtys[slot] = qty;
    this.wideSize++;
    this.crowd[(id & this.mask) >> 2]++;
  }

  /** Backward shift (Knuth 6.4, algorithm R): later members of the cluster move up so that probing meets no hole. */
  private removeWide(word: number): void {
    const { i32, wideIds, wideQtys, wideBase, wideMask } = this;
    let hole = (word - wideBase) >> ENTRY_SHIFT;
    this.crowd[(wideIds[hole] & this.mask) >> 2]--;
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
      i32[to + ARRIVAL] = i32[from + ARRIVAL];
      wideIds[hole] = wideIds[next];
      wideQtys[hole] = wideQtys[next];
      i32[from] = 0;
      hole = next;
    }
  }
}
