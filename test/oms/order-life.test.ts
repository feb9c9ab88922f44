/** The life of an order but for its requests, crossing by crossing. Letters name the matrices of FIX 4.4, Volume 4, Appendix D. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ExecType, OrdType, RejectCode } from '../../src/core/order.ts';
import { ACCOUNT, INSTRUMENT, OmsScript, STRATEGY } from '../support/oms-script.ts';

describe('an order on its own', () => {
  test('is PendingNew until the venue acknowledges it, then filled in parts (A.1.a)', () => {
    const desk = new OmsScript();
    const order = desk.create();
    assert.equal(desk.standing(order), 'PendingNew 0 of 100, 0 left');
    desk.oms.sent(order, 2);
    assert.equal(desk.standing(order), 'PendingNew 0 of 100, 100 left');
    desk.venue(order, ExecType.PendingNew);
    assert.equal(desk.standing(order), 'PendingNew 0 of 100, 100 left');
    desk.venue(order, ExecType.New);
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
    desk.fill(order, 40, 500);
    assert.equal(desk.standing(order), 'PartiallyFilled 40 of 100, 60 left');
    desk.fill(order, 60, 503);
    assert.equal(desk.standing(order), 'Filled 100 of 100, 0 left');
    assert.equal(desk.oms.avgPxTicks(order), 501.8);
    assert.deepEqual(desk.told, ['1: PendingNew → PendingNew', '1: 3 of 40 at 500', '1: 4 of 60 at 503']);
  });

  test('refused by risk never reaches the venue, which can say nothing of it', () => {
    const desk = new OmsScript();
    const order = desk.create();
    desk.oms.reject(order, RejectCode.MaxQty, 2);
    assert.equal(desk.standing(order), 'Rejected 0 of 100, 0 left');
    assert.equal(desk.oms.orders.rejectCode[order], RejectCode.MaxQty);
    assert.equal(desk.venue(order, ExecType.New), 'unknown order');
    assert.equal(desk.oms.openCount(STRATEGY), 0);
  });

  test('refused by the venue has the reason it gave, or that it gave none (F.1)', () => {
    const desk = new OmsScript();
    const [halted, unexplained] = [desk.send(), desk.send()];
    desk.venue(halted, ExecType.Rejected, { rejectCode: RejectCode.VenueHalted });
    desk.venue(unexplained, ExecType.Rejected);
    assert.equal(desk.standing(halted), 'Rejected 0 of 100, 0 left');
    assert.equal(desk.oms.orders.rejectCode[halted], RejectCode.VenueHalted);
    assert.equal(desk.oms.orders.rejectCode[unexplained], RejectCode.VenueRefused);
  });

  test('cannot be refused once it was executed', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 10);
    assert.equal(desk.venue(order, ExecType.Rejected), 'refused');
    desk.cancel(order);
    assert.equal(desk.venue(order, ExecType.Rejected, { cumQtyLots: 0 }), 'inconsistent');
    assert.equal(desk.standing(order), 'PendingCancel 10 of 100, 90 left');
  });

  test('may be filled before it is acknowledged; the acknowledgement then changes nothing', () => {
    const desk = new OmsScript();
    const [part, whole] = [desk.send(), desk.send()];
    desk.fill(part, 30);
    desk.fill(whole, 100);
    assert.equal(desk.venue(part, ExecType.New), 'applied');
    assert.equal(desk.venue(whole, ExecType.New), 'applied');
    assert.equal(desk.standing(part), 'PartiallyFilled 30 of 100, 70 left');
    assert.equal(desk.standing(whole), 'Filled 100 of 100, 0 left');
  });

  test('that is immediate-or-cancel is cancelled by the venue, acknowledged or not (I.1)', () => {
    const desk = new OmsScript();
    const order = desk.send();
    desk.fill(order, 30);
    desk.venue(order, ExecType.Canceled);
    assert.equal(desk.standing(order), 'Canceled 30 of 100, 0 left');
  });

  test('expires with what it has executed', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 30);
    desk.venue(order, ExecType.Expired);
    assert.equal(desk.standing(order), 'Expired 30 of 100, 0 left');
  });

  test('is never executed beyond its quantity', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 70);
    assert.equal(desk.fill(order, 31), 'inconsistent');
    assert.equal(desk.fill(order, 30), 'applied');
    assert.equal(desk.fill(order, 1), 'inconsistent', 'Filled, with nothing on its way');
    assert.equal(desk.standing(order), 'Filled 100 of 100, 0 left');
  });

  test('counts fills that overtake each other by what arrived, whatever CumQty they state', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 60, 500, { cumQtyLots: 100 });
    assert.equal(desk.standing(order), 'PartiallyFilled 60 of 100, 40 left');
    desk.fill(order, 40, 500, { cumQtyLots: 40 });
    assert.equal(desk.standing(order), 'Filled 100 of 100, 0 left');
  });

  test('keeps the value of its executions exactly, past 2^53', () => {
    const desk = new OmsScript();
    const qtyLots = 2 ** 52;
    const order = desk.open({ qtyLots });
    const pxTicks = 2 ** 53 - 1;
    desk.fill(order, 3, pxTicks);
    desk.fill(order, qtyLots - 3, pxTicks - 2);
    const { cumValueHi, cumValueLo } = desk.oms.orders;
    const value = BigInt(cumValueHi[order]) * 2n ** 53n + BigInt(cumValueLo[order]);
    assert.equal(value, 3n * BigInt(pxTicks) + BigInt(qtyLots - 3) * BigInt(pxTicks - 2));
  });

  test('may leave for the venue smaller than it was asked for, never larger, and never shrinks here once it left', () => {
    const desk = new OmsScript();
    const order = desk.create({ displayQtyLots: 50 });
    desk.oms.shrinkUnsent(order, 120);
    desk.oms.shrinkUnsent(order, 40);
    desk.oms.sent(order, 2);
    assert.equal(desk.standing(order), 'PendingNew 0 of 40, 40 left');
    assert.equal(desk.oms.orders.displayQtyLots[order], 40);
    assert.throws(() => desk.oms.shrinkUnsent(order, 10), /before it is sent/);
  });

  test('keeps all that its ticket says, and what no column can hold as something plainly wrong', () => {
    const desk = new OmsScript();
    const ticket = { type: 4, timeInForce: 5, flags: 3, stopPriceTicks: 7, displayQtyLots: 8, peg: 0, tag: 9 } as const;
    const whole = desk.create({ ...ticket, expireNs: 11, pegOffsetTicks: -2, parentId: 12 });
    const { orders } = desk.oms;
    const columns = [orders.type, orders.timeInForce, orders.flags, orders.stopPriceTicks, orders.displayQtyLots];
    assert.deepEqual(
      columns.map((column) => column[whole]),
      [4, 5, 3, 7, 8],
    );
    assert.deepEqual([orders.expireNs[whole], orders.pegOffsetTicks[whole], orders.parentId[whole]], [11, -2, 12]);
    assert.deepEqual([orders.strategy[whole], orders.account[whole]], [STRATEGY, ACCOUNT]);
    assert.equal(orders.tag[whole], 9);

    const nonsense = { side: 257, type: 1.5, timeInForce: -1, instrument: -1, flags: 0.5, qtyLots: Number.NaN };
    const wrong = desk.create(nonsense as object);
    assert.deepEqual([orders.side[wrong], orders.type[wrong], orders.timeInForce[wrong]], [0, 0, 0]);
    assert.equal(orders.instrument[wrong], 2 ** 32 - 1);
    assert.equal(orders.flags[wrong], 0xffff);
    assert.ok(Number.isNaN(orders.qtyLots[wrong]));
    const market = desk.create({ type: OrdType.Market, priceTicks: Number.NaN });
    assert.equal(orders.priceTicks[market], 0);
    assert.throws(() => desk.oms.sent(wrong, 9), /a whole quantity is sent/);
  });
});

describe('after the end', () => {
  test('fills that the ending report counted are on their way: committed, then accepted', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 20);
    desk.venue(order, ExecType.Canceled, { cumQtyLots: 50 });
    assert.equal(desk.standing(order), 'Canceled 20 of 100, 0 left');
    assert.equal(desk.oms.worstLeavesLots(order), 30);
    assert.equal(desk.fill(order, 31), 'inconsistent');
    assert.equal(desk.fill(order, 30), 'applied');
    assert.equal(desk.standing(order), 'Canceled 50 of 100, 0 left');
    assert.equal(desk.oms.worstLeavesLots(order), 0);
    assert.equal(desk.fill(order, 1), 'inconsistent', 'beyond what the venue said');
  });

  test('an end that states more than the order can have executed is inconsistent', () => {
    const desk = new OmsScript();
    const order = desk.open();
    assert.equal(desk.venue(order, ExecType.Canceled, { cumQtyLots: 101 }), 'inconsistent');
    assert.equal(desk.venue(order, ExecType.Expired, { cumQtyLots: -1 }), 'inconsistent');
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
  });

  test('no order ends twice, and one that was refused executes nothing', () => {
    const desk = new OmsScript();
    const [canceled, rejected] = [desk.open(), desk.send()];
    desk.venue(canceled, ExecType.Canceled);
    desk.venue(rejected, ExecType.Rejected);
    assert.equal(desk.venue(canceled, ExecType.Canceled), 'refused');
    assert.equal(desk.venue(canceled, ExecType.Expired), 'refused');
    assert.equal(desk.fill(rejected, 1), 'refused');
  });

  test('what was on its way may arrive as a bust first: nothing that was counted is lost', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 30);
    const first = desk.execId;
    desk.fill(order, 20);
    // The venue: bust of the 30, a fill of 10, cancelled with 30 executed. The bust and the fill are on their way.
    desk.venue(order, ExecType.Canceled, { cumQtyLots: 30 });
    assert.equal(desk.oms.worstLeavesLots(order), 0);
    desk.venue(order, ExecType.TradeCancel, { refExecId: first });
    assert.equal(desk.oms.worstLeavesLots(order), 10);
    assert.equal(desk.fill(order, 10), 'applied');
    assert.equal(desk.standing(order), 'Canceled 30 of 100, 0 left');
  });
});

describe('changes by the venue alone', () => {
  test('a peg is repriced, a quantity reduced (E)', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 30);
    desk.venue(order, ExecType.Restated, { orderQtyLots: 80, priceTicks: 507 });
    assert.equal(desk.standing(order), 'PartiallyFilled 30 of 80, 50 left');
    assert.equal(desk.oms.orders.priceTicks[order], 507);
    desk.venue(order, ExecType.Restated, { orderQtyLots: 30, priceTicks: 507 });
    assert.equal(desk.standing(order), 'Filled 30 of 30, 0 left');
  });

  test('never to more than was asked for', () => {
    const desk = new OmsScript();
    const order = desk.open();
    assert.equal(desk.venue(order, ExecType.Restated, { orderQtyLots: 101, priceTicks: 500 }), 'inconsistent');
  });

  test('that arrive after a later one (venue time) are overtaken', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.venue(order, ExecType.Restated, { orderQtyLots: 80, priceTicks: 507, venueNs: 20 });
    assert.equal(desk.venue(order, ExecType.Restated, { orderQtyLots: 90, priceTicks: 506, venueNs: 10 }), 'applied');
    assert.equal(desk.standing(order), 'New 0 of 80, 80 left');
    assert.equal(desk.oms.orders.priceTicks[order], 507);
  });

  test('a stop is triggered once; an order that is no stop never', () => {
    const desk = new OmsScript();
    const [stop, limit] = [desk.open({ type: OrdType.Stop, stopPriceTicks: 480 }), desk.open()];
    assert.equal(desk.venue(stop, ExecType.Triggered), 'applied');
    assert.equal(desk.venue(stop, ExecType.Triggered), 'inconsistent');
    assert.equal(desk.venue(limit, ExecType.Triggered), 'inconsistent');
  });
});

test('open orders are listed by side and by strategy, oldest first, and leave the lists at their end', () => {
  const desk = new OmsScript();
  const [a, b, c] = [desk.open(), desk.open(), desk.open()];
  const { oms } = desk;
  const walk = () => {
    const ids: number[] = [];
    for (let id = oms.firstOpen(INSTRUMENT, 1); id !== 0; id = oms.nextOpen(id)) ids.push(id);
    return ids;
  };
  assert.deepEqual(walk(), [a, b, c]);
  assert.equal(oms.firstOpen(INSTRUMENT, 2), 0);
  assert.equal(oms.firstOpen(60_000, 1), 0);
  desk.fill(b, 100);
  assert.deepEqual(walk(), [a, c]);
  desk.venue(a, ExecType.Canceled);
  assert.deepEqual(walk(), [c]);
  assert.equal(oms.firstOpenOf(STRATEGY), c);
  assert.equal(oms.nextOpenOf(c), 0);
  assert.equal(oms.openCount(STRATEGY), 1);
  assert.equal(oms.openCount(63), 0);
});
