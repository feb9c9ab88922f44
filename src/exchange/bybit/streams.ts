/**
 * Bybit's topics of all instruments, and who is subscribed to them. All subscribers of a topic get the same deltas with the
 * same numbers; a new one gets the state behind the last of them as its snapshot.
 */
import { OrderSide } from '../../core/order.ts';
import { type DepthChanges, DepthStream, levelTexts, lotsText, priceText } from '../depth-stream.ts';
import type { BookTrade, Market } from '../market.ts';
import { Pace } from '../pace.ts';
import type { Line, ProtocolServices } from '../protocol.ts';

/** Push frequencies of spot, by depth. */
const PACES_US: ReadonlyMap<number, number> = new Map([
  [1, 10_000],
  [50, 20_000],
  [200, 200_000],
  [1000, 200_000],
]);
/** Depth 1 is sent again when nothing changed for so long. */
const AGAIN_US = 3_000_000;

interface Topic {
  readonly name: string;
  readonly market: Market;
  /** Null: trades. */
  readonly depth: DepthStream | null;
  readonly pace: Pace;
  readonly lines: Set<Line>;
  /** u of the last message. */
  update: number;
  sentUs: number;
}

export class BybitStreams {
  private readonly services: ProtocolServices;
  private readonly topics = new Map<string, Topic>();

  constructor(services: ProtocolServices) {
    this.services = services;
    services.exchange.listen({ traded: (market, trade) => this.traded(market, trade) });
  }

  has(name: string): boolean {
    return this.parts(name) !== null;
  }

  isIn(line: Line, name: unknown): boolean {
    return this.topics.get(String(name))?.lines.has(line) ?? false;
  }

  join(line: Line, name: string): void {
    const topic = this.topic(name);
    const { depth } = topic;
    if (depth !== null && topic.lines.size === 0 && depth.take() !== null) topic.update++;
    topic.lines.add(line);
    if (depth !== null) line.send(this.bookFrame(topic, 'snapshot', depth.whole()), 'market');
  }

  /** One topic, or all. */
  leave(line: Line, name?: string): void {
    if (name !== undefined) this.topics.get(name)?.lines.delete(line);
    else for (const topic of this.topics.values()) topic.lines.delete(line);
  }

  /** Sends what changed in every topic that is due. */
  pulse(): void {
    const nowUs = this.services.nowUs();
    for (const topic of this.topics.values()) {
      const { depth } = topic;
      if (depth === null || topic.lines.size === 0) continue;
      if (topic.pace.isDue(nowUs)) this.publish(topic, depth, nowUs);
    }
  }

  private publish(topic: Topic, depth: DepthStream, nowUs: number): void {
    const changes = depth.take();
    const isWhole = depth.limit === 1;
    if (changes !== null) {
      topic.update += 1 + (isWhole ? 0 : this.services.faults.sequenceGap());
    } else if (!isWhole || nowUs - topic.sentUs < AGAIN_US) return;
    const frame = isWhole
      ? this.bookFrame(topic, 'snapshot', depth.whole())
      : this.bookFrame(topic, 'delta', changes ?? depth.whole());
    this.sendAll(topic, frame);
  }

  /** "orderbook.50.BTCUSDT" or "publicTrade.BTCUSDT"; null for any other. */
  private parts(name: string): { market: Market; depth: number } | null {
    const match = /^(?:orderbook\.(\d+)|publicTrade)\.(\w+)$/.exec(name);
    if (match === null) return null;
    const market = this.services.exchange.marketOf(match[2]);
    const depth = match[1] === undefined ? 0 : Number(match[1]);
    return market === undefined || (depth !== 0 && !PACES_US.has(depth)) ? null : { market, depth };
  }

  private topic(name: string): Topic {
    let topic = this.topics.get(name);
    if (topic === undefined) {
      const { market, depth } = this.parts(name)!;
      const stream = depth === 0 ? null : new DepthStream(market, depth);
      const state = { update: market.updateId + 1, sentUs: this.services.nowUs() };
      const pace = new Pace(PACES_US.get(depth) ?? 0);
      topic = { name, market, depth: stream, pace, lines: new Set(), ...state };
      this.topics.set(name, topic);
    }
    return topic;
  }

  private bookFrame(topic: Topic, type: 'snapshot' | 'delta', levels: DepthChanges): string {
    const { market, name, update } = topic;
    const ms = Math.floor(this.services.nowUs() / 1000);
    const [b, a] = [levels.bids, levels.asks].map((side) => levelTexts(market, side));
    const data = { s: market.symbol, b, a, u: update, seq: market.updateId };
    return JSON.stringify({ topic: name, type, ts: ms, data, cts: ms });
  }

  private traded(market: Market, trade: BookTrade): void {
    const topic = this.topics.get(`publicTrade.${market.symbol}`);
    if (topic === undefined || topic.lines.size === 0) return;
    const ms = Math.floor(this.services.nowUs() / 1000);
    const entry = {
      i: String(trade.tradeId),
      T: ms,
      p: priceText(market, trade.priceTicks),
      v: lotsText(market, trade.lots),
      S: trade.takerSide === OrderSide.Buy ? 'Buy' : 'Sell',
      s: market.symbol,
      BT: false,
      RPI: false,
      seq: market.updateId,
    };
    this.sendAll(topic, JSON.stringify({ topic: topic.name, ts: ms, type: 'snapshot', data: [entry] }));
  }

  private sendAll(topic: Topic, frame: string): void {
    topic.sentUs = this.services.nowUs();
    for (const line of topic.lines) line.send(frame, 'market');
  }
}
