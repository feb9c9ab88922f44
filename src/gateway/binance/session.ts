/**
 * The connection of a gateway to Binance: websocket API, signed in, its user-data stream, REST behind both; made again with
 * full jitter whenever one of the streams breaks. Knows how to ask, not what: orders are the gateway's.
 *
 * Spot: the user-data stream is a subscription of the websocket API (userDataStream.subscribe, with a signature for HMAC
 * keys). USD-M: a listen key and a socket of its own; there REST serves alone while the websocket API can't be reached.
 */
import { messageOf, TapeheadError } from '../../core/errors.ts';
import type { VenueKey } from '../venue-key.ts';
import type { GatewayWorld } from '../world.ts';
import { type Answer, lost } from './answer.ts';
import { ApiSocket, type ApiSocketEvents, type SocketTimes } from './api-socket.ts';
import { type BinanceMarket, LISTEN_KEY_PATH, OPERATIONS, type Operation, type Operations } from './dialect.ts';
import { isObject, type JsonObject } from './facts.ts';
import { RateLimits } from './rate-limits.ts';
import { Verdict, verdictOf } from './refusals.ts';
import { RestClient } from './rest.ts';
import { type Params, queryString, signedParams, signedQuery } from './signing.ts';
import { UserStream } from './user-stream.ts';

export interface BinanceEndpoints {
  /** The websocket API, whole: wss://ws-api.binance.com:443/ws-api/v3, wss://ws-fapi.binance.com/ws-fapi/v1. */
  readonly api: string;
  /** https://api.binance.com, https://fapi.binance.com. */
  readonly rest: string;
  /** USD-M's user-data stream, without /ws/KEY: wss://fstream.binance.com/private. */
  readonly streams: string;
}

/** The venue's own addresses. */
export const BINANCE_ENDPOINTS: Readonly<Record<BinanceMarket, BinanceEndpoints>> = {
  spot: {
    api: 'wss://ws-api.binance.com:443/ws-api/v3',
    rest: 'https://api.binance.com',
    streams: 'wss://stream.binance.com:9443',
  },
  usdm: {
    api: 'wss://ws-fapi.binance.com/ws-fapi/v1',
    rest: 'https://fapi.binance.com',
    streams: 'wss://fstream.binance.com/private',
  },
};

export interface SessionTimes extends SocketTimes {
  /** The venue refuses a request that reaches it later than this after its timestamp. */
  readonly recvWindowMs: number;
  /** Added to recvWindow before "no such order" is believed: how far off our idea of the venue's clock may be. */
  readonly marginMs: number;
  /** Reconnecting: at most this before the first attempt, doubled up to `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A session that was up for so long starts the delays anew: a venue that cuts at once is not hammered. */
  readonly stableMs: number;
  /** The venue's clock is read again so often. */
  readonly clockEveryMs: number;
}

export const DEFAULT_TIMES: SessionTimes = {
  answerMs: 3_000,
  connectMs: 10_000,
  silenceMs: 15_000,
  recvWindowMs: 2_000,
  marginMs: 1_000,
  backoffMs: 250,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
  clockEveryMs: 600_000,
};

export interface SessionEvents {
  /** Both streams are there; every event from now on will be told. */
  up(): void;
  /** A stream broke: events are missed from now on. */
  down(why: string): void;
  /** It will not come up any more. One line. */
  failed(why: string): void;
  event(event: JsonObject): void;
}

export class BinanceSession {
  readonly operations: Operations;
  readonly limits = new RateLimits();
  readonly times: SessionTimes;
  readonly world: GatewayWorld;
  /** Venue's clock minus ours, ms. */
  clockOffsetMs = 0;
  private readonly market: BinanceMarket;
  private readonly endpoints: BinanceEndpoints;
  private readonly key: VenueKey;
  private readonly events: SessionEvents;
  private readonly rest: RestClient;
  private api: ApiSocket | null = null;
  private stream: UserStream | null = null;
  private isLoggedOn = false;
  private isStopped = false;
  private onDown: ((why: string) => void) | null = null;
  private readonly sleepers = new Set<() => void>();

  constructor(
    market: BinanceMarket,
    endpoints: BinanceEndpoints,
    key: VenueKey,
    times: SessionTimes,
    events: SessionEvents,
    world: GatewayWorld,
  ) {
    this.market = market;
    this.operations = OPERATIONS[market];
    this.endpoints = endpoints;
    this.key = key;
    this.times = times;
    this.world = world;
    this.events = events;
    this.rest = new RestClient(endpoints.rest, this.limits, times.answerMs, world);
  }

  /** Connects, and stays connected until `stop`, or until the key turns out to be bad. Resolves then. */
  async run(): Promise<void> {
    const endClock = this.world.every(this.times.clockEveryMs, () => void this.readClock());
    for (let attempt = 0; !this.isStopped; ) {
      try {
        const { ended } = await this.connect();
        const upMs = this.world.nowMs();
        this.events.up();
        const why = await ended;
        if (this.world.nowMs() - upMs >= this.times.stableMs) attempt = 0;
        this.disconnect();
        if (!this.isStopped) this.events.down(why);
      } catch (error) {
        this.disconnect();
        if (error instanceof BadKeyError) {
          this.events.failed(error.message);
          break;
        }
        if (attempt === 0 && !this.isStopped) this.events.down(messageOf(error));
      }
      const limitMs = Math.min(this.times.backoffMaxMs, this.times.backoffMs * 2 ** Math.min(attempt++, 20));
      if (!this.isStopped) await this.sleep(this.world.random() * limitMs);
    }
    endClock();
  }

  stop(): void {
    this.isStopped = true;
    this.onDown?.('stopped');
    for (const wake of this.sleepers) wake();
    this.disconnect();
    this.rest.close();
  }

  /** Epoch ms by the venue's clock. */
  nowMs(): number {
    return this.world.wallMs() + this.clockOffsetMs;
  }

  /** Asks once: by the websocket API where it is open, else by REST. Resolves always. */
  async call(operation: Operation, params: Params): Promise<Answer> {
    let answer = lost('not connected', false);
    if (operation.socket !== null && this.api?.isOpen === true) {
      answer = await this.api.request(operation.socket, this.socketParams(operation, params));
    }
    if (!answer.ok && !answer.wasSent && !this.isStopped) answer = await this.callRest(operation, params);
    if (!answer.ok) this.learn(answer.error.retryAtMs, verdictOf(answer.error));
    return answer;
  }

  /** Asks what changes nothing, again and again while nobody can say, for at most `forMs`. */
  async ask(operation: Operation, params: Params, forMs: number): Promise<Answer> {
    const deadline = this.world.nowMs() + forMs;
    for (let attempt = 0; ; attempt++) {
      await this.pause();
      const answer = await this.call(operation, params);
      if (answer.ok || this.isStopped || this.world.nowMs() > deadline) return answer;
      const verdict = verdictOf(answer.error);
      if (verdict === Verdict.Refused || verdict === Verdict.BadKey) return answer;
      if (verdict === Verdict.Clock) await this.readClock();
      await this.sleep(this.world.random() * Math.min(1_000, 20 * 2 ** attempt));
    }
  }

  /** Waits until the venue takes cancels and queries (again). */
  async pause(): Promise<void> {
    for (let delayMs = this.limits.delayMs(this.world.wallMs()); delayMs > 0 && !this.isStopped; ) {
      await this.sleep(delayMs);
      delayMs = this.limits.delayMs(this.world.wallMs());
    }
  }

  /** By Cristian's algorithm: the venue read its clock half way between question and answer. */
  async readClock(): Promise<void> {
    const before = this.world.wallMs();
    const answer = await this.call(this.operations.time, {});
    const after = this.world.wallMs();
    const serverTime = answer.ok && isObject(answer.result) ? answer.result.serverTime : undefined;
    if (typeof serverTime === 'number') this.clockOffsetMs = Math.round(serverTime - (before + after) / 2);
  }

  private socketParams(operation: Operation, params: Params): Params {
    if (!operation.signed) return params;
    const timed = { ...params, recvWindow: this.times.recvWindowMs, timestamp: Math.floor(this.nowMs()) };
    return this.isLoggedOn ? timed : signedParams(timed, this.key);
  }

  private callRest(operation: Operation, params: Params): Promise<Answer> {
    const { method, path, signed } = operation;
    if (!signed) {
      const query = queryString(params);
      return this.rest.request(method, query === '' ? path : `${path}?${query}`, null);
    }
    const timed = { ...params, recvWindow: this.times.recvWindowMs, timestamp: Math.floor(this.nowMs()) };
    return this.rest.request(method, `${path}?${signedQuery(timed, this.key)}`, this.key.apiKey);
  }

  private learn(retryAtMs: number, verdict: Verdict): void {
    if (verdict === Verdict.Rate) this.limits.pauseUntil(retryAtMs > 0 ? retryAtMs : this.world.wallMs() + 1_000);
    else if (verdict === Verdict.Clock) void this.readClock();
  }

  /** Resolves once everything is there. `ended` resolves at its end, with the reason. */
  private async connect(): Promise<{ ended: Promise<string> }> {
    const ended = new Promise<string>((resolve) => {
      this.onDown = resolve;
    });
    const sockets: ApiSocketEvents = {
      event: (event) => this.onEvent(event),
      down: (why) => this.onDown?.(why),
    };
    await this.pause();
    if (this.market === 'spot') {
      this.api = await ApiSocket.open(this.endpoints.api, sockets, this.times, this.limits, this.world);
      await this.readClock();
      await this.logOn();
      await this.subscribe();
    } else {
      await this.readClock();
      const answer = await this.listenKey('POST');
      check(answer, 'a listen key');
      const key = answer.ok && isObject(answer.result) ? String(answer.result.listenKey ?? '') : '';
      const keepAlive = (): Promise<Answer> => this.listenKey('PUT');
      const { streams } = this.endpoints;
      this.stream = await UserStream.open(streams, key, keepAlive, sockets, this.times, this.limits, this.world);
      const alone = { event: sockets.event, down: () => {} }; // REST goes on without it
      this.api = await ApiSocket.open(this.endpoints.api, alone, this.times, this.limits, this.world).catch(() => null);
      await this.logOn();
    }
    if (this.isStopped) throw new TapeheadError('USAGE', 'stopped');
    return { ended };
  }

  private listenKey(method: 'POST' | 'PUT'): Promise<Answer> {
    return this.rest.request(method, LISTEN_KEY_PATH, this.key.apiKey, this.times.connectMs);
  }

  private async logOn(): Promise<void> {
    this.isLoggedOn = false;
    if (!this.key.isEd25519 || this.api === null) return;
    const answer = await this.api.request(
      'session.logon',
      signedParams({ recvWindow: this.times.recvWindowMs, timestamp: Math.floor(this.nowMs()) }, this.key),
      this.times.connectMs,
    );
    check(answer, 'session.logon');
    this.isLoggedOn = true;
  }

  private async subscribe(): Promise<void> {
    if (this.api === null) return;
    const method = this.isLoggedOn ? 'userDataStream.subscribe' : 'userDataStream.subscribe.signature';
    const timed = { recvWindow: this.times.recvWindowMs, timestamp: Math.floor(this.nowMs()) };
    const params = this.isLoggedOn ? {} : signedParams(timed, this.key);
    check(await this.api.request(method, params, this.times.connectMs), method);
  }

  private onEvent(event: JsonObject): void {
    if (event.e === 'eventStreamTerminated' || event.e === 'serverShutdown') this.onDown?.(`${event.e}`);
    else this.events.event(event);
  }

  private disconnect(): void {
    this.api?.close();
    this.stream?.close();
    this.api = null;
    this.stream = null;
    this.isLoggedOn = false;
  }

  /** Ends early when the session is stopped. */
  private sleep(ms: number): Promise<void> {
    if (this.isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.sleepers.delete(done);
        resolve();
      };
      const cancel = this.world.after(ms, done);
      this.sleepers.add(done);
    });
  }
}

/** The venue does not know the key, or what is signed with it: trying again would not help. */
class BadKeyError extends Error {
  override readonly name = 'BadKeyError';
}

function check(answer: Answer, what: string): void {
  if (answer.ok) return;
  const { status, code, text } = answer.error;
  const line = `${what} was refused: ${status} ${code} ${text}`;
  if (verdictOf(answer.error) === Verdict.BadKey) throw new BadKeyError(`${line}; check the API key and its rights`);
  throw new TapeheadError('USAGE', line);
}
