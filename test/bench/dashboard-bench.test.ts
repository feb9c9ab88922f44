/** A quick run of the dashboard's benchmark: clients get updates through both libraries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smokeResult } from '../support/bench-smoke.ts';

test('dashboard: clients of both libraries are served while the engine works, and every event is timed', async (t) => {
  const { latencies, details } = await smokeResult(t, 'dashboard');
  for (const { parts } of latencies) for (const part of parts) assert.equal(part.count, 1_000);
  for (const library of ['uWebSockets.js', 'ws']) {
    const { updatesPerSecond, bytesPerUpdate } = details[library] as {
      updatesPerSecond: number;
      bytesPerUpdate: number;
    };
    assert.ok(updatesPerSecond > 0 && bytesPerUpdate > 10, library);
  }
});
