/**
 * Own orders in an order-by-order book. Every recorded order that arrived before ours, and all anonymous quantity, is
 * ahead of it; what came later is behind. Ours fills
 * - when an order behind it in the same queue executes (QueuePassed),
 * - when anything executes or prints at a worse price (TradedThrough),
 * - when an order comes to rest on the other side at a price that reaches ours (BookCrossed) and no recorded order's,
 * each with no more than the event's own quantity, shared by own orders in the order of price and time. Trades of a venue
 * that states them apart from the book's changes (not hidden, not a cross) fill what exceeds the quantity ahead
 * (QueueReached). Hidden executions at our very price fill nothing: their aggressor is not known.
 *
 * Everything happens before the book is changed by the event.
 */
import type { EventMemory } from '../book/books.ts';
import { NO_LEVEL } from '../book/ladders.ts';
import { EventFlag, EventKind, Side } from '../core/event.ts';
import { FillReason } from '../core/order.ts';
import { crossedBook, shrinkTaken, tradedThrough } from './crossing.ts';
import type { Floor } from './floor.ts';
import { NO_SLOT } from './own-orders.ts';

export class QueueL3 {
  private readonly floor: Floor;

  constructor(floor: Floor) {
    this.floor = floor;
  }

  /** `canTrade`: false while the instrument is halted. */
  onEvent(memory: EventMemory, w: number, canTrade: boolean): void {
    const { f64 } = memory;
    const head = memory.u32[w * 2];
    const instrument = memory.u32[w * 2 + 1];
    const side = (head >>> 8) & 0xff;
    const flags = head >>> 16;
    switch (head & 0xff) {
      case EventKind.Add:
        if (side === Side.Bid || side === Side.Ask) this.arrives(instrument * 2 + side - 1, f64, w, flags, canTrade);
        break;
      case EventKind.Execute:
        this.leaves(memory, w, canTrade && (flags & EventFlag.NonPrintable) === 0);
        break;
      case EventKind.Reduce:
      case EventKind.Delete:
        this.leaves(memory, w, false);
        break;
      case EventKind.Replace:
        this.replaced(memory, w, flags, canTrade);
        break;
      case EventKind.Level:
        this.anonymousLevel(memory, w);
        break;
      case EventKind.Trade:
        if (canTrade) this.trade(memory, w, flags);
        break;
      default:
        break;
    }
  }

  /** A recorded order of price f64[w + 3] and quantity f64[w + 4] is about to rest. */
  private arrives(side: number, f64: Float64Array, w: number, flags: number, canTrade: boolean): void {
    const { floor } = this;
    const qty = f64[w + 4];
    if (!(qty > 0)) return;
    const key = (side & 1) === 0 ? f64[w + 3] : 0 - f64[w + 3];
    if (canTrade && !this.restsCrossed(side, key)) crossedBook(floor, side, key, qty);
    if ((flags & EventFlag.Snapshot) !== 0) this.queueStatedAgain(side, key, qty);
  }

  /** The recorded order rests where recorded orders of the other side are: nothing is matched now. */
  private restsCrossed(side: number, key: number): boolean {
    const { ladders } = this.floor.books;
    return ladders.touchQty(side ^ 1) > 0 && ladders.touchKey(side ^ 1) + key >= 0;
  }

  /** A snapshot shows orders that may have been here before ours: all that is known at the price counts as ahead. */
  private queueStatedAgain(side: number, key: number, qty: number): void {
    const { own, books } = this.floor;
    for (let slot = own.restHead[side]; slot !== NO_SLOT && own.key[slot] >= key; slot = own.next[slot]) {
      if (own.key[slot] !== key) continue;
      const level = books.ladders.find(side, key);
      own.ahead[slot] = qty + (level === NO_LEVEL ? 0 : books.ladders.qtyOf(level));
      own.mark[slot] = (books.orders.arrivalMark + 1) | 0;
    }
  }

  /** A recorded order, or part of it, leaves its level; `trades`: because it was executed. */
  private leaves(memory: EventMemory, w: number, trades: boolean): void {
    const { floor } = this;
    const { orders, ladders } = floor.books;
    const { f64 } = memory;
    const head = memory.u32[w * 2];
    const instrument = memory.u32[w * 2 + 1];
    const entry = orders.findAt(f64, w + 5);
    const isWhole = (head & 0xff) === EventKind.Delete || (head & 0xff) === EventKind.Replace;
    if (entry >= 0) {
      const level = orders.levelOf(entry);
      const side = ladders.sideOf(level);
      const held = orders.qtyOf(entry);
      const qty = isWhole ? held : Math.min(f64[w + 4], held);
      if (side >> 1 === instrument && qty > 0) this.shrinks(side, ladders.keyOf(level), qty, entry, trades);
      return;
    }
    const stated = (head >>> 8) & 0xff;
    const qty = f64[w + 4];
    if (((head >>> 16) & EventFlag.Priced) === 0 || stated === Side.None || !(qty > 0)) return;
    const side = instrument * 2 + stated - 1;
    const key = stated === Side.Bid ? f64[w + 3] : 0 - f64[w + 3];
    const level = ladders.find(side, key);
    if (level === NO_LEVEL || ladders.anonymousOf(level) < qty) return; // the books refuse it, too
    this.shrinks(side, key, qty, -1, trades);
  }

  /** `qty` lots of the order at `entry` (-1: of an order never seen) leave the level. */
  private shrinks(side: number, key: number, qty: number, entry: number, trades: boolean): void {
    const { floor } = this;
    const { own, books } = floor;
    shrinkTaken(floor, side, key, qty);
    let open = trades ? qty : 0;
    for (let slot = own.restHead[side]; slot !== NO_SLOT; ) {
      const next = own.next[slot];
      const ownKey = own.key[slot];
      if (ownKey < key) break;
      if (ownKey > key) {
        if (open > 0) {
          const part = Math.min(open, own.leaves[slot]);
          open -= part;
          floor.fillResting(slot, part, own.priceOf(slot), FillReason.TradedThrough);
        }
      } else if (entry < 0 || books.orders.cameBefore(entry, own.mark[slot])) {
        own.ahead[slot] = Math.max(0, own.ahead[slot] - qty);
      } else if (open > 0) {
        const part = Math.min(open, own.shown[slot]);
        open -= part;
        floor.fillResting(slot, part, own.priceOf(slot), FillReason.QueuePassed);
      }
      slot = next;
    }
  }

  private replaced(memory: EventMemory, w: number, flags: number, canTrade: boolean): void {
    const { orders, ladders } = this.floor.books;
    const entry = orders.findAt(memory.f64, w + 5);
    if (entry < 0) return;
    const side = ladders.sideOf(orders.levelOf(entry));
    if (side >> 1 !== memory.u32[w * 2 + 1]) return;
    this.leaves(memory, w, false);
    this.arrives(side, memory.f64, w, flags & ~EventFlag.Snapshot, canTrade);
  }

  /** The quantity of orders never seen is stated: it counts as ahead, whenever it came. */
  private anonymousLevel(memory: EventMemory, w: number): void {
    const { floor } = this;
    const { own, books } = floor;
    const { ladders } = books;
    const head = memory.u32[w * 2];
    const stated = (head >>> 8) & 0xff;
    if (stated !== Side.Bid && stated !== Side.Ask) return;
    const side = memory.u32[w * 2 + 1] * 2 + stated - 1;
    const key = stated === Side.Bid ? memory.f64[w + 3] : 0 - memory.f64[w + 3];
    const level = ladders.find(side, key);
    const qty = memory.f64[w + 4];
    if (!(qty >= 0)) return;
    const goes = qty === 0 && ((head >>> 16) & EventFlag.Snapshot) !== 0;
    const held = level === NO_LEVEL ? 0 : ladders.anonymousOf(level);
    const lost = goes ? (level === NO_LEVEL ? 0 : ladders.qtyOf(level)) : held - qty;
    if (lost > 0) shrinkTaken(floor, side, key, lost);
    for (let slot = own.restHead[side]; slot !== NO_SLOT && own.key[slot] >= key; slot = own.next[slot]) {
      if (own.key[slot] === key) own.ahead[slot] = goes ? 0 : Math.max(0, own.ahead[slot] - lost);
    }
  }

  private trade(memory: EventMemory, w: number, flags: number): void {
    const { floor } = this;
    const { own } = floor;
    const instrument = memory.u32[w * 2 + 1];
    const price = memory.f64[w + 3];
    const qty = memory.f64[w + 4];
    const aggressor = (memory.u32[w * 2] >>> 8) & 0xff;
    if (!(qty > 0)) return;
    let open = qty;
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      // Sellers take from bids: an aggressor on this very side took from the other.
      if (aggressor !== Side.None && aggressor - 1 === (side & 1)) continue;
      const key = (side & 1) === 0 ? price : 0 - price;
      open = tradedThrough(floor, side, key, open);
      if ((flags & EventFlag.Hidden) !== 0 || aggressor === Side.None) continue;
      for (let slot = own.restHead[side]; slot !== NO_SLOT && own.key[slot] >= key && open > 0; ) {
        const next = own.next[slot];
        if (own.key[slot] === key) {
          const part = Math.min(own.shown[slot], Math.max(0, Math.floor(open - own.ahead[slot])));
          if (part > 0) {
            open -= part;
            floor.fillResting(slot, part, own.priceOf(slot), FillReason.QueueReached);
          }
        }
        slot = next;
      }
    }
  }
}
