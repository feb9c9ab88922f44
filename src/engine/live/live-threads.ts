/** What a live run has beside the threads of every run: its clock, and a gateway with two rings for each venue of orders. */
import { Worker } from 'node:worker_threads';
import type { LiveIdentity } from '../../config/live-identity.ts';
import type { RunIdentity } from '../../config.ts';
import { monotonicNs } from '../../core/clock.ts';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { sessionBase } from '../../core/time.ts';
import { wallClockNs } from '../../feed/live/live-clock.ts';
import { createSpsc, SpscReader, type SpscShared } from '../../ring/spsc.ts';
import {
  DEFAULT_CANCEL_WAIT_MS,
  type LiveExecution,
  type LiveFeedSource,
  type LiveWorkerStart,
  MESSAGE_RING_SLOTS,
  ORDER_RING_SLOTS,
} from './live-start.ts';

const NS_PER_MS = 1e6;

export interface LiveThreads {
  /** What a worker thread of the run is given. `loggedRecords`: of the log that it goes on with. */
  start(loggedRecords: number): LiveWorkerStart;
  /** Starts the gateways; the promises are of their ends. */
  startGateways(telemetry: SharedArrayBuffer, say: (line: string) => void): Promise<void>[];
  /** The engine is gone, however it went: gateways find the end of their rings. */
  closeGateways(): void;
}

/** Throws USAGE where gateways and venues don't match. */
export function liveThreads(
  source: LiveFeedSource,
  identity: RunIdentity,
  live: LiveIdentity,
  execution: LiveExecution,
): LiveThreads {
  const midnight = BigInt(identity.sessionMidnightNs);
  const { gateways } = execution;
  if (gateways.length !== (live.mode === 'venue' ? live.venues.length : 0)) {
    throw new TapeheadError(
      'USAGE',
      `${gateways.length} gateways for ${live.venues.length} venues in mode ${live.mode}`,
    );
  }
  const venues = gateways.map(() => ({
    orders: createSpsc(ORDER_RING_SLOTS),
    messages: createSpsc(MESSAGE_RING_SLOTS),
  }));
  const common = {
    source: { ...source, sessionBase: sessionBase(midnight) },
    feedModule: execution.feedModule,
    // The wall clock once, the monotonic one from there on: times never go back, whatever is done to the wall clock.
    clockOriginNs: Number(wallClockNs() - midnight) - monotonicNs(),
    cancelWaitNs: (execution.cancelWaitMs ?? DEFAULT_CANCEL_WAIT_MS) * NS_PER_MS,
    venues,
  };
  return {
    start: (loggedRecords) => ({ ...common, loggedRecords }),
    startGateways: (telemetry, say) =>
      gateways.map(({ module, data }, i) => {
        const workerData = { ...data, ...venues[i], telemetry };
        return ended(new Worker(new URL(module), { workerData }), venues[i], say);
      }),
    closeGateways: () => {
      for (const { orders } of venues) SpscReader.closeFor(orders);
    },
  };
}

/** Sees a gateway's thread to its end; the engine finds a gateway that is gone by its rings. */
function ended(
  worker: Worker,
  rings: { readonly orders: SpscShared; readonly messages: SpscShared },
  say: (line: string) => void,
): Promise<void> {
  worker.on('message', (message: { readonly say?: string }) => {
    if (message.say !== undefined) say(message.say);
  });
  worker.on('error', (error) => say(`a gateway died: ${messageOf(error)}`));
  return new Promise((resolve) => {
    worker.on('exit', () => {
      SpscReader.abandon(rings.orders);
      SpscReader.closeFor(rings.messages);
      resolve();
    });
  });
}
