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

/** All live orders, level by level, the levels as `hashLevels` meets them. */
export interface Queues {
  /** Entries of the first level's orders, not in line yet, then the second level's, ... */
  readonly entries: Int32Array;
  /** Where in `entries` the orders of level i end. */
  readonly ends: Int32Array;
}

/**
 * Which orders stand at which level, everywhere. The order table is gone through as it lies in memory, twice; what lies
 * at one level can then be lined up alone: a sort of all orders would miss the cache at every comparison.
 */
export function queuesOf(books: Books): Queues {
  const { orders } = books;
  const levels = levelsOf(books);
  const rank = new Int32Array(levels.reduce((a, b) => Math.max(a, b), 0) + 1);
  levels.forEach((level, i) => {
    rank[level] = i;
  });
  const ends = new Int32Array(levels.length);
  orders.forEach((entry) => {
    ends[rank[orders.levelOf(entry)]]++;
  });
  let start = 0;
  for (let i = 0; i < ends.length; i++) {
    start += ends[i];
    ends[i] = start - ends[i];
  }
  const entries = new Int32Array(orders.size);
  orders.forEach((entry) => {
    entries[ends[rank[orders.levelOf(entry)]]++] = entry;
  });
  return { entries, ends };
}

/** Every level: instrument by instrument, bids and asks, from the worst to the best. */
function levelsOf(books: Books): Int32Array {
  const { ladders, defs } = books;
  const levels = new Int32Array(ladders.size);
  let count = 0;
  for (let side = 0; side < defs.length * 2; side++) {
    if (defs[side >> 1] === undefined) continue;
    for (let depth = ladders.count(side) - 1; depth >= 0; depth--) levels[count++] = ladders.levelAt(side, depth);
  }
  return levels;
}

/** Up to so many are sorted by insertion: mostly they are in line already. */
const SHORT_LINE = 64;

/** Brings entries[from, to), all of one level, into line: the first that arrived first. */
export function lineUp(orders: OrderTable, entries: Int32Array, from: number, to: number): void {
  if (to - from > SHORT_LINE) {
    entries.subarray(from, to).sort((a, b) => orders.arrivalDifference(a, b));
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const entry = entries[i];
    let at = i;
    for (; at > from && orders.arrivalDifference(entries[at - 1], entry) > 0; at--) entries[at] = entries[at - 1];
    entries[at] = entry;
  }
}
