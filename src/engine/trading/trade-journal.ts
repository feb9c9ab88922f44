/**
 * The trading records of the journal (core/record.ts, 132-141), one method each. All are outputs: what they say follows
 * from the inputs before them. `cause` is the sequence number of the record that led to this one; each method returns its
 * own, for what follows from it.
 */
import type { ExecReport } from '../../core/exec-report.ts';
import {
  EXEC_REPORT_RECORD_BYTES,
  FILL_RECORD_BYTES,
  MAX_RECORD_TEXT_BYTES,
  ORDER_INTENT_RECORD_BYTES,
  ORDER_STATE_RECORD_BYTES,
  RESCALE_RECORD_BYTES,
  RecordType,
  RISK_STATE_RECORD_BYTES,
  RISK_VERDICT_RECORD_BYTES,
  TIMER_RECORD_BYTES,
  VENUE_REPORT_RECORD_BYTES,
  VENUE_STATE_RECORD_BYTES,
} from '../../core/record.ts';
import { TWO_53 } from '../../core/wide.ts';
import type { Orders } from '../../oms/orders.ts';
import type { JournalWriter } from '../../ring/journal.ts';
import type { VenueInput } from './venue-input.ts';

/** Gives a record its header (sequence number, the engine's time) and returns its first 8-byte word. */
export interface RecordClaimer {
  claim(type: number, length: number): number;
}

/** What a Fill record says beside the execution: money in whole units of the instrument. */
export interface FillFigures {
  positionLots: number;
  feeUnits: number;
  realisedUnits: number;
  realisedTotalUnits: number;
  feesTotalUnits: number;
  avgCostTicks: number;
}

export class TradeJournal {
  private readonly journal: JournalWriter;
  private readonly claimer: RecordClaimer;
  private readonly orders: Orders;
  private readonly encoder = new TextEncoder();
  private readonly text = new Uint8Array(MAX_RECORD_TEXT_BYTES);

  constructor(journal: JournalWriter, claimer: RecordClaimer, orders: Orders) {
    this.journal = journal;
    this.claimer = claimer;
    this.orders = orders;
  }

  /** What a strategy asks of order `orderId`: as its row says, but for the quantity and price of a replace. */
  intent(
    action: number,
    orderId: number,
    clOrdId: number,
    groupKind: number,
    qtyLots: number,
    priceTicks: number,
    displayQtyLots: number,
    cause: number,
  ): number {
    const { orders, journal } = this;
    const w = this.claimer.claim(RecordType.OrderIntent, ORDER_INTENT_RECORD_BYTES);
    this.head(w, orders.strategy[orderId], action, orders.side[orderId], orders.instrument[orderId], cause);
    const { f64, u32 } = journal;
    f64[w + 5] = orderId;
    f64[w + 6] = clOrdId;
    f64[w + 7] = orders.clOrdId[orderId] === clOrdId ? 0 : orders.clOrdId[orderId];
    f64[w + 8] = qtyLots;
    f64[w + 9] = number(priceTicks);
    f64[w + 10] = number(orders.stopPriceTicks[orderId]);
    f64[w + 11] = displayQtyLots;
    f64[w + 12] = orders.expireNs[orderId];
    u32[w * 2 + 26] = orders.type[orderId] | (orders.timeInForce[orderId] << 8) | (orders.flags[orderId] << 16);
    u32[w * 2 + 27] = orders.peg[orderId] | (groupKind << 8) | (orders.account[orderId] << 16);
    f64[w + 14] = orders.parentId[orderId];
    f64[w + 15] = orders.groupId[orderId];
    f64[w + 16] = number(orders.pegOffsetTicks[orderId]);
    f64[w + 17] = number(orders.tag[orderId]);
    return journal.seq;
  }

  verdict(
    action: number,
    orderId: number,
    code: number,
    lastCheck: number,
    warnMask: number,
    value: number,
    limit: number,
    cause: number,
  ): number {
    const { orders, journal } = this;
    const w = this.claimer.claim(RecordType.RiskVerdict, RISK_VERDICT_RECORD_BYTES);
    this.head(w, orders.strategy[orderId], action, lastCheck, orders.instrument[orderId], cause);
    const { f64, u32 } = journal;
    f64[w + 5] = orderId;
    u32[w * 2 + 12] = code;
    u32[w * 2 + 13] = warnMask;
    f64[w + 7] = number(value);
    f64[w + 8] = number(limit);
    return journal.seq;
  }

  execReport(report: ExecReport, strategy: number, side: number, instrument: number): number {
    const w = this.claimer.claim(RecordType.ExecReport, EXEC_REPORT_RECORD_BYTES);
    this.head(w, strategy, report.execType, side, instrument, report.causeSeq);
    this.reportBody(w, report);
    return this.journal.seq;
  }

  /** A live venue's report, the input itself. Of an order that is not ours: strategy 0. */
  venueReport(input: VenueInput, strategy: number, side: number, instrument: number): number {
    const w = this.claimer.claim(RecordType.VenueReport, VENUE_REPORT_RECORD_BYTES);
    this.head(w, strategy, input.report.execType, side, instrument, 0);
    this.reportBody(w, input.report);
    const { f64, u32 } = this.journal;
    f64[w + 19] = input.commission;
    u32[w * 2 + 40] = input.commissionAsset | (input.venue << 8);
    u32[w * 2 + 41] = 0;
    f64[w + 21] = input.tsRecv[0];
    return this.journal.seq;
  }

  /** Anything else that a venue says, the input itself. */
  venueState(input: VenueInput): number {
    const w = this.claimer.claim(RecordType.VenueState, VENUE_STATE_RECORD_BYTES);
    const { f64, u32 } = this.journal;
    u32[w * 2 + 6] = input.kind | (input.venue << 8);
    u32[w * 2 + 7] = input.instrument;
    f64[w + 4] = input.tsRecv[0];
    // Bit by bit: an asset's name may look like a number that is none.
    for (let i = 0; i < input.wordBits.length; i++) u32[w * 2 + 10 + i] = input.wordBits[i];
    return this.journal.seq;
  }

  venueStanding(venue: number, standing: number, text: string, cause: number): number {
    return this.words(RecordType.VenueStanding, 0, standing, venue, text, cause);
  }

  private reportBody(w: number, report: ExecReport): void {
    const { f64, u32 } = this.journal;
    f64[w + 5] = report.orderId;
    f64[w + 6] = report.clOrdId;
    f64[w + 7] = report.origClOrdId;
    f64[w + 8] = report.execId;
    f64[w + 9] = report.lastQtyLots;
    f64[w + 10] = report.lastPxTicks;
    f64[w + 11] = report.cumQtyLots;
    f64[w + 12] = report.leavesQtyLots;
    f64[w + 13] = report.orderQtyLots;
    f64[w + 14] = number(report.priceTicks);
    f64[w + 15] = report.venueNs;
    f64[w + 16] = report.queueAheadLots;
    u32[w * 2 + 34] = report.rejectCode;
    u32[w * 2 + 35] = report.fillReason | (report.liquidity << 8);
    f64[w + 18] = report.refExecId;
  }

  /** `code`: why the order or a request of it was refused, by what happened just now. */
  orderState(orderId: number, statusBefore: number, outcome: number, code: number, cause: number): number {
    const { orders, journal } = this;
    const w = this.claimer.claim(RecordType.OrderState, ORDER_STATE_RECORD_BYTES);
    this.head(w, orders.strategy[orderId], orders.status[orderId], statusBefore, orders.instrument[orderId], cause);
    const { f64, u32 } = journal;
    const cumQty = orders.cumQtyLots[orderId];
    f64[w + 5] = orderId;
    f64[w + 6] = orders.clOrdId[orderId];
    f64[w + 7] = orders.qtyLots[orderId];
    f64[w + 8] = number(orders.priceTicks[orderId]);
    f64[w + 9] = cumQty;
    f64[w + 10] = orders.leavesQtyLots[orderId];
    f64[w + 11] = cumQty === 0 ? 0 : (orders.cumValueHi[orderId] * TWO_53 + orders.cumValueLo[orderId]) / cumQty;
    u32[w * 2 + 24] = code;
    u32[w * 2 + 25] = outcome;
    orders.stateSeq[orderId] = journal.seq;
    return journal.seq;
  }

  fill(
    orderId: number,
    liquidity: number,
    execId: number,
    qtyLots: number,
    pxTicks: number,
    figures: FillFigures,
    cause: number,
  ): number {
    const { orders, journal } = this;
    const w = this.claimer.claim(RecordType.Fill, FILL_RECORD_BYTES);
    this.head(w, orders.strategy[orderId], liquidity, orders.side[orderId], orders.instrument[orderId], cause);
    const { f64 } = journal;
    f64[w + 5] = orderId;
    f64[w + 6] = execId;
    f64[w + 7] = qtyLots;
    f64[w + 8] = pxTicks;
    f64[w + 9] = figures.positionLots;
    f64[w + 10] = figures.feeUnits;
    f64[w + 11] = figures.realisedUnits;
    f64[w + 12] = figures.realisedTotalUnits;
    f64[w + 13] = figures.feesTotalUnits;
    f64[w + 14] = number(figures.avgCostTicks);
    return journal.seq;
  }

  timer(strategy: number, timerId: number, dueNs: number, cause: number): number {
    const w = this.claimer.claim(RecordType.Timer, TIMER_RECORD_BYTES);
    this.head(w, strategy, 0, 0, 0, cause);
    this.journal.f64[w + 5] = timerId;
    this.journal.f64[w + 6] = dueNs;
    return this.journal.seq;
  }

  strategyState(strategy: number, state: number, reason: number, text: string, cause: number): number {
    return this.words(RecordType.StrategyState, strategy, state, reason, text, cause);
  }

  strategyLog(strategy: number, text: string, cause: number): number {
    return this.words(RecordType.StrategyLog, strategy, 0, 0, text, cause);
  }

  riskState(
    scope: number,
    kind: number,
    subject: number,
    code: number,
    value: number,
    limit: number,
    strategy: number,
    instrument: number,
    cause: number,
  ): number {
    const w = this.claimer.claim(RecordType.RiskState, RISK_STATE_RECORD_BYTES);
    this.head(w, strategy, scope, kind, instrument, cause);
    const { f64, u32 } = this.journal;
    f64[w + 5] = subject;
    f64[w + 6] = number(value);
    f64[w + 7] = number(limit);
    u32[w * 2 + 16] = code;
    u32[w * 2 + 17] = 0;
    return this.journal.seq;
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number, cause: number): number {
    const w = this.claimer.claim(RecordType.Rescale, RESCALE_RECORD_BYTES);
    this.head(w, 0, 0, 0, instrument, cause);
    this.journal.f64[w + 5] = priceFactor;
    this.journal.f64[w + 6] = qtyFactor;
    return this.journal.seq;
  }

  private head(w: number, strategy: number, a: number, b: number, instrument: number, cause: number): void {
    const { f64, u32 } = this.journal;
    u32[w * 2 + 6] = strategy | (a << 16) | (b << 24);
    u32[w * 2 + 7] = instrument;
    f64[w + 4] = cause;
  }

  private words(type: number, strategy: number, a: number, b: number, text: string, cause: number): number {
    const { written } = this.encoder.encodeInto(text, this.text);
    const length = 48 + Math.ceil(written / 8) * 8;
    const w = this.claimer.claim(type, length);
    this.head(w, strategy, a, b, 0, cause);
    const { u32, bytes } = this.journal;
    u32[w * 2 + 10] = written;
    u32[w * 2 + 11] = 0;
    bytes.fill(0, w * 8 + 48, w * 8 + length);
    for (let i = 0; i < written; i++) bytes[w * 8 + 48 + i] = this.text[i];
    return this.journal.seq;
  }
}

/** A number that is none is written as 0: no record holds a NaN, whose bits are not the same everywhere. */
function number(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
