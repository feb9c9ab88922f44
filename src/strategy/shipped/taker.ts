/** One immediate-or-cancel order at a time: takes what is there now, at a limit, and leaves nothing behind. */
import { type OrderSide, type OrderTicket, OrdStatus, TimeInForce } from '../../core/order.ts';
import type { StrategyContext } from '../api.ts';

const MAX_BACK_OFF_NS = 5e9;

export class Taker {
  /** Fields that the owner may set (instrument, parent, tag); side, price and quantity are this class's. */
  readonly ticket: OrderTicket & { priceTicks: number };
  orderId = 0;
  /** Least time between two orders. */
  minGapNs: number;
  /** RejectCode of the last refusal; 0 after an order that went through. */
  lastRefusal = 0;
  private nextNs = 0;
  private backOffNs = 0;

  constructor(minGapNs: number) {
    this.minGapNs = minGapNs;
    this.ticket = {
      instrument: 0,
      side: 1,
      qtyLots: 0,
      priceTicks: 0,
      timeInForce: TimeInForce.Ioc,
      parentId: 0,
      tag: 0,
    };
  }

  isBusy(ctx: StrategyContext): boolean {
    if (this.orderId === 0) return false;
    const order = ctx.order(this.orderId);
    if (order?.isOpen) return true;
    if (order?.status === OrdStatus.Rejected) this.backOff(ctx, order.rejectCode);
    else this.backOffNs = 0;
    this.orderId = 0;
    return false;
  }

  /** Sends an order unless one is under way or it is too early; true where one left. */
  take(ctx: StrategyContext, side: OrderSide, qtyLots: number, limitTicks: number): boolean {
    if (qtyLots <= 0 || this.isBusy(ctx) || ctx.nowNs < this.nextNs) return false;
    this.ticket.side = side;
    this.ticket.qtyLots = qtyLots;
    this.ticket.priceTicks = limitTicks;
    const orderId = ctx.submit(this.ticket);
    if (orderId < 0) {
      this.backOff(ctx, -orderId);
      return false;
    }
    this.orderId = orderId;
    this.lastRefusal = 0;
    this.nextNs = ctx.nowNs + this.minGapNs;
    return true;
  }

  private backOff(ctx: StrategyContext, code: number): void {
    this.lastRefusal = code;
    this.backOffNs = Math.min(MAX_BACK_OFF_NS, Math.max(this.minGapNs, this.backOffNs * 2));
    this.nextNs = ctx.nowNs + this.backOffNs;
  }
}
