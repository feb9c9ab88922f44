/**
 * What a dashboard with many clients costs the engine's tail. Three engines of the same records, on one thread with a core of
 * its own, are worked on in short slices, shuffled, many times over:
 *
 *   alone    no dashboard reads its journal, and the dashboard's thread is parked in the kernel, its clients idle
 *   again    another engine, exactly as alone: how far two measurements of the same thing lie apart here
 *   beside   its journal has the dashboard as a second reader, which serves its clients meanwhile
 *
 * Each has its log, as in a run: a thread that reads every record and hashes it.
 *
 * Why that is fair: a parked thread runs nothing, and idle clients have nothing to read, so that alone is without a dashboard
 * although the sockets stay open; whatever the machine does for a minute meets all three. The dashboard and its clients (a
 * process of their own) may use every core but the engine's, as in a pinned run; what the kernel does for their sockets, and
 * wherever it does that, counts as theirs. Before each slice some events are worked through untimed, so that the caches are
 * those of the condition.
 */

import type { Worker } from 'node:worker_threads';
import { Histogram } from '../../src/core/histogram.ts';
import { Prng } from '../../src/core/prng.ts';
import { Audience, type Crowd, pause, startLog } from '../audience.ts';
import { type BenchContext, type Benchmark, check, type Figure, type Goal } from '../benchmark.ts';
import { type Difference, differenceOf } from '../compare/bootstrap.ts';
import type { EngineAnswer, EngineJob } from '../workers/dashboard-engine.ts';
import { withHands } from '../workers/pair.ts';

const ENGINE = new URL('../workers/dashboard-engine.js', import.meta.url);
const SEED = 7;
/** How often the intervals may miss. */
const DOUBT = 0.05;
const CONDITIONS = ['alone', 'again', 'beside'] as const;
type Condition = (typeof CONDITIONS)[number];

interface Shape extends Crowd {
  readonly sliceSeconds: number;
  readonly slices: number;
  readonly eventsPerSecond: number;
}

const FULL: Shape = { clients: 1_000, deaf: 100, rate: 10, sliceSeconds: 0.2, slices: 60, eventsPerSecond: 20_000 };
const QUICK: Shape = { clients: 20, deaf: 2, rate: 10, sliceSeconds: 0.1, slices: 2, eventsPerSecond: 5_000 };

async function run(context: BenchContext) {
  const shape = context.smoke ? QUICK : { ...FULL, sliceSeconds: (context.durationS ?? 12) / FULL.slices };
  const folder = context.folder();
  return withHands<EngineJob, EngineAnswer, Awaited<ReturnType<typeof measured>>>(ENGINE, 1, async ([engine]) => {
    const logs: Worker[] = [];
    const open = async (isWatched: boolean) => {
      const { journal, pinned } = await engine.run({ type: 'scene', folder, isWatched });
      check(journal !== null, 'a scene has a journal');
      logs.push(startLog(journal));
      return { journal, pinned };
    };
    let audience: Audience | null = null;
    try {
      await open(false);
      await open(false);
      // Opened before the dashboard is there, as in a run: the model sees it from the first record on.
      const { journal, pinned } = await open(true);
      audience = await Audience.gather(journal, 'uWebSockets.js', shape);
      return await measured(context, shape, audience, pinned, (job) => engine.run(job));
    } finally {
      await audience?.close();
      for (const log of logs) await log.terminate();
    }
  });
}

async function measured(
  context: BenchContext,
  shape: Shape,
  audience: Audience,
  pinned: string,
  engine: (job: EngineJob) => Promise<EngineAnswer>,
) {
  const { slices, sliceSeconds, eventsPerSecond, clients, deaf, rate } = shape;
  const events = Math.round(sliceSeconds * eventsPerSecond);
  const samples = new SharedArrayBuffer(events * 8);
  const parts: Record<Condition, Histogram[]> = { alone: [], again: [], beside: [] };
  const updates: number[] = [];
  const slice = async (condition: Condition): Promise<Histogram> => {
    const isBeside = condition === 'beside';
    if (isBeside) audience.resume();
    else await audience.park();
    const before = isBeside ? await audience.counts() : null;
    const startMs = performance.now();
    const scene = CONDITIONS.indexOf(condition);
    await engine({ type: 'slice', scene, warmEvents: events >> 1, events, eventsPerSecond, samples });
    if (before !== null) {
      const seconds = (performance.now() - startMs) / 1e3;
      updates.push(((await audience.counts()).updates - before.updates) / seconds);
    }
    const histogram = Histogram.fine();
    for (const ns of new Float64Array(samples)) histogram.record(ns);
    return histogram;
  };
  for (const condition of CONDITIONS) for (let i = 0; i < 2; i++) await slice(condition); // compiles what is measured
  updates.length = 0;
  const random = new Prng(SEED);
  for (let round = 0; round < slices; round++) {
    if (round % 10 === 0) context.progress(`slice ${round + 1} of ${slices}`);
    for (const condition of shuffled(random)) parts[condition].push(await slice(condition));
  }
  audience.resume();
  await pause(2000 / rate);
  await audience.check();
  const figure: Figure = {
    name: 'updates delivered beside the engine',
    unit: 'updates/s',
    better: 'higher',
    runs: updates,
  };
  const p99 = differences(parts, 0.99);
  const p999 = differences(parts, 0.999);
  const p50 = differences(parts, 0.5);
  const goals: Goal[] = [
    {
      name: "engine's p99 beside a dashboard over alone",
      value: 1 + p99.beside.share,
      unit: 'x',
      limit: 1.05,
      better: 'lower',
    },
  ];
  return {
    figures: [figure],
    latencies: [
      { name: 'engine alone', kind: 'service' as const, parts: parts.alone },
      { name: 'engine alone, again', kind: 'service' as const, parts: parts.again },
      { name: 'engine beside a dashboard', kind: 'service' as const, parts: parts.beside },
    ],
    goals,
    topology: `engine ${pinned}; dashboard with ${audience.cores}; logs and clients, threads and a process, on the same`,
    notes: [
      `${clients} clients, ${deaf} of which never read, two subscriptions each, ${rate} updates a second; those that read ended with the model's values`,
      `${slices} slices of ${sliceSeconds} s of each condition, shuffled; beside over alone (both), and alone again over alone, with 95 % intervals:`,
      `p50 ${text(p50.beside)}, ${text(p50.again)}; p99 ${text(p99.beside)}, ${text(p99.again)}; p99.9 ${text(p999.beside)}, ${text(p999.again)}`,
    ],
    details: {
      ...shape,
      p50Ratios: ratios(p50),
      p99Ratios: ratios(p99),
      p999Ratios: ratios(p999),
    },
  };
}

function shuffled(random: Prng): Condition[] {
  const left: Condition[] = [...CONDITIONS];
  return CONDITIONS.map(() => left.splice(random.below(left.length), 1)[0]);
}

/**
 * Of the slices' quantiles, round by round: what one round has in common, the machine's mood of that second, is in none of
 * them. Beside against both alone slices of its round, and these against each other.
 */
function differences(parts: Record<Condition, readonly Histogram[]>, quantile: number) {
  const [alone, again, beside] = CONDITIONS.map((one) =>
    parts[one].map((part) => Math.max(1, part.quantile(quantile))),
  );
  const ofRounds = (ratio: (round: number) => number): Difference =>
    differenceOf(
      alone.map(() => 1),
      alone.map((_, round) => ratio(round)),
      DOUBT,
    );
  return {
    beside: ofRounds((round) => beside[round] / Math.sqrt(alone[round] * again[round])),
    again: ofRounds((round) => again[round] / alone[round]),
  };
}

function text({ share, lowShare, highShare }: Difference): string {
  return `${(1 + share).toFixed(3)} (${(1 + lowShare).toFixed(3)}-${(1 + highShare).toFixed(3)})`;
}

function ratios({ beside, again }: { beside: Difference; again: Difference }) {
  const list = (one: Difference) => [1 + one.share, 1 + one.lowShare, 1 + one.highShare];
  return { beside: list(beside), aloneAgain: list(again) };
}

export const benchmark: Benchmark = {
  name: 'dashboard',
  summary: "what a dashboard with a thousand clients costs the engine's tail",
  run,
};
