/**
 * FNV-1a, 64 bit, over 32-bit words: no BigInt, so it may run on the engine thread. Used for state hashes (comparison,
 * not security). Source: draft-eastlake-fnv, offset basis and prime for 64 bits.
 */
const BASIS_HIGH = 0xcbf29ce4 | 0;
const BASIS_LOW = 0x84222325 | 0;
/** The prime is 2^40 + this. */
const PRIME_LOW = 0x1b3;

export class Fnv64 {
  // Halves as int32: whole numbers that V8 keeps in the object itself, unlike those from 2^31 on.
  private high = BASIS_HIGH;
  private low = BASIS_LOW;

  /** Upper half of the hash, 0 .. 2^32-1. */
  get hi(): number {
    return this.high >>> 0;
  }

  get lo(): number {
    return this.low >>> 0;
  }

  reset(): void {
    this.high = BASIS_HIGH;
    this.low = BASIS_LOW;
  }

  /** Folds in one 32-bit word as the unit (not byte by byte, as the C++ reference book does). */
  word(value: number): void {
    const low = this.low ^ value;
    // low * PRIME_LOW in 16-bit parts, each product below 2^26; then + low * 2^40, modulo 2^64.
    const p0 = Math.imul(low & 0xffff, PRIME_LOW);
    const p1 = Math.imul(low >>> 16, PRIME_LOW) + (p0 >>> 16);
    this.low = (p1 << 16) | (p0 & 0xffff);
    this.high = (Math.imul(this.high, PRIME_LOW) + (p1 >>> 16) + (low << 8)) | 0;
  }

  /** Folds in a safe integer (negative allowed) as two words, low first. */
  integer(value: number): void {
    const small = value | 0;
    if (small === value) {
      this.word(small);
      this.word(small >> 31);
      return;
    }
    const high = Math.floor(value / 4294967296);
    this.word((value - high * 4294967296) | 0);
    this.word(high | 0);
  }

  hex(): string {
    return this.hi.toString(16).padStart(8, '0') + this.lo.toString(16).padStart(8, '0');
  }
}
