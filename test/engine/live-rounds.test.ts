/** Live runs under seeded trouble. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../support/command.ts';
import { liveRounds } from '../support/live-rounds.ts';

test('whatever the connection loses, the venue and the log agree in the end, and the log proves itself', async (t) => {
  const folder = temporaryFolder(t);
  let fills = 0;
  for (let seed = 1; seed <= 4; seed++) fills += (await liveRounds(folder, seed, 300, false)).fills;
  assert.ok(fills > 20);
});

test('engines that are killed at any record go on with their log as one, and no order is sent twice', async (t) => {
  const folder = temporaryFolder(t);
  let restarts = 0;
  for (let seed = 11; seed <= 14; seed++) restarts += (await liveRounds(folder, seed, 150, true)).restarts;
  assert.ok(restarts > 20);
});
