/**
 * Loaded into every thread of a process (`node --import`): breaks the dashboard's, in the way SABOTAGE says, once the file
 * SABOTAGE_WHEN exists.
 */
import { existsSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

const { SABOTAGE: how = '', SABOTAGE_WHEN: file = '' } = process.env;

function breakThread(): void {
  if (how === 'throw') throw new Error('broken on purpose');
  if (how === 'reject') void Promise.reject(new Error('broken on purpose'));
  const kept: number[][] = [];
  if (how === 'memory') setInterval(() => kept.push(new Array<number>(1 << 20).fill(kept.length)), 4);
}

if (!isMainThread && 'serving' in (workerData?.start ?? {})) {
  const timer = setInterval(() => {
    if (!existsSync(file)) return;
    clearInterval(timer);
    breakThread();
  }, 20);
}
