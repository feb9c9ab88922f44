/**
 * A recording as a stream of bytes, whatever it is wrapped in. Pulled, never pushed: the feed owns the buffer, so memory
 * stays flat however large the file is, and how the bytes are cut into reads is the same on every run.
 */
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, TapeheadError } from '../../core/errors.ts';

export interface ByteSource {
  /** What errors call it: the path, or `archive.zip:entry`. */
  readonly name: string;
  /** Bytes of the file, as it is on disk, consumed so far. */
  readonly diskBytes: number;
  /** After the end: null, or where the compressed data was cut (all that could be unpacked was delivered). */
  readonly truncated: string | null;
  /** Fills into[at, at + limit) as far as the content goes; returns the number of bytes, 0 only at the end. */
  read(into: Uint8Array, at: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

/** A regular file read by position. The only place where recordings are opened. */
export class RawFile {
  readonly path: string;
  readonly size: number;
  private readonly handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.handle = handle;
  }

  static async open(path: string): Promise<RawFile> {
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw unreadable(path, error);
    });
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) {
        throw new TapeheadError('NO_FILE', `${path} is a directory: name the recording files in it`);
      }
      if (!stat.isFile()) {
        throw new TapeheadError('NO_FILE', `${path} is not a regular file: save it to a file first`);
      }
      if (stat.size === 0) throw new TapeheadError('EMPTY', `${path} is empty: there is nothing to replay`);
      return new RawFile(path, stat.size, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Reads up to `limit` bytes at `position`; returns fewer only at the end of the file. */
  read(into: Uint8Array, at: number, limit: number, position: number): number {
    let filled = 0;
    while (filled < limit) {
      const count = this.readOnce(into, at + filled, limit - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** Synchronous: a hop to Node's thread pool and back costs more than copying 1 MiB from the page cache. */
  private readOnce(into: Uint8Array, at: number, limit: number, position: number): number {
    try {
      return readSync(this.handle.fd, into, at, limit, position);
    } catch (error) {
      throw new TapeheadError('NO_FILE', `${this.path} can't be read at byte ${position}: ${messageOf(error)}`);
    }
  }
}

function unreadable(path: string, error: unknown): TapeheadError {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new TapeheadError('NO_FILE', `${path} does not exist: check the path`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new TapeheadError('NO_FILE', `${path} can't be read: permission denied`);
  }
  return new TapeheadError('NO_FILE', `${path} can't be opened: ${messageOf(error)}`);
}

/** An uncompressed file: bytes go from the disk straight into the feed's buffer. */
export class PlainSource implements ByteSource {
  readonly name: string;
  readonly truncated = null;
  diskBytes = 0;
  private readonly file: RawFile;

  constructor(file: RawFile) {
    this.file = file;
    this.name = file.path;
  }

  async read(into: Uint8Array, at: number, limit: number): Promise<number> {
    const count = this.file.read(into, at, limit, this.diskBytes);
    this.diskBytes += count;
    return count;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** What the unpackers share: they yield pieces of their own size, which are copied to where the feed wants them. */
export abstract class UnpackingSource implements ByteSource {
  abstract readonly name: string;
  truncated: string | null = null;
  private piece: Uint8Array | null = null;
  private pieceAt = 0;
  private heldFailure: unknown = null;

  abstract get diskBytes(): number;
  abstract close(): Promise<void>;
  /** The next unpacked bytes (never empty), or null at the end. */
  protected abstract next(): Promise<Uint8Array | null>;

  async read(into: Uint8Array, at: number, limit: number): Promise<number> {
    let filled = 0;
    while (filled < limit) {
      if (this.piece === null) {
        this.piece = await this.nextOrFailure(filled > 0);
        this.pieceAt = 0;
        if (this.piece === null) break;
      }
      const count = Math.min(limit - filled, this.piece.length - this.pieceAt);
      into.set(this.piece.subarray(this.pieceAt, this.pieceAt + count), at + filled);
      filled += count;
      this.pieceAt += count;
      if (this.pieceAt === this.piece.length) this.piece = null;
    }
    return filled;
  }

  /** A failure waits until the bytes before it were handed over, so that a run always ends at the same message. */
  private async nextOrFailure(holdBack: boolean): Promise<Uint8Array | null> {
    if (this.heldFailure === null) {
      try {
        return await this.next();
      } catch (error) {
        this.heldFailure = error;
      }
    }
    if (holdBack) return null;
    throw this.heldFailure;
  }
}
