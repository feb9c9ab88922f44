/** What follows from an order's columns: pure functions of one row, each O(1). */
import { isTerminal, OrdStatus } from '../core/order.ts';
import { OrderMark, type Orders } from './orders.ts';

/** Where an open order stands: the open request of the highest precedence, else its executions, else its acknowledgement. */
export function standingOf(orders: Orders, orderId: number): number {
  if (orders.cancelClOrdId[orderId] !== 0) return OrdStatus.PendingCancel;
  return orders.replaceClOrdId[orderId] !== 0 ? OrdStatus.PendingReplace : standingWithoutRequests(orders, orderId);
}

function standingWithoutRequests(orders: Orders, orderId: number): number {
  const cum = orders.cumQtyLots[orderId];
  if (cum >= orders.qtyLots[orderId]) return OrdStatus.Filled;
  if (cum > 0) return OrdStatus.PartiallyFilled;
  const marks = orders.marks[orderId];
  if ((marks & OrderMark.Replaced) !== 0) return OrdStatus.Replaced;
  return (marks & OrderMark.Acknowledged) !== 0 ? OrdStatus.New : OrdStatus.PendingNew;
}

/** Where a pending order would stand if its latest request were refused; None for one that is not pending. */
export function standingBefore(orders: Orders, orderId: number): number {
  const status = orders.status[orderId];
  if (status === OrdStatus.PendingReplace) return standingWithoutRequests(orders, orderId);
  if (status !== OrdStatus.PendingCancel) return OrdStatus.None;
  return orders.replaceClOrdId[orderId] !== 0 ? OrdStatus.PendingReplace : standingWithoutRequests(orders, orderId);
}

/** OrderQty of an open order at its worst: a replace that is on its way may have been accepted already. */
export function worstQtyLots(orders: Orders, orderId: number): number {
  const qty = orders.qtyLots[orderId];
  if (orders.replaceClOrdId[orderId] === 0) return qty;
  const asked = orders.pendingQtyLots[orderId];
  return asked > qty ? asked : qty;
}

/** The most that the order may ever have executed (see parents.ts); 0 while it has not been sent. */
export function committedLots(orders: Orders, orderId: number): number {
  if ((orders.marks[orderId] & OrderMark.Sent) === 0) return 0;
  const cum = orders.cumQtyLots[orderId];
  const bound = isTerminal(orders.status[orderId]) ? orders.statedCumQtyLots[orderId] : worstQtyLots(orders, orderId);
  return bound > cum ? bound : cum;
}
