/**
 * The curve of a latency histogram: reads what HdrHistogram calls V2 compressed (base64 of a cookie, a length and zlib bytes;
 * inside a header of 40 bytes and counts as ZigZag LEB128, a negative one being a run of empty buckets). Format:
 * HdrHistogram_c, hdr_histogram_log.c; HdrHistogram.java, encodeIntoByteBuffer.
 */

const COMPRESSED_V2 = 0x1c849304;
const ENCODED_V2 = 0x1c849303;
const COOKIE_MASK = 0xffffff0f;
const HEAD_BYTES = 8;
const BODY_HEAD_BYTES = 40;

export interface Bucket {
  /** Largest value of the bucket. */
  readonly ns: number;
  readonly count: number;
}

/** Buckets that hold anything, rising. Rejects for what is no such histogram. */
export async function readHistogram(base64: string): Promise<Bucket[]> {
  const packed = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const head = new DataView(packed.buffer);
  if (packed.length < HEAD_BYTES || (head.getUint32(0) & COOKIE_MASK) >>> 0 !== (COMPRESSED_V2 & COOKIE_MASK) >>> 0) {
    throw new Error('not a compressed histogram');
  }
  const inflated = new Blob([packed.subarray(HEAD_BYTES, HEAD_BYTES + head.getUint32(4))])
    .stream()
    .pipeThrough(new DecompressionStream('deflate'));
  return readCounts(new DataView(await new Response(inflated).arrayBuffer()));
}

function readCounts(view: DataView): Bucket[] {
  if ((view.getUint32(0) & COOKIE_MASK) >>> 0 !== (ENCODED_V2 & COOKIE_MASK) >>> 0) throw new Error('not a histogram');
  const end = BODY_HEAD_BYTES + view.getUint32(4);
  const digits = view.getInt32(12);
  const lowest = Number(view.getBigInt64(16));
  const unitPower = Math.floor(Math.log2(Math.max(1, lowest)));
  const subPower = Math.ceil(Math.log2(2 * 10 ** digits));
  const buckets: Bucket[] = [];
  let index = 0;
  for (let at = BODY_HEAD_BYTES; at < end; ) {
    let value = 0;
    let factor = 1;
    for (let byte = 0; byte < 9; byte++) {
      const bits = view.getUint8(at++);
      value += (byte === 8 ? bits : bits & 0x7f) * factor;
      factor *= 128;
      if (byte < 8 && bits < 0x80) break;
    }
    const isNegative = value % 2 === 1;
    const count = isNegative ? -(value + 1) / 2 : value / 2;
    if (isNegative) index -= count;
    else {
      if (count > 0) buckets.push({ ns: topOf(index, subPower, unitPower), count });
      index++;
    }
  }
  return buckets;
}

/** Largest value that counts into a bucket: halves of 2^subPower buckets, each twice as wide as those before. */
function topOf(index: number, subPower: number, unitPower: number): number {
  const half = 2 ** (subPower - 1);
  let bucket = Math.floor(index / half) - 1;
  let sub = (index % half) + half;
  if (bucket < 0) {
    sub -= half;
    bucket = 0;
  }
  return (sub + 1) * 2 ** (bucket + unitPower) - 1;
}

export interface CurvePoint {
  /** How many nines: -log10(1 - share). 0: the median is at 0.3, 99 % at 2. */
  readonly nines: number;
  readonly ns: number;
}

/** One point a bucket, at the share of values up to it; the last at the number of nines that the count can tell. */
export function curveOf(buckets: readonly Bucket[]): CurvePoint[] {
  let total = 0;
  for (const { count } of buckets) total += count;
  let below = 0;
  return buckets.map(({ ns, count }) => {
    below += count;
    const above = Math.max(total - below, 0.5);
    return { nines: -Math.log10(above / total), ns };
  });
}
