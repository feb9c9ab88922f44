/** A run as JSON: what `--json` prints, what `results.json` holds, what `compare` reads. */
import type { Histogram } from '../../src/core/histogram.ts';
import type { Attribution, Goal, Json, LatencyFigure } from '../benchmark.ts';
import { hdrBase64 } from '../hdr.ts';
import { goalsOf, isReached, type Measured, type Run, type Settings, sumOfStagesNs, total } from '../measured.ts';
import { remarkOnUse } from '../noise.ts';

export const RESULTS_KIND = 'tapehead-bench';
export const RESULTS_VERSION = 1;

type JsonObject = { [key: string]: Json };

/** The machine and a list of benchmarks. */
export function runJson(run: Run): string {
  return JSON.stringify({ ...headOf(run), benchmarks: run.measured.map((one) => benchmarkJson(one, run.settings)) });
}

/** For one benchmark alone: its object, with the machine in it. */
export function singleJson(run: Run): string {
  const [only] = run.measured;
  return JSON.stringify({ ...(only === undefined ? {} : benchmarkJson(only, run.settings)), ...headOf(run) });
}

function headOf(run: Run): object {
  return {
    kind: RESULTS_KIND,
    version: RESULTS_VERSION,
    startedAt: run.startedAt,
    trusted: run.distrust.length === 0,
    distrust: run.distrust,
    interrupted: run.interrupted,
    settings: run.settings,
    machine: { ...run.machine, jitterAfter: run.jitterAfter },
  };
}

function benchmarkJson(measured: Measured, settings: Settings): JsonObject {
  const { name, summary, result, failed, use, elapsedMs } = measured;
  return {
    ...result?.details,
    benchmark: name,
    summary,
    failed,
    topology: result?.topology ?? null,
    figures: (result?.figures ?? []).map(({ name, unit, better, runs }) => ({ name, unit, better, runs })),
    latencies: (result?.latencies ?? []).map(latencyJson),
    goals: goalsOf(measured, settings).map(goalJson),
    attributions: (result?.attributions ?? []).map(attributionJson),
    notes: result?.notes ?? [],
    othersShare: use.othersShare,
    stolenShare: use.stolenShare,
    remark: remarkOnUse(use),
    elapsedMs: Math.round(elapsedMs),
  };
}

function goalJson(goal: Goal): JsonObject {
  const { name, value, unit, limit, better } = goal;
  return { name, value, unit, limit, better, reached: isReached(goal) };
}

/** `resolution`: of the values, as a share of them. */
function latencyJson({ name, kind, parts }: LatencyFigure): JsonObject {
  return {
    name,
    kind,
    ...distributionJson(total(parts)),
    resolution: 2 ** -parts[0].bits,
    parts: parts.map((part) => ({ ...part.summary() })),
    hdr: hdrBase64(parts),
  };
}

function distributionJson(histogram: Histogram): JsonObject {
  return { ...histogram.summary(), meanNs: Math.round(histogram.meanNs * 10) / 10 };
}

function attributionJson(attribution: Attribution): JsonObject {
  const { name, stages, whole, unexplainedNs, stampsCostNs, worst } = attribution;
  const withHdr = (histogram: Histogram): JsonObject => ({
    ...distributionJson(histogram),
    hdr: hdrBase64([histogram]),
  });
  return {
    name,
    stages: stages.map((stage) => ({ name: stage.name, ...withHdr(stage.histogram) })),
    whole: withHdr(whole),
    sumOfStagesNs: Math.round(sumOfStagesNs(attribution) * 10) / 10,
    unexplainedNs,
    stampsCostNs,
    worst: worst.map((event) => ({ ...event })),
  };
}
