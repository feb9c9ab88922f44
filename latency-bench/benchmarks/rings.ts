/** Rings between two worker threads: throughput by batch, round trip; a MessagePort beside them as the floor. */
import { MessageChannel } from 'node:worker_threads';
import { Histogram } from '../../src/core/histogram.ts';
import { FEED_RING_SLOTS, JOURNAL_RING_BYTES } from '../../src/core/limits.ts';
import { createJournal } from '../../src/ring/journal.ts';
import { createSpsc } from '../../src/ring/spsc.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  best,
  check,
  type Figure,
  type LatencyFigure,
} from '../benchmark.ts';
import { createBarrier, Hand } from '../workers/crew.ts';
import type { JournalAnswer, JournalJob } from '../workers/journal-worker.ts';
import { marketRecordsChecksum, slotsChecksum } from '../workers/records.ts';
import type { SpscAnswer, SpscJob } from '../workers/spsc-worker.ts';

const SPSC_WORKER = new URL('../workers/spsc-worker.js', import.meta.url);
const JOURNAL_WORKER = new URL('../workers/journal-worker.js', import.meta.url);

const BATCHES = [1, 16, 64];
/** A second or less at the slowest; the smoke's are just enough to go round the ring twice. */
const COUNTS = { stream: 8_000_000, echo: 300_000, journal: 8_000_000, portStream: 50_000, portEcho: 5_000 };
const SMOKE_COUNTS = { stream: 200_000, echo: 5_000, journal: 500_000, portStream: 2_000, portEcho: 500 };
const RUNS = 5;
const UNIT = 'records/s';

export const benchmark: Benchmark = {
  name: 'rings',
  summary: 'records between two worker threads: SPSC ring of 64-byte slots, journal ring of 80-byte records',
  run,
};

type Counts = typeof COUNTS;

async function run(context: BenchContext): Promise<BenchResult> {
  const counts = context.smoke ? SMOKE_COUNTS : COUNTS;
  const runs = context.smoke ? 1 : RUNS;
  const spsc = await withPair<SpscJob, SpscAnswer, Measured>(SPSC_WORKER, (a, b) =>
    spscFigures(context, a, b, counts, runs),
  );
  context.progress('journal ring');
  const journal = await withPair<JournalJob, JournalAnswer, Figure>(JOURNAL_WORKER, (a, b) =>
    journalFigure(a, b, counts, runs),
  );
  const figures = [...spsc.figures, journal];
  const port = figures.find(({ name }) => name.startsWith('MessagePort'));
  const ring = figures.find(({ name }) => name.includes('batch 64'));
  const notes = ['checksums of everything passed were compared'];
  if (port !== undefined && ring !== undefined) {
    notes.push(`SPSC at batch 64 passes ${Math.round(best(ring) / best(port))} times the records of a MessagePort`);
  }
  const details = {
    slots: FEED_RING_SLOTS,
    journalBytes: JOURNAL_RING_BYTES,
    roundTripWait: 'spin',
    streamWait: 'spin, then park',
  };
  return { figures, latencies: spsc.latencies, notes, details };
}

interface Measured {
  readonly figures: readonly Figure[];
  readonly latencies: readonly LatencyFigure[];
}

/** Two workers for as long as `use` needs them. */
async function withPair<Job, Answer, Result>(
  program: URL,
  use: (a: Hand<Job, Answer>, b: Hand<Job, Answer>) => Promise<Result>,
): Promise<Result> {
  const a = new Hand<Job, Answer>(program);
  const b = new Hand<Job, Answer>(program);
  try {
    return await use(a, b);
  } finally {
    await Promise.all([a.end(), b.end()]);
  }
}

type SpscHand = Hand<SpscJob, SpscAnswer>;

async function spscFigures(
  context: BenchContext,
  a: SpscHand,
  b: SpscHand,
  counts: Counts,
  runs: number,
): Promise<Measured> {
  const figures: Figure[] = [];
  const expected = slotsChecksum(counts.stream);
  for (const batch of BATCHES) {
    context.progress(`SPSC ring, batch ${batch}`);
    const rates: number[] = [];
    // One run more than asked for: the first one compiles.
    for (let i = 0; i <= runs; i++) {
      const rate = await stream(a, b, counts.stream, batch, expected);
      if (i > 0) rates.push(rate);
    }
    figures.push({ name: `SPSC ring, batch ${batch}`, unit: UNIT, better: 'higher', runs: rates });
  }
  context.progress('SPSC ring, round trip');
  await echo(a, b, Math.ceil(counts.echo / 10));
  const latencies: LatencyFigure[] = [roundTrip('SPSC ring, round trip', await echo(a, b, counts.echo))];
  context.progress('MessagePort');
  const portRates: number[] = [];
  for (let i = 0; i < runs; i++) portRates.push(await portStream(a, b, counts.portStream));
  figures.push({ name: 'MessagePort, 64 bytes a message', unit: UNIT, better: 'higher', runs: portRates });
  latencies.push(roundTrip('MessagePort, round trip', await portEcho(a, b, counts.portEcho)));
  return { figures, latencies };
}

function roundTrip(name: string, histogram: Histogram): LatencyFigure {
  return { name, kind: 'round-trip', parts: [histogram] };
}

async function stream(a: SpscHand, b: SpscHand, count: number, batch: number, expected: number): Promise<number> {
  const common = {
    ring: createSpsc(FEED_RING_SLOTS),
    barrier: createBarrier(),
    count,
    batch,
    wait: WaitStrategy.SpinThenPark,
  };
  const [writer, reader] = await Promise.all([a.run({ ...common, kind: 'write' }), b.run({ ...common, kind: 'read' })]);
  check(reader.checksum === expected, `SPSC ring, batch ${batch}: what was read is not what was written`);
  return rate(count, writer, reader);
}

async function echo(a: SpscHand, b: SpscHand, count: number): Promise<Histogram> {
  const rings = { there: createSpsc(FEED_RING_SLOTS), back: createSpsc(FEED_RING_SLOTS) };
  const common = { ...rings, barrier: createBarrier(), count, wait: WaitStrategy.Spin };
  const [ping, pong] = await Promise.all([a.run({ ...common, kind: 'ping' }), b.run({ ...common, kind: 'pong' })]);
  return roundTrips('SPSC ring', count, ping, pong);
}

async function portStream(a: SpscHand, b: SpscHand, count: number): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const common = { barrier: createBarrier(), count, wait: WaitStrategy.Park };
  const [writer, reader] = await Promise.all([
    a.run({ ...common, kind: 'portWrite', port: port1 }, [port1]),
    b.run({ ...common, kind: 'portRead', port: port2 }, [port2]),
  ]);
  check(reader.checksum === slotsChecksum(count), 'MessagePort: what was read is not what was written');
  return rate(count, writer, reader);
}

async function portEcho(a: SpscHand, b: SpscHand, count: number): Promise<Histogram> {
  const { port1, port2 } = new MessageChannel();
  const common = { barrier: createBarrier(), count, wait: WaitStrategy.Park };
  const [ping, pong] = await Promise.all([
    a.run({ ...common, kind: 'portPing', port: port1 }, [port1]),
    b.run({ ...common, kind: 'portPong', port: port2 }, [port2]),
  ]);
  return roundTrips('MessagePort', count, ping, pong);
}

function roundTrips(what: string, count: number, ping: SpscAnswer, pong: SpscAnswer): Histogram {
  const expected = slotsChecksum(count);
  check(
    ping.checksum === expected && pong.checksum === expected,
    `${what}, round trip: what was read is not what was written`,
  );
  const histogram = ping.latency === null ? null : Histogram.over(ping.latency);
  check(histogram !== null && histogram.count === count, `${what}: a round trip is missing`);
  return histogram;
}

type JournalHand = Hand<JournalJob, JournalAnswer>;

async function journalFigure(a: JournalHand, b: JournalHand, counts: Counts, runs: number): Promise<Figure> {
  const count = counts.journal;
  const expected = marketRecordsChecksum(count);
  const rates: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const ring = createJournal(JOURNAL_RING_BYTES, 1);
    const common = { ring, barrier: createBarrier(), parties: 2, reader: 0, count, wait: WaitStrategy.SpinThenPark };
    const [writer, reader] = await Promise.all([
      a.run({ ...common, kind: 'write' }),
      b.run({ ...common, kind: 'read' }),
    ]);
    check(reader.checksum === expected, 'journal ring: what was read is not what was written');
    if (i > 0) rates.push(rate(count, writer, reader));
  }
  return { name: 'journal ring, 1 reader', unit: UNIT, better: 'higher', runs: rates };
}

/** From the first record written to the last one read; both threads read the same clock. */
function rate(count: number, writer: { startNs: number }, reader: { endNs: number }): number {
  return Math.round((count / (reader.endNs - writer.startNs)) * 1e9);
}
