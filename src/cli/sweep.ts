/** `tapehead sweep`: a strategy over a grid of parameters, every cell a replay of its own, on all cores. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { TapeheadError } from '../core/errors.ts';
import type { FormatName } from '../feed/feed.ts';
import { type RunningCell, startCell } from './sweep-cell.ts';
import { type Cell, cellsOf, cellText, parseGrid } from './sweep-grid.ts';
import { SweepProgress } from './sweep-progress.ts';
import { type CellResult, SweepStore } from './sweep-store.ts';
import { checkColumn, csvText, sortResults, tableText } from './sweep-table.ts';
import { plural, type Terminal } from './terminal.ts';

export interface SweepOptions {
  readonly strategy: string;
  readonly grid: string;
  /** Parameters that all cells have, as of replay. */
  readonly params?: string;
  readonly config?: string;
  readonly format?: FormatName;
  readonly symbols?: readonly string[];
  readonly date?: string;
  readonly seed?: number;
  readonly out?: string;
  readonly jobs?: number;
  /** Column of the table; a minus before it: the smallest first. */
  readonly sort?: string;
  readonly keepLogs?: boolean;
  readonly json?: boolean;
}

const INTERRUPTED_EXIT = 130;
const DEFAULT_SORT = 'net';

/** `command`: program and arguments that run tapehead. Exit 0; 1 where cells failed; 130 where it was interrupted. */
export async function sweep(
  recordings: readonly string[],
  options: SweepOptions,
  command: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const axes = parseGrid(options.grid);
  const names = axes.map((axis) => axis.name);
  const sort = options.sort ?? DEFAULT_SORT;
  checkColumn(sort, names);
  checkParams(options.params, names);
  const cells = cellsOf(axes);
  const out = options.out ?? join('tapehead-sweep', `${plainName(recordings[0])}-${plainName(options.strategy)}`);
  const digest = digestOf(recordings, options);
  const store = new SweepStore(out);
  try {
    const run = new SweepRun(recordings, options, command, out, digest, store, terminal);
    const isWhole = await run.all(cells);
    const results = sortResults(run.results(cells), sort);
    writeFileSync(join(out, 'results.csv'), csvText(results, names));
    const failures = results.filter((one) => one.error !== null).length;
    const done = { cells: cells.length, finished: results.length - failures, failed: failures, out };
    if (options.json === true) terminal.out(`${JSON.stringify({ ...done, interrupted: !isWhole, results })}\n`);
    else {
      terminal.out(tableText(results, names, terminal));
      const failed = failures === 0 ? '' : `, ${plural(failures, 'cell')} failed`;
      terminal.out(
        `\n  ${done.finished} of ${plural(cells.length, 'cell')} finished${failed}   ${join(out, 'results.csv')}\n`,
      );
      if (!isWhole) terminal.err('tapehead: interrupted; the same command goes on from here\n');
    }
    return !isWhole ? INTERRUPTED_EXIT : failures > 0 ? 1 : 0;
  } finally {
    store.close();
  }
}

class SweepRun {
  private readonly recordings: readonly string[];
  private readonly options: SweepOptions;
  private readonly command: readonly string[];
  private readonly out: string;
  private readonly digest: string;
  private readonly store: SweepStore;
  private readonly terminal: Terminal;
  private readonly failed = new Map<string, CellResult>();
  private readonly running = new Set<RunningCell>();
  private isStopped = false;

  constructor(
    recordings: readonly string[],
    options: SweepOptions,
    command: readonly string[],
    out: string,
    digest: string,
    store: SweepStore,
    terminal: Terminal,
  ) {
    this.recordings = recordings;
    this.options = options;
    this.command = command;
    this.out = out;
    this.digest = digest;
    this.store = store;
    this.terminal = terminal;
  }

  /** Runs the cells that have no result yet; false where it was interrupted before the last one ended. */
  async all(cells: readonly Cell[]): Promise<boolean> {
    const queue = cells.filter((cell) => !this.store.finished.has(this.identity(cell)));
    const jobs = Math.max(1, Math.min(queue.length, this.options.jobs ?? availableParallelism()));
    const stopListening = this.terminal.onInterrupt(() => this.stop());
    const progress = new SweepProgress(this.terminal, cells.length, cells.length - queue.length);
    try {
      const worker = async (): Promise<void> => {
        for (let cell = queue.shift(); cell !== undefined && !this.isStopped; cell = queue.shift()) {
          const result = await this.one(cell);
          if (result === null) return;
          progress.ended(cellText(cell), result.error);
        }
      };
      await Promise.all(Array.from({ length: jobs }, worker));
    } finally {
      progress.end();
      stopListening();
    }
    return !this.isStopped;
  }

  /** Results there are, in the order of the cells. */
  results(cells: readonly Cell[]): CellResult[] {
    return cells.flatMap((cell) => {
      const identity = this.identity(cell);
      const result = this.store.finished.get(identity) ?? this.failed.get(identity);
      return result === undefined ? [] : [result];
    });
  }

  private stop(): void {
    this.isStopped = true;
    for (const cell of this.running) cell.stop();
  }

  private identity(cell: Cell): string {
    return createHash('sha256')
      .update(`${this.digest}\n${JSON.stringify(cell)}`)
      .digest('hex')
      .slice(0, 32);
  }

  /** Null where it was interrupted: a run cut short is no result. */
  private async one(cell: Cell): Promise<CellResult | null> {
    const identity = this.identity(cell);
    const log = join(this.out, 'logs', identity);
    rmSync(log, { recursive: true, force: true }); // of a sweep that was killed
    const startMs = performance.now();
    const running = startCell([...this.command, ...this.args(cell, log)]);
    this.running.add(running);
    const outcome = await running.done;
    this.running.delete(running);
    if (this.options.keepLogs !== true || this.isStopped) rmSync(log, { recursive: true, force: true });
    if (this.isStopped) return null;
    const elapsedMs = Math.round(performance.now() - startMs);
    const result: CellResult = { identity, params: Object.fromEntries(cell), ...outcome, elapsedMs };
    this.store.add(result);
    if (result.error !== null) this.failed.set(identity, { ...result, report: null });
    return result;
  }

  private args(cell: Cell, log: string): string[] {
    const { options } = this;
    const params = [options.params ?? '', cellText(cell)].filter((text) => text !== '').join(',');
    return [
      ...['replay', ...this.recordings, '--strategy', options.strategy, '--params', params, '--log', log],
      ...['--json', '--threads', '1', '--no-sync', '--no-pin'],
      ...(options.config === undefined ? [] : ['--config', options.config]),
      ...(options.format === undefined ? [] : ['--format', options.format]),
      ...(options.symbols === undefined ? [] : ['--symbols', options.symbols.join(',')]),
      ...(options.date === undefined ? [] : ['--date', options.date]),
      ...(options.seed === undefined ? [] : ['--seed', String(options.seed)]),
    ];
  }
}

/** The grid's values are added to these, so they can't be JSON, and can't name the same parameter. */
function checkParams(params: string | undefined, names: readonly string[]): void {
  if (params === undefined) return;
  if (params.trim().startsWith('{')) {
    throw new TapeheadError('USAGE', "--params of a sweep can't be JSON: the grid's values are added as name=value");
  }
  for (const [, name] of params.matchAll(/(?:^|,)\s*([^=,]+?)\s*=/g)) {
    if (names.includes(name)) throw new TapeheadError('USAGE', `${name} is in --params and in --grid`);
  }
}

/**
 * Of everything that all cells share: results of other recordings, strategies or options are not taken for these. Of a
 * strategy's file and of a configuration that file alone: after a change of what they import, choose another --out.
 */
function digestOf(recordings: readonly string[], options: SweepOptions): string {
  const { strategy, params, config, format, symbols, date, seed } = options;
  const files = recordings.map((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new TapeheadError('NO_FILE', `${path} does not exist`);
    return [resolve(path), found.size, found.mtimeMs];
  });
  const sources = [strategy, config].map((path) => (path !== undefined && isFile(path) ? fileDigest(path) : null));
  // Another version may trade otherwise.
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const shared = { version, files, sources, strategy, params, config, format, symbols, date, seed };
  return createHash('sha256').update(JSON.stringify(shared)).digest('hex');
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function fileDigest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Of a path, what a directory may be called. */
function plainName(path: string): string {
  return basename(path)
    .replace(/\..*/, '')
    .replace(/[^\w-]/g, '_');
}
