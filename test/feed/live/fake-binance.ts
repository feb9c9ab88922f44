/**
 * A small Binance for tests: one market that goes its way by a seed, its streams over websockets and its snapshots over
 * HTTP, on a free port of this machine. What goes wrong is told to it, frame by frame.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Prng } from '../../../src/core/prng.ts';
import type { Endpoints } from '../../../src/feed/live/protocol.ts';

/** What becomes of a frame on its way to one client; null: as it is. */
export type Fault = (stream: string, client: number, frame: string) => readonly (string | Buffer)[] | null;

interface Client {
  readonly socket: WebSocket;
  readonly streams: ReadonlySet<string>;
  readonly number: number;
}

export class FakeMarket {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  lastId = 100;
  tradeId = 500;
}

export class FakeBinance {
  readonly symbols: readonly string[];
  readonly markets = new Map<string, FakeMarket>();
  readonly clients: Client[] = [];
  fault: Fault = () => null;
  /** Answers a request in another way; null: as it should be. */
  restFault: (url: string) => { status: number; headers?: Record<string, string>; body: string } | null = () => null;
  /** Refuses upgrades with this status; 0: does not. */
  refuse = 0;
  connections = 0;
  requests: string[] = [];
  private ticking: NodeJS.Timeout | undefined;
  private readonly isUsdm: boolean;
  private readonly prng: Prng;
  private readonly http: Server;
  private readonly sockets: WebSocketServer;

  private constructor(symbols: readonly string[], seed: number, isUsdm: boolean) {
    this.symbols = symbols;
    this.isUsdm = isUsdm;
    this.prng = new Prng(seed);
    for (const symbol of symbols) {
      const market = new FakeMarket();
      this.markets.set(symbol, market);
      for (let i = 0; i < 20; i++) {
        market.bids.set(price(9_990 - i), '1.00000000');
        market.asks.set(price(10_010 + i), '1.00000000');
      }
    }
    this.http = createServer((request, response) => this.answer(request, response));
    this.sockets = new WebSocketServer({ noServer: true });
    this.http.on('upgrade', (request, socket, head) => {
      if (this.refuse !== 0) {
        socket.end(`HTTP/1.1 ${this.refuse} Refused\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n`);
        return;
      }
      this.sockets.handleUpgrade(request, socket, head, (client) => this.connected(client, request));
    });
  }

  static async start(symbols: readonly string[], seed: number, isUsdm = false): Promise<FakeBinance> {
    const venue = new FakeBinance(symbols, seed, isUsdm);
    await new Promise<void>((resolve) => venue.http.listen(0, '127.0.0.1', resolve));
    return venue;
  }

  get endpoints(): Endpoints {
    const { port } = this.http.address() as AddressInfo;
    return { ws: `ws://127.0.0.1:${port}`, rest: `http://127.0.0.1:${port}` };
  }

  /** One random step of every market: a depth update, a best bid and offer, now and then a trade. */
  step(): void {
    for (const [symbol, market] of this.markets) {
      const U = market.lastId + 1;
      const pu = market.lastId;
      market.lastId += 1 + this.prng.below(4);
      const b = this.change(market.bids, 9_990);
      const a = this.change(market.asks, 10_010);
      const E = 1_700_000_000_000 + market.lastId;
      const stream = symbol.toLowerCase();
      const ids = this.isUsdm ? { U, u: market.lastId, pu } : { U, u: market.lastId };
      const depth = { e: 'depthUpdate', E, s: symbol, ...ids, b, a };
      this.publish(`${stream}@depth@${this.isUsdm ? '0ms' : '100ms'}`, depth);
      const touch = {
        u: market.lastId,
        s: symbol,
        b: price(9_990),
        B: '2.00000000',
        a: price(10_010),
        A: '3.00000000',
      };
      this.publish(`${stream}@bookTicker`, touch);
      if (this.prng.below(2) === 0) continue;
      const id = ++market.tradeId;
      const m = this.prng.below(2) === 0;
      const print = { E, s: symbol, p: price(10_010), q: '0.50000000', T: E, m };
      if (this.isUsdm) this.publish(`${stream}@aggTrade`, { e: 'aggTrade', a: id, f: id, l: id, ...print });
      else this.publish(`${stream}@trade`, { e: 'trade', t: id, ...print });
    }
  }

  /** Steps until `isDone`, some at a time; false where that takes more than `limit` rounds. */
  async until(isDone: () => boolean, limit = 4_000): Promise<boolean> {
    for (let round = 0; round < limit; round++) {
      if (isDone()) return true;
      for (let i = 0; i < 5; i++) this.step();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return isDone();
  }

  /** Goes on by itself, until it is closed. */
  keepTicking(): void {
    this.ticking ??= setInterval(() => this.step(), 5);
  }

  cutAll(): void {
    for (const client of [...this.clients]) client.socket.terminate();
  }

  async close(): Promise<void> {
    clearInterval(this.ticking);
    this.cutAll();
    this.sockets.close();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private change(side: Map<string, string>, around: number): [string, string][] {
    const changes: [string, string][] = [];
    for (let i = this.prng.below(4); i >= 0; i--) {
      const at = price(around + (around < 10_000 ? -1 : 1) * this.prng.below(30));
      const qty = this.prng.below(4) === 0 ? '0.00000000' : `${this.prng.below(90) + 1}.00000000`;
      if (Number(qty) === 0) side.delete(at);
      else side.set(at, qty);
      if (!changes.some(([known]) => known === at)) changes.push([at, side.get(at) ?? '0.00000000']);
      else changes.find(([known]) => known === at)![1] = side.get(at) ?? '0.00000000';
    }
    return changes;
  }

  private publish(stream: string, data: object): void {
    const frame = JSON.stringify({ stream, data });
    for (const client of this.clients) {
      if (!client.streams.has(stream)) continue;
      for (const one of this.fault(stream, client.number, frame) ?? [frame]) client.socket.send(one);
    }
  }

  private connected(socket: WebSocket, request: IncomingMessage): void {
    const streams = new URL(request.url ?? '', 'http://x').searchParams.get('streams')?.split('/') ?? [];
    const client: Client = { socket, streams: new Set(streams), number: ++this.connections };
    this.clients.push(client);
    socket.on('error', () => undefined);
    socket.on('close', () => this.clients.splice(this.clients.indexOf(client), 1));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://x');
    this.requests.push(request.url ?? '');
    const fault = this.restFault(request.url ?? '');
    if (fault !== null) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (url.pathname.endsWith('/exchangeInfo')) {
      const asked = this.isUsdm
        ? [...this.markets.keys()]
        : (JSON.parse(url.searchParams.get('symbols') ?? '[]') as string[]);
      const isKnown = asked.every((symbol) => this.markets.has(symbol));
      if (!isKnown) response.writeHead(400).end(JSON.stringify({ code: -1121, msg: 'Invalid symbol.' }));
      else response.end(JSON.stringify({ symbols: asked.map(terms) }));
      return;
    }
    const market = this.markets.get(url.searchParams.get('symbol') ?? '');
    if (market === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { lastId: lastUpdateId } = market;
    response.end(JSON.stringify({ lastUpdateId, bids: [...market.bids], asks: [...market.asks] }));
  }
}

function terms(symbol: string): object {
  return {
    symbol,
    status: 'TRADING',
    baseAsset: symbol.slice(0, 3),
    quoteAsset: symbol.slice(3),
    filters: [
      { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', stepSize: '0.00001000', minQty: '0.00001000' },
      { filterType: 'NOTIONAL', minNotional: '5.00000000' },
    ],
  };
}

export function price(ticks: number): string {
  return `${(ticks / 100).toFixed(2)}000000`;
}
