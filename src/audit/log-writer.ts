/**
 * The audit worker's job: takes records from the journal ring, builds them into blocks and makes them durable in groups.
 *
 * When a commit happens (write + fdatasync + watermark) depends on load and time; what is written where does not: the
 * files of a closed log are a function of its records alone. A group ends when `commitBytes` have been sealed into
 * blocks, or, so that a slow feed is durable promptly, when the ring is empty and the last commit is `idleCommitNs` ago:
 * then the open block is written as far as it is filled, and its rest later.
 *
 * Any failure is final: the writer marks its journal reader as gone, so that the engine stops with ReaderGoneError, and
 * throws. It never tries a write or sync again: after a failed fdatasync the system may have dropped the pages.
 */
import { join } from 'node:path';
import { assert } from '../core/assert.ts';
import { monotonicNs } from '../core/clock.ts';
import { TapeheadError } from '../core/errors.ts';
import { BLOCK_HEADER_BYTES, COMMIT_BYTES } from '../core/limits.ts';
import { MAX_RECORD_BYTES, RecordType } from '../core/record.ts';
import { JournalReader, type JournalShared } from '../ring/journal.ts';
import { WaitStrategy } from '../ring/wait.ts';
import { BlockBuilder } from './block-builder.ts';
import { assertGeometry, BlockWord, DEFAULT_GEOMETRY, getU64, type LogGeometry, writeOpenHeader } from './layout.ts';
import { type LogFs, nodeFs, writeFailure } from './log-fs.ts';
import type { LogLock } from './log-lock.ts';
import { type LogEnd, ResumeCheck } from './resume-check.ts';
import { SegmentFiles } from './segment-files.ts';
import { createDurableCell, DurableCell, LogState, WATERMARK_NAME, WatermarkFile, WriterStatus } from './watermark.ts';

/** Where the writer's records come from. */
export interface JournalSource {
  readonly shared: JournalShared;
  /** Index of the writer's reader. */
  readonly reader: number;
  readonly wait?: WaitStrategy;
}

export interface LogWriterOptions {
  /** fdatasync at each commit (default). Without it "durable" means handed to the operating system. */
  readonly sync?: boolean;
  /** Fill segment files with zeros ahead of writing (default off): shorter syncs, twice the bytes written. */
  readonly preallocate?: boolean;
  readonly commitBytes?: number;
  /** Least time between two commits of an idle ring. */
  readonly idleCommitNs?: number;
  readonly geometry?: LogGeometry;
  /** Memory of a DurableCell that others already hold; one is made when absent. */
  readonly durable?: SharedArrayBuffer;
  readonly fs?: LogFs;
  /** After each commit: how long it took, and how long ago its oldest record was taken from the ring. */
  readonly onCommit?: (commitNs: number, oldestNs: number, bytes: number) => void;
}

/** What a run left on disk. */
export interface LogSummary {
  readonly records: number;
  /** Of the segment files. */
  readonly bytes: number;
  /** Chain hash of the last sealed block, as hex. */
  readonly headHash: string;
  /** False when the journal ended without an End record: the log is left open, as by a crash. */
  readonly closed: boolean;
}

/** Where a writer starts: a new log, or one that was recovered and is compared up to `end` first. */
export interface LogStart {
  readonly directory: string;
  readonly lock: LogLock;
  /** The file `watermark` exists, and perhaps segments. */
  readonly exists: boolean;
  /** Null: nothing is kept of what may be there. */
  readonly end: LogEnd | null;
  /** Known to be durable. */
  readonly durableSeq: number;
  readonly groupBytes: number;
}

/** Half a millisecond: an idle commit's own cost (60-150 us) stays a fraction, and a paced event waits no longer. */
const IDLE_COMMIT_NS = 500_000;
/** The ring must not fill up meanwhile: 16 MiB take 50 ms at the fastest engine's pace. */
const MAX_NAP_MS = 1;
/** Taken from the ring at a time: gives space back to the engine often, and stays in the second-level cache. */
const RUN_BYTES = 1 << 16;

export class LogWriter {
  /** Shared memory that tells other threads what is durable. */
  readonly durable: SharedArrayBuffer;
  commits = 0;
  /** How long the last commit took. */
  lastCommitNs = 0;
  private readonly lock: LogLock;
  private readonly geometry: LogGeometry;
  private readonly sync: boolean;
  private readonly commitBytes: number;
  private readonly idleCommitNs: number;
  private readonly groupBytes: number;
  private readonly onCommit: ((commitNs: number, oldestNs: number, bytes: number) => void) | null;
  private readonly source: JournalSource;
  private readonly reader: JournalReader;
  private readonly builder: BlockBuilder;
  private readonly files: SegmentFiles;
  private readonly watermark: WatermarkFile;
  private readonly cell: DurableCell;
  private readonly nap = new Int32Array(new SharedArrayBuffer(4));
  private resume: ResumeCheck | null = null;
  /** How far the group is on disk, from its start. */
  private written = 0;
  /** The slot whose block has been written in part, with an open header; -1 without one. */
  private openSlot = -1;
  private durableSeq = 0;
  private lastCommitEndNs = 0;
  /** When the oldest record that is not durable was taken; 0 when there is none. */
  private oldestNs = 0;
  private isStopped = false;

  constructor(start: LogStart, source: JournalSource, options: LogWriterOptions = {}) {
    const logFs = options.fs ?? nodeFs;
    this.lock = start.lock;
    this.geometry = options.geometry ?? DEFAULT_GEOMETRY;
    assertGeometry(this.geometry);
    this.sync = options.sync ?? true;
    this.commitBytes = options.commitBytes ?? COMMIT_BYTES;
    assert(this.commitBytes >= 1, 'commit bytes');
    this.idleCommitNs = options.idleCommitNs ?? IDLE_COMMIT_NS;
    this.onCommit = options.onCommit ?? null;
    this.source = source;
    this.reader = new JournalReader(source.shared, source.reader, source.wait ?? WaitStrategy.SpinThenPark);
    // One block more than a group: the first one may have been written in part before.
    const slots = Math.ceil(this.commitBytes / this.geometry.blockBytes) + 1;
    this.builder = new BlockBuilder(this.geometry.blockBytes, slots);
    this.files = new SegmentFiles(logFs, start.directory, this.geometry, {
      sync: this.sync,
      preallocate: options.preallocate ?? false,
    });
    this.durable = options.durable ?? createDurableCell();
    this.cell = new DurableCell(this.durable);
    this.durableSeq = start.durableSeq;
    // What the last writer left half done may be larger than our groups; it is cut only when the run has caught up.
    this.groupBytes = Math.max(this.builder.bytes.length, start.groupBytes);
    this.watermark = this.openWatermark(logFs, start);
    if (start.end !== null) this.resume = new ResumeCheck(start.directory, this.geometry, this.files, start.end);
    this.cell.publish(this.durableSeq, WriterStatus.Running);
  }

  /** Records taken from the journal so far. */
  get records(): number {
    return this.builder.records;
  }

  /**
   * Takes up to about `limitBytes` from the ring, and commits when it is time to. Returns the bytes taken: 0 when the
   * ring was empty. For a topology in which the writer shares a thread; `run` is the loop of one that has its own.
   */
  doWork(limitBytes = 4 * RUN_BYTES): number {
    assert(!this.isStopped, 'the log writer is running');
    try {
      const taken = this.take(limitBytes >> 3) * 8;
      if (taken === 0) {
        if (this.oldestNs !== 0 && this.idleForNs() >= this.idleCommitNs) this.commit();
      } else if (this.commitBytes < this.geometry.blockBytes && this.pendingBytes() >= this.commitBytes) {
        this.commit();
      }
      return taken;
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  /** Works until the journal is closed and empty, then closes the log. */
  run(): LogSummary {
    for (;;) {
      if (this.doWork() > 0) continue;
      if (this.reader.isClosed() && this.reader.poll() === 0) return this.close();
      // While something waits for its commit there is no point in waking for each record: sleep until it is due. The
      // ring holds many times what comes meanwhile, and the engine is spared the notifications.
      if (this.oldestNs === 0) this.reader.idle();
      else Atomics.wait(this.nap, 0, 0, this.untilDueMs());
    }
  }

  /** Makes everything taken so far durable now. */
  flush(): void {
    assert(!this.isStopped, 'the log writer is running');
    try {
      this.commit();
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  /**
   * Seals and closes the log if its last record is an End; otherwise leaves it open, as after a crash, with everything
   * taken made durable. Releases the lock.
   */
  close(): LogSummary {
    assert(!this.isStopped, 'the log writer is running');
    const { builder } = this;
    const closed = builder.lastType === RecordType.End;
    try {
      if (closed) {
        builder.seal();
        this.commit();
        // A run that ended before it reached the recovered end has diverged there: commit() said so.
        assert(this.resume === null, 'a resumed log has passed its recovered end');
        this.files.endAt(this.position(builder.end));
        this.watermark.write({ state: LogState.Closed, durableSeq: builder.lastSeq, groupBytes: 0 });
        if (this.sync) this.watermark.sync();
      } else {
        this.commit();
      }
    } catch (error) {
      this.fail();
      throw error;
    }
    this.stop(closed ? WriterStatus.Closed : WriterStatus.Failed);
    return {
      records: builder.records,
      bytes: this.position(builder.end),
      headHash: Buffer.from(builder.chain).toString('hex'),
      closed,
    };
  }

  /** Opens the watermark; of a new log it is durable before the first segment exists. */
  private openWatermark(logFs: LogFs, start: LogStart): WatermarkFile {
    const path = join(start.directory, WATERMARK_NAME);
    try {
      const file = new WatermarkFile(logFs, path, start.exists);
      if (start.end === null) {
        if (start.exists) this.files.endAt(0);
        file.write(this.openState());
        if (this.sync) {
          file.sync();
          logFs.syncDirectory(start.directory);
        }
      }
      return file;
    } catch (error) {
      JournalReader.abandon(this.source.shared, this.source.reader);
      this.cell.publish(0, WriterStatus.Failed);
      this.lock.release();
      throw error instanceof TapeheadError ? error : writeFailure('create', path, error);
    }
  }

  private openState(): { state: LogState; durableSeq: number; groupBytes: number } {
    return {
      state: this.sync ? LogState.Open : LogState.OpenUnsynced,
      durableSeq: this.durableSeq,
      groupBytes: this.groupBytes,
    };
  }

  /** Copies up to `limitWords` (8-byte words) of records into blocks; returns how many. */
  private take(limitWords: number): number {
    const { reader, builder } = this;
    const available = reader.poll();
    if (available === 0) return 0;
    if (this.oldestNs === 0) this.oldestNs = monotonicNs();
    const ringWords = reader.mask + 1;
    let left = available;
    while (left > 0 && available - left < limitWords) {
      const at = reader.cursor & reader.mask;
      const head = reader.u32[at * 2 + 1];
      const length = head & 0xffff;
      if (((head >>> 16) & 0xff) === RecordType.Pad) {
        reader.release(length >> 3);
        left -= length >> 3;
        continue;
      }
      assert(length >= 8 && length <= MAX_RECORD_BYTES, 'a journal record has a length');
      if (builder.isFullFor(length)) this.sealBlock();
      const run = Math.min(left, ringWords - at) * 8;
      const taken = builder.append(reader.bytes, reader.u32, at * 8, Math.min(run, RUN_BYTES)) >> 3;
      assert(taken > 0, 'a record fits an empty block');
      reader.release(taken);
      left -= taken;
    }
    return available - left;
  }

  private sealBlock(): void {
    const { builder } = this;
    builder.seal();
    if (builder.slot === builder.slots || this.pendingBytes() >= this.commitBytes) {
      this.commit();
      builder.rebase();
      this.written = 0;
    }
  }

  private pendingBytes(): number {
    return this.builder.end - this.written;
  }

  private idleForNs(): number {
    return monotonicNs() - this.lastCommitEndNs;
  }

  private untilDueMs(): number {
    return Math.min(MAX_NAP_MS, Math.max(0, (this.idleCommitNs - this.idleForNs()) / 1e6));
  }

  /** Log position of a place in the group. */
  private position(inGroup: number): number {
    return this.builder.baseBlock * this.geometry.blockBytes + inGroup;
  }

  /** Writes what the group holds and disk does not, syncs it, and says so. */
  private commit(): void {
    const startNs = monotonicNs();
    if (this.resume !== null && !this.compare(this.resume)) {
      this.oldestNs = 0;
      return;
    }
    const { builder, files } = this;
    const { blockBytes } = this.geometry;
    const end = builder.end;
    const bytes = end - this.written;
    const isSealed = this.openSlot >= 0 && this.openSlot < builder.slot;
    if (bytes > 0 || isSealed) {
      if (isSealed) {
        // The header before the rest of the block, so that a killed process leaves a prefix.
        const header = this.openSlot * blockBytes;
        files.write(builder.bytes, header, BLOCK_HEADER_BYTES, this.position(header));
      }
      files.write(builder.bytes, this.written, bytes, this.position(this.written));
      files.sync();
      this.written = end;
      this.openSlot = builder.isOpen ? builder.slot : -1;
      this.markDurable(builder.lastSeq);
      this.lastCommitEndNs = monotonicNs();
      this.lastCommitNs = this.lastCommitEndNs - startNs;
      this.commits++;
      if (this.onCommit !== null) this.onCommit(this.lastCommitNs, this.lastCommitEndNs - this.oldestNs, bytes);
    }
    this.oldestNs = 0;
  }

  private markDurable(seq: number): void {
    this.durableSeq = seq;
    this.watermark.write(this.openState());
    this.cell.publish(seq, WriterStatus.Running);
  }

  /**
   * While resuming, instead of writing: compares the group's complete blocks, and at the recovered end makes the log on
   * disk end there and open again. True once that has happened.
   */
  private compare(resume: ResumeCheck): boolean {
    const { builder } = this;
    const { blockBytes } = this.geometry;
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
    if (this.sync) this.watermark.sync();
    const header = new Uint32Array(BLOCK_HEADER_BYTES / 4);
    const firstSeq = getU64(this.builder.u32, (this.written >> 2) + BlockWord.FirstSeq);
    writeOpenHeader(header, 0, end.block, firstSeq);
    const position = this.position(this.written);
    this.files.write(new Uint8Array(header.buffer), 0, BLOCK_HEADER_BYTES, position);
    this.files.endAt(position + end.offset);
    this.markDurable(end.seq);
  }

  private fail(): void {
    if (this.isStopped) return;
    JournalReader.abandon(this.source.shared, this.source.reader);
    this.stop(WriterStatus.Failed);
  }

  /** Lets go of everything. What was durable is; a failure to close a file changes nothing. */
  private stop(status: WriterStatus): void {
    this.isStopped = true;
    try {
      this.files.close();
      this.watermark.close();
    } catch {
      // the descriptors go with the process
    }
    this.lock.release();
    this.cell.publish(this.durableSeq, status);
  }
}
