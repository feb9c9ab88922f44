/**
 * The disk's side of the log writer: brings what the block builder holds to the segment files in groups, and moves the
 * watermark behind each of them. A group is written and synced before the next one's first byte is written.
 *
 * `commit` does it on the caller's thread. `begin`, for a full group, may leave write and sync to a GroupDisk and let the
 * builder go on in its other memory; `settle` then takes note of their end. Any failure is final.
 */
import { join } from 'node:path';
import { assert } from '../core/assert.ts';
import { monotonicNs } from '../core/clock.ts';
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import type { BlockBuilder } from './block-builder.ts';
import type { GroupDisk } from './disk-thread.ts';
import { BlockWord, getU64, type LogGeometry, writeOpenHeader } from './layout.ts';
import type { LogFs } from './log-fs.ts';
import { type LogEnd, ResumeCheck } from './resume-check.ts';
import { SegmentFiles } from './segment-files.ts';
import { DurableCell, LogState, WATERMARK_NAME, WatermarkFile, WriterStatus } from './watermark.ts';

/** Where a writer starts on disk: a new log, or one that was recovered and is compared up to `end` first. */
export interface LogPlace {
  readonly directory: string;
  /** The file `watermark` exists, and perhaps segments. */
  readonly exists: boolean;
  /** Null: nothing is kept of what may be there. */
  readonly end: LogEnd | null;
  /** Known to be durable. */
  readonly durableSeq: number;
  readonly groupBytes: number;
}

/** After each commit: how long it took, how long ago its oldest record was taken from the ring, and what it made durable. */
export type OnCommit = (commitNs: number, oldestNs: number, bytes: number, durableSeq: number) => void;

export interface CommitOptions {
  readonly fs: LogFs;
  readonly geometry: LogGeometry;
  readonly sync: boolean;
  readonly preallocate: boolean;
  readonly durable: SharedArrayBuffer;
  /** Null: everything happens on the caller's thread. */
  readonly disk: GroupDisk | null;
  readonly onCommit: OnCommit | null;
}

/** A group that a GroupDisk has. */
interface Flight {
  isUnderWay: boolean;
  /** What is durable when it has ended. */
  seq: number;
  bytes: number;
  startNs: number;
  oldestNs: number;
}

export class GroupCommit {
  commits = 0;
  /** How long the last commit took, and when it ended. */
  lastCommitNs = 0;
  lastCommitEndNs = 0;
  /** When the oldest record was taken that no commit holds yet; 0 when there is none. The writer sets it. */
  oldestNs = 0;
  durableSeq: number;
  private readonly builder: BlockBuilder;
  private readonly options: CommitOptions;
  private readonly files: SegmentFiles;
  private readonly watermark: WatermarkFile;
  private readonly cell: DurableCell;
  private readonly groupBytes: number;
  private readonly flight: Flight = { isUnderWay: false, seq: 0, bytes: 0, startNs: 0, oldestNs: 0 };
  private resume: ResumeCheck | null = null;
  /** How far the group is on disk, from its start. */
  private written = 0;
  /** The slot whose block has been written in part, with an open header; -1 without one. */
  private openSlot = -1;

  constructor(place: LogPlace, builder: BlockBuilder, options: CommitOptions) {
    this.builder = builder;
    this.options = options;
    this.durableSeq = place.durableSeq;
    // What the last writer left half done may be larger than our groups; it is cut only when the run has caught up.
    this.groupBytes = Math.max(builder.groupBytes, place.groupBytes);
    this.cell = new DurableCell(options.durable);
    this.files = new SegmentFiles(options.fs, place.directory, options.geometry, options);
    this.watermark = this.openWatermark(place);
    if (place.end !== null) this.resume = new ResumeCheck(place.directory, options.geometry, this.files, place.end);
    this.announce(WriterStatus.Running);
  }

  /** Bytes that the group holds and disk does not. */
  get pendingBytes(): number {
    return this.builder.end - this.written;
  }

  /** A GroupDisk is at work. */
  get isUnderWay(): boolean {
    return this.flight.isUnderWay;
  }

  /** Sleeps until the GroupDisk is through, or for `timeoutMs`. */
  wait(timeoutMs: number): void {
    this.options.disk?.wait(timeoutMs);
  }

  /** Takes note of the end of what a GroupDisk had, if it has come. */
  settle(): void {
    if (this.flight.isUnderWay && this.options.disk?.isDone() === true) this.land();
  }

  /** Writes what the group holds and disk does not, syncs it, and says so. */
  commit(): void {
    if (this.flight.isUnderWay) this.land();
    const startNs = monotonicNs();
    const { oldestNs } = this;
    this.oldestNs = 0;
    if (this.resume !== null && !this.compare(this.resume)) return;
    const { builder, files } = this;
    const end = builder.end;
    const bytes = end - this.written;
    if (bytes === 0 && !this.hasSealedOpenBlock()) return;
    this.writeSealedHeader();
    files.write(builder.bytes, this.written, bytes, this.position(this.written));
    files.sync();
    this.written = end;
    this.openSlot = builder.isOpen ? builder.slot : -1;
    this.committed(builder.lastSeq, bytes, startNs, oldestNs);
  }

  /** Commits a group of sealed blocks, perhaps beside this thread; the builder goes on with an empty one. */
  begin(): void {
    const { disk } = this.options;
    if (this.flight.isUnderWay) this.land();
    if (disk === null || this.resume !== null || !disk.isReady() || !this.takeOff(disk)) {
      this.commit();
      this.builder.rebase();
    }
    this.written = 0;
  }

  /** Closes a log whose last block is sealed: cuts what was filled in ahead, and says in the watermark that it is whole. */
  end(): void {
    this.commit();
    // A run that ended before it reached the recovered end has diverged there: commit() said so.
    assert(this.resume === null, 'a resumed log has passed its recovered end');
    this.files.endAt(this.position(this.builder.end));
    this.watermark.write({ state: LogState.Closed, durableSeq: this.builder.lastSeq, groupBytes: 0 });
    if (this.options.sync) this.watermark.sync();
  }

  /** Lets go of the files. What was durable is; a failure to close one changes nothing. */
  close(): void {
    this.options.disk?.close(); // before the descriptors that it writes to
    try {
      this.files.close();
      this.watermark.close();
    } catch {
      // the descriptors go with the process
    }
  }

  /** Tells other threads how far the log is durable, and what became of its writer. */
  announce(status: WriterStatus): void {
    this.cell.publish(this.durableSeq, status);
  }

  /** Log position of a place in the group. */
  position(inGroup: number): number {
    return this.builder.baseBlock * this.options.geometry.blockBytes + inGroup;
  }

  /** Hands the rest of the group over; false where that can't be. */
  private takeOff(disk: GroupDisk): boolean {
    const { builder, files, flight } = this;
    const startNs = monotonicNs();
    const bytes = this.pendingBytes;
    const offset = builder.bytes.byteOffset + this.written;
    this.writeSealedHeader();
    if (!files.beginWrite(disk, offset, bytes, this.position(this.written))) return false;
    flight.isUnderWay = true;
    flight.seq = builder.lastSeq;
    flight.bytes = bytes;
    flight.startNs = startNs;
    flight.oldestNs = this.oldestNs;
    this.oldestNs = 0;
    this.openSlot = -1;
    builder.swap();
    return true;
  }

  private land(): void {
    const { flight } = this;
    this.files.finishWrite();
    flight.isUnderWay = false;
    this.committed(flight.seq, flight.bytes, flight.startNs, flight.oldestNs);
  }

  private hasSealedOpenBlock(): boolean {
    return this.openSlot >= 0 && this.openSlot < this.builder.slot;
  }

  /** The header of a block written in part before the rest of it, so that a killed process leaves a prefix. */
  private writeSealedHeader(): void {
    if (!this.hasSealedOpenBlock()) return;
    const header = this.openSlot * this.options.geometry.blockBytes;
    this.files.write(this.builder.bytes, header, BLOCK_HEADER_BYTES, this.position(header));
  }

  private committed(seq: number, bytes: number, startNs: number, oldestNs: number): void {
    this.markDurable(seq);
    this.lastCommitEndNs = monotonicNs();
    this.lastCommitNs = this.lastCommitEndNs - startNs;
    this.commits++;
    this.options.onCommit?.(this.lastCommitNs, this.lastCommitEndNs - oldestNs, bytes, seq);
  }

  private markDurable(seq: number): void {
    this.durableSeq = seq;
    this.watermark.write(this.openState());
    this.announce(WriterStatus.Running);
  }

  /** Opens the watermark; of a new log it is durable before the first segment exists. */
  private openWatermark(place: LogPlace): WatermarkFile {
    const { fs, sync } = this.options;
    const file = new WatermarkFile(fs, join(place.directory, WATERMARK_NAME), place.exists);
    if (place.end !== null) return file;
    if (place.exists) this.files.endAt(0);
    file.write(this.openState());
    if (sync) {
      file.sync();
      fs.syncDirectory(place.directory);
    }
    return file;
  }

  private openState(): { state: LogState; durableSeq: number; groupBytes: number } {
    return {
      state: this.options.sync ? LogState.Open : LogState.OpenUnsynced,
      durableSeq: this.durableSeq,
      groupBytes: this.groupBytes,
    };
  }

  /**
   * While resuming, instead of writing: compares the group's complete blocks, and at the recovered end makes the log on
   * disk end there and open again. True once that has happened.
   */
  private compare(resume: ResumeCheck): boolean {
    const { builder } = this;
    const { blockBytes } = this.options.geometry;
    const { end } = resume;
    for (;;) {
      const slot = this.written / blockBytes;
      const block = builder.baseBlock + slot;
      if (block === end.block) break;
      if (slot >= builder.slot) return false;
      resume.compareWhole(builder.bytes, builder.u32, this.written, block);
      this.written += blockBytes;
    }
    const isSealed = builder.slot > this.written / blockBytes;
    if (!isSealed && builder.end < this.written + end.offset) return false;
    resume.compareLast(builder.bytes, builder.u32, this.written);
    this.reopen(end);
    this.openSlot = this.written / blockBytes;
    this.written += end.offset;
    this.resume = null;
    return true;
  }

  /** Marks the log and its last block as open again, and cuts what follows the recovered end; all of it durable. */
  private reopen(end: LogEnd): void {
    // What an unsynced or killed run left is durable before the watermark promises that only a group can be torn; and the
    // watermark before the header: a log that recovery had sealed must not look sealed with an open block in it.
    this.files.syncAll();
    this.watermark.write(this.openState());
    if (this.options.sync) this.watermark.sync();
    const header = new Uint32Array(BLOCK_HEADER_BYTES / 4);
    const firstSeq = getU64(this.builder.u32, (this.written >> 2) + BlockWord.FirstSeq);
    writeOpenHeader(header, 0, end.block, firstSeq);
    const position = this.position(this.written);
    this.files.write(new Uint8Array(header.buffer), 0, BLOCK_HEADER_BYTES, position);
    this.files.endAt(position + end.offset);
    this.markDurable(end.seq);
  }
}
