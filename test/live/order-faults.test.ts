import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORDER_MARKETS, orderCampaignTable, orderFaultCampaign } from '../support/order-fault-campaign.ts';

const SEEDS = Number(process.env.SEEDS ?? 2);

for (const market of ORDER_MARKETS) {
  test(`${market}: every fault of orders, ${SEEDS} seeds each: both sides agree, none sent twice, none forgotten, the unknown asked about`, async (t) => {
    const firstSeed = Number(process.env.SEED ?? 20261123);
    t.diagnostic(`seed ${firstSeed}`);
    const report = await orderFaultCampaign({ firstSeed, seeds: SEEDS, markets: [market] });
    for (const line of orderCampaignTable(report).split('\n')) t.diagnostic(line);
    assert.deepEqual(report.failures, []);
    for (const { fault, made, orders, fills, unanswered } of report.counts) {
      assert.ok(made > 0, `${fault} never happened`);
      assert.ok(orders > 0 && fills > 0, `${fault}: orders were sent and executed`);
      // A cancel and a replace of one order may both be lost, so names are fewer than losses.
      if (fault.startsWith('lose-')) assert.ok(unanswered > 0 && unanswered <= made, fault);
    }
  });
}
