/**
 * One instrument: its matching book, what of it is public (levels, trades, orders by number), and the numbers that the
 * public counts it by. Knows orders by their number in the book only; whose they are is the exchange's.
 */
import { assert } from '../core/assert.ts';
import { ExecType, OrderSide } from '../core/order.ts';
import { MatchBook } from '../matching/match-book.ts';
import { HEAD, NO_SLOT, PRICE, QTY, SHOWN } from '../matching/order-pool.ts';
import * as Out from '../matching/outputs.ts';
import { NO_LEVEL } from '../matching/queues.ts';
import { Request } from '../matching/refusals.ts';
import { LevelFeed } from './level-feed.ts';
import type { Listing } from './listing.ts';

/** What an order asks of the book. Price 0: market. */
export interface BookRequest {
  readonly side: OrderSide;
  readonly type: number;
  readonly timeInForce: number;
  readonly flags: number;
  readonly priceTicks: number;
  readonly lots: number;
  /** Displayed at a time; 0: everything. */
  readonly displayLots: number;
}

export interface BookTrade {
  readonly tradeId: number;
  readonly takerSide: OrderSide;
  readonly takerId: number;
  readonly makerId: number;
  readonly priceTicks: number;
  readonly lots: number;
  readonly takerLeaves: number;
  readonly makerLeaves: number;
}

/**
 * What happens to orders in the book, as a feed of orders by number shows it (hidden parts of icebergs excluded).
 * Add: `lots` displayed at the end of the queue of `priceTicks`. Execute: `lots` of a displayed order traded. Reduce: it displays
 * `lots` less, in its place. Delete: it leaves, `lots` of it displayed still.
 */
export interface PublicOrder {
  readonly is: 'add' | 'execute' | 'reduce' | 'delete';
  readonly orderId: number;
  readonly side: OrderSide;
  readonly priceTicks: number;
  readonly lots: number;
  /** Of an execution; else null. */
  readonly trade: BookTrade | null;
}

/** Who is told, in the order it happened, before the request's call returns. */
export interface MarketSink {
  traded(market: Market, trade: BookTrade): void;
  /** The book ended an order by itself: `code` says why (RejectCode; 0: an immediate order's rest). */
  ended(market: Market, orderId: number, leaves: number, code: number): void;
  publicOrder(market: Market, event: PublicOrder): void;
  /** Levels changed; once for each request. */
  booked(market: Market): void;
}

const NO_REFUSAL = 0;

export class Market {
  readonly listing: Listing;
  /** Place in the exchange's list. */
  readonly index: number;
  readonly book = new MatchBook({ orders: 1 << 12, ids: 1 << 16 });
  /** Grows by one for every level that a request changed. */
  updateId = 1;
  lastTradeId = 0;
  private readonly sink: MarketSink;
  private readonly feeds: LevelFeed[] = [];
  private touchedCount = 0;
  private lastTouched = 0;

  constructor(listing: Listing, index: number, sink: MarketSink) {
    this.listing = listing;
    this.index = index;
    this.sink = sink;
  }

  /** Base and quote, such as BTCUSDT. */
  get symbol(): string {
    return this.listing.base + this.listing.quote;
  }

  /** NaN before the first trade. */
  get lastPriceTicks(): number {
    return this.book.lastPriceTicks;
  }

  /** Best prices; NaN where a side is empty. */
  get bestBidTicks(): number {
    return this.book.bids.levels === 0 ? Number.NaN : this.book.bids.bestKey[0];
  }

  get bestAskTicks(): number {
    return this.book.asks.levels === 0 ? Number.NaN : -this.book.asks.bestKey[0];
  }

  /** A new record of changed levels, empty at first; kept up to date from now on. */
  watchLevels(): LevelFeed {
    const feed = new LevelFeed(this);
    this.feeds.push(feed);
    return feed;
  }

  unwatchLevels(feed: LevelFeed): void {
    const at = this.feeds.indexOf(feed);
    if (at >= 0) this.feeds.splice(at, 1);
  }

  /** Displayed lots at a price; 0 where there is no level. */
  lotsAt(isBid: boolean, priceTicks: number): number {
    const queues = isBid ? this.book.bids : this.book.asks;
    const level = queues.at(priceTicks);
    return level === NO_LEVEL ? 0 : queues.lotsOf(level);
  }

  /** The best `limit` levels of a side: price in ticks and displayed lots alternate, the best first. */
  depth(isBid: boolean, limit: number): number[] {
    const queues = isBid ? this.book.bids : this.book.asks;
    const out: number[] = [];
    for (let level = queues.best; level !== NO_LEVEL && out.length < limit * 2; level = queues.below(level)) {
      out.push(queues.priceOf(level), queues.lotsOf(level));
    }
    return out;
  }

  /** A number of the book for an order that is not in it (a stop that waits, an order that is over before it begins). */
  takeOrderId(): number {
    this.book.request.fill(0);
    const id = this.book.submit(OrderSide.Buy, 0, 0, 0); // refused: of no type
    this.book.outputs.clear();
    return id;
  }

  /** Why the book would refuse the order (RejectCode), or 0 once it went in. `give` hears its number before anything else of it. */
  enter(request: BookRequest, give: (orderId: number) => void): number {
    const { book } = this;
    book.request[Request.Price] = request.priceTicks;
    book.request[Request.Qty] = request.lots;
    book.request[Request.Trigger] = 0;
    book.request[Request.Display] = request.displayLots;
    const id = book.submit(request.side, request.type, request.timeInForce, request.flags);
    if (book.outputs.i32[Out.OUT_KIND] === ExecType.Rejected) {
      const code = book.outputs.i32[Out.OUT_CODE];
      book.outputs.clear();
      return code;
    }
    give(id);
    this.tell(request.side);
    const leaves = book.leavesOf(id);
    if (leaves > 0) {
      const shown = request.displayLots > 0 ? Math.min(request.displayLots, leaves) : leaves;
      this.show('add', id, request.side, request.priceTicks, shown, null);
      this.touch(request.side === OrderSide.Buy, request.priceTicks);
    }
    this.settle();
    return NO_REFUSAL;
  }

  /** Takes a resting order out. False: it is not in the book. */
  cancel(orderId: number): boolean {
    const { book } = this;
    const slot = book.pool.slotOf(orderId);
    if (slot === NO_SLOT) return false;
    const side = (book.pool.i32[(slot << 4) + HEAD] & 0xff) as OrderSide;
    const shown = book.pool.f64[(slot << 3) + SHOWN];
    const priceTicks = book.pool.f64[(slot << 3) + PRICE];
    book.cancel(orderId);
    book.outputs.clear();
    this.show('delete', orderId, side, priceTicks, shown, null);
    this.touch(side === OrderSide.Buy, priceTicks);
    this.settle();
    return true;
  }

  /** Fewer lots for a resting order, which keeps its place. `lots`: executed part included. RejectCode, 0: done. */
  reduce(orderId: number, lots: number): number {
    const { book } = this;
    const slot = book.pool.slotOf(orderId);
    const o = slot << 3;
    const before = slot === NO_SLOT ? 0 : book.pool.f64[o + SHOWN];
    assert(slot === NO_SLOT || lots <= book.pool.f64[o + QTY], 'a reduced order is smaller than it was');
    const side = (book.pool.i32[(slot << 4) + HEAD] & 0xff) as OrderSide;
    const priceTicks = book.pool.f64[o + PRICE];
    book.request[Request.Price] = priceTicks;
    book.request[Request.Qty] = lots;
    book.replace(orderId);
    const code = book.outputs.i32[Out.OUT_CODE];
    book.outputs.clear();
    if (code !== 0) return code;
    const less = before - book.pool.f64[o + SHOWN];
    if (less > 0) {
      this.show('reduce', orderId, side, priceTicks, less, null);
      this.touch(side === OrderSide.Buy, priceTicks);
      this.settle();
    }
    return NO_REFUSAL;
  }

  checkInvariants(): void {
    this.book.checkInvariants();
    assert(this.touchedCount === 0, 'what a request changed was published');
    assert(!(this.bestBidTicks >= this.bestAskTicks), `${this.symbol} is not crossed`);
  }

  /** Turns what the book has to say about a taker of the side into what the public and the exchange hear. */
  private tell(takerSide: OrderSide): void {
    const { outputs } = this.book;
    const makerSide = takerSide === OrderSide.Buy ? OrderSide.Sell : OrderSide.Buy;
    for (let w = 0; w < outputs.words; w += Out.OUTPUT_WORDS) {
      const kind = outputs.i32[w * 2 + Out.OUT_KIND];
      const orderId = outputs.i32[w * 2 + Out.OUT_ORDER];
      const priceTicks = outputs.f64[w + Out.OUT_PRICE];
      const lots = outputs.f64[w + Out.OUT_QTY];
      if (kind === ExecType.Trade) {
        const trade: BookTrade = {
          tradeId: ++this.lastTradeId,
          takerSide,
          takerId: orderId,
          makerId: outputs.i32[w * 2 + Out.OUT_MAKER],
          priceTicks,
          lots,
          takerLeaves: outputs.f64[w + Out.OUT_LEAVES],
          makerLeaves: outputs.f64[w + Out.OUT_MAKER_LEAVES],
        };
        this.touch(makerSide === OrderSide.Buy, priceTicks);
        this.show('execute', trade.makerId, makerSide, priceTicks, lots, trade);
        this.sink.traded(this, trade);
      } else if (kind === ExecType.Restated) {
        this.show('add', orderId, makerSide, priceTicks, lots, null); // an iceberg's next part
      } else if (kind === ExecType.Canceled) {
        this.sink.ended(this, orderId, outputs.f64[w + Out.OUT_LEAVES], outputs.i32[w * 2 + Out.OUT_CODE]);
      }
    }
    outputs.clear();
  }

  private show(
    is: PublicOrder['is'],
    orderId: number,
    side: OrderSide,
    priceTicks: number,
    lots: number,
    trade: BookTrade | null,
  ): void {
    this.sink.publicOrder(this, { is, orderId, side, priceTicks, lots, trade });
  }

  /** A level changes. Those of one request come in the order of their prices, so the same one comes at once again or not at all. */
  private touch(isBid: boolean, priceTicks: number): void {
    const key = isBid ? priceTicks : -priceTicks;
    if (this.touchedCount > 0 && key === this.lastTouched) return;
    this.lastTouched = key;
    this.touchedCount++;
    for (const feed of this.feeds) feed.note(isBid, priceTicks);
  }

  private settle(): void {
    if (this.touchedCount === 0) return;
    this.updateId += this.touchedCount;
    this.touchedCount = 0;
    this.sink.booked(this);
  }
}
