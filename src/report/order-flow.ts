/** Orders, fills, refusals and latencies of a log, taken from its trading records one by one. */
import type { LogReader } from '../audit/log-reader.ts';
import { ExecType, OrdStatus } from '../core/order.ts';
import { OmsOutcome, OrderAction } from '../core/record.ts';
import { Column } from './columns.ts';
import { FillTable } from './fill-table.ts';
import type { FillFacts } from './ledger.ts';
import { OrderTable } from './order-table.ts';

export const RejectStage = { Risk: 1, Venue: 2 } as const;

export interface RejectCount {
  readonly stage: number;
  readonly action: number;
  readonly code: number;
  readonly strategy: number;
  readonly instrument: number;
  count: number;
}

export class OrderFlow {
  readonly orders = new OrderTable();
  readonly fills = new FillTable();
  readonly rejects = new Map<string, RejectCount>();
  /** Orders that a check warned about, by check. */
  readonly warnedByCheck = new Column();
  /** Changes of state and refused reports, by OmsOutcome. */
  readonly outcomes = new Column();
  readonly entryNs = new Column();
  readonly responseNs = new Column();
  readonly roundTripNs = new Column();
  private readonly reader: LogReader;
  /** The last report of an execution, for the Fill record that follows from it. */
  private tradeExecId = -1;
  private tradeOrderId = -1;
  private tradeReason = 0;
  private tradeVenueNs = -1;

  /** Reads the record that `reader` is at, whenever it is told what it is. */
  constructor(reader: LogReader) {
    this.reader = reader;
    this.warnedByCheck.extend(32);
    this.outcomes.extend(16);
  }

  private double(offset: number): number {
    return this.reader.f64[(this.reader.at + offset) >> 3];
  }

  private get strategy(): number {
    return this.reader.u32[(this.reader.at >> 2) + 6] & 0xffff;
  }

  private get instrument(): number {
    return this.reader.u32[(this.reader.at >> 2) + 7];
  }

  onIntent(nowNs: number): void {
    const { reader, orders } = this;
    const { bytes, at, u32 } = reader;
    const action = bytes[at + 26];
    if (this.double(40) === 0) return; // refused for want of a row in the order table
    const row = orders.row(this.double(40), reader.seq);
    if (action === OrderAction.Replace) {
      orders.replaces.add(row, 1);
      orders.replaceSentNs.set(row, nowNs);
      return;
    }
    if (action === OrderAction.Cancel) {
      orders.cancels.add(row, 1);
      orders.cancelSentNs.set(row, nowNs);
      return;
    }
    orders.strategy.set(row, this.strategy);
    orders.instrument.set(row, this.instrument);
    orders.side.set(row, bytes[at + 27]);
    orders.clOrdId.set(row, this.double(48));
    orders.qtyLots.set(row, this.double(64));
    orders.priceTicks.set(row, this.double(72));
    orders.type.set(row, bytes[at + 104]);
    orders.timeInForce.set(row, bytes[at + 105]);
    orders.flags.set(row, u32[(at + 104) >> 2] >>> 16);
    orders.account.set(row, u32[(at + 108) >> 2] >>> 16);
    orders.parent.set(row, this.double(112));
    orders.intentSeq.set(row, reader.seq);
    orders.causeSeq.set(row, this.double(32));
    orders.intentNs.set(row, nowNs);
    orders.status.set(row, OrdStatus.PendingNew);
  }

  onVerdict(nowNs: number): void {
    const { reader, orders } = this;
    const action = reader.bytes[reader.at + 26];
    const code = reader.u32[(reader.at + 48) >> 2];
    const warned = reader.u32[(reader.at + 52) >> 2];
    for (let bit = 0; bit < 32; bit++) if (((warned >>> bit) & 1) !== 0) this.warnedByCheck.add(bit, 1);
    if (code !== 0) this.countReject(RejectStage.Risk, action, code);
    if (this.double(40) === 0) return;
    const row = orders.row(this.double(40), reader.seq);
    if (code === 0) {
      if (action === OrderAction.New) orders.sent.set(row, 1);
      return;
    }
    if (action === OrderAction.New) {
      orders.rejectCode.set(row, code);
      orders.rejectStage.set(row, RejectStage.Risk);
      orders.setStatus(row, OrdStatus.Rejected, nowNs);
    } else if (action === OrderAction.Replace) orders.replaceSentNs.set(row, -1);
    else orders.cancelSentNs.set(row, -1);
  }

  onReport(nowNs: number): void {
    const { reader, orders } = this;
    const execType = reader.bytes[reader.at + 26];
    const code = reader.u32[(reader.at + 136) >> 2];
    const venueNs = this.double(120);
    const orderId = this.double(40);
    this.responseNs.push(nowNs - venueNs);
    if (execType === ExecType.Trade || execType === ExecType.TradeCorrect) {
      this.tradeOrderId = orderId;
      this.tradeExecId = this.double(64);
      this.tradeReason = reader.bytes[reader.at + 140];
      this.tradeVenueNs = venueNs;
    }
    if (orderId === 0) return;
    const row = orders.row(orderId, reader.seq);
    if (orders.ackNs.get(row) < 0) {
      orders.ackNs.set(row, nowNs);
      orders.arrivedNs.set(row, venueNs);
      this.answered(orders.intentNs.get(row), venueNs, nowNs);
    }
    if (execType === ExecType.New || execType === ExecType.Replaced) {
      orders.queueAheadLots.set(row, this.double(128));
    }
    if (execType === ExecType.Replaced || execType === ExecType.ReplaceRejected) {
      this.answered(orders.replaceSentNs.get(row), venueNs, nowNs);
      orders.replaceSentNs.set(row, -1);
    }
    if (execType === ExecType.Canceled || execType === ExecType.CancelRejected) {
      this.answered(orders.cancelSentNs.get(row), venueNs, nowNs);
      orders.cancelSentNs.set(row, -1);
    }
    if (execType === ExecType.Rejected) {
      this.countReject(RejectStage.Venue, OrderAction.New, code);
      orders.rejectCode.set(row, code);
      orders.rejectStage.set(row, RejectStage.Venue);
    } else if (execType === ExecType.CancelRejected) this.countReject(RejectStage.Venue, OrderAction.Cancel, code);
    else if (execType === ExecType.ReplaceRejected) this.countReject(RejectStage.Venue, OrderAction.Replace, code);
  }

  /** A request sent at `sentNs` (-1: none was) reached the venue at `venueNs`, and its answer is here. */
  private answered(sentNs: number, venueNs: number, nowNs: number): void {
    if (sentNs < 0) return;
    this.entryNs.push(venueNs - sentNs);
    this.roundTripNs.push(nowNs - sentNs);
  }

  onState(nowNs: number): void {
    const { reader, orders } = this;
    const outcome = reader.u32[(reader.at + 100) >> 2];
    if (outcome < this.outcomes.length) this.outcomes.add(outcome, 1);
    if (this.double(40) === 0) return;
    const row = orders.row(this.double(40), reader.seq);
    if (outcome !== OmsOutcome.Applied && outcome !== OmsOutcome.Local) return;
    orders.qtyLots.set(row, this.double(56));
    orders.priceTicks.set(row, this.double(64));
    orders.cumQtyLots.set(row, this.double(72));
    orders.avgPxTicks.set(row, this.double(88));
    orders.clOrdId.set(row, this.double(48));
    orders.setStatus(row, reader.bytes[reader.at + 26], nowNs);
  }

  onFill(nowNs: number): FillFacts {
    const { reader, orders, fills } = this;
    const { bytes, at, seq } = reader;
    const orderId = this.double(40);
    const row = orders.row(orderId, seq);
    const isReported = orderId === this.tradeOrderId && this.double(48) === this.tradeExecId;
    const venueNs = isReported ? this.tradeVenueNs : -1;
    orders.fills.add(row, 1);
    if (orders.firstFillNs.get(row) < 0) orders.firstFillNs.set(row, venueNs);
    fills.seq.push(seq);
    fills.timeNs.push(nowNs);
    fills.venueNs.push(venueNs);
    fills.orderId.push(orderId);
    fills.strategy.push(this.strategy);
    fills.instrument.push(this.instrument);
    fills.side.push(bytes[at + 27]);
    fills.qtyLots.push(this.double(56));
    fills.pxTicks.push(this.double(64));
    fills.liquidity.push(bytes[at + 26]);
    fills.reason.push(isReported ? this.tradeReason : 0);
    fills.execId.push(this.double(48));
    fills.positionLots.push(this.double(72));
    fills.feeUnits.push(this.double(80));
    fills.realisedUnits.push(this.double(88));
    return {
      seq,
      nowNs,
      side: bytes[at + 27],
      qtyLots: this.double(56),
      pxTicks: this.double(64),
      liquidity: bytes[at + 26],
      feeUnits: this.double(80),
      realisedUnits: this.double(88),
      avgCostTicks: this.double(112),
    };
  }

  private countReject(stage: number, action: number, code: number): void {
    const { strategy, instrument } = this;
    const key = `${stage} ${action} ${code} ${strategy} ${instrument}`;
    const found = this.rejects.get(key);
    if (found === undefined) this.rejects.set(key, { stage, action, code, strategy, instrument, count: 1 });
    else found.count++;
  }
}
