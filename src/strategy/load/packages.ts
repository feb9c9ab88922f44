/**
 * What a strategy imports beside its own files: tapehead's strategy interface, harmless built-in modules, and npm packages
 * from the strategy's folder. Packages run as they are: their loops have no ticks, and one copy serves every strategy of
 * the thread; the guard holds for them too while a callback runs. Name and version are part of the strategy's identity.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import * as entry from '../index.ts';

export type Namespace = Readonly<Record<string, unknown>>;

/** What 'tapehead' is to a strategy: tables are frozen copies, so that writing to one changes nothing of the engine's. */
export const TAPEHEAD: Namespace = Object.freeze(
  Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? Object.freeze({ ...(value as object) }) : value,
    ]),
  ),
);

export interface LoadedPackage {
  readonly namespace: Namespace;
  /** `name@version`. */
  readonly identity: string;
}

export async function loadBuiltin(specifier: string): Promise<Namespace> {
  return (await import(specifier)) as Namespace;
}

/** `importer`: the file that asks; `from`: where, for messages. */
export async function loadPackage(specifier: string, importer: string, from: string): Promise<LoadedPackage> {
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const folder = packageFolder(name, importer);
  if (folder === null) {
    throw new TapeheadError('USAGE', `${from}: package ${name} is not installed (npm install ${name})`);
  }
  try {
    const path = entryOf(specifier, name, folder, importer);
    const namespace = (await import(pathToFileURL(path).href)) as Namespace;
    return { namespace, identity: `${name}@${String(manifestOf(folder).version)}` };
  } catch (error) {
    throw new TapeheadError('USAGE', `${from}: package ${specifier} can not be loaded: ${messageOf(error)}`);
  }
}

/** The nearest node_modules folder above the file that holds the package. */
function packageFolder(name: string, importer: string): string | null {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (statSync(join(candidate, 'package.json'), { throwIfNoEntry: false }) !== undefined) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

/** As require finds it; packages that have an entry for `import` only are looked up in their manifest. */
function entryOf(specifier: string, name: string, folder: string, importer: string): string {
  try {
    return createRequire(importer).resolve(specifier);
  } catch (error) {
    const { exports } = manifestOf(folder);
    const key = `.${specifier.slice(name.length)}`;
    const table = typeof exports === 'object' && exports !== null ? (exports as Record<string, unknown>) : {};
    const target = conditionOf(key in table || key !== '.' ? table[key] : table);
    if (target === null) throw error;
    return join(folder, target);
  }
}

function conditionOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return null;
  for (const [condition, target] of Object.entries(value)) {
    if (condition !== 'import' && condition !== 'node' && condition !== 'default') continue;
    const found = conditionOf(target);
    if (found !== null) return found;
  }
  return null;
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
}
