/**
 * Whole numbers past 2^53, exactly and without BigInt, for price x quantity and sums of it. A wide number is a pair
 * (hi, lo): value = hi x 2^53 + lo with 0 <= lo < 2^53 and hi a safe integer (so |value| < 2^106). Negative values have
 * a negative hi. Pairs live in two columns of Float64Array, or in a `Wide`.
 *
 * Every operation is exact or states its rounding. None checks that the result is in range: `inRange` does, and whoever
 * multiplies asks it.
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

  copy(other: Wide): this {
    return this.set(other.hi, other.lo);
  }

  /** A safe integer. */
  setInteger(value: number): this {
    this.hi = value < 0 ? -1 : 0;
    this.lo = value < 0 ? value + TWO_53 : value + 0; // + 0: no -0
    return this;
  }

  /** Any whole float64 below 2^106 in size: exactly the number it is. */
  setNumber(value: number): this {
    const hi = Math.floor(value / TWO_53);
    return this.set(hi + 0, value - hi * TWO_53);
  }

  /** The product of two safe integers, exactly (Dekker 1971: a product and its rounding error). */
  setProduct(a: number, b: number): this {
    const product = a * b;
    if (product <= Number.MAX_SAFE_INTEGER && product >= -Number.MAX_SAFE_INTEGER) return this.setInteger(product);
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

  /** The product of `values[at]` and the number behind it: between functions, numbers in arrays cost no allocation. */
  setProductAt(values: Float64Array, at: number): this {
    return this.setProduct(values[at], values[at + 1]);
  }

  /** Adds a whole number of at most 2^53 in size. */
  addSmall(value: number): this {
    const below = this.lo - TWO_53 + value; // negative exactly when lo + value < 2^53
    if (below >= 0) {
      this.hi++;
      this.lo = below;
    } else if (value < 0 && this.lo < -value) {
      this.hi--;
      this.lo = this.lo + value + TWO_53; // lo + value is at least -2^53: exact
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

  /** Times a safe integer. Exact where the result is in range (`inRange`). */
  multiply(factor: number): this {
    if (this.hi < 0) return this.negate().multiply(-factor);
    const { hi } = this;
    const size = factor < 0 ? -factor : factor;
    this.setProduct(this.lo, size);
    this.hi += hi * size; // both parts have one sign: while the sum is in range, so are they
    return factor < 0 ? this.negate() : this;
  }

  /**
   * Divided by a safe integer above 0, rounded down (towards minus infinity); returns the remainder, 0 .. divisor-1. Some
   * 5 ns below 2^53, 20 ns above.
   */
  divideFloor(divisor: number): number {
    if (this.hi < 0) return this.divideNegative(divisor);
    const hi = Math.floor(this.hi / divisor);
    if (this.hi === 0) {
      // The quotient of two safe integers rounds to a whole number only when it is one: the next lower and higher whole
      // numbers are at least 1/divisor away, more than half of its last place.
      const lo = Math.floor(this.lo / divisor);
      const rest = this.lo - lo * divisor;
      this.lo = lo;
      return rest;
    }
    const rest = this.hi - hi * divisor;
    return this.divideRest(hi, rest, this.lo, divisor);
  }

  /** As divideFloor, rounded up. */
  divideCeil(divisor: number): void {
    if (this.divideFloor(divisor) > 0) this.addSmall(1);
  }

  /** As divideFloor, rounded to the nearest, halves up (of a magnitude: away from zero). */
  divideRound(divisor: number): void {
    if (this.divideFloor(divisor) * 2 >= divisor) this.addSmall(1); // twice: at most 2^54 and even, so exact
  }

  /** -1, 0 or 1: how this compares with (hi, lo). */
  compare(hi: number, lo: number): number {
    if (this.hi !== hi) return this.hi < hi ? -1 : 1;
    return this.lo === lo ? 0 : this.lo < lo ? -1 : 1;
  }

  compareTo(other: Wide): number {
    return this.compare(other.hi, other.lo);
  }

  /** -1, 0 or 1. */
  get sign(): number {
    if (this.hi < 0) return -1;
    return this.hi === 0 && this.lo === 0 ? 0 : 1;
  }

  get isSafe(): boolean {
    return this.hi === 0 || (this.hi === -1 && this.lo > 0);
  }

  /** False after an operation that left the range: the value means nothing then. */
  get inRange(): boolean {
    return this.hi <= Number.MAX_SAFE_INTEGER && this.hi >= -Number.MAX_SAFE_INTEGER;
  }

  /** The nearest float64 (within one unit of its last place above 2^53): exact while |value| <= 2^53. */
  toNumber(): number {
    return this.hi === -1 ? this.lo - TWO_53 : this.hi * TWO_53 + this.lo;
  }

  checkInvariants(): void {
    assert(Number.isSafeInteger(this.hi) && this.lo >= 0 && this.lo < TWO_53, 'wide number in range');
    assert(Number.isInteger(this.lo), 'wide number is whole');
  }

  private divideNegative(divisor: number): number {
    const rest = this.negate().divideFloor(divisor);
    if (rest === 0) {
      this.negate();
      return 0;
    }
    this.addSmall(1).negate();
    return divisor - rest;
  }

  /** (hi, (rest x 2^53 + lo) / divisor) with rest < divisor: an estimate that is off by a few, then put right exactly. */
  private divideRest(hi: number, rest: number, lo: number, divisor: number): number {
    let quotient = Math.min(Math.floor((rest * TWO_53 + lo) / divisor), Number.MAX_SAFE_INTEGER);
    this.setProduct(quotient, divisor).negate().add(rest, lo);
    while (this.hi < 0) {
      quotient--;
      this.addSmall(divisor);
    }
    while (this.hi > 0 || this.lo >= divisor) {
      quotient++;
      this.addSmall(-divisor);
    }
    const remainder = this.lo;
    this.set(hi, quotient);
    return remainder;
  }
}
