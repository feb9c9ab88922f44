/** A stage's latencies as HdrHistogram encodes them, for clients that draw the curve: V2 compressed, base64. */
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import type { Histogram } from '../../core/histogram.ts';
import type { LatencyRow } from '../protocol.ts';

/** Ours has 5 bits a power of two: two digits lose nothing. */
const DIGITS = 2;

export function latencyRow(stage: string, histogram: Histogram): LatencyRow {
  const { count, p50Ns, p90Ns, p99Ns, p999Ns, maxNs } = histogram.summary();
  return [stage, count, p50Ns, p90Ns, p99Ns, p999Ns, maxNs, hdrOf(histogram)];
}

/** Each bucket at its upper edge, the largest value as it was. */
function hdrOf(histogram: Histogram): string {
  const hdr = build({ bitBucketSize: 64, numberOfSignificantValueDigits: DIGITS });
  const maxNs = Math.floor(histogram.maxNs);
  histogram.forEachBucket((_lowNs, highNs, count) => hdr.recordValueWithCount(Math.min(highNs, maxNs), count));
  return encodeIntoCompressedBase64(hdr);
}
