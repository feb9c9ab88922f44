/**
 * The audit worker's job: takes records from the journal ring, builds them into blocks and makes them durable in groups.
 *
 * When a commit happens (write + fdatasync + watermark) depends on load and time; what is written where does not: the
 * files of a closed log are a function of its records alone. A group ends when `commitBytes` have been sealed into
 * blocks, or, so that a slow feed is durable promptly, when the ring is empty and the last commit is `idleCommitNs` ago:
 * then the open block is written as far as it is filled, and its rest later.
 *
 * With a disk thread a full group is written and synced there while this thread fills and hashes the next one; there are
 * never two of them under way, so what a crash may leave is the same.
 *
 * Any failure is final: the writer marks its journal reader as gone, so that the engine stops with ReaderGoneError, and
 * throws. It never tries a write or sync again: after a failed fdatasync the system may have dropped the pages.
 */
import { join } from 'node:path';
import { assert } from '../core/assert.ts';
import { monotonicNs } from '../core/clock.ts';
import { TapeheadError } from '../core/errors.ts';
import { COMMIT_BYTES } from '../core/limits.ts';
import { MAX_RECORD_BYTES, RecordType } from '../core/record.ts';
import { JournalReader, type JournalShared } from '../ring/journal.ts';
import { WaitStrategy } from '../ring/wait.ts';
import { BlockBuilder } from './block-builder.ts';
import { DiskThread, type GroupDisk } from './disk-thread.ts';
import { GroupCommit, type LogPlace, type OnCommit } from './group-commit.ts';
import { assertGeometry, DEFAULT_GEOMETRY, type LogGeometry } from './layout.ts';
import { type LogFs, nodeFs, writeFailure } from './log-fs.ts';
import type { LogLock } from './log-lock.ts';
import { createDurableCell, DurableCell, WATERMARK_NAME, WriterStatus } from './watermark.ts';

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
  /** Write and sync full groups on a thread of their own (default off), or on what a test makes of the blocks' memory. */
  readonly disk?: 'thread' | ((blocks: SharedArrayBuffer) => GroupDisk);
  readonly onCommit?: OnCommit;
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

/** Where a writer starts. From here to its end it holds the directory's lock. */
export interface LogStart extends LogPlace {
  readonly lock: LogLock;
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
  private readonly lock: LogLock;
  private readonly geometry: LogGeometry;
  private readonly commitBytes: number;
  private readonly idleCommitNs: number;
  private readonly source: JournalSource;
  private readonly reader: JournalReader;
  private readonly builder: BlockBuilder;
  private readonly group: GroupCommit;
  private readonly nap = new Int32Array(new SharedArrayBuffer(4));
  private isStopped = false;

  constructor(start: LogStart, source: JournalSource, options: LogWriterOptions = {}) {
    this.lock = start.lock;
    this.geometry = options.geometry ?? DEFAULT_GEOMETRY;
    assertGeometry(this.geometry);
    this.commitBytes = options.commitBytes ?? COMMIT_BYTES;
    assert(this.commitBytes >= 1, 'commit bytes');
    this.idleCommitNs = options.idleCommitNs ?? IDLE_COMMIT_NS;
    this.source = source;
    this.reader = new JournalReader(source.shared, source.reader, source.wait ?? WaitStrategy.SpinThenPark);
    // One block more than a group: the first one may have been written in part before.
    const slots = Math.ceil(this.commitBytes / this.geometry.blockBytes) + 1;
    this.builder = new BlockBuilder(this.geometry.blockBytes, slots, options.disk === undefined ? 1 : 2);
    this.durable = options.durable ?? createDurableCell();
    this.group = this.openGroup(start, options);
  }

  /** Records taken from the journal so far. */
  get records(): number {
    return this.builder.records;
  }

  get commits(): number {
    return this.group.commits;
  }

  /** How long the last commit took. */
  get lastCommitNs(): number {
    return this.group.lastCommitNs;
  }

  /**
   * Takes up to about `limitBytes` from the ring, and commits when it is time to. Returns the bytes taken: 0 when the
   * ring was empty. For a topology in which the writer shares a thread; `run` is the loop of one that has its own.
   */
  doWork(limitBytes = 4 * RUN_BYTES): number {
    assert(!this.isStopped, 'the log writer is running');
    const { group } = this;
    try {
      group.settle();
      const taken = this.take(limitBytes >> 3) * 8;
      if (taken === 0) {
        if (group.oldestNs !== 0 && !group.isUnderWay && this.idleForNs() >= this.idleCommitNs) group.commit();
      } else if (this.commitBytes < this.geometry.blockBytes && group.pendingBytes >= this.commitBytes) {
        group.commit();
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
      if (this.group.isUnderWay) this.group.wait(MAX_NAP_MS);
      else if (this.group.oldestNs === 0) this.reader.idle();
      else Atomics.wait(this.nap, 0, 0, this.untilDueMs());
    }
  }

  /** Makes everything taken so far durable now. */
  flush(): void {
    assert(!this.isStopped, 'the log writer is running');
    try {
      this.group.commit();
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
        this.group.end();
      } else {
        this.group.commit();
      }
    } catch (error) {
      this.fail();
      throw error;
    }
    this.stop(closed ? WriterStatus.Closed : WriterStatus.Failed);
    return {
      records: builder.records,
      bytes: this.group.position(builder.end),
      headHash: Buffer.from(builder.chain).toString('hex'),
      closed,
    };
  }

  private openGroup(start: LogStart, options: LogWriterOptions): GroupCommit {
    const { disk, onCommit } = options;
    const { memory } = this.builder;
    const groupDisk = disk === undefined ? null : disk === 'thread' ? new DiskThread(memory) : disk(memory);
    try {
      return new GroupCommit(start, this.builder, {
        fs: options.fs ?? nodeFs,
        geometry: this.geometry,
        sync: options.sync ?? true,
        preallocate: options.preallocate ?? false,
        durable: this.durable,
        disk: groupDisk,
        onCommit: onCommit ?? null,
      });
    } catch (error) {
      groupDisk?.close();
      JournalReader.abandon(this.source.shared, this.source.reader);
      new DurableCell(this.durable).publish(0, WriterStatus.Failed);
      this.lock.release();
      throw error instanceof TapeheadError
        ? error
        : writeFailure('create', join(start.directory, WATERMARK_NAME), error);
    }
  }

  /** Copies up to `limitWords` (8-byte words) of records into blocks; returns how many. */
  private take(limitWords: number): number {
    const { reader, builder } = this;
    const available = reader.poll();
    if (available === 0) return 0;
    if (this.group.oldestNs === 0) this.group.oldestNs = monotonicNs();
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

  /** In front of a record that finds no room. */
  private sealBlock(): void {
    const { builder, group } = this;
    builder.seal();
    if (builder.slot !== builder.slots && group.pendingBytes < this.commitBytes) return;
    group.begin();
    group.oldestNs = monotonicNs(); // the record is of the next group, and must not wait for one more to be committed
  }

  private idleForNs(): number {
    return monotonicNs() - this.group.lastCommitEndNs;
  }

  private untilDueMs(): number {
    return Math.min(MAX_NAP_MS, Math.max(0, (this.idleCommitNs - this.idleForNs()) / 1e6));
  }

  private fail(): void {
    if (this.isStopped) return;
    JournalReader.abandon(this.source.shared, this.source.reader);
    this.stop(WriterStatus.Failed);
  }

  private stop(status: WriterStatus): void {
    this.isStopped = true;
    this.group.close();
    this.lock.release();
    this.group.announce(status);
  }
}
