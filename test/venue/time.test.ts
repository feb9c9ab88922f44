/** The venue's time axis: what acts when, and when it is reported. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { TimeInForce } from '../../src/core/order.ts';
import { VenueStage } from '../support/venue-stage.ts';

const { Add, Delete, Execute, Trade } = EventKind;
const constant = (ns: number) => ({ model: 'constant', ns });

/** Feed 100, entry 250, response 70 ns; asks 101: 10 at venue time 0. */
function stage(config: object = {}): VenueStage {
  const latencies = { feedLatency: constant(100), entryLatency: constant(250), responseLatency: constant(70) };
  const venue = new VenueStage({ ...latencies, ...config }).define(BookKind.L3);
  return venue.event({ kind: Add, side: Side.Ask, price: 101, qty: 10, orderId: 1, tsRecv: 1_000 });
}

const ioc = { side: 1, qtyLots: 10, priceTicks: 101, timeInForce: TimeInForce.Ioc } as const;

test('an order meets the book of its arrival: after events of that instant, before later ones', () => {
  // Sent at 1,000, it arrives at 1,250; an event received at 1,350 happened then.
  for (const [tsRecv, fills] of [
    [1_349, 0],
    [1_350, 0],
    [1_351, 1],
  ]) {
    const venue = stage();
    venue.submit(ioc);
    venue.event({ kind: Delete, orderId: 1, tsRecv }).settle();
    const trades = venue.reports.filter(({ exec }) => exec === 'Trade');
    assert.equal(trades.length, fills, `deleted at ${tsRecv}`);
    for (const { venueNs } of venue.reports) assert.equal(venueNs, 1_250);
  }
});

test('without market events an arrival acts when none that precedes it can come any more', () => {
  const venue = stage();
  venue.submit(ioc);
  assert.equal(venue.venue.nextDueNs(), 1_250 + 100 + 1);
  venue.advance(1_350);
  assert.equal(venue.reports.length, 0);
  venue.advance(1_351);
  assert.deepEqual(
    venue.reports.map((r) => [r.exec, r.venueNs, r.atNs]),
    [
      ['New', 1_250, 1_351], // at 1,320 by the latencies, but then it could not be known yet
      ['Trade', 1_250, 1_351],
    ],
  );
});

test('the horizon of a recorded feed is its largest latency so far, within its bound', () => {
  const venue = stage({ feedLatency: { model: 'recorded' }, horizonNs: 5_000 });
  venue.submit(ioc);
  assert.equal(venue.venue.nextDueNs(), 1_251);
  venue.event({ kind: Trade, price: 101, qty: 1, tsRecv: 1_200, tsEvent: 300 });
  assert.equal(venue.venue.nextDueNs(), 1_250 + 900 + 1);
  venue.event({ kind: Trade, price: 101, qty: 1, tsRecv: 1_240, tsEvent: 1_245 }); // the future: now
  venue.event({ kind: Trade, price: 101, qty: 1, tsRecv: 9_000, tsEvent: 500 });
  assert.equal(venue.venue.venueNs, 1_250);
  venue.submit(ioc);
  assert.equal(venue.venue.nextDueNs(), 9_250 + 5_000 + 1);
});

test('the venue clock does not go back where the feed latency varies', () => {
  const venue = stage({ feedLatency: { model: 'recorded' } });
  venue.event({ kind: Trade, price: 101, qty: 1, tsRecv: 2_000, tsEvent: 1_990 });
  venue.event({ kind: Trade, price: 101, qty: 1, tsRecv: 2_010, tsEvent: 1_700 });
  assert.equal(venue.venue.venueNs, 1_990);
});

test('a request never overtakes an earlier one of its strategy, nor a report an earlier report', () => {
  const entryLatency = { model: 'sequence', valuesNs: [900, 10, 10] };
  const responseLatency = { model: 'sequence', valuesNs: [500, 400, 0] };
  const venue = stage({ entryLatency, responseLatency, feedLatency: constant(0) });
  const slow = venue.submit({ side: 1, qtyLots: 1, priceTicks: 99 }, 0); // at 1,900
  const next = venue.submit({ side: 1, qtyLots: 1, priceTicks: 99 }, 0); // at 1,010, but behind it
  const other = venue.submit({ side: 1, qtyLots: 1, priceTicks: 99 }, 1); // at 1,010
  venue.settle();
  assert.deepEqual(
    venue.reports.map((r) => [r.orderId, r.venueNs, r.atNs, r.queueAhead]),
    [
      [other, 1_010, 1_510, 0],
      [slow, 1_900, 2_300, 1],
      [next, 1_900, 2_300, 2],
    ],
  );
});

test('a fill is reported a response later than it happened, or at once where that is past', () => {
  for (const [feedNs, atNs] of [
    [10, 5_000 - 10 + 70],
    [100, 5_000],
  ]) {
    const venue = stage({ feedLatency: constant(feedNs) });
    const id = venue.submit({ side: 2, qtyLots: 3, priceTicks: 101 });
    venue.event({ kind: Add, side: Side.Ask, price: 101, qty: 5, orderId: 2, tsRecv: 3_000 });
    venue.event({ kind: Execute, orderId: 2, qty: 5, tsRecv: 5_000 }).settle();
    const fill = venue.reports.find(({ exec }) => exec === 'Trade')!;
    assert.deepEqual([fill.orderId, fill.venueNs, fill.atNs], [id, 5_000 - feedNs, atNs]);
    assert.ok(fill.causeSeq > 0);
  }
});

test('a drawn feed latency is the same for all events of a message', () => {
  const venue = new VenueStage({ feedLatency: { model: 'uniform', minNs: 0, maxNs: 1_000_000 } }).define(BookKind.L2);
  let before = 0;
  let moved = 0;
  for (let message = 1; message <= 50; message++) {
    for (const flags of [0, 0, EventFlag.Last]) {
      venue.event({ kind: EventKind.Level, side: 1, price: 5, qty: 1, flags, tsRecv: message * 2_000_000 });
      if (flags === 0 && venue.venue.venueNs !== before) moved++;
      before = venue.venue.venueNs;
    }
  }
  assert.equal(moved, 50);
});

test('what an order was when it left is what arrives', () => {
  const venue = stage();
  const id = venue.submit({ side: 1, qtyLots: 4, priceTicks: 99 });
  venue.orders.priceTicks[id] = 500;
  venue.orders.qtyLots[id] = 500;
  venue.orders.side[id] = 2;
  venue.settle();
  const [report] = venue.reports;
  assert.deepEqual([report.exec, report.price, report.leaves], ['New', 99, 4]);
});

test('more decimals: what is held and what is on its way is multiplied, exactly', () => {
  const venue = new VenueStage({
    feedLatency: constant(0),
    entryLatency: constant(50),
    responseLatency: constant(5_000),
  }).define(BookKind.L2);
  venue.event({ kind: EventKind.Level, side: Side.Bid, price: 99, qty: 30, tsRecv: 1_000 });
  venue.event({ kind: EventKind.Level, side: Side.Ask, price: 101, qty: 30 });
  venue.submit({ side: 1, qtyLots: 10, priceTicks: 99 });
  venue.submit({ side: 1, qtyLots: 10, priceTicks: 101 });
  venue.advance(1_200);
  const late = venue.submit({ side: 2, qtyLots: 7, priceTicks: 105 });
  venue.replace(late, 9, 104);
  const def = { instrument: 0, symbol: 'S0', bookKind: BookKind.L2, priceDecimals: 3, qtyDecimals: 2 };
  venue.venue.rescale(0, 10, 100);
  venue.event({ kind: EventKind.Instrument, def, tsRecv: 1_210 });
  venue.venue.checkInvariants();
  venue.settle();
  assert.deepEqual(
    venue.reports.map((r) => [r.exec, r.price, r.leaves, r.lastQty, r.lastPx, r.queueAhead]),
    [
      ['New', 990, 1_000, 0, 0, 3_000],
      ['New', 1_010, 1_000, 0, 0, 0],
      ['Trade', 1_010, 0, 1_000, 1_010, -1],
      ['New', 1_050, 700, 0, 0, -1], // beyond the levels shown
      ['Replaced', 1_040, 900, 0, 0, -1],
    ],
  );
});
