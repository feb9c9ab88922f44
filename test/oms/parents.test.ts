/** Parent orders: children never add up to more, whatever order their fills, cancels and replaces arrive in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecType, OrderSide, RejectCode } from '../../src/core/order.ts';
import { INSTRUMENT, OmsScript, STRATEGY } from '../support/oms-script.ts';

function start(qtyLots = 250) {
  const desk = new OmsScript();
  const parentId = desk.oms.createParent(STRATEGY, INSTRUMENT, OrderSide.Buy, qtyLots);
  const { parents } = desk.oms;
  const available = () => parents.availableLots(parentId);
  /** Whether a child of so many lots would be let through. */
  const mayHave = (lots: number) => desk.oms.checkParent(desk.create({ parentId, qtyLots: lots }), lots);
  return { desk, parentId, parents, available, mayHave };
}

test('a child may have what the other children leave, and no more', () => {
  const { desk, parentId, available, mayHave } = start();
  desk.open({ parentId });
  desk.open({ parentId });
  assert.equal(available(), 50);
  assert.equal(mayHave(50), RejectCode.None);
  assert.equal(mayHave(51), RejectCode.ParentQty);
});

test('what a child executed stays used, what it did not comes back at its end', () => {
  const { desk, parentId, parents, available } = start();
  const child = desk.open({ parentId });
  desk.fill(child, 30, 501);
  assert.equal(available(), 150);
  desk.venue(child, ExecType.Canceled);
  assert.equal(available(), 220);
  assert.equal(parents.cumQtyLots[parentId], 30);
  assert.equal(parents.avgPxTicks(parentId), 501);
});

test('executions on their way after a cancel stay committed until they arrive', () => {
  const { desk, parentId, available, mayHave } = start(100);
  const child = desk.open({ parentId });
  desk.venue(child, ExecType.Canceled, { cumQtyLots: 40 });
  assert.equal(available(), 60);
  assert.equal(mayHave(61), RejectCode.ParentQty);
  desk.fill(child, 40);
  assert.equal(available(), 60);
  assert.equal(desk.fill(child, 1), 'inconsistent');
});

test('a replace to more is committed from the moment it is asked for, one to less only when it is confirmed', () => {
  const { desk, parentId, available } = start();
  const child = desk.open({ parentId });
  assert.equal(desk.oms.checkParent(child, 250), RejectCode.None);
  assert.equal(desk.oms.checkParent(child, 251), RejectCode.ParentQty);
  const more = desk.replace(child, 200);
  assert.equal(available(), 50);
  desk.venue(child, ExecType.ReplaceRejected, { clOrdId: more });
  assert.equal(available(), 150);
  const less = desk.replace(child, 60);
  assert.equal(available(), 150);
  desk.replaced(child, less, 60);
  assert.equal(available(), 190);
});

test('a replace that asks for no more than now is let through even where the parent is full', () => {
  const { desk, parentId } = start(100);
  const child = desk.open({ parentId });
  assert.equal(desk.oms.checkParent(child, 100), RejectCode.None);
  assert.equal(desk.oms.checkParent(child, 1), RejectCode.None);
  assert.equal(desk.oms.checkParent(child, 101), RejectCode.ParentQty);
});

test('a bust of a finished child gives its quantity back, a correction upwards is not believed', () => {
  const { desk, parentId, parents, available } = start(100);
  const child = desk.open({ parentId });
  desk.fill(child, 60);
  const fill = desk.execId;
  desk.fill(child, 40);
  const correction = { refExecId: fill, lastQtyLots: 61, lastPxTicks: 500 };
  assert.equal(desk.venue(child, ExecType.TradeCorrect, correction), 'inconsistent');
  desk.venue(child, ExecType.TradeCancel, { refExecId: fill });
  assert.equal(available(), 60);
  assert.equal(parents.cumQtyLots[parentId], 40);
});

test('a bust of an open child gives nothing back: it may be executed again', () => {
  const { desk, parentId, available } = start();
  const child = desk.open({ parentId });
  desk.fill(child, 60);
  desk.venue(child, ExecType.TradeCancel, { refExecId: desk.execId });
  assert.equal(available(), 150);
});

test('a child must be of the parent: strategy, instrument and side', () => {
  const { desk, parentId } = start();
  const check = (orderId: number) => desk.oms.checkParent(orderId, 1);
  assert.equal(check(desk.create({ parentId, side: OrderSide.Sell })), RejectCode.ParentQty);
  assert.equal(check(desk.create({ parentId, instrument: INSTRUMENT + 1 })), RejectCode.ParentQty);
  assert.equal(check(desk.create({ parentId }, STRATEGY + 1)), RejectCode.UnknownOrder);
  for (const wrong of [parentId + 1, -1, 0.5, Number.NaN]) {
    assert.equal(check(desk.create({ parentId: wrong })), RejectCode.UnknownOrder, String(wrong));
  }
  assert.equal(check(desk.create()), RejectCode.None);
});

test('a parent must make sense', () => {
  const { oms } = new OmsScript();
  for (const qty of [0, -1, 0.5, Number.NaN, 2 ** 53]) assert.equal(oms.createParent(0, 0, 1, qty), 0, String(qty));
  assert.equal(oms.createParent(0, 0, 3, 1), 0);
  assert.equal(oms.createParent(0, 0, 2, 1), 1);
  assert.ok(Number.isNaN(oms.parents.avgPxTicks(1)));
});

test('sending a child that was not checked is a bug, not an order', () => {
  const { desk, parentId } = start(99);
  assert.throws(() => desk.send({ parentId }), /a parent is not exceeded/);
});
