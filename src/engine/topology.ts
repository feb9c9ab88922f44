/**
 * Which stage runs on which thread. The engine gets a core to itself as soon as there is a second thread; everything
 * that waits (files, disk) shares. Whatever the topology, the log is the same.
 */

import type { MessagePort } from 'node:worker_threads';
import type { ExecutionOptions, RunIdentity } from '../config.ts';
import { createTelemetryBuffer } from '../core/counters.ts';
import { FEED_RING_SLOTS, JOURNAL_RING_BYTES } from '../core/limits.ts';
import { createTraceBuffer } from '../core/trace.ts';
import type { DetectedRecording } from '../feed/detect.ts';
import { createJournal, type JournalShared } from '../ring/journal.ts';
import { createSpsc, type SpscShared } from '../ring/spsc.ts';
import type { LiveWorkerStart } from './live/live-start.ts';
import { createAnswerBox } from './portfolio/answer-box.ts';

/** The dashboard's thread is its own (dashboard/thread.ts): no worker has that role. */
export type Role = 'feed' | 'engine' | 'audit' | 'risk' | 'dashboard';

/** Roles by thread. A thread with the audit stage comes first: nothing starts before its log is open. */
const TOPOLOGIES: Readonly<Record<1 | 2 | 3, readonly (readonly Role[])[]>> = {
  1: [['audit', 'engine', 'feed']],
  2: [['audit', 'feed'], ['engine']],
  3: [['audit'], ['engine'], ['feed']],
};

/** Roles by thread of a run. Portfolio risk has a thread of its own, unless all is to run on one. */
export function topologyOf(threads: 1 | 2 | 3, hasPortfolio: boolean): readonly (readonly Role[])[] {
  const [first, ...others] = TOPOLOGIES[threads];
  if (!hasPortfolio) return TOPOLOGIES[threads];
  return threads === 1 ? [['risk', ...first]] : [first, ['risk'], ...others];
}

/** In place of a command: how far every limit is used is asked for; nothing is journalled for it. */
export const LIMITS_QUERY = 'limits';

/** Readers of the journal ring. */
export const AUDIT_READER = 0;

/** The memory all stages share. */
export interface SharedMemory {
  readonly feedRing: SpscShared;
  readonly journal: JournalShared;
  readonly telemetry: SharedArrayBuffer;
  readonly trace: SharedArrayBuffer;
  /** From the risk worker to the engine. */
  readonly answers: SharedArrayBuffer;
}

/**
 * Whether the journal has a reader for the dashboard: dropped rather than waited for, or gating where nothing is to be missed
 * and nobody waits for the run (a replay at full speed).
 */
export type DashboardReader = 'none' | 'droppable' | 'gating';

/** Who reads the journal beside the log, in the order of their numbers. */
export interface JournalReaders {
  readonly hasPortfolio: boolean;
  readonly dashboard: DashboardReader;
  /** The main thread follows what is journalled, for `Run.readJournal`; it is dropped rather than waited for. */
  readonly isWatched: boolean;
}

const LOG_ONLY: JournalReaders = { hasPortfolio: false, dashboard: 'none', isWatched: false };

export function dashboardReader({ hasPortfolio }: JournalReaders): number {
  return hasPortfolio ? 2 : 1;
}

export function watchReader(readers: JournalReaders): number {
  return dashboardReader(readers) + (readers.dashboard === 'none' ? 0 : 1);
}

/** `traceEvery`: one event in so many is traced; 0: none. */
export function createSharedMemory(traceEvery: number, readers: JournalReaders = LOG_ONLY): SharedMemory {
  const count = watchReader(readers) + (readers.isWatched ? 1 : 0);
  const droppable = (readers.dashboard === 'droppable' ? 1 : 0) + (readers.isWatched ? 1 : 0);
  return {
    feedRing: createSpsc(FEED_RING_SLOTS),
    journal: createJournal(JOURNAL_RING_BYTES, count, 0, droppable),
    telemetry: createTelemetryBuffer(),
    answers: createAnswerBox(),
    trace: createTraceBuffer({ every: traceEvery, gateway: false, audit: true }),
  };
}

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly roles: readonly Role[];
  /** Counts the threads of the run, for pinning: the engine gets 0. */
  readonly pinIndex: number;
  readonly shared: SharedMemory;
  /** Null in a live run. */
  readonly recording: DetectedRecording | null;
  /** Of a live run only. */
  readonly live: LiveWorkerStart | null;
  readonly identity: RunIdentity;
  /** Where commands from outside come in; a message each, looked at when the telemetry block says that there are some. */
  readonly commands: MessagePort | null;
  readonly execution: ExecutionOptions;
}
