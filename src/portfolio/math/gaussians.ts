/**
 * Seeded random variates: standard normal by G. Marsaglia and T. Bray's polar method (SIAM Review 6(3), 1964), which needs no
 * sine, and gamma by G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.
 * The same seed gives the same bits on every machine.
 */
import { ln, pow } from '../../core/det-math.ts';
import { Prng } from '../../core/prng.ts';

/** Centres of the 2^32 steps of (-1, 1): never 0, never 1, and as often below 0 as above. */
const STEP = 2 ** -31;

export class Gaussians {
  private readonly random: Prng;
  private spare = 0;
  private hasSpare = false;

  constructor(seed: number) {
    this.random = new Prng(seed);
  }

  /** A standard normal variate. */
  next(): number {
    if (this.hasSpare) {
      this.hasSpare = false;
      return this.spare;
    }
    const { random } = this;
    for (;;) {
      const u = (random.u32() + 0.5) * STEP - 1;
      const v = (random.u32() + 0.5) * STEP - 1;
      const square = u * u + v * v;
      if (square >= 1) continue;
      const factor = Math.sqrt((-2 * ln(square)) / square);
      this.spare = v * factor;
      this.hasSpare = true;
      return u * factor;
    }
  }

  fill(into: Float64Array): void {
    for (let i = 0; i < into.length; i++) into[i] = this.next();
  }

  /** A chi-square variate with `df` > 0 degrees of freedom: twice a gamma variate of shape df/2. */
  chiSquare(df: number): number {
    const shape = df / 2;
    if (shape >= 1) return 2 * this.gamma(shape);
    return 2 * this.gamma(shape + 1) * pow(this.uniform(), 1 / shape);
  }

  private gamma(shape: number): number {
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.next();
      const v = 1 + c * x;
      if (v <= 0) continue;
      const cube = v * v * v;
      if (ln(this.uniform()) < 0.5 * x * x + d - d * cube + d * ln(cube)) return d * cube;
    }
  }

  /** In (0, 1). */
  private uniform(): number {
    return (this.random.u32() + 0.5) / 4294967296;
  }
}
