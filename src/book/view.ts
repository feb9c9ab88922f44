/**
 * What a reader sees of one instrument's book: a flyweight over (books, instrument) that can't change it and never
 * allocates. Prices in ticks, quantities in lots. Make one, and point it where it is needed.
 *
 * The figures are those of the book as it stands, be it crossed, locked or stale: `isCrossed`, `isLocked` and `isStale`
 * say whether they may be used. Where a figure needs a side that is empty it is NaN, so that nothing computed from it
 * passes for a price.
 */
import { Side, STALE_REASON_TEXT, StaleReason } from '../core/event.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { Books } from './books.ts';
import { NO_LEVEL } from './ladders.ts';

export class BookView {
  private readonly books: Books;
  private bid = 0;
  private ask = 1;

  constructor(books: Books, instrument = 0) {
    this.books = books;
    this.point(instrument);
  }

  /** Points the view at a defined instrument. */
  point(instrument: number): this {
    this.bid = instrument * 2;
    this.ask = instrument * 2 + 1;
    return this;
  }

  get instrument(): number {
    return this.bid >> 1;
  }

  get def(): InstrumentDef | undefined {
    return this.books.defs[this.instrument];
  }

  get hasBid(): boolean {
    return this.books.ladders.touchQty(this.bid) > 0;
  }

  get hasAsk(): boolean {
    return this.books.ladders.touchQty(this.ask) > 0;
  }

  /** NaN where there is none. */
  get bidPriceTicks(): number {
    return this.hasBid ? this.books.ladders.touchKey(this.bid) : Number.NaN;
  }

  /** 0 where there is none. */
  get bidQtyLots(): number {
    return this.books.ladders.touchQty(this.bid);
  }

  /** NaN where there is none. */
  get askPriceTicks(): number {
    return this.hasAsk ? 0 - this.books.ladders.touchKey(this.ask) : Number.NaN;
  }

  /** 0 where there is none. */
  get askQtyLots(): number {
    return this.books.ladders.touchQty(this.ask);
  }

  /** Negative where the book is crossed. */
  get spreadTicks(): number {
    return this.askPriceTicks - this.bidPriceTicks;
  }

  /** Half a tick is possible. */
  get midTicks(): number {
    return this.bidPriceTicks + this.spreadTicks / 2;
  }

  /** The mid weighted by the opposite quantity: nearer to the ask the more is bid. */
  get micropriceTicks(): number {
    const bidQty = this.bidQtyLots;
    return this.bidPriceTicks + (this.spreadTicks * bidQty) / (bidQty + this.askQtyLots);
  }

  /** (bid - ask) / (bid + ask) of the quantity on the best `levels` of each side: -1 .. 1, NaN where both are empty. */
  imbalance(levels: number): number {
    const bidQty = this.qtyWithin(this.bid, levels);
    const askQty = this.qtyWithin(this.ask, levels);
    return (bidQty - askQty) / (bidQty + askQty);
  }

  /** Number of levels of a side. */
  depth(side: Side): number {
    return this.books.ladders.count(this.sideIndex(side));
  }

  /** Price of the level `depth` places from the touch (0 = touch); NaN beyond the last. */
  priceTicksAt(side: Side, depth: number): number {
    const level = this.books.ladders.levelAt(this.sideIndex(side), depth);
    return level === NO_LEVEL ? Number.NaN : this.books.ladders.priceOf(level);
  }

  /** Quantity of the level `depth` places from the touch; 0 beyond the last. */
  qtyLotsAt(side: Side, depth: number): number {
    const level = this.books.ladders.levelAt(this.sideIndex(side), depth);
    return level === NO_LEVEL ? 0 : this.books.ladders.qtyOf(level);
  }

  /** Known orders of that level (L2: as the venue states them, 0 where it does not); 0 beyond the last. */
  ordersAt(side: Side, depth: number): number {
    const level = this.books.ladders.levelAt(this.sideIndex(side), depth);
    return level === NO_LEVEL ? 0 : this.books.ladders.ordersOf(level);
  }

  /** Quantity resting at exactly this price. */
  qtyLotsAtPrice(side: Side, priceTicks: number): number {
    const key = side === Side.Bid ? priceTicks : 0 - priceTicks;
    const level = this.books.ladders.find(this.sideIndex(side), key);
    return level === NO_LEVEL ? 0 : this.books.ladders.qtyOf(level);
  }

  get isCrossed(): boolean {
    return this.spreadTicks < 0; // false where a side is empty: NaN
  }

  get isLocked(): boolean {
    return this.spreadTicks === 0;
  }

  get isStale(): boolean {
    return this.books.staleReason[this.instrument] !== StaleReason.None;
  }

  get staleReason(): StaleReason {
    return this.books.staleReason[this.instrument] as StaleReason;
  }

  get staleReasonText(): string {
    return STALE_REASON_TEXT[this.staleReason];
  }

  private sideIndex(side: Side): number {
    return side === Side.Bid ? this.bid : this.ask;
  }

  private qtyWithin(sideIndex: number, levels: number): number {
    const { ladders } = this.books;
    const count = Math.min(levels, ladders.count(sideIndex));
    let qty = 0;
    for (let depth = 0; depth < count; depth++) qty += ladders.qtyOf(ladders.levelAt(sideIndex, depth));
    return qty;
  }
}
