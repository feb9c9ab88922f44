/** Reads a log's blocks in order, in chunks of a fixed size: memory does not grow with the log. */
import { join } from 'node:path';
import { TapeheadError } from '../core/errors.ts';
import { blockFile, blockFileOffset, type LogGeometry, segmentName, segmentNumber } from './layout.ts';
import { errnoOf, type LogFs, readFailure, readFully } from './log-fs.ts';
import { isLockName } from './log-lock.ts';
import { WATERMARK_NAME } from './watermark.ts';

/** Read at a time: large enough to hide the call, small enough for the second-level cache. */
const CHUNK_BYTES = 1 << 18;

/** What a log directory holds. */
export interface LogInventory {
  readonly segments: readonly SegmentFile[];
  readonly hasWatermark: boolean;
  /** Names that no log has. */
  readonly foreign: readonly string[];
}

export interface SegmentFile {
  readonly segment: number;
  readonly name: string;
  readonly bytes: number;
}

/** Lists a directory; null when it does not exist. */
export function takeInventory(logFs: LogFs, directory: string): LogInventory | null {
  let names: string[];
  try {
    names = logFs.list(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === 'ENOTDIR') {
      throw new TapeheadError('NO_FILE', `${directory} is a file; a log is a directory`);
    }
    throw readFailure(directory, error);
  }
  const segments: SegmentFile[] = [];
  const foreign: string[] = [];
  for (const name of names) {
    const segment = segmentNumber(name);
    if (segment >= 0) segments.push({ segment, name, bytes: sizeOf(logFs, join(directory, name)) });
    else if (name !== WATERMARK_NAME && !isLockName(name)) foreign.push(name);
  }
  segments.sort((a, b) => a.segment - b.segment);
  return { segments, hasWatermark: names.includes(WATERMARK_NAME), foreign };
}

function sizeOf(logFs: LogFs, path: string): number {
  try {
    const fd = logFs.open(path, 'r');
    try {
      return logFs.size(fd);
    } finally {
      logFs.close(fd);
    }
  } catch (error) {
    throw readFailure(path, error);
  }
}

/** A flyweight over the current block; `next` re-points it. */
export class BlockSource {
  /** Memory of the current chunk; it may be written to, nothing else sees it. */
  readonly bytes: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  /** The current block: its index, its first byte in `bytes`, and how many of its bytes the file has. */
  block = -1;
  start = 0;
  available = 0;
  private readonly logFs: LogFs;
  private readonly directory: string;
  private readonly geometry: LogGeometry;
  private readonly segments: readonly SegmentFile[];
  /** Position in `segments`. */
  private at = -1;
  private fd = -1;
  private chunkBlock = 0;
  private chunkBytes = 0;

  constructor(logFs: LogFs, directory: string, geometry: LogGeometry, segments: readonly SegmentFile[]) {
    this.logFs = logFs;
    this.directory = directory;
    this.geometry = geometry;
    this.segments = segments;
    const blocks = Math.max(1, Math.floor(CHUNK_BYTES / geometry.blockBytes));
    this.bytes = new Uint8Array(blocks * geometry.blockBytes);
    this.u32 = new Uint32Array(this.bytes.buffer);
    this.f64 = new Float64Array(this.bytes.buffer);
  }

  /** The current block's file, and where it begins in it. */
  get file(): string {
    return join(this.directory, blockFile(this.geometry, this.block));
  }

  get fileOffset(): number {
    return blockFileOffset(this.geometry, this.block);
  }

  /** Goes to the next block that has at least one byte; false at the end. A missing segment file is passed over. */
  next(): boolean {
    const { blockBytes } = this.geometry;
    if (this.block >= 0) {
      const inChunk = (this.block + 1 - this.chunkBlock) * blockBytes;
      if (inChunk < this.chunkBytes) {
        this.block++;
        this.start = inChunk;
        this.available = Math.min(blockBytes, this.chunkBytes - inChunk);
        return true;
      }
      if (this.readChunk(this.block + 1)) return true;
    }
    while (this.at + 1 < this.segments.length) {
      this.at++;
      this.reopen();
      if (this.readChunk(this.segments[this.at].segment * this.geometry.segmentBlocks)) return true;
    }
    return false;
  }

  /** Makes `next` go to `block`, or to the first one after it that exists. */
  seek(block: number): void {
    const segment = Math.floor(block / this.geometry.segmentBlocks);
    let at = 0;
    while (at < this.segments.length && this.segments[at].segment < segment) at++;
    this.block = -1;
    if (block === 0 || at === this.segments.length || this.segments[at].segment !== segment) {
      this.at = at - 1; // `next` opens the file after it, from its first block
      return;
    }
    this.at = at;
    this.reopen();
    this.block = block - 1;
    this.chunkBlock = block;
    this.chunkBytes = 0;
  }

  close(): void {
    if (this.fd >= 0) this.logFs.close(this.fd);
    this.fd = -1;
  }

  private reopen(): void {
    this.close();
    const path = join(this.directory, segmentName(this.segments[this.at].segment));
    try {
      this.fd = this.logFs.open(path, 'r');
    } catch (error) {
      throw readFailure(path, error);
    }
  }

  /** Reads the chunk that starts with `block`, from the open segment; false when the segment ends before it. */
  private readChunk(block: number): boolean {
    const { blockBytes, segmentBlocks } = this.geometry;
    const segmentEnd = (this.segments[this.at].segment + 1) * segmentBlocks;
    const wanted = Math.min(this.bytes.length, (segmentEnd - block) * blockBytes);
    if (wanted <= 0) return false;
    let length: number;
    try {
      length = readFully(this.logFs, this.fd, this.bytes, 0, wanted, blockFileOffset(this.geometry, block));
    } catch (error) {
      throw readFailure(join(this.directory, blockFile(this.geometry, block)), error);
    }
    if (length === 0) return false;
    this.chunkBlock = block;
    this.chunkBytes = length;
    this.block = block;
    this.start = 0;
    this.available = Math.min(blockBytes, length);
    return true;
  }
}
