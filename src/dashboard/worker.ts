/** Entry of the dashboard's thread beside a run. It ends by itself when it is told to, with everything closed. */
import { parentPort, workerData } from 'node:worker_threads';
import { keepOffEngineCore } from '../core/affinity.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import type { DashboardWorkerData, FromDashboard, ToDashboard } from './messages.ts';
import { DashboardStage } from './stage.ts';

const { start, keepsOffEngine, closed } = workerData as DashboardWorkerData;
const cores = keepsOffEngine ? keepOffEngineCore() : '';

function post(message: FromDashboard): void {
  parentPort?.postMessage(message);
}

/** Rejects on a bug outside of all that is waited for: the thread ends as by any other one, its sockets closed first. */
const broken = new Promise<never>((_, reject) => {
  process.on('uncaughtException', reject);
});
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
