/** ClOrdIDs and ExecIDs: whose they are, and that none counts twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecType, RejectCode } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { IdMap } from '../../src/oms/id-map.ts';
import { OmsScript } from '../support/oms-script.ts';

test('every request of an order has a ClOrdID of its own, and reports may name any of them', () => {
  const desk = new OmsScript();
  const order = desk.open();
  const first = desk.oms.orders.clOrdId[order];
  const second = desk.replace(order, 120);
  desk.replaced(order, second, 120, { origClOrdId: first });
  const third = desk.cancel(order);
  assert.equal(new Set([first, second, third]).size, 3);
  for (const clOrdId of [first, second, third]) assert.equal(desk.fill(order, 1, 500, { clOrdId }), 'applied');
});

test('reports that name an order never had, or a ClOrdID that is not of its chain, change nothing', () => {
  const desk = new OmsScript();
  const [one, other] = [desk.open(), desk.open()];
  const { clOrdId } = desk.oms.orders;
  for (const orderId of [0, other + 1, -1, 0.5, Number.NaN, 2 ** 40]) {
    assert.equal(desk.venue(one, ExecType.Canceled, { orderId }), 'unknown order', String(orderId));
  }
  for (const wrong of [0, clOrdId[other], 999, -1, 0.5, Number.NaN]) {
    assert.equal(desk.venue(one, ExecType.Canceled, { clOrdId: wrong }), 'unknown order', String(wrong));
  }
  assert.equal(desk.venue(one, ExecType.Canceled, { origClOrdId: clOrdId[other] }), 'unknown order');
  assert.equal(desk.standing(one), 'New 0 of 100, 100 left');
});

test('the counter steps over what strategies chose; what it gave they may not choose', () => {
  const desk = new OmsScript();
  const chosen = desk.create({ clOrdId: 2 });
  const [a, b] = [desk.create(), desk.create()];
  const { clOrdId } = desk.oms.orders;
  assert.deepEqual([clOrdId[chosen], clOrdId[a], clOrdId[b]], [2, 1, 3]);
  assert.equal(desk.oms.upcomingClOrdId(), 4);
  const taken = desk.create({ clOrdId: 3 });
  assert.equal(desk.oms.isClOrdIdUsed(3, taken), true);
  assert.equal(desk.oms.isClOrdIdUsed(3, b), false);
  assert.throws(() => desk.oms.sent(taken, 9), /ClOrdID of an order that is sent is its own/);
});

test('a ClOrdID is used for ever, by refused orders too, and one that makes no sense always was', () => {
  const desk = new OmsScript();
  const refused = desk.create({ clOrdId: 2 ** 52 });
  desk.oms.reject(refused, RejectCode.MaxQty, 2);
  assert.equal(desk.oms.isClOrdIdUsed(2 ** 52), true);
  assert.equal(desk.oms.isClOrdIdUsed(2 ** 52 - 1), false);
  for (const wrong of [0, -1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    assert.equal(desk.oms.isClOrdIdUsed(wrong), true, String(wrong));
  }
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53]) {
    const order = desk.create({ clOrdId: wrong });
    assert.equal(desk.oms.isClOrdIdUsed(desk.oms.orders.clOrdId[order], order), true, String(wrong));
  }
});

test('an ExecID counts once, however long ago and for whatever order it came', () => {
  const desk = new OmsScript();
  const [one, other] = [desk.open(), desk.open()];
  desk.fill(one, 10);
  const execId = desk.execId;
  for (let i = 0; i < 50; i++) desk.fill(other, 1);
  assert.equal(desk.fill(one, 10, 500, { execId }), 'duplicate');
  assert.equal(desk.fill(other, 10, 500, { execId }), 'duplicate');
  assert.equal(desk.venue(one, ExecType.New, { execId: 1 }), 'duplicate', 'not only those of fills');
  assert.equal(desk.standing(one), 'PartiallyFilled 10 of 100, 90 left');
});

test('a report that was not applied may come again and be applied then', () => {
  const desk = new OmsScript();
  const order = desk.open();
  const early = { execId: 70, lastQtyLots: 120, cumQtyLots: 120 };
  assert.equal(desk.fill(order, 120, 500, early), 'inconsistent');
  desk.replaced(order, desk.replace(order, 150), 150);
  assert.equal(desk.fill(order, 120, 500, early), 'applied');
});

test('an execution without an ExecID, or with one that is no number, is inconsistent', () => {
  const desk = new OmsScript();
  const order = desk.open();
  for (const execId of [0, -1, 0.5, Number.NaN, 2 ** 53]) {
    assert.equal(desk.fill(order, 1, 500, { execId }), 'inconsistent', String(execId));
  }
  for (const lots of [0, -1, 0.5, Number.NaN]) assert.equal(desk.fill(order, lots), 'inconsistent', String(lots));
  assert.equal(desk.fill(order, 1, 0.5), 'inconsistent');
  assert.equal(desk.fill(order, 5, 500, { cumQtyLots: 4 }), 'inconsistent', 'CumQty holds at least this fill');
  assert.equal(desk.fill(order, 1, -3), 'applied', 'a spread may trade below zero');
});

test('the map of identifiers agrees with Map, over dense, sparse and colliding ones', () => {
  const seed = 20261122;
  const prng = new Prng(seed);
  for (const draw of [
    () => 1 + prng.below(3000),
    () => 1 + prng.below(2 ** 32) * 2 ** 21,
    () => (1 + prng.below(500)) * 2 ** 32 + 7,
    () => Number.MAX_SAFE_INTEGER - prng.below(3000),
  ]) {
    const ids = new IdMap(4);
    const twin = new Map<number, number>();
    for (let i = 0; i < 5000; i++) {
      const id = draw();
      assert.equal(ids.get(id), twin.get(id) ?? -1, `seed ${seed}, ${id}`);
      if (twin.has(id)) continue;
      ids.add(id, i);
      twin.set(id, i);
    }
    ids.checkInvariants();
    assert.equal(ids.size, twin.size);
    for (const [id, handle] of twin) assert.equal(ids.get(id), handle);
    for (const absent of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(ids.get(absent), -1);
  }
});
