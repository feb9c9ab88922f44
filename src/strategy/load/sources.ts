/**
 * A strategy's source files: the one that is named and what it imports by relative path, transitively, each read, parsed,
 * checked and compiled, in the order in which they are evaluated. Their contents are the strategy's identity.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { TapeheadError } from '../../core/errors.ts';
import { type CompiledModule, compileModule } from './esm.ts';
import { refuseSyntax } from './refusals.ts';
import { stripTypes } from './strip-types.ts';
import { parseModule } from './syntax.ts';

/** Where an import leads. */
export type ImportTarget =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'tapehead' }
  | { readonly kind: 'builtin' | 'package'; readonly specifier: string };

export interface SourceFile {
  /** Absolute; what stack traces show. */
  readonly path: string;
  /** Relative to the folder of the named file, with slashes; what the log shows. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly compiled: CompiledModule;
  /** By the index of the compiled module's imports. */
  readonly targets: readonly ImportTarget[];
}

const EXTENSIONS: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];
const TYPESCRIPT: ReadonlySet<string> = new Set(['.ts', '.mts']);

/** Built-in modules that neither read nor change anything outside of the strategy. */
const ALLOWED_BUILTINS: ReadonlySet<string> = new Set([
  'node:assert',
  'node:assert/strict',
  'node:buffer',
  'node:util',
]);

const BUILTIN_REASONS: Readonly<Record<string, string>> = {
  fs: 'a strategy reads no files: what it needs goes into its parameters',
  crypto: 'randomness comes from ctx.random',
  perf_hooks: 'the time is ctx.nowNs',
  timers: 'timers are ctx.setTimer and onTimer',
  worker_threads: 'a strategy runs on the engine thread alone',
  child_process: 'a strategy starts nothing',
};

/** The files in the order of their evaluation: what is imported comes before what imports it, the named file last. */
export function readSources(entryPath: string): SourceFile[] {
  return new SourceReader(dirname(entryPath)).read(entryPath);
}

/** SHA-256 over name, length and bytes of every file, in order; hex. `extra`: what else decides how they run. */
export function identityOf(files: readonly SourceFile[], extra: readonly string[]): string {
  const hash = createHash('sha256');
  for (const { name, bytes } of files) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  for (const text of extra) hash.update(`${text}\0`);
  return hash.digest('hex');
}

class SourceReader {
  private readonly folder: string;
  private readonly files: SourceFile[] = [];
  private readonly done = new Set<string>();
  /** Files whose imports are being read, the named one first. */
  private readonly path: string[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  read(entryPath: string): SourceFile[] {
    this.take(entryPath, null);
    return this.files;
  }

  /** `from`: where it is imported, `file:line`. */
  private take(path: string, from: string | null): void {
    if (this.done.has(path)) return;
    const name = this.nameOf(path);
    if (this.path.includes(path)) {
      const circle = [...this.path.slice(this.path.indexOf(path)), path].map((one) => this.nameOf(one)).join(' -> ');
      throw new TapeheadError('USAGE', `${from}: files import each other in a circle: ${circle}`);
    }
    this.path.push(path);
    const bytes = readBytes(path, name, from);
    const text = new TextDecoder().decode(bytes);
    const source = TYPESCRIPT.has(extname(path)) ? stripTypes(text, name) : text;
    const program = parseModule(source, name);
    refuseSyntax(program, source, name);
    const compiled = compileModule(source, program, name);
    const targets = compiled.imports.map(({ specifier, line }) => targetOf(specifier, path, `${name}:${line}`));
    targets.forEach((target, i) => {
      if (target.kind === 'file') this.take(target.path, `${name}:${compiled.imports[i].line}`);
    });
    this.path.pop();
    this.done.add(path);
    this.files.push({ path, name, bytes, compiled, targets });
  }

  private nameOf(path: string): string {
    return relative(this.folder, path).replaceAll('\\', '/');
  }
}

function readBytes(path: string, name: string, from: string | null): Uint8Array {
  const where = from === null ? name : `${from}: ${name}`;
  const extension = extname(path);
  if (!EXTENSIONS.includes(extension)) {
    const hint = /^\.[cm]?[jt]sx?$/.test(extension) ? 'ES modules' : 'TypeScript or JavaScript modules';
    throw new TapeheadError('USAGE', `${where}: strategies are ${hint} that end in ${EXTENSIONS.join(', ')}`);
  }
  try {
    if (statSync(path).isFile()) return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new TapeheadError('NO_FILE', `${where}: ${code === 'ENOENT' ? 'no such file' : `can not be read (${code})`}`);
  }
  throw new TapeheadError('NO_FILE', `${where}: is no file`);
}

function targetOf(specifier: string, importer: string, from: string): ImportTarget {
  if (specifier === 'tapehead' || specifier === 'tapehead/strategy') return { kind: 'tapehead' };
  if (/^\.\.?\//.test(specifier)) return { kind: 'file', path: filePath(specifier, importer, from) };
  if (isBuiltin(specifier)) {
    const builtin = specifier.startsWith('node:') ? specifier : `node:${specifier}`;
    if (ALLOWED_BUILTINS.has(builtin)) return { kind: 'builtin', specifier: builtin };
    const [family] = builtin.slice('node:'.length).split('/');
    const why = BUILTIN_REASONS[family] ?? 'a strategy reads nothing but its context, so that a rerun is the same';
    throw new TapeheadError('USAGE', `${from}: ${specifier} can not be imported: ${why}`);
  }
  if (/^[\w@][\w./@-]*$/.test(specifier) && !specifier.includes('..')) return { kind: 'package', specifier };
  throw new TapeheadError(
    'USAGE',
    `${from}: ${JSON.stringify(specifier)} can not be imported: name a package, or a file that begins with ./`,
  );
}

/** As written; where that is not there, `x.js` may stand for `x.ts`, as TypeScript has it. */
function filePath(specifier: string, importer: string, from: string): string {
  const path = resolve(dirname(importer), specifier);
  if (isFile(path)) return path;
  const typescript = path.replace(/\.(m?)js$/, '.$1ts');
  if (typescript !== path && isFile(typescript)) return typescript;
  const found = EXTENSIONS.find((extension) => isFile(path + extension));
  if (found !== undefined) {
    throw new TapeheadError('USAGE', `${from}: ${specifier} lacks its extension: write ${specifier}${found}`);
  }
  throw new TapeheadError('NO_FILE', `${from}: ${specifier}: no such file (${basename(path)})`);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
