/** What an account can pay for. */
import { OrderSide } from '../core/order.ts';
import type { Account } from './accounts.ts';
import type { Market } from './market.ts';
import type { Refusal } from './orders.ts';
import { reach } from './reach.ts';
import { heldAsset, neededFor } from './settlement.ts';

/** Ledger units of quote that the account can still put into orders of the market: free, less the margin of its positions. */
function available(account: Account, market: Market): bigint {
  const { listing } = market;
  const free = account.balance(listing.quote).free;
  if (listing.kind === 'spot') return free;
  let margin = 0n;
  for (const [held, position] of account.positions) {
    const entered = position.entryNotional < 0n ? -position.entryNotional : position.entryNotional;
    if (held.listing.quote === listing.quote) margin += entered / BigInt(held.listing.leverage);
  }
  return free - margin;
}

/** Lots that an order of the side could close of the account's position. */
export function reducible(account: Account, market: Market, side: OrderSide): number {
  const lots = account.positions.get(market)?.lots ?? 0;
  return Math.max(0, side === OrderSide.Buy ? -lots : lots);
}

/** Whether the account can put `amount` into an order of so many lots. */
export function canHold(account: Account, market: Market, side: OrderSide, amount: bigint, lots: number): boolean {
  if (market.listing.kind === 'spot') return account.balance(heldAsset(market, side)).free >= amount;
  if (available(account, market) >= amount) return true;
  // Closing a position needs no margin beyond what the balance can hold for the time that the order rests.
  return reducible(account, market, side) >= lots && account.balance(market.listing.quote).free >= amount;
}

/** A market order holds nothing: it must be able to pay for what it would trade now. */
export function refusalOfMarket(account: Account, market: Market, side: OrderSide, lots: number): Refusal | null {
  const met = reach(market, side, 0, lots, () => false);
  if (met.lots === 0) return 'no-liquidity';
  const needed = neededFor(market, side, met.tickLots, met.lots);
  return canHold(account, market, side, needed, lots) ? null : 'insufficient-balance';
}
