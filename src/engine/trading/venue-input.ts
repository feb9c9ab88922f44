/**
 * What a venue gateway said, as an input of the engine: a report, or what the venue has. One mutable object, filled from the
 * gateway's ring (live/intake.ts) or, in a re-execution, from the record that the log holds; what it says is the same then.
 * Prices and quantities are in the instrument's present units; a value that was not exact in them is no whole number, and
 * whoever reads it refuses it.
 */
import { ExecReport } from '../../core/exec-report.ts';
import { VenueMessage } from '../../gateway/venue-message.ts';

/** Kinds beyond VenueMessage, of the engine's own making: its way to the gateways is full, or has room again. */
export const LocalMessage = { OutletFull: 64, OutletRoom: 65 } as const;

/** Words of a message behind its receive time that others than a report use. */
export const STATE_WORDS = 6;

/** Where the numbers of a message stand in `words`. */
export const StateWord = {
  /** Standing. */
  Standing: 0,
  Reason: 1,
  /** OpenOrder. */
  Side: 0,
  ClOrdId: 1,
  PriceTicks: 3,
  QtyLots: 4,
  CumQtyLots: 5,
  /** Position. */
  PositionLots: 0,
  /** Balance; 0 and 1 are the asset's name. */
  Free: 2,
  Locked: 3,
  /** Settled. */
  Number: 0,
  /** Unknown. */
  UnknownClOrdId: 0,
  HttpStatus: 1,
} as const;

/** A record of a log or of the journal, in memory. */
interface RecordMemory {
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
}

export class VenueInput {
  /** VenueMessage, or LocalMessage. */
  kind = 0;
  /** Index in the run's list. */
  venue = 0;
  /** 0 where it is about none. */
  instrument = 0;
  /** Session ns. */
  readonly tsRecv = new Float64Array(1);
  /** Of a report; its OrderID is the engine's to find. */
  readonly report = new ExecReport();
  /** Of a report's fill, units of 1e-8 of its asset; a safe integer. */
  commission = 0;
  commissionAsset = 0;
  /** Of the others: see StateWord. */
  readonly words = new Float64Array(STATE_WORDS);
  /** The same by bits. */
  readonly wordBits = new Uint32Array(this.words.buffer);

  /** Of a Balance: the asset's name. */
  assetName(): string {
    const bytes = new Uint8Array(this.words.buffer, 0, 16);
    const end = bytes.indexOf(0);
    return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
  }

  /** The VenueReport record at word `w`. */
  readReport(record: RecordMemory, w: number): this {
    const { u32, f64 } = record;
    const { report } = this;
    this.kind = VenueMessage.Report;
    this.instrument = u32[w * 2 + 7];
    report.clear();
    report.execType = (u32[w * 2 + 6] >>> 16) & 0xff;
    report.clOrdId = f64[w + 6];
    report.origClOrdId = f64[w + 7];
    report.execId = f64[w + 8];
    report.lastQtyLots = f64[w + 9];
    report.lastPxTicks = f64[w + 10];
    report.cumQtyLots = f64[w + 11];
    report.leavesQtyLots = f64[w + 12];
    report.orderQtyLots = f64[w + 13];
    report.priceTicks = f64[w + 14];
    report.venueNs = f64[w + 15];
    report.queueAheadLots = f64[w + 16];
    report.rejectCode = u32[w * 2 + 34];
    report.fillReason = u32[w * 2 + 35] & 0xff;
    report.liquidity = (u32[w * 2 + 35] >>> 8) & 0xff;
    report.refExecId = f64[w + 18];
    this.commission = f64[w + 19];
    this.commissionAsset = u32[w * 2 + 40] & 0xff;
    this.venue = (u32[w * 2 + 40] >>> 8) & 0xff;
    this.tsRecv[0] = f64[w + 21];
    return this;
  }

  /** The VenueState record at word `w`. */
  readState(record: RecordMemory, w: number): this {
    const { u32, f64 } = record;
    this.kind = u32[w * 2 + 6] & 0xff;
    this.venue = (u32[w * 2 + 6] >>> 8) & 0xff;
    this.instrument = u32[w * 2 + 7];
    this.tsRecv[0] = f64[w + 4];
    for (let i = 0; i < this.wordBits.length; i++) this.wordBits[i] = u32[w * 2 + 10 + i];
    return this;
  }

  /** A message of the engine's own making, at `ns`. */
  local(kind: number, venue: number, ns: number): this {
    this.kind = kind;
    this.venue = venue;
    this.instrument = 0;
    this.tsRecv[0] = ns;
    this.words.fill(0);
    return this;
  }
}
