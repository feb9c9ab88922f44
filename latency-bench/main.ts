/**
 * `tapehead bench`, a program of its own: names and flags → benchmarks, one after another → tables, JSON, files. Exit 0, 1
 * when a benchmark fails (a wrong answer above all) or compare finds a regression, 2 when it was called wrongly, 130 and
 * 143 when it was stopped by SIGINT and SIGTERM.
 */
import { messageOf, TapeheadError } from '../src/core/errors.ts';
import { type CompareArguments, type RunArguments, readArguments } from './arguments.ts';
import type { Benchmark } from './benchmark.ts';
import { type Comparison, compareFiles } from './compare/compare.ts';
import { comparisonJson, comparisonText } from './compare/text.ts';
import { RunContext } from './context.ts';
import { describeMachine } from './machine.ts';
import type { Run } from './measured.ts';
import { Progress, stderrOutput } from './progress.ts';
import { loadBenchmarks } from './registry.ts';
import { columns } from './report/columns.ts';
import { openOutput, writeOutput } from './report/files.ts';
import { runJson, singleJson } from './report/json.ts';
import { closingText, machineText, measuredText } from './report/text.ts';
import { Runner } from './run.ts';

/** How long a core is watched for interruptions, before and after. */
const PROBE_MS = 200;
const SMOKE_PROBE_MS = 20;

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
/** One Ctrl-C may arrive more than once: from the terminal, and passed on by the command that started this. */
const SAME_REQUEST_MS = 1_000;

async function main(): Promise<number> {
  const known = await loadBenchmarks();
  const args = readArguments(process.argv.slice(2), known);
  switch (args.command) {
    case 'list':
      return list(known);
    case 'compare':
      return compare(args);
    case 'run':
      return measure(args);
  }
}

function list(known: readonly Benchmark[]): number {
  process.stdout.write(
    columns(
      known.map(({ name, summary }) => [name, summary]),
      [1],
    ),
  );
  return 0;
}

function compare({ a, b, json }: CompareArguments): number {
  const comparison = compareOrRefuse(a, b);
  process.stdout.write(json ? `${comparisonJson(comparison)}\n` : comparisonText(comparison));
  return comparison.regressions > 0 ? 1 : 0;
}

/** Exit 1 says "slower": what can't be compared, for whatever reason, is a wrong call. */
function compareOrRefuse(a: string, b: string): Comparison {
  try {
    return compareFiles(a, b);
  } catch (error) {
    throw error instanceof TapeheadError ? new TapeheadError('USAGE', error.message) : error;
  }
}

async function measure({ benchmarks, settings, json, out }: RunArguments): Promise<number> {
  if (out !== null) openOutput(out);
  const print = (text: string): void => {
    if (!json) process.stdout.write(text);
  };
  const progress = new Progress(stderrOutput());
  const context = new RunContext({ ...settings, progress: (line) => progress.line(line) });
  // Benchmarks leave gigabytes behind: whatever ends the run, the folder goes.
  process.on('exit', () => context.end());
  const probeMs = settings.smoke ? SMOKE_PROBE_MS : PROBE_MS;
  const machine = await describeMachine(probeMs);
  print(machineText(machine));
  const runner = new Runner(machine, settings, context, progress, {
    measured: (one) => print(measuredText(one, settings)),
    bug: (stack) => process.stderr.write(`${stack}\n`),
  });
  const finish = (interrupted: boolean): Run => {
    const run = runner.result(interrupted);
    progress.clear();
    print(closingText(run));
    if (json) process.stdout.write(`${benchmarks.length === 1 ? singleJson(run) : runJson(run)}\n`);
    if (out !== null) for (const line of writeOutput(out, run)) process.stderr.write(`${line}\n`);
    return run;
  };
  onSignal((code) => {
    try {
      finish(true);
    } catch (error) {
      process.stderr.write(`tapehead bench: ${messageOf(error)}\n`);
    }
    process.exit(code);
  });
  await runner.run(benchmarks, probeMs);
  const { measured } = finish(false);
  const failed = measured.filter((one) => one.failed !== null);
  for (const one of failed) process.stderr.write(`tapehead bench: ${one.name}: ${one.failed}\n`);
  return failed.length > 0 ? 1 : 0;
}

/** Calls `stop` once; a signal that comes a second after the first ends the process as it is. */
function onSignal(stop: (code: number) => void): void {
  let askedMs = Number.NaN;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (performance.now() - askedMs > SAME_REQUEST_MS) process.exit(code);
      if (!Number.isNaN(askedMs)) return;
      askedMs = performance.now();
      stop(code);
    });
  }
}

// A reader that goes away (`| head`) ends the program quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(`tapehead bench: the output can't be written: ${error.message}\n`);
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

let code: number;
try {
  code = await main();
} catch (error) {
  const isMistake = error instanceof TapeheadError;
  const text = !isMistake && error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  process.stderr.write(`tapehead bench: ${text}\n`);
  code = isMistake && error.code === 'USAGE' ? 2 : 1;
}
// A benchmark that failed may have left threads behind: they end here, once everything is written.
process.stdout.write('', () => process.exit(code));
