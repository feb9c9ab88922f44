import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzLiveSession } from '../../support/live-fuzz.ts';

test('20,000 frames, a third of them damaged: nothing but refusals comes of them, and the capture replays alike', () => {
  let refused = 0;
  let mutated = 0;
  let events = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const run = fuzzLiveSession(seed, 2_000);
    refused += run.refused;
    mutated += run.mutated;
    events += run.events;
  }
  assert.ok(
    refused > 500 && mutated > 4_000 && events > 10_000,
    `${refused} refused, ${mutated} mutated, ${events} events`,
  );
});
