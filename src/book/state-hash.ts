/**
 * Hashes of what the books hold: equal books give equal hashes whatever the history of entries and levels was.
 *
 * Levels: FNV-1a 64 (core/hash.ts) over, for each defined instrument in index order: index, stale reason, then bids and
 * asks, each its number of levels and, from the worst to the best, price, qty, orders, anonymous qty. State: behind that,
 * for each level in the same order, the hash of its queue: id and qty of each order, the first in line first.
 */
import { Fnv64 } from '../core/hash.ts';
import type { Books } from './books.ts';
import { byArrival } from './queue.ts';

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

/** State hash of all books: levels, orders, queues. O(levels + orders log orders), for the end of a run. */
export function stateHash(books: Books): Fnv64 {
  const { ladders, orders, defs } = books;
  const hash = new Fnv64();
  hashLevels(books, hash);
  const queues = new Map<number, Fnv64>();
  for (const entry of byArrival(orders)) {
    const level = orders.levelOf(entry);
    let queue = queues.get(level);
    if (queue === undefined) queues.set(level, (queue = new Fnv64()));
    queue.integer(orders.idOf(entry));
    queue.integer(orders.qtyOf(entry));
  }
  for (let side = 0; side < defs.length * 2; side++) {
    if (defs[side >> 1] === undefined) continue;
    for (let depth = ladders.count(side) - 1; depth >= 0; depth--) {
      const queue = queues.get(ladders.levelAt(side, depth));
      if (queue === undefined) continue;
      hash.word(queue.lo);
      hash.word(queue.hi);
    }
  }
  return hash;
}
