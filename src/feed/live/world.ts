/**
 * What a live session needs of the machine around it: a clock, timers, sockets, requests. Those of this machine by default;
 * those of a test can be virtual, so that hours of trouble take milliseconds.
 */
import WebSocket from 'ws';
import type { SessionBase } from '../../core/time.ts';
import { LiveClock } from './live-clock.ts';

/** Longest frame that is taken; a venue's largest snapshots are some 500 KB. */
const MAX_FRAME_BYTES = 32 << 20;

export interface SocketListener {
  opened(): void;
  /** Valid during the call only. */
  message(frame: Buffer): void;
  /** A ping or a pong. */
  heard(): void;
  /** Instead of the websocket an HTTP answer came. `closed` need not follow. */
  refused(status: number, retryAfter: string | undefined): void;
  /** `closed` follows. */
  failed(error: Error & { code?: string }): void;
  closed(code: number, reason: string): void;
}

/** A websocket, from its client's side. */
export interface LiveSocket {
  readonly isOpen: boolean;
  send(text: string): void;
  ping(): void;
  pause(): void;
  resume(): void;
  terminate(): void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Uint8Array;
}

export interface LiveWorld {
  /** ms of a clock that never goes back. */
  nowMs(): number;
  /** Receive times of a session. */
  clock(base: SessionBase): LiveClock;
  /** Calls `work` once, so much later; returns what takes that back. */
  after(ms: number, work: () => void): () => void;
  /** The same again and again. */
  every(ms: number, work: () => void): () => void;
  connect(url: string, handshakeTimeoutMs: number, listener: SocketListener): LiveSocket;
  /** GET. Rejects where no answer comes, with what is to be said of that as its message or its code. */
  get(url: string, timeoutMs: number, maxBodyBytes: number, stopping: AbortSignal): Promise<HttpAnswer>;
}

export const MACHINE: LiveWorld = {
  nowMs: () => performance.now(),
  clock: (base) => new LiveClock(base),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
  connect: (url, handshakeTimeoutMs, listener) => new MachineSocket(url, handshakeTimeoutMs, listener),
  async get(url, timeoutMs, maxBodyBytes, stopping) {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, { signal: AbortSignal.any([timeout, stopping]), redirect: 'error' });
      const length = Number(response.headers.get('content-length') ?? 0);
      if (length > maxBodyBytes) throw new Error(`an answer of ${length} bytes`);
      const body = await bodyOf(response, maxBodyBytes);
      return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
    } catch (error) {
      throw timeout.aborted ? new Error(`no answer within ${timeoutMs / 1e3} s`) : error;
    }
  },
};

/** Throws for more than `most` bytes, unpacked: not every answer says beforehand how long it is. */
async function bodyOf({ body }: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (body === null) return new Uint8Array(0);
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > most) throw new Error(`an answer of more than ${most} bytes`); // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

class MachineSocket implements LiveSocket {
  private readonly socket: WebSocket;

  constructor(url: string, handshakeTimeout: number, listener: SocketListener) {
    const socket = new WebSocket(url, {
      skipUTF8Validation: true, // the scanner checks what it reads
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      handshakeTimeout,
    });
    this.socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('open', () => listener.opened());
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) listener.message(data);
    });
    socket.on('ping', () => listener.heard());
    socket.on('pong', () => listener.heard());
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
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

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  terminate(): void {
    this.socket.terminate();
  }
}

/** Looks now and then whether it is still worth waiting. */
export async function delay(world: LiveWorld, ms: number, isOver: () => boolean): Promise<void> {
  const until = world.nowMs() + ms;
  while (world.nowMs() < until && !isOver()) {
    await new Promise<void>((resolve) => world.after(Math.min(100, until - world.nowMs()), resolve));
  }
}
