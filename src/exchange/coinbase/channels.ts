/** The channels of one product and who has subscribed to them. */
import type { LevelFeed } from '../level-feed.ts';
import type { Market } from '../market.ts';
import type { FrameKind, ProtocolServices } from '../protocol.ts';
import { Product, timeText } from './product.ts';

export const CHANNELS = ['level2', 'level2_batch', 'matches', 'heartbeat', 'full', 'ticker'] as const;
export type Channel = (typeof CHANNELS)[number];

const BATCH_US = 50_000;
const HEARTBEAT_US = 1_000_000;

export interface Subscriber {
  send(frame: string, kind: FrameKind): void;
}

/** level2 and level2_batch: a snapshot of the whole book, then what changed, each at a pace of its own. */
class LevelChannel {
  readonly subscribers = new Set<Subscriber>();
  private readonly product: Product;
  private readonly everyUs: number;
  private feed: LevelFeed | null = null;
  private lastUs = 0;

  constructor(product: Product, everyUs: number) {
    this.product = product;
    this.everyUs = everyUs;
  }

  join(subscriber: Subscriber, nowUs: number): void {
    this.publish(nowUs); // to those who have it already
    this.feed ??= this.product.market.watchLevels();
    this.subscribers.add(subscriber);
    subscriber.send(this.snapshot(nowUs), 'market');
  }

  leave(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
    if (this.subscribers.size > 0 || this.feed === null) return;
    this.product.market.unwatchLevels(this.feed);
    this.feed = null;
  }

  pulse(nowUs: number): void {
    // Far off the other way: the clock was set back, which must not silence the channel until it is there again.
    if (Math.abs(nowUs - this.lastUs) >= this.everyUs) this.publish(nowUs);
  }

  private publish(nowUs: number): void {
    const changes = this.feed?.take() ?? null;
    if (changes === null) return;
    this.lastUs = nowUs;
    const { product } = this;
    const rows: string[][] = [];
    for (const isBid of [true, false]) {
      const levels = isBid ? changes.bids : changes.asks;
      for (let i = 0; i < levels.length; i += 2) {
        rows.push([isBid ? 'buy' : 'sell', product.price(levels[i]), product.size(levels[i + 1])]);
      }
    }
    const frame = JSON.stringify({ type: 'l2update', product_id: product.id, changes: rows, time: timeText(nowUs) });
    for (const subscriber of this.subscribers) subscriber.send(frame, 'market');
  }

  private snapshot(nowUs: number): string {
    const { product } = this;
    const side = (isBid: boolean) =>
      product.levels(isBid, Number.POSITIVE_INFINITY).map(([price, size]) => [price, size]);
    const book = { bids: side(true), asks: side(false) };
    return JSON.stringify({ type: 'snapshot', product_id: product.id, ...book, time: timeText(nowUs) });
  }
}

export class ProductChannels {
  readonly product: Product;
  private readonly services: ProtocolServices;
  private readonly level2: LevelChannel;
  private readonly level2Batch: LevelChannel;
  private readonly others: Readonly<Record<'matches' | 'heartbeat' | 'full' | 'ticker', Set<Subscriber>>> = {
    matches: new Set(),
    heartbeat: new Set(),
    full: new Set(),
    ticker: new Set(),
  };
  private lastHeartbeatUs = 0;
  private tickerTradeId = 0;

  constructor(market: Market, services: ProtocolServices) {
    this.services = services;
    this.product = new Product(market, {
      nowUs: () => services.nowUs(),
      gap: () => services.faults.sequenceGap(),
      full: (frame) => this.send('full', frame),
      match: (frame) => this.matched(frame),
    });
    this.level2 = new LevelChannel(this.product, 0);
    this.level2Batch = new LevelChannel(this.product, BATCH_US);
  }

  join(channel: Channel, subscriber: Subscriber): void {
    const nowUs = this.services.nowUs();
    if (channel === 'level2') this.level2.join(subscriber, nowUs);
    else if (channel === 'level2_batch') this.level2Batch.join(subscriber, nowUs);
    else {
      this.others[channel].add(subscriber);
      if (channel === 'matches' && this.product.lastMatch !== '') subscriber.send(this.product.lastMatch, 'market');
      if (channel === 'ticker') subscriber.send(this.ticker(), 'market');
    }
  }

  leave(channel: Channel, subscriber: Subscriber): void {
    if (channel === 'level2') this.level2.leave(subscriber);
    else if (channel === 'level2_batch') this.level2Batch.leave(subscriber);
    else this.others[channel].delete(subscriber);
  }

  pulse(nowUs: number): void {
    this.level2.pulse(nowUs);
    this.level2Batch.pulse(nowUs);
    if (this.product.lastTradeId !== this.tickerTradeId) {
      this.tickerTradeId = this.product.lastTradeId;
      if (this.others.ticker.size > 0) this.send('ticker', this.ticker());
    }
    if (Math.abs(nowUs - this.lastHeartbeatUs) < HEARTBEAT_US) return;
    this.lastHeartbeatUs = nowUs;
    const { id, sequence, lastTradeId } = this.product;
    const counts = { last_trade_id: lastTradeId, product_id: id, sequence };
    this.send('heartbeat', JSON.stringify({ type: 'heartbeat', ...counts, time: timeText(nowUs) }));
  }

  /** Who has full has had it already. */
  private matched(frame: string): void {
    for (const subscriber of this.others.matches) {
      if (!this.others.full.has(subscriber)) subscriber.send(frame, 'market');
    }
  }

  private send(channel: keyof ProductChannels['others'], frame: string): void {
    for (const subscriber of this.others[channel]) subscriber.send(frame, 'market');
  }

  /** The touch and the last trade; the figures of the day are those of the last trade. */
  private ticker(): string {
    const { product } = this;
    const { market } = product;
    const [bid = 0, bidLots = 0] = market.depth(true, 1);
    const [ask = 0, askLots = 0] = market.depth(false, 1);
    const last = product.price(Number.isNaN(market.lastPriceTicks) ? 0 : market.lastPriceTicks);
    return JSON.stringify({
      type: 'ticker',
      sequence: product.sequence,
      product_id: product.id,
      price: last,
      open_24h: last,
      volume_24h: '0',
      low_24h: last,
      high_24h: last,
      volume_30d: '0',
      best_bid: product.price(bid),
      best_bid_size: product.size(bidLots),
      best_ask: product.price(ask),
      best_ask_size: product.size(askLots),
      time: timeText(this.services.nowUs()),
      trade_id: product.lastTradeId,
    });
  }
}
