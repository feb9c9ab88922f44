/**
 * Where the time of single events goes. One event in N is traced: its slot carries the number of its trace (word 7), and
 * every stage that it passes writes the monotonic clock into the trace's row. Rows are collected off the hot path into
 * histograms. Nothing of it reaches the journal: a log is the same byte by byte, whatever is traced.
 *
 * Shared memory. Trace n (1, 2, 3, ...) has row n % TRACE_ROWS until it was collected; a row is 16 float64 words, each
 * written by one thread, 0 where the event did not come by:
 *
 *   word  stamp         written by  when
 *   0     intended      feed        it should have come (load on a schedule), else 0
 *   1     read          feed        its bytes are there, decoding begins
 *   2     decoded       feed        the event is in its slot
 *   3     taken         engine      the engine begins with it
 *   4     journalled    engine      its record is in the journal ring
 *   5     booked        engine      the book has changed, and what follows from that is journalled
 *   6     intent        engine      a strategy asks for its first order that gets sent (or for the last one refused)
 *   7     verdict       engine      pre-trade risk has answered
 *   8     sent          engine      the order is on its way: in the order ring, or at the simulated venue
 *   9     done          engine      all that follows from the event is journalled
 *   10    order taken   gateway     the gateway begins with the order
 *   11    written       gateway     its bytes were handed to the operating system
 *   12    durable       audit       everything up to `done` is on the disk
 *   13    seq           engine      sequence number of the event's record
 *   14    last seq      engine      ... of the last record that followed from it
 *
 * Behind the rows one int32 for each row and thread (engine, gateway, audit): the number of the trace that the thread has
 * finished there, stored atomically behind its stamps, so that whoever finds the number finds the stamps.
 */
import { monotonicNs } from './clock.ts';
import type { Histogram } from './histogram.ts';

/** One event in so many is traced where nobody says otherwise. */
export const DEFAULT_STAMPS = 1024;

export const Stamp = {
  Intended: 0,
  Read: 1,
  Decoded: 2,
  Taken: 3,
  Journalled: 4,
  Booked: 5,
  Intent: 6,
  Verdict: 7,
  Sent: 8,
  Done: 9,
  OrderTaken: 10,
  Written: 11,
  Durable: 12,
  Seq: 13,
  LastSeq: 14,
} as const;
export type Stamp = (typeof Stamp)[keyof typeof Stamp];

/** What lies between two stamps. */
export interface TraceStage {
  readonly name: string;
  readonly from: Stamp;
  readonly to: Stamp;
}

/** Tick-to-trade, stage by stage without a hole. */
export const TICK_TO_TRADE: readonly TraceStage[] = [
  { name: 'decode', from: Stamp.Read, to: Stamp.Decoded },
  { name: 'ring wait', from: Stamp.Decoded, to: Stamp.Taken },
  { name: 'journal append', from: Stamp.Taken, to: Stamp.Journalled },
  { name: 'book', from: Stamp.Journalled, to: Stamp.Booked },
  { name: 'strategy', from: Stamp.Booked, to: Stamp.Intent },
  { name: 'risk', from: Stamp.Intent, to: Stamp.Verdict },
  { name: 'oms', from: Stamp.Verdict, to: Stamp.Sent },
  { name: 'order ring', from: Stamp.Sent, to: Stamp.OrderTaken },
  { name: 'gateway write', from: Stamp.OrderTaken, to: Stamp.Written },
];
export const TRACE_STAGES: readonly TraceStage[] = [
  { name: 'schedule', from: Stamp.Intended, to: Stamp.Read },
  ...TICK_TO_TRADE,
  { name: 'tick to trade', from: Stamp.Read, to: Stamp.Written },
  { name: 'engine', from: Stamp.Taken, to: Stamp.Done },
  { name: 'durable', from: Stamp.Journalled, to: Stamp.Durable },
];

/** Traces in flight; when all are, the next event due goes untraced and is counted. A power of two. */
export const TRACE_ROWS = 4096;
export const ROW_WORDS = 16;
const ROW_SHIFT = 4;
const MASK = TRACE_ROWS - 1;

/** Numbers of traces are int32; behind the last one, days into a run that traces every event, nothing is traced. */
const MAX_TRACES = 2 ** 31 - 1;

const COLLECTED = 0;
const MISSED = 1;
const EVERY = 2;
const EXPECTS = 3;
const HEADER_BYTES = 16;
const ENGINE = 0;
const GATEWAY = TRACE_ROWS;
const AUDIT = 2 * TRACE_ROWS;
const EXPECTS_GATEWAY = 1;
const EXPECTS_AUDIT = 2;

export interface TraceOptions {
  /** One event in so many is traced; 0: none. */
  readonly every: number;
  /** Whether orders come to a gateway that stamps them, and records to an audit thread that does. */
  readonly gateway: boolean;
  readonly audit: boolean;
}

export function createTraceBuffer(options: TraceOptions): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(HEADER_BYTES + TRACE_ROWS * (ROW_WORDS * 8 + 3 * 4));
  const header = new Int32Array(buffer, 0, HEADER_BYTES / 4);
  header[EVERY] = options.every;
  header[EXPECTS] = (options.gateway ? EXPECTS_GATEWAY : 0) | (options.audit ? EXPECTS_AUDIT : 0);
  return buffer;
}

class TraceView {
  readonly header: Int32Array;
  /** Row of trace n: ROW_WORDS words from `(n % TRACE_ROWS) * ROW_WORDS` on. */
  readonly cells: Float64Array;
  /** Traces finished, by thread and row. */
  readonly finished: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.header = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.cells = new Float64Array(buffer, HEADER_BYTES, TRACE_ROWS * ROW_WORDS);
    this.finished = new Int32Array(buffer, HEADER_BYTES + this.cells.byteLength, 3 * TRACE_ROWS);
  }
}

/** Feed: opens traces. */
export class FeedTrace {
  /** One event in so many is due; Infinity when none is. */
  readonly every: number;
  private readonly view: TraceView;
  private opened = 0;
  /** When the message under way should have come (0 where nothing says so), and when its bytes were there. */
  private readonly pending = new Float64Array(2);

  constructor(buffer: SharedArrayBuffer) {
    this.view = new TraceView(buffer);
    const every = this.view.header[EVERY];
    this.every = every === 0 ? Number.POSITIVE_INFINITY : every;
  }

  /** The message of an event that will be traced begins, now. */
  read(): void {
    this.pending[0] = 0;
    this.pending[1] = monotonicNs();
  }

  /** The same for a message on a schedule: `times[at]` is its intended time. */
  readOnSchedule(times: Float64Array, at: number): void {
    this.pending[0] = times[at];
    this.pending[1] = monotonicNs();
  }

  /** Its event is complete, now. Returns what its word 7 shall hold: the trace's number, or 0 where no row is free. */
  open(): number {
    const { header, cells } = this.view;
    // Pairs with the store in TraceCollector.collect: a row is written again only behind its collection.
    if (this.opened - Atomics.load(header, COLLECTED) >= TRACE_ROWS || this.opened === MAX_TRACES) {
      Atomics.add(header, MISSED, 1);
      return 0;
    }
    this.opened++;
    const at = (this.opened & MASK) << ROW_SHIFT;
    cells[at + Stamp.Intended] = this.pending[0];
    cells[at + Stamp.Read] = this.pending[1];
    cells[at + Stamp.Decoded] = monotonicNs();
    return this.opened;
  }
}

/** Engine: the stamps of the event under way. Outside of a traced event every `mark` returns at once. */
export class EventStamps {
  readonly isOn: boolean;
  /** Number of the trace under way; 0 while there is none. */
  id = 0;
  private at = 0;
  /** The book has changed: orders from here on answer this event, not what was due before it. */
  private isBooked = false;
  private readonly cells: Float64Array;
  private readonly finished: Int32Array;

  /** Without a buffer nothing is ever traced. */
  constructor(buffer: SharedArrayBuffer | null = null) {
    const view = buffer === null ? null : new TraceView(buffer);
    this.isOn = view !== null && view.header[EVERY] !== 0;
    this.cells = view?.cells ?? new Float64Array(ROW_WORDS);
    this.finished = view?.finished ?? new Int32Array(1);
  }

  /** The event whose word 7 is `f64[at]` begins. */
  begin(f64: Float64Array, at: number): void {
    if (!this.isOn) return;
    const { cells } = this;
    this.id = f64[at] | 0;
    this.at = (this.id & MASK) << ROW_SHIFT;
    cells[this.at + Stamp.Intent] = 0;
    cells[this.at + Stamp.Verdict] = 0;
    cells[this.at + Stamp.Sent] = 0;
    cells[this.at + Stamp.Taken] = monotonicNs();
  }

  mark(stamp: Stamp): void {
    if (this.id !== 0) this.cells[this.at + stamp] = monotonicNs();
  }

  /** The book has changed, and what strategies do from here on follows from the event. */
  booked(): void {
    if (this.id === 0) return;
    this.isBooked = true;
    this.cells[this.at + Stamp.Booked] = monotonicNs();
  }

  /** Number that an order sent now takes along: of the trace under way for the first one, 0 for all others. */
  get orderTrace(): number {
    return this.isBooked && this.cells[this.at + Stamp.Sent] === 0 ? this.id : 0;
  }

  /** Intent, Verdict and Sent, in this order: of the first order that is sent; nothing changes them from there on. */
  markOrder(stamp: Stamp): void {
    if (!this.isBooked || this.cells[this.at + Stamp.Sent] !== 0) return;
    if (stamp === Stamp.Intent) this.cells[this.at + Stamp.Verdict] = 0;
    this.cells[this.at + stamp] = monotonicNs();
  }

  /** The event's record has this sequence number. */
  record(seq: number): void {
    if (this.id !== 0) this.cells[this.at + Stamp.Seq] = seq;
  }

  /** All that follows from the event is journalled, up to record `lastSeq`. */
  end(lastSeq: number): void {
    if (this.id === 0) return;
    this.cells[this.at + Stamp.LastSeq] = lastSeq;
    this.cells[this.at + Stamp.Done] = monotonicNs();
    Atomics.store(this.finished, ENGINE + (this.id & MASK), this.id); // pairs with the loads in AuditTrace and TraceCollector
    this.id = 0;
    this.isBooked = false;
  }
}

/** Gateway: the stamps of one order. Its trace's number comes with the order. */
export class GatewayTrace {
  private readonly view: TraceView;
  private readonly taken = new Float64Array(1);

  constructor(buffer: SharedArrayBuffer) {
    this.view = new TraceView(buffer);
  }

  /** The gateway begins with an order, now. */
  take(): void {
    this.taken[0] = monotonicNs();
  }

  /** The order that was taken last, of trace `id`, was handed to the operating system, now. */
  written(id: number): void {
    const { cells, finished } = this.view;
    const at = (id & MASK) << ROW_SHIFT;
    cells[at + Stamp.OrderTaken] = this.taken[0];
    cells[at + Stamp.Written] = monotonicNs();
    Atomics.store(finished, GATEWAY + (id & MASK), id); // pairs with the load in TraceCollector
  }
}

/** Audit: stamps what has become durable. */
export class AuditTrace {
  private readonly view: TraceView;
  private next = 1;

  constructor(buffer: SharedArrayBuffer) {
    this.view = new TraceView(buffer);
  }

  /** Everything up to record `seq` is durable since `ns`. */
  durable(seq: number, ns: number): void {
    const { cells, finished } = this.view;
    for (;;) {
      const row = this.next & MASK;
      if (Atomics.load(finished, ENGINE + row) !== this.next) return; // pairs with the store in EventStamps.end
      if (cells[(row << ROW_SHIFT) + Stamp.LastSeq] > seq) return;
      cells[(row << ROW_SHIFT) + Stamp.Durable] = ns;
      Atomics.store(finished, AUDIT + row, this.next); // pairs with the load in TraceCollector
      this.next++;
    }
  }
}

/** Called for every collected trace: its stamps are `cells[at + Stamp...]`, only during the call. */
export type TraceVisitor = (cells: Float64Array, at: number) => void;

/** Takes finished traces, in their order; any one thread, off the hot path, more often than the rows fill up. */
export class TraceCollector {
  private readonly view: TraceView;
  private readonly row = new Float64Array(ROW_WORDS);
  private next = 1;

  constructor(buffer: SharedArrayBuffer) {
    this.view = new TraceView(buffer);
  }

  /** Events that were due and went untraced, because this collector was too slow for them. */
  get missed(): number {
    return Atomics.load(this.view.header, MISSED);
  }

  /** Collected so far. */
  get count(): number {
    return this.next - 1;
  }

  /** Takes every finished trace up to the first that is not; returns how many. */
  collect(visit: TraceVisitor): number {
    const before = this.next;
    while (this.isFinished(this.next)) {
      this.copy(this.next);
      visit(this.row, 0);
      this.next++;
    }
    Atomics.store(this.view.header, COLLECTED, this.next - 1); // pairs with the load in FeedTrace.open
    return this.next - before;
  }

  private isFinished(id: number): boolean {
    const { header, cells, finished } = this.view;
    const row = id & MASK;
    if (Atomics.load(finished, ENGINE + row) !== id) return false;
    if ((header[EXPECTS] & EXPECTS_AUDIT) !== 0 && Atomics.load(finished, AUDIT + row) !== id) return false;
    const wasSent = cells[(row << ROW_SHIFT) + Stamp.Sent] !== 0;
    return !wasSent || (header[EXPECTS] & EXPECTS_GATEWAY) === 0 || Atomics.load(finished, GATEWAY + row) === id;
  }

  /** A thread's cells count only where it finished this very trace: else they are an older one's. */
  private copy(id: number): void {
    const { cells, finished } = this.view;
    const row = id & MASK;
    this.row.set(cells.subarray(row << ROW_SHIFT, (row + 1) << ROW_SHIFT));
    if (Atomics.load(finished, GATEWAY + row) !== id) {
      this.row[Stamp.OrderTaken] = 0;
      this.row[Stamp.Written] = 0;
    }
    if (Atomics.load(finished, AUDIT + row) !== id) this.row[Stamp.Durable] = 0;
  }
}

/** Records every stage of a trace whose both ends are stamped; `histograms` stand in the order of `stages`. */
export function recordStages(
  stages: readonly TraceStage[],
  histograms: readonly Histogram[],
  cells: Float64Array,
  at: number,
): void {
  for (let i = 0; i < stages.length; i++) {
    const fromNs = cells[at + stages[i].from];
    const toNs = cells[at + stages[i].to];
    if (fromNs !== 0 && toNs !== 0) histograms[i].record(toNs - fromNs);
  }
}
