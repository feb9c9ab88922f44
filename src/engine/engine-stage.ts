/** The engine side of a run: one Engine between the feed ring and the journal, and what it reports at the end. */

import { encodeCommand, parseCommand } from '../config/commands.ts';
import type { RunIdentity } from '../config.ts';
import { canonicalJson } from '../config.ts';
import { FeedStatus, Telemetry } from '../core/counters.ts';
import { EventKind, STALE_REASON_TEXT, StaleReason } from '../core/event.ts';
import { ENGINE_BATCH } from '../core/limits.ts';
import { LOG_FORMAT_VERSION, StopReason } from '../core/record.ts';
import { sessionBase } from '../core/time.ts';
import { EventStamps } from '../core/trace.ts';
import { JournalWriter } from '../ring/journal.ts';
import { SpscReader } from '../ring/spsc.ts';
import type { LimitUse } from '../risk/limit-use.ts';
import { Engine } from './engine.ts';
import { AnswerBox } from './portfolio/answer-box.ts';
import type { SharedMemory } from './topology.ts';
import type { TradingSetup } from './trading/trading.ts';

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
}

export class EngineStage {
  readonly engine: Engine;
  /** Called before each turn: where commands from outside are taken in. */
  beforeTurn: () => void = () => {};
  private readonly input: SpscReader;
  private readonly journal: JournalWriter;
  private readonly telemetry: Telemetry;
  private finished = false;

  constructor(
    shared: SharedMemory,
    identity: RunIdentity,
    trading: TradingSetup | null,
    expectedOrders: number,
    othersTurn: (() => number) | null,
  ) {
    this.telemetry = new Telemetry(shared.telemetry);
    this.input = new SpscReader(shared.feedRing);
    this.journal = new JournalWriter(shared.journal);
    this.journal.onFull = othersTurn;
    const base = sessionBase(BigInt(identity.sessionMidnightNs));
    const schedule = (identity.trading?.commands ?? []).map(({ atNs, command }) => ({
      atNs,
      ...encodeCommand(command),
    }));
    const options = {
      base,
      seed: identity.seed,
      config: canonicalJson(identity),
      formatVersion: LOG_FORMAT_VERSION,
      expectedOrders,
      trading,
      schedule,
    };
    this.engine = new Engine(this.input, this.journal, options, this.telemetry, new EventStamps(shared.trace));
    const box = new AnswerBox(shared.answers);
    this.engine.answerOf = (request) => {
      box.wait(request, othersTurn);
      return box.answer;
    };
  }

  /** Journals a command and carries it out; one that makes no sense throws USAGE and never gets into the journal. */
  command(value: unknown): void {
    const { kind, text } = encodeCommand(parseCommand(value, 'command'));
    if (!this.finished) this.engine.command(kind, text);
  }

  /** One turn; returns the events taken. After the last one of a closed feed the journal is ended and closed. */
  doWork(limit: number): number {
    if (this.finished) return 0;
    this.beforeTurn();
    const count = this.engine.doWork(limit);
    if (count > 0) return count;
    this.journal.publish();
    if (this.input.isClosed() && this.input.poll(1) === 0) this.finish();
    return 0;
  }

  /** The loop of a thread that runs nothing else. */
  run(): void {
    while (!this.finished) {
      if (this.doWork(ENGINE_BATCH) === 0 && !this.finished) this.input.idle();
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
