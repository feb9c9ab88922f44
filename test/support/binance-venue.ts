/** Binance's order entry on a real socket of this machine, with faults at will: what gateways are tested against. */
import { generateKeyPairSync } from 'node:crypto';
import { type OrderSide, OrdType, TimeInForce } from '../../src/core/order.ts';
import type { Account } from '../../src/exchange/accounts.ts';
import { BinanceOrderEntry } from '../../src/exchange/binance/order-entry.ts';
import type { OrderLimit } from '../../src/exchange/binance/order-limits.ts';
import { Exchange } from '../../src/exchange/exchange.ts';
import { LEDGER_UNIT, listingOf } from '../../src/exchange/listing.ts';
import type { Market } from '../../src/exchange/market.ts';
import type { Connection, FrameKind, Line, OrderFate } from '../../src/exchange/protocol.ts';
import type { BinanceMarket } from '../../src/gateway/binance/dialect.ts';
import type { BinanceEndpoints } from '../../src/gateway/binance/session.ts';
import type { KeyMaterial } from '../../src/gateway/venue-key.ts';
import { listen } from '../../src/net/listen.ts';
import type { NetReply, NetRequest, NetServer, Peer } from '../../src/net/server.ts';

export const HMAC_KEY: KeyMaterial = { apiKey: 'test-hmac-key', secret: 'test-hmac-secret-0123456789' };
const PAIR = generateKeyPairSync('ed25519');
export const ED25519_KEY: KeyMaterial = {
  apiKey: 'test-ed25519-key',
  secret: PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

export interface VenueFaults {
  orderFate?: () => OrderFate;
  /** How often a frame about orders is sent, and how late: [0] none at all. Default: once, at once. */
  frames?: (frame: string) => readonly number[];
  /** How late a frame of the client arrives, ms; one that is late is overtaken. Default: at once. */
  arrival?: () => number;
  /** Instead of the reply to a REST request; null: none. */
  reply?: (request: NetRequest) => NetReply | null;
  /** No connection is accepted, nothing is answered. */
  isDown?: boolean;
  /** The websocket API refuses connections. */
  isApiDown?: boolean;
  /** The venue's clock is so far ahead. */
  skewMs?: number;
}

export class TestVenue {
  readonly exchange: Exchange;
  readonly entry: BinanceOrderEntry;
  readonly account: Account;
  readonly market: Market;
  readonly faults: VenueFaults = {};
  /** How often an order with this name came into the exchange. */
  readonly arrivals = new Map<string, number>();
  /** Methods and paths that were asked for. */
  readonly asked: string[] = [];
  private readonly peers = new Set<Peer<Connection>>();
  private readonly timer: NodeJS.Timeout;
  private server!: NetServer;

  private constructor(market: BinanceMarket, limits: readonly OrderLimit[] | undefined) {
    const isSpot = market === 'spot';
    this.exchange = new Exchange([listingOf('BTC', 'USDT', isSpot ? 'spot' : 'perpetual')]);
    this.market = this.exchange.markets[0];
    this.account = this.exchange.accounts.open('desk');
    const { account } = this;
    for (const asset of ['BTC', 'USDT']) this.exchange.accounts.deposit(account, asset, 1_000_000n * LEDGER_UNIT);
    this.exchange.accounts.addKey({ key: HMAC_KEY.apiKey, kind: 'hmac', secret: HMAC_KEY.secret, account });
    const secret = PAIR.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    this.exchange.accounts.addKey({ key: ED25519_KEY.apiKey, kind: 'ed25519', secret, account });
    this.entry = new BinanceOrderEntry(
      {
        exchange: this.exchange,
        faults: {
          wrongChecksum: () => false,
          sequenceGap: () => 0,
          orderFate: () => this.faults.orderFate?.() ?? 'fine',
        },
        nowUs: () => (Date.now() + (this.faults.skewMs ?? 0)) * 1000,
      },
      isSpot,
      () => this.terms(),
      limits,
    );
    this.exchange.listen({
      ordered: (order, event) => {
        if (event.is !== 'new') return;
        this.arrivals.set(order.clientOrderId, (this.arrivals.get(order.clientOrderId) ?? 0) + 1);
      },
    });
    this.timer = setInterval(() => this.entry.pulse(), 5);
  }

  static async start(market: BinanceMarket, limits?: readonly OrderLimit[]): Promise<TestVenue> {
    const venue = new TestVenue(market, limits);
    venue.server = await listen<Connection>(
      {
        port: 0,
        maxFrameBytes: 1 << 20,
        maxBodyBytes: 1 << 20,
        maxBacklogBytes: 1 << 24,
        idleSeconds: 60,
      },
      {
        http: (request) => venue.http(request),
        upgrade: (request) => venue.upgrade(request),
        open: (peer) => venue.open(peer),
        message: (peer, frame) => venue.receive(peer, frame),
        closed: (peer) => {
          venue.peers.delete(peer);
          peer.data.closed();
        },
      },
    );
    return venue;
  }

  get endpoints(): BinanceEndpoints {
    const host = `127.0.0.1:${this.server.port}`;
    const api = this.entry.desk.isSpot ? '/ws-api/v3' : '/ws-fapi/v1';
    return { api: `ws://${host}${api}`, rest: `http://${host}`, streams: `ws://${host}` };
  }

  get port(): number {
    return this.server.port;
  }

  get connections(): number {
    return this.peers.size;
  }

  /** Others rest an order, or take what rests. */
  others(side: OrderSide, priceTicks: number, lots: number, timeInForce: number = TimeInForce.Gtc): void {
    this.exchange.advance(Date.now() * 1000);
    this.exchange.enterFlow(this.market, {
      side,
      type: OrdType.Limit,
      timeInForce,
      flags: 0,
      priceTicks,
      lots,
      displayLots: 0,
    });
  }

  /** Every connection ends without a word. */
  cut(): void {
    for (const peer of this.peers) peer.terminate();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.server.close();
  }

  /** The venue's exchangeInfo, as far as order entry needs it. */
  terms(): unknown {
    const { listing } = this.market;
    const symbol = {
      symbol: this.market.symbol,
      status: 'TRADING',
      baseAsset: listing.base,
      quoteAsset: listing.quote,
    };
    const contract = {
      pair: this.market.symbol,
      contractType: 'PERPETUAL',
      marginAsset: listing.quote,
      deliveryDate: 4133404800000,
      onboardDate: 1569398400000,
    };
    const step = (decimals: number): string => (10 ** -decimals).toFixed(decimals);
    const filters = [
      {
        filterType: 'PRICE_FILTER',
        minPrice: step(listing.priceDecimals),
        maxPrice: '1000000',
        tickSize: step(listing.priceDecimals),
      },
      {
        filterType: 'LOT_SIZE',
        minQty: step(listing.qtyDecimals),
        maxQty: '9000',
        stepSize: step(listing.qtyDecimals),
      },
      { filterType: 'NOTIONAL', minNotional: '5' },
      { filterType: 'MIN_NOTIONAL', notional: '5' },
    ];
    return {
      timezone: 'UTC',
      serverTime: Date.now(),
      rateLimits: [],
      exchangeFilters: [],
      symbols: [
        {
          ...symbol,
          ...(this.entry.desk.isSpot ? {} : contract),
          baseAssetPrecision: 8,
          quotePrecision: 8,
          quoteAssetPrecision: 8,
          pricePrecision: listing.priceDecimals,
          quantityPrecision: listing.qtyDecimals,
          orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT'],
          timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
          isSpotTradingAllowed: true,
          isMarginTradingAllowed: false,
          permissions: ['SPOT'],
          permissionSets: [['SPOT']],
          filters,
        },
      ],
    };
  }

  private http(request: NetRequest): NetReply | Promise<NetReply> {
    this.asked.push(`${request.method} ${request.path}`);
    if (this.faults.isDown === true) return new Promise(() => {});
    const instead = this.faults.reply?.(request) ?? null;
    if (instead !== null) return instead;
    const reply = this.entry.http(request);
    if (reply !== null) return reply;
    const json = (value: unknown): NetReply => ({
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(value),
    });
    if (request.path.endsWith('/time')) return json({ serverTime: this.entry.desk.nowMs });
    if (request.path.endsWith('/exchangeInfo')) return json(this.terms());
    return { status: 404, body: '{}' };
  }

  private upgrade(request: NetRequest): { accept: Connection } | { refuse: NetReply } {
    this.asked.push(`ws ${request.path.startsWith('/ws/') ? '/ws/…' : request.path}`);
    const isApi = request.path === '/ws-api/v3' || request.path === '/ws-fapi/v1';
    if (this.faults.isDown === true || (isApi && this.faults.isApiDown === true)) {
      return { refuse: { status: 503, body: '' } };
    }
    if (isApi) return { accept: this.entry.connectApi() };
    const stream = this.entry.connectStream(request.path.replace('/ws/', ''), false);
    return stream === null ? { refuse: { status: 404, body: '' } } : { accept: stream };
  }

  private receive(peer: Peer<Connection>, frame: Buffer): void {
    const lateMs = this.faults.arrival?.() ?? 0;
    const copy = Buffer.from(frame);
    if (lateMs === 0) peer.data.message(copy, false);
    else setTimeout(() => peer.data.message(copy, false), lateMs);
  }

  private open(peer: Peer<Connection>): void {
    this.peers.add(peer);
    const line: Line = {
      id: peer.id,
      remoteAddress: peer.remoteAddress,
      get isOpen() {
        return peer.isOpen;
      },
      send: (frame: string | Uint8Array, kind: FrameKind) => {
        const text = String(frame);
        const delays = kind === 'order' ? (this.faults.frames?.(text) ?? [0]) : [0];
        for (const delay of delays) {
          if (delay === 0) peer.send(text, false);
          else setTimeout(() => peer.send(text, false), delay);
        }
      },
      backlogBytes: () => peer.backlogBytes(),
      close: (code, reason) => peer.close(code, reason),
      terminate: () => peer.terminate(),
    };
    peer.data.open(line);
  }
}
