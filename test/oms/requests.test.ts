/** Cancel and replace requests, crossing by crossing. Letters name the matrices of FIX 4.4, Volume 4, Appendix D. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ExecType, RejectCode } from '../../src/core/order.ts';
import { OmsScript, STRATEGY } from '../support/oms-script.ts';

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
