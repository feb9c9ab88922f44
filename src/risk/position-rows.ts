/** The memory of positions: one row of numbers per (strategy, instrument) that ever traded. Row 0 is nobody's. */
import { widened } from '../core/widened.ts';

/** Places in a row. Wide numbers take two. Units: lots, and whole units of the instrument's money, unless said. */
export const QTY = 0;
/** Cash received for what was sold less cash paid for what was bought, before fees. */
export const CASH = 1;
/** Cost of what is open, average cost: positive long, negative short. */
export const COST = 3;
/** ... by FIFO. */
export const FIFO = 5;
export const FEES = 7;
/** Micro-units of the account's currency: realised (average cost) less fees. */
export const REALISED_MICRO = 9;
/** Realised and unrealised, less fees: in the account's currency, in the engine's. */
export const EQUITY = 10;
export const EQUITY_ENGINE = 11;
/** |COST|, rounded up. */
export const COST_MICRO = 12;
export const COST_MICRO_ENGINE = 13;
/** 1 while there is no mark for what is held, or no exchange rate: its figures are not to be trusted. */
export const PROBLEM = 14;
export const FIRST_FILL = 15;
export const LAST_FILL = 16;
/** First fill that is not closed (FIFO), or 0. */
export const OPEN_FILL = 17;
export const STRATEGY = 18;
export const ACCOUNT = 19;
export const INSTRUMENT = 20;
/** Next row of the same instrument, or 0. */
export const NEXT_ROW = 21;
const ROW = 22;

export class PositionRows {
  count = 0;
  f64 = new Float64Array(ROW * 64);
  /** By instrument: its first row, or 0. */
  first = new Int32Array(16);
  private readonly byStrategy: Int32Array[];

  constructor(strategies: number) {
    this.byStrategy = Array.from({ length: strategies }, () => new Int32Array(16));
  }

  /** Offset of the row in `f64`, or 0 where there is none. */
  find(strategy: number, instrument: number): number {
    const rows = this.byStrategy[strategy];
    return instrument < rows.length ? rows[instrument] : 0;
  }

  make(strategy: number, account: number, instrument: number): number {
    const found = this.find(strategy, instrument);
    if (found !== 0) return found;
    const row = ++this.count * ROW;
    if (row + ROW > this.f64.length) this.f64 = widened(this.f64);
    if (instrument >= this.byStrategy[strategy].length) {
      this.byStrategy[strategy] = widened(this.byStrategy[strategy], instrument + 1);
    }
    if (instrument >= this.first.length) this.first = widened(this.first, instrument + 1);
    this.f64[row + STRATEGY] = strategy;
    this.f64[row + ACCOUNT] = account;
    this.f64[row + INSTRUMENT] = instrument;
    this.f64[row + NEXT_ROW] = this.first[instrument];
    this.first[instrument] = row;
    this.byStrategy[strategy][instrument] = row;
    return row;
  }

  firstOf(instrument: number): number {
    return instrument < this.first.length ? this.first[instrument] : 0;
  }

  /** Offset of the row made `ordinal`-th, from 1 on. */
  at(ordinal: number): number {
    return ordinal * ROW;
  }
}
