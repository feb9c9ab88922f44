/**
 * One connection to Binance's websocket API: requests with numbers, answers by number, events in between ("General API
 * Information", "Event format"). It dies once: whoever owns it makes another. Requests that were not answered then are lost:
 * they may have been done.
 */
import { WebSocket } from 'ws';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { type Answer, lost } from './answer.ts';
import { isObject, type JsonObject, objects, parseJson } from './facts.ts';
import type { RateLimits, RateLimitText } from './rate-limits.ts';
import type { Params } from './signing.ts';

/** Longest frame that is taken: the answers of a request, its trades at most. */
const MAX_FRAME_BYTES = 32 << 20;

export interface ApiSocketEvents {
  /** An event of the user-data stream. */
  event(event: JsonObject): void;
  /** It is closed, for the reason given in a few words. Once. */
  down(why: string): void;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly timer: NodeJS.Timeout;
}

export interface SocketTimes {
  /** An answer that takes longer is lost. */
  readonly answerMs: number;
  /** The same, for what belongs to connecting: handshakes, signing in, the venue's clock. */
  readonly connectMs: number;
  /** A connection on which nothing came for so long, though it was pinged, is dead. */
  readonly silenceMs: number;
}

export class ApiSocket {
  private readonly socket: WebSocket;
  private readonly events: ApiSocketEvents;
  private readonly times: SocketTimes;
  private readonly limits: RateLimits;
  private readonly pending = new Map<number, Pending>();
  private readonly watch: NodeJS.Timeout;
  private lastNumber = 0;
  private heardMs = performance.now();
  private isDown = false;

  private constructor(socket: WebSocket, events: ApiSocketEvents, times: SocketTimes, limits: RateLimits) {
    this.socket = socket;
    this.events = events;
    this.times = times;
    this.limits = limits;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.onFrame(data, isBinary));
    socket.on('ping', () => this.heard());
    socket.on('pong', () => this.heard());
    socket.on('error', (error) => this.end(messageOf(error)));
    socket.on('close', (code) => this.end(`closed with ${code}`));
    this.watch = setInterval(() => this.checkSilence(), times.silenceMs / 3);
  }

  /** Resolves when the connection is open. Rejects with TapeheadError. */
  static open(url: string, events: ApiSocketEvents, times: SocketTimes, limits: RateLimits): Promise<ApiSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
        maxPayload: MAX_FRAME_BYTES,
        handshakeTimeout: times.connectMs,
      });
      const refuse = (error: Error): void => {
        reject(new TapeheadError('USAGE', `${url}: can't connect (${messageOf(error)})`));
      };
      socket.once('error', refuse);
      socket.once('unexpected-response', (_request, response) => {
        const seconds = Number(response.headers['retry-after'] ?? 0);
        if (seconds > 0) limits.pauseUntil(Date.now() + seconds * 1000);
        response.destroy();
        refuse(new Error(`HTTP ${response.statusCode}`));
      });
      socket.once('open', () => {
        socket.off('error', refuse);
        resolve(new ApiSocket(socket, events, times, limits));
      });
    });
  }

  get isOpen(): boolean {
    return !this.isDown && this.socket.readyState === WebSocket.OPEN;
  }

  /** Resolves always. */
  request(method: string, params: Params, withinMs = this.times.answerMs): Promise<Answer> {
    if (!this.isOpen) return Promise.resolve(lost('not connected', false));
    const id = ++this.lastNumber;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(id, lost('no answer in time', true)), withinMs);
      this.pending.set(id, { resolve, timer });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Closes without waiting; `down` is not called. */
  close(): void {
    this.isDown = true;
    clearInterval(this.watch);
    for (const id of [...this.pending.keys()]) this.settle(id, lost('closed', true));
    this.socket.terminate();
  }

  private heard(): void {
    this.heardMs = performance.now();
  }

  private onFrame(data: Buffer, isBinary: boolean): void {
    this.heard();
    let frame: unknown = null;
    try {
      if (!isBinary) frame = parseJson(data.toString('utf8'));
    } catch {
      frame = null;
    }
    if (!isObject(frame)) this.end('it sent a frame that is no JSON object');
    else if (isObject(frame.event)) this.events.event(frame.event);
    else if (typeof frame.id === 'number') this.settle(frame.id, this.answerOf(frame));
    else if (isObject(frame.error))
      this.end(`it said ${String(frame.error.code)}`); // the session was revoked
    else if (typeof frame.e === 'string') this.events.event(frame); // without an envelope: serverShutdown, all of the futures'
  }

  private answerOf(frame: JsonObject): Answer {
    const limits = objects(frame.rateLimits).filter(isRateLimit);
    if (limits.length > 0) this.limits.learn(limits, Date.now());
    const status = typeof frame.status === 'number' ? frame.status : 0;
    if (status === 200) return { ok: true, result: frame.result };
    const { code, msg, data } = isObject(frame.error) ? frame.error : { code: 0, msg: '', data: undefined };
    const retryAfter = isObject(data) ? data.retryAfter : 0;
    const error = {
      status,
      code: typeof code === 'number' ? code : 0,
      text: typeof msg === 'string' ? msg : '',
      retryAtMs: typeof retryAfter === 'number' ? retryAfter : 0,
    };
    return { ok: false, error, wasSent: true, data };
  }

  private settle(id: number, answer: Answer): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return; // too late: it was given up
    this.pending.delete(id);
    clearTimeout(pending.timer);
    pending.resolve(answer);
  }

  private checkSilence(): void {
    if (performance.now() - this.heardMs > this.times.silenceMs) this.end('nothing was heard from it');
    else if (this.isOpen) this.socket.ping();
  }

  private end(why: string): void {
    if (this.isDown) return;
    this.close();
    this.events.down(why);
  }
}

function isRateLimit(row: JsonObject): row is JsonObject & RateLimitText {
  return (
    typeof row.rateLimitType === 'string' &&
    typeof row.interval === 'string' &&
    typeof row.intervalNum === 'number' &&
    typeof row.limit === 'number'
  );
}
