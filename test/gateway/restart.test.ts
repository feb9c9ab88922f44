/**
 * The engine's process is killed with orders open, requests under way and answers lost; another one takes over the order manager
 * (as recovered from the log), asks for every order whose end it does not know, and reconciles.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderSide, OrdStatus } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import type { BinanceMarket } from '../../src/gateway/binance/dialect.ts';
import { GatewayAction } from '../../src/gateway/venue-message.ts';
import { TestVenue } from '../support/binance-venue.ts';
import { FAST, type GatewayEngine, startGateway, TEST_TAG, withVenue } from '../support/gateway-engine.ts';

/** So long a request may be under way on a busy machine before the venue finds it too old. */
const PATIENT = { times: { ...FAST, recvWindowMs: 1_000 } };

for (const market of ['spot', 'usdm'] as const) {
  test(`25 restarts in the middle of everything: no order is forgotten, none sent twice (${market})`, async () => {
    const first = market === 'spot' ? 1 : 26;
    for (let done = 0; done < 25; done += 13) {
      const seeds = Array.from({ length: Math.min(13, 25 - done) }, (_, i) => first + done + i);
      await Promise.all(seeds.map((seed) => killed(seed, market)));
    }
  });
}

async function killed(seed: number, market: BinanceMarket): Promise<void> {
  const random = new Prng(seed);
  await withVenue(await TestVenue.start(market), async (venue, start) => {
    const first = start(venue, PATIENT);
    await first.engine.ready();
    const price = market === 'spot' ? 6_000_000 : 600_000;
    const lots = market === 'spot' ? 1_000 : 100;
    const ids: number[] = [];
    for (let i = 0; i < 6; i++) ids.push(first.engine.buy(lots, price - random.below(4)));
    await first.engine.until(
      () => ids.every((id) => first.engine.oms.orders.status[id] === OrdStatus.New),
      'they rest',
    );
    venue.others(OrderSide.Sell, price - 3, 1 + random.below(lots * 2));
    first.engine.replace(ids[4], lots * 2, price - 5);
    first.engine.cancel(ids[5]);
    ids.push(first.engine.buy(lots, price - 6));
    if (random.below(2) === 0) venue.faults.frames = () => [];
    await new Promise((resolve) => setTimeout(resolve, random.below(6)));
    if (random.below(2) === 0) first.engine.poll();
    first.gateway.stop(); // what it would have told is told to nobody
    venue.cut();
    delete venue.faults.frames;
    venue.others(OrderSide.Sell, price - 6, 1 + random.below(lots * 2));
    const second = startGateway(venue, PATIENT, undefined, first.engine.oms);
    try {
      second.engine.knows(first.engine.clOrdIds);
      second.engine.reconciles = false;
      await second.engine.until(() => second.engine.standing === 1, 'the second is connected');
      ask(second.engine, ids);
      second.engine.reconcile();
      await second.engine.ready();
      agree(second.engine, venue, ids, seed);
    } finally {
      await second.end();
    }
  });
}

/** Every order whose end is not known, and every replace that was not answered. */
function ask(engine: GatewayEngine, ids: readonly number[]): void {
  const { orders } = engine.oms;
  for (const id of ids) {
    if (!engine.isOpen(id)) continue;
    engine.control(GatewayAction.Query, orders.clOrdId[id], 0, orders.qtyLots[id]);
    if (orders.replaceClOrdId[id] === 0) continue;
    engine.control(GatewayAction.Query, orders.replaceClOrdId[id], orders.clOrdId[id], orders.pendingQtyLots[id]);
  }
}

function agree(engine: GatewayEngine, venue: TestVenue, ids: readonly number[], seed: number): void {
  const { orders } = engine.oms;
  assert.deepEqual(engine.wrong, [], `seed ${seed}`);
  for (const [name, times] of venue.arrivals) assert.equal(times, 1, `seed ${seed}: ${name} was sent ${times} times`);
  const open = ids.filter((id) => engine.isOpen(id) && orders.leavesQtyLots[id] > 0);
  const ours = open.map((id) => [
    `th${TEST_TAG}-${orders.clOrdId[id]}`,
    orders.leavesQtyLots[id],
    orders.priceTicks[id],
  ]);
  const theirs = [...venue.account.open].map((order) => [order.clientOrderId, order.leavesLots, order.priceTicks]);
  assert.deepEqual(ours.sort(), theirs.sort(), `seed ${seed}: open orders`);
  const cum = ids.reduce((sum, id) => sum + orders.cumQtyLots[id], 0);
  const all = venue.exchange.orders.list(venue.account, venue.market).reduce((sum, order) => sum + order.cumLots, 0);
  assert.equal(cum, all, `seed ${seed}: what was executed`);
}
