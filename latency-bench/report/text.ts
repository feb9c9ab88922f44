/** A run as tables in a terminal. */
import { count, duration, plural } from '../../src/cli/terminal.ts';
import type { Histogram } from '../../src/core/histogram.ts';
import { type Attribution, best, type Figure, type Goal, type LatencyFigure, median } from '../benchmark.ts';
import type { Machine } from '../machine.ts';
import {
  goalsOf,
  isReached,
  type Measured,
  type Run,
  type Settings,
  sumOfStagesNs,
  total,
  worst,
} from '../measured.ts';
import { percent, remarkOnUse } from '../noise.ts';
import { bar, columns, figureText, withUnit } from './columns.ts';

const BAR_CELLS = 28;
const WORST_SHOWN = 20;

/** What can be known before the first benchmark. */
export function machineText(machine: Machine): string {
  const { cpu, cores, isVirtual, memoryGb, governor, system, node, v8, clockNs, clockStepNs, jitter } = machine;
  const lines = [
    `${cpu}, ${plural(cores, 'core')}${isVirtual === true ? ' of a virtual machine' : ''}, ${memoryGb} GB; governor ${governor ?? 'not readable'}; ${system}`,
    `tapehead ${machine.tapehead}${machine.commit === null ? '' : ` (${machine.commit})`}, Node ${node}, V8 ${v8}`,
    `clock ${machine.clockSource ?? ''} ${clockNs} ns a reading, steps of ${clockStepNs} ns; pinning ${machine.pinning}; huge pages ${machine.hugePages ?? 'not known'}`,
    `load ${machine.loadAverage.join(' ')}${shareText(', others use', machine.othersShare)}; logs in ${machine.tempFolder} (${machine.tempFileSystem})`,
    `a spinning thread was interrupted ${plural(jitter.interruptions, 'time')} in ${Math.round(jitter.probedMs)} ms, for ${percent(jitter.lostShare)} of the time, at most ${duration(jitter.longestNs)}`,
  ];
  if (machine.remark !== null) lines.push(`NOTE: ${machine.remark}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** One benchmark, as soon as it is done. */
export function measuredText(measured: Measured, settings: Settings): string {
  const { name, summary, result, failed, use, elapsedMs } = measured;
  const parts = [`\n${name}: ${summary}  (${(elapsedMs / 1e3).toFixed(1)} s)\n`];
  if (failed !== null) parts.push(`  FAILED: ${failed}\n`);
  if (result === null) return parts.join('');
  parts.push(`  threads: ${result.topology}\n`);
  if (result.figures.length > 0) parts.push(figuresText(result.figures));
  if (result.latencies.length > 0) parts.push('\n', latenciesText(result.latencies));
  for (const attribution of result.attributions ?? []) parts.push('\n', attributionText(attribution));
  const goals = goalsOf(measured, settings);
  if (goals.length > 0) parts.push('\n', goalsText(goals));
  if (result.notes.length > 0) parts.push('\n', ...result.notes.map((note) => `  ${note}\n`));
  const remark = remarkOnUse(use);
  if (remark !== null) parts.push(`  NOTE: ${remark}\n`);
  return parts.join('');
}

/** Behind the last benchmark. */
export function closingText(run: Run): string {
  const { measured, settings, distrust, interrupted } = run;
  const lines: string[] = [];
  if (interrupted) {
    const left = settings.benchmarks.length - measured.length;
    lines.push(
      `stopped: ${measured.length} of ${settings.benchmarks.length} benchmarks were measured, ${left} were not`,
    );
  }
  const failed = measured.filter((one) => one.failed !== null).map(({ name }) => name);
  if (failed.length > 0) lines.push(`FAILED: ${failed.join(', ')}`);
  const goals = measured.flatMap((one) => goalsOf(one, settings));
  if (goals.length > 0) lines.push(`goals reached: ${goals.filter(isReached).length} of ${goals.length}`);
  if (settings.smoke) lines.push('smoke run: the answers were checked, the figures mean nothing');
  else for (const why of distrust) lines.push(`NOT TO BE TRUSTED: ${why}`);
  return lines.length === 0 ? '' : `\n${lines.map((line) => `${line}\n`).join('')}`;
}

function figuresText(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, unit, runs } = figure;
    return [name, ...[best(figure), median(runs), worst(figure)].map(figureText), String(runs.length), unit];
  });
  return columns([['', 'best', 'median', 'worst', 'runs', ''], ...rows], [5]);
}

const PERCENTILES = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'];

function percentileCells(histogram: Histogram): string[] {
  const { p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs } = histogram.summary();
  return [p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maxNs].map(duration);
}

function latenciesText(latencies: readonly LatencyFigure[]): string {
  const rows = latencies.map(({ name, kind, parts }) => {
    const all = total(parts);
    return [name, kind, ...percentileCells(all), count(all.count)];
  });
  return columns([['', '', ...PERCENTILES, 'samples'], ...rows], [1]);
}

function attributionText(attribution: Attribution): string {
  const { name, stages, whole, unexplainedNs, stampsCostNs, worst } = attribution;
  const sumNs = sumOfStagesNs(attribution);
  const rows = stages.map(({ name, histogram }) => {
    const share = sumNs === 0 ? 0 : histogram.meanNs / sumNs;
    return [name, meanText(histogram.meanNs), percent(share), bar(share, BAR_CELLS), ...percentileCells(histogram)];
  });
  const unexplained = whole.meanNs === 0 ? '' : ` (${percent(Math.abs(unexplainedNs) / whole.meanNs)} of the whole)`;
  return [
    `  ${name}: where the time goes, of ${plural(whole.count, 'event')}\n`,
    columns(
      [
        ['', 'mean', '', '', ...PERCENTILES],
        ...rows,
        ['sum of the stages', meanText(sumNs)],
        ['the whole', meanText(whole.meanNs), '', '', ...percentileCells(whole)],
      ],
      [3],
    ),
    `  not explained by the stages: ${signedDuration(unexplainedNs)}${unexplained}; the stamps of one event cost ${duration(stampsCostNs)}\n`,
    worst.length === 0 ? '' : `\n${worstText(attribution)}`,
  ].join('');
}

/** To the ns, so that the stages can be added up. */
function meanText(ns: number): string {
  return `${count(ns)} ns`;
}

function worstText({ name, stages, worst }: Attribution): string {
  const shown = worst.slice(0, WORST_SHOWN);
  const head = ['seq', 'at', 'total', ...stages.map((stage) => stage.name), 'cause'];
  const rows = shown.map(({ seq, atMs, totalNs, stagesNs, cause }) => [
    count(seq),
    duration(atMs * 1e6),
    duration(totalNs),
    ...stages.map((_, i) => duration(stagesNs[i] ?? 0)),
    cause,
  ]);
  return `  ${name}: the worst ${plural(shown.length, 'event')}\n${columns([head, ...rows], [head.length - 1])}`;
}

function goalsText(goals: readonly Goal[]): string {
  const rows = goals.map((goal) => [
    isReached(goal) ? 'reached' : 'missed',
    goal.name,
    withUnit(goal.value, goal.unit),
    `${goal.better === 'higher' ? 'at least' : 'at most'} ${withUnit(goal.limit, goal.unit)}`,
  ]);
  return `  goals\n${columns(rows, [1, 3])}`;
}

function signedDuration(ns: number): string {
  return ns < 0 ? `-${duration(-ns)}` : duration(ns);
}

function shareText(before: string, share: number | null): string {
  return share === null ? '' : `${before} ${percent(share)} of the cores`;
}
