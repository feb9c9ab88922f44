/** Limits that come near: reported once when their use reaches the warning level, again only after it fell well below. */
import { OrderSide, RejectCode } from '../core/order.ts';
import { RiskScope, RiskStateKind } from '../core/record.ts';
import { widened } from '../core/widened.ts';
import type { Exposure } from './exposure.ts';
import { BUY_LOTS, MAX_LONG, MAX_SHORT, POSITION, SELL_LOTS, SUBJECT, WARNED } from './exposure-rows.ts';
import type { Limits } from './limits.ts';
import type { Losses } from './losses.ts';
import type { Positions } from './positions.ts';
import type { Rates } from './rates.ts';
import type { RiskReporter } from './reporter.ts';
import type { SlidingWindow } from './sliding-window.ts';
import { ENGINE, type Subjects } from './subjects.ts';
import type { UseBounds } from './use-bounds.ts';

const LONG = 1;
const SHORT = 2;
const GROSS = 1;
const NET = 2;
const CREDIT = 4;
const LOSS = 8;
const DRAWDOWN = 16;
/** Those that UseBounds bounds. */
const TOTALS = GROSS | NET | CREDIT | LOSS | DRAWDOWN;
const RATE = 32;
const CANCELS = 64;
const VAR = 128;

export class Warnings {
  private readonly subjects: Subjects;
  private readonly limits: Limits;
  private readonly positions: Positions;
  private readonly exposure: Exposure;
  private readonly reporter: RiskReporter;
  private readonly bounds: UseBounds;
  /** Bits by subject. */
  private readonly warned: Uint8Array;
  private warnedInstruments = new Uint8Array(16);

  constructor(
    subjects: Subjects,
    limits: Limits,
    positions: Positions,
    exposure: Exposure,
    bounds: UseBounds,
    reporter: RiskReporter,
  ) {
    this.bounds = bounds;
    this.subjects = subjects;
    this.limits = limits;
    this.positions = positions;
    this.exposure = exposure;
    this.reporter = reporter;
    this.warned = new Uint8Array(subjects.count);
  }

  define(instrument: number): void {
    if (instrument < this.warnedInstruments.length) return;
    this.warnedInstruments = widened(this.warnedInstruments, instrument + 1);
  }

  /** An order or a position of a strategy changed. */
  reviewOrder(instrument: number, account: number, strategy: number): void {
    const { subjects } = this;
    const { rows } = this.exposure;
    const ofAccount = subjects.ofAccount(account);
    const ofStrategy = subjects.ofStrategy(strategy);
    this.reviewRow(rows.find(ENGINE, instrument));
    this.reviewRow(rows.find(ofAccount, instrument));
    this.reviewRow(rows.find(ofStrategy, instrument));
    this.reviewTotals(ENGINE);
    this.reviewTotals(ofAccount);
    this.reviewTotals(ofStrategy);
  }

  /** A row's quantities changed: position limits. */
  reviewRow(row: number): void {
    const { f64 } = this.exposure.rows;
    const subject = f64[row + SUBJECT];
    const bits = f64[row + WARNED];
    const long = f64[row + POSITION] + f64[row + BUY_LOTS];
    const short = f64[row + SELL_LOTS] - f64[row + POSITION];
    let next = this.next(bits, LONG, long, f64[row + MAX_LONG]);
    next = this.next(next, SHORT, short, f64[row + MAX_SHORT]);
    if (next === bits) return;
    f64[row + WARNED] = next;
    const raised = next & ~bits;
    if ((raised & LONG) !== 0) this.tell(subject, long, f64[row + MAX_LONG], RejectCode.PositionLong);
    if ((raised & SHORT) !== 0) this.tell(subject, short, f64[row + MAX_SHORT], RejectCode.PositionShort);
  }

  /** A subject's sums changed: exposure and credit. */
  reviewTotals(subject: number): void {
    const { limits, exposure } = this;
    if ((this.warned[subject] & TOTALS) === 0 && this.bounds.isBelowWarning(subject)) return;
    const gross = exposure.gross[subject];
    this.follow(subject, GROSS, gross, limits.maxGross[subject], RejectCode.GrossExposure);
    const net = Math.max(exposure.netUse(subject, OrderSide.Buy), exposure.netUse(subject, OrderSide.Sell));
    this.follow(subject, NET, net, limits.maxNet[subject], RejectCode.NetExposure);
    this.follow(subject, CREDIT, exposure.creditUse(subject), limits.maxCredit[subject], RejectCode.Credit);
  }

  /** A subject's equity changed. `isFar`: all totals are below the warning level. */
  reviewLosses(subject: number, isFar: boolean): void {
    const { limits, positions } = this;
    if (isFar && (this.warned[subject] & TOTALS) === 0) return;
    const loss = 0 - positions.equityMicro[subject];
    this.follow(subject, LOSS, loss, limits.maxLoss[subject], RejectCode.LossLimit);
    const drawdown = positions.drawdownMicro(subject);
    this.follow(subject, DRAWDOWN, drawdown, limits.maxDrawdown[subject], RejectCode.DrawdownLimit);
  }

  /** A message was counted just now. */
  reviewRates(rates: Rates, strategy: number, instrument: number): void {
    const subject = this.subjects.ofStrategy(strategy);
    this.followRate(subject, RATE, rates.messages[strategy], RejectCode.StrategyRate);
    const window = rates.instruments[instrument];
    if (window === undefined || window.max === Number.POSITIVE_INFINITY) return;
    const used = window.counted;
    const before = this.warnedInstruments[instrument];
    const after = this.next(before, RATE, used, window.max);
    this.warnedInstruments[instrument] = after;
    if (after <= before) return;
    const { InstrumentRate } = RejectCode;
    this.reporter.reportFor(
      RiskScope.Instrument,
      instrument,
      RiskStateKind.LimitWarning,
      used,
      window.max,
      InstrumentRate,
    );
  }

  reviewCancels(rates: Rates, strategy: number): void {
    const subject = this.subjects.ofStrategy(strategy);
    this.followRate(subject, CANCELS, rates.cancels[strategy], RejectCode.CancelRate);
  }

  reviewVar(losses: Losses): void {
    this.follow(ENGINE, VAR, losses.varMicro, this.limits.maxVar, RejectCode.VarLimit);
  }

  private followRate(subject: number, bit: number, window: SlidingWindow, code: RejectCode): void {
    if (window.max !== Number.POSITIVE_INFINITY) this.follow(subject, bit, window.counted, window.max, code);
  }

  private follow(subject: number, bit: number, value: number, limit: number, code: RejectCode): void {
    const before = this.warned[subject];
    const after = this.next(before, bit, value, limit);
    if (after === before) return;
    this.warned[subject] = after;
    if ((after & bit) !== 0) this.tell(subject, value, limit, code);
  }

  private next(bits: number, bit: number, value: number, limit: number): number {
    if ((bits & bit) === 0) return value > 0 && value >= limit * this.limits.warnRatio ? bits | bit : bits;
    return value < limit * this.limits.clearRatio ? bits & ~bit : bits;
  }

  private tell(subject: number, value: number, limit: number, code: RejectCode): void {
    this.reporter.report(subject, RiskStateKind.LimitWarning, value, limit, code);
  }
}
