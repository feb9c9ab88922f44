/**
 * Writes and syncs a group of blocks on a thread of its own, while the log writer fills the next one: a commit is half
 * waiting for the device, and its other half can have another core. One job at a time; the writer decides what comes
 * when, and moves the watermark, so the order of what happens to the files is the one it would be without this thread.
 *
 * The two threads share the blocks' memory and a control block: the writer stores a job and then sets the state to Busy,
 * the thread does it and then sets Done or Failed; each of them sleeps on the state.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { assert } from '../core/assert.ts';

/** bytes[offset, offset + length) of the blocks' memory, to `position` of the open file `fd`. */
export interface DiskJob {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
  readonly position: number;
  /** fdatasync behind it. */
  readonly sync: boolean;
}

/** Does one job at a time beside the writer's thread. An argument of the writer, so that tests can stop it anywhere. */
export interface GroupDisk {
  /** False while it can't take a job (yet): the writer then does it itself. */
  isReady(): boolean;
  begin(job: DiskJob): void;
  /** The job under way has ended, well or not. */
  isDone(): boolean;
  /** Sleeps until it has, or for `timeoutMs`. */
  wait(timeoutMs: number): void;
  /** Waits for the end of the job; throws DiskFailure when it failed. */
  finish(): void;
  /** Waits for a job under way, whatever becomes of it; the thread ends. */
  close(): void;
}

export class DiskFailure extends Error {
  override readonly name = 'DiskFailure';
  readonly action: 'write' | 'sync';

  constructor(action: 'write' | 'sync', message: string) {
    super(message);
    this.action = action;
  }
}

export const DiskState = { Starting: 0, Idle: 1, Busy: 2, Done: 3, WriteFailed: 4, SyncFailed: 5, Ended: 6 } as const;

/** A job that takes longer: is the thread still there? */
const LOOK_MS = 1000;
/** Longest text of an error that is handed over. */
const TEXT_BYTES = 512;
const CONTROL_BYTES = 48 + TEXT_BYTES;

/** The memory through which a job goes to the thread and its result comes back. */
export class DiskControl {
  readonly shared: SharedArrayBuffer;
  /** State, file descriptor, length, whether to sync, length of the error's text, the thread's number in the system (0: not known). */
  private readonly cells: Int32Array;
  /** Offset, position. */
  private readonly places: Float64Array;
  private readonly text: Uint8Array;

  constructor(shared = new SharedArrayBuffer(CONTROL_BYTES)) {
    this.shared = shared;
    this.cells = new Int32Array(shared, 0, 6);
    this.places = new Float64Array(shared, 32, 2);
    this.text = new Uint8Array(shared, 48, TEXT_BYTES);
  }

  state(): number {
    return Atomics.load(this.cells, 0); // pairs with the store in `become`
  }

  become(state: number): void {
    Atomics.store(this.cells, 0, state);
    Atomics.notify(this.cells, 0);
  }

  /** The thread is there, as number `threadId` of this process; unless the writer has ended meanwhile. */
  start(threadId: number): void {
    this.cells[5] = threadId;
    Atomics.compareExchange(this.cells, 0, DiskState.Starting, DiskState.Idle);
  }

  /** Sleeps while the state is `state`. */
  sleep(state: number, timeoutMs = Number.POSITIVE_INFINITY): void {
    Atomics.wait(this.cells, 0, state, timeoutMs);
  }

  /** The thread died without a word (out of memory): nobody will finish the job. Known on Linux only. */
  isThreadGone(): boolean {
    return this.cells[5] > 0 && !existsSync(`/proc/self/task/${this.cells[5]}`);
  }

  putJob(job: DiskJob): void {
    this.cells[1] = job.fd;
    this.cells[2] = job.length;
    this.cells[3] = job.sync ? 1 : 0;
    this.places[0] = job.offset;
    this.places[1] = job.position;
  }

  job(): DiskJob {
    const [, fd, length, sync] = this.cells;
    return { fd, length, sync: sync === 1, offset: this.places[0], position: this.places[1] };
  }

  /** Cut where it is too long. */
  putError(message: string): void {
    const text = new TextEncoder().encode(message).subarray(0, TEXT_BYTES);
    this.text.set(text);
    this.cells[4] = text.length;
  }

  error(): string {
    return new TextDecoder().decode(this.text.slice(0, this.cells[4]));
  }
}

export interface DiskThreadData {
  readonly control: SharedArrayBuffer;
  readonly blocks: SharedArrayBuffer;
}

export class DiskThread implements GroupDisk {
  private readonly control = new DiskControl();

  /** `blocks`: memory that the jobs' offsets count in. */
  constructor(blocks: SharedArrayBuffer) {
    const workerData: DiskThreadData = { control: this.control.shared, blocks };
    const worker = new Worker(new URL('./disk-worker.js', import.meta.url), { workerData });
    worker.on('error', () => undefined); // a thread that does not start is never ready
    worker.unref();
  }

  isReady(): boolean {
    return this.control.state() === DiskState.Idle;
  }

  begin(job: DiskJob): void {
    assert(this.isReady(), 'the disk thread does one job at a time');
    this.control.putJob(job);
    this.control.become(DiskState.Busy);
  }

  isDone(): boolean {
    return this.control.state() !== DiskState.Busy;
  }

  wait(timeoutMs: number): void {
    this.control.sleep(DiskState.Busy, timeoutMs);
  }

  finish(): void {
    while (!this.isDone()) {
      this.control.sleep(DiskState.Busy, LOOK_MS);
      if (!this.isDone() && this.control.isThreadGone()) throw new DiskFailure('write', 'the disk thread is gone');
    }
    const state = this.control.state();
    if (state === DiskState.WriteFailed) throw new DiskFailure('write', this.control.error());
    if (state === DiskState.SyncFailed) throw new DiskFailure('sync', this.control.error());
    assert(state === DiskState.Done, 'a job was under way');
    this.control.become(DiskState.Idle);
  }

  close(): void {
    while (!this.isDone() && !this.control.isThreadGone()) this.control.sleep(DiskState.Busy, LOOK_MS);
    this.control.become(DiskState.Ended);
  }
}
