/**
 * Bybit v5, the public spot side of it: websocket /v5/public/spot with orderbook.{1,50,200,1000} and publicTrade; REST
 * instruments-info, orderbook and time. Source: "V5 API: WebSocket Stream; Market" of Bybit.
 */
import type { NetRequest } from '../../net/server.ts';
import { decimalText, levelTexts } from '../depth-stream.ts';
import { listingOf } from '../listing.ts';
import type { Market } from '../market.ts';
import {
  type Connection,
  type ExchangeProtocol,
  jsonReply,
  type ProtocolKind,
  type ProtocolReply,
  type ProtocolServices,
  Refusal,
} from '../protocol.ts';
import { BybitConnection } from './connection.ts';
import { BybitStreams } from './streams.ts';

const MAX_BOOK_LEVELS = 200;
const LEDGER_UNIT_DECIMALS = 8;

class BybitVenue implements ExchangeProtocol {
  readonly name = 'bybit';
  private readonly services: ProtocolServices;
  private readonly streams: BybitStreams;

  constructor(services: ProtocolServices) {
    this.services = services;
    this.streams = new BybitStreams(services);
  }

  addresses(base: string): readonly string[] {
    return [`ws://${base}/v5/public/spot`, `http://${base}/v5/market/orderbook?category=spot&symbol=BTCUSDT`];
  }

  connect(request: NetRequest): Connection | Refusal {
    if (request.path !== '/v5/public/spot') return new Refusal({ status: 404, body: 'there is /v5/public/spot\n' });
    return new BybitConnection(this.streams);
  }

  pulse(): void {
    this.streams.pulse();
  }

  http(request: NetRequest): ProtocolReply {
    const query = new URLSearchParams(request.query);
    if (request.method !== 'GET') return this.answer(10001, 'GET is expected', {}, 405);
    if (request.path === '/v5/market/time') return this.time();
    if (request.path === '/v5/market/instruments-info') return this.instruments(query);
    if (request.path === '/v5/market/orderbook') return this.book(query);
    return this.answer(404, 'Not found', {}, 404);
  }

  private time(): ProtocolReply {
    const us = this.services.nowUs();
    return this.answer(0, 'OK', { timeSecond: String(Math.floor(us / 1e6)), timeNano: `${us}000` });
  }

  private instruments(query: URLSearchParams): ProtocolReply {
    const category = query.get('category');
    const symbol = query.get('symbol');
    if (category === null) return this.answer(10001, 'Request parameter error.');
    const all = category === 'spot' ? this.services.exchange.markets : [];
    const markets = symbol === null ? all : all.filter((market) => market.symbol === symbol);
    if (symbol !== null && markets.length === 0) return this.answer(10001, 'params error: symbol invalid');
    return this.answer(0, 'OK', { category, list: markets.map(instrumentOf), nextPageCursor: '' });
  }

  private book(query: URLSearchParams): ProtocolReply {
    const market = this.services.exchange.marketOf(query.get('symbol') ?? '');
    const limit = Number(query.get('limit') ?? 1);
    if (query.get('category') !== 'spot' || market === undefined)
      return this.answer(10001, 'params error: symbol invalid');
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_BOOK_LEVELS)) {
      return this.answer(10001, 'params error: limit invalid');
    }
    const side = (isBid: boolean) => levelTexts(market, market.depth(isBid, limit));
    const ms = Math.floor(this.services.nowUs() / 1000);
    const { updateId } = market;
    const book = { s: market.symbol, b: side(true), a: side(false), ts: ms, u: updateId, seq: updateId, cts: ms };
    return { ...this.answer(0, 'OK', book), kind: 'snapshot' };
  }

  private answer(retCode: number, retMsg: string, result: object = {}, status = 200): ProtocolReply {
    const time = Math.floor(this.services.nowUs() / 1000);
    return jsonReply({ retCode, retMsg, result, retExtInfo: {}, time }, status);
  }
}

function instrumentOf(market: Market): object {
  const { base, quote, priceDecimals, qtyDecimals, tickStep, lotStep, minLots, maxLots, minNotional } = market.listing;
  return {
    symbol: market.symbol,
    baseCoin: base,
    quoteCoin: quote,
    innovation: '0',
    status: 'Trading',
    marginTrading: 'none',
    lotSizeFilter: {
      basePrecision: decimalText(lotStep, qtyDecimals),
      quotePrecision: decimalText(1, LEDGER_UNIT_DECIMALS),
      minOrderQty: decimalText(minLots, qtyDecimals),
      maxOrderQty: decimalText(maxLots, qtyDecimals),
      minOrderAmt: decimalText(Number(minNotional), LEDGER_UNIT_DECIMALS),
      maxOrderAmt: '4000000',
    },
    priceFilter: { tickSize: decimalText(tickStep, priceDecimals) },
    riskParameters: { priceLimitRatioX: '0.05', priceLimitRatioY: '0.05' },
  };
}

export const BYBIT_KIND: ProtocolKind = {
  name: 'bybit',
  listings: (assets) => assets.map((asset) => listingOf(asset, 'USDT', 'spot')),
  make: (services) => new BybitVenue(services),
};
