/** What a frame of each live feed costs, from its bytes to events in the sink, beside `JSON.parse` + Number of the same bytes. */
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  best,
  check,
  type Figure,
  type Goal,
} from '../benchmark.ts';
import { JsonPeer } from '../decode-peers.ts';
import { type Row, Tally } from '../decode-tally.ts';
import { FEED_CASES, type FeedCase, FeedRun } from '../feed-frames.ts';
import { KRAKEN_TRADE, krakenBook } from '../kraken-frames.ts';

const ROUNDS = 9;
const WARM_UP_MS = 800;
const FRAMES = 1_000;
const SEED = 6;
/** Of the update with 20 + 20 levels that the issue speaks of, and of every other frame. */
const GOAL_TIMES = 4;
const LEAST_TIMES = 1;
const CASES: readonly FeedCase[] = [...FEED_CASES, krakenBook(20), krakenBook(2), KRAKEN_TRADE];
const GOAL_CASE = 'Binance spot depth, 20 + 20 levels';

export const benchmark: Benchmark = {
  name: 'frames',
  summary: 'live feeds frame by frame: bytes to events in the sink, beside JSON.parse + Number of the same bytes',
  run,
};

async function run(context: BenchContext): Promise<BenchResult> {
  const figures: Figure[] = [];
  const goals: Goal[] = [];
  const notes: string[] = [];
  for (const feed of CASES) {
    context.progress(feed.name);
    const { ours, theirs, bytes, answer } = measure(feed, context.smoke);
    figures.push(ours, theirs);
    const times = best(theirs) / best(ours);
    const limit = feed.name === GOAL_CASE ? GOAL_TIMES : LEAST_TIMES;
    goals.push({ name: `${feed.name}: JSON.parse against ours`, value: times, unit: 'x', limit, better: 'higher' });
    notes.push(
      `${feed.name}: ${bytes.toFixed(0)} bytes, ${times.toFixed(1)} times as fast as JSON.parse; same values: ${answer}`,
    );
  }
  return { figures, latencies: [], goals, notes, topology: 'one thread', details: {} };
}

interface Measured {
  readonly ours: Figure;
  readonly theirs: Figure;
  /** Mean length of a frame. */
  readonly bytes: number;
  readonly answer: string;
}

function measure(feed: FeedCase, smoke: boolean): Measured {
  const count = smoke ? 40 : FRAMES;
  const answer = checked(feed, count);
  const ours = new FeedRun(feed, count, SEED, null);
  const peer = new JsonPeer(feed.venue, false);
  const runs: [number[], number[]] = [[], []];
  const warmUntil = performance.now() + (smoke ? 0 : WARM_UP_MS);
  const events: number[] = [];
  ours.rewind();
  ours.run(); // the first time the instrument takes its units
  for (let round = 0; round < (smoke ? 1 : ROUNDS); ) {
    ours.rewind();
    const before = ours.events;
    const oursNs = ours.run();
    events.push(ours.events - before);
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) peer.frame(JSON.parse(ours.text(i)));
    const theirsNs = Number(process.hrtime.bigint() - start) / count;
    if (performance.now() < warmUntil) continue;
    runs[0].push(oursNs);
    runs[1].push(theirsNs);
    round++;
  }
  check(events[0] > 0, `${feed.name}: nothing was emitted`);
  check(new Set(events).size === 1, `${feed.name}: rounds of ${[...new Set(events)].join(' and ')} events`);
  const figure = (name: string, values: number[]): Figure => ({
    name,
    unit: 'ns/frame',
    better: 'lower',
    runs: values,
  });
  return {
    ours: figure(feed.name, runs[0]),
    theirs: figure(`${feed.name}: JSON.parse`, runs[1]),
    bytes: ours.bytes.length / count,
    answer,
  };
}

/** Prices and quantities as JSON.parse finds them, in every frame. */
function checked(feed: FeedCase, count: number): string {
  const tally = new Tally();
  const run = new FeedRun(feed, count, SEED, tally);
  const peer = new JsonPeer(feed.venue, false);
  const expected = new Tally();
  const take = (text: string): void => {
    peer.frame(JSON.parse(text));
    for (let i = 0; i < peer.count; i++) expected.add(peer.row[i] as Row, peer.price[i], peer.qty[i]);
  };
  run.rewind();
  for (const text of feed.begin()) peer.survey(text);
  for (const text of feed.begin()) take(text);
  run.run();
  for (let i = 0; i < count; i++) take(run.text(i));
  check(tally.text() === expected.text(), `${feed.name}: ${tally.text()} decoded, JSON.parse has ${expected.text()}`);
  check(!tally.text().startsWith('0:0 0:0 0:0'), `${feed.name}: nothing found`);
  return tally.text();
}
