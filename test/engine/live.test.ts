/** A live engine and its venue: what is told becomes input, what differs halts, what was lost is asked for, and every log proves itself. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { queryLog } from '../../src/audit/log-query.ts';
import { OrdStatus, RejectCode } from '../../src/core/order.ts';
import { temporaryFolder } from '../support/command.ts';
import { LiveRig, type RigOptions } from '../support/live-rig.ts';
import { writeStrategy } from '../support/trading-run.ts';

/** Buys 100 lots at 99.90 on the first book that it sees where nothing is open; the tick's size says what else it does. */
const BUYER = `
  onBook(ctx, i) {
    const book = ctx.book(i);
    if (book.isStale) return;
    const asked = book.bidQtyLots;
    if (asked === 1001) ctx.submit({ instrument: i, side: OrderSide.Buy, qtyLots: 100, priceTicks: 9990 });
    if (asked === 1002) ctx.cancelAll(i);
    if (asked === 1003) ctx.forEachOpen(i, (order) => ctx.replace(order.orderId, 150, 9991));
  }`;

async function rigOf(t: TestContext, extra: Partial<RigOptions> = {}): Promise<LiveRig> {
  const folder = temporaryFolder(t);
  const strategy = writeStrategy(folder, BUYER);
  return LiveRig.open({ dir: join(folder, 'log'), strategyDir: folder, strategy, ...extra });
}

function orders(rig: LiveRig) {
  return (rig.stage.engine.trading ?? assert.fail('it trades')).parts.oms.orders;
}

function position(rig: LiveRig): number {
  return rig.stage.engine.trading?.parts.positions.qtyLots(0, 0) ?? 0;
}

test('nothing leaves before the venue agrees; then orders are acknowledged, filled and paid for', async (t) => {
  const rig = await rigOf(t);
  rig.tick(1001);
  rig.settle();
  assert.equal(orders(rig).rejectCode[1], RejectCode.VenueDown);
  await rig.reconnect();
  assert.match(rig.said.at(-1) ?? '', /^binance: agrees with the log/);
  rig.tick(1000);
  rig.tick(1001);
  rig.settle();
  assert.equal(orders(rig).status[2], OrdStatus.New);
  const [order] = rig.venue.openOrders();
  assert.deepEqual({ price: order.price, qty: order.qty }, { price: 9990, qty: 100 });
  rig.venue.finer = true; // it states its numbers in finer units than it was asked for
  rig.venue.fill(order, 40);
  rig.settle();
  assert.equal(position(rig), 40);
  rig.venue.fill(order, 60);
  rig.settle();
  assert.equal(orders(rig).status[2], OrdStatus.Filled);
  rig.stop();
  const fills = [...queryLog(rig.options.dir, { type: 'Fill' })];
  // 10 units of 1e-8 a lot, in the base asset, at 99.90: 400 x 9990 units of 1e-10, in units of 1e-5.
  assert.deepEqual(
    fills.map(({ feeUnits }) => feeUnits),
    [40, 60],
  );
  const reports = [...queryLog(rig.options.dir, { type: 'VenueReport' })];
  assert.ok(reports.some(({ commissionAsset }) => commissionAsset === 'base'));
  await rig.prove();
});

test('requests that the connection took with it are asked about: the venue had the order, or never did', async (t) => {
  const rig = await rigOf(t);
  await rig.reconnect();
  rig.tick(1001);
  rig.pump(); // it is there, its acknowledgement is not
  rig.venue.disconnect();
  rig.settle();
  rig.tick(1000);
  rig.tick(1001);
  rig.settle();
  assert.equal(orders(rig).rejectCode[2], RejectCode.VenueDown, 'while it is down nothing leaves');
  rig.venue.fill(rig.venue.openOrders()[0], 30, false); // nobody hears of it
  await rig.reconnect();
  assert.equal(orders(rig).status[1], OrdStatus.PartiallyFilled);
  assert.equal(position(rig), 30);
  assert.match(rig.said.at(-1) ?? '', /agrees with the log, 1 open order of ours/);
  // Now one that never arrives.
  rig.tick(1000);
  rig.venue.isUp = false;
  rig.tick(1001);
  rig.pump();
  assert.equal(orders(rig).status[3], OrdStatus.PendingNew);
  rig.venue.disconnect();
  await rig.reconnect();
  assert.equal(orders(rig).status[3], OrdStatus.Rejected);
  assert.match(rig.said.at(-1) ?? '', /agrees with the log, 1 open order of ours/);
  rig.stop();
  await rig.prove();
});

test('a cancel and a replace that never arrived are closed when the venue shows the order as it was', async (t) => {
  for (const size of [1002, 1003]) {
    const rig = await rigOf(t);
    await rig.reconnect();
    rig.tick(1001);
    rig.settle();
    rig.venue.isUp = false; // the request is lost
    rig.tick(size);
    rig.pump();
    const pending = size === 1002 ? OrdStatus.PendingCancel : OrdStatus.PendingReplace;
    assert.equal(orders(rig).status[1], pending);
    rig.venue.disconnect();
    await rig.reconnect();
    assert.equal(orders(rig).status[1], OrdStatus.New);
    assert.match(rig.said.at(-1) ?? '', /agrees with the log/);
    rig.stop();
    assert.equal(rig.venue.openOrders().length, 0, 'the end cancels it');
    await rig.prove();
  }
});

test('an order that was executed whole before a lost cancel is filled', async (t) => {
  const rig = await rigOf(t);
  await rig.reconnect();
  rig.tick(1001);
  rig.settle();
  rig.venue.fill(rig.venue.openOrders()[0], 100);
  rig.tick(1002);
  rig.pump();
  rig.venue.deliver(1); // the execution, not the answer to the cancel
  rig.pump();
  assert.equal(orders(rig).status[1], OrdStatus.PendingCancel);
  rig.venue.disconnect();
  await rig.reconnect();
  assert.equal(orders(rig).status[1], OrdStatus.Filled);
  assert.match(rig.said.at(-1) ?? '', /agrees with the log/);
  rig.stop();
  await rig.prove();
});

test('a replace whose answer was lost has the terms that the venue has', async (t) => {
  const rig = await rigOf(t);
  await rig.reconnect();
  rig.tick(1001);
  rig.settle();
  rig.tick(1003);
  rig.pump();
  rig.venue.disconnect();
  await rig.reconnect();
  assert.equal(orders(rig).qtyLots[1], 150);
  assert.equal(orders(rig).priceTicks[1], 9991);
  rig.stop();
  await rig.prove();
});

test('each kind of difference is named and halts, and trading goes on once it is gone', async (t) => {
  const cases: readonly [string, (rig: LiveRig) => void, RegExp, (rig: LiveRig) => void, Partial<RigOptions>?][] = [
    [
      'an order with our tag',
      (rig) => rig.venue.strays.push({ ...stray, clOrdId: 77 }),
      /th0123abcd-77 TAPEUSDT: open at the venue, not in the log/,
      (rig) => rig.venue.strays.pop(),
    ],
    [
      'a balance',
      (rig) => (rig.venue.baseUnits -= 5e6),
      /balance of TAPE: .* at the venue, .* by the log/,
      (rig) => (rig.venue.baseUnits += 5e6),
    ],
    [
      'a position',
      (rig) => (rig.venue.positionLots += 5),
      /position of TAPEUSDT: 0\.005 at the venue, 0\.000 in the log/,
      (rig) => (rig.venue.positionLots -= 5),
      { venueName: 'binance-usdm' },
    ],
    [
      'a price',
      (rig) => (rig.venue.openOrders()[0].price = 9980),
      /th0123abcd-1 TAPEUSDT buy: at 99\.80 at the venue, at 99\.90 in the log/,
      (rig) => (rig.venue.openOrders()[0].price = 9990),
    ],
    [
      'a state that nobody tells',
      (rig) => {
        rig.venue.answersQueries = false;
        rig.venue.openOrders()[0].open = false;
      },
      /th0123abcd-1 TAPEUSDT buy: its state could not be found out \(503\)/,
      (rig) => {
        rig.venue.answersQueries = true;
      },
    ],
  ];
  for (const [name, breakIt, line, mendIt, extra] of cases) {
    const rig = await rigOf(t, extra);
    await rig.reconnect();
    rig.tick(1001);
    rig.settle();
    breakIt(rig);
    rig.venue.foreign = 2;
    rig.venue.disconnect();
    await rig.reconnect();
    const differs = rig.said.at(-1) ?? '';
    assert.match(differs, line, name);
    rig.tick(1000);
    rig.tick(1001);
    rig.settle();
    assert.equal(orders(rig).rejectCode[2], RejectCode.VenueDiffers, name);
    const [account] = rig.stage.report().venues;
    assert.equal(account.standing, 'differs', name);
    assert.equal(account.differences.length, 1, name);
    assert.equal(account.foreignOrders, 2, name);
    mendIt(rig);
    rig.stage.command({ do: 'trading-state', state: 'active', scope: 'engine', by: 'test' });
    rig.settle();
    assert.match(rig.said.at(-1) ?? '', /agrees with the log.*; 2 open orders there are none of ours/, name);
    rig.tick(1000);
    rig.tick(1001);
    rig.settle();
    assert.equal(orders(rig).status[3], OrdStatus.New, name);
    rig.stop();
    await rig.prove();
  }
});

const stray = { clOrdId: 0, side: 1, price: 9000, qty: 10, cum: 0, open: true, fills: [], replacedBy: 0 };

test('a venue is not compared before every instrument is known', async (t) => {
  const rig = await rigOf(t, { second: 'REELUSDT' });
  await rig.reconnect();
  assert.match(rig.said.at(-1) ?? '', /waits for the first book of REELUSDT/);
  rig.tick(1001);
  rig.settle();
  assert.equal(orders(rig).rejectCode[1], RejectCode.VenueDiffers);
  rig.define(1, 'REELUSDT');
  rig.settle();
  assert.match(rig.said.at(-1) ?? '', /agrees with the log/);
  rig.stop();
  await rig.prove();
});

test('a kill while the venue is down cancels when it is back', async (t) => {
  const rig = await rigOf(t);
  await rig.reconnect();
  rig.tick(1001);
  rig.settle();
  rig.venue.disconnect();
  rig.settle();
  rig.stage.command({ do: 'kill', scope: 'engine', by: 'test' });
  rig.settle();
  assert.equal(orders(rig).status[1], OrdStatus.New, 'it waits');
  await rig.reconnect();
  assert.equal(orders(rig).status[1], OrdStatus.Canceled);
  rig.stop();
  await rig.prove();
});

test('the end waits for its cancels, and names what is still open when it has waited long enough', async (t) => {
  const rig = await rigOf(t);
  await rig.reconnect();
  rig.tick(1001);
  rig.settle();
  rig.stop();
  assert.equal(orders(rig).status[1], OrdStatus.Canceled);
  assert.deepEqual(rig.stage.report().leftOpen, []);
  await rig.prove();

  const deaf = await rigOf(t);
  await deaf.reconnect();
  deaf.tick(1001);
  deaf.settle();
  deaf.venue.isUp = false;
  deaf.stop();
  assert.deepEqual(deaf.stage.report().leftOpen, ['th0123abcd-1 TAPEUSDT at binance']);
  await deaf.prove();
});

test('reports that make no sense change nothing but the log', async (t) => {
  const rig = await rigOf(t);
  await rig.reconnect();
  rig.tick(1001);
  rig.settle();
  const [order] = rig.venue.openOrders();
  rig.venue.fill(order, 40);
  order.fills.push([99, 1e15, 9990], [98, -3, 9990], [97, 0.5, Number.NaN], [96, Number.POSITIVE_INFINITY, 0]);
  rig.venue.disconnect();
  await rig.reconnect();
  assert.equal(position(rig), 40);
  rig.stop();
  const refused = [...queryLog(rig.options.dir, { type: 'OrderState' })].filter(
    ({ outcome }) => outcome === 'inconsistent',
  );
  assert.equal(refused.length, 4);
  await rig.prove();
});

test('in paper mode orders trade with the live book, behind Clock records when nothing comes', async (t) => {
  const rig = await rigOf(t, { mode: 'paper' });
  rig.tick(1001);
  rig.settle();
  assert.equal(orders(rig).status[1], OrdStatus.PendingNew);
  rig.wait(2000);
  assert.equal(orders(rig).status[1], OrdStatus.New);
  rig.stop();
  assert.equal(orders(rig).status[1], OrdStatus.Canceled);
  await rig.prove();
});

test('an engine that lives shows it, though nothing comes: no dead-man timer takes it for a dead one', async (t) => {
  const rig = await rigOf(t);
  await rig.reconnect();
  rig.settle();
  const { events } = rig.stage.engine;
  const before = rig.turns;
  rig.wait(60_000);
  assert.equal(rig.stage.engine.events, events, 'nothing came');
  assert.ok(rig.turns > before);
});
