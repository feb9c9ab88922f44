/** Busts and corrections (FIX 4.4, Volume 4, Appendix D, J). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ExecType } from '../../src/core/order.ts';
import { OmsScript } from '../support/oms-script.ts';

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
