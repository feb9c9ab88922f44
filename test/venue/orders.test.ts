/** Each kind of order and request at the simulated venue, one script at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFlag, EventKind, Side, TradingState } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { FillReason, OrderFlag, OrdType, RejectCode, TimeInForce } from '../../src/core/order.ts';
import { NO_LATENCY, VenueStage } from '../support/venue-stage.ts';
import { stage } from './small-book.ts';

const BUY = 1;
const SELL = 2;
const { Add, Execute, Delete, Replace, Trade, Status, Level } = EventKind;
const { Bid, Ask } = Side;

test('a resting order waits for everything ahead, and fills when one behind it executes', () => {
  const venue = stage();
  const id = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 99 });
  venue.settle();
  assert.equal(venue.reports[0].queueAhead, 30);
  venue.event({ kind: Add, side: Bid, price: 99, qty: 50, orderId: 6 });
  venue.event({ kind: Execute, orderId: 1, qty: 10 });
  venue.event({ kind: Execute, orderId: 2, qty: 5 });
  venue.event({ kind: Delete, orderId: 2 }).settle();
  assert.deepEqual(venue.words(), [`New ${id}`]);
  venue.event({ kind: Execute, orderId: 6, qty: 3 });
  venue.event({ kind: Execute, orderId: 6, qty: 3 }).settle();
  assert.deepEqual(
    venue.reports.map((r) => [r.lastQty, r.lastPx, r.reason, r.leaves, r.cum, r.liquidity]),
    [
      [3, 99, FillReason.QueuePassed, 2, 3, 1],
      [2, 99, FillReason.QueuePassed, 0, 5, 1],
    ],
  );
});

test('a worse execution, a worse print and a crossing order fill it, never beyond their own quantity', () => {
  const venue = stage();
  const id = venue.submit({ side: BUY, qtyLots: 100, priceTicks: 100 });
  venue.settle();
  venue.event({ kind: Execute, orderId: 1, qty: 4 });
  venue.event({ kind: Trade, flags: EventFlag.Last | EventFlag.Hidden, price: 99, qty: 6 });
  venue.event({ kind: Trade, flags: EventFlag.Last | EventFlag.Hidden, price: 100, qty: 6 });
  venue.event({ kind: Add, side: Ask, price: 100, qty: 7, orderId: 7 });
  venue.event({ kind: Replace, side: 0, price: 100, qty: 8, orderId: 5, id2: 8 });
  venue.settle();
  assert.deepEqual(venue.words(), [
    `New ${id}`,
    `Trade ${id} 4@100`,
    `Trade ${id} 6@100`,
    `Trade ${id} 7@100`,
    `Trade ${id} 8@100`,
  ]);
  venue.venue.checkInvariants();
});

test('a taker walks the displayed depth to its limit and what it took stays taken', () => {
  const venue = stage();
  const id = venue.submit({ side: BUY, qtyLots: 30, priceTicks: 102, timeInForce: TimeInForce.Ioc });
  venue.settle();
  assert.deepEqual(venue.words(), [`New ${id}`, `Trade ${id} 10@101`, `Trade ${id} 20@102`]);
  const next = venue.submit({ side: BUY, qtyLots: 30, type: OrdType.Market });
  venue.settle();
  assert.deepEqual(venue.words(), [`New ${next}`, `Trade ${next} 20@102`, `Canceled ${next}`]);
  venue.venue.checkInvariants();
  // 25 of the 40 leave: we took 40, so 15 stay taken, and 10 new ones are there.
  venue.event({ kind: Execute, orderId: 5, qty: 25 });
  venue.event({ kind: Add, side: Ask, price: 102, qty: 10, orderId: 9 });
  venue.venue.checkInvariants();
  const last = venue.submit({ side: BUY, qtyLots: 30, type: OrdType.Market });
  venue.settle();
  assert.deepEqual(venue.words(), [`New ${last}`, `Trade ${last} 10@102`, `Canceled ${last}`]);
});

test('without impact the depth is there again for the next order', () => {
  const venue = stage({ impact: 'none' });
  for (let i = 0; i < 2; i++) {
    const id = venue.submit({ side: SELL, qtyLots: 60, type: OrdType.Market });
    venue.settle();
    assert.deepEqual(venue.words(), [`New ${id}`, `Trade ${id} 30@99`, `Trade ${id} 30@98`]);
  }
});

test('fill-or-kill is filled whole or refused; a market order without a market is refused', () => {
  const venue = stage();
  const fok = { side: BUY, priceTicks: 101, timeInForce: TimeInForce.Fok } as const;
  const tooMuch = venue.submit({ ...fok, qtyLots: 11 });
  const all = venue.submit({ ...fok, qtyLots: 10 });
  const gone = venue.submit({ ...fok, qtyLots: 1 });
  venue.event({ kind: Delete, orderId: 5 });
  const market = venue.submit({ side: BUY, qtyLots: 1, type: OrdType.Market });
  venue.settle();
  assert.deepEqual(
    venue.reports.map((r) => [r.exec, r.orderId, r.rejectCode]),
    [
      ['Rejected', tooMuch, RejectCode.VenueNotFilled],
      ['New', all, 0],
      ['Trade', all, 0],
      ['Rejected', gone, RejectCode.VenueNotFilled],
      ['Rejected', market, RejectCode.VenueNoLiquidity],
    ],
  );
});

test('post-only is refused or moved a step away, and never takes', () => {
  for (const postOnly of ['reject', 'reprice']) {
    const venue = stage({ postOnly });
    const id = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 102, flags: OrderFlag.PostOnly });
    const calm = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 100, flags: OrderFlag.PostOnly });
    venue.settle();
    const expected = postOnly === 'reject' ? [`Rejected ${id}`] : [`New ${id}`, `Restated ${id}`];
    const reports = [...venue.reports];
    assert.deepEqual(venue.words(), [...expected, `New ${calm}`]);
    if (postOnly === 'reprice') assert.deepEqual([reports[1].price, reports[2].queueAhead], [100, 5]);
    venue.replace(calm, 5, 101);
    venue.settle();
    assert.deepEqual(
      venue.words(),
      [postOnly === 'reject' ? `ReplaceRejected ${calm}` : `Replaced ${calm}`].concat(
        postOnly === 'reject' ? [] : [`Restated ${calm}`],
      ),
    );
  }
});

test('a replace keeps the place only where the quantity shrinks at the same price', () => {
  const venue = stage();
  const id = venue.submit({ side: BUY, qtyLots: 10, priceTicks: 99 });
  venue.settle();
  venue.event({ kind: Add, side: Bid, price: 99, qty: 50, orderId: 6 });
  const shrink = venue.replace(id, 6, 99);
  venue.settle();
  const first = venue.take();
  assert.deepEqual(
    [first[1].exec, first[1].clOrdId, first[1].queueAhead, first[1].leaves],
    ['Replaced', shrink, 30, 6],
  );
  venue.event({ kind: Execute, orderId: 6, qty: 2 });
  const grow = venue.replace(id, 8, 99);
  venue.settle();
  const [fill, replaced] = venue.take();
  assert.deepEqual([fill.exec, fill.lastQty, fill.clOrdId], ['Trade', 2, shrink]);
  assert.deepEqual(
    [replaced.clOrdId, replaced.origClOrdId, replaced.qty, replaced.cum, replaced.leaves, replaced.queueAhead],
    [grow, shrink, 8, 2, 6, 78],
  );
  venue.replace(id, 2, 99);
  venue.cancel(id);
  venue.cancel(id);
  venue.cancel(77);
  venue.settle();
  assert.deepEqual(
    venue.reports.map((r) => [r.exec, r.rejectCode, r.cum, r.leaves]),
    [
      ['ReplaceRejected', RejectCode.VenueTooLate, 2, 6],
      ['Canceled', 0, 2, 0],
      ['CancelRejected', RejectCode.VenueTooLate, 2, 0],
      ['CancelRejected', RejectCode.VenueUnknownOrder, 0, 0],
    ],
  );
});

test('a replace to a price that reaches the other side takes', () => {
  const venue = stage();
  const id = venue.submit({ side: BUY, qtyLots: 15, priceTicks: 99 });
  venue.replace(id, 15, 101);
  venue.settle();
  assert.deepEqual(venue.words(), [`New ${id}`, `Replaced ${id}`, `Trade ${id} 10@101`]);
  venue.event({ kind: Add, side: Ask, price: 101, qty: 3, orderId: 9 }).settle();
  assert.deepEqual(venue.words(), [`Trade ${id} 3@101`]);
});

test('a cancel that crosses a fill is too late, or stops the rest', () => {
  const venue = stage({ entryLatency: { model: 'constant', ns: 100 }, feedLatency: { model: 'constant', ns: 40 } });
  venue.event({ kind: Delete, orderId: 2, tsRecv: 2_000 });
  const id = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 99 }); // arrives at 2,100
  venue.event({ kind: Add, side: Bid, price: 99, qty: 9, orderId: 6, tsRecv: 3_000 });
  venue.cancel(id); // arrives at 3,100
  venue.event({ kind: Execute, orderId: 6, qty: 2, tsRecv: 3_140 }); // at the venue at 3,100: first
  venue.event({ kind: Execute, orderId: 6, qty: 2, tsRecv: 3_141 }); // at 3,101: behind the cancel
  venue.settle();
  assert.deepEqual(
    venue.reports.map((r) => [r.exec, r.venueNs, r.cum]),
    [
      ['New', 2_100, 0],
      ['Trade', 3_100, 2],
      ['Canceled', 3_100, 2],
    ],
  );
});

test('own orders never trade with each other: each policy', () => {
  const results: Record<string, string[]> = {};
  for (const selfTrade of ['cancelNewest', 'cancelOldest', 'cancelBoth', 'decrement']) {
    const venue = stage({ selfTrade });
    venue.submit({ side: SELL, qtyLots: 5, priceTicks: 101 });
    venue.submit({ side: BUY, qtyLots: 18, priceTicks: 102 }, 1);
    venue.settle();
    venue.venue.checkInvariants();
    results[selfTrade] = venue.words();
  }
  assert.deepEqual(results, {
    cancelNewest: ['New 1', 'New 2', 'Trade 2 10@101', 'Canceled 2'],
    cancelOldest: ['New 1', 'New 2', 'Trade 2 10@101', 'Canceled 1', 'Trade 2 8@102'],
    cancelBoth: ['New 1', 'New 2', 'Trade 2 10@101', 'Canceled 1', 'Canceled 2'],
    decrement: ['New 1', 'New 2', 'Trade 2 10@101', 'Canceled 1', 'Restated 2', 'Trade 2 3@102'],
  });
});

test('nothing trades while halted: orders rest or are refused', () => {
  for (const whenHalted of ['rest', 'refuse']) {
    const venue = stage({ whenHalted });
    const before = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 99 });
    venue.event({ kind: Add, side: Bid, price: 99, qty: 9, orderId: 6 });
    venue.settle();
    venue.event({ kind: Status, price: TradingState.Halted });
    const inside = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 102 });
    const ioc = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 102, timeInForce: TimeInForce.Ioc });
    venue.settle();
    venue.event({ kind: Execute, orderId: 6, qty: 5 });
    venue.settle();
    const rest = whenHalted === 'rest';
    assert.deepEqual(venue.words(), [`New ${before}`, `${rest ? 'New' : 'Rejected'} ${inside}`, `Rejected ${ioc}`]);
    venue.event({ kind: Trade, flags: EventFlag.Cross | EventFlag.Last, price: 99, qty: 7 });
    venue.event({ kind: Status, price: TradingState.Trading }).settle();
    const fills = rest ? [`Trade ${inside} 5@99`, `Trade ${before} 2@99`] : [`Trade ${before} 5@99`];
    assert.deepEqual(
      venue.take().map((r) => r.reason),
      fills.map(() => FillReason.Auction),
    );
  }
});

test('orders that came to rest while nothing traded take when trading goes on', () => {
  const venue = stage();
  venue.event({ kind: Status, price: TradingState.Paused });
  const id = venue.submit({ side: BUY, qtyLots: 15, priceTicks: 102 });
  const stop = venue.submit({ side: BUY, qtyLots: 1, type: OrdType.Stop, stopPriceTicks: 101 });
  venue.settle();
  venue.event({ kind: Trade, side: Bid, price: 101, qty: 1 }).settle();
  assert.deepEqual(venue.words(), [`New ${id}`, `New ${stop}`]);
  venue.event({ kind: Status, price: TradingState.Trading }).settle();
  assert.deepEqual(venue.words(), [`Trade ${id} 10@101`, `Trade ${id} 5@102`]);

  const crossed = stage();
  crossed.event({ kind: Add, side: Bid, price: 101, qty: 4, orderId: 20 }); // locked: its venue matches nothing
  const waiting = crossed.submit({ side: BUY, qtyLots: 7, priceTicks: 101 });
  crossed.settle();
  assert.deepEqual(crossed.words(), [`New ${waiting}`]);
  crossed.event({ kind: Delete, orderId: 20 }).settle();
  assert.deepEqual(crossed.words(), [`Trade ${waiting} 7@101`]);
});

test('random rejects are drawn by the seed', () => {
  const run = (seed: number): string[] => {
    const rejects = { newProbability: 0.5, cancelProbability: 0.5, replaceProbability: 0.5 };
    const venue = new VenueStage({ ...NO_LATENCY, rejects }, seed).define();
    for (let i = 0; i < 20; i++) {
      const id = venue.submit({ side: BUY, qtyLots: 5, priceTicks: 99 });
      venue.replace(id, 4, 99);
      venue.cancel(id);
    }
    venue.settle();
    return venue.words();
  };
  assert.deepEqual(run(1), run(1));
  assert.notDeepEqual(run(1), run(2));
  for (const word of ['New', 'Rejected', 'Replaced', 'ReplaceRejected', 'Canceled', 'CancelRejected']) {
    assert.ok(
      run(3).some((line) => line.startsWith(`${word} `)),
      word,
    );
  }
});

test('a by-level book: trades use up what is ahead, then fill; a level of the other side that reaches the price fills', () => {
  const venue = new VenueStage({ ...NO_LATENCY, queueModel: { model: 'riskAverse' } }).define(BookKind.L2);
  venue.event({ kind: Level, side: Bid, price: 99, qty: 30, tsRecv: 1000 });
  venue.event({ kind: Level, side: Ask, price: 101, qty: 30 });
  const id = venue.submit({ side: BUY, qtyLots: 10, priceTicks: 99 });
  const second = venue.submit({ side: BUY, qtyLots: 10, priceTicks: 99 });
  venue.settle();
  assert.deepEqual(
    venue.take().map((r) => r.queueAhead),
    [30, 40],
  );
  venue.event({ kind: Trade, side: Ask, price: 99, qty: 12 });
  venue.event({ kind: Level, side: Bid, price: 99, qty: 15 });
  venue.event({ kind: Trade, side: Bid, price: 99, qty: 99 }); // a buyer took: not from us
  venue.event({ kind: Trade, side: Ask, price: 99, qty: 18 }).settle();
  assert.deepEqual(venue.words(), [`Trade ${id} 3@99`]);
  venue.event({ kind: Trade, side: Ask, price: 98, qty: 9 }).settle();
  assert.deepEqual(venue.words(), [`Trade ${id} 7@99`, `Trade ${second} 2@99`]);
  venue.event({ kind: Level, side: Ask, price: 98, qty: 4 });
  venue.event({ kind: Level, side: Ask, price: 98, qty: 6 });
  venue.event({ kind: Level, side: Ask, price: 98, qty: 1 }).settle();
  assert.deepEqual(venue.words(), [`Trade ${second} 4@99`, `Trade ${second} 2@99`]);
  venue.venue.checkInvariants();
});
