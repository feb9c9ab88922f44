/**
 * One websocket connection to Kraken's v2. Requests are {"method","params":{"channel","symbol":[...],...},"req_id"}; each
 * symbol is answered on its own, then begins with its snapshot. Source: docs.kraken.com, "Spot WebSocket v2": Book, Trade,
 * Ticker, Instruments, Ping, Heartbeat, Status.
 */
import { type Connection, type FrameKind, jsonObject, type Line } from '../protocol.ts';
import { answerFrame, HEARTBEAT, statusFrame } from './frames.ts';
import type { KrakenStreams, Topic } from './streams.ts';

const HEARTBEAT_US = 1_000_000;
const DEPTHS: readonly number[] = [10, 25, 100, 500, 1000];
const DEFAULT_DEPTH = 10;
const CHANNELS = ['book', 'trade', 'ticker', 'instrument'];

export class KrakenConnection implements Connection {
  private readonly streams: KrakenStreams;
  private readonly now: () => number;
  private readonly topics = new Set<Topic>();
  private readonly onClosed: (connection: KrakenConnection) => void;
  private line: Line | null = null;
  private lastSentUs = 0;

  constructor(streams: KrakenStreams, now: () => number, onClosed: (connection: KrakenConnection) => void) {
    this.streams = streams;
    this.now = now;
    this.onClosed = onClosed;
  }

  open(line: Line): void {
    this.line = line;
    this.send(statusFrame(line.id), 'control');
  }

  closed(): void {
    for (const topic of this.topics) topic.leave(this);
    this.topics.clear();
    this.onClosed(this);
  }

  message(frame: Buffer): void {
    const request = jsonObject(frame);
    const method = typeof request?.method === 'string' ? request.method : '';
    if (request === null || method === '') this.decline('subscribe', undefined, 'Malformed request');
    else if (method === 'ping') this.pong(request.req_id);
    else if (method === 'subscribe' || method === 'unsubscribe') this.subscription(method, request);
    else this.decline(method, request.req_id, 'Unknown method');
  }

  send(frame: string, kind: FrameKind): void {
    this.lastSentUs = this.now();
    this.line?.send(frame, kind);
  }

  /** A heartbeat for every second in which nothing was sent, once something is subscribed to. */
  pulse(nowUs: number): void {
    if (this.topics.size > 0 && nowUs - this.lastSentUs >= HEARTBEAT_US) this.send(HEARTBEAT, 'control');
  }

  private pong(reqId: unknown): void {
    const id = typeof reqId === 'number' ? { req_id: reqId } : {};
    this.send(JSON.stringify({ method: 'pong', ...id, time_in: '', time_out: '' }), 'control');
  }

  private decline(method: string, reqId: unknown, error: string, symbol?: string): void {
    const rest = symbol === undefined ? { error } : { error, symbol };
    this.send(answerFrame(method, reqId, this.now(), rest, false), 'control');
  }

  private subscription(method: 'subscribe' | 'unsubscribe', request: Readonly<Record<string, unknown>>): void {
    const params = request.params as Readonly<Record<string, unknown>> | undefined;
    const channel = params?.channel;
    const reqId = request.req_id;
    if (typeof channel !== 'string' || !CHANNELS.includes(channel)) {
      this.decline(method, reqId, 'Unsupported channel');
      return;
    }
    const wantsSnapshot = params?.snapshot !== false;
    if (channel === 'instrument') {
      this.one(method, reqId, { channel, snapshot: wantsSnapshot }, this.streams.instruments, wantsSnapshot);
      return;
    }
    const symbols = params?.symbol;
    const depth = params?.depth ?? DEFAULT_DEPTH;
    if (!Array.isArray(symbols)) this.decline(method, reqId, 'Symbol(s) not found');
    else if (channel === 'book' && !DEPTHS.includes(depth as number)) {
      this.decline(method, reqId, 'Subscription depth not supported');
    } else
      for (const symbol of symbols)
        this.ofSymbol(method, reqId, channel, String(symbol), depth as number, wantsSnapshot);
  }

  private ofSymbol(
    method: 'subscribe' | 'unsubscribe',
    reqId: unknown,
    channel: string,
    symbol: string,
    depth: number,
    wantsSnapshot: boolean,
  ): void {
    const topic = this.streams.topic(channel, symbol, depth);
    if (topic === null) this.decline(method, reqId, `Currency pair not supported ${symbol}`, symbol);
    else {
      const depths = channel === 'book' ? { depth } : {};
      this.one(method, reqId, { channel, ...depths, snapshot: wantsSnapshot, symbol }, topic, wantsSnapshot);
    }
  }

  private one(method: string, reqId: unknown, result: object, topic: Topic, wantsSnapshot: boolean): void {
    const isHeld = this.topics.has(topic);
    if (method === 'subscribe' && isHeld) this.decline(method, reqId, 'Already subscribed');
    else if (method === 'unsubscribe' && !isHeld) this.decline(method, reqId, 'Subscription Not Found');
    else {
      this.send(answerFrame(method, reqId, this.now(), { result }, true), 'control');
      if (method === 'unsubscribe') {
        this.topics.delete(topic);
        topic.leave(this);
        return;
      }
      this.topics.add(topic);
      topic.join(this, wantsSnapshot);
    }
  }
}
