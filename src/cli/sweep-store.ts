/**
 * What a sweep has found so far: results.jsonl, one cell a line, appended and synced as each ends. A sweep started again
 * reads it and leaves out the cells that are there. A line that was half written when the machine stopped is cut off.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../core/directories.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';

const RESULTS_NAME = 'results.jsonl';

/** The figures that a table shows and sorts by; money converted to one currency where the run has several and rates, else of the first. Null: the run has none. */
export interface CellFigures {
  readonly currency: string;
  readonly net: number | null;
  readonly gross: number | null;
  readonly fees: number | null;
  readonly turnover: number | null;
  readonly maxDrawdown: number | null;
  readonly sharpe: number | null;
  readonly orders: number;
  readonly fills: number;
  readonly fillRatio: number | null;
  readonly makerShare: number | null;
  readonly rejected: number;
}

/** One line. */
export interface CellResult {
  /** Digest of all that determines the cell: recordings, strategy, configuration, parameters, options. */
  readonly identity: string;
  readonly params: Readonly<Record<string, string>>;
  /** Null where the run failed: `error` says why. */
  readonly headHash: string | null;
  readonly error: string | null;
  readonly elapsedMs: number;
  readonly figures: CellFigures | null;
  /** The run's whole report, as `tapehead report --json` prints it. */
  readonly report: unknown;
}

export class SweepStore {
  /** Finished cells by identity, without their reports. Failed ones are not among them: they are tried again. */
  readonly finished = new Map<string, CellResult>();
  private readonly fd: number;

  /** Opens `directory`, which is made where it is missing. */
  constructor(directory: string) {
    const path = join(directory, RESULTS_NAME);
    try {
      makeDirectories(directory);
      const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
      const whole = this.read(path, bytes);
      this.fd = openSync(path, 'a');
      if (whole < bytes.length) ftruncateSync(this.fd, whole);
    } catch (error) {
      if (error instanceof TapeheadError) throw error;
      throw new TapeheadError('NO_FILE', `the sweep's results can't be kept in ${directory}: ${messageOf(error)}`);
    }
  }

  add(result: CellResult): void {
    if (result.error === null) this.finished.set(result.identity, { ...result, report: null });
    writeFileSync(this.fd, `${JSON.stringify(result)}\n`);
    fsyncSync(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Takes in the lines; returns where the last whole one ends. */
  private read(path: string, bytes: Buffer): number {
    const end = bytes.lastIndexOf(0x0a) + 1;
    const lines = bytes.toString('utf8', 0, end).split('\n');
    lines.pop();
    for (const [i, line] of lines.entries()) {
      const result = parseLine(line);
      if (result === null) {
        throw new TapeheadError('CORRUPT', `${path}:${i + 1}: not a result of a sweep; choose another --out directory`);
      }
      if (result.error === null) this.finished.set(result.identity, { ...result, report: null });
    }
    return end;
  }
}

function parseLine(line: string): CellResult | null {
  try {
    const value = JSON.parse(line) as Partial<CellResult> | null;
    const isResult =
      typeof value === 'object' && value !== null && typeof value.identity === 'string' && 'error' in value;
    return isResult ? (value as CellResult) : null;
  } catch {
    return null;
  }
}
