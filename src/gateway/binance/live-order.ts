/**
 * An order of ours at the venue, and what the engine was told of it. A replace cancels at the venue and places anew, so one
 * order of the engine is a chain of placements there, each with its own name.
 *
 * The venue says everything twice: answers and events, in any order. So nothing is told because a message came, but because
 * what it says was not told yet: acceptance once, each trade once (by the venue's number), the end once, behind the last
 * trade that it counts. Whatever comes late, twice or in another order leads to the same reports.
 */
import { ExecType, OrderFlag, RejectCode, TimeInForce } from '../../core/order.ts';
import { exact, exactText } from '../exact.ts';
import type { Listing } from '../listings.ts';
import type { OrderTerms } from '../order-terms.ts';
import type { Teller } from '../teller.ts';
import type { OrderFact, TradeFact } from './facts.ts';

export class LiveOrder {
  readonly listing: Listing;
  /** Null of an order that an earlier run sent: it can be cancelled and followed, not replaced. */
  readonly terms: OrderTerms | null;
  /** Requests of one order are dealt with one after the other. */
  queue: Promise<void> = Promise.resolve();
  current: Placement;
  /** Whole quantity, executed part included, and price, as acknowledged or asked for first. */
  qty: bigint;
  price: string;
  /** An earlier run sent it: what the venue says of its quantity and price is taken over. */
  isAdopted = false;
  /** Executed in placements before the current one. */
  base = 0n;
  /** Sum of the trades that were told. */
  toldCum = 0n;
  /** ClOrdID of a cancel that waits for its answer, 0: none. */
  cancelId = 0;
  /** What is being asked about it. */
  requests = 0;
  /** Time of the gateway's world, ms, when something last happened to it. */
  touchedMs = 0;
  /** All of the chain, the current one among them. */
  readonly placements: Placement[] = [];

  constructor(listing: Listing, terms: OrderTerms | null, clOrdId: number, name: string, qty: bigint, price: string) {
    this.listing = listing;
    this.terms = terms;
    this.qty = qty;
    this.price = price;
    this.current = new Placement(this, clOrdId, name, 0);
  }

  /** The engine knows its end and all that it executed, and waits for no answer. */
  get isDone(): boolean {
    if (this.requests > 0 || this.cancelId !== 0) return false;
    return this.placements.every((placement) => placement.isOver && !placement.missesTrades);
  }
}

/** Of a placement that is over. */
export interface EndedState {
  readonly venueOrderId: string;
  readonly cum: bigint;
  readonly isAccepted: boolean;
  readonly lastTradeId: number;
}

/** How the venue says that it is done with an order. */
interface End {
  readonly status: string;
  readonly cum: bigint;
  readonly timeMs: number;
  readonly expiryReason: number;
}

export class Placement {
  readonly order: LiveOrder;
  readonly clOrdId: number;
  /** At the venue. */
  readonly name: string;
  /** ClOrdID of the order that this one replaces, 0: none. */
  readonly replaces: number;
  venueOrderId = '';
  /** Time of the gateway's world, ms, after which the venue takes no request any more that was signed when this one was. */
  validUntilMs = 0;
  /** The venue has had it. */
  isAccepted = false;
  /** The engine knows its end, or that it never was. */
  isOver = false;
  /** A replace is cancelling it: its end is not to be told for now. */
  isSuperseded = false;
  /** The venue had it, and did not know it when it was asked last. */
  isLost = false;
  /** Sum of its trades that were told, and of those the venue counts. */
  cum = 0n;
  statedCum = 0n;
  end: End | null = null;
  /** Whole quantity and price that it stands for, where it replaces. */
  newQty: bigint;
  newPrice: string;
  /** Trades up to this number were told, of an order that was over before. */
  private toldUpTo = -1;
  private readonly trades = new Set<number>();

  constructor(order: LiveOrder, clOrdId: number, name: string, replaces: number) {
    this.order = order;
    this.clOrdId = clOrdId;
    this.name = name;
    this.replaces = replaces;
    this.newQty = order.qty;
    this.newPrice = order.price;
  }

  /** Highest number of a trade that was told, -1: none was. */
  get lastTradeId(): number {
    let last = this.toldUpTo;
    for (const tradeId of this.trades) if (tradeId > last) last = tradeId;
    return last;
  }

  /** It stands as it did when it ended. */
  endedBefore({ venueOrderId, cum, isAccepted, lastTradeId }: EndedState): void {
    this.venueOrderId = venueOrderId;
    this.isOver = true;
    this.isAccepted = isAccepted;
    this.cum = cum;
    this.statedCum = cum;
    this.toldUpTo = lastTradeId;
  }

  /** The venue counts trades that were not told. */
  get missesTrades(): boolean {
    return this.cum < this.statedCum;
  }

  /** Takes what the venue says in; tells what is new. True where a trade was. */
  take(fact: OrderFact, teller: Teller): boolean {
    this.isLost = false;
    if (fact.venueOrderId !== '') this.venueOrderId = fact.venueOrderId;
    if (this.order.isAdopted && !this.isAccepted) this.adopt(fact);
    if (fact.status === 'REJECTED') {
      this.refuse(RejectCode.VenueRefused, fact.timeMs, teller);
      return false;
    }
    this.accept(fact.timeMs, teller);
    let isNew = false;
    for (const trade of fact.trades) isNew = this.takeTrade(trade, teller) || isNew;
    const cum = exact(fact.cum);
    if (cum > this.statedCum) this.statedCum = cum;
    if (isFinal(fact.status) && this.end === null) {
      this.end = { status: fact.status, cum, timeMs: fact.timeMs, expiryReason: fact.expiryReason };
    }
    this.tellEnd(teller);
    return isNew;
  }

  /** The whole quantity is known to the engine alone; what it is more than the venue's was executed in placements before. */
  private adopt(fact: OrderFact): void {
    const { order } = this;
    const qty = exact(fact.qty);
    if (order.qty > qty) order.base = order.qty - qty;
    else order.qty = qty;
    order.price = fact.price;
    order.toldCum = order.base;
    this.newQty = order.qty;
    this.newPrice = fact.price;
  }

  accept(timeMs: number, teller: Teller): void {
    if (this.isAccepted) return;
    this.isAccepted = true;
    const { order } = this;
    if (this.replaces === 0) {
      teller.tell(order.listing, {
        execType: ExecType.New,
        clOrdId: this.clOrdId,
        cum: '0',
        leaves: exactText(order.qty),
        orderQty: exactText(order.qty),
        price: order.price,
        timeMs,
      });
      return;
    }
    order.qty = this.newQty;
    order.price = this.newPrice;
    this.tellReplaced(timeMs, teller);
  }

  /** The whole quantity was executed already: nothing is left to be placed. */
  tellReplaced(timeMs: number, teller: Teller): void {
    const { order } = this;
    teller.tell(order.listing, {
      execType: ExecType.Replaced,
      clOrdId: this.clOrdId,
      origClOrdId: this.replaces,
      cum: exactText(order.base),
      leaves: exactText(this.newQty - order.base),
      orderQty: exactText(this.newQty > order.base ? this.newQty : order.base),
      price: this.newPrice,
      timeMs,
    });
  }

  /** True where it was not told before. */
  takeTrade(trade: TradeFact, teller: Teller): boolean {
    if (trade.tradeId <= this.toldUpTo || this.trades.has(trade.tradeId)) return false;
    this.trades.add(trade.tradeId);
    this.accept(trade.timeMs, teller);
    const { order } = this;
    const qty = exact(trade.qty);
    this.cum += qty;
    if (this.cum > this.statedCum) this.statedCum = this.cum;
    order.toldCum += qty;
    teller.tell(order.listing, {
      execType: ExecType.Trade,
      clOrdId: this.clOrdId,
      cum: exactText(order.toldCum),
      leaves: exactText(order.qty - order.toldCum),
      timeMs: trade.timeMs,
      trade,
    });
    return true;
  }

  /** Tells the end, once it is known and every trade that it counts was told. A filled order ends by its trades. */
  tellEnd(teller: Teller): void {
    const { end, order } = this;
    if (end === null || this.isOver || this.isSuperseded || this.cum < end.cum) return;
    this.isOver = true;
    if (end.status === 'FILLED') return;
    const isCancel = end.status === 'CANCELED' || end.status === 'PENDING_CANCEL';
    const answers = isCancel && order.cancelId !== 0;
    teller.tell(order.listing, {
      execType: isCancel ? ExecType.Canceled : ExecType.Expired,
      clOrdId: answers ? order.cancelId : this.clOrdId,
      origClOrdId: answers ? this.clOrdId : 0,
      cum: exactText(order.base + end.cum),
      rejectCode: reasonOf(end, this.cum, order.terms),
      timeMs: end.timeMs,
    });
    if (answers) order.cancelId = 0;
  }

  /** Its cancel was refused: it stands as it was, or had ended before. */
  tellCancelRejected(cancelId: number, code: number, teller: Teller): void {
    if (cancelId === 0) return;
    teller.tell(this.order.listing, {
      execType: ExecType.CancelRejected,
      clOrdId: cancelId,
      origClOrdId: this.clOrdId,
      rejectCode: code,
      cum: exactText(this.order.toldCum),
      timeMs: 0,
    });
  }

  /** The venue refused it, or never had it. */
  refuse(code: number, timeMs: number, teller: Teller): void {
    if (this.isOver || this.isAccepted) return;
    this.isOver = true;
    teller.tell(this.order.listing, {
      execType: this.replaces === 0 ? ExecType.Rejected : ExecType.ReplaceRejected,
      clOrdId: this.clOrdId,
      origClOrdId: this.replaces,
      rejectCode: code,
      cum: this.replaces === 0 ? '0' : exactText(this.order.toldCum),
      timeMs,
    });
  }
}

function isFinal(status: string): boolean {
  return status === 'CANCELED' || status === 'FILLED' || status.startsWith('EXPIRED');
}

/** The futures' expiry reasons 1 and 3, and a status of spot's, are self-trade prevention. */
function reasonOf(end: End, cum: bigint, terms: OrderTerms | null): number {
  if (end.status === 'EXPIRED_IN_MATCH' || end.expiryReason === 1 || end.expiryReason === 3) {
    return RejectCode.VenueSelfTrade;
  }
  if (end.status !== 'EXPIRED' || cum !== 0n || terms === null) return RejectCode.None;
  if ((terms.flags & OrderFlag.PostOnly) !== 0) return RejectCode.VenueWouldTake;
  return terms.timeInForce === TimeInForce.Fok ? RejectCode.VenueNotFilled : RejectCode.VenueNoLiquidity;
}
