/** Where things are, whether a test runs from the sources or from a build folder. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json is in no folder above this file');
    folder = parent;
  }
  return folder;
}

/** A real recording of `../shared/market-data`, or null where the folder is absent: then the test skips, by name. */
export function marketData(relative: string): string | null {
  const path = join(repositoryRoot(), '..', 'shared', 'market-data', relative);
  return existsSync(path) ? path : null;
}
