/** What a run is to whoever started it: how it is followed and steered while it goes on, and what it reports at its end. */
import type { LogSummary } from '../audit/log-writer.ts';
import type { RecordView } from '../audit/record-text.ts';
import type { RecoveryReport } from '../audit/recover.ts';
import type { Command } from '../config/commands.ts';
import type { Latch } from '../config/trading-identity.ts';
import type { RunIdentity } from '../config.ts';
import type { Telemetry } from '../core/counters.ts';
import type { MachineLog } from '../core/machine-log.ts';
import type { Opened } from '../dashboard/messages.ts';
import type { DashboardOptions } from '../dashboard/options.ts';
import type { LimitUse } from '../risk/limit-use.ts';
import type { EngineReport } from './engine-stage.ts';
import type { FeedReport } from './feed-stage.ts';
import type { ThreadUse } from './thread-use.ts';
import type { Role } from './topology.ts';
import type { WorkerFailure } from './worker.ts';

export interface RunReport {
  /** Null when the feed failed: `failure` says why. */
  readonly feed: FeedReport | null;
  readonly engine: EngineReport | null;
  readonly log: LogSummary | null;
  readonly recovered: RecoveryReport | null;
  /** First failure that is not the consequence of another one. */
  readonly failure: { readonly role: Role; readonly failure: WorkerFailure } | null;
  /** Wall time from the start of the feed to the closed log. */
  readonly elapsedMs: number;
  readonly pinning: readonly string[];
  readonly threads: readonly ThreadReport[];
  /** Events traced (their stages are in the telemetry), and events due that went untraced. */
  readonly traces: { readonly collected: number; readonly missed: number };
}

/** What a thread got of the machine (null where the system does not say), and what held it up. */
export interface ThreadReport {
  readonly roles: readonly Role[];
  readonly use: ThreadUse | null;
  readonly machine: MachineLog;
}

export interface Run {
  readonly telemetry: Telemetry;
  /** Ends the run early; the log is closed properly. */
  requestStop(): void;
  /** Asks the engine of a run that trades for something; journalled before it acts. Throws USAGE for one too long. */
  command(command: Command): void;
  /** Kill switches that are latched, as they change: whoever starts the next run hands them on. */
  onLatch: (latched: readonly Latch[]) => void;
  /** Of a live run: what its feed says for people, and what happens between the engine and its venues; a line each. */
  onSaid: (line: string) => void;
  /** What determines the run; of a live one that goes on with its log, the log's. */
  readonly identity: RunIdentity;
  /** Where its dashboard is served, once it listens; null where there is none, or it can't listen (`done` says why). */
  readonly dashboard: Promise<Opened | null>;
  /** Ends the dashboard, which is served on behind the end of the run until then; to be called once `done` has resolved. */
  endDashboard(): Promise<void>;
  /** Every limit in force and how far it is used, as of the engine's next turn; empty once the run has ended. */
  limitUse(): Promise<readonly LimitUse[]>;
  /** Of a live run: what was journalled since the last call, in order; holds nobody up, so that some may be missed. */
  readJournal(visit: (record: RecordView) => void): void;
  /** How full the rings are, 0-1. */
  ringUse(): RingUse;
  readonly done: Promise<RunReport>;
}

export interface RingUse {
  /** Feed → engine. */
  readonly feed: number;
  /** Engine → audit. */
  readonly journal: number;
}

/** How a run is watched. */
export interface DashboardSetup extends DashboardOptions {
  /** Version of tapehead, shown to clients. */
  readonly version: string;
  /** Of the built page; default: where the build puts it. */
  readonly assetsDirectory?: string;
}
