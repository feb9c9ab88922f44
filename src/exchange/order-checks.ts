/** What an order request is refused for by itself, whatever the book and the account hold. */
import { OrderSide, OrdType, TimeInForce } from '../core/order.ts';
import { isStop, type OrderRequest, type Refusal } from './orders.ts';
import { notionalOf } from './settlement.ts';

export function refusalOf(request: OrderRequest, nowUs: number): Refusal | null {
  const { side, type, timeInForce, market } = request;
  if (side !== OrderSide.Buy && side !== OrderSide.Sell) return 'bad-request';
  if (!(type >= OrdType.Limit && type <= OrdType.StopLimit)) return 'bad-request';
  if (!(timeInForce >= TimeInForce.Day && timeInForce <= TimeInForce.Gtd)) return 'bad-request';
  const hasPrice = type === OrdType.Limit || type === OrdType.StopLimit;
  const isImmediate = timeInForce === TimeInForce.Ioc || timeInForce === TimeInForce.Fok;
  if (request.postOnly === true && (!hasPrice || isImmediate)) return 'bad-request';
  if (request.reduceOnly === true && market.listing.kind !== 'perpetual') return 'bad-request';
  if (timeInForce === TimeInForce.Gtd && !((request.expireUs ?? 0) > nowUs)) return 'expired';
  const qty = refusalOfQty(request);
  if (qty !== null) return qty;
  if (isStop(type)) {
    const trigger = refusalOfPrice(request, request.triggerTicks ?? 0);
    if (trigger !== null) return trigger;
  }
  return hasPrice ? refusalOfTerms(request, request.priceTicks, request.lots) : null;
}

/** Of a price and a quantity together: for new orders and for replaced ones. */
export function refusalOfTerms(request: OrderRequest, priceTicks: number, lots: number): Refusal | null {
  const price = refusalOfPrice(request, priceTicks);
  if (price !== null) return price;
  const notional = notionalOf(request.market, BigInt(priceTicks) * BigInt(lots));
  return notional < request.market.listing.minNotional ? 'notional' : null;
}

export function refusalOfLots(request: OrderRequest, lots: number): Refusal | null {
  const { lotStep, minLots, maxLots } = request.market.listing;
  if (!Number.isSafeInteger(lots) || lots <= 0) return 'qty-range';
  if (lots % lotStep !== 0) return 'qty-step';
  return lots < minLots || lots > maxLots ? 'qty-range' : null;
}

function refusalOfQty(request: OrderRequest): Refusal | null {
  const refusal = refusalOfLots(request, request.lots);
  if (refusal !== null) return refusal;
  const display = request.displayLots ?? 0;
  if (display === 0) return null;
  const isPart = Number.isSafeInteger(display) && display > 0 && display <= request.lots;
  return isPart && display % request.market.listing.lotStep === 0 ? null : 'display';
}

function refusalOfPrice(request: OrderRequest, priceTicks: number): Refusal | null {
  const { tickStep, maxPriceTicks } = request.market.listing;
  if (!Number.isSafeInteger(priceTicks) || priceTicks <= 0 || priceTicks > maxPriceTicks) return 'price-range';
  return priceTicks % tickStep === 0 ? null : 'price-step';
}
