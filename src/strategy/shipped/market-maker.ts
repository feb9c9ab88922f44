/**
 * Market maker with inventory skew: one post-only quote a side around the reservation price of Avellaneda-Stoikov (2008)
 * or, as model "stationary", of Gueant-Lehalle-Fernandez-Tapia (2013); the formulas stand in avellaneda-stoikov.ts.
 *
 * What the formulas need is measured where it is not given:
 * - sigma: the engine's volatility signal.
 * - kappa: orders reach depth d with intensity A exp(-kappa d), so that how far trades print from the mid is exponential
 *   with mean 1/kappa, and 1 / (mean distance) is its maximum-likelihood estimate.
 * - A: trades per second, half of them on each side.
 * - gamma: such that at `maxInventory` the reservation price lies `skew` standard deviations of the horizon from the
 *   mid: gamma = skew / (maxInventory sigma sqrt(horizon)).
 */
import { OrderSide } from '../../core/order.ts';
import {
  defineStrategy,
  type Parameters,
  type Signal,
  type Strategy,
  type StrategyContext,
  type TradeView,
} from '../api.ts';
import { finiteHorizonQuotes, type QuoteInputs, type Quotes, stationaryQuotes } from './avellaneda-stoikov.ts';
import { Quote } from './quote.ts';
import { sessionNs } from './session-time.ts';
import { SUBJECT_PARAMETERS, Subject } from './subject.ts';

const specs = {
  ...SUBJECT_PARAMETERS,
  model: {
    type: 'string',
    default: 'rolling',
    choices: ['rolling', 'finite', 'stationary'],
    text: 'horizon always horizonSeconds away; or at end; or without one',
  },
  maxInventory: { type: 'integer', default: 5, min: 1, text: 'largest position, long or short, in quotes' },
  horizonSeconds: { type: 'number', default: 60, min: 0.001, text: 'T - t of model rolling; of skew in every model' },
  end: { type: 'string', default: '', text: 'model finite: time of the session at which the inventory should be gone' },
  gamma: { type: 'number', default: 0, min: 0, text: 'risk aversion, 1/(currency x quote); 0: from skew' },
  skew: { type: 'number', default: 1, min: 0.001, text: 'standard deviations of the horizon at maxInventory' },
  kappa: { type: 'number', default: 0, min: 0, text: '1/currency; 0: from the trades' },
  intensity: { type: 'number', default: 0, min: 0, text: 'A, orders per second and side; 0: from the trades' },
  sigma: { type: 'number', default: 0, min: 0, text: 'currency per square root of a second; 0: measured' },
  sigmaHalfLifeSeconds: { type: 'number', default: 30, min: 0.001, text: 'of the measured sigma' },
  requoteFraction: {
    type: 'number',
    default: 0.2,
    min: 0,
    text: 'a quote is moved when it is off by more than this part of the half spread',
  },
  minRequoteMs: { type: 'number', default: 100, min: 0, text: 'least time between two moves of a quote' },
  warmUpTrades: { type: 'integer', default: 20, min: 1, text: 'trades to be seen before the first quote' },
} as const;

/** Weight of a trade in the averages of distance and rate: it has halved 64 trades later. */
const TRADE_WEIGHT = 0.01077;

class MarketMaker implements Strategy<Parameters<typeof specs>> {
  private parameters: Parameters<typeof specs>;
  private readonly subject: Subject;
  private readonly bid: Quote;
  private readonly ask: Quote;
  private volatility: Signal | null = null;
  private readonly inputs: QuoteInputs = { mid: 0, inventory: 0, gamma: 0, sigma: 0, kappa: 0 };
  private readonly quotes: Quotes = { bid: 0, ask: 0 };
  private quoteLots = 0;
  private endNs = Number.NaN;
  private trades = 0;
  private lastTradeNs = 0;
  /** Currency: mean distance of trades from the mid. */
  private tradeDistance = 0;
  /** Mean time between trades. */
  private tradeGapSeconds = 0;
  private lastMid = Number.NaN;
  /** Touch and position, as of the last look. */
  private bidTicks = Number.NaN;
  private askTicks = Number.NaN;
  private position = 0;
  private isStopped = false;

  constructor(parameters: Parameters<typeof specs>) {
    this.parameters = parameters;
    this.subject = new Subject(parameters.symbol);
    this.bid = new Quote(OrderSide.Buy, 0);
    this.ask = new Quote(OrderSide.Sell, 0);
    this.adopt(parameters);
  }

  onParameters(_ctx: StrategyContext, parameters: Parameters<typeof specs>): void {
    this.adopt(parameters);
  }

  private adopt(parameters: Parameters<typeof specs>): void {
    this.endNs = sessionNs('end', parameters.end);
    if (parameters.model === 'finite' && Number.isNaN(this.endNs)) {
      throw new RangeError('model finite needs end, a time of the session such as 16:00:00');
    }
    this.parameters = parameters;
    this.bid.minGapNs = this.ask.minGapNs = parameters.minRequoteMs * 1e6;
    this.quoteLots = 0;
  }

  onInstrument(ctx: StrategyContext, instrument: number): void {
    if (!this.subject.define(ctx, instrument)) return;
    this.bid.ticket.instrument = this.ask.ticket.instrument = instrument;
    this.volatility = ctx.signals.volatility(instrument, this.parameters.sigmaHalfLifeSeconds * 1e9);
    this.quoteLots = 0;
  }

  onBook(ctx: StrategyContext, instrument: number): void {
    if (instrument !== this.subject.instrument) return;
    this.subject.observe(ctx);
    this.requote(ctx);
  }

  onOrder(ctx: StrategyContext): void {
    this.requote(ctx);
  }

  onTrade(_ctx: StrategyContext, trade: TradeView): void {
    if (trade.instrument !== this.subject.instrument || Number.isNaN(this.lastMid)) return;
    const distance = Math.abs(trade.priceTicks * this.subject.tickValue - this.lastMid);
    const gapSeconds = (trade.tsRecvNs - this.lastTradeNs) / 1e9;
    this.lastTradeNs = trade.tsRecvNs;
    if (this.trades++ === 0) {
      this.tradeDistance = distance;
      return;
    }
    const weight = Math.max(TRADE_WEIGHT, 1 / this.trades);
    this.tradeDistance += weight * (distance - this.tradeDistance);
    this.tradeGapSeconds += weight * (gapSeconds - this.tradeGapSeconds);
  }

  onStop(ctx: StrategyContext): void {
    this.isStopped = true;
    ctx.cancelAll(null);
  }

  private requote(ctx: StrategyContext): void {
    const { subject, inputs } = this;
    if (this.isStopped) return;
    if (!subject.isTradable(ctx)) {
      this.lastMid = Number.NaN;
      this.pull(ctx);
      return;
    }
    const book = ctx.book(subject.instrument);
    this.bidTicks = book.bidPriceTicks;
    this.askTicks = book.askPriceTicks;
    const midTicks = (this.bidTicks + this.askTicks) / 2;
    inputs.mid = this.lastMid = midTicks * subject.tickValue;
    if (!this.measure(ctx)) {
      this.pull(ctx);
      return;
    }
    if (this.quoteLots === 0) {
      this.quoteLots = subject.lotsOf(ctx, this.parameters.qty, this.parameters.notional, midTicks);
    }
    this.position = ctx.position(subject.instrument).qtyLots;
    inputs.inventory = this.position / this.quoteLots;
    this.price(ctx);
    this.place();
    this.bid.keep(ctx);
    this.ask.keep(ctx);
  }

  /**
   * What the quotes should be: the model's prices, brought to the step and never where they would take (a post-only order
   * there is refused), and as much as the inventory leaves room for. Whole steps are computed here and not by `subject`:
   * numbers that are passed on may be boxed, and this is done for every change of the touch.
   */
  private place(): void {
    const { subject, bid, ask, quotes, quoteLots, position, parameters } = this;
    const { tickValue, lotLots } = subject;
    const step = subject.stepTicks;
    bid.wantedTicks = Math.floor(Math.min(quotes.bid / tickValue, this.askTicks - step) / step) * step;
    ask.wantedTicks = Math.ceil(Math.max(quotes.ask / tickValue, this.bidTicks + step) / step) * step;
    const half = (quotes.ask - quotes.bid) / 2 / tickValue;
    bid.toleranceTicks = ask.toleranceTicks = Math.max(step / 2, parameters.requoteFraction * half);
    const room = quoteLots * parameters.maxInventory;
    const bidLots = bid.wantedTicks > 0 ? Math.min(quoteLots, room - position) : 0;
    bid.wantedLots = Math.max(0, Math.floor(bidLots / lotLots) * lotLots);
    ask.wantedLots = Math.max(0, Math.floor(Math.min(quoteLots, room + position) / lotLots) * lotLots);
  }

  /** sigma, kappa and gamma; false while one of them is not known. */
  private measure(ctx: StrategyContext): boolean {
    const { inputs, parameters, subject } = this;
    // A price that never moved is still one that moves by steps.
    const leastMove = subject.stepTicks * subject.tickValue;
    const measured = this.volatility === null ? Number.NaN : this.volatility.value * subject.tickValue;
    // if, not ?:, here and below: a value that is either a parameter or computed would be boxed.
    if (parameters.sigma > 0) inputs.sigma = parameters.sigma;
    else inputs.sigma = Math.max(measured, leastMove / 10);
    const needsTrades = parameters.kappa === 0 || (parameters.model === 'stationary' && parameters.intensity === 0);
    if (Number.isNaN(inputs.sigma) || (needsTrades && this.trades < parameters.warmUpTrades)) return false;
    if (parameters.kappa > 0) inputs.kappa = parameters.kappa;
    else inputs.kappa = 1 / Math.max(this.tradeDistance, leastMove / 2);
    const deviation = inputs.sigma * Math.sqrt(parameters.horizonSeconds);
    if (parameters.gamma > 0) inputs.gamma = parameters.gamma;
    else inputs.gamma = parameters.skew / (parameters.maxInventory * deviation);
    return parameters.model !== 'finite' || ctx.nowNs < this.endNs;
  }

  private price(ctx: StrategyContext): void {
    const { parameters } = this;
    if (parameters.model === 'stationary') {
      const learned = 0.5 / Math.max(this.tradeGapSeconds, 1e-3);
      const intensity = parameters.intensity > 0 ? parameters.intensity : learned;
      stationaryQuotes(ctx.math, this.inputs, intensity, this.quotes);
    } else {
      const seconds = parameters.model === 'finite' ? (this.endNs - ctx.nowNs) / 1e9 : parameters.horizonSeconds;
      finiteHorizonQuotes(ctx.math, this.inputs, seconds, this.quotes);
    }
  }

  private pull(ctx: StrategyContext): void {
    this.bid.pull(ctx);
    this.ask.pull(ctx);
  }
}

export const marketMaker = defineStrategy({
  name: 'market-maker',
  description: 'Quotes both sides with inventory skew (Avellaneda-Stoikov)',
  parameters: specs,
  create: (parameters) => new MarketMaker(parameters),
});
