/**
 * One connection for market data: its streams, its requests (SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY,
 * GET_PROPERTY), its limits ("Live Subscribing/Unsubscribing to streams", "Websocket Limits").
 */
import type { Connection, Line, ProtocolServices } from '../protocol.ts';
import type { StreamListener, Streams } from './streams.ts';
import type { BinanceTerms } from './terms.ts';

/** Close code for a connection that breaks a rule (RFC 6455, 7.4.1). */
const POLICY = 1008;
const GOING_AWAY = 1001;

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'];

export class MarketConnection implements Connection, StreamListener {
  private readonly terms: BinanceTerms;
  private readonly services: ProtocolServices;
  private readonly streams: Streams;
  private readonly subscribed = new Set<string>();
  private readonly wanted: readonly string[];
  private isCombined: boolean;
  private line: Line | null = null;
  private openedUs = 0;
  /** When the last messages came, µs: as many as are allowed within a second. */
  private readonly cameUs: number[] = [];

  constructor(
    terms: BinanceTerms,
    services: ProtocolServices,
    streams: Streams,
    wanted: readonly string[],
    isCombined: boolean,
  ) {
    this.terms = terms;
    this.services = services;
    this.streams = streams;
    this.wanted = wanted;
    this.isCombined = isCombined;
  }

  open(line: Line): void {
    this.line = line;
    this.openedUs = this.services.nowUs();
    for (const name of this.wanted) this.add(name);
  }

  event(stream: string, payload: string): void {
    this.line?.send(this.isCombined ? `{"stream":"${stream}","data":${payload}}` : payload, 'market');
  }

  message(frame: Buffer): void {
    if (this.isTooMany()) {
      this.line?.close(POLICY, 'Too many requests');
      return;
    }
    let request: unknown;
    try {
      request = JSON.parse(frame.toString());
    } catch {
      this.refuse(null, 3, 'Invalid JSON: expected value at line 1 column 1');
      return;
    }
    this.answer(request);
  }

  closed(): void {
    for (const name of this.subscribed) this.streams.unsubscribe(name, this);
    this.subscribed.clear();
    this.line = null;
  }

  /** Cuts a connection that has had its time. */
  pulse(nowUs: number): void {
    const maxAgeMs = this.services.maxAgeMs ?? this.terms.maxAgeMs;
    if (maxAgeMs > 0 && nowUs - this.openedUs >= maxAgeMs * 1000) this.line?.close(GOING_AWAY, 'connection expired');
  }

  private answer(request: unknown): void {
    const { method, params, id } = fieldsOf(request);
    if (!(typeof id === 'number' || typeof id === 'string' || id === null || id === undefined)) {
      this.refuse(null, 2, 'Invalid request: request ID must be an unsigned integer');
      return;
    }
    if (typeof method !== 'string' || !METHODS.includes(method)) {
      this.refuse(id ?? null, 2, `Invalid request: unknown variant, expected one of ${METHODS.join(', ')}`);
      return;
    }
    const names = Array.isArray(params) ? params : [];
    if (method === 'LIST_SUBSCRIPTIONS') this.reply(id, [...this.subscribed]);
    else if (method === 'GET_PROPERTY') this.reply(id, this.isCombined);
    else if (method === 'SET_PROPERTY') this.setProperty(id, names);
    else this.change(id, method === 'SUBSCRIBE', names);
  }

  private setProperty(id: unknown, params: readonly unknown[]): void {
    const [name, value] = params;
    if (name !== 'combined' || typeof value !== 'boolean') {
      this.refuse(id, 0, 'Unknown property');
      return;
    }
    this.isCombined = value;
    this.reply(id, null);
  }

  private change(id: unknown, isMore: boolean, names: readonly unknown[]): void {
    if (names.length === 0 || !names.every((name) => typeof name === 'string')) {
      this.refuse(id, 2, 'Invalid request: params must be an array of streams');
      return;
    }
    if (isMore && this.subscribed.size + names.length > this.terms.maxStreams) {
      this.line?.close(POLICY, 'Too many streams');
      return;
    }
    this.reply(id, null);
    for (const name of names) {
      if (isMore) this.add(name);
      else this.drop(name);
    }
  }

  private add(name: string): void {
    if (this.subscribed.has(name)) return;
    this.subscribed.add(name);
    this.streams.subscribe(name, this);
  }

  private drop(name: string): void {
    if (this.subscribed.delete(name)) this.streams.unsubscribe(name, this);
  }

  private isTooMany(): boolean {
    const nowUs = this.services.nowUs();
    const { cameUs } = this;
    while (cameUs.length > 0 && nowUs - cameUs[0] >= 1_000_000) cameUs.shift();
    cameUs.push(nowUs);
    return cameUs.length > this.terms.messagesPerSecond;
  }

  private reply(id: unknown, result: unknown): void {
    this.line?.send(JSON.stringify({ result, id: id ?? null }), 'control');
  }

  private refuse(id: unknown, code: number, msg: string): void {
    this.line?.send(JSON.stringify({ error: { code, msg }, id }), 'control');
  }
}

function fieldsOf(request: unknown): { method?: unknown; params?: unknown; id?: unknown } {
  return typeof request === 'object' && request !== null ? request : {};
}
