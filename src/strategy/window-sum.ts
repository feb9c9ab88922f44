/**
 * A sum over a sliding window of time: values added at ns, of which those of the last `windowNs` count: (now - window,
 * now]. A ring of (time, value), dropped from the front as they leave: O(1) amortised, allocates only while the ring
 * grows to the most values that a window holds. Whole numbers stay exact to 2^53: adding and taking off lose nothing.
 */
import type { Fnv64 } from '../core/hash.ts';

export class WindowSum {
  /** `total[0]` is the sum, as of the last `add` or `expire`. */
  readonly total = new Float64Array(1);
  /** now[0] is the time of the call; it never goes back. */
  private readonly now: Float64Array;
  private readonly windowNs: number;
  private timesNs: Float64Array;
  private values: Float64Array;
  private head = 0;
  private count = 0;

  constructor(now: Float64Array, windowNs: number, capacity = 64) {
    this.now = now;
    this.windowNs = windowNs;
    this.timesNs = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
  }

  /** Adds a value as of now. Values of one time share a place. */
  add(value: number): void {
    this.expire();
    this.total[0] += value;
    const nowNs = this.now[0];
    const last = (this.head + this.count - 1) & (this.timesNs.length - 1);
    if (this.count > 0 && this.timesNs[last] === nowNs) {
      this.values[last] += value;
      return;
    }
    if (this.count === this.timesNs.length) this.grow();
    const at = (this.head + this.count) & (this.timesNs.length - 1);
    this.timesNs[at] = nowNs;
    this.values[at] = value;
    this.count++;
  }

  /** Takes off what has left the window. */
  expire(): void {
    const mask = this.timesNs.length - 1;
    const edgeNs = this.now[0] - this.windowNs;
    while (this.count > 0 && this.timesNs[this.head] <= edgeNs) {
      this.total[0] -= this.values[this.head];
      this.head = (this.head + 1) & mask;
      this.count--;
    }
  }

  /** Multiplies what is in the window: the instrument's units changed. */
  scale(factor: number): void {
    const mask = this.timesNs.length - 1;
    for (let i = 0; i < this.count; i++) this.values[(this.head + i) & mask] *= factor;
    this.total[0] *= factor;
  }

  foldInto(hash: Fnv64): void {
    const mask = this.timesNs.length - 1;
    for (let i = 0; i < this.count; i++) {
      hash.integer(this.timesNs[(this.head + i) & mask]);
      hash.integer(this.values[(this.head + i) & mask]);
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
