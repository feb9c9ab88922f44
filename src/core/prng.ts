/**
 * sfc32: small, fast, seedable and the same on every machine (integer arithmetic only).
 * Source: Chris Doty-Humphrey, PractRand, "sfc32".
 */
export class Prng {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  constructor(seed: number) {
    this.a = seed >>> 0;
    this.b = Math.floor(seed / 4294967296) >>> 0;
    this.c = 0x9e3779b9;
    for (let i = 0; i < 16; i++) this.u32();
  }

  /** Uniform in 0 .. 2^32-1. */
  u32(): number {
    const t = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t >>> 0;
  }

  /** Uniform integer in 0 .. n-1, for 1 <= n <= 2^32. Biased by at most n / 2^32. */
  below(n: number): number {
    return Math.floor((this.u32() / 4294967296) * n);
  }

  /** Uniform in [0, 1) with 32 bits of resolution. */
  unit(): number {
    return this.u32() / 4294967296;
  }
}
