/** `tapehead replay`: a recording through the whole spine. */
import { basename, join } from 'node:path';
import { recoveryText } from '../audit/recover.ts';
import type { ExecutionOptions, RunIdentity } from '../config.ts';
import { Counter } from '../core/counters.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { sessionBaseNs } from '../core/time.ts';
import { failureOf, startReplay } from '../engine.ts';
import { detectRecording } from '../feed/detect.ts';
import type { FormatName } from '../feed/feed.ts';
import { Progress } from './progress.ts';
import { type CompleteReport, summaryJson, summaryText } from './summary.ts';
import type { Terminal } from './terminal.ts';

export interface ReplayOptions {
  readonly format?: FormatName;
  readonly symbols?: readonly string[];
  readonly date?: string;
  readonly log?: string;
  readonly speed: number;
  readonly threads: 1 | 2 | 3;
  readonly seed: number;
  readonly pin: boolean;
  readonly sync: boolean;
  readonly json?: boolean;
}

const INTERRUPTED_EXIT = 130;

export async function replay(
  recordings: readonly string[],
  options: ReplayOptions,
  terminal: Terminal,
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
  };
  const execution: ExecutionOptions = {
    logDir: options.log ?? freshLogDir(recordings[0], new Date()),
    speed: options.speed,
    threads: options.threads,
    pin: options.pin,
    sync: options.sync,
  };
  const run = startReplay(recording, identity, execution);
  let interrupted = false;
  const stopListening = terminal.onInterrupt(() => {
    interrupted = true;
    run.requestStop();
  });
  const progress = new Progress(terminal, () => ({
    doneBytes: run.telemetry.counters[Counter.BytesRead],
    totalBytes: recording.totalBytes,
    messages: run.telemetry.counters[Counter.Messages],
  }));
  const report = await run.done.finally(() => {
    progress.end();
    stopListening();
  });
  if (report.recovered !== null) terminal.err(`tapehead: ${recoveryText(report.recovered)}\n`);
  const failure = failureOf(report);
  if (failure !== null) throw explained(failure, execution.logDir, report.log?.closed === true);
  const { feed, engine, log } = report;
  if (feed === null || engine === null || log === null) throw new Error('the run ended without a report');
  const complete: CompleteReport = { ...report, feed, engine, log };
  const context = { recordings, format: recording.format, logDir: execution.logDir, interrupted };
  terminal.out(
    options.json === true ? `${summaryJson(complete, run, context)}\n` : summaryText(complete, run, context, terminal),
  );
  if (feed.truncated !== null) terminal.err(`tapehead: warning: ${feed.truncated}\n`);
  return interrupted ? INTERRUPTED_EXIT : 0;
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
