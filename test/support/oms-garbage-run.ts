/**
 * Whole order lives (create, send, acknowledge, fill, replace, fill, cancel) through an OrderManager with room for them:
 * first to warm up, then measured. Prints marks between which `--trace-gc` must show nothing.
 */
import { writeSync } from 'node:fs';
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, GroupKind, OrderSide } from '../../src/core/order.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';

const WARM_UP = 60_000;
const MEASURED = 30_000;

let told = 0;
const oms = new OrderManager(
  {
    onOrderChanged: () => void told++,
    onExecution: () => void told++,
    wantsCancel: () => void told++,
    wantsRelease: () => void told++,
  },
  { orders: WARM_UP + MEASURED + 8, executions: (WARM_UP + MEASURED) * 3 },
);
const parentId = oms.createParent(0, 1, OrderSide.Buy, 2 ** 50);
const groupId = oms.createGroup(0, GroupKind.Oco);
const ticket = { instrument: 1, side: OrderSide.Buy, qtyLots: 100, priceTicks: 2 ** 40, parentId: 0, groupId: 0 };
const report = new ExecReport();
let execId = 0;

function say(orderId: number, execType: number, clOrdId: number, nowNs: number): void {
  report.orderId = orderId;
  report.execType = execType;
  report.clOrdId = clOrdId;
  report.execId = ++execId;
  report.venueNs = nowNs;
  oms.apply(report, nowNs);
}

function live(nowNs: number, isChild: boolean): void {
  ticket.parentId = isChild ? parentId : 0;
  ticket.groupId = isChild ? groupId : 0;
  const orderId = oms.create(0, 0, ticket, nowNs);
  oms.checkParent(orderId, 100);
  oms.sent(orderId, nowNs);
  const first = oms.orders.clOrdId[orderId];
  report.clear();
  say(orderId, ExecType.New, first, nowNs);
  report.lastQtyLots = 10;
  report.lastPxTicks = 2 ** 40;
  report.cumQtyLots = 10;
  if (!isChild) say(orderId, ExecType.Trade, first, nowNs);
  const second = oms.beginReplace(orderId, 120, 2 ** 40 + 1, nowNs);
  report.orderQtyLots = 120;
  report.priceTicks = 2 ** 40 + 1;
  say(orderId, ExecType.Replaced, second, nowNs);
  const third = oms.beginCancel(orderId, nowNs);
  report.cumQtyLots = oms.orders.cumQtyLots[orderId];
  say(orderId, ExecType.Canceled, third, nowNs);
}

function run(count: number, nowNs: number): void {
  for (let i = 0; i < count; i++) live(nowNs, (i & 1) === 1);
}

run(WARM_UP, 40_000_000_000_000);
(globalThis as { gc?: () => void }).gc?.();
writeSync(1, 'measured part begins\n');
run(MEASURED, 41_000_000_000_000);
writeSync(1, `measured part ends: ${told} calls to the listener\n`);
(globalThis as { gc?: () => void }).gc?.();
