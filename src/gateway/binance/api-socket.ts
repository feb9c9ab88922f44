/**
 * One connection to Binance's websocket API: requests with numbers, answers by number, events in between ("General API
 * Information", "Event format"). It dies once: whoever owns it makes another. Requests that were not answered then are lost:
 * they may have been done.
 */
import { messageOf, TapeheadError } from '../../core/errors.ts';
import type { GatewaySocket, GatewayWorld } from '../world.ts';
import { type Answer, lost } from './answer.ts';
import { isObject, type JsonObject, objects, parseJson } from './facts.ts';
import type { RateLimits, RateLimitText } from './rate-limits.ts';
import type { Params } from './signing.ts';

export interface ApiSocketEvents {
  /** An event of the user-data stream. */
  event(event: JsonObject): void;
  /** It is closed, for the reason given in a few words. Once. */
  down(why: string): void;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly endWait: () => void;
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
  private readonly socket: GatewaySocket;
  private readonly events: ApiSocketEvents;
  private readonly times: SocketTimes;
  private readonly limits: RateLimits;
  private readonly world: GatewayWorld;
  private readonly pending = new Map<number, Pending>();
  private endWatch = (): void => {};
  private lastNumber = 0;
  private heardMs: number;
  private isDown = false;

  private constructor(
    url: string,
    events: ApiSocketEvents,
    times: SocketTimes,
    limits: RateLimits,
    world: GatewayWorld,
    onOpen: () => void,
    onRefused: (why: string) => void,
  ) {
    this.events = events;
    this.times = times;
    this.limits = limits;
    this.world = world;
    this.heardMs = world.nowMs();
    let hasOpened = false;
    const over = (why: string): void => {
      if (hasOpened) this.end(why);
      else onRefused(why);
    };
    this.socket = world.connect(url, times.connectMs, {
      opened: () => {
        hasOpened = true;
        this.heard();
        this.endWatch = world.every(times.silenceMs / 3, () => this.checkSilence());
        onOpen();
      },
      message: (frame) => this.onFrame(frame),
      heard: () => this.heard(),
      refused: (status, retryAfter) => {
        const seconds = Number(retryAfter ?? 0);
        if (seconds > 0) limits.pauseUntil(world.wallMs() + seconds * 1000);
        over(`HTTP ${status}`);
      },
      failed: (error) => over(messageOf(error)),
      closed: (code) => over(`closed with ${code}`),
    });
  }

  /** Resolves when the connection is open. Rejects with TapeheadError. */
  static open(
    url: string,
    events: ApiSocketEvents,
    times: SocketTimes,
    limits: RateLimits,
    world: GatewayWorld,
  ): Promise<ApiSocket> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string): void => {
        reject(new TapeheadError('USAGE', `${url}: can't connect (${why})`));
      };
      const socket: ApiSocket = new ApiSocket(url, events, times, limits, world, () => resolve(socket), refuse);
    });
  }

  get isOpen(): boolean {
    return !this.isDown && this.socket.isOpen;
  }

  /** Resolves always. */
  request(method: string, params: Params, withinMs = this.times.answerMs): Promise<Answer> {
    if (!this.isOpen) return Promise.resolve(lost('not connected', false));
    const id = ++this.lastNumber;
    return new Promise((resolve) => {
      const endWait = this.world.after(withinMs, () => this.settle(id, lost('no answer in time', true)));
      this.pending.set(id, { resolve, endWait });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Closes without waiting; `down` is not called. */
  close(): void {
    this.isDown = true;
    this.endWatch();
    for (const id of [...this.pending.keys()]) this.settle(id, lost('closed', true));
    this.socket.terminate();
  }

  private heard(): void {
    this.heardMs = this.world.nowMs();
  }

  private onFrame(data: Buffer): void {
    this.heard();
    let frame: unknown = null;
    try {
      frame = parseJson(data.toString('utf8'));
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
    if (limits.length > 0) this.limits.learn(limits, this.world.wallMs());
    const status = typeof frame.status === 'number' ? frame.status : 0;
    if (status === 200) return { ok: true, result: frame.result };
    const { code, msg, data } = isObject(frame.error) ? frame.error : { code: 0, msg: '', data: undefined };
    // By the venue's clock, which need not be ours.
    const { retryAfter, serverTime } = isObject(data) ? data : ({} as JsonObject);
    const nowMs = this.world.wallMs();
    const error = {
      status,
      code: typeof code === 'number' ? code : 0,
      text: typeof msg === 'string' ? msg : '',
      retryAtMs:
        typeof retryAfter !== 'number'
          ? 0
          : typeof serverTime !== 'number'
            ? retryAfter
            : nowMs + retryAfter - serverTime,
    };
    return { ok: false, error, wasSent: true, data };
  }

  private settle(id: number, answer: Answer): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return; // too late: it was given up
    this.pending.delete(id);
    pending.endWait();
    pending.resolve(answer);
  }

  private checkSilence(): void {
    if (this.world.nowMs() - this.heardMs > this.times.silenceMs) this.end('nothing was heard from it');
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
