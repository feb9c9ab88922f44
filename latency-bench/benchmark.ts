/**
 * What a benchmark is. One file in `benchmarks/` that exports `benchmark`; the harness finds it there, gives it a
 * context, and turns what it returns into a table or JSON.
 */

import type { Histogram } from '../src/core/histogram.ts';
import type { ScheduleName } from './open-loop/schedule.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A figure and every run that was made of it, warm-up excluded, in the order of the runs. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly runs: readonly number[];
}

/**
 * service: from the start of the work. response: from the time the work was intended to start, so that waiting counts.
 * round-trip: out and back. stage: a part of something else.
 */
export type LatencyKind = 'service' | 'response' | 'round-trip' | 'stage';

export interface LatencyFigure {
  readonly name: string;
  readonly kind: LatencyKind;
  /**
   * One histogram for each repetition, or for each slice of a long run, all of one resolution: added up for the tables
   * and files, compared with one another for the noise.
   */
  readonly parts: readonly Histogram[];
}

/** What the project has set itself to reach, and what was reached in this run. */
export interface Goal {
  readonly name: string;
  readonly value: number;
  /** 'x' for a ratio in one run. */
  readonly unit: string;
  readonly limit: number;
  /** 'higher': reached at `limit` and above. */
  readonly better: 'higher' | 'lower';
}

/** Where the time from one event to another goes. The stages follow one another without a hole. */
export interface Attribution {
  readonly name: string;
  readonly stages: readonly { readonly name: string; readonly histogram: Histogram }[];
  /** From before the first stage to behind the last, measured on its own. */
  readonly whole: Histogram;
  /** Mean of the whole less the sum of the stages' means: what the stamps themselves and the timer leave unexplained. */
  readonly unexplainedNs: number;
  /** What all stamps of one event cost, measured. */
  readonly stampsCostNs: number;
  /** The slowest events, the worst first. */
  readonly worst: readonly WorstEvent[];
}

export interface WorstEvent {
  readonly seq: number;
  /** Since the measurement began. */
  readonly atMs: number;
  readonly totalNs: number;
  readonly stagesNs: readonly number[];
  /** What the machine did meanwhile, where it can be known: 'scavenge 1.2 ms', 'parked', 'ring full', 'not on a core'. */
  readonly cause: string;
}

export interface BenchResult {
  readonly figures: readonly Figure[];
  readonly latencies: readonly LatencyFigure[];
  readonly goals?: readonly Goal[];
  readonly attributions?: readonly Attribution[];
  /** Threads, where they ran and how they waited: '2 threads, pinned to cores 0 and 1, spin then park'. */
  readonly topology: string;
  /** One line each: what was checked, what could not be measured and why. */
  readonly notes: readonly string[];
  /** What only this benchmark has to say; stands at the top level of its JSON object. */
  readonly details: { readonly [key: string]: Json };
}

export interface BenchContext {
  /** Quick: the answers are checked, the figures mean nothing. */
  readonly smoke: boolean;
  /** `--duration`: how long each timed stretch of a paced benchmark lasts, or null for its own choice. */
  readonly durationS: number | null;
  /** `--rate`: messages a second of a paced benchmark, or null for its own choice. */
  readonly rate: number | null;
  /** `--schedule`: how the messages of a paced benchmark come. */
  readonly schedule: ScheduleName;
  /** A new empty folder below the run's own, which goes when the run ends, however it ends. */
  folder(): string;
  /** The ITCH 5.0 recording to measure with, not compressed: `--file`, or one made for the purpose. */
  itchFile(): Promise<ItchFile>;
  /** The C++ programs of ../shared/reference, built; or why there are none. */
  reference(): Promise<Reference>;
  /** A C++ program of `latency-bench/cxx/`, by its name without `.cpp`, built with g++; or why it is not there. */
  cxx(name: string): Promise<CxxProgram>;
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

export type CxxProgram =
  | { readonly path: string; readonly absent: null }
  | { readonly path: null; readonly absent: string };

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
