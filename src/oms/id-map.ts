/**
 * Identifiers that may be any positive safe integer (ClOrdIDs, ExecIDs), each with a handle: open addressing with
 * linear probing over two typed arrays, never more than half full. Nothing is ever removed: an identifier that was used
 * stays used. O(1) expected; doubles when it has to (24 bytes an identifier at most, 12 x 2).
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';

const MAX_SLOTS = 1 << 28;

export class IdMap {
  size = 0;
  /** 0: the slot is free. */
  private keys: Float64Array;
  private handles: Int32Array;
  private mask: number;

  /** `expected`: identifiers to make room for before the first growth. */
  constructor(expected = 512) {
    let slots = 16;
    while (slots < expected * 2) slots *= 2;
    this.keys = new Float64Array(slots);
    this.handles = new Int32Array(slots);
    this.mask = slots - 1;
  }

  /** Handle of `id`, or -1. */
  get(id: number): number {
    const { keys, mask } = this;
    for (let slot = this.home(id); ; slot = (slot + 1) & mask) {
      const key = keys[slot];
      if (key === id) return key === 0 ? -1 : this.handles[slot];
      if (key === 0) return -1;
    }
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
    let sum = 0;
    let mixed = 0;
    for (let slot = 0; slot < this.keys.length; slot++) {
      const key = this.keys[slot];
      if (key === 0) continue;
      const low = (key >>> 0) ^ Math.imul(Math.floor(key / 4294967296), 0x85ebca6b);
      sum = (sum + Math.imul(low ^ 0x9e3779b9, this.handles[slot] * 2 + 1)) | 0;
      mixed ^= Math.imul(low + this.handles[slot], 0x9e3779b1);
    }
    hash.integer(this.size);
    hash.word(sum);
    hash.word(mixed);
  }

  checkInvariants(): void {
    let found = 0;
    for (let slot = 0; slot < this.keys.length; slot++) {
      const key = this.keys[slot];
      if (key === 0) continue;
      found++;
      assert(Number.isSafeInteger(key) && key > 0, `identifier ${key} is a positive whole number`);
      assert(this.get(key) === this.handles[slot], `identifier ${key} is found where it lies`);
    }
    assert(found === this.size, `${this.size} identifiers, ${found} found`);
  }

  /** Knuth's multiplicative hash of the low 32 bits, folded with the high ones. */
  private home(id: number): number {
    const mixed = Math.imul((id >>> 0) ^ Math.imul(Math.floor(id / 4294967296), 0x85ebca6b), 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & this.mask;
  }

  private place(id: number, handle: number): void {
    const { keys, mask } = this;
    let slot = this.home(id);
    while (keys[slot] !== 0) slot = (slot + 1) & mask;
    keys[slot] = id;
    this.handles[slot] = handle;
  }

  private grow(): void {
    const { keys, handles } = this;
    const slots = keys.length * 2;
    assert(slots <= MAX_SLOTS, 'identifiers fit their table');
    this.keys = new Float64Array(slots);
    this.handles = new Int32Array(slots);
    this.mask = slots - 1;
    for (let slot = 0; slot < keys.length; slot++) {
      if (keys[slot] !== 0) this.place(keys[slot], handles[slot]);
    }
  }
}
