/** The server on Node's own http and `ws`: where the binary of uWebSockets.js does not load. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf, TapeheadError } from '../core/errors.ts';
import {
  cannotListen,
  DEFAULT_HOST,
  FRAME_TOO_LONG,
  GOING_AWAY,
  headersOf,
  plainAddress,
  readTls,
  SilenceWatch,
  statusText,
  TOO_LARGE,
  type Watched,
} from './parts.ts';
import type { NetHandlers, NetOptions, NetReply, NetRequest, NetServer, Peer } from './server.ts';

/** A peer that was told that the server ends is cut when it has not answered within so long. */
const FAREWELL_MS = 250;
/** ... and one that was closed while the server goes on, which keeps what waits for it that long. */
const CLOSE_MS = 2_000;

class Topics<T> {
  private readonly peers = new Map<string, Set<WsPeer<T>>>();

  add(topic: string, peer: WsPeer<T>): void {
    const there = this.peers.get(topic);
    if (there === undefined) this.peers.set(topic, new Set([peer]));
    else there.add(peer);
  }

  remove(topic: string, peer: WsPeer<T>): void {
    const there = this.peers.get(topic);
    if (there?.delete(peer) && there.size === 0) this.peers.delete(topic);
  }

  publish(topic: string, frame: string | Uint8Array, isBinary: boolean): void {
    const there = this.peers.get(topic);
    if (there === undefined) return;
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame; // turned into bytes once, not once for each peer
    for (const peer of there) peer.send(bytes, isBinary);
  }
}

class WsPeer<T> implements Peer<T>, Watched {
  readonly id: number;
  readonly data: T;
  readonly remoteAddress: string;
  isOpen = true;
  heardMs = performance.now();
  private readonly socket: WebSocket;
  /** What carries it. */
  private readonly stream: Duplex;
  private readonly maxBacklogBytes: number;
  private readonly topics: Topics<T>;
  private readonly subscribed = new Set<string>();

  constructor(
    id: number,
    data: T,
    remoteAddress: string,
    socket: WebSocket,
    stream: Duplex,
    maxBacklogBytes: number,
    topics: Topics<T>,
  ) {
    this.id = id;
    this.data = data;
    this.remoteAddress = remoteAddress;
    this.socket = socket;
    this.stream = stream;
    this.maxBacklogBytes = maxBacklogBytes;
    this.topics = topics;
  }

  send(frame: string | Uint8Array, isBinary: boolean): boolean {
    if (!this.isOpen) return false;
    if (this.socket.bufferedAmount > this.maxBacklogBytes) {
      this.terminate();
      return false;
    }
    this.socket.send(frame, { binary: isBinary });
    return true;
  }

  sendAll(frames: readonly (string | Uint8Array)[], isBinary: boolean): boolean {
    this.stream.cork();
    const isSent = frames.every((frame) => this.send(frame, isBinary));
    this.stream.uncork();
    return isSent;
  }

  backlogBytes(): number {
    return this.isOpen ? this.socket.bufferedAmount : 0;
  }

  subscribe(topic: string): void {
    if (!this.isOpen) return;
    this.subscribed.add(topic);
    this.topics.add(topic, this);
  }

  unsubscribe(topic: string): void {
    this.subscribed.delete(topic);
    this.topics.remove(topic, this);
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.leave();
    this.socket.close(code, reason);
  }

  terminate(): void {
    if (!this.isOpen) return;
    this.leave();
    this.socket.terminate();
  }

  /** Cuts one that was asked to close and does not. */
  cut(): void {
    this.socket.terminate();
  }

  ping(): void {
    if (this.isOpen) this.socket.ping();
  }

  /** From here on nothing is sent and nothing taken. */
  leave(): void {
    this.isOpen = false;
    for (const topic of [...this.subscribed]) this.unsubscribe(topic);
  }
}

export async function listenWs<T>(options: NetOptions, handlers: NetHandlers<T>, remark: string): Promise<NetServer> {
  const http = makeHttp(options);
  if (options.maxConnections !== undefined) http.maxConnections = options.maxConnections;
  const peers = new Set<WsPeer<T>>();
  const topics = new Topics<T>();
  http.on('request', (request, response) => takeRequest(options, handlers, request, response));
  takeUpgrades(http, options, handlers, peers, topics);
  await listening(http, options);
  const watch = new SilenceWatch(openOf(peers), options.idleSeconds);
  return {
    library: 'ws',
    remark,
    port: (http.address() as AddressInfo).port,
    publish: (topic, frame, isBinary) => topics.publish(topic, frame, isBinary),
    close: async () => {
      watch.end();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const peer of [...peers]) peer.close(GOING_AWAY, '');
      http.closeIdleConnections();
      const cut = setTimeout(() => {
        for (const peer of peers) peer.cut();
        http.closeAllConnections();
      }, FAREWELL_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}

function openOf<T>(peers: Set<WsPeer<T>>): Iterable<Watched> {
  return {
    *[Symbol.iterator]() {
      for (const peer of peers) if (peer.isOpen) yield peer;
    },
  };
}

function makeHttp(options: NetOptions): Server {
  if (options.tls === undefined) return createServer();
  const pem = readTls(options.tls);
  try {
    return createTlsServer(pem);
  } catch (error) {
    const { keyFile, certFile } = options.tls;
    throw new TapeheadError(
      'USAGE',
      `${keyFile}, ${certFile}: not a PEM key and its certificate (${messageOf(error)})`,
    );
  }
}

function listening(http: Server, options: NetOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error) => reject(cannotListen(options, error)));
    http.listen({ port: options.port, host: options.host ?? DEFAULT_HOST }, resolve);
  });
}

function takeUpgrades<T>(
  http: Server,
  options: NetOptions,
  handlers: NetHandlers<T>,
  peers: Set<WsPeer<T>>,
  topics: Topics<T>,
): void {
  let lastId = 0;
  let protocol: string | undefined;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxFrameBytes,
    ...{ closeTimeout: CLOSE_MS }, // its types do not know it
    handleProtocols: () => protocol ?? false, // called inside of handleUpgrade, so it is this request's
  });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined); // what follows from it comes as a close
    const answer = handlers.upgrade(copyRequest(request, Buffer.alloc(0)));
    if ('refuse' in answer) {
      refuse(socket, answer.refuse);
      return;
    }
    protocol = answer.protocol;
    server.handleUpgrade(request, socket, head, (websocket) => {
      const address = plainAddress(request.socket.remoteAddress ?? '');
      const peer = new WsPeer<T>(++lastId, answer.accept, address, websocket, socket, options.maxBacklogBytes, topics);
      peers.add(peer);
      connect(peer, websocket, handlers, peers);
      socket.on('drain', () => {
        if (peer.isOpen) handlers.drained?.(peer);
      });
      handlers.open(peer);
    });
  });
}

function connect<T>(peer: WsPeer<T>, websocket: WebSocket, handlers: NetHandlers<T>, peers: Set<WsPeer<T>>): void {
  const heard = (): void => {
    peer.heardMs = performance.now();
  };
  websocket.on('message', (frame, isBinary) => {
    heard();
    if (peer.isOpen) handlers.message(peer, frame as Buffer, isBinary); // one Buffer: `binaryType` is "nodebuffer"
  });
  websocket.on('ping', heard);
  websocket.on('pong', heard);
  let isTooLong = false;
  websocket.on('error', (error: NodeJS.ErrnoException) => {
    isTooLong = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'; // the close that follows says 1006 whatever we sent
  });
  websocket.on('close', (code, reason) => {
    peer.leave();
    peers.delete(peer);
    handlers.closed(peer, isTooLong ? FRAME_TOO_LONG : code, reason.toString());
  });
}

function takeRequest<T>(
  options: NetOptions,
  handlers: NetHandlers<T>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('error', () => undefined); // the peer is gone: nobody is left to be answered
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= options.maxBodyBytes) {
      chunks.push(chunk);
    } else if (!response.headersSent) {
      reply(response, TOO_LARGE, true);
      response.once('finish', () => request.destroy());
    }
  });
  request.on('end', () => {
    if (response.headersSent) return;
    const result = handlers.http(copyRequest(request, Buffer.concat(chunks)));
    if (result instanceof Promise) void result.then((late) => reply(response, late, false));
    else reply(response, result, false);
  });
}

function reply(response: ServerResponse, what: NetReply, closes: boolean): void {
  if (response.destroyed) return;
  const headers: Record<string, string> = Object.fromEntries(headersOf(what));
  if (closes) headers.Connection = 'close';
  response.writeHead(what.status, { ...headers, 'Content-Length': Buffer.byteLength(what.body) });
  response.end(what.body);
}

function refuse(socket: Duplex, what: NetReply): void {
  const head = [`HTTP/1.1 ${what.status} ${statusText(what.status)}`];
  for (const [name, value] of headersOf(what)) head.push(`${name}: ${value}`);
  socket.once('finish', () => socket.destroy()); // who keeps its side open would keep a connection for good
  head.push(`Content-Length: ${Buffer.byteLength(what.body)}`, 'Connection: close', '', '');
  socket.write(head.join('\r\n'));
  socket.end(what.body);
}

function copyRequest(request: IncomingMessage, body: Buffer): NetRequest {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    header: (name) => String(request.headers[name] ?? ''),
    remoteAddress: plainAddress(request.socket.remoteAddress ?? ''),
    body,
  };
}
