/**
 * The simulator's own matching engine: one instrument, price-time priority, displayed and hidden orders. It shares no
 * code with the books of tapehead, so that what it says of its final state is ground truth for them. Written to be
 * read, not to be fast (about 1 us an action).
 *
 * Prices are integers in the venue's price unit, quantities integers in its quantity unit. Both sides are one class with
 * a direction: +1 buys (best = highest), -1 sells (best = lowest).
 */
import { assert } from '../core/assert.ts';

export const BUY = 1;
export const SELL = -1;
export type Direction = 1 | -1;

export interface Order {
  readonly ref: number;
  readonly direction: Direction;
  readonly price: number;
  readonly hidden: boolean;
  /** Market participant that shows its name, or '' (anonymous). */
  readonly mpid: string;
  /** Price units by which it trades better for the aggressor than it is displayed (a price-slid order). */
  readonly improvement: number;
  /** Order of arrival at its price: time priority. */
  readonly arrival: number;
  qty: number;
  level: Level | null;
  previous: Order | null;
  next: Order | null;
  /** Index in the book's list of orders of its kind. */
  slot: number;
}

export interface Level {
  readonly price: number;
  qty: number;
  orders: number;
  head: Order | null;
  tail: Order | null;
}

/** What the venue publishes; called after the book has changed. */
export interface BookEvents {
  added(order: Order): void;
  /** A displayed order traded in continuous trading; `order.qty` is what remains. */
  executed(order: Order, qty: number, price: number): void;
  /** A hidden order traded. */
  hiddenExecuted(order: Order, qty: number, price: number): void;
  /** A displayed order traded in an auction. */
  crossed(order: Order, qty: number, price: number): void;
  reduced(order: Order, qty: number): void;
  deleted(order: Order): void;
  replaced(old: Order, order: Order): void;
}

/** Order references and match numbers of one venue: increasing over all its instruments. */
export interface Numbers {
  nextRef(): number;
}

export interface OrderTraits {
  readonly hidden?: boolean;
  readonly mpid?: string;
  readonly improvement?: number;
}

/** One side, best level last. */
export class Ladder {
  readonly levels: Level[] = [];
  readonly direction: Direction;

  constructor(direction: Direction) {
    this.direction = direction;
  }

  best(): Level | null {
    return this.levels.length === 0 ? null : this.levels[this.levels.length - 1];
  }

  /** True when an opposite order limited at `limit` can trade with the best level. */
  reaches(limit: number): boolean {
    const best = this.best();
    return best !== null && (best.price - limit) * this.direction >= 0;
  }

  append(order: Order): void {
    const level = this.levelAt(order.price);
    order.level = level;
    order.previous = level.tail;
    if (level.tail === null) level.head = order;
    else level.tail.next = order;
    level.tail = order;
    level.qty += order.qty;
    level.orders++;
  }

  unlink(order: Order): void {
    const level = order.level;
    assert(level !== null, 'an order that leaves rests');
    if (order.previous === null) level.head = order.next;
    else order.previous.next = order.next;
    if (order.next === null) level.tail = order.previous;
    else order.next.previous = order.previous;
    level.qty -= order.qty;
    level.orders--;
    order.level = null;
    order.previous = null;
    order.next = null;
    if (level.orders === 0) this.levels.splice(this.position(level.price), 1);
  }

  shrink(order: Order, qty: number): void {
    assert(order.level !== null && qty > 0 && qty < order.qty, 'a reduced order keeps some quantity');
    order.qty -= qty;
    order.level.qty -= qty;
  }

  /** The level at `price`, or null. */
  at(price: number): Level | null {
    const index = this.position(price);
    return index < this.levels.length && this.levels[index].price === price ? this.levels[index] : null;
  }

  /** Index of the first level that is not worse than `price`. */
  private position(price: number): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.levels[middle].price - price) * this.direction < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private levelAt(price: number): Level {
    const at = this.position(price);
    if (at < this.levels.length && this.levels[at].price === price) return this.levels[at];
    const level: Level = { price, qty: 0, orders: 0, head: null, tail: null };
    this.levels.splice(at, 0, level);
    return level;
  }
}

export class MatchingBook {
  readonly bids = new Ladder(BUY);
  readonly asks = new Ladder(SELL);
  readonly hiddenBids = new Ladder(BUY);
  readonly hiddenAsks = new Ladder(SELL);
  /** Live orders in no particular order, for agents that pick one at random. */
  readonly displayed: Order[] = [];
  readonly hidden: Order[] = [];
  /** False in a call period (before the open, in a halt): orders rest without trading, the book may be crossed. */
  continuous = false;
  /** Price of the last trade, 0 before the first. */
  lastPrice = 0;
  private readonly events: BookEvents;
  private readonly numbers: Numbers;
  private arrivals = 0;

  constructor(events: BookEvents, numbers: Numbers) {
    this.events = events;
    this.numbers = numbers;
  }

  ladder(direction: Direction, hidden = false): Ladder {
    if (hidden) return direction === BUY ? this.hiddenBids : this.hiddenAsks;
    return direction === BUY ? this.bids : this.asks;
  }

  /** A limit order: trades what it can in continuous trading, the rest rests. Null when nothing rests. */
  submit(direction: Direction, price: number, qty: number, traits: OrderTraits = {}): Order | null {
    const left = this.continuous ? this.take(direction, price, qty) : qty;
    if (left === 0) return null;
    const order = this.rest(direction, price, left, traits);
    if (!order.hidden) this.events.added(order);
    return order;
  }

  /** Immediate-or-cancel: trades up to `qty` at `limit` or better and returns what is left. */
  take(direction: Direction, limit: number, qty: number): number {
    assert(this.continuous && qty > 0, 'orders trade in continuous trading only');
    const shown = this.ladder(direction === BUY ? SELL : BUY);
    const unseen = this.ladder(direction === BUY ? SELL : BUY, true);
    while (qty > 0) {
      const canShown = shown.reaches(limit);
      const canUnseen = unseen.reaches(limit);
      if (!canShown && !canUnseen) break;
      // At the same price displayed orders go before hidden ones.
      const fromShown = canShown && !(canUnseen && unseen.reaches(shown.best()!.price + shown.direction));
      qty -= this.fill((fromShown ? shown : unseen).best()!.head!, qty);
    }
    return qty;
  }

  cancel(order: Order): void {
    this.leave(order);
    if (!order.hidden) this.events.deleted(order);
  }

  /** Takes `qty` off, less than the order has: it keeps its place in the queue. */
  reduce(order: Order, qty: number): void {
    this.ladder(order.direction, order.hidden).shrink(order, qty);
    if (!order.hidden) this.events.reduced(order, qty);
  }

  /** A new order takes the old one's place in the market, not in the queue. It may not be marketable. */
  replace(old: Order, price: number, qty: number): Order {
    assert(!this.continuous || !this.marketable(old.direction, price), 'a replacement rests');
    this.leave(old);
    const order = this.rest(old.direction, price, qty, old);
    this.events.replaced(old, order);
    return order;
  }

  /** One order's share of an auction; the auction has decided price and quantity. */
  cross(order: Order, qty: number, price: number): void {
    this.shorten(order, qty);
    if (!order.hidden) this.events.crossed(order, qty, price);
  }

  /** True when an order at `price` would trade at once. */
  marketable(direction: Direction, price: number): boolean {
    const opposite = direction === BUY ? SELL : BUY;
    return this.ladder(opposite).reaches(price) || this.ladder(opposite, true).reaches(price);
  }

  /** Displayed bid at or above the displayed ask. */
  isCrossed(): boolean {
    const ask = this.asks.best();
    return ask !== null && this.bids.reaches(ask.price);
  }

  checkInvariants(): void {
    for (const ladder of [this.bids, this.asks, this.hiddenBids, this.hiddenAsks]) checkLadder(ladder);
    let resting = 0;
    for (const ladder of [this.bids, this.asks]) for (const level of ladder.levels) resting += level.orders;
    assert(resting === this.displayed.length, 'the list of displayed orders is the book');
    if (!this.continuous) return;
    for (const ladder of [this.asks, this.hiddenAsks]) {
      const best = ladder.best();
      if (best === null) continue;
      assert(
        !this.bids.reaches(best.price) && !this.hiddenBids.reaches(best.price),
        'never crossed in continuous trading',
      );
    }
  }

  private fill(maker: Order, wanted: number): number {
    const qty = Math.min(wanted, maker.qty);
    const price = maker.price + maker.direction * maker.improvement;
    this.shorten(maker, qty);
    this.lastPrice = price;
    if (maker.hidden) this.events.hiddenExecuted(maker, qty, price);
    else this.events.executed(maker, qty, price);
    return qty;
  }

  /** Takes traded quantity off an order; it leaves when none remains. */
  private shorten(order: Order, qty: number): void {
    if (qty < order.qty) {
      this.ladder(order.direction, order.hidden).shrink(order, qty);
      return;
    }
    assert(qty === order.qty, 'an order trades no more than it has');
    this.leave(order);
    order.qty = 0;
  }

  private rest(direction: Direction, price: number, qty: number, traits: OrderTraits): Order {
    const order: Order = {
      ref: this.numbers.nextRef(),
      direction,
      price,
      hidden: traits.hidden ?? false,
      mpid: traits.mpid ?? '',
      improvement: traits.improvement ?? 0,
      arrival: ++this.arrivals,
      qty,
      level: null,
      previous: null,
      next: null,
      slot: 0,
    };
    assert(
      Number.isInteger(price) && price > 0 && Number.isInteger(qty) && qty > 0,
      'whole, positive price and quantity',
    );
    this.ladder(direction, order.hidden).append(order);
    const list = order.hidden ? this.hidden : this.displayed;
    order.slot = list.length;
    list.push(order);
    return order;
  }

  private leave(order: Order): void {
    this.ladder(order.direction, order.hidden).unlink(order);
    const list = order.hidden ? this.hidden : this.displayed;
    const last = list[list.length - 1];
    list[order.slot] = last;
    last.slot = order.slot;
    list.pop();
  }
}

function checkLadder(ladder: Ladder): void {
  let previous: Level | null = null;
  for (const level of ladder.levels) {
    assert(previous === null || (level.price - previous.price) * ladder.direction > 0, 'levels in price order');
    previous = level;
    let qty = 0;
    let orders = 0;
    let arrival = 0;
    for (let order = level.head; order !== null; order = order.next) {
      assert(order.arrival > arrival, 'a queue is in order of arrival');
      assert(order.price === level.price && order.level === level && order.qty > 0, 'an order is at its level');
      arrival = order.arrival;
      qty += order.qty;
      orders++;
    }
    assert(qty === level.qty && orders === level.orders && orders > 0, 'a level is the sum of its orders');
  }
}
