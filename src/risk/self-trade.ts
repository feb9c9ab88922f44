/**
 * Whether a request would trade with an open order of the same account (of any of its strategies), and what is done:
 *
 *   cancel-newest   the request is refused
 *   cancel-oldest   the open orders are cancelled first (`cancels`), the request goes
 *   cancel-both     the open orders are cancelled, the request is refused
 *   decrement       the open orders are cancelled and their quantity taken off the request (`qtyLots`), oldest first; where
 *                   nothing of the request remains it is refused, and nothing is cancelled
 *
 * An open order counts at its most aggressive price over every pending request, also while its cancel is pending. Stops
 * that were not triggered rest nowhere; post-only requests never take.
 *
 * Per account, instrument and side a price is kept that none of the open orders goes beyond. A request that does not reach
 * it is through; else O(open orders of the other side of the instrument), and the price is found anew.
 */
import { OrderFlag, OrderSide, OrdType, PegType, RejectCode } from '../core/order.ts';
import { widened } from '../core/widened.ts';
import type { OrderManager } from '../oms/order-manager.ts';
import { OrderMark, type Orders } from '../oms/orders.ts';
import { Check, type Request } from './checks.ts';
import { BUY_LOTS, HIGHEST_BUY, LOWEST_SELL, SELL_LOTS } from './exposure-rows.ts';
import { isStop } from './fields.ts';
import { SelfTrade as Mode } from './limits.ts';

/** In `prices`: of the request, of the open order looked at. */
const MINE = 0;
const OTHER = 1;
/** ... and what no open order looked at so far goes beyond. */
const BOUND = 2;

/** What self-trade prevention asks of the order manager. */
export type OpenOrders = Pick<
  OrderManager,
  'orders' | 'firstOpen' | 'nextOpen' | 'worstLeavesLots' | 'worstPriceTicks' | 'isClOrdIdUsed'
>;

/** The price of a pegged order by the touch in the request, at its most aggressive, its limit apart; NaN without a touch. */
export function pegTicksOf(orders: Orders, orderId: number, request: Request): number {
  const { bidTicks, askTicks } = request;
  if (bidTicks === 0 || askTicks === 0) return Number.NaN;
  const isBuy = orders.side[orderId] === OrderSide.Buy;
  const peg = orders.peg[orderId];
  let price = peg === PegType.Market ? (isBuy ? askTicks : bidTicks) : isBuy ? bidTicks : askTicks;
  if (peg === PegType.Mid) {
    price = isBuy ? Math.ceil((bidTicks + askTicks) / 2) : Math.floor((bidTicks + askTicks) / 2);
  }
  return price + (isBuy ? -orders.pegOffsetTicks[orderId] : orders.pegOffsetTicks[orderId]);
}

export class SelfTradePrevention {
  /** Open orders to cancel before the request leaves (or although it was refused). */
  cancels = new Float64Array(64);
  cancelCount = 0;
  /** The quantity the request may leave with. */
  qtyLots = 0;
  private readonly prices = new Float64Array(3);
  private readonly oms: OpenOrders;

  constructor(oms: OpenOrders) {
    this.oms = oms;
  }

  begin(request: Request): void {
    this.cancelCount = 0;
    this.qtyLots = request.qtyLots;
  }

  /** `row`: of the account in the instrument (exposure-rows.ts), in `rows`. */
  check(request: Request, mode: number, rows: Float64Array, row: number): RejectCode {
    request.lastCheck = Check.SelfTrade;
    const { orders } = this.oms;
    const { orderId, instrument, side, type, priceTicks } = request;
    const isBuy = side === OrderSide.Buy;
    const openLots = rows[row + (isBuy ? SELL_LOTS : BUY_LOTS)];
    const bound = row + (isBuy ? LOWEST_SELL : HIGHEST_BUY);
    if (type === OrdType.Limit && (isBuy ? priceTicks < rows[bound] : priceTicks > rows[bound])) {
      return RejectCode.None;
    }
    if (mode === Mode.Off || openLots === 0 || (orders.flags[orderId] & OrderFlag.PostOnly) !== 0)
      return RejectCode.None;
    const isResting = isStop(type) && (orders.marks[orderId] & OrderMark.Triggered) === 0;
    if (isResting) return RejectCode.None;
    this.setPrice(MINE, request, orderId, request.priceTicks);
    let overlap = 0;
    this.resetBound(isBuy);
    for (let open = this.oms.firstOpen(instrument, 3 - side); open !== 0; open = this.oms.nextOpen(open)) {
      const lots = this.oms.worstLeavesLots(open);
      if (lots === 0 || orders.account[open] !== request.account || !this.crosses(request, open)) continue;
      if (mode === Mode.CancelNewest) return this.refuse(request);
      if (orders.cancelClOrdId[open] === 0) this.addCancel(open);
      overlap += lots;
    }
    if (overlap === 0) rows[bound] = this.prices[BOUND];
    if (overlap === 0 || mode === Mode.CancelOldest) return RejectCode.None;
    if (mode === Mode.CancelBoth) return this.refuse(request);
    const left = request.qtyLots - overlap;
    if (left <= orders.cumQtyLots[orderId]) {
      this.cancelCount = 0;
      return this.refuse(request);
    }
    this.qtyLots = left;
    return RejectCode.None;
  }

  /** An open order of the account, whose row this is, may trade at these prices; to be said before it is counted. */
  bound(f64: Float64Array, row: number, side: number, type: number, inForceTicks: number, askedTicks: number): void {
    const isLimit = type === OrdType.Limit; // pegs and triggered stops may trade anywhere
    if (side === OrderSide.Buy) {
      const price = isLimit ? (askedTicks > inForceTicks ? askedTicks : inForceTicks) : Number.POSITIVE_INFINITY;
      if (f64[row + BUY_LOTS] === 0 || price > f64[row + HIGHEST_BUY]) f64[row + HIGHEST_BUY] = price;
    } else {
      const price = isLimit ? (askedTicks < inForceTicks ? askedTicks : inForceTicks) : 0;
      if (f64[row + SELL_LOTS] === 0 || price < f64[row + LOWEST_SELL]) f64[row + LOWEST_SELL] = price;
    }
  }

  private refuse(request: Request): RejectCode {
    request.fail(this.prices[OTHER], this.prices[MINE]);
    return RejectCode.SelfTrade;
  }

  private crosses(request: Request, open: number): boolean {
    const { orders } = this.oms;
    const { prices } = this;
    if (isStop(orders.type[open]) && (orders.marks[open] & OrderMark.Triggered) === 0) return false;
    const isBuy = request.side === OrderSide.Buy;
    if (orders.type[open] === OrdType.Limit) {
      prices[OTHER] = this.oms.worstPriceTicks(open);
      if (isBuy ? prices[OTHER] < prices[BOUND] : prices[OTHER] > prices[BOUND]) prices[BOUND] = prices[OTHER];
    } else {
      this.setPrice(OTHER, request, open, this.oms.worstPriceTicks(open));
      prices[BOUND] = isBuy ? 0 : Number.POSITIVE_INFINITY; // it trades elsewhere when the touch moves
    }
    return isBuy ? prices[MINE] >= prices[OTHER] : prices[MINE] <= prices[OTHER];
  }

  /** What bounds the orders of the other side before any was looked at. */
  private resetBound(isBuy: boolean): void {
    this.prices[BOUND] = isBuy ? Number.POSITIVE_INFINITY : 0;
  }

  private setPrice(which: number, request: Request, orderId: number, limitTicks: number): void {
    this.prices[which] = this.priceOf(request, orderId, limitTicks);
  }

  /** The price an order trades at, at its most aggressive: of pegs by the touch as it is now, of market orders any. */
  private priceOf(request: Request, orderId: number, limitTicks: number): number {
    const { orders } = this.oms;
    const isBuy = orders.side[orderId] === OrderSide.Buy;
    const any = isBuy ? Number.POSITIVE_INFINITY : 0;
    const type = orders.type[orderId];
    if (type === OrdType.Market || type === OrdType.Stop) return any;
    if (type !== OrdType.Pegged) return limitTicks;
    const price = pegTicksOf(orders, orderId, request);
    if (Number.isNaN(price)) return limitTicks > 0 ? limitTicks : any;
    if (!(limitTicks > 0)) return price;
    return isBuy ? Math.min(price, limitTicks) : Math.max(price, limitTicks);
  }

  private addCancel(orderId: number): void {
    if (this.cancelCount === this.cancels.length) this.cancels = widened(this.cancels);
    this.cancels[this.cancelCount++] = orderId;
  }
}
