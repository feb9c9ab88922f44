/** Two threads that wake one another with Atomics.notify, for the floor benchmark. Cell 0 belongs to ping, cell 1 to pong. */
import { monotonicNs } from '../../src/core/clock.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { arrive, serve } from './crew.ts';

export interface WakeJob {
  readonly kind: 'ping' | 'pong';
  readonly barrier: SharedArrayBuffer;
  readonly cells: SharedArrayBuffer;
  readonly count: number;
}

/** The fine histogram's memory of ping; null of pong. */
export type WakeAnswer = SharedArrayBuffer | null;

function wait(cells: Int32Array, index: number, round: number): void {
  while (Atomics.load(cells, index) < round) Atomics.wait(cells, index, round - 1);
}

function notify(cells: Int32Array, index: number, round: number): void {
  Atomics.store(cells, index, round);
  Atomics.notify(cells, index);
}

serve((job: WakeJob): WakeAnswer => {
  const cells = new Int32Array(job.cells);
  const histogram = Histogram.fine();
  const mine = job.kind === 'ping' ? 0 : 1;
  arrive(job.barrier, 2);
  let lastNs = monotonicNs();
  for (let round = 1; round <= job.count; round++) {
    if (mine === 1) wait(cells, 1, round);
    notify(cells, 1 - mine, round);
    if (mine === 1) continue;
    wait(cells, 0, round);
    const nowNs = monotonicNs();
    histogram.record(nowNs - lastNs);
    lastNs = nowNs;
  }
  return mine === 0 ? (histogram.slots.buffer as SharedArrayBuffer) : null;
});
