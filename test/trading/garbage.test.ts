/**
 * After warm-up a run that trades produces next to no garbage: half a million events with the market maker quoting, its
 * orders checked, sent, filled and journalled. What remains is a few numbers that the optimising compiler boxes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredPart } from '../support/gc-trace.ts';

/** 32 bytes an event at most; it was 150 when every number that was passed on was boxed. */
const MAX_COLLECTIONS = 16;

test('half a million events of a run that trades cause at most a few collections of a megabyte', async (t) => {
  const { summary, collections } = await measuredPart('trading-garbage-run.js');
  t.diagnostic(`${summary}, ${collections.length} collections`);
  const [, orders, fills] = /(\d+) orders, (\d+) fills/.exec(summary) ?? [];
  assert.ok(Number(orders) > 100 && Number(fills) > 500, 'it traded');
  assert.ok(collections.length <= MAX_COLLECTIONS, `${collections.length} collections`);
});
