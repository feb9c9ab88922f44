/** A thread with a dashboard, as a run has it, that also says how much of a core it used. */
import { parentPort, workerData } from 'node:worker_threads';
import { pinThisThread } from '../../src/core/affinity.ts';
import { DashboardStage, type StageStart } from '../../src/dashboard/stage.ts';
import { threadUse } from '../../src/engine/thread-use.ts';

export interface StageJob {
  readonly start: StageStart;
  /** One float64: ns of processor time that this thread has used. */
  readonly cpuNs: SharedArrayBuffer;
}

const { start, cpuNs } = workerData as StageJob;
pinThisThread(1);
const cell = new Float64Array(cpuNs);
const stage = new DashboardStage(start, { command: () => {}, askLimits: () => {} });
const server = await stage.open();
const timer = setInterval(() => {
  cell[0] = threadUse()?.cpuNs ?? 0;
}, 20);
parentPort?.once('message', () => {
  clearInterval(timer);
  stage.end();
});
parentPort?.postMessage(server.url);
await stage.run();
