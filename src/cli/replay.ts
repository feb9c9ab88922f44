/** `tapehead replay`: a recording through the whole spine. */
import { basename, join } from 'node:path';
import { recoveryText } from '../audit/recover.ts';
import type { ExecutionOptions, RunIdentity } from '../config.ts';
import { Counter } from '../core/counters.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { sessionBaseNs } from '../core/time.ts';
import { failureOf, type Run, type RunReport, startReplay } from '../engine.ts';
import { type DetectedRecording, detectRecording } from '../feed/detect.ts';
import type { FormatName } from '../feed/feed.ts';
import { BacktestReport } from '../report/backtest-report.ts';
import type { LimitUse } from '../risk/limit-use.ts';
import { readLatches, writeLatches } from './latch-file.ts';
import { limitTable } from './limit-table.ts';
import { Progress } from './progress.ts';
import { writeReport } from './report.ts';
import { reportText } from './report-text.ts';
import { type CompleteReport, summaryJson, summaryText } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { tradingIdentity } from './trading-options.ts';
import { dashboardSetup, type Surroundings, WatchedRun, type WatchFlags } from './watched-run.ts';

export interface ReplayOptions extends WatchFlags {
  readonly format?: FormatName;
  readonly symbols?: readonly string[];
  readonly date?: string;
  readonly log?: string;
  readonly speed: number;
  readonly threads: 1 | 2 | 3;
  readonly seed: number;
  readonly pin: boolean;
  readonly sync: boolean;
  readonly stamps: number;
  readonly json?: boolean;
  readonly strategy?: readonly string[];
  readonly params?: string;
  readonly config?: string;
  readonly latch?: string;
  readonly report?: string;
}

const INTERRUPTED_EXIT = 130;

export async function replay(
  recordings: readonly string[],
  options: ReplayOptions,
  terminal: Terminal,
  around: Surroundings,
): Promise<number> {
  const recording = await detectRecording(recordings, {
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.date === undefined ? {} : { date: options.date }),
  });
  const identity: RunIdentity = {
    format: recording.format,
    sessionMidnightNs: String(sessionBaseNs(recording.sessionBase)),
    symbols: options.symbols === undefined ? null : [...new Set(options.symbols)].sort(),
    seed: options.seed,
    trading: await tradingIdentity(options, recording, readLatches(options.latch)),
  };
  if (identity.trading === null && options.report !== undefined) {
    throw new TapeheadError('USAGE', '--report says nothing without --strategy or --config');
  }
  if (options.latch !== undefined) writeLatches(options.latch, identity.trading?.latched ?? []);
  const execution: ExecutionOptions = {
    logDir: options.log ?? freshLogDir(recordings[0], new Date()),
    strategyDir: '.',
    speed: options.speed,
    threads: options.threads,
    pin: options.pin,
    sync: options.sync,
    stamps: options.stamps,
  };
  const run = startReplay(recording, identity, execution, dashboardSetup(options, around));
  const watched = new WatchedRun(run, options, terminal);
  const { latch } = options;
  let latchFailure: Error | null = null;
  if (latch !== undefined) {
    run.onLatch = (latched) => {
      try {
        writeLatches(latch, latched);
      } catch (error) {
        // The engine stays killed; without the file the next run would not be, so this one does not end well.
        latchFailure = error instanceof Error ? error : new Error(messageOf(error));
        run.requestStop();
      }
    };
  }
  let interrupted = false;
  const stopListening = terminal.onInterrupt(
    () => {
      interrupted = true;
      run.requestStop();
      watched.interrupt();
    },
    () => watched.end(),
  );
  try {
    await watched.begin();
    const progress = new Progress(terminal, () => ({
      doneBytes: run.telemetry.counters[Counter.BytesRead],
      totalBytes: recording.totalBytes,
      messages: run.telemetry.counters[Counter.Messages],
    }));
    const report = await run.done.finally(() => progress.end());
    if (latchFailure !== null) throw latchFailure;
    const wasInterrupted = interrupted;
    conclude(report, run, { recordings, recording, identity, execution, interrupted }, options, terminal);
    await watched.hold();
    return wasInterrupted ? INTERRUPTED_EXIT : 0;
  } finally {
    stopListening();
    await watched.end();
  }
}

/** What a run was made from, and whether somebody ended it early. */
interface Ran {
  readonly recordings: readonly string[];
  readonly recording: DetectedRecording;
  readonly identity: RunIdentity;
  readonly execution: ExecutionOptions;
  readonly interrupted: boolean;
}

/** Prints what came of the run; throws what ended it. */
function conclude(report: RunReport, run: Run, ran: Ran, options: ReplayOptions, terminal: Terminal): void {
  const { recordings, recording, identity, execution, interrupted } = ran;
  if (report.recovered !== null) terminal.err(`tapehead: ${recoveryText(report.recovered)}\n`);
  const failure = failureOf(report);
  if (failure !== null) throw explained(failure, execution.logDir, report.log?.closed === true);
  const { feed, engine, log } = report;
  if (feed === null || engine === null || log === null) throw new Error('the run ended without a report');
  const complete: CompleteReport = { ...report, feed, engine, log };
  const context = { command: 'replay', recordings, format: recording.format, logDir: execution.logDir, interrupted };
  const trading = identity.trading === null ? null : BacktestReport.of(execution.logDir);
  if (trading !== null && options.report !== undefined) writeReport(trading, options.report, recordings.join(' '));
  if (options.json === true) {
    terminal.out(
      `${JSON.stringify({ ...summaryJson(complete, run, context), ...reportField(trading, engine.limits) })}\n`,
    );
  } else {
    terminal.out(summaryText(complete, run, context, terminal));
    if (trading !== null) terminal.out(tradingText(trading, engine.limits ?? [], options.report, terminal));
  }
  for (const problem of engine.commandProblems) terminal.err(`tapehead: warning: ${printable(problem)}\n`);
  if (feed.truncated !== null) terminal.err(`tapehead: warning: ${feed.truncated}\n`);
}

function reportField(trading: BacktestReport | null, limits: readonly LimitUse[] | null): object {
  return trading === null ? {} : { report: trading.json, limits };
}

function tradingText(
  trading: BacktestReport,
  limits: readonly LimitUse[],
  directory: string | undefined,
  terminal: Terminal,
): string {
  const page = directory === undefined ? '' : `\n  report        ${join(directory, 'index.html')}\n`;
  return `\n${terminal.bold('trading')}\n\n${reportText(trading, terminal)}${limitTable(limits)}${page}`;
}

/** A directory of its own for each run: a log is never written over another. */
function freshLogDir(recording: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace(/\..*/, '');
  return join('tapehead-log', `${basename(recording).replace(/\..*/, '')}-${stamp}-${process.pid}`);
}

/** A user's or the environment's error says, where it matters, what became of the log. */
function explained(failure: Error, logDir: string, logClosed: boolean): Error {
  if (!(failure instanceof TapeheadError) || !logClosed) return failure;
  return new TapeheadError(
    failure.code,
    `${messageOf(failure)} (the log in ${logDir} is closed and valid up to there)`,
  );
}
