/** What must hold between order table and ladders, for tests and for `checkInvariants()`. O(everything). */
import { assert } from '../core/assert.ts';
import { BookKind } from '../core/instrument-def.ts';
import type { Books } from './books.ts';

export function checkBooks(books: Books): void {
  const { ladders, orders, defs } = books;
  ladders.checkInvariants();
  orders.checkInvariants();
  const qtyAtLevel = new Map<number, number>();
  const ordersAtLevel = new Map<number, number>();
  orders.forEach((entry) => {
    const level = orders.levelOf(entry);
    const qty = orders.qtyOf(entry);
    assert(qty > 0, `order ${orders.idOf(entry)} rests with ${qty} lots`);
    qtyAtLevel.set(level, (qtyAtLevel.get(level) ?? 0) + qty);
    ordersAtLevel.set(level, (ordersAtLevel.get(level) ?? 0) + 1);
  });
  defs.forEach((def) => {
    assert(ladders.kindOf(def!.instrument) === def!.bookKind, `book kind of ${def!.symbol}`);
    if (def!.bookKind === BookKind.L2) return;
    for (let side = def!.instrument * 2; side < def!.instrument * 2 + 2; side++) {
      for (let depth = 0; depth < ladders.count(side); depth++) {
        const level = ladders.levelAt(side, depth);
        const known = qtyAtLevel.get(level) ?? 0;
        const where = `${def!.symbol}, side ${side & 1}, price ${ladders.priceOf(level)}`;
        assert(ladders.ordersOf(level) === (ordersAtLevel.get(level) ?? 0), `${where}: order count`);
        assert(ladders.qtyOf(level) === known + ladders.anonymousOf(level), `${where}: quantity is that of its orders`);
        qtyAtLevel.delete(level);
      }
    }
  });
  assert(qtyAtLevel.size === 0, 'every order rests at a level of its L3 book');
}
