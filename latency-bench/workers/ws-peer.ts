/**
 * The process that `wire-to-wire-ws` measures from: a spot venue on loopback, with market data, order entry and what a gateway
 * asks for at its start. It sends one frame at a time, stamps it, stamps the order that comes back, and compares that with the
 * one that a plain book leads to, signature and number included. Whoever connects is measured: tapehead, or the echo beside it.
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { monotonicNs } from '../../src/core/clock.ts';
import { ACCOUNT, BASE_ASSET, LOT, QUOTE_ASSET, STREAM_PATH, SYMBOL, TICK, WsScript } from '../ws-script.ts';

export interface PeerJob {
  readonly who: 'tapehead' | 'echo';
  readonly warmUp: number;
  readonly trips: number;
  /** Between an order and the next frame, behind the warm-up; 0: none. */
  readonly gapMs: number;
}

export interface PeerTrips {
  /** Of each trip behind the warm-up. */
  readonly ns: Float64Array;
  /** Means of the messages. */
  readonly frameBytes: number;
  readonly orderBytes: number;
}

export type PeerMessage =
  | { readonly is: 'port'; readonly port: number }
  | { readonly is: 'trips'; readonly trips: PeerTrips }
  | { readonly is: 'wrong'; readonly what: string };

const SEED = 17;
/** Before the first order, a gateway is still reconciling: frames go out so often until one is answered. */
const KNOCK_MS = 50;
/** Knocks that were answered late are over by then. */
const QUIET_MS = 200;
/** No order for so long is none. */
const LOST_MS = 10_000;
const READY_MS = 30_000;

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, string | number>>;
}

class Peer {
  private readonly script = new WsScript(SEED);
  private stream: WebSocket | null = null;
  private api: WebSocket | null = null;
  private isReconciled = false;
  private job: PeerJob | null = null;
  private phase: 'idle' | 'knocking' | 'measuring' = 'idle';
  private timer: NodeJS.Timeout | null = null;
  private watchdog: NodeJS.Timeout | null = null;
  /** Trips begun and ended, warm-up included. */
  private sent = 0;
  private done = 0;
  private lookedAt = 0;
  private sentNs = 0;
  private lastNumber = 0;
  private orders = 0;
  private bytes = { frames: 0, orders: 0 };
  private ns = new Float64Array(0);

  start(): void {
    const server = createServer((request, response) => this.rest(request, response));
    const sockets = new WebSocketServer({ server, perMessageDeflate: false, skipUTF8Validation: true });
    sockets.on('connection', (socket, request) => this.connected(socket, request.url ?? ''));
    server.listen(0, '127.0.0.1', () => tell({ is: 'port', port: (server.address() as AddressInfo).port }));
  }

  begin(job: PeerJob): void {
    this.job = job;
    this.sent = 0;
    this.done = 0;
    this.lastNumber = 0;
    this.bytes = { frames: 0, orders: 0 };
    this.ns = new Float64Array(job.trips);
    this.watch(READY_MS);
    this.lookedAt = -1;
    this.startWhenReady();
  }

  private connected(socket: WebSocket, url: string): void {
    socket.on('error', () => undefined);
    if (url.startsWith(STREAM_PATH)) this.stream = socket;
    else {
      this.api = socket;
      this.isReconciled = false;
      socket.on('message', (data: Buffer) => {
        const nowNs = monotonicNs();
        this.request(socket, data, nowNs);
      });
    }
    socket.on('close', () => {
      if (this.stream === socket) this.stream = null;
      if (this.api === socket) this.api = null;
      if (this.phase !== 'idle') this.wrong('a connection was closed within the run');
    });
    this.startWhenReady();
  }

  private startWhenReady(): void {
    const { job } = this;
    if (job === null || this.phase !== 'idle' || this.stream === null || this.api === null) return;
    if (job.who === 'echo') this.measure();
    else if (this.isReconciled) {
      this.phase = 'knocking';
      this.timer = setInterval(() => this.stream?.send(this.script.next()), KNOCK_MS);
    }
  }

  private measure(): void {
    this.phase = 'measuring';
    this.timer = null;
    this.send();
  }

  private readonly send = (): void => {
    const frame = this.script.next();
    this.bytes.frames += frame.length;
    this.sent++;
    this.sentNs = monotonicNs();
    this.stream?.send(frame);
  };

  private request(socket: WebSocket, data: Buffer, nowNs: number): void {
    const { id, method, params } = JSON.parse(data.toString('latin1')) as Request;
    if (method !== 'order.place') {
      socket.send(JSON.stringify({ id, status: 200, result: resultOf(method) }));
      if (method === 'account.status') this.isReconciled = true;
      this.startWhenReady();
      return;
    }
    socket.send(JSON.stringify({ id, status: 200, result: this.orderResult(params) }));
    const wrong = this.problem(id, params);
    if (wrong !== '') this.wrong(wrong);
    else if (this.phase === 'knocking') this.knocked(params);
    else {
      this.bytes.orders += data.length;
      this.ended(nowNs - this.sentNs);
    }
  }

  /** '' where the order is the one that was to come. */
  private problem(id: number, params: Request['params']): string {
    if (this.phase === 'knocking') return '';
    if (this.phase === 'idle') return 'an order came that nothing asked for';
    if (this.sent === this.done) return `a second order for frame ${this.done}: ${JSON.stringify(params)}`;
    const wrong = this.job?.who === 'echo' ? this.wrongEcho(id) : this.wrongOrder(params);
    return wrong === '' ? '' : `frame ${this.sent}: ${wrong}`;
  }

  /** The first order is there: what else the knocks lead to is waited for, then every frame has its order. */
  private knocked(params: Request['params']): void {
    this.lastNumber = numberOf(params);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.measure(), QUIET_MS);
  }

  private ended(tripNs: number): void {
    const { job } = this;
    if (job === null) return;
    const index = this.done++ - job.warmUp;
    if (index >= 0) this.ns[index] = tripNs;
    if (index + 1 === job.trips) setTimeout(() => this.finish(job), QUIET_MS);
    else if (job.gapMs === 0 || index < 0) setImmediate(this.send);
    else setTimeout(this.send, job.gapMs);
  }

  /** Nothing came behind the last order. */
  private finish(job: PeerJob): void {
    if (this.job !== job) return;
    this.idle();
    const count = job.warmUp + job.trips;
    const { frames, orders } = this.bytes;
    const mean = (bytes: number): number => Math.round(bytes / count);
    const sizes = { frameBytes: mean(frames), orderBytes: mean(orders) };
    tell({ is: 'trips', trips: { ns: this.ns, ...sizes } });
  }

  private wrongEcho(id: number): string {
    return id === this.sent ? '' : `answered with ${id}`;
  }

  private wrongOrder(params: Request['params']): string {
    const expected = this.script.order();
    const { signature, ...rest } = params;
    const number = numberOf(params);
    if (number !== this.lastNumber + 1) return `order ${params.newClientOrderId} behind number ${this.lastNumber}`;
    this.lastNumber = number;
    const isSame =
      params.symbol === SYMBOL &&
      params.side === expected.side &&
      params.type === 'LIMIT' &&
      params.timeInForce === 'IOC' &&
      Number(params.price) === expected.price &&
      Number(params.quantity) === expected.quantity;
    if (!isSame) return `${JSON.stringify(params)} where a plain book leads to ${JSON.stringify(expected)}`;
    const payload = Object.entries(rest)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const isSigned = signature === createHmac('sha256', ACCOUNT.secret).update(payload).digest('hex');
    return isSigned && params.apiKey === ACCOUNT.apiKey ? '' : `its signature is not that of ${payload}`;
  }

  /** An order that nothing was executed of: it expired on arrival. */
  private orderResult(params: Request['params']): unknown {
    return {
      symbol: params.symbol,
      orderId: ++this.orders,
      orderListId: -1,
      clientOrderId: params.newClientOrderId,
      transactTime: Date.now(),
      price: params.price,
      origQty: params.quantity,
      executedQty: '0.00000000',
      origQuoteOrderQty: '0.00000000',
      cummulativeQuoteQty: '0.00000000',
      status: 'EXPIRED',
      timeInForce: params.timeInForce,
      type: params.type,
      side: params.side,
      workingTime: Date.now(),
      selfTradePreventionMode: 'NONE',
      fills: [],
    };
  }

  private rest(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    response.setHeader('content-type', 'application/json');
    if (url.startsWith('/api/v3/depth')) response.end(this.script.snapshot());
    else if (url.startsWith('/api/v3/exchangeInfo')) response.end(JSON.stringify(EXCHANGE_INFO));
    else {
      response.statusCode = 404;
      response.end('{}');
    }
  }

  /** Now and then: whether another order came since the look before. */
  private readonly look = (): void => {
    if (this.job === null) return;
    if (this.phase !== 'measuring') this.wrong(`nobody connected and sent a first order within ${READY_MS / 1e3} s`);
    else if (this.done === this.lookedAt) this.wrong(`no order for frame ${this.sent} within ${LOST_MS / 1e3} s`);
    else this.watch(LOST_MS);
  };

  private watch(ms: number): void {
    this.lookedAt = this.done;
    this.watchdog = setTimeout(this.look, ms);
  }

  private wrong(what: string): void {
    this.idle();
    tell({ is: 'wrong', what });
  }

  private idle(): void {
    this.phase = 'idle';
    this.job = null;
    for (const timer of [this.timer, this.watchdog]) if (timer !== null) clearTimeout(timer);
  }
}

const EXCHANGE_INFO = {
  symbols: [
    {
      symbol: SYMBOL,
      status: 'TRADING',
      baseAsset: BASE_ASSET,
      quoteAsset: QUOTE_ASSET,
      filters: [
        { filterType: 'PRICE_FILTER', minPrice: TICK, maxPrice: '1000000.00', tickSize: TICK },
        { filterType: 'LOT_SIZE', minQty: LOT, maxQty: '9000.00000', stepSize: LOT },
      ],
    },
  ],
};

function resultOf(method: string): unknown {
  switch (method) {
    case 'time':
      return { serverTime: Date.now() };
    case 'exchangeInfo':
      return EXCHANGE_INFO;
    case 'account.status': {
      const balances = [BASE_ASSET, QUOTE_ASSET].map((asset) => ({ asset, free: '1000000', locked: '0' }));
      return { updateTime: Date.now(), balances };
    }
    case 'userDataStream.subscribe.signature':
      return { subscriptionId: 0 };
    default:
      return []; // no open orders, no trades
  }
}

/** n of `th<tag>-<n>`. */
function numberOf({ newClientOrderId }: Request['params']): number {
  const name = String(newClientOrderId);
  return Number(name.slice(name.indexOf('-') + 1));
}

function tell(message: PeerMessage): void {
  process.send?.(message);
}

const peer = new Peer();
process.on('disconnect', () => process.exit(0));
process.on('message', (job: PeerJob) => peer.begin(job));
peer.start();
