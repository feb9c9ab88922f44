/**
 * What counts against totals: one row of numbers per (subject, instrument) that ever had an order or a position, and sums
 * over instruments per subject. Row 0 is nobody's.
 */
import { widened } from '../core/widened.ts';

/** Places in a row: lots, then micro-units of the subject's currency. */
export const POSITION = 0;
/** Open orders at their worst. */
export const BUY_LOTS = 1;
export const SELL_LOTS = 2;
/** The position at the mark, signed, rounded away from 0. */
export const POSITION_MICRO = 3;
export const BUY_MICRO = 4;
export const SELL_MICRO = 5;
export const MAX_LONG = 6;
export const MAX_SHORT = 7;
/** Limits of single orders; rows of strategies only. */
export const MAX_QTY = 8;
export const MAX_NOTIONAL = 9;
export const COLLAR_MILLIONTHS = 10;
export const COLLAR_TICKS = 11;
export const VOLUME_MILLIONTHS = 12;
export const MAX_AGE_NS = 13;
export const PERMISSIONS = 14;
/** 1 while the position can't be valued (no mark, no exchange rate). */
export const UNVALUED = 15;
/** Bit 0 long, bit 1 short: a warning was given. */
export const WARNED = 16;
export const SUBJECT = 17;
export const INSTRUMENT = 18;
export const NEXT_ROW = 19;
/** Rows of strategies only: where its limits stand (limit-vectors.ts), and the rows of the engine and of its account. */
export const VECTOR = 20;
export const ENGINE_ROW = 21;
export const ACCOUNT_ROW = 22;
/** Rows of accounts only: no open buy of the account is priced above, no open sell below. Not always the nearest. */
export const HIGHEST_BUY = 23;
export const LOWEST_SELL = 24;
const ROW = 26;

export class ExposureRows {
  count = 0;
  f64 = new Float64Array(ROW * 64);
  private first = new Int32Array(16);
  private readonly bySubject: Int32Array[];

  constructor(subjects: number) {
    this.bySubject = Array.from({ length: subjects }, () => new Int32Array(16));
  }

  /** Offset in `f64`, or 0. */
  find(subject: number, instrument: number): number {
    const rows = this.bySubject[subject];
    return instrument < rows.length ? rows[instrument] : 0;
  }

  /** A new row; only where there is none. */
  make(subject: number, instrument: number): number {
    const row = ++this.count * ROW;
    if (row + ROW > this.f64.length) this.f64 = widened(this.f64);
    if (instrument >= this.bySubject[subject].length) {
      this.bySubject[subject] = widened(this.bySubject[subject], instrument + 1);
    }
    if (instrument >= this.first.length) this.first = widened(this.first, instrument + 1);
    this.f64[row + SUBJECT] = subject;
    this.f64[row + INSTRUMENT] = instrument;
    this.f64[row + NEXT_ROW] = this.first[instrument];
    this.first[instrument] = row;
    this.bySubject[subject][instrument] = row;
    return row;
  }

  firstOf(instrument: number): number {
    return instrument < this.first.length ? this.first[instrument] : 0;
  }

  at(ordinal: number): number {
    return ordinal * ROW;
  }
}
