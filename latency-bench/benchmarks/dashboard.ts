/**
 * What a dashboard costs the engine, and what its clients cost the dashboard. The same engine works through the same paced
 * events alone and beside a dashboard with many clients, some of which never read; in turns, so that both see the same machine.
 */
import { Worker } from 'node:worker_threads';
import { monotonicNs } from '../../src/core/clock.ts';
import { createTelemetryBuffer } from '../../src/core/counters.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { servingOptions } from '../../src/dashboard/options.ts';
import type { StageStart } from '../../src/dashboard/stage.ts';
import { makeTokens } from '../../src/dashboard/tokens.ts';
import { pinThisThread } from '../../src/core/affinity.ts';
import type { ServerLibrary } from '../../src/net/server.ts';
import { type BenchContext, type Benchmark, check, type Figure, type Json, median } from '../benchmark.ts';
import { ClientCount } from '../client-counts.ts';
import { TickScene } from '../tick-scene.ts';
import type { ClientsJob } from '../workers/dashboard-clients.ts';
import type { StageJob } from '../workers/dashboard-stage.ts';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };

interface Shape {
  readonly clients: number;
  readonly deaf: number;
  readonly rate: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly rounds: number;
}

/** A dashboard and its clients, as long as they are needed. */
interface Audience {
  readonly counts: Float64Array;
  /** Processor time that the dashboard's thread has used. */
  readonly cpuNs: Float64Array;
  close(): Promise<void>;
}

async function gather(scene: TickScene, library: ServerLibrary, shape: Shape): Promise<Audience> {
  const tokens = makeTokens();
  const limits = { frames: UNLIMITED, connects: UNLIMITED, commands: UNLIMITED, clients: 1e5, clientsOfAddress: 1e5 };
  const start: StageStart = {
    serving: servingOptions({ port: 0, tokens, limits, library }),
    journal: scene.memory,
    reader: 1,
    journalReaders: ['audit', 'dashboard'],
    telemetry: createTelemetryBuffer(),
    feedRing: null,
    logDirectory: '',
    mode: 'bench',
    tapehead: '',
    checkNames: [],
    assetsDirectory: null,
  };
  const cpuNs = new SharedArrayBuffer(8);
  const dashboard = await started('dashboard-stage', { start, cpuNs } satisfies StageJob);
  const counts = new SharedArrayBuffer(3 * 8);
  const { clients, deaf, rate } = shape;
  const url = `${String(dashboard.said).replace('http', 'ws')}socket`;
  const crowd = await started('dashboard-clients', {
    ...{ url, token: tokens.view ?? '', clients, deaf, rate, counts },
  } satisfies ClientsJob);
  return {
    counts: new Float64Array(counts),
    cpuNs: new Float64Array(cpuNs),
    close: async () => {
      crowd.worker.postMessage('end');
      dashboard.worker.postMessage('end');
      await dashboard.gone;
      await crowd.worker.terminate();
    },
  };
}

interface Started {
  readonly worker: Worker;
  /** Its first message. */
  readonly said: unknown;
  readonly gone: Promise<void>;
}

async function started(name: string, workerData: unknown): Promise<Started> {
  const worker = new Worker(new URL(`../workers/${name}.js`, import.meta.url), { workerData });
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const said = await new Promise<unknown>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, said, gone };
}

/** Paced events through the engine; what each one took it. */
function work(scene: TickScene, shape: Shape): Histogram {
  const histogram = Histogram.fine();
  const everyNs = 1e9 / shape.eventsPerSecond;
  const count = shape.seconds * shape.eventsPerSecond;
  let dueNs = monotonicNs() + everyNs;
  for (let i = 0; i < count; i++, dueNs += everyNs) {
    scene.next();
    while (monotonicNs() < dueNs);
    const fromNs = monotonicNs();
    scene.engine.doWork(1);
    scene.journal.publish();
    histogram.record(monotonicNs() - fromNs);
  }
  return histogram;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function run(context: BenchContext) {
  const shape: Shape = context.smoke
    ? { clients: 20, deaf: 2, rate: 10, seconds: 0.2, eventsPerSecond: 5_000, rounds: 1 }
    : { clients: 1_000, deaf: 100, rate: 10, seconds: context.durationS ?? 4, eventsPerSecond: 20_000, rounds: 3 };
  const pinned = pinThisThread(0);
  const alone: Histogram[] = [];
  const watched: Histogram[] = [];
  const updates: number[] = [];
  const details: Record<string, Json> = { ...shape };
  for (const library of ['uWebSockets.js', 'ws'] as const) {
    // Defined before the dashboard is there, as in a run: the model sees it from the first record on.
    const scene = await TickScene.make(context.folder(), true);
    const quiet = await TickScene.make(context.folder());
    const audience = await gather(scene, library, shape);
    try {
      work(quiet, { ...shape, seconds: shape.seconds / 4 });
      work(scene, { ...shape, seconds: shape.seconds / 4 });
      let [frames, bytes, cpuMs, wallMs] = [0, 0, 0, 0];
      for (let round = 0; round < (library === 'ws' ? 1 : shape.rounds); round++) {
        context.progress(`${library}, round ${round + 1}`);
        if (library !== 'ws') alone.push(work(quiet, shape));
        const before = [...audience.counts];
        const cpuBefore = audience.cpuNs[0];
        const startMs = performance.now();
        const histogram = work(scene, shape);
        await pause(50);
        wallMs += performance.now() - startMs;
        cpuMs += (audience.cpuNs[0] - cpuBefore) / 1e6;
        frames += audience.counts[ClientCount.Frames] - before[ClientCount.Frames];
        bytes += audience.counts[ClientCount.Bytes] - before[ClientCount.Bytes];
        if (library !== 'ws') {
          watched.push(histogram);
          updates.push(
            ((audience.counts[ClientCount.Frames] - before[ClientCount.Frames]) / (performance.now() - startMs)) * 1e3,
          );
        }
      }
      check(frames > 0, `${library}: clients got updates while the engine worked`);
      details[library] = {
        updatesPerSecond: Math.round((frames / wallMs) * 1e3),
        bytesPerUpdate: Math.round(bytes / frames),
        /** Of one core: all, and a client's part; and of each update. */
        cpuShare: Math.round((cpuMs / wallMs) * 1e3) / 1e3,
        cpuShareOfAClient: Math.round((cpuMs / wallMs / shape.clients) * 1e6) / 1e6,
        cpuMicrosPerUpdate: Math.round((cpuMs / frames) * 1e4) / 10,
      };
    } finally {
      await audience.close();
    }
  }
  const p99 = (parts: readonly Histogram[]): number => median(parts.map((part) => part.quantile(0.99)));
  const ratio = p99(watched) / p99(alone);
  const figure: Figure = { name: 'updates delivered', unit: 'updates/s', better: 'higher', runs: updates };
  return {
    figures: [figure],
    latencies: [
      { name: 'engine alone', kind: 'service' as const, parts: alone },
      { name: 'engine beside a dashboard', kind: 'service' as const, parts: watched },
    ],
    goals: [
      {
        name: "engine's p99 beside a dashboard over alone",
        value: ratio,
        unit: 'x',
        limit: 1.05,
        better: 'lower' as const,
      },
    ],
    topology: `engine ${pinned}; dashboard and clients, a thread each, on the other cores`,
    notes: [
      `${shape.clients} clients, ${shape.deaf} of which never read, two subscriptions each, ${shape.rate} updates a second`,
    ],
    details,
  };
}

export const benchmark: Benchmark = {
  name: 'dashboard',
  summary: "a thousand clients of a dashboard: what they cost the engine's tail, and the dashboard",
  run,
};
