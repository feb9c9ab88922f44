/** The journal ring: one writer and 1 to 4 readers, all of whom the writer waits for; each way of waiting; round trip. */
import { availableParallelism } from 'node:os';
import { Histogram } from '../../src/core/histogram.ts';
import { JOURNAL_RING_BYTES } from '../../src/core/limits.ts';
import { createJournal } from '../../src/ring/journal.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  check,
  type Figure,
  type LatencyFigure,
} from '../benchmark.ts';
import { createBarrier, type Hand } from '../workers/crew.ts';
import type { JournalEchoAnswer, JournalEchoJob } from '../workers/journal-echo-worker.ts';
import type { JournalAnswer, JournalJob } from '../workers/journal-worker.ts';
import { rateOf, withHands } from '../workers/pair.ts';
import { marketRecordsChecksum } from '../workers/records.ts';

const WORKER = new URL('../workers/journal-worker.js', import.meta.url);
const ECHO_WORKER = new URL('../workers/journal-echo-worker.js', import.meta.url);
const MAX_READERS = 4;
const WAITS = [
  { wait: WaitStrategy.Spin, name: 'spin' },
  { wait: WaitStrategy.Park, name: 'park' },
];
const COUNTS = { records: 3_000_000, echo: 100_000, slowEcho: 10_000 };
/** More than the 16 MiB of the ring hold, so that the writer has to wait. */
const SMOKE_COUNTS = { records: 300_000, echo: 5_000, slowEcho: 500 };
const RUNS = 5;

export const benchmark: Benchmark = {
  name: 'journal-ring',
  summary: 'records of 80 bytes from one worker thread to 1, 2, 3 and 4 others, each of which reads all of them',
  run,
};

type JournalHand = Hand<JournalJob, JournalAnswer>;
type EchoHand = Hand<JournalEchoJob, JournalEchoAnswer>;

async function run(context: BenchContext): Promise<BenchResult> {
  const counts = context.smoke ? SMOKE_COUNTS : COUNTS;
  const runs = context.smoke ? 1 : RUNS;
  const figures = await withHands<JournalJob, JournalAnswer, Figure[]>(WORKER, MAX_READERS + 1, async (hands) => {
    const made: Figure[] = [];
    for (let readers = 1; readers <= MAX_READERS; readers++) {
      context.progress(`journal ring, ${readers} readers`);
      const name = `journal ring, ${readers} reader${readers > 1 ? 's' : ''}`;
      made.push(await streamFigure(name, hands.slice(0, readers + 1), counts.records, runs, WaitStrategy.SpinThenPark));
    }
    for (const { wait, name } of WAITS) {
      context.progress(`journal ring, ${name}`);
      made.push(await streamFigure(`journal ring, 1 reader, ${name}`, hands.slice(0, 2), counts.records, runs, wait));
    }
    return made;
  });
  context.progress('journal ring, round trip');
  const latencies = await withHands<JournalEchoJob, JournalEchoAnswer, LatencyFigure[]>(
    ECHO_WORKER,
    2,
    async ([a, b]) => {
      await echo(a, b, Math.ceil(counts.echo / 10), WaitStrategy.Spin);
      const spinning: Histogram[] = [];
      for (let i = 0; i < runs; i++) spinning.push(await echo(a, b, counts.echo, WaitStrategy.Spin));
      const parked = [await echo(a, b, counts.slowEcho, WaitStrategy.Park)];
      return [
        { name: 'journal ring, round trip', kind: 'round-trip', parts: spinning },
        { name: 'journal ring, round trip, park', kind: 'round-trip', parts: parked },
      ];
    },
  );
  const notes = [
    'checksums of everything, at every reader, were compared',
    `${availableParallelism()} cores: from ${availableParallelism()} readers on there are more threads than cores`,
  ];
  return {
    figures,
    latencies,
    notes,
    topology:
      'one writer and 1 to 4 readers, a worker thread each, placed by the system, spin then park; round trips spinning and parked as their names say',
    details: { journalBytes: JOURNAL_RING_BYTES },
  };
}

/** The first hand writes, the others read. */
async function streamFigure(
  name: string,
  hands: readonly JournalHand[],
  count: number,
  runs: number,
  wait: WaitStrategy,
): Promise<Figure> {
  const expected = marketRecordsChecksum(count);
  const rates: number[] = [];
  // One run more than asked for: the first one compiles.
  for (let i = 0; i <= runs; i++) {
    const ring = createJournal(JOURNAL_RING_BYTES, hands.length - 1);
    const common = { ring, barrier: createBarrier(), parties: hands.length, count, wait };
    const [writer, ...readers] = await Promise.all(
      hands.map((hand, h) => hand.run({ ...common, kind: h === 0 ? 'write' : 'read', reader: Math.max(0, h - 1) })),
    );
    for (const { checksum } of readers) check(checksum === expected, `${name}: what was read is not what was written`);
    if (i > 0) rates.push(rateOf(count, writer, readers));
  }
  return { name, unit: 'records/s', better: 'higher', runs: rates };
}

async function echo(a: EchoHand, b: EchoHand, count: number, wait: WaitStrategy): Promise<Histogram> {
  const rings = { there: createJournal(JOURNAL_RING_BYTES, 1), back: createJournal(JOURNAL_RING_BYTES, 1) };
  const common = { ...rings, barrier: createBarrier(), count, wait };
  const [ping, pong] = await Promise.all([a.run({ ...common, kind: 'ping' }), b.run({ ...common, kind: 'pong' })]);
  const expected = marketRecordsChecksum(count);
  const isRight = ping.checksum === expected && pong.checksum === expected;
  check(isRight, 'journal ring, round trip: what was read is not what was written');
  const histogram = ping.latency === null ? null : Histogram.over(ping.latency);
  check(histogram !== null && histogram.count === count, 'journal ring: a round trip is missing');
  return histogram;
}
