/**
 * The best levels of a market, as a stream of changes: what its subscribers were told last, and what to tell them next.
 * Levels that fall out of the depth are told as gone, those that come into it as new. Also the decimal texts of its numbers.
 */
import type { Market } from './market.ts';

/** Of both sides: price in ticks and lots alternate; 0 lots: the level is gone. */
export interface DepthChanges {
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

export class DepthStream {
  readonly market: Market;
  readonly limit: number;
  private bids = new Map<number, number>();
  private asks = new Map<number, number>();
  private seenId = 0;

  constructor(market: Market, limit: number) {
    this.market = market;
    this.limit = limit;
    this.take();
  }

  /** What changed since the last call; null: nothing. O(limit). */
  take(): DepthChanges | null {
    const { market } = this;
    if (market.updateId === this.seenId) return null;
    this.seenId = market.updateId;
    const bids = new Map<number, number>();
    const asks = new Map<number, number>();
    const changes = { bids: this.changes(true, this.bids, bids), asks: this.changes(false, this.asks, asks) };
    this.bids = bids;
    this.asks = asks;
    return changes.bids.length + changes.asks.length === 0 ? null : changes;
  }

  /** What was taken last, the best level first. */
  whole(): DepthChanges {
    return { bids: [...this.bids].flat(), asks: [...this.asks].flat() };
  }

  private changes(isBid: boolean, before: ReadonlyMap<number, number>, now: Map<number, number>): number[] {
    const depth = this.market.depth(isBid, this.limit);
    const out: number[] = [];
    for (let i = 0; i < depth.length; i += 2) {
      now.set(depth[i], depth[i + 1]);
      if (before.get(depth[i]) !== depth[i + 1]) out.push(depth[i], depth[i + 1]);
    }
    for (const priceTicks of before.keys()) if (!now.has(priceTicks)) out.push(priceTicks, 0);
    return out;
  }
}

/** A whole number of 10^-decimals as venues write it: all its decimals, none left out. */
export function decimalText(value: number, decimals: number): string {
  if (decimals === 0) return String(value);
  const digits = String(value).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

export function priceText(market: Market, ticks: number): string {
  return decimalText(ticks, market.listing.priceDecimals);
}

/** "0" for a level that is gone. */
export function lotsText(market: Market, lots: number): string {
  return lots === 0 ? '0' : decimalText(lots, market.listing.qtyDecimals);
}

/** Texts of levels whose price in ticks and lots alternate. */
export function levelTexts(market: Market, levels: readonly number[]): [price: string, qty: string][] {
  const out: [string, string][] = [];
  for (let i = 0; i < levels.length; i += 2) out.push([priceText(market, levels[i]), lotsText(market, levels[i + 1])]);
  return out;
}
