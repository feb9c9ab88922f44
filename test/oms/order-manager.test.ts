/** The order manager as a whole: against its slow twin, rescaled, hashed, and without garbage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fnv64 } from '../../src/core/hash.ts';
import { ExecType, OrdStatus } from '../../src/core/order.ts';
import { OmsOutcome } from '../../src/core/record.ts';
import { ORDER_ACTS } from '../../src/oms/transitions.ts';
import { OMS_PROFILES } from '../support/oms-profiles.ts';
import { OmsScript } from '../support/oms-script.ts';
import { OmsCoverage, runOmsTwins } from '../support/oms-twins.ts';

const EVENTS = 2500;

for (const [i, profile] of OMS_PROFILES.entries()) {
  const seed = 1000 + i;
  test(`agrees with the naive order manager: ${profile.name} (seed ${seed})`, () => {
    const coverage = new OmsCoverage();
    runOmsTwins(seed, profile, EVENTS, coverage);
    assert.ok(coverage.outcomes[OmsOutcome.Applied] > EVENTS / 10, `${coverage.outcomes}`);
    const filled = coverage.taken[OrdStatus.PartiallyFilled * ORDER_ACTS + ExecType.Trade];
    assert.ok((filled & (1 << OrdStatus.Filled)) !== 0, 'some orders were filled');
  });
}

test('rescaled exactly: prices, quantities, values, executions, what is pending and what is on its way', () => {
  const desk = new OmsScript();
  const { oms } = desk;
  const [order, ended, elsewhere] = [desk.open({ displayQtyLots: 7 }), desk.open(), desk.open({ instrument: 9 })];
  desk.fill(order, 30, 501);
  const fill = desk.execId;
  const clOrdId = desk.replace(order, 120, 505);
  desk.venue(ended, ExecType.Canceled, { cumQtyLots: 20 });
  oms.rescale(3, 100, 10);
  assert.equal(desk.standing(order), 'PendingReplace 300 of 1000, 700 left');
  assert.equal(oms.orders.displayQtyLots[order], 70);
  assert.equal(oms.worstLeavesLots(order), 900);
  assert.equal(oms.worstPriceTicks(order), 50500);
  assert.equal(oms.avgPxTicks(order), 50100);
  assert.equal(oms.worstLeavesLots(ended), 200);
  assert.equal(desk.standing(elsewhere), 'New 0 of 100, 100 left');
  desk.venue(order, ExecType.TradeCancel, { refExecId: fill });
  assert.deepEqual(desk.told[desk.told.length - 1], `${order}: ${fill} of -300 at 50100`);
  desk.replaced(order, clOrdId, 1200, { priceTicks: 50500, cumQtyLots: 0 });
  assert.equal(desk.standing(order), 'Replaced 0 of 1200, 1200 left');
  oms.checkInvariants();
  assert.throws(() => oms.rescale(3, 1, 2 ** 50), /fits 2\^53/);
});

test('its hash tells states apart, and is the same for the same', () => {
  const hashOf = (last: (desk: OmsScript, order: number) => void) => {
    const desk = new OmsScript();
    const order = desk.open();
    desk.fill(order, 10);
    last(desk, order);
    const hash = new Fnv64();
    desk.oms.foldInto(hash);
    return hash.hex();
  };
  const ends = [
    () => undefined,
    (desk: OmsScript, order: number) => desk.fill(order, 1),
    (desk: OmsScript, order: number) => desk.fill(order, 1, 501),
    (desk: OmsScript, order: number) => desk.cancel(order),
    (desk: OmsScript, order: number) => desk.replace(order, 90),
    (desk: OmsScript) => desk.create(),
    (desk: OmsScript) => desk.oms.createParent(0, 0, 1, 5),
    (desk: OmsScript) => desk.oms.createGroup(0, 1),
  ];
  const hashes = ends.map((end) => hashOf(end));
  assert.equal(new Set(hashes).size, ends.length);
  assert.deepEqual(
    ends.map((end) => hashOf(end)),
    hashes,
  );
});
