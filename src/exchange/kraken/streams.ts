/** What connections can subscribe to, and who has: books by depth, trades, tickers, instruments. */
import type { Exchange } from '../exchange.ts';
import type { BookTrade, Market } from '../market.ts';
import type { FrameKind, ProtocolServices } from '../protocol.ts';
import { BookStream } from './book-stream.ts';
import { instrumentFrame, type PublicTrade, tickerFrame, tradesFrame } from './frames.ts';
import { type Pair, pairOf } from './pairs.ts';

/** Trades of before a subscription that it begins with. */
const SNAPSHOT_TRADES = 50;

export interface Subscriber {
  send(frame: string, kind: FrameKind): void;
}

export interface Topic {
  join(subscriber: Subscriber, wantsSnapshot: boolean): void;
  leave(subscriber: Subscriber): void;
  /** Sends what happened since the last call. */
  publish(nowUs: number): void;
}

abstract class Subscribers implements Topic {
  protected readonly subscribers = new Set<Subscriber>();

  join(subscriber: Subscriber, wantsSnapshot: boolean): void {
    this.subscribers.add(subscriber);
    if (wantsSnapshot) this.begin(subscriber);
  }

  leave(subscriber: Subscriber): void {
    this.subscribers.delete(subscriber);
  }

  abstract publish(nowUs: number): void;

  /** Sends the snapshot that a subscription begins with. */
  protected abstract begin(subscriber: Subscriber): void;

  protected send(frame: string): void {
    for (const subscriber of this.subscribers) subscriber.send(frame, 'market');
  }
}

/** Kept up to date while somebody has it. */
class BookTopic extends Subscribers {
  private readonly services: ProtocolServices;
  private readonly make: () => BookStream;
  private book: BookStream | null = null;

  constructor(pair: Pair, depth: number, services: ProtocolServices) {
    super();
    this.services = services;
    this.make = () => new BookStream(pair, depth, services.faults);
  }

  override join(subscriber: Subscriber, wantsSnapshot: boolean): void {
    this.publish(this.services.nowUs()); // to those who have it already
    super.join(subscriber, wantsSnapshot);
  }

  override leave(subscriber: Subscriber): void {
    super.leave(subscriber);
    if (this.subscribers.size > 0 || this.book === null) return;
    this.book.close();
    this.book = null;
  }

  publish(nowUs: number): void {
    const frame = this.book?.update(nowUs) ?? null;
    if (frame !== null) this.send(frame);
  }

  protected begin(subscriber: Subscriber): void {
    this.book ??= this.make();
    subscriber.send(this.book.snapshot(this.services.nowUs()), 'market');
  }
}

class TradeTopic extends Subscribers {
  private readonly pair: Pair;
  private readonly recent: PublicTrade[] = [];
  private fresh: PublicTrade[] = [];

  constructor(pair: Pair) {
    super();
    this.pair = pair;
  }

  add(trade: PublicTrade): void {
    this.recent.push(trade);
    if (this.recent.length > SNAPSHOT_TRADES) this.recent.shift();
    if (this.subscribers.size > 0) this.fresh.push(trade);
  }

  override join(subscriber: Subscriber, wantsSnapshot: boolean): void {
    this.publish();
    super.join(subscriber, wantsSnapshot);
  }

  publish(): void {
    if (this.fresh.length > 0) this.send(tradesFrame('update', this.pair, this.fresh));
    this.fresh = [];
  }

  protected begin(subscriber: Subscriber): void {
    if (this.recent.length > 0) subscriber.send(tradesFrame('snapshot', this.pair, this.recent), 'market');
  }
}

/** An update behind every trade. */
class TickerTopic extends Subscribers {
  private readonly pair: Pair;
  private lastTradeId: number;

  constructor(pair: Pair) {
    super();
    this.pair = pair;
    this.lastTradeId = pair.market.lastTradeId;
  }

  publish(): void {
    if (this.pair.market.lastTradeId === this.lastTradeId) return;
    this.lastTradeId = this.pair.market.lastTradeId;
    if (this.subscribers.size > 0) this.send(tickerFrame('update', this.pair));
  }

  protected begin(subscriber: Subscriber): void {
    subscriber.send(tickerFrame('snapshot', this.pair), 'market');
  }
}

/** Nothing of it changes while the venue runs. */
class InstrumentTopic extends Subscribers {
  private readonly pairs: readonly Pair[];

  constructor(pairs: readonly Pair[]) {
    super();
    this.pairs = pairs;
  }

  publish(): void {}

  protected begin(subscriber: Subscriber): void {
    subscriber.send(instrumentFrame(this.pairs), 'market');
  }
}

export class KrakenStreams {
  readonly pairs: readonly Pair[];
  readonly instruments: Topic;
  private readonly services: ProtocolServices;
  private readonly trades: readonly TradeTopic[];
  private readonly tickers: readonly TickerTopic[];
  private readonly books = new Map<string, BookTopic>();

  constructor(services: ProtocolServices) {
    this.services = services;
    this.pairs = services.exchange.markets.map(pairOf);
    this.trades = this.pairs.map((pair) => new TradeTopic(pair));
    this.tickers = this.pairs.map((pair) => new TickerTopic(pair));
    this.instruments = new InstrumentTopic(this.pairs);
    this.listen(services.exchange);
  }

  /** Null for a pair that is not listed. */
  topic(channel: string, symbol: string, depth: number): Topic | null {
    const pair = this.pairs.find((one) => one.symbol === symbol);
    if (pair === undefined) return null;
    if (channel === 'trade') return this.trades[pair.market.index];
    if (channel === 'ticker') return this.tickers[pair.market.index];
    const key = `${symbol} ${depth}`;
    const known = this.books.get(key);
    if (known !== undefined) return known;
    const book = new BookTopic(pair, depth, this.services);
    this.books.set(key, book);
    return book;
  }

  publish(nowUs: number): void {
    for (const trades of this.trades) trades.publish();
    for (const ticker of this.tickers) ticker.publish();
    for (const book of this.books.values()) book.publish(nowUs);
  }

  private listen(exchange: Exchange): void {
    exchange.listen({
      traded: (market: Market, trade: BookTrade) =>
        this.trades[market.index].add({ trade, atUs: this.services.nowUs() }),
    });
  }
}
