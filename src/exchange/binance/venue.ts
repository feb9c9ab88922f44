/**
 * Binance's spot and USD-M markets on the wire: REST and streams at the paths that they have there, behind the protocol's
 * name. Order entry is a part of its own, given by whoever puts the venue together.
 */
import type { NetRequest } from '../../net/server.ts';
import { type Listing, listingOf } from '../listing.ts';
import {
  type Connection,
  type ExchangeProtocol,
  jsonReply,
  type ProtocolKind,
  type ProtocolReply,
  type ProtocolServices,
  Refusal,
} from '../protocol.ts';
import { MarketConnection } from './connection.ts';
import { MarketRest } from './rest.ts';
import { Streams } from './streams.ts';
import { type BinanceTerms, SPOT, USDM } from './terms.ts';

/** Order entry and user-data streams. */
export interface BinanceOrders {
  /** Null where the request is not its own. */
  http(request: NetRequest): ProtocolReply | Promise<ProtocolReply> | null;
  /** The websocket API: /ws-api/v3, /ws-fapi/v1. */
  connectApi(): Connection;
  /** The stream of a listen key; null where there is no such key. */
  connectStream(listenKey: string, isCombined: boolean): Connection | null;
  pulse(): void;
}

/** `info`: what exchangeInfo says. */
export type MakeOrders = (services: ProtocolServices, isSpot: boolean, info: () => unknown) => BinanceOrders;

const API_PATH = /^\/(ws-api\/v3|ws-fapi\/v1)$/;
/** USD-M has its streams at addresses by their category too: they serve all of them here. */
const STREAM_PATH = /^(?:\/(?:public|market|private))?\/(ws|stream)(?:\/(.*))?$/;

class BinanceVenue implements ExchangeProtocol {
  readonly name: string;
  private readonly terms: BinanceTerms;
  private readonly services: ProtocolServices;
  private readonly streams: Streams;
  private readonly rest: MarketRest;
  private readonly orders: BinanceOrders | null;
  private readonly connections = new Set<MarketConnection>();

  constructor(terms: BinanceTerms, services: ProtocolServices, makeOrders: MakeOrders | null) {
    this.name = terms.name;
    this.terms = terms;
    this.services = services;
    this.streams = new Streams(terms, services);
    this.rest = new MarketRest(terms, services);
    this.orders = makeOrders?.(services, terms.kind === 'spot', () => this.rest.info()) ?? null;
  }

  addresses(base: string): readonly string[] {
    return [`REST http://${base}${this.terms.restPath}`, `streams ws://${base}/ws, ws://${base}/stream?streams=`];
  }

  http(request: NetRequest): ProtocolReply | Promise<ProtocolReply> {
    const reply = this.rest.http(request) ?? this.orders?.http(request) ?? null;
    return reply ?? jsonReply({ code: -1, msg: `no such endpoint here: ${request.method} ${request.path}` }, 404);
  }

  connect(request: NetRequest): Connection | Refusal {
    if (API_PATH.test(request.path) && this.orders !== null) return this.orders.connectApi();
    const match = STREAM_PATH.exec(request.path);
    if (match === null) return new Refusal({ status: 404, body: `no streams at ${request.path}: /ws or /stream\n` });
    const isCombined = match[1] === 'stream';
    const query = new URLSearchParams(request.query);
    const names = (isCombined ? (query.get('streams') ?? '') : (match[2] ?? ''))
      .split('/')
      .filter((name) => name !== '');
    const listenKey = query.get('listenKey') ?? names.find((name) => !name.includes('@'));
    const stream = listenKey === undefined ? null : (this.orders?.connectStream(listenKey, isCombined) ?? null);
    if (stream !== null) return stream;
    // Any other name is accepted, as there: clients number their connections so (/ws/0).
    if (names.length > this.terms.maxStreams) return new Refusal({ status: 400, body: 'too many streams\n' });
    return this.market(names, isCombined);
  }

  pulse(): void {
    const nowUs = this.services.nowUs();
    this.streams.pulse(nowUs);
    for (const connection of this.connections) connection.pulse(nowUs);
    this.orders?.pulse();
  }

  private market(names: readonly string[], isCombined: boolean): Connection {
    const connection = new MarketConnection(this.terms, this.services, this.streams, names, isCombined);
    this.connections.add(connection);
    return {
      open: (line) => connection.open(line),
      message: (frame) => connection.message(frame),
      closed: () => {
        this.connections.delete(connection);
        connection.closed();
      },
    };
  }
}

/** The spot market ('binance') or the USD-M one ('binance-usdm'). */
export function binanceKind(terms: BinanceTerms, makeOrders: MakeOrders | null): ProtocolKind {
  return {
    name: terms.name,
    listings: (assets): Listing[] => assets.map((asset) => listingOf(asset, 'USDT', terms.kind)),
    make: (services) => new BinanceVenue(terms, services, makeOrders),
  };
}

export const BINANCE_TERMS = [SPOT, USDM] as const;
