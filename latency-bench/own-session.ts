/** The project's own ITCH session, unpacked: real message types, dense trading, small enough to keep in memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { BenchContext } from './benchmark.ts';
import { repositoryRoot } from './repository.ts';

const OWN_SESSION = 'replay-data/equities-session.itch50.gz';

/** Path of a copy in the run's folder. */
export function ownSession(context: Pick<BenchContext, 'folder'>): string {
  const path = join(context.folder(), 'session.itch50');
  writeFileSync(path, gunzipSync(readFileSync(join(repositoryRoot(), OWN_SESSION))));
  return path;
}
