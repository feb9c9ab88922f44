/**
 * The composition root: builds the stages of a run in flow order and sees them to their end.
 *
 *   recording ─► feed ─► [SPSC ring] ─► engine (stamp, journal, books) ─► [journal ring] ─► audit ─► log
 */
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { LogSummary } from './audit/log-writer.ts';
import type { RecordView } from './audit/record-text.ts';
import type { RecoveryReport } from './audit/recover.ts';
import { type Command, encodeCommand, parseCommand } from './config/commands.ts';
import type { Latch } from './config/trading-identity.ts';
import type { ExecutionOptions, RunIdentity } from './config.ts';
import { Telemetry } from './core/counters.ts';
import { messageOf, TapeheadError } from './core/errors.ts';
import { MachineLog } from './core/machine-log.ts';
import { RecordType } from './core/record.ts';
import { DEFAULT_STAMPS, TraceCollector } from './core/trace.ts';
import type { Opened } from './dashboard/messages.ts';
import { servingOptions } from './dashboard/options.ts';
import type { StageStart } from './dashboard/stage.ts';
import { DashboardThread } from './dashboard/thread.ts';
import type { EngineReport } from './engine/engine-stage.ts';
import type { FeedReport } from './engine/feed-stage.ts';
import { continuedIdentity } from './engine/live/continued.ts';
import type { LiveExecution, LiveFeedSource } from './engine/live/live-start.ts';
import { type LiveThreads, liveThreads } from './engine/live/live-threads.ts';
import { dismissRisk } from './engine/portfolio/risk-stage.ts';
import type { DashboardSetup, RingUse, Run, RunReport, ThreadReport } from './engine/run.ts';
import {
  AUDIT_READER,
  createSharedMemory,
  dashboardReader,
  type JournalReaders,
  LIMITS_QUERY,
  type Role,
  type SharedMemory,
  topologyOf,
  type WorkerStart,
  watchReader,
} from './engine/topology.ts';
import type { WorkerFailure, WorkerMessage } from './engine/worker.ts';
import type { DetectedRecording } from './feed/detect.ts';
import { DroppableReader } from './ring/droppable-reader.ts';
import { JournalReader } from './ring/journal.ts';
import { journalUse, spscUse } from './ring/ring-use.ts';
import { SpscReader } from './ring/spsc.ts';
import { CHECK_NAMES } from './risk/checks.ts';
import type { LimitUse } from './risk/limit-use.ts';

/** Traced events are collected so often: 4,096 rows hold those of 100 ms at 40 M events/s, one in 1,024. */
const COLLECT_MS = 100;

export type { DashboardSetup, RingUse, Run, RunReport, ThreadReport } from './engine/run.ts';

/** Starts a replay on worker threads. Errors of the environment end up in the report, not as exceptions. */
export function startReplay(
  recording: DetectedRecording,
  identity: RunIdentity,
  execution: ExecutionOptions,
  dashboard: DashboardSetup | null = null,
): Run {
  return running(new WorkerRun({ recording }, identity, execution, dashboard));
}

/**
 * Starts a live run on worker threads; it goes on until it is stopped. Into a directory whose log was never closed: it goes on
 * with that log. `source` is handed to the feed's module with the session's base of the log. Throws USAGE where the log is
 * another run's (it says what differs), or the run is no live one.
 */
export function startLive(
  source: LiveFeedSource,
  asked: RunIdentity,
  execution: ExecutionOptions,
  live: LiveExecution,
  dashboard: DashboardSetup | null = null,
): Run {
  const identity = continuedIdentity(execution.logDir, asked);
  if (identity.live === undefined) throw new TapeheadError('USAGE', 'a live run names its venues');
  return running(
    new WorkerRun({ live: liveThreads(source, identity, identity.live, live) }, identity, execution, dashboard),
  );
}

function running(run: WorkerRun): Run {
  return {
    telemetry: run.telemetry,
    requestStop: () => run.telemetry.requestStop(),
    command: (command) => run.command(command),
    get onLatch() {
      return run.onLatch;
    },
    set onLatch(listener) {
      run.onLatch = listener;
    },
    get onSaid() {
      return run.onSaid;
    },
    set onSaid(listener) {
      run.onSaid = listener;
    },
    limitUse: () => run.limitUse(),
    readJournal: (visit) => run.readJournal(visit),
    ringUse: () => ringUse(run.shared),
    identity: run.identity,
    dashboard: run.dashboardOpened,
    endDashboard: () => run.endDashboard(),
    done: run.run(),
  };
}

/** What a run is made from. */
interface RunSource {
  readonly recording?: DetectedRecording;
  readonly live?: LiveThreads;
}

class WorkerRun {
  readonly telemetry: Telemetry;
  readonly shared: SharedMemory;
  private readonly readers: JournalReaders;
  private readonly watcher: DroppableReader | null;
  private readonly collector: TraceCollector;
  private readonly source: RunSource;
  readonly identity: RunIdentity;
  private readonly execution: ExecutionOptions;
  private readonly commands: MessagePort;
  private readonly engineCommands: MessagePort;
  onLatch: (latched: readonly Latch[]) => void = () => {};
  onSaid: (line: string) => void = () => {};
  private readonly asking: ((use: readonly LimitUse[]) => void)[] = [];
  private isOver = false;
  private feed: FeedReport | null = null;
  private engine: EngineReport | null = null;
  private log: LogSummary | null = null;
  private logClosedNs = 0;
  private recovered: RecoveryReport | null = null;
  private readonly failures: { role: Role; failure: WorkerFailure }[] = [];
  private readonly pinning: string[] = [];
  private readonly threads: ThreadReport[] = [];
  private readonly dashboard: Promise<DashboardThread | null>;
  readonly dashboardOpened: Promise<Opened | null>;

  constructor(source: RunSource, identity: RunIdentity, execution: ExecutionOptions, dashboard: DashboardSetup | null) {
    this.source = source;
    this.identity = identity;
    this.execution = execution;
    const isLive = source.live !== undefined;
    const readers: JournalReaders = {
      hasPortfolio: hasPortfolio(identity),
      dashboard: dashboard === null ? 'none' : isUnhurried(source, execution) ? 'gating' : 'droppable',
      isWatched: isLive,
    };
    this.readers = readers;
    this.shared = createSharedMemory(execution.stamps ?? DEFAULT_STAMPS, readers);
    this.watcher = isLive ? new DroppableReader(this.shared.journal, watchReader(readers)) : null;
    this.telemetry = new Telemetry(this.shared.telemetry);
    this.collector = new TraceCollector(this.shared.trace);
    const { port1, port2 } = new MessageChannel();
    this.commands = port1;
    this.engineCommands = port2;
    port1.unref();
    this.dashboard = dashboard === null ? Promise.resolve(null) : this.startDashboard(dashboard);
    this.dashboardOpened = this.dashboard.then((thread) => thread?.opened ?? null);
  }

  async endDashboard(): Promise<void> {
    await (await this.dashboard)?.end();
  }

  readJournal(visit: (record: RecordView) => void): void {
    const { watcher } = this;
    if (watcher === null) return;
    const { bytes, u32, f64 } = watcher;
    for (let length = watcher.take(); length > 0; length = watcher.take()) {
      for (let at = 0; at < length; at += u32[(at + 4) >> 2] & 0xffff) {
        if (bytes[at + 6] !== RecordType.Pad) visit({ bytes, u32, f64, at });
      }
    }
  }

  limitUse(): Promise<readonly LimitUse[]> {
    if (this.isOver) return Promise.resolve([]);
    return new Promise((resolve) => {
      this.asking.push(resolve);
      this.commands.postMessage(LIMITS_QUERY);
      this.telemetry.announceCommand();
    });
  }

  command(command: Command): void {
    encodeCommand(parseCommand(command, 'command'));
    this.commands.postMessage(command);
    this.telemetry.announceCommand();
  }

  async run(): Promise<RunReport> {
    const startMs = performance.now();
    const threads: Promise<void>[] = [];
    // Before all others: where it can't listen nothing has begun, and no log was made.
    const dashboard = await this.dashboard;
    if (this.failures.length > 0) return this.report(startMs);
    // Each thread is ready before the one that feeds it starts; one that can't be leaves the rest unstarted.
    // A live feed waits for its sockets, the engine for its ring, the log for the disk: each needs a thread.
    const count = this.source.live === undefined ? this.execution.threads : 3;
    const topology = topologyOf(count, hasPortfolio(this.identity));
    for (const [i, roles] of topology.entries()) {
      const { ready, ended } = this.thread(roles, roles.includes('engine') ? 0 : i + 1);
      threads.push(ended);
      const isLast = i === topology.length - 1;
      if (!isLast && !(await ready)) break;
      if (i === 0) dashboard?.begin(this.recovered?.records ?? 0);
      if (roles.includes('engine')) threads.push(...this.startGateways());
    }
    const collecting = setInterval(() => this.telemetry.collect(this.collector), COLLECT_MS);
    await Promise.all(threads);
    clearInterval(collecting);
    this.telemetry.collect(this.collector);
    this.commands.close();
    this.isOver = true;
    for (const resolve of this.asking.splice(0)) resolve([]);
    return this.report(startMs);
  }

  private report(startMs: number): RunReport {
    return {
      feed: this.feed,
      engine: this.engine,
      log: this.log,
      recovered: this.recovered,
      failure: this.failures.find(({ failure }) => !failure.secondary) ?? this.failures[0] ?? null,
      elapsedMs: this.elapsedMs(startMs),
      pinning: this.pinning,
      threads: this.threads,
      traces: { collected: this.collector.count, missed: this.collector.missed },
    };
  }

  /** From the first byte read to the closed log, where both came to pass; starting threads is not part of a run. */
  private elapsedMs(startMs: number): number {
    if (this.feed === null || this.logClosedNs === 0) return performance.now() - startMs;
    return (this.logClosedNs - this.feed.startedNs) / 1e6;
  }

  /** Runs one worker to its end. `ready`: its log or engine is open; false when it ended before. */
  private thread(roles: readonly Role[], pinIndex: number): { ready: Promise<boolean>; ended: Promise<void> } {
    const { shared, identity, execution } = this;
    const recording = this.source.recording ?? null;
    const live = this.source.live?.start(this.recovered?.records ?? 0) ?? null;
    const commands = roles.includes('engine') ? this.engineCommands : null;
    const worker = new Worker(new URL('./engine/worker.js', import.meta.url), {
      workerData: { roles, pinIndex, shared, recording, live, identity, commands, execution } satisfies WorkerStart,
      transferList: commands === null ? [] : [commands],
    });
    worker.on('error', (error) => {
      this.failures.push({ role: roles[0], failure: this.deathOf(error, roles) });
    });
    const ready = new Promise<boolean>((resolve) => {
      worker.on('message', (message: WorkerMessage) => {
        this.take(message);
        if (['log-open', 'engine-open', 'risk-open'].includes(message.type)) resolve(true);
      });
      worker.on('exit', () => resolve(false));
    });
    const ended = new Promise<void>((resolve) => {
      worker.on('exit', () => {
        this.release(roles);
        resolve();
      });
    });
    return { ready, ended };
  }

  /** Null where it can't listen: that is the run's failure. */
  private async startDashboard(setup: DashboardSetup): Promise<DashboardThread | null> {
    const { journal, telemetry, feedRing } = this.shared;
    const reader = dashboardReader(this.readers);
    const assets = setup.assetsDirectory ?? fileURLToPath(new URL('./dashboard/page/assets', import.meta.url));
    try {
      const start: StageStart = {
        serving: servingOptions(setup),
        ...{ journal, reader, telemetry, feedRing },
        journalReaders: hasPortfolio(this.identity) ? ['audit', 'risk', 'dashboard'] : ['audit', 'dashboard'],
        logDirectory: this.execution.logDir,
        mode: this.identity.live === undefined ? 'replay' : `live (${this.identity.live.mode})`,
        tapehead: setup.version,
        checkNames: CHECK_NAMES,
        assetsDirectory: assets,
      };
      const thread = await DashboardThread.start(start, this.execution.pin, {
        command: (command) => this.command(command),
        limits: () => this.limitUse(),
        failed: (error) => this.onSaid(`the dashboard is gone, the run goes on: ${messageOf(error)}`),
      });
      if (thread.cores !== '') this.pinning.push(`dashboard: ${thread.cores}`);
      void thread.gone.then(() => JournalReader.detach(journal, reader));
      return thread;
    } catch (error) {
      const code = error instanceof TapeheadError ? error.code : 'BUG';
      const stack = error instanceof Error ? error.stack : undefined;
      this.failures.push({ role: 'dashboard', failure: { code, message: messageOf(error), stack, secondary: false } });
      return null;
    }
  }

  /** The gateways of a live run: they end when the engine closes its order rings. Each by the end of its thread. */
  private startGateways(): Promise<void>[] {
    const { live } = this.source;
    if (live === undefined) return [];
    return live.startGateways(this.shared.telemetry, (line) => this.onSaid(line));
  }

  /** Of a thread that died without telling why itself. */
  private deathOf(error: Error & { code?: string }, roles: readonly Role[]): WorkerFailure {
    if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') {
      return { code: 'BUG', message: messageOf(error), stack: error.stack, secondary: false };
    }
    const ids = this.identity.trading?.strategies.map(({ id }) => id) ?? [];
    const who = ids.length === 0 ? '' : `, perhaps a strategy (${ids.join(', ')}) that keeps whatever it sees`;
    const message = `the ${roles.join('+')} thread ran out of memory${who}; the log ${this.execution.logDir} was not closed`;
    return { code: 'OUT_OF_MEMORY', message, stack: undefined, secondary: false };
  }

  private take(message: WorkerMessage): void {
    if (message.type === 'feed') this.feed = message.report;
    else if (message.type === 'engine') this.engine = message.report;
    else if (message.type === 'log') {
      this.log = message.summary;
      this.logClosedNs = message.closedNs;
    } else if (message.type === 'limits') this.asking.shift()?.(message.use);
    else if (message.type === 'latched') this.onLatch(message.latched);
    else if (message.type === 'said') this.onSaid(message.line);
    else if (message.type === 'log-open') this.recovered = message.recovered;
    else if (message.type === 'ended') {
      const { roles, use, machine } = message;
      this.threads.push({ roles, use, machine: new MachineLog(machine) });
    } else if (message.type === 'pinned') this.pinning.push(`${message.roles.join('+')}: ${message.where}`);
    else if (message.type === 'failed') this.failures.push({ role: message.role, failure: message.failure });
  }

  /** A thread that is gone, however it went, must hold nobody up. Harmless after a clean end. */
  private release(roles: readonly Role[]): void {
    const { feedRing, journal } = this.shared;
    if (roles.includes('feed')) SpscReader.closeFor(feedRing);
    if (roles.includes('engine')) {
      SpscReader.abandon(feedRing);
      JournalReader.closeFor(journal);
      this.source.live?.closeGateways();
    }
    if (roles.includes('audit') && this.log === null) JournalReader.abandon(journal, AUDIT_READER);
    if (roles.includes('risk')) dismissRisk(this.shared);
  }
}

function ringUse({ feedRing, journal }: SharedMemory): RingUse {
  return {
    feed: spscUse(feedRing) / feedRing.capacity,
    journal: Math.max(0, journalUse(journal, AUDIT_READER)) / (journal.words * 8),
  };
}

/** A recording as fast as it goes: nobody waits for it, so that it may wait for its dashboard. */
function isUnhurried(source: RunSource, { speed }: ExecutionOptions): boolean {
  return source.live === undefined && speed === Number.POSITIVE_INFINITY;
}

function hasPortfolio({ trading }: RunIdentity): boolean {
  return trading?.portfolio !== undefined;
}

/** Rethrows a run's failure as what it is: a user's or environment's error as TapeheadError, a bug as Error with its stack. */
export function failureOf(report: RunReport): Error | null {
  if (report.failure === null) return null;
  const { code, message, stack } = report.failure.failure;
  if (code !== 'BUG') return new TapeheadError(code, message);
  const error = new Error(`tapehead's ${report.failure.role} stage stopped on a bug: ${message}`);
  if (stack !== undefined) error.stack = stack;
  return error;
}
