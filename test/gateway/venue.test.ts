/** The gateway at the whole venue, as `tapehead venue` runs it: others trade meanwhile, and order faults come from its one place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrdStatus, OrdType, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { makeTestKeys } from '../../src/exchange/binance/api-keys.ts';
import type { OrderFate } from '../../src/exchange/protocol.ts';
import { BINANCE_ENDPOINTS } from '../../src/gateway/binance/session.ts';
import { FAST, openGateway, TEST_TAG } from '../support/gateway-engine.ts';
import { NO_FAULTS } from '../support/no-faults.ts';
import { marketOf, startVenue } from '../support/venue-scene.ts';

for (const name of ['binance', 'binance-usdm'] as const) {
  test(`orders are quoted and executed against the flow of ${name}, faults included`, async (t) => {
    const random = new Prng(11);
    const fates: readonly OrderFate[] = ['fine', 'fine', 'fine', 'fine', 'lost', 'lost-ack', 'reject'];
    const faults = { ...NO_FAULTS, orderFate: () => fates[random.below(fates.length)] };
    const venue = await startVenue(t, [name], { rate: 2_000, faults });
    const [{ exchange }] = venue.venues;
    const keys = makeTestKeys(exchange);
    const market = marketOf(venue, name, 'BTCUSDT');
    const base = `127.0.0.1:${venue.net.port}/${name}`;
    const isSpot = name === 'binance';
    const scene = openGateway(
      {
        market: isSpot ? 'spot' : 'usdm',
        endpoints: {
          api: `ws://${base}${new URL(BINANCE_ENDPOINTS[isSpot ? 'spot' : 'usdm'].api).pathname}`,
          rest: `http://${base}`,
          streams: `ws://${base}/private`,
        },
        tag: TEST_TAG,
        venue: 0,
        midnightMs: 0,
        times: FAST,
        deadManMs: 0,
      },
      keys[isSpot ? 1 : 0],
      market,
    );
    t.after(() => scene.end());
    const { engine } = scene;
    const { orders } = engine.oms;
    await engine.ready();
    const ids: number[] = [];
    for (let i = 0; i < 40; i++) {
      const bid = market.bestBidTicks;
      if (!Number.isNaN(bid)) ids.push(engine.buy(20, bid - random.below(3), { timeInForce: TimeInForce.Gtc }));
      if (i % 5 === 0) ids.push(engine.sell(20, 0, { type: OrdType.Market }));
      const open = ids.filter((id) => orders.status[id] === OrdStatus.New);
      if (open.length > 3) engine.cancel(open[0]);
      await new Promise((resolve) => setTimeout(resolve, 4));
      engine.poll();
    }
    await engine.until(() => {
      return ids.every((id) => orders.status[id] !== OrdStatus.PendingNew && orders.cancelClOrdId[id] === 0);
    }, 'everything is answered');
    engine.reconcile();
    await engine.until(() => engine.settled === engine.lastReconciliation, 'it is settled');
    assert.deepEqual(engine.wrong, []);
    const account = exchange.accounts.open('test');
    const cum = ids.reduce((sum, id) => sum + orders.cumQtyLots[id], 0);
    const all = exchange.orders.list(account, market).reduce((sum, order) => sum + order.cumLots, 0);
    assert.ok(cum > 0, 'something was executed');
    assert.equal(cum, all);
    const names = exchange.orders.list(account, market).map((order) => order.clientOrderId);
    assert.equal(new Set(names).size, names.length, 'none was sent twice');
  });
}
