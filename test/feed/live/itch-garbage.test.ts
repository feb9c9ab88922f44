/** A live ITCH feed makes no garbage while nothing is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredPart } from '../../support/gc-trace.ts';

test('two million datagrams on two lines cause no garbage collection in the feed thread', async (t) => {
  const { summary, collections } = await measuredPart('itch-garbage-run.js');
  t.diagnostic(summary);
  assert.match(summary, /: 4000001 messages, 4000000 duplicates$/);
  // Garbage of half a byte per datagram would show.
  assert.deepEqual(collections, []);
});
