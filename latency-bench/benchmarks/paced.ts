/**
 * A book engine with the log on under load that comes on time, 100,000 messages a second, beside a C++ loop that does the
 * same: what a message costs (service), what it takes from when it should have come (response), and whether the engine's
 * thread ever collects garbage.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLog } from '../../src/audit/verify.ts';
import { FINE_BITS, Histogram } from '../../src/core/histogram.ts';
import { JOURNAL_RING_BYTES } from '../../src/core/limits.ts';
import { createJournal } from '../../src/ring/journal.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  type CxxProgram,
  check,
  type Goal,
  type LatencyFigure,
} from '../benchmark.ts';
import { total } from '../measured.ts';
import type { ScheduleName } from '../open-loop/schedule.ts';
import { output } from '../reference.ts';
import { Hand } from '../workers/crew.ts';
import type { LogAnswer, PacedAnswer, PacedJob } from '../workers/paced-worker.ts';

const PROGRAM = new URL('../workers/paced-worker.js', import.meta.url);
const RATE = 100_000;
const SECONDS = 12;
/** More than the engine takes to its first checkpoint: that is not new in the measured part either. */
const WARM_UP = 4_500_000;
const SMOKE = { rate: 20_000, seconds: 0.5, warmUp: 100_000 };
const SEED = 7;

export const benchmark: Benchmark = {
  name: 'paced',
  summary: 'books and log under load on a fixed schedule: service, response and garbage, beside the same in C++',
  run,
};

interface Load {
  readonly rate: number;
  readonly schedule: ScheduleName;
  readonly seconds: number;
  readonly warmUp: number;
}

async function run(context: BenchContext): Promise<BenchResult> {
  const base = context.smoke ? SMOKE : { rate: RATE, seconds: SECONDS, warmUp: WARM_UP };
  const load = {
    ...base,
    rate: context.rate ?? base.rate,
    seconds: context.durationS ?? base.seconds,
    schedule: context.schedule,
  };
  const program: CxxProgram =
    load.schedule === 'even'
      ? await context.cxx('paced')
      : { path: null, absent: 'the C++ loop knows an even schedule only' };
  // One half of the C++ run before ours, one behind it: the machine is hardly the same for so long.
  const half = { ...load, seconds: load.seconds / 2 };
  const cxx: CxxRun[] = [];
  if (program.path !== null) {
    context.progress(`C++, ${half.seconds} s`);
    cxx.push(await runCxx(context, program.path, half));
  }
  context.progress(`tapehead, ${load.seconds} s at ${load.rate} messages/s`);
  const { engine, log } = await runOurs(context, load);
  const count = Math.ceil(load.seconds * load.rate);
  const recorded = total(engine.response).count;
  check(recorded === count, `${recorded} messages were recorded instead of ${count}`);
  if (program.path !== null) {
    context.progress(`C++, ${half.seconds} s`);
    const last = await runCxx(context, program.path, {
      ...half,
      warmUp: engine.answer.events - Math.ceil(half.seconds * load.rate),
    });
    cxx.push(last);
    const ours = `${engine.answer.events} ${engine.answer.orders} ${engine.answer.touches}`;
    check(last.answer === ours, `events, orders, touches: ${ours} here, ${last.answer} in C++`);
  }
  return result(load, engine, log, cxx, program.absent);
}

interface Ours {
  readonly answer: PacedAnswer;
  /** One for each slice of the time. */
  readonly service: readonly Histogram[];
  readonly response: readonly Histogram[];
}

async function runOurs(context: BenchContext, load: Load): Promise<{ engine: Ours; log: LogAnswer }> {
  const directory = join(context.folder(), 'log');
  const common = {
    journal: createJournal(JOURNAL_RING_BYTES, 1),
    directory,
    rate: load.rate,
    schedule: load.schedule,
    seconds: load.seconds,
  };
  const job = { ...common, warmUpEvents: load.warmUp, seed: SEED };
  const hands = {
    engine: new Hand<PacedJob, PacedAnswer>(PROGRAM),
    audit: new Hand<PacedJob, LogAnswer>(PROGRAM),
  };
  try {
    const audit = hands.audit.run({ ...job, kind: 'audit' });
    const answer = await hands.engine.run({ ...job, kind: 'engine' });
    const log = await audit;
    const verified = verifyLog(directory);
    check(verified.ok && verified.headHash === log.headHash, `the log does not verify to ${log.headHash}`);
    const [service, response] = [answer.service, answer.response].map((parts) =>
      parts.map((memory) => Histogram.over(memory)),
    );
    return { engine: { answer, service, response }, log };
  } finally {
    await Promise.all([hands.engine.end(), hands.audit.end()]);
    rmSync(directory, { recursive: true, force: true });
  }
}

interface CxxRun {
  readonly answer: string;
  readonly service: Histogram;
  readonly response: Histogram;
}

async function runCxx(context: BenchContext, program: string, load: Load): Promise<CxxRun> {
  const file = join(context.folder(), 'journal');
  const args = [load.rate, load.seconds, load.warmUp, SEED].map(String);
  const text = await output(program, [...args, file]);
  rmSync(file);
  const lines = text.trim().split('\n');
  check(lines.length === 3 && lines[0].startsWith('answer '), `C++ printed ${JSON.stringify(text.slice(0, 80))}`);
  return { answer: lines[0].slice(7), service: histogramOf(lines[1]), response: histogramOf(lines[2]) };
}

/** From the name, the largest value and pairs bucket:count, in buckets like ours. */
function histogramOf(line: string): Histogram {
  const histogram = new Histogram(null, 0, FINE_BITS);
  const [, max, ...pairs] = line.split(' ');
  histogram.slots[histogram.slots.length - 1] = Number(max);
  for (const pair of pairs) {
    const [bucket, count] = pair.split(':').map(Number);
    histogram.slots[bucket] = count;
  }
  return histogram;
}

function result(
  load: Load,
  { answer, service, response }: Ours,
  log: LogAnswer,
  cxx: CxxRun[],
  absent: string | null,
): BenchResult {
  const latencies: LatencyFigure[] = [
    { name: 'engine, service', kind: 'service', parts: service },
    { name: 'engine, response', kind: 'response', parts: response },
  ];
  const { scavenges, majorGcs, ringFull, waitedForCoreNs } = answer;
  const goals: Goal[] = [
    { name: 'scavenges on the engine thread', value: scavenges.count, unit: 'scavenges', limit: 0, better: 'lower' },
  ];
  if (cxx.length > 0) {
    latencies.push(
      { name: 'C++, service', kind: 'service', parts: cxx.map((one) => one.service) },
      { name: 'C++, response', kind: 'response', parts: cxx.map((one) => one.response) },
    );
    const theirs = total(cxx.map((one) => one.response));
    const value = Math.round((total(response).quantile(0.999) / theirs.quantile(0.999)) * 1000) / 1000;
    goals.push({ name: "response p99.9 over the C++ loop's", value, unit: 'x', limit: 2, better: 'lower' });
  }
  const notes = [
    `${load.rate} messages/s for ${load.seconds} s, ${load.schedule === 'even' ? 'evenly' : load.schedule}; books of 50 instruments, 20,000 live orders; ${log.records} log records`,
    `response counts from the intended time; the log was verified: head hash ${log.headHash}`,
    absent === null
      ? `books after ${answer.events} events: ${answer.orders} orders, touches ${answer.touches}, the same in C++ (no SHA-256 there)`
      : `no C++ beside it: ${absent}`,
    `engine thread: ${scavenges.count} scavenges, ${majorGcs.count} major GCs, ring full ${ringFull.count} times, ${waitText(waitedForCoreNs)}`,
  ];
  const details = {
    rate: load.rate,
    seconds: load.seconds,
    messages: total(response).count,
    events: answer.events,
    orders: answer.orders,
    touches: answer.touches,
    logRecords: log.records,
    headHash: log.headHash,
    scavenges: scavenges.count,
    majorGcs: majorGcs.count,
    waitedForCoreNs,
    hasCxx: cxx.length > 0,
  };
  const topology =
    'two worker threads, placed by the system: event made, ring, engine and journal on one, which looks at the clock until the next is due; the log on the other, which parks';
  return { figures: [], latencies, goals, topology, notes, details };
}

function waitText(waitedNs: number | null): string {
  return waitedNs === null ? 'time without a core not known' : `${(waitedNs / 1e6).toFixed(1)} ms without a core`;
}
