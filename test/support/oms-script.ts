/**
 * A desk for tests that read as scripts: orders are bought and sold, the venue says things of them, and `standing` tells
 * in words where an order is. ExecIDs count up from 1, the time by one per call.
 */
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, ORD_STATUS_TEXT, OrderSide, type OrderTicket } from '../../src/core/order.ts';
import { OMS_OUTCOME_TEXT, OmsOutcome } from '../../src/core/record.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';

export const INSTRUMENT = 3;
export const STRATEGY = 1;
export const ACCOUNT = 2;

export type ReportFields = Partial<Record<Exclude<keyof ExecReport, 'values' | 'clear' | 'copyFrom'>, number>>;

export class OmsScript {
  readonly oms: OrderManager;
  /** What the listener was told, in words. */
  readonly told: string[] = [];
  /** Orders whose cancel, or release, a group asked for. */
  readonly cancelsWanted: number[] = [];
  readonly releases: number[] = [];
  execId = 0;
  nowNs = 0;
  private readonly report = new ExecReport();

  constructor() {
    this.oms = new OrderManager({
      onOrderChanged: (orderId, before, outcome) => {
        if (outcome !== OmsOutcome.Local) return;
        this.told.push(`${orderId}: ${ORD_STATUS_TEXT[before]} → ${ORD_STATUS_TEXT[this.oms.orders.status[orderId]]}`);
      },
      onExecution: (orderId, execId, _side, qty, px) => this.told.push(`${orderId}: ${execId} of ${qty} at ${px}`),
      wantsCancel: (orderId) => this.cancelsWanted.push(orderId),
      wantsRelease: (orderId) => {
        this.releases.push(orderId);
        this.oms.sent(orderId, ++this.nowNs);
      },
    });
  }

  /** Creates an order, not yet sent: to buy 100 at 500 unless said otherwise. */
  create(ticket: Partial<OrderTicket> = {}, strategy = STRATEGY): number {
    const whole = { instrument: INSTRUMENT, side: OrderSide.Buy, qtyLots: 100, priceTicks: 500, ...ticket };
    return this.oms.create(strategy, ACCOUNT, whole, ++this.nowNs);
  }

  /** The same, sent. */
  send(ticket: Partial<OrderTicket> = {}): number {
    const orderId = this.create(ticket);
    this.oms.sent(orderId, ++this.nowNs);
    return orderId;
  }

  /** The same, acknowledged. */
  open(ticket: Partial<OrderTicket> = {}): number {
    const orderId = this.send(ticket);
    this.venue(orderId, ExecType.New);
    return orderId;
  }

  /** The venue says something of an order, under the ClOrdID in force; returns what was made of it. */
  venue(orderId: number, execType: number, fields: ReportFields = {}): string {
    const { oms, report } = this;
    report.clear();
    report.orderId = orderId;
    report.execType = execType;
    report.execId = ++this.execId;
    report.clOrdId = oms.orders.clOrdId[orderId];
    report.cumQtyLots = oms.orders.cumQtyLots[orderId];
    Object.assign(report, fields);
    return OMS_OUTCOME_TEXT[oms.apply(report, ++this.nowNs)];
  }

  /** A fill; the venue's CumQty is ours with it unless said otherwise. Its ExecID is `execId` afterwards. */
  fill(orderId: number, lastQtyLots: number, lastPxTicks = 500, fields: ReportFields = {}): string {
    const cumQtyLots = this.oms.orders.cumQtyLots[orderId] + lastQtyLots;
    return this.venue(orderId, ExecType.Trade, { lastQtyLots, lastPxTicks, cumQtyLots, ...fields });
  }

  /** Asks for a cancel; returns its ClOrdID. */
  cancel(orderId: number): number {
    return this.oms.beginCancel(orderId, ++this.nowNs);
  }

  replace(orderId: number, qtyLots: number, priceTicks = 500): number {
    return this.oms.beginReplace(orderId, qtyLots, priceTicks, ++this.nowNs);
  }

  /** The venue accepts the replace `clOrdId`. */
  replaced(orderId: number, clOrdId: number, orderQtyLots: number, fields: ReportFields = {}): string {
    return this.venue(orderId, ExecType.Replaced, { clOrdId, orderQtyLots, priceTicks: 500, ...fields });
  }

  /** Such as "PartiallyFilled 40 of 100, 60 left". */
  standing(orderId: number): string {
    const { orders } = this.oms;
    const status = ORD_STATUS_TEXT[orders.status[orderId]];
    return `${status} ${orders.cumQtyLots[orderId]} of ${orders.qtyLots[orderId]}, ${orders.leavesQtyLots[orderId]} left`;
  }
}
