/**
 * The server on uWebSockets.js. What its library wants, and is easily got wrong: a request is gone when its handler returns, a
 * message's buffer too; a closed socket must not be touched; closing calls the close handler at once, from inside of the call;
 * two servers on one port share its connections, unasked; a thread that ends with a live app ends
 * the process.
 */

import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket, WebSocket } from 'uWebSockets.js';
import { type AddressInfo, createServer } from 'node:net';
import { TapeheadError } from '../core/errors.ts';
import {
  CUT,
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

export type Uws = typeof import('uWebSockets.js');

/**
 * LIBUS_LISTEN_DEFAULT: the port is opened with SO_REUSEADDR and SO_REUSEPORT. The exclusive mode has neither: a server that
 * had connections could not be started again on its port for a minute.
 */
const SHARED_PORT = 0;
/** What the library closes a connection with when a frame exceeds its limit: without a close frame. */
const LIBRARY_TOO_LONG = 'Received too big message';

/** What the library keeps for us with each socket. */
interface Attached<T> {
  readonly data: T;
  peer: UwsPeer<T> | null;
}

class UwsPeer<T> implements Peer<T>, Watched {
  readonly id: number;
  readonly data: T;
  readonly remoteAddress: string;
  isOpen = true;
  heardMs = performance.now();
  private readonly socket: WebSocket<Attached<T>>;

  constructor(id: number, data: T, remoteAddress: string, socket: WebSocket<Attached<T>>) {
    this.id = id;
    this.data = data;
    this.remoteAddress = remoteAddress;
    this.socket = socket;
  }

  send(frame: string | Uint8Array, isBinary: boolean): boolean {
    if (!this.isOpen) return false;
    if (this.socket.send(frame, isBinary) !== 2) return true;
    this.terminate();
    return false;
  }

  sendAll(frames: readonly (string | Uint8Array)[], isBinary: boolean): boolean {
    if (!this.isOpen) return false;
    const { socket } = this;
    let isFull = false;
    socket.cork(() => {
      isFull = !frames.every((frame) => socket.send(frame, isBinary) !== 2);
    });
    if (isFull) this.terminate(); // behind the cork, which touches the socket once more
    return !isFull;
  }

  backlogBytes(): number {
    return this.isOpen ? this.socket.getBufferedAmount() : 0;
  }

  subscribe(topic: string): void {
    if (this.isOpen) this.socket.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (this.isOpen) this.socket.unsubscribe(topic);
  }

  close(code: number, reason: string): void {
    if (this.isOpen) this.socket.end(code, reason);
  }

  terminate(): void {
    if (this.isOpen) this.socket.close();
  }

  ping(): void {
    if (this.isOpen) this.socket.ping();
  }
}

export async function listenUws<T>(uws: Uws, options: NetOptions, handlers: NetHandlers<T>): Promise<NetServer> {
  const port = await freePort(options);
  const app = makeApp(uws, options);
  const peers = new Set<UwsPeer<T>>();
  const open = { count: 0 };
  if (options.maxConnections !== undefined) limitConnections(app, options.maxConnections, open);
  addWebsocket(app, options, handlers, peers, open);
  addHttp(app, options, handlers);
  return new Promise((resolve, reject) => {
    const listening = (socket: us_listen_socket | false): void => {
      if (socket === false) {
        app.close();
        reject(cannotListen(options, null));
        return;
      }
      const watch = new SilenceWatch(peers, options.idleSeconds);
      resolve({
        library: 'uWebSockets.js',
        remark: '',
        port: uws.us_socket_local_port(socket),
        publish: (topic, frame, isBinary) => {
          app.publish(topic, frame, isBinary);
        },
        close: () => {
          watch.end();
          for (const peer of [...peers]) peer.close(GOING_AWAY, '');
          app.close();
          return loopTurns(2); // the library frees its sockets at the end of the turn
        },
      });
    };
    // The library takes a host, a port and options together; its types don't say so.
    const listenAt = app.listen as unknown as (
      host: string,
      port: number,
      flags: number,
      done: typeof listening,
    ) => void;
    listenAt.call(app, options.host ?? DEFAULT_HOST, port, SHARED_PORT, listening);
  });
}

/**
 * The port, or a free one for 0. Throws where somebody listens already: a listener of Node's, which shares with nobody, is tried
 * first. A port of its own choice the library would open without SO_REUSEADDR, whatever the flags say: nobody could have it
 * again for a minute behind the last connection.
 */
function freePort(options: NetOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(cannotListen(options, error)));
    server.listen({ port: options.port, host: options.host ?? DEFAULT_HOST }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function makeApp(uws: Uws, options: NetOptions): TemplatedApp {
  if (options.tls === undefined) return uws.App();
  const { keyFile, certFile } = options.tls;
  readTls(options.tls);
  try {
    return uws.SSLApp({ key_file_name: keyFile, cert_file_name: certFile });
  } catch {
    throw new TapeheadError('USAGE', `${keyFile}, ${certFile}: not a PEM key and its certificate`);
  }
}

/**
 * Its types do not know `filter`: called with 1 for a connection that came, and with -1 for one that is gone unless it had become a
 * websocket: whoever sees that close counts it.
 */
function limitConnections(app: TemplatedApp, most: number, open: { count: number }): void {
  const filter = (response: HttpResponse, change: number): void => {
    open.count += change;
    if (change > 0 && open.count > most) response.close();
  };
  (app as TemplatedApp & { filter(handler: typeof filter): void }).filter(filter);
}

function addWebsocket<T>(
  app: TemplatedApp,
  options: NetOptions,
  handlers: NetHandlers<T>,
  peers: Set<UwsPeer<T>>,
  open: { count: number },
): void {
  let lastId = 0;
  const peerOf = (socket: WebSocket<Attached<T>>): UwsPeer<T> | null => socket.getUserData().peer;
  const heard = (socket: WebSocket<Attached<T>>): void => {
    const peer = peerOf(socket);
    if (peer !== null) peer.heardMs = performance.now();
  };
  app.ws<Attached<T>>('/*', {
    // Frames up to twice the limit are read to be refused with a close frame, longer ones are cut off by the library.
    maxPayloadLength: options.maxFrameBytes * 2,
    maxBackpressure: options.maxBacklogBytes,
    closeOnBackpressureLimit: 1, // for what is published; a send that finds no room closes by itself
    idleTimeout: 0, // the library's are whole seconds from 8 on
    sendPingsAutomatically: false,
    maxLifetime: 0,
    upgrade: (response, request, context) => {
      const answer = handlers.upgrade(copyRequest(request, response, Buffer.alloc(0)));
      if ('refuse' in answer) {
        reply(response, answer.refuse, false, true);
        return;
      }
      const key = request.getHeader('sec-websocket-key');
      const extensions = request.getHeader('sec-websocket-extensions');
      response.upgrade({ data: answer.accept, peer: null }, key, answer.protocol ?? '', extensions, context);
    },
    open: (socket) => {
      const attached = socket.getUserData();
      const peer = new UwsPeer<T>(++lastId, attached.data, addressOf(socket), socket);
      attached.peer = peer;
      peers.add(peer);
      handlers.open(peer);
    },
    message: (socket, message, isBinary) => {
      const peer = peerOf(socket);
      if (peer === null) return;
      peer.heardMs = performance.now();
      if (message.byteLength > options.maxFrameBytes) peer.close(FRAME_TOO_LONG, 'frame too long');
      else handlers.message(peer, Buffer.from(message), isBinary);
    },
    ping: heard,
    pong: heard,
    drain: (socket) => {
      const peer = peerOf(socket);
      if (peer?.isOpen) handlers.drained?.(peer);
    },
    close: (socket, code, message) => {
      open.count--;
      const peer = peerOf(socket);
      if (peer === null) return;
      peer.isOpen = false;
      peers.delete(peer);
      const reason = textOf(message);
      const isTooLong = code === CUT && reason === LIBRARY_TOO_LONG;
      // Closing from inside of a handler comes here at once: the owner hears of it when it is done with what it does.
      queueMicrotask(() => handlers.closed(peer, isTooLong ? FRAME_TOO_LONG : code, code === CUT ? '' : reason));
    },
  });
}

function addHttp<T>(app: TemplatedApp, options: NetOptions, handlers: NetHandlers<T>): void {
  app.any('/*', (response, request) => {
    const isHead = request.getMethod() === 'head';
    const copy = copyRequest(request, response, Buffer.alloc(0));
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    response.onAborted(() => {
      isOver = true;
    });
    const answer = (reply_: NetReply, closes: boolean): void => {
      if (isOver) return;
      isOver = true;
      reply(response, reply_, isHead, closes);
    };
    response.onData((chunk, isLast) => {
      if (isOver) return;
      bytes += chunk.byteLength;
      if (bytes > options.maxBodyBytes) {
        answer(TOO_LARGE, true);
        return;
      }
      if (chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk))); // copied: the chunk is gone after this call
      if (!isLast) return;
      const result = handlers.http({ ...copy, body: Buffer.concat(chunks) });
      if (result instanceof Promise) void result.then((late) => answer(late, false));
      else answer(result, false);
    });
  });
}

function reply(response: HttpResponse, what: NetReply, isHead: boolean, closes: boolean): void {
  response.cork(() => {
    response.writeStatus(`${what.status} ${statusText(what.status)}`);
    for (const [name, value] of headersOf(what)) response.writeHeader(name, value);
    if (isHead) response.endWithoutBody(Buffer.byteLength(what.body), closes);
    else response.end(what.body, closes);
  });
}

/** The library's request lives as long as the call: everything is copied. */
function copyRequest(request: HttpRequest, response: HttpResponse, body: Buffer): NetRequest {
  const headers = new Map<string, string>();
  request.forEach((name, value) => {
    headers.set(name, value);
  });
  return {
    method: request.getMethod().toUpperCase(),
    path: request.getUrl(),
    query: request.getQuery() ?? '', // undefined without a question mark, whatever the types say
    header: (name) => headers.get(name) ?? '',
    remoteAddress: addressOf(response),
    body,
  };
}

function addressOf(from: { getRemoteAddressAsText(): ArrayBuffer }): string {
  return plainAddress(textOf(from.getRemoteAddressAsText()));
}

function textOf(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString();
}

async function loopTurns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
