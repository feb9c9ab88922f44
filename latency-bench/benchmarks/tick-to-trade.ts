/**
 * From bytes to an order's bytes, in process, on a schedule, and where the time goes: ITCH messages are decoded, cross a
 * ring, enter journal and books; the market maker quotes; pre-trade risk, order manager and order ring follow; a gateway
 * writes. The log is synced meanwhile.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LogReader } from '../../src/audit/log-reader.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { duration } from '../../src/cli/terminal.ts';
import { parseConfigFile } from '../../src/config/trading-identity.ts';
import type { RunIdentity } from '../../src/config.ts';
import type { Histogram } from '../../src/core/histogram.ts';
import { FEED_RING_SLOTS, JOURNAL_RING_BYTES } from '../../src/core/limits.ts';
import { MachineLog } from '../../src/core/machine-log.ts';
import { createTraceBuffer, Stamp } from '../../src/core/trace.ts';
import { rerunLog } from '../../src/engine/rerun.ts';
import { resolveTrading } from '../../src/engine/trading/identity.ts';
import { type DetectedRecording, detectRecording } from '../../src/feed/detect.ts';
import { createJournal } from '../../src/ring/journal.ts';
import { createSpsc } from '../../src/ring/spsc.ts';
import {
  type Attribution,
  type BenchContext,
  type Benchmark,
  type BenchResult,
  check,
  type Goal,
  type LatencyFigure,
} from '../benchmark.ts';
import { identityOf } from '../identity.ts';
import type { ScheduleName } from '../open-loop/schedule.ts';
import { ownSession } from '../own-session.ts';
import { EVERY_LIMIT } from '../risk-scene.ts';
import { Traces } from '../traces.ts';
import { createBarrier, Hand } from '../workers/crew.ts';
import type { TickAnswer, TickJob } from '../workers/tick-worker.ts';
import { createWhole } from '../workers/whole-trace.ts';

const PROGRAM = new URL('../workers/tick-worker.js', import.meta.url);
/** The session has 256,702 messages: half of them to warm up, the others at the rate. */
const LOAD = { rate: 12_500, seconds: 10, warmUp: 128_000, warmUpRate: 100_000 };
const SMOKE = { rate: 20_000, seconds: 0.7, warmUp: 100_000, warmUpRate: 100_000 };
const ORDER_RING_SLOTS = 1 << 10;
const COLLECT_MS = 20;
/** The sum of the stages may differ from the whole by so many readings of the clock, at the median: some thread may lose its core in between. */
const TIMER_READINGS = 8;
/**
 * ... and by no less than this: the whole's own two readings stand beside the first and the last stamp, in code that left the
 * caches since the event before, 80 µs ago. 210 to 1,200 ns at the median (2026-11-22, six runs).
 */
const MIN_TOLERANCE_NS = 2000;

const RATE = { max: 100_000, perMs: 1000 };
/** The market maker, told to follow every move, behind every check that there is but VaR, whose figure comes later. */
const CONFIG = {
  strategies: [{ use: 'market-maker', params: { minRequoteMs: 0, requoteFraction: 0 } }],
  risk: {
    ...EVERY_LIMIT,
    instrumentMessageRate: RATE,
    engine: { ...EVERY_LIMIT.engine, collarPercent: 50, collarTicks: 10_000_000, maxVar: null },
    strategy: { ...EVERY_LIMIT.strategy, messageRate: RATE, cancelRate: RATE, repeatedOrderMs: 1 },
  },
};

export const benchmark: Benchmark = {
  name: 'tick-to-trade',
  summary: 'ITCH bytes → decode → ring → journal, book, strategy, every check, order manager → order ring → written',
  run,
};

type Load = typeof LOAD & { readonly schedule: ScheduleName };

async function run(context: BenchContext): Promise<BenchResult> {
  const base = context.smoke ? SMOKE : LOAD;
  const load = {
    ...base,
    rate: context.rate ?? base.rate,
    seconds: context.durationS ?? base.seconds,
    schedule: context.schedule,
  };
  const itchFile = ownSession(context);
  const identity = await tradingIdentity(await detectRecording([itchFile]));
  const directory = join(context.folder(), 'log');
  context.progress(`${load.seconds} s at ${load.rate} messages/s, behind ${load.warmUp} messages to warm up`);
  const measured = await measure(load, itchFile, identity, directory, context.smoke);
  const { feed, engine, audit } = measured;
  check(feed.orders > 0 && feed.orders === engine.orders, `${feed.orders} orders were written, ${engine.orders} sent`);
  check(feed.checksum === engine.checksum, 'the orders written are not those sent');
  await checkLog(directory, audit.headHash);
  rmSync(directory, { recursive: true, force: true });
  return result(load, measured, context.smoke);
}

async function tradingIdentity(recording: DetectedRecording): Promise<RunIdentity> {
  const trading = await resolveTrading(parseConfigFile(CONFIG, 'bench'), {
    seed: 1,
    where: 'bench',
    strategyDir: '.',
    format: recording.format,
    base: recording.sessionBase,
    latched: [],
  });
  return identityOf(recording, trading);
}

/** Whole, and what a fresh engine makes of its inputs: tracing and pacing have left nothing in it. */
async function checkLog(directory: string, headHash: string): Promise<void> {
  const verified = verifyLog(directory);
  check(verified.ok && verified.headHash === headHash, `the log does not verify to ${headHash}`);
  const readers: LogReader[] = [];
  const open = (): LogReader => {
    const reader = new LogReader(directory);
    readers.push(reader);
    return reader;
  };
  const { divergence } = await rerunLog(open, { strategyDir: '.' });
  for (const reader of readers) reader.close();
  check(divergence === null, `a rerun of the log diverges at record ${divergence?.seq}`);
}

interface MeasuredRun {
  readonly feed: TickAnswer;
  readonly engine: TickAnswer;
  readonly audit: TickAnswer;
  readonly traces: Traces;
}

async function measure(
  load: Load,
  itchFile: string,
  identity: RunIdentity,
  directory: string,
  isQuick: boolean,
): Promise<MeasuredRun> {
  const common = {
    barrier: createBarrier(),
    ring: createSpsc(FEED_RING_SLOTS),
    orders: createSpsc(ORDER_RING_SLOTS),
    journal: createJournal(JOURNAL_RING_BYTES, 1),
    trace: createTraceBuffer({ every: 1, gateway: true, audit: true }),
    whole: createWhole(),
    directory,
    itchFile,
    identity,
    rate: load.rate,
    schedule: load.schedule,
    seconds: load.seconds,
    warmUpMessages: load.warmUp,
    warmUpRate: load.warmUpRate,
  };
  const traces = new Traces(common.trace, common.whole);
  const hands = [0, 1, 2].map(() => new Hand<TickJob, TickAnswer>(PROGRAM));
  const collecting = setInterval(() => traces.collect(), COLLECT_MS);
  try {
    const kinds = ['audit', 'engine', 'feed'] as const;
    const [audit, engine, feed] = await Promise.all(kinds.map((kind, i) => hands[i].run({ ...common, kind })));
    traces.collect();
    // A quick run on a busy machine may trace little else than its warm-up.
    if (!isQuick) traces.startAt(feed.beganNs);
    return { feed, engine, audit, traces };
  } finally {
    clearInterval(collecting);
    await Promise.all(hands.map((hand) => hand.end()));
  }
}

function result(load: Load, { feed, engine, audit, traces }: MeasuredRun, isQuick: boolean): BenchResult {
  const threads = new Map([
    ['feed+gateway', new MachineLog(feed.machine)],
    ['engine', new MachineLog(engine.machine)],
  ]);
  const { unexplained, ...attribution } = traces.tickToTrade(threads);
  const { stages, whole, unexplainedNs, stampsCostNs, worst } = attribution;
  check(whole.count > 0, 'no event of the measured part led to an order');
  const stampNs = stampsCostNs / STAMPS;
  const toleranceNs = Math.max(MIN_TOLERANCE_NS, TIMER_READINGS * stampNs);
  const restNs = unexplained.quantile(0.5);
  check(
    isQuick || restNs <= toleranceNs,
    `the stages' sum is off the whole by ${restNs} ns, the timer's error is ${toleranceNs} ns`,
  );
  const order = traces.between(Stamp.Booked, Stamp.Sent);
  const latencies: LatencyFigure[] = [
    { name: 'tick to trade, service', kind: 'service', parts: traces.slices(SLICES, Stamp.Read, Stamp.Written) },
    { name: 'tick to trade, response', kind: 'response', parts: traces.slices(SLICES, Stamp.Intended, Stamp.Written) },
    { name: 'book changed to order sent', kind: 'stage', parts: traces.slices(SLICES, Stamp.Booked, Stamp.Sent) },
    ...stages.map(({ name, histogram }): LatencyFigure => ({ name, kind: 'stage', parts: [histogram] })),
    { name: 'journalled to durable', kind: 'stage', parts: traces.slices(SLICES, Stamp.Journalled, Stamp.Durable) },
  ];
  const notes = [
    `replay-data, ${feed.messages} ITCH messages, ${load.rate} a second (${load.schedule}) for ${load.seconds} s behind ${load.warmUp} to warm up; market maker on the first instrument`,
    `${feed.orders} orders sent, and written to /dev/null; the log verifies and re-executes identically, head hash ${audit.headHash}`,
    `the stages' sum is the whole within ${Math.round(restNs)} ns at the median (mean ${Math.round(unexplainedNs)} ns)`,
    `${STAMPS} stamps cost ${Math.round(stampsCostNs)} ns an event that trades`,
    tracedText(feed.messages - load.warmUp, traces.count),
    ...worst.slice(0, WORST_SHOWN).map((event) => worstText(event, attribution)),
  ];
  const topology =
    'three worker threads, placed by the system: feed and gateway on one, which looks at the clock and the order ring until a message is due; engine, which spins; audit, which parks';
  const details = {
    rate: load.rate,
    seconds: load.seconds,
    messages: feed.messages,
    events: engine.messages,
    orders: feed.orders,
    traced: traces.count,
    traded: whole.count,
    stampsCostNs: Math.round(stampsCostNs),
    unexplainedNs: Math.round(unexplainedNs),
    headHash: audit.headHash,
  };
  return { figures: [], latencies, goals: goalsOf(order), attributions: [attribution], topology, notes, details };
}

/** What comes while all rows are taken is not traced, and that is while something is held up: it makes the tail look short. */
function tracedText(messages: number, traced: number): string {
  const untraced = Math.max(0, messages - traced);
  const text = `${traced} events were traced of ${messages} messages behind the warm-up`;
  return untraced * UNTRACED_PART > messages
    ? `${text}: ${untraced} came while all rows were taken, so the tail is longer than it is shown`
    : text;
}

/** One message in so many may go untraced without a word. */
const UNTRACED_PART = 1000;
/** Stamps of an event that trades. */
const STAMPS = 12;
const WORST_SHOWN = 5;
/** Of the measured part, one after another: `compare` judges what has several parts. */
const SLICES = 5;

function goalsOf(order: Histogram): Goal[] {
  const p50Ns = order.quantile(0.5);
  const ratio = Math.round((order.quantile(0.99) / p50Ns) * 100) / 100;
  return [
    { name: 'book changed to order sent, p50', value: p50Ns, unit: 'ns', limit: 2000, better: 'lower' },
    { name: 'book changed to order sent, p99 over p50', value: ratio, unit: 'x', limit: 3, better: 'lower' },
  ];
}

function worstText(event: Attribution['worst'][number], { stages }: Attribution): string {
  const longest = event.stagesNs.indexOf(Math.max(...event.stagesNs));
  return `slow: seq ${event.seq} at ${event.atMs.toFixed(1)} ms: ${duration(event.totalNs)}, ${stages[longest].name} ${duration(event.stagesNs[longest])} of it; ${event.cause}`;
}
