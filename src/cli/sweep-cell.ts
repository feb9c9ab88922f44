/** One cell of a sweep: a run of its own process, so that nothing of one run can reach another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf } from '../core/errors.ts';
import type { CellFigures } from './sweep-store.ts';

/** Of what a child may print before it is taken to have gone wrong. */
const MAX_OUTPUT_CHARS = 64 << 20;
/** A child that was asked to stop is killed after so long. */
const PATIENCE_MS = 10_000;

export interface CellOutcome {
  readonly headHash: string | null;
  readonly error: string | null;
  readonly figures: CellFigures | null;
  readonly report: unknown;
}

export interface RunningCell {
  readonly done: Promise<CellOutcome>;
  /** Asks it to end. */
  stop(): void;
}

/** Starts `command` (a program and its arguments), which prints one JSON object, as `tapehead replay --json` does. */
export function startCell(command: readonly string[]): RunningCell {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (out.length < MAX_OUTPUT_CHARS) out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err = (err + text).slice(-4096);
  });
  const done = new Promise<CellOutcome>((resolve) => {
    child.on('error', (error) => resolve(failed(messageOf(error))));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(parseOutcome(out));
      else resolve(failed(lastLine(err) ?? (signal === null ? `exit ${code}` : `ended by ${signal}`)));
    });
  });
  return { done, stop: () => stop(child) };
}

function stop(child: ChildProcess): void {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  timer.unref();
  child.on('close', () => clearTimeout(timer));
}

function failed(error: string): CellOutcome {
  return { headHash: null, error, figures: null, report: null };
}

/** Of a message that may have warnings before it. */
function lastLine(text: string): string | null {
  const lines = text.trim().split('\n');
  const said = lines.findLast((line) => line.startsWith('tapehead: ')) ?? lines[lines.length - 1];
  return said === '' ? null : said.replace(/^tapehead: /, '');
}

function parseOutcome(out: string): CellOutcome {
  let value: unknown;
  try {
    value = JSON.parse(out);
  } catch {
    return failed('the run did not print its result as JSON');
  }
  const headHash = textAt(value, 'log', 'headHash');
  if (headHash === null) return failed('the run printed no head hash');
  const report = at(value, 'report') ?? null;
  return { headHash, error: null, figures: report === null ? null : figuresOf(report), report };
}

function figuresOf(report: unknown): CellFigures {
  const pnl = at(report, 'converted') ?? at(report, 'pnl', '0');
  return {
    currency: textAt(pnl, 'currency') ?? '',
    net: numberAt(pnl, 'net'),
    gross: numberAt(pnl, 'gross'),
    fees: numberAt(pnl, 'fees'),
    turnover: numberAt(pnl, 'turnover'),
    maxDrawdown: numberAt(pnl, 'maxDrawdown'),
    sharpe: numberAt(pnl, 'sharpe'),
    orders: numberAt(report, 'orders', 'orders') ?? 0,
    fills: numberAt(report, 'fills', 'fills') ?? 0,
    fillRatio: numberAt(report, 'orders', 'fillRatio'),
    makerShare: numberAt(report, 'fills', 'makerShare'),
    rejected: numberAt(report, 'orders', 'rejected') ?? 0,
  };
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : null;
}

/** Money stands as decimal text. */
function numberAt(value: unknown, ...path: readonly string[]): number | null {
  const found = at(value, ...path);
  const number = typeof found === 'string' && found !== '' ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
