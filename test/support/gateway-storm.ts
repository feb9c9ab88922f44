/**
 * A storm over a gateway: random orders, cancels and replaces, while the venue loses orders and answers, doubles and delays
 * what it says, refuses, and breaks connections. When it is over, everything must agree: no order was sent twice, none is
 * forgotten, what the engine holds is what the venue counted.
 */
import assert from 'node:assert/strict';
import { OrderSide, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { LEDGER_UNIT } from '../../src/exchange/listing.ts';
import type { BinanceMarket } from '../../src/gateway/binance/dialect.ts';
import { GatewayStanding } from '../../src/gateway/venue-message.ts';
import { ED25519_KEY, HMAC_KEY, TestVenue } from './binance-venue.ts';
import { type GatewayEngine, TEST_TAG, withVenue } from './gateway-engine.ts';

export async function storm(seed: number, market: BinanceMarket, steps: number): Promise<void> {
  const random = new Prng(seed);
  const key = random.below(2) === 0 ? HMAC_KEY : ED25519_KEY;
  await withVenue(await TestVenue.start(market), async (venue, start) => {
    const { engine } = start(venue, {}, key);
    await engine.ready();
    const price = market === 'spot' ? 6_000_000 : 600_000;
    const lots = market === 'spot' ? 1_000 : 100;
    breakThings(venue, random);
    const ids: number[] = [];
    for (let step = 0; step < steps; step++) {
      act(engine, random, ids, price, lots);
      if (random.below(3) === 0) {
        const side = random.below(2) === 0 ? OrderSide.Buy : OrderSide.Sell;
        venue.others(side, price + random.below(7) - 3, 1 + random.below(lots), TimeInForce.Ioc);
      }
      if (random.below(25) === 0) venue.cut();
      await new Promise((resolve) => setTimeout(resolve, random.below(4)));
      engine.poll();
    }
    venue.faults.orderFate = () => 'fine';
    delete venue.faults.frames;
    delete venue.faults.arrival;
    venue.faults.isApiDown = false;
    await engine.until(() => engine.standing === GatewayStanding.Ready, `seed ${seed}: it is ready again`);
    await engine.until(() => ids.every((id) => !isPending(engine, id)), `seed ${seed}: every request is answered`);
    engine.reconcile();
    await engine.until(() => engine.settled === engine.lastReconciliation, `seed ${seed}: it is settled`);
    agree(engine, venue, seed, ids);
  });
}

function breakThings(venue: TestVenue, random: Prng): void {
  venue.faults.orderFate = () => {
    const dice = random.below(100);
    if (dice < 6) return 'lost';
    if (dice < 14) return 'lost-ack';
    return dice < 18 ? 'reject' : 'fine';
  };
  venue.faults.frames = () => {
    const dice = random.below(100);
    if (dice < 70) return [0];
    if (dice < 80) return [0, random.below(20)];
    return dice < 95 ? [random.below(15)] : [];
  };
  // Some arrive when their answer was given up already, some when they are too old to be taken.
  venue.faults.arrival = () => (random.below(20) === 0 ? 150 + random.below(250) : 0);
}

function act(engine: GatewayEngine, random: Prng, ids: number[], price: number, lots: number): void {
  const open = ids.filter((id) => engine.isOpen(id) && !isPending(engine, id));
  const pick = open.length === 0 ? 0 : open[random.below(open.length)];
  const dice = random.below(10);
  if (dice < 5 || pick === 0) {
    const side = random.below(2) === 0 ? OrderSide.Buy : OrderSide.Sell;
    const timeInForce = random.below(5) === 0 ? TimeInForce.Ioc : TimeInForce.Gtc;
    const away = random.below(6) - 2;
    ids.push(
      engine.order({
        side,
        qtyLots: 1 + Math.floor(lots / 10) + random.below(lots),
        priceTicks: side === OrderSide.Buy ? price - away : price + away,
        timeInForce,
      }),
    );
  } else if (dice < 8) {
    engine.cancel(pick);
  } else {
    const cum = engine.oms.orders.cumQtyLots[pick];
    engine.replace(pick, cum + 1 + Math.floor(lots / 10) + random.below(lots), price + random.below(5) - 2);
  }
}

function isPending(engine: GatewayEngine, id: number): boolean {
  const { orders } = engine.oms;
  const isUnanswered = orders.status[id] === 1; // PendingNew
  return isUnanswered || orders.cancelClOrdId[id] !== 0 || orders.replaceClOrdId[id] !== 0;
}

function agree(engine: GatewayEngine, venue: TestVenue, seed: number, ids: readonly number[]): void {
  const { orders } = engine.oms;
  assert.deepEqual(engine.wrong, [], `seed ${seed}`);
  for (const [name, times] of venue.arrivals) assert.equal(times, 1, `seed ${seed}: ${name} was sent ${times} times`);
  const here = ids.filter((id) => engine.isOpen(id));
  const ours = here.map((id) => [
    `th${TEST_TAG}-${orders.clOrdId[id]}`,
    orders.leavesQtyLots[id],
    orders.priceTicks[id],
  ]);
  const theirs = [...venue.account.open].map((order) => [order.clientOrderId, order.leavesLots, order.priceTicks]);
  assert.deepEqual(ours.sort(), theirs.sort(), `seed ${seed}: open orders`);
  let position = 0;
  for (const id of ids) position += orders.cumQtyLots[id] * (orders.side[id] === OrderSide.Buy ? 1 : -1);
  assert.equal(position, traded(venue), `seed ${seed}: what was executed`);
  if (!venue.entry.desk.isSpot) assert.equal(engine.positionLots, position, `seed ${seed}: the position told`);
  engine.oms.checkInvariants();
  venue.exchange.checkInvariants();
}

/** Net lots that the venue counts for the account. */
function traded(venue: TestVenue): number {
  if (!venue.entry.desk.isSpot) return venue.account.position(venue.market).lots;
  let net = 0;
  for (const order of venue.exchange.orders.list(venue.account, venue.market)) {
    net += order.cumLots * (order.side === OrderSide.Buy ? 1 : -1);
  }
  assert.ok(venue.account.balance('BTC').free <= 2_000_000n * LEDGER_UNIT);
  return net;
}
