/** The thread of ChainThread. */
import { workerData } from 'node:worker_threads';
import { ChainStatus, type ChainWorkerData, findBrokenChain } from './chain-check.ts';
import { nodeFs } from './log-fs.ts';

const { directory, geometry, segments, shared } = workerData as ChainWorkerData;
const status = new Int32Array(shared, 0, 1);
const result = new Float64Array(shared, 8, 1);

function report(state: number): void {
  Atomics.store(status, 0, state); // pairs with the waits in ChainThread.join
  Atomics.notify(status, 0);
}

report(ChainStatus.Running);
try {
  result[0] = findBrokenChain(nodeFs, directory, geometry, segments);
  report(ChainStatus.Done);
} catch {
  report(ChainStatus.Failed); // the other thread then meets the same failure, and names it
}
