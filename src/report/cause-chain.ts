/** `--why`: from any record of a log back to what it came from. */
import type { LogReaderOptions } from '../audit/log-reader.ts';
import { TapeheadError } from '../core/errors.ts';
import { isOutputType } from '../core/record.ts';
import { type FoundRecord, LogScan } from './log-scan.ts';

/** A chain is short; a log made to loop must not hang its reader. */
const MAX_LINKS = 10_000;

/**
 * Record `seq`, its cause, the cause of that, ... to an input, which has none in the log: the market, a command, time.
 * Outputs that state no cause (Bbo, BookState, Checkpoint, End) follow from the input before them.
 */
export function causeChain(
  directory: string,
  seq: number,
  options: LogReaderOptions = {},
): { chain: FoundRecord[]; scan: LogScan } {
  const scan = new LogScan(directory, options);
  scan.pass(() => {}, seq);
  if (scan.lastSeq < seq) {
    const range = scan.lastSeq === 0 ? 'the log is empty' : `the log's records are 1 to ${scan.lastSeq}`;
    throw new TapeheadError('USAGE', `--why ${seq}: ${range}`);
  }
  const chain: FoundRecord[] = [];
  for (let next = seq; next !== 0 && chain.length < MAX_LINKS; ) {
    const record = scan.fetch([next]).get(next);
    if (record === undefined) break;
    chain.push(record);
    next = causeOf(record, scan);
  }
  return { chain, scan };
}

function causeOf(record: FoundRecord, scan: LogScan): number {
  const { seq, cause } = record;
  if (cause === 0) return isOutputType(record.type) ? scan.inputBefore(seq) : 0;
  if (Number.isInteger(cause) && cause >= 1 && cause < seq) return cause;
  throw new TapeheadError('LOG_DAMAGED', `record ${seq} names record ${cause} as its cause, which is not before it`);
}
