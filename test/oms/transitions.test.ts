/** The table of the order life against what the order manager does, pair by pair. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  EXEC_TYPE_TEXT,
  ExecType,
  isTerminal,
  ORD_STATUS_TEXT,
  OrdStatus,
  OrdType,
  RejectCode,
} from '../../src/core/order.ts';
import { mayHappen, mayLead, ORDER_LIFE, OrderAct, pairText } from '../../src/oms/transitions.ts';
import { OmsScript, type ReportFields, STRATEGY } from '../support/oms-script.ts';

const STATUSES = Object.values(OrdStatus).filter((status) => status !== OrdStatus.None);
const EXEC_TYPES = Object.values(ExecType).filter((type) => type !== ExecType.None);

/** An order in a status, with everything open that may be in it, so that each report the table allows can be true. */
interface Scene {
  readonly script: OmsScript;
  readonly orderId: number;
  cancelClOrdId: number;
  replaceClOrdId: number;
  fillExecId: number;
}

/** `isExecuted`: with executions, where the status leaves that open. */
function sceneOf(status: number, isExecuted: boolean): Scene {
  const script = new OmsScript();
  const ticket = { type: OrdType.StopLimit, stopPriceTicks: 490 };
  const orderId = script.send(ticket);
  const scene = { script, orderId, cancelClOrdId: -1, replaceClOrdId: -1, fillExecId: 0 };
  const fill = (qty: number) => {
    script.fill(orderId, qty);
    scene.fillExecId ||= script.execId;
  };
  const ask = () => {
    scene.replaceClOrdId = script.replace(orderId, 120);
    if (status !== OrdStatus.PendingReplace) scene.cancelClOrdId = script.cancel(orderId);
  };
  if (status === OrdStatus.PendingNew) return scene;
  if (status === OrdStatus.Rejected) {
    ask();
    script.venue(orderId, ExecType.Rejected);
    return scene;
  }
  script.venue(orderId, ExecType.New);
  if (status === OrdStatus.New) return scene;
  if (status === OrdStatus.Replaced) {
    script.replaced(orderId, script.replace(orderId, 100), 100);
    return scene;
  }
  if (isExecuted || status === OrdStatus.Filled || status === OrdStatus.PartiallyFilled) fill(40);
  if (status === OrdStatus.PartiallyFilled) return scene;
  ask();
  if (status === OrdStatus.Filled) {
    // Its fills alone leave nothing on its way. With a bust of 60 that the venue has counted already, 10 are.
    fill(60);
    const bustedExecId = script.execId;
    script.venue(orderId, ExecType.Canceled, { cumQtyLots: 50 });
    script.venue(orderId, ExecType.TradeCancel, { refExecId: bustedExecId });
  }
  if (status === OrdStatus.Canceled) script.venue(orderId, ExecType.Canceled, { cumQtyLots: 60 });
  if (status === OrdStatus.Expired) script.venue(orderId, ExecType.Expired, { cumQtyLots: 60 });
  return scene;
}

/** A report of this type that can be true in the scene. */
function reportFor(scene: Scene, execType: number): ReportFields {
  const { script, orderId } = scene;
  const cumQtyLots = script.oms.orders.cumQtyLots[orderId];
  const terms = { orderQtyLots: 90, priceTicks: 501 };
  const fields: Partial<Record<number, ReportFields>> = {
    [ExecType.Trade]: { lastQtyLots: 10, lastPxTicks: 500, cumQtyLots: cumQtyLots + 10 },
    [ExecType.Canceled]: scene.cancelClOrdId > 0 ? { clOrdId: scene.cancelClOrdId } : {},
    [ExecType.Replaced]: { clOrdId: scene.replaceClOrdId, ...terms },
    [ExecType.Restated]: terms,
    [ExecType.CancelRejected]: { clOrdId: scene.cancelClOrdId },
    [ExecType.ReplaceRejected]: { clOrdId: scene.replaceClOrdId },
    [ExecType.TradeCancel]: { refExecId: scene.fillExecId },
    [ExecType.TradeCorrect]: { refExecId: scene.fillExecId, lastQtyLots: 30, lastPxTicks: 499 },
  };
  const answered = fields[execType] ?? {};
  // An answer to a request that was never made: under the order's own ClOrdID.
  return answered.clOrdId === -1 ? { ...answered, clOrdId: script.oms.orders.clOrdId[orderId] } : answered;
}

describe('every pair of status and execution report', () => {
  for (const status of STATUSES) {
    for (const execType of EXEC_TYPES) {
      const isAllowed = mayHappen(status, execType);
      test(`${pairText(status, execType)} is ${isAllowed ? 'in the table' : 'refused'}`, () => {
        const scene = sceneOf(status, execType !== ExecType.Rejected);
        const { script, orderId } = scene;
        const before = script.standing(orderId);
        assert.equal(script.oms.orders.status[orderId], status, before);
        const outcome = script.venue(orderId, execType, reportFor(scene, execType));
        assert.equal(outcome, isAllowed ? 'applied' : 'refused');
        const next = script.oms.orders.status[orderId];
        if (isAllowed) assert.ok(mayLead(status, execType, next), `led to ${ORD_STATUS_TEXT[next]}`);
        else assert.equal(script.standing(orderId), before, 'a refused report changes nothing');
        script.oms.checkInvariants();
      });
    }
  }
});

describe('every pair of status and request', () => {
  for (const status of STATUSES) {
    test(`a cancel while ${ORD_STATUS_TEXT[status]}`, () => {
      const { script, orderId } = sceneOf(status, true);
      const code = script.oms.checkCancel(orderId, STRATEGY);
      assert.equal(code === RejectCode.None, mayHappen(status, OrderAct.BeginCancel));
      if (code !== RejectCode.None) assert.throws(() => script.cancel(orderId), /BeginCancel while/);
      if (isTerminal(status)) assert.equal(code, RejectCode.OrderNotOpen);
      else assert.equal(code, status === OrdStatus.PendingCancel ? RejectCode.RequestPending : RejectCode.None);
    });

    test(`a replace while ${ORD_STATUS_TEXT[status]}`, () => {
      const { script, orderId } = sceneOf(status, true);
      const code = script.oms.checkReplace(orderId, STRATEGY);
      assert.equal(code === RejectCode.None, mayHappen(status, OrderAct.BeginReplace));
      if (code !== RejectCode.None) assert.throws(() => script.replace(orderId, 50), /BeginReplace while/);
    });
  }
});

test('the table knows every status and every ExecType by its name', () => {
  assert.deepEqual(Object.keys(ORDER_LIFE).sort(), ORD_STATUS_TEXT.slice(1).sort());
  for (const [name, value] of Object.entries(ExecType)) {
    if (value !== ExecType.None) assert.equal(OrderAct[name as keyof typeof OrderAct], value);
  }
  assert.equal(EXEC_TYPE_TEXT.length, ExecType.Restated + 1);
});

test('nothing leads out of an end', () => {
  for (const status of STATUSES.filter(isTerminal)) {
    for (const next of STATUSES) {
      for (const act of Object.values(OrderAct)) {
        assert.ok(
          next === status || !mayLead(status, act, next),
          `${pairText(status, act)} to ${ORD_STATUS_TEXT[next]}`,
        );
      }
    }
  }
});

test('an ExecType that does not exist is refused', () => {
  const script = new OmsScript();
  const orderId = script.open();
  for (const execType of [0, 14, 15, 16, 200, -1, 1.5, Number.NaN]) {
    assert.equal(script.venue(orderId, execType), 'refused', `ExecType ${execType}`);
  }
});
