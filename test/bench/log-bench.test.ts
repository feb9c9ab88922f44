/** Quick runs of the benchmarks of the log, of rerun and of recovery: their answers are checked, nothing is timed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BenchResult } from '../../latency-bench/benchmark.ts';
import { smokeResult } from '../support/bench-smoke.ts';

const numbersOf = (result: BenchResult): number[] => result.figures.flatMap(({ runs }) => [...runs]);

test('log measures both sizes of record in groups and one by one, beside disk, hash and checksum alone', async (t) => {
  const result = await smokeResult(t, 'log');
  assert.equal(result.figures.length, 12);
  assert.ok(numbersOf(result).every((value) => value > 0));
  assert.deepEqual(
    result.goals?.map(({ limit }) => limit),
    [5e6, 0.8, 0.8],
  );
  const sizes = result.details.sizes as { recordBytes: number; logBytes: number; singleCommits: number }[];
  assert.deepEqual(
    sizes.map(({ recordBytes }) => recordBytes),
    [64, 80],
  );
  for (const { logBytes, recordBytes, singleCommits } of sizes) {
    assert.ok(logBytes > 100_000 * recordBytes);
    assert.ok(singleCommits >= 200, 'each record was a commit of its own');
  }
});

test('rerun proves the log that a replay wrote, and verify gives its head hash', async (t) => {
  const result = await smokeResult(t, 'rerun');
  assert.ok(numbersOf(result).every((value) => value > 0));
  assert.match(String(result.details.headHash), /^[0-9a-f]{64}$/);
  assert.equal(result.goals?.length, 2);
});

test('recovery keeps every record before the torn one of logs of several sizes', async (t) => {
  const result = await smokeResult(t, 'recovery');
  const recoveries = result.details.recoveries as { records: number; bestMs: number }[];
  assert.deepEqual(
    recoveries.map(({ records }) => records),
    [12_500, 37_500],
  );
  assert.ok(recoveries.every(({ bestMs }) => bestMs > 0));
});
