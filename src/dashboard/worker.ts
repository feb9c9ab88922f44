/** Entry of the dashboard's thread beside a run. It ends by itself when it is told to, with everything closed. */

import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { keepOffEngineCore } from '../core/affinity.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { bytes } from '../core/text.ts';
import type { DashboardWorkerData, FromDashboard, ToDashboard } from './messages.ts';
import { DashboardStage } from './stage.ts';

/** Share of the thread's heap. */
const MOST_HEAP = 0.8;
const WATCH_MS = 250;

const { start, keepsOffEngine, closed } = workerData as DashboardWorkerData;
const cores = keepsOffEngine ? keepOffEngineCore() : '';

function post(message: FromDashboard): void {
  parentPort?.postMessage(message);
}

/** Rejects on a bug outside of all that is waited for: the thread ends as by any other one, its sockets closed first. */
let broke: (error: Error) => void = () => {};
const broken = new Promise<never>((_, reject) => {
  broke = reject;
  process.on('uncaughtException', reject);
});
/**
 * A thread that runs out of memory is ended by Node where it stands, and its open sockets take the process along: it ends by
 * itself before. What it keeps is bounded (histories, tables, backlogs): that much is a bug.
 */
const watch = setInterval(() => {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  if (used > limit * MOST_HEAP) broke(new Error(`the dashboard uses ${bytes(used)} of memory`));
}, WATCH_MS);
watch.unref();
broken.catch(() => {}); // nobody looks at it before the dashboard listens

const stage = new DashboardStage(start, {
  command: (command) => post({ type: 'command', command }),
  askLimits: () => post({ type: 'limits' }),
});

const begun = new Promise<number>((resolve) => {
  parentPort?.on('message', (message: ToDashboard) => {
    if (message.type === 'begin') resolve(message.loggedRecords);
    else if (message.type === 'limits') stage.takeLimits(message.uses);
    else {
      stage.end();
      resolve(0);
    }
  });
});

try {
  const server = await stage.open();
  const { url, library, remark } = server;
  const madeUp = start.serving.areTokensMadeUp ? start.serving.tokens : null;
  post({ type: 'opened', opened: { url, library, remark, madeUp }, cores });
  try {
    const loggedRecords = await Promise.race([begun, broken]);
    if (loggedRecords > 0) stage.preload(loggedRecords);
    await Promise.race([stage.run(), broken]);
  } finally {
    stage.end();
    await server.close(); // a thread that ends with a listening server takes the whole process along
  }
} catch (error) {
  post({
    type: 'failed',
    failure: {
      code: error instanceof TapeheadError ? error.code : 'BUG',
      message: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
    },
  });
} finally {
  const isClosed = new Int32Array(closed);
  Atomics.store(isClosed, 0, 1);
  Atomics.notify(isClosed, 0);
  parentPort?.close();
}
