/**
 * The price levels of every side of every instrument: what L3 and L2 books have in common.
 *
 * Prices are held as keys, key = price for bids and -price for asks: on both sides a higher key is better and the same
 * code serves both. A *side* has the index instrument * 2 + 0 bid / 1 ask. It has its levels, which stay where they are
 * until they are removed, and *steps*: (key, level) in the order of the keys, the touch last. See layout.ts.
 *
 * Orders hold their level, so an order finds it without a search. Steps are searched from the touch, where the activity
 * is: what that reads lies together, and insertions and removals move little. The touch is copied into the side's head.
 * Calls on the hot path take prices and quantities as places in a Float64Array (see order-table.ts).
 */
import { assert } from '../core/assert.ts';
import { HEAD_SHIFT, LadderMemory } from './ladder-memory.ts';
import {
  ANONYMOUS,
  END,
  HEAD_WORDS,
  LIMIT,
  NO_LEVEL,
  ORDERS,
  QTY,
  SEEN_KEY,
  SEEN_QTY,
  SIDE,
  STEP_LEVEL,
  STEP_WORDS,
  STEPS,
  TOUCH_KEY,
  TOUCH_QTY,
} from './layout.ts';

export { NO_LEVEL } from './layout.ts';

/** Words of steps looked at one by one from the touch before a binary search takes over. */
const NEAR = 32;
/** Words of steps to move from which on one memmove beats a loop. */
const FAR = 64;

export class Ladders extends LadderMemory {
  private readonly scratch = new Float64Array(2);

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
    const h = this.heads + (side << HEAD_SHIFT);
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
    const h = this.heads + (i32[level * 2 + SIDE] << HEAD_SHIFT);
    if (f64[h + TOUCH_KEY] === f64[level]) {
      f64[h + TOUCH_QTY] = left;
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
    const h = this.heads + (side << HEAD_SHIFT);
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

  /** True when the instrument's touch is not what it was at the last call of this. */
  touchMoved(instrument: number): boolean {
    const { f64 } = this;
    const bid = this.heads + (instrument << (HEAD_SHIFT + 1));
    const ask = bid + HEAD_WORDS;
    if (
      f64[bid + TOUCH_QTY] === f64[bid + SEEN_QTY] &&
      f64[ask + TOUCH_QTY] === f64[ask + SEEN_QTY] &&
      f64[bid + TOUCH_KEY] === f64[bid + SEEN_KEY] &&
      f64[ask + TOUCH_KEY] === f64[ask + SEEN_KEY]
    ) {
      return false;
    }
    for (let h = bid; h <= ask; h += HEAD_WORDS) {
      f64[h + SEEN_KEY] = f64[h + TOUCH_KEY];
      f64[h + SEEN_QTY] = f64[h + TOUCH_QTY];
    }
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
  }

  /** The step of a level. Cost as of `addOrderAt`. */
  private stepOf(side: number, level: number): number {
    const { f64, i32 } = this;
    const key = f64[level];
    let step = i32[(this.heads + (side << HEAD_SHIFT)) * 2 + END] - STEP_WORDS;
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
    const h = this.heads + (side << HEAD_SHIFT);
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
    const head = this.heads + (side << HEAD_SHIFT); // `enlarge` or `makeLevel` may have moved it
    const step = i32[head * 2 + STEPS] + index;
    const end = i32[head * 2 + END];
    i32[head * 2 + END] = end + STEP_WORDS;
    if (step === end) {
      f64[head + TOUCH_KEY] = key;
      f64[head + TOUCH_QTY] = values[at + 1];
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
}
