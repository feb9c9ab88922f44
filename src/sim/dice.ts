/**
 * Random variates for the market simulator. Only additions, multiplications, divisions, comparisons and square roots,
 * which IEEE 754 rounds the same everywhere: the same seed gives the same market on every machine and Node version.
 * (Math.log, Math.exp and Math.pow may differ in the last bit between engines, and one bit decides a trade.)
 */
import { Prng } from '../core/prng.ts';

/** Makes a sum of four uniforms (variance 4/12) a variate of variance 1. */
const IRWIN_HALL_4 = 1.7320508075688772;

export class Dice {
  private readonly prng: Prng;

  constructor(seed: number) {
    this.prng = new Prng(seed);
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.prng.unit();
  }

  /** Uniform integer in 0 .. n-1. */
  below(n: number): number {
    return this.prng.below(n);
  }

  /** Uniform integer in low .. high, both included. */
  between(low: number, high: number): number {
    return low + this.prng.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.prng.unit() < probability;
  }

  /**
   * Exponential with mean 1, by comparisons only. Source: J. von Neumann, "Various techniques used in connection with
   * random digits" (1951): the length of the first descending run of uniforms is odd with the right probability.
   */
  exponential(): number {
    for (let whole = 0; ; whole++) {
      const first = this.prng.unit();
      let previous = first;
      let run = 1;
      for (;;) {
        const next = this.prng.unit();
        if (next >= previous) break;
        previous = next;
        run++;
      }
      if (run % 2 === 1) return whole + first;
    }
  }

  /** Near enough normal (mean 0, variance 1, within +-3.5). */
  gaussian(): number {
    const sum = this.prng.unit() + this.prng.unit() + this.prng.unit() + this.prng.unit();
    return (sum - 2) * IRWIN_HALL_4;
  }

  /** 0, 1, 2, ... with a Pareto tail of exponent 2 (mean about `scale`), at most `cap`. */
  tail(scale: number, cap: number): number {
    const value = Math.floor(scale * (1 / Math.sqrt(1 - this.prng.unit()) - 1));
    return Math.min(value, cap);
  }

  /** Log-uniform integer in about [2^lowBits, 2^highBits): gaps inside a burst. */
  scale(lowBits: number, highBits: number): number {
    let base = 1;
    for (let bits = this.between(lowBits, highBits - 1); bits > 0; bits--) base *= 2;
    return Math.floor(base * (1 + this.prng.unit()));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.prng.below(items.length)];
  }
}
