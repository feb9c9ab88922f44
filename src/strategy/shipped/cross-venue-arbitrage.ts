/**
 * Cross-venue arbitrage: the same thing at several venues (a consolidated group). When the best ask of one is below the
 * best bid of another by more than both fees and the edge wanted, it is bought at the one and sold at the other, with
 * immediate-or-cancel orders at the prices seen.
 *
 * The law of one price with costs, as in Makarov, Schoar (2020), "Trading and arbitrage in cryptocurrency markets",
 * Journal of Financial Economics 135(2):
 *   edge = bid_s (1 - fee_s) - ask_b (1 + fee_b) > minEdgeBps x mid
 *   quantity = min(ask quantity at b, bid quantity at s, maxOrder, room in both positions)
 *
 * Positions per venue stay within maxPosition; over all venues they add up to 0 but while a pair of legs is under way. A
 * leg that did not fill leaves the sum off 0: after both are done the difference is closed where the price is best.
 */
import { ConsolidatedBook } from '../../book/consolidated.ts';
import { Side } from '../../core/event.ts';
import { OrderSide } from '../../core/order.ts';
import { defineStrategy, type Parameters, type Strategy, type StrategyContext } from '../api.ts';
import { Subject } from './subject.ts';
import { Taker } from './taker.ts';

const specs = {
  group: { type: 'string', default: '', text: "the configuration's name of the consolidated group" },
  symbols: { type: 'strings', default: [], text: 'or the instruments by symbol, where no group is configured' },
  maxOrderNotional: { type: 'number', default: 5_000, min: 0, text: 'largest leg, in the currency' },
  maxPositionNotional: {
    type: 'number',
    default: 20_000,
    min: 0,
    text: 'largest position at one venue, in the currency',
  },
  minEdgeBps: { type: 'number', default: 1, text: 'to be left after fees' },
  feeBps: { type: 'numbers', default: [10], text: 'taker fee per venue in the order of the group; one for all' },
  cooldownMs: { type: 'number', default: 200, min: 0, text: 'between two attempts: the books must have seen the last' },
  hedgeSlippageBps: { type: 'number', default: 5, min: 0, text: 'how far behind the touch a left-over leg is closed' },
} as const;

const HEDGE_TIMER = 1;
const RETRY_NS = 100e6;

class Venue {
  readonly subject: Subject;
  readonly taker = new Taker(10e6);
  readonly fee: number;
  /** As of the last look; NaN where the book can't be used. Currency and units. */
  bid = Number.NaN;
  ask = Number.NaN;
  bidUnits = 0;
  askUnits = 0;
  positionUnits = 0;

  get isTradable(): boolean {
    return !Number.isNaN(this.bid);
  }

  constructor(ctx: StrategyContext, instrument: number, feeBps: number) {
    this.subject = new Subject(ctx.definition(instrument).symbol);
    this.fee = feeBps * 1e-4;
    this.taker.ticket.instrument = instrument;
    this.subject.define(ctx, instrument);
  }

  look(ctx: StrategyContext): void {
    const { subject } = this;
    this.positionUnits = ctx.position(subject.instrument).qtyLots * subject.lotValue;
    this.bid = this.ask = Number.NaN;
    if (!subject.isTradable(ctx)) return;
    const book = ctx.book(subject.instrument);
    this.bid = book.bidPriceTicks * subject.tickValue;
    this.ask = book.askPriceTicks * subject.tickValue;
    this.bidUnits = book.bidQtyLots * subject.lotValue;
    this.askUnits = book.askQtyLots * subject.lotValue;
  }
}

class CrossVenueArbitrage implements Strategy<Parameters<typeof specs>> {
  private parameters: Parameters<typeof specs>;
  private readonly venues: Venue[] = [];
  /** Of the venues, in their order. */
  private consolidated = new ConsolidatedBook([]);
  private nextNs = 0;
  private isHedging = false;
  private isStopped = false;

  constructor(parameters: Parameters<typeof specs>) {
    this.parameters = parameters;
  }

  onStart(ctx: StrategyContext): void {
    if (this.parameters.group === '' && this.parameters.symbols.length < 2) {
      ctx.log('cross-venue-arbitrage does nothing: it needs a group, or two symbols or more');
    }
  }

  onParameters(_ctx: StrategyContext, parameters: Parameters<typeof specs>): void {
    this.parameters = parameters;
  }

  onInstrument(ctx: StrategyContext, instrument: number): void {
    for (const venue of this.venues) if (venue.subject.define(ctx, instrument)) return;
    const { group, symbols, feeBps } = this.parameters;
    const index =
      group !== '' ? ctx.consolidated(group).indexOf(instrument) : symbols.indexOf(ctx.definition(instrument).symbol);
    if (index < 0) return;
    this.venues.push(new Venue(ctx, instrument, feeBps[Math.min(index, feeBps.length - 1)] ?? 0));
    const books = this.venues.map(({ subject }) => ctx.book(subject.instrument));
    const fees = this.venues.map(({ fee }) => fee);
    this.consolidated = new ConsolidatedBook(books, fees, 1);
  }

  onBook(ctx: StrategyContext, instrument: number): void {
    for (let i = 0; i < this.venues.length; i++) {
      if (this.venues[i].subject.instrument !== instrument) continue;
      this.venues[i].subject.observe(ctx);
      this.look(ctx);
      return;
    }
  }

  onOrder(ctx: StrategyContext): void {
    this.look(ctx);
  }

  onTimer(ctx: StrategyContext): void {
    this.look(ctx);
  }

  onStop(ctx: StrategyContext): void {
    this.isStopped = true;
    ctx.cancelAll(null);
  }

  private look(ctx: StrategyContext): void {
    if (this.isStopped) return;
    const { venues, consolidated } = this;
    let netUnits = 0;
    let coarsestLot = 0;
    for (let i = 0; i < venues.length; i++) {
      const venue = venues[i];
      if (venue.taker.isBusy(ctx)) return;
      venue.look(ctx);
      consolidated.switch(i, venue.isTradable);
      netUnits += venue.positionUnits;
      coarsestLot = Math.max(coarsestLot, venue.subject.lotLots * venue.subject.lotValue);
    }
    if (ctx.nowNs < this.nextNs) return;
    consolidated.look(1);
    const buyAt = consolidated.memberAt(Side.Ask, 0);
    const sellAt = consolidated.memberAt(Side.Bid, 0);
    const hedgeAt = this.hedgeVenue(netUnits);
    if (hedgeAt !== null) this.hedge(ctx, netUnits, hedgeAt);
    else if (buyAt >= 0 && sellAt >= 0 && buyAt !== sellAt) {
      this.arbitrage(ctx, venues[buyAt], venues[sellAt], coarsestLot);
    }
  }

  private arbitrage(ctx: StrategyContext, buyAt: Venue, sellAt: Venue, coarsestLot: number): void {
    const { parameters } = this;
    this.isHedging = false;
    const mid = (buyAt.ask + sellAt.bid) / 2;
    const edge = sellAt.bid * (1 - sellAt.fee) - buyAt.ask * (1 + buyAt.fee);
    if (!(edge > parameters.minEdgeBps * 1e-4 * mid)) return;
    const room = parameters.maxPositionNotional / mid;
    const bound = Math.min(buyAt.askUnits, sellAt.bidUnits, parameters.maxOrderNotional / mid);
    const units = Math.min(bound, room - buyAt.positionUnits, room + sellAt.positionUnits);
    // Both legs the same quantity, to the coarser lot; a little is added so that rounding takes no lot away.
    const whole = Math.floor(units / coarsestLot + 1e-9) * coarsestLot;
    if (whole <= 0) return;
    this.send(ctx, buyAt, OrderSide.Buy, whole, buyAt.ask);
    this.send(ctx, sellAt, OrderSide.Sell, whole, sellAt.bid);
    this.nextNs = ctx.nowNs + parameters.cooldownMs * 1e6;
  }

  /** Where the difference is best closed: of the venues whose lot it is worth and whose position has room, or null. */
  private hedgeVenue(netUnits: number): Venue | null {
    const side = netUnits > 0 ? -1 : 1;
    let best: Venue | null = null;
    let bestPrice = Number.NaN;
    for (let i = 0; i < this.venues.length; i++) {
      const venue = this.venues[i];
      const { subject } = venue;
      const price = side < 0 ? venue.bid : venue.ask;
      // Sums of units of different decimals are off by rounding: nearly a lot is a lot.
      const isWorthALot = Math.abs(netUnits) > 0.999 * subject.lotLots * subject.lotValue;
      const room = this.parameters.maxPositionNotional / price;
      const hasRoom = side * venue.positionUnits + Math.abs(netUnits) <= room * 1.001;
      if (!isWorthALot || !hasRoom) continue;
      if (best === null || side * price < side * bestPrice) {
        best = venue;
        bestPrice = price;
      }
    }
    return best;
  }

  /** One leg filled and the other not, or not as much: the difference is closed at the best venue. */
  private hedge(ctx: StrategyContext, netUnits: number, venue: Venue): void {
    const slippage = this.parameters.hedgeSlippageBps * 1e-4;
    const price = netUnits > 0 ? venue.bid * (1 - slippage) : venue.ask * (1 + slippage);
    if (!this.isHedging) ctx.log('cross-venue-arbitrage: one leg filled more than the other, the difference is closed');
    this.isHedging = true;
    this.nextNs = ctx.nowNs + RETRY_NS;
    ctx.setTimer(HEDGE_TIMER, this.nextNs);
    this.send(ctx, venue, netUnits > 0 ? OrderSide.Sell : OrderSide.Buy, Math.abs(netUnits), price);
  }

  private send(ctx: StrategyContext, venue: Venue, side: OrderSide, units: number, price: number): void {
    const { subject, taker } = venue;
    const lots = subject.wholeLots(Math.round(units / subject.lotValue));
    const ticks = price / subject.tickValue;
    // Prices seen are whole ticks but for rounding; hedges are rounded to the side that fills.
    const nearest = Math.round(ticks);
    const isWhole = Math.abs(ticks - nearest) < 1e-3;
    const limit = isWhole ? nearest : side === OrderSide.Buy ? subject.stepAbove(ticks) : subject.stepBelow(ticks);
    taker.take(ctx, side, lots, Math.max(1, limit));
  }
}

export const crossVenueArbitrage = defineStrategy({
  name: 'cross-venue-arbitrage',
  description: 'Buys at one venue what another pays more for',
  parameters: specs,
  create: (parameters) => new CrossVenueArbitrage(parameters),
});
