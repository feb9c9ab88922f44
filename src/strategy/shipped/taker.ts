/**
 * One immediate-or-cancel order at a time: takes what is there now, at a limit, and leaves nothing behind. What was shown
 * may be gone when the order arrives: an order that misses is followed by one that reaches further behind the touch.
 */
import { type OrderSide, type OrderTicket, OrdStatus, signOf, TimeInForce } from '../../core/order.ts';
import type { StrategyContext } from '../api.ts';
import type { Subject } from './subject.ts';

const MAX_BACK_OFF_NS = 5e9;
/** After misses an order reaches at most this many times the slippage behind the touch. */
const MAX_REACH = 10;
/** After so many misses in a row there is nothing to be had: the pauses grow. */
const PROMPT_MISSES = 4;

export class Taker {
  /** Fields that the owner may set (instrument, parent, tag); side, price and quantity are this class's. */
  readonly ticket: OrderTicket & { priceTicks: number };
  orderId = 0;
  /** Least time between two orders. */
  minGapNs: number;
  /** RejectCode of the last refusal; 0 after an order that went through. */
  lastRefusal = 0;
  /** No order leaves before this time. */
  nextNs = 0;
  private backOffNs = 0;
  /** Orders in a row that executed nothing. */
  private misses = 0;

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
    else {
      this.backOffNs = 0;
      this.misses = order === null || order.cumQtyLots > 0 ? 0 : this.misses + 1;
      if (this.misses > PROMPT_MISSES) this.backOff(ctx, 0);
    }
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

  /** The limit of an order that may fill `slippageBps` behind the opposite touch, more after misses; a price step. */
  limit(ctx: StrategyContext, subject: Subject, side: OrderSide, slippageBps: number): number {
    const book = ctx.book(subject.instrument);
    const sign = signOf(side);
    const touch = sign > 0 ? book.askPriceTicks : book.bidPriceTicks;
    const reach = Math.min(MAX_REACH, 1 << Math.min(this.misses, 8));
    const worst = touch * (1 + sign * reach * slippageBps * 1e-4);
    return sign > 0 ? subject.stepAbove(worst) : Math.max(subject.stepTicks, subject.stepBelow(worst));
  }

  private backOff(ctx: StrategyContext, code: number): void {
    this.lastRefusal = code;
    const leastNs = this.minGapNs * (1 << Math.max(0, Math.min(10, this.misses - PROMPT_MISSES)));
    this.backOffNs = Math.min(MAX_BACK_OFF_NS, Math.max(leastNs, this.backOffNs * 2));
    this.nextNs = ctx.nowNs + this.backOffNs;
  }
}
