/**
 * Resuming a log: the same replay starts again from its beginning, and until it has passed the last record that was
 * recovered, its blocks are compared with those on disk instead of being written. Nothing on disk is touched before the
 * comparison is through, so a run that was never this log's leaves it as it was.
 */
import { join } from 'node:path';
import { TapeheadError } from '../core/errors.ts';
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import { BlockWord, blockFile, blockFileOffset, getU64, type LogGeometry } from './layout.ts';
import { recordTypeName } from './record-shape.ts';
import type { SegmentFiles } from './segment-files.ts';

/** Just past the last whole record of a recovered log. */
export interface LogEnd {
  readonly block: number;
  /** From the block's start. */
  readonly offset: number;
  /** That record's. */
  readonly seq: number;
}

export class ResumeCheck {
  readonly end: LogEnd;
  private readonly directory: string;
  private readonly geometry: LogGeometry;
  private readonly files: SegmentFiles;
  private readonly disk: Uint8Array;

  constructor(directory: string, geometry: LogGeometry, files: SegmentFiles, end: LogEnd) {
    this.directory = directory;
    this.geometry = geometry;
    this.files = files;
    this.end = end;
    this.disk = new Uint8Array(geometry.blockBytes);
  }

  /** Compares the sealed block at bytes[start], which is not the last one on disk: every byte must be the same. */
  compareWhole(bytes: Uint8Array, u32: Uint32Array, start: number, block: number): void {
    this.compare(bytes, u32, start, block, this.geometry.blockBytes);
  }

  /** Compares the records in bytes[start + 64, start + end.offset) with those of the last block on disk. */
  compareLast(bytes: Uint8Array, u32: Uint32Array, start: number): void {
    this.compare(bytes, u32, start, this.end.block, this.end.offset);
  }

  private compare(bytes: Uint8Array, u32: Uint32Array, start: number, block: number, length: number): void {
    const { disk, geometry } = this;
    disk.fill(0);
    this.files.read(disk, 0, length, block * geometry.blockBytes);
    let at = BLOCK_HEADER_BYTES;
    while (at < length && disk[at] === bytes[start + at]) at++;
    if (at < length) throw this.diverged(bytes, u32, start, block, at);
    if (block === this.end.block) return;
    for (at = 0; at < BLOCK_HEADER_BYTES; at++) {
      if (disk[at] !== bytes[start + at]) throw this.diverged(bytes, u32, start, block, at);
    }
  }

  /** Names the record of this run that holds byte `at` of the block. */
  private diverged(bytes: Uint8Array, u32: Uint32Array, start: number, block: number, at: number): TapeheadError {
    let record = BLOCK_HEADER_BYTES;
    let seq = getU64(u32, (start >> 2) + BlockWord.FirstSeq);
    let length = u32[(start + record + 4) >> 2] & 0xffff;
    while (length !== 0 && record + length <= at) {
      record += length;
      seq++;
      length = record < this.geometry.blockBytes ? u32[(start + record + 4) >> 2] & 0xffff : 0;
    }
    const what =
      length === 0 ? `the end before record ${seq}` : `record ${seq} (${recordTypeName(bytes[start + record + 6])})`;
    const file = join(this.directory, blockFile(this.geometry, block));
    return new TapeheadError(
      'DIVERGED',
      `${what} is not what stands at ${file}:${blockFileOffset(this.geometry, block) + record}: this run is not the one ` +
        'that wrote the log (another recording, configuration, seed or version); choose another directory',
    );
  }
}
