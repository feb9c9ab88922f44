/** What must hold of an exchange between requests, recomputed from its books and accounts. */
import { assert } from '../core/assert.ts';
import { OrdType } from '../core/order.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeOrder } from './orders.ts';
import { heldOf } from './settlement.ts';
import type { Stops } from './stops.ts';

/** `resting`: orders of accounts in the books, by market and number in the book. O(all there is). */
export function checkOrders(
  { markets, accounts }: Exchange,
  resting: readonly ReadonlyMap<number, ExchangeOrder>[],
  stops: Stops,
): void {
  let found = 0;
  for (const market of markets) {
    market.checkInvariants();
    for (const [bookId, order] of resting[market.index]) {
      assert(order.bookId === bookId && order.isOpen, `order ${order.id} rests under its number`);
      assert(
        market.book.leavesOf(bookId) === order.leavesLots,
        `order ${order.id} has the lots left that the book has`,
      );
      found++;
    }
  }
  for (const account of accounts.all) {
    account.checkInvariants();
    for (const order of account.open) {
      if (order.bookId === 0) assert(stops.has(order), `order ${order.id} is in the book or waits for its trigger`);
      else found--;
      const holdsNothing = order.request.type === OrdType.Market || order.request.type === OrdType.Stop;
      assert(order.locked === (holdsNothing ? 0n : heldOf(order)), `order ${order.id} holds what its rest needs`);
    }
  }
  assert(found === 0, 'orders in the books are open orders of accounts');
}
