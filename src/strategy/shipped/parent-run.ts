/**
 * What the execution algorithms have in common: one parent order of one instrument, worked from a start to an end by
 * children that can't add up to more than it, and a line in the log that says how it ended, or why it did not.
 */
import { ORDER_SIDE_TEXT, OrderSide, signOf } from '../../core/order.ts';
import { rejectText } from '../../core/reject-text.ts';
import type { ParentView, Strategy, StrategyContext, TradeView } from '../api.ts';
import type { ParentParameters } from './parent-parameters.ts';
import { Quote } from './quote.ts';
import { sessionNs } from './session-time.ts';
import { Subject } from './subject.ts';
import { Taker } from './taker.ts';

const WAKE_TIMER = 1;
/** An order that missed is repeated without an event of the market. */
const RETRY_TIMER = 2;
const MIN_RETRY_NS = 10e6;
/** After the end, answers to the last requests are waited for this long before the parent is given up. */
const GRACE_NS = 5e9;

export abstract class ParentRun<Values extends ParentParameters> implements Strategy<Values> {
  protected parameters: Values;
  protected readonly name: string;
  protected readonly side: OrderSide;
  protected readonly subject: Subject;
  /** The children: one that rests and one that takes, never both at once. */
  protected readonly passive: Quote;
  protected readonly taker: Taker;
  protected parentId = 0;
  protected qtyLots = 0;
  /** Mid at the start, ticks. */
  private arrivalTicks = 0;
  protected startNs: number;
  protected endNs: number;
  /** 0: no limit. */
  protected limitTicks = 0;
  /** Why nothing is being executed just now; empty where something is. */
  protected obstacle = '';
  /** Lots of the market's trades since the instrument was defined. */
  protected tradedLots = 0;
  protected firstTradeNs = Number.NaN;
  private isDone = false;

  constructor(name: string, parameters: Values) {
    this.name = name;
    this.parameters = parameters;
    this.side = parameters.side === 'sell' ? OrderSide.Sell : OrderSide.Buy;
    this.subject = new Subject(parameters.symbol);
    this.passive = new Quote(this.side, parameters.minRequestMs * 1e6);
    this.passive.toleranceTicks = 0;
    this.taker = new Taker(parameters.minRequestMs * 1e6);
    this.startNs = sessionNs('start', parameters.start);
    this.endNs = sessionNs('end', parameters.end);
    if (this.endNs <= this.startNs) throw new RangeError('end is not after start');
  }

  /** Called once, when the parent has been made; the book is tradable. */
  protected begin(_ctx: StrategyContext): void {}
  /** Brings the children to where they should be now; the book is tradable and the parent incomplete. */
  protected abstract work(ctx: StrategyContext, parent: ParentView): void;
  /** After the end: true while there is still something to try. */
  protected abstract finishing(ctx: StrategyContext, parent: ParentView): boolean;
  /** The next time after now at which something has to be done without an event of the market. */
  protected abstract nextWakeNs(nowNs: number): number;
  /** Decimals changed: what is kept in lots and ticks is multiplied. */
  protected rescale(_priceFactor: number, _qtyFactor: number): void {}

  onParameters(ctx: StrategyContext, parameters: Values): void {
    this.parameters = parameters;
    if (this.subject.instrument >= 0) this.limitTicks = this.subject.ticksOf(ctx, parameters.limitPrice);
    this.drive(ctx);
  }

  onInstrument(ctx: StrategyContext, instrument: number): void {
    const { subject } = this;
    if (!subject.define(ctx, instrument)) return;
    this.passive.ticket.instrument = this.taker.ticket.instrument = instrument;
    this.qtyLots *= subject.qtyFactor;
    this.arrivalTicks *= subject.priceFactor;
    this.tradedLots *= subject.qtyFactor;
    this.rescale(subject.priceFactor, subject.qtyFactor);
    this.limitTicks = subject.ticksOf(ctx, this.parameters.limitPrice);
    if (this.parentId === 0 && this.startNs > ctx.nowNs) ctx.setTimer(WAKE_TIMER, this.startNs);
  }

  onBook(ctx: StrategyContext, instrument: number): void {
    if (instrument !== this.subject.instrument) return;
    this.subject.observe(ctx);
    this.drive(ctx);
  }

  onTrade(ctx: StrategyContext, trade: TradeView): void {
    if (trade.instrument !== this.subject.instrument) return;
    this.tradedLots += trade.qtyLots;
    if (Number.isNaN(this.firstTradeNs)) this.firstTradeNs = ctx.nowNs;
    this.drive(ctx);
  }

  onOrder(ctx: StrategyContext): void {
    this.drive(ctx);
  }

  onTimer(ctx: StrategyContext): void {
    this.drive(ctx);
    if (!this.isDone && this.parentId > 0) {
      const wakeNs = ctx.nowNs < this.endNs ? Math.min(this.nextWakeNs(ctx.nowNs), this.endNs) : this.endNs + GRACE_NS;
      ctx.setTimer(WAKE_TIMER, wakeNs > ctx.nowNs ? wakeNs : ctx.nowNs + 1e9);
    }
  }

  onStop(ctx: StrategyContext): void {
    ctx.cancelAll(null);
    if (this.isDone) return;
    if (this.parentId === 0) ctx.log(`${this.name}: never started: ${this.obstacle || 'the start was not reached'}`);
    else this.conclude(ctx, 'stopped before the end');
  }

  private drive(ctx: StrategyContext): void {
    if (this.isDone || this.subject.instrument < 0) return;
    if (this.parentId === 0 && !this.tryStart(ctx)) return;
    const parent = ctx.parent(this.parentId);
    if (parent === null) return;
    if (parent.cumQtyLots >= this.qtyLots) {
      this.conclude(ctx, '');
      return;
    }
    const isTradable = this.subject.isTradable(ctx);
    if (!isTradable) {
      this.obstacle = 'the book is stale, crossed or one-sided, or the instrument is halted';
      this.passive.pull(ctx);
    }
    if (ctx.nowNs < this.endNs) {
      if (isTradable) this.work(ctx, parent);
      return;
    }
    const isTrying = isTradable && ctx.nowNs < this.endNs + GRACE_NS && this.finishing(ctx, parent);
    if (!isTrying) this.passive.pull(ctx);
    if (isTrying || this.passive.live(ctx) !== null || this.taker.isBusy(ctx)) return;
    this.conclude(ctx, this.obstacle || 'the end was reached');
  }

  private tryStart(ctx: StrategyContext): boolean {
    const { subject, parameters } = this;
    const isTime = Number.isNaN(this.startNs) ? this.tradedLots > 0 : ctx.nowNs >= this.startNs;
    if (!isTime || !subject.isTradable(ctx)) return false;
    if (this.endNs <= ctx.nowNs) {
      this.obstacle = 'the book could not be used between start and end';
      return false;
    }
    const mid = ctx.book(subject.instrument).midTicks;
    const lots = subject.lotsOf(ctx, parameters.qty, parameters.notional, mid);
    const parentId = ctx.createParent(subject.instrument, this.side, lots);
    if (parentId < 0) {
      ctx.log(`${this.name}: refused: ${rejectText(-parentId)}`);
      this.isDone = true;
      return false;
    }
    this.parentId = this.passive.ticket.parentId = this.taker.ticket.parentId = parentId;
    this.qtyLots = lots;
    this.arrivalTicks = mid;
    this.startNs = ctx.nowNs;
    if (Number.isNaN(this.endNs)) this.endNs = ctx.nowNs + parameters.durationSeconds * 1e9;
    const what = `${ORDER_SIDE_TEXT[this.side]} ${subject.unitsText(lots)} ${subject.symbol}`;
    ctx.log(`${this.name}: ${what}, the mid is ${subject.priceText(mid)}`);
    this.begin(ctx);
    ctx.setTimer(WAKE_TIMER, Math.min(this.nextWakeNs(ctx.nowNs), this.endNs));
    return true;
  }

  private conclude(ctx: StrategyContext, why: string): void {
    const { subject } = this;
    this.isDone = true;
    ctx.clearTimer(WAKE_TIMER);
    const parent = ctx.parent(this.parentId);
    const done = parent?.cumQtyLots ?? 0;
    const average = parent?.avgPxTicks ?? Number.NaN;
    // Positive: worse than the mid at the start.
    const shortfallBps = (signOf(this.side) * (average - this.arrivalTicks) * 1e4) / this.arrivalTicks;
    const price = done > 0 ? ` at ${subject.priceText(average)}, shortfall ${shortfallBps.toFixed(2)} bps` : '';
    const refusal = this.passive.lastRefusal || this.taker.lastRefusal;
    const refused = why !== '' && refusal > 0 ? ` (last refusal: ${rejectText(refusal)})` : '';
    const rest = why === '' ? '' : `; ${subject.unitsText(this.qtyLots - done)} not: ${why}${refused}`;
    ctx.log(`${this.name}: ${subject.unitsText(done)} of ${subject.unitsText(this.qtyLots)} executed${price}${rest}`);
  }

  /** No price worse than the limit; `priceTicks` where there is none. */
  protected bounded(priceTicks: number): number {
    if (this.limitTicks === 0) return priceTicks;
    return this.side === OrderSide.Buy ? Math.min(priceTicks, this.limitTicks) : Math.max(priceTicks, this.limitTicks);
  }

  /** The touch of the own side. */
  protected ownTouch(ctx: StrategyContext): number {
    const book = ctx.book(this.subject.instrument);
    return this.side === OrderSide.Buy ? book.bidPriceTicks : book.askPriceTicks;
  }

  protected oppositeTouch(ctx: StrategyContext): number {
    const book = ctx.book(this.subject.instrument);
    return this.side === OrderSide.Buy ? book.askPriceTicks : book.bidPriceTicks;
  }

  /**
   * Takes from the opposite side; the resting child is taken back first. False where its touch lies beyond the limit:
   * then nothing was done.
   */
  protected cross(ctx: StrategyContext, lots: number, parent: ParentView): boolean {
    const sign = signOf(this.side);
    const touch = this.oppositeTouch(ctx);
    if (this.limitTicks > 0 && sign * touch > sign * this.limitTicks) {
      this.obstacle = 'the price is beyond the limit';
      return false;
    }
    ctx.setTimer(RETRY_TIMER, Math.max(ctx.nowNs + MIN_RETRY_NS, this.taker.nextNs));
    this.passive.pull(ctx);
    if (this.passive.live(ctx) !== null) return true;
    const worst = this.taker.limit(ctx, this.subject, this.side, this.parameters.slippageBps);
    const qty = this.subject.wholeLots(Math.min(lots, parent.availableLots));
    if (this.taker.take(ctx, this.side, qty, this.bounded(worst))) this.obstacle = '';
    return true;
  }

  /** Rests at a price not worse than the limit; 0 lots: nothing rests. `parent` is asked for what may still be sent. */
  protected rest(ctx: StrategyContext, lots: number, priceTicks: number, parent: ParentView): void {
    if (this.taker.isBusy(ctx)) return;
    const open = this.passive.live(ctx)?.leavesQtyLots ?? 0;
    this.passive.wantedLots = this.subject.wholeLots(Math.min(lots, parent.availableLots + open));
    this.passive.wantedTicks = this.bounded(priceTicks);
    this.passive.keep(ctx);
    this.obstacle = '';
  }
}
