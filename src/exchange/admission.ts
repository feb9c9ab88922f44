/** What the account and the book say against an order request that is right by itself (order-checks.ts). */
import { OrderSide, OrdType } from '../core/order.ts';
import type { Account } from './accounts.ts';
import { canHold, reducible, refusalOfMarket } from './funds.ts';
import type { Market } from './market.ts';
import { isStop, type OrderRequest, type Refusal } from './orders.ts';
import { heldFor } from './settlement.ts';

export function refusalNow(account: Account, request: OrderRequest): Refusal | null {
  const { market, side, type } = request;
  if (request.clientOrderId !== '' && account.openByClient(market, request.clientOrderId) !== undefined) {
    return 'duplicate-client-id';
  }
  const reduces = reducible(account, market, side) >= request.lots;
  if (request.reduceOnly === true && !reduces) return 'reduce-only';
  const trigger = request.triggerTicks ?? 0;
  const last = market.lastPriceTicks;
  if (isStop(type) && (side === OrderSide.Buy ? last >= trigger : last <= trigger)) return 'would-trigger';
  if (type === OrdType.Stop) return null; // looked at when it acts
  if (type === OrdType.Market) return refusalOfMarket(account, market, side, request.lots);
  if (request.postOnly === true && type === OrdType.Limit && wouldTake(market, side, request.priceTicks))
    return 'would-take';
  const held = heldFor(market, side, request.priceTicks, request.lots);
  return canHold(account, market, side, held, request.lots) ? null : 'insufficient-balance';
}

/** Whether a limit order would meet the other side's touch. */
export function wouldTake(market: Market, side: OrderSide, priceTicks: number): boolean {
  return side === OrderSide.Buy ? priceTicks >= market.bestAskTicks : priceTicks <= market.bestBidTicks;
}
