/** What a report knows of each order: columns by OrderID, filled while the log is read. Prices in ticks, quantities in lots. */
import { TapeheadError } from '../core/errors.ts';
import { isTerminal, OrdStatus } from '../core/order.ts';
import { Column } from './columns.ts';

/** OrderIDs run from 1 without a hole; more than this the engine never makes. */
const MAX_ORDERS = 1 << 24;

export class OrderTable {
  /** Rows 1 .. count; row 0 is nobody's. */
  count = 0;
  readonly strategy = new Column();
  readonly account = new Column();
  readonly instrument = new Column();
  /** 0 in a row that never had an intent. */
  readonly side = new Column();
  readonly type = new Column();
  readonly timeInForce = new Column();
  readonly flags = new Column();
  readonly parent = new Column();
  readonly clOrdId = new Column();
  /** Of the order as it stands at the end. */
  readonly qtyLots = new Column();
  readonly priceTicks = new Column();
  readonly cumQtyLots = new Column();
  readonly avgPxTicks = new Column();
  readonly status = new Column();
  /** Code of the check or venue that refused the order itself; 0 where it was taken. */
  readonly rejectCode = new Column();
  /** 1 refused by pre-trade risk, 2 by the venue. */
  readonly rejectStage = new Column();
  /** 1: passed pre-trade risk and left for the venue (a held child of a bracket has not yet). */
  readonly sent = new Column();
  readonly intentSeq = new Column();
  readonly causeSeq = new Column();
  readonly intentNs = new Column();
  /** When the venue had it; -1 while not known. */
  readonly arrivedNs = new Column();
  /** When its first report was here; -1. */
  readonly ackNs = new Column();
  /** At the venue; -1. */
  readonly firstFillNs = new Column();
  /** When it was known to be over; -1. */
  readonly doneNs = new Column();
  /** Lots ahead when it came to rest; -1 where not known. */
  readonly queueAheadLots = new Column();
  readonly fills = new Column();
  readonly replaces = new Column();
  readonly cancels = new Column();
  /** When the pending replace and cancel were asked for; -1. */
  readonly replaceSentNs = new Column();
  readonly cancelSentNs = new Column();
  private readonly columns: readonly Column[];

  constructor() {
    this.columns = Object.values(this).filter((value): value is Column => value instanceof Column);
  }

  /** The row of an order, made where it is new. `seq`: of the record that names it. */
  row(orderId: number, seq: number): number {
    if (!Number.isInteger(orderId) || orderId < 1 || orderId > MAX_ORDERS) {
      throw new TapeheadError('LOG_DAMAGED', `record ${seq} names order ${orderId}, which is no order's number`);
    }
    if (orderId > this.count) {
      for (const column of this.columns) column.extend(orderId + 1);
      for (let row = this.count + 1; row <= orderId; row++) {
        for (const column of [this.arrivedNs, this.ackNs, this.firstFillNs, this.doneNs]) column.set(row, -1);
        for (const column of [this.queueAheadLots, this.replaceSentNs, this.cancelSentNs]) column.set(row, -1);
      }
      this.count = orderId;
    }
    return orderId;
  }

  setStatus(row: number, status: number, nowNs: number): void {
    this.status.set(row, status);
    if (isTerminal(status) && this.doneNs.get(row) < 0) this.doneNs.set(row, nowNs);
  }

  /** An instrument has other units from here on. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (let row = 1; row <= this.count; row++) {
      if (this.instrument.get(row) !== instrument) continue;
      this.priceTicks.set(row, this.priceTicks.get(row) * priceFactor);
      this.avgPxTicks.set(row, this.avgPxTicks.get(row) * priceFactor);
      this.qtyLots.set(row, this.qtyLots.get(row) * qtyFactor);
      this.cumQtyLots.set(row, this.cumQtyLots.get(row) * qtyFactor);
      if (this.queueAheadLots.get(row) > 0) this.queueAheadLots.set(row, this.queueAheadLots.get(row) * qtyFactor);
    }
  }

  isLive(row: number): boolean {
    const status = this.status.get(row);
    return this.side.get(row) !== 0 && !isTerminal(status) && status !== OrdStatus.None;
  }
}
