/** `tapehead live`: the engine on live feeds, with orders to nobody, to the simulated venue, or to the venue itself. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { recoveryText } from '../audit/recover.ts';
import type { LiveIdentity } from '../config/live-identity.ts';
import type { ExecutionOptions, RunIdentity } from '../config.ts';
import { Counter } from '../core/counters.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { sessionBaseNs } from '../core/time.ts';
import { continuedIdentity } from '../engine/live/continued.ts';
import type { VenueReport } from '../engine/trading/venue-desk.ts';
import { failureOf, type Run, type RunReport, startLive } from '../engine.ts';
import { LiveClock } from '../feed/live/live-clock.ts';
import { BacktestReport } from '../report/backtest-report.ts';
import { LiveStatus } from '../report/live-status.ts';
import { readLatches, writeLatches } from './latch-file.ts';
import { limitTable } from './limit-table.ts';
import { gatewaysOf } from './live-gateways.ts';
import type { ItchCommandOptions } from './live-itch.ts';
import type { SourceOptions } from './live-options.ts';
import { type LivePlan, planOf } from './live-plan.ts';
import type { OrdersTo } from './live-trading.ts';
import { type LiveFigures, LiveView } from './live-view.ts';
import { writeReport } from './report.ts';
import { reportText } from './report-text.ts';
import { type CompleteReport, summaryJson, summaryText } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { dashboardSetup, type Surroundings, WatchedRun, type WatchFlags } from './watched-run.ts';

export interface LiveOptions extends SourceOptions, ItchCommandOptions, WatchFlags {
  readonly orders?: OrdersTo;
  readonly keyFile?: string;
  readonly record?: string;
  readonly rotateMb: number;
  readonly rotateMinutes: number;
  readonly for?: number;
  readonly log?: string;
  readonly seed: number;
  readonly pin: boolean;
  readonly sync: boolean;
  readonly writeAhead: boolean;
  readonly stamps: number;
  readonly json?: boolean;
  readonly strategy?: readonly string[];
  readonly params?: string;
  readonly config?: string;
  readonly latch?: string;
  readonly report?: string;
}

const POLL_MS = 20;
const REDRAW_MS = 200;
const PLAIN_LINE_MS = 5_000;
/** A session without an event begins so long after its start. */
const MAX_START_MS = 10_000;

export async function live(options: LiveOptions, terminal: Terminal, around: Surroundings): Promise<number> {
  const plan = await planOf(options, readLatches(options.latch), around.environment);
  const { mode, trading } = plan;
  if (trading === null && options.report !== undefined) {
    throw new TapeheadError('USAGE', '--report says nothing without --strategy or --config');
  }
  const liveIdentity: LiveIdentity = { mode, tag: randomBytes(4).toString('hex'), venues: plan.followed };
  const identity: RunIdentity = {
    format: plan.format,
    sessionMidnightNs: String(sessionBaseNs(plan.base)),
    symbols: plan.symbols,
    seed: options.seed,
    trading,
    live: liveIdentity,
  };
  if (options.latch !== undefined) writeLatches(options.latch, trading?.latched ?? []);
  const execution: ExecutionOptions = {
    logDir: options.log ?? join('tapehead-log', `live-${stampOf(new Date())}-${process.pid}`),
    strategyDir: '.',
    speed: Number.POSITIVE_INFINITY,
    threads: 3, // a live run needs them all
    pin: options.pin,
    sync: options.sync,
    stamps: options.stamps,
  };
  // A log that is gone on with has its own tag and midnight.
  const inForce = continuedIdentity(execution.logDir, identity);
  const gateways =
    mode === 'venue' && plan.venues !== null ? gatewaysOf(options, plan.venues, inForce, around.environment) : [];
  const feed = { feedModule: plan.feedModule, gateways };
  const run = startLive(plan.source, identity, execution, feed, dashboardSetup(options, around));
  return new LiveSession(run, plan, options, execution, terminal).toItsEnd();
}

/** One run, from its start to its summary. */
class LiveSession {
  private readonly run: Run;
  private readonly plan: LivePlan;
  private readonly options: LiveOptions;
  private readonly execution: ExecutionOptions;
  private readonly terminal: Terminal;
  private readonly status = new LiveStatus();
  private readonly view: LiveView;
  private readonly watched: WatchedRun;
  private readonly clock: LiveClock;
  private readonly startMs = performance.now();
  private shownMs = performance.now();
  private latchFailure: Error | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(run: Run, plan: LivePlan, options: LiveOptions, execution: ExecutionOptions, terminal: Terminal) {
    this.run = run;
    this.plan = plan;
    this.options = options;
    this.execution = execution;
    this.terminal = terminal;
    this.view = new LiveView(terminal);
    // A live run is over when somebody ends it: nothing is left to look at.
    this.watched = new WatchedRun(run, { hold: false, ...options }, terminal);
    this.clock = new LiveClock(plan.base);
  }

  async toItsEnd(): Promise<number> {
    const { run, terminal, watched } = this;
    run.onLatch = (latched) => this.keepLatches(latched);
    const stop = (): void => {
      run.requestStop();
      watched.interrupt();
    };
    const stopListening = terminal.onInterrupt(stop, () => watched.end());
    const poll = setInterval(() => this.look(stop), POLL_MS);
    try {
      await watched.begin();
      run.onSaid = (line) => this.say(line);
      const report = await run.done.finally(() => this.view.erase());
      const code = this.conclude(report);
      await watched.hold();
      return code;
    } finally {
      clearInterval(poll);
      clearTimeout(this.timer);
      stopListening();
      await watched.end();
    }
  }

  private conclude(report: RunReport): number {
    const { terminal } = this;
    if (report.recovered !== null) terminal.err(`tapehead: ${recoveryText(report.recovered)}\n`);
    if (this.latchFailure !== null) throw this.latchFailure;
    const failure = failureOf(report);
    if (failure !== null) throw this.explained(failure, report.log?.closed === true);
    const { feed, engine, log } = report;
    if (feed === null || engine === null || log === null) throw new Error('the run ended without a report');
    this.summarise({ ...report, feed, engine, log });
    for (const problem of engine.commandProblems) terminal.err(`tapehead: warning: ${printable(problem)}\n`);
    for (const order of engine.leftOpen) terminal.err(`tapehead: warning: may still be open: ${printable(order)}\n`);
    return engine.leftOpen.length > 0 ? 1 : 0;
  }

  private keepLatches(latched: Parameters<Run['onLatch']>[0]): void {
    const { latch } = this.options;
    if (latch === undefined) return;
    try {
      writeLatches(latch, latched);
    } catch (error) {
      // The engine stays killed; without the file the next run would not be, so this one does not end well.
      this.latchFailure = error instanceof Error ? error : new Error(messageOf(error));
      this.run.requestStop();
    }
  }

  private say(line: string): void {
    this.view.erase();
    this.terminal.err(`${printable(line)}\n`);
  }

  /** Reads what was journalled, and shows it when it is time to. */
  private look(stop: () => void): void {
    const { status, view, terminal, options } = this;
    this.run.readJournal((record) => status.take(record));
    // Threads take a second to start: the time asked for is of the session, which begins with the first event.
    const hasBegun = status.events > 0 || performance.now() - this.startMs > MAX_START_MS;
    if (options.for !== undefined && hasBegun) this.timer ??= setTimeout(stop, options.for);
    if (options.json !== true) for (const line of view.changes(status)) this.say(line);
    const now = performance.now();
    if (now - this.shownMs < (terminal.progressIsTty ? REDRAW_MS : PLAIN_LINE_MS)) return;
    this.shownMs = now;
    if (terminal.progressIsTty) view.redraw(status, this.figures());
    else terminal.err(`${view.line(status, this.figures())}\n`);
  }

  private figures(): LiveFigures {
    const { counters } = this.run.telemetry;
    const use = this.run.ringUse();
    return {
      nowNs: this.clock.now(),
      seconds: (performance.now() - this.startMs) / 1e3,
      messages: counters[Counter.Messages],
      durableSeq: counters[Counter.DurableSeq],
      logBytes: counters[Counter.LogBytes],
      logDir: this.execution.logDir,
      feedRing: use.feed,
      journalRing: use.journal,
      venues: this.status.venueLines(this.run.identity.live?.venues.map(({ venue }) => venue) ?? []),
    };
  }

  private summarise(report: CompleteReport): void {
    const { options, terminal, run, execution } = this;
    const { names } = this.plan;
    const context = {
      command: 'live',
      recordings: names,
      format: 'live',
      logDir: execution.logDir,
      interrupted: false,
    };
    const { engine } = report;
    const trading = run.identity.trading === null ? null : BacktestReport.of(execution.logDir);
    if (trading !== null && options.report !== undefined) writeReport(trading, options.report, names.join(' '));
    if (options.json === true) {
      const more = trading === null ? {} : { report: trading.json, limits: engine.limits };
      const venues = { venues: engine.venues, leftOpen: engine.leftOpen };
      terminal.out(`${JSON.stringify({ ...summaryJson(report, run, context), ...venues, ...more })}\n`);
      return;
    }
    terminal.out(summaryText(report, run, context, terminal));
    for (const venue of engine.venues) terminal.out(venueText(venue));
    if (options.record !== undefined) terminal.out(`  replay it     tapehead replay ${options.record}\n`);
    if (trading !== null) {
      const page = options.report === undefined ? '' : `\n  report        ${join(options.report, 'index.html')}\n`;
      const limits = limitTable(engine.limits ?? []);
      terminal.out(`\n${terminal.bold('trading')}\n\n${reportText(trading, terminal)}${limits}${page}`);
    }
  }

  /** A user's or the environment's error says, where it matters, what became of the log. */
  private explained(failure: Error, logClosed: boolean): Error {
    if (!(failure instanceof TapeheadError) || !logClosed) return failure;
    const where = `the log in ${this.execution.logDir} is closed and valid up to there`;
    return new TapeheadError(failure.code, `${messageOf(failure)} (${where})`);
  }
}

function venueText(venue: VenueReport): string {
  const lines = [`  ${venue.venue}: orders ${venue.standing}`, ...venue.differences.map((text) => `    ${text}`)];
  return `${lines.join('\n')}\n`;
}

function stampOf(now: Date): string {
  return now.toISOString().replace(/[-:]/g, '').replace(/\..*/, '');
}
