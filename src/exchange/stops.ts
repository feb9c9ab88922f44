/** Stop orders that wait for their trigger, and the trades that they look at. */
import { OrderSide } from '../core/order.ts';
import type { Market } from './market.ts';
import type { ExchangeOrder } from './orders.ts';

export class Stops {
  private readonly waiting: ExchangeOrder[] = [];
  /** Of the trades since the request began; the last trade before it counts too. */
  private high = Number.NEGATIVE_INFINITY;
  private low = Number.POSITIVE_INFINITY;

  /** A request of the market begins. */
  begin(market: Market): void {
    const last = market.lastPriceTicks;
    this.high = Number.isNaN(last) ? Number.NEGATIVE_INFINITY : last;
    this.low = Number.isNaN(last) ? Number.POSITIVE_INFINITY : last;
  }

  saw(priceTicks: number): void {
    this.high = Math.max(this.high, priceTicks);
    this.low = Math.min(this.low, priceTicks);
  }

  add(order: ExchangeOrder): void {
    this.waiting.push(order);
  }

  has(order: ExchangeOrder): boolean {
    return this.waiting.includes(order);
  }

  remove(order: ExchangeOrder): void {
    this.waiting.splice(this.waiting.indexOf(order), 1);
  }

  /** Takes out the order of the market that acts next, or null. O(stops waiting). */
  next(market: Market): ExchangeOrder | null {
    let first: ExchangeOrder | null = null;
    for (const order of this.waiting) {
      if (order.market === market && this.isReached(order) && (first === null || isBefore(order, first))) first = order;
    }
    if (first !== null) this.remove(first);
    return first;
  }

  private isReached(order: ExchangeOrder): boolean {
    const trigger = order.request.triggerTicks ?? 0;
    return order.side === OrderSide.Buy ? trigger <= this.high : trigger >= this.low;
  }
}

/** Both are reached. Orders of one market are kept in the order of their arrival, so of equals the one found first stays. */
function isBefore(a: ExchangeOrder, b: ExchangeOrder): boolean {
  if (a.side !== b.side) return a.side === OrderSide.Buy;
  const apart = (a.request.triggerTicks ?? 0) - (b.request.triggerTicks ?? 0);
  return a.side === OrderSide.Buy ? apart < 0 : apart > 0;
}
