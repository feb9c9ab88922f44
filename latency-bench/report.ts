/** What a run of benchmarks prints: tables for people, one JSON object for machines. */
import { count, duration, table } from '../src/cli/terminal.ts';
import { Histogram } from '../src/core/histogram.ts';
import { type Benchmark, type BenchResult, best, type Figure, type Json, median } from './benchmark.ts';
import { type Machine, remarkOnUse } from './machine.ts';

export interface Measured {
  readonly benchmark: Benchmark;
  readonly result: BenchResult;
  /** Share of all cores that others used meanwhile. */
  readonly othersShare: number | null;
  readonly elapsedMs: number;
}

/** Of one benchmark its own object, of several a list. */
export function reportJson(machine: Machine, measured: readonly Measured[], isSingle: boolean): string {
  const objects = measured.map(jsonOf);
  return JSON.stringify(isSingle ? { ...objects[0], machine } : { machine, benchmarks: objects });
}

function jsonOf(measured: Measured): { [key: string]: Json } {
  const { benchmark, result, othersShare, elapsedMs } = measured;
  return {
    benchmark: benchmark.name,
    ...result.details,
    figures: result.figures.map(({ name, unit, better, runs }) => ({ name, unit, better, runs })),
    latencies: result.latencies.map(({ name, kind, parts }) => ({ name, kind, ...total(parts).summary() })),
    goals: (result.goals ?? []).map((goal) => ({ ...goal })),
    notes: result.notes,
    othersShare,
    remark: remarkOnUse(othersShare),
    elapsedMs: Math.round(elapsedMs),
  };
}

export function machineText(machine: Machine): string {
  const { cpu, cores, memoryGb, governor, system, node, v8, clockNs, clockStepNs, loadAverage } = machine;
  const lines = [
    `${cpu}, ${cores} cores, ${memoryGb} GB; governor ${governor ?? 'not readable'}; ${system}`,
    `Node ${node}, V8 ${v8}; clock ${clockNs} ns a reading, steps of ${clockStepNs} ns`,
    `load ${loadAverage.join(' ')}${shareText(', others use', machine.othersShare)}; logs in ${machine.tempFolder} (${machine.tempFileSystem})`,
  ];
  if (machine.remark !== null) lines.push(`NOTE: ${machine.remark}`);
  return lines.map((line) => `${line}\n`).join('');
}

export function resultText(measured: Measured): string {
  const { benchmark, result } = measured;
  const seconds = (measured.elapsedMs / 1e3).toFixed(1);
  const parts = [`\n${benchmark.name}: ${benchmark.summary}  (${seconds} s)\n`];
  if (result.figures.length > 0) {
    parts.push(table([['', 'best', 'median', 'worst', 'runs', ''], ...result.figures.map(figureRow)]));
  }
  if (result.latencies.length > 0) {
    const rows = result.latencies.map(({ name, parts }) => {
      const { count: samples, p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs } = total(parts).summary();
      return [name, ...[p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs].map(duration), count(samples)];
    });
    parts.push('\n', table([['', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max', 'samples'], ...rows]));
  }
  for (const note of result.notes) parts.push(`  ${note}\n`);
  const remark = remarkOnUse(measured.othersShare);
  if (remark !== null) parts.push(`  NOTE: ${remark}\n`);
  return parts.join('');
}

function total(parts: readonly Histogram[]): Histogram {
  const sum = new Histogram(null, 0, parts[0].bits);
  for (const part of parts) sum.add(part);
  return sum;
}

function figureRow(figure: Figure): string[] {
  const { name, unit, runs, better } = figure;
  const worst = better === 'higher' ? Math.min(...runs) : Math.max(...runs);
  return [name, ...[best(figure), median(runs), worst].map(figureText), String(runs.length), unit];
}

function figureText(value: number): string {
  return value >= 1000 ? count(value) : value.toPrecision(3);
}

function shareText(before: string, share: number | null): string {
  return share === null ? '' : `${before} ${Math.round(share * 100)} % of the cores`;
}
