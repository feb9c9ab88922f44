/**
 * Every order of a run, open and done, as columns of typed arrays. An order's handle is its OrderID: 1, 2, 3, ... never
 * reused, so a column is indexed by OrderID directly (row 0 is nobody's). The order manager writes; risk, venues and
 * views read. Rows grow by doubling: make room for what a run will need, then nothing is allocated on the way.
 *
 * Memory: some 280 bytes an order.
 */
import { assert } from '../core/assert.ts';

const MAX_ORDERS = 1 << 24;

export const OrderMark = {
  /** It left for the venue. */
  Sent: 1,
  /** It waits here, unsent, for the entry of its bracket. */
  Held: 2,
  /** The venue has shown that it has the order: by New, or by anything else that it can't say of an order it doesn't have. */
  Acknowledged: 4,
  /** A replace was accepted. */
  Replaced: 8,
  /** A stop that was triggered. */
  Triggered: 16,
  /** It was admitted to the group `groupId`. */
  Grouped: 32,
} as const;

export class Orders {
  /** Orders made so far; the last OrderID. */
  count = 0;
  strategy!: Uint16Array;
  account!: Uint16Array;
  instrument!: Uint32Array;
  side!: Uint8Array;
  type!: Uint8Array;
  timeInForce!: Uint8Array;
  flags!: Uint16Array;
  peg!: Uint8Array;
  /** OrdStatus. */
  status!: Uint8Array;
  /** OrdStatus to go back to when a pending request is refused. */
  statusBefore!: Uint8Array;
  /** OrdRejReason as RejectCode, of the order or of the last refused request. */
  rejectCode!: Uint16Array;

  priceTicks!: Float64Array;
  /** Pegged orders: where the venue last said that it works; `priceTicks` is the limit, 0 without one. */
  workingPriceTicks!: Float64Array;
  stopPriceTicks!: Float64Array;
  pegOffsetTicks!: Float64Array;
  qtyLots!: Float64Array;
  displayQtyLots!: Float64Array;
  /** CumQty: executed, busts taken off. */
  cumQtyLots!: Float64Array;
  /** LeavesQty: still to be executed; 0 once terminal. */
  leavesQtyLots!: Float64Array;
  /** Sum of LastQty x LastPx: whole = hi x 2^53 + lo (core/wide.ts). AvgPx = this / CumQty. */
  cumValueHi!: Float64Array;
  cumValueLo!: Float64Array;

  /** ClOrdID in force at the venue; of the last accepted request. */
  clOrdId!: Float64Array;
  /** ClOrdID of the pending cancel or replace (the cancel's where both are), else 0; its OrigClOrdID is `clOrdId`. */
  pendingClOrdId!: Float64Array;
  /** What a pending replace asks for. */
  pendingQtyLots!: Float64Array;
  pendingPriceTicks!: Float64Array;
  pendingDisplayQtyLots!: Float64Array;

  /** OrderMark bits. */
  marks!: Uint8Array;
  /** ClOrdID of the cancel request that has not been answered, else 0; kept past the order's end, for a late answer. */
  cancelClOrdId!: Float64Array;
  /** The same of a replace request; both may be open at once. */
  replaceClOrdId!: Float64Array;
  /** Once terminal: CumQty as the report that ended the order stated it. Above `cumQtyLots`: fills are still on the way. */
  statedCumQtyLots!: Float64Array;
  /** Venue time of the report that set quantity and price last; 0 while they are the ticket's. */
  termsNs!: Float64Array;

  expireNs!: Float64Array;
  parentId!: Float64Array;
  groupId!: Float64Array;
  /** The strategy's own number. */
  tag!: Float64Array;
  createdNs!: Float64Array;
  /** When the last change happened. */
  changedNs!: Float64Array;
  /** Sequence number of the order's first Intent record. */
  intentSeq!: Float64Array;
  /** Sequence number of the journal record that says the order's present state. */
  stateSeq!: Float64Array;

  private capacity = 0;

  constructor(capacity = 1 << 10) {
    this.grow(capacity);
  }

  /** A new row of zeros; returns its OrderID, or 0 when MAX_ORDERS is reached. */
  add(): number {
    if (this.count + 1 >= MAX_ORDERS) return 0;
    if (this.count + 1 >= this.capacity) this.grow(this.capacity * 2);
    return ++this.count;
  }

  has(orderId: number): boolean {
    return orderId >= 1 && orderId <= this.count && Math.floor(orderId) === orderId;
  }

  private grow(capacity: number): void {
    assert(capacity <= MAX_ORDERS, 'orders fit the table');
    this.capacity = capacity;
    const u8 = (old: Uint8Array | undefined): Uint8Array => {
      const column = new Uint8Array(capacity);
      if (old !== undefined) column.set(old);
      return column;
    };
    const u16 = (old: Uint16Array | undefined): Uint16Array => {
      const column = new Uint16Array(capacity);
      if (old !== undefined) column.set(old);
      return column;
    };
    const f64 = (old: Float64Array | undefined): Float64Array => {
      const column = new Float64Array(capacity);
      if (old !== undefined) column.set(old);
      return column;
    };
    const instrument = new Uint32Array(capacity);
    if (this.instrument !== undefined) instrument.set(this.instrument);
    this.instrument = instrument;
    this.strategy = u16(this.strategy);
    this.account = u16(this.account);
    this.flags = u16(this.flags);
    this.rejectCode = u16(this.rejectCode);
    this.side = u8(this.side);
    this.type = u8(this.type);
    this.timeInForce = u8(this.timeInForce);
    this.peg = u8(this.peg);
    this.status = u8(this.status);
    this.marks = u8(this.marks);
    this.statusBefore = u8(this.statusBefore);
    this.priceTicks = f64(this.priceTicks);
    this.workingPriceTicks = f64(this.workingPriceTicks);
    this.stopPriceTicks = f64(this.stopPriceTicks);
    this.pegOffsetTicks = f64(this.pegOffsetTicks);
    this.qtyLots = f64(this.qtyLots);
    this.displayQtyLots = f64(this.displayQtyLots);
    this.cumQtyLots = f64(this.cumQtyLots);
    this.leavesQtyLots = f64(this.leavesQtyLots);
    this.cumValueHi = f64(this.cumValueHi);
    this.cumValueLo = f64(this.cumValueLo);
    this.clOrdId = f64(this.clOrdId);
    this.pendingClOrdId = f64(this.pendingClOrdId);
    this.pendingQtyLots = f64(this.pendingQtyLots);
    this.pendingPriceTicks = f64(this.pendingPriceTicks);
    this.pendingDisplayQtyLots = f64(this.pendingDisplayQtyLots);
    this.cancelClOrdId = f64(this.cancelClOrdId);
    this.replaceClOrdId = f64(this.replaceClOrdId);
    this.statedCumQtyLots = f64(this.statedCumQtyLots);
    this.termsNs = f64(this.termsNs);
    this.expireNs = f64(this.expireNs);
    this.parentId = f64(this.parentId);
    this.groupId = f64(this.groupId);
    this.tag = f64(this.tag);
    this.createdNs = f64(this.createdNs);
    this.changedNs = f64(this.changedNs);
    this.intentSeq = f64(this.intentSeq);
    this.stateSeq = f64(this.stateSeq);
  }
}
