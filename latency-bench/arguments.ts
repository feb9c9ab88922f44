/** The program's arguments: which benchmarks, how, and where the results go; or two results to compare. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf, TapeheadError } from '../src/core/errors.ts';
import { printable } from '../src/core/printable.ts';
import type { Benchmark } from './benchmark.ts';
import type { Settings } from './measured.ts';
import { SCHEDULES, type ScheduleName } from './open-loop/schedule.ts';

export interface RunArguments {
  readonly command: 'run';
  readonly benchmarks: readonly Benchmark[];
  readonly settings: Settings;
  readonly json: boolean;
  readonly out: string | null;
}

export interface CompareArguments {
  readonly command: 'compare';
  readonly a: string;
  readonly b: string;
  readonly json: boolean;
}

export type Arguments = RunArguments | CompareArguments | { readonly command: 'list' };

const OPTIONS = {
  file: { type: 'string' },
  smoke: { type: 'boolean' },
  duration: { type: 'string' },
  rate: { type: 'string' },
  schedule: { type: 'string' },
  json: { type: 'boolean' },
  out: { type: 'string' },
  list: { type: 'boolean' },
} as const;

/** Throws a `USAGE` error of one line. */
export function readArguments(args: readonly string[], known: readonly Benchmark[]): Arguments {
  const { values, positionals } = parse(args);
  if (positionals[0] === 'compare') return compareArguments(positionals.slice(1), values);
  for (const name of positionals) if (!known.some((one) => one.name === name)) throw unknown(name, known);
  if (values.list === true) return { command: 'list' };
  const benchmarks = positionals.length === 0 ? known : known.filter(({ name }) => positionals.includes(name));
  if (values.out === '') throw usage('--out: expected the name of a directory');
  if (values.file !== undefined && !existsSync(values.file)) {
    throw new TapeheadError('NO_FILE', `${printable(values.file)} is not there`);
  }
  const settings: Settings = {
    benchmarks: benchmarks.map(({ name }) => name),
    smoke: values.smoke ?? false,
    durationS: positiveOrNull('--duration', values.duration, 'seconds'),
    rate: positiveOrNull('--rate', values.rate, 'messages a second'),
    schedule: scheduleOf(values.schedule),
    file: values.file ?? null,
  };
  return { command: 'run', benchmarks, settings, json: values.json ?? false, out: values.out ?? null };
}

function parse(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

function compareArguments(files: readonly string[], values: { readonly [option: string]: unknown }): CompareArguments {
  const other = Object.keys(values).find((option) => option !== 'json');
  if (other !== undefined) throw usage(`compare takes no --${other}: it measures nothing`);
  if (files.length !== 2)
    throw usage(`compare takes two files of results, A.json and B.json; ${files.length} were given`);
  return { command: 'compare', a: files[0], b: files[1], json: values.json === true };
}

function scheduleOf(text: string | undefined): ScheduleName {
  const name = SCHEDULES.find((one) => one === (text ?? 'even'));
  if (name !== undefined) return name;
  throw usage(`--schedule: ${printable(text ?? '')} is not one of ${SCHEDULES.join(', ')}`);
}

function positiveOrNull(option: string, text: string | undefined, unit: string): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (/^(\d+(\.\d*)?|\.\d+)(e\d+)?$/i.test(text) && value > 0 && Number.isFinite(value)) return value;
  throw usage(`${option}: ${JSON.stringify(text)} is not a number of ${unit} above 0`);
}

function unknown(name: string, known: readonly Benchmark[]): TapeheadError {
  const names = known.map((one) => one.name);
  const near = nearest(name, names);
  const hint = near === null ? '' : ` (did you mean ${near}?)`;
  return usage(`there is no benchmark ${JSON.stringify(name)}${hint}; there are ${names.join(', ')}`);
}

function usage(message: string): TapeheadError {
  return new TapeheadError('USAGE', message);
}

/** The name with the fewest changed letters, where these are few enough for a slip of the hand. */
function nearest(name: string, names: readonly string[]): string | null {
  let found: string | null = null;
  let least = Math.max(1, Math.floor(name.length * 0.4)) + 1;
  for (const one of names) {
    const changes = editDistance(name, one);
    if (changes < least) {
      least = changes;
      found = one;
    }
  }
  return found;
}

/** Letters to insert, delete or replace (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
