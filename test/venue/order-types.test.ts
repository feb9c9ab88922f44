/** Icebergs, stops, pegged orders and times in force at the simulated venue, one script at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind, Side } from '../../src/core/event.ts';
import { FillReason, OrderFlag, OrdType, PegType, TimeInForce } from '../../src/core/order.ts';
import { stage } from './small-book.ts';

const BUY = 1;
const SELL = 2;
const { Add, Execute, Delete, Trade, Session } = EventKind;
const { Bid, Ask } = Side;

test('an iceberg shows part of itself and loses its place when it shows the next', () => {
  const venue = stage();
  const id = venue.submit({ side: BUY, qtyLots: 10, priceTicks: 99, displayQtyLots: 4 });
  venue.settle();
  venue.event({ kind: Add, side: Bid, price: 99, qty: 50, orderId: 6 });
  venue.event({ kind: Execute, orderId: 6, qty: 9 }).settle();
  let reports = venue.take();
  assert.deepEqual(
    reports.map((r) => r.exec),
    ['New', 'Trade', 'Restated'],
  );
  assert.deepEqual([reports[1].lastQty, reports[2].queueAhead], [4, 10 + 20 + 41]);
  venue.event({ kind: Execute, orderId: 6, qty: 9 }).settle();
  assert.deepEqual(venue.take(), []);
  venue.event({ kind: Execute, orderId: 3, qty: 9 }).settle(); // worse: would have met all of it
  reports = venue.take();
  assert.deepEqual(
    reports.map((r) => [r.exec, r.lastQty, r.leaves, r.reason]),
    [['Trade', 6, 0, FillReason.TradedThrough]],
  );
  assert.equal(id, 1);
});

test('stops wait for the last trade, or for the touch', () => {
  const venue = stage();
  const stop = venue.submit({ side: BUY, qtyLots: 5, type: OrdType.Stop, stopPriceTicks: 101 });
  const limit = venue.submit({ side: BUY, qtyLots: 5, type: OrdType.StopLimit, stopPriceTicks: 102, priceTicks: 100 });
  const sell = venue.submit({ side: SELL, qtyLots: 5, type: OrdType.Stop, stopPriceTicks: 98 });
  venue.settle();
  venue.event({ kind: Trade, side: Bid, price: 100, qty: 1 });
  venue.event({ kind: Execute, orderId: 4, qty: 4 });
  venue.settle();
  assert.deepEqual(venue.words(), [
    `New ${stop}`,
    `New ${limit}`,
    `New ${sell}`,
    `Triggered ${stop}`,
    `Trade ${stop} 5@101`,
  ]);
  venue.event({ kind: Trade, side: Bid, price: 102, qty: 1 });
  venue.cancel(limit);
  venue.settle();
  venue.event({ kind: Trade, side: Ask, price: 97, qty: 1 }).settle();
  assert.deepEqual(venue.words(), [
    `Triggered ${limit}`,
    `Canceled ${limit}`,
    `Triggered ${sell}`,
    `Trade ${sell} 5@99`,
  ]);

  const touch = stage({ stopTrigger: 'touch' });
  const id = touch.submit({ side: BUY, qtyLots: 5, type: OrdType.Stop, stopPriceTicks: 102 });
  const now = touch.submit({ side: SELL, qtyLots: 5, type: OrdType.Stop, stopPriceTicks: 99 });
  touch.settle();
  assert.deepEqual(touch.words(), [`New ${id}`, `New ${now}`, `Triggered ${now}`, `Trade ${now} 5@99`]);
  touch.event({ kind: Delete, orderId: 4 }).settle();
  assert.deepEqual(touch.words(), [`Triggered ${id}`, `Trade ${id} 5@102`]);
});

test('pegged orders follow their touch and lose their place', () => {
  const venue = stage();
  const primary = venue.submit({
    side: BUY,
    qtyLots: 5,
    type: OrdType.Pegged,
    peg: PegType.Primary,
    pegOffsetTicks: 1,
  });
  const capped = venue.submit({ side: SELL, qtyLots: 5, type: OrdType.Pegged, peg: PegType.Primary, priceTicks: 103 });
  const mid = venue.submit({
    side: BUY,
    qtyLots: 5,
    type: OrdType.Pegged,
    peg: PegType.Mid,
    flags: OrderFlag.PostOnly,
  });
  venue.settle();
  assert.deepEqual(
    venue.take().map((r) => [r.exec, r.price, r.queueAhead]),
    [
      ['New', 98, 30],
      ['New', 103, 0],
      ['New', 100, 0],
    ],
  );
  venue.event({ kind: Add, side: Bid, price: 100, qty: 1, orderId: 10 }).settle();
  venue.event({ kind: Delete, orderId: 4 }).settle();
  assert.deepEqual(
    venue.take().map((r) => [r.exec, r.orderId, r.price, r.queueAhead]),
    [
      ['Restated', primary, 99, 30],
      ['Restated', mid, 101, 0],
    ],
  );
  assert.ok(capped > 0);
});

test('Day orders end with the session, GTD orders at their time on the venue clock, GTC orders stay', () => {
  const venue = stage({ feedLatency: { model: 'constant', ns: 50 } });
  const day = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 97 });
  const gtc = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 97, timeInForce: TimeInForce.Gtc });
  const gtd = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 97, timeInForce: TimeInForce.Gtd, expireNs: 9_000 });
  const past = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 97, timeInForce: TimeInForce.Gtd, expireNs: 1_000 });
  venue.event({ kind: Session, price: 0x51, tsRecv: 8_000 });
  venue.event({ kind: Trade, price: 100, qty: 1, tsRecv: 9_050 });
  venue.advance(9_050);
  const first = venue.take().map((r) => [r.exec, r.orderId]);
  assert.deepEqual(first, [
    ['New', day],
    ['New', gtc],
    ['New', gtd],
    ['Rejected', past],
  ]);
  venue.advance(9_051);
  assert.deepEqual(
    venue.take().map((r) => [r.exec, r.orderId, r.venueNs]),
    [['Expired', gtd, 9_000]],
  );
  venue.event({ kind: Session, price: 0x4d, tsRecv: 10_000 }).settle();
  assert.deepEqual(venue.words(), [`Expired ${day}`]);
  assert.equal(venue.venue.openOrders, 1);
});
