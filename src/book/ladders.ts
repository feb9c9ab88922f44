/**
 * The price levels of every side of every instrument: what L3 and L2 books have in common.
 *
 * Prices are held as keys, key = price for bids and -price for asks: on both sides a higher key is better and the same
 * code serves both. A *side* has the index instrument * 2 + 0 bid / 1 ask. Everything lies in one arena, seen as float64
 * and as int32, and is named by its first f64 word:
 *
 *   head, 4 words a side (both sides of an instrument are one cache line):
 *     f64 0-1  key and qty of the touch, 0 and 0 where the side is empty
 *     i32 4-7  steps, end of the steps in use, end of their segment, BookKind of the instrument | TOUCH_MOVED
 *   step, 2 words a level: the levels of a side in the order of their keys, the touch last
 *     f64 0    key          i32 2  level          i32 3  0
 *   level, 4 words, which stays where it is until it is removed:
 *     f64 0-1  key, qty     i32 4  orders         i32 5  side         f64 3  anonymous qty (part of qty)
 *
 * Orders hold their level, so an order finds it without a search. Steps are searched from the touch, where the activity
 * is: what that reads lies together, and insertions and removals move little. Segments have power-of-two capacities; a
 * full one is left for one of twice the size, and reused for another side. After warm-up nothing is allocated.
 *
 * One arena, because each typed array that a function uses costs it a load, a map check and two more loads: with five
 * arrays a book operation spent most of its instructions on that. Calls on the hot path take prices and quantities as
 * places in a Float64Array (see order-table.ts).
 */
import { assert } from '../core/assert.ts';
import { tableBuffer } from './memory.ts';

const HEAD_WORDS = 4;
const TOUCH_KEY = 0;
const TOUCH_QTY = 1;
const STEPS = 4;
const END = 5;
const LIMIT = 6;
const KIND = 7;
const TOUCH_MOVED = 1 << 8;

const STEP_WORDS = 2;
const STEP_LEVEL = 2;

const LEVEL_WORDS = 4;
const QTY = 1;
const ANONYMOUS = 3;
const ORDERS = 4;
const SIDE = 5;

/** Words of a side's first segment: 8 steps. */
const FIRST_SEGMENT = 16;
const MAX_CLASS = 28;
/** Words of steps looked at one by one from the touch before a binary search takes over. */
const NEAR = 32;
/** Words of steps to move from which on one memmove beats a loop. */
const FAR = 64;
const MIN_INSTRUMENTS = 16;

export const NO_LEVEL = -1;

export class Ladders {
  f64: Float64Array;
  i32: Int32Array;
  /** Levels in use, all sides. */
  size = 0;
  /** Instruments there is room for. */
  private instruments = 0;
  private heads = 0;
  private used = 0;
  private levelsMade = 0;
  /** Removed levels; each links to the next through its `orders`. */
  private freeLevel = NO_LEVEL;
  /** Freed segments by log2 of their words; each links to the next through its first level. */
  private readonly freeSegments = new Int32Array(MAX_CLASS + 1).fill(-1);
  private readonly scratch = new Float64Array(2);

  constructor(expectedLevels = 1 << 10) {
    const buffer = tableBuffer((expectedLevels * 8 + MIN_INSTRUMENTS * 2 * HEAD_WORDS) * 8);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.ensureInstruments(MIN_INSTRUMENTS);
  }

  /** Makes room for instruments 0 .. count-1. */
  ensureInstruments(count: number): void {
    if (count <= this.instruments) return;
    const instruments = Math.max(count, this.instruments * 2);
    const heads = this.take(instruments * 2 * HEAD_WORDS);
    this.f64.copyWithin(heads, this.heads, this.heads + this.instruments * 2 * HEAD_WORDS);
    this.f64.fill(0, heads + this.instruments * 2 * HEAD_WORDS, heads + instruments * 2 * HEAD_WORDS);
    this.heads = heads;
    this.instruments = instruments;
  }

  /** BookKind of a defined instrument, else 0. */
  kindOf(instrument: number): number {
    return instrument < this.instruments ? this.i32[this.head(instrument * 2) * 2 + KIND] & 0xff : 0;
  }

  setKind(instrument: number, kind: number): void {
    this.i32[this.head(instrument * 2) * 2 + KIND] = kind;
  }

  /** First word of a side's head. */
  head(side: number): number {
    return this.heads + (side << 2);
  }

  count(side: number): number {
    const h = this.head(side) * 2;
    return (this.i32[h + END] - this.i32[h + STEPS]) >> 1;
  }

  /** The level `depth` places from the touch (0 = touch), or NO_LEVEL. */
  levelAt(side: number, depth: number): number {
    const h = this.head(side) * 2;
    const step = this.i32[h + END] - (depth + 1) * STEP_WORDS;
    return step >= this.i32[h + STEPS] ? this.i32[step * 2 + STEP_LEVEL] : NO_LEVEL;
  }

  /** The level with this key, or NO_LEVEL. */
  find(side: number, key: number): number {
    const step = this.search(side, key);
    const found = step >= this.i32[this.head(side) * 2 + STEPS] && this.f64[step] === key;
    return found ? this.i32[step * 2 + STEP_LEVEL] : NO_LEVEL;
  }

  keyOf(level: number): number {
    return this.f64[level];
  }

  priceOf(level: number): number {
    return (this.i32[level * 2 + SIDE] & 1) === 0 ? this.f64[level] : 0 - this.f64[level];
  }

  qtyOf(level: number): number {
    return this.f64[level + QTY];
  }

  /** Known orders at the level; as stated by the venue on L2. */
  ordersOf(level: number): number {
    return this.i32[level * 2 + ORDERS];
  }

  sideOf(level: number): number {
    return this.i32[level * 2 + SIDE];
  }

  /** Of the level's quantity, what belongs to orders never seen. */
  anonymousOf(level: number): number {
    return this.f64[level + ANONYMOUS];
  }

  touchKey(side: number): number {
    return this.f64[this.head(side) + TOUCH_KEY];
  }

  /** 0 where the side is empty. */
  touchQty(side: number): number {
    return this.f64[this.head(side) + TOUCH_QTY];
  }

  /**
   * Adds one order of quantity `values[at + 1]` to the level at price `values[at]`, made where there was none, and returns
   * the level. Cost: the distance from the touch, up to NEAR, then its logarithm.
   */
  addOrderAt(side: number, values: Float64Array, at: number): number {
    const { f64, i32 } = this;
    const h = this.heads + (side << 2);
    const first = i32[h * 2 + STEPS];
    const last = i32[h * 2 + END] - STEP_WORDS;
    const key = (side & 1) === 0 ? values[at] : 0 - values[at];
    const near = last - NEAR;
    let step = last;
    while (step >= first && f64[step] > key) {
      step -= STEP_WORDS;
      if (step < near) {
        step = this.searchFar(side, step, values, at);
        break;
      }
    }
    if (step < first || f64[step] !== key) return this.insert(side, step, values, at, 1);
    const level = i32[step * 2 + STEP_LEVEL];
    const qty = f64[level + QTY] + values[at + 1];
    f64[level + QTY] = qty;
    i32[level * 2 + ORDERS] += 1;
    if (step === last) {
      f64[h + TOUCH_QTY] = qty;
      i32[h * 2 + KIND] |= TOUCH_MOVED;
    }
    return level;
  }

  /** Takes `qty` and so many orders from a level, which holds at least so much; the level goes when nothing is left. */
  takeFrom(level: number, qty: number, orders: number): void {
    const { f64, i32 } = this;
    const left = f64[level + QTY] - qty;
    if (left === 0) {
      this.remove(level);
      return;
    }
    f64[level + QTY] = left;
    i32[level * 2 + ORDERS] -= orders;
    const h = this.heads + (i32[level * 2 + SIDE] << 2);
    if (f64[h + TOUCH_KEY] === f64[level]) {
      f64[h + TOUCH_QTY] = left;
      i32[h * 2 + KIND] |= TOUCH_MOVED;
    }
  }

  /** The level at `key` holds exactly this now; qty > 0. */
  set(side: number, key: number, qty: number, orders: number): void {
    const level = this.levelFor(side, key);
    this.i32[level * 2 + ORDERS] = orders;
    this.setQty(level, qty);
  }

  /** So much of the level at `key` is of orders never seen. */
  setAnonymous(side: number, key: number, qty: number): void {
    const level = this.find(side, key);
    const held = level === NO_LEVEL ? 0 : this.f64[level + ANONYMOUS];
    if (qty > held) {
      const into = this.levelFor(side, key);
      this.f64[into + ANONYMOUS] = qty;
      this.setQty(into, this.f64[into + QTY] + qty - held);
    } else if (qty < held) {
      this.takeAnonymous(level, held - qty);
    }
  }

  /** Takes from the quantity of orders never seen, of which the level holds at least so much. */
  takeAnonymous(level: number, qty: number): void {
    this.f64[level + ANONYMOUS] -= qty;
    this.takeFrom(level, qty, 0);
  }

  /** Takes the level out of its side. */
  remove(level: number): void {
    const { f64, i32 } = this;
    const side = i32[level * 2 + SIDE];
    const h = this.heads + (side << 2);
    const step = this.stepOf(side, level);
    const end = i32[h * 2 + END] - STEP_WORDS;
    i32[h * 2 + END] = end;
    if (step === end) this.readTouch(h);
    else if (end - step > FAR) f64.copyWithin(step, step + STEP_WORDS, end + STEP_WORDS);
    else this.closeGap(step, end);
    this.release(level);
  }

  /** Empties a side. */
  clear(side: number): void {
    const { i32 } = this;
    const h = this.head(side);
    const first = i32[h * 2 + STEPS];
    for (let step = i32[h * 2 + END] - STEP_WORDS; step >= first; step -= STEP_WORDS) {
      this.release(i32[step * 2 + STEP_LEVEL]);
    }
    i32[h * 2 + END] = first;
    this.readTouch(h);
  }

  /** True when the instrument's touch was written since the last call of this, even if to what it was. */
  touchMoved(instrument: number): boolean {
    const at = (this.heads + (instrument << 3)) * 2 + KIND;
    const { i32 } = this;
    if (((i32[at] | i32[at + 8]) & TOUCH_MOVED) === 0) return false;
    i32[at] &= ~TOUCH_MOVED;
    i32[at + 8] &= ~TOUCH_MOVED;
    return true;
  }

  /** Converts every key and quantity of a side; the order of the keys may not change. */
  rescale(side: number, rescaleKey: (key: number) => number, rescaleQty: (qty: number) => number): void {
    const { f64, i32 } = this;
    const h = this.head(side) * 2;
    for (let step = i32[h + STEPS]; step < i32[h + END]; step += STEP_WORDS) {
      const level = i32[step * 2 + STEP_LEVEL];
      f64[step] = f64[level] = rescaleKey(f64[level]);
      f64[level + QTY] = rescaleQty(f64[level + QTY]);
    }
    this.readTouch(this.head(side));
  }

  checkInvariants(): void {
    const { f64, i32 } = this;
    let size = 0;
    for (let side = 0; side < this.instruments * 2; side++) {
      const h = this.head(side);
      const first = i32[h * 2 + STEPS];
      const end = i32[h * 2 + END];
      assert(first <= end && end <= i32[h * 2 + LIMIT], `side ${side}: steps within their segment`);
      for (let step = first; step < end; step += STEP_WORDS) {
        if (step > first) assert(f64[step - STEP_WORDS] < f64[step], `side ${side}: keys rise towards the touch`);
        assert(f64[i32[step * 2 + STEP_LEVEL]] === f64[step], `side ${side}: key of step and level`);
        this.checkLevel(side, i32[step * 2 + STEP_LEVEL]);
        size++;
      }
      const touch = this.levelAt(side, 0);
      const [key, qty] = touch === NO_LEVEL ? [0, 0] : [this.keyOf(touch), this.qtyOf(touch)];
      assert(f64[h + TOUCH_KEY] === key && f64[h + TOUCH_QTY] === qty, `side ${side}: the touch in its head`);
    }
    assert(size === this.size, `${size} levels in sides, ${this.size} counted`);
    let free = 0;
    for (let level = this.freeLevel; level !== NO_LEVEL && free <= this.levelsMade; free++) {
      level = i32[level * 2 + ORDERS];
    }
    assert(size + free === this.levelsMade, `${free} levels free, ${size} in use: all that were made`);
  }

  private checkLevel(side: number, level: number): void {
    const qty = this.qtyOf(level);
    assert(this.sideOf(level) === side, `side ${side}: level ${level} is of this side`);
    assert(qty > 0 && Number.isSafeInteger(qty), `side ${side}: level quantity ${qty} is a positive integer`);
    assert(this.ordersOf(level) >= 0, `side ${side}: order count`);
    const anonymous = this.anonymousOf(level);
    assert(anonymous >= 0 && anonymous <= qty, `side ${side}: ${anonymous} of ${qty} lots are anonymous`);
  }

  private setQty(level: number, qty: number): void {
    this.f64[level + QTY] = qty;
    const h = this.head(this.i32[level * 2 + SIDE]);
    if (this.f64[h + TOUCH_KEY] !== this.f64[level]) return;
    this.f64[h + TOUCH_QTY] = qty;
    this.i32[h * 2 + KIND] |= TOUCH_MOVED;
  }

  /** The level at `key`, made with nothing in it where there was none: the caller puts something there at once. */
  private levelFor(side: number, key: number): number {
    const level = this.find(side, key);
    if (level !== NO_LEVEL) return level;
    this.scratch[0] = (side & 1) === 0 ? key : 0 - key;
    this.scratch[1] = 0;
    return this.insert(side, this.search(side, key), this.scratch, 0, 0);
  }

  /** Copies the last step's level, if there is one, into the head of the side. */
  private readTouch(h: number): void {
    const { f64, i32 } = this;
    const step = i32[h * 2 + END] - STEP_WORDS;
    const empty = step < i32[h * 2 + STEPS];
    f64[h + TOUCH_KEY] = empty ? 0 : f64[step];
    f64[h + TOUCH_QTY] = empty ? 0 : f64[i32[step * 2 + STEP_LEVEL] + QTY];
    i32[h * 2 + KIND] |= TOUCH_MOVED;
  }

  /** The step of a level. Cost as of `addOrderAt`. */
  private stepOf(side: number, level: number): number {
    const { f64, i32 } = this;
    const key = f64[level];
    let step = i32[(this.heads + (side << 2)) * 2 + END] - STEP_WORDS;
    const near = step - NEAR;
    while (f64[step] !== key) {
      step -= STEP_WORDS;
      if (step < near) return this.search(side, key);
    }
    return step;
  }

  /** The last step with a key not above `key`, or the place before the first. */
  private search(side: number, key: number): number {
    this.scratch[0] = (side & 1) === 0 ? key : 0 - key;
    return this.searchFar(side, this.i32[this.head(side) * 2 + END] - STEP_WORDS, this.scratch, 0);
  }

  /** The same among the steps up to `high`, for price `values[at]`. */
  private searchFar(side: number, high: number, values: Float64Array, at: number): number {
    const { f64, i32 } = this;
    const key = (side & 1) === 0 ? values[at] : 0 - values[at];
    const first = i32[this.head(side) * 2 + STEPS];
    let low = -1;
    let top = (high - first) >> 1;
    while (low < top) {
      const middle = (low + top + 1) >> 1;
      if (f64[first + middle * STEP_WORDS] > key) top = middle - 1;
      else low = middle;
    }
    return first + low * STEP_WORDS;
  }

  /** Makes a level of price `values[at]` and quantity `values[at + 1]` behind the step `worse`. */
  private insert(side: number, worse: number, values: Float64Array, at: number, orders: number): number {
    const h = this.heads + (side << 2);
    const index = worse + STEP_WORDS - this.i32[h * 2 + STEPS];
    if (this.i32[h * 2 + END] === this.i32[h * 2 + LIMIT]) this.enlarge(side);
    const level = this.freeLevel === NO_LEVEL ? this.makeLevel() : this.reuseLevel();
    const { f64, i32 } = this;
    const key = (side & 1) === 0 ? values[at] : 0 - values[at];
    f64[level] = key;
    f64[level + QTY] = values[at + 1];
    f64[level + ANONYMOUS] = 0;
    i32[level * 2 + ORDERS] = orders;
    i32[level * 2 + SIDE] = side;
    const head = this.heads + (side << 2); // `enlarge` or `makeLevel` may have moved it
    const step = i32[head * 2 + STEPS] + index;
    const end = i32[head * 2 + END];
    i32[head * 2 + END] = end + STEP_WORDS;
    if (step === end) {
      f64[head + TOUCH_KEY] = key;
      f64[head + TOUCH_QTY] = values[at + 1];
      i32[head * 2 + KIND] |= TOUCH_MOVED;
    } else if (end - step > FAR) {
      f64.copyWithin(step + STEP_WORDS, step, end);
    } else {
      this.openGap(step, end);
    }
    f64[step] = key;
    i32[step * 2 + STEP_LEVEL] = level;
    return level;
  }

  /** Moves the steps in [step, end) one up. */
  private openGap(step: number, end: number): void {
    const { f64 } = this;
    for (let i = end - 1; i >= step; i--) f64[i + STEP_WORDS] = f64[i];
  }

  /** Moves the steps in (step, end] one down. */
  private closeGap(step: number, end: number): void {
    const { f64 } = this;
    for (let i = step; i < end; i++) f64[i] = f64[i + STEP_WORDS];
  }

  private reuseLevel(): number {
    const level = this.freeLevel;
    this.freeLevel = this.i32[level * 2 + ORDERS];
    this.size++;
    return level;
  }

  private makeLevel(): number {
    this.levelsMade++;
    this.size++;
    return this.take(LEVEL_WORDS);
  }

  private release(level: number): void {
    this.size--;
    this.i32[level * 2 + ORDERS] = this.freeLevel;
    this.freeLevel = level;
  }

  /** Moves a full side to a segment of twice the size. */
  private enlarge(side: number): void {
    const from = this.i32[this.head(side) * 2 + STEPS];
    const words = this.i32[this.head(side) * 2 + LIMIT] - from;
    const to = this.takeSegment(words === 0 ? FIRST_SEGMENT : words * 2);
    const { f64, i32 } = this;
    if (words > 0) {
      f64.copyWithin(to, from, from + words);
      const sizeClass = Math.log2(words);
      i32[from * 2 + STEP_LEVEL] = this.freeSegments[sizeClass];
      this.freeSegments[sizeClass] = from;
    }
    const h = this.head(side) * 2;
    i32[h + STEPS] = to;
    i32[h + END] = to + words;
    i32[h + LIMIT] = to + (words === 0 ? FIRST_SEGMENT : words * 2);
  }

  private takeSegment(words: number): number {
    const sizeClass = Math.log2(words);
    assert(sizeClass <= MAX_CLASS, 'levels of a side fit a segment');
    const free = this.freeSegments[sizeClass];
    if (free < 0) return this.take(words);
    this.freeSegments[sizeClass] = this.i32[free * 2 + STEP_LEVEL];
    return free;
  }

  /** Words of the arena never used before; doubles it where they are not there. Aligned to a cache line from 8 words on. */
  private take(words: number): number {
    const at = words >= 8 ? (this.used + 7) & ~7 : this.used;
    this.used = at + words;
    let length = this.f64.length;
    while (length < this.used) length *= 2;
    if (length > this.f64.length) {
      const buffer = tableBuffer(length * 8);
      const f64 = new Float64Array(buffer);
      f64.set(this.f64);
      this.f64 = f64;
      this.i32 = new Int32Array(buffer);
    }
    return at;
  }
}
