/**
 * Hashes of what the books hold: equal books give equal hashes whatever the history of entries and levels was.
 *
 * Levels: FNV-1a 64 (core/hash.ts) over, for each defined instrument in index order: index, stale reason, then bids and
 * asks, each its number of levels and, from the worst to the best, price, qty, orders, anonymous qty. State: behind that,
 * for each level in the same order, the hash of its queue: id and qty of each order, the first in line first.
 */
import { Fnv64 } from '../core/hash.ts';
import type { Books } from './books.ts';
import { lineUp, queuesOf } from './queue.ts';

/** Folds the levels of every book into `hash`. O(levels); no allocation. */
export function hashLevels(books: Books, hash: Fnv64): void {
  const { ladders, defs } = books;
  for (let instrument = 0; instrument < defs.length; instrument++) {
    if (defs[instrument] === undefined) continue;
    hash.word(instrument);
    hash.word(books.staleReason[instrument]);
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      hash.word(ladders.count(side));
      for (let depth = ladders.count(side) - 1; depth >= 0; depth--) {
        const level = ladders.levelAt(side, depth);
        hash.integer(ladders.priceOf(level));
        hash.integer(ladders.qtyOf(level));
        hash.word(ladders.ordersOf(level));
        hash.integer(ladders.anonymousOf(level));
      }
    }
  }
}

/** State hash of all books: levels, orders, queues. For the end of a run: it allocates, and looks at everything. */
export function stateHash(books: Books): Fnv64 {
  const { orders } = books;
  const hash = new Fnv64();
  hashLevels(books, hash);
  const { entries, ends } = queuesOf(books);
  const queue = new Fnv64();
  let at = 0;
  for (let i = 0; i < ends.length; i++) {
    if (at === ends[i]) continue; // no order of this level was ever seen
    lineUp(orders, entries, at, ends[i]); // here, where its orders are about to be read anyway
    queue.reset();
    for (; at < ends[i]; at++) {
      queue.integer(orders.idOf(entries[at]));
      queue.integer(orders.qtyOf(entries[at]));
    }
    hash.word(queue.lo);
    hash.word(queue.hi);
  }
  return hash;
}
