/** What makes an order move without a request: stop prices, pegs. */
import type { EventMemory } from '../book/books.ts';
import { EventFlag, EventKind } from '../core/event.ts';
import { OrderFlag, PegType } from '../core/order.ts';
import type { Floor } from './floor.ts';
import { NO_SLOT, OwnState } from './own-orders.ts';

export class Triggers {
  private readonly floor: Floor;
  private readonly byTouch: boolean;

  constructor(floor: Floor) {
    this.floor = floor;
    this.byTouch = floor.config.stopTrigger === 'touch';
  }

  /** Before the event: a trade may trigger stops. They act when the event has changed the book. */
  onTrade(memory: EventMemory, w: number): void {
    const instrument = memory.u32[w * 2 + 1];
    if (this.byTouch || this.hasNoStops(instrument)) return;
    const price = this.printPrice(memory, w);
    if (Number.isNaN(price)) return;
    this.fire(instrument * 2, price);
    this.fire(instrument * 2 + 1, 0 - price);
  }

  /** Behind the event: the touch may trigger stops. */
  onTouch(instrument: number): void {
    if (!this.byTouch || this.hasNoStops(instrument)) return;
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      const key = this.touchPriceKey(side);
      if (!Number.isNaN(key)) this.fire(side, key);
    }
  }

  /** A stop that has just arrived: the touch may have passed its price already. */
  checkStop(slot: number): void {
    if (!this.byTouch) return;
    const side = this.floor.own.side[slot];
    const key = this.touchPriceKey(side);
    if (!Number.isNaN(key)) this.fire(side, key);
  }

  /**
   * Key that the peg gives, a step short of the other side for a post-only order; -Infinity where the touch it refers to is
   * not there.
   */
  pegKey(slot: number): number {
    const { own, books, tick } = this.floor;
    const { ladders } = books;
    const side = own.side[slot];
    const other = side ^ 1;
    const hasOwn = ladders.touchQty(side) > 0;
    const hasOther = ladders.touchQty(other) > 0;
    let key = Number.NEGATIVE_INFINITY;
    if (own.peg[slot] === PegType.Primary && hasOwn) {
      key = ladders.touchKey(side);
    } else if (own.peg[slot] === PegType.Market && hasOther) {
      key = 0 - ladders.touchKey(other);
    } else if (own.peg[slot] === PegType.Mid && hasOwn && hasOther) {
      const step = tick[side >> 1];
      key = Math.floor((ladders.touchKey(side) - ladders.touchKey(other)) / 2 / step) * step;
    }
    key = Math.min(key - own.pegOffset[slot], own.limitKey[slot]);
    const isPassive = (own.flags[slot] & OrderFlag.PostOnly) !== 0;
    if (isPassive && hasOther && key + ladders.touchKey(other) >= 0) {
      key = 0 - ladders.touchKey(other) - tick[side >> 1];
    }
    return this.positive(side, key);
  }

  /** Prices are above zero: a buyer's that is not is none, a seller's is the lowest there is. */
  private positive(side: number, key: number): number {
    const least = this.floor.tick[side >> 1];
    if ((side & 1) === 0) return key >= least ? key : Number.NEGATIVE_INFINITY;
    return key <= -least ? key : -least;
  }

  private hasNoStops(instrument: number): boolean {
    const { stopHead } = this.floor.own;
    return stopHead[instrument * 2] === NO_SLOT && stopHead[instrument * 2 + 1] === NO_SLOT;
  }

  /** Price that a buyer (side 0) or seller (1) would meet now, as a key that rises towards the trigger; NaN without one. */
  private touchPriceKey(side: number): number {
    const { ladders } = this.floor.books;
    return ladders.touchQty(side ^ 1) > 0 ? 0 - ladders.touchKey(side ^ 1) : Number.NaN;
  }

  private fire(side: number, key: number): void {
    const { floor } = this;
    const { own } = floor;
    for (let slot = own.stopHead[side]; slot !== NO_SLOT; ) {
      const next = own.next[slot];
      if (key >= own.stopKey[slot]) {
        own.unlink(slot);
        own.state[slot] = OwnState.Triggered;
        floor.defer(slot);
      }
      slot = next;
    }
  }

  private printPrice(memory: EventMemory, w: number): number {
    const head = memory.u32[w * 2];
    const flags = head >>> 16;
    if ((flags & EventFlag.NonPrintable) !== 0) return Number.NaN;
    if ((head & 0xff) === EventKind.Trade) return memory.f64[w + 4] > 0 ? memory.f64[w + 3] : Number.NaN;
    if ((flags & EventFlag.Priced) !== 0 && memory.f64[w + 3] > 0) return memory.f64[w + 3];
    const { orders, ladders } = this.floor.books;
    const entry = orders.findAt(memory.f64, w + 5);
    return entry < 0 ? Number.NaN : ladders.priceOf(orders.levelOf(entry));
  }
}
