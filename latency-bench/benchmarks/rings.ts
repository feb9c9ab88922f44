/**
 * The SPSC ring between two worker threads: throughput by batch and round trip, beside a C++ ring of the same design in the
 * same run; each way of waiting; more threads than cores; a MessagePort as the floor.
 */
import { availableParallelism } from 'node:os';
import { Histogram } from '../../src/core/histogram.ts';
import { FEED_RING_SLOTS } from '../../src/core/limits.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  type Figure,
  type Goal,
  type LatencyFigure,
  median,
} from '../benchmark.ts';
import { cxxEcho, cxxStream, cxxWork } from '../cxx-ring.ts';
import { echo, type Pair, portEcho, portStream, SPSC_WORKER, type SpscHand, stream, work } from '../spsc-runs.ts';
import { withHands } from '../workers/pair.ts';
import type { SpscAnswer, SpscJob } from '../workers/spsc-worker.ts';

/** Records a publication, and what LMAX Disruptor 3.4.4 on JDK 17 passed on another machine of two cores, records/s. */
const BATCHES = [
  { batch: 1, disruptor: 5.9e6 },
  { batch: 16, disruptor: 24e6 },
  { batch: 64, disruptor: 55e6 },
];
/** Its round trip there, ns. */
const DISRUPTOR_ROUND_TRIP = 796;
const WAITS = [
  { wait: WaitStrategy.Spin, name: 'spin' },
  { wait: WaitStrategy.SpinThenPark, name: 'spin, then park' },
  { wait: WaitStrategy.Park, name: 'park' },
];
/** A second or less at the slowest; the smoke's are just enough to go round the ring twice. */
const COUNTS = { stream: 4_000_000, echo: 100_000, slowEcho: 10_000, crowd: 400_000, port: 50_000, portEcho: 5_000 };
const SMOKE_COUNTS = { stream: 200_000, echo: 5_000, slowEcho: 500, crowd: 20_000, port: 2_000, portEcho: 500 };
const RUNS = 7;
const UNIT = 'records/s';

export const benchmark: Benchmark = {
  name: 'rings',
  summary: 'records between two worker threads: SPSC ring of 64-byte slots, beside a C++ ring and a MessagePort',
  run,
};

type Counts = typeof COUNTS;

class Results {
  readonly figures: Figure[] = [];
  readonly latencies: LatencyFigure[] = [];
  readonly goals: Goal[] = [];
  readonly notes: string[] = ['checksums of everything passed were compared', 'goals of throughput compare medians'];
  readonly context: BenchContext;
  readonly counts: Counts;
  readonly runs: number;
  /** The C++ ring's program, or null. */
  readonly cxx: string | null;

  constructor(context: BenchContext, cxx: string | null) {
    this.context = context;
    this.counts = context.smoke ? SMOKE_COUNTS : COUNTS;
    this.runs = context.smoke ? 1 : RUNS;
    this.cxx = cxx;
  }

  /**
   * Returns the median: where the threads are placed and how far the reader runs behind decide between two speeds several
   * times apart, in any language, so that the best run is the luckiest, not the least disturbed.
   */
  rate(name: string, runs: readonly number[]): number {
    this.figures.push({ name, unit: UNIT, better: 'higher', runs });
    return median(runs);
  }

  /** Returns the p50 of all of them, ns. */
  roundTrip(name: string, parts: readonly Histogram[]): number {
    this.latencies.push({ name, kind: 'round-trip', parts });
    const total = new Histogram(null, 0, parts[0].bits);
    for (const part of parts) total.add(part);
    return total.quantile(0.5);
  }

  atLeast(name: string, value: number, limit: number, unit = 'x'): void {
    this.goals.push({ name, value, unit, limit, better: 'higher' });
  }

  atMost(name: string, value: number, limit: number, unit = 'x'): void {
    this.goals.push({ name, value, unit, limit, better: 'lower' });
  }
}

async function run(context: BenchContext): Promise<BenchResult> {
  const { path, absent } = await context.cxx('ring');
  const results = new Results(context, path);
  if (absent !== null) results.notes.push(`no C++ ring: ${absent}`);
  results.notes.push(
    'Disruptor: LMAX 3.4.4 on JDK 17, measured elsewhere (5.9, 24 and 55 M/s, 796 ns), not in this run',
  );
  await withHands<SpscJob, SpscAnswer, void>(SPSC_WORKER, 2, async ([a, b]) => {
    const pair = { a, b, isPinned: true };
    const rates = await streams(results, pair);
    await trips(results, pair);
    await waits(results, pair);
    await port(results, pair, rates);
  });
  await withHands<SpscJob, SpscAnswer, void>(SPSC_WORKER, 4, (hands) => crowd(results, hands));
  await workOfRecords(results);
  const { figures, latencies, goals, notes } = results;
  return {
    figures,
    latencies,
    goals,
    notes,
    topology:
      'two worker threads, pinned where koffi loads, spin then park where the name says nothing else; four, placed by the system, where it says so',
    details: { slots: FEED_RING_SLOTS, threads: 'pinned where koffi loads' },
  };
}

/** One way, alternately ours and C++. Returns what ours passes, by batch. */
async function streams(results: Results, pair: Pair): Promise<Map<number, number>> {
  const { counts, cxx, context } = results;
  const passed = new Map<number, number>();
  for (const { batch, disruptor } of BATCHES) {
    context.progress(`SPSC ring, batch ${batch}`);
    const ours: number[] = [];
    const parks: number[] = [];
    const spins: number[] = [];
    // One run more than asked for: the first one compiles.
    for (let i = 0; i <= results.runs; i++) {
      const rate = await stream(pair, counts.stream, batch, WaitStrategy.SpinThenPark);
      if (i === 0) continue;
      ours.push(rate);
      if (cxx === null) continue;
      parks.push(await cxxStream(cxx, counts.stream, batch, 'parks'));
      spins.push(await cxxStream(cxx, counts.stream, batch, 'spins'));
    }
    const own = results.rate(`SPSC ring, batch ${batch}`, ours);
    passed.set(batch, own);
    results.atLeast(`SPSC ring, batch ${batch}, the Disruptor's elsewhere`, own / disruptor, 1);
    if (cxx === null) continue;
    const peer = results.rate(`C++ ring of the same guarantees, batch ${batch}`, parks);
    const bare = results.rate(`C++ ring that can't park, batch ${batch}`, spins);
    results.atLeast(`SPSC ring, batch ${batch}, throughput of C++`, own / peer, 0.85);
    results.notes.push(
      `batch ${batch}: ${(own / bare).toFixed(2)} of a C++ ring that can't park (release and acquire only)`,
    );
  }
  return passed;
}

/** There and back, alternately ours and C++, all threads spinning. */
async function trips(results: Results, pair: Pair): Promise<void> {
  const { counts, cxx, context } = results;
  context.progress('SPSC ring, round trip');
  await echo(pair, Math.ceil(counts.echo / 10), WaitStrategy.Spin);
  const ours: Histogram[] = [];
  const theirs: Histogram[] = [];
  for (let i = 0; i < results.runs; i++) {
    ours.push(await echo(pair, counts.echo, WaitStrategy.Spin));
    if (cxx !== null) theirs.push(await cxxEcho(cxx, counts.echo, 'spins'));
  }
  const own = results.roundTrip('SPSC ring, round trip', ours);
  results.atMost("SPSC ring, round trip p50, the Disruptor's elsewhere", own, DISRUPTOR_ROUND_TRIP, 'ns');
  if (cxx === null) return;
  const peer = results.roundTrip('C++ ring, round trip', theirs);
  results.atMost('SPSC ring, round trip p50 of C++', own / peer, 1.15);
}

async function waits(results: Results, pair: Pair): Promise<void> {
  const { counts, context } = results;
  for (const { wait, name } of WAITS) {
    context.progress(`SPSC ring, ${name}`);
    const rates: number[] = [];
    for (let i = 0; i < results.runs; i++) rates.push(await stream(pair, counts.stream / 4, 16, wait));
    results.rate(`SPSC ring, batch 16, ${name}`, rates);
    if (wait === WaitStrategy.Spin) continue; // the round trip above
    results.roundTrip(`SPSC ring, round trip, ${name}`, [await echo(pair, counts.slowEcho, wait)]);
  }
}

async function port(results: Results, pair: Pair, ring: ReadonlyMap<number, number>): Promise<void> {
  const { counts, context } = results;
  context.progress('MessagePort');
  const rates: number[] = [];
  for (let i = 0; i < results.runs; i++) rates.push(await portStream(pair, counts.port));
  const rate = results.rate('MessagePort, 64 bytes a message', rates);
  results.roundTrip('MessagePort, round trip', [await portEcho(pair, counts.portEcho)]);
  const ratio = (batch: number): number => (ring.get(batch) ?? 0) / rate;
  results.atLeast('SPSC ring, batch 64 (the default), against a MessagePort', ratio(64), 25);
  results.notes.push(`records published one by one: ${ratio(1).toFixed(1)} times a MessagePort`);
}

/** Two rings and four threads, placed by the system: what happens where there are fewer cores than threads. */
async function crowd(results: Results, hands: readonly SpscHand[]): Promise<void> {
  const { counts, context } = results;
  const pairs = [0, 2].map((i) => ({ a: hands[i], b: hands[i + 1], isPinned: false }));
  for (const { wait, name } of WAITS) {
    context.progress(`two SPSC rings, ${name}`);
    const rates: number[] = [];
    for (let i = 0; i <= results.runs; i++) {
      const both = await Promise.all(pairs.map((pair) => stream(pair, counts.crowd, 16, wait)));
      if (i > 0) rates.push(2 * Math.min(...both));
    }
    results.rate(`two SPSC rings, four threads on ${availableParallelism()} cores, batch 16, ${name}`, rates);
  }
}

/** What a record costs without any ring: the limit of both languages where the cores share their caches. */
async function workOfRecords(results: Results): Promise<void> {
  const { counts, cxx } = results;
  work(counts.stream);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < results.runs; i++) {
    ours.push(work(counts.stream));
    if (cxx !== null) theirs.push(await cxxWork(cxx, counts.stream));
  }
  const unit = 'ns/record';
  results.figures.push({ name: 'a record filled and read back, no ring', unit, better: 'lower', runs: ours });
  if (cxx === null) return;
  results.figures.push({ name: 'the same in C++', unit, better: 'lower', runs: theirs });
}
