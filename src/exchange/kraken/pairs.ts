/** A market by the names that Kraken's interfaces have for it, and its numbers as they write them. */
import { formatFixed } from '../../core/decimal.ts';
import { OrderSide } from '../../core/order.ts';
import type { BookTrade, Market } from '../market.ts';

export interface Pair {
  readonly market: Market;
  /** Websocket v2: BTC/USD. */
  readonly symbol: string;
  /** Websocket v1 and REST's "wsname": XBT/USD. */
  readonly wsname: string;
  /** XBTUSD. */
  readonly altname: string;
  /** REST's own: XXBTZUSD. */
  readonly id: string;
}

/** REST and v1 call Bitcoin XBT. */
export function restAsset(asset: string): string {
  return asset === 'BTC' ? 'XBT' : asset;
}

/** REST puts X in front of the older coins and Z in front of money. */
export function restId(asset: string): string {
  const name = restAsset(asset);
  if (asset === 'USD' || asset === 'EUR') return `Z${name}`;
  return ['BTC', 'ETH', 'XRP'].includes(asset) ? `X${name}` : name;
}

export function pairOf(market: Market): Pair {
  const { base, quote } = market.listing;
  const names = [restAsset(base), restAsset(quote)];
  return {
    market,
    symbol: `${base}/${quote}`,
    wsname: names.join('/'),
    altname: names.join(''),
    id: restId(base) + restId(quote),
  };
}

/** With every decimal: the text that checksums are made of. */
export function priceText(market: Market, ticks: number): string {
  return formatFixed(ticks, market.listing.priceDecimals);
}

export function qtyText(market: Market, lots: number): string {
  return formatFixed(lots, market.listing.qtyDecimals);
}

/** RFC 3339 with microseconds. */
export function timeText(us: number): string {
  const iso = new Date(Math.floor(us / 1000)).toISOString();
  return `${iso.slice(0, 23)}${String(us % 1000).padStart(3, '0')}Z`;
}

export function sideText(trade: BookTrade): 'buy' | 'sell' {
  return trade.takerSide === OrderSide.Buy ? 'buy' : 'sell';
}
