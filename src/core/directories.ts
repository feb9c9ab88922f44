/** Directories, made with their parents. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes `path` and the parents that miss. Not `mkdirSync(path, { recursive: true })`: where a parent exists but refuses
 * entries with ENOENT (/proc, some network mounts), Node's own loop asks it for ever.
 */
export function makeDirectories(path: string): void {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(absolute);
  if (parent !== absolute) makeDirectories(parent);
  try {
    mkdirSync(absolute);
  } catch (error) {
    // Another process may have made it in between: only a directory is fine.
    if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
