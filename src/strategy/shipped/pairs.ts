/**
 * Pairs: two instruments whose log prices move together; the spread between them is bought when it is unusually low and
 * sold when it is unusually high.
 *
 * Vidyamurthy (2004), "Pairs Trading: Quantitative Methods and Analysis", ch. 5, 7; the thresholds as in Gatev,
 * Goetzmann, Rouwenhorst (2006), Review of Financial Studies 19(3):
 *   spread  s_t = ln a_t - h ln b_t          z_t = (s_t - mean) / deviation      of the past, under the h of now
 * h is given or the slope of the rolling (exponentially weighted) regression of ln a on ln b. Long the spread is long a
 * and short h times its value of b. Enter at |z| >= entryZ, leave at |z| <= exitZ, give up at |z| >= stopZ or after
 * maxHoldSeconds.
 *
 * Legs are immediate-or-cancel orders towards target positions. Leg risk: if after legSeconds the position is not what
 * was wanted, whatever filled is closed again, and nothing is entered for cooldownSeconds.
 */
import { OrderSide } from '../../core/order.ts';
import { defineStrategy, type Parameters, type Strategy, type StrategyContext } from '../api.ts';
import { Regression, weightOf } from './moments.ts';
import { Subject } from './subject.ts';
import { Taker } from './taker.ts';

const specs = {
  symbolA: { type: 'string', default: '', text: 'empty: the first instrument that is defined' },
  symbolB: { type: 'string', default: '', text: 'empty: the next one' },
  notional: {
    type: 'number',
    default: 5_000,
    min: 0,
    text: 'value of leg a in its currency; leg b: hedge ratio times it',
  },
  hedgeRatio: { type: 'number', default: 0, min: 0, text: 'h, value of b per value of a; 0: rolling regression' },
  sampleMs: { type: 'number', default: 1_000, min: 1, text: 'how often the spread is looked at' },
  halfLifeSeconds: { type: 'number', default: 600, min: 1, text: 'of regression, mean and deviation' },
  warmUpSamples: { type: 'integer', default: 120, min: 2, text: 'before the first entry' },
  entryZ: { type: 'number', default: 2, min: 0, text: 'enter from here on, standard deviations' },
  exitZ: { type: 'number', default: 0.5, min: 0, text: 'close from here on, standard deviations' },
  stopZ: { type: 'number', default: 5, min: 0, text: 'give up from here on, standard deviations' },
  maxHoldSeconds: { type: 'number', default: 1_800, min: 0.001, text: 'then it is closed wherever it is' },
  legSeconds: { type: 'number', default: 2, min: 0.001, text: 'in which both legs must have filled' },
  cooldownSeconds: {
    type: 'number',
    default: 60,
    min: 0,
    text: 'without an entry after a loss of relation or of a leg',
  },
  slippageBps: {
    type: 'number',
    default: 1,
    min: 0,
    text: 'how far behind the touch a leg may fill, up to 10 times it after misses',
  },
} as const;

const SAMPLE_TIMER = 1;
/** A leg whose order missed is looked at again without an event of the market. */
const CHASE_TIMER = 2;
const RETRY_NS = 100e6;

/** One instrument of the pair: what is wanted of it and the order on its way there. */
class Leg {
  readonly subject: Subject;
  readonly taker = new Taker(RETRY_NS);
  targetLots = 0;

  constructor(symbol: string) {
    this.subject = new Subject(symbol);
  }

  define(ctx: StrategyContext, instrument: number): boolean {
    if (!this.subject.define(ctx, instrument)) return false;
    this.taker.ticket.instrument = instrument;
    this.targetLots *= this.subject.qtyFactor;
    return true;
  }

  isAtTarget(ctx: StrategyContext): boolean {
    const missing = Math.abs(this.targetLots - ctx.position(this.subject.instrument).qtyLots);
    return this.subject.wholeLots(missing) === 0 && !this.taker.isBusy(ctx);
  }

  mid(ctx: StrategyContext): number {
    return ctx.book(this.subject.instrument).midTicks * this.subject.tickValue;
  }

  chase(ctx: StrategyContext, slippageBps: number): void {
    const { subject } = this;
    if (this.taker.isBusy(ctx)) return;
    const missing = this.targetLots - ctx.position(subject.instrument).qtyLots;
    const lots = subject.wholeLots(Math.abs(missing));
    if (lots === 0 || !subject.isTradable(ctx)) return;
    ctx.setTimer(CHASE_TIMER, Math.max(ctx.nowNs + RETRY_NS, this.taker.nextNs));
    const side = missing > 0 ? OrderSide.Buy : OrderSide.Sell;
    this.taker.take(ctx, side, lots, this.taker.limit(ctx, subject, side, slippageBps));
  }
}

class Pairs implements Strategy<Parameters<typeof specs>> {
  private parameters: Parameters<typeof specs>;
  private readonly a: Leg;
  private readonly b: Leg;
  private regression: Regression | null = null;
  /** +1 long the spread, -1 short, 0 out of it. */
  private direction = 0;
  private enteredNs = 0;
  /** When the legs must be complete; Infinity once they are. */
  private legsByNs = Number.POSITIVE_INFINITY;
  private notBeforeNs = 0;
  private isStopped = false;

  constructor(parameters: Parameters<typeof specs>) {
    if (parameters.exitZ >= parameters.entryZ || parameters.entryZ >= parameters.stopZ) {
      throw new RangeError('exitZ must be below entryZ, and entryZ below stopZ');
    }
    this.parameters = parameters;
    this.a = new Leg(parameters.symbolA);
    this.b = new Leg(parameters.symbolB);
  }

  onStart(ctx: StrategyContext): void {
    const samples = (this.parameters.halfLifeSeconds * 1e3) / this.parameters.sampleMs;
    this.regression = new Regression(weightOf(samples, ctx.math.pow));
  }

  onParameters(_ctx: StrategyContext, parameters: Parameters<typeof specs>): void {
    this.parameters = parameters;
  }

  onInstrument(ctx: StrategyContext, instrument: number): void {
    const isA = this.b.subject.instrument !== instrument && this.a.define(ctx, instrument);
    const isB = !isA && this.b.define(ctx, instrument);
    const isKnown = this.a.subject.instrument >= 0 && this.b.subject.instrument >= 0;
    if ((isA || isB) && isKnown) ctx.setTimer(SAMPLE_TIMER, ctx.nowNs + this.parameters.sampleMs * 1e6);
  }

  onBook(ctx: StrategyContext, instrument: number): void {
    if (instrument === this.a.subject.instrument || instrument === this.b.subject.instrument) this.chase(ctx);
  }

  onOrder(ctx: StrategyContext): void {
    this.chase(ctx);
  }

  onTimer(ctx: StrategyContext, timerId: number): void {
    if (timerId === SAMPLE_TIMER) {
      ctx.setTimer(SAMPLE_TIMER, ctx.nowNs + this.parameters.sampleMs * 1e6);
      this.sample(ctx);
    }
    this.chase(ctx);
  }

  onStop(ctx: StrategyContext): void {
    this.isStopped = true;
    ctx.cancelAll(null);
  }

  private sample(ctx: StrategyContext): void {
    const { a, b, parameters, regression } = this;
    if (regression === null || !a.subject.isTradable(ctx) || !b.subject.isTradable(ctx)) return;
    const lnA = ctx.math.ln(a.mid(ctx));
    const lnB = ctx.math.ln(b.mid(ctx));
    // Against the samples before this one.
    const ratio = parameters.hedgeRatio > 0 ? parameters.hedgeRatio : regression.slope;
    const z = regression.residualZ(lnB, lnA, ratio);
    const isWarm = regression.count >= parameters.warmUpSamples && !Number.isNaN(ratio);
    regression.add(lnB, lnA);
    if (!isWarm) return;
    if (this.direction === 0) this.considerEntry(ctx, z, ratio);
    else this.considerExit(ctx, z);
  }

  private considerEntry(ctx: StrategyContext, z: number, ratio: number): void {
    const { a, b, parameters } = this;
    const isOut = a.targetLots === 0 && b.targetLots === 0 && a.isAtTarget(ctx) && b.isAtTarget(ctx);
    if (Math.abs(z) < parameters.entryZ || Math.abs(z) >= parameters.stopZ || ctx.nowNs < this.notBeforeNs || !isOut) {
      return;
    }
    // A regression that finds no relation, or an inverse one, is no pair.
    if (!(ratio > 0.05 && ratio < 20)) return;
    this.direction = z > 0 ? -1 : 1;
    this.enteredNs = ctx.nowNs;
    this.legsByNs = ctx.nowNs + parameters.legSeconds * 1e9;
    a.targetLots =
      this.direction * a.subject.lotsOf(ctx, '0', parameters.notional, ctx.book(a.subject.instrument).midTicks);
    const hedge = parameters.notional * ratio;
    b.targetLots = -this.direction * b.subject.lotsOf(ctx, '0', hedge, ctx.book(b.subject.instrument).midTicks);
  }

  private considerExit(ctx: StrategyContext, z: number): void {
    const { parameters } = this;
    const isBack = -z * this.direction <= parameters.exitZ;
    const isHopeless = Math.abs(z) >= parameters.stopZ;
    if (!isBack && !isHopeless && ctx.nowNs < this.enteredNs + parameters.maxHoldSeconds * 1e9) return;
    this.flatten(ctx, isBack ? 0 : parameters.cooldownSeconds);
  }

  private flatten(ctx: StrategyContext, pauseSeconds: number): void {
    this.direction = 0;
    this.a.targetLots = 0;
    this.b.targetLots = 0;
    this.legsByNs = Number.POSITIVE_INFINITY;
    this.notBeforeNs = ctx.nowNs + pauseSeconds * 1e9;
  }

  private chase(ctx: StrategyContext): void {
    const { a, b } = this;
    if (this.isStopped || a.subject.instrument < 0 || b.subject.instrument < 0) return;
    if (this.legsByNs !== Number.POSITIVE_INFINITY) {
      if (a.isAtTarget(ctx) && b.isAtTarget(ctx)) {
        this.legsByNs = Number.POSITIVE_INFINITY;
      } else if (ctx.nowNs >= this.legsByNs) {
        ctx.log('pairs: a leg did not fill in time, the other is closed again');
        this.flatten(ctx, this.parameters.cooldownSeconds);
      }
    }
    a.chase(ctx, this.parameters.slippageBps);
    b.chase(ctx, this.parameters.slippageBps);
  }
}

export const pairs = defineStrategy({
  name: 'pairs',
  description: 'Trades the spread of two instruments back to its mean',
  parameters: specs,
  create: (parameters) => new Pairs(parameters),
});
