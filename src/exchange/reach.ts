/** What an order would meet in the book if it came now: needed before it comes, to know what it costs and whom it would trade with. */
import { OrderSide } from '../core/order.ts';
import { LEAVES, NEXT, NO_SLOT, ORDER_ID, SHOWN } from '../matching/order-pool.ts';
import { NO_LEVEL } from '../matching/queues.ts';
import type { Market } from './market.ts';

export interface Reach {
  /** Lots it would trade before it meets an own order; all it would trade where it meets none. */
  readonly lots: number;
  /** Price x lots of them, in tick-lots. */
  readonly tickLots: bigint;
  /** The own order that it meets, by its number in the book; 0: none. */
  readonly ownId: number;
}

/**
 * Serves makers as the matching book does: by price, displayed parts in the order of the queue, then hidden parts. `limitTicks` 0:
 * any price. O(orders it would trade with).
 */
export function reach(
  market: Market,
  side: OrderSide,
  limitTicks: number,
  lots: number,
  isOwn: (orderId: number) => boolean,
): Reach {
  const { pool } = market.book;
  const isBuy = side === OrderSide.Buy;
  const makers = isBuy ? market.book.asks : market.book.bids;
  let wanted = lots;
  let tickLots = 0n;
  for (let level = makers.best; level !== NO_LEVEL && wanted > 0; level = makers.below(level)) {
    const price = makers.priceOf(level);
    if (limitTicks > 0 && (isBuy ? price > limitTicks : price < limitTicks)) break;
    let traded = 0;
    let hidden = 0;
    let ownId = 0;
    for (let slot = makers.first(level); slot !== NO_SLOT && traded < wanted; slot = pool.i32[(slot << 4) + NEXT]) {
      const orderId = pool.i32[(slot << 4) + ORDER_ID];
      if (isOwn(orderId)) ownId = orderId;
      if (ownId !== 0) break;
      const shown = pool.f64[(slot << 3) + SHOWN];
      traded = Math.min(wanted, traded + shown);
      hidden += pool.f64[(slot << 3) + LEAVES] - shown;
    }
    if (ownId === 0) traded = Math.min(wanted, traded + hidden);
    wanted -= traded;
    tickLots += BigInt(price) * BigInt(traded);
    if (ownId !== 0) return { lots: lots - wanted, tickLots, ownId };
  }
  return { lots: lots - wanted, tickLots, ownId: 0 };
}
