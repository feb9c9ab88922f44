/**
 * The price levels of every side of every instrument: what L3 and L2 books have in common.
 *
 * Prices are held as keys, key = price for bids and -price for asks: on both sides a higher key is better and the same
 * code serves both. A *side* has the index instrument * 2 + 0 bid / 1 ask. Three arrays:
 *
 *   heads, 32 bytes a side (both sides of an instrument are one cache line):
 *     f64 0-1  key and qty of the touch, 0 and 0 where the side is empty
 *     i32 4-7  first step, count, capacity, BookKind of the instrument | TOUCH_MOVED
 *   steps, 16 bytes a level: the levels of a side in the order of their keys, the touch last
 *     f64 0    key          i32 2  level          i32 3  0
 *   levels, 32 bytes each, where they stay until they are removed:
 *     f64 0-1  key, qty     i32 4  orders         i32 5  side         f64 3  anonymous qty (part of qty)
 *
 * A *level* is named by its first f64 word: that is the handle which orders hold, so an order finds its level without a
 * search. Steps are searched from the touch, where the activity is: what that reads lies together, and insertions and
 * removals move little. A side's steps are a segment of one arena; segments have power-of-two capacities and move to the
 * arena's end (or a freed segment of the right size) when they are full. After warm-up nothing is allocated.
 */
import { assert } from '../core/assert.ts';
import { tableBuffer } from './memory.ts';

const HEAD_SHIFT = 2;
const TOUCH_KEY = 0;
const TOUCH_QTY = 1;
const BASE = 4;
const COUNT = 5;
const CAPACITY = 6;
const KIND = 7;
const TOUCH_MOVED = 1 << 8;

const LEVEL_WORDS = 4;
const QTY = 1;
const ANONYMOUS = 3;
const ORDERS = 4;
const SIDE = 5;

const FIRST_CAPACITY = 8;
const MAX_CLASS = 27;
/** Steps looked at one by one from the touch before a binary search takes over. */
const NEAR = 16;
/** Steps to move from which on one memmove beats a loop. */
const FAR = 32;

export const NO_LEVEL = -1;

export class Ladders {
  headF64: Float64Array;
  headI32: Int32Array;
  levelF64: Float64Array;
  levelI32: Int32Array;
  /** Levels in use, all sides. */
  size = 0;
  private stepF64: Float64Array;
  private stepI32: Int32Array;
  private stepsUsed = 0;
  private levelsUsed = 0;
  /** Removed levels; each links to the next through its `orders`. */
  private freeLevel = NO_LEVEL;
  /** Freed segments by log2 of capacity; each links to the next through its first level. */
  private readonly freeSegments = new Int32Array(MAX_CLASS + 1).fill(-1);

  constructor(expectedLevels = 1 << 10) {
    const heads = new ArrayBuffer(16 * 2 * 32);
    this.headF64 = new Float64Array(heads);
    this.headI32 = new Int32Array(heads);
    const levels = tableBuffer(expectedLevels * LEVEL_WORDS * 8);
    this.levelF64 = new Float64Array(levels);
    this.levelI32 = new Int32Array(levels);
    const steps = tableBuffer(expectedLevels * 16);
    this.stepF64 = new Float64Array(steps);
    this.stepI32 = new Int32Array(steps);
  }

  /** Makes room for instruments 0 .. count-1. */
  ensureInstruments(count: number): void {
    const have = this.headF64.length >> (HEAD_SHIFT + 1);
    if (count <= have) return;
    const buffer = tableBuffer(Math.max(count, have * 2) * 64);
    const heads = new Float64Array(buffer);
    heads.set(this.headF64);
    this.headF64 = heads;
    this.headI32 = new Int32Array(buffer);
  }

  /** BookKind of a defined instrument, else 0. */
  kindOf(instrument: number): number {
    const at = (instrument << (HEAD_SHIFT + 2)) + KIND;
    return at < this.headI32.length ? this.headI32[at] & 0xff : 0;
  }

  setKind(instrument: number, kind: number): void {
    this.headI32[(instrument << (HEAD_SHIFT + 2)) + KIND] = kind;
  }

  count(side: number): number {
    return this.headI32[(side << (HEAD_SHIFT + 1)) + COUNT];
  }

  /** The level `depth` places from the touch (0 = touch), or NO_LEVEL. */
  levelAt(side: number, depth: number): number {
    const h = side << HEAD_SHIFT;
    const count = this.headI32[h * 2 + COUNT];
    return depth < count ? this.stepI32[(this.headI32[h * 2 + BASE] + count - 1 - depth) * 4 + 2] : NO_LEVEL;
  }

  /** The level with this key, or NO_LEVEL. */
  find(side: number, key: number): number {
    const at = this.search(side << HEAD_SHIFT, key);
    return at >= this.headI32[(side << (HEAD_SHIFT + 1)) + BASE] && this.stepF64[at * 2] === key
      ? this.stepI32[at * 4 + 2]
      : NO_LEVEL;
  }

  keyOf(level: number): number {
    return this.levelF64[level];
  }

  priceOf(level: number): number {
    const key = this.levelF64[level];
    return (this.levelI32[level * 2 + SIDE] & 1) === 0 ? key : 0 - key;
  }

  qtyOf(level: number): number {
    return this.levelF64[level + QTY];
  }

  /** Known orders at the level; as stated by the venue on L2. */
  ordersOf(level: number): number {
    return this.levelI32[level * 2 + ORDERS];
  }

  sideOf(level: number): number {
    return this.levelI32[level * 2 + SIDE];
  }

  /** Of the level's quantity, what belongs to orders never seen. */
  anonymousOf(level: number): number {
    return this.levelF64[level + ANONYMOUS];
  }

  touchKey(side: number): number {
    return this.headF64[(side << HEAD_SHIFT) + TOUCH_KEY];
  }

  /** 0 where the side is empty. */
  touchQty(side: number): number {
    return this.headF64[(side << HEAD_SHIFT) + TOUCH_QTY];
  }

  /**
   * Adds to the level at `key`, made where there was none, and returns it. Cost: the distance from the touch, up to NEAR,
   * then its logarithm.
   */
  add(side: number, key: number, qty: number, orders: number): number {
    const h = side << HEAD_SHIFT;
    const at = this.search(h, key);
    if (at < this.headI32[h * 2 + BASE] || this.stepF64[at * 2] !== key) return this.insert(side, at, key, qty, orders);
    const level = this.stepI32[at * 4 + 2];
    this.levelI32[level * 2 + ORDERS] += orders;
    this.setQty(level, this.levelF64[level + QTY] + qty);
    return level;
  }

  /** Takes from a level, which holds at least so much; the level goes when nothing is left. */
  take(level: number, qty: number, orders: number): void {
    const left = this.levelF64[level + QTY] - qty;
    if (left === 0) {
      this.remove(level);
    } else {
      this.levelI32[level * 2 + ORDERS] -= orders;
      this.setQty(level, left);
    }
  }

  /** The level at `key` holds exactly this now; qty > 0. */
  set(side: number, key: number, qty: number, orders: number): void {
    const level = this.find(side, key);
    if (level === NO_LEVEL) {
      this.add(side, key, qty, orders);
    } else {
      this.levelI32[level * 2 + ORDERS] = orders;
      this.setQty(level, qty);
    }
  }

  /** So much of the level at `key` is of orders never seen. */
  setAnonymous(side: number, key: number, qty: number): void {
    const level = this.find(side, key);
    const held = level === NO_LEVEL ? 0 : this.levelF64[level + ANONYMOUS];
    if (qty > held) this.levelF64[this.add(side, key, qty - held, 0) + ANONYMOUS] = qty;
    else if (qty < held) this.takeAnonymous(level, held - qty);
  }

  /** Takes from the quantity of orders never seen, of which the level holds at least so much. */
  takeAnonymous(level: number, qty: number): void {
    this.levelF64[level + ANONYMOUS] -= qty;
    this.take(level, qty, 0);
  }

  /** Takes the level out of its side. */
  remove(level: number): void {
    const side = this.levelI32[level * 2 + SIDE];
    const h = side << HEAD_SHIFT;
    const at = this.search(h, this.levelF64[level]);
    const last = this.headI32[h * 2 + BASE] + this.headI32[h * 2 + COUNT] - 1;
    this.headI32[h * 2 + COUNT] -= 1;
    if (at === last) this.readTouch(h, at - 1);
    else this.closeStep(at, last);
    this.release(level);
  }

  /** Empties a side. */
  clear(side: number): void {
    const h = side << HEAD_SHIFT;
    const base = this.headI32[h * 2 + BASE];
    for (let at = base + this.headI32[h * 2 + COUNT] - 1; at >= base; at--) this.release(this.stepI32[at * 4 + 2]);
    this.headI32[h * 2 + COUNT] = 0;
    this.readTouch(h, base - 1);
  }

  /** True when the instrument's touch was written since the last call with it, even if to what it was. */
  touchMoved(instrument: number): boolean {
    const at = (instrument << (HEAD_SHIFT + 2)) + KIND;
    const headI32 = this.headI32;
    const moved = ((headI32[at] | headI32[at + 8]) & TOUCH_MOVED) !== 0;
    if (moved) {
      headI32[at] &= ~TOUCH_MOVED;
      headI32[at + 8] &= ~TOUCH_MOVED;
    }
    return moved;
  }

  /** Multiplies every price and quantity of a side; the caller has made sure that it can be done exactly. */
  rescale(side: number, rescaleKey: (key: number) => number, rescaleQty: (qty: number) => number): void {
    const h = side << HEAD_SHIFT;
    const base = this.headI32[h * 2 + BASE];
    const last = base + this.headI32[h * 2 + COUNT] - 1;
    for (let at = base; at <= last; at++) {
      const level = this.stepI32[at * 4 + 2];
      this.levelF64[level] = this.stepF64[at * 2] = rescaleKey(this.levelF64[level]);
      this.levelF64[level + QTY] = rescaleQty(this.levelF64[level + QTY]);
    }
    this.readTouch(h, last);
  }

  checkInvariants(): void {
    let size = 0;
    for (let side = 0; side << HEAD_SHIFT < this.headF64.length; side++) {
      const h = side << HEAD_SHIFT;
      const base = this.headI32[h * 2 + BASE];
      const count = this.headI32[h * 2 + COUNT];
      assert(count <= this.headI32[h * 2 + CAPACITY], `side ${side}: count within capacity`);
      for (let at = base; at < base + count; at++) this.checkStep(side, at, at > base);
      const touch = this.levelAt(side, 0);
      const [key, qty] = touch === NO_LEVEL ? [0, 0] : [this.keyOf(touch), this.qtyOf(touch)];
      assert(this.headF64[h] === key && this.headF64[h + TOUCH_QTY] === qty, `side ${side}: the touch in its head`);
      size += count;
    }
    assert(size === this.size, `${size} levels in sides, ${this.size} counted`);
    let free = 0;
    for (let level = this.freeLevel; level !== NO_LEVEL; level = this.levelI32[level * 2 + ORDERS]) free++;
    assert((size + free) * LEVEL_WORDS === this.levelsUsed, `${free} levels free, ${size} in use: all that were made`);
  }

  private checkStep(side: number, at: number, hasWorse: boolean): void {
    const level = this.stepI32[at * 4 + 2];
    const qty = this.levelF64[level + QTY];
    if (hasWorse) assert(this.stepF64[at * 2 - 2] < this.stepF64[at * 2], `side ${side}: keys rise towards the touch`);
    assert(this.levelF64[level] === this.stepF64[at * 2], `side ${side}: key of step and level`);
    assert(this.levelI32[level * 2 + SIDE] === side, `side ${side}: level ${level} is of this side`);
    assert(qty > 0 && Number.isSafeInteger(qty), `side ${side}: level quantity ${qty} is a positive integer`);
    assert(this.levelI32[level * 2 + ORDERS] >= 0, `side ${side}: order count`);
    const anonymous = this.levelF64[level + ANONYMOUS];
    assert(anonymous >= 0 && anonymous <= qty, `side ${side}: ${anonymous} of ${qty} lots are anonymous`);
  }

  private setQty(level: number, qty: number): void {
    this.levelF64[level + QTY] = qty;
    const h = this.levelI32[level * 2 + SIDE] << HEAD_SHIFT;
    if (this.headF64[h + TOUCH_KEY] !== this.levelF64[level]) return;
    this.headF64[h + TOUCH_QTY] = qty;
    this.headI32[h * 2 + KIND] |= TOUCH_MOVED;
  }

  /** Copies the touch into the side's head from the step at `at`, which is before the first one where it is empty. */
  private readTouch(h: number, at: number): void {
    const empty = at < this.headI32[h * 2 + BASE];
    this.headF64[h + TOUCH_KEY] = empty ? 0 : this.stepF64[at * 2];
    this.headF64[h + TOUCH_QTY] = empty ? 0 : this.levelF64[this.stepI32[at * 4 + 2] + QTY];
    this.headI32[h * 2 + KIND] |= TOUCH_MOVED;
  }

  /** Position of the last step with a key not above `key`, or the one before the first. */
  private search(h: number, key: number): number {
    const stepF64 = this.stepF64;
    const base = this.headI32[h * 2 + BASE];
    let at = base + this.headI32[h * 2 + COUNT] - 1;
    const near = at - NEAR;
    while (at >= base && stepF64[at * 2] > key) {
      if (--at < near) return this.searchFar(base, at, key);
    }
    return at;
  }

  private searchFar(base: number, high: number, key: number): number {
    const stepF64 = this.stepF64;
    let low = base - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (stepF64[middle * 2] > key) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  /** Makes a level behind the step at `worse`. */
  private insert(side: number, worse: number, key: number, qty: number, orders: number): number {
    const h = side << HEAD_SHIFT;
    const headI32 = this.headI32;
    const level = this.takeLevel();
    this.levelF64[level] = key;
    this.levelF64[level + QTY] = qty;
    this.levelF64[level + ANONYMOUS] = 0;
    this.levelI32[level * 2 + ORDERS] = orders;
    this.levelI32[level * 2 + SIDE] = side;
    const index = worse + 1 - headI32[h * 2 + BASE];
    const count = headI32[h * 2 + COUNT];
    if (count === headI32[h * 2 + CAPACITY]) this.enlarge(h);
    const at = headI32[h * 2 + BASE] + index;
    if (index < count) this.openStep(at, headI32[h * 2 + BASE] + count);
    this.stepF64[at * 2] = key;
    this.stepI32[at * 4 + 2] = level;
    headI32[h * 2 + COUNT] = count + 1;
    if (index === count) {
      this.headF64[h + TOUCH_KEY] = key;
      this.headF64[h + TOUCH_QTY] = qty;
      headI32[h * 2 + KIND] |= TOUCH_MOVED;
    }
    return level;
  }

  /** Moves the steps in [at, end) one up. */
  private openStep(at: number, end: number): void {
    const { stepF64 } = this;
    if (end - at > FAR) {
      stepF64.copyWithin(at * 2 + 2, at * 2, end * 2);
      return;
    }
    const { stepI32 } = this;
    for (let i = end; i > at; i--) {
      stepF64[i * 2] = stepF64[i * 2 - 2];
      stepI32[i * 4 + 2] = stepI32[i * 4 - 2];
    }
  }

  /** Moves the steps in (at, last] one down. */
  private closeStep(at: number, last: number): void {
    const { stepF64 } = this;
    if (last - at > FAR) {
      stepF64.copyWithin(at * 2, at * 2 + 2, last * 2 + 2);
      return;
    }
    const { stepI32 } = this;
    for (let i = at; i < last; i++) {
      stepF64[i * 2] = stepF64[i * 2 + 2];
      stepI32[i * 4 + 2] = stepI32[i * 4 + 6];
    }
  }

  private takeLevel(): number {
    this.size++;
    const free = this.freeLevel;
    if (free !== NO_LEVEL) {
      this.freeLevel = this.levelI32[free * 2 + ORDERS];
      return free;
    }
    const level = this.levelsUsed;
    this.levelsUsed += LEVEL_WORDS;
    if (this.levelsUsed > this.levelF64.length) {
      const buffer = tableBuffer(this.levelF64.length * 2 * 8);
      const levels = new Float64Array(buffer);
      levels.set(this.levelF64);
      this.levelF64 = levels;
      this.levelI32 = new Int32Array(buffer);
    }
    return level;
  }

  private release(level: number): void {
    this.size--;
    this.levelI32[level * 2 + ORDERS] = this.freeLevel;
    this.freeLevel = level;
  }

  /** Moves a full side to a segment of twice the capacity. */
  private enlarge(h: number): void {
    const headI32 = this.headI32;
    const old = headI32[h * 2 + CAPACITY];
    const capacity = old === 0 ? FIRST_CAPACITY : old * 2;
    const from = headI32[h * 2 + BASE];
    const base = this.takeSegment(capacity);
    if (old > 0) {
      this.stepF64.copyWithin(base * 2, from * 2, (from + old) * 2);
      const sizeClass = Math.log2(old);
      this.stepI32[from * 4 + 2] = this.freeSegments[sizeClass];
      this.freeSegments[sizeClass] = from;
    }
    headI32[h * 2 + BASE] = base;
    headI32[h * 2 + CAPACITY] = capacity;
  }

  private takeSegment(capacity: number): number {
    const sizeClass = Math.log2(capacity);
    assert(sizeClass <= MAX_CLASS, 'levels of a side fit a segment');
    const free = this.freeSegments[sizeClass];
    if (free >= 0) {
      this.freeSegments[sizeClass] = this.stepI32[free * 4 + 2];
      return free;
    }
    const base = this.stepsUsed;
    this.stepsUsed += capacity;
    while (this.stepsUsed * 2 > this.stepF64.length) {
      const buffer = tableBuffer(this.stepF64.length * 2 * 8);
      const steps = new Float64Array(buffer);
      steps.set(this.stepF64);
      this.stepF64 = steps;
      this.stepI32 = new Int32Array(buffer);
    }
    return base;
  }
}
