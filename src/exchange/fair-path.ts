/**
 * The price that the background flow trades around: a random walk in steps of 100 ms, a pure function of (seed, asset, time).
 * Exchanges with the same seed list an asset around the same path, so that a book across venues makes sense.
 */
import { Prng } from '../core/prng.ts';

const STEP_US = 100_000;
/** Of a step, relative to the price: about 0.8 % an hour. */
const STEP_SIZE = 0.00004;
/** The walk is pulled back to where it began, so that it stays there about for days. */
const PULL = 0.00001;

export class FairPath {
  private readonly prng: Prng;
  private steps = 0;
  private beganUs = -1;
  /** Log-price, about: relative to the start. */
  private offset = 0;

  constructor(seed: number, asset: string) {
    let mixed = seed;
    for (const letter of asset) mixed = (mixed * 31 + letter.charCodeAt(0)) % 2 ** 53;
    this.prng = new Prng(mixed);
  }

  /** Price relative to the start, at a time that never goes back. The first call says when the path begins. */
  at(nowUs: number): number {
    if (this.beganUs < 0) this.beganUs = nowUs;
    const due = Math.floor((nowUs - this.beganUs) / STEP_US);
    for (; this.steps < due; this.steps++) {
      // The sum of four uniforms: near enough to a normal, and the same on every machine.
      const sum = this.prng.unit() + this.prng.unit() + this.prng.unit() + this.prng.unit() - 2;
      this.offset += sum * STEP_SIZE * 1.7 - this.offset * PULL;
    }
    return 1 + this.offset;
  }
}
