/**
 * One resting order at most on one side, kept where the strategy wants it: what is pending is waited for, what is good
 * enough is left alone, what is refused is not asked for again at once. It keeps nothing but the OrderID: what the order
 * is now is asked of the order manager every time, so that no crossing of fills and requests can confuse it.
 */
import { OrderFlag, type OrderSide, type OrderTicket, OrdStatus, TimeInForce } from '../../core/order.ts';
import type { OrderView, StrategyContext } from '../api.ts';

const MAX_BACK_OFF_NS = 5e9;

export class Quote {
  /** Fields that the owner may set (parent, tag, displayed quantity, ...); price and quantity are this class's. */
  readonly ticket: OrderTicket & { priceTicks: number };
  orderId = 0;
  /**
   * What `keep` brings the order towards: lots open, price, and how far off the price may be. Fields rather than
   * arguments: a number beyond 2^31 that is handed to a function may cost an allocation, one written here does not.
   */
  wantedLots = 0.5;
  wantedTicks = 0.5;
  toleranceTicks = 0.5;
  /** Least time between two requests to place or move the order; taking it back never waits. */
  minGapNs: number;
  /** RejectCode of the last refusal. */
  lastRefusal = 0;
  private nextNs = 0;
  private backOffNs = 0;
  /** The venue has accepted the order: a refusal before it is forgotten. */
  private isAccepted = false;

  constructor(side: OrderSide, minGapNs: number) {
    this.minGapNs = minGapNs;
    this.ticket = {
      instrument: 0,
      side,
      qtyLots: 0,
      priceTicks: 0,
      timeInForce: TimeInForce.Day,
      flags: OrderFlag.PostOnly,
      parentId: 0,
      displayQtyLots: 0,
      tag: 0,
    };
  }

  /** The live order, or null. */
  live(ctx: StrategyContext): OrderView | null {
    if (this.orderId === 0) return null;
    const order = ctx.order(this.orderId);
    if (order?.isOpen) return order;
    if (order?.status === OrdStatus.Rejected) this.backOff(ctx, order.rejectCode);
    this.orderId = 0;
    return null;
  }

  /** Nothing is wanted: takes the order back. */
  pull(ctx: StrategyContext): void {
    this.wantedLots = 0;
    this.keep(ctx);
  }

  /**
   * Brings the order towards `wantedLots` open at `wantedTicks`; 0 lots takes it back. An order that has at most as much
   * open, at a price at most `toleranceTicks` away, is left alone: it keeps its place in the queue.
   */
  keep(ctx: StrategyContext): void {
    const order = this.live(ctx);
    if (order === null) {
      if (this.wantedLots > 0 && ctx.nowNs >= this.nextNs) this.place(ctx);
      return;
    }
    if (this.wantedLots <= 0) {
      this.takeBack(ctx, order);
      return;
    }
    if (isPending(order.status)) return;
    if (!this.isAccepted) {
      this.isAccepted = true;
      this.backOffNs = 0;
    }
    const isNear = Math.abs(order.priceTicks - this.wantedTicks) <= this.toleranceTicks;
    if (isNear && order.leavesQtyLots <= this.wantedLots) return;
    if (ctx.nowNs < this.nextNs) return;
    this.nextNs = ctx.nowNs + this.minGapNs;
    const priceTicks = isNear ? order.priceTicks : this.wantedTicks;
    const refusal = ctx.replace(order.orderId, order.cumQtyLots + this.wantedLots, priceTicks);
    if (refusal < 0) this.backOff(ctx, -refusal);
    else this.backOffNs = 0;
  }

  private place(ctx: StrategyContext): void {
    this.ticket.qtyLots = this.wantedLots;
    this.ticket.priceTicks = this.wantedTicks;
    const orderId = ctx.submit(this.ticket);
    if (orderId < 0) {
      this.backOff(ctx, -orderId);
      return;
    }
    this.orderId = orderId;
    this.isAccepted = false;
    this.nextNs = ctx.nowNs + this.minGapNs;
  }

  private takeBack(ctx: StrategyContext, order: OrderView): void {
    // An order that the venue has not confirmed is cancelled when it has: the update brings us back here.
    if (order.status === OrdStatus.PendingCancel || order.status === OrdStatus.PendingNew) return;
    ctx.cancel(order.orderId);
  }

  /** Refused: wait twice as long as the last time, so that a standing obstacle costs little. */
  private backOff(ctx: StrategyContext, code: number): void {
    this.lastRefusal = code;
    this.backOffNs = Math.min(MAX_BACK_OFF_NS, Math.max(this.minGapNs, this.backOffNs * 2));
    this.nextNs = ctx.nowNs + this.backOffNs;
  }
}

function isPending(status: number): boolean {
  return status === OrdStatus.PendingNew || status === OrdStatus.PendingReplace || status === OrdStatus.PendingCancel;
}
