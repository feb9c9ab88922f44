/**
 * The figures behind `ctx.signals`. Each follows one instrument: told every change of the touch or of the book's standing
 * and every trade, asked for its value at a time. O(1) (windows: amortised), nothing allocated once windows are as large
 * as they get. Times never go back.
 *
 * The mid is usable while the book is live, has both sides and is not crossed. Figures of the mid keep a clock of their
 * own, which stands still while it is not: what came before a gap neither fades nor is mixed with what comes after it.
 */
import type { Fnv64 } from '../core/hash.ts';
import { exp, LN2 } from './math.ts';
import { WindowSum } from './window-sum.ts';

/** Best bid price and quantity, best ask price and quantity; a quantity of 0: the side is empty. */
export type Touch = Float64Array;

export interface Tracker {
  onTouch(ns: number, touch: Touch, isLive: boolean): void;
  onTrade(ns: number, qtyLots: number, aggressor: number): void;
  /** At a time not before the last one told. */
  valueAt(ns: number): number;
  /** The instrument's units changed: prices and quantities of before are to be multiplied. */
  rescale(priceFactor: number, qtyFactor: number): void;
  foldInto(hash: Fnv64): void;
}

/** The mid in ticks, or NaN where it is not usable. */
export function usableMid(touch: Touch, isLive: boolean): number {
  if (!isLive || touch[1] === 0 || touch[3] === 0 || touch[0] > touch[2]) return Number.NaN;
  return touch[0] + (touch[2] - touch[0]) / 2;
}

/** 2^(-age / halfLife). */
function decay(ageNs: number, halfLifeNs: number): number {
  return ageNs === 0 ? 1 : exp((-LN2 * ageNs) / halfLifeNs);
}

/**
 * Exponentially weighted mean of the mid over time: each moment counts 2^(-age / halfLife). The mid stands from one touch
 * to the next, so between them ema' = mid + (ema - mid) x 2^(-dt / halfLife), exactly. Starts at the first usable mid.
 */
export class MidEma implements Tracker {
  private readonly halfLifeNs: number;
  private ema = Number.NaN;
  private mid = Number.NaN;
  private atNs = 0;

  constructor(halfLifeNs: number) {
    this.halfLifeNs = halfLifeNs;
  }

  onTouch(ns: number, touch: Touch, isLive: boolean): void {
    this.ema = this.valueAt(ns);
    this.atNs = ns;
    this.mid = usableMid(touch, isLive);
    if (Number.isNaN(this.ema)) this.ema = this.mid;
  }

  onTrade(): void {}

  valueAt(ns: number): number {
    if (Number.isNaN(this.mid)) return this.ema;
    return this.mid + (this.ema - this.mid) * decay(ns - this.atNs, this.halfLifeNs);
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
  private readonly halfLifeNs: number;
  /** Half-life / ln 2 in seconds: what the weights of all time add up to. */
  private readonly scaleSeconds: number;
  private squares = 0;
  private seconds = 0;
  private watchedNs = 0;
  private mid = Number.NaN;
  private atNs = 0;

  constructor(halfLifeNs: number) {
    this.halfLifeNs = halfLifeNs;
    this.scaleSeconds = halfLifeNs / 1e9 / LN2;
  }

  onTouch(ns: number, touch: Touch, isLive: boolean): void {
    const before = this.mid;
    if (!Number.isNaN(before)) {
      const fade = decay(ns - this.atNs, this.halfLifeNs);
      this.squares *= fade;
      this.seconds = this.seconds * fade + this.scaleSeconds * (1 - fade);
      this.watchedNs += ns - this.atNs;
    }
    this.atNs = ns;
    this.mid = usableMid(touch, isLive);
    const change = this.mid - before;
    if (!Number.isNaN(change)) this.squares += change * change;
  }

  onTrade(): void {}

  valueAt(ns: number): number {
    if (Number.isNaN(this.mid)) return this.figure(1, this.watchedNs);
    return this.figure(decay(ns - this.atNs, this.halfLifeNs), this.watchedNs + ns - this.atNs);
  }

  private figure(fade: number, watchedNs: number): number {
    if (watchedNs < this.halfLifeNs) return Number.NaN;
    return Math.sqrt((this.squares * fade) / (this.seconds * fade + this.scaleSeconds * (1 - fade)));
  }

  rescale(priceFactor: number): void {
    this.mid *= priceFactor;
    this.squares *= priceFactor * priceFactor;
  }

  foldInto(hash: Fnv64): void {
    for (const value of [this.squares, this.seconds, this.watchedNs, this.mid, this.atNs]) foldFloat(hash, value);
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
  private readonly sum: WindowSum;
  private readonly last = new Float64Array(4);
  private hasLast = false;

  constructor(windowNs: number) {
    this.sum = new WindowSum(windowNs);
  }

  onTouch(ns: number, touch: Touch, isLive: boolean): void {
    if (isLive && this.hasLast) {
      const { last } = this;
      const e = improvement(touch[0], touch[1], last[0], last[1]) - improvement(-touch[2], touch[3], -last[2], last[3]);
      if (e !== 0) this.sum.add(ns, e);
    }
    this.hasLast = isLive;
    this.last.set(touch);
  }

  onTrade(): void {}

  valueAt(ns: number): number {
    return this.sum.sumAt(ns);
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

/** One side's part of e; keys: the higher, the better. */
function improvement(key: number, qty: number, keyBefore: number, qtyBefore: number): number {
  if (qty === 0 || qtyBefore === 0) return qty - qtyBefore;
  return (key >= keyBefore ? qty : 0) - (key <= keyBefore ? qtyBefore : 0);
}

/** Lots traded in the window; signed: those of buying aggressors less those of selling ones (unknown: not at all). */
export class TradedLots implements Tracker {
  private readonly sum: WindowSum;
  private readonly signed: boolean;

  constructor(windowNs: number, signed: boolean) {
    this.sum = new WindowSum(windowNs);
    this.signed = signed;
  }

  onTouch(): void {}

  onTrade(ns: number, qtyLots: number, aggressor: number): void {
    const lots = this.signed ? (aggressor === 0 ? 0 : (3 - 2 * aggressor) * qtyLots) : qtyLots;
    if (lots !== 0) this.sum.add(ns, lots);
  }

  valueAt(ns: number): number {
    return this.sum.sumAt(ns);
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

export function foldFloat(hash: Fnv64, value: number): void {
  float[0] = Number.isNaN(value) ? Number.NaN : value; // one NaN of all
  hash.word(floatWords[0]);
  hash.word(floatWords[1]);
}
