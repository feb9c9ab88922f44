/**
 * Live orders by order reference, for every instrument of a connection, in one Float64Array of 32-byte entries: one
 * entry is half a cache line, so touching an order costs one miss.
 *
 *   word 0  id       f64  order reference; EMPTY where the entry is free
 *   word 1  key      f64  price for bids, -price for asks (ladders.ts)
 *   word 2  qty      f64  lots still resting
 *   word 3  side     i32  instrument * 2 + 0 bid / 1 ask
 *           arrival  u32  rises with every order added: a smaller one at the same level is ahead in the queue
 *
 * An order's home is entry `id & mask`: venues number orders almost densely, so recent orders lie side by side (good for
 * caches) and two live orders seldom share a home. Those that do go to the overflow region behind the primary one: open
 * addressing with linear probing and backward-shift deletion (no tombstones, so the table never degrades over a day).
 * `crowd[home]` counts the orders a home has in overflow, so that a look-up of an absent order ends at its home.
 * The table doubles while it warms up; expected cost of every operation is O(1).
 */
import { assert } from '../core/assert.ts';

const EMPTY = -1;
const WORDS = 4;
const WORDS_SHIFT = 2;

export class OrderTable {
  f64: Float64Array;
  i32: Int32Array;
  /** Live orders. */
  size = 0;
  private primaryMask: number;
  private overflowBase: number;
  private overflowMask: number;
  private overflowSize = 0;
  private crowd: Uint32Array;

  /** `expected`: live orders to make room for before the first growth. */
  constructor(expected = 1 << 14) {
    let capacity = 1 << 12;
    while (capacity < expected * 4 && capacity < 1 << 26) capacity *= 2;
    this.f64 = new Float64Array(0);
    this.i32 = new Int32Array(0);
    this.primaryMask = 0;
    this.overflowBase = 0;
    this.overflowMask = 0;
    this.crowd = new Uint32Array(0);
    this.allocate(capacity);
  }

  /** First word of the order's entry, or -1. */
  find(id: number): number {
    const home = (id >>> 0) & this.primaryMask;
    if (this.f64[home << WORDS_SHIFT] === id) return home << WORDS_SHIFT;
    return this.crowd[home] === 0 ? -1 : this.findOverflow(id);
  }

  /** First word of the entry where `id` lives if it is anywhere near: for touching its cache line ahead of use. */
  home(id: number): number {
    return ((id >>> 0) & this.primaryMask) << WORDS_SHIFT;
  }

  /** Makes an entry for an id that is not in the table and returns its first word; the caller fills words 1-3. */
  insert(id: number): number {
    if (this.overflowSize * 2 > this.overflowMask) this.grow();
    this.size++;
    const home = ((id >>> 0) & this.primaryMask) << WORDS_SHIFT;
    if (this.f64[home] === EMPTY) {
      this.f64[home] = id;
      return home;
    }
    return this.insertOverflow(id);
  }

  /** Removes the entry at `word` (as returned by `find`). Other entries of the overflow region may move. */
  remove(word: number): void {
    this.size--;
    if (word < this.overflowBase) {
      this.f64[word] = EMPTY;
      return;
    }
    this.crowd[(this.f64[word] >>> 0) & this.primaryMask]--;
    this.removeOverflow((word - this.overflowBase) >> WORDS_SHIFT);
  }

  /** Calls `visit` with the first word of every live order, in no order that may be relied on. */
  forEach(visit: (word: number) => void): void {
    for (let w = 0; w < this.f64.length; w += WORDS) if (this.f64[w] !== EMPTY) visit(w);
  }

  checkInvariants(): void {
    let live = 0;
    let overflow = 0;
    this.forEach((w) => {
      live++;
      if (w >= this.overflowBase) overflow++;
      assert(this.find(this.f64[w]) === w, `order ${this.f64[w]} is found where it lies`);
    });
    assert(live === this.size, `order table size ${this.size}, ${live} found`);
    assert(overflow === this.overflowSize, 'overflow size');
  }

  private allocate(capacity: number): void {
    const overflow = capacity >> 2;
    const buffer = new ArrayBuffer((capacity + overflow) * WORDS * 8);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.crowd = new Uint32Array(capacity);
    for (let w = 0; w < this.f64.length; w += WORDS) this.f64[w] = EMPTY;
    this.primaryMask = capacity - 1;
    this.overflowBase = capacity * WORDS;
    this.overflowMask = overflow - 1;
  }

  private grow(): void {
    const old = this.f64;
    const capacity = (this.primaryMask + 1) * 2;
    assert(capacity <= 1 << 27, 'live orders fit the order table');
    this.size = 0;
    this.overflowSize = 0;
    this.allocate(capacity);
    for (let w = 0; w < old.length; w += WORDS) {
      if (old[w] === EMPTY) continue;
      const to = this.insert(old[w]);
      this.f64[to + 1] = old[w + 1];
      this.f64[to + 2] = old[w + 2];
      this.f64[to + 3] = old[w + 3];
    }
  }

  /** Overflow home: Knuth's multiplicative hash of the low 32 bits, folded with the high ones. */
  private overflowHome(id: number): number {
    const mixed = Math.imul((id >>> 0) ^ Math.imul(Math.floor(id / 4294967296), 0x85ebca6b), 0x9e3779b1);
    return (mixed >>> 7) & this.overflowMask;
  }

  private findOverflow(id: number): number {
    let slot = this.overflowHome(id);
    for (;;) {
      const w = this.overflowBase + (slot << WORDS_SHIFT);
      const at = this.f64[w];
      if (at === id) return w;
      if (at === EMPTY) return -1;
      slot = (slot + 1) & this.overflowMask;
    }
  }

  private insertOverflow(id: number): number {
    let slot = this.overflowHome(id);
    while (this.f64[this.overflowBase + (slot << WORDS_SHIFT)] !== EMPTY) slot = (slot + 1) & this.overflowMask;
    const w = this.overflowBase + (slot << WORDS_SHIFT);
    this.f64[w] = id;
    this.overflowSize++;
    this.crowd[(id >>> 0) & this.primaryMask]++;
    return w;
  }

  /** Backward shift (Knuth 6.4, algorithm R): later members of the cluster move up so that probing never meets a hole. */
  private removeOverflow(slot: number): void {
    const f64 = this.f64;
    const mask = this.overflowMask;
    let hole = slot;
    let next = slot;
    for (;;) {
      next = (next + 1) & mask;
      const from = this.overflowBase + (next << WORDS_SHIFT);
      if (f64[from] === EMPTY) break;
      const home = this.overflowHome(f64[from]);
      if (((next - home) & mask) < ((next - hole) & mask)) continue; // its home lies behind the hole: it must stay
      const to = this.overflowBase + (hole << WORDS_SHIFT);
      f64[to] = f64[from];
      f64[to + 1] = f64[from + 1];
      f64[to + 2] = f64[from + 2];
      f64[to + 3] = f64[from + 3];
      hole = next;
    }
    f64[this.overflowBase + (hole << WORDS_SHIFT)] = EMPTY;
    this.overflowSize--;
  }
}
