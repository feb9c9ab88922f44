/** What the ring and log benchmarks pass around: every word a function of the record's number, and checked. */
import { EventFlag, EventKind, eventHead, Side } from '../../src/core/event.ts';
import { BBO_RECORD_BYTES, MARKET_RECORD_BYTES, RecordType } from '../../src/core/record.ts';
import type { JournalWriter } from '../../src/ring/journal.ts';

/** Folds a record's sum into a checksum: order, loss, repetition and a torn record all change it. */
export function fold(checksum: number, sum: number): number {
  return (Math.imul(checksum, 31) + sum) | 0;
}

/**
 * Straight-line stores: an inner loop over the words would be what is measured. The half makes V8 compute with doubles, as
 * C++ does: with whole numbers every word is a checked integer addition and a conversion, and the same record takes 6.4 ns
 * instead of 3.6 (2026-11-22).
 */
export function fillSlot(f64: Float64Array, w: number, i: number): void {
  const v = i * 8 + 0.5;
  f64[w] = v;
  f64[w + 1] = v + 1;
  f64[w + 2] = v + 2;
  f64[w + 3] = v + 3;
  f64[w + 4] = v + 4;
  f64[w + 5] = v + 5;
  f64[w + 6] = v + 6;
  f64[w + 7] = v + 7;
}

export function slotSum(f64: Float64Array, w: number): number {
  return f64[w] + f64[w + 1] + f64[w + 2] + f64[w + 3] + f64[w + 4] + f64[w + 5] + f64[w + 6] + f64[w + 7];
}

/** Checksum of `count` slots, without a ring. */
export function slotsChecksum(count: number): number {
  let checksum = 0;
  for (let i = 0; i < count; i++) checksum = fold(checksum, 64 * i + 32);
  return checksum;
}

/** What a log's frame adds to its market records: LogStart, Stop, End. */
export const FRAME_RECORDS = 3;

const ADD = eventHead(EventKind.Add, Side.Bid, EventFlag.Last);

/** A market record of 80 bytes, `i` below 2^32. The LogStart has sequence number 1, so record i has i + 2. */
export function fillMarketRecord(journal: JournalWriter, i: number): void {
  const w = journal.claim(EventKind.Add, MARKET_RECORD_BYTES);
  const { u32, f64 } = journal;
  u32[w * 2 + 4] = i;
  u32[w * 2 + 5] = 0;
  u32[w * 2 + 6] = ADD;
  u32[w * 2 + 7] = i & 0xff;
  u32[w * 2 + 8] = i;
  u32[w * 2 + 9] = 0;
  u32[w * 2 + 10] = i;
  u32[w * 2 + 11] = 0;
  f64[w + 6] = i;
  f64[w + 7] = i + 1;
  f64[w + 8] = i + 2;
  f64[w + 9] = 3 * i + 3;
}

/** A record of 64 bytes, as the touch is journalled. */
export function fillBboRecord(journal: JournalWriter, i: number): void {
  const w = journal.claim(RecordType.Bbo, BBO_RECORD_BYTES);
  const { u32, f64 } = journal;
  u32[w * 2 + 4] = i;
  u32[w * 2 + 5] = 0;
  u32[w * 2 + 6] = 0;
  u32[w * 2 + 7] = i & 0xff;
  f64[w + 4] = i;
  f64[w + 5] = i + 1;
  f64[w + 6] = i + 2;
  f64[w + 7] = i + 3;
}

/** Of sequence number, times, instrument and payload. */
export function marketRecordSum(u32: Uint32Array, f64: Float64Array, w: number): number {
  const head = u32[w * 2 + 2] + u32[w * 2 + 4] + u32[w * 2 + 7] + u32[w * 2 + 8] + u32[w * 2 + 10];
  return head + f64[w + 6] + f64[w + 7] + f64[w + 8] + f64[w + 9];
}

/** Checksum of `count` market records, without a ring. */
export function marketRecordsChecksum(count: number): number {
  let checksum = 0;
  for (let i = 0; i < count; i++) checksum = fold(checksum, 10 * i + 8 + (i & 0xff));
  return checksum;
}
