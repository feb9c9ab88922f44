/**
 * What clients cost the dashboard: clients times updates a second, bytes of an update, processor time of an update and of a
 * client, with uWebSockets.js and with ws. The engine works all the while, faster than any client wants to know.
 */
import { Audience, type Crowd, pause, startLog } from '../audience.ts';
import { type BenchContext, type Benchmark, check, type Figure, type Json } from '../benchmark.ts';
import type { Hand } from '../workers/crew.ts';
import type { EngineAnswer, EngineJob } from '../workers/dashboard-engine.ts';
import { withHands } from '../workers/pair.ts';

const ENGINE = new URL('../workers/dashboard-engine.js', import.meta.url);
const LIBRARIES = ['uWebSockets.js', 'ws'] as const;
/** Every second event moves the touch: more often than the fastest client is told. */
const EVENTS_PER_SECOND = 2_000;

interface Row {
  readonly library: string;
  readonly clients: number;
  /** Asked for: clients times two subscriptions times the rate. */
  readonly askedPerSecond: number;
  readonly updatesPerSecond: number;
  readonly bytesPerUpdate: number;
  readonly cpuMicrosPerUpdate: number;
  /** Shares of one core that the dashboard's thread used: in all, and for each client. */
  readonly cpuShare: number;
  readonly cpuShareOfAClient: number;
}

type Engine = Hand<EngineJob, EngineAnswer>;

async function run(context: BenchContext) {
  const clients = context.smoke ? [2, 10] : [10, 100, 1_000];
  const rates = context.smoke ? [10] : [10, 60];
  const seconds = context.smoke ? 0.3 : (context.durationS ?? 2);
  const folder = context.folder();
  const rows: Row[] = [];
  let topology = '';
  await withHands<EngineJob, EngineAnswer, void>(ENGINE, 1, async ([engine]) => {
    let scene = 0;
    for (const count of clients) {
      for (const rate of rates) {
        for (const library of LIBRARIES) {
          context.progress(`${library}, ${count} clients, ${rate} updates a second`);
          const { journal, pinned } = await engine.run({ type: 'scene', folder, isWatched: true });
          check(journal !== null, 'a scene has a journal');
          const log = startLog(journal);
          const crowd: Crowd = { clients: count, deaf: 0, rate };
          let audience: Audience | null = null;
          try {
            audience = await Audience.gather(journal, library, crowd);
            topology = `engine ${pinned}; dashboard and clients, a thread and a process, ${audience.cores.replace(`${library} `, '')}`;
            rows.push(await cell(engine, scene++, audience, library, crowd, seconds));
          } finally {
            await audience?.close();
            await log.terminate();
          }
        }
      }
    }
  });
  const figures = LIBRARIES.map((library): Figure => {
    const own = rows.filter((row) => row.library === library);
    return { name: `${library}: most delivered`, unit: 'updates/s', better: 'higher', runs: [most(own)] };
  });
  return {
    figures,
    latencies: [],
    topology,
    notes: [
      "processor time is that of the dashboard's thread, the kernel's work for its sockets included; every client ended with the model's values",
      ...table(rows),
    ],
    details: { rows: rows as unknown as Json },
  };
}

async function cell(
  engine: Engine,
  scene: number,
  audience: Audience,
  library: string,
  crowd: Crowd,
  seconds: number,
): Promise<Row> {
  const events = Math.ceil(seconds * EVENTS_PER_SECOND);
  const samples = new SharedArrayBuffer(events * 8);
  const work = (count: number) =>
    engine.run({ type: 'slice', scene, warmEvents: 0, events: count, eventsPerSecond: EVENTS_PER_SECOND, samples });
  await work(events >> 1);
  const working = work(events);
  await pause(20); // the engine's first events are on their way
  const before = await audience.counts();
  const startMs = performance.now();
  await working;
  const after = await audience.counts();
  const elapsedMs = performance.now() - startMs;
  await audience.check();
  const updates = after.updates - before.updates;
  check(updates > 0, `${library}: clients got updates while the engine worked`);
  const cpuMs = (after.cpuNs - before.cpuNs) / 1e6;
  return {
    library,
    clients: crowd.clients,
    askedPerSecond: crowd.clients * 2 * crowd.rate,
    updatesPerSecond: Math.round((updates / elapsedMs) * 1e3),
    bytesPerUpdate: Math.round((after.bytes - before.bytes) / updates),
    cpuMicrosPerUpdate: round((cpuMs / updates) * 1e3, 1),
    cpuShare: round(cpuMs / elapsedMs, 3),
    cpuShareOfAClient: round(cpuMs / elapsedMs / crowd.clients, 6),
  };
}

function most(rows: readonly Row[]): number {
  return Math.max(...rows.map((row) => row.updatesPerSecond));
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

function table(rows: readonly Row[]): string[] {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((text, i) => (i === 0 ? String(text).padEnd(15) : String(text).padStart(13))).join('');
  return [
    line(['library', 'clients', 'asked/s', 'delivered/s', 'bytes each', 'us each', 'core', 'core/client']),
    ...rows.map((row) =>
      line([
        row.library,
        row.clients,
        row.askedPerSecond,
        row.updatesPerSecond,
        row.bytesPerUpdate,
        row.cpuMicrosPerUpdate,
        `${round(row.cpuShare * 100, 1)} %`,
        `${round(row.cpuShareOfAClient * 100, 4)} %`,
      ]),
    ),
  ];
}

export const benchmark: Benchmark = {
  name: 'fan-out',
  summary: 'clients of a dashboard times updates a second, with uWebSockets.js and with ws',
  run,
};
