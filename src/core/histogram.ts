/**
 * Latency histogram for the hot path: log-linear buckets (32 per power of two, so a figure is right within 3.1 %) in
 * shared memory, one writer, any reader. Recording is one array increment and never allocates.
 *
 *   value 0-31 ns: bucket = value; above: 32 linear steps between 2^k and 2^(k+1), up to 2^40 ns (18 min), then clamped.
 *   The exact largest value is kept beside the buckets.
 */
const STEPS_BITS = 5;
const STEPS = 1 << STEPS_BITS;
const MAX_EXPONENT = 40;
const BUCKETS = (MAX_EXPONENT - STEPS_BITS + 1) * STEPS;
const MAX_SLOT = BUCKETS;
const SLOTS = BUCKETS + 1;

export const HISTOGRAM_BYTES = SLOTS * 8;

export interface LatencySummary {
  readonly count: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
}

export class Histogram {
  private readonly slots: Float64Array;

  /** A view of HISTOGRAM_BYTES at `byteOffset`, zeroed by its owner. */
  constructor(buffer: ArrayBufferLike = new ArrayBuffer(HISTOGRAM_BYTES), byteOffset = 0) {
    this.slots = new Float64Array(buffer, byteOffset, SLOTS);
  }

  /** Records `count` values of `ns`. Negative values (clock steps between threads) count as 0. */
  record(ns: number, count = 1): void {
    this.slots[bucketOf(ns)] += count;
    if (ns > this.slots[MAX_SLOT]) this.slots[MAX_SLOT] = ns;
  }

  get count(): number {
    let total = 0;
    for (let i = 0; i < BUCKETS; i++) total += this.slots[i];
    return total;
  }

  /** Mean, from the middles of the buckets; 0 when nothing was recorded. */
  get meanNs(): number {
    let total = 0;
    let sum = 0;
    for (let i = 0; i < BUCKETS; i++) {
      total += this.slots[i];
      sum += this.slots[i] * ((i === 0 ? 0 : upperEdge(i - 1) + 1) + upperEdge(i)) * 0.5;
    }
    return total === 0 ? 0 : sum / total;
  }

  get maxNs(): number {
    return this.slots[MAX_SLOT];
  }

  /** Upper edge of the bucket that holds the given quantile (0 < q <= 1); 0 when nothing was recorded. */
  quantile(q: number): number {
    const rank = Math.ceil(this.count * q);
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.slots[i];
      if (seen >= rank && rank > 0) return Math.min(upperEdge(i), this.slots[MAX_SLOT]);
    }
    return this.slots[MAX_SLOT];
  }

  summary(): LatencySummary {
    return {
      count: this.count,
      p50Ns: this.quantile(0.5),
      p90Ns: this.quantile(0.9),
      p99Ns: this.quantile(0.99),
      p999Ns: this.quantile(0.999),
      maxNs: this.maxNs,
    };
  }
}

function bucketOf(ns: number): number {
  if (!(ns >= STEPS)) return ns > 0 ? Math.floor(ns) : 0;
  const high = Math.floor(ns / 4294967296);
  const exponent = high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(ns);
  if (exponent >= MAX_EXPONENT) return BUCKETS - 1;
  const step = Math.floor(ns / 2 ** (exponent - STEPS_BITS)) - STEPS;
  return (exponent - STEPS_BITS + 1) * STEPS + step;
}

function upperEdge(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const exponent = Math.floor(bucket / STEPS) + STEPS_BITS - 1;
  const step = bucket % STEPS;
  return (STEPS + step + 1) * 2 ** (exponent - STEPS_BITS) - 1;
}
