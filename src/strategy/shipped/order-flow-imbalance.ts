/**
 * Takes in the direction of the order-flow imbalance of the touch.
 *
 * Cont, Kukanov, Stoikov (2014), "The price impact of order book events", Journal of Financial Econometrics 12(1): from
 * one state of the touch to the next
 *   e_n = q^b_n 1{P^b_n >= P^b_n-1} - q^b_n-1 1{P^b_n <= P^b_n-1} - q^a_n 1{P^a_n <= P^a_n-1} + q^a_n-1 1{P^a_n >= P^a_n-1}
 * and over an interval OFI = sum of e_n moves the mid by beta x OFI, beta being inverse to the depth. The engine keeps
 * OFI (`signals.orderFlowImbalance`). It is sampled once a window; a sample more than `entryZ` standard deviations from
 * the mean of the past ones opens a position that is closed `holdSeconds` later, or at once by a signal the other way.
 */
import { OrderSide } from '../../core/order.ts';
import { defineStrategy, type Parameters, type Signal, type Strategy, type StrategyContext } from '../api.ts';
import { Moments, weightOf } from './moments.ts';
import { SUBJECT_PARAMETERS, Subject } from './subject.ts';
import { Taker } from './taker.ts';

const specs = {
  ...SUBJECT_PARAMETERS,
  windowMs: {
    type: 'number',
    default: 1_000,
    min: 1,
    text: 'over which imbalance is summed, and how often it is looked at',
  },
  halfLifeSeconds: { type: 'number', default: 120, min: 1, text: 'of mean and deviation of the imbalance' },
  warmUpWindows: { type: 'integer', default: 30, min: 2, text: 'samples before the first signal' },
  entryZ: { type: 'number', default: 2.5, min: 0, text: 'standard deviations' },
  holdSeconds: { type: 'number', default: 5, min: 0.001, text: 'from the last signal to the exit' },
  maxPosition: { type: 'integer', default: 1, min: 1, text: 'in orders; each signal in the same direction adds one' },
  maxSpreadBps: { type: 'number', default: 5, min: 0, text: 'no entry where the spread is wider' },
  slippageBps: {
    type: 'number',
    default: 1,
    min: 0,
    text: 'how far behind the touch an order may fill, up to 10 times it after misses',
  },
} as const;

const SAMPLE_TIMER = 1;
const EXIT_TIMER = 2;
/** An order that missed is repeated without an event of the market. */
const CHASE_TIMER = 3;
const RETRY_NS = 100e6;

class OrderFlowImbalance implements Strategy<Parameters<typeof specs>> {
  private parameters: Parameters<typeof specs>;
  private readonly subject: Subject;
  private readonly taker = new Taker(RETRY_NS);
  private moments: Moments | null = null;
  private imbalance: Signal | null = null;
  private orderLots = 0;
  /** Position wanted, lots. */
  private targetLots = 0;
  private exitNs = Number.POSITIVE_INFINITY;
  private isStopped = false;

  constructor(parameters: Parameters<typeof specs>) {
    this.parameters = parameters;
    this.subject = new Subject(parameters.symbol);
  }

  onParameters(_ctx: StrategyContext, parameters: Parameters<typeof specs>): void {
    this.parameters = parameters;
    this.orderLots = 0;
  }

  onInstrument(ctx: StrategyContext, instrument: number): void {
    if (!this.subject.define(ctx, instrument)) return;
    const windowNs = this.parameters.windowMs * 1e6;
    this.taker.ticket.instrument = instrument;
    this.imbalance = ctx.signals.orderFlowImbalance(instrument, windowNs);
    // Lots mean something else from here on: what was learned in the old ones is forgotten.
    const halfLifeWindows = (this.parameters.halfLifeSeconds * 1e9) / windowNs;
    this.moments = new Moments(weightOf(halfLifeWindows, ctx.math.pow));
    this.targetLots *= this.subject.qtyFactor;
    this.orderLots = 0;
    ctx.setTimer(SAMPLE_TIMER, ctx.nowNs + windowNs);
  }

  onBook(ctx: StrategyContext, instrument: number): void {
    if (instrument === this.subject.instrument) this.chase(ctx);
  }

  onOrder(ctx: StrategyContext): void {
    this.chase(ctx);
  }

  onTimer(ctx: StrategyContext, timerId: number): void {
    if (timerId === SAMPLE_TIMER) {
      ctx.setTimer(SAMPLE_TIMER, ctx.nowNs + this.parameters.windowMs * 1e6);
      this.sample(ctx);
    }
    if (ctx.nowNs >= this.exitNs) {
      this.exitNs = Number.POSITIVE_INFINITY;
      this.targetLots = 0;
    }
    this.chase(ctx);
  }

  onStop(ctx: StrategyContext): void {
    this.isStopped = true;
    ctx.cancelAll(null);
  }

  private sample(ctx: StrategyContext): void {
    const { subject, parameters, moments } = this;
    if (moments === null || this.imbalance === null || !subject.isTradable(ctx)) return;
    const value = this.imbalance.value;
    if (Number.isNaN(value)) return;
    const z = moments.zScore(value);
    const isWarm = moments.count >= parameters.warmUpWindows;
    moments.add(value);
    if (!isWarm || Math.abs(z) < parameters.entryZ) return;
    const book = ctx.book(subject.instrument);
    if (book.spreadTicks > book.midTicks * parameters.maxSpreadBps * 1e-4) return;
    if (this.orderLots === 0) {
      this.orderLots = subject.lotsOf(ctx, parameters.qty, parameters.notional, book.midTicks);
    }
    const direction = z > 0 ? 1 : -1;
    const kept = this.targetLots * direction > 0 ? Math.abs(this.targetLots) : 0;
    this.targetLots = direction * Math.min(kept + this.orderLots, parameters.maxPosition * this.orderLots);
    this.exitNs = ctx.nowNs + parameters.holdSeconds * 1e9;
    ctx.setTimer(EXIT_TIMER, this.exitNs);
  }

  /** Brings the position to the target, one immediate-or-cancel order after the other. */
  private chase(ctx: StrategyContext): void {
    const { subject } = this;
    if (this.isStopped || subject.instrument < 0 || this.taker.isBusy(ctx)) return;
    const position = ctx.position(subject.instrument).qtyLots;
    if (position === this.targetLots || !subject.isTradable(ctx)) return;
    const missing = this.targetLots - position;
    ctx.setTimer(CHASE_TIMER, Math.max(ctx.nowNs + RETRY_NS, this.taker.nextNs));
    const side = missing > 0 ? OrderSide.Buy : OrderSide.Sell;
    const limit = this.taker.limit(ctx, subject, side, this.parameters.slippageBps);
    this.taker.take(ctx, side, subject.wholeLots(Math.abs(missing)), limit);
  }
}

export const orderFlowImbalance = defineStrategy({
  name: 'order-flow-imbalance',
  description: 'Takes in the direction of the order-flow imbalance of the touch',
  parameters: specs,
  create: (parameters) => new OrderFlowImbalance(parameters),
});
