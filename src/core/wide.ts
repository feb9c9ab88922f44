/**
 * Whole numbers past 2^53, exactly and without BigInt, for price x quantity and sums of it. A wide number is a pair
 * (hi, lo): value = hi x 2^53 + lo with 0 <= lo < 2^53 and hi a safe integer (so |value| < 2^106). Negative values have
 * a negative hi. Pairs live in two columns of Float64Array, or in a `Wide`.
 */
import { assert } from './assert.ts';

export const TWO_53 = 9007199254740992;
/** Veltkamp's constant for 53-bit significands: 2^27 + 1. */
const SPLITTER = 134217729;

/** One wide number, for use as an accumulator or a result; make few and keep them. */
export class Wide {
  hi = 0;
  lo = 0;

  set(hi: number, lo: number): this {
    this.hi = hi;
    this.lo = lo;
    return this;
  }

  /** A safe integer. */
  setInteger(value: number): this {
    this.hi = value < 0 ? -1 : 0;
    this.lo = value < 0 ? value + TWO_53 : value;
    return this;
  }

  /** The product of two safe integers, exactly (Dekker 1971: a product and its rounding error). */
  setProduct(a: number, b: number): this {
    const product = a * b;
    if (product <= Number.MAX_SAFE_INTEGER && product >= -Number.MAX_SAFE_INTEGER) return this.setInteger(product + 0);
    const aBig = SPLITTER * a;
    const aHigh = aBig - (aBig - a);
    const aLow = a - aHigh;
    const bBig = SPLITTER * b;
    const bHigh = bBig - (bBig - b);
    const bLow = b - bHigh;
    const error = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
    // product is a multiple of its last place; both halves of it and the error are whole.
    const hi = Math.floor(product / TWO_53);
    return this.set(hi, product - hi * TWO_53).addSmall(error);
  }

  /** Adds a whole number of at most 2^53 in size. */
  addSmall(value: number): this {
    const below = this.lo - TWO_53 + value; // negative exactly when lo + value < 2^53
    if (below >= 0) {
      this.hi++;
      this.lo = below;
    } else if (value < 0 && this.lo < -value) {
      this.hi--;
      this.lo = below + TWO_53 + TWO_53;
    } else {
      this.lo += value;
    }
    return this;
  }

  /** Adds the wide number (hi, lo). */
  add(hi: number, lo: number): this {
    this.hi += hi;
    return this.addSmall(lo);
  }

  subtract(hi: number, lo: number): this {
    this.hi -= hi;
    return this.addSmall(-lo);
  }

  negate(): this {
    if (this.lo === 0) return this.set(0 - this.hi, 0);
    return this.set(-this.hi - 1, TWO_53 - this.lo);
  }

  /** -1, 0 or 1: how this compares with (hi, lo). */
  compare(hi: number, lo: number): number {
    if (this.hi !== hi) return this.hi < hi ? -1 : 1;
    return this.lo === lo ? 0 : this.lo < lo ? -1 : 1;
  }

  get isSafe(): boolean {
    return this.hi === 0 || this.hi === -1;
  }

  /** The nearest float64: exact while |value| < 2^53. */
  toNumber(): number {
    return this.hi === -1 ? this.lo - TWO_53 : this.hi * TWO_53 + this.lo;
  }

  checkInvariants(): void {
    assert(Number.isSafeInteger(this.hi) && this.lo >= 0 && this.lo < TWO_53, 'wide number in range');
    assert(Number.isInteger(this.lo), 'wide number is whole');
  }
}
