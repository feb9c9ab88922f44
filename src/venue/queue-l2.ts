/**
 * Own orders in a by-level book, where nobody knows the queue: models of the quantity ahead, as hftbacktest documents them
 * (docs, "Order Fill" and "Probability Queue Models"; after R. Almgren and E. Rigtorp, "Estimating Order Queue Position").
 *
 * At rest everything displayed at the price is ahead. A trade at the price uses up the quantity ahead, what exceeds it
 * fills (QueueReached). When the level shrinks by more than was traded there since it was last stated, that is
 * cancellations, `change` lots of them:
 * - riskAverse: they were behind, as far as there was anything behind: ahead = min(ahead, level).
 * - the others: with probability p of one having been behind, p(front, back) = f(back) / (f(back) + f(front)) for power
 *   (f = x^n) and log (f = ln(1 + x)), f(back) / f(back + front) for power2 and log2, 1 - (front / (front + back))^n for
 *   power3: ahead = front - (1 - p) change + min(back - p change, 0), not above the level.
 *
 * Departures, all on the careful side: ahead never goes below zero (there a model would fill more than was traded); own
 * orders at one price share a trade in the order they came; a level beyond what the book shows has Infinity ahead until
 * it is shown.
 */
import type { EventMemory } from '../book/books.ts';
import { NO_LEVEL } from '../book/ladders.ts';
import { ln, pow } from '../core/det-math.ts';
import { EventKind, Side } from '../core/event.ts';
import { FillReason } from '../core/order.ts';
import { crossedBook, shrinkTaken, tradedThrough } from './crossing.ts';
import type { Floor } from './floor.ts';
import { NO_SLOT } from './own-orders.ts';
import type { QueueModelConfig } from './venue-config.ts';

export class QueueL2 {
  private readonly floor: Floor;
  private readonly model: QueueModelConfig;

  constructor(floor: Floor) {
    this.floor = floor;
    this.model = floor.config.queueModel;
  }

  /** Before the book is changed. `canTrade`: false while the instrument is halted. */
  onEvent(memory: EventMemory, w: number, canTrade: boolean): void {
    const kind = memory.u32[w * 2] & 0xff;
    if (kind === EventKind.Level) this.level(memory, w, canTrade);
    else if (kind === EventKind.Trade && canTrade) this.trade(memory, w);
  }

  /** Probability that a cancellation was behind an order with so much ahead and behind. */
  behind(front: number, back: number): number {
    const { model } = this;
    let p: number;
    switch (model.model) {
      case 'power':
        p = pow(back, model.n);
        p /= p + pow(front, model.n);
        break;
      case 'power2':
        p = pow(back, model.n) / pow(back + front, model.n);
        break;
      case 'power3':
        p = 1 - pow(front / (front + back), model.n);
        break;
      case 'log':
        p = ln(1 + back);
        p /= p + ln(1 + front);
        break;
      default:
        p = ln(1 + back) / ln(1 + back + front);
        break;
    }
    return p >= 0 && p <= 1 ? p : 1; // 0 / 0 where nothing is on either side
  }

  private level(memory: EventMemory, w: number, canTrade: boolean): void {
    const { floor } = this;
    const { ladders } = floor.books;
    const stated = (memory.u32[w * 2] >>> 8) & 0xff;
    const qty = memory.f64[w + 4];
    if ((stated !== Side.Bid && stated !== Side.Ask) || !(qty >= 0)) return;
    const side = memory.u32[w * 2 + 1] * 2 + stated - 1;
    const key = stated === Side.Bid ? memory.f64[w + 3] : 0 - memory.f64[w + 3];
    const level = ladders.find(side, key);
    const before = level === NO_LEVEL ? 0 : ladders.qtyOf(level);
    if (qty < before) shrinkTaken(floor, side, key, before - qty);
    this.restated(side, key, before, qty);
    if (qty > before && canTrade) crossedBook(floor, side, key, qty - before);
  }

  /** The level's quantity goes from `before` to `qty`: the estimates of own orders there follow. */
  private restated(side: number, key: number, before: number, qty: number): void {
    const { own } = this.floor;
    let least = 0;
    for (let slot = own.restHead[side]; slot !== NO_SLOT && own.key[slot] >= key; slot = own.next[slot]) {
      if (own.key[slot] !== key) continue;
      const ahead = Math.max(least, this.estimate(slot, before, qty));
      own.ahead[slot] = least = Math.min(ahead, qty);
      own.traded[slot] = 0;
    }
  }

  private estimate(slot: number, before: number, qty: number): number {
    const { own } = this.floor;
    const front = own.ahead[slot];
    const change = before - qty - own.traded[slot];
    if (this.model.model === 'riskAverse' || change < 0 || front > before) return Math.min(front, qty);
    const back = before - front;
    const p = this.behind(front, back);
    return Math.max(0, front - (1 - p) * change + Math.min(back - p * change, 0));
  }

  /** Without a stated aggressor a trade at a bid's price counts where that is the best bid displayed. */
  private trade(memory: EventMemory, w: number): void {
    const { ladders } = this.floor.books;
    const instrument = memory.u32[w * 2 + 1];
    const aggressor = (memory.u32[w * 2] >>> 8) & 0xff;
    const qty = memory.f64[w + 4];
    if (!(qty > 0)) return;
    let open = qty;
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      const key = (side & 1) === 0 ? memory.f64[w + 3] : 0 - memory.f64[w + 3];
      if (aggressor !== Side.None && aggressor - 1 === (side & 1)) continue;
      const isSure = aggressor !== Side.None || (ladders.touchQty(side) > 0 && ladders.touchKey(side) === key);
      open = this.tradedAt(side, key, qty, open, isSure);
    }
  }

  /** `qty` lots traded, of which `left` are for own orders of this side. Returns what they leave. */
  private tradedAt(side: number, key: number, qty: number, left: number, atPrice: boolean): number {
    const { floor } = this;
    const { own } = floor;
    if (own.restHead[side] === NO_SLOT) return left;
    let open = tradedThrough(floor, side, key, left);
    if (!atPrice) return open;
    for (let slot = own.restHead[side]; slot !== NO_SLOT && own.key[slot] >= key; ) {
      const next = own.next[slot];
      if (own.key[slot] === key) {
        const reached = Math.min(own.shown[slot], Math.floor(open - own.ahead[slot]));
        own.ahead[slot] = Math.max(0, own.ahead[slot] - qty);
        own.traded[slot] += qty;
        if (reached > 0) {
          open -= reached;
          floor.fillResting(slot, reached, own.priceOf(slot), FillReason.QueueReached);
        }
      }
      slot = next;
    }
    return open;
  }
}
