/** Orders that depend on each other: OCO and bracket. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ExecType, GroupKind, RejectCode } from '../../src/core/order.ts';
import { OmsScript, STRATEGY } from '../support/oms-script.ts';

describe('one cancels the other', () => {
  const start = () => {
    const desk = new OmsScript();
    const groupId = desk.oms.createGroup(STRATEGY, GroupKind.Oco);
    const orders = [desk.open({ groupId }), desk.open({ groupId, side: 2 }), desk.open({ groupId })];
    return { desk, groupId, orders };
  };

  test('the first execution of one, even in part, asks for the cancel of the others', () => {
    const { desk, orders } = start();
    desk.fill(orders[1], 1);
    assert.deepEqual(desk.cancelsWanted, [orders[0], orders[2]]);
  });

  test('an order that is being cancelled already is left alone; one whose cancel was refused is asked for again', () => {
    const { desk, orders } = start();
    const clOrdId = desk.cancel(orders[0]);
    desk.fill(orders[1], 1);
    assert.deepEqual(desk.cancelsWanted, [orders[2]]);
    desk.venue(orders[0], ExecType.CancelRejected, { clOrdId });
    desk.fill(orders[1], 1);
    assert.deepEqual(desk.cancelsWanted, [orders[2], orders[0], orders[2]]);
  });

  test('an order that ends without an execution leaves the others be', () => {
    const { desk, orders } = start();
    desk.venue(orders[0], ExecType.Canceled);
    desk.venue(orders[1], ExecType.Expired);
    assert.deepEqual(desk.cancelsWanted, []);
    desk.fill(orders[2], 100);
    assert.deepEqual(desk.cancelsWanted, []);
  });

  test('a fill that comes after the end still counts', () => {
    const { desk, orders } = start();
    desk.venue(orders[0], ExecType.Canceled, { cumQtyLots: 10 });
    desk.fill(orders[0], 10);
    assert.deepEqual(desk.cancelsWanted, [orders[1], orders[2]]);
  });

  test('is over then: nobody may join', () => {
    const { desk, groupId, orders } = start();
    desk.fill(orders[0], 1);
    const late = desk.create({ groupId });
    assert.equal(desk.oms.checkGroup(late), RejectCode.BadGroup);
    assert.equal(desk.oms.checkGroup(orders[0]), RejectCode.None);
  });

  test('is for orders of its strategy', () => {
    const { desk, groupId } = start();
    assert.equal(desk.oms.checkGroup(desk.create({ groupId }, STRATEGY + 1)), RejectCode.BadGroup);
    for (const wrong of [groupId + 1, -1, 0.5, Number.NaN]) {
      assert.equal(desk.oms.checkGroup(desk.create({ groupId: wrong })), RejectCode.BadGroup, String(wrong));
    }
    assert.equal(desk.oms.checkGroup(desk.create()), RejectCode.None);
    assert.equal(desk.oms.createGroup(STRATEGY, 7), 0);
  });
});

describe('a bracket', () => {
  const start = () => {
    const desk = new OmsScript();
    const groupId = desk.oms.createGroup(STRATEGY, GroupKind.Bracket);
    const entry = desk.open({ groupId });
    const profit = desk.create({ groupId, side: 2, priceTicks: 520 });
    const stop = desk.create({ groupId, side: 2, priceTicks: 480, displayQtyLots: 90 });
    return { desk, groupId, entry, profit, stop };
  };

  test('holds all but its first order back until that is done', () => {
    const { desk, entry, profit, stop } = start();
    assert.deepEqual(
      [entry, profit, stop].map((order) => desk.oms.isHeld(order)),
      [false, true, true],
    );
    assert.throws(() => desk.oms.sent(stop, 9), /not while it is held/);
    assert.equal(desk.oms.openCount(STRATEGY), 3, 'held orders are open to their strategy');
    assert.equal(desk.oms.firstOpen(3, 2), 0, 'and not at the venue');
    assert.equal(desk.oms.worstLeavesLots(stop), 0);
    desk.fill(entry, 40);
    assert.deepEqual(desk.releases, [], 'not at a partial fill');
    desk.fill(entry, 60);
    assert.deepEqual(desk.releases, [profit, stop]);
    assert.equal(desk.standing(stop), 'PendingNew 0 of 100, 100 left');
  });

  test('releases no more than its entry executed, when the last fill has arrived', () => {
    const { desk, entry, profit, stop } = start();
    desk.fill(entry, 30);
    desk.venue(entry, ExecType.Canceled, { cumQtyLots: 50 });
    assert.deepEqual(desk.releases, [], '20 are still on their way');
    desk.fill(entry, 20);
    assert.deepEqual(desk.releases, [profit, stop]);
    assert.equal(desk.standing(profit), 'PendingNew 0 of 50, 50 left');
    assert.equal(desk.oms.orders.displayQtyLots[stop], 50);
  });

  test('has children that cancel each other', () => {
    const { desk, entry, profit, stop } = start();
    desk.fill(entry, 100);
    desk.fill(profit, 10);
    assert.deepEqual(desk.cancelsWanted, [stop]);
  });

  test('whose entry ends unfilled takes its children with it', () => {
    for (const end of [ExecType.Canceled, ExecType.Expired, ExecType.Rejected]) {
      const { desk, groupId, entry, profit, stop } = start();
      desk.venue(entry, end);
      assert.deepEqual(desk.releases, []);
      for (const child of [profit, stop]) {
        assert.equal(desk.standing(child), 'Rejected 0 of 100, 0 left');
        assert.equal(desk.oms.orders.rejectCode[child], RejectCode.BadGroup);
      }
      assert.equal(desk.oms.openCount(STRATEGY), 0);
      assert.equal(desk.oms.checkGroup(desk.create({ groupId })), RejectCode.BadGroup);
    }
  });

  test('whose entry is refused by risk admits no children', () => {
    const desk = new OmsScript();
    const groupId = desk.oms.createGroup(STRATEGY, GroupKind.Bracket);
    const entry = desk.create({ groupId });
    desk.oms.reject(entry, RejectCode.MaxQty, 9);
    const child = desk.create({ groupId });
    assert.equal(desk.oms.isHeld(child), false);
    assert.equal(desk.oms.checkGroup(child), RejectCode.BadGroup);
  });

  test('child may be cancelled while it is held: nothing goes to the venue', () => {
    const { desk, entry, profit, stop } = start();
    assert.equal(desk.oms.checkCancel(profit, STRATEGY), RejectCode.None);
    assert.equal(desk.oms.checkReplace(profit, STRATEGY), RejectCode.OrderNotOpen);
    assert.equal(desk.cancel(profit), 0, 'no ClOrdID: there is no request');
    assert.equal(desk.standing(profit), 'Canceled 0 of 100, 0 left');
    desk.fill(entry, 100);
    assert.deepEqual(desk.releases, [stop]);
  });

  test('order that joins after the release is held no more', () => {
    const { desk, groupId, entry, profit, stop } = start();
    desk.fill(entry, 100);
    const third = desk.send({ groupId, side: 2 });
    desk.fill(third, 1);
    assert.deepEqual(desk.cancelsWanted, [profit, stop]);
  });

  test('is told of the entry before its children go', () => {
    const { desk, entry, profit } = start();
    desk.told.length = 0;
    desk.fill(entry, 100);
    assert.deepEqual(desk.told.slice(0, 2), [`${entry}: 2 of 100 at 500`, `${profit}: PendingNew → PendingNew`]);
  });
});
