/** After warm-up the engine thread produces no garbage: a million messages without a scavenge. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredPart } from '../support/gc-trace.ts';

test('a million messages after warm-up cause no garbage collection in the engine thread', async (t) => {
  const { summary, collections } = await measuredPart('garbage-run.js');
  t.diagnostic(summary);
  // Garbage of half a byte per message would show.
  assert.deepEqual(collections, []);
});
