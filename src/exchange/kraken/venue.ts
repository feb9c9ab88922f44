/**
 * Kraken: websocket v2 at /v2, and of REST what a client of market data asks for: /0/public/Time, SystemStatus, Assets,
 * AssetPairs, Depth, Trades. Source: docs.kraken.com, "Spot REST: Market Data". Errors are answers with "error":[...].
 */
import type { NetRequest } from '../../net/server.ts';
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
import { KrakenConnection } from './connection.ts';
import { unitText } from './frames.ts';
import { type Pair, priceText, qtyText, restAsset, restId } from './pairs.ts';
import { KrakenStreams } from './streams.ts';

const QUOTE = 'USD';
const MAX_DEPTH = 500;
const DEFAULT_DEPTH = 100;

class KrakenVenue implements ExchangeProtocol {
  readonly name = 'kraken';
  private readonly services: ProtocolServices;
  private readonly streams: KrakenStreams;
  private readonly connections = new Set<KrakenConnection>();

  constructor(services: ProtocolServices) {
    this.services = services;
    this.streams = new KrakenStreams(services);
  }

  symbolOf({ listing }: Market): string {
    return `${listing.base}/${listing.quote}`;
  }

  addresses(base: string): readonly string[] {
    return [`REST http://${base}/0/public`, `websocket v2 ws://${base}/v2`];
  }

  http(request: NetRequest): ProtocolReply {
    const query = new URLSearchParams(request.query);
    switch (request.path) {
      case '/0/public/Time':
        return result({ unixtime: Math.floor(this.services.nowUs() / 1e6), rfc1123: '' });
      case '/0/public/SystemStatus':
        return result({ status: 'online', timestamp: new Date(this.services.nowUs() / 1000).toISOString() });
      case '/0/public/Assets':
        return result(this.assets());
      case '/0/public/AssetPairs':
        return this.assetPairs(query.get('pair'));
      case '/0/public/Depth':
        return this.depth(query);
      default:
        return error('EGeneral:Unknown method', 404);
    }
  }

  connect(request: NetRequest): Connection | Refusal {
    if (request.path !== '/v2') return new Refusal({ status: 404, body: 'the websocket is at /v2\n' });
    const connection = new KrakenConnection(
      this.streams,
      () => this.services.nowUs(),
      (closed) => this.connections.delete(closed),
    );
    this.connections.add(connection);
    return connection;
  }

  pulse(): void {
    const nowUs = this.services.nowUs();
    this.streams.publish(nowUs);
    for (const connection of this.connections) connection.pulse(nowUs);
  }

  private assets(): Readonly<Record<string, object>> {
    const assets = new Set(this.streams.pairs.flatMap(({ market }) => [market.listing.base, market.listing.quote]));
    return Object.fromEntries(
      [...assets].map((asset) => [
        restId(asset),
        { aclass: 'currency', altname: restAsset(asset), decimals: 10, display_decimals: 5, status: 'enabled' },
      ]),
    );
  }

  /** `wanted`: by any of their names, with commas between; null for all. */
  private assetPairs(wanted: string | null): ProtocolReply {
    const pairs: Pair[] = [];
    for (const name of wanted === null ? this.streams.pairs.map(({ id }) => id) : wanted.split(',')) {
      const pair = this.pair(name);
      if (pair === undefined) return error('EQuery:Unknown asset pair');
      pairs.push(pair);
    }
    return result(Object.fromEntries(pairs.map((pair) => [pair.id, pairInfo(pair)])));
  }

  private depth(query: URLSearchParams): ProtocolReply {
    const pair = this.pair(query.get('pair') ?? '');
    if (pair === undefined) return error('EQuery:Unknown asset pair');
    const count = Number(query.get('count') ?? DEFAULT_DEPTH);
    if (!(count >= 1 && count <= MAX_DEPTH)) return error('EGeneral:Invalid arguments:count');
    const seconds = Math.floor(this.services.nowUs() / 1e6);
    const { market } = pair;
    const side = (isBid: boolean) => {
      const levels = market.depth(isBid, count);
      return Array.from({ length: levels.length / 2 }, (_, i) => [
        priceText(market, levels[i * 2]),
        qtyText(market, levels[i * 2 + 1]),
        seconds,
      ]);
    };
    const reply = result({ [pair.id]: { asks: side(false), bids: side(true) } });
    return { ...reply, kind: 'snapshot' };
  }

  private pair(name: string): Pair | undefined {
    return this.streams.pairs.find((one) => [one.id, one.altname, one.wsname, one.symbol].includes(name));
  }
}

function pairInfo({ market, wsname, altname }: Pair): object {
  const { listing } = market;
  return {
    altname,
    wsname,
    aclass_base: 'currency',
    base: restId(listing.base),
    aclass_quote: 'currency',
    quote: restId(listing.quote),
    lot: 'unit',
    pair_decimals: listing.priceDecimals,
    lot_decimals: listing.qtyDecimals,
    cost_decimals: 5,
    lot_multiplier: 1,
    leverage_buy: [],
    leverage_sell: [],
    fees: [[0, listing.takerPpm / 10_000]],
    fees_maker: [[0, listing.makerPpm / 10_000]],
    fee_volume_currency: 'ZUSD',
    margin_call: 80,
    margin_stop: 40,
    ordermin: qtyText(market, listing.minLots),
    costmin: String(Number(listing.minNotional) / 1e8),
    tick_size: unitText(listing.priceDecimals),
    status: 'online',
  };
}

function result(value: unknown): ProtocolReply {
  return jsonReply({ error: [], result: value });
}

function error(text: string, status = 200): ProtocolReply {
  return jsonReply({ error: [text] }, status);
}

export const KRAKEN_KIND: ProtocolKind = {
  name: 'kraken',
  listings: (assets) => assets.map((asset) => listingOf(asset, QUOTE, 'spot')),
  make: (services) => new KrakenVenue(services),
};
