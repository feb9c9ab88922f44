/**
 * The way back to the desk: what the order manager and the venue say of orders is journalled, entered in the books of account,
 * shown to risk, and told to the strategies: after all of it was journalled, never inside one of their own calls.
 */
import type { ExecReport } from '../../core/exec-report.ts';
import { ExecType, HaltReason, OrdStatus } from '../../core/order.ts';
import { OmsOutcome } from '../../core/record.ts';
import type { OmsListener } from '../../oms/order-manager.ts';
import type { VenueSink } from '../../venue/venue.ts';
import type { Desk, DeskParts } from './desk.ts';
import type { FillFigures } from './trade-journal.ts';
import type { EngineClock } from './trading.ts';

/** A strategy that answers every update of its orders by changing another one would never come to an end. */
const MAX_TOLD = 10_000;

export class OrderEvents implements OmsListener, VenueSink {
  private readonly clock: EngineClock;
  private readonly desk: Desk;
  private parts!: DeskParts;
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

  constructor(clock: EngineClock, desk: Desk) {
    this.clock = clock;
    this.desk = desk;
  }

  /** Once, before anything else. */
  join(parts: DeskParts): void {
    this.parts = parts;
  }

  onOrderChanged(orderId: number, statusBefore: number, outcome: OmsOutcome, report: ExecReport | null): void {
    const code = report === null ? this.refusalOf(orderId) : report.rejectCode;
    this.parts.journal.orderState(orderId, statusBefore, outcome, code, this.desk.cause);
    if (orderId === 0) return;
    this.parts.risk.orderChanged(orderId, this.clock.nowNs);
    this.parts.portfolio?.onOrders(this.parts.oms.orders.instrument[orderId]);
    if (report === null && orderId !== this.desk.ownOrderId) this.tellLater(orderId);
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
    const outer = this.desk.cause;
    this.desk.cause = journal.fill(orderId, report.liquidity, execId, qtyLots, pxTicks, figures, outer);
    risk.onExecution(strategy, account, instrument, this.clock.nowNs);
    this.parts.venues?.onFill(instrument, side, qtyLots, pxTicks);
    this.parts.portfolio?.onPosition(instrument);
    this.desk.cause = outer;
  }

  wantsCancel(orderId: number): void {
    this.desk.forceCancel(orderId);
  }

  wantsRelease(orderId: number): void {
    this.desk.release(orderId);
  }

  // What the venue says.

  /** Of the simulated venue, or what reconciliation concludes of a live one: an output, written here. */
  onReport(report: ExecReport): void {
    const { oms, journal } = this.parts;
    const orderId = oms.orders.has(report.orderId) ? report.orderId : 0;
    const strategy = oms.orders.strategy[orderId];
    const outer = this.desk.cause;
    this.desk.cause = journal.execReport(report, strategy, oms.orders.side[orderId], oms.orders.instrument[orderId]);
    this.apply(report, strategy);
    this.settle();
    this.desk.cause = outer;
  }

  /** The report whose record is the cause under way. */
  apply(report: ExecReport, strategy: number): void {
    const { oms, host } = this.parts;
    if (oms.apply(report, this.clock.nowNs) !== OmsOutcome.Applied) return;
    host.onOrder(
      strategy,
      report.orderId,
      report.execType,
      report.lastQtyLots,
      report.lastPxTicks,
      report.liquidity,
      report.rejectCode,
    );
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

  /** Why an order was refused here, or the replace under way; 0 where nothing was. */
  private refusalOf(orderId: number): number {
    const { orders } = this.parts.oms;
    return orders.status[orderId] === OrdStatus.Rejected ? orders.rejectCode[orderId] : this.desk.localCode;
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
