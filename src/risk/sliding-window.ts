/**
 * At most `max` messages in any window of `perNs`: the times of the last ones in a ring, so that it is exact at every
 * moment and a burst at a border counts as what it is. O(1) amortised. A window that is limited later counts from then on.
 */
import type { Fnv64 } from '../core/hash.ts';

export class SlidingWindow {
  max = Number.POSITIVE_INFINITY;
  perNs = 0;
  private times = new Float64Array(0);
  private first = 0;
  private size = 0;

  /** Infinity: no limit. What was counted stays counted. */
  limit(max: number, perNs: number): void {
    if (max === this.max && perNs === this.perNs) return;
    const kept = max === Number.POSITIVE_INFINITY ? 0 : this.size;
    const room = max === Number.POSITIVE_INFINITY ? 0 : Math.max(max, kept);
    const times = new Float64Array(room);
    for (let i = 0; i < kept; i++) times[i] = this.times[(this.first + i) % this.times.length];
    this.times = times;
    this.first = 0;
    this.size = kept;
    this.max = max;
    this.perNs = perNs;
  }

  /** Messages later than now - perNs. */
  used(nowNs: number): number {
    const horizon = nowNs - this.perNs;
    while (this.size > 0 && this.times[this.first] <= horizon) {
      this.first = this.first + 1 === this.times.length ? 0 : this.first + 1;
      this.size--;
    }
    return this.size;
  }

  /** Messages counted when somebody last asked. */
  get counted(): number {
    return this.size;
  }

  /** Counts a message. Of more than fit, which only happens where nobody asked before, the oldest go. */
  add(nowNs: number): void {
    this.used(nowNs);
    this.addUsed(nowNs);
  }

  /** As `add`, right behind `used` at the same time. */
  addUsed(nowNs: number): void {
    const { times } = this;
    if (times.length === 0) return;
    if (this.size === times.length) {
      this.first = this.first + 1 === times.length ? 0 : this.first + 1;
      this.size--;
    }
    const at = this.first + this.size;
    times[at >= times.length ? at - times.length : at] = nowNs;
    this.size++;
  }

  clear(): void {
    this.size = 0;
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.size);
    for (let i = 0; i < this.size; i++) hash.integer(this.times[(this.first + i) % this.times.length]);
  }
}
