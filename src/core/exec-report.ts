/**
 * An execution report: what a venue, simulated or live, says of an order. One mutable record over a Float64Array, so
 * that none is allocated per report: fill it, hand it on, use it again. Integers all; times are session ns.
 */
const FIELDS = 18;

export class ExecReport {
  readonly values = new Float64Array(FIELDS);

  clear(): this {
    this.values.fill(0);
    return this;
  }

  /** ExecType. */
  get execType(): number {
    return this.values[0];
  }
  set execType(value: number) {
    this.values[0] = value;
  }

  /** Our OrderID (the handle in the order table), or 0 where the venue names an order we never had. */
  get orderId(): number {
    return this.values[1];
  }
  set orderId(value: number) {
    this.values[1] = value;
  }

  /** ClOrdID of the request that this answers; for fills the order's ClOrdID at the venue. */
  get clOrdId(): number {
    return this.values[2];
  }
  set clOrdId(value: number) {
    this.values[2] = value;
  }

  /** Answers to cancel and replace: the ClOrdID they referred to; else 0. */
  get origClOrdId(): number {
    return this.values[3];
  }
  set origClOrdId(value: number) {
    this.values[3] = value;
  }

  /** Unique per venue; the same ExecID twice is a duplicate. */
  get execId(): number {
    return this.values[4];
  }
  set execId(value: number) {
    this.values[4] = value;
  }

  get lastQtyLots(): number {
    return this.values[5];
  }
  set lastQtyLots(value: number) {
    this.values[5] = value;
  }

  get lastPxTicks(): number {
    return this.values[6];
  }
  set lastPxTicks(value: number) {
    this.values[6] = value;
  }

  /** As the venue has it, behind this report. */
  get cumQtyLots(): number {
    return this.values[7];
  }
  set cumQtyLots(value: number) {
    this.values[7] = value;
  }

  get leavesQtyLots(): number {
    return this.values[8];
  }
  set leavesQtyLots(value: number) {
    this.values[8] = value;
  }

  /** Replaced and Restated: the order's quantity and price now. */
  get orderQtyLots(): number {
    return this.values[9];
  }
  set orderQtyLots(value: number) {
    this.values[9] = value;
  }

  get priceTicks(): number {
    return this.values[10];
  }
  set priceTicks(value: number) {
    this.values[10] = value;
  }

  /** When it happened at the venue. */
  get venueNs(): number {
    return this.values[11];
  }
  set venueNs(value: number) {
    this.values[11] = value;
  }

  /** Lots ahead in the queue when the order came to rest (New, Replaced), as the model sees it; -1 where not known. */
  get queueAheadLots(): number {
    return this.values[12];
  }
  set queueAheadLots(value: number) {
    this.values[12] = value;
  }

  /** RejectCode. */
  get rejectCode(): number {
    return this.values[13];
  }
  set rejectCode(value: number) {
    this.values[13] = value;
  }

  /** FillReason. */
  get fillReason(): number {
    return this.values[14];
  }
  set fillReason(value: number) {
    this.values[14] = value;
  }

  /** Liquidity. */
  get liquidity(): number {
    return this.values[15];
  }
  set liquidity(value: number) {
    this.values[15] = value;
  }

  /** TradeCancel and TradeCorrect: the ExecID that is taken back or corrected. */
  get refExecId(): number {
    return this.values[16];
  }
  set refExecId(value: number) {
    this.values[16] = value;
  }

  /** Sequence number of the journal record that made the venue act (a market event, a Clock); 0 where it is not ours to know. */
  get causeSeq(): number {
    return this.values[17];
  }
  set causeSeq(value: number) {
    this.values[17] = value;
  }

  copyFrom(other: ExecReport): this {
    this.values.set(other.values);
    return this;
  }
}
