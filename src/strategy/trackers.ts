/**
 * The figures behind `ctx.signals`. Each follows one instrument: told every change of the touch or of the book's standing
 * and every trade, asked for its value at a time. O(1) (windows: amortised), nothing allocated once windows are as large
 * as they get. Times never go back.
 *
 * The mid is usable while the book is live, has both sides and is not crossed. Figures of the mid keep a clock of their
 * own, which stands still while it is not: what came before a gap neither fades nor is mixed with what comes after it.
 */
import type { Fnv64 } from '../core/hash.ts';
import { expInPlace, LN2 } from './math.ts';
import { WindowSum } from './window-sum.ts';

/** Best bid price and quantity, best ask price and quantity; a quantity of 0: the side is empty. */
export type Touch = Float64Array;

/**
 * Times come, and values leave, in cells: numbers that are passed to a function, or returned by it, may be boxed. `now[0]`
 * is the time of the call, never before that of the last one.
 */
export interface Tracker {
  /** `out[0]` is the value as of the last `update`. */
  readonly out: Float64Array;
  onTouch(touch: Touch, isLive: boolean): void;
  onTrade(qtyLots: number, aggressor: number): void;
  update(): void;
  /** The instrument's units changed: prices and quantities of before are to be multiplied. */
  rescale(priceFactor: number, qtyFactor: number): void;
  foldInto(hash: Fnv64): void;
}

/** cell[0]: the mid in ticks, or NaN where it is not usable. */
function readMid(cell: Float64Array, touch: Touch, isLive: boolean): void {
  const isUsable = isLive && touch[1] > 0 && touch[3] > 0 && touch[0] <= touch[2];
  cell[0] = isUsable ? touch[0] + (touch[2] - touch[0]) / 2 : Number.NaN;
}

/** cell[0]: from an age in ns to its weight, 2^(-age / halfLife). */
function fade(cell: Float64Array, halfLifeNs: number): void {
  cell[0] = (-LN2 * cell[0]) / halfLifeNs;
  cell[1] = 0;
  expInPlace(cell);
}

/**
 * Exponentially weighted mean of the mid over time: each moment counts 2^(-age / halfLife). The mid stands from one touch
 * to the next, so between them ema' = mid + (ema - mid) x 2^(-dt / halfLife), exactly. Starts at the first usable mid.
 */
export class MidEma implements Tracker {
  readonly out = new Float64Array([Number.NaN]);
  private readonly now: Float64Array;
  private readonly halfLifeNs: number;
  private readonly cell = new Float64Array(2);
  private ema = Number.NaN;
  private mid = Number.NaN;
  private atNs = 0.5; // a double from the start

  constructor(now: Float64Array, halfLifeNs: number) {
    this.now = now;
    this.halfLifeNs = halfLifeNs;
  }

  onTouch(touch: Touch, isLive: boolean): void {
    this.update();
    this.ema = this.out[0];
    this.atNs = this.now[0];
    readMid(this.cell, touch, isLive);
    this.mid = this.cell[0];
    if (Number.isNaN(this.ema)) this.ema = this.mid;
  }

  onTrade(): void {}

  update(): void {
    const { cell, mid } = this;
    if (Number.isNaN(mid)) {
      this.out[0] = this.ema;
      return;
    }
    cell[0] = this.now[0] - this.atNs;
    fade(cell, this.halfLifeNs);
    this.out[0] = mid + (this.ema - mid) * cell[0];
  }

  rescale(priceFactor: number): void {
    this.ema *= priceFactor;
    this.mid *= priceFactor;
  }

  foldInto(hash: Fnv64): void {
    foldFloat(hash, this.ema);
    foldFloat(hash, this.mid);
    foldFloat(hash, this.atNs);
  }
}

/**
 * Realised volatility of the mid: sqrt(sum of w x change^2 / time), in ticks per square root of a second, where a change
 * that is `age` old has w = 2^(-age / halfLife) and each second counts with the same weights. No mean is taken off: over
 * such times it is noise. A mid that jumps to and fro with the spread counts as it is. NaN until a half-life was watched.
 */
export class Volatility implements Tracker {
  readonly out = new Float64Array([Number.NaN]);
  private readonly now: Float64Array;
  private readonly halfLifeNs: number;
  /** Half-life / ln 2 in seconds: what the weights of all time add up to. */
  private readonly scaleSeconds: number;
  /** Squares, seconds, time watched in ns: as of `atNs`. */
  private readonly sums = new Float64Array(3);
  /** The same as of now. */
  private readonly sumsNow = new Float64Array(3);
  private readonly cell = new Float64Array(2);
  private mid = Number.NaN;
  private atNs = 0.5;

  constructor(now: Float64Array, halfLifeNs: number) {
    this.now = now;
    this.halfLifeNs = halfLifeNs;
    this.scaleSeconds = halfLifeNs / 1e9 / LN2;
  }

  onTouch(touch: Touch, isLive: boolean): void {
    const { sums, sumsNow } = this;
    const before = this.mid;
    this.advance();
    for (let i = 0; i < 3; i++) sums[i] = sumsNow[i];
    this.atNs = this.now[0];
    readMid(this.cell, touch, isLive);
    this.mid = this.cell[0];
    const change = this.mid - before;
    if (!Number.isNaN(change)) sums[0] += change * change;
  }

  onTrade(): void {}

  update(): void {
    this.advance();
    const { sumsNow } = this;
    this.out[0] = sumsNow[2] < this.halfLifeNs ? Number.NaN : Math.sqrt(sumsNow[0] / sumsNow[1]);
  }

  /** The sums as of now: time goes on only while the mid is usable. */
  private advance(): void {
    const { sums, sumsNow, cell } = this;
    const ageNs = Number.isNaN(this.mid) ? 0 : this.now[0] - this.atNs;
    cell[0] = ageNs;
    fade(cell, this.halfLifeNs);
    sumsNow[0] = sums[0] * cell[0];
    sumsNow[1] = sums[1] * cell[0] + this.scaleSeconds * (1 - cell[0]);
    sumsNow[2] = sums[2] + ageNs;
  }

  rescale(priceFactor: number): void {
    this.mid *= priceFactor;
    this.sums[0] *= priceFactor * priceFactor;
  }

  foldInto(hash: Fnv64): void {
    for (const value of [...this.sums, this.mid, this.atNs]) foldFloat(hash, value);
  }
}

/**
 * Order-flow imbalance of the touch: R. Cont, A. Kukanov, S. Stoikov, "The price impact of order book events", Journal of
 * Financial Econometrics 12 (2014), equation (2.1): from one touch to the next, with bid P, q and ask P', q',
 *
 *   e = [P_n >= P_n-1] q_n - [P_n <= P_n-1] q_n-1 - [P'_n <= P'_n-1] q'_n + [P'_n >= P'_n-1] q'_n-1
 *
 * summed over the window, in lots. An empty side has the worst of all prices and no quantity. The first touch after the
 * book was stale has no touch before it: it says nothing.
 */
export class OrderFlowImbalance implements Tracker {
  readonly out: Float64Array;
  private readonly sum: WindowSum;
  private readonly last = new Float64Array(4);
  private hasLast = false;

  constructor(now: Float64Array, windowNs: number) {
    this.sum = new WindowSum(now, windowNs);
    this.out = this.sum.total;
  }

  onTouch(touch: Touch, isLive: boolean): void {
    if (isLive && this.hasLast) {
      const { last } = this;
      // Of a bid more is better, of an ask less.
      const e = improvement(touch[0] - last[0], touch[1], last[1]) - improvement(last[2] - touch[2], touch[3], last[3]);
      if (e !== 0) this.sum.add(e);
    }
    this.hasLast = isLive;
    for (let i = 0; i < 4; i++) this.last[i] = touch[i];
  }

  onTrade(): void {}

  update(): void {
    this.sum.expire();
  }

  rescale(priceFactor: number, qtyFactor: number): void {
    this.sum.scale(qtyFactor);
    for (let i = 0; i < 4; i++) this.last[i] *= i % 2 === 0 ? priceFactor : qtyFactor;
  }

  foldInto(hash: Fnv64): void {
    this.sum.foldInto(hash);
    for (const value of this.last) foldFloat(hash, value);
  }
}

/** One side's part of e, which is so much better than it was. */
function improvement(better: number, qty: number, qtyBefore: number): number {
  if (qty === 0 || qtyBefore === 0) return qty - qtyBefore;
  return (better >= 0 ? qty : 0) - (better <= 0 ? qtyBefore : 0);
}

/** Lots traded in the window; signed: those of buying aggressors less those of selling ones (unknown: not at all). */
export class TradedLots implements Tracker {
  readonly out: Float64Array;
  private readonly sum: WindowSum;
  private readonly signed: boolean;

  constructor(now: Float64Array, windowNs: number, signed: boolean) {
    this.sum = new WindowSum(now, windowNs);
    this.out = this.sum.total;
    this.signed = signed;
  }

  onTouch(): void {}

  onTrade(qtyLots: number, aggressor: number): void {
    const lots = this.signed ? (aggressor === 0 ? 0 : (3 - 2 * aggressor) * qtyLots) : qtyLots;
    if (lots !== 0) this.sum.add(lots);
  }

  update(): void {
    this.sum.expire();
  }

  rescale(_priceFactor: number, qtyFactor: number): void {
    this.sum.scale(qtyFactor);
  }

  foldInto(hash: Fnv64): void {
    this.sum.foldInto(hash);
  }
}

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

function foldFloat(hash: Fnv64, value: number): void {
  float[0] = Number.isNaN(value) ? Number.NaN : value; // one NaN of all
  hash.word(floatWords[0]);
  hash.word(floatWords[1]);
}
