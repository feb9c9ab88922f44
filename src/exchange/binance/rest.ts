/** REST market data: ping, time, exchangeInfo, depth, trades, ticker/bookTicker, ticker/price. */
import { OrderSide } from '../../core/order.ts';
import type { NetRequest } from '../../net/server.ts';
import type { BookTrade, Market } from '../market.ts';
import { jsonReply, type ProtocolReply, type ProtocolServices } from '../protocol.ts';
import { exchangeInfo } from './info.ts';
import { touchText } from './streams.ts';
import { type BinanceTerms, levelsText, notionalText, priceText, qtyText } from './terms.ts';
import { Weights } from './weights.ts';

const KEPT_TRADES = 1000;
const JSON_TYPE = { 'Content-Type': 'application/json' };

interface Route {
  weight(query: URLSearchParams): number;
  answer(query: URLSearchParams): ProtocolReply;
}

interface KeptTrade {
  readonly trade: BookTrade;
  readonly timeMs: number;
}

/** Becomes the venue's error reply. */
class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class MarketRest {
  private readonly terms: BinanceTerms;
  private readonly services: ProtocolServices;
  private readonly weights: Weights;
  private readonly trades: KeptTrade[][];
  private readonly routes: ReadonlyMap<string, Route>;

  constructor(terms: BinanceTerms, services: ProtocolServices) {
    this.terms = terms;
    this.services = services;
    this.weights = new Weights(terms.weightPerMinute);
    this.trades = services.exchange.markets.map(() => []);
    services.exchange.listen({
      traded: (market, trade) => {
        const kept = this.trades[market.index];
        kept.push({ trade, timeMs: this.nowMs() });
        if (kept.length > KEPT_TRADES * 2) kept.splice(0, KEPT_TRADES);
      },
    });
    this.routes = this.makeRoutes();
  }

  /** What exchangeInfo says now. */
  info(): unknown {
    return exchangeInfo(this.terms, this.services.exchange.markets, this.nowMs());
  }

  /** Null where the request is not for market data. */
  http(request: NetRequest): ProtocolReply | null {
    const route = request.method === 'GET' ? this.routes.get(request.path) : undefined;
    if (route === undefined) return null;
    const query = new URLSearchParams(request.query);
    const taken = this.weights.take(request.remoteAddress, route.weight(query), this.services.nowUs());
    if ('refuse' in taken) return taken.refuse;
    try {
      const reply = route.answer(query);
      return { ...reply, headers: { ...reply.headers, ...taken.headers } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return jsonReply({ code: error.code, msg: error.message }, 400, taken.headers);
    }
  }

  private makeRoutes(): Map<string, Route> {
    const { terms } = this;
    const at = (name: string): string => `${terms.restPath}/${name}`;
    const weighing = (weight: number, answer: Route['answer']): Route => ({ weight: () => weight, answer });
    return new Map([
      [at('ping'), weighing(1, () => jsonReply({}))],
      [at('time'), weighing(1, () => jsonReply({ serverTime: this.nowMs() }))],
      [at('exchangeInfo'), weighing(terms.kind === 'spot' ? 20 : 1, () => jsonReply(this.info()))],
      [
        at('depth'),
        {
          weight: (query) => terms.depthWeight(Number(query.get('limit') ?? this.defaultDepth)),
          answer: (query) => this.depth(query),
        },
      ],
      [at('trades'), weighing(terms.kind === 'spot' ? 25 : 5, (query) => this.recentTrades(query))],
      [at('ticker/bookTicker'), weighing(2, (query) => this.each(query, (market) => this.bookTicker(market)))],
      [at('ticker/price'), weighing(2, (query) => this.each(query, (market) => this.price(market)))],
    ]);
  }

  private get defaultDepth(): number {
    return this.terms.kind === 'spot' ? 100 : 500;
  }

  private nowMs(): number {
    return Math.floor(this.services.nowUs() / 1000);
  }

  private depth(query: URLSearchParams): ProtocolReply {
    const market = this.marketIn(query);
    const limit = this.limitIn(query, this.defaultDepth, this.terms.maxDepth);
    const { depthLimits } = this.terms;
    if (depthLimits !== null && !depthLimits.includes(limit)) {
      throw new Refusal(-4021, `${limit} is not valid depth limit.`);
    }
    const times = this.terms.kind === 'spot' ? '' : `"E":${this.nowMs()},"T":${this.nowMs()},`;
    const bids = levelsText(market, market.depth(true, limit));
    const asks = levelsText(market, market.depth(false, limit));
    const body = `{"lastUpdateId":${market.updateId},${times}"bids":${bids},"asks":${asks}}`;
    return { status: 200, headers: JSON_TYPE, body, kind: 'snapshot' };
  }

  private recentTrades(query: URLSearchParams): ProtocolReply {
    const market = this.marketIn(query);
    const limit = this.limitIn(query, 500, KEPT_TRADES);
    return jsonReply(
      this.trades[market.index].slice(-limit).map(({ trade, timeMs }) => ({
        id: trade.tradeId,
        price: priceText(market, trade.priceTicks),
        qty: qtyText(market, trade.lots),
        quoteQty: notionalText(market, trade.priceTicks, trade.lots),
        time: timeMs,
        isBuyerMaker: trade.takerSide === OrderSide.Sell,
        ...(this.terms.kind === 'spot' ? { isBestMatch: true } : {}),
      })),
    );
  }

  private bookTicker(market: Market): unknown {
    const touch: { b: string; B: string; a: string; A: string } = JSON.parse(
      `{${touchText(market) ?? '"b":"0","B":"0","a":"0","A":"0"'}}`,
    );
    const times = this.terms.kind === 'spot' ? {} : { lastUpdateId: market.updateId, time: this.nowMs() };
    return { symbol: market.symbol, bidPrice: touch.b, bidQty: touch.B, askPrice: touch.a, askQty: touch.A, ...times };
  }

  private price(market: Market): unknown {
    const last = Number.isNaN(market.lastPriceTicks) ? 0 : market.lastPriceTicks;
    const times = this.terms.kind === 'spot' ? {} : { time: this.nowMs() };
    return { symbol: market.symbol, price: priceText(market, last), ...times };
  }

  /** One object with a symbol, all of them without. */
  private each(query: URLSearchParams, of: (market: Market) => unknown): ProtocolReply {
    return jsonReply(query.has('symbol') ? of(this.marketIn(query)) : this.services.exchange.markets.map(of));
  }

  private marketIn(query: URLSearchParams): Market {
    const symbol = query.get('symbol');
    if (symbol === null) {
      throw new Refusal(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
    }
    const market = this.services.exchange.marketOf(symbol);
    if (market === undefined) throw new Refusal(-1121, 'Invalid symbol.');
    return market;
  }

  private limitIn(query: URLSearchParams, usual: number, most: number): number {
    const text = query.get('limit') ?? String(usual);
    const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (limit === 0) throw new Refusal(-1100, "Illegal characters found in parameter 'limit'.");
    return Math.min(limit, most);
  }
}
