/** `tapehead verify`: every byte of a log against everything the format promises, in one pass and bounded memory. */
import { join } from 'node:path';
import { RecordType } from '../core/record.ts';
import { BlockChecker, BlockVerdict, CHAIN_PROBLEM } from './block-checker.ts';
import { BlockSource, type LogInventory } from './block-source.ts';
import { ChainThread } from './chain-check.ts';
import { BlockWord, blockFile, blockFileOffset, DEFAULT_GEOMETRY, getU64, type LogGeometry } from './layout.ts';
import { type LogFs, nodeFs } from './log-fs.ts';
import { LogLock } from './log-lock.ts';
import {
  isLogProblem,
  type LogProblem,
  loadWatermark,
  problemText,
  requireLog,
  scanLog,
  segmentProblem,
} from './scan.ts';
import { LogState, WATERMARK_NAME, type Watermark } from './watermark.ts';

export interface VerifiedLog {
  readonly ok: true;
  readonly records: number;
  readonly headHash: string;
  /** Ends with an End record; false for a log whose writer died and that recovery sealed. */
  readonly closed: boolean;
  readonly segments: number;
  readonly blocks: number;
  readonly bytes: number;
}

export interface FailedLog {
  readonly ok: false;
  readonly problem: LogProblem;
  /** The log is whole as far as it goes, but was never closed: a crash, or it is being written now. */
  readonly notClosed: boolean;
}

export type VerifyResult = VerifiedLog | FailedLog;

export interface VerifyOptions {
  readonly geometry?: LogGeometry;
  readonly fs?: LogFs;
  /** Check the chain on a second thread; by default where the log is large enough to gain by it. */
  readonly twoThreads?: boolean;
}

/** A thread takes 30 ms to start, in which one thread verifies about as much. */
const TWO_THREADS_FROM_BYTES = 32 << 20;

/** One line for a terminal. */
export function verifyText(result: VerifyResult): string {
  if (!result.ok) return result.notClosed ? result.problem.what : problemText(result.problem);
  const how = result.closed ? 'closed' : 'recovered, no End record';
  return `ok: ${result.records} records, ${result.bytes} bytes in ${result.segments} segment${result.segments === 1 ? '' : 's'}, ${how}, head ${result.headHash}`;
}

/** Throws only when `directory` is no log at all or can't be read. */
export function verifyLog(directory: string, options: VerifyOptions = {}): VerifyResult {
  const logFs = options.fs ?? nodeFs;
  const geometry = options.geometry ?? DEFAULT_GEOMETRY;
  const inventory = requireLog(logFs, directory);
  if (inventory.foreign.length > 0) {
    return failed(join(directory, inventory.foreign[0]), 0, 0, 'the file does not belong to a log');
  }
  const watermark = loadWatermark(logFs, directory, inventory);
  if (isLogProblem(watermark)) return { ok: false, problem: watermark, notClosed: false };
  if (watermark.state === LogState.Open || watermark.state === LogState.OpenUnsynced) {
    return verifyOpen(logFs, directory, geometry, inventory, watermark);
  }
  const wrong = segmentProblem(directory, inventory, geometry);
  if (wrong !== null) return { ok: false, problem: wrong, notClosed: false };
  const bytes = inventory.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const twoThreads = options.twoThreads ?? (options.fs === undefined && bytes >= TWO_THREADS_FROM_BYTES);
  const chain = twoThreads ? new ChainThread(directory, geometry, inventory.segments) : null;
  const source = new BlockSource(logFs, directory, geometry, inventory.segments);
  const checker = new BlockChecker(geometry, chain === null);
  try {
    const problem = checkBlocks(source, checker);
    const broken = chain === null ? -1 : chain.join();
    // What is wrong first is named: within a block its records come before its hash.
    if (broken >= 0 && broken < checker.block) return brokenChain(logFs, directory, geometry, inventory, broken);
    if (problem !== null) return { ok: false, problem, notClosed: false };
    return checkEnd(directory, geometry, inventory, watermark, checker);
  } finally {
    source.close();
  }
}

/** Passes every block to the checker; the first problem. */
function checkBlocks(source: BlockSource, checker: BlockChecker): LogProblem | null {
  while (source.next()) {
    if (source.block !== checker.block) return null; // the file before ends early: checkEnd says so
    const verdict = checker.check(source.bytes, source.u32, source.start, source.available);
    if (verdict === BlockVerdict.Sealed) continue;
    const { file, fileOffset } = source;
    if (verdict === BlockVerdict.Bad) {
      return { file, offset: fileOffset + checker.problemAt, seq: checker.problemSeq, what: checker.problem };
    }
    const what = 'the block was never sealed, but the log was closed';
    return { file, offset: fileOffset, seq: checker.nextSeq, what };
  }
  return null;
}

/** The same answer as BlockChecker gives for a chain hash, for a block of which all else is right. */
function brokenChain(
  logFs: LogFs,
  directory: string,
  geometry: LogGeometry,
  inventory: LogInventory,
  block: number,
): FailedLog {
  const source = new BlockSource(logFs, directory, geometry, inventory.segments);
  try {
    source.seek(block);
    source.next();
    const header = source.start >> 2;
    const seq = getU64(source.u32, header + BlockWord.FirstSeq) + source.u32[header + BlockWord.Count];
    return failed(source.file, source.fileOffset + BlockWord.Chain * 4, seq, CHAIN_PROBLEM);
  } finally {
    source.close();
  }
}

/** All blocks are right: whether they are all there, and no more, and end as the watermark says. */
function checkEnd(
  directory: string,
  geometry: LogGeometry,
  inventory: LogInventory,
  watermark: Watermark,
  checker: BlockChecker,
): VerifyResult {
  const lastSeq = checker.nextSeq - 1;
  const file = join(directory, blockFile(geometry, checker.block));
  const offset = blockFileOffset(geometry, checker.block);
  if (lastSeq < watermark.durableSeq) {
    const what = `the log ends here, but was closed at seq ${watermark.durableSeq}`;
    return failed(file, offset, lastSeq + 1, what);
  }
  const segments = Math.ceil(checker.block / geometry.segmentBlocks);
  if (segments < inventory.segments.length) {
    const extra = join(directory, inventory.segments[segments].name);
    return failed(extra, 0, lastSeq + 1, `one file too many, the log ends with block ${checker.block - 1} before it`);
  }
  if (lastSeq > watermark.durableSeq) {
    const what = `durable seq is ${watermark.durableSeq}, but the log was closed at ${lastSeq}`;
    return failed(join(directory, WATERMARK_NAME), 8, lastSeq, what);
  }
  const closed = watermark.state === LogState.Closed;
  if (closed !== (checker.lastType === RecordType.End)) {
    const what = closed ? 'the last record is not an End' : 'sealed by recovery, but the last record is an End';
    return failed(file, offset, lastSeq, what);
  }
  return {
    ok: true,
    records: checker.records,
    headHash: Buffer.from(checker.chain).toString('hex'),
    closed,
    segments,
    blocks: checker.block,
    bytes: checker.block * geometry.blockBytes,
  };
}

function verifyOpen(
  logFs: LogFs,
  directory: string,
  geometry: LogGeometry,
  inventory: LogInventory,
  watermark: Watermark,
): VerifyResult {
  const durable = `durable to ${watermark.durableSeq}`;
  const writer = LogLock.liveHolder(logFs, directory);
  if (writer !== null) {
    const what = `not closed: process ${writer} is writing it (${durable})`;
    return { ok: false, problem: { file: directory, offset: 0, seq: watermark.durableSeq, what }, notClosed: true };
  }
  const { records, torn, damage } = scanLog(logFs, directory, geometry, inventory, watermark);
  if (damage !== null) return { ok: false, problem: damage, notClosed: false };
  const tail = torn === null ? 'nothing torn' : `${torn.bytes} torn bytes at ${torn.file}:${torn.offset}`;
  const remedy = `\`tapehead recover ${directory}\` or start the same replay again`;
  const what = `not closed: ${records} whole records to seq ${records} (${durable}); ${tail}; ${remedy}`;
  const problem = { file: torn?.file ?? directory, offset: torn?.offset ?? 0, seq: records, what };
  return { ok: false, problem, notClosed: true };
}

function failed(file: string, offset: number, seq: number, what: string): FailedLog {
  return { ok: false, problem: { file, offset, seq, what }, notClosed: false };
}
