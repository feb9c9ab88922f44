/**
 * How often: messages of a strategy and of an instrument, cancels by a budget of their own, the same order again, and
 * executions in a row without a pause. Only what leaves is counted: a refused request uses nothing up.
 */
import type { Fnv64 } from '../core/hash.ts';
import { RejectCode } from '../core/order.ts';
import { Check, type Request } from './checks.ts';
import { INSTRUMENT_RATE, NOT_BOUND, STRATEGY_RATE } from './limit-vectors.ts';
import type { Limits } from './limits.ts';
import { RecentOrders } from './recent-orders.ts';
import { SlidingWindow } from './sliding-window.ts';

export class Rates {
  readonly messages: readonly SlidingWindow[];
  readonly cancels: readonly SlidingWindow[];
  readonly executions: readonly SlidingWindow[];
  readonly instruments: (SlidingWindow | undefined)[] = [];
  /** By strategy: refused until then after too many executions. */
  readonly blockedUntilNs: Float64Array;
  private readonly recent = new RecentOrders();
  private readonly pauseNs: Float64Array;
  private readonly limits: Limits;

  constructor(limits: Limits, strategies: number) {
    this.limits = limits;
    const windows = (): SlidingWindow[] => Array.from({ length: strategies }, () => new SlidingWindow());
    this.messages = windows();
    this.cancels = windows();
    this.executions = windows();
    this.blockedUntilNs = new Float64Array(strategies);
    this.pauseNs = new Float64Array(strategies);
    this.refresh();
  }

  /** The limits changed. */
  refresh(): void {
    this.recent.keepNs = Math.max(0, ...this.limits.repeatedOrderNs);
    for (let strategy = 0; strategy < this.messages.length; strategy++) {
      this.limits.limitStrategyRate(strategy, this.messages[strategy]);
      this.limits.limitCancelRate(strategy, this.cancels[strategy]);
      this.pauseNs[strategy] = this.limits.limitExecutions(strategy, this.executions[strategy]);
    }
  }

  define(instrument: number, symbol: string): void {
    this.instruments[instrument] ??= new SlidingWindow();
    this.limits.limitInstrumentRate(symbol, this.instruments[instrument]);
  }

  checkRepeated(request: Request): RejectCode {
    request.lastCheck = Check.RepeatedOrder;
    const withinNs = this.limits.repeatedOrderNs[request.strategy];
    if (withinNs === 0) return RejectCode.None;
    const agoNs = request.nowNs - this.recent.lastNs(request, request.nowNs - withinNs);
    if (agoNs >= withinNs) return RejectCode.None;
    request.fail(agoNs, withinNs);
    return RejectCode.RepeatedOrder;
  }

  checkMessages(request: Request): RejectCode {
    const mine = this.messages[request.strategy];
    if (!request.within(Check.StrategyRate, mine.used(request.nowNs) + 1, mine.max)) return RejectCode.StrategyRate;
    const all = this.instruments[request.instrument];
    if (all === undefined) return RejectCode.None;
    return request.within(Check.InstrumentRate, all.used(request.nowNs) + 1, all.max)
      ? RejectCode.None
      : RejectCode.InstrumentRate;
  }

  /** What `checkMessages` compares, by place: the strategy's first, the instrument's only where that keeps its limit. */
  readStrategy(request: Request, values: Float64Array): void {
    values[STRATEGY_RATE] = this.messages[request.strategy].used(request.nowNs) + 1;
  }

  readInstrument(request: Request, values: Float64Array): void {
    const all = this.instruments[request.instrument];
    values[INSTRUMENT_RATE] = all === undefined ? NOT_BOUND : all.used(request.nowNs) + 1;
  }

  checkExecutions(request: Request): RejectCode {
    request.lastCheck = Check.RepeatedExecutions;
    const until = this.blockedUntilNs[request.strategy];
    if (request.nowNs >= until) return RejectCode.None;
    const window = this.executions[request.strategy];
    request.fail(window.max, window.max);
    return RejectCode.RepeatedExecution;
  }

  checkCancel(request: Request): RejectCode {
    const window = this.cancels[request.strategy];
    const isWithin = request.within(Check.CancelRate, window.used(request.nowNs) + 1, window.max);
    if (!isWithin) return RejectCode.CancelRate;
    window.add(request.nowNs);
    return RejectCode.None;
  }

  /** The request, which was checked just now, leaves. */
  sent(request: Request): void {
    this.messages[request.strategy].addUsed(request.nowNs);
    this.instruments[request.instrument]?.addUsed(request.nowNs);
    if (this.limits.repeatedOrderNs[request.strategy] > 0) this.recent.add(request);
  }

  /** A fill. The `max`-th within the window stops the strategy's new orders for the pause, and the count starts anew. */
  executed(strategy: number, nowNs: number): void {
    const window = this.executions[strategy];
    if (window.max === Number.POSITIVE_INFINITY) return;
    window.add(nowNs);
    if (window.used(nowNs) < window.max) return;
    this.blockedUntilNs[strategy] = nowNs + this.pauseNs[strategy];
    window.clear();
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    this.recent.rescale(instrument, priceFactor, qtyFactor);
  }

  foldInto(hash: Fnv64): void {
    for (const window of [...this.messages, ...this.cancels, ...this.executions]) window.foldInto(hash);
    for (const window of this.instruments) window?.foldInto(hash);
    for (const until of this.blockedUntilNs) hash.integer(until);
    this.recent.foldInto(hash);
  }
}
