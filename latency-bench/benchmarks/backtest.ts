/** A backtest of the market maker over the Binance recordings, and the same recordings without it: events a second. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseTrading, type TradingIdentity } from '../../src/config/trading-identity.ts';
import { failureOf, startReplay } from '../../src/engine.ts';
import { type DetectedRecording, detectRecording } from '../../src/feed/detect.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { instantiate, prepareStrategy } from '../../src/strategy/load/prepare.ts';
import { type BenchContext, type Benchmark, type BenchResult, check, type Figure } from '../benchmark.ts';
import { identityOf } from '../identity.ts';
import { repositoryRoot } from '../repository.ts';

const ROUNDS = 3;
const OWN_SESSION = 'replay-data/spot-session.binance.gz';

export const benchmark: Benchmark = {
  name: 'backtest',
  summary: 'market maker over the Binance recordings: strategy, risk, orders, simulated venue and log, events a second',
  run,
};

interface Outcome {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly headHash: string;
  readonly orders: number;
  readonly fills: number;
}

async function run(context: BenchContext): Promise<BenchResult> {
  const { streams, origin } = findStreams(context.smoke);
  const trading = await marketMaker();
  const recordings = [];
  for (const paths of streams) recordings.push(await detectRecording(paths));
  const heads = new Map<string, string>();
  const rates: Record<'with' | 'without', number[]> = { with: [], without: [] };
  let orders = 0;
  let fills = 0;
  for (let round = 1; round <= (context.smoke ? 1 : ROUNDS); round++) {
    for (const kind of ['with', 'without'] as const) {
      let events = 0;
      let seconds = 0;
      for (const [i, recording] of recordings.entries()) {
        const outcome = await replay(context, recording, kind === 'with' ? trading : null);
        const known = heads.get(`${kind} ${i}`) ?? outcome.headHash;
        check(
          known === outcome.headHash,
          `two runs of the same recording, two head hashes: ${known}, ${outcome.headHash}`,
        );
        heads.set(`${kind} ${i}`, outcome.headHash);
        events += outcome.events;
        seconds += outcome.events / outcome.eventsPerSecond;
        if (kind === 'with' && round === 1) {
          orders += outcome.orders;
          fills += outcome.fills;
        }
      }
      rates[kind].push(events / seconds);
      context.progress(`round ${round}: ${kind} the market maker ${Math.round(events / seconds / 1e3)} k events/s`);
    }
  }
  check(orders > 0 && fills > 0, 'the market maker sent orders and was filled');
  const figure = (name: string, runs: readonly number[]): Figure => ({
    name,
    unit: 'events/s',
    better: 'higher',
    runs,
  });
  return {
    figures: [figure('market maker, log on', rates.with), figure('books only, log on', rates.without)],
    latencies: [],
    topology: 'three worker threads (feed, engine, audit), pinned where koffi loads, spin then park',
    notes: [
      `${origin}: ${orders} orders, ${fills} fills; the same head hash in every round`,
      'from the start of the feed to the closed log, three threads, not synced; the compressed text is decoded on the way',
    ],
    details: { orders, fills, origin },
  };
}

/** The four real recordings, two streams of two days each, where they are; else the project's own. */
function findStreams(smoke: boolean): { streams: string[][]; origin: string } {
  const folder = join(dirname(repositoryRoot()), 'shared', 'market-data', 'binance');
  const own = { streams: [[join(repositoryRoot(), OWN_SESSION)]], origin: OWN_SESSION };
  if (smoke || !existsSync(folder)) return own;
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.gz'))
    .sort();
  const streams = ['spot', 'usdm'].map((kind) =>
    files.filter((file) => file.startsWith(kind)).map((file) => join(folder, file)),
  );
  if (streams.some((paths) => paths.length === 0)) return own;
  return { streams, origin: `${files.length} Binance recordings in ../shared/market-data` };
}

async function marketMaker(): Promise<TradingIdentity> {
  const use = 'market-maker';
  const prepared = await prepareStrategy(use, '.');
  const { parameters } = instantiate(prepared, {});
  const strategy = { id: use, use, sha256: prepared.sha256, account: 'main', params: parameters };
  const risk = { engine: { maxNotional: '1000000', collarPercent: 10, maxGross: '10000000', maxLoss: '1000000' } };
  return parseTrading({ strategies: [strategy], commands: [], latched: [], risk });
}

async function replay(
  context: BenchContext,
  recording: DetectedRecording,
  trading: TradingIdentity | null,
): Promise<Outcome> {
  const identity = identityOf(recording, trading);
  const logDir = join(context.folder(), 'log');
  const speed = Number.POSITIVE_INFINITY;
  const execution = { logDir, strategyDir: '.', speed, threads: 3, pin: true, sync: false } as const;
  const report = await startReplay(recording, identity, execution).done;
  const failure = failureOf(report);
  if (failure !== null) throw failure;
  const events = report.engine?.events ?? 0;
  const { orders, fills } = BacktestReport.of(logDir).json;
  rmSync(logDir, { recursive: true, force: true });
  return {
    events,
    eventsPerSecond: (events / report.elapsedMs) * 1e3,
    headHash: report.log?.headHash ?? '',
    orders: orders.orders,
    fills: fills.fills,
  };
}
