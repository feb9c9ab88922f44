/** The life of an order, crossing by crossing. Letters name the matrices of FIX 4.4, Volume 4, Appendix D. */
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

describe('a cancel request', () => {
  test('of an order not executed (B.1.a)', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const first = desk.oms.orders.clOrdId[order];
    const clOrdId = desk.cancel(order);
    assert.equal(desk.standing(order), 'PendingCancel 0 of 100, 100 left');
    assert.equal(desk.oms.orders.pendingClOrdId[order], clOrdId);
    desk.venue(order, ExecType.Canceled, { clOrdId, origClOrdId: first });
    assert.equal(desk.standing(order), 'Canceled 0 of 100, 0 left');
    assert.equal(desk.oms.orders.clOrdId[order], clOrdId);
    assert.equal(desk.oms.orders.pendingClOrdId[order], 0);
  });

  test('crossed by fills (B.1.b): the order stays PendingCancel while it shrinks', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 20);
    const clOrdId = desk.cancel(order);
    desk.fill(order, 30);
    assert.equal(desk.standing(order), 'PendingCancel 50 of 100, 50 left');
    desk.venue(order, ExecType.Canceled, { clOrdId });
    assert.equal(desk.standing(order), 'Canceled 50 of 100, 0 left');
  });

  test('crossed by the last fill (B.1.c): PendingCancel with nothing left, Filled when the venue says too late', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.cancel(order);
    desk.fill(order, 100);
    assert.equal(desk.standing(order), 'PendingCancel 100 of 100, 0 left');
    assert.equal(desk.oms.openCount(STRATEGY), 1);
    desk.venue(order, ExecType.CancelRejected, { clOrdId, rejectCode: RejectCode.VenueTooLate });
    assert.equal(desk.standing(order), 'Filled 100 of 100, 0 left');
    assert.equal(desk.oms.openCount(STRATEGY), 0);
  });

  test('confirmed although all was executed: Filled has precedence over Canceled', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.cancel(order);
    desk.fill(order, 100);
    desk.venue(order, ExecType.Canceled, { clOrdId });
    assert.equal(desk.standing(order), 'Filled 100 of 100, 0 left');
  });

  test('that overtakes the acknowledgement (B.1.d, e)', () => {
    const desk = new OmsScript();
    const order = desk.send();
    const clOrdId = desk.cancel(order);
    desk.venue(order, ExecType.New);
    assert.equal(desk.standing(order), 'PendingCancel 0 of 100, 100 left');
    desk.venue(order, ExecType.CancelRejected, { clOrdId });
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
  });

  test('refused before the acknowledgement leaves the order PendingNew', () => {
    const desk = new OmsScript();
    const order = desk.send();
    const clOrdId = desk.cancel(order);
    desk.venue(order, ExecType.CancelRejected, { clOrdId });
    assert.equal(desk.standing(order), 'PendingNew 0 of 100, 100 left');
  });

  test('refused gives the order back as it would be without it, and can be made again', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const first = desk.cancel(order);
    desk.fill(order, 10);
    assert.equal(desk.oms.checkCancel(order, STRATEGY), RejectCode.RequestPending);
    desk.venue(order, ExecType.CancelRejected, { clOrdId: first, rejectCode: RejectCode.VenueHalted });
    assert.equal(desk.standing(order), 'PartiallyFilled 10 of 100, 90 left');
    assert.equal(desk.oms.orders.rejectCode[order], RejectCode.VenueHalted);
    assert.equal(desk.oms.checkCancel(order, STRATEGY), RejectCode.None);
    assert.ok(desk.cancel(order) > first);
  });

  test('is answered once: a second answer to it, or one to another, is refused', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.cancel(order);
    const first = desk.oms.orders.clOrdId[order];
    assert.equal(desk.venue(order, ExecType.CancelRejected, { clOrdId: first, execId: 0 }), 'refused');
    assert.equal(desk.venue(order, ExecType.CancelRejected, { clOrdId, execId: 0 }), 'applied');
    assert.equal(desk.venue(order, ExecType.CancelRejected, { clOrdId, execId: 0 }), 'refused');
  });

  test('of somebody else, or of an order that is over, is not made', () => {
    const desk = new OmsScript();
    const order = desk.open();
    assert.equal(desk.oms.checkCancel(order, STRATEGY + 1), RejectCode.UnknownOrder);
    assert.equal(desk.oms.checkCancel(order + 1, STRATEGY), RejectCode.UnknownOrder);
    desk.fill(order, 100);
    assert.equal(desk.oms.checkCancel(order, STRATEGY), RejectCode.OrderNotOpen);
    assert.equal(desk.oms.checkReplace(order, STRATEGY), RejectCode.OrderNotOpen);
    assert.equal(desk.oms.checkCancel(desk.create(), STRATEGY), RejectCode.OrderNotOpen);
  });

  test('of an order that the venue has ended meanwhile is answered after the end', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.cancel(order);
    desk.venue(order, ExecType.Expired);
    assert.equal(desk.standing(order), 'Expired 0 of 100, 0 left');
    assert.equal(desk.venue(order, ExecType.CancelRejected, { clOrdId }), 'applied');
    assert.equal(desk.standing(order), 'Expired 0 of 100, 0 left');
  });
});

describe('a replace request', () => {
  test('of an order not executed (C.1.a): Replaced, under the new ClOrdID', () => {
    const desk = new OmsScript();
    const order = desk.open({ displayQtyLots: 80 });
    const first = desk.oms.orders.clOrdId[order];
    const clOrdId = desk.replace(order, 60, 505);
    assert.equal(desk.standing(order), 'PendingReplace 0 of 100, 100 left');
    assert.equal(desk.oms.worstPriceTicks(order), 505, 'for a buy the higher price is the worse one');
    desk.replaced(order, clOrdId, 60, { origClOrdId: first, priceTicks: 505 });
    assert.equal(desk.standing(order), 'Replaced 0 of 60, 60 left');
    assert.equal(desk.oms.orders.clOrdId[order], clOrdId);
    assert.equal(desk.oms.orders.priceTicks[order], 505);
    assert.equal(desk.oms.orders.displayQtyLots[order], 60);
    desk.fill(order, 10);
    assert.equal(desk.standing(order), 'PartiallyFilled 10 of 60, 50 left');
  });

  test('to more, crossed by a fill (C.1.b)', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 10);
    const clOrdId = desk.replace(order, 150);
    desk.fill(order, 20);
    assert.equal(desk.standing(order), 'PendingReplace 30 of 100, 70 left');
    assert.equal(desk.oms.worstLeavesLots(order), 120, 'the venue may have accepted it already');
    desk.replaced(order, clOrdId, 150);
    assert.equal(desk.standing(order), 'PartiallyFilled 30 of 150, 120 left');
  });

  test('to more, crossed by the last fill (C.1.c): open again when it is accepted', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 150);
    desk.fill(order, 100);
    assert.equal(desk.standing(order), 'PendingReplace 100 of 100, 0 left');
    desk.replaced(order, clOrdId, 150);
    assert.equal(desk.standing(order), 'PartiallyFilled 100 of 150, 50 left');
  });

  test('refused because all was executed (C.2.a): Filled', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 100, 510);
    desk.fill(order, 100);
    desk.venue(order, ExecType.ReplaceRejected, { clOrdId, rejectCode: RejectCode.VenueTooLate });
    assert.equal(desk.standing(order), 'Filled 100 of 100, 0 left');
    assert.equal(desk.oms.orders.priceTicks[order], 500);
  });

  test('to less, but more than was executed (C.3.a)', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 70);
    desk.fill(order, 60);
    desk.replaced(order, clOrdId, 70);
    assert.equal(desk.standing(order), 'PartiallyFilled 60 of 70, 10 left');
    desk.fill(order, 10);
    assert.equal(desk.standing(order), 'Filled 70 of 70, 0 left');
  });

  test('to exactly what was executed (C.3.b): Filled', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 70);
    desk.fill(order, 70);
    desk.replaced(order, clOrdId, 70);
    assert.equal(desk.standing(order), 'Filled 70 of 70, 0 left');
  });

  test('to less than was executed (C.3.c): Filled, its quantity what was executed', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 50);
    desk.fill(order, 70);
    desk.replaced(order, clOrdId, 50);
    assert.equal(desk.standing(order), 'Filled 70 of 70, 0 left');
  });

  test('to less than the venue has executed, the fill still on its way: open until it is here', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 50);
    desk.replaced(order, clOrdId, 50, { cumQtyLots: 70 });
    assert.equal(desk.standing(order), 'Replaced 0 of 70, 70 left');
    desk.fill(order, 70);
    assert.equal(desk.standing(order), 'Filled 70 of 70, 0 left');
  });

  test('whose fills overtake its confirmation: executed beyond the old quantity, within the new one', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 150);
    assert.equal(desk.fill(order, 140, 500, { clOrdId }), 'applied');
    assert.equal(desk.fill(order, 11), 'inconsistent');
    assert.equal(desk.standing(order), 'PendingReplace 140 of 100, 0 left');
    desk.replaced(order, clOrdId, 150);
    assert.equal(desk.standing(order), 'PartiallyFilled 140 of 150, 10 left');
  });

  test('refused gives the old terms back; a later one is independent of it (D.1)', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const first = desk.replace(order, 150, 510);
    assert.equal(desk.oms.checkReplace(order, STRATEGY), RejectCode.RequestPending);
    desk.venue(order, ExecType.ReplaceRejected, { clOrdId: first });
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
    assert.equal(desk.oms.worstLeavesLots(order), 100);
    const second = desk.replace(order, 120);
    assert.equal(desk.replaced(order, first, 150), 'refused', 'the first was answered');
    desk.replaced(order, second, 120);
    assert.equal(desk.standing(order), 'Replaced 0 of 120, 120 left');
  });

  test('confirmed with more than was asked for, or as nonsense, is inconsistent', () => {
    const desk = new OmsScript();
    const order = desk.open();
    const clOrdId = desk.replace(order, 150);
    assert.equal(desk.replaced(order, clOrdId, 151), 'inconsistent');
    assert.equal(desk.replaced(order, clOrdId, 0), 'inconsistent');
    assert.equal(desk.replaced(order, clOrdId, 100, { priceTicks: 0.5 }), 'inconsistent');
    assert.equal(desk.replaced(order, clOrdId, 100, { cumQtyLots: 151 }), 'inconsistent');
    assert.equal(desk.standing(order), 'PendingReplace 0 of 100, 100 left');
  });

  test('refused here leaves the order as it stands, and says why', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.oms.refuseReplace(order, RejectCode.CollarPercent, 9);
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
    assert.equal(desk.oms.orders.rejectCode[order], RejectCode.CollarPercent);
  });
});

describe('a cancel on top of a pending replace', () => {
  const start = () => {
    const desk = new OmsScript();
    const order = desk.open();
    const replace = desk.replace(order, 150);
    const cancel = desk.cancel(order);
    return { desk, order, replace, cancel };
  };

  test('has precedence: PendingCancel', () => {
    const { desk, order, cancel } = start();
    assert.equal(desk.standing(order), 'PendingCancel 0 of 100, 100 left');
    assert.equal(desk.oms.orders.pendingClOrdId[order], cancel);
    assert.equal(desk.oms.worstLeavesLots(order), 150);
  });

  test('replaced, then cancelled', () => {
    const { desk, order, replace, cancel } = start();
    desk.replaced(order, replace, 150);
    assert.equal(desk.standing(order), 'PendingCancel 0 of 150, 150 left');
    desk.venue(order, ExecType.Canceled, { clOrdId: cancel });
    assert.equal(desk.standing(order), 'Canceled 0 of 150, 0 left');
  });

  test('the cancel refused first: PendingReplace again', () => {
    const { desk, order, replace, cancel } = start();
    desk.venue(order, ExecType.CancelRejected, { clOrdId: cancel });
    assert.equal(desk.standing(order), 'PendingReplace 0 of 100, 100 left');
    desk.venue(order, ExecType.ReplaceRejected, { clOrdId: replace });
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
  });

  test('the replace refused first: still PendingCancel', () => {
    const { desk, order, replace, cancel } = start();
    desk.venue(order, ExecType.ReplaceRejected, { clOrdId: replace });
    assert.equal(desk.standing(order), 'PendingCancel 0 of 100, 100 left');
    desk.venue(order, ExecType.CancelRejected, { clOrdId: cancel });
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
  });

  test('cancelled before the replace is answered: its answer comes late and changes nothing', () => {
    const { desk, order, replace, cancel } = start();
    desk.venue(order, ExecType.Canceled, { clOrdId: cancel });
    assert.equal(desk.replaced(order, replace, 150), 'applied');
    assert.equal(desk.standing(order), 'Canceled 0 of 100, 0 left');
    assert.equal(desk.venue(order, ExecType.ReplaceRejected, { clOrdId: replace }), 'refused', 'it was answered');
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

describe('busts and corrections (J)', () => {
  test('a bust gives the quantity back to an open order, down to New', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 30, 505);
    const first = desk.execId;
    desk.fill(order, 20, 510);
    const second = desk.execId;
    desk.venue(order, ExecType.TradeCancel, { refExecId: first });
    assert.equal(desk.standing(order), 'PartiallyFilled 20 of 100, 80 left');
    assert.equal(desk.oms.avgPxTicks(order), 510);
    desk.venue(order, ExecType.TradeCancel, { refExecId: second });
    assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
    assert.ok(Number.isNaN(desk.oms.avgPxTicks(order)));
    assert.deepEqual(desk.told.slice(-2), [`${order}: ${first} of -30 at 505`, `${order}: ${second} of -20 at 510`]);
  });

  test('a bust of an order that is over changes what it executed, never that it is over', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 100);
    desk.venue(order, ExecType.TradeCancel, { refExecId: desk.execId });
    assert.equal(desk.standing(order), 'Filled 0 of 100, 0 left');
    assert.equal(desk.fill(order, 1), 'inconsistent', 'a bust makes no room for another execution');
  });

  test('a bust under a pending replace shows when that is answered', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 30);
    const fill = desk.execId;
    const clOrdId = desk.replace(order, 120);
    desk.venue(order, ExecType.TradeCancel, { refExecId: fill });
    assert.equal(desk.standing(order), 'PendingReplace 0 of 100, 100 left');
    desk.replaced(order, clOrdId, 120, { cumQtyLots: 0 });
    assert.equal(desk.standing(order), 'Replaced 0 of 120, 120 left');
  });

  test('a correction is a bust and a new execution', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 30, 505);
    const first = desk.execId;
    desk.venue(order, ExecType.TradeCorrect, { refExecId: first, lastQtyLots: 25, lastPxTicks: 504 });
    assert.equal(desk.standing(order), 'PartiallyFilled 25 of 100, 75 left');
    assert.equal(desk.oms.avgPxTicks(order), 504);
    const expected = [`${order}: ${first} of -30 at 505`, `${order}: ${desk.execId} of 25 at 504`];
    assert.deepEqual(desk.told.slice(-2), expected);
  });

  test('a correction can fill an order, and no more than that', () => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 30);
    const correction = { refExecId: desk.execId, lastPxTicks: 500 };
    assert.equal(desk.venue(order, ExecType.TradeCorrect, { ...correction, lastQtyLots: 101 }), 'inconsistent');
    assert.equal(desk.venue(order, ExecType.TradeCorrect, { ...correction, lastQtyLots: 100 }), 'applied');
    assert.equal(desk.standing(order), 'Filled 100 of 100, 0 left');
  });

  test('a bust after a correction may name either ExecID; a second one finds nothing', () => {
    for (const namesCorrection of [true, false]) {
      const desk = new OmsScript();
      const order = desk.open();
      desk.fill(order, 30);
      const first = desk.execId;
      desk.venue(order, ExecType.TradeCorrect, { refExecId: first, lastQtyLots: 25, lastPxTicks: 504 });
      const refExecId = namesCorrection ? desk.execId : first;
      assert.equal(desk.venue(order, ExecType.TradeCancel, { refExecId }), 'applied');
      assert.equal(desk.standing(order), 'New 0 of 100, 100 left');
      desk.fill(order, 5);
      assert.equal(desk.venue(order, ExecType.TradeCancel, { refExecId }), 'inconsistent');
    }
  });

  test('of an execution of another order, or never seen, are inconsistent', () => {
    const desk = new OmsScript();
    const [one, other] = [desk.open(), desk.open()];
    desk.fill(one, 30);
    const fill = desk.execId;
    desk.fill(other, 5);
    assert.equal(desk.venue(other, ExecType.TradeCancel, { refExecId: fill }), 'inconsistent');
    assert.equal(desk.venue(other, ExecType.TradeCancel, { refExecId: 999 }), 'inconsistent');
    assert.equal(desk.venue(one, ExecType.TradeCancel, { refExecId: fill }), 'applied');
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
