/**
 * Where Binance's spot and USD-M markets differ, as far as market data goes. Sources: "WebSocket Streams for Binance" and "Market
 * Data endpoints" (binance-spot-api-docs), "Websocket Market Streams" and "Market Data Endpoints" (USD-M futures docs).
 */
import { formatDecimal, formatFixed, POWERS_OF_TEN } from '../../core/decimal.ts';
import type { ListingKind } from '../listing.ts';
import type { Market } from '../market.ts';

export interface BinanceTerms {
  readonly name: string;
  readonly kind: ListingKind;
  /** Such as /api/v3. */
  readonly restPath: string;
  /** Incoming messages on a connection within a second, at most. */
  readonly messagesPerSecond: number;
  /** Of an address within a minute. */
  readonly weightPerMinute: number;
  /** Streams of one connection. */
  readonly maxStreams: number;
  readonly maxAgeMs: number;
  /** ms between two updates, by what stands behind the second @; '' where nothing does. 0: as soon as there are any. */
  readonly depthSpeeds: Readonly<Record<string, number>>;
  /** Levels that REST depth can be asked for; null: any number up to the last. */
  readonly depthLimits: readonly number[] | null;
  readonly maxDepth: number;
  /** Weight of REST depth by its limit. */
  depthWeight(limit: number): number;
}

const DAY_MS = 86_400_000;

export const SPOT: BinanceTerms = {
  name: 'binance',
  kind: 'spot',
  restPath: '/api/v3',
  messagesPerSecond: 5,
  weightPerMinute: 6000,
  maxStreams: 1024,
  maxAgeMs: DAY_MS,
  depthSpeeds: { '': 1000, '100ms': 100, '1000ms': 1000 },
  depthLimits: null,
  maxDepth: 5000,
  depthWeight: (limit) => (limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250),
};

export const USDM: BinanceTerms = {
  name: 'binance-usdm',
  kind: 'perpetual',
  restPath: '/fapi/v1',
  messagesPerSecond: 10,
  weightPerMinute: 2400,
  maxStreams: 1024,
  maxAgeMs: DAY_MS,
  depthSpeeds: { '': 250, '0ms': 0, '100ms': 100, '250ms': 250, '500ms': 500 },
  depthLimits: [5, 10, 20, 50, 100, 500, 1000],
  maxDepth: 1000,
  depthWeight: (limit) => (limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20),
};

/** The spot market writes eight decimals, whatever the tick; USD-M those of the instrument. */
export function priceText(market: Market, ticks: number): string {
  return decimalText(market, ticks, market.listing.priceDecimals);
}

export function qtyText(market: Market, lots: number): string {
  return decimalText(market, lots, market.listing.qtyDecimals);
}

function decimalText(market: Market, units: number, decimals: number): string {
  if (market.listing.kind !== 'spot') return formatFixed(units, decimals);
  const text = formatFixed(units, decimals);
  return decimals === 0 ? `${text}.00000000` : text + '0'.repeat(8 - decimals);
}

/** A price or quantity of one unit more than nothing, as filters write it. */
export function stepText(market: Market, units: number, decimals: number): string {
  return market.listing.kind === 'spot' ? decimalText(market, units, decimals) : formatDecimal(units, decimals);
}

/** Price x quantity as decimal text. */
export function notionalText(market: Market, ticks: number, lots: number): string {
  const decimals = market.listing.priceDecimals + market.listing.qtyDecimals;
  const units = BigInt(ticks) * BigInt(lots);
  const scale = BigInt(POWERS_OF_TEN[decimals]);
  return `${units / scale}.${String(units % scale).padStart(decimals, '0')}${'0'.repeat(8 - decimals)}`;
}

/** Price and quantity in turns → `[["1.00","2.000"],...]`. */
export function levelsText(market: Market, levels: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < levels.length; i += 2) {
    parts.push(`["${priceText(market, levels[i])}","${qtyText(market, levels[i + 1])}"]`);
  }
  return `[${parts.join(',')}]`;
}
