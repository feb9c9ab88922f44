/** Quick runs of the benchmarks on a schedule: their answers are checked, their figures are not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureStamps } from '../../latency-bench/traces.ts';
import { smoke } from '../support/bench-smoke.ts';

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
