/** What Kraken's websocket v2 sends beside books: trades, tickers, instruments, answers. */
import type { BookTrade } from '../market.ts';
import { type Pair, priceText, qtyText, sideText, timeText } from './pairs.ts';

export interface PublicTrade {
  readonly trade: BookTrade;
  readonly atUs: number;
}

export const HEARTBEAT = '{"channel":"heartbeat"}';

export function statusFrame(connection: number): string {
  const data = [{ api_version: 'v2', connection_id: connection, system: 'online', version: '2.0.10' }];
  return JSON.stringify({ channel: 'status', data, type: 'update' });
}

export function tradesFrame(type: 'snapshot' | 'update', pair: Pair, trades: readonly PublicTrade[]): string {
  const { market, symbol } = pair;
  const rows = trades.map(
    ({ trade, atUs }) =>
      `{"symbol":"${symbol}","side":"${sideText(trade)}","price":${priceText(market, trade.priceTicks)},` +
      `"qty":${qtyText(market, trade.lots)},"ord_type":"limit","trade_id":${trade.tradeId},"timestamp":"${timeText(atUs)}"}`,
  );
  return `{"channel":"trade","type":"${type}","data":[${rows.join(',')}]}`;
}

/** The touch and the last trade; the figures of the day are those of the last trade. */
export function tickerFrame(type: 'snapshot' | 'update', pair: Pair): string {
  const { market, symbol } = pair;
  const best = (isBid: boolean) => {
    const [price = 0, lots = 0] = market.depth(isBid, 1);
    const name = isBid ? 'bid' : 'ask';
    return `"${name}":${priceText(market, price)},"${name}_qty":${qtyText(market, lots)}`;
  };
  const last = priceText(market, Number.isNaN(market.lastPriceTicks) ? 0 : market.lastPriceTicks);
  const day = `"last":${last},"volume":0,"vwap":${last},"low":${last},"high":${last},"change":0,"change_pct":0`;
  return `{"channel":"ticker","type":"${type}","data":[{"symbol":"${symbol}",${best(true)},${best(false)},${day}}]}`;
}

/** 10^-decimals as text. */
export function unitText(decimals: number): string {
  return decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`;
}

export function instrumentFrame(pairs: readonly Pair[]): string {
  const assets = [...new Set(pairs.flatMap(({ market }) => [market.listing.base, market.listing.quote]))];
  const entries = pairs.map(({ market, symbol }) => {
    const { listing } = market;
    return {
      symbol,
      base: listing.base,
      quote: listing.quote,
      status: 'online',
      price_precision: listing.priceDecimals,
      price_increment: Number(unitText(listing.priceDecimals)),
      qty_precision: listing.qtyDecimals,
      qty_increment: Number(unitText(listing.qtyDecimals)),
      qty_min: Number(qtyText(market, listing.minLots)),
      cost_min: Number(listing.minNotional) / 1e8,
      marginable: false,
      has_index: false,
    };
  });
  const data = { assets: assets.map((id) => ({ id, status: 'enabled', precision: 8 })), pairs: entries };
  return JSON.stringify({ channel: 'instrument', type: 'snapshot', data });
}

/** The answer to a request; `rest`: "result", or "error" and what it was about. */
export function answerFrame(method: string, reqId: unknown, nowUs: number, rest: object, success: boolean): string {
  const time = timeText(nowUs);
  const id = typeof reqId === 'number' ? { req_id: reqId } : {};
  return JSON.stringify({ method, ...id, ...rest, success, time_in: time, time_out: time });
}
