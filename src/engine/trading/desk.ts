/**
 * The desk: the one path from a strategy's intent to the venue and back, every step of it journalled. It implements what
 * strategies may do (StrategyServices), listens to the order manager, and takes the venue's reports.
 *
 * What follows from one record has it as its cause: `cause` is the record under way. Strategies hear of what happened to
 * their orders after all of it was journalled, never inside one of their own calls.
 */
import type { ExecReport } from '../../core/exec-report.ts';
import { ExecType, HaltReason, isTerminal, OrdStatus, RejectCode } from '../../core/order.ts';
import { OmsOutcome, OrderAction, StrategyState } from '../../core/record.ts';
import { Stamp } from '../../core/trace.ts';
import type { OmsListener, OrderManager } from '../../oms/order-manager.ts';
import { Check } from '../../risk/checks.ts';
import type { Positions } from '../../risk/positions.ts';
import type { PreTradeRisk } from '../../risk/pre-trade.ts';
import type { StrategyHost } from '../../strategy/host.ts';
import type { FullTicket, StrategyServices } from '../../strategy/services.ts';
import type { SimVenue, VenueSink } from '../../venue/sim-venue.ts';
import type { PortfolioDesk } from '../portfolio/portfolio-desk.ts';
import type { Instruments } from './instruments.ts';
import type { StandingDesk } from './standing-desk.ts';
import type { Timers } from './timers.ts';
import type { FillFigures, TradeJournal } from './trade-journal.ts';
import type { EngineClock, OrderOutlet } from './trading.ts';

/** The parts that a desk joins; made by `trading.ts`, which sees to it that each has the others it needs. */
export interface DeskParts {
  readonly oms: OrderManager;
  readonly positions: Positions;
  readonly risk: PreTradeRisk;
  readonly venue: SimVenue;
  readonly host: StrategyHost;
  readonly journal: TradeJournal;
  readonly timers: Timers;
  readonly instruments: Instruments;
  readonly standing: StandingDesk;
  /** Null where the run has no portfolio risk. */
  readonly portfolio: PortfolioDesk | null;
}

/** A strategy that answers every update of its orders by changing another one would never come to an end. */
const MAX_TOLD = 10_000;

export class Desk implements StrategyServices, OmsListener, VenueSink {
  /** Sequence number of the record that what happens now follows from. */
  cause = 0;
  private readonly clock: EngineClock;
  /** Account by strategy. */
  private readonly accountOf: readonly number[];
  private readonly outlet: OrderOutlet | null;
  private parts!: DeskParts;
  /** The order that a strategy's verb is about, while it runs: of that one it is not told again. */
  private ownOrderId = 0;
  /** RejectCode of a replace that is being refused. */
  private localCode = 0;
  /** Orders whose strategies are to be told of a change that no report brought; empty between two inputs. */
  private toTell = new Float64Array(64);
  private toTellCount = 0;
  private readonly figures: FillFigures = {
    positionLots: 0,
    feeUnits: 0,
    realisedUnits: 0,
    realisedTotalUnits: 0,
    feesTotalUnits: 0,
    avgCostTicks: 0.5, // a double from the start
  };

  constructor(clock: EngineClock, accountOf: readonly number[], outlet: OrderOutlet | null = null) {
    this.clock = clock;
    this.outlet = outlet;
    this.accountOf = accountOf;
  }

  /** Once, before anything else. */
  join(parts: DeskParts): void {
    this.parts = parts;
  }

  get nowNs(): number {
    return this.clock.nowNs;
  }

  // What strategies may do.

  submit(strategy: number, ticket: FullTicket): number {
    this.clock.stamps.markOrder(Stamp.Intent);
    const { oms, journal } = this.parts;
    const { orders } = oms;
    const orderId = oms.create(strategy, this.accountOf[strategy], ticket, this.nowNs);
    if (orderId === 0) return -RejectCode.TooManyOrders;
    this.ownOrderId = orderId;
    const groupId = orders.groupId[orderId];
    const groupKind = oms.groups.has(groupId) ? oms.groups.kind[groupId] : 0;
    const intent = journal.intent(
      OrderAction.New,
      orderId,
      orders.clOrdId[orderId],
      groupKind,
      orders.qtyLots[orderId],
      orders.priceTicks[orderId],
      orders.displayQtyLots[orderId],
      this.cause,
    );
    orders.intentSeq[orderId] = intent;
    const code = oms.isHeld(orderId) ? RejectCode.None : this.checkAndSend(orderId, intent);
    this.ownOrderId = 0;
    return code === RejectCode.None ? orderId : -code;
  }

  replace(strategy: number, orderId: number, qtyLots: number, priceTicks: number): number {
    this.clock.stamps.markOrder(Stamp.Intent);
    const { oms, risk, journal, venue } = this.parts;
    const { orders } = oms;
    let code: RejectCode = oms.checkReplace(orderId, strategy);
    if (code === RejectCode.UnknownOrder) return -code;
    const display = orders.displayQtyLots[orderId];
    const intent = journal.intent(OrderAction.Replace, orderId, 0, 0, qtyLots, priceTicks, display, this.cause);
    const outer = this.cause;
    this.ownOrderId = orderId;
    let checks: number = Check.Family;
    if (code === RejectCode.None) code = oms.checkParent(orderId, qtyLots);
    if (code === RejectCode.None) {
      code = risk.checkReplace(orderId, qtyLots, priceTicks, this.nowNs);
      checks = risk.lastCheck;
      if (code === RejectCode.None && this.parts.portfolio !== null) {
        code = this.checkPortfolio(orderId, risk.selfTradeQtyLots);
        checks = Check.Portfolio;
      }
    }
    this.verdict(OrderAction.Replace, orderId, code, checks, intent);
    if (code === RejectCode.None || code === RejectCode.SelfTrade) this.cancelForSelfTrade();
    if (code === RejectCode.None) {
      const clOrdId = oms.beginReplace(orderId, risk.selfTradeQtyLots, priceTicks, this.nowNs);
      this.letOut(OrderAction.Replace, orderId);
      venue.replace(orderId, clOrdId, risk.selfTradeQtyLots, priceTicks, this.nowNs);
    } else if (!isTerminal(orders.status[orderId])) {
      this.localCode = code;
      oms.refuseReplace(orderId, code, this.nowNs);
      this.localCode = RejectCode.None;
    }
    this.ownOrderId = 0;
    this.cause = outer;
    return -code;
  }

  cancel(strategy: number, orderId: number): number {
    const { oms, risk } = this.parts;
    let code: RejectCode = oms.checkCancel(orderId, strategy);
    if (code === RejectCode.UnknownOrder) return -code;
    const check = code === RejectCode.None ? Check.CancelRate : Check.Family;
    if (code === RejectCode.None) code = risk.checkCancel(orderId, this.nowNs);
    this.ownOrderId = orderId;
    this.sendCancel(orderId, code, check);
    this.ownOrderId = 0;
    return -code;
  }

  cancelAll(strategy: number, instrument: number): number {
    const { oms } = this.parts;
    let sent = 0;
    let next = 0;
    for (let orderId = oms.firstOpenOf(strategy); orderId !== 0; orderId = next) {
      next = oms.nextOpenOf(orderId);
      if (instrument >= 0 && oms.orders.instrument[orderId] !== instrument) continue;
      if (oms.checkCancel(orderId, strategy) !== RejectCode.None) continue;
      this.ownOrderId = orderId;
      this.sendCancel(orderId, RejectCode.None);
      sent++;
    }
    this.ownOrderId = 0;
    return sent;
  }

  createParent(strategy: number, instrument: number, side: number, qtyLots: number): number {
    if (!this.parts.instruments.isDefined(instrument)) return -RejectCode.UnknownInstrument;
    const id = this.parts.oms.createParent(strategy, instrument, side, qtyLots);
    return id === 0 ? -RejectCode.BadQty : id;
  }

  createGroup(strategy: number, kind: number): number {
    const id = this.parts.oms.createGroup(strategy, kind);
    return id === 0 ? -RejectCode.BadGroup : id;
  }

  setTimer(strategy: number, timerId: number, atNs: number): void {
    const { timers, host } = this.parts;
    if (timers.set(strategy, timerId, atNs > this.nowNs ? atNs : this.nowNs, this.cause)) return;
    host.halt(strategy, HaltReason.Nonsense, 'too many timers are set');
  }

  clearTimer(strategy: number, timerId: number): void {
    this.parts.timers.clear(strategy, timerId);
  }

  log(strategy: number, text: string): void {
    this.parts.journal.strategyLog(strategy, text, this.cause);
  }

  halted(strategy: number, reason: HaltReason, text: string): void {
    const outer = this.cause;
    this.cause = this.parts.journal.strategyState(strategy, StrategyState.Halted, reason, text, outer);
    this.parts.timers.clearAll(strategy);
    this.cancelAll(strategy, -1);
    this.cause = outer;
  }

  tickTicks(instrument: number): number {
    return this.parts.instruments.tickTicks(instrument);
  }

  lotLots(instrument: number): number {
    return this.parts.instruments.lotLots(instrument);
  }

  tradingState(instrument: number): number {
    return this.parts.instruments.tradingState(instrument);
  }

  consolidated(name: string): readonly number[] {
    return this.parts.instruments.group(name);
  }

  // What the order manager says.

  onOrderChanged(orderId: number, statusBefore: number, outcome: OmsOutcome, report: ExecReport | null): void {
    const code = report === null ? this.refusalOf(orderId) : report.rejectCode;
    this.parts.journal.orderState(orderId, statusBefore, outcome, code, this.cause);
    if (orderId === 0) return;
    this.parts.risk.orderChanged(orderId, this.nowNs);
    this.parts.portfolio?.onOrders(this.parts.oms.orders.instrument[orderId]);
    if (report === null && orderId !== this.ownOrderId) this.tellLater(orderId);
  }

  onExecution(
    orderId: number,
    execId: number,
    side: number,
    qtyLots: number,
    pxTicks: number,
    report: ExecReport,
  ): void {
    const { oms, venue, positions, risk, journal } = this.parts;
    const strategy = oms.orders.strategy[orderId];
    const instrument = oms.orders.instrument[orderId];
    const sign = qtyLots < 0 ? -1 : 1;
    const feeUnits = sign < 0 ? 0 : venue.feeUnits(report);
    const account = oms.orders.account[orderId];
    const { figures } = this;
    const feesBefore = positions.feesUnits(strategy, instrument);
    positions.fill(strategy, account, instrument, side, qtyLots * sign, pxTicks, feeUnits, sign, execId);
    figures.positionLots = positions.qtyLots(strategy, instrument);
    figures.realisedUnits = positions.lastRealisedUnits;
    figures.realisedTotalUnits = positions.realisedUnits(strategy, instrument);
    figures.feesTotalUnits = positions.feesUnits(strategy, instrument);
    figures.feeUnits = sign < 0 ? figures.feesTotalUnits - feesBefore : feeUnits;
    figures.avgCostTicks = positions.avgCostTicks(strategy, instrument);
    const outer = this.cause;
    this.cause = journal.fill(orderId, report.liquidity, execId, qtyLots, pxTicks, figures, outer);
    risk.onExecution(strategy, account, instrument, this.nowNs);
    this.parts.portfolio?.onPosition(instrument);
    this.cause = outer;
  }

  wantsCancel(orderId: number): void {
    this.forceCancel(orderId);
  }

  wantsRelease(orderId: number): void {
    this.checkAndSend(orderId, this.cause);
  }

  // What the venue says.

  onReport(report: ExecReport): void {
    const { oms, journal, host } = this.parts;
    const orderId = oms.orders.has(report.orderId) ? report.orderId : 0;
    const strategy = oms.orders.strategy[orderId];
    const outer = this.cause;
    this.cause = journal.execReport(report, strategy, oms.orders.side[orderId], oms.orders.instrument[orderId]);
    const outcome = oms.apply(report, this.nowNs);
    if (outcome === OmsOutcome.Applied) {
      host.onOrder(
        strategy,
        orderId,
        report.execType,
        report.lastQtyLots,
        report.lastPxTicks,
        report.liquidity,
        report.rejectCode,
      );
    }
    this.settle();
    this.cause = outer;
  }

  /** Tells strategies what became of their orders while a callback or the order manager was at work. */
  settle(): void {
    const { host, oms, standing } = this.parts;
    standing.settle();
    for (let i = 0; i < this.toTellCount; i++) {
      const orderId = this.toTell[i];
      const strategy = oms.orders.strategy[orderId];
      if (i >= MAX_TOLD) host.halt(strategy, HaltReason.Nonsense, `more than ${MAX_TOLD} updates from one input`);
      host.onOrder(strategy, orderId, ExecType.None, 0, 0, 0, this.refusalOf(orderId));
    }
    this.toTellCount = 0;
  }

  /** Cancels an open order on the engine's own account: no budget stands in its way. */
  forceCancel(orderId: number): void {
    const { oms } = this.parts;
    if (oms.checkCancel(orderId, oms.orders.strategy[orderId]) === RejectCode.None) {
      this.sendCancel(orderId, RejectCode.None);
    }
  }

  /** Why an order was refused here, or the replace under way; 0 where nothing was. */
  private refusalOf(orderId: number): number {
    const { orders } = this.parts.oms;
    return orders.status[orderId] === OrdStatus.Rejected ? orders.rejectCode[orderId] : this.localCode;
  }

  private checkAndSend(orderId: number, cause: number): RejectCode {
    const { oms, risk, venue } = this.parts;
    const outer = this.cause;
    this.cause = cause;
    let code: RejectCode = oms.checkGroup(orderId);
    if (code === RejectCode.None) code = oms.checkParent(orderId, oms.orders.qtyLots[orderId]);
    const isBounded = code !== RejectCode.None;
    let check: number = Check.Family;
    if (!isBounded) {
      code = risk.checkNew(orderId, this.nowNs);
      check = risk.lastCheck;
      if (code === RejectCode.None && this.parts.portfolio !== null) {
        code = this.checkPortfolio(orderId, risk.selfTradeQtyLots);
        check = Check.Portfolio;
      }
    }
    this.verdict(OrderAction.New, orderId, code, check, cause);
    if (code === RejectCode.None || code === RejectCode.SelfTrade) this.cancelForSelfTrade();
    if (code === RejectCode.None) {
      oms.shrinkUnsent(orderId, risk.selfTradeQtyLots);
      oms.sent(orderId, this.nowNs);
      this.letOut(OrderAction.New, orderId);
      venue.submit(orderId, this.nowNs);
    } else {
      oms.reject(orderId, code, this.nowNs);
    }
    this.cause = outer;
    return code;
  }

  private checkPortfolio(orderId: number, qtyLots: number): RejectCode {
    return this.parts.portfolio?.check(orderId, qtyLots, this.clock.time) ?? RejectCode.None;
  }

  /** Writes what risk says; what follows has the verdict as its cause. */
  private verdict(action: number, orderId: number, code: number, checks: number, cause: number): void {
    const { risk, journal, portfolio } = this.parts;
    const isRisk = checks !== Check.Family; // else risk was not asked, and its figures are another order's
    const source = portfolio !== null && checks === Check.Portfolio ? portfolio.gate : risk;
    const warnMask = isRisk ? risk.warnMask : 0;
    const value = isRisk ? source.lastValue : 0;
    const limit = isRisk ? source.lastLimit : 0;
    this.cause = journal.verdict(action, orderId, code, checks, warnMask, value, limit, cause);
    this.clock.stamps.markOrder(Stamp.Verdict);
  }

  /** `check`: the last one made; the order manager's own where the engine asks. */
  private sendCancel(orderId: number, code: RejectCode, check: number = Check.Family): void {
    const { oms, journal, venue } = this.parts;
    const { orders } = oms;
    const outer = this.cause;
    const { stamps } = this.clock;
    stamps.markOrder(Stamp.Intent);
    const intent = journal.intent(
      OrderAction.Cancel,
      orderId,
      0,
      0,
      orders.qtyLots[orderId],
      orders.priceTicks[orderId],
      orders.displayQtyLots[orderId],
      outer,
    );
    this.cause = journal.verdict(OrderAction.Cancel, orderId, code, check, 0, 0, 0, intent);
    stamps.markOrder(Stamp.Verdict);
    if (code === RejectCode.None) {
      const clOrdId = oms.beginCancel(orderId, this.nowNs);
      if (clOrdId !== 0) {
        this.letOut(OrderAction.Cancel, orderId);
        venue.cancel(orderId, clOrdId, this.nowNs);
      }
    }
    this.cause = outer;
  }

  /** The order's row says what is asked; the simulated venue hears of it next, off the way from tick to trade. */
  private letOut(action: OrderAction, orderId: number): void {
    const { stamps } = this.clock;
    this.outlet?.send(this.parts.oms.orders, action, orderId, this.cause, stamps.orderTrace);
    stamps.markOrder(Stamp.Sent);
  }

  /** Own orders that the request would have traded with, where the mode is to cancel those (cancel-both refuses it, too). */
  private cancelForSelfTrade(): void {
    const { risk } = this.parts;
    for (let i = 0; i < risk.selfTradeCancelCount; i++) this.forceCancel(risk.selfTradeCancels[i]);
  }

  private tellLater(orderId: number): void {
    if (this.toTellCount === this.toTell.length) {
      const larger = new Float64Array(this.toTell.length * 2);
      larger.set(this.toTell);
      this.toTell = larger;
    }
    this.toTell[this.toTellCount++] = orderId;
  }
}
