/** The processes and runs of `wire-to-wire-ws`: the peer that measures, and whoever answers it. */
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifyLog } from '../src/audit/verify.ts';
import { parseLive } from '../src/config/live-identity.ts';
import { parseTrading } from '../src/config/trading-identity.ts';
import type { RunIdentity } from '../src/config.ts';
import { sessionBaseNs } from '../src/core/time.ts';
import { failureOf, startLive } from '../src/engine.ts';
import { liveSessionBase } from '../src/feed/live/live-clock.ts';
import type { LiveSource } from '../src/feed/live/source.ts';
import type { BinanceSettings } from '../src/gateway/binance/gateway.ts';
import { prepareStrategy } from '../src/strategy/load/prepare.ts';
import { check, WrongAnswer } from './benchmark.ts';
import { Hand } from './workers/crew.ts';
import type { OneThreadAnswer, OneThreadJob } from './workers/ws-one-thread.ts';
import type { PeerJob, PeerMessage, PeerTrips } from './workers/ws-peer.ts';
import { ACCOUNT, API_PATH, BASE_ASSET, QUOTE_ASSET, STRATEGY, SYMBOL } from './ws-script.ts';

const PEER = fileURLToPath(new URL('./workers/ws-peer.js', import.meta.url));
const ECHO = fileURLToPath(new URL('./workers/ws-echo.js', import.meta.url));
const ONE_THREAD = new URL('./workers/ws-one-thread.js', import.meta.url);
const FEED = new URL('../src/feed/live/live-feed.js', import.meta.url).href;
const GATEWAY = new URL('../src/gateway/gateway-worker.js', import.meta.url).href;
/** Of the ClOrdIDs. */
const TAG = '0123abcd';

/** Load of a measurement, whoever answers. */
export type WsLoad = Omit<PeerJob, 'who'>;

export class Peer {
  readonly port: Promise<number>;
  private readonly child: ChildProcess;
  private resolve: (trips: PeerTrips) => void = () => {};
  private reject: (error: Error) => void = () => {};

  constructor() {
    this.child = fork(PEER, { serialization: 'advanced' });
    this.port = new Promise((resolve, reject) => {
      this.child.on('message', (message: PeerMessage) => {
        if (message.is === 'port') resolve(message.port);
        else if (message.is === 'trips') this.resolve(message.trips);
        else this.reject(new WrongAnswer(message.what));
      });
      this.child.once('exit', () => {
        const gone = new Error('the peer ended before its time');
        reject(gone);
        this.reject(gone);
      });
    });
  }

  /** Measures whoever connects. Rejects where an order is not the one that must come. */
  measure(job: PeerJob): Promise<PeerTrips> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.child.send(job);
    });
  }

  end(): void {
    this.child.kill();
  }
}

/** `orderBytes`: size of what it answers with. */
export async function echoTrips(peer: Peer, load: WsLoad, orderBytes: number): Promise<PeerTrips> {
  const echo = fork(ECHO, [String(await peer.port), String(orderBytes)]);
  const gone = new Promise<void>((resolve) => echo.once('exit', () => resolve()));
  try {
    return await peer.measure({ ...load, who: 'echo' });
  } finally {
    echo.kill();
    await gone;
  }
}

/**
 * A live run as `tapehead live --orders venue` starts it: feed, engine, log and gateway have a thread each. `folder`: an empty
 * one. Orders do not wait for the log, which would make this a measurement of the disk.
 */
export async function liveTrips(peer: Peer, load: WsLoad, folder: string): Promise<PeerTrips> {
  const measured = peer.measure({ ...load, who: 'tapehead' });
  measured.catch(() => undefined);
  const { source, identity, binance, strategyDir } = await setupOf(folder, await peer.port);
  const gateway = { module: GATEWAY, data: { binance, key: ACCOUNT, writeAhead: 'none' } };
  const logDir = join(folder, 'log');
  const run = startLive(
    source,
    identity,
    { logDir, strategyDir, speed: 1, threads: 3, pin: false, sync: false },
    { feedModule: FEED, gateways: [gateway] },
  );
  const said: string[] = [];
  run.onSaid = (line) => said.push(line);
  const ended = run.done.then((report) => {
    throw failureOf(report) ?? new Error('the run ended before its time');
  });
  let trips: PeerTrips;
  try {
    trips = await Promise.race([measured, ended]);
  } catch (error) {
    throw withLines(error, said);
  } finally {
    run.requestStop();
    ended.catch(() => undefined);
    await run.done;
  }
  const failure = failureOf(await run.done);
  if (failure !== null) throw failure;
  check(verifyLog(logDir).ok, 'the log of the run does not verify');
  return trips;
}

/** The same stages on one event loop, without the log. */
export async function oneThreadTrips(peer: Peer, load: WsLoad, folder: string): Promise<PeerTrips> {
  const measured = peer.measure({ ...load, who: 'tapehead' });
  measured.catch(() => undefined);
  const setup = await setupOf(folder, await peer.port);
  const stop = new SharedArrayBuffer(4);
  const hand = new Hand<OneThreadJob, OneThreadAnswer>(ONE_THREAD);
  try {
    const answer = hand.run({ ...setup, key: ACCOUNT, stop });
    const ended = answer.then(({ said }) => {
      throw withLines(new Error('the run ended before its time'), said);
    });
    ended.catch(() => undefined);
    const trips = await Promise.race([measured, ended]);
    Atomics.store(new Int32Array(stop), 0, 1);
    const { records, said } = await answer;
    check(records > load.trips, `${records} records of ${load.trips} orders: ${said.join('; ')}`);
    return trips;
  } finally {
    await hand.end();
  }
}

/** The error, with what the run said last. */
function withLines(error: unknown, said: readonly string[]): unknown {
  if (said.length === 0 || !(error instanceof Error)) return error;
  return new WrongAnswer(`${error.message} (${said.slice(-3).join('; ')})`);
}

/** What a run on the peer's venue is made from; writes its strategy into the folder. */
async function setupOf(strategyDir: string, port: number) {
  const strategy = join(strategyDir, 'touch-answer.js');
  writeFileSync(strategy, STRATEGY);
  const { sha256 } = await prepareStrategy(strategy, strategyDir);
  const base = liveSessionBase();
  const midnightNs = sessionBaseNs(base);
  const http = `http://127.0.0.1:${port}`;
  const ws = `ws://127.0.0.1:${port}`;
  const source: LiveSource = {
    venues: [{ name: 'binance', symbols: [SYMBOL], endpoints: { ws, rest: http }, redundancy: 1 }],
    record: null,
    sessionBase: base,
    prefixSymbols: false,
    seed: 1,
  };
  const assets = { [SYMBOL]: { base: BASE_ASSET, quote: QUOTE_ASSET } };
  const identity: RunIdentity = {
    format: 'capture',
    seed: 1,
    sessionMidnightNs: String(midnightNs),
    symbols: null,
    trading: parseTrading({
      strategies: [{ id: 'answer', use: strategy, sha256, account: 'main', params: {} }],
      commands: [],
      latched: [],
      risk: { engine: { maxNotional: '100000000', collarPercent: 50 } },
    }),
    live: parseLive({ mode: 'venue', tag: TAG, venues: [{ venue: 'binance', symbols: [SYMBOL], assets }] }),
  };
  const binance: BinanceSettings = {
    market: 'spot',
    endpoints: { api: `${ws}${API_PATH}`, rest: http, streams: ws },
    tag: TAG,
    venue: 0,
    midnightMs: Number(midnightNs / 1_000_000n),
    deadManMs: 0,
  };
  return { source, identity, binance, strategyDir };
}
