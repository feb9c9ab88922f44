/**
 * Money: what an order holds, what a fill moves. Whole ledger units throughout; commissions are rounded down.
 *
 * Spot: a buy holds price x quantity of the quote asset, a sell its quantity of the base asset; commission is taken from what is
 * received. A perpetual: an order holds its margin, notional / leverage rounded up; profit and commission go to the quote
 * asset. There is no liquidation: what a loss takes beyond the free balance is paid by the exchange and counted in `shortfall`.
 */
import { OrderSide } from '../core/order.ts';
import type { Account } from './accounts.ts';
import { unitsPerLot, unitsPerTickLot } from './listing.ts';
import type { BookTrade, Market } from './market.ts';
import type { ExchangeOrder, Fill } from './orders.ts';

/** Ledger units of quote for price x quantity. */
export function notionalOf(market: Market, tickLots: bigint): bigint {
  return tickLots * unitsPerTickLot(market.listing);
}

/** Average price of what was executed, in ticks, rounded down; 0 before the first trade. */
export function averageTicks(order: ExchangeOrder): number {
  return order.cumLots === 0 ? 0 : Number(order.cumTickLots / BigInt(order.cumLots));
}

/** Ledger units of quote that the order's executions came to. */
export function executedNotional(order: ExchangeOrder): bigint {
  return notionalOf(order.market, order.cumTickLots);
}

export function heldAsset(market: Market, side: OrderSide): string {
  const { kind, base, quote } = market.listing;
  return kind === 'spot' && side === OrderSide.Sell ? base : quote;
}

/** What an order of the price and quantity has to hold. */
export function heldFor(market: Market, side: OrderSide, priceTicks: number, lots: number): bigint {
  if (market.listing.kind === 'perpetual') return marginOf(market, BigInt(priceTicks) * BigInt(lots));
  if (side === OrderSide.Sell) return BigInt(lots) * unitsPerLot(market.listing);
  return notionalOf(market, BigInt(priceTicks) * BigInt(lots));
}

/** What the rest of a limit order has to hold. */
export function heldOf(order: ExchangeOrder): bigint {
  return heldFor(order.market, order.side, order.priceTicks, order.leavesLots);
}

/** What an order that trades at once, for so many tick-lots, has to have free. */
export function neededFor(market: Market, side: OrderSide, tickLots: bigint, lots: number): bigint {
  if (market.listing.kind === 'perpetual') return marginOf(market, tickLots);
  return side === OrderSide.Sell ? BigInt(lots) * unitsPerLot(market.listing) : notionalOf(market, tickLots);
}

function marginOf(market: Market, tickLots: bigint): bigint {
  const leverage = BigInt(market.listing.leverage);
  return (notionalOf(market, tickLots) + leverage - 1n) / leverage;
}

export class Settlement {
  /** Losses beyond what accounts had, by asset. */
  readonly shortfall = new Map<string, bigint>();
  /** Commissions taken, by asset. */
  readonly commissions = new Map<string, bigint>();

  /** Moves what a fill moves. The order's executed quantity is the one behind the fill, and what it held is let go before. */
  settle(order: ExchangeOrder, trade: BookTrade, isMaker: boolean, timeUs: number): Fill {
    const { market, account } = order;
    const { listing } = market;
    const notional = notionalOf(market, BigInt(trade.priceTicks) * BigInt(trade.lots));
    const ppm = BigInt(isMaker ? listing.makerPpm : listing.takerPpm);
    const isSpot = listing.kind === 'spot';
    const isBuy = order.side === OrderSide.Buy;
    const baseUnits = BigInt(trade.lots) * unitsPerLot(listing);
    const commissionAsset = isSpot && isBuy ? listing.base : listing.quote;
    const commission = ((isSpot && isBuy ? baseUnits : notional) * ppm) / 1_000_000n;
    let realised = 0n;
    if (isSpot) {
      account.balance(listing.base).free += isBuy ? baseUnits : -baseUnits;
      account.balance(listing.quote).free += isBuy ? -notional : notional;
      account.balance(commissionAsset).free -= commission;
    } else {
      realised = trade.lots === 0 ? 0n : this.move(account, market, isBuy ? trade.lots : -trade.lots, notional);
      this.pay(account, listing.quote, realised - commission);
    }
    this.commissions.set(commissionAsset, (this.commissions.get(commissionAsset) ?? 0n) + commission);
    const { priceTicks, lots } = trade;
    return { trade, isMaker, priceTicks, lots, notional, commission, commissionAsset, realised, timeUs };
  }

  /** Changes a position by signed lots; returns the profit of what it closes. */
  private move(account: Account, market: Market, lots: number, notional: bigint): bigint {
    const position = account.position(market);
    const isSame = position.lots === 0 || position.lots > 0 === lots > 0;
    if (isSame) {
      position.lots += lots;
      position.entryNotional += lots > 0 ? notional : -notional;
      return 0n;
    }
    const closed = Math.min(Math.abs(lots), Math.abs(position.lots));
    const closedAt = (notional * BigInt(closed)) / BigInt(Math.abs(lots));
    const entered = (position.entryNotional * BigInt(closed)) / BigInt(Math.abs(position.lots));
    // Entered long: sold for more. Entered short (negative): bought for less.
    const realised = position.lots > 0 ? closedAt - entered : -entered - closedAt;
    position.entryNotional -= entered;
    position.lots += lots > 0 ? closed : -closed;
    position.realised += realised;
    const rest = Math.abs(lots) - closed;
    if (rest > 0) {
      position.lots = lots > 0 ? rest : -rest;
      position.entryNotional = lots > 0 ? notional - closedAt : closedAt - notional;
    }
    return realised;
  }

  private pay(account: Account, asset: string, amount: bigint): void {
    const balance = account.balance(asset);
    balance.free += amount;
    if (balance.free >= 0n) return;
    this.shortfall.set(asset, (this.shortfall.get(asset) ?? 0n) - balance.free);
    balance.free = 0n;
  }
}
