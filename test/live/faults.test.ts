import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../support/command.ts';
import { CAMPAIGN_VENUES, campaignTable, faultCampaign } from '../support/fault-campaign.ts';
import { faultRun } from '../support/fault-run.ts';

const SEEDS = Number(process.env.SEEDS ?? 3);
/** From so many seeds on every fault surely happens. */
const MANY = 10;

for (const venue of CAMPAIGN_VENUES) {
  test(`${venue}: every fault of feeds, ${SEEDS} seeds each: the books become the venue's, no order leaves for a stale one`, async (t) => {
    const firstSeed = Number(process.env.SEED ?? 20261123);
    t.diagnostic(`seed ${firstSeed}`);
    const folder = temporaryFolder(t);
    const report = await faultCampaign({ firstSeed, seeds: SEEDS, tradeEvery: 20, folder, venues: [venue] });
    for (const line of campaignTable(report).split('\n')) t.diagnostic(line);
    assert.deepEqual(report.failures, []);
    assert.ok(report.traded > 0 && report.sent > 0, 'an engine rode along and traded');
    if (SEEDS < MANY) return;
    for (const { fault, made } of report.counts) assert.ok(made > 0, `${fault} never happened`);
  });
}

test('a snapshot that is answered behind the loss of its connection makes no book live', async () => {
  // The answer comes while the feed waits to reconnect.
  for (const seed of [20261563, 20261639]) await faultRun('binance', 'slow-snapshot', seed);
});
