/**
 * What is to happen at a time: a binary heap over typed arrays, smallest time first, equal times in the order they were
 * scheduled. Grows by doubling; allocates nothing once large enough. O(log n) per operation.
 */
import { widened } from './widened.ts';

export class Agenda {
  private timesNs: Float64Array;
  private ordinals: Float64Array;
  private items: Float64Array;
  private count = 0;
  private nextOrdinal = 0;

  constructor(capacity = 256) {
    this.timesNs = new Float64Array(capacity);
    this.ordinals = new Float64Array(capacity);
    this.items = new Float64Array(capacity);
  }

  get size(): number {
    return this.count;
  }

  /** Time of the first item; Infinity when there is none. */
  get nextNs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.timesNs[0];
  }

  /** The first item; only when there is one. */
  get nextItem(): number {
    return this.items[0];
  }

  /** `item`: any number that tells the owner what to do. */
  add(timeNs: number, item: number): void {
    if (this.count === this.timesNs.length) this.grow();
    const ordinal = this.nextOrdinal++;
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.timesNs[parent] <= timeNs) break;
      this.move(parent, at);
      at = parent;
    }
    this.timesNs[at] = timeNs;
    this.ordinals[at] = ordinal;
    this.items[at] = item;
  }

  /** Removes the first item and returns it. */
  take(): number {
    const first = this.items[0];
    const last = --this.count;
    if (last > 0) this.sink(last);
    return first;
  }

  /** Puts what lies at `from`, now outside of the heap, in its place from the top on. */
  private sink(from: number): void {
    const timeNs = this.timesNs[from];
    const ordinal = this.ordinals[from];
    const item = this.items[from];
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && this.isBefore(child + 1, child)) child++;
      if (this.timesNs[child] > timeNs || (this.timesNs[child] === timeNs && this.ordinals[child] > ordinal)) break;
      this.move(child, at);
      at = child;
    }
    this.timesNs[at] = timeNs;
    this.ordinals[at] = ordinal;
    this.items[at] = item;
  }

  private isBefore(a: number, b: number): boolean {
    if (this.timesNs[a] !== this.timesNs[b]) return this.timesNs[a] < this.timesNs[b];
    return this.ordinals[a] < this.ordinals[b];
  }

  private move(from: number, to: number): void {
    this.timesNs[to] = this.timesNs[from];
    this.ordinals[to] = this.ordinals[from];
    this.items[to] = this.items[from];
  }

  private grow(): void {
    this.timesNs = widened(this.timesNs);
    this.ordinals = widened(this.ordinals);
    this.items = widened(this.items);
  }
}
