/** The dashboard's thread, from outside: started before the run it shows, ended by whoever started it. */
import { Worker } from 'node:worker_threads';
import type { Command } from '../config/commands.ts';
import { type ErrorCode, messageOf, TapeheadError } from '../core/errors.ts';
import type { DashboardWorkerData, FromDashboard, Opened, ToDashboard } from './messages.ts';
import type { LimitUseRow } from './model/gauges.ts';
import type { StageStart } from './stage.ts';

/** Several times what the longest histories and tables, and a snapshot of them, take. */
const MOST_HEAP_MB = 1024;
/** How long an ending process waits for the thread's sockets to be closed. */
const FAREWELL_MS = 2_000;

/** What the dashboard asks of the run. */
export interface ThreadRequests {
  /** Throws what is said to whoever asked. */
  command(command: Command): void;
  limits(): Promise<readonly LimitUseRow[]>;
  /** It ended without being told to; the run goes on. */
  failed(error: Error): void;
}

export class DashboardThread {
  readonly opened: Opened;
  /** Cores that it may use, a phrase; '' where nothing is pinned. */
  readonly cores: string;
  /** The thread is gone. */
  readonly gone: Promise<void>;
  private readonly worker: Worker;

  private constructor(worker: Worker, opened: Opened, cores: string, gone: Promise<void>) {
    this.worker = worker;
    this.opened = opened;
    this.cores = cores;
    this.gone = gone;
  }

  /**
   * Resolves when it listens; rejects where it can't (TapeheadError), with the thread gone. `keepsOffEngine`: of a run whose
   * threads are pinned.
   */
  static async start(start: StageStart, keepsOffEngine: boolean, requests: ThreadRequests): Promise<DashboardThread> {
    const closed = new SharedArrayBuffer(4);
    const workerData: DashboardWorkerData = { start, keepsOffEngine, closed };
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
    });
    let failure: Error | null = null;
    let isOpen = false;
    const fail = (error: Error): void => {
      failure ??= error;
      if (isOpen) requests.failed(error);
    };
    const command = (asked: Command): void => {
      try {
        requests.command(asked);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(messageOf(error))); // it was checked when it was asked for
      }
    };
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.on('error', fail);
    // Node ends threads where they stand when somebody calls process.exit, and the library aborts the process then.
    const last = (): void => {
      post(worker, { type: 'end' });
      Atomics.wait(new Int32Array(closed), 0, 0, FAREWELL_MS);
    };
    process.once('exit', last);
    void gone.then(() => process.off('exit', last));
    const opening = await new Promise<(FromDashboard & { type: 'opened' }) | null>((resolve) => {
      worker.on('message', (message: FromDashboard) => {
        if (message.type === 'opened') resolve(message);
        else if (message.type === 'command') command(message.command);
        else if (message.type === 'failed') fail(errorOf(message.failure));
        else void requests.limits().then((uses) => post(worker, { type: 'limits', uses }));
      });
      void gone.then(() => resolve(null));
    });
    if (opening === null) throw failure ?? new Error('the dashboard ended before it listened');
    isOpen = true;
    return new DashboardThread(worker, opening.opened, opening.cores, gone);
  }

  /** The run's log is open: of a run that goes on with one, so many records are to be read first. */
  begin(loggedRecords: number): void {
    post(this.worker, { type: 'begin', loggedRecords });
  }

  /** Closes every connection and ends the thread. */
  async end(): Promise<void> {
    post(this.worker, { type: 'end' });
    await this.gone;
  }
}

function post(worker: Worker, message: ToDashboard): void {
  worker.postMessage(message);
}

function errorOf({ code, message, stack }: { code: string; message: string; stack: string | undefined }): Error {
  if (code !== 'BUG') return new TapeheadError(code as ErrorCode, message);
  const error = new Error(`the dashboard stopped on a bug: ${messageOf(message)}`);
  if (stack !== undefined) error.stack = stack;
  return error;
}
