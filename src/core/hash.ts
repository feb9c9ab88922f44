/**
 * FNV-1a, 64 bit, over 32-bit words, in two 32-bit halves: no BigInt, so it may run on the engine thread.
 * Used for state hashes (comparison, not security). Source: draft-eastlake-fnv, offset basis and prime for 64 bits.
 */
export class Fnv64 {
  hi = 0xcbf29ce4;
  lo = 0x84222325;

  reset(): void {
    this.hi = 0xcbf29ce4;
    this.lo = 0x84222325;
  }

  /** Folds in one 32-bit word as the unit (not byte by byte, as the C++ reference book does). */
  word(value: number): void {
    const lo = (this.lo ^ value) >>> 0;
    const hi = this.hi;
    // multiply by 2^40 + 0x1b3 modulo 2^64
    const p0 = (lo & 0xffff) * 0x1b3;
    const p1 = (lo >>> 16) * 0x1b3 + Math.floor(p0 / 65536);
    this.lo = (((p1 & 0xffff) << 16) | (p0 & 0xffff)) >>> 0;
    const carry = Math.floor(p1 / 65536);
    this.hi = (Math.imul(hi, 0x1b3) + carry + (lo << 8)) >>> 0;
  }

  /** Folds in a safe integer (negative allowed) as two words, low first. */
  integer(value: number): void {
    const high = Math.floor(value / 4294967296);
    this.word((value - high * 4294967296) >>> 0);
    this.word(high >>> 0);
  }

  hex(): string {
    return this.hi.toString(16).padStart(8, '0') + this.lo.toString(16).padStart(8, '0');
  }
}
