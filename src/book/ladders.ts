/**
 * The price levels of every side of every instrument: what L3 and L2 books have in common.
 *
 * A *side* (index instrument * 2 + 0 bid / 1 ask) is a segment of one arena: levels sorted so that the touch is last.
 * Prices are held as keys, key = price for bids and -price for asks: on both sides a higher key is better and the same
 * code serves both. Activity is near the touch, so a search from the end is short, what it reads lies together, and
 * insertions and removals move little.
 *
 *   arena, 2 f64 per level:  key, qty (lots)          counts, 1 i32 per level:  orders
 *   side header, 4 i32:      first level, count, capacity, 0
 *
 * Positions are indices into the arena, valid until the next insertion or removal. Segments have power-of-two
 * capacities and move to the arena's end (or a freed segment of the right size) when they are full. After warm-up
 * nothing is allocated.
 */
import { assert } from '../core/assert.ts';

const HEADER_SHIFT = 2;
const BASE = 0;
const COUNT = 1;
const CAPACITY = 2;
const FIRST_CAPACITY = 8;
const MAX_CLASS = 27;
/** Levels looked at one by one from the touch before a binary search takes over. */
const NEAR = 16;
/** Levels to move from which on one memmove beats a loop. */
const FAR = 32;

export const NO_LEVEL = -1;

export class Ladders {
  headers: Int32Array;
  arena: Float64Array;
  counts: Int32Array;
  /** Levels in use, all sides. */
  size = 0;
  private arenaUsed = 0;
  /** Freed segments by log2 of capacity; each links to the next through its first key. */
  private readonly freeSegments = new Int32Array(MAX_CLASS + 1).fill(-1);

  constructor(expectedLevels = 1 << 10) {
    this.headers = new Int32Array((16 * 2) << HEADER_SHIFT);
    this.arena = new Float64Array(expectedLevels * 2);
    this.counts = new Int32Array(expectedLevels);
  }

  /** Makes room for instruments 0 .. count-1. */
  ensureInstruments(count: number): void {
    const have = this.headers.length >> (HEADER_SHIFT + 1);
    if (count <= have) return;
    const headers = new Int32Array((Math.max(count, have * 2) * 2) << HEADER_SHIFT);
    headers.set(this.headers);
    this.headers = headers;
  }

  count(side: number): number {
    return this.headers[(side << HEADER_SHIFT) + COUNT];
  }

  /** Position of the level `depth` places from the touch (0 = touch), or NO_LEVEL. */
  levelAt(side: number, depth: number): number {
    const h = side << HEADER_SHIFT;
    const count = this.headers[h + COUNT];
    return depth < count ? this.headers[h + BASE] + count - 1 - depth : NO_LEVEL;
  }

  /** Position of the level with this key, or NO_LEVEL. */
  find(side: number, key: number): number {
    const h = side << HEADER_SHIFT;
    const base = this.headers[h + BASE];
    const at = this.lastNotAbove(base, base + this.headers[h + COUNT] - 1, key);
    return at >= base && this.arena[at * 2] === key ? at : NO_LEVEL;
  }

  /** Adds to a level, made where there was none. Cost: the distance from the touch, up to NEAR, then its logarithm. */
  add(side: number, key: number, qty: number, orders: number): void {
    const h = side << HEADER_SHIFT;
    const base = this.headers[h + BASE];
    const at = this.lastNotAbove(base, base + this.headers[h + COUNT] - 1, key);
    const arena = this.arena;
    if (at >= base && arena[at * 2] === key) {
      arena[at * 2 + 1] += qty;
      this.counts[at] += orders;
    } else {
      this.insert(h, at + 1 - base, key, qty, orders);
    }
  }

  /** Takes from the level with this key, which holds at least so much; the level goes when nothing is left. */
  take(side: number, key: number, qty: number, orders: number): void {
    const h = side << HEADER_SHIFT;
    const base = this.headers[h + BASE];
    const at = this.lastNotAbove(base, base + this.headers[h + COUNT] - 1, key);
    const left = this.arena[at * 2 + 1] - qty;
    if (left === 0) {
      this.removeAt(side, at);
    } else {
      this.arena[at * 2 + 1] = left;
      this.counts[at] -= orders;
    }
  }

  /** The level at `key` holds exactly this now; qty > 0. */
  set(side: number, key: number, qty: number, orders: number): void {
    const at = this.find(side, key);
    if (at === NO_LEVEL) {
      this.add(side, key, qty, orders);
    } else {
      this.arena[at * 2 + 1] = qty;
      this.counts[at] = orders;
    }
  }

  /** Takes the level at position `at` out of its side. */
  removeAt(side: number, at: number): void {
    const h = side << HEADER_SHIFT;
    const last = this.headers[h + BASE] + this.headers[h + COUNT] - 1;
    const { arena, counts } = this;
    if (last - at > FAR) {
      arena.copyWithin(at * 2, at * 2 + 2, last * 2 + 2);
      counts.copyWithin(at, at + 1, last + 1);
    } else {
      for (let i = at; i < last; i++) {
        arena[i * 2] = arena[i * 2 + 2];
        arena[i * 2 + 1] = arena[i * 2 + 3];
        counts[i] = counts[i + 1];
      }
    }
    this.headers[h + COUNT] -= 1;
    this.size--;
  }

  /** Empties a side. */
  clear(side: number): void {
    const h = side << HEADER_SHIFT;
    this.size -= this.headers[h + COUNT];
    this.headers[h + COUNT] = 0;
  }

  checkInvariants(): void {
    let size = 0;
    for (let side = 0; side << HEADER_SHIFT < this.headers.length; side++) {
      const h = side << HEADER_SHIFT;
      const base = this.headers[h + BASE];
      const count = this.headers[h + COUNT];
      assert(count <= this.headers[h + CAPACITY], `side ${side}: count within capacity`);
      for (let at = base; at < base + count; at++) {
        if (at > base) assert(this.arena[at * 2 - 2] < this.arena[at * 2], `side ${side}: keys rise towards the touch`);
        const qty = this.arena[at * 2 + 1];
        assert(qty > 0 && Number.isSafeInteger(qty), `side ${side}: level quantity ${qty} is a positive integer`);
        assert(this.counts[at] >= 0, `side ${side}: order count`);
      }
      size += count;
    }
    assert(size === this.size, `${size} levels in sides, ${this.size} counted`);
  }

  /** Position of the last level in [base, at] with a key not above `key`, or base - 1. */
  private lastNotAbove(base: number, at: number, key: number): number {
    const arena = this.arena;
    const near = at - NEAR;
    while (at >= base && arena[at * 2] > key) {
      if (--at < near) return this.search(base, at, key);
    }
    return at;
  }

  private search(base: number, high: number, key: number): number {
    const arena = this.arena;
    let low = base - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (arena[middle * 2] > key) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  private insert(h: number, index: number, key: number, qty: number, orders: number): void {
    if (this.headers[h + COUNT] === this.headers[h + CAPACITY]) this.enlarge(h);
    const { arena, counts } = this;
    const at = this.headers[h + BASE] + index;
    const end = this.headers[h + BASE] + this.headers[h + COUNT];
    if (end - at > FAR) {
      arena.copyWithin(at * 2 + 2, at * 2, end * 2);
      counts.copyWithin(at + 1, at, end);
    } else {
      for (let i = end; i > at; i--) {
        arena[i * 2] = arena[i * 2 - 2];
        arena[i * 2 + 1] = arena[i * 2 - 1];
        counts[i] = counts[i - 1];
      }
    }
    arena[at * 2] = key;
    arena[at * 2 + 1] = qty;
    counts[at] = orders;
    this.headers[h + COUNT] += 1;
    this.size++;
  }

  /** Moves a full side to a segment of twice the capacity. */
  private enlarge(h: number): void {
    const old = this.headers[h + CAPACITY];
    const capacity = old === 0 ? FIRST_CAPACITY : old * 2;
    const base = this.takeSegment(capacity);
    const from = this.headers[h + BASE];
    if (old > 0) {
      this.arena.copyWithin(base * 2, from * 2, (from + old) * 2);
      this.counts.copyWithin(base, from, from + old);
      const sizeClass = Math.log2(old);
      this.arena[from * 2] = this.freeSegments[sizeClass];
      this.freeSegments[sizeClass] = from;
    }
    this.headers[h + BASE] = base;
    this.headers[h + CAPACITY] = capacity;
  }

  private takeSegment(capacity: number): number {
    const sizeClass = Math.log2(capacity);
    assert(sizeClass <= MAX_CLASS, 'levels of a side fit a segment');
    const free = this.freeSegments[sizeClass];
    if (free >= 0) {
      this.freeSegments[sizeClass] = this.arena[free * 2];
      return free;
    }
    const base = this.arenaUsed;
    this.arenaUsed += capacity;
    while (this.arenaUsed > this.counts.length) {
      const arena = new Float64Array(this.arena.length * 2);
      arena.set(this.arena);
      this.arena = arena;
      const counts = new Int32Array(this.counts.length * 2);
      counts.set(this.counts);
      this.counts = counts;
    }
    return base;
  }
}
