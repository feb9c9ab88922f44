import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { temporaryFolder } from '../support/command.ts';
import { killAtVenue } from '../support/venue-kills.ts';

test('a live run is killed twice with orders at the venue: each time it agrees with it again, nothing is lost or doubled', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}`);
  const report = await killAtVenue(temporaryFolder(t), 'binance', 2, 300, new Prng(seed));
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.orders > 0 && report.openAtKill > 0);
});
