/** A run of the bench as it could have been, of seeded figures: for the reports and for compare. */
import type { Attribution, BenchResult, Figure, WorstEvent } from '../../latency-bench/benchmark.ts';
import type { Machine } from '../../latency-bench/machine.ts';
import type { Measured, Run, Settings } from '../../latency-bench/measured.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { Prng } from '../../src/core/prng.ts';

/** Normal, mean 0, variance 1 (Box and Muller). */
export function gauss(random: Prng): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}

/** Values around `centre` with a relative noise; `heavy`: one in five is disturbed by up to 30 %, always to the worse. */
export function noisyRuns(
  random: Prng,
  count: number,
  centre: number,
  noise: number,
  better: Figure['better'],
  heavy = false,
): number[] {
  return Array.from({ length: count }, () => {
    const disturbed = heavy && random.below(5) === 0 ? random.unit() * 0.3 : 0;
    return centre * Math.exp(gauss(random) * noise + (better === 'lower' ? disturbed : -disturbed));
  });
}

/** A latency of some `medianNs` with a tail, as machines make them. */
export function latencyHistogram(random: Prng, count: number, medianNs: number): Histogram {
  const histogram = Histogram.fine();
  for (let i = 0; i < count; i++) {
    const stall = random.below(900) === 0 ? 20e3 * (1 - random.unit()) ** -0.8 : 0;
    histogram.record(medianNs * Math.exp(0.18 * gauss(random) + (random.below(40) === 0 ? 1 : 0)) + stall);
  }
  return histogram;
}

export const QUIET_MACHINE: Machine = {
  tapehead: '0.1.0',
  commit: '0123456789ab',
  node: 'v20.20.2',
  v8: '11.3.244.8-node.38',
  system: 'linux 6.18.44 x64',
  cpu: 'AMD EPYC <9>',
  cores: 2,
  isVirtual: true,
  memoryGb: 24,
  governor: null,
  pinning: 'available',
  hugePages: 'madvise',
  clockSource: 'tsc',
  loadAverage: [0.1, 0.2, 0.3],
  clockNs: 47,
  clockStepNs: 10,
  tempFolder: '/tmp',
  tempFileSystem: 'ext4',
  othersShare: 0.004,
  stolenShare: 0,
  jitter: { probedMs: 200, interruptions: 3, longestNs: 41_000, lostShare: 0.0004 },
  remark: null,
};

export const FULL_SETTINGS: Settings = {
  benchmarks: [],
  smoke: false,
  durationS: null,
  rate: null,
  schedule: 'even',
  file: null,
};

export function measured(name: string, result: Partial<BenchResult>): Measured {
  return {
    name,
    summary: `what ${name} measures`,
    result: { figures: [], latencies: [], topology: 'one thread', notes: [], details: {}, ...result },
    failed: null,
    use: { othersShare: 0.01, stolenShare: 0 },
    elapsedMs: 12_345,
  };
}

export function runOf(benchmarks: readonly Measured[], settings: Partial<Settings> = {}): Run {
  const names = benchmarks.map(({ name }) => name);
  return {
    machine: QUIET_MACHINE,
    settings: { ...FULL_SETTINGS, benchmarks: names, ...settings },
    startedAt: '2026-11-22T09:30:00.000Z',
    measured: benchmarks,
    interrupted: false,
    jitterAfter: QUIET_MACHINE.jitter,
    distrust: [],
  };
}

const STAGES = ['decode', 'ring wait', 'book', 'strategy', 'risk', 'oms', 'order ring', 'gateway write'];
const STAGE_NS = [95, 240, 60, 180, 110, 140, 310, 1400];

/** Stages that follow one another, and their whole, of `count` events. */
export function attribution(random: Prng, count: number): Attribution {
  const stages = STAGES.map((name) => ({ name, histogram: Histogram.fine() }));
  const whole = Histogram.fine();
  const events: WorstEvent[] = [];
  let sum = 0;
  for (let seq = 1; seq <= count; seq++) {
    const stagesNs = STAGE_NS.map((ns) => Math.round(ns * Math.exp(0.2 * gauss(random))));
    const isStalled = random.below(2_000) === 0;
    if (isStalled) stagesNs[random.below(STAGES.length)] += 50_000 + random.below(900_000);
    for (const [i, ns] of stagesNs.entries()) stages[i].histogram.record(ns);
    const totalNs = stagesNs.reduce((a, b) => a + b, 0) + 24;
    whole.record(totalNs);
    sum += 24;
    const cause = isStalled ? 'not on a core' : '';
    events.push({ seq, atMs: seq * 0.01, totalNs, stagesNs, cause });
  }
  const worst = events.sort((a, b) => b.totalNs - a.totalNs).slice(0, 20);
  return { name: 'tick-to-trade', stages, whole, unexplainedNs: sum / count, stampsCostNs: 41, worst };
}

/** Everything a page can show. */
export function sampleRun(seed: number): Run {
  const random = new Prng(seed);
  const figure = (name: string, unit: string, better: Figure['better'], centre: number, noise: number): Figure => {
    return { name, unit, better, runs: noisyRuns(random, 5, centre, noise, better, true) };
  };
  const books = measured('books', {
    figures: [
      figure('ITCH decode + books', 'ns/message', 'lower', 118, 0.01),
      figure('C++ reference', 'ns/message', 'lower', 127, 0.01),
      figure('a ring, batch 64', 'records/s', 'higher', 82e6, 0.02),
    ],
    latencies: [],
    goals: [
      { name: 'decode + books against C++', value: 0.87, unit: 'x', limit: 0.9, better: 'lower' },
      { name: 'feed → ring → books', value: 7_400_000, unit: 'messages/s', limit: 8e6, better: 'higher' },
    ],
    notes: ['checksum 0123456789abcdef in every run, equal to the C++ reference <here>'],
  });
  const paced = measured('tick-to-trade', {
    topology: '3 threads, pinned to cores 0 and 1, spin then park',
    latencies: [
      { name: 'service time', kind: 'service', parts: [0, 1, 2, 3].map(() => latencyHistogram(random, 20_000, 900)) },
      {
        name: 'response time',
        kind: 'response',
        parts: [0, 1, 2, 3].map(() => latencyHistogram(random, 20_000, 1_250)),
      },
      { name: 'C echo, round trip', kind: 'round-trip', parts: [latencyHistogram(random, 5_000, 7_100)] },
    ],
    attributions: [attribution(random, 20_000)],
    goals: [{ name: 'p50 of tick to order', value: 1_250, unit: 'ns', limit: 2_000, better: 'lower' }],
  });
  const failed: Measured = { ...measured('log', {}), result: null, failed: 'wrong answer: the log does not verify' };
  return runOf([books, paced, failed]);
}
