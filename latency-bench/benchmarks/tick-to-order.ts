/**
 * From a change of the book to the order's records in the journal, in process: book, strategy behind its guard, every
 * pre-trade check, order manager, journal, published. Service time: one event at a time, the next when this one is through.
 */
import { monotonicNs } from '../../src/core/clock.ts';
import { Histogram } from '../../src/core/histogram.ts';
import {
  type Attribution,
  type BenchContext,
  type Benchmark,
  type BenchResult,
  check,
  median,
  type WorstEvent,
} from '../benchmark.ts';
import { TickScene } from '../tick-scene.ts';

const ROUNDS = 5;
const WARM_UP = 60_000;
const EVENTS = 200_000;
const SMOKE_EVENTS = 2_000;
const WORST = 20;

export const benchmark: Benchmark = {
  name: 'tick-to-order',
  summary: 'book change -> strategy -> every pre-trade check -> order published in the journal, in process',
  run,
};

/** What every repetition must come to. */
interface Answer {
  readonly orders: number;
  readonly hash: string;
}

async function run(context: BenchContext): Promise<BenchResult> {
  const events = context.smoke ? SMOKE_EVENTS : EVENTS;
  const parts: Histogram[] = [];
  let known: Answer | null = null;
  for (let round = 0; round < (context.smoke ? 2 : ROUNDS); round++) {
    const histogram = Histogram.fine();
    const answer = await serve(context, events, histogram);
    known = sameAnswer(known, answer);
    parts.push(histogram);
    const { p50Ns, p99Ns } = histogram.summary();
    context.progress(`round ${round + 1}: p50 ${p50Ns} ns, p99 ${p99Ns} ns of ${answer.orders} orders`);
  }
  const staged = await attribute(context, events);
  const { orders, hash } = sameAnswer(known, staged.answer);
  const p50 = median(parts.map((part) => part.summary().p50Ns));
  const tail = median(parts.map((part) => part.summary().p99Ns / part.summary().p50Ns));
  return {
    figures: [
      { name: 'tick to order, median', unit: 'ns', better: 'lower', runs: parts.map((p) => p.summary().p50Ns) },
    ],
    latencies: [{ name: 'tick to order', kind: 'service', parts }],
    goals: [
      { name: 'tick to order, p50', value: p50, unit: 'ns', limit: 2000, better: 'lower' },
      { name: 'tick to order, p99 / p50', value: tail, unit: 'x', limit: 3, better: 'lower' },
    ],
    attributions: [staged.attribution],
    topology: 'one thread',
    notes: [
      `${orders} orders, every journal byte the same in ${parts.length + 1} repetitions (${hash.slice(0, 16)})`,
      'only events that led to an order; two readings of the clock (some 50 ns) are in each figure',
      'one event at a time, nothing waits: not an open loop. Stages by stamps in a repetition of their own',
    ],
    details: { orders, journalHash: hash, events },
  };
}

async function serve(context: BenchContext, events: number, histogram: Histogram): Promise<Answer> {
  const scene = await TickScene.make(context.folder());
  measure(scene, context.smoke ? 100 : WARM_UP, Histogram.fine());
  measure(scene, events, histogram);
  check(histogram.count > 0, 'some events led to an order');
  return { orders: scene.orders, hash: scene.journalHash() };
}

function measure(scene: TickScene, events: number, histogram: Histogram): void {
  const { engine, journal } = scene;
  for (let i = 0; i < events; i++) {
    scene.next();
    const before = scene.orders;
    const startNs = monotonicNs();
    engine.doWork(1);
    journal.publish();
    const endNs = monotonicNs();
    if (scene.orders !== before) histogram.record(endNs - startNs);
  }
}

function sameAnswer(known: Answer | null, answer: Answer): Answer {
  if (known === null) return answer;
  check(
    answer.orders === known.orders && answer.hash === known.hash,
    `two repetitions, two outcomes: ${known.orders} orders (${known.hash}), ${answer.orders} orders (${answer.hash})`,
  );
  return known;
}

// The stages.

const STAGES = ['book', 'strategy', 'order and intent', 'risk', 'oms and journal'] as const;

/** When an event's stages ended, in ns; the first is its start. */
class Stamps {
  readonly atNs = new Float64Array(STAGES.length + 1);

  stamp(stage: number): void {
    this.atNs[stage] = monotonicNs();
  }
}

/** A repetition with stamps between the stages: its methods are wrapped, which an engine as it runs does not have. */
async function attribute(context: BenchContext, events: number): Promise<{ answer: Answer; attribution: Attribution }> {
  const scene = await TickScene.make(context.folder());
  const stamps = new Stamps();
  wrap(scene, stamps);
  const stages = STAGES.map((name) => ({ name, histogram: Histogram.fine() }));
  const whole = Histogram.fine();
  const worst: WorstEvent[] = [];
  const { engine, journal } = scene;
  const warmUp = context.smoke ? 100 : WARM_UP;
  const sums = new Float64Array(2);
  let beganNs = 0;
  for (let i = 0; i < warmUp + events; i++) {
    if (i === warmUp) beganNs = monotonicNs();
    scene.next();
    const before = scene.orders;
    const startNs = monotonicNs();
    stamps.stamp(0);
    engine.doWork(1);
    journal.publish();
    stamps.stamp(STAGES.length);
    const totalNs = monotonicNs() - startNs;
    if (scene.orders === before || i < warmUp) continue;
    whole.record(totalNs);
    const stagesNs = STAGES.map((_, stage) => stamps.atNs[stage + 1] - stamps.atNs[stage]);
    stagesNs.forEach((ns, stage) => {
      stages[stage].histogram.record(ns);
      sums[0] += ns;
    });
    sums[1] += totalNs;
    const atMs = (startNs - beganNs) / 1e6;
    keepWorst(worst, { seq: engine.seq, atMs, totalNs, stagesNs, cause: 'not known' });
  }
  return {
    answer: { orders: scene.orders, hash: scene.journalHash() },
    attribution: {
      name: 'tick to order',
      stages,
      whole,
      unexplainedNs: (sums[1] - sums[0]) / whole.count,
      stampsCostNs: stampCostNs() * (STAGES.length + 1),
      worst,
    },
  };
}

function wrap(scene: TickScene, stamps: Stamps): void {
  const { market, trading } = scene.engine;
  check(trading !== null, 'the engine trades');
  const { desk, risk } = trading.parts;
  const apply = market.apply.bind(market);
  market.apply = (memory, w) => {
    const change = apply(memory, w);
    stamps.stamp(1);
    return change;
  };
  const submit = desk.submit.bind(desk);
  desk.submit = (strategy, ticket) => {
    stamps.stamp(2);
    return submit(strategy, ticket);
  };
  const checkNew = risk.checkNew.bind(risk);
  risk.checkNew = (orderId, nowNs) => {
    stamps.stamp(3);
    const code = checkNew(orderId, nowNs);
    stamps.stamp(4);
    return code;
  };
}

function keepWorst(worst: WorstEvent[], event: WorstEvent): void {
  if (worst.length === WORST && event.totalNs <= worst[WORST - 1].totalNs) return;
  const at = worst.findIndex(({ totalNs }) => totalNs < event.totalNs);
  worst.splice(at < 0 ? worst.length : at, 0, event);
  worst.length = Math.min(worst.length, WORST);
}

/** Of one stamp: the least of several rounds. */
function stampCostNs(): number {
  const stamps = new Stamps();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    const startNs = monotonicNs();
    for (let i = 0; i < 1000; i++) stamps.stamp(i % STAGES.length);
    least = Math.min(least, (monotonicNs() - startNs) / 1000);
  }
  return least;
}
