/** A quick run of tick-to-order: its answers are checked, its figures are not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TickScene } from '../../latency-bench/tick-scene.ts';
import { smokeResult } from '../support/bench-smoke.ts';

test('tick-to-order: every move of the touch leads to an order, the same ones every time, in stages that add up', async (t) => {
  const { latencies, attributions, details } = await smokeResult(t, 'tick-to-order');
  assert.equal(details.orders, 1_050, 'half of 2,100 events move the touch');
  assert.equal(latencies[0].parts.length, 2);
  for (const part of latencies[0].parts) assert.equal(part.count, 1_000);
  const { stages, whole, unexplainedNs, worst } = attributions?.[0] ?? assert.fail('there are stages');
  assert.equal(stages.length, 5);
  for (const { name, histogram } of stages) assert.equal(histogram.count, whole.count, name);
  const sum = stages.reduce((total, { histogram }) => total + histogram.meanNs, 0);
  assert.ok(Math.abs(whole.meanNs - sum - unexplainedNs) < whole.meanNs * 0.01, 'stages and the rest are the whole');
  assert.equal(worst.length, 20);
  for (let i = 1; i < worst.length; i++) assert.ok(worst[i].totalNs <= worst[i - 1].totalNs, 'the worst first');
});

test('the orders of tick-to-order pass all checks, and the first one is filled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapehead-tick-'));
  try {
    const scene = await TickScene.make(folder);
    for (let i = 0; i < 400; i++) {
      scene.next();
      scene.engine.doWork(1);
    }
    const parts = scene.engine.trading?.parts ?? assert.fail('it trades');
    const { orders, executions } = parts.oms;
    assert.equal(orders.count, 200);
    assert.equal(
      orders.rejectCode.reduce((sum, code) => sum + code, 0),
      0,
      'nothing was refused',
    );
    assert.ok(executions.count > 0 && parts.positions.qtyLots(0, 0) > 0, 'it holds a position');
    assert.ok(parts.host.isRunning(0));
    assert.equal(parts.risk.examination.passedAtOnce, 200, 'each was a usual request');
    scene.engine.trading?.checkInvariants();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
