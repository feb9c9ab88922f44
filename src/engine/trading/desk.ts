/**
 * The desk: the one path from a strategy's intent to the venue, every step of it journalled. It implements what strategies
 * may do (StrategyServices); order-events.ts is the way back.
 *
 * What follows from one record has it as its cause: `cause` is the record under way.
 */
import { HaltReason, isTerminal, RejectCode } from '../../core/order.ts';
import { OrderAction, StrategyState } from '../../core/record.ts';
import { Stamp } from '../../core/trace.ts';
import type { OrderManager } from '../../oms/order-manager.ts';
import { Check } from '../../risk/checks.ts';
import type { Positions } from '../../risk/positions.ts';
import type { PreTradeRisk } from '../../risk/pre-trade.ts';
import type { StrategyHost } from '../../strategy/host.ts';
import type { FullTicket, StrategyServices } from '../../strategy/services.ts';
import type { Venue } from '../../venue/venue.ts';
import type { PortfolioDesk } from '../portfolio/portfolio-desk.ts';
import type { Instruments } from './instruments.ts';
import type { OrderEvents } from './order-events.ts';
import type { StandingDesk } from './standing-desk.ts';
import type { Timers } from './timers.ts';
import type { TradeJournal } from './trade-journal.ts';
import type { EngineClock, OrderOutlet } from './trading.ts';
import type { VenueDesk } from './venue-desk.ts';

/** The parts that a desk joins; made by `trading.ts`, which sees to it that each has the others it needs. */
export interface DeskParts {
  readonly oms: OrderManager;
  readonly positions: Positions;
  readonly risk: PreTradeRisk;
  readonly venue: Venue;
  /** Null unless orders go to live venues. */
  readonly venues: VenueDesk | null;
  readonly host: StrategyHost;
  readonly journal: TradeJournal;
  readonly timers: Timers;
  readonly instruments: Instruments;
  readonly standing: StandingDesk;
  readonly events: OrderEvents;
  /** Null where the run has no portfolio risk. */
  readonly portfolio: PortfolioDesk | null;
}

export class Desk implements StrategyServices {
  /** Sequence number of the record that what happens now follows from. */
  cause = 0;
  private readonly clock: EngineClock;
  /** Account by strategy. */
  private readonly accountOf: readonly number[];
  private readonly outlet: OrderOutlet | null;
  private parts!: DeskParts;
  /** The order that a strategy's verb is about, while it runs: of that one it is not told again. */
  ownOrderId = 0;
  /** RejectCode of a replace that is being refused. */
  localCode = 0;
  /** Nothing new leaves any more, whoever asks. */
  isClosing = false;

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
      code = this.checkVenue(orderId);
      if (code !== RejectCode.None) checks = Check.Venue;
    }
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
    if (code === RejectCode.None && this.parts.venues?.isDown(orderId) === true) code = RejectCode.VenueDown;
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
      if (this.parts.venues?.putOffCancel(orderId) === true) continue;
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

  /** Cancels an open order on the engine's own account: no budget stands in its way. */
  forceCancel(orderId: number): void {
    const { oms } = this.parts;
    if (oms.checkCancel(orderId, oms.orders.strategy[orderId]) !== RejectCode.None) return;
    if (this.parts.venues?.putOffCancel(orderId) !== true) this.sendCancel(orderId, RejectCode.None);
  }

  /** An order that its bracket held back may go now. */
  release(orderId: number): void {
    this.checkAndSend(orderId, this.cause);
  }

  private checkAndSend(orderId: number, cause: number): RejectCode {
    const { oms, risk, venue } = this.parts;
    const outer = this.cause;
    this.cause = cause;
    let code: RejectCode = oms.checkGroup(orderId);
    if (code === RejectCode.None) code = oms.checkParent(orderId, oms.orders.qtyLots[orderId]);
    let check: number = Check.Family;
    if (code === RejectCode.None) {
      code = this.checkVenue(orderId);
      if (code !== RejectCode.None) check = Check.Venue;
    }
    if (code === RejectCode.None) {
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

  /** Whether anything new may leave at all: the run is not ending, and its venue is there and agrees with the log. */
  private checkVenue(orderId: number): RejectCode {
    if (this.isClosing) return RejectCode.TradingHalted;
    const { venues } = this.parts;
    return venues === null ? RejectCode.None : venues.refusal(orderId);
  }

  private checkPortfolio(orderId: number, qtyLots: number): RejectCode {
    return this.parts.portfolio?.check(orderId, qtyLots, this.clock.time) ?? RejectCode.None;
  }

  /** Writes what risk says; what follows has the verdict as its cause. */
  private verdict(action: number, orderId: number, code: number, checks: number, cause: number): void {
    const { risk, journal, portfolio } = this.parts;
    const isRisk = checks !== Check.Family && checks !== Check.Venue; // else its figures are another order's
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
}
