/** The gateway to Binance USD-M futures, driven through its rings, against the exchange on a socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderFlag, OrderSide, OrdStatus, OrdType, RejectCode, TimeInForce } from '../../src/core/order.ts';
import { GatewayStanding } from '../../src/gateway/venue-message.ts';
import { ED25519_KEY, HMAC_KEY, TestVenue } from '../support/binance-venue.ts';
import { withVenue } from '../support/gateway-engine.ts';

const PRICE = 600_000; // 60,000.0
const LOTS = 100; // 0.100

for (const key of [HMAC_KEY, ED25519_KEY]) {
  test(`orders live their lives, and the position is told (${key === HMAC_KEY ? 'HMAC' : 'Ed25519'})`, async () => {
    await withVenue(await TestVenue.start('usdm'), async (venue, start) => {
      const { engine } = start(venue, {}, key);
      await engine.ready();
      assert.equal(engine.positionLots, 0);
      const { orders } = engine.oms;
      venue.others(OrderSide.Sell, PRICE, 40);
      const id = engine.buy(LOTS, PRICE);
      await engine.until(() => orders.cumQtyLots[id] === 40, 'it takes what is there');
      engine.replace(id, 80, PRICE - 10);
      await engine.until(() => orders.replaceClOrdId[id] === 0, 'the replace is answered');
      assert.deepEqual([orders.qtyLots[id], orders.leavesQtyLots[id], orders.priceTicks[id]], [80, 40, PRICE - 10]);
      assert.deepEqual(
        [...venue.account.open].map((order) => order.lots),
        [40],
      );
      engine.cancel(id);
      await engine.until(() => orders.status[id] === OrdStatus.Canceled, 'it is cancelled');
      engine.reconcile();
      await engine.until(() => engine.settled === engine.lastReconciliation, 'it is settled');
      assert.equal(engine.positionLots, 40);
      venue.others(OrderSide.Buy, PRICE - 10, 40);
      const reduce = engine.sell(LOTS, PRICE - 10, { flags: OrderFlag.ReduceOnly, timeInForce: TimeInForce.Ioc });
      const close = engine.sell(40, 0, { flags: OrderFlag.ReduceOnly, type: OrdType.Market });
      venue.others(OrderSide.Sell, PRICE, 40);
      const postOnly = engine.buy(LOTS, PRICE, { flags: OrderFlag.PostOnly });
      const stop = engine.buy(LOTS, 0, { type: OrdType.Stop });
      await engine.until(() => [reduce, close, postOnly, stop].every((one) => !engine.isOpen(one)), 'all are over');
      assert.equal(orders.status[reduce], OrdStatus.Rejected, 'more than the position');
      assert.equal(orders.status[close], OrdStatus.Filled);
      assert.equal(orders.rejectCode[postOnly], RejectCode.VenueWouldTake);
      assert.equal(orders.rejectCode[stop], RejectCode.VenueUnsupported);
      engine.reconcile();
      await engine.until(() => engine.settled === engine.lastReconciliation, 'it is settled');
      assert.equal(engine.positionLots, 0);
      assert.deepEqual(engine.wrong, []);
    });
  });
}

test('without the websocket API REST serves alone', async () => {
  const venue = await TestVenue.start('usdm');
  venue.faults.isApiDown = true;
  await withVenue(venue, async (_, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const id = engine.buy(LOTS, PRICE);
    await engine.until(() => engine.oms.orders.status[id] === OrdStatus.New, 'it rests');
    venue.others(OrderSide.Sell, PRICE, 10);
    await engine.until(() => engine.oms.orders.cumQtyLots[id] === 10, 'the stream tells its trade');
    assert.ok(venue.asked.includes('POST /fapi/v1/order'));
    assert.deepEqual(engine.wrong, []);
  });
});

test('the dead-man timer is put off while the engine lives, and cancels when it does not', async () => {
  await withVenue(await TestVenue.start('usdm'), async (venue, start) => {
    const { engine, gateway } = start(venue, { deadManMs: 150 });
    await engine.ready();
    const id = engine.buy(LOTS, PRICE);
    await engine.until(() => engine.oms.orders.status[id] === OrdStatus.New, 'it rests');
    const asked = (): number => venue.asked.filter((one) => one.endsWith('countdownCancelAll')).length;
    await engine.until(() => {
      gateway.heartbeat();
      return asked() >= 4;
    }, 'it is put off');
    assert.ok(engine.isOpen(id), 'and nothing is cancelled');
    await engine.until(() => engine.oms.orders.status[id] === OrdStatus.Canceled, 'nobody puts it off any more');
    assert.deepEqual(engine.wrong, []);
  });
});

test('a stream that breaks brings everything up to date', async () => {
  await withVenue(await TestVenue.start('usdm'), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const id = engine.buy(LOTS, PRICE);
    await engine.until(() => engine.oms.orders.status[id] === OrdStatus.New, 'it rests');
    venue.cut();
    venue.others(OrderSide.Sell, PRICE, LOTS);
    await engine.until(() => engine.standing === GatewayStanding.Down, 'it is down');
    await engine.ready();
    assert.equal(engine.oms.orders.status[id], OrdStatus.Filled);
    assert.equal(engine.positionLots, LOTS);
    assert.deepEqual(engine.wrong, []);
  });
});

test('an order that the venue had and does not know any more is a difference: the reconciliation ends', async () => {
  await withVenue(await TestVenue.start('usdm'), async (venue, start) => {
    venue.faults.isApiDown = true;
    const { engine } = start(venue);
    await engine.ready();
    const ids = [PRICE - 10, PRICE - 20].map((price) => engine.buy(LOTS, price));
    await engine.until(() => ids.every((id) => engine.oms.orders.status[id] === OrdStatus.New), 'they rest');
    const json = (status: number, value: unknown) => ({ status, body: JSON.stringify(value) });
    venue.faults.reply = ({ method, path }) => {
      if (path === '/fapi/v1/openOrders') return json(200, []);
      return method !== 'POST' && path === '/fapi/v1/order'
        ? json(400, { code: -2013, msg: 'Order does not exist.' })
        : null;
    };
    for (let time = 0; time < 2; time++) {
      engine.openOrders = [];
      engine.reconcile();
      await engine.until(() => engine.settled === engine.lastReconciliation, 'it is settled');
      assert.deepEqual(engine.openOrders, []);
    }
    assert.deepEqual(
      ids.map((id) => engine.oms.orders.status[id]),
      [OrdStatus.New, OrdStatus.New],
      'nothing is assumed',
    );
    delete venue.faults.reply;
    engine.reconcile();
    await engine.until(() => engine.openOrders.length === 2, 'it knows them again');
    engine.cancel(ids[0]);
    await engine.until(() => engine.oms.orders.status[ids[0]] === OrdStatus.Canceled, 'and cancels');
    assert.deepEqual(engine.wrong, []);
  });
});
