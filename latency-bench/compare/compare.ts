/**
 * Two runs of the harness, figure by figure: what differs, and whether that is more than noise.
 *
 * Every row's interval holds for all rows together: the doubt of 5 % is shared out among the rows that are judged, so that
 * a comparison of two runs that differ in nothing marks anything at all in at most one of twenty cases.
 */
import { TapeheadError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { median } from '../benchmark.ts';
import { differenceOf, geometricMean } from './bootstrap.ts';
import { type BenchmarkResults, type Results, readResults } from './read.ts';

export type Mark = 'faster' | 'slower' | 'within noise' | 'not judged' | 'only in A' | 'only in B';

export interface ComparedRow {
  readonly benchmark: string;
  readonly name: string;
  readonly unit: string;
  /** Mean of the runs (geometric, where all are above 0); of a latency, of its parts' percentiles. Null where the file does not have it. */
  readonly a: number | null;
  readonly b: number | null;
  /** B against A in %, and its interval, or null where there is none. */
  readonly differencePercent: number | null;
  readonly lowPercent: number | null;
  readonly highPercent: number | null;
  readonly mark: Mark;
  /** Why it was not judged; how many runs. */
  readonly note: string;
}

export interface Comparison {
  readonly a: Results;
  readonly b: Results;
  /** What speaks against comparing these two. */
  readonly flags: readonly string[];
  readonly rows: readonly ComparedRow[];
  /** Rows that have an interval. */
  readonly judged: number;
  readonly regressions: number;
}

/** Of all intervals together. */
export const DOUBT = 0.05;
/** A difference below this is none that anybody would act on; rows of exactly equal runs have no interval to speak of. */
export const LEAST_SHARE = 0.01;
/** A percentile is judged where every part has so many samples beyond it. */
const LEAST_BEYOND = 10;

/** Throws where a file can't be read, or the two can't be compared. */
export function compareFiles(fileA: string, fileB: string): Comparison {
  return compareResults(readResults(fileA), readResults(fileB));
}

export function compareResults(a: Results, b: Results): Comparison {
  refuseOthers(a, b);
  const pairs = pairsOf(a, b);
  const judged = pairs.filter(isJudged).length;
  const rows = pairs.map((pair) => rowOf(pair, DOUBT / Math.max(1, judged)));
  const regressions = rows.filter(({ mark }) => mark === 'slower').length;
  return { a, b, flags: flagsOf(a, b), rows, judged, regressions };
}

/** Differences of the machine or of Node are no differences of the code. */
function refuseOthers(a: Results, b: Results): void {
  for (const one of [a, b]) {
    if (one.settings.smoke) throw usage(`${printable(one.file)} is of a smoke run, whose figures mean nothing`);
  }
  const named = [
    ['processor', 'cpu'],
    ['cores', 'cores'],
    ['memory in GB', 'memoryGb'],
    ['system', 'system'],
    ['Node', 'node'],
    ['V8', 'v8'],
  ] as const;
  for (const [what, key] of named) {
    if (a.machine[key] === b.machine[key]) continue;
    const where = what === 'Node' || what === 'V8' ? 'with different versions' : 'on different machines';
    throw usage(
      `${printable(a.file)} and ${printable(b.file)} were measured ${where} (${what}: ${a.machine[key]} and ${b.machine[key]}): measure both on one`,
    );
  }
}

function usage(message: string): TapeheadError {
  return new TapeheadError('USAGE', message);
}

function flagsOf(a: Results, b: Results): string[] {
  const flags: string[] = [];
  for (const [name, one] of [
    ['A', a],
    ['B', b],
  ] as const) {
    for (const why of one.distrust) flags.push(`${name} is not to be trusted: ${why}`);
    if (one.interrupted) flags.push(`${name} was interrupted: not all of its benchmarks are there`);
    for (const { benchmark, failed } of one.benchmarks) {
      if (failed !== null) flags.push(`${name}: ${benchmark} failed: ${failed}`);
    }
  }
  for (const [option, key] of [
    ['--duration', 'durationS'],
    ['--rate', 'rate'],
    ['--schedule', 'schedule'],
    ['--file', 'file'],
  ] as const) {
    const [ofA, ofB] = [a.settings[key], b.settings[key]];
    if (ofA !== ofB) flags.push(`${option} differs: ${ofA ?? 'none'} in A, ${ofB ?? 'none'} in B`);
  }
  return flags;
}

/** What one file has of a row. */
interface Series {
  readonly runs: readonly number[];
  /** What a single run stands for: 'run', 'part' or 'goal'. */
  readonly noun: string;
  /** Why there is nothing to judge, whatever the other file says; or null. */
  readonly unfit: string | null;
}

interface Pair {
  readonly benchmark: string;
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** Differences below this share of the value can't be told from none. */
  readonly resolution: number;
  readonly a: Series | null;
  readonly b: Series | null;
}

type Item = Omit<Pair, 'a' | 'b'> & Series;

function pairsOf(a: Results, b: Results): Pair[] {
  const inA = itemsOf(a);
  const inB = itemsOf(b);
  const pairs = [...inA].map(([key, item]): Pair => ({ ...item, a: item, b: inB.get(key) ?? null }));
  for (const [key, item] of inB) if (!inA.has(key)) pairs.push({ ...item, a: null, b: item });
  return pairs;
}

/** By benchmark, sort and name; a name that comes twice is told apart by its place. */
function itemsOf(results: Results): Map<string, Item> {
  const items = new Map<string, Item>();
  const add = (sort: string, item: Item): void => {
    let key = JSON.stringify([item.benchmark, sort, item.name, item.unit]);
    while (items.has(key)) key += '+';
    items.set(key, item);
  };
  for (const one of results.benchmarks) {
    for (const item of figureItems(one)) add('figure', item);
    for (const item of latencyItems(one, results.machine.clockStepNs)) add('latency', item);
    for (const item of goalItems(one)) add('goal', item);
  }
  return items;
}

function figureItems({ benchmark, figures }: BenchmarkResults): Item[] {
  return figures.map(({ name, unit, better, runs }) => ({
    ...{ benchmark, name, unit, better, runs },
    ...{ resolution: 0, noun: 'run', unfit: null },
  }));
}

const PERCENTILES = [
  ['p50', 'p50Ns', 0.5],
  ['p90', 'p90Ns', 0.9],
  ['p99', 'p99Ns', 0.99],
  ['p99.9', 'p999Ns', 0.999],
  ['p99.99', 'p9999Ns', 0.9999],
  ['max', 'maxNs', 1],
] as const;

function latencyItems({ benchmark, latencies }: BenchmarkResults, clockStepNs: number): Item[] {
  return latencies.flatMap(({ name, parts, resolution }) => {
    const fewest = Math.min(...parts.map(({ count }) => count));
    return PERCENTILES.map(([label, key, share]): Item => {
      const runs = parts.map((part) => part[key]);
      const unfit =
        share === 1 ? 'one event' : fewest * (1 - share) < LEAST_BEYOND ? `${fewest} samples in a part` : null;
      return {
        ...{ benchmark, name: `${name}, ${label}`, unit: 'ns', better: 'lower', runs, noun: 'part', unfit },
        resolution: Math.max(resolution, clockStepNs / Math.max(1, median(runs))),
      };
    });
  });
}

function goalItems({ benchmark, goals }: BenchmarkResults): Item[] {
  return goals.map(({ name, unit, better, value, reached }) => ({
    ...{ benchmark, name: `goal: ${name}`, unit, better, runs: [value], resolution: 0, noun: 'goal' },
    unfit: reached ? 'reached' : 'missed',
  }));
}

function isJudged(pair: Pair): boolean {
  return pair.a !== null && pair.b !== null && whyNotJudged(pair.a, pair.b) === null;
}

function whyNotJudged(a: Series, b: Series): string | null {
  if (a.noun === 'goal') return a.unfit === b.unfit ? `${b.unfit} in both` : `${a.unfit} in A, ${b.unfit} in B`;
  const unfit = a.unfit ?? b.unfit;
  if (unfit !== null) return unfit;
  if (a.runs.length < 2 || b.runs.length < 2) return `one ${a.noun} only`;
  return [...a.runs, ...b.runs].every((value) => value > 0) ? null : 'a value of 0';
}

function rowOf(pair: Pair, doubt: number): ComparedRow {
  const { benchmark, name, unit, a, b } = pair;
  const values = { a: a === null ? null : meanOf(a.runs), b: b === null ? null : meanOf(b.runs) };
  const none = { differencePercent: null, lowPercent: null, highPercent: null };
  if (a === null || b === null) {
    return { benchmark, name, unit, ...values, ...none, mark: a === null ? 'only in B' : 'only in A', note: '' };
  }
  const why = whyNotJudged(a, b);
  if (why !== null) {
    const ratio = meanOf(b.runs) / meanOf(a.runs);
    const differencePercent = Number.isFinite(ratio) ? (ratio - 1) * 100 : null;
    return { benchmark, name, unit, ...values, ...none, differencePercent, mark: 'not judged', note: why };
  }
  const { share, lowShare, highShare } = differenceOf(a.runs, b.runs, doubt);
  return {
    ...{ benchmark, name, unit, ...values },
    ...{ differencePercent: share * 100, lowPercent: lowShare * 100, highPercent: highShare * 100 },
    mark: markOf(pair, share, lowShare, highShare),
    note: `${a.runs.length} and ${b.runs.length} ${a.noun}s`,
  };
}

function meanOf(values: readonly number[]): number {
  if (values.every((value) => value > 0)) return geometricMean(values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function markOf({ better, resolution }: Pair, share: number, lowShare: number, highShare: number): Mark {
  const isClear = lowShare > 0 || highShare < 0;
  if (!isClear || Math.abs(share) < Math.max(LEAST_SHARE, resolution)) return 'within noise';
  return share > 0 === (better === 'higher') ? 'faster' : 'slower';
}
