/** What both kinds of book have in common: prices that go through an own order's, and auctions. */
import { FillReason } from '../core/order.ts';
import type { Floor } from './floor.ts';
import { NO_SLOT } from './own-orders.ts';

/**
 * `qty` lots more are about to be displayed on `side` at `key`: own orders of the other side that this reaches would have
 * traded with it, at their own price. What they get stays taken from the level (with impact).
 */
export function crossedBook(floor: Floor, side: number, key: number, qty: number): void {
  const { own } = floor;
  let open = qty;
  for (let slot = own.restHead[side ^ 1]; slot !== NO_SLOT && own.key[slot] + key >= 0 && open > 0; ) {
    const next = own.next[slot];
    const part = Math.min(open, own.leaves[slot]);
    open -= part;
    if (floor.consumes) floor.taken.add(side, key, part);
    floor.fillResting(slot, part, own.priceOf(slot), FillReason.BookCrossed);
    slot = next;
  }
}

/** `qty` lots traded at `key`: own orders at better prices of the side come first. Returns what is left of it. */
export function tradedThrough(floor: Floor, side: number, key: number, qty: number): number {
  const { own } = floor;
  let open = qty;
  for (let slot = own.restHead[side]; slot !== NO_SLOT && own.key[slot] > key && open > 0; ) {
    const next = own.next[slot];
    const part = Math.min(open, own.leaves[slot]);
    open -= part;
    floor.fillResting(slot, part, own.priceOf(slot), FillReason.TradedThrough);
    slot = next;
  }
  return open;
}

/** A cross of `qty` lots at `price`: own orders at as good a price take part, on each side up to that quantity. */
export function crossed(floor: Floor, instrument: number, price: number, qty: number): void {
  const { own } = floor;
  for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
    const key = (side & 1) === 0 ? price : 0 - price;
    let open = qty;
    for (let slot = own.restHead[side]; slot !== NO_SLOT && own.key[slot] >= key && open > 0; ) {
      const next = own.next[slot];
      const part = Math.min(open, own.leaves[slot]);
      open -= part;
      floor.fillResting(slot, part, price, FillReason.Auction);
      slot = next;
    }
  }
}

/** The recorded level is about to lose `qty` lots. */
export function shrinkTaken(floor: Floor, side: number, key: number, qty: number): void {
  if (floor.taken.count[side >> 1] > 0) floor.taken.shrink(side, key, qty);
}
