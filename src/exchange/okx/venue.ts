/**
 * OKX v5, the public side of it: websocket /ws/v5/public with books, books5, bbo-tbt and trades; REST instruments, books and
 * time. Source: "Order Book Trading, Market Data", "Public Data", "Overview: WebSocket" of OKX API v5.
 *
 * The checksum of books is made of the texts of the 25 best levels, as the venue did until June 2026, when it began to send 0.
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
import { OkxConnection } from './connection.ts';
import { OkxStreams } from './streams.ts';

const MAX_BOOK_LEVELS = 400;

class OkxVenue implements ExchangeProtocol {
  readonly name = 'okx';
  private readonly services: ProtocolServices;
  private readonly streams: OkxStreams;
  private readonly connections = new Set<OkxConnection>();

  constructor(services: ProtocolServices) {
    this.services = services;
    this.streams = new OkxStreams(services);
  }

  symbolOf({ listing }: Market): string {
    return `${listing.base}-${listing.quote}`;
  }

  addresses(base: string): readonly string[] {
    return [`ws://${base}/ws/v5/public`, `http://${base}/api/v5/market/books?instId=BTC-USDT`];
  }

  connect(request: NetRequest): Connection | Refusal {
    if (request.path !== '/ws/v5/public') return new Refusal({ status: 404, body: 'there is /ws/v5/public\n' });
    const connection = new OkxConnection(this.services, this.streams, () => this.connections.delete(connection));
    this.connections.add(connection);
    return connection;
  }

  pulse(): void {
    this.streams.pulse();
    for (const connection of this.connections) connection.pulse();
  }

  http(request: NetRequest): ProtocolReply {
    const query = new URLSearchParams(request.query);
    if (request.method !== 'GET') return failure('50000', 'GET is expected', 405);
    if (request.path === '/api/v5/public/time') return success([{ ts: String(this.nowMs()) }]);
    if (request.path === '/api/v5/public/instruments') return this.instruments(query);
    if (request.path === '/api/v5/market/books') return this.book(query);
    return failure('50404', 'Not found', 404);
  }

  private nowMs(): number {
    return Math.floor(this.services.nowUs() / 1000);
  }

  private instruments(query: URLSearchParams): ProtocolReply {
    const type = query.get('instType');
    const id = query.get('instId');
    if (type === null) return failure('50014', 'Parameter instType can not be empty.', 400);
    if (type !== 'SPOT') return id === null ? success([]) : failure('51001', "Instrument ID doesn't exist.");
    const markets = id === null ? this.services.exchange.markets : [this.streams.marketOf(id)];
    if (markets[0] === undefined) return failure('51001', "Instrument ID doesn't exist.");
    return success(markets.filter((market) => market !== undefined).map(instrumentOf));
  }

  private book(query: URLSearchParams): ProtocolReply {
    const market = this.streams.marketOf(query.get('instId') ?? '');
    if (market === undefined) return failure('51001', "Instrument ID doesn't exist.");
    const wanted = Number(query.get('sz') ?? 1);
    if (!(Number.isInteger(wanted) && wanted >= 1 && wanted <= MAX_BOOK_LEVELS)) {
      return failure('51000', 'Parameter sz error', 400);
    }
    const side = (isBid: boolean) =>
      levelTexts(market, market.depth(isBid, wanted)).map((level) => [...level, '0', '1']);
    const book = { asks: side(false), bids: side(true), ts: String(this.nowMs()), seqId: market.updateId };
    return { ...success([book]), kind: 'snapshot' };
  }
}

function instrumentOf(market: Market): object {
  const { base, quote, priceDecimals, qtyDecimals, tickStep, lotStep, minLots, maxLots } = market.listing;
  return {
    instType: 'SPOT',
    instId: `${base}-${quote}`,
    baseCcy: base,
    quoteCcy: quote,
    tickSz: decimalText(tickStep, priceDecimals),
    lotSz: decimalText(lotStep, qtyDecimals),
    minSz: decimalText(minLots, qtyDecimals),
    maxLmtSz: decimalText(maxLots, qtyDecimals),
    maxMktSz: decimalText(maxLots, qtyDecimals),
    state: 'live',
    ctVal: '',
    ctMult: '',
    ctType: '',
    settleCcy: '',
    uly: '',
    instFamily: '',
    listTime: '0',
    expTime: '',
    alias: '',
    lever: '',
    stk: '',
    optType: '',
  };
}

function success(data: readonly object[]): ProtocolReply {
  return jsonReply({ code: '0', msg: '', data });
}

function failure(code: string, msg: string, status = 200): ProtocolReply {
  return jsonReply({ code, msg, data: [] }, status);
}

export const OKX_KIND: ProtocolKind = {
  name: 'okx',
  listings: (assets) => assets.map((asset) => listingOf(asset, 'USDT', 'spot')),
  make: (services) => new OkxVenue(services),
};
