/**
 * Orders that take: they walk the displayed depth of the other side to their limit, the best level first, and get no more
 * than it displays less what own orders took there before (`impact`). Own orders never trade with each other: where the
 * next to trade with would be an own resting order, the `selfTrade` policy decides.
 */
import { NO_LEVEL } from '../book/ladders.ts';
import { ExecType, FillReason, RejectCode } from '../core/order.ts';
import type { Floor } from './floor.ts';
import { NO_SLOT } from './own-orders.ts';

export class Taking {
  private readonly floor: Floor;
  private readonly policy: string;

  constructor(floor: Floor) {
    this.floor = floor;
    this.policy = floor.config.selfTrade;
  }

  /** True when the order would find anything to trade with at its price, own orders included. */
  wouldTake(slot: number): boolean {
    return this.firstKey(slot) !== Number.NEGATIVE_INFINITY;
  }

  /** Key of the best level of the other side that has anything for an order of this price; -Infinity where none has. */
  firstKey(slot: number): number {
    const { own, books } = this.floor;
    const { ladders } = books;
    const other = own.side[slot] ^ 1;
    const key = own.key[slot];
    let best = Number.NEGATIVE_INFINITY;
    const resting = own.restHead[other];
    if (resting !== NO_SLOT && key + own.key[resting] >= 0) best = own.key[resting];
    for (let depth = 0; ; depth++) {
      const level = ladders.levelAt(other, depth);
      if (level === NO_LEVEL || ladders.keyOf(level) <= best || key + ladders.keyOf(level) < 0) return best;
      if (this.floor.available(other, level) > 0) return ladders.keyOf(level);
    }
  }

  /** True when displayed depth within the limit, ahead of own resting orders, holds all of it. */
  canFillWhole(slot: number): boolean {
    const { own, books } = this.floor;
    const { ladders } = books;
    const other = own.side[slot] ^ 1;
    const key = own.key[slot];
    const resting = this.policy === 'cancelOldest' ? NO_SLOT : own.restHead[other];
    let missing = own.leaves[slot];
    for (let depth = 0; missing > 0; depth++) {
      const level = ladders.levelAt(other, depth);
      if (level === NO_LEVEL || key + ladders.keyOf(level) < 0) return false;
      const levelKey = ladders.keyOf(level);
      if (resting !== NO_SLOT && own.key[resting] > levelKey) return false;
      let open = this.floor.available(other, level);
      if (resting !== NO_SLOT && own.key[resting] === levelKey)
        open = this.aheadOfOwn(resting, other, levelKey, 0, open);
      missing -= open;
      if (missing > 0 && resting !== NO_SLOT && own.key[resting] === levelKey) return false;
    }
    return true;
  }

  /** Takes what there is. False: self-trade prevention ended the order. */
  take(slot: number): boolean {
    const { own, books } = this.floor;
    const { ladders } = books;
    const other = own.side[slot] ^ 1;
    const key = own.key[slot];
    let depth = 0;
    let takenHere = 0;
    while (own.leaves[slot] > 0) {
      const level = ladders.levelAt(other, depth);
      const levelKey = level === NO_LEVEL ? Number.NEGATIVE_INFINITY : ladders.keyOf(level);
      const resting = own.restHead[other];
      const ownKey = resting === NO_SLOT ? Number.NEGATIVE_INFINITY : own.key[resting];
      if (key + Math.max(levelKey, ownKey) < 0 || (level === NO_LEVEL && resting === NO_SLOT)) return true;
      let open = 0;
      if (levelKey >= ownKey && level !== NO_LEVEL) {
        open = this.floor.available(other, level) - (this.floor.consumes ? 0 : takenHere);
        if (ownKey === levelKey) open = this.aheadOfOwn(resting, other, levelKey, takenHere, open);
      }
      if (open > 0) {
        const qty = Math.min(open, own.leaves[slot]);
        takenHere += qty;
        if (this.floor.consumes) this.floor.taken.add(other, levelKey, qty);
        const id = own.orderId[slot];
        this.floor.fill(slot, qty, ladders.priceOf(level), FillReason.DepthTaken);
        if (own.slotOf(id) !== slot) return true; // filled
      } else if (ownKey >= levelKey) {
        if (!this.preventSelfTrade(slot, resting)) return false;
      } else {
        depth++;
        takenHere = 0;
      }
    }
    return true;
  }

  /** Of what a level has open, what stands ahead of the own order that rests there. */
  private aheadOfOwn(resting: number, side: number, key: number, takenHere: number, open: number): number {
    const { floor } = this;
    const gone = floor.consumes ? floor.taken.at(side, key) : takenHere;
    return Math.min(open, Math.max(0, Math.floor(floor.own.ahead[resting]) - gone));
  }

  /** False: the incoming order is over. */
  private preventSelfTrade(slot: number, resting: number): boolean {
    const { floor, policy } = this;
    const { own } = floor;
    if (policy === 'decrement') return this.decrement(slot, resting);
    if (policy !== 'cancelNewest') floor.end(resting, ExecType.Canceled, RejectCode.VenueSelfTrade);
    if (policy === 'cancelOldest') return own.leaves[slot] > 0;
    floor.end(slot, ExecType.Canceled, RejectCode.VenueSelfTrade);
    return false;
  }

  /** Both lose the smaller one's quantity: it is cancelled, the other one restated. */
  private decrement(slot: number, resting: number): boolean {
    const { floor } = this;
    const { own } = floor;
    const incoming = own.leaves[slot];
    const qty = Math.min(incoming, own.leaves[resting]);
    this.reduce(resting, qty);
    if (qty < incoming) {
      this.reduce(slot, qty);
      return true;
    }
    floor.end(slot, ExecType.Canceled, RejectCode.VenueSelfTrade);
    return false;
  }

  private reduce(slot: number, qty: number): void {
    const { floor } = this;
    const { own } = floor;
    if (qty === own.leaves[slot]) {
      floor.end(slot, ExecType.Canceled, RejectCode.VenueSelfTrade);
      return;
    }
    own.qty[slot] -= qty;
    own.leaves[slot] -= qty;
    own.shown[slot] = Math.min(own.shown[slot], own.leaves[slot]);
    floor.changed(slot, ExecType.Restated, 0);
  }
}
