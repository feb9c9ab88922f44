/**
 * The price that orders are compared with: the touch of the instrument's book. It must be there, not crossed, of a book
 * that can be trusted, and not too old (confirmed by a change of the touch or a trade); then come the collars.
 */
import type { Books } from '../book/books.ts';
import { OrderSide, OrdType, RejectCode } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import { widened } from '../core/widened.ts';
import { Check, type Request } from './checks.ts';
import { COLLAR_MILLIONTHS, COLLAR_TICKS, MAX_AGE_NS } from './exposure-rows.ts';
import { hasLimit, isStop } from './fields.ts';
import { AGE, COLLAR, COLLAR_PERCENT, NOT_BOUND } from './limit-vectors.ts';
import { type Limits, MILLION } from './limits.ts';

const NONE = Number.POSITIVE_INFINITY;
/** So far apart that two products of float64 compare as the exact ones do; each is off by less than 2^-53 of itself. */
const CLEARLY = 1 - 2 ** -50;

/**
 * The most a lot of an order may be worth: a limit buy's limit; of a sell its limit, or the market where that is higher;
 * without a limit the market. `inForce` and `asked`: limits now and in a pending replace (equal without one), 0 or NaN =
 * none.
 */
export function worstWorthTicks(
  side: number,
  type: number,
  inForce: number,
  asked: number,
  marketTicks: number,
): number {
  if (type === OrdType.Market || type === OrdType.Stop) return marketTicks;
  const higher = asked > inForce ? asked : inForce;
  const isBounded = type !== OrdType.Pegged || (inForce > 0 && asked > 0);
  if (isBounded && side === OrderSide.Buy) return higher;
  return higher > marketTicks ? higher : marketTicks;
}

/** Which of a request's prices is compared. */
const Priced = { Limit: 0, Trigger: 1, Peg: 2 } as const;

export class Reference {
  private readonly books: Books;
  private readonly limits: Limits;
  /** When the instrument's prices were last confirmed. */
  private seenNs = new Float64Array(16).fill(-1);
  private readonly a = new Wide();
  private readonly b = new Wide();
  private readonly cells = new Float64Array(4);

  constructor(books: Books, limits: Limits) {
    this.books = books;
    this.limits = limits;
  }

  define(instrument: number): void {
    if (instrument < this.seenNs.length) return;
    this.seenNs = widened(this.seenNs, instrument + 1, -1);
  }

  /** The instrument's price was confirmed at time[0]. */
  see(instrument: number, time: Float64Array): void {
    if (instrument < this.seenNs.length) this.seenNs[instrument] = time[0];
  }

  /** Copies the touch into the request: 0 where a side is empty. */
  read(request: Request): void {
    const { ladders } = this.books;
    const bid = request.instrument * 2;
    request.bidTicks = ladders.touchQty(bid) > 0 ? ladders.touchKey(bid) : 0;
    request.askTicks = ladders.touchQty(bid + 1) > 0 ? 0 - ladders.touchKey(bid + 1) : 0;
  }

  /**
   * What positions are marked at, in half ticks: bid + ask, or the microprice 2 bid + 2 spread x bid quantity / quantity,
   * rounded to the nearest (halves up). NaN where a side is empty or the book is crossed.
   */
  markHalfTicks(instrument: number): number {
    const { ladders } = this.books;
    const bidQty = ladders.touchQty(instrument * 2);
    const askQty = ladders.touchQty(instrument * 2 + 1);
    const bid = ladders.touchKey(instrument * 2);
    const ask = 0 - ladders.touchKey(instrument * 2 + 1);
    if (bidQty === 0 || askQty === 0 || bid > ask) return Number.NaN;
    if (this.limits.isMidMark) return bid + ask;
    this.a.setProduct(2 * (ask - bid), bidQty).divideRound(bidQty + askQty);
    return 2 * bid + this.a.toNumber();
  }

  check(request: Request, f64: Float64Array, row: number): RejectCode {
    request.lastCheck = Check.Reference;
    const { bidTicks, askTicks, instrument, nowNs } = request;
    if (this.books.staleReason[instrument] !== 0) return RejectCode.StaleReference;
    const needsBid = !this.limits.isTouchCollar || request.side === OrderSide.Sell;
    const needsAsk = !this.limits.isTouchCollar || request.side === OrderSide.Buy;
    if ((needsBid && bidTicks === 0) || (needsAsk && askTicks === 0)) return RejectCode.NoReference;
    if (bidTicks > askTicks && askTicks !== 0) return RejectCode.CrossedReference;
    const ageNs = this.seenNs[instrument] < 0 ? NONE : nowNs - this.seenNs[instrument];
    const maxAgeNs = f64[row + MAX_AGE_NS];
    if (maxAgeNs === NONE) return RejectCode.None;
    return request.within(Check.Reference, ageNs, maxAgeNs) ? RejectCode.None : RejectCode.StaleReference;
  }

  /**
   * What the checks of a limit order against the touch compare, by place. False where there is no reference, or the price is
   * beyond the collar or within rounding of it.
   */
  readValues(request: Request, f64: Float64Array, row: number, values: Float64Array): boolean {
    const { bidTicks, askTicks, instrument } = request;
    const seenNs = this.seenNs[instrument];
    if (this.books.staleReason[instrument] !== 0 || seenNs < 0) return false;
    if (bidTicks === 0 || askTicks === 0 || bidTicks > askTicks) return false;
    values[AGE] = request.nowNs - seenNs;
    const touch = request.side === OrderSide.Buy ? askTicks : bidTicks;
    const twice = this.limits.isTouchCollar ? touch * 2 : bidTicks + askTicks;
    const off = Math.abs(request.priceTicks * 2 - twice);
    values[COLLAR] = off / 2;
    values[COLLAR_PERCENT] = NOT_BOUND;
    const millionths = f64[row + COLLAR_MILLIONTHS];
    if (millionths === NONE) return true;
    if (!(off * MILLION <= twice * millionths * CLEARLY)) return false;
    const value = (off / twice) * 100;
    const limit = millionths / 10_000;
    values[COLLAR_PERCENT] = value < limit ? value : limit;
    return true;
  }

  /** Orders with a limit price (and the triggers of stops): how far from the reference they may be. */
  checkCollars(request: Request, f64: Float64Array, row: number): RejectCode {
    const limit = hasLimit(request.type, request.priceTicks)
      ? this.checkPrice(request, f64, row, Priced.Limit)
      : RejectCode.None;
    if (limit === RejectCode.None && request.type === OrdType.Pegged) return this.checkPeg(request, f64, row);
    if (limit !== RejectCode.None || !isStop(request.type) || request.isReplace) return limit;
    return this.checkPrice(request, f64, row, Priced.Trigger);
  }

  /** A peg that is far from the market, or beyond zero, by its offset: as it stands now, and its limit apart. */
  private checkPeg(request: Request, f64: Float64Array, row: number): RejectCode {
    if (Number.isNaN(request.pegTicks)) return RejectCode.None;
    request.lastCheck = Check.CollarPercent;
    if (!(request.pegTicks > 0)) return RejectCode.BadPrice;
    return this.checkPrice(request, f64, row, Priced.Peg);
  }

  /**
   * Sets what a lot is worth at most, and by the market as far as its limit does not say: the touch it would trade with; of
   * a market order the trigger (a stop's) where that is higher, widened by the collar if it buys.
   */
  setMarket(request: Request, f64: Float64Array, row: number): void {
    const { side, type, stopTicks } = request;
    let price = side === OrderSide.Buy ? request.askTicks : request.bidTicks;
    if (type === OrdType.Stop && stopTicks > price) price = stopTicks;
    const isWidened = (type === OrdType.Market || type === OrdType.Stop) && side === OrderSide.Buy;
    if (isWidened && f64[row + COLLAR_MILLIONTHS] !== NONE) {
      this.a.setProduct(price, f64[row + COLLAR_MILLIONTHS]).divideCeil(MILLION);
      price += this.a.toNumber();
    }
    request.marketTicks = price;
    request.riskPriceTicks = worstWorthTicks(side, type, request.inForceTicks, request.priceTicks, price);
  }

  /** |2 price - 2 reference| x 1,000,000 <= 2 reference x millionths, and |2 price - 2 reference| <= 2 ticks: exactly. */
  private checkPrice(request: Request, f64: Float64Array, row: number, which: number): RejectCode {
    let { priceTicks } = request;
    if (which === Priced.Trigger) priceTicks = request.stopTicks;
    else if (which === Priced.Peg) priceTicks = request.pegTicks;
    const { bidTicks, askTicks } = request;
    const touch = request.side === OrderSide.Buy ? askTicks : bidTicks;
    const twice = this.limits.isTouchCollar ? touch * 2 : bidTicks + askTicks;
    const off = Math.abs(priceTicks * 2 - twice);
    const millionths = f64[row + COLLAR_MILLIONTHS];
    request.lastCheck = Check.CollarPercent;
    if (millionths !== NONE) {
      const { cells } = this;
      cells[0] = twice;
      cells[1] = millionths;
      cells[2] = off;
      cells[3] = MILLION;
      const isBeyond = this.a.setProductAt(cells, 2).compareTo(this.b.setProductAt(cells, 0)) > 0;
      const value = (off / twice) * 100;
      const limit = millionths / 10_000;
      // The figures are rounded, the comparison is not: what is reported must not contradict it.
      if (isBeyond) request.fail(value > limit ? value : limit, limit);
      else request.within(Check.CollarPercent, value < limit ? value : limit, limit);
      if (isBeyond) return RejectCode.CollarPercent;
    }
    request.lastCheck = Check.CollarTicks;
    const isNear = request.within(Check.CollarTicks, off / 2, f64[row + COLLAR_TICKS]);
    return isNear ? RejectCode.None : RejectCode.CollarTicks;
  }
}
