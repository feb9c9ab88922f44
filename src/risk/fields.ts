/** Whether a request makes sense by itself: sides, quantities, prices, types and their combinations. */
import type { InstrumentTerms } from '../core/instrument-terms.ts';
import { OrderFlag, OrderSide, OrdType, PegType, RejectCode, TimeInForce } from '../core/order.ts';
import { TWO_53 } from '../core/wide.ts';
import type { Orders } from '../oms/orders.ts';

const KNOWN_FLAGS = OrderFlag.PostOnly | OrderFlag.ReduceOnly;

/** A new order, all of its fields. `terms`: of its instrument. */
export function checkFields(orders: Orders, orderId: number, terms: InstrumentTerms, nowNs: number): RejectCode {
  const side = orders.side[orderId];
  if (side !== OrderSide.Buy && side !== OrderSide.Sell) return RejectCode.BadSide;
  const type = orders.type[orderId];
  const code = checkCombination(orders, orderId, type, orders.timeInForce[orderId], nowNs);
  if (code !== RejectCode.None) return code;
  const qty = checkQty(orders.qtyLots[orderId], orders.displayQtyLots[orderId], terms.lotLots);
  if (qty !== RejectCode.None) return qty;
  const price = checkPrice(type, orders.priceTicks[orderId], terms.tickTicks);
  if (price !== RejectCode.None) return price;
  if (isStop(type)) return checkTicks(orders.stopPriceTicks[orderId], terms.tickTicks);
  if (type !== OrdType.Pegged) return RejectCode.None;
  const offset = orders.pegOffsetTicks[orderId];
  if (!Number.isSafeInteger(offset)) return RejectCode.BadPrice;
  return isMultiple(Math.abs(offset), terms.tickTicks) ? RejectCode.None : RejectCode.OffTick;
}

/** The new quantity (of the whole order) and price of a replace. */
export function checkReplacement(
  orders: Orders,
  orderId: number,
  qtyLots: number,
  priceTicks: number,
  terms: InstrumentTerms,
): RejectCode {
  const display = orders.displayQtyLots[orderId];
  const qty = checkQty(qtyLots, display > qtyLots ? qtyLots : display, terms.lotLots);
  if (qty !== RejectCode.None) return qty;
  if (qtyLots <= orders.cumQtyLots[orderId]) return RejectCode.BadQty;
  return checkPrice(orders.type[orderId], priceTicks, terms.tickTicks);
}

export function isStop(type: number): boolean {
  return type === OrdType.Stop || type === OrdType.StopLimit;
}

/** Limit and stop-limit always have a limit price, pegged ones may. */
export function hasLimit(type: number, priceTicks: number): boolean {
  return type === OrdType.Limit || type === OrdType.StopLimit || (type === OrdType.Pegged && priceTicks > 0);
}

function checkCombination(orders: Orders, orderId: number, type: number, tif: number, nowNs: number): RejectCode {
  if (!(type >= OrdType.Limit && type <= OrdType.Pegged)) return RejectCode.BadOrdType;
  if (!(tif >= TimeInForce.Day && tif <= TimeInForce.Gtd)) return RejectCode.BadTimeInForce;
  const flags = orders.flags[orderId];
  const peg = orders.peg[orderId];
  const isImmediate = tif === TimeInForce.Ioc || tif === TimeInForce.Fok;
  const hasNoPrice = type === OrdType.Market || type === OrdType.Stop;
  const isPostOnly = (flags & OrderFlag.PostOnly) !== 0;
  if ((flags & ~KNOWN_FLAGS) !== 0) return RejectCode.BadOrdType;
  if (type === OrdType.Pegged ? peg < PegType.Primary || peg > PegType.Mid : peg !== PegType.None) {
    return RejectCode.BadOrdType;
  }
  if (isPostOnly && (hasNoPrice || isImmediate)) return RejectCode.BadOrdType;
  if (!isStop(type) && orders.stopPriceTicks[orderId] !== 0) return RejectCode.BadOrdType;
  if (type !== OrdType.Pegged && orders.pegOffsetTicks[orderId] !== 0) return RejectCode.BadOrdType;
  if ((type === OrdType.Pegged || isStop(type)) && isImmediate) return RejectCode.BadTimeInForce;
  if (tif === TimeInForce.Gtd && !(orders.expireNs[orderId] > nowNs)) return RejectCode.BadTimeInForce;
  if ((isImmediate || hasNoPrice) && orders.displayQtyLots[orderId] !== 0) return RejectCode.BadDisplayQty;
  return RejectCode.None;
}

function checkQty(qtyLots: number, displayQtyLots: number, lotLots: number): RejectCode {
  if (!(qtyLots > 0 && qtyLots < TWO_53) || Math.floor(qtyLots) !== qtyLots) return RejectCode.BadQty;
  if (!isMultiple(qtyLots, lotLots)) return RejectCode.OffLot;
  if (displayQtyLots === 0) return RejectCode.None;
  const isPart = displayQtyLots >= lotLots && displayQtyLots <= qtyLots;
  if (!isPart || Math.floor(displayQtyLots) !== displayQtyLots) return RejectCode.BadDisplayQty;
  return isMultiple(displayQtyLots, lotLots) ? RejectCode.None : RejectCode.BadDisplayQty;
}

/** Market and stop orders have no price (0 or NaN); a pegged one may be without. */
function checkPrice(type: number, priceTicks: number, tickTicks: number): RejectCode {
  const isAbsent = priceTicks === 0 || Number.isNaN(priceTicks);
  if (type === OrdType.Market || type === OrdType.Stop) return isAbsent ? RejectCode.None : RejectCode.BadPrice;
  if (type === OrdType.Pegged && isAbsent) return RejectCode.None;
  return checkTicks(priceTicks, tickTicks);
}

function checkTicks(priceTicks: number, tickTicks: number): RejectCode {
  if (!(priceTicks > 0 && priceTicks < TWO_53) || Math.floor(priceTicks) !== priceTicks) return RejectCode.BadPrice;
  return isMultiple(priceTicks, tickTicks) ? RejectCode.None : RejectCode.OffTick;
}

/** Exact: the quotient of two safe integers is rounded to a whole number only when it is one. */
function isMultiple(value: number, step: number): boolean {
  if (step === 1) return true;
  const quotient = value / step;
  return Math.floor(quotient) === quotient;
}
