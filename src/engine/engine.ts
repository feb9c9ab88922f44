/**
 * The engine: the one sequencer, and the only writer of the journal. Every input gets a sequence number and a time and
 * enters the journal before it acts; what follows from it (outputs) is journalled right behind it. Synchronous and run
 * to completion; everything it writes is a pure function of (configuration, journal inputs).
 */

import { stateHash } from '../book/state-hash.ts';
import { monotonicNs } from '../core/clock.ts';
import { Counter, Stage, type Telemetry } from '../core/counters.ts';
import { EventKind } from '../core/event.ts';
import { CHECKPOINT_EVERY } from '../core/limits.ts';
import { type CommandKind, RiskFiguresStatus, type StopReason } from '../core/record.ts';
import { EventStamps, Stamp } from '../core/trace.ts';
import type { JournalWriter } from '../ring/journal.ts';
import type { SpscReader } from '../ring/spsc.ts';
import { EngineJournal, type LogHead } from './engine-journal.ts';
import { Market, MarketChange } from './market.ts';
import { ANSWER_CELLS, Answer } from './portfolio/risk-monitor.ts';
import { Trading, type TradingSetup } from './trading/trading.ts';
import type { VenueInput } from './trading/venue-input.ts';

/** Events whose memory is touched ahead: their cache misses overlap, and they are still in the first cache when applied. */
const PREFETCH_EVENTS = 16;
/** One batch in so many is timed: two readings of the clock are too dear where every event is a batch. A power of two. */
const TIMED_BATCHES = 64;

/** A command that the configuration gives a time: ns since the session's midnight. */
export interface ScheduledCommand {
  readonly atNs: number;
  readonly kind: CommandKind;
  /** Canonical JSON. */
  readonly text: string;
}

export interface EngineOptions extends LogHead {
  /** Inputs between checkpoints; a test may want them often. */
  readonly checkpointEvery?: number;
  /** Strategies, risk and venue of a run that trades; their outputs stand behind the inputs that they follow from. */
  readonly trading?: TradingSetup | null;
  /** Commands that come at times fixed before the run; a rerun takes them from the log instead. */
  readonly schedule?: readonly ScheduledCommand[];
  /** Live orders to make room for from the start; growing on the way costs time, and changes nothing else. */
  readonly expectedOrders?: number;
}

export class Engine {
  readonly market: Market;
  /** Null in a run that only keeps books. */
  readonly trading: Trading | null;
  /** Market events taken in so far. */
  events = 0;
  /** Of all books, once the run was stopped. */
  stateHashHex = '';
  /** Receive time of the first event, or -1. */
  firstNs = -1;
  /** The engine's time, in a cell of its own: see `nowNs`. */
  readonly time: Float64Array;
  /** Has the answer to a request of portfolio risk, and waits for it where need be; set by whoever runs the worker. */
  answerOf: (request: number) => Float64Array = noAnswer;
  /** Of the event under way, where it is traced. */
  readonly stamps: EventStamps;
  private input: SpscReader;
  private readonly journal: EngineJournal;
  private readonly telemetry: Telemetry | null;
  private readonly checkpointEvery: number;
  private nextCheckpoint: number;
  private readonly schedule: readonly ScheduledCommand[];
  private scheduled = 0;
  private batches = 0;

  constructor(
    input: SpscReader,
    journal: JournalWriter,
    options: EngineOptions,
    telemetry: Telemetry | null = null,
    stamps: EventStamps = new EventStamps(),
  ) {
    this.input = input;
    this.journal = new EngineJournal(journal, options.base);
    this.time = this.journal.time;
    this.telemetry = telemetry;
    this.stamps = stamps;
    this.checkpointEvery = options.checkpointEvery ?? CHECKPOINT_EVERY;
    this.nextCheckpoint = this.checkpointEvery;
    this.market = new Market(options.expectedOrders);
    this.schedule = options.schedule ?? [];
    this.journal.start(options);
    this.trading = options.trading == null ? null : new Trading(this.market, journal, this, options.trading);
  }

  /** The engine's time: ns since the session's midnight, never going back. */
  get nowNs(): number {
    return this.time[0];
  }

  /** Sequence number of the last record written. */
  get seq(): number {
    return this.journal.seq;
  }

  /** Scheduled commands whose time has not come. */
  get commandsLeft(): number {
    return this.schedule.length - this.scheduled;
  }

  /** Takes up to `limit` events from the feed; returns how many there were. */
  doWork(limit: number): number {
    const input = this.input;
    const count = input.poll(limit);
    if (count === 0) return 0;
    this.batches = (this.batches + 1) & (TIMED_BATCHES - 1);
    if (this.batches === 1 && this.stamps.isOn) this.timeBatch(count);
    else this.processBatch(count);
    input.release(count);
    if (this.telemetry !== null) this.telemetry.counters[Counter.Events] = this.events;
    return count;
  }

  /** Input: the clock has come to `ns`, and what is due by then happens. */
  clock(ns: number): void {
    if (ns > this.nowNs) this.time[0] = ns;
    this.journal.clock();
    this.trading?.runDue();
  }

  /**
   * Input: somebody outside asks for something, at `ns` (now, where that has passed). `text`: canonical JSON, at most
   * MAX_RECORD_TEXT_BYTES as UTF-8.
   */
  command(kind: CommandKind, text: string, ns = this.nowNs): void {
    if (ns > this.nowNs) this.time[0] = ns;
    this.journal.command(kind, text);
    this.trading?.command(text);
  }

  /** Input: the risk worker's answer to the request under way, at `ns`. */
  figures(answer: Float64Array, ns: number): void {
    if (ns > this.nowNs) this.time[0] = ns;
    this.journal.figures(answer);
    this.trading?.takeFigures(answer);
  }

  /** Time passes up to `f64[at]`: timers, reports in flight, figures and scheduled commands have their turn, behind Clock records. */
  advance(f64: Float64Array, at: number): void {
    const { trading } = this;
    if (trading === null) return;
    if (this.scheduled === this.schedule.length && !trading.isDueBy(f64, at)) return;
    const ns = f64[at];
    for (;;) {
      const dueNs = trading.nextDueNs();
      const figuresNs = trading.parts.portfolio?.nextDueNs() ?? Number.POSITIVE_INFINITY;
      const next = this.scheduled < this.schedule.length ? this.schedule[this.scheduled] : null;
      if (figuresNs <= dueNs && !(next !== null && next.atNs <= figuresNs)) {
        if (figuresNs > ns) return;
        this.awaitFigures(trading.parts.portfolio?.asked ?? 0, figuresNs);
      } else if (next !== null && next.atNs <= dueNs) {
        if (next.atNs > ns) return;
        this.scheduled++;
        this.command(next.kind, next.text, next.atNs);
      } else {
        if (dueNs > ns) return;
        this.clock(dueNs);
      }
    }
  }

  /** When something is due next without any input: a timer, a report in flight, a scheduled command; else Infinity. */
  nextDueNs(): number {
    const { trading } = this;
    const dueNs = trading === null ? Number.POSITIVE_INFINITY : trading.nextDueNs();
    return this.scheduled < this.schedule.length ? Math.min(dueNs, this.schedule[this.scheduled].atNs) : dueNs;
  }

  /** Input: what a venue gateway says. */
  venueMessage(message: VenueInput): void {
    this.advance(message.tsRecv, 0);
    if (message.tsRecv[0] > this.time[0]) this.time[0] = message.tsRecv[0];
    this.trading?.venueMessage(message);
  }

  /** Events come from this ring from now on: a log was re-executed, and the run goes on live. */
  attach(input: SpscReader): void {
    this.input = input;
  }

  /** A command that the log of a run holds: where it is the next scheduled one, its time has come. */
  passScheduled(kind: CommandKind, text: string): void {
    const next = this.schedule[this.scheduled];
    if (next !== undefined && next.kind === kind && next.text === text) this.scheduled++;
  }

  /** The last input of a run; its outputs are the strategies' last words, a final checkpoint and End. */
  stop(reason: StopReason): void {
    this.journal.stop(reason, this.events);
    this.trading?.stop();
    this.writeCheckpoint();
    const hash = stateHash(this.market.books);
    this.trading?.foldInto(hash);
    this.stateHashHex = hash.hex();
    this.journal.end(hash, this.market, this.events);
    this.journal.publish();
  }

  /** Gaps seen so far. */
  get gaps(): number {
    return this.market.eventsByKind[EventKind.Gap];
  }

  private timeBatch(count: number): void {
    const startNs = monotonicNs();
    this.processBatch(count);
    this.telemetry?.stages[Stage.Engine].record((monotonicNs() - startNs) / count, count);
  }

  private processBatch(count: number): void {
    for (let from = 0; from < count; ) {
      // A run that trades looks at the books between any two events; the others may be applied ahead of the journal.
      const ahead = this.trading === null ? this.processAhead(from, count - from) : 0;
      from += ahead;
      if (ahead === 0) from += this.processOneByOne(from, Math.min(count - from, PREFETCH_EVENTS));
    }
  }

  private processOneByOne(from: number, count: number): number {
    const { input } = this;
    const first = input.cursor + from;
    this.market.books.prefetch(input, input.mask, first, count);
    for (let i = 0; i < count; i++) {
      const w = ((first + i) & input.mask) << 3;
      if (input.f64[w + 7] === 0) this.process(w);
      else this.processTraced(w);
    }
    return count;
  }

  /**
   * Takes as many events as the books apply at once, journals them behind that as if one by one, and returns how many. A
   * checkpoint needs the books as of its event, and a traced event is timed by itself: each ends a batch.
   */
  private processAhead(from: number, count: number): number {
    const { input, market } = this;
    const first = input.cursor + from;
    if (input.f64[((first & input.mask) << 3) + 7] !== 0) return this.processOneByOne(from, 1);
    let plain = Math.min(count, this.nextCheckpoint - this.events);
    for (let i = 1; i < plain; i++) if (input.f64[(((first + i) & input.mask) << 3) + 7] !== 0) plain = i;
    const staged = market.books.stage(input, input.mask, first, plain);
    for (let i = 0; i < staged; ) {
      const done = market.books.applyStaged(i, staged);
      for (; i < done; i++) {
        const w = ((first + i) & input.mask) << 3;
        this.takeIn(w);
        if (market.applied(input, w, i))
          this.journal.bookChange(this.market.books, input.u32[w * 2 + 1], MarketChange.Touch);
        if (this.events === this.nextCheckpoint) this.writeCheckpoint();
      }
      if (i < staged) this.process(((first + i++) & input.mask) << 3);
    }
    return staged;
  }

  private process(w: number): void {
    this.takeIn(w);
    this.actOn(w, this.applyToBook(w));
  }

  /** The same, with the clock looked at between its steps. */
  private processTraced(w: number): void {
    const { stamps, input } = this;
    stamps.begin(input.f64, w + 7);
    this.takeIn(w);
    stamps.record(this.seq);
    stamps.mark(Stamp.Journalled);
    const change = this.applyToBook(w);
    stamps.booked();
    this.actOn(w, change);
    stamps.end(this.seq);
  }

  /** Time comes to the event at `w`, and it enters the journal. */
  private takeIn(w: number): void {
    const tsRecv = this.input.f64[w + 1];
    if (this.trading !== null) this.advance(this.input.f64, w + 1);
    if (tsRecv > this.time[0]) this.time[0] = tsRecv;
    if (this.events++ === 0) this.firstNs = this.time[0];
    this.journal.event(this.input, w);
  }

  /** Returns MarketChange bits. */
  private applyToBook(w: number): number {
    const input = this.input;
    if (this.trading !== null) this.trading.beforeEvent(input, w);
    const change = this.market.apply(input, w);
    if (change !== MarketChange.None) this.journal.bookChange(this.market.books, input.u32[w * 2 + 1], change);
    return change;
  }

  private actOn(w: number, change: number): void {
    if (this.trading !== null) this.trading.afterEvent(this.input, w, change);
    if (this.events === this.nextCheckpoint) this.writeCheckpoint();
  }

  /** The answer to request `number` takes effect at `ns`: where it isn't there yet, the engine waits for it. */
  private awaitFigures(number: number, ns: number): void {
    this.journal.publish();
    this.figures(this.answerOf(number), ns);
  }

  /** A record with its header complete; returns its first word. */
  claim(type: number, length: number): number {
    return this.journal.claim(type, length);
  }

  private writeCheckpoint(): void {
    this.nextCheckpoint = this.events + this.checkpointEvery;
    this.journal.checkpoint(this.market.books, this.events);
  }
}

/** Nobody computes figures: there are none. */
function noAnswer(request: number): Float64Array {
  const answer = new Float64Array(ANSWER_CELLS).fill(Number.NaN);
  answer[Answer.Request] = request;
  answer[Answer.Seq] = 0;
  answer[Answer.Ns] = 0;
  answer[Answer.Status] = RiskFiguresStatus.WorkerGone;
  return answer;
}
