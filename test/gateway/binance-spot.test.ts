/** The gateway to Binance spot, driven through its rings, against the exchange on a socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderFlag, OrderSide, OrdStatus, OrdType, RejectCode, TimeInForce } from '../../src/core/order.ts';
import { GatewayAction, GatewayStanding } from '../../src/gateway/venue-message.ts';
import { ED25519_KEY, HMAC_KEY, TestVenue } from '../support/binance-venue.ts';
import { FAST, TEST_TAG, withVenue } from '../support/gateway-engine.ts';

const PRICE = 6_000_000; // 60,000.00
const LOTS = 1_000; // 0.01000

test('orders live their lives: rest, are executed, are cancelled, are refused', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const { orders } = engine.oms;
    const resting = engine.buy(LOTS, PRICE);
    await engine.until(() => orders.status[resting] === OrdStatus.New, 'it rests');
    venue.others(OrderSide.Sell, PRICE, 400);
    await engine.until(() => orders.cumQtyLots[resting] === 400, 'it is executed in part');
    engine.cancel(resting);
    await engine.until(() => orders.status[resting] === OrdStatus.Canceled, 'it is cancelled');
    venue.others(OrderSide.Sell, PRICE, LOTS);
    const taker = engine.buy(LOTS, PRICE, { timeInForce: TimeInForce.Ioc });
    await engine.until(() => orders.status[taker] === OrdStatus.Filled, 'it takes');
    venue.others(OrderSide.Sell, PRICE, LOTS);
    const postOnly = engine.buy(LOTS, PRICE, { flags: OrderFlag.PostOnly });
    const market = engine.buy(100, 0, { type: OrdType.Market });
    const small = engine.buy(1, PRICE / 10_000);
    const pegged = engine.buy(LOTS, PRICE, { type: OrdType.Pegged });
    const fok = engine.buy(LOTS * 10, PRICE, { timeInForce: TimeInForce.Fok });
    await engine.until(() => [postOnly, market, small, pegged, fok].every((id) => !engine.isOpen(id)), 'all are over');
    assert.equal(orders.rejectCode[postOnly], RejectCode.VenueWouldTake);
    assert.equal(orders.status[market], OrdStatus.Filled);
    assert.equal(orders.rejectCode[small], RejectCode.VenueFilter);
    assert.equal(orders.rejectCode[pegged], RejectCode.VenueUnsupported);
    assert.equal(orders.status[fok], OrdStatus.Expired);
    assert.deepEqual(engine.wrong, []);
    assert.ok([...venue.arrivals.values()].every((times) => times === 1));
    assert.ok([...venue.arrivals.keys()].every((name) => name.startsWith(`th${TEST_TAG}-`)));
  });
});

test('a replace is one request while nothing is executed, two when something is, and never too large', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const { orders } = engine.oms;
    const id = engine.buy(LOTS, PRICE);
    await engine.until(() => orders.status[id] === OrdStatus.New, 'it rests');
    engine.replace(id, LOTS * 2, PRICE - 100);
    await engine.until(() => orders.status[id] === OrdStatus.Replaced, 'it is replaced');
    assert.deepEqual([orders.qtyLots[id], orders.priceTicks[id]], [LOTS * 2, PRICE - 100]);
    venue.others(OrderSide.Sell, PRICE - 100, 500);
    await engine.until(() => orders.cumQtyLots[id] === 500, 'part of it is executed');
    engine.replace(id, LOTS, PRICE);
    await engine.until(() => orders.replaceClOrdId[id] === 0, 'the second replace is answered');
    assert.deepEqual([orders.qtyLots[id], orders.priceTicks[id], orders.leavesQtyLots[id]], [LOTS, PRICE, 500]);
    assert.deepEqual(
      [...venue.account.open].map((order) => order.lots),
      [500],
      'the venue has the rest only',
    );
    venue.others(OrderSide.Sell, PRICE, 200);
    await engine.until(() => orders.cumQtyLots[id] === 700, 'more of it is executed');
    engine.replace(id, LOTS, PRICE - 5);
    await engine.until(() => orders.replaceClOrdId[id] === 0, 'the third replace is answered');
    assert.deepEqual(
      [...venue.account.open].map((order) => order.lots),
      [300],
      'the rest of the rest',
    );
    engine.replace(id, 400, PRICE);
    await engine.until(() => !engine.isOpen(id), 'less than was executed: it is over');
    assert.equal(orders.status[id], OrdStatus.Filled);
    const gone = engine.buy(LOTS, PRICE);
    await engine.until(() => orders.status[gone] === OrdStatus.New, 'it rests');
    venue.faults.frames = () => [];
    venue.others(OrderSide.Sell, PRICE, LOTS);
    delete venue.faults.frames;
    engine.replace(gone, LOTS * 2, PRICE);
    await engine.until(() => !engine.isOpen(gone), 'it was executed before, and nobody had said so');
    assert.equal(orders.status[gone], OrdStatus.Filled);
    assert.deepEqual(engine.wrong, []);
  });
});

test('Ed25519 keys log the session on; HMAC keys sign every request; a bad key ends it with one line', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    for (const key of [ED25519_KEY, HMAC_KEY]) {
      const { engine, end } = start(venue, {}, key);
      await engine.ready();
      const id = engine.buy(LOTS, PRICE / 2);
      await engine.until(() => engine.oms.orders.status[id] === OrdStatus.New, 'it rests');
      engine.control(GatewayAction.CancelAll, 77);
      await engine.until(() => engine.settled === 77 && !engine.isOpen(id), 'everything is cancelled');
      await end();
    }
    const bad = start(venue, {}, { apiKey: HMAC_KEY.apiKey, secret: 'another-secret' });
    await bad.engine.until(() => bad.engine.standing === GatewayStanding.Failed, 'it fails');
    assert.match(bad.engine.lines.join('\n'), /check the API key/);
    assert.doesNotMatch(bad.engine.lines.join('\n'), /another-secret|test-hmac-key/);
  });
});

test('a reconciliation tells what the venue has: our orders, those of others, balances', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const id = engine.buy(LOTS, PRICE / 2);
    await engine.until(() => engine.oms.orders.status[id] === OrdStatus.New, 'it rests');
    venue.exchange.submit(venue.account, {
      market: venue.market,
      side: OrderSide.Sell,
      type: OrdType.Limit,
      timeInForce: TimeInForce.Gtc,
      priceTicks: PRICE * 2,
      lots: 7,
      clientOrderId: 'by-hand',
    });
    engine.openOrders = [];
    engine.reconcile();
    await engine.until(() => engine.settled === engine.lastReconciliation, 'it is settled');
    const own = engine.oms.orders.clOrdId[id];
    assert.deepEqual(engine.openOrders, [
      { clOrdId: own, side: OrderSide.Buy, priceTicks: PRICE / 2, qtyLots: LOTS, cumLots: 0 },
      { clOrdId: 0, side: OrderSide.Sell, priceTicks: PRICE * 2, qtyLots: 7, cumLots: 0 },
    ]);
    assert.deepEqual(engine.balances.get('BTC'), { free: 1e6 * 1e8 - 7000, locked: 7000 });
    assert.deepEqual(engine.wrong, []);
  });
});

test('what happened while nobody listened is told at the next connection', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const { orders } = engine.oms;
    const [filled, partly, untouched] = [PRICE, PRICE - 1, PRICE - 2].map((price) => engine.buy(LOTS, price));
    await engine.until(() => orders.status[untouched] === OrdStatus.New, 'they rest');
    venue.faults.isDown = true;
    venue.cut();
    await engine.until(() => engine.standing === GatewayStanding.Down, 'the connection is lost');
    venue.others(OrderSide.Sell, PRICE - 1, LOTS + 300);
    venue.faults.isDown = false;
    await engine.ready();
    assert.equal(orders.status[filled], OrdStatus.Filled);
    assert.equal(orders.cumQtyLots[partly], 300);
    assert.equal(orders.status[untouched], OrdStatus.New);
    assert.deepEqual(
      engine.openOrders.map(({ clOrdId, cumLots }) => [clOrdId, cumLots]),
      [
        [orders.clOrdId[partly], 300],
        [orders.clOrdId[untouched], 0],
      ],
    );
    assert.deepEqual(engine.wrong, []);
  });
});

test('a lost answer is asked for: the order is known, and sent once', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const { orders } = engine.oms;
    venue.faults.frames = () => [];
    venue.faults.orderFate = () => 'lost-ack';
    const known = engine.buy(LOTS, PRICE / 2);
    await engine.until(() => venue.account.open.size === 1, 'the venue has it');
    venue.faults.orderFate = () => 'lost';
    const never = engine.buy(LOTS, PRICE / 2);
    await engine.until(() => engine.commands.sent === 4, 'both are sent');
    await new Promise((resolve) => setTimeout(resolve, 10));
    delete venue.faults.frames;
    await engine.until(() => orders.status[known] === OrdStatus.New, 'it is found');
    await engine.until(() => orders.status[never] === OrdStatus.Rejected, 'it is certain that it never came');
    assert.equal(orders.rejectCode[never], RejectCode.VenueUnknownOrder);
    delete venue.faults.orderFate;
    assert.deepEqual([...venue.arrivals.values()], [1]);
    assert.deepEqual(engine.wrong, []);
  });
});

test('without the websocket API orders go by REST', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const { orders } = engine.oms;
    venue.faults.isApiDown = true;
    venue.cut();
    await engine.until(() => engine.standing === GatewayStanding.Down, 'it is down');
    venue.others(OrderSide.Sell, PRICE, 300);
    const id = engine.buy(LOTS, PRICE);
    await engine.until(() => orders.cumQtyLots[id] === 300, 'its answer has its trades');
    engine.cancel(id);
    await engine.until(() => orders.status[id] === OrdStatus.Canceled, 'it is cancelled');
    assert.ok(venue.asked.includes('POST /api/v3/order') && venue.asked.includes('DELETE /api/v3/order'));
    venue.faults.isApiDown = false;
    await engine.ready();
    assert.deepEqual(engine.wrong, []);
  });
});

test('a venue whose clock is off is followed', async () => {
  const venue = await TestVenue.start('spot');
  venue.faults.skewMs = 7_000;
  await withVenue(venue, async (_, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const first = engine.buy(LOTS, PRICE / 2);
    await engine.until(() => engine.oms.orders.status[first] === OrdStatus.New, 'it is taken');
    venue.faults.skewMs = -9_000;
    const second = engine.buy(LOTS, PRICE / 2);
    await engine.until(() => engine.oms.orders.status[second] === OrdStatus.Rejected, 'the clock is wrong once');
    for (let status: number = OrdStatus.Rejected; status === OrdStatus.Rejected; ) {
      const id = engine.buy(LOTS, PRICE / 2);
      await engine.until(() => engine.oms.orders.status[id] !== OrdStatus.PendingNew, 'it is answered');
      status = engine.oms.orders.status[id]; // New, once the clock was read again
    }
    assert.deepEqual(engine.wrong, []);
  });
});

test('an order beyond the limit is refused here or there, and cancels go on', async () => {
  const limits = [{ interval: 'SECOND', intervalNum: 10, windowMs: 10_000, limit: 5 }] as const;
  await withVenue(await TestVenue.start('spot', limits), async (venue, start) => {
    const { engine } = start(venue);
    await engine.ready();
    const { orders } = engine.oms;
    const ids = Array.from({ length: 12 }, () => engine.buy(LOTS, PRICE / 2));
    await engine.until(() => ids.every((id) => orders.status[id] !== OrdStatus.PendingNew), 'all are answered');
    const refused = ids.filter((id) => orders.status[id] === OrdStatus.Rejected);
    assert.ok(refused.length >= 2, `${refused.length}: at most one new window begins meanwhile`);
    for (const id of refused) assert.equal(orders.rejectCode[id], RejectCode.VenueRate);
    assert.equal(venue.account.open.size, 12 - refused.length);
    assert.deepEqual(engine.wrong, []);
  });
});

test('a cancel whose answer is late is not given up before the venue can not take it any more', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const { engine } = start(venue, { times: { ...FAST, recvWindowMs: 900 } });
    await engine.ready();
    const { orders } = engine.oms;
    const id = engine.buy(LOTS, PRICE / 2);
    await engine.until(() => orders.status[id] === OrdStatus.New, 'it rests');
    let late = 240; // later than an answer is waited for, within recvWindow
    venue.faults.arrival = () => {
      const now = late;
      late = 0;
      return now;
    };
    engine.cancel(id);
    await engine.until(() => orders.status[id] === OrdStatus.Canceled, 'it is cancelled');
    assert.equal(orders.rejectCode[id], 0, 'nobody said that it was refused');
    const other = engine.buy(LOTS, PRICE / 2);
    await engine.until(() => orders.status[other] === OrdStatus.New, 'it rests');
    let isUnderWay = false;
    venue.faults.arrival = () => {
      isUnderWay = true;
      return 1_050; // too old when it comes
    };
    engine.cancel(other);
    await engine.until(() => isUnderWay, 'it is sent');
    delete venue.faults.arrival;
    await engine.until(() => orders.cancelClOrdId[other] === 0, 'it is answered');
    assert.deepEqual([orders.status[other], orders.rejectCode[other]], [OrdStatus.New, RejectCode.VenueRefused]);
    assert.deepEqual(engine.wrong, []);
  });
});

test('a venue that cuts every session at once is not hammered: the delays grow until one has lasted', async () => {
  await withVenue(await TestVenue.start('spot'), async (venue, start) => {
    const times = { ...FAST, backoffMs: 1, backoffMaxMs: 10_000, stableMs: 60_000 };
    const { engine } = start(venue, { times });
    let cuts = 0;
    const untilMs = performance.now() + 500;
    while (performance.now() < untilMs) {
      engine.poll();
      if (engine.standing === GatewayStanding.Reconciling || engine.standing === GatewayStanding.Ready) {
        engine.standing = -1;
        venue.cut();
        cuts++;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(cuts > 0 && cuts < 25, `${cuts} sessions in half a second`);
  });
});
