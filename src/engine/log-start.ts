/** What a log begins with: its day, its seed, and the configuration that made it. */
import { parseIdentity, type RunIdentity } from '../config.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { LOG_FORMAT_VERSION, RecordType } from '../core/record.ts';
import type { LogHead } from './engine-journal.ts';
import { type RecordCursor, typeOf } from './record-queue.ts';

/** What stands at the beginning of a log. */
export interface LogStart {
  readonly options: LogHead;
  readonly identity: RunIdentity;
  /** The cursor is on a record behind the configuration. */
  readonly hasRecord: boolean;
  /** LogStart and Config records read. */
  readonly inputs: number;
}

/**
 * Reads LogStart and Config; the cursor is then on the record behind them, if there is one. Null for the log of a run
 * that was killed before its configuration was written: there is nothing to re-execute.
 */
export function readStart(cursor: RecordCursor): LogStart | null {
  if (!cursor.next()) return null;
  if (typeOf(cursor) !== RecordType.LogStart) {
    throw new TapeheadError('LOG_DAMAGED', 'the log does not begin with a LogStart record');
  }
  const w = cursor.at >> 3;
  const base = { lo: cursor.u32[w * 2 + 6], hi: cursor.u32[w * 2 + 7] };
  const seed = cursor.f64[w + 4];
  const formatVersion = cursor.u32[w * 2 + 10];
  const config = new Uint8Array(cursor.u32[w * 2 + 11]);
  if (formatVersion !== LOG_FORMAT_VERSION) {
    throw new TapeheadError(
      'LOG_DAMAGED',
      `the log has format ${formatVersion}, this version re-executes ${LOG_FORMAT_VERSION}`,
    );
  }
  let inputs = 1;
  let configBytes = 0;
  let hasRecord = cursor.next();
  while (hasRecord && typeOf(cursor) === RecordType.Config) {
    const word = cursor.at >> 2;
    const part = cursor.bytes.subarray(cursor.at + 32, cursor.at + 32 + cursor.u32[word + 7]);
    config.set(part, cursor.u32[word + 6]);
    configBytes += part.length;
    inputs++;
    hasRecord = cursor.next();
  }
  if (configBytes < config.length && !hasRecord) return null;
  const text = new TextDecoder().decode(config);
  try {
    const identity = parseIdentity(text);
    return { options: { base, seed, config: text, formatVersion }, identity, hasRecord, inputs };
  } catch (error) {
    throw new TapeheadError('LOG_DAMAGED', `the log's configuration can't be read: ${messageOf(error)}`);
  }
}
