/**
 * A live run in one thread: engine stage, log writer and a fake venue on their rings, under a clock that the test turns. The
 * engine may be killed at any record: its log is cut there, what was not durable is gone, and another engine goes on with it.
 */
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { LogReader } from '../../src/audit/log-reader.ts';
import type { LogWriter } from '../../src/audit/log-writer.ts';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { parseLive } from '../../src/config/live-identity.ts';
import { parseTrading } from '../../src/config/trading-identity.ts';
import type { RunIdentity } from '../../src/config.ts';
import { Counter, Telemetry } from '../../src/core/counters.ts';
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { BLOCK_BYTES } from '../../src/core/limits.ts';
import { EngineStage } from '../../src/engine/engine-stage.ts';
import { continuedIdentity } from '../../src/engine/live/continued.ts';
import { MESSAGE_RING_SLOTS, ORDER_RING_SLOTS } from '../../src/engine/live/live-start.ts';
import { rerunLog } from '../../src/engine/rerun.ts';
import { createSharedMemory, type SharedMemory } from '../../src/engine/topology.ts';
import { loadTrading } from '../../src/engine/trading/setup.ts';
import { createSpsc, SpscWriter } from '../../src/ring/spsc.ts';
import { prepareStrategy } from '../../src/strategy/load/prepare.ts';
import { FakeVenue } from './fake-venue.ts';

export const SYMBOL = 'TAPEUSDT';
const START_NS = 3_600e9;
const MS = 1e6;
const MID = 10_000;

export interface RigOptions {
  readonly dir: string;
  readonly strategyDir: string;
  /** A module's path. */
  readonly strategy: string;
  readonly mode?: 'paper' | 'venue';
  readonly venueName?: string;
  readonly seed?: number;
  readonly risk?: unknown;
  /** A second instrument, which the feed defines when it is told to. */
  readonly second?: string;
}

export class LiveRig {
  readonly options: RigOptions;
  readonly venue: FakeVenue;
  stage!: EngineStage;
  /** Lines that the engine's venue desk said. */
  readonly said: string[] = [];
  nowNs = START_NS;
  /** Highest record that may be acted on outside. */
  durable = 0;
  private identity!: RunIdentity;
  private shared!: SharedMemory;
  private writer!: LogWriter;
  private feed!: SpscWriter;

  constructor(options: RigOptions, venue: FakeVenue | null = null) {
    this.options = options;
    this.venue = venue ?? new FakeVenue(() => this.nowNs);
  }

  static async open(options: RigOptions, makeVenue?: (now: () => number) => FakeVenue): Promise<LiveRig> {
    const clock = { now: () => 0 };
    const rig = new LiveRig(options, makeVenue?.(() => clock.now()) ?? null);
    clock.now = () => rig.nowNs;
    await rig.start();
    return rig;
  }

  /** Starts an engine in the log's directory, and its feed anew. */
  async start(): Promise<void> {
    const { dir, strategyDir } = this.options;
    this.identity = continuedIdentity(dir, await this.askedIdentity());
    this.shared = createSharedMemory(0);
    const source = { shared: this.shared.journal, reader: 0 };
    const { writer, recovered } = openLogForRun(dir, source, { sync: false, acceptLoss: true });
    this.writer = writer;
    const { trading, seed } = this.identity;
    const setup = trading === null ? null : await loadTrading(trading, seed, strategyDir, 0n);
    if (setup !== null) setup.onVenue = (line) => this.said.push(line);
    const isVenue = this.identity.live?.mode === 'venue';
    const rings = { orders: createSpsc(ORDER_RING_SLOTS), messages: createSpsc(MESSAGE_RING_SLOTS) };
    const records = recovered?.records ?? 0;
    this.stage = new EngineStage({
      shared: this.shared,
      identity: this.identity,
      trading: setup,
      expectedOrders: 16,
      othersTurn: () => this.writer.doWork(),
      link: { now: () => this.nowNs, cancelWaitNs: 5e9, venues: isVenue ? [rings] : [] },
      continued: records === 0 ? null : { directory: dir, records },
    });
    this.stage.resume();
    if (isVenue) this.venue.attach(rings.orders, rings.messages);
    this.feed = new SpscWriter(this.shared.feedRing);
    this.pump();
    this.defineFeed();
  }

  /** What the gateways' dead-man timers watch. */
  get turns(): number {
    return new Telemetry(this.shared.telemetry).counters[Counter.LiveTurns];
  }

  get identityInForce(): RunIdentity {
    return this.identity;
  }

  /** Engine, log and venue each have their turns until nothing is left to do. */
  pump(): void {
    for (let i = 0; i < 1000; i++) {
      const events = this.stage.doWork(64);
      this.writer.doWork();
      this.durable = this.stage.engine.seq;
      const commands = this.venue.work(this.durable);
      if (events + commands === 0) return;
    }
    assert.fail('the engine does not come to rest');
  }

  /** Delivers all that the venue has to say, and what follows from it. */
  settle(): void {
    for (let i = 0; i < 20; i++) {
      this.venue.deliver();
      this.pump();
    }
  }

  /** Time passes. */
  wait(ms: number): void {
    this.nowNs += ms * MS;
    this.pump();
  }

  /** Size of the touch's bid changes; `move`: the price does, too. */
  tick(qty: number): void {
    this.nowNs += MS;
    this.level(Side.Bid, MID - 1, qty);
    this.feed.publish();
  }

  async reconnect(): Promise<void> {
    this.venue.connect();
    this.settle();
  }

  /** Kills the engine, its log cut behind record `last`; what it sent because of later records never left. */
  kill(last = this.stage.engine.seq): void {
    this.stage.abort();
    while (this.writer.doWork() > 0);
    this.venue.work(last);
    const { records } = this.writer.close();
    if (last < records) cutLog(this.options.dir, last);
  }

  /** The feed ends, and the run with it. */
  stop(): void {
    this.feed.close();
    for (let i = 0; i < 100 && !this.stage.isFinished; i++) {
      this.pump();
      this.venue.deliver();
      this.nowNs += 200 * MS;
    }
    assert.ok(this.stage.isFinished, 'the run ends');
    while (this.writer.doWork() > 0);
    assert.equal(this.writer.close().closed, true);
  }

  /** The log proves itself. */
  async prove(): Promise<void> {
    const { dir, strategyDir } = this.options;
    const verified = verifyLog(dir);
    assert.ok(verified.ok, JSON.stringify(verified));
    const readers: LogReader[] = [];
    const open = () => {
      readers.push(new LogReader(dir));
      return readers[0];
    };
    const result = await rerunLog(open, { strategyDir });
    readers[0].close();
    assert.equal(result.divergence, null, `diverged at ${result.divergence?.seq}`);
    assert.equal(result.records, this.stage.engine.seq);
  }

  define(instrument: number, symbol: string): void {
    const w = this.slot(EventKind.Instrument, Side.None);
    const def = { instrument, symbol, bookKind: 2 as const, priceDecimals: 2, qtyDecimals: 3 };
    writeInstrumentPayload(this.feed.bytes, (w + 3) * 8, def);
    this.feed.u32[w * 2 + 1] = instrument;
    this.feed.publish();
  }

  private defineFeed(): void {
    this.define(0, SYMBOL);
    this.slot(EventKind.Clear, Side.None);
    for (let depth = 1; depth <= 5; depth++) {
      this.level(Side.Bid, MID - depth, 1000);
      this.level(Side.Ask, MID + depth, 1000);
    }
    this.slot(EventKind.Live, Side.None);
    this.feed.publish();
    this.pump();
  }

  private level(side: number, price: number, qty: number): void {
    const w = this.slot(EventKind.Level, side);
    this.feed.f64[w + 3] = price;
    this.feed.f64[w + 4] = qty;
  }

  private slot(kind: number, side: number): number {
    const w = this.feed.next();
    const { f64, u32 } = this.feed;
    u32[w * 2] = kind | (side << 8) | (EventFlag.Last << 16);
    u32[w * 2 + 1] = 0;
    f64.fill(0, w + 1, w + 8);
    f64[w + 1] = this.nowNs;
    f64[w + 2] = this.nowNs;
    return w;
  }

  private async askedIdentity(): Promise<RunIdentity> {
    const { strategy, strategyDir, mode = 'venue', venueName = 'binance', seed = 1, risk, second } = this.options;
    const { sha256 } = await prepareStrategy(strategy, strategyDir);
    const symbols = second === undefined ? [SYMBOL] : [SYMBOL, second];
    const assets = { base: 'TAPE', quote: 'USDT' };
    return {
      format: 'capture',
      seed,
      sessionMidnightNs: '0',
      symbols: null,
      trading: parseTrading({
        strategies: [{ id: 's', use: strategy, sha256, account: 'main', params: {} }],
        commands: [],
        latched: [],
        risk: risk ?? { engine: { maxNotional: '100000000', collarPercent: 50 } },
      }),
      live: parseLive({
        mode,
        tag: '0123abcd',
        venues: [{ venue: venueName, symbols, assets: Object.fromEntries(symbols.map((one) => [one, assets])) }],
      }),
    };
  }
}

/** As a killed machine leaves a log: nothing behind record `last`. */
export function cutLog(dir: string, last: number): void {
  const reader = new LogReader(dir);
  while (reader.seq < last) assert.ok(reader.next(), 'the record is there');
  const end = last === 0 ? 0 : reader.fileOffset + reader.length;
  const file = last === 0 ? join(dir, '00000000.seg') : reader.file;
  reader.close();
  assert.ok(end <= BLOCK_BYTES * 1024);
  truncateSync(file, end);
}
