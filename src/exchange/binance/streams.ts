/**
 * Market-data streams: one object for each stream that somebody listens to. Diff depth, partial depth, bookTicker, trade and
 * aggTrade, as "WebSocket Streams for Binance" and the USD-M "Websocket Market Streams" describe them.
 */
import { OrderSide } from '../../core/order.ts';
import type { LevelFeed } from '../level-feed.ts';
import type { BookTrade, Market } from '../market.ts';
import type { ProtocolServices } from '../protocol.ts';
import { type BinanceTerms, levelsText, priceText, qtyText } from './terms.ts';

export interface StreamListener {
  /** `payload`: JSON text, without the envelope of combined streams. */
  event(stream: string, payload: string): void;
}

/** What is published when: the parts of a stream that is listened to. */
interface Publisher {
  /** At least every few ms. */
  pulse?(nowUs: number): void;
  /** Levels of its market changed, and a request is over. */
  booked?(): void;
  traded?(trade: BookTrade): void;
  end?(): void;
}

interface Stream {
  readonly market: Market;
  readonly publisher: Publisher;
  readonly listeners: Set<StreamListener>;
}

type Send = (payload: string) => void;

export class Streams {
  private readonly terms: BinanceTerms;
  private readonly services: ProtocolServices;
  private readonly streams = new Map<string, Stream>();

  constructor(terms: BinanceTerms, services: ProtocolServices) {
    this.terms = terms;
    this.services = services;
    services.exchange.listen({
      booked: (market) => this.each(market, (publisher) => publisher.booked?.()),
      traded: (market, trade) => this.each(market, (publisher) => publisher.traded?.(trade)),
    });
  }

  /** A name that is no stream of this venue is listened to in vain, as there. */
  subscribe(name: string, listener: StreamListener): void {
    const known = this.streams.get(name);
    if (known !== undefined) {
      known.listeners.add(listener);
      return;
    }
    const [symbol, ...rest] = name.split('@');
    const market = this.services.exchange.marketOf(symbol.toUpperCase());
    if (market === undefined || symbol !== symbol.toLowerCase()) return;
    const listeners = new Set([listener]);
    const send: Send = (payload) => {
      for (const one of listeners) one.event(name, payload);
    };
    const publisher = this.publisher(market, rest, send);
    if (publisher !== null) this.streams.set(name, { market, publisher, listeners });
  }

  unsubscribe(name: string, listener: StreamListener): void {
    const stream = this.streams.get(name);
    if (stream === undefined) return;
    stream.listeners.delete(listener);
    if (stream.listeners.size > 0) return;
    stream.publisher.end?.();
    this.streams.delete(name);
  }

  pulse(nowUs: number): void {
    for (const { publisher } of this.streams.values()) publisher.pulse?.(nowUs);
  }

  private each(market: Market, act: (publisher: Publisher) => void): void {
    for (const stream of this.streams.values()) if (stream.market === market) act(stream.publisher);
  }

  private publisher(market: Market, words: readonly string[], send: Send): Publisher | null {
    const { terms, services } = this;
    const [what, speed = ''] = words;
    const partial = /^depth(5|10|20)$/.exec(what);
    if (what === 'depth' || partial !== null) {
      const everyMs = terms.depthSpeeds[speed];
      if (everyMs === undefined || words.length > 2) return null;
      if (partial === null) return new DiffDepth(market, terms, services, everyMs, send);
      return new PartialDepth(market, terms, services, everyMs, Number(partial[1]), send);
    }
    if (words.length > 1) return null;
    const nowMs = (): number => Math.floor(services.nowUs() / 1000);
    if (what === 'bookTicker') return new BookTicker(market, terms, nowMs, send);
    if (what === 'trade') return { traded: (trade) => send(tradeText(market, terms, trade, nowMs())) };
    if (what === 'aggTrade') return new AggregateTrades(market, terms, nowMs, send);
    return null;
  }
}

/** Says when a stream with a pace is due: at whole multiples of it. */
class Pace {
  private readonly everyUs: number;
  private dueUs: number;

  constructor(everyMs: number, nowUs: number) {
    this.everyUs = everyMs * 1000;
    this.dueUs = this.next(nowUs);
  }

  isDue(nowUs: number): boolean {
    const isEarly = nowUs < this.dueUs;
    // A clock that was set back since must not silence the stream until it is there again.
    if (isEarly && this.dueUs - nowUs <= this.everyUs) return false;
    this.dueUs = this.next(nowUs);
    return !isEarly;
  }

  private next(nowUs: number): number {
    return this.everyUs === 0 ? 0 : (Math.floor(nowUs / this.everyUs) + 1) * this.everyUs;
  }
}

class DiffDepth implements Publisher {
  private readonly market: Market;
  private readonly terms: BinanceTerms;
  private readonly services: ProtocolServices;
  private readonly send: Send;
  private readonly feed: LevelFeed;
  private readonly pace: Pace;

  constructor(market: Market, terms: BinanceTerms, services: ProtocolServices, everyMs: number, send: Send) {
    this.market = market;
    this.terms = terms;
    this.services = services;
    this.send = send;
    this.feed = market.watchLevels();
    this.pace = new Pace(everyMs, services.nowUs());
  }

  pulse(nowUs: number): void {
    if (!this.pace.isDue(nowUs) || this.feed.isEmpty) return;
    const changes = this.feed.take();
    // A gap in the sequence: this update was never sent, so that the next one does not continue the last.
    if (changes === null || this.services.faults.sequenceGap() > 0) return;
    const { market, terms } = this;
    const nowMs = Math.floor(nowUs / 1000);
    const transaction = terms.kind === 'spot' ? '' : `"T":${nowMs},`;
    // USD-M names the last update of the event before; ids are without holes, so it is the one before the first.
    const previous = terms.kind === 'spot' ? '' : `"pu":${changes.firstId - 1},`;
    this.send(
      `{"e":"depthUpdate","E":${nowMs},${transaction}"s":"${market.symbol}","U":${changes.firstId},"u":${changes.lastId},${previous}` +
        `"b":${levelsText(market, changes.bids)},"a":${levelsText(market, changes.asks)}}`,
    );
  }

  end(): void {
    this.market.unwatchLevels(this.feed);
  }
}

class PartialDepth implements Publisher {
  private readonly market: Market;
  private readonly terms: BinanceTerms;
  private readonly levels: number;
  private readonly send: Send;
  private readonly pace: Pace;
  private sentId = 0;

  constructor(
    market: Market,
    terms: BinanceTerms,
    services: ProtocolServices,
    everyMs: number,
    levels: number,
    send: Send,
  ) {
    this.market = market;
    this.terms = terms;
    this.levels = levels;
    this.send = send;
    this.pace = new Pace(everyMs, services.nowUs());
  }

  pulse(nowUs: number): void {
    const { market } = this;
    if (!this.pace.isDue(nowUs) || market.updateId === this.sentId) return;
    const bids = levelsText(market, market.depth(true, this.levels));
    const asks = levelsText(market, market.depth(false, this.levels));
    if (this.terms.kind === 'spot') {
      this.send(`{"lastUpdateId":${market.updateId},"bids":${bids},"asks":${asks}}`);
    } else {
      const nowMs = Math.floor(nowUs / 1000);
      const ids = `"U":${this.sentId + 1},"u":${market.updateId},"pu":${this.sentId}`;
      this.send(`{"e":"depthUpdate","E":${nowMs},"T":${nowMs},"s":"${market.symbol}",${ids},"b":${bids},"a":${asks}}`);
    }
    this.sentId = market.updateId;
  }
}

class BookTicker implements Publisher {
  private readonly market: Market;
  private readonly terms: BinanceTerms;
  private readonly nowMs: () => number;
  private readonly send: Send;
  private sent = '';

  constructor(market: Market, terms: BinanceTerms, nowMs: () => number, send: Send) {
    this.market = market;
    this.terms = terms;
    this.nowMs = nowMs;
    this.send = send;
    this.sent = touchText(market) ?? '';
  }

  booked(): void {
    const touch = touchText(this.market);
    if (touch === null || touch === this.sent) return;
    this.sent = touch;
    const { updateId, symbol } = this.market;
    if (this.terms.kind === 'spot') {
      this.send(`{"u":${updateId},"s":"${symbol}",${touch}}`);
    } else {
      const nowMs = this.nowMs();
      this.send(`{"e":"bookTicker","u":${updateId},"s":"${symbol}",${touch},"T":${nowMs},"E":${nowMs}}`);
    }
  }
}

/** Best prices and their quantities; null while a side is empty. */
export function touchText(market: Market): string | null {
  const bid = market.bestBidTicks;
  const ask = market.bestAskTicks;
  if (Number.isNaN(bid) || Number.isNaN(ask)) return null;
  const bidQty = qtyText(market, market.lotsAt(true, bid));
  const askQty = qtyText(market, market.lotsAt(false, ask));
  return `"b":"${priceText(market, bid)}","B":"${bidQty}","a":"${priceText(market, ask)}","A":"${askQty}"`;
}

function tradeText(market: Market, terms: BinanceTerms, trade: BookTrade, nowMs: number): string {
  const isBuyerMaker = trade.takerSide === OrderSide.Sell;
  const price = priceText(market, trade.priceTicks);
  const qty = qtyText(market, trade.lots);
  const head = `{"e":"trade","E":${nowMs}`;
  const body = `"s":"${market.symbol}","t":${trade.tradeId},"p":"${price}","q":"${qty}"`;
  if (terms.kind === 'spot') return `${head},${body},"T":${nowMs},"m":${isBuyerMaker},"M":true}`;
  return `${head},"T":${nowMs},${body},"X":"MARKET","m":${isBuyerMaker}}`;
}

/** Trades of one taker at one price are one aggregate; it is over when the taker's request is. */
class AggregateTrades implements Publisher {
  private readonly market: Market;
  private readonly terms: BinanceTerms;
  private readonly nowMs: () => number;
  private readonly send: Send;
  private first: BookTrade | null = null;
  private lastId = 0;
  private lots = 0;
  private aggregateId = 0;

  constructor(market: Market, terms: BinanceTerms, nowMs: () => number, send: Send) {
    this.market = market;
    this.terms = terms;
    this.nowMs = nowMs;
    this.send = send;
  }

  traded(trade: BookTrade): void {
    const { first } = this;
    if (first !== null && (first.takerId !== trade.takerId || first.priceTicks !== trade.priceTicks)) this.booked();
    this.first ??= trade;
    this.lots += trade.lots;
    this.lastId = trade.tradeId;
  }

  booked(): void {
    const { first, market } = this;
    if (first === null) return;
    const price = priceText(market, first.priceTicks);
    const qty = qtyText(market, this.lots);
    const nowMs = this.nowMs();
    const ids = `"a":${++this.aggregateId},"p":"${price}","q":"${qty}","f":${first.tradeId},"l":${this.lastId}`;
    const isBuyerMaker = first.takerSide === OrderSide.Sell;
    const end = this.terms.kind === 'spot' ? ',"M":true}' : '}';
    this.first = null;
    this.lots = 0;
    this.send(`{"e":"aggTrade","E":${nowMs},"s":"${market.symbol}",${ids},"T":${nowMs},"m":${isBuyerMaker}${end}`);
  }
}
