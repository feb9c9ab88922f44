/**
 * The engine of the dashboard's benchmarks: scenes of the same records, and slices of paced events through one of them. A
 * thread of its own, the only one on its core.
 */

import { pinThisThread } from '../../src/core/affinity.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import type { JournalShared } from '../../src/ring/journal.ts';
import { TickScene } from '../tick-scene.ts';
import { serve } from './crew.ts';

export type EngineJob =
  | { readonly type: 'scene'; readonly folder: string; readonly isWatched: boolean }
  /** Events of scene number `scene`; `warmEvents` more are worked through before. */
  | {
      readonly type: 'slice';
      readonly scene: number;
      readonly warmEvents: number;
      readonly events: number;
      readonly eventsPerSecond: number;
      /** Float64: what each event took, ns. */
      readonly samples: SharedArrayBuffer;
    };

/** Of a scene: its journal, whose reader 0 must be served (dashboard-log.ts), and where it was put. */
export interface EngineAnswer {
  readonly journal: JournalShared | null;
  readonly pinned: string;
  /** Of a slice: from its first timed event to its last, ns. */
  readonly elapsedNs: number;
}

const pinned = pinThisThread(0);
const scenes: TickScene[] = [];

serve<EngineJob, EngineAnswer>(async (job) => {
  if (job.type === 'scene') {
    const scene = await TickScene.make(job.folder, job.isWatched, true);
    scene.journal.publish(); // clients subscribe to what has been defined
    scenes.push(scene);
    return { journal: scene.memory, pinned, elapsedNs: 0 };
  }
  const { warmEvents, events, eventsPerSecond } = job;
  const samples = new Float64Array(job.samples);
  const scene = scenes[job.scene];
  work(scene, samples, Math.min(warmEvents, samples.length), eventsPerSecond);
  const startNs = monotonicNs();
  work(scene, samples, events, eventsPerSecond);
  return { journal: null, pinned, elapsedNs: monotonicNs() - startNs };
});

/** Spins until each event is due. The samples are laid down one behind the other: a histogram would be looked up all over. */
function work(scene: TickScene, samples: Float64Array, events: number, eventsPerSecond: number): void {
  const everyNs = 1e9 / eventsPerSecond;
  let dueNs = monotonicNs() + everyNs;
  for (let i = 0; i < events; i++, dueNs += everyNs) {
    scene.next();
    while (monotonicNs() < dueNs);
    const fromNs = monotonicNs();
    scene.engine.doWork(1);
    scene.journal.publish();
    samples[i] = monotonicNs() - fromNs;
  }
}
