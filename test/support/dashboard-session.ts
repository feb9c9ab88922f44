/**
 * A real session with a dashboard, for people who work on the page and for its tests: replays the project's own recording with
 * the market maker, and serves the dashboard on a free port of this machine until it is interrupted.
 *
 *   node dist/test/support/dashboard-session.js [speed, default 5, or max] [port, default 0]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfigFile } from '../../src/config/trading-identity.ts';
import type { RunIdentity } from '../../src/config.ts';
import { sessionBaseNs } from '../../src/core/time.ts';
import type { Opened } from '../../src/dashboard/messages.ts';
import type { DashboardOptions } from '../../src/dashboard/options.ts';
import { resolveTrading } from '../../src/engine/trading/identity.ts';
import { failureOf, type Run, startReplay } from '../../src/engine.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import { repositoryRoot } from './paths.ts';

export interface DashboardSession {
  readonly run: Run;
  readonly opened: Opened;
  readonly logDirectory: string;
  /** Stops the run, ends the dashboard, removes the log. */
  end(): Promise<void>;
}

export interface SessionOptions {
  /** Recording time per wall time; Infinity: as fast as it goes. */
  readonly speed: number;
  readonly dashboard?: Partial<DashboardOptions>;
  /** What a configuration file would say; strategies: the market maker by default. */
  readonly config?: object;
  readonly recording?: string;
  /** Default: false. */
  readonly pin?: boolean;
}

export async function startSession(options: SessionOptions): Promise<DashboardSession> {
  const file = options.recording ?? join(repositoryRoot(), 'replay-data', 'spot-session.binance.gz');
  const recording = await detectRecording([file], {});
  const config = parseConfigFile({ strategies: [{ use: 'market-maker' }], ...options.config }, 'session');
  const context = { where: 'session', strategyDir: '.', format: recording.format, base: recording.sessionBase };
  const identity: RunIdentity = {
    format: recording.format,
    sessionMidnightNs: String(sessionBaseNs(recording.sessionBase)),
    symbols: null,
    seed: 1,
    trading: await resolveTrading(config, { ...context, seed: 1, latched: [] }),
  };
  const root = mkdtempSync(join(tmpdir(), 'tapehead-dashboard-'));
  const logDirectory = join(root, 'log');
  const execution = {
    logDir: logDirectory,
    strategyDir: '.',
    speed: options.speed,
    threads: 3,
    pin: options.pin ?? false,
    sync: false,
  };
  const setup = { port: 0, tokens: null, version: 'test', ...options.dashboard };
  const run = startReplay(recording, identity, { ...execution, threads: 3 }, setup);
  const opened = await run.dashboard;
  const end = async (): Promise<void> => {
    run.requestStop();
    await run.done;
    await run.endDashboard();
    rmSync(root, { recursive: true, force: true });
  };
  if (opened === null) {
    const failure = failureOf(await run.done);
    rmSync(root, { recursive: true, force: true });
    throw failure ?? new Error('no dashboard');
  }
  return { run, opened, logDirectory, end };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [speed = '5', port = '0'] = process.argv.slice(2);
  const factor = speed === 'max' ? Number.POSITIVE_INFINITY : Number(speed);
  const session = await startSession({ speed: factor, dashboard: { port: Number(port) } });
  process.stdout.write(`${JSON.stringify({ ...session.opened, log: session.logDirectory }, null, 2)}\n`);
  void session.run.done.then(() => process.stdout.write('the run has ended; the dashboard goes on until Ctrl-C\n'));
  const stop = (): void => void session.end().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}
