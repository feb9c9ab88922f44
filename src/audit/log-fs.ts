/**
 * The file system as the log uses it: synchronous (the audit worker has its own thread), and an argument, so that tests
 * can fail any call, or persist only some of the pages of a group as a power cut would.
 */
import fs from 'node:fs';
import { makeDirectories } from '../core/directories.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';

export interface LogFs {
  /** `flags` as in fs.open: 'r', 'r+', 'wx+'. */
  open(path: string, flags: string): number;
  close(fd: number): void;
  /** Writes some of the bytes at `position` and returns how many. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  datasync(fd: number): void;
  truncate(fd: number, length: number): void;
  size(fd: number): number;
  /** Names in a directory, sorted. */
  list(directory: string): string[];
  unlink(path: string): void;
  rename(from: string, to: string): void;
  /** Atomic creation under a second name: fails when `to` exists. */
  link(from: string, to: string): void;
  /** With its parents; one that is there is fine. */
  makeDirectory(path: string): void;
  /** Makes created, renamed and removed names durable. */
  syncDirectory(path: string): void;
}

export const nodeFs: LogFs = {
  open: (path, flags) => fs.openSync(path, flags, 0o644),
  close: (fd) => fs.closeSync(fd),
  write: (fd, bytes, offset, length, position) => fs.writeSync(fd, bytes, offset, length, position),
  read: (fd, bytes, offset, length, position) => fs.readSync(fd, bytes, offset, length, position),
  datasync: (fd) => fs.fdatasyncSync(fd),
  truncate: (fd, length) => fs.ftruncateSync(fd, length),
  size: (fd) => fs.fstatSync(fd).size,
  list: (directory) => fs.readdirSync(directory).sort(),
  unlink: (path) => fs.unlinkSync(path),
  rename: (from, to) => fs.renameSync(from, to),
  link: (from, to) => fs.linkSync(from, to),
  makeDirectory: makeDirectories,
  syncDirectory: (path) => {
    if (process.platform === 'win32') return; // a directory can't be opened there; NTFS journals names itself
    const fd = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  },
};

/** The errno name of a failed system call, or ''. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** A failed write or sync: the log ends at its durable watermark, nothing is tried again. */
export function writeFailure(action: string, file: string, error: unknown): TapeheadError {
  return new TapeheadError(
    'LOG_IO',
    `cannot ${action} ${file}: ${messageOf(error)}; the log ends at its durable watermark, the run stops`,
  );
}

export function readFailure(file: string, error: unknown): TapeheadError {
  return new TapeheadError('NO_FILE', `cannot read ${file}: ${messageOf(error)}`);
}

/** Reads up to `length` bytes at `position`, fewer only at the end of the file. */
export function readFully(
  logFs: LogFs,
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const n = logFs.read(fd, bytes, offset + done, length - done, position + done);
    if (n === 0) break;
    done += n;
  }
  return done;
}

/** Writes all of it, however the system divides it; throws what the system throws. */
export function writeFully(
  logFs: LogFs,
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
): void {
  let done = 0;
  while (done < length) {
    const n = logFs.write(fd, bytes, offset + done, length - done, position + done);
    if (n <= 0) throw new Error('the device took no bytes');
    done += n;
  }
}
