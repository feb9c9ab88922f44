/** What a run of the harness has found: what the reports are made from. */

import { Histogram } from '../src/core/histogram.ts';
import type { Attribution, BenchResult, Figure, Goal } from './benchmark.ts';
import type { Machine } from './machine.ts';
import type { Jitter, Use } from './noise.ts';
import type { ScheduleName } from './open-loop/schedule.ts';

/** One benchmark that was run. */
export interface Measured {
  readonly name: string;
  readonly summary: string;
  /** Null where it failed. */
  readonly result: BenchResult | null;
  /** What is wrong, in one line, or null. */
  readonly failed: string | null;
  /** What others did meanwhile. */
  readonly use: Use;
  readonly elapsedMs: number;
}

/** A whole run. */
export interface Run {
  readonly machine: Machine;
  readonly settings: Settings;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly measured: readonly Measured[];
  /** Stopped by a signal: the benchmarks named in the settings are not all here. */
  readonly interrupted: boolean;
  /** What disturbed a core that does nothing else, behind the last benchmark; null where the run did not get there. */
  readonly jitterAfter: Jitter | null;
  /** Why figures of this run are to be distrusted, one line each; none: they may be trusted. */
  readonly distrust: readonly string[];
}

/** What was asked for. */
export interface Settings {
  readonly benchmarks: readonly string[];
  readonly smoke: boolean;
  readonly durationS: number | null;
  readonly rate: number | null;
  readonly schedule: ScheduleName;
  readonly file: string | null;
}

/** All parts of a latency in one histogram. */
export function total(parts: readonly Histogram[]): Histogram {
  if (parts.length === 1) return parts[0];
  const sum = new Histogram(null, 0, parts[0].bits);
  for (const part of parts) sum.add(part);
  return sum;
}

export function worst({ better, runs }: Figure): number {
  return better === 'higher' ? Math.min(...runs) : Math.max(...runs);
}

export function isReached({ value, limit, better }: Goal): boolean {
  return better === 'higher' ? value >= limit : value <= limit;
}

/** The goals of a benchmark; none in a smoke run, whose figures mean nothing. */
export function goalsOf({ result }: Measured, { smoke }: Settings): readonly Goal[] {
  return smoke ? [] : (result?.goals ?? []);
}

/** What the stages explain of an attribution's whole, by their means. */
export function sumOfStagesNs({ stages }: Attribution): number {
  return stages.reduce((sum, { histogram }) => sum + histogram.meanNs, 0);
}
