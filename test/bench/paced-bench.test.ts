/** Quick runs of the benchmarks on a schedule: their answers are checked, their figures are not. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { measureStamps } from '../../latency-bench/traces.ts';
import { temporaryFolder } from '../support/command.ts';

const MAIN = fileURLToPath(new URL('../../latency-bench/main.js', import.meta.url));

interface Report {
  readonly latencies: readonly { readonly name: string; readonly kind: string; readonly count: number }[];
  readonly notes: readonly string[];
  readonly [key: string]: unknown;
}

function smoke(t: TestContext, name: string): Promise<Report> {
  const env = { ...process.env, TMPDIR: temporaryFolder(t) };
  return new Promise<Report>((resolve, reject) => {
    execFile(process.execPath, [MAIN, name, '--smoke', '--json'], { env }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Report);
      else reject(new Error(stderr));
    });
  });
}

test('paced records every message twice, and ends with the books of the C++ program, where that can be built', async (t) => {
  const report = await smoke(t, 'paced');
  assert.equal(report.messages, 10_000);
  for (const { name, count } of report.latencies) assert.equal(count, 10_000, name);
  assert.deepEqual(report.latencies.map(({ kind }) => kind).slice(0, 2), ['service', 'response']);
  assert.ok((report.orders as number) > 5_000 && (report.logRecords as number) > (report.events as number));
  if (report.hasCxx === true) assert.ok(report.notes.some((note) => note.includes('the same in C++')));
});

test('tick-to-trade writes the orders it sends, its log re-executes, and its stages add up to the whole', async (t) => {
  const report = await smoke(t, 'tick-to-trade');
  const counts = new Map(report.latencies.map(({ name, count }) => [name, count]));
  const traded = report.traded as number;
  assert.ok(traded > 0 && (report.orders as number) >= traded);
  for (const stage of ['decode', 'ring wait', 'book', 'strategy', 'risk', 'oms', 'order ring', 'gateway write']) {
    assert.equal(counts.get(stage), traded, stage);
  }
  assert.equal(counts.get('tick to trade, response'), traded);
});

test('the cost of all stamps of an event is measured', () => {
  const ns = measureStamps();
  assert.ok(ns > 0 && Number.isFinite(ns));
});
