/**
 * A file system in memory that can be crashed. It knows what was synced: `killed()` is the state that a killed process
 * leaves (everything written), `powerCut()` one that a power cut may leave (what was synced, and any of the pages, sizes
 * and names that were not). `fault` may throw at any call.
 */
import { dirname } from 'node:path';
import type { LogFs } from '../../src/audit/log-fs.ts';
import type { Prng } from '../../src/core/prng.ts';

/** Persisted or not as a whole. Small, so that blocks of 512 bytes tear in the middle. */
const PAGE_BYTES = 64;

interface MemoryFile {
  current: Uint8Array;
  synced: Uint8Array;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

export class MemoryFs implements LogFs {
  readonly files = new Map<string, MemoryFile>();
  /** Called before each operation that changes something; what it throws, the operation throws. */
  fault: ((operation: string, path: string) => void) | null = null;
  /** Most bytes that one write call takes, but for small ones: those a system does in one piece. */
  writeLimit = Number.POSITIVE_INFINITY;
  /** Names as a directory's last sync left them. */
  private readonly syncedNames = new Map<string, MemoryFile>();
  private readonly directories = new Set<string>();
  private readonly descriptors: ({ path: string; file: MemoryFile } | null)[] = [];

  open(path: string, flags: string): number {
    let file = this.files.get(path);
    if (flags.startsWith('wx')) {
      this.change('create', path);
      if (file !== undefined) throw systemError('EEXIST');
      file = { current: new Uint8Array(0), synced: new Uint8Array(0) };
      this.files.set(path, file);
    }
    if (file === undefined) throw systemError('ENOENT');
    return this.descriptors.push({ path, file }) - 1;
  }

  close(fd: number): void {
    this.at(fd);
    this.descriptors[fd] = null;
  }

  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const { path, file } = this.at(fd);
    this.change('write', path);
    const taken = length <= PAGE_BYTES ? length : Math.min(length, this.writeLimit);
    if (position + taken > file.current.length) file.current = resized(file.current, position + taken);
    file.current.set(bytes.subarray(offset, offset + taken), position);
    return taken;
  }

  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const { file } = this.at(fd);
    const part = file.current.subarray(position, Math.max(position, Math.min(file.current.length, position + length)));
    bytes.set(part, offset);
    return part.length;
  }

  datasync(fd: number): void {
    const { path, file } = this.at(fd);
    this.change('datasync', path);
    file.synced = file.current.slice();
  }

  truncate(fd: number, length: number): void {
    const { path, file } = this.at(fd);
    this.change('truncate', path);
    file.current = resized(file.current, length);
  }

  size(fd: number): number {
    return this.at(fd).file.current.length;
  }

  list(directory: string): string[] {
    const names: string[] = [];
    for (const path of this.files.keys()) if (dirname(path) === directory) names.push(path.slice(directory.length + 1));
    if (!this.directories.has(directory)) throw systemError('ENOENT');
    return names.sort();
  }

  unlink(path: string): void {
    this.change('unlink', path);
    if (!this.files.delete(path)) throw systemError('ENOENT');
  }

  rename(from: string, to: string): void {
    this.change('rename', from);
    const file = this.files.get(from);
    if (file === undefined) throw systemError('ENOENT');
    this.files.set(to, file);
    this.files.delete(from);
  }

  link(from: string, to: string): void {
    this.change('link', to);
    const file = this.files.get(from);
    if (file === undefined) throw systemError('ENOENT');
    if (this.files.has(to)) throw systemError('EEXIST');
    this.files.set(to, file);
  }

  exists(directory: string): boolean {
    return this.directories.has(directory);
  }

  makeDirectory(path: string): void {
    this.directories.add(path);
  }

  syncDirectory(path: string): void {
    this.change('sync', path);
    for (const name of this.syncedNames.keys()) if (dirname(name) === path) this.syncedNames.delete(name);
    for (const [name, file] of this.files) if (dirname(name) === path) this.syncedNames.set(name, file);
  }

  /** Every file by path. */
  contents(): Record<string, string> {
    const contents: Record<string, string> = {};
    for (const path of [...this.files.keys()].sort()) {
      contents[path] = Buffer.from(this.files.get(path)!.current).toString('base64');
    }
    return contents;
  }

  /** The same files in a file system of their own, synced or not as here, without locks (their process is dead). */
  killed(): MemoryFs {
    const copy = this.empty();
    for (const [path, { current, synced }] of this.files) {
      if (isLock(path)) continue;
      const file = { current: current.slice(), synced: synced.slice() };
      copy.files.set(path, file);
      if (this.syncedNames.get(path) === this.files.get(path)) copy.syncedNames.set(path, file);
    }
    return copy;
  }

  powerCut(prng: Prng): MemoryFs {
    const copy = this.empty();
    for (const path of new Set([...this.files.keys(), ...this.syncedNames.keys()])) {
      const synced = this.syncedNames.get(path);
      const current = this.files.get(path);
      const file = current === undefined || (synced !== undefined && prng.below(2) === 0) ? synced : current;
      const hasUnsyncedName = synced === undefined || current === undefined;
      if (file === undefined || (hasUnsyncedName && prng.below(2) === 0)) continue;
      copy.add(path, torn(file, prng));
    }
    return copy;
  }

  private empty(): MemoryFs {
    const copy = new MemoryFs();
    for (const path of this.directories) copy.directories.add(path);
    return copy;
  }

  private add(path: string, bytes: Uint8Array): void {
    if (isLock(path)) return;
    const file = { current: bytes.slice(), synced: bytes.slice() };
    this.files.set(path, file);
    this.syncedNames.set(path, file);
  }

  private change(operation: string, path: string): void {
    if (this.fault !== null) this.fault(operation, path);
  }

  private at(fd: number): { path: string; file: MemoryFile } {
    const descriptor = this.descriptors[fd];
    if (descriptor === null || descriptor === undefined) throw systemError('EBADF');
    return descriptor;
  }
}

function isLock(path: string): boolean {
  return path.slice(dirname(path).length + 1).startsWith('lock');
}

/** Each page and the size either as synced or as written last. */
function torn(file: MemoryFile, prng: Prng): Uint8Array {
  const { current, synced } = file;
  const kept = current.slice();
  for (let page = 0; page < current.length; page += PAGE_BYTES) {
    if (prng.below(2) === 0) continue;
    const end = Math.min(page + PAGE_BYTES, current.length);
    kept.fill(0, page, end);
    kept.set(synced.subarray(page, Math.max(page, Math.min(end, synced.length))), page);
  }
  return prng.below(2) === 0 ? kept : resized(kept, Math.max(synced.length, prng.below(current.length + 1)));
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}
