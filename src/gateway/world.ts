/**
 * What a gateway needs of the machine around it: clocks, chance, timers, websockets, HTTP. This machine's by default; a test's
 * may be virtual, so that hours of trouble take milliseconds. In the shape of the feeds' own world (src/feed/live/world.ts).
 */
import http from 'node:http';
import https from 'node:https';
import { WebSocket } from 'ws';

export interface SocketListener {
  opened(): void;
  /** Valid during the call only. */
  message(frame: Buffer): void;
  /** A ping or a pong. */
  heard(): void;
  /** Instead of the websocket an HTTP answer came. `closed` need not follow. */
  refused(status: number, retryAfter: string | undefined): void;
  /** `closed` need not follow before it is open. */
  failed(error: Error): void;
  closed(code: number, reason: string): void;
}

/** A websocket, from its client's side. */
export interface GatewaySocket {
  readonly isOpen: boolean;
  send(text: string): void;
  ping(): void;
  terminate(): void;
}

export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;

export type HttpOutcome =
  | { readonly status: number; readonly headers: HttpHeaders; readonly body: string }
  /** No whole answer came. `wasSent` false: not a byte of the request left. */
  | { readonly lost: string; readonly wasSent: boolean };

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the whole answer: one that drips would never end. */
  readonly withinMs: number;
  readonly maxBodyBytes: number;
}

/** Kept-alive connections to one server. */
export interface HttpLine {
  /** Resolves always. */
  request(request: HttpRequest): Promise<HttpOutcome>;
  close(): void;
}

export interface GatewayWorld {
  /** Epoch ms at which `nowMs` was 0. */
  readonly originMs: number;
  /** ms of a clock that never goes back. */
  nowMs(): number;
  /** Epoch ms by the clock on the wall, which may be set. */
  wallMs(): number;
  /** From 0, below 1. */
  random(): number;
  /** Calls `work` once, so much later; returns what takes that back. */
  after(ms: number, work: () => void): () => void;
  /** The same again and again. */
  every(ms: number, work: () => void): () => void;
  connect(url: string, handshakeTimeoutMs: number, listener: SocketListener): GatewaySocket;
  http(base: URL): HttpLine;
}

export const MACHINE: GatewayWorld = {
  originMs: performance.timeOrigin,
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  random: () => Math.random(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
  connect: (url, handshakeTimeoutMs, listener) => new MachineSocket(url, handshakeTimeoutMs, listener),
  http: (base) => new MachineHttp(base.protocol === 'https:'),
};

export function sleep(world: GatewayWorld, ms: number): Promise<void> {
  return new Promise((resolve) => world.after(ms, resolve));
}

/** Longest frame that is taken: the answers of a request, its trades at most. */
const MAX_FRAME_BYTES = 32 << 20;
/** Errors of connecting: not a byte was sent. */
const NOT_SENT: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

class MachineSocket implements GatewaySocket {
  private readonly socket: WebSocket;

  constructor(url: string, handshakeTimeout: number, listener: SocketListener) {
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: MAX_FRAME_BYTES,
      handshakeTimeout,
    });
    this.socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('open', () => listener.opened());
    // A binary frame is none of the venue's: empty, it can't be read, and ends the connection.
    socket.on('message', (data: Buffer, isBinary: boolean) => listener.message(isBinary ? Buffer.alloc(0) : data));
    socket.on('ping', () => listener.heard());
    socket.on('pong', () => listener.heard());
    socket.on('unexpected-response', (_request, response) => {
      response.destroy();
      listener.refused(response.statusCode ?? 0, response.headers['retry-after']);
    });
    socket.on('error', (error) => listener.failed(error));
    socket.on('close', (code, reason) => listener.closed(code, reason.toString('utf8')));
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(text: string): void {
    this.socket.send(text);
  }

  ping(): void {
    this.socket.ping();
  }

  terminate(): void {
    this.socket.terminate();
  }
}

class MachineHttp implements HttpLine {
  private readonly agent: http.Agent;
  private readonly client: typeof http | typeof https;

  constructor(isSecure: boolean) {
    const options = { keepAlive: true, maxSockets: 4 };
    this.client = isSecure ? https : http;
    this.agent = isSecure ? new https.Agent(options) : new http.Agent(options);
  }

  request({ method, url, headers, withinMs, maxBodyBytes }: HttpRequest): Promise<HttpOutcome> {
    return new Promise((resolve) => {
      const request = this.client.request(url, { method, agent: this.agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const broken = (): void => resolve({ lost: 'the connection broke within the answer', wasSent: true });
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= maxBodyBytes) chunks.push(chunk);
          else request.destroy();
        });
        response.on('error', broken);
        response.on('aborted', broken);
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      const late = setTimeout(() => request.destroy(new Error('no answer in time')), withinMs);
      request.on('close', () => clearTimeout(late));
      request.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ lost: error.code ?? error.message, wasSent: !NOT_SENT.includes(error.code ?? '') }),
      );
      request.end();
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
