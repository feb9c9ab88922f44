/**
 * New, cancel, replace: what is asked of the venue, and what is made of its answer. A request whose answer did not come is
 * unknown: the order is asked for until the venue knows it, or until it can't come to know it any more (it refuses what is
 * older than recvWindow). Nothing that may have been done is asked for twice; only questions are.
 */
import { RejectCode } from '../../core/order.ts';
import { exact } from '../exact.ts';
import { type Listing, priceText, qtyText } from '../listings.ts';
import type { OrderTerms } from '../order-terms.ts';
import type { Teller } from '../teller.ts';
import { type GatewayWorld, sleep } from '../world.ts';
import type { Answer } from './answer.ts';
import { type BinanceMarket, orderParams } from './dialect.ts';
import { isObject, objects, orderAnswer, tradeAnswer } from './facts.ts';
import { LiveOrder, type Placement } from './live-order.ts';
import type { LiveOrders } from './live-orders.ts';
import { NO_SUCH_ORDER, rejectCodeOf, Verdict, verdictOf } from './refusals.ts';
import type { BinanceSession } from './session.ts';
import type { Params } from './signing.ts';

/** An order that was archived long ago, without a trade. */
const ARCHIVED = -2026;
/** Questions to one answer, before it is looked whether the session goes on. */
const ASK_MS = 1_000;
/** A state that could not be found out for so long is told as Unknown; it is asked for all the same. */
const TELL_UNKNOWN_MS = 10_000;
/** Trades that the venue counts and that no event told are asked for after this. */
const TRADES_LATE_MS = 250;
const CANCEL_ATTEMPTS = 3;

export class OrderFlows {
  private readonly session: BinanceSession;
  private readonly market: BinanceMarket;
  private readonly orders: LiveOrders;
  private readonly teller: Teller;
  private readonly world: GatewayWorld;
  private readonly fetching = new Set<Placement>();
  private isStopped = false;

  constructor(session: BinanceSession, market: BinanceMarket, orders: LiveOrders, teller: Teller) {
    this.session = session;
    this.world = session.world;
    this.market = market;
    this.orders = orders;
    this.teller = teller;
  }

  /** Nothing is asked for any more, and nothing told. */
  stop(): void {
    this.isStopped = true;
  }

  async place(listing: Listing, terms: OrderTerms, clOrdId: number, qtyLots: number): Promise<void> {
    const name = this.orders.nameOf(clOrdId);
    const price = priceText(listing, terms.priceTicks);
    const qty = qtyText(listing, qtyLots);
    const order = new LiveOrder(listing, terms, clOrdId, name, exact(qty), price);
    this.orders.add(order);
    const params = orderParams(this.market, listing, terms, qtyLots, name);
    if (params === null) return order.current.refuse(RejectCode.VenueUnsupported, 0, this.teller);
    this.orders.beginRequest(order);
    try {
      await (order.queue = this.send(order.current, params));
    } finally {
      this.orders.endRequest(order);
    }
  }

  /** Cancels the order; its answer is told under `cancelId`, or, where that is 0, as if the venue had done it by itself. */
  async cancel(order: LiveOrder, cancelId: number): Promise<void> {
    const placement = order.current;
    if (placement.isOver) return this.refuseCancel(order, cancelId, RejectCode.VenueTooLate);
    order.cancelId = cancelId;
    const answer = await this.askCancel(placement, cancelId);
    if (answer.ok) {
      this.takeOrder(answer.result);
      return;
    }
    const isUnknown = answer.wasSent && verdictOf(answer.error) === Verdict.Unknown;
    if (isUnknown) await this.resolveCancel(placement);
    else if (answer.wasSent) await this.resolve(placement); // why was it refused?
    if (order.cancelId === 0 || this.isStopped) return; // it was cancelled, and told so
    let code: number = isUnknown ? RejectCode.VenueRefused : rejectCodeOf(answer.error);
    if (placement.isOver) code = RejectCode.VenueTooLate;
    else if (!answer.wasSent) code = RejectCode.VenueUnreached;
    this.refuseCancel(order, cancelId, code);
  }

  /** Gives the order another quantity (the whole of it, executed part included) and price. */
  async replace(order: LiveOrder, clOrdId: number, qtyLots: number, priceTicks: number): Promise<void> {
    const old = order.current;
    const next = this.orders.replacement(order, clOrdId);
    next.newQty = exact(qtyText(order.listing, qtyLots));
    next.newPrice = priceText(order.listing, priceTicks);
    if (old.isOver) return next.refuse(RejectCode.VenueTooLate, 0, this.teller);
    if (order.terms === null) return next.refuse(RejectCode.VenueUnsupported, 0, this.teller);
    const terms = { ...order.terms, priceTicks };
    const restLots = (executed: bigint): number => qtyLots - lotsOf(order.listing, order.base + executed);
    const { cancelReplace } = this.session.operations;
    old.isSuperseded = true;
    if (cancelReplace !== null && old.cum === 0n && restLots(0n) > 0) {
      const params = orderParams(this.market, order.listing, terms, restLots(0n), next.name);
      if (params === null) return this.refuseReplace(old, next, RejectCode.VenueUnsupported);
      if (!this.session.limits.takeOrder(this.world.wallMs()))
        return this.refuseReplace(old, next, RejectCode.VenueRate);
      this.stampValidity(next);
      const answer = await this.session.call(cancelReplace, {
        ...params,
        cancelReplaceMode: 'STOP_ON_FAILURE',
        cancelRestrictions: 'ONLY_NEW', // executed meanwhile: the new quantity would be too large
        cancelOrigClientOrderId: old.name,
      });
      if (!(await this.isRestricted(old, next, answer))) return;
    }
    const answer = await this.askCancel(old, 0);
    if (answer.ok) this.takeOrder(answer.result);
    else if (answer.wasSent) await this.resolveCancel(old);
    if (this.isStopped) return;
    if (old.end?.status !== 'CANCELED') return this.refuseReplace(old, next, RejectCode.VenueTooLate);
    await this.placeRest(old, next, { ...terms }, restLots(old.end.cum));
  }

  /**
   * Asks the venue for an order until it is certain what became of it. One that the venue had acknowledged and does not know
   * any more keeps its state: nobody can say more, and it differs from what is open there.
   */
  async resolve(placement: Placement): Promise<void> {
    const sinceMs = this.world.nowMs();
    const { listing } = placement.order;
    // Answers may be behind the event that showed the order; not so much.
    const lostMs = this.session.times.recvWindowMs + this.session.times.marginMs;
    let isTold = false;
    for (let waitMs = 20; !this.isStopped; waitMs = Math.min(2 * waitMs, 500)) {
      const askedMs = this.world.nowMs();
      const params = { symbol: listing.symbol, origClientOrderId: placement.name };
      const answer = await this.session.ask(this.session.operations.status, params, ASK_MS);
      if (this.isStopped) return;
      if (answer.ok) {
        this.takeOrder(answer.result);
        await this.fetchTrades(placement);
        return;
      }
      const { code, status } = answer.error;
      if (code === NO_SUCH_ORDER || code === ARCHIVED) {
        const isKnown = placement.isAccepted; // by an event: it may have been asked too early
        if (!isKnown && askedMs > placement.validUntilMs)
          return placement.refuse(RejectCode.VenueUnknownOrder, 0, this.teller);
        if (isKnown && (placement.isLost || askedMs - sinceMs > lostMs)) {
          placement.isLost = true;
          return;
        }
      } else if (!isTold && this.world.nowMs() - sinceMs > TELL_UNKNOWN_MS) {
        isTold = true;
        this.teller.unknown(listing, placement.clOrdId, status);
      }
      await sleep(this.world, waitMs);
    }
  }

  /** As `resolve`, of an order whose cancel may still be on its way: asked for again once it can't be any more. */
  private async resolveCancel(placement: Placement): Promise<void> {
    const { recvWindowMs, marginMs } = this.session.times;
    const untilMs = this.world.nowMs() + recvWindowMs + marginMs;
    for (;;) {
      await this.resolve(placement);
      const leftMs = untilMs - this.world.nowMs();
      if (this.isStopped || placement.isOver || placement.end !== null || leftMs < 0) return;
      await sleep(this.world, Math.min(leftMs + 1, 100));
    }
  }

  /** Takes an order as an answer shows it in. */
  takeOrder(result: unknown): void {
    if (this.isStopped || !isObject(result)) return;
    const placement = this.orders.take(orderAnswer(result));
    if (placement?.missesTrades === true) this.fetchLater(placement);
  }

  /** After an event or an answer that counts trades which were not told: those are asked for, if they do not come. */
  fetchLater(placement: Placement): void {
    if (this.fetching.has(placement)) return;
    this.fetching.add(placement);
    this.world.after(TRADES_LATE_MS, () => {
      this.fetching.delete(placement);
      if (placement.missesTrades && !this.isStopped) void this.fetchTrades(placement);
    });
  }

  /** Tells every trade of an order that was not told, if the venue counts any. */
  async fetchTrades(placement: Placement): Promise<void> {
    const { listing } = placement.order;
    for (let waitMs = 20; placement.missesTrades && !this.isStopped; waitMs = Math.min(2 * waitMs, 1_000)) {
      const params = { symbol: listing.symbol, orderId: placement.venueOrderId };
      const answer = await this.session.ask(this.session.operations.trades, params, ASK_MS);
      if (this.isStopped) return;
      if (answer.ok) for (const row of objects(answer.result)) this.orders.takeTrade(listing, tradeAnswer(row));
      if (placement.missesTrades) await sleep(this.world, waitMs);
    }
  }

  private stampValidity(placement: Placement): void {
    const { recvWindowMs, marginMs } = this.session.times;
    placement.validUntilMs = this.world.nowMs() + recvWindowMs + marginMs;
  }

  /** Sends a placement, once. */
  private async send(placement: Placement, params: Params): Promise<void> {
    const { session, teller } = this;
    if (!session.limits.takeOrder(this.world.wallMs())) return placement.refuse(RejectCode.VenueRate, 0, teller);
    this.stampValidity(placement);
    const answer = await session.call(session.operations.place, params);
    if (this.isStopped) return;
    if (answer.ok) this.takeOrder(answer.result);
    else if (!answer.wasSent) placement.refuse(RejectCode.VenueUnreached, 0, teller);
    else if (verdictOf(answer.error) === Verdict.Unknown) await this.resolve(placement);
    else placement.refuse(rejectCodeOf(answer.error), 0, teller);
  }

  /** A cancel may be asked for again where it was refused for its time or its rate: nothing was done then. */
  private async askCancel(placement: Placement, cancelId: number): Promise<Answer> {
    const { session } = this;
    const params: Record<string, string> = {
      symbol: placement.order.listing.symbol,
      origClientOrderId: placement.name,
    };
    if (this.market === 'spot' && cancelId !== 0) params.newClientOrderId = this.orders.nameOf(cancelId);
    for (let attempt = 1; ; attempt++) {
      await session.pause();
      const answer = await session.call(session.operations.cancel, params);
      if (answer.ok || attempt === CANCEL_ATTEMPTS || this.isStopped) return answer;
      const verdict = verdictOf(answer.error);
      if (verdict === Verdict.Clock) await session.readClock();
      else if (verdict !== Verdict.Rate) return answer;
    }
  }

  private refuseCancel(order: LiveOrder, cancelId: number, code: number): void {
    order.cancelId = 0;
    order.current.tellCancelRejected(cancelId, code, this.teller);
  }

  /** The old order stands, or its end is told now. */
  private refuseReplace(old: Placement, next: Placement, code: number): void {
    old.isSuperseded = false;
    next.refuse(code, 0, this.teller);
    old.tellEnd(this.teller);
    if (old.missesTrades) this.fetchLater(old);
  }

  /**
   * What cancelReplace led to. True where nothing happened because the order had executed something: it is to be done in two
   * steps then.
   */
  private async isRestricted(old: Placement, next: Placement, answer: Answer): Promise<boolean> {
    if (this.isStopped) return false;
    const data = answer.ok ? answer.result : answer.data;
    const { cancelResult, cancelResponse, newOrderResponse } = isObject(data) ? data : ({} as Record<string, unknown>);
    if (answer.ok) {
      this.takeOrder(cancelResponse);
      this.succeed(old, next);
      this.takeOrder(newOrderResponse);
      return false;
    }
    if (answer.wasSent && verdictOf(answer.error) === Verdict.Unknown) {
      await this.resolve(next);
      if (next.isAccepted) {
        await this.resolve(old);
        this.succeed(old, next);
      } else if (!this.isStopped) {
        old.isSuperseded = false;
        await this.resolve(old);
      }
      return false;
    }
    if (cancelResult === 'SUCCESS') {
      this.takeOrder(cancelResponse);
      this.refuseReplace(old, next, errorCode(newOrderResponse));
      return false;
    }
    const text = isObject(cancelResponse) ? String(cancelResponse.msg ?? '') : '';
    if (/restrictions/i.test(text)) return true;
    this.refuseReplace(old, next, answer.wasSent ? rejectCodeOf(answer.error) : RejectCode.VenueUnreached);
    if (answer.wasSent) await this.resolve(old);
    return false;
  }

  /** The new placement is the order from now on. */
  private succeed(old: Placement, next: Placement): void {
    const { order } = old;
    if (order.current === next) return;
    order.base += old.statedCum;
    old.isOver = true;
    order.current = next;
    if (old.missesTrades) this.fetchLater(old);
  }

  private async placeRest(old: Placement, next: Placement, terms: OrderTerms, lots: number): Promise<void> {
    const { listing } = old.order;
    if (lots <= 0) {
      await this.fetchTrades(old);
      this.succeed(old, next);
      next.isOver = true;
      next.tellReplaced(old.end?.timeMs ?? 0, this.teller);
      return;
    }
    const params = orderParams(this.market, listing, terms, lots, next.name);
    this.succeed(old, next);
    if (params === null) next.refuse(RejectCode.VenueUnsupported, 0, this.teller);
    else await this.send(next, params);
    if (next.isAccepted || this.isStopped) return;
    // The order was cancelled for it: that is its end.
    old.order.base -= old.statedCum;
    old.order.current = old;
    old.isOver = false;
    old.isSuperseded = false;
    old.tellEnd(this.teller);
    if (old.missesTrades) this.fetchLater(old);
  }
}

function errorCode(response: unknown): number {
  const { code, msg } = isObject(response) ? response : { code: 0, msg: '' };
  return rejectCodeOf({ status: 400, code: Number(code), text: String(msg ?? ''), retryAtMs: 0 });
}

/** A sum of the venue's quantities in lots; what needs more decimals than the engine has counts as a whole lot more. */
function lotsOf(listing: Listing, value: bigint): number {
  const lot = 10n ** BigInt(12 - listing.qtyDecimals);
  return Number((value + lot - 1n) / lot);
}
