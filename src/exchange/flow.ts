/**
 * Background flow: orders of nobody in particular, around a price that walks. Everything follows from (seed, rate, the times
 * at which messages are due); when they are really made does not matter. Open loop: messages are due on a schedule of random
 * gaps, and one that is late is made up for.
 */
import { ln } from '../core/det-math.ts';
import { OrderFlag, OrderSide, OrdType, TimeInForce } from '../core/order.ts';
import { Prng } from '../core/prng.ts';
import type { Exchange } from './exchange.ts';
import { FairPath } from './fair-path.ts';
import type { Market } from './market.ts';

export interface FlowOptions {
  readonly seed: number;
  /** Messages a second, all markets together; 0: none. */
  readonly rate: number;
}

/** Resting orders of the flow that a market is kept at, about. */
const TARGET_ORDERS = 400;
const OPENING_ORDERS = 300;
/** Half of the distance between the best prices, relative to the price, at least; and how far behind it orders stand. */
const HALF_SPREAD = 0.00005;
const DEPTH = 0.002;
/** Quantities of orders are worth about so much of the quote asset. */
const WORTH = 2000;

interface FlowMarket {
  readonly market: Market;
  readonly fair: FairPath;
  /** Resting orders of the flow, by number; those that are gone are found when they are drawn. */
  readonly orders: number[];
}

export class Flow {
  /** Messages made so far. */
  made = 0;
  private readonly exchange: Exchange;
  private readonly prng: Prng;
  private readonly markets: readonly FlowMarket[];
  private ratePerSecond: number;
  /** Of the next message, µs since the Unix epoch; Infinity while there is no flow. */
  private dueUs = Number.POSITIVE_INFINITY;

  constructor(exchange: Exchange, options: FlowOptions) {
    this.exchange = exchange;
    this.prng = new Prng(options.seed);
    this.ratePerSecond = options.rate;
    this.markets = exchange.markets.map((market) => ({
      market,
      fair: new FairPath(options.seed, market.listing.base),
      orders: [],
    }));
  }

  get rate(): number {
    return this.ratePerSecond;
  }

  /** Fills the books and begins. */
  start(nowUs: number): void {
    this.exchange.advance(nowUs);
    for (const one of this.markets) for (let i = 0; i < OPENING_ORDERS; i++) this.add(one, nowUs);
    this.schedule(nowUs);
  }

  /** Another rate from now on; 0 ends the flow until a rate is set again. */
  setRate(rate: number, nowUs: number): void {
    this.ratePerSecond = rate;
    this.schedule(nowUs);
  }

  /** Makes what is due by now, at most `limit` messages. True: more is due. */
  run(nowUs: number, limit: number): boolean {
    for (let i = 0; i < limit && this.dueUs <= nowUs; i++) {
      const at = this.dueUs;
      this.exchange.advance(Math.floor(at));
      this.step(at);
      this.made++;
      this.schedule(at);
    }
    return this.dueUs <= nowUs;
  }

  /** Gaps between messages are exponential, as far as a random number of 32 bits goes. */
  private schedule(fromUs: number): void {
    if (this.ratePerSecond <= 0) {
      this.dueUs = Number.POSITIVE_INFINITY;
      return;
    }
    const meanUs = 1e6 / this.ratePerSecond;
    this.dueUs = fromUs - ln((this.prng.u32() + 1) / 4294967297) * meanUs;
  }

  private step(nowUs: number): void {
    const one = this.markets[this.prng.below(this.markets.length)];
    const draw = this.prng.below(100);
    const isCrowded = one.orders.length > TARGET_ORDERS;
    if (draw < 12) this.take(one, nowUs);
    else if (draw < (isCrowded ? 35 : 65)) this.add(one, nowUs);
    else this.cancel(one);
  }

  /** A limit order behind the fair price: mostly close to it. Post-only, so that it never takes. */
  private add(one: FlowMarket, nowUs: number): void {
    const { listing } = one.market;
    const side = this.prng.below(2) === 0 ? OrderSide.Buy : OrderSide.Sell;
    const fair = listing.startTicks * one.fair.at(nowUs);
    const draw = this.prng.unit();
    const away = fair * (HALF_SPREAD + DEPTH * draw * draw * draw);
    const wanted = side === OrderSide.Buy ? fair - away : fair + away;
    const steps = side === OrderSide.Buy ? Math.floor(wanted / listing.tickStep) : Math.ceil(wanted / listing.tickStep);
    const priceTicks = Math.max(1, steps) * listing.tickStep;
    const id = this.exchange.enterFlow(one.market, {
      side,
      type: OrdType.Limit,
      timeInForce: TimeInForce.Gtc,
      flags: OrderFlag.PostOnly,
      priceTicks,
      lots: this.lots(one, fair),
      displayLots: 0,
    });
    if (id !== 0) one.orders.push(id);
  }

  /** An order that trades at once: against whoever stands on the wrong side of the fair price, else on any side. */
  private take(one: FlowMarket, nowUs: number): void {
    const { market } = one;
    const fair = market.listing.startTicks * one.fair.at(nowUs);
    let side: OrderSide = this.prng.below(2) === 0 ? OrderSide.Buy : OrderSide.Sell;
    if (market.bestAskTicks < fair) side = OrderSide.Buy;
    else if (market.bestBidTicks > fair) side = OrderSide.Sell;
    const touch = side === OrderSide.Buy ? market.bestAskTicks : market.bestBidTicks;
    if (Number.isNaN(touch)) return;
    this.exchange.enterFlow(market, {
      side,
      type: OrdType.Limit,
      timeInForce: TimeInForce.Ioc,
      flags: 0,
      priceTicks: touch,
      lots: this.lots(one, fair),
      displayLots: 0,
    });
  }

  private cancel(one: FlowMarket): void {
    const { orders } = one;
    if (orders.length === 0) return;
    const at = this.prng.below(orders.length);
    const id = orders[at];
    orders[at] = orders[orders.length - 1];
    orders.pop();
    one.market.cancel(id); // false where it traded: then nothing happens
  }

  private lots(one: FlowMarket, fairTicks: number): number {
    const { priceDecimals, qtyDecimals, lotStep, minLots } = one.market.listing;
    const price = fairTicks / 10 ** priceDecimals;
    const draw = this.prng.unit();
    const lots = (WORTH * (0.05 + 3 * draw * draw) * 10 ** qtyDecimals) / price;
    return Math.max(minLots, Math.ceil(lots / lotStep) * lotStep);
  }
}
