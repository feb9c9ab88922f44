/** `tapehead log`: the records of a log that pass a filter, in order. */
import { TapeheadError } from '../core/errors.ts';
import { LogReader, type LogReaderOptions } from './log-reader.ts';
import { RECORD_TYPE_NAMES } from './record-shape.ts';
import { concernsInstrument, type DecodedRecord, RecordDecoder, readU64 } from './record-text.ts';

export interface LogFilter {
  /** A record type's name, in any case. */
  readonly type?: string;
  readonly symbol?: string;
  /** Bounds of tsEngine, both inclusive: ISO 8601 (UTC), or a time of day within the log's session. */
  readonly from?: string;
  readonly to?: string;
  /** Bounds of seq, both inclusive. */
  readonly fromSeq?: number;
  readonly toSeq?: number;
  readonly limit?: number;
}

/**
 * Yields the matching records, oldest first. Throws USAGE for a filter that makes no sense, UNKNOWN_SYMBOL when the
 * log, read to its end, never defined the symbol, LOG_DAMAGED behind the last record before the damage.
 */
export function* queryLog(
  directory: string,
  filter: LogFilter = {},
  options: LogReaderOptions = {},
): Generator<DecodedRecord, void, void> {
  const type = filter.type === undefined ? null : parseTypeName(filter.type);
  const fromSeq = filter.fromSeq ?? 0;
  const toSeq = filter.toSeq ?? Number.POSITIVE_INFINITY;
  const reader = new LogReader(directory, options);
  const decoder = new RecordDecoder();
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let isSymbolKnown = filter.symbol === undefined;
  let from: bigint | null = null;
  let to: bigint | null = null;
  try {
    while (left > 0 && reader.next()) {
      decoder.observe(reader);
      if (reader.seq > toSeq) return;
      if (reader.seq === 1) {
        // The first record fixes the session's midnight, which a time of day refers to.
        if (filter.from !== undefined) from = parseTime(filter.from, decoder.sessionBaseNs);
        if (filter.to !== undefined) to = parseTime(filter.to, decoder.sessionBaseNs);
      }
      if (filter.symbol !== undefined) {
        if (!concernsInstrument(reader.type)) continue;
        if (decoder.instrument(reader.u32[(reader.at >> 2) + 7])?.symbol !== filter.symbol) continue;
        isSymbolKnown = true;
      }
      if (reader.seq < fromSeq || (type !== null && reader.type !== type)) continue;
      if (from !== null || to !== null) {
        const time = readU64(reader.u32, (reader.at >> 2) + 4);
        if (from !== null && time < from) continue;
        if (to !== null && time > to) return; // tsEngine never decreases
      }
      left--;
      yield decoder.decode(reader);
    }
    if (!isSymbolKnown && left > 0) {
      throw new TapeheadError('UNKNOWN_SYMBOL', `${directory}: no instrument is called ${filter.symbol} in this log`);
    }
  } finally {
    reader.close();
  }
}

/** `A..B`, `A..`, `..B` or `A`, inclusive. */
export function parseSeqRange(text: string): { fromSeq: number; toSeq: number } {
  const match = /^(\d{1,15})?(\.\.)?(\d{1,15})?$/.exec(text.trim());
  if (match === null || (match[1] === undefined && match[3] === undefined)) {
    throw new TapeheadError('USAGE', `--seq ${text}: expected A..B, A.., ..B or one number`);
  }
  const fromSeq = match[1] === undefined ? 0 : Number(match[1]);
  const single = match[2] === undefined;
  const toSeq = match[3] !== undefined ? Number(match[3]) : single ? fromSeq : Number.POSITIVE_INFINITY;
  if (toSeq < fromSeq) throw new TapeheadError('USAGE', `--seq ${text}: ends before it begins`);
  return { fromSeq, toSeq };
}

function parseTypeName(name: string): number {
  const wanted = name.toLowerCase();
  const type = RECORD_TYPE_NAMES.findIndex((known) => known !== undefined && known.toLowerCase() === wanted);
  if (type > 0) return type;
  const known = RECORD_TYPE_NAMES.filter((one) => one !== undefined).join(', ');
  throw new TapeheadError('USAGE', `--type ${name}: no such record type; there are ${known}`);
}

/** Epoch ns of `2026-01-02T09:30:00.123456789Z` (date alone, or without Z: UTC), or of `09:30:00.5` in the session. */
export function parseTime(text: string, sessionBaseNs: bigint): bigint {
  const match = /^(?:(\d{4}-\d{2}-\d{2})(?:[T ](?=\d)|$))?(?:(\d{2,3}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?Z?$/.exec(
    text.trim(),
  );
  if (match === null || (match[1] === undefined && match[2] === undefined)) {
    throw new TapeheadError('USAGE', `time ${text}: expected 2026-01-02T09:30:00.000000000Z or 09:30:00.000000000`);
  }
  const seconds = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  const ofDay = BigInt(seconds) * 1_000_000_000n + BigInt((match[5] ?? '').padEnd(9, '0'));
  if (match[1] === undefined) return sessionBaseNs + ofDay;
  const midnightMs = Date.parse(`${match[1]}T00:00:00Z`);
  if (Number.isNaN(midnightMs)) throw new TapeheadError('USAGE', `time ${text}: there is no such day`);
  return BigInt(midnightMs) * 1_000_000n + ofDay;
}
