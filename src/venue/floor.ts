/**
 * What every part of the venue works with: the recorded book, own orders, and the reports on what happens to them. The
 * parts decide; here it is done and reported.
 */
import type { Books } from '../book/books.ts';
import { NO_LEVEL } from '../book/ladders.ts';
import { ExecReport } from '../core/exec-report.ts';
import { BookKind } from '../core/instrument-def.ts';
import { ExecType, FillReason, Liquidity, OrdType } from '../core/order.ts';
import { widened } from '../core/widened.ts';
import { LatencyModel } from './latency.ts';
import { Outbox } from './outbox.ts';
import { NO_SLOT, OwnOrders, OwnState } from './own-orders.ts';
import { TakenDepth } from './taken-depth.ts';
import type { VenueConfig } from './venue-config.ts';

/** Seeds of the venue's random streams are this far apart, so that one model's draws don't depend on another's. */
export const STREAM = 0x9e3779b1;

export class Floor {
  readonly books: Books;
  readonly config: VenueConfig;
  readonly own = new OwnOrders();
  readonly taken = new TakenDepth();
  readonly outbox = new Outbox();
  readonly consumes: boolean;
  /** The engine's time, and the venue's, of what is being done. */
  localNs = 0;
  venueNs = 0;
  /** Sequence number of the journal record that made the venue act. */
  causeSeq = 0;
  /** Least price step by instrument, ticks. */
  tick = new Float64Array(16).fill(1);
  /** Slots to be looked at behind the present event: icebergs to refresh, stops that were triggered. */
  pending = new Int32Array(64);
  pendingCount = 0;
  fills = 0;
  private readonly response: LatencyModel;
  private readonly report = new ExecReport();
  private lastExecId = 0;

  constructor(books: Books, config: VenueConfig, seed: number) {
    this.books = books;
    this.config = config;
    this.consumes = config.impact === 'consume';
    this.response = new LatencyModel(config.responseLatency, seed + 2 * STREAM);
  }

  ensureInstruments(count: number): void {
    this.own.ensureInstruments(count);
    this.taken.ensureInstruments(count);
    if (count <= this.tick.length) return;
    this.tick = widened(this.tick, count, 1);
  }

  /** Nothing of ours can be touched by an event of the instrument. */
  isIdle(instrument: number): boolean {
    return this.own.listed[instrument] === 0 && this.taken.count[instrument] === 0;
  }

  /**
   * An order-by-order book that is crossed or locked shows that its venue matches nothing now (before an opening cross):
   * nothing of ours trades then, either. By-level books are crossed only within a message.
   */
  isUnmatched(instrument: number): boolean {
    const { ladders } = this.books;
    if (ladders.kindOf(instrument) !== BookKind.L3) return false;
    const bid = instrument * 2;
    const isEmpty = ladders.touchQty(bid) === 0 || ladders.touchQty(bid + 1) === 0;
    return !isEmpty && ladders.touchKey(bid) + ladders.touchKey(bid + 1) >= 0;
  }

  /** Displayed lots of a level that own orders have not taken. */
  available(side: number, level: number): number {
    const { ladders } = this.books;
    const qty = ladders.qtyOf(level);
    if (!this.consumes || this.taken.count[side >> 1] === 0) return qty;
    return Math.max(0, qty - this.taken.at(side, ladders.keyOf(level)));
  }

  /** The order takes its place behind what the book shows at its price. */
  rest(slot: number): void {
    const { own } = this;
    const display = own.display[slot];
    own.shown[slot] = display > 0 && display < own.leaves[slot] ? display : own.leaves[slot];
    own.ahead[slot] = this.recordedAhead(slot);
    own.mark[slot] = this.books.orders.arrivalMark;
    own.traded[slot] = 0;
    own.rest(slot);
  }

  /** Recorded lots at the order's price; Infinity where an L2 book does not reach that far. */
  private recordedAhead(slot: number): number {
    const { ladders } = this.books;
    const side = this.own.side[slot];
    const key = this.own.key[slot];
    const level = ladders.find(side, key);
    if (level !== NO_LEVEL) return ladders.qtyOf(level);
    const count = ladders.count(side);
    if (count === 0 || ladders.kindOf(side >> 1) === BookKind.L3) return 0;
    return ladders.keyOf(ladders.levelAt(side, count - 1)) > key ? Number.POSITIVE_INFINITY : 0;
  }

  /** Lots ahead of an order that rests, or would; own orders included; -1 where not known. */
  queueAhead(slot: number): number {
    const { own } = this;
    const rests = own.state[slot] === OwnState.Resting;
    let ahead = rests ? own.ahead[slot] : this.recordedAhead(slot);
    if (ahead === Number.POSITIVE_INFINITY) return -1;
    ahead = Math.ceil(ahead);
    const key = own.key[slot];
    for (let other = own.restHead[own.side[slot]]; other !== NO_SLOT && other !== slot; other = own.next[other]) {
      if (own.key[other] < key) break;
      if (own.key[other] === key) ahead += own.shown[other];
    }
    return ahead;
  }

  /** The order is in the book, or about to take. */
  accepted(slot: number, queueAheadLots: number): void {
    const { report } = this;
    this.begin(slot, ExecType.New);
    report.queueAheadLots = queueAheadLots;
    this.post(this.own.strategy[slot]);
  }

  /** The order is as its columns say now: Replaced (in answer to a request), Restated, Triggered. */
  changed(slot: number, execType: number, origClOrdId: number): void {
    const { report } = this;
    this.begin(slot, execType);
    report.origClOrdId = origClOrdId;
    if (execType !== ExecType.Triggered && this.own.state[slot] === OwnState.Resting) {
      report.queueAheadLots = this.queueAhead(slot);
    }
    this.post(this.own.strategy[slot]);
  }

  /** Executes part of an order, or all; then it is over. The caller puts an iceberg's next part in place. */
  fill(slot: number, qty: number, price: number, reason: number): void {
    const { own, report } = this;
    own.leaves[slot] -= qty;
    own.shown[slot] = Math.max(0, own.shown[slot] - qty);
    this.fills++;
    this.begin(slot, ExecType.Trade);
    report.lastQtyLots = qty;
    report.lastPxTicks = price;
    report.fillReason = reason;
    report.liquidity = reason === FillReason.DepthTaken ? Liquidity.Taker : Liquidity.Maker;
    this.post(own.strategy[slot]);
    if (own.leaves[slot] > 0) return;
    own.unlink(slot);
    own.release(slot);
  }

  /** A resting order executes; where nothing is displayed any more, its next part waits for the end of the event. */
  fillResting(slot: number, qty: number, price: number, reason: number): void {
    const { own } = this;
    this.fill(slot, qty, price, reason);
    if (own.state[slot] !== OwnState.Resting || own.shown[slot] > 0) return;
    own.unlink(slot);
    own.state[slot] = OwnState.Refresh;
    this.defer(slot);
  }

  /** The slot is looked at again when the event has changed the book. */
  defer(slot: number): void {
    if (this.pendingCount === this.pending.length) this.pending = widened(this.pending);
    this.pending[this.pendingCount++] = slot;
  }

  /** Ends an order: Canceled, Expired, Rejected. `origClOrdId`: answers to a cancel. */
  end(slot: number, execType: number, code: number, clOrdId = 0, origClOrdId = 0): void {
    const { own, report } = this;
    own.unlink(slot);
    this.begin(slot, execType);
    report.leavesQtyLots = 0;
    report.rejectCode = code;
    if (clOrdId !== 0) report.clOrdId = clOrdId;
    report.origClOrdId = origClOrdId;
    this.post(own.strategy[slot]);
    own.release(slot);
  }

  /** Refuses a cancel or replace; `slot` 0 where the order is not here. */
  refuse(execType: number, slot: number, orderId: number, strategy: number, clOrdId: number, code: number): void {
    const { own, report } = this;
    if (slot > NO_SLOT) {
      this.begin(slot, execType);
      report.origClOrdId = own.clOrdId[slot];
    } else {
      this.blank(execType);
      report.orderId = orderId;
      if (slot < NO_SLOT) report.cumQtyLots = own.doneCumOf(orderId);
    }
    report.clOrdId = clOrdId;
    report.rejectCode = code;
    this.post(strategy);
  }

  /** Multiplies what is held of the instrument. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    this.own.rescale(instrument, priceFactor, qtyFactor);
    this.taken.rescale(instrument, priceFactor, qtyFactor);
    if (instrument < this.tick.length) this.tick[instrument] *= priceFactor;
  }

  get responses(): LatencyModel {
    return this.response;
  }

  get execIds(): number {
    return this.lastExecId;
  }

  private blank(execType: number): void {
    const { report } = this;
    report.clear();
    report.execType = execType;
    report.execId = ++this.lastExecId;
    report.venueNs = this.venueNs;
    report.queueAheadLots = -1;
    report.causeSeq = this.causeSeq;
  }

  private begin(slot: number, execType: number): void {
    const { own, report } = this;
    this.blank(execType);
    report.orderId = own.orderId[slot];
    report.clOrdId = own.clOrdId[slot];
    report.cumQtyLots = own.qty[slot] - own.leaves[slot];
    report.leavesQtyLots = own.leaves[slot];
    report.orderQtyLots = own.qty[slot];
    report.priceTicks = own.type[slot] === OrdType.Market || own.type[slot] === OrdType.Stop ? 0 : own.priceOf(slot);
  }

  private post(strategy: number): void {
    const dueNs = this.venueNs + this.response.next(this.venueNs);
    this.outbox.post(this.report, strategy, dueNs < this.localNs ? this.localNs : dueNs);
  }
}
