/**
 * Units of a venue that states its numbers as decimal text and no tick sizes. Prices and quantities of an instrument
 * each have a number of decimals; a tick (a lot) is 10^-decimals. It starts as the most decimals written in the first
 * message and changes only when a message does not fit: up when a value has more decimals, down when one has too many
 * digits for 2^53 and everything in the book can do with fewer. Ticks and lots are always exact. A message that fits in
 * no number of decimals together with what the book holds is refused whole.
 */
import { MAX_DECIMALS, MAX_MANTISSA, POW10, roomForDecimals, significantDecimals } from './decimal.ts';

/** `plan`: no number of decimals holds these values and the book's. */
export const NO_SCALE = -1;

export class Scale {
  /** Decimals in force; -1 before the first message. */
  decimals = -1;
  /** Of the values that may be in the book: the most significant decimals (a down-scale may go no lower) ... */
  private heldDecimals = 0;
  /** ... and the largest, in units of 10^-decimals (an up-scale must keep it below 2^53). Never lowered until `empty`. */
  private heldMax = 0;

  /** The book was emptied: only new values count. */
  empty(): void {
    this.heldDecimals = 0;
    this.heldMax = 0;
  }

  /**
   * The decimals that values[from, to) and the book need: the present ones wherever those do. `bookToo` false: the book
   * is about to be emptied.
   */
  plan(values: Float64Array, decimals: Uint8Array, from: number, to: number, bookToo: boolean): number {
    return this.fitsNow(values, decimals, from, to) ? this.decimals : this.replan(values, decimals, from, to, bookToo);
  }

  private fitsNow(values: Float64Array, decimals: Uint8Array, from: number, to: number): boolean {
    const now = this.decimals;
    for (let i = from; i < to; i++) {
      const spare = decimals[i] - now;
      if (spare === 0) continue;
      if (spare < 0) {
        if (values[i] * POW10[-spare] > MAX_MANTISSA) return false;
      } else if (now < 0 || Math.floor(values[i] / POW10[spare]) * POW10[spare] !== values[i]) return false;
    }
    return now >= 0;
  }

  private replan(values: Float64Array, decimals: Uint8Array, from: number, to: number, bookToo: boolean): number {
    let least = bookToo ? this.heldDecimals : 0;
    let most = bookToo ? roomForDecimals(this.heldMax, Math.max(this.decimals, 0)) : MAX_DECIMALS;
    let written = 0;
    for (let i = from; i < to; i++) {
      least = Math.max(least, significantDecimals(values[i], decimals[i]));
      most = Math.min(most, roomForDecimals(values[i], decimals[i]));
      written = Math.max(written, decimals[i]);
    }
    if (least > most) return NO_SCALE;
    const wanted = this.decimals < 0 ? written : this.decimals;
    return Math.min(Math.max(wanted, least), most);
  }

  /** Puts a plan into force. The book's values are rescaled by whoever holds them. */
  change(decimals: number): void {
    if (this.decimals >= 0) this.heldMax = rescaled(this.heldMax, decimals - this.decimals);
    this.decimals = decimals;
  }

  /** Turns values[from, to) into integers of the scale in force, in place. They were planned. */
  apply(values: Float64Array, decimals: Uint8Array, from: number, to: number): void {
    const now = this.decimals;
    for (let i = from; i < to; i++) {
      const digits = decimals[i];
      if (digits === now) continue;
      values[i] = rescaled(values[i], now - digits);
      decimals[i] = now;
    }
  }

  /** What every value that the book may hold is a multiple of. */
  get heldUnit(): number {
    return POW10[this.decimals - this.heldDecimals];
  }

  /** Remembers, as `hold` does, values that are multiples of `heldUnit` and at most `most`. */
  holdUpTo(most: number): void {
    if (most > this.heldMax) this.heldMax = most;
  }

  /** Remembers that the book may hold values[from, to) from now on. */
  hold(values: Float64Array, from: number, to: number): void {
    let max = this.heldMax;
    let held = this.heldDecimals;
    let unit = POW10[this.decimals - held];
    for (let i = from; i < to; i++) {
      const value = values[i];
      if (value > max) max = value;
      if (unit !== 1 && Math.floor(value / unit) * unit !== value) {
        held = significantDecimals(value, this.decimals);
        unit = POW10[this.decimals - held];
      }
    }
    this.heldMax = max;
    this.heldDecimals = held;
  }
}

/** value x 10^by, where that is known to be an integer below 2^53. */
export function rescaled(value: number, by: number): number {
  return by >= 0 ? value * POW10[by] : value / POW10[-by];
}
