/**
 * After a crash: keeps every whole record, cuts the torn tail and says what it cut. Damage that no crash explains is
 * refused. `recoverLog` seals what there is, so that it can be verified and read as it stands; a run that starts again
 * in the directory resumes it instead (open-log.ts).
 */
import { join } from 'node:path';
import { TapeheadError } from '../core/errors.ts';
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import { RecordType } from '../core/record.ts';
import type { LogInventory } from './block-source.ts';
import { BlockWord, CHAIN_BYTES, chainHash, DEFAULT_GEOMETRY, getU64, type LogGeometry } from './layout.ts';
import { type LogFs, nodeFs } from './log-fs.ts';
import { LogLock } from './log-lock.ts';
import type { LogEnd } from './resume-check.ts';
import { isLogProblem, type LogScan, loadWatermark, problemText, requireLog, scanLog, type TornTail } from './scan.ts';
import { SegmentFiles } from './segment-files.ts';
import { LogState, WATERMARK_NAME, type Watermark, WatermarkFile } from './watermark.ts';

export interface RecoveryReport {
  readonly directory: string;
  /** Whole records kept. */
  readonly records: number;
  /** What the watermark had acknowledged. */
  readonly durableSeq: number;
  /** Cut, or about to be cut when the resumed run reaches it. */
  readonly torn: TornTail | null;
  /** Acknowledged records that are gone; above 0 only where the caller accepted the loss. */
  readonly lost: number;
  /** Just past the last record kept; null when there is none. */
  readonly end: LogEnd | null;
  /** Set once the log is sealed. */
  readonly headHash: string | null;
  /** The last record is an End: only the sealing was missing, the log is closed now. */
  readonly closed: boolean;
}

export interface RecoverOptions {
  /** Cut at the first damage although acknowledged records are lost by it. */
  readonly acceptLoss?: boolean;
  readonly geometry?: LogGeometry;
  readonly fs?: LogFs;
}

/** One line for a terminal. */
export function recoveryText(report: RecoveryReport): string {
  const { torn, lost } = report;
  const kept = `${report.directory}: ${report.records} whole records kept (durable to ${report.durableSeq})`;
  const cut = torn === null ? 'nothing torn' : `${torn.bytes} torn bytes cut at ${torn.file}:${torn.offset}`;
  const gone = lost === 0 ? '' : `; ${lost} acknowledged records LOST`;
  const head = report.headHash === null ? '' : `; ${report.closed ? 'closed' : 'sealed'}, head ${report.headHash}`;
  return `${kept}; ${cut}${gone}${head}`;
}

/** Recovers and seals the log in `directory`. Throws LOG_EXISTS when it is closed, LOG_DAMAGED when it is refused. */
export function recoverLog(directory: string, options: RecoverOptions = {}): RecoveryReport {
  const logFs = options.fs ?? nodeFs;
  const geometry = options.geometry ?? DEFAULT_GEOMETRY;
  requireLog(logFs, directory);
  const lock = LogLock.acquire(logFs, directory);
  try {
    const { watermark, scan } = examine(logFs, directory, geometry, options.acceptLoss ?? false);
    if (watermark.state === LogState.Closed && scan.damage === null) {
      throw new TapeheadError('LOG_EXISTS', `${directory} is closed, there is nothing to recover`);
    }
    const headHash = seal(logFs, directory, geometry, scan);
    return { ...report(directory, watermark, scan), headHash, closed: scan.lastType === RecordType.End };
  } finally {
    lock.release();
  }
}

/** Scans a log that holds something; throws LOG_DAMAGED where it is refused. */
export function examine(
  logFs: LogFs,
  directory: string,
  geometry: LogGeometry,
  acceptLoss: boolean,
): { watermark: Watermark; scan: LogScan } {
  const inventory = requireLog(logFs, directory);
  refuseForeign(directory, inventory);
  const watermark = loadWatermark(logFs, directory, inventory);
  if (isLogProblem(watermark)) {
    throw new TapeheadError('LOG_DAMAGED', `${problemText(watermark)}; nothing says how far the log was durable`);
  }
  const scan = scanLog(logFs, directory, geometry, inventory, watermark);
  if (scan.damage !== null && !acceptLoss) {
    throw new TapeheadError(
      'LOG_DAMAGED',
      `${problemText(scan.damage)}; \`tapehead recover --accept-loss ${directory}\` keeps the ${scan.records} records before it`,
    );
  }
  return { watermark, scan };
}

export function refuseForeign(directory: string, inventory: LogInventory): void {
  if (inventory.foreign.length === 0) return;
  throw new TapeheadError(
    'USAGE',
    `${directory} holds files that belong to no log (${inventory.foreign[0]}); choose another directory`,
  );
}

export function report(directory: string, watermark: Watermark, scan: LogScan): RecoveryReport {
  return {
    directory,
    records: scan.records,
    durableSeq: watermark.durableSeq,
    torn: scan.torn,
    lost: Math.max(0, watermark.durableSeq - scan.records),
    end: scan.end,
    headHash: null,
    closed: false,
  };
}

/** Completes the last block, ends the files after it, and says in the watermark that recovery did; the head hash. */
function seal(logFs: LogFs, directory: string, geometry: LogGeometry, scan: LogScan): string {
  const { blockBytes } = geometry;
  const files = new SegmentFiles(logFs, directory, geometry, { sync: true, preallocate: false });
  const { end } = scan;
  let head: Uint8Array = new Uint8Array(CHAIN_BYTES);
  try {
    files.syncAll();
    if (end === null) {
      files.endAt(0);
    } else {
      const position = end.block * blockBytes;
      const bytes = new Uint8Array(blockBytes);
      const u32 = new Uint32Array(bytes.buffer);
      files.read(bytes, 0, end.offset, position);
      u32[BlockWord.Used] = end.offset - BLOCK_HEADER_BYTES;
      u32[BlockWord.Count] = end.seq - getU64(u32, BlockWord.FirstSeq) + 1;
      head = chainHash(scan.chainBefore, bytes, 0, end.offset - BLOCK_HEADER_BYTES);
      bytes.set(head, BlockWord.Chain * 4);
      files.write(bytes, 0, blockBytes, position);
      files.endAt(position + blockBytes);
    }
  } finally {
    files.close();
  }
  const state = scan.lastType === RecordType.End ? LogState.Closed : LogState.Recovered;
  writeWatermark(logFs, directory, { state, durableSeq: scan.records, groupBytes: 0 });
  return Buffer.from(head).toString('hex');
}

function writeWatermark(logFs: LogFs, directory: string, watermark: Watermark): void {
  const file = new WatermarkFile(logFs, join(directory, WATERMARK_NAME), true);
  try {
    file.write(watermark);
    file.sync();
  } finally {
    file.close();
  }
}
