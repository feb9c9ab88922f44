/** SIGKILL at any moment loses nothing that the watermark acknowledged. 200 kills: test/long/kill.long.ts. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { temporaryFolder } from '../support/command.ts';
import { killReplays } from '../support/kills.ts';
import { repositoryRoot } from '../support/paths.ts';

const SPOT = join(repositoryRoot(), 'replay-data/spot-session.binance.gz');

test('a killed run that trades keeps what was acknowledged, re-executes, and completes its log', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const args = [SPOT, '--no-pin', '--speed', '500', '--strategy', 'market-maker'];
  const report = await killReplays(temporaryFolder(t), args, 1, 450, new Prng(seed));
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.killed + report.missed === 1);
});

test('a killed replay keeps what was acknowledged, and the same replay completes its log', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const report = await killReplays(temporaryFolder(t), [SPOT, '--no-pin', '--speed', '500'], 2, 450, new Prng(seed));
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.killed + report.missed === 2);
});
