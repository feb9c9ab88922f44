/** Runs of the SPSC ring, and of a MessagePort, between worker threads, with their answers checked. */
import { MessageChannel } from 'node:worker_threads';
import { Histogram } from '../src/core/histogram.ts';
import { FEED_RING_SLOTS } from '../src/core/limits.ts';
import { createSpsc } from '../src/ring/spsc.ts';
import { WaitStrategy } from '../src/ring/wait.ts';
import { check } from './benchmark.ts';
import { createBarrier, type Hand } from './workers/crew.ts';
import { rateOf } from './workers/pair.ts';
import { fillSlot, fold, slotSum, slotsChecksum } from './workers/records.ts';
import type { SpscAnswer, SpscJob } from './workers/spsc-worker.ts';

export const SPSC_WORKER = new URL('./workers/spsc-worker.js', import.meta.url);
export type SpscHand = Hand<SpscJob, SpscAnswer>;

/** Records that `work` goes back and forth over: 64 KiB. */
const STRETCH = 1024;

/** Two threads, each pinned to a core of its own, or placed by the system. */
export interface Pair {
  readonly a: SpscHand;
  readonly b: SpscHand;
  readonly isPinned: boolean;
}

function pins(pair: Pair): [number | null, number | null] {
  return pair.isPinned ? [0, 1] : [null, null];
}

/** Records a second. */
export async function stream(pair: Pair, count: number, batch: number, wait: WaitStrategy): Promise<number> {
  const common = { ring: createSpsc(FEED_RING_SLOTS), barrier: createBarrier(), count, batch, wait };
  const [first, second] = pins(pair);
  const [writer, reader] = await Promise.all([
    pair.a.run({ ...common, pin: first, kind: 'write' }),
    pair.b.run({ ...common, pin: second, kind: 'read' }),
  ]);
  check(reader.checksum === slotsChecksum(count), `SPSC ring, batch ${batch}: what was read is not what was written`);
  return rateOf(count, writer, [reader]);
}

export async function echo(pair: Pair, count: number, wait: WaitStrategy): Promise<Histogram> {
  const rings = { there: createSpsc(FEED_RING_SLOTS), back: createSpsc(FEED_RING_SLOTS) };
  const common = { ...rings, barrier: createBarrier(), count, wait };
  const [first, second] = pins(pair);
  const [ping, pong] = await Promise.all([
    pair.a.run({ ...common, pin: first, kind: 'ping' }),
    pair.b.run({ ...common, pin: second, kind: 'pong' }),
  ]);
  return roundTrips('SPSC ring', count, ping, pong);
}

export async function portStream({ a, b }: Pair, count: number): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const common = { barrier: createBarrier(), count, pin: null, wait: WaitStrategy.Park };
  const [writer, reader] = await Promise.all([
    a.run({ ...common, kind: 'portWrite', port: port1 }, [port1]),
    b.run({ ...common, kind: 'portRead', port: port2 }, [port2]),
  ]);
  check(reader.checksum === slotsChecksum(count), 'MessagePort: what was read is not what was written');
  return rateOf(count, writer, [reader]);
}

export async function portEcho({ a, b }: Pair, count: number): Promise<Histogram> {
  const { port1, port2 } = new MessageChannel();
  const common = { barrier: createBarrier(), count, pin: null, wait: WaitStrategy.Park };
  const [ping, pong] = await Promise.all([
    a.run({ ...common, kind: 'portPing', port: port1 }, [port1]),
    b.run({ ...common, kind: 'portPong', port: port2 }, [port2]),
  ]);
  return roundTrips('MessagePort', count, ping, pong);
}

function roundTrips(what: string, count: number, ping: SpscAnswer, pong: SpscAnswer): Histogram {
  const expected = slotsChecksum(count);
  const isRight = ping.checksum === expected && pong.checksum === expected;
  check(isRight, `${what}, round trip: what was read is not what was written`);
  const histogram = ping.latency === null ? null : Histogram.over(ping.latency);
  check(histogram !== null && histogram.count === count, `${what}: a round trip is missing`);
  return histogram;
}

/** ns to fill a record and read it back, on this thread. */
export function work(count: number): number {
  const f64 = new Float64Array(new SharedArrayBuffer(STRETCH * 64));
  let checksum = 0;
  const start = process.hrtime.bigint();
  for (let from = 0; from < count; from += STRETCH) {
    checksum = backAndForth(f64, from, Math.min(STRETCH, count - from), checksum);
  }
  const elapsedNs = Number(process.hrtime.bigint() - start);
  check(checksum === slotsChecksum(count), 'what was read back is not what was written');
  return elapsedNs / count;
}

function backAndForth(f64: Float64Array, from: number, count: number, checksum: number): number {
  for (let i = 0; i < count; i++) fillSlot(f64, i << 3, from + i);
  for (let i = 0; i < count; i++) checksum = fold(checksum, slotSum(f64, i << 3));
  return checksum;
}
