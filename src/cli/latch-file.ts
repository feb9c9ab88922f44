/**
 * Kill switches that are latched, on disk: who was killed in one run is killed in the next, until somebody resumes it.
 * Written whole and synced before it takes its place, so that a crash leaves the old or the new one.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { Latch } from '../config/trading-identity.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';

const schema = z.strictObject({
  latched: z.array(
    z.strictObject({ scope: z.enum(['engine', 'account', 'strategy', 'instrument']), name: z.string() }),
  ),
});

/** None where the file is not there yet. A file that can't be understood is an error: it never opens what may be killed. */
export function readLatches(path: string | undefined): readonly Latch[] {
  if (path === undefined || !existsSync(path)) return [];
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8'))).latched;
  } catch {
    throw new TapeheadError(
      'CORRUPT',
      `--latch ${path}: not a file of latched kill switches; look into it, then remove it`,
    );
  }
}

export function writeLatches(path: string, latched: readonly Latch[]): void {
  const next = `${path}.next`;
  try {
    const file = openSync(next, 'w', 0o600);
    writeSync(file, `${JSON.stringify({ latched }, null, 2)}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(next, path);
  } catch (error) {
    throw new TapeheadError('LOG_IO', `--latch ${path}: cannot be written: ${messageOf(error)}`);
  }
}
