/**
 * What own orders took from displayed levels and the recording does not know of: by side and price, until the recorded
 * level shrinks (the orders we took stood in front, so they are the ones that leave first) or goes. A handful of entries:
 * a list per side, O(its length).
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import { widened } from '../core/widened.ts';

const NONE = 0;

export class TakenDepth {
  private heads = new Int32Array(32);
  private next = new Int32Array(64);
  private key = new Float64Array(64);
  private qty = new Float64Array(64);
  private free = NONE;
  private made = 0;
  /** Entries by instrument. */
  count = new Int32Array(16);

  ensureInstruments(count: number): void {
    if (count <= this.count.length) return;
    this.count = widened(this.count, count);
    this.heads = widened(this.heads, count * 2);
  }

  /** Lots taken from the level. */
  at(side: number, key: number): number {
    for (let entry = this.heads[side]; entry !== NONE; entry = this.next[entry]) {
      if (this.key[entry] === key) return this.qty[entry];
    }
    return 0;
  }

  add(side: number, key: number, qty: number): void {
    for (let entry = this.heads[side]; entry !== NONE; entry = this.next[entry]) {
      if (this.key[entry] !== key) continue;
      this.qty[entry] += qty;
      return;
    }
    const entry = this.reserve();
    this.key[entry] = key;
    this.qty[entry] = qty;
    this.next[entry] = this.heads[side];
    this.heads[side] = entry;
    this.count[side >> 1]++;
  }

  /** The recorded level lost `qty`. */
  shrink(side: number, key: number, qty: number): void {
    let before = NONE;
    for (let entry = this.heads[side]; entry !== NONE; before = entry, entry = this.next[entry]) {
      if (this.key[entry] !== key) continue;
      this.qty[entry] -= qty;
      if (this.qty[entry] <= 0) this.drop(side, before, entry);
      return;
    }
  }

  clear(side: number): void {
    while (this.heads[side] !== NONE) this.drop(side, NONE, this.heads[side]);
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      for (let entry = this.heads[side]; entry !== NONE; entry = this.next[entry]) {
        this.key[entry] *= priceFactor;
        this.qty[entry] *= qtyFactor;
      }
    }
  }

  /** `displayed(side, key)`: the recorded level's quantity. */
  checkInvariants(displayed: (side: number, key: number) => number): void {
    for (let side = 0; side < this.heads.length; side++) {
      for (let entry = this.heads[side]; entry !== NONE; entry = this.next[entry]) {
        const qty = this.qty[entry];
        const shown = displayed(side, this.key[entry]);
        assert(qty > 0 && qty <= shown, `side ${side}, key ${this.key[entry]}: ${qty} taken of ${shown}`);
      }
    }
  }

  foldInto(hash: Fnv64): void {
    for (let side = 0; side < this.heads.length; side++) {
      for (let entry = this.heads[side]; entry !== NONE; entry = this.next[entry]) {
        hash.integer(side);
        hash.integer(this.key[entry]);
        hash.integer(this.qty[entry]);
      }
    }
  }

  private drop(side: number, before: number, entry: number): void {
    if (before === NONE) this.heads[side] = this.next[entry];
    else this.next[before] = this.next[entry];
    this.next[entry] = this.free;
    this.free = entry;
    this.count[side >> 1]--;
  }

  private reserve(): number {
    if (this.free !== NONE) {
      const entry = this.free;
      this.free = this.next[entry];
      return entry;
    }
    if (this.made + 1 === this.next.length) {
      this.next = widened(this.next);
      this.key = widened(this.key);
      this.qty = widened(this.qty);
    }
    return ++this.made;
  }
}
