/** A whole order life (create, send, acknowledge, fill, replace, fill, cancel) allocates nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, GroupKind, OrderSide } from '../../src/core/order.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';

/** Lives between two looks at the heap, and how often we look at most: the first ones see code that is not optimised yet. */
const LIVES = 500;
const TRIALS = 600;
/** One object of the smallest size (16 bytes) per life would be 8,000. The looks themselves cost some 250. */
const CLEAN_BYTES = 2_000;
const CLEAN_TRIALS = 5;
/** Numbers below 2^31: V8 boxes larger ones where they cross a call that it does not inline, such as the listener's. */
const PRICE = 100_000;
const NOW_NS = 40_000_000_000_000;

test('thousands of order lives leave the heap as it was', (t) => {
  let told = 0;
  const tell = () => void told++;
  const oms = new OrderManager(
    { onOrderChanged: tell, onExecution: tell, wantsCancel: tell, wantsRelease: tell },
    { orders: LIVES * TRIALS + 8, executions: LIVES * TRIALS * 3 },
  );
  const parentId = oms.createParent(0, 1, OrderSide.Buy, 2 ** 50);
  const groupId = oms.createGroup(0, GroupKind.Oco);
  const ticket = { instrument: 1, side: OrderSide.Buy, qtyLots: 100, priceTicks: PRICE, parentId: 0, groupId: 0 };
  const report = new ExecReport();
  let execId = 0;

  const say = (orderId: number, execType: number, clOrdId: number): void => {
    report.orderId = orderId;
    report.execType = execType;
    report.clOrdId = clOrdId;
    report.execId = ++execId;
    oms.apply(report, NOW_NS);
  };
  const live = (isChild: boolean): void => {
    ticket.parentId = isChild ? parentId : 0;
    ticket.groupId = isChild ? groupId : 0;
    const orderId = oms.create(0, 0, ticket, NOW_NS);
    oms.checkParent(orderId, 100);
    oms.sent(orderId, NOW_NS);
    const first = oms.orders.clOrdId[orderId];
    report.clear();
    say(orderId, ExecType.New, first);
    report.lastQtyLots = 10;
    report.lastPxTicks = PRICE;
    report.cumQtyLots = 10;
    if (!isChild) say(orderId, ExecType.Trade, first);
    const second = oms.beginReplace(orderId, 120, PRICE + 1, NOW_NS);
    report.orderQtyLots = 120;
    report.priceTicks = PRICE + 1;
    say(orderId, ExecType.Replaced, second);
    const third = oms.beginCancel(orderId, NOW_NS);
    report.cumQtyLots = oms.orders.cumQtyLots[orderId];
    say(orderId, ExecType.Canceled, third);
  };

  let clean = 0;
  const grown: number[] = [];
  while (clean < CLEAN_TRIALS && grown.length < TRIALS) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < LIVES; i++) live((i & 1) === 1);
    const bytes = process.memoryUsage().heapUsed - before;
    grown.push(bytes);
    // Negative: a collection came in between, and the trial says nothing.
    clean = bytes >= 0 && bytes < CLEAN_BYTES ? clean + 1 : 0;
  }
  const last = grown.slice(-20).join(', ');
  t.diagnostic(`heap grew by ${last} bytes in the last of ${grown.length} trials`);
  assert.equal(clean, CLEAN_TRIALS, `after ${told} calls to the listener still ${last} bytes`);
});
