/**
 * Latency histogram for the hot path: log-linear buckets (2^bits per power of two) in shared memory, one writer, any
 * reader. Recording is one array increment and never allocates.
 *
 *   With 5 bits a figure is right within 3.1 %, with 10 within 0.1 % (three digits, as HdrHistogram's files have).
 *   value 0 to 2^bits - 1 ns: bucket = value; above: 2^bits linear steps between 2^k and 2^(k+1), up to 2^40 ns (18 min),
 *   then clamped. The exact largest value is kept beside the buckets.
 */
import { assert } from './assert.ts';

const MAX_EXPONENT = 40;

/** Of the histograms that a running engine keeps. */
const STAGE_BITS = 5;
/** Of the histograms that measurements are made with. */
export const FINE_BITS = 10;

function bucketsOf(bits: number): number {
  return (MAX_EXPONENT - bits + 1) << bits;
}

/** Bytes of memory of a histogram with 2^bits buckets per power of two. */
function histogramBytes(bits: number): number {
  return (bucketsOf(bits) + 1) * 8;
}

export const HISTOGRAM_BYTES = histogramBytes(STAGE_BITS);

export interface LatencySummary {
  readonly count: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly p9999Ns: number;
  readonly maxNs: number;
}

export class Histogram {
  readonly bits: number;
  /** The memory, for another thread's view of it: buckets, then the largest value. */
  readonly slots: Float64Array;
  private readonly buckets: number;

  /** A view of `histogramBytes(bits)` at `byteOffset`, zeroed by its owner; without a buffer it makes its own. */
  constructor(buffer: ArrayBufferLike | null = null, byteOffset = 0, bits: number = STAGE_BITS) {
    this.bits = bits;
    this.buckets = bucketsOf(bits);
    this.slots = new Float64Array(buffer ?? new ArrayBuffer(histogramBytes(bits)), byteOffset, this.buckets + 1);
  }

  /** A histogram of three digits, in memory of its own that other threads may see. */
  static fine(): Histogram {
    return new Histogram(new SharedArrayBuffer(histogramBytes(FINE_BITS)), 0, FINE_BITS);
  }

  /** The histogram of `fine()` that another thread made. */
  static over(buffer: SharedArrayBuffer): Histogram {
    return new Histogram(buffer, 0, FINE_BITS);
  }

  /** Records `count` values of `ns`. Negative values (clock steps between threads) count as 0. */
  record(ns: number, count = 1): void {
    const { slots, bits, buckets } = this;
    slots[bucketOf(ns, bits)] += count;
    if (ns > slots[buckets]) slots[buckets] = ns;
  }

  get count(): number {
    let total = 0;
    for (let i = 0; i < this.buckets; i++) total += this.slots[i];
    return total;
  }

  /** Mean, from the middles of the buckets; 0 when nothing was recorded. */
  get meanNs(): number {
    let total = 0;
    let sum = 0;
    this.forEachBucket((lowNs, highNs, count) => {
      total += count;
      sum += count * (lowNs + highNs) * 0.5;
    });
    return total === 0 ? 0 : sum / total;
  }

  get maxNs(): number {
    return this.slots[this.buckets];
  }

  /** Upper edge of the bucket that holds the given quantile (0 < q <= 1); 0 when nothing was recorded. */
  quantile(q: number): number {
    const rank = Math.ceil(this.count * q);
    let seen = 0;
    for (let i = 0; i < this.buckets; i++) {
      seen += this.slots[i];
      if (seen >= rank && rank > 0) return Math.min(upperEdge(i, this.bits), this.maxNs);
    }
    return this.maxNs;
  }

  summary(): LatencySummary {
    return {
      count: this.count,
      p50Ns: this.quantile(0.5),
      p90Ns: this.quantile(0.9),
      p99Ns: this.quantile(0.99),
      p999Ns: this.quantile(0.999),
      p9999Ns: this.quantile(0.9999),
      maxNs: this.maxNs,
    };
  }

  /** Calls `visit` with the inclusive bounds (ns) and the count of every bucket that holds something, in order. */
  forEachBucket(visit: (lowNs: number, highNs: number, count: number) => void): void {
    for (let i = 0; i < this.buckets; i++) {
      if (this.slots[i] === 0) continue;
      visit(i === 0 ? 0 : upperEdge(i - 1, this.bits) + 1, upperEdge(i, this.bits), this.slots[i]);
    }
  }

  /** Adds what another histogram of the same resolution holds. */
  add(other: Histogram): void {
    assert(other.bits === this.bits, 'histograms of one resolution are added');
    for (let i = 0; i < this.buckets; i++) this.slots[i] += other.slots[i];
    this.slots[this.buckets] = Math.max(this.maxNs, other.maxNs);
  }
}

function bucketOf(ns: number, bits: number): number {
  const steps = 1 << bits;
  if (!(ns >= steps)) return ns > 0 ? Math.floor(ns) : 0;
  const high = Math.floor(ns / 4294967296);
  const exponent = high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(ns);
  if (exponent >= MAX_EXPONENT) return bucketsOf(bits) - 1;
  const step = Math.floor(ns / 2 ** (exponent - bits)) - steps;
  return (exponent - bits + 1) * steps + step;
}

function upperEdge(bucket: number, bits: number): number {
  const steps = 1 << bits;
  if (bucket < steps) return bucket;
  const exponent = Math.floor(bucket / steps) + bits - 1;
  const step = bucket % steps;
  return (steps + step + 1) * 2 ** (exponent - bits) - 1;
}
