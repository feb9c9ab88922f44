/** Quick runs of the dashboard's benchmarks: whoever is timed is timed as often, and clients of both libraries get the model's values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smokeResult } from '../support/bench-smoke.ts';

test('dashboard: an engine is timed alone, again and beside a dashboard whose clients are served', async (t) => {
  const { latencies, details, figures } = await smokeResult(t, 'dashboard');
  assert.equal(latencies.length, 3);
  for (const { parts } of latencies) {
    assert.equal(parts.length, 2);
    for (const part of parts) assert.equal(part.count, 500);
  }
  assert.ok(figures[0].runs.some((perSecond) => perSecond > 0));
  for (const name of ['p50Ratios', 'p99Ratios', 'p999Ratios']) {
    const { beside, aloneAgain } = details[name] as { beside: number[]; aloneAgain: number[] };
    for (const [ratio, low, high] of [beside, aloneAgain]) assert.ok(low <= ratio && ratio <= high, name);
  }
});

test('fan-out: clients of both libraries are served while the engine works', async (t) => {
  const { details } = await smokeResult(t, 'fan-out');
  const rows = details.rows as unknown as {
    library: string;
    clients: number;
    updatesPerSecond: number;
    bytesPerUpdate: number;
  }[];
  assert.deepEqual(
    rows.map(({ library, clients }) => `${library} ${clients}`),
    ['uWebSockets.js 2', 'ws 2', 'uWebSockets.js 10', 'ws 10'],
  );
  for (const { updatesPerSecond, bytesPerUpdate } of rows) assert.ok(updatesPerSecond > 0 && bytesPerUpdate > 10);
});
