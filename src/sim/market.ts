/**
 * The people of one simulated instrument: market makers who quote around a fair value, passive traders who add orders
 * in depth and take them away again, takers who follow or fade the price, and traders who hide. The fair value is a
 * random walk through regimes; the book's price follows because makers requote and takers hit stale quotes.
 */
import type { Interest } from './auction.ts';
import { MARKET_BUY, MARKET_SELL } from './auction.ts';
import type { Dice } from './dice.ts';
import { FairValue } from './fair-value.ts';
import { BUY, type Direction, type MatchingBook, type Order, SELL } from './matching.ts';

export interface Profile {
  /** Displayed prices are multiples of this, price units. */
  readonly tick: number;
  /** Price units. */
  readonly startPrice: number;
  /** Standard deviation of the fair value over a second, price units. */
  readonly volatility: number;
  /** Makers' half spread, ticks. */
  readonly halfSpreadTicks: number;
  /** Scale of passive orders' distance from the touch, ticks. */
  readonly depthTicks: number;
  /** Farthest a passive order goes from the touch, ticks. */
  readonly farthestTicks: number;
  /** Displayed orders that the book settles at. */
  readonly restingOrders: number;
  /** Names that makers show, one maker each ('' = anonymous). */
  readonly makers: readonly string[];
  /** Probability that an action is a taker's. */
  readonly takerShare: number;
  /** Probability that an action is a hidden order. */
  readonly hiddenShare: number;
  /** Probability that a maker requotes by replacing rather than by cancel and new order. */
  readonly replaceShare: number;
  /** Size of one order, quantity units. */
  quantity(dice: Dice): number;
}

interface Maker {
  readonly mpid: string;
  /** Ticks that it stands back behind the tightest maker. */
  readonly offsetTicks: number;
  readonly quotes: [Order | null, Order | null];
}

/** Probability of the makers' share of actions. */
const QUOTE_SHARE = 0.3;
/** Probability that a stale touch is taken rather than cancelled. */
const STALE_TAKEN = 0.07;
/** Most hidden orders at a time. */
const HIDDEN_LIMIT = 8;

export class Market {
  readonly book: MatchingBook;
  readonly fair: FairValue;
  readonly profile: Profile;
  /** Interest for the next auction only. */
  interest: Interest[] = [];
  private readonly dice: Dice;
  private readonly makers: Maker[];
  /** Recent balance of buying against selling, -1 .. 1. */
  private pressure = 0;

  constructor(book: MatchingBook, profile: Profile, dice: Dice) {
    this.book = book;
    this.profile = profile;
    this.dice = dice;
    this.fair = new FairValue(profile.startPrice, profile.volatility, dice);
    this.makers = profile.makers.map((mpid, index) => ({ mpid, offsetTicks: index >> 1, quotes: [null, null] }));
  }

  /** One action in continuous trading. */
  trade(): void {
    const roll = this.dice.unit();
    const takers = this.profile.takerShare;
    const hidden = takers + this.profile.hiddenShare;
    const quotes = hidden + QUOTE_SHARE;
    this.pressure *= 0.97;
    if (roll < takers) this.takeNoise();
    else if (roll < hidden) this.hide();
    else if (roll < quotes) {
      if (!this.resolveStale()) this.quote(this.dice.pick(this.makers));
    } else this.addOrRemove();
  }

  /** One action in a call period: orders rest, the book may cross. */
  call(): void {
    const dice = this.dice;
    const roll = dice.unit();
    if (roll < 0.08) this.quote(dice.pick(this.makers));
    else if (roll < 0.14) this.interest.push(this.auctionInterest());
    else if (roll < 0.3 && this.book.displayed.length > 10) this.remove();
    else if (this.book.displayed.length < this.profile.restingOrders * 1.2) this.addInCall();
    else this.remove();
  }

  /** One action while entry is closed: some cancel. */
  whileHalted(): void {
    if (this.book.displayed.length > 20 && this.dice.chance(0.2)) this.book.cancel(this.dice.pick(this.book.displayed));
  }

  /** One action after hours: thin, no makers. */
  afterHours(): void {
    const roll = this.dice.unit();
    if (roll < 0.03) this.takeNoise();
    else if (roll < 0.45) this.addPassive();
    else if (this.book.displayed.length > 12) this.remove();
  }

  /** Interest for an auction: half of it at the market. */
  auctionInterest(): Interest {
    const { dice, profile } = this;
    const direction = dice.chance(0.5) ? BUY : SELL;
    const qty = profile.quantity(dice) * dice.between(1, 8);
    if (dice.chance(0.5)) return { direction, price: direction === BUY ? MARKET_BUY : MARKET_SELL, qty };
    const away = dice.between(-3, 6) * profile.halfSpreadTicks;
    return { direction, price: this.onTick(this.fair.value, direction, away), qty };
  }

  /** All makers leave. */
  withdrawMakers(): void {
    for (const maker of this.makers) {
      for (const order of maker.quotes) if (order !== null && order.level !== null) this.book.cancel(order);
      maker.quotes[0] = null;
      maker.quotes[1] = null;
    }
  }

  /** Makers come at once, each with both quotes: the start of a session. */
  quoteAll(): void {
    for (const maker of this.makers) this.quote(maker);
  }

  /** Fills the book to its usual depth. */
  populate(): void {
    while (this.book.displayed.length < this.profile.restingOrders) this.addPassive();
  }

  private quote(maker: Maker): void {
    const { dice, profile, book } = this;
    for (const direction of [BUY, SELL] as const) {
      const index = direction === BUY ? 0 : 1;
      const away = profile.halfSpreadTicks + maker.offsetTicks + dice.tail(0.6, 6);
      const price = this.passive(direction, this.onTick(this.fair.value, direction, away));
      const old = maker.quotes[index];
      const live = old !== null && old.level !== null;
      if (live && Math.abs(old.price - price) <= profile.tick * maker.offsetTicks) continue;
      const qty = profile.quantity(dice) * (1 + dice.tail(1, 9));
      if (live && dice.chance(profile.replaceShare)) {
        maker.quotes[index] = book.replace(old, price, qty);
        continue;
      }
      if (live) book.cancel(old);
      maker.quotes[index] = book.submit(direction, price, qty, { mpid: dice.chance(0.3) ? maker.mpid : '' });
    }
  }

  /** A touch that the fair value has left behind: mostly its owner is gone in time, sometimes somebody takes it. */
  private resolveStale(): boolean {
    const { book, dice, profile } = this;
    for (const direction of [BUY, SELL] as const) {
      const best = book.ladder(direction === BUY ? SELL : BUY).best();
      if (best === null || (this.fair.value - best.price) * direction < profile.tick * 0.5) continue;
      if (dice.chance(STALE_TAKEN)) this.take(direction, this.onTick(this.fair.value, direction, 0), best.qty);
      else book.cancel(best.head!);
      return true;
    }
    return false;
  }

  /** A taker without a view of value: follows the pressure in a trend, fades it otherwise. */
  private takeNoise(): void {
    const { dice, book, profile } = this;
    const bias = 0.5 + 0.35 * this.pressure * this.fair.momentum;
    const direction: Direction = dice.chance(bias) ? BUY : SELL;
    const best = book.ladder(direction === BUY ? SELL : BUY).best();
    if (best === null) return;
    const through = dice.tail(0.7, 5) * profile.tick * direction;
    const large = dice.chance(0.06) ? dice.between(2, 6) : 1;
    this.take(direction, best.price + through, profile.quantity(dice) * large);
  }

  private take(direction: Direction, limit: number, qty: number): void {
    if (limit <= 0) return;
    const left = this.book.take(direction, limit, qty);
    this.pressure = this.pressure * 0.8 + direction * 0.2;
    this.fair.push(direction * this.profile.tick * 0.1);
    // One taker in eight leaves the rest of a marketable limit order in the book.
    if (left > 0 && this.dice.chance(0.125)) this.book.submit(direction, limit - (limit % this.profile.tick), left);
  }

  private hide(): void {
    const { dice, book, profile } = this;
    if (book.hidden.length >= HIDDEN_LIMIT) {
      book.cancel(dice.pick(book.hidden));
      return;
    }
    const bid = book.bids.best();
    const ask = book.asks.best();
    if (bid === null || ask === null) return;
    const direction: Direction = dice.chance(0.5) ? BUY : SELL;
    const middle = Math.floor((bid.price + ask.price) / 2);
    const price = dice.chance(0.6) ? middle : direction === BUY ? bid.price : ask.price;
    book.submit(direction, price, profile.quantity(dice), { hidden: true });
  }

  private addOrRemove(): void {
    // Settles at the usual number of orders: at twice as many, removals only.
    const crowd = this.book.displayed.length / this.profile.restingOrders;
    if (this.dice.chance(1 - crowd / 2)) this.addPassive();
    else this.remove();
  }

  private addPassive(): void {
    const { dice, book, profile } = this;
    const direction: Direction = dice.chance(0.5) ? BUY : SELL;
    const best = book.ladder(direction).best();
    let start = this.onTick(this.fair.value, direction, profile.halfSpreadTicks);
    // From the touch, unless that has been left far behind.
    if (best !== null && Math.abs(best.price - this.fair.value) < profile.tick * profile.depthTicks * 4)
      start = best.price;
    const distance = dice.chance(0.12) ? -1 : dice.tail(profile.depthTicks, profile.farthestTicks);
    const price = this.passive(direction, start - direction * distance * profile.tick);
    if (price <= 0) return;
    const slid = distance <= 0 && profile.tick > 1 && dice.chance(0.08);
    book.submit(direction, price, profile.quantity(dice), slid ? { improvement: profile.tick >> 1 } : {});
  }

  private addInCall(): void {
    const { dice, profile } = this;
    const direction: Direction = dice.chance(0.5) ? BUY : SELL;
    // A quarter reaches over the fair value: the book crosses.
    const away = dice.chance(0.25)
      ? -dice.tail(profile.halfSpreadTicks * 2, 30)
      : dice.tail(profile.depthTicks, profile.farthestTicks);
    const price = this.onTick(this.fair.value, direction, away);
    if (price > 0) this.book.submit(direction, price, profile.quantity(dice));
  }

  private remove(): void {
    const { dice, book } = this;
    if (book.displayed.length < 4) return;
    const one = dice.pick(book.displayed);
    const other = dice.pick(book.displayed);
    // Of two orders the more exposed one usually goes: those far from the touch live longer.
    const exposure = (order: Order) => (order.price - this.fair.value) * order.direction;
    const nearer = exposure(one) > exposure(other) ? one : other;
    const order = dice.chance(0.7) ? nearer : one;
    const roll = dice.unit();
    if (roll < 0.06 && order.qty > 1) book.reduce(order, dice.between(1, order.qty - 1));
    else if (roll < 0.06 + this.profile.replaceShare * 0.3) this.reprice(order);
    else book.cancel(order);
  }

  private reprice(order: Order): void {
    const { dice, profile } = this;
    const { direction } = order;
    const away = profile.halfSpreadTicks + dice.tail(profile.depthTicks, profile.farthestTicks);
    const price = this.passive(direction, this.onTick(this.fair.value, direction, away));
    if (price > 0) this.book.replace(order, price, dice.chance(0.7) ? order.qty : profile.quantity(dice));
  }

  /** `away` ticks behind `value` for a passive order, rounded away from the other side. */
  private onTick(value: number, direction: Direction, away: number): number {
    const { tick } = this.profile;
    const price = value / tick - direction * away;
    return (direction === BUY ? Math.floor(price) : Math.ceil(price)) * tick;
  }

  /** The price nearest to `price` that does not trade. */
  private passive(direction: Direction, price: number): number {
    const { book, profile } = this;
    if (!book.continuous) return price;
    for (const hidden of [false, true]) {
      const ladder = book.ladder(direction === BUY ? SELL : BUY, hidden);
      if (ladder.reaches(price)) price = this.onTick(ladder.best()!.price - direction, direction, 0);
    }
    return price > 0 ? price : profile.tick;
  }
}
