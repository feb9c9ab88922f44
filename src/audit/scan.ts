/**
 * Looks at a log whose writer may have died: how far it is whole, what is torn off behind that, and whether what is wrong
 * can be a crash at all. Changes nothing.
 *
 * A writer appends, and has at most one group of blocks under way that is not synced. So whatever a crash or a power cut
 * may do, (a) every record up to the durable watermark is there, and (b) nothing valid lies more than a group beyond
 * the first byte that is wrong (within the group, pages reach the disk in any order). Anything else is damage.
 */
import { join } from 'node:path';
import { TapeheadError } from '../core/errors.ts';
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import { BlockChecker, BlockVerdict } from './block-checker.ts';
import { BlockSource, type LogInventory, takeInventory } from './block-source.ts';
import { recordCrc32c } from './crc32c.ts';
import {
  BLOCK_MAGIC,
  BlockWord,
  blockFile,
  blockFileOffset,
  CHAIN_BYTES,
  getU64,
  type LogGeometry,
  segmentName,
  VERSION_AND_HEADER_BYTES,
} from './layout.ts';
import { type LogFs, readFailure } from './log-fs.ts';
import { isPlausibleLength } from './record-shape.ts';
import type { LogEnd } from './resume-check.ts';
import { isWatermarkProblem, LogState, readWatermark, WATERMARK_NAME, type Watermark } from './watermark.ts';

/** Something wrong in a log: the file, the offset in it, the seq of the record there or of the next one, and what. */
export interface LogProblem {
  readonly file: string;
  readonly offset: number;
  readonly seq: number;
  readonly what: string;
}

export function problemText(problem: LogProblem): string {
  return `${problem.file}:${problem.offset} (seq ${problem.seq}): ${problem.what}`;
}

/** Bytes behind the last whole record. */
export interface TornTail {
  readonly file: string;
  readonly offset: number;
  /** Up to the last byte that is not zero. */
  readonly bytes: number;
}

export interface LogScan {
  /** Whole records from the start. */
  readonly records: number;
  readonly lastType: number;
  /** Just past the last of them; null without any. */
  readonly end: LogEnd | null;
  /** Chain hash of the block before `end.block`. */
  readonly chainBefore: Uint8Array;
  readonly torn: TornTail | null;
  /** What no crash explains; the log is refused for it. */
  readonly damage: LogProblem | null;
}

/** The directory's inventory, or a TapeheadError when it can't be a log. */
export function requireLog(logFs: LogFs, directory: string): LogInventory {
  const inventory = takeInventory(logFs, directory);
  if (inventory === null) throw new TapeheadError('NO_FILE', `${directory}: no such directory`);
  if (inventory.segments.length === 0 && !inventory.hasWatermark) {
    throw new TapeheadError('FORMAT', `${directory} is no log of tapehead: it holds neither segments nor a watermark`);
  }
  return inventory;
}

/** The watermark, or what is wrong with it. */
export function loadWatermark(logFs: LogFs, directory: string, inventory: LogInventory): Watermark | LogProblem {
  const file = join(directory, WATERMARK_NAME);
  if (!inventory.hasWatermark) return { file, offset: 0, seq: 0, what: 'the file is missing' };
  let watermark: ReturnType<typeof readWatermark>;
  try {
    watermark = readWatermark(logFs, file);
  } catch (error) {
    throw readFailure(file, error);
  }
  if (!isWatermarkProblem(watermark)) return watermark;
  // A writer that died between creating the file and filling it had written nothing else.
  if (watermark.isBlank && inventory.segments.length === 0) {
    return { state: LogState.Open, durableSeq: 0, groupBytes: 0 };
  }
  return { file, offset: watermark.offset, seq: 0, what: watermark.what };
}

export function isLogProblem(value: Watermark | LogProblem): value is LogProblem {
  return 'what' in value;
}

/** The first hole in the segment files' numbers, or the first one longer than a segment is. */
export function segmentProblem(directory: string, inventory: LogInventory, geometry: LogGeometry): LogProblem | null {
  const segmentBytes = geometry.blockBytes * geometry.segmentBlocks;
  let expected = 0;
  for (const segment of inventory.segments) {
    if (segment.segment !== expected) {
      return { file: join(directory, segmentName(expected)), offset: 0, seq: 0, what: 'the file is missing' };
    }
    if (segment.bytes > segmentBytes) {
      const what = `${segment.bytes - segmentBytes} bytes too many, a segment has ${segmentBytes}`;
      return { file: join(directory, segment.name), offset: segmentBytes, seq: 0, what };
    }
    expected++;
  }
  return null;
}

export function scanLog(
  logFs: LogFs,
  directory: string,
  geometry: LogGeometry,
  inventory: LogInventory,
  watermark: Watermark,
): LogScan {
  const source = new BlockSource(logFs, directory, geometry, inventory.segments);
  try {
    return new Scanner(directory, geometry, source, watermark).scan(segmentProblem(directory, inventory, geometry));
  } finally {
    source.close();
  }
}

class Scanner {
  private readonly directory: string;
  private readonly geometry: LogGeometry;
  private readonly source: BlockSource;
  private readonly watermark: Watermark;
  private readonly checker: BlockChecker;
  private readonly chainBefore = new Uint8Array(CHAIN_BYTES);
  private end: LogEnd | null = null;
  /** Log positions: where wholeness ends, just past the last byte that is not zero, the furthest valid block behind. */
  private tear = 0;
  /** Where the first wrong byte or record lies: in a block that is kept in part, not where that part begins. */
  private wrongAt = 0;
  private contentEnd = 0;
  private furthestValid = -1;

  constructor(directory: string, geometry: LogGeometry, source: BlockSource, watermark: Watermark) {
    this.directory = directory;
    this.geometry = geometry;
    this.source = source;
    this.watermark = watermark;
    this.checker = new BlockChecker(geometry);
  }

  scan(segmentsWrong: LogProblem | null): LogScan {
    const { source } = this;
    const what = this.findEnd();
    if (source.block >= 0 && what !== null) {
      do this.lookBehind();
      while (source.next());
    }
    const seq = this.end === null ? 0 : this.end.seq;
    const torn: TornTail | null =
      this.contentEnd > this.tear ? { ...this.place(this.tear), bytes: this.contentEnd - this.tear } : null;
    return {
      records: seq,
      lastType: this.end === null ? 0 : this.checker.wholeLastType,
      end: this.end,
      chainBefore: this.chainBefore,
      torn,
      damage: segmentsWrong ?? this.findDamage(seq, what),
    };
  }

  /** Goes to the first block that is not sealed and right; says why it is not, or null when all are. */
  private findEnd(): string | null {
    const { source, checker } = this;
    const { blockBytes } = this.geometry;
    const chain = new Uint8Array(CHAIN_BYTES);
    while (source.next()) {
      if (source.block !== checker.block) {
        this.tear = checker.block * blockBytes;
        this.wrongAt = this.tear;
        return 'the file ends here, others follow';
      }
      chain.set(checker.chain);
      const verdict = checker.check(source.bytes, source.u32, source.start, source.available);
      if (checker.wholeRecords > 0) {
        const next = verdict === BlockVerdict.Sealed ? checker.nextSeq : checker.nextSeq + checker.wholeRecords;
        this.end = { block: source.block, offset: checker.wholeEnd, seq: next - 1 };
        this.chainBefore.set(chain);
      }
      this.tear = source.block * blockBytes + (checker.wholeRecords > 0 ? checker.wholeEnd : 0);
      this.wrongAt = source.block * blockBytes + (checker.problem === '' ? checker.wholeEnd : checker.problemAt);
      if (verdict === BlockVerdict.Open) return 'the block was never sealed';
      if (verdict === BlockVerdict.Bad) return checker.problem;
      this.tear = (source.block + 1) * blockBytes;
      this.wrongAt = this.tear;
    }
    this.contentEnd = this.tear;
    return null;
  }

  /** Notes what the current block holds behind the tear. */
  private lookBehind(): void {
    const { source } = this;
    const position = source.block * this.geometry.blockBytes;
    let last = source.start + source.available;
    const from = source.start + Math.max(0, this.tear - position);
    while (last > from && source.bytes[last - 1] === 0) last--;
    if (last > from) this.contentEnd = position + last - source.start;
    if (position >= this.tear && this.isValidBlock()) this.furthestValid = position;
  }

  /** A block that belongs where it lies and begins with a whole record. */
  private isValidBlock(): boolean {
    const { u32, start, available, block } = this.source;
    const header = start >> 2;
    const record = (start + BLOCK_HEADER_BYTES) >> 2;
    if (available < BLOCK_HEADER_BYTES + 8 || u32[header + BlockWord.Magic] !== BLOCK_MAGIC) return false;
    if (u32[header + BlockWord.VersionAndHeaderBytes] !== VERSION_AND_HEADER_BYTES) return false;
    if (getU64(u32, header + BlockWord.Index) !== block) return false;
    const length = u32[record + 1] & 0xffff;
    return (
      isPlausibleLength((u32[record + 1] >>> 16) & 0xff, length) &&
      BLOCK_HEADER_BYTES + length <= available &&
      u32[record] === recordCrc32c(u32, record, length >> 2)
    );
  }

  private findDamage(seq: number, what: string | null): LogProblem | null {
    const { watermark } = this;
    const at = this.place(this.wrongAt);
    const why = what ?? 'the log ends here';
    if (watermark.state === LogState.OpenUnsynced) return null; // nothing was ever promised
    if (seq < watermark.durableSeq) {
      return { ...at, seq: seq + 1, what: `${why}, but records to seq ${watermark.durableSeq} were made durable` };
    }
    if (watermark.state === LogState.Closed && what !== null) {
      return { ...at, seq: seq + 1, what: `${why}, but the log was closed` };
    }
    if (this.furthestValid >= this.tear + Math.max(watermark.groupBytes, this.geometry.blockBytes)) {
      const valid = this.place(this.furthestValid);
      return { ...at, seq: seq + 1, what: `${why}, but valid blocks follow as far as ${valid.file}:${valid.offset}` };
    }
    return null;
  }

  private place(position: number): { file: string; offset: number } {
    const { blockBytes } = this.geometry;
    const block = Math.floor(position / blockBytes);
    const offset = blockFileOffset(this.geometry, block) + (position - block * blockBytes);
    return { file: join(this.directory, blockFile(this.geometry, block)), offset };
  }
}
