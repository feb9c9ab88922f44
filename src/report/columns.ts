/** Columns of float64 that grow by doubling: what a report keeps per order, fill or mark, without an object for each. */
import { widened } from '../core/widened.ts';

export class Column {
  length = 0;
  private memory: Float64Array;

  constructor(capacity = 1024) {
    this.memory = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.memory.length) this.grow(this.length + 1);
    this.memory[this.length++] = value;
  }

  get(index: number): number {
    return this.memory[index];
  }

  set(index: number, value: number): void {
    this.memory[index] = value;
  }

  add(index: number, value: number): void {
    this.memory[index] += value;
  }

  /** Makes rows up to `length` exist, zero where new. */
  extend(length: number): void {
    if (length > this.memory.length) this.grow(length);
    if (length > this.length) this.length = length;
  }

  /** The values so far, in place: good until the next push. */
  view(): Float64Array {
    return this.memory.subarray(0, this.length);
  }

  private grow(length: number): void {
    this.memory = widened(this.memory, length);
  }
}

/** Percentiles of a set of values; all null where there are none. */
export interface Distribution {
  readonly count: number;
  readonly mean: number | null;
  readonly min: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

/** Exact percentiles, nearest rank: the least value that at least q of all values do not exceed. */
export function distributionOf(column: Column): Distribution {
  const count = column.length;
  if (count === 0) return { count, mean: null, min: null, p50: null, p90: null, p99: null, p999: null, max: null };
  const sorted = column.view().slice().sort();
  let sum = 0;
  for (const value of sorted) sum += value;
  const at = (q: number): number => sorted[Math.max(0, Math.ceil(q * count) - 1)];
  return {
    count,
    mean: sum / count,
    min: sorted[0],
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: sorted[count - 1],
  };
}
