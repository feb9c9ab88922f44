/** Runs of `cxx/ring.cpp`, with its answers checked. */
import { Histogram } from '../src/core/histogram.ts';
import { check } from './benchmark.ts';
import { output } from './reference.ts';
import { slotsChecksum } from './workers/records.ts';

/** parks: with the guarantees of ours; spins: with less than a thread that may park needs. */
export type CxxWait = 'parks' | 'spins';

/** Records a second. */
export async function cxxStream(program: string, count: number, batch: number, wait: CxxWait): Promise<number> {
  const { ns } = await runRing(program, count, ['stream', String(count), String(batch), wait]);
  return Math.round((count / ns) * 1e9);
}

/** Round trips. */
export async function cxxEcho(program: string, count: number, wait: CxxWait): Promise<Histogram> {
  const { lines } = await runRing(program, count, ['echo', String(count), wait]);
  const histogram = Histogram.fine();
  for (const line of lines) {
    const [ns, trips] = line.split(' ').map(Number);
    histogram.record(ns, trips);
  }
  check(histogram.count === count, 'C++ ring: a round trip is missing');
  return histogram;
}

/** ns to fill a record and read it back, on one thread. */
export async function cxxWork(program: string, count: number): Promise<number> {
  const { ns } = await runRing(program, count, ['work', String(count)]);
  return ns / count;
}

async function runRing(program: string, count: number, args: string[]): Promise<{ ns: number; lines: string[] }> {
  const [first, ...lines] = (await output(program, args)).trimEnd().split('\n');
  const match = /^ns (\d+) checksum (-?\d+)$/.exec(first);
  check(match !== null, `the C++ ring printed ${JSON.stringify(first.slice(0, 100))}`);
  check(Number(match[2]) === slotsChecksum(count), 'C++ ring: what was read is not what was written');
  return { ns: Number(match[1]), lines };
}
