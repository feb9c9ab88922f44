/**
 * A sum over a sliding window of time: values added at ns, of which those of the last `windowNs` count: (now - window,
 * now]. A ring of (time, value), dropped from the front as they leave: O(1) amortised, allocates only while the ring
 * grows to the most values that a window holds. Whole numbers stay exact to 2^53: adding and taking off lose nothing.
 */
import type { Fnv64 } from '../core/hash.ts';

export class WindowSum {
  private readonly windowNs: number;
  private timesNs: Float64Array;
  private values: Float64Array;
  private head = 0;
  private count = 0;
  private total = 0;

  constructor(windowNs: number, capacity = 64) {
    this.windowNs = windowNs;
    this.timesNs = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
  }

  /** Times never go back. Values of one time share a place. */
  add(ns: number, value: number): void {
    this.expire(ns);
    this.total += value;
    const mask = this.timesNs.length - 1;
    const last = (this.head + this.count - 1) & mask;
    if (this.count > 0 && this.timesNs[last] === ns) {
      this.values[last] += value;
      return;
    }
    if (this.count === this.timesNs.length) this.grow();
    const at = (this.head + this.count) & (this.timesNs.length - 1);
    this.timesNs[at] = ns;
    this.values[at] = value;
    this.count++;
  }

  sumAt(nowNs: number): number {
    this.expire(nowNs);
    return this.total;
  }

  /** Multiplies what is in the window: the instrument's units changed. */
  scale(factor: number): void {
    const mask = this.timesNs.length - 1;
    for (let i = 0; i < this.count; i++) this.values[(this.head + i) & mask] *= factor;
    this.total *= factor;
  }

  foldInto(hash: Fnv64): void {
    const mask = this.timesNs.length - 1;
    for (let i = 0; i < this.count; i++) {
      hash.integer(this.timesNs[(this.head + i) & mask]);
      hash.integer(this.values[(this.head + i) & mask]);
    }
  }

  private expire(nowNs: number): void {
    const mask = this.timesNs.length - 1;
    const edgeNs = nowNs - this.windowNs;
    while (this.count > 0 && this.timesNs[this.head] <= edgeNs) {
      this.total -= this.values[this.head];
      this.head = (this.head + 1) & mask;
      this.count--;
    }
  }

  private grow(): void {
    const size = this.timesNs.length;
    const times = new Float64Array(size * 2);
    const values = new Float64Array(size * 2);
    for (let i = 0; i < this.count; i++) {
      const from = (this.head + i) & (size - 1);
      times[i] = this.timesNs[from];
      values[i] = this.values[from];
    }
    this.timesNs = times;
    this.values = values;
    this.head = 0;
  }
}
