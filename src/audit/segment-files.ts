/**
 * The segment files of a log being written, addressed by log position (block index x block size + offset). Files are
 * created as the position enters them; one is open at a time. Every failure is a TapeheadError LOG_IO, and final.
 */
import { join } from 'node:path';
import { assert } from '../core/assert.ts';
import { DiskFailure, type GroupDisk } from './disk-thread.ts';
import { type LogGeometry, segmentName, segmentNumber } from './layout.ts';
import { errnoOf, type LogFs, readFully, writeFailure, writeFully } from './log-fs.ts';

/** Zero-filled ahead of the writing position at a time, when preallocating. */
const PREALLOCATE_BYTES = 4 << 20;

export interface SegmentOptions {
  /** fdatasync at each commit. */
  readonly sync: boolean;
  /** Fill files with zeros ahead of writing, so that a commit changes no file size: shorter syncs, twice the bytes. */
  readonly preallocate: boolean;
}

export class SegmentFiles {
  private readonly logFs: LogFs;
  private readonly directory: string;
  private readonly options: SegmentOptions;
  private readonly segmentBytes: number;
  private segment = -1;
  private fd = -1;
  private dirty = false;
  /** Bytes of the open file that exist, as data or as zeros filled in ahead. */
  private allocated = 0;
  private readonly zeros: Uint8Array;
  /** Has a write to the open file under way. */
  private busyDisk: GroupDisk | null = null;

  constructor(logFs: LogFs, directory: string, geometry: LogGeometry, options: SegmentOptions) {
    this.logFs = logFs;
    this.directory = directory;
    this.options = options;
    this.segmentBytes = geometry.blockBytes * geometry.segmentBlocks;
    this.zeros = new Uint8Array(options.preallocate ? Math.min(PREALLOCATE_BYTES, this.segmentBytes) : 0);
  }

  /** Writes bytes[offset, offset + length) at `position`, over as many files as it spans. */
  write(bytes: Uint8Array, offset: number, length: number, position: number): void {
    while (length > 0) {
      const segment = Math.floor(position / this.segmentBytes);
      const at = position - segment * this.segmentBytes;
      const part = Math.min(length, this.segmentBytes - at);
      this.enter(segment);
      try {
        if (at + part > this.allocated) this.allocate(at + part);
        writeFully(this.logFs, this.fd, bytes, offset, part, at);
      } catch (error) {
        throw writeFailure('write', this.name(), error);
      }
      this.dirty = true;
      offset += part;
      length -= part;
      position += part;
    }
  }

  /**
   * Begins to write bytes[offset, offset + length) of the disk's memory at `position`, and to sync them. False, and
   * nothing done, where they span two files. `finishWrite` comes before anything else.
   */
  beginWrite(disk: GroupDisk, offset: number, length: number, position: number): boolean {
    const segment = Math.floor(position / this.segmentBytes);
    const at = position - segment * this.segmentBytes;
    if (at + length > this.segmentBytes) return false;
    this.enter(segment);
    try {
      if (at + length > this.allocated) this.allocate(at + length);
    } catch (error) {
      throw writeFailure('write', this.name(), error);
    }
    this.dirty = true;
    this.busyDisk = disk;
    disk.begin({ fd: this.fd, offset, length, position: at, sync: this.options.sync });
    return true;
  }

  /** Waits for what `beginWrite` began; it is durable then (unless syncing is off). */
  finishWrite(): void {
    try {
      this.busyDisk?.finish();
    } catch (error) {
      throw error instanceof DiskFailure ? writeFailure(error.action, this.name(), error) : error;
    }
    this.busyDisk = null;
    this.dirty = false;
  }

  /** Reads up to `length` bytes at `position`, within one file; fewer only at the file's end. */
  read(bytes: Uint8Array, offset: number, length: number, position: number): number {
    const segment = Math.floor(position / this.segmentBytes);
    this.enter(segment);
    try {
      return readFully(this.logFs, this.fd, bytes, offset, length, position - segment * this.segmentBytes);
    } catch (error) {
      throw writeFailure('read', this.name(), error);
    }
  }

  /** Everything written is durable when this returns (unless syncing is off). */
  sync(): void {
    if (!this.dirty || !this.options.sync) return;
    try {
      this.logFs.datasync(this.fd);
    } catch (error) {
      throw writeFailure('sync', this.name(), error);
    }
    this.dirty = false;
  }

  /** Syncs every segment there is: what a killed writer had not synced is only in the system's memory. */
  syncAll(): void {
    for (const segment of this.list()) {
      this.enter(segment);
      this.dirty = true;
      this.sync();
    }
  }

  /** Ends the log at `position`: cuts the file there and removes every later one. */
  endAt(position: number): void {
    const last = position === 0 ? -1 : Math.floor((position - 1) / this.segmentBytes);
    const segments = this.list();
    // From the end, each removal durable before the next: a crash in between must not leave a hole.
    for (let i = segments.length - 1; i >= 0 && segments[i] > last; i--) this.remove(segments[i]);
    if (last >= 0) {
      this.enter(last);
      try {
        this.logFs.truncate(this.fd, position - last * this.segmentBytes);
      } catch (error) {
        throw writeFailure('truncate', this.name(), error);
      }
      this.allocated = position - last * this.segmentBytes;
      this.dirty = true;
      this.sync();
    }
    this.syncDirectory();
  }

  close(): void {
    if (this.fd >= 0) this.logFs.close(this.fd);
    this.fd = -1;
    this.segment = -1;
  }

  private remove(segment: number): void {
    if (segment === this.segment) this.close();
    const path = join(this.directory, segmentName(segment));
    try {
      this.logFs.unlink(path);
    } catch (error) {
      throw writeFailure('remove', path, error);
    }
    this.syncDirectory();
  }

  /** The numbers of the segment files there are, ascending. */
  private list(): number[] {
    try {
      const numbers = this.logFs.list(this.directory).map(segmentNumber);
      return numbers.filter((segment) => segment >= 0).sort((a, b) => a - b);
    } catch (error) {
      throw writeFailure('list', this.directory, error);
    }
  }

  private name(): string {
    return join(this.directory, segmentName(this.segment));
  }

  /** Makes `segment` the open file; syncs the one left behind first. */
  private enter(segment: number): void {
    assert(this.busyDisk === null, 'the write under way was waited for');
    if (segment === this.segment) return;
    this.sync();
    let created = false;
    try {
      this.close();
      this.segment = segment;
      try {
        this.fd = this.logFs.open(this.name(), 'r+');
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
        this.fd = this.logFs.open(this.name(), 'wx+');
        created = true;
      }
      this.allocated = this.logFs.size(this.fd);
    } catch (error) {
      throw writeFailure('open', join(this.directory, segmentName(segment)), error);
    }
    this.dirty = false;
    if (created) this.syncDirectory();
  }

  /** Called when writing up to `end` of the open file would grow it. */
  private allocate(end: number): void {
    assert(end <= this.segmentBytes, 'a block lies within its segment');
    if (!this.options.preallocate) {
      this.allocated = end;
      return;
    }
    const to = Math.min(this.segmentBytes, end + this.zeros.length);
    for (let at = this.allocated; at < to; at += this.zeros.length) {
      writeFully(this.logFs, this.fd, this.zeros, 0, Math.min(this.zeros.length, to - at), at);
    }
    this.allocated = to;
    if (this.options.sync) this.logFs.datasync(this.fd); // the new size now, so that later commits only overwrite
  }

  private syncDirectory(): void {
    if (!this.options.sync) return;
    try {
      this.logFs.syncDirectory(this.directory);
    } catch (error) {
      throw writeFailure('sync', this.directory, error);
    }
  }
}
