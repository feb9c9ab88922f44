/** Runs the bench quickly, as a user does, and looks at what every result must have. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BenchResult } from '../../latency-bench/benchmark.ts';
import { RunContext } from '../../latency-bench/context.ts';
import { loadBenchmarks } from '../../latency-bench/registry.ts';
import { FULL_SETTINGS } from './bench-run.ts';
import { temporaryFolder } from './command.ts';

export const BENCH_MAIN = fileURLToPath(new URL('../../latency-bench/main.js', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SmokeReport {
  readonly benchmark: string;
  readonly machine: { readonly node: string };
  readonly figures: readonly { readonly name: string; readonly runs: readonly number[] }[];
  readonly latencies: readonly {
    readonly name: string;
    readonly kind: string;
    readonly count: number;
    readonly p50Ns: number;
    readonly maxNs: number;
  }[];
  readonly notes: readonly string[];
  /** A benchmark's details. */
  readonly [key: string]: unknown;
}

/** The program in a temporary folder of its own, which must be empty again behind it. */
export async function bench(t: TestContext, ...args: string[]): Promise<Ended> {
  const folder = temporaryFolder(t);
  const env = { ...process.env, TMPDIR: folder };
  const ended = await new Promise<Ended>((resolve) => {
    const child = execFile(process.execPath, [BENCH_MAIN, ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
  assert.deepEqual(readdirSync(folder), [], 'a run leaves nothing behind');
  return ended;
}

/** A quick run of one benchmark: what it prints as JSON. */
export async function smoke(t: TestContext, name: string): Promise<SmokeReport> {
  const { code, stdout, stderr } = await bench(t, name, '--smoke', '--json');
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as SmokeReport;
  assert.equal(stdout, `${JSON.stringify(report)}\n`, 'exactly one JSON object');
  assert.equal(report.benchmark, name);
  assert.equal(report.machine.node, process.version);
  for (const { name: figure, runs } of report.figures) {
    assert.ok(runs.length > 0 && runs.every((value) => value > 0 && Number.isFinite(value)), `${figure}: ${runs}`);
  }
  for (const { name: latency, kind, count, p50Ns, maxNs } of report.latencies) {
    // A stage may be shorter than a step of the clock.
    assert.ok(count > 0 && maxNs > 0 && maxNs >= p50Ns && (p50Ns > 0 || kind === 'stage'), latency);
  }
  return report;
}

/** A quick run in this process: the result as the harness gets it, with the goals that no quick run reports. */
export async function smokeResult(t: TestContext, name: string): Promise<BenchResult> {
  const benchmark = (await loadBenchmarks()).find((one) => one.name === name);
  assert.ok(benchmark !== undefined, name);
  const context = new RunContext({ ...FULL_SETTINGS, smoke: true, progress: () => {} });
  t.after(() => context.end());
  return benchmark.run(context);
}
