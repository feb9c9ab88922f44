/**
 * Reads a log's records in order, with bounded memory, through one flyweight: `next` re-points it, nothing is created
 * per record. Every record's checksum and sequence are checked on the way (the hash chain is verify's business).
 *
 *   const reader = new LogReader(directory);
 *   while (reader.next()) if (reader.type === RecordType.Bbo) use(reader.f64[(reader.at >> 3) + 4]);
 */
import { join } from 'node:path';
import { TapeheadError } from '../core/errors.ts';
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import { BlockChecker, BlockVerdict } from './block-checker.ts';
import { BlockSource, type LogInventory } from './block-source.ts';
import {
  BLOCK_MAGIC,
  BlockWord,
  blockFile,
  blockFileOffset,
  DEFAULT_GEOMETRY,
  getU64,
  type LogGeometry,
} from './layout.ts';
import { type LogFs, nodeFs, readFailure, readFully } from './log-fs.ts';
import { isLogProblem, loadWatermark, requireLog } from './scan.ts';
import { LogState, type Watermark } from './watermark.ts';

export interface LogReaderOptions {
  readonly geometry?: LogGeometry;
  readonly fs?: LogFs;
}

export class LogReader {
  /** The current record begins at byte `at` of `bytes`: 32-bit word `at >> 2` of `u32`, 64-bit word `at >> 3` of `f64`. */
  at = 0;
  type = 0;
  length = 0;
  seq = 0;
  readonly bytes: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  /** Null when it is missing or damaged; the records may be read all the same. */
  readonly watermark: Watermark | null;
  private readonly logFs: LogFs;
  private readonly directory: string;
  private readonly geometry: LogGeometry;
  private readonly inventory: LogInventory;
  private readonly source: BlockSource;
  private readonly checker: BlockChecker;
  /** Where the whole records of the current block end. */
  private blockEnd = 0;
  /** Set when nothing follows the current block: the log ends there, or (with a text) is damaged there. */
  private isLast = false;
  private damage = '';

  constructor(directory: string, options: LogReaderOptions = {}) {
    this.logFs = options.fs ?? nodeFs;
    this.directory = directory;
    this.geometry = options.geometry ?? DEFAULT_GEOMETRY;
    this.inventory = requireLog(this.logFs, directory);
    const watermark = loadWatermark(this.logFs, directory, this.inventory);
    this.watermark = isLogProblem(watermark) ? null : watermark;
    this.source = new BlockSource(this.logFs, directory, this.geometry, this.inventory.segments);
    this.checker = new BlockChecker(this.geometry, false);
    this.bytes = this.source.bytes;
    this.u32 = this.source.u32;
    this.f64 = this.source.f64;
  }

  /**
   * Goes to the next record. False at the end: of a closed log behind its last record, of one that was not closed behind
   * the last whole one. Throws LOG_DAMAGED where a record is not what was written, once all before it were delivered.
   */
  next(): boolean {
    this.at += this.length;
    while (this.at >= this.blockEnd) {
      if (!this.nextBlock()) return false;
    }
    const head = this.u32[(this.at >> 2) + 1];
    this.length = head & 0xffff;
    this.type = (head >>> 16) & 0xff;
    this.seq++;
    return true;
  }

  /** The next record will be the one with sequence number `seq`, or the end if there is none. */
  seek(seq: number): void {
    const block = this.findBlock(seq);
    this.source.seek(block);
    this.checker.startAt(block, block === 0 ? 1 : this.firstSeq(block));
    this.at = this.length = this.blockEnd = 0;
    this.isLast = false;
    this.damage = '';
    while (this.next()) {
      if (this.seq < seq) continue;
      this.length = 0; // so that the next call of next() delivers this record
      this.seq--;
      return;
    }
  }

  /** Where the current record lies. */
  get file(): string {
    return this.source.file;
  }

  get fileOffset(): number {
    return this.source.fileOffset + this.at - this.source.start;
  }

  close(): void {
    this.source.close();
  }

  private nextBlock(): boolean {
    const { source, checker } = this;
    if (this.damage !== '') throw new TapeheadError('LOG_DAMAGED', this.damage);
    if (this.isLast) return false;
    const expected = checker.block;
    const seqBefore = checker.nextSeq - 1;
    if (!source.next()) {
      this.isLast = true;
      if (this.mustHave(seqBefore + 1)) {
        throw this.damaged(expected, 0, seqBefore + 1, 'the file ends here, records are missing');
      }
      return false;
    }
    if (source.block !== expected) throw this.damaged(expected, 0, seqBefore + 1, 'the file ends here, others follow');
    const verdict = checker.check(source.bytes, source.u32, source.start, source.available);
    this.at = source.start + BLOCK_HEADER_BYTES;
    this.length = 0;
    this.blockEnd = source.start + checker.wholeEnd;
    this.seq = seqBefore;
    if (verdict !== BlockVerdict.Sealed) {
      this.isLast = true;
      const next = seqBefore + checker.wholeRecords + 1;
      const problem = verdict === BlockVerdict.Bad ? checker.problem : 'the block was never sealed';
      const isOpen = this.watermark === null || this.watermark.state !== LogState.Closed;
      if (!isOpen || this.mustHave(next))
        this.damage = this.damaged(expected, checker.problemAt, next, problem).message;
    }
    return true;
  }

  /** Whether the log was durable to `seq`, so that what stands in its place is no torn tail. */
  private mustHave(seq: number): boolean {
    const { watermark } = this;
    return watermark !== null && watermark.state !== LogState.OpenUnsynced && seq <= watermark.durableSeq;
  }

  private damaged(block: number, at: number, seq: number, what: string): TapeheadError {
    const file = join(this.directory, blockFile(this.geometry, block));
    const offset = blockFileOffset(this.geometry, block) + at;
    return new TapeheadError('LOG_DAMAGED', `${file}:${offset} (seq ${seq}): ${what}`);
  }

  /** The last block whose first record is not after `seq`, by bisection over the block headers. */
  private findBlock(seq: number): number {
    const { segmentBlocks, blockBytes } = this.geometry;
    const { segments } = this.inventory;
    if (segments.length === 0) return 0;
    const last = segments[segments.length - 1];
    let low = 0;
    let high = last.segment * segmentBlocks + Math.max(0, Math.ceil(last.bytes / blockBytes) - 1);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.firstSeq(middle) <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** From a block's header; infinite where there is none (the zeros behind an open log). */
  private firstSeq(block: number): number {
    const path = join(this.directory, blockFile(this.geometry, block));
    const u32 = new Uint32Array(BLOCK_HEADER_BYTES / 4);
    let fd: number;
    try {
      fd = this.logFs.open(path, 'r');
    } catch (error) {
      throw readFailure(path, error);
    }
    try {
      const bytes = new Uint8Array(u32.buffer);
      readFully(this.logFs, fd, bytes, 0, bytes.length, blockFileOffset(this.geometry, block));
    } finally {
      this.logFs.close(fd);
    }
    return u32[BlockWord.Magic] === BLOCK_MAGIC ? getU64(u32, BlockWord.FirstSeq) : Number.POSITIVE_INFINITY;
  }
}
