/**
 * The engine: the one sequencer, and the only writer of the journal. Every input gets a sequence number and a time and
 * enters the journal before it acts; what follows from it (outputs) is journalled right behind it. Synchronous and run
 * to completion; everything it writes is a pure function of (configuration, journal inputs).
 */

import { hashLevels, stateHash } from '../book/state-hash.ts';
import { assert } from '../core/assert.ts';
import { monotonicNs } from '../core/clock.ts';
import { Counter, Stage, type Telemetry } from '../core/counters.ts';
import { EventKind } from '../core/event.ts';
import { Fnv64 } from '../core/hash.ts';
import { CHECKPOINT_EVERY } from '../core/limits.ts';
import {
  BBO_RECORD_BYTES,
  BboFlag,
  CLOCK_RECORD_BYTES,
  type CommandKind,
  MARKET_RECORD_BYTES,
  MAX_RECORD_TEXT_BYTES,
  RecordType,
  RISK_FIGURES,
  RISK_FIGURES_RECORD_BYTES,
  RiskFiguresStatus,
  type StopReason,
} from '../core/record.ts';
import { EpochWriter, putEpochNs, type SessionBase } from '../core/time.ts';
import { EventStamps, Stamp } from '../core/trace.ts';
import type { JournalWriter } from '../ring/journal.ts';
import type { SpscReader } from '../ring/spsc.ts';
import { Market, MarketChange } from './market.ts';
import { ANSWER_CELLS, Answer } from './portfolio/risk-monitor.ts';
import { Trading, type TradingSetup } from './trading/trading.ts';

const CONFIG_PART_BYTES = 128;
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

export interface EngineOptions {
  readonly base: SessionBase;
  readonly seed: number;
  /** Canonical JSON of everything that determines the run beside the recording. */
  readonly config: string;
  /** Inputs between checkpoints; a test may want them often. */
  readonly checkpointEvery?: number;
  readonly formatVersion: number;
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
  readonly time = new Float64Array(1);
  /** Has the answer to a request of portfolio risk, and waits for it where need be; set by whoever runs the worker. */
  answerOf: (request: number) => Float64Array = noAnswer;
  /** Of the event under way, where it is traced. */
  readonly stamps: EventStamps;
  private readonly input: SpscReader;
  private readonly journal: JournalWriter;
  private readonly telemetry: Telemetry | null;
  private readonly base: SessionBase;
  private readonly epoch: EpochWriter;
  private readonly checkpointEvery: number;
  private readonly hash = new Fnv64();
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
    this.journal = journal;
    this.telemetry = telemetry;
    this.stamps = stamps;
    this.base = options.base;
    this.epoch = new EpochWriter(options.base);
    this.checkpointEvery = options.checkpointEvery ?? CHECKPOINT_EVERY;
    this.nextCheckpoint = this.checkpointEvery;
    this.market = new Market(options.expectedOrders);
    this.schedule = options.schedule ?? [];
    this.writeStart(options);
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
    const w = this.claim(RecordType.Clock, CLOCK_RECORD_BYTES);
    this.journal.f64[w + 3] = 0;
    this.trading?.runDue();
  }

  /**
   * Input: somebody outside asks for something, at `ns` (now, where that has passed). `text`: canonical JSON, at most
   * MAX_RECORD_TEXT_BYTES as UTF-8.
   */
  command(kind: CommandKind, text: string, ns = this.nowNs): void {
    if (ns > this.nowNs) this.time[0] = ns;
    const bytes = new TextEncoder().encode(text);
    assert(bytes.length <= MAX_RECORD_TEXT_BYTES, 'a command fits its record');
    const length = 32 + Math.ceil(bytes.length / 8) * 8;
    const w = this.claim(RecordType.Command, length);
    this.journal.u32[w * 2 + 6] = kind;
    this.journal.u32[w * 2 + 7] = bytes.length;
    this.journal.bytes.fill(0, w * 8 + 32, w * 8 + length);
    this.journal.bytes.set(bytes, w * 8 + 32);
    this.trading?.command(text);
  }

  /** Input: the risk worker's answer to the request under way, at `ns`. */
  figures(answer: Float64Array, ns: number): void {
    if (ns > this.nowNs) this.time[0] = ns;
    const w = this.claim(RecordType.RiskFigures, RISK_FIGURES_RECORD_BYTES);
    const { u32, f64 } = this.journal;
    u32[w * 2 + 6] = answer[Answer.Request];
    u32[w * 2 + 7] = answer[Answer.Status];
    f64[w + 4] = answer[Answer.Seq];
    f64[w + 5] = answer[Answer.Ns];
    for (let k = 0; k < RISK_FIGURES; k++) {
      const figure = answer[Answer.Figures + k];
      f64[w + 6 + k] = Number.isNaN(figure) ? Number.NaN : figure; // one NaN of the many there are
    }
    this.trading?.takeFigures(answer);
  }

  /** The last input of a run; its outputs are the strategies' last words, a final checkpoint and End. */
  stop(reason: StopReason): void {
    const w = this.claim(RecordType.Stop, 40);
    const { u32, f64 } = this.journal;
    u32[w * 2 + 6] = reason;
    u32[w * 2 + 7] = 0;
    f64[w + 4] = this.events;
    this.trading?.stop();
    this.writeCheckpoint();
    this.writeEnd();
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
        if (market.applied(input, w, i)) this.publishChange(input.u32[w * 2 + 1], MarketChange.Touch);
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
    if (this.trading !== null) this.advanceTo(w);
    if (tsRecv > this.time[0]) this.time[0] = tsRecv;
    if (this.events++ === 0) this.firstNs = this.time[0];
    this.journalEvent(w);
  }

  /** Returns MarketChange bits. */
  private applyToBook(w: number): number {
    const input = this.input;
    if (this.trading !== null) this.trading.beforeEvent(input, w);
    const change = this.market.apply(input, w);
    if (change !== MarketChange.None) this.publishChange(input.u32[w * 2 + 1], change);
    return change;
  }

  private actOn(w: number, change: number): void {
    if (this.trading !== null) this.trading.afterEvent(this.input, w, change);
    if (this.events === this.nextCheckpoint) this.writeCheckpoint();
  }

  /** Time passes up to the receipt of the event at `w`: timers, reports in flight and scheduled commands have their turn. */
  private advanceTo(w: number): void {
    const { trading, input } = this;
    if (trading === null) return;
    if (this.scheduled === this.schedule.length && !trading.isDueBy(input.f64, w + 1)) return;
    const tsRecv = input.f64[w + 1];
    for (;;) {
      const dueNs = trading.nextDueNs();
      const figuresNs = trading.parts.portfolio?.nextDueNs() ?? Number.POSITIVE_INFINITY;
      const next = this.scheduled < this.schedule.length ? this.schedule[this.scheduled] : null;
      if (figuresNs <= dueNs && !(next !== null && next.atNs <= figuresNs)) {
        if (figuresNs > tsRecv) return;
        this.awaitFigures(trading.parts.portfolio?.asked ?? 0, figuresNs);
      } else if (next !== null && next.atNs <= dueNs) {
        if (next.atNs > tsRecv) return;
        this.scheduled++;
        this.command(next.kind, next.text, next.atNs);
      } else {
        if (dueNs > tsRecv) return;
        this.clock(dueNs);
      }
    }
  }

  /** The answer to request `number` takes effect at `ns`: where it isn't there yet, the engine waits for it. */
  private awaitFigures(number: number, ns: number): void {
    this.journal.publish();
    this.figures(this.answerOf(number), ns);
  }

  private journalEvent(w: number): void {
    const input = this.input;
    const from = input.f64;
    const journal = this.journal;
    const r = this.claim(input.u32[w * 2] & 0xff, MARKET_RECORD_BYTES);
    const to = journal.f64;
    const u32 = journal.u32;
    u32[r * 2 + 6] = input.u32[w * 2];
    u32[r * 2 + 7] = input.u32[w * 2 + 1];
    this.epoch.copy(u32, r * 2 + 8, from, w + 1);
    this.epoch.copy(u32, r * 2 + 10, from, w + 2);
    to[r + 6] = from[w + 3];
    to[r + 7] = from[w + 4];
    to[r + 8] = from[w + 5];
    to[r + 9] = from[w + 6];
  }

  private publishChange(instrument: number, change: number): void {
    const journal = this.journal;
    if ((change & MarketChange.Standing) !== 0) {
      const w = this.claim(RecordType.BookState, 32);
      journal.u32[w * 2 + 6] = this.market.books.staleReason[instrument];
      journal.u32[w * 2 + 7] = instrument;
    }
    if ((change & MarketChange.Touch) !== 0) {
      const w = this.claim(RecordType.Bbo, BBO_RECORD_BYTES);
      const touch = this.market.books.touch;
      let flags = (touch[1] === 0 ? BboFlag.BidEmpty : 0) | (touch[3] === 0 ? BboFlag.AskEmpty : 0);
      if (flags === 0 && touch[0] >= touch[2]) flags = touch[0] === touch[2] ? BboFlag.Locked : BboFlag.Crossed;
      journal.u32[w * 2 + 6] = flags;
      journal.u32[w * 2 + 7] = instrument;
      journal.f64[w + 4] = touch[0];
      journal.f64[w + 5] = touch[1];
      journal.f64[w + 6] = touch[2];
      journal.f64[w + 7] = touch[3];
    }
  }

  /** A record with its header complete; returns its first word. */
  claim(type: number, length: number): number {
    const w = this.journal.claim(type, length);
    this.epoch.copy(this.journal.u32, w * 2 + 4, this.time, 0);
    return w;
  }

  private writeStart(options: EngineOptions): void {
    const bytes = new TextEncoder().encode(options.config);
    const { u32, f64 } = this.journal;
    const w = this.claim(RecordType.LogStart, 48);
    putEpochNs(u32, w * 2 + 6, 0, this.base);
    f64[w + 4] = options.seed;
    u32[w * 2 + 10] = options.formatVersion;
    u32[w * 2 + 11] = bytes.length;
    for (let offset = 0; offset < bytes.length; offset += CONFIG_PART_BYTES) {
      const part = bytes.subarray(offset, offset + CONFIG_PART_BYTES);
      const length = 32 + Math.ceil(part.length / 8) * 8;
      const r = this.claim(RecordType.Config, length);
      u32[r * 2 + 6] = offset;
      u32[r * 2 + 7] = part.length;
      this.journal.bytes.fill(0, r * 8 + 32, r * 8 + length);
      this.journal.bytes.set(part, r * 8 + 32);
    }
    this.journal.publish();
  }

  private writeCheckpoint(): void {
    this.nextCheckpoint = this.events + this.checkpointEvery;
    this.hash.reset();
    hashLevels(this.market.books, this.hash);
    const w = this.claim(RecordType.Checkpoint, 48);
    const { u32, f64 } = this.journal;
    u32[w * 2 + 6] = this.hash.lo;
    u32[w * 2 + 7] = this.hash.hi;
    f64[w + 4] = this.events;
    f64[w + 5] = this.market.books.orders.size;
  }

  private writeEnd(): void {
    const hash = stateHash(this.market.books);
    this.trading?.foldInto(hash);
    this.stateHashHex = hash.hex();
    const kinds = this.market.eventsByKind;
    const w = this.claim(RecordType.End, 64);
    const { u32, f64 } = this.journal;
    u32[w * 2 + 6] = hash.lo;
    u32[w * 2 + 7] = hash.hi;
    f64[w + 4] = this.events;
    f64[w + 5] = this.market.staleSpans.reduce((n, spans) => (spans === undefined ? n : n + 1), 0);
    f64[w + 6] = kinds[EventKind.Gap];
    f64[w + 7] = kinds[EventKind.ChecksumFailure];
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
