/**
 * One writer per log directory: a file `lock` that names its process. It is created whole (written under another name,
 * then linked), so nobody ever reads half of one. The lock of a dead process is taken over under a second lock
 * (`lock.takeover`), so that of two processes that both see it dead, only one wins; a live one's is never touched.
 *
 * A process is known by pid, start time (pids are reused) and host. Limits: the directory is not written from two
 * machines or containers at once; a lock of another host is refused with the remedy.
 */
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { errnoOf, type LogFs, readFully, writeFully } from './log-fs.ts';

const LOCK_NAME = 'lock';
const TAKEOVER_NAME = 'lock.takeover';

/** Names the lock may leave in a directory when a process dies at the wrong moment. */
export function isLockName(name: string): boolean {
  return name === LOCK_NAME || name.startsWith(`${LOCK_NAME}.`);
}

interface Holder {
  readonly pid: number;
  /** Kernel ticks since boot at which the process started; '' where that is not to be had. */
  readonly started: string;
  readonly host: string;
}

/** A name no other thread or process uses: two threads never read the same nanosecond and link at the same time. */
function temporaryName(): string {
  return `${LOCK_NAME}.${process.pid}.${process.hrtime.bigint()}`;
}

/** Fields 3 and on of /proc/PID/stat (proc(5)); the second, the command, stands in parentheses and may hold anything. */
function processFields(pid: number): string[] {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function processStart(pid: number): string {
  return processFields(pid)[19] ?? '';
}

function isAlive(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM'; // exists, and belongs to someone else
  }
  const state = processFields(pid)[0];
  if (state === 'Z' || state === 'X') return false; // dead, only not waited for by its parent
  return started === '' || started === processStart(pid);
}

function readHolder(logFs: LogFs, path: string): Holder | null {
  const bytes = Buffer.alloc(512);
  let fd: number;
  try {
    fd = logFs.open(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  let text: string;
  try {
    text = bytes.toString('latin1', 0, readFully(logFs, fd, bytes, 0, bytes.length, 0));
  } finally {
    logFs.close(fd);
  }
  const match = /^tapehead pid (\d{1,10}) started (\d*) host (\S*)\n$/.exec(text);
  if (match === null) {
    throw new TapeheadError('LOG_IO', `${path} is no lock of tapehead; remove it if nothing writes this log`);
  }
  return { pid: Number(match[1]), started: match[2], host: match[3] };
}

export class LogLock {
  private readonly logFs: LogFs;
  private readonly directory: string;
  private readonly text: string;
  private held = true;

  private constructor(logFs: LogFs, directory: string, text: string) {
    this.logFs = logFs;
    this.directory = directory;
    this.text = text;
  }

  /** The process that holds the directory's lock and is alive, or null. */
  static liveHolder(logFs: LogFs, directory: string): number | null {
    const holder = readHolder(logFs, join(directory, LOCK_NAME));
    return holder !== null && (holder.host !== os.hostname() || isAlive(holder.pid, holder.started))
      ? holder.pid
      : null;
  }

  /** Takes the lock or throws a TapeheadError that names who has it. */
  static acquire(logFs: LogFs, directory: string): LogLock {
    const text = `tapehead pid ${process.pid} started ${processStart(process.pid)} host ${os.hostname()}\n`;
    const mine = join(directory, temporaryName());
    try {
      writeNew(logFs, mine, text);
      try {
        LogLock.link(logFs, directory, mine);
      } finally {
        unlinkIfThere(logFs, mine);
      }
    } catch (error) {
      if (error instanceof TapeheadError) throw error;
      throw new TapeheadError('LOG_IO', `cannot lock ${directory}: ${messageOf(error)}`);
    }
    removeLeftovers(logFs, directory);
    return new LogLock(logFs, directory, text);
  }

  private static link(logFs: LogFs, directory: string, mine: string): void {
    const lock = join(directory, LOCK_NAME);
    for (let attempt = 0; attempt < 8; attempt++) {
      if (tryLink(logFs, mine, lock)) return;
      const holder = readHolder(logFs, lock);
      if (holder === null) continue; // released meanwhile
      refuseIfLive(holder, directory, lock);
      if (LogLock.takeOver(logFs, directory, mine)) return;
    }
    throw new TapeheadError('LOG_IO', `cannot lock ${directory}: other processes keep taking and releasing ${lock}`);
  }

  /** Replaces a dead process's lock by `mine`. False: someone else did something first; look again. */
  private static takeOver(logFs: LogFs, directory: string, mine: string): boolean {
    const lock = join(directory, LOCK_NAME);
    const takeover = join(directory, TAKEOVER_NAME);
    if (!tryLink(logFs, mine, takeover)) {
      const holder = readHolder(logFs, takeover);
      if (holder === null) return false;
      refuseIfLive(holder, directory, takeover);
      unlinkIfThere(logFs, takeover); // it died within the few microseconds between the two calls below
      return false;
    }
    try {
      // Only the holder of `takeover` replaces a lock that exists: what is dead here stays as it is until the rename.
      const holder = readHolder(logFs, lock);
      if (holder === null) return false;
      refuseIfLive(holder, directory, lock);
      logFs.rename(mine, lock);
      return true;
    } finally {
      unlinkIfThere(logFs, takeover);
    }
  }

  /** Removes the lock, if it is still ours. Never throws: the log is closed whatever becomes of the lock. */
  release(): void {
    if (!this.held) return;
    this.held = false;
    try {
      const path = join(this.directory, LOCK_NAME);
      const holder = readHolder(this.logFs, path);
      if (holder !== null && this.text.startsWith(`tapehead pid ${holder.pid} started ${holder.started} `)) {
        this.logFs.unlink(path);
      }
    } catch {
      // A lock left behind is taken over by the next writer once this process is gone.
    }
  }
}

function refuseIfLive(holder: Holder, directory: string, path: string): void {
  if (holder.host !== os.hostname()) {
    throw new TapeheadError(
      'LOG_IO',
      `${directory} was locked by process ${holder.pid} on host ${holder.host}; remove ${path} if it no longer runs`,
    );
  }
  if (isAlive(holder.pid, holder.started)) {
    throw new TapeheadError(
      'LOG_IO',
      `${directory} is being written by process ${holder.pid}; choose another directory`,
    );
  }
}

/** Temporary names of processes that died between creating and removing theirs. */
function removeLeftovers(logFs: LogFs, directory: string): void {
  for (const name of logFs.list(directory)) {
    const match = /^lock\.(\d+)\.\d+$/.exec(name);
    if (match !== null && !isAlive(Number(match[1]), '')) unlinkIfThere(logFs, join(directory, name));
  }
}

function writeNew(logFs: LogFs, path: string, text: string): void {
  const fd = logFs.open(path, 'wx+');
  try {
    const bytes = Buffer.from(text, 'latin1');
    writeFully(logFs, fd, bytes, 0, bytes.length, 0);
  } finally {
    logFs.close(fd);
  }
}

function tryLink(logFs: LogFs, from: string, to: string): boolean {
  try {
    logFs.link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function unlinkIfThere(logFs: LogFs, path: string): void {
  try {
    logFs.unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
