/**
 * One side of a matching book: a queue of orders at every price, first come first served. Prices are keys, price × sign, so
 * that a higher key is better on both sides and there is one code path.
 *
 * Levels of the 32,768 keys around the first order's are addressed by key (a window, moved only while the side is empty),
 * so that finding, making and removing one costs a few words. Keys outside of the window are few: they are kept sorted,
 * O(levels outside) to make and remove, and are found by halving.
 *
 * A level: 32 bytes. Its number is its place in the window, or PLACES and on.
 *   word 0  key     word 1  displayed lots     int 4  first order   int 5  last order   int 6  orders   int 7  not used
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import type * as Places from './occupied.ts';
import { Occupied } from './occupied.ts';
import type * as Pool from './order-pool.ts';
import { DISPLAY, HEAD, LEAVES, ORDER_ID } from './order-pool.ts';

export const NO_LEVEL = -1;

// Copies of constants that are imported or exported: see match-book.ts.
const NONE: typeof NO_LEVEL = -1;
const PLACES: typeof Places.PLACES = 32768;
const NEXT: typeof Pool.NEXT = 10;
const PREVIOUS: typeof Pool.PREVIOUS = 11;
const LEVEL: typeof Pool.LEVEL = 12;
const NO_SLOT: typeof Pool.NO_SLOT = 0;

const KEY = 0;
const LOTS = 1;
const FIRST = 4;
const LAST = 5;
const ORDERS = 6;
const FAR_LEVELS = 64;

export class Queues {
  /** The level with the highest key, or NO_LEVEL. */
  best: number = NONE;
  /** [0]: its key; -Infinity while there is none. */
  readonly bestKey = new Float64Array([Number.NEGATIVE_INFINITY]);
  levels = 0;
  declare private readonly pool: Pool.OrderPool;
  declare private readonly sign: number;
  declare private readonly priceWord: number;
  declare private readonly lotsWord: number;
  private readonly occupied = new Occupied();
  private f64 = new Float64Array((PLACES + FAR_LEVELS) * 4);
  private i32 = new Int32Array(this.f64.buffer);
  /** [0]: key of place 0. */
  private readonly base = new Float64Array(1);
  /** Levels outside of the window: their numbers, in the order of their keys, the best at the end. */
  private far = new Int32Array(FAR_LEVELS);
  private farCount = 0;
  private farMade = 0;
  /** Numbers of far levels that are not in use: a stack. */
  private farFree = new Int32Array(FAR_LEVELS);
  private farFreeCount = 0;

  /**
   * `sign` 1: the highest price is best, -1: the lowest. `priceWord`: of an order, the word that its key is made from;
   * `lotsWord`: the one that counts towards the level's lots.
   */
  constructor(pool: Pool.OrderPool, sign: 1 | -1, priceWord: number, lotsWord: number) {
    this.pool = pool;
    this.sign = sign;
    this.priceWord = priceWord;
    this.lotsWord = lotsWord;
  }

  /** The order takes its place at the end of the queue of its price. */
  append(slot: number): void {
    const orders = this.pool.i32;
    const at = slot << 4;
    const key = this.pool.f64[(slot << 3) + this.priceWord] * this.sign;
    if (this.levels === 0) this.base[0] = key - (PLACES >> 1);
    const place = key - this.base[0];
    let level: number;
    if (place >= 0 && place < PLACES) {
      level = place | 0;
      if (this.i32[level * 8 + ORDERS] === 0) this.open(level, slot);
    } else {
      level = this.farLevel(slot);
    }
    const l = level * 8;
    const last = this.i32[l + LAST];
    orders[at + PREVIOUS] = last;
    orders[at + NEXT] = NO_SLOT;
    orders[at + LEVEL] = level;
    if (last === NO_SLOT) this.i32[l + FIRST] = slot;
    else orders[(last << 4) + NEXT] = slot;
    this.i32[l + LAST] = slot;
    this.i32[l + ORDERS] += 1;
    this.f64[level * 4 + LOTS] += this.pool.f64[(slot << 3) + this.lotsWord];
  }

  /** The order leaves its queue; the level goes with its last one. What it displays must be what was counted. */
  remove(slot: number): void {
    const orders = this.pool.i32;
    const at = slot << 4;
    const level = orders[at + LEVEL];
    const l = level * 8;
    const next = orders[at + NEXT];
    const previous = orders[at + PREVIOUS];
    if (next === NO_SLOT) this.i32[l + LAST] = previous;
    else orders[(next << 4) + PREVIOUS] = previous;
    if (previous === NO_SLOT) this.i32[l + FIRST] = next;
    else orders[(previous << 4) + NEXT] = next;
    this.f64[level * 4 + LOTS] -= this.pool.f64[(slot << 3) + this.lotsWord];
    const left = this.i32[l + ORDERS] - 1;
    this.i32[l + ORDERS] = left;
    if (left === 0) this.close(level);
  }

  /** The order displays `cells[at]` lots more (or, negative, less) than was counted. */
  adjust(level: number, cells: Float64Array, at: number): void {
    this.f64[level * 4 + LOTS] += cells[at];
  }

  /** The order that is served first at the level. */
  first(level: number): number {
    return this.i32[level * 8 + FIRST];
  }

  /** The level with the next lower key, or NO_LEVEL. O(levels outside of the window). */
  below(level: number): number {
    const key = this.f64[level * 4 + KEY];
    let found: number = NONE;
    for (let i = this.farCount - 1; i >= 0 && found === NONE; i--) {
      if (this.f64[this.far[i] * 4 + KEY] < key) found = this.far[i];
    }
    const place = this.occupied.highestBelow(Math.max(0, Math.min(PLACES, key - this.base[0])));
    if (place < 0 || (found !== NONE && this.f64[found * 4 + KEY] > this.f64[place * 4 + KEY])) return found;
    return place;
  }

  /** The level at the price, or NO_LEVEL. O(log levels outside of the window). */
  at(price: number): number {
    const key = price * this.sign;
    const place = key - this.base[0];
    if (place >= 0 && place < PLACES) return this.i32[place * 8 + ORDERS] > 0 ? place : NONE;
    const at = this.farAt(key);
    return at < this.farCount && this.f64[this.far[at] * 4 + KEY] === key ? this.far[at] : NONE;
  }

  priceOf(level: number): number {
    return this.f64[level * 4 + KEY] * this.sign;
  }

  lotsOf(level: number): number {
    return this.f64[level * 4 + LOTS];
  }

  ordersOf(level: number): number {
    return this.i32[level * 8 + ORDERS];
  }

  /** Number of levels, then every order: the best level's first, the first in line first. */
  foldInto(hash: Fnv64): void {
    const { f64, i32 } = this.pool;
    hash.integer(this.levels);
    for (let level = this.best; level !== NONE; level = this.below(level)) {
      for (let slot = this.first(level); slot !== NO_SLOT; slot = i32[(slot << 4) + NEXT]) {
        hash.integer(i32[(slot << 4) + ORDER_ID]);
        hash.integer(i32[(slot << 4) + HEAD]);
        for (let word = LEAVES; word <= DISPLAY; word++) hash.integer(f64[(slot << 3) + word]);
      }
    }
  }

  checkInvariants(): void {
    const { pool } = this;
    let levels = 0;
    let keyAbove = Number.POSITIVE_INFINITY;
    for (let level: number = this.best; level !== NONE; level = this.below(level)) {
      const key = this.f64[level * 4 + KEY];
      assert(key < keyAbove, 'keys fall from the best on');
      keyAbove = key;
      if (levels++ === 0) assert(this.bestKey[0] === key, 'the best key is the best level’s');
      assert(level >= PLACES || key === this.base[0] + level, 'a level of the window stands at its key');
      assert(
        level < PLACES || key < this.base[0] || key >= this.base[0] + PLACES,
        'a far level is outside of the window',
      );
      let orders = 0;
      let lots = 0;
      let previous: number = NO_SLOT;
      for (let slot = this.first(level); slot !== NO_SLOT; slot = pool.i32[(slot << 4) + NEXT]) {
        assert(pool.i32[(slot << 4) + PREVIOUS] === previous, 'queues are linked both ways');
        assert(pool.i32[(slot << 4) + LEVEL] === level, 'an order knows its level');
        assert(pool.f64[(slot << 3) + this.priceWord] * this.sign === key, 'an order stands at its price');
        lots += pool.f64[(slot << 3) + this.lotsWord];
        orders++;
        previous = slot;
      }
      assert(previous === this.i32[level * 8 + LAST], 'the last order of a queue');
      assert(orders > 0 && orders === this.ordersOf(level), `${orders} orders, ${this.ordersOf(level)} counted`);
      assert(lots === this.lotsOf(level), `${lots} lots, ${this.lotsOf(level)} counted`);
    }
    assert(levels === this.levels, `${levels} levels, ${this.levels} counted`);
    if (levels === 0) assert(this.bestKey[0] === Number.NEGATIVE_INFINITY, 'an empty side has no best key');
    assert(this.farCount + this.farFreeCount === this.farMade, 'far levels are in use or free');
  }

  /** A level comes to be, for its first order. */
  private open(level: number, slot: number): void {
    const key = this.pool.f64[(slot << 3) + this.priceWord] * this.sign;
    this.f64[level * 4 + KEY] = key;
    this.f64[level * 4 + LOTS] = 0;
    this.i32[level * 8 + FIRST] = NO_SLOT;
    this.i32[level * 8 + LAST] = NO_SLOT;
    this.levels++;
    if (level < PLACES) this.occupied.set(level);
    if (key > this.bestKey[0]) {
      this.bestKey[0] = key;
      this.best = level;
    }
  }

  private close(level: number): void {
    this.levels--;
    if (level < PLACES) this.occupied.clear(level);
    else this.dropFar(level);
    if (level === this.best) this.findBest();
  }

  private findBest(): void {
    let best = this.occupied.highest();
    if (this.farCount > 0) {
      const top = this.far[this.farCount - 1];
      if (best === NONE || this.f64[top * 4 + KEY] > this.f64[best * 4 + KEY]) best = top;
    }
    this.best = best;
    this.bestKey[0] = best === NONE ? Number.NEGATIVE_INFINITY : this.f64[best * 4 + KEY];
  }

  /** The level outside of the window of the order's price, made where there is none. */
  private farLevel(slot: number): number {
    const key = this.pool.f64[(slot << 3) + this.priceWord] * this.sign;
    const low = this.farAt(key);
    if (low < this.farCount && this.f64[this.far[low] * 4 + KEY] === key) return this.far[low];
    if (this.farFreeCount === 0) this.makeFar();
    const level = this.farFree[--this.farFreeCount];
    this.far.copyWithin(low + 1, low, this.farCount);
    this.far[low] = level;
    this.farCount++;
    this.open(level, slot);
    return level;
  }

  /** The first of the far levels whose key is not below. */
  private farAt(key: number): number {
    let low = 0;
    let high = this.farCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.f64[this.far[middle] * 4 + KEY] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private dropFar(level: number): void {
    const at = this.far.indexOf(level);
    this.far.copyWithin(at, at + 1, this.farCount);
    this.farCount--;
    // Behind the end `indexOf` would find a level that is not there any more.
    this.far[this.farCount] = NONE;
    this.farFree[this.farFreeCount++] = level;
  }

  private makeFar(): void {
    if (this.farMade === this.far.length) {
      const levels = PLACES + this.farMade * 2;
      const f64 = new Float64Array(levels * 4);
      f64.set(this.f64);
      this.f64 = f64;
      this.i32 = new Int32Array(f64.buffer);
      const far = new Int32Array(this.farMade * 2);
      far.set(this.far);
      this.far = far;
      const farFree = new Int32Array(this.farMade * 2);
      farFree.set(this.farFree);
      this.farFree = farFree;
    }
    this.farFree[this.farFreeCount++] = PLACES + this.farMade++;
  }
}
