/**
 * Cases for wide integers, all checked against BigInt: numbers around the borders where doubles and splits go wrong, and
 * random ones of every size. Deterministic from a seed.
 */
import assert from 'node:assert/strict';
import { Prng } from '../../src/core/prng.ts';
import { TWO_53, Wide } from '../../src/core/wide.ts';

const WIDE_LIMIT = 1n << 106n;
const MAX = Number.MAX_SAFE_INTEGER;

/** Powers of two and ten, squares' roots, all with their neighbours. */
export const BORDERS: readonly number[] = (() => {
  const numbers = new Set<number>();
  const around = (centre: number): void => {
    for (let d = -2; d <= 2; d++) if (centre + d >= 0 && centre + d <= MAX) numbers.add(centre + d);
  };
  for (let bit = 0; bit <= 53; bit++) around(2 ** bit);
  for (let digits = 0; digits <= 15; digits++) for (const n of [1, 2, 5, 9]) around(n * 10 ** digits);
  for (const n of [94906265, 94906266, 67108863 * 3, 3037000499, 134217728 * 94906265]) around(n);
  return [...numbers];
})();

export function big(wide: Wide): bigint {
  return BigInt(wide.hi) * BigInt(TWO_53) + BigInt(wide.lo);
}

export class WideCases {
  /** Results compared; products among them. */
  cases = 0;
  products = 0;
  private readonly prng: Prng;
  private readonly wide = new Wide();
  private readonly other = new Wide();

  constructor(seed: number) {
    this.prng = new Prng(seed);
  }

  /** Every border times every border, both signs. */
  bordersByBorders(): void {
    for (const a of BORDERS) for (const b of BORDERS) this.product(this.signed(a), this.signed(b));
  }

  /** One random product, and what can be done with it. */
  next(): void {
    const a = this.signed(this.safe());
    const b = this.signed(this.safe());
    const product = this.product(a, b);
    const divisor = this.prng.below(4) === 0 ? this.border() : this.safe();
    switch (this.prng.below(8)) {
      case 0:
        this.divide(product, divisor === 0 ? 1 : divisor);
        break;
      case 1:
        this.multiply(product, this.signed(this.safe()));
        break;
      case 2:
        this.sums(product, BigInt(this.signed(this.safe())) * BigInt(this.signed(this.safe())));
        break;
      case 3:
        this.number(product);
        break;
      default:
        break;
    }
  }

  product(a: number, b: number): bigint {
    const want = BigInt(a) * BigInt(b);
    this.products++;
    this.wide.setProduct(a, b);
    this.check(this.wide, want, () => `${a} x ${b}`);
    return want;
  }

  /** `this.wide` holds `value`. */
  private divide(value: bigint, divisor: number): void {
    const d = BigInt(divisor);
    const { hi, lo } = this.wide;
    const floor = value >= 0n || value % d === 0n ? value / d : value / d - 1n;
    const rest = Number(value - floor * d);
    assert.equal(this.wide.divideFloor(divisor), rest, `remainder of ${value} / ${divisor}`);
    this.check(this.wide, floor, () => `floor(${value} / ${divisor})`);
    this.wide.set(hi, lo).divideCeil(divisor);
    this.check(this.wide, rest === 0 ? floor : floor + 1n, () => `ceil(${value} / ${divisor})`);
    this.wide.set(hi, lo).divideRound(divisor);
    this.check(this.wide, BigInt(rest) * 2n >= d ? floor + 1n : floor, () => `round(${value} / ${divisor})`);
  }

  private multiply(value: bigint, factor: number): void {
    // Bring it down so that the result is in range as often as not.
    const shrink = 10 ** this.prng.below(16);
    this.wide.divideFloor(shrink);
    const start = big(this.wide);
    const want = start * BigInt(factor);
    this.wide.multiply(factor);
    const isInRange = want < WIDE_LIMIT - BigInt(TWO_53) && want >= -WIDE_LIMIT + BigInt(TWO_53);
    if (isInRange) this.check(this.wide, want, () => `${start} x ${factor} (${value})`);
    else if (want >= WIDE_LIMIT || want < -WIDE_LIMIT)
      assert.equal(this.wide.inRange, false, `${want} is out of range`);
  }

  private sums(a: bigint, b: bigint): void {
    const { hi, lo } = this.wide;
    const hiB = b >> 53n;
    const loB = Number(b - (hiB << 53n));
    if (a + b < WIDE_LIMIT && a + b > -WIDE_LIMIT) {
      this.check(this.wide.add(Number(hiB), loB), a + b, () => `${a} + ${b}`);
    }
    this.wide.set(hi, lo);
    if (a - b < WIDE_LIMIT && a - b > -WIDE_LIMIT) {
      this.check(this.wide.subtract(Number(hiB), loB), a - b, () => `${a} - ${b}`);
    }
    this.wide.set(hi, lo);
    assert.equal(this.wide.compare(Number(hiB), loB), a === b ? 0 : a < b ? -1 : 1, `${a} against ${b}`);
    assert.equal(this.wide.sign, a === 0n ? 0 : a < 0n ? -1 : 1);
    this.check(this.wide.negate(), -a, () => `-(${a})`);
    this.wide.set(hi, lo);
    const small = this.signed(this.safe());
    this.check(this.wide.addSmall(small), a + BigInt(small), () => `${a} + ${small}`);
  }

  private number(value: bigint): void {
    const isSafe = value <= BigInt(MAX) && value >= BigInt(-MAX);
    assert.equal(this.wide.isSafe, isSafe, `${value} is ${isSafe ? '' : 'not '}safe`);
    const number = this.wide.toNumber();
    if (isSafe) assert.equal(BigInt(number), value);
    else assert.ok(Math.abs(number - Number(value)) <= Math.abs(number) * 2 ** -52, `${number} is near ${value}`);
    this.check(this.other.setNumber(number), BigInt(number), () => `number ${number}`);
  }

  private check(wide: Wide, want: bigint, text: () => string): void {
    this.cases++;
    if (big(wide) !== want || wide.lo < 0 || wide.lo >= TWO_53) {
      assert.fail(`${text()}: expected ${want}, got ${big(wide)} (${wide.hi}, ${wide.lo})`);
    }
    if (wide.inRange) wide.checkInvariants();
  }

  private border(): number {
    return BORDERS[this.prng.below(BORDERS.length)];
  }

  /** 0 .. 2^53-1, of every length in bits alike, every other time near a border. */
  private safe(): number {
    if (this.prng.below(2) === 0) {
      return Math.min(MAX, Math.max(0, this.border() + this.prng.below(2001) - 1000));
    }
    const whole = this.prng.below(2 ** 26) * 2 ** 27 + this.prng.below(2 ** 27);
    return Math.floor(whole / 2 ** this.prng.below(53));
  }

  private signed(value: number): number {
    return this.prng.below(2) === 0 ? 0 - value : value;
  }
}
