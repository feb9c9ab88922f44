/** What the machine itself costs: clocks, memory, disk, hashes, threads, sockets. Every other figure stands on these. */
import { join } from 'node:path';
import { crc32c } from '../../src/audit/crc32c.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  check,
  type Figure,
  type LatencyFigure,
} from '../benchmark.ts';
import { cxxEcho, cxxStream } from '../cxx-ring.ts';
import {
  clockCost,
  copySpeed,
  jitter,
  koffiClock,
  missChain,
  missNs,
  sha256Speed,
  syncs,
  wsEcho,
} from '../floor-probes.ts';
import { output } from '../reference.ts';
import { echo, portEcho, SPSC_WORKER } from '../spsc-runs.ts';
import { createBarrier } from '../workers/crew.ts';
import { withHands } from '../workers/pair.ts';
import type { SpscAnswer, SpscJob } from '../workers/spsc-worker.ts';
import type { WakeAnswer, WakeJob } from '../workers/wake-worker.ts';

const WAKE_WORKER = new URL('../workers/wake-worker.js', import.meta.url);
/** Beyond any cache of the machines we know. */
const MEMORY_BYTES = 1 << 27;
const SMOKE_MEMORY_BYTES = 1 << 22;
const SYNC_BYTES = [4 << 10, 256 << 10];
const HASH_BLOCK = 1 << 16;
const RUNS = 5;
const COUNTS = { clock: 200_000, syncs: 200, hashes: 1000, echoes: 10_000, ring: 4_000_000, trips: 100_000 };
const SMOKE_COUNTS = { clock: 5_000, syncs: 5, hashes: 20, echoes: 300, ring: 100_000, trips: 2_000 };

export const benchmark: Benchmark = {
  name: 'floor',
  summary: 'the machine itself: clocks, memory, disk, hashes, threads, sockets; in C++ beside it where g++ is there',
  run,
};

class Floor {
  readonly figures: Figure[] = [];
  readonly latencies: LatencyFigure[] = [];
  readonly notes: string[] = [];
  readonly context: BenchContext;
  readonly counts: typeof COUNTS;
  readonly runs: number;
  readonly memoryBytes: number;

  constructor(context: BenchContext) {
    this.context = context;
    this.counts = context.smoke ? SMOKE_COUNTS : COUNTS;
    this.runs = context.smoke ? 1 : RUNS;
    this.memoryBytes = context.smoke ? SMOKE_MEMORY_BYTES : MEMORY_BYTES;
  }

  add(name: string, unit: string, better: 'higher' | 'lower', measure: () => number): void {
    measure(); // warm-up
    this.figures.push({ name, unit, better, runs: Array.from({ length: this.runs }, measure) });
  }
}

async function run(context: BenchContext): Promise<BenchResult> {
  const floor = new Floor(context);
  clocks(floor);
  memory(floor);
  await inCxx(floor);
  disk(floor);
  hashes(floor);
  await threads(floor);
  context.progress('jitter');
  const gaps = jitter(context.smoke ? 0.05 : 1);
  floor.latencies.push({ name: 'gap between two readings of the clock, spinning', kind: 'service', parts: [gaps] });
  floor.notes.push(
    `interruptions above 10 µs: ${above(gaps, 10_000)}, above 100 µs: ${above(gaps, 100_000)}, in all gaps`,
  );
  const { figures, latencies, notes } = floor;
  return {
    figures,
    latencies,
    notes,
    topology: 'one thread; wake-ups and round trips between two worker threads, spinning and parked as their names say',
    details: { memoryBytes: floor.memoryBytes },
  };
}

function clocks(floor: Floor): void {
  floor.context.progress('clocks');
  const cell = new BigInt64Array(1);
  const readers: [string, (() => void) | string][] = [
    [
      'process.hrtime.bigint() into a BigInt64Array',
      () => {
        cell[0] = process.hrtime.bigint();
      },
    ],
    [
      'performance.now(), as ns into a BigInt64Array',
      () => {
        cell[0] = BigInt(Math.round(performance.now() * 1e6));
      },
    ],
    ['clock_gettime through koffi', koffiClock(cell)],
  ];
  for (const [name, read] of readers) {
    if (typeof read === 'string') {
      floor.notes.push(`no ${name}: ${read}`);
      continue;
    }
    let stepNs = Number.POSITIVE_INFINITY;
    floor.add(name, 'ns/reading', 'lower', () => {
      const cost = clockCost(floor.counts.clock, read, cell);
      stepNs = Math.min(stepNs, cost.stepNs);
      return cost.nsPerReading;
    });
    floor.notes.push(`${name}: steps of ${stepNs} ns`);
  }
}

function memory(floor: Floor): void {
  floor.context.progress('memory');
  const from = new Uint8Array(floor.memoryBytes).fill(7);
  const to = new Uint8Array(floor.memoryBytes);
  floor.add('copy, TypedArray.set', 'GB/s', 'higher', () => copySpeed(from, to));
  const chain = missChain(floor.memoryBytes);
  floor.add('dependent cache miss', 'ns', 'lower', () => missNs(chain));
}

async function inCxx(floor: Floor): Promise<void> {
  const { context, counts, figures, latencies, notes, runs } = floor;
  const probe = await context.cxx('floor');
  if (probe.path === null) {
    notes.push(`nothing in C++: ${probe.absent}`);
    return;
  }
  const texts: string[] = [];
  for (let i = 0; i < runs; i++) texts.push(await output(probe.path, [String(floor.memoryBytes)]));
  const measured = texts.map((text) => {
    const match = /^clockNs ([\d.]+) copyGBs ([\d.]+) missNs ([\d.]+) visited (\d+)$/.exec(text.trim());
    check(match !== null && Number(match[4]) === floor.memoryBytes / 64, `the C++ floor printed ${text.slice(0, 100)}`);
    return match.slice(1, 4).map(Number);
  });
  const of = (i: number): number[] => measured.map((values) => values[i]);
  figures.push({ name: 'clock_gettime, C++', unit: 'ns/reading', better: 'lower', runs: of(0) });
  figures.push({ name: 'copy, C++ memcpy', unit: 'GB/s', better: 'higher', runs: of(1) });
  figures.push({ name: 'dependent cache miss, C++', unit: 'ns', better: 'lower', runs: of(2) });
  const ring = await context.cxx('ring');
  if (ring.path === null) return;
  const rates: number[] = [];
  for (let i = 0; i < runs; i++) rates.push(await cxxStream(ring.path, counts.ring, 16, 'spins'));
  figures.push({ name: "C++ ring that can't park, batch 16", unit: 'records/s', better: 'higher', runs: rates });
  const trip = await cxxEcho(ring.path, counts.trips, 'spins');
  latencies.push({ name: 'C++ ring, round trip', kind: 'round-trip', parts: [trip] });
}

function disk(floor: Floor): void {
  const { context, counts, latencies } = floor;
  for (const bytes of SYNC_BYTES) {
    const name = `write + fdatasync, ${bytes >> 10} KiB`;
    context.progress(name);
    const histogram = syncs(join(context.folder(), 'synced'), bytes, counts.syncs);
    latencies.push({ name, kind: 'service', parts: [histogram] });
  }
}

function hashes(floor: Floor): void {
  floor.context.progress('hashes');
  const block = new Uint8Array(HASH_BLOCK).fill(3);
  const { hashes: blocks } = floor.counts;
  floor.add('SHA-256, blocks of 64 KiB', 'GB/s', 'higher', () => sha256Speed(block, blocks));
  const digits = new TextEncoder().encode('123456789');
  check(crc32c(digits, 0, digits.length) >>> 0 === 0xe3069283, 'CRC32C of 123456789 (RFC 3720)');
  floor.add('CRC32C, records of 80 bytes', 'GB/s', 'higher', () => crcSpeed(block, 80, blocks));
  floor.add('CRC32C, blocks of 64 KiB', 'GB/s', 'higher', () => crcSpeed(block, HASH_BLOCK, blocks));
}

function crcSpeed(block: Uint8Array, length: number, blocks: number): number {
  const parts = Math.floor(block.length / length);
  const expected = crc32c(block, 0, length);
  let wrong = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < Math.ceil(blocks / 10); i++) {
    for (let p = 0; p < parts; p++) if (crc32c(block, p * length, (p + 1) * length) !== expected) wrong++;
  }
  const elapsedNs = Number(process.hrtime.bigint() - start);
  check(wrong === 0, 'a CRC differs');
  return (Math.ceil(blocks / 10) * parts * length) / elapsedNs;
}

async function threads(floor: Floor): Promise<void> {
  const { context, counts, latencies, notes } = floor;
  context.progress('threads');
  await withHands<WakeJob, WakeAnswer, void>(WAKE_WORKER, 2, async ([a, b]) => {
    const common = { barrier: createBarrier(), cells: new SharedArrayBuffer(8), count: counts.echoes };
    const [memory] = await Promise.all([a.run({ ...common, kind: 'ping' }), b.run({ ...common, kind: 'pong' })]);
    const histogram = memory === null ? null : Histogram.over(memory);
    check(histogram !== null && histogram.count === counts.echoes, 'a wake-up is missing');
    latencies.push({ name: 'two wake-ups, Atomics.wait and notify', kind: 'round-trip', parts: [histogram] });
  });
  await withHands<SpscJob, SpscAnswer, void>(SPSC_WORKER, 2, async ([a, b]) => {
    const pair = { a, b, isPinned: true };
    const post = await portEcho(pair, counts.echoes);
    latencies.push({ name: 'postMessage, round trip', kind: 'round-trip', parts: [post] });
    const ring = await echo(pair, counts.trips, WaitStrategy.Spin);
    latencies.push({ name: 'SPSC ring, round trip', kind: 'round-trip', parts: [ring] });
  });
  context.progress('ws');
  const ws = await wsEcho(counts.echoes);
  if (typeof ws === 'string') notes.push(`no ws: ${ws}`);
  else latencies.push({ name: 'ws over loopback, one process, round trip', kind: 'round-trip', parts: [ws] });
}

function above(histogram: Histogram, limitNs: number): number {
  let found = 0;
  histogram.forEachBucket((lowNs, _highNs, count) => {
    if (lowNs >= limitNs) found += count;
  });
  return found;
}
