/** Live runs in a process of their own, killed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { temporaryFolder } from '../support/command.ts';
import { killLiveRuns } from '../support/live-kills.ts';

test('a live run that is killed again and again leaves one log, which proves itself', async (t) => {
  const { killed, records, fills } = await killLiveRuns(temporaryFolder(t), 3, 150, new Prng(7));
  assert.equal(killed, 3);
  assert.ok(records > 1000 && fills > 0, `${records} records, ${fills} fills`);
});
