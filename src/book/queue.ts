/** Who is ahead of whom at a level (L3). Off the hot path: each of these looks at the whole order table. */
import type { Books } from './books.ts';
import type { OrderTable } from './order-table.ts';

export interface QueueAhead {
  /** Lots ahead of the order at its level, anonymous quantity included. */
  readonly qtyLots: number;
  /** Known orders ahead of it. */
  readonly orders: number;
}

/**
 * What has to trade or leave before the order is first in line, or null where there is no such order. Anonymous quantity
 * counts as ahead: orders never seen were there before the recording began. O(capacity of the order table).
 */
export function queueAhead(books: Books, orderId: number): QueueAhead | null {
  const { orders, ladders } = books;
  const own = orders.find(orderId);
  if (own < 0) return null;
  const level = orders.levelOf(own);
  let qtyLots = ladders.anonymousOf(level);
  let count = 0;
  orders.forEach((entry) => {
    if (orders.levelOf(entry) !== level || orders.arrivalDifference(entry, own) >= 0) return;
    qtyLots += orders.qtyOf(entry);
    count++;
  });
  return { qtyLots, orders: count };
}

/** The entries of all live orders, the first that arrived first. */
export function byArrival(orders: OrderTable): Int32Array {
  const entries = new Int32Array(orders.size);
  let count = 0;
  orders.forEach((entry) => {
    entries[count++] = entry;
  });
  return entries.sort((a, b) => orders.arrivalDifference(a, b));
}
