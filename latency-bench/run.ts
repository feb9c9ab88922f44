/** Runs benchmarks one after another and keeps what they found, whatever becomes of them or of the run. */
import { messageOf, TapeheadError } from '../src/core/errors.ts';
import { type BenchContext, type Benchmark, type BenchResult, check, WrongAnswer } from './benchmark.ts';
import type { RunContext } from './context.ts';
import type { Machine } from './machine.ts';
import type { Measured, Run, Settings } from './measured.ts';
import { type Jitter, MachineUse, probeJitter, remarkOnJitter, remarkOnUse } from './noise.ts';
import type { Progress } from './progress.ts';

export interface Observer {
  /** Called when a benchmark is done, well or not. */
  measured(one: Measured): void;
  /** A failure that is a bug of the benchmark's, for whoever has to find it. */
  bug(stack: string): void;
}

export class Runner {
  private readonly machine: Machine;
  private readonly settings: Settings;
  private readonly context: RunContext;
  private readonly progress: Progress;
  private readonly observer: Observer;
  private readonly startedAt = new Date().toISOString();
  private readonly measured: Measured[] = [];
  private jitterAfter: Jitter | null = null;

  constructor(machine: Machine, settings: Settings, context: RunContext, progress: Progress, observer: Observer) {
    this.machine = machine;
    this.settings = settings;
    this.context = context;
    this.progress = progress;
    this.observer = observer;
  }

  async run(benchmarks: readonly Benchmark[], probeMs: number): Promise<void> {
    for (const [i, benchmark] of benchmarks.entries()) {
      this.progress.begin(
        benchmarks.length === 1 ? benchmark.name : `[${i + 1}/${benchmarks.length}] ${benchmark.name}`,
      );
      const one = await this.measure(benchmark);
      this.measured.push(one);
      this.progress.clear();
      this.observer.measured(one);
    }
    this.jitterAfter = probeJitter(probeMs);
  }

  /** What was found up to now. */
  result(interrupted: boolean): Run {
    const { machine, settings, startedAt, jitterAfter } = this;
    const measured = [...this.measured];
    return { machine, settings, startedAt, measured, interrupted, jitterAfter, distrust: this.distrust() };
  }

  private distrust(): string[] {
    const reasons: string[] = [];
    if (this.machine.remark !== null) reasons.push(`before the run ${this.machine.remark}`);
    for (const { name, use } of this.measured) {
      const remark = remarkOnUse(use);
      if (remark !== null) reasons.push(`during ${name} ${remark}`);
    }
    const after = this.jitterAfter === null ? null : remarkOnJitter(this.jitterAfter);
    if (after !== null) reasons.push(`after the run ${after}`);
    return reasons;
  }

  private async measure(benchmark: Benchmark): Promise<Measured> {
    const { name, summary } = benchmark;
    const use = new MachineUse();
    const startMs = performance.now();
    const ended = (): Pick<Measured, 'use' | 'elapsedMs'> => ({
      use: use.since(),
      elapsedMs: performance.now() - startMs,
    });
    try {
      const result = await benchmark.run(this.contextOfBenchmark());
      checkWhole(result);
      return { name, summary, result, failed: null, ...ended() };
    } catch (error) {
      return { name, summary, result: null, failed: this.failureText(error), ...ended() };
    }
  }

  private failureText(error: unknown): string {
    if (error instanceof WrongAnswer) return `wrong answer: ${messageOf(error)}`;
    if (!(error instanceof TapeheadError) && error instanceof Error && error.stack !== undefined) {
      this.progress.clear();
      this.observer.bug(error.stack);
    }
    return messageOf(error);
  }

  private contextOfBenchmark(): BenchContext {
    const { context, progress } = this;
    return {
      smoke: context.smoke,
      durationS: context.durationS,
      rate: context.rate,
      schedule: context.schedule,
      folder: () => context.folder(),
      itchFile: () => context.itchFile(),
      reference: () => context.reference(),
      cxx: (name) => context.cxx(name),
      progress: (line) => progress.line(line),
    };
  }
}

/** What reports and compare rely on: a benchmark that measured nothing has no figure to show. */
function checkWhole({ figures, latencies, goals = [] }: BenchResult): void {
  for (const { name, runs } of figures) {
    check(runs.length > 0 && runs.every(Number.isFinite), `${name}: runs ${JSON.stringify(runs)} are no figures`);
  }
  for (const { name, parts } of latencies) check(parts.length > 0, `${name}: nothing was recorded`);
  for (const { name, value } of goals) check(Number.isFinite(value), `${name}: ${value} is no figure`);
}
