/**
 * The dashboard's side of a run: takes what the journal ring has, and serves it. It may be dropped from the ring, and nothing
 * waits for it unless the ring says so (a replay at full speed); what it asks of the engine goes through whoever started it.
 */
import { LogReader } from '../audit/log-reader.ts';
import type { Command } from '../config/commands.ts';
import { Telemetry } from '../core/counters.ts';
import { DroppableReader } from '../ring/droppable-reader.ts';
import type { JournalShared } from '../ring/journal.ts';
import type { SpscShared } from '../ring/spsc.ts';
import { Gauges, type LimitUseRow } from './model/gauges.ts';
import { Model } from './model/model.ts';
import type { ServingOptions } from './options.ts';
import type { Hello } from './protocol.ts';
import { DashboardServer } from './server.ts';
import { storyLines } from './story.ts';
import type { View } from './topics.ts';

/** Plain data and shared memory. */
export interface StageStart {
  readonly serving: ServingOptions;
  readonly journal: JournalShared;
  readonly reader: number;
  readonly journalReaders: readonly string[];
  readonly telemetry: SharedArrayBuffer;
  readonly feedRing: SpscShared | null;
  readonly logDirectory: string;
  /** replay, or live (books, paper, venue). */
  readonly mode: string;
  readonly tapehead: string;
  /** Names of pre-trade risk's checks, for the stories of orders. */
  readonly checkNames: readonly string[];
  readonly assetsDirectory: string | null;
}

/** What the dashboard asks of the run. */
export interface StageRequests {
  command(command: Command): void;
  /** Answered by `takeLimits`, some time. */
  askLimits(): void;
}

/** Records are taken for so long at a time, then sockets have their turn. */
const TURN_MS = 8;
/** With nothing to read it looks again after so long. */
const PAUSE_MS = 4;
/** ... and while somebody waits for what the journal says of a command. */
const COMMAND_PAUSE_MS = 1;
const LIMITS_MS = 1_000;
const SILENT_MS = 2_000;

export class DashboardStage {
  readonly view: View;
  private readonly start: StageStart;
  private readonly requests: StageRequests;
  private readonly reader: DroppableReader;
  private server: DashboardServer | null = null;
  private isEnding = false;
  private isSilent = false;
  private nextLimitsMs = 0;

  constructor(start: StageStart, requests: StageRequests) {
    this.start = start;
    this.requests = requests;
    this.reader = new DroppableReader(start.journal, start.reader);
    const { journal, journalReaders, feedRing, logDirectory } = start;
    const telemetry = new Telemetry(start.telemetry);
    const gauges = new Gauges({ telemetry, journal, journalReaders, feedRing, logDirectory });
    this.view = { model: new Model(), gauges, epoch: 0 };
  }

  /** Listens. Throws TapeheadError where it can't. */
  async open(): Promise<DashboardServer> {
    const { start, view } = this;
    this.server = await DashboardServer.start(start.serving, {
      view,
      hello: () => (view.model.isBegun ? this.hello() : null),
      port: { send: (command) => this.requests.command(command) },
      travel: null,
      story: (orderId) => storyLines(start.logDirectory, orderId, start.checkNames),
      assetsDirectory: start.assetsDirectory,
    });
    return this.server;
  }

  private hello(): Omit<Hello, 'server'> {
    const { model } = this.view;
    return {
      mode: this.start.mode,
      sessionMidnightNs: String(model.sessionMidnightNs),
      strategies: model.names.strategies,
      accounts: model.names.accounts,
      currency: model.names.settings.baseCurrency,
      isCurrencyAssumed: model.names.isCurrencyAssumed,
      fromNs: model.firstNs,
      toNs: model.nowNs,
      tapehead: this.start.tapehead,
    };
  }

  /** The run goes on with a log of so many records: they are read first. */
  preload(records: number): void {
    const log = new LogReader(this.start.logDirectory);
    try {
      while (log.seq < records && log.next()) this.view.model.take(log, log.at);
    } finally {
      log.close();
    }
  }

  /** Serves until `end`; then everybody is disconnected and nothing is listening any more. */
  async run(): Promise<void> {
    while (!this.isEnding) {
      const hasMore = this.pump();
      this.server?.tick();
      this.watch(performance.now());
      await (hasMore ? turn() : pause(this.server?.isCommandPending === true ? COMMAND_PAUSE_MS : PAUSE_MS));
    }
    await this.server?.close();
  }

  end(): void {
    this.isEnding = true;
  }

  takeLimits(uses: readonly LimitUseRow[]): void {
    this.view.gauges.takeLimits(uses, this.view.model.names.warnShare);
  }

  /** Takes records for a turn; true when more are there. */
  private pump(): boolean {
    const { reader } = this;
    const { model } = this.view;
    const untilMs = performance.now() + TURN_MS;
    for (;;) {
      const isClosed = reader.isClosed(); // before the last look, see JournalReader.isClosed
      const bytes = reader.take();
      if (bytes === 0) {
        if (isClosed && model.ended === '') this.brokenOff();
        return false;
      }
      for (let at = 0; at < bytes; at += reader.u32[(at >> 2) + 1] & 0xffff) model.take(reader, at);
      // That was all: the next turn looks again. Each look takes two cache lines away from the engine.
      if (bytes < reader.bytes.length / 2) return false;
      if (performance.now() >= untilMs) return true;
    }
  }

  private watch(nowMs: number): void {
    const { model, gauges } = this.view;
    const silentMs = gauges.silentMs(model, nowMs);
    const isSilent = silentMs > SILENT_MS && model.market.events > 0 && model.ended === '';
    if (isSilent !== this.isSilent) {
      this.isSilent = isSilent;
      if (isSilent) model.alerts.add(model.seq, model.nowNs, 'error', 'feed', 'the feed is silent');
      else if (model.ended === '') model.alerts.add(model.seq, model.nowNs, 'info', 'feed', 'the feed is back');
    }
    if (nowMs < this.nextLimitsMs || model.ended !== '' || (this.server?.clients.size ?? 0) === 0) return;
    this.nextLimitsMs = nowMs + LIMITS_MS;
    this.requests.askLimits();
  }

  /** The engine is gone without a Stop record. */
  private brokenOff(): void {
    const { model } = this.view;
    if (this.reader.backlogBytes() > 0) return;
    model.ended = 'the engine stopped';
    model.alerts.add(model.seq, model.nowNs, 'error', 'run', 'the engine stopped without ending its journal');
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
