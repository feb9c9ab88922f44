/**
 * What a benchmark is. One file in `benchmarks/` that exports `benchmark`; the harness finds it there, gives it a
 * context, and turns what it returns into a table or JSON.
 */
import type { LatencySummary } from '../src/core/histogram.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A figure and every run that was made of it, warm-up excluded, in the order of the runs. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly runs: readonly number[];
}

export interface LatencyFigure {
  readonly name: string;
  readonly latency: LatencySummary;
}

export interface BenchResult {
  readonly figures: readonly Figure[];
  readonly latencies: readonly LatencyFigure[];
  /** One line each: what was checked, what could not be measured and why. */
  readonly notes: readonly string[];
  /** What only this benchmark has to say; stands at the top level of its JSON object. */
  readonly details: { readonly [key: string]: Json };
}

export interface BenchContext {
  /** Quick: the answers are checked, the figures mean nothing. */
  readonly smoke: boolean;
  /** A new empty folder below the run's own, which goes when the run ends, however it ends. */
  folder(): string;
  /** The ITCH 5.0 recording to measure with, not compressed: `--file`, or one made for the purpose. */
  itchFile(): Promise<ItchFile>;
  /** The C++ programs of ../shared/reference, built; or why there are none. */
  reference(): Promise<Reference>;
  /** A line for whoever watches. */
  progress(line: string): void;
}

export interface ItchFile {
  readonly path: string;
  /** Where it came from, for the report. */
  readonly origin: string;
}

export type Reference =
  | { readonly itchBook: string; readonly genItch: string; readonly absent: null }
  | { readonly itchBook: null; readonly genItch: null; readonly absent: string };

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  /** Throws when an answer is wrong: a fast wrong answer has no figure. */
  run(context: BenchContext): Promise<BenchResult>;
}

/** The run that was disturbed least. On a machine shared with others the other runs measure the others. */
export function best(figure: Figure): number {
  return figure.better === 'higher' ? Math.max(...figure.runs) : Math.min(...figure.runs);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Asserts an answer; the message is one line that a reader of the run understands. */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new WrongAnswer(what);
}

export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}
