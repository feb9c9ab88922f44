/** Runs a benchmark quickly, as a user does, and looks at what every result must have. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './command.ts';

const MAIN = fileURLToPath(new URL('../../latency-bench/main.js', import.meta.url));

export interface SmokeReport {
  readonly benchmark: string;
  readonly figures: readonly { readonly name: string; readonly runs: readonly number[] }[];
  readonly latencies: readonly { readonly name: string; readonly count: number; readonly maxNs: number }[];
  readonly notes: readonly string[];
}

export async function smoke(t: TestContext, name: string): Promise<SmokeReport> {
  const folder = temporaryFolder(t);
  const env = { ...process.env, TMPDIR: folder };
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [MAIN, name, '--smoke', '--json'], { env }, (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(err));
    });
  });
  assert.deepEqual(readdirSync(folder), [], 'a run leaves nothing behind');
  const report = JSON.parse(stdout) as SmokeReport;
  assert.equal(report.benchmark, name);
  for (const { name: figure, runs } of report.figures) {
    assert.ok(runs.length > 0 && runs.every((value) => value > 0 && Number.isFinite(value)), `${figure}: ${runs}`);
  }
  for (const { name: latency, count, maxNs } of report.latencies) assert.ok(count > 0 && maxNs > 0, latency);
  return report;
}
