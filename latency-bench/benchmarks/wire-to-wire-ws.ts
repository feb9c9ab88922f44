/**
 * From a frame of market data to the order on a websocket, on loopback, through a live run as `tapehead live` starts it: a peer
 * sends a depth update, waits for the signed order, checks it, sends the next. Beside it, in turns, a process that answers each
 * frame with a text of the same size: what `ws` and the kernel alone cost.
 */
import { Histogram } from '../../src/core/histogram.ts';
import type { BenchContext, Benchmark, BenchResult, Goal, LatencyFigure } from '../benchmark.ts';
import { total } from '../measured.ts';
import type { PeerTrips } from '../workers/ws-peer.ts';
import { echoTrips, liveTrips, oneThreadTrips, Peer, type WsLoad } from '../ws-run.ts';

const FULL = { rounds: 5, warmUp: 3_000, trips: 4_000, pacedTrips: 500 };
const SMOKE = { rounds: 1, warmUp: 20, trips: 200, pacedTrips: 0 };
/** What the project has set itself: decoder, books, strategy, checks, order and signature cost a third of the sockets. */
const GOAL = 1.3;
/** A paced frame finds every thread asleep. */
const GAP_MS = 2;

type Measure = (peer: Peer, load: WsLoad, context: BenchContext, orderBytes: number) => Promise<PeerTrips>;

interface Case {
  readonly name: string;
  /** The case that it is compared with; null for an echo itself. */
  readonly echo: string | null;
  readonly isPaced: boolean;
  readonly measure: Measure;
}

const live: Measure = (peer, load, context) => liveTrips(peer, load, context.folder());
const oneThread: Measure = (peer, load, context) => oneThreadTrips(peer, load, context.folder());
const echo: Measure = (peer, load, _context, orderBytes) => echoTrips(peer, load, orderBytes);

const PRODUCT = 'tapehead live';
const ECHO = 'ws echo';
const PACED_ECHO = `${ECHO}, paced`;
/** Ours first: it says how long an order is. */
const CASES: readonly Case[] = [
  { name: PRODUCT, echo: ECHO, isPaced: false, measure: live },
  { name: ECHO, echo: null, isPaced: false, measure: echo },
  { name: 'tapehead, one thread', echo: ECHO, isPaced: false, measure: oneThread },
  { name: `${PRODUCT}, paced`, echo: PACED_ECHO, isPaced: true, measure: live },
  { name: PACED_ECHO, echo: null, isPaced: true, measure: echo },
  { name: 'tapehead, one thread, paced', echo: PACED_ECHO, isPaced: true, measure: oneThread },
];

export const benchmark: Benchmark = {
  name: 'wire-to-wire-ws',
  summary:
    'depth update on a websocket → live feed → engine (journal, books, strategy, checks) → signed order on another',
  run,
};

async function run(context: BenchContext): Promise<BenchResult> {
  const load = context.smoke ? SMOKE : FULL;
  const cases = CASES.filter(({ isPaced }) => !isPaced || load.pacedTrips > 0);
  const parts = new Map<string, Histogram[]>();
  let orderBytes = 0;
  let frameBytes = 0;
  const peer = new Peer();
  try {
    for (let round = 0; round < load.rounds; round++) {
      for (const { name, isPaced, measure } of cases) {
        context.progress(`round ${round + 1} of ${load.rounds}: ${name}`);
        const paced = { trips: load.pacedTrips, gapMs: GAP_MS };
        const job = { warmUp: load.warmUp, ...(isPaced ? paced : { trips: load.trips, gapMs: 0 }) };
        const trips = await measure(peer, job, context, orderBytes);
        ({ orderBytes, frameBytes } = trips);
        parts.set(name, [...(parts.get(name) ?? []), histogramOf(trips)]);
      }
    }
  } finally {
    peer.end();
  }
  return result(parts, cases, { orderBytes, frameBytes }, load);
}

function histogramOf({ ns }: PeerTrips): Histogram {
  const histogram = Histogram.fine();
  for (const one of ns) histogram.record(one);
  return histogram;
}

function result(
  parts: Map<string, Histogram[]>,
  cases: readonly Case[],
  { orderBytes, frameBytes }: Pick<PeerTrips, 'orderBytes' | 'frameBytes'>,
  load: typeof FULL,
): BenchResult {
  const latencies: LatencyFigure[] = [...parts].map(([name, some]) => ({ name, kind: 'round-trip', parts: some }));
  const ratio = (one: string, other: string, quantile: number): number => {
    const [ours, echoed] = [one, other].map((name) => total(parts.get(name) ?? []).quantile(quantile));
    return Math.round((ours / echoed) * 1000) / 1000;
  };
  const ratios = cases.flatMap(({ name, echo }) =>
    echo === null ? [] : [{ name, p50: ratio(name, echo, 0.5), p99: ratio(name, echo, 0.99) }],
  );
  const goals = ratios
    .filter(({ name }) => !name.includes('paced'))
    .map(({ name, p50 }): Goal => {
      return { name: `${name} over the ws echo, p50`, value: p50, unit: 'x', limit: GOAL, better: 'lower' };
    });
  return {
    figures: [],
    latencies,
    goals,
    topology:
      'the peer, a process; tapehead, in another: as `tapehead live` has it, feed → engine → gateway and the log, a thread each, or all but the log on one thread; the echo, a process of one thread. None is pinned; feed, gateway, peer and echo wait in their event loops, the engine spins for some 10 µs, then parks',
    notes: [
      ...ratios.map(({ name, p50, p99 }) => `${name}: ${p50} x the echo at p50, ${p99} x at p99`),
      `${load.trips} round trips a round behind ${load.warmUp} to warm up, one at a time, the next as soon as the order came`,
      ...(load.pacedTrips === 0 ? [] : [`paced: ${load.pacedTrips}, ${GAP_MS} ms between an order and the next frame`]),
      `frames of ${frameBytes} bytes, orders of ${orderBytes}, in the mean, both ways over two connections of \`ws\``,
      "the peer compared every order's side, price, quantity, number and HMAC with those that a plain book leads to: one order a frame, none twice",
      '`tapehead live` with --no-write-ahead: it writes its log, which verifies, and orders do not wait for that. One thread: no log',
    ],
    details: { frameBytes, orderBytes, ratios },
  };
}
