/**
 * A thread with a dashboard, as a pinned run has it. It says how much of a core it used and what clients must have seen, and it
 * can be parked: then it waits in the kernel and does nothing at all.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { keepOffEngineCore } from '../../src/core/affinity.ts';
import { DashboardStage, type StageStart } from '../../src/dashboard/stage.ts';
import { threadUse } from '../../src/engine/thread-use.ts';

export interface StageJob {
  readonly start: StageStart;
  /** One int32, see `Parking`. */
  readonly parking: SharedArrayBuffer;
}

/** On: to work. Wanted: to park. Parked: it waits until it is on again. */
export const Parking = { On: 0, Wanted: 1, Parked: 2 } as const;

export type StageQuestion = 'use' | 'values' | 'end';

/** Rows of instrument 0 as JSON, as a client that is up to date has them. */
export interface Values {
  readonly top: string;
  readonly depth: string;
}

export type StageAnswer = { readonly url: string; readonly cores: string } | { readonly cpuNs: number } | Values;

/** Levels a side that clients get. */
export const DEPTH_LEVELS = 20;
const LOOK_MS = 2;

if (parentPort !== null && workerData !== null) await run(workerData as StageJob);

async function run({ start, parking }: StageJob): Promise<void> {
  const cell = new Int32Array(parking);
  const cores = keepOffEngineCore();
  const stage = new DashboardStage(start, { command: () => {}, askLimits: () => {} });
  const server = await stage.open();
  const timer = setInterval(() => {
    if (Atomics.compareExchange(cell, 0, Parking.Wanted, Parking.Parked) !== Parking.Wanted) return;
    Atomics.notify(cell, 0);
    Atomics.wait(cell, 0, Parking.Parked);
  }, LOOK_MS);
  const post = (answer: StageAnswer): void => parentPort?.postMessage(answer);
  parentPort?.on('message', (question: StageQuestion) => {
    const { market } = stage.view.model;
    if (question === 'use') post({ cpuNs: threadUse()?.cpuNs ?? 0 });
    else if (question === 'values')
      post({ top: JSON.stringify(market.topRow(0)), depth: JSON.stringify(market.depth(0, DEPTH_LEVELS)) });
    else {
      clearInterval(timer);
      stage.end();
    }
  });
  const ready = setInterval(() => {
    if (stage.view.model.market.def(0) === undefined) return; // clients could not subscribe to it
    clearInterval(ready);
    post({ url: server.url, cores });
  }, LOOK_MS);
  await stage.run();
  parentPort?.close();
}
