/** The engine side of a run: one Engine between the feed ring and the journal, and what it reports at the end. */

import { encodeCommand, parseCommand } from '../config/commands.ts';
import type { RunIdentity } from '../config.ts';
import { canonicalJson } from '../config.ts';
import { assert } from '../core/assert.ts';
import { Counter, FeedStatus, Telemetry } from '../core/counters.ts';
import { EventFlag, EventKind, eventHead, STALE_REASON_TEXT, StaleReason } from '../core/event.ts';
import { ENGINE_BATCH } from '../core/limits.ts';
import { LOG_FORMAT_VERSION, StopReason } from '../core/record.ts';
import { sessionBase } from '../core/time.ts';
import { EventStamps } from '../core/trace.ts';
import { JournalWriter } from '../ring/journal.ts';
import { SpscReader } from '../ring/spsc.ts';
import type { LimitUse } from '../risk/limit-use.ts';
import { Engine } from './engine.ts';
import { LoggedRecords } from './live/continued.ts';
import { FeedTranslation } from './live/feed-translation.ts';
import { type LiveLink, LiveTurns } from './live/live-turns.ts';
import { VenueRoutes } from './live/routes.ts';
import { readStart } from './log-start.ts';
import { AnswerBox } from './portfolio/answer-box.ts';
import { Reexecution } from './reexecution.ts';
import type { SharedMemory } from './topology.ts';
import type { TradingSetup } from './trading/trading.ts';
import type { VenueReport } from './trading/venue-desk.ts';

/** A replay's engine that waits for its feed looks for commands so often: nobody wakes it for them. */
const COMMAND_LOOK_MS = 1;

/** A feed that ended without saying how has failed. */
const STOP_REASONS: readonly StopReason[] = (() => {
  const reasons: StopReason[] = [];
  reasons[FeedStatus.Running] = StopReason.FeedError;
  reasons[FeedStatus.EndOfFeed] = StopReason.EndOfFeed;
  reasons[FeedStatus.Interrupted] = StopReason.Interrupted;
  reasons[FeedStatus.Failed] = StopReason.FeedError;
  return reasons;
})();

/** One instrument that could not be trusted for a while. */
export interface StaleInstrument {
  readonly symbol: string;
  readonly spans: number;
  /** Recording time, ns; up to the end for a span still open. */
  readonly totalNs: number;
  /** Why, the last time; the reason it is stale at the end, or null when it is live again. */
  readonly lastReason: string;
  readonly staleAtEnd: boolean;
}

export interface EngineReport {
  readonly events: number;
  readonly eventsByKind: readonly number[];
  readonly instruments: number;
  readonly levels: number;
  readonly orders: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
  readonly checksumFailures: number;
  readonly unknownOrders: number;
  readonly duplicateOrders: number;
  readonly badValues: number;
  readonly crossed: number;
  readonly locked: number;
  readonly stale: readonly StaleInstrument[];
  readonly stateHash: string;
  readonly sessionSpanNs: number;
  /** What became of commands that were not carried out, a line each. */
  readonly commandProblems: readonly string[];
  /** Every limit in force and how far it was used at the end; null in a run that only keeps books. */
  readonly limits: readonly LimitUse[] | null;
  /** Live venues and what differs between them and the log; empty in every other run. */
  readonly venues: readonly VenueReport[];
  /** Orders that are open at a live venue, or may be, though the run has ended; a line each. */
  readonly leftOpen: readonly string[];
}

/** A log that the run goes on with. */
export interface ContinuedLog {
  readonly directory: string;
  /** Records that it holds. */
  readonly records: number;
}

export interface EngineStageOptions {
  readonly shared: SharedMemory;
  readonly identity: RunIdentity;
  readonly trading: TradingSetup | null;
  readonly expectedOrders: number;
  /** Gives the other stages of the thread a turn; null where there are none. */
  readonly othersTurn: (() => number) | null;
  /** Of a live run only. */
  readonly link?: LiveLink | null;
  /** Of a live run that goes on with its log. */
  readonly continued?: ContinuedLog | null;
}

export class EngineStage {
  readonly engine: Engine;
  /** Called before each turn: where commands from outside are taken in. */
  beforeTurn: () => void = () => {};
  private readonly input: SpscReader;
  private readonly journal: JournalWriter;
  private readonly telemetry: Telemetry;
  private readonly routes: VenueRoutes | null;
  private readonly link: LiveLink | null;
  private readonly live: LiveTurns | null;
  private readonly log: LoggedRecords | null;
  private readonly reexecution: Reexecution | null;
  private translation: FeedTranslation | null = null;
  private readonly nap = new Int32Array(new SharedArrayBuffer(4));
  private finished = false;

  constructor(stage: EngineStageOptions) {
    const { shared, identity, expectedOrders, othersTurn, link = null, continued = null } = stage;
    this.telemetry = new Telemetry(shared.telemetry);
    this.input = new SpscReader(shared.feedRing);
    this.journal = new JournalWriter(shared.journal);
    this.journal.onFull = othersTurn;
    const base = sessionBase(BigInt(identity.sessionMidnightNs));
    const schedule = (identity.trading?.commands ?? []).map(({ atNs, command }) => ({
      atNs,
      ...encodeCommand(command),
    }));
    const { live } = identity;
    const isRouted = live?.mode === 'venue' && link !== null;
    this.routes = isRouted
      ? new VenueRoutes(
          live,
          link.venues.map(({ orders }) => orders),
        )
      : null;
    const trading =
      stage.trading === null || live === undefined
        ? stage.trading
        : { ...stage.trading, live, venueOutlet: this.routes };
    const options = {
      base,
      seed: identity.seed,
      config: canonicalJson(identity),
      formatVersion: LOG_FORMAT_VERSION,
      expectedOrders,
      trading,
      schedule,
    };
    const log = continued === null ? null : new LoggedRecords(continued.directory, continued.records);
    this.log = log;
    this.reexecution =
      log === null
        ? null
        : new Reexecution(log, base, { turn: () => this.reexecuted(log.seq), figures: (logged) => logged });
    const input = this.reexecution?.ring ?? this.input;
    if (this.routes !== null) this.routes.isMuted = log !== null;
    this.engine = new Engine(input, this.journal, options, this.telemetry, new EventStamps(shared.trace));
    const box = new AnswerBox(shared.answers);
    this.live = link === null || live === undefined ? null : new LiveTurns(this.engine, live, link, box, this.routes);
    this.link = link;
    this.engine.answerOf = (request) => {
      box.wait(request, othersTurn);
      return box.answer;
    };
  }

  /** Journals a command and carries it out; one that makes no sense throws USAGE and never gets into the journal. */
  command(value: unknown): void {
    const { kind, text } = encodeCommand(parseCommand(value, 'command'));
    if (this.finished) return;
    if (this.live === null) this.engine.command(kind, text);
    else this.live.command(kind, text);
  }

  /** One turn; returns the events taken. After the last one of a closed feed the journal is ended and closed. */
  doWork(limit: number): number {
    if (this.finished) return 0;
    this.beforeTurn();
    const { live } = this;
    let count = 0;
    if (live !== null) {
      this.telemetry.counters[Counter.LiveTurns]++;
      count = live.take();
    }
    if (this.translation !== null) this.translation.apply(this.input, this.input.cursor, this.input.poll(limit));
    count += this.engine.doWork(limit);
    if (count > 0) return count;
    this.journal.publish();
    if (live !== null && live.letTimePass() > 0) return 1;
    const isOver = this.input.isClosed() && this.input.poll(1) === 0;
    if (isOver && (live === null || live.windDown())) this.finish();
    return 0;
  }

  /**
   * Of a run that goes on with its log: executes the log's inputs again, sending nothing, and makes of it a run that has just
   * lost every connection. To be called once, before the first turn. Afterwards the stage may be finished: the log was whole.
   */
  resume(): void {
    const { engine, log, reexecution } = this;
    if (log === null || reexecution === null) return;
    const start = readStart(log);
    assert(start !== null, 'the log said what it is before it was opened');
    reexecution.run(engine, start.hasRecord);
    log.close();
    if (reexecution.isStopped) {
      this.routes?.end();
      this.journal.close();
      this.finished = true;
      return;
    }
    const { books } = engine.market;
    const now = Math.max(engine.nowNs, this.link?.now() ?? 0);
    for (const def of books.defs) {
      if (def === undefined) continue;
      reexecution.push(eventHead(EventKind.Stale, 0, EventFlag.Last), def.instrument, now, StaleReason.Disconnected);
    }
    reexecution.turn(engine);
    engine.attach(this.input);
    this.translation = new FeedTranslation(books);
    this.live?.beginAgain();
    this.journal.publish();
  }

  /** The loop of a thread that runs nothing else. */
  run(): void {
    while (!this.finished) {
      if (this.doWork(ENGINE_BATCH) > 0 || this.finished) continue;
      if (this.live === null) this.input.idle(COMMAND_LOOK_MS);
      else if (this.input.isClosed()) Atomics.wait(this.nap, 0, 0, this.live.idleMs());
      else this.input.idle(this.live.idleMs());
    }
  }

  get isFinished(): boolean {
    return this.finished;
  }

  /** A bug or a dead peer: readers of the journal must not wait for more. */
  abort(): void {
    this.finished = true;
    this.journal.close();
  }

  report(): EngineReport {
    const { market } = this.engine;
    const { books, eventsByKind } = market;
    return {
      events: this.engine.events,
      eventsByKind: [...eventsByKind],
      instruments: books.defs.filter((def) => def !== undefined).length,
      levels: books.ladders.size,
      orders: books.orders.size,
      gaps: eventsByKind[EventKind.Gap],
      duplicates: eventsByKind[EventKind.Duplicate],
      outOfOrder: eventsByKind[EventKind.OutOfOrder],
      checksumFailures: eventsByKind[EventKind.ChecksumFailure],
      unknownOrders: books.unknownOrders,
      duplicateOrders: books.duplicateOrders,
      badValues: books.badValues,
      crossed: market.crossed,
      locked: market.locked,
      stale: this.staleInstruments(),
      stateHash: this.engine.stateHashHex,
      commandProblems: this.commandProblems(),
      limits: this.limitUse(),
      venues: this.engine.trading?.parts.venues?.report() ?? [],
      leftOpen: this.live?.leftOpen ?? [],
      sessionSpanNs: this.engine.events === 0 ? 0 : this.engine.nowNs - this.engine.firstNs,
    };
  }

  /** Every limit in force and how far it is used now; null in a run that only keeps books. */
  limitUse(): LimitUse[] | null {
    const { trading } = this.engine;
    if (trading === null) return null;
    const { risk, portfolio } = trading.parts;
    return [...risk.limitUse(this.engine.nowNs), ...(portfolio?.limitUse() ?? [])];
  }

  private commandProblems(): string[] {
    const { trading, commandsLeft } = this.engine;
    const left =
      commandsLeft === 0
        ? []
        : [`${commandsLeft} scheduled command${commandsLeft === 1 ? ' is' : 's are'} later than the recording's end`];
    return [...(trading?.parts.refusals ?? []), ...left];
  }

  /** Records of the log that were executed again so far. */
  private reexecuted(seq: number): void {
    this.journal.publish();
    this.telemetry.counters[Counter.Reexecuted] = seq;
  }

  private finish(): void {
    const status = this.telemetry.feedStatus;
    this.engine.stop(STOP_REASONS[status]);
    this.journal.close();
    this.finished = true;
  }

  private staleInstruments(): StaleInstrument[] {
    const { market } = this.engine;
    const found: StaleInstrument[] = [];
    market.staleSpans.forEach((spans, instrument) => {
      const reason = market.books.staleReason[instrument];
      if (spans.spans === 0 && reason === StaleReason.None) return;
      const open = spans.sinceNs >= 0 ? this.engine.nowNs - spans.sinceNs : 0;
      found.push({
        symbol: market.books.defs[instrument]?.symbol ?? String(instrument),
        spans: spans.spans,
        totalNs: spans.totalNs + open,
        lastReason: STALE_REASON_TEXT[reason === StaleReason.None ? spans.lastReason : reason],
        staleAtEnd: reason !== StaleReason.None,
      });
    });
    return found;
  }
}
