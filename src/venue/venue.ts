/**
 * A venue as the engine sees it: orders go there, execution reports come back. Two of them: the simulated one, which lives
 * on the book that the engine keeps (sim-venue.ts), and a live one, whose reports a gateway brings (live-venue.ts).
 */
import type { EventMemory } from '../book/books.ts';
import type { ExecReport } from '../core/exec-report.ts';
import type { Fnv64 } from '../core/hash.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';

export interface VenueSink {
  /** A report reaches the engine. Read at once, never kept. Requests may be sent from here. */
  onReport(report: ExecReport): void;
}

export interface Venue {
  /**
   * An instrument was defined, or redefined (after `rescale`, where its decimals changed). `tickTicks`: its least price
   * step; left out, it stays as it is (1 at first).
   */
  define(instrument: number, def: InstrumentDef, tickTicks?: number): void;
  /** The order leaves the engine as it is now. */
  submit(orderId: number, nowNs: number): void;
  /** `qtyLots`: of the whole order, executed part included. */
  replace(orderId: number, clOrdId: number, qtyLots: number, priceTicks: number, nowNs: number): void;
  cancel(orderId: number, clOrdId: number, nowNs: number): void;
  /** Before the event at word `w` changes the book; `seq` is its record's. */
  onEvent(memory: EventMemory, w: number, seq: number): void;
  /** Behind the last event of a message about the instrument, when the book is as the message left it. */
  afterEvent(instrument: number, seq: number): void;
  /** Local time at which something happens without any event; Infinity when there is nothing. */
  nextDueNs(): number;
  /** Everything due by `nowNs` happens, in order; `seq`: of the Clock record that says so. */
  advanceTo(nowNs: number, seq: number): void;
  /** Fee of a fill report, in money units of its instrument (negative: a rebate). Once for each fill, in their order. */
  feeUnits(report: ExecReport): number;
  /** Multiplies every price and quantity held of the instrument. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void;
  checkInvariants(): void;
  foldInto(hash: Fnv64): void;
}
