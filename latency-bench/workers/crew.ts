/**
 * Worker threads that stay alive over many jobs, so that what is measured is compiled code: one message out, one answer
 * back. A job's own start is agreed on between the workers through a barrier, not through messages.
 */
import { parentPort, type TransferListItem, Worker } from 'node:worker_threads';

/** One hand of a crew, seen from the thread that commands it. */
export class Hand<Job, Answer> {
  private readonly worker: Worker;

  constructor(program: URL) {
    this.worker = new Worker(program);
  }

  /** Runs one job; one at a time. */
  run(job: Job, transfer: readonly TransferListItem[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        this.worker.off('message', take);
        reject(error);
      };
      const take = (answer: Answer): void => {
        this.worker.off('error', fail);
        resolve(answer);
      };
      this.worker.once('message', take);
      this.worker.once('error', fail);
      this.worker.postMessage(job, transfer);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

/** The other side: answers every job with what `work` makes of it. An exception ends the worker, and the benchmark. */
export function serve<Job, Answer>(work: (job: Job) => Answer | Promise<Answer>): void {
  const port = parentPort;
  if (port === null) throw new Error('this is the program of a worker thread');
  port.on('message', async (job: Job) => port.postMessage(await work(job)));
}

/** Lets `parties` threads start together; for one use. */
export function createBarrier(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

export function arrive(barrier: SharedArrayBuffer, parties: number): void {
  const cell = new Int32Array(barrier);
  let seen = Atomics.add(cell, 0, 1) + 1;
  Atomics.notify(cell, 0);
  while (seen < parties) {
    Atomics.wait(cell, 0, seen);
    seen = Atomics.load(cell, 0);
  }
}
