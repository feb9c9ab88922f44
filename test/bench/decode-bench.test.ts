/** Quick runs of the benchmarks of decoders, books and memory: answers are checked there, figures mean nothing. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/command.ts';

const MAIN = fileURLToPath(new URL('../../latency-bench/main.js', import.meta.url));

interface Report {
  readonly benchmark: string;
  readonly figures: readonly { readonly name: string; readonly runs: readonly number[] }[];
  readonly notes: readonly string[];
  readonly [key: string]: unknown;
}

/** A quick run in a temporary folder of its own, which must be empty again behind it. */
async function smoke(t: TestContext, name: string): Promise<Report> {
  const folder = temporaryFolder(t);
  const env = { ...process.env, TMPDIR: folder };
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [MAIN, name, '--smoke', '--json'], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(folder), [], 'a run leaves nothing behind');
  const report = JSON.parse(stdout) as Report;
  assert.equal(report.benchmark, name);
  for (const { name: figure, runs } of report.figures) {
    assert.ok(runs.length > 0 && runs.every((value) => value > 0 && Number.isFinite(value)), `${figure}: ${runs}`);
  }
  return report;
}

test('decode finds the prices and quantities that JSON.parse finds, in every format there is', async (t) => {
  const report = await smoke(t, 'decode');
  const names = report.figures.map(({ name }) => name).join('\n');
  for (const what of ['Binance depth update, 20 + 20 levels', 'without levels', 'ITCH 5.0', 'LOBSTER'])
    assert.ok(names.includes(what), what);
  const formats = report.formats as { [name: string]: { messages: number; events: number } };
  for (const [name, { messages, events }] of Object.entries(formats)) assert.ok(messages > 0 && events > 0, name);
});

test('books hold at the end what their models hold, level by level', async (t) => {
  const report = await smoke(t, 'books');
  assert.equal(report.figures.length, 9);
  for (const note of report.notes)
    assert.match(note, /5000 events; [1-9]\d* levels at the end, all as in a model beside$/);
});

test('memory counts every order and level that it measured', async (t) => {
  const report = await smoke(t, 'memory');
  const names = report.figures.map(({ name }) => name).join('\n');
  for (const what of ['instruments defined', '10000 live orders', '10000 levels'])
    assert.ok(names.includes(what), what);
  const { feedRingBytes, journalBytes } = report.rings as { feedRingBytes: number; journalBytes: number };
  assert.ok(feedRingBytes >= 1 << 22 && journalBytes >= 1 << 24);
});
