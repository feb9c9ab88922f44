/**
 * Identifiers that may be any positive safe integer (ClOrdIDs, ExecIDs), each with a handle: open addressing with double
 * hashing over pairs (identifier, handle) of float64, never more than half full. Nothing is ever removed: an identifier that
 * was used stays used. O(1) expected; doubles when it has to (32 to 64 bytes an identifier).
 *
 * Identifiers are mostly counted up, so the first place of one is its low bits: the next one lies beside it, and nothing
 * collides. Where that is taken, the step to the next place is a hash of all of it, so that no clusters grow.
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';

const MAX_SLOTS = 1 << 27;

export class IdMap {
  size = 0;
  /** Identifier (0: the slot is free) and handle, slot by slot. */
  private pairs: Float64Array;
  private mask: number;

  /** `expected`: identifiers to make room for before the first growth. */
  constructor(expected = 512) {
    let slots = 16;
    while (slots < expected * 2) slots *= 2;
    this.pairs = new Float64Array(slots * 2);
    this.mask = slots - 1;
  }

  /** Handle of `id`, or -1. */
  get(id: number): number {
    const { pairs } = this;
    const slot = this.home(id);
    const key = pairs[slot * 2];
    if (key === 0) return -1;
    return key === id ? pairs[slot * 2 + 1] : this.getDisplaced(id, slot);
  }

  has(id: number): boolean {
    return this.get(id) >= 0;
  }

  /** Adds `id`, a positive safe integer that is not there yet. `handle` >= 0. */
  add(id: number, handle: number): void {
    if (this.size * 2 > this.mask) this.grow();
    this.size++;
    this.place(id, handle);
  }

  /** Folds in the identifiers in a way that their places don't matter: sum and xor of each with its handle. O(size). */
  foldInto(hash: Fnv64): void {
    const { pairs } = this;
    let sum = 0;
    let mixed = 0;
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at] === 0) continue;
      const low = (pairs[at] >>> 0) ^ Math.imul(Math.floor(pairs[at] / 4294967296), 0x85ebca6b);
      sum = (sum + Math.imul(low ^ 0x9e3779b9, pairs[at + 1] * 2 + 1)) | 0;
      mixed ^= Math.imul(low + pairs[at + 1], 0x9e3779b1);
    }
    hash.integer(this.size);
    hash.word(sum);
    hash.word(mixed);
  }

  checkInvariants(): void {
    const { pairs } = this;
    let found = 0;
    for (let at = 0; at < pairs.length; at += 2) {
      const id = pairs[at];
      if (id === 0) continue;
      found++;
      assert(Number.isSafeInteger(id) && id > 0, 'an identifier is a positive whole number');
      assert(this.get(id) === pairs[at + 1], 'an identifier is found where it lies');
    }
    assert(found === this.size, 'as many identifiers as were added');
  }

  private home(id: number): number {
    return (id >>> 0) & this.mask;
  }

  /** Odd, so that it leads through every slot. Knuth's multiplicative hash, high and low 32 bits. */
  private step(id: number): number {
    const mixed = Math.imul((id >>> 0) ^ Math.imul(Math.floor(id / 4294967296), 0x85ebca6b), 0x9e3779b1);
    return ((mixed ^ (mixed >>> 15)) | 1) & this.mask;
  }

  /** The first place, `slot`, is another's. */
  private getDisplaced(id: number, slot: number): number {
    const { pairs, mask } = this;
    const step = this.step(id);
    for (;;) {
      slot = (slot + step) & mask;
      const key = pairs[slot * 2];
      if (key === 0) return -1;
      if (key === id) return pairs[slot * 2 + 1];
    }
  }

  private place(id: number, handle: number): void {
    const { pairs, mask } = this;
    let slot = this.home(id);
    if (pairs[slot * 2] !== 0) {
      const step = this.step(id);
      do slot = (slot + step) & mask;
      while (pairs[slot * 2] !== 0);
    }
    pairs[slot * 2] = id;
    pairs[slot * 2 + 1] = handle;
  }

  private grow(): void {
    const { pairs } = this;
    const slots = pairs.length;
    assert(slots <= MAX_SLOTS, 'identifiers fit their table');
    this.pairs = new Float64Array(slots * 2);
    this.mask = slots - 1;
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at] !== 0) this.place(pairs[at], pairs[at + 1]);
    }
  }
}
