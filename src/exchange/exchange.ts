/**
 * An exchange: markets, accounts, orders. Everything follows from the listings, the requests and the time that is passed in;
 * nothing here waits, draws lots or reads a clock. A request is one call; whoever listens hears what it led to before it
 * returns, and must not make requests from inside.
 *
 * Orders without an account are those of the background flow: they trade, and nobody settles them.
 *
 * Stops wait here, not in the book, because whom they trade with and what it costs is known only when they act. A buy acts when
 * a trade is at its trigger or above, a sell at it or below; behind the request that made the trade; buys first, the nearest
 * trigger first, then by arrival; what they trade may make more act.
 */
import { assert } from '../core/assert.ts';
import { OrderFlag, OrderSide, OrdStatus, OrdType, RejectCode, TimeInForce } from '../core/order.ts';
import { type Account, Accounts } from './accounts.ts';
import { refusalNow, wouldTake } from './admission.ts';
import { canHold, refusalOfMarket } from './funds.ts';
import { checkOrders } from './invariants.ts';
import type { Listing } from './listing.ts';
import { type BookRequest, type BookTrade, Market, type MarketSink, type PublicOrder } from './market.ts';
import { refusalOf, refusalOfLots, refusalOfTerms } from './order-checks.ts';
import { OrderStore } from './order-store.ts';
import {
  type EndReason,
  ExchangeOrder,
  isStop,
  type OrderEvent,
  type OrderRequest,
  type Refusal,
  type Submitted,
} from './orders.ts';
import { reach } from './reach.ts';
import { heldAsset, heldFor, heldOf, Settlement } from './settlement.ts';
import { Stops } from './stops.ts';

/** What is told while a request is being worked on. Order numbers are those that the public sees, the same for an order's life. */
export interface ExchangeListener {
  /** Levels of the market changed; once for each request. */
  booked?(market: Market): void;
  traded?(market: Market, trade: BookTrade): void;
  publicOrder?(market: Market, event: PublicOrder): void;
  /** An account's order; its state is the one behind the event. */
  ordered?(order: ExchangeOrder, event: OrderEvent): void;
  /** Balances or positions of the account changed; once for each request, behind all else. */
  settled?(account: Account): void;
}

const DAY_US = 86_400_000_000;

export class Exchange implements MarketSink {
  readonly markets: readonly Market[];
  readonly accounts = new Accounts();
  readonly orders = new OrderStore();
  readonly settlement = new Settlement();
  private readonly listeners: ExchangeListener[] = [];
  private readonly stops = new Stops();
  /** Orders of accounts in the books, by market and number in the book. */
  private readonly resting: Map<number, ExchangeOrder>[];
  private readonly ending = new Set<ExchangeOrder>();
  private readonly changed = new Set<Account>();
  private timeUs = 0;

  constructor(listings: readonly Listing[]) {
    this.markets = listings.map((listing, index) => new Market(listing, index, this));
    this.resting = listings.map(() => new Map());
  }

  /** µs since the Unix epoch: of the last `advance`. */
  get nowUs(): number {
    return this.timeUs;
  }

  listen(listener: ExchangeListener): void {
    this.listeners.push(listener);
  }

  /** By base and quote, such as BTCUSDT. */
  marketOf(symbol: string): Market | undefined {
    return this.markets.find((market) => market.symbol === symbol);
  }

  /** It is `nowUs` now (never earlier than before): Day and GTD orders whose time is over end. */
  advance(nowUs: number): void {
    this.timeUs = Math.max(this.timeUs, nowUs);
    for (const order of this.ending) {
      if (this.endOf(order) > this.timeUs) continue;
      this.remove(order);
      this.end(order, 'expired');
    }
    this.tellSettled();
  }

  submit(account: Account, request: OrderRequest): Submitted {
    const { market } = request;
    const isListed = this.markets[market.index] === market;
    const refused = refusalOf(request, this.timeUs) ?? (isListed ? refusalNow(account, request) : 'not-listed');
    if (refused !== null) return { refused };
    this.stops.begin(market);
    const result = isStop(request.type) ? this.park(account, request) : this.enterNew(account, request);
    this.runStops(market);
    this.tellSettled();
    return result;
  }

  /** Null: it is cancelled. */
  cancel(order: ExchangeOrder): Refusal | null {
    if (!order.isOpen) return 'unknown-order';
    this.remove(order);
    this.end(order, 'user');
    this.tellSettled();
    return null;
  }

  /**
   * Gives an open order another price and whole quantity (executed part included). It keeps its place where the price stays
   * and the quantity does not grow; else it arrives anew, under its old number. Null: done.
   */
  replace(order: ExchangeOrder, priceTicks: number, lots: number): Refusal | null {
    const { request, market, account } = order;
    if (!order.isOpen) return 'unknown-order';
    if (request.type === OrdType.Market || request.type === OrdType.Stop) return 'bad-request';
    if (lots <= order.cumLots) return 'qty-range';
    const refused = refusalOfLots(request, lots) ?? refusalOfTerms(request, priceTicks, lots);
    if (refused !== null) return refused;
    const leaves = lots - order.cumLots;
    const held = heldFor(market, order.side, priceTicks, leaves);
    const more = held - order.locked;
    if (more > 0n && !canHold(account, market, order.side, more, leaves)) return 'insufficient-balance';
    const stays = order.bookId === 0 || (priceTicks === order.priceTicks && lots <= order.lots);
    if (!stays && request.postOnly === true && wouldTake(market, order.side, priceTicks)) return 'would-take';
    const event: OrderEvent = { is: 'replaced', lotsBefore: order.lots, priceTicksBefore: order.priceTicks };
    this.stops.begin(market);
    if (stays) {
      // What is displayed at a time stays as it is: the book keeps the smaller of it and what is left.
      if (order.bookId !== 0) market.reduce(order.bookId, this.bookLots(order, leaves));
    } else {
      this.remove(order);
    }
    this.hold(order, held);
    order.lots = lots;
    order.priceTicks = priceTicks;
    this.tell(order, event);
    if (!stays) this.enter(order);
    this.runStops(market);
    this.tellSettled();
    return null;
  }

  /** An order of the background flow. Returns its number; 0: refused by the book. */
  enterFlow(market: Market, request: BookRequest): number {
    let id = 0;
    this.stops.begin(market);
    market.enter(request, (given) => {
      id = given;
    });
    this.runStops(market);
    this.tellSettled();
    return id;
  }

  traded(market: Market, trade: BookTrade): void {
    this.stops.saw(trade.priceTicks);
    const taker = this.resting[market.index].get(trade.takerId);
    const maker = this.resting[market.index].get(trade.makerId);
    const shown = this.public(market, trade);
    if (taker !== undefined) this.fill(taker, shown, false);
    if (maker !== undefined) this.fill(maker, shown, true);
    for (const listener of this.listeners) listener.traded?.(market, shown);
  }

  ended(market: Market, orderId: number, _leaves: number, code: number): void {
    const order = this.resting[market.index].get(orderId);
    if (order === undefined) return;
    this.leave(order);
    this.end(order, reasonOf(code));
  }

  publicOrder(market: Market, event: PublicOrder): void {
    if (this.listeners.length === 0) return;
    const orderId = this.publicId(market, event.orderId);
    const trade = event.trade === null ? null : this.public(market, event.trade);
    const isSame = orderId === event.orderId && trade === event.trade;
    for (const listener of this.listeners)
      listener.publicOrder?.(market, isSame ? event : { ...event, orderId, trade });
  }

  booked(market: Market): void {
    for (const listener of this.listeners) listener.booked?.(market);
  }

  /** Everything that must always hold between requests. O(all there is). */
  checkInvariants(): void {
    checkOrders(this, this.resting, this.stops);
    assert(this.changed.size === 0, 'every change of a balance was told');
  }

  private enterNew(account: Account, request: OrderRequest): Submitted {
    const order = this.open(account, request, request.market.takeOrderId());
    this.enter(order);
    return { order };
  }

  private park(account: Account, request: OrderRequest): Submitted {
    const order = this.open(account, request, request.market.takeOrderId());
    this.stops.add(order);
    return { order };
  }

  private open(account: Account, request: OrderRequest, id: number): ExchangeOrder {
    const { market, side, type } = request;
    const order = new ExchangeOrder(id, account, request, heldAsset(market, side), this.timeUs);
    const holds = type === OrdType.Limit || type === OrdType.StopLimit;
    if (holds) this.hold(order, heldFor(market, side, request.priceTicks, request.lots));
    account.addOpen(order);
    this.orders.add(order);
    if (request.timeInForce === TimeInForce.Gtd || request.timeInForce === TimeInForce.Day) this.ending.add(order);
    this.tell(order, { is: 'new' });
    return order;
  }

  /** The order goes into the book, as far as it may trade there. */
  private enter(order: ExchangeOrder): void {
    const { market, request, account, side } = order;
    const isMarket = request.type === OrdType.Market || request.type === OrdType.Stop;
    const leaves = order.leavesLots;
    const lots = this.beforeOwn(order, isMarket ? 0 : order.priceTicks, leaves);
    if (lots < leaves && (lots === 0 || request.timeInForce === TimeInForce.Fok)) {
      this.end(order, 'own-trade');
      return;
    }
    const refusal = isMarket && request.type === OrdType.Stop ? refusalOfMarket(account, market, side, lots) : null;
    if (refusal !== null) {
      this.end(order, refusal === 'no-liquidity' ? 'no-liquidity' : 'balance');
      return;
    }
    const isCut = lots < leaves;
    const code = market.enter(
      {
        side,
        type: isMarket ? OrdType.Market : OrdType.Limit,
        timeInForce: isCut ? TimeInForce.Ioc : request.timeInForce,
        flags: request.postOnly === true ? OrderFlag.PostOnly : 0,
        priceTicks: isMarket ? 0 : order.priceTicks,
        lots,
        displayLots: isCut || isMarket ? 0 : Math.min(request.displayLots ?? 0, lots),
      },
      (bookId) => {
        order.bookId = bookId;
        this.resting[market.index].set(bookId, order);
      },
    );
    // A post-only stop-limit may find a price that it would take at; nothing else is left to be refused.
    assert(code === 0 || code === RejectCode.VenueWouldTake, `the book takes order ${order.id} (${code})`);
    if (code !== 0) this.end(order, 'immediate');
    if (isCut && order.isOpen) {
      this.leave(order);
      this.end(order, 'own-trade');
    }
  }

  /** Lots that the order may trade before it would meet one of its own account. */
  private beforeOwn(order: ExchangeOrder, limitTicks: number, lots: number): number {
    const { market, account, side, request } = order;
    const policy = request.ownTrades ?? 'cancel-newest';
    const other = side === OrderSide.Buy ? OrderSide.Sell : OrderSide.Buy;
    if (policy === 'none' || !account.hasRestingOn(market, other)) return lots;
    const resting = this.resting[market.index];
    for (;;) {
      const met = reach(market, side, limitTicks, lots, (bookId) => resting.get(bookId)?.account === account);
      const own = met.ownId === 0 ? undefined : resting.get(met.ownId);
      if (own === undefined || met.lots === lots) return lots;
      if (policy !== 'cancel-newest') {
        this.remove(own);
        this.end(own, 'own-trade');
      }
      if (policy !== 'cancel-oldest') return met.lots;
    }
  }

  private fill(order: ExchangeOrder, trade: BookTrade, isMaker: boolean): void {
    order.cumLots += trade.lots;
    order.cumTickLots += BigInt(trade.priceTicks) * BigInt(trade.lots);
    order.status = order.leavesLots === 0 ? OrdStatus.Filled : OrdStatus.PartiallyFilled;
    if (order.locked > 0n) this.hold(order, heldOf(order));
    const fill = this.settlement.settle(order, trade, isMaker, this.timeUs);
    order.fills.push(fill);
    this.changed.add(order.account);
    if (order.leavesLots === 0) {
      this.leave(order);
      this.close(order);
    }
    this.tell(order, { is: 'trade', fill });
  }

  /** The order holds exactly so much from now on. */
  private hold(order: ExchangeOrder, amount: bigint): void {
    const more = amount - order.locked;
    if (more > 0n) order.account.lock(order.lockedAsset, more);
    else order.account.unlock(order.lockedAsset, -more);
    order.locked = amount;
    if (more !== 0n) this.changed.add(order.account);
  }

  /** Takes an open order out of wherever it is. */
  private remove(order: ExchangeOrder): void {
    if (order.bookId === 0) {
      this.stops.remove(order);
      return;
    }
    order.market.cancel(order.bookId);
    this.leave(order);
  }

  private leave(order: ExchangeOrder): void {
    this.resting[order.market.index].delete(order.bookId);
    order.bookId = 0;
  }

  private end(order: ExchangeOrder, reason: EndReason): void {
    order.status = reason === 'user' ? OrdStatus.Canceled : OrdStatus.Expired;
    order.ended = reason;
    this.close(order);
    this.tell(order, { is: reason === 'user' ? 'canceled' : 'expired' });
  }

  private close(order: ExchangeOrder): void {
    this.hold(order, 0n);
    order.account.removeOpen(order);
    this.ending.delete(order);
    this.orders.close(order);
  }

  private runStops(market: Market): void {
    for (let order = this.stops.next(market); order !== null; order = this.stops.next(market)) {
      order.isTriggered = true;
      this.tell(order, { is: 'triggered' });
      this.enter(order);
    }
  }

  private endOf(order: ExchangeOrder): number {
    const { timeInForce, expireUs } = order.request;
    if (timeInForce === TimeInForce.Gtd) return expireUs ?? 0;
    return (Math.floor(order.createdUs / DAY_US) + 1) * DAY_US;
  }

  /** The whole quantity that the book must have for the order to have so much left there: the book counts from its arrival. */
  private bookLots(order: ExchangeOrder, leaves: number): number {
    const { book } = order.market;
    return book.qtyOf(order.bookId) - book.leavesOf(order.bookId) + leaves;
  }

  private publicId(market: Market, bookId: number): number {
    return this.resting[market.index].get(bookId)?.id ?? bookId;
  }

  private public(market: Market, trade: BookTrade): BookTrade {
    const takerId = this.publicId(market, trade.takerId);
    const makerId = this.publicId(market, trade.makerId);
    return takerId === trade.takerId && makerId === trade.makerId ? trade : { ...trade, takerId, makerId };
  }

  private tell(order: ExchangeOrder, event: OrderEvent): void {
    order.updatedUs = this.timeUs;
    for (const listener of this.listeners) listener.ordered?.(order, event);
  }

  private tellSettled(): void {
    if (this.changed.size === 0) return;
    const accounts = [...this.changed];
    this.changed.clear();
    for (const account of accounts) {
      for (const listener of this.listeners) listener.settled?.(account);
    }
  }
}

function reasonOf(code: number): EndReason {
  if (code === RejectCode.VenueNotFilled) return 'not-filled-whole';
  return code === RejectCode.VenueNoLiquidity ? 'no-liquidity' : 'immediate';
}
