/**
 * `tapehead bench`, a program of its own: names and flags → benchmarks, one after another → tables or JSON. Exit 0, 1
 * when a benchmark fails (a wrong answer above all), 2 when it was called wrongly.
 */
import { parseArgs } from 'node:util';
import { messageOf, TapeheadError } from '../src/core/errors.ts';
import { type Benchmark, WrongAnswer } from './benchmark.ts';
import { RunContext } from './context.ts';
import { describeMachine, MachineUse } from './machine.ts';
import { loadBenchmarks } from './registry.ts';
import { type Measured, machineText, reportJson, resultText } from './report.ts';

interface Arguments {
  readonly benchmarks: readonly Benchmark[];
  readonly file: string | null;
  readonly smoke: boolean;
  readonly json: boolean;
  readonly durationS: number | null;
  readonly rate: number | null;
}

function readArguments(known: readonly Benchmark[]): Arguments {
  const { names, file, smoke, json } = parseFlags();
  for (const name of names) {
    if (known.some((benchmark) => benchmark.name === name)) continue;
    throw new TapeheadError(
      'USAGE',
      `there is no benchmark ${JSON.stringify(name)}; there are ${known.map((b) => b.name).join(', ')}`,
    );
  }
  const benchmarks = names.length === 0 ? known : known.filter(({ name }) => names.includes(name));
  return { benchmarks, file, smoke, json, durationS: null, rate: null };
}

function parseFlags(): { names: string[]; file: string | null; smoke: boolean; json: boolean } {
  const options = { file: { type: 'string' }, smoke: { type: 'boolean' }, json: { type: 'boolean' } } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    return { names: positionals, file: values.file ?? null, smoke: values.smoke ?? false, json: values.json ?? false };
  } catch (error) {
    throw new TapeheadError('USAGE', messageOf(error));
  }
}

async function main(): Promise<void> {
  const { benchmarks, file, smoke, json, durationS, rate } = readArguments(await loadBenchmarks());
  const progress = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const context = new RunContext({ smoke, file, durationS, rate, progress });
  // Benchmarks leave gigabytes behind: whatever ends the run, the folder goes.
  process.on('exit', () => context.end());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => process.exit(code));
  const machine = await describeMachine();
  if (!json) process.stdout.write(machineText(machine));
  const measured: Measured[] = [];
  for (const benchmark of benchmarks) {
    progress(`${benchmark.name}:`);
    const one = await measure(benchmark, context);
    measured.push(one);
    if (!json) process.stdout.write(resultText(one));
  }
  if (json) process.stdout.write(`${reportJson(machine, measured, benchmarks.length === 1)}\n`);
}

async function measure(benchmark: Benchmark, context: RunContext): Promise<Measured> {
  const use = new MachineUse();
  const startMs = performance.now();
  const result = await benchmark.run({
    smoke: context.smoke,
    durationS: context.durationS,
    rate: context.rate,
    folder: () => context.folder(),
    itchFile: () => context.itchFile(),
    reference: () => context.reference(),
    cxx: (name) => context.cxx(name),
    progress: (line) => context.progress(`  ${line}`),
  });
  return { benchmark, result, elapsedMs: performance.now() - startMs, ...use.since() };
}

try {
  await main();
} catch (error) {
  const isOurs = error instanceof TapeheadError || error instanceof WrongAnswer;
  const text = isOurs ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`tapehead bench: ${error instanceof WrongAnswer ? 'wrong answer: ' : ''}${text}\n`);
  process.exitCode = error instanceof TapeheadError && error.code === 'USAGE' ? 2 : 1;
}
