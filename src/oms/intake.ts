/**
 * Copies a strategy's ticket into the order table. Numbers that a column could not hold as they are become values that
 * are plainly wrong, never ones that look right, so that pre-trade risk refuses them: side, type and time in force 0,
 * instrument 2^32-1, flags and peg all ones. Prices and quantities are kept as given (NaN too), absent ones are 0.
 */
import { type OrderTicket, OrdType, TimeInForce } from '../core/order.ts';
import type { Orders } from './orders.ts';

/** `value` if it is a whole number of 0 .. max, else `wrong`. */
function within(value: number, max: number, wrong: number): number {
  return value >= 0 && value <= max && Math.floor(value) === value ? value : wrong;
}

export function copyTicket(orders: Orders, orderId: number, ticket: OrderTicket): void {
  const type = within(ticket.type ?? OrdType.Limit, OrdType.Pegged, 0);
  const price = ticket.priceTicks ?? 0;
  const stop = ticket.stopPriceTicks ?? 0;
  const needsStop = type === OrdType.Stop || type === OrdType.StopLimit;
  const needsPrice = type === OrdType.Limit || type === OrdType.StopLimit;
  orders.instrument[orderId] = within(ticket.instrument, 2 ** 32 - 1, 2 ** 32 - 1);
  orders.side[orderId] = within(ticket.side, 2, 0);
  orders.type[orderId] = type;
  orders.timeInForce[orderId] = within(ticket.timeInForce ?? TimeInForce.Day, TimeInForce.Gtd, 0);
  orders.flags[orderId] = within(ticket.flags ?? 0, 0xffff, 0xffff);
  orders.peg[orderId] = within(ticket.peg ?? 0, 0xff, 0xff);
  orders.qtyLots[orderId] = ticket.qtyLots;
  orders.priceTicks[orderId] = Number.isNaN(price) && !needsPrice ? 0 : price;
  orders.stopPriceTicks[orderId] = Number.isNaN(stop) && !needsStop ? 0 : stop;
  orders.displayQtyLots[orderId] = ticket.displayQtyLots ?? 0;
  orders.pegOffsetTicks[orderId] = ticket.pegOffsetTicks ?? 0;
  orders.expireNs[orderId] = ticket.expireNs ?? 0;
  orders.parentId[orderId] = ticket.parentId ?? 0;
  orders.groupId[orderId] = ticket.groupId ?? 0;
  orders.tag[orderId] = ticket.tag ?? 0;
}
