/**
 * Hashes of what the books hold: equal books give equal hashes whatever the history of slots and handles was.
 *
 * Levels: FNV-1a 64 (core/hash.ts) over, for each defined instrument in index order: index, stale reason, then bids and
 * asks, each from the worst level to the best: price, qty, orders. Orders: each live order (and anonymous quantity) is hashed by
 * itself (id, side, key, qty) and the hashes are added, so that no order of iteration shows.
 */
import { Fnv64 } from '../core/hash.ts';
import type { Books } from './books.ts';

/** Folds the levels of every book into `hash`. O(levels); no allocation. */
export function hashLevels(books: Books, hash: Fnv64): void {
  const { ladders, defs } = books;
  for (let instrument = 0; instrument < defs.length; instrument++) {
    if (defs[instrument] === undefined) continue;
    hash.word(instrument);
    hash.word(books.staleReason[instrument]);
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      const sign = (side & 1) === 0 ? 1 : -1;
      for (let depth = ladders.count(side) - 1; depth >= 0; depth--) {
        const at = ladders.levelAt(side, depth);
        hash.integer(ladders.arena[at * 2] * sign);
        hash.integer(ladders.arena[at * 2 + 1]);
        hash.word(ladders.counts[at]);
      }
    }
  }
}

/** State hash of all books, levels and orders: 64 bits in hex. O(levels + capacity of the order table). */
export function stateHash(books: Books): Fnv64 {
  const hash = new Fnv64();
  hashLevels(books, hash);
  const { f64, i32 } = books.orders;
  const one = new Fnv64();
  let low = 0;
  let high = 0;
  books.orders.forEach((w) => {
    one.reset();
    one.integer(f64[w]);
    one.word(i32[w * 2 + 6]);
    one.integer(f64[w + 1]);
    one.integer(f64[w + 2]);
    low = (low + one.lo) >>> 0;
    high = (high + one.hi) >>> 0;
  });
  hash.word(low);
  hash.word(high);
  hash.integer(books.orders.size);
  return hash;
}
