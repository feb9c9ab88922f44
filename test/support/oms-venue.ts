/**
 * A venue that tells the truth about the orders it was sent, in reports that wait in a pool: whoever takes them out decides
 * in what order they arrive. It accepts, refuses, fills, cancels, replaces, restates, triggers, expires, busts and corrects
 * as the dice say.
 */
import { ExecType, OrdType, RejectCode } from '../../src/core/order.ts';
import type { Prng } from '../../src/core/prng.ts';
import { type NaiveReport, rescaleReport } from './naive-oms.ts';

interface Asked {
  kind: 'new' | 'cancel' | 'replace';
  clOrdId: number;
  qty: number;
  price: number;
}

export interface VenueOrder {
  orderId: number;
  instrument: number;
  clOrdId: number;
  qty: number;
  price: number;
  cum: number;
  isLive: boolean;
  isStop: boolean;
  inbox: Asked[];
  fills: { execId: number; qty: number; px: number }[];
}

export class ScriptedVenue {
  readonly pool: NaiveReport[] = [];
  readonly orders: VenueOrder[] = [];
  private readonly byId = new Map<number, VenueOrder>();
  private readonly prng: Prng;
  private readonly takesBack: boolean;
  private nextExecId = 1;
  private nowNs = 0;

  /** `takesBack`: it also busts and corrects. */
  constructor(prng: Prng, takesBack: boolean) {
    this.prng = prng;
    this.takesBack = takesBack;
  }

  submit(orderId: number, instrument: number, type: number, clOrdId: number, qty: number, price: number): void {
    const isStop = type === OrdType.Stop || type === OrdType.StopLimit;
    const inbox: Asked[] = [{ kind: 'new', clOrdId, qty, price }];
    const fills: VenueOrder['fills'] = [];
    const order = { orderId, instrument, clOrdId, qty, price, cum: 0, isLive: false, isStop, inbox, fills };
    this.orders.push(order);
    this.byId.set(orderId, order);
  }

  cancel(orderId: number, clOrdId: number): void {
    this.byId.get(orderId)!.inbox.push({ kind: 'cancel', clOrdId, qty: 0, price: 0 });
  }

  replace(orderId: number, clOrdId: number, qty: number, price: number): void {
    this.byId.get(orderId)!.inbox.push({ kind: 'replace', clOrdId, qty, price });
  }

  /** One of the last `window` orders does something, or has something done to it. */
  step(window: number): void {
    const from = Math.max(0, this.orders.length - window);
    if (this.orders.length > 0) this.act(this.orders[from + this.prng.below(this.orders.length - from)]);
  }

  /** Answers everything that was asked. */
  settle(): void {
    for (const order of this.orders) while (order.inbox.length > 0) this.answer(order);
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (const order of this.orders.filter((one) => one.instrument === instrument)) {
      order.qty *= qtyFactor;
      order.cum *= qtyFactor;
      order.price *= priceFactor;
      for (const asked of order.inbox) {
        asked.qty *= qtyFactor;
        asked.price *= priceFactor;
      }
      for (const fill of order.fills) {
        fill.qty *= qtyFactor;
        fill.px *= priceFactor;
      }
    }
    for (const report of new Set(this.pool)) {
      if (this.byId.get(report.orderId)?.instrument === instrument) rescaleReport(report, priceFactor, qtyFactor);
    }
  }

  private act(order: VenueOrder): void {
    if (order.inbox.length > 0 && this.chance(0.5)) {
      this.answer(order);
      return;
    }
    if (order.fills.length > 0 && this.takesBack && this.chance(0.15)) this.takeBack(order);
    if (!order.isLive) return;
    if (order.isStop && this.chance(0.5)) {
      order.isStop = false;
      this.report(order, ExecType.Triggered, {});
    } else if (this.chance(0.06)) {
      this.end(order, this.chance(0.5) ? ExecType.Canceled : ExecType.Expired, order.clOrdId);
    } else if (this.chance(0.1)) {
      order.qty = order.cum + 1 + this.prng.below(order.qty - order.cum);
      order.price += this.prng.below(5);
      this.report(order, ExecType.Restated, {});
    } else {
      const leaves = order.qty - order.cum;
      this.fill(order, this.chance(0.3) ? leaves : 1 + this.prng.below(leaves));
    }
  }

  private answer(order: VenueOrder): void {
    const asked = order.inbox[0];
    if (asked.kind === 'new' && this.chance(0.1)) {
      this.report(order, ExecType.PendingNew, {});
      if (this.chance(0.5)) return;
    }
    order.inbox.shift();
    if (asked.kind === 'new') {
      order.isLive = this.chance(0.95);
      const code = order.isLive ? 0 : RejectCode.VenueHalted;
      this.report(order, order.isLive ? ExecType.New : ExecType.Rejected, { rejectCode: code });
      if (order.isLive && this.chance(0.1)) this.end(order, ExecType.Canceled, order.clOrdId);
    } else if (asked.kind === 'cancel') {
      if (order.isLive && this.chance(0.85)) this.end(order, ExecType.Canceled, asked.clOrdId);
      else this.refuse(order, ExecType.CancelRejected, asked.clOrdId);
    } else {
      this.answerReplace(order, asked);
    }
  }

  private answerReplace(order: VenueOrder, asked: Asked): void {
    const wasFilled = order.cum > 0 && order.cum === order.qty;
    const mayReopen = wasFilled && asked.qty > order.cum && this.chance(0.5);
    if (!(order.isLive || mayReopen) || this.chance(0.15)) {
      this.refuse(order, ExecType.ReplaceRejected, asked.clOrdId);
      return;
    }
    order.qty = Math.max(asked.qty, order.cum);
    order.price = asked.price;
    order.isLive = order.qty > order.cum;
    const origClOrdId = order.clOrdId;
    order.clOrdId = asked.clOrdId;
    const stated = this.chance(0.5) ? asked.qty : order.qty;
    this.report(order, ExecType.Replaced, { origClOrdId, orderQtyLots: stated });
  }

  private fill(order: VenueOrder, qty: number): void {
    const px = order.price - this.prng.below(3);
    order.cum += qty;
    order.isLive = order.cum < order.qty;
    const report = this.report(order, ExecType.Trade, { lastQtyLots: qty, lastPxTicks: px });
    order.fills.push({ execId: report.execId, qty, px });
  }

  private takeBack(order: VenueOrder): void {
    const at = this.prng.below(order.fills.length);
    const fill = order.fills[at];
    if (this.chance(0.5)) {
      order.fills.splice(at, 1);
      order.cum -= fill.qty;
      this.report(order, ExecType.TradeCancel, { refExecId: fill.execId });
      return;
    }
    const room = order.isLive ? order.qty - order.cum - 1 : 0;
    const qty = 1 + this.prng.below(fill.qty + room);
    order.cum += qty - fill.qty;
    fill.qty = qty;
    fill.px += 1;
    const terms = { refExecId: fill.execId, lastQtyLots: qty, lastPxTicks: fill.px };
    const report = this.report(order, ExecType.TradeCorrect, terms);
    if (this.chance(0.5)) fill.execId = report.execId;
  }

  private end(order: VenueOrder, execType: number, clOrdId: number): void {
    const origClOrdId = clOrdId === order.clOrdId ? 0 : order.clOrdId;
    order.isLive = false;
    this.report(order, execType, { clOrdId, origClOrdId });
  }

  private refuse(order: VenueOrder, execType: number, clOrdId: number): void {
    const hasExecId = this.chance(0.5);
    const terms = { clOrdId, origClOrdId: order.clOrdId, rejectCode: RejectCode.VenueTooLate };
    this.report(order, execType, hasExecId ? terms : { ...terms, execId: 0 });
  }

  private report(order: VenueOrder, execType: number, fields: Partial<NaiveReport>): NaiveReport {
    const report: NaiveReport = {
      execType,
      orderId: order.orderId,
      clOrdId: order.clOrdId,
      origClOrdId: 0,
      execId: this.nextExecId++,
      refExecId: 0,
      lastQtyLots: 0,
      lastPxTicks: 0,
      cumQtyLots: order.cum,
      leavesQtyLots: order.isLive ? order.qty - order.cum : 0,
      orderQtyLots: order.qty,
      priceTicks: order.price,
      venueNs: this.nowNs++,
      rejectCode: 0,
      ...fields,
    };
    this.pool.push(report);
    return report;
  }

  private chance(p: number): boolean {
    return this.prng.unit() < p;
  }
}
