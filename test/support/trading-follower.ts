/**
 * An engine that trades on paper on what a live feed says, in the same thread and under the same virtual clock, with a strategy
 * that asks for an order on every change of a book and every 50 ms, whatever state the book is in. Its log says what left.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LogReader } from '../../src/audit/log-reader.ts';
import type { LogWriter } from '../../src/audit/log-writer.ts';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { BookView } from '../../src/book/view.ts';
import { parseLive } from '../../src/config/live-identity.ts';
import { parseTrading } from '../../src/config/trading-identity.ts';
import type { RunIdentity } from '../../src/config.ts';
import { FeedStatus, Telemetry } from '../../src/core/counters.ts';
import { Side } from '../../src/core/event.ts';
import { RejectCode } from '../../src/core/order.ts';
import { OrderAction, RecordType } from '../../src/core/record.ts';
import { type SessionBase, sessionBaseNs } from '../../src/core/time.ts';
import { EngineStage } from '../../src/engine/engine-stage.ts';
import { rerunLog } from '../../src/engine/rerun.ts';
import { createSharedMemory } from '../../src/engine/topology.ts';
import { loadTrading } from '../../src/engine/trading/setup.ts';
import type { LiveVenueName } from '../../src/feed/live/protocol.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { SpscWriter } from '../../src/ring/spsc.ts';
import { prepareStrategy } from '../../src/strategy/load/prepare.ts';
import type { Follower } from './fault-run.ts';
import type { RingBook } from './ring-books.ts';
import { writeStrategy } from './trading-run.ts';
import type { VirtualWorld } from './virtual-world.ts';

const HASTY = `
  last: [],
  onStart(ctx) { ctx.setTimer(1, ctx.nowNs + 50e6); },
  onBook(ctx, i) {
    const book = ctx.book(i);
    if (book.hasBid) this.last[i] = book.bidPriceTicks;
    this.ask(ctx, i);
  },
  onTimer(ctx) {
    for (let i = 0; i < this.last.length; i++) this.ask(ctx, i);
    ctx.setTimer(1, ctx.nowNs + 50e6);
  },
  ask(ctx, i) {
    const priceTicks = this.last[i];
    if (priceTicks === undefined) return;
    if (ctx.openCount(i) > 6) ctx.cancelAll(i);
    ctx.submit({ instrument: i, side: OrderSide.Buy, qtyLots: 10, priceTicks: priceTicks - 3 });
  }`;

export interface Trading {
  readonly sent: number;
  readonly refusedStale: number;
}

export class TradingFollower implements Follower {
  readonly sink: EventSink;
  private readonly dir: string;
  private readonly strategyDir: string;
  private readonly writer: LogWriter;
  private readonly feed: SpscWriter;
  private readonly stage: EngineStage;
  private readonly telemetry: Telemetry;
  /** The world's clock stands still at the end; the engine's goes on. */
  private endedNs = 0;

  private constructor(
    dir: string,
    strategyDir: string,
    identity: RunIdentity,
    trading: Awaited<ReturnType<typeof loadTrading>>,
    now: () => number,
  ) {
    const shared = createSharedMemory(0);
    const source = { shared: shared.journal, reader: 0 };
    const { writer } = openLogForRun(dir, source, { sync: false, acceptLoss: true });
    this.dir = dir;
    this.strategyDir = strategyDir;
    this.writer = writer;
    this.telemetry = new Telemetry(shared.telemetry);
    this.feed = new SpscWriter(shared.feedRing);
    this.feed.onFull = () => this.drain();
    this.sink = new EventSink(this.feed);
    this.stage = new EngineStage({
      shared,
      identity,
      trading,
      expectedOrders: 1024,
      othersTurn: () => writer.doWork(),
      link: { now: () => now() + this.endedNs, cancelWaitNs: 5e9, venues: [] },
      continued: null,
    });
    this.stage.resume();
  }

  /** `folder` holds the strategy; the log goes there, too, until `end`. */
  static async open(
    folder: string,
    name: LiveVenueName,
    symbols: readonly string[],
    number: number,
  ): Promise<(world: VirtualWorld, base: SessionBase) => TradingFollower> {
    const strategy = writeStrategy(folder, HASTY, '{}', 'hasty');
    const { sha256 } = await prepareStrategy(strategy, folder);
    const trading = parseTrading({
      strategies: [{ id: 's', use: strategy, sha256, account: 'main', params: {} }],
      commands: [],
      latched: [],
      risk: { engine: { maxNotional: '1000000000', collarPercent: 50 } },
    });
    const setup = await loadTrading(trading, 1, folder, 0n);
    return (world, base) => {
      const live = parseLive({ mode: 'paper', tag: '0123abcd', venues: [{ venue: name, symbols: [...symbols] }] });
      const identity: RunIdentity = {
        format: 'capture',
        seed: 1,
        sessionMidnightNs: String(sessionBaseNs(base)),
        symbols: null,
        trading,
        live,
      };
      return new TradingFollower(join(folder, `log-${number}`), folder, identity, setup, () => world.sessionNs(base));
    };
  }

  drain(): void {
    this.feed.publish();
    for (;;) {
      const done = this.stage.doWork(256);
      this.writer.doWork();
      if (done === 0) return;
    }
  }

  bookOf(symbol: string): RingBook | undefined {
    const { books } = this.stage.engine.market;
    const instrument = books.defs.findIndex((def) => def?.symbol === symbol);
    const def = books.defs[instrument];
    if (def === undefined) return undefined;
    const view = new BookView(books, instrument);
    const levels = (side: Side): Map<number, number> => {
      const out = new Map<number, number>();
      for (let i = 0; i < view.depth(side); i++) out.set(view.priceTicksAt(side, i), view.qtyLotsAt(side, i));
      return out;
    };
    return { def, isLive: !view.isStale, bids: levels(Side.Bid), asks: levels(Side.Ask), orders: new Map() };
  }

  /** Ends the run; no order may have left for a book that was stale, and the log must rerun identically. */
  async end(): Promise<Trading> {
    this.telemetry.feedStatus = FeedStatus.EndOfFeed;
    this.feed.close();
    for (let i = 0; i < 1000 && !this.stage.isFinished; i++) {
      this.endedNs += 10e6;
      this.drain();
    }
    assert.ok(this.stage.isFinished, 'the engine ends');
    while (this.writer.doWork() > 0);
    assert.equal(this.writer.close().closed, true);
    const found = this.read();
    const readers: LogReader[] = [];
    const { divergence } = await rerunLog(
      () => {
        readers.push(new LogReader(this.dir));
        return readers[0];
      },
      { strategyDir: this.strategyDir },
    );
    readers[0]?.close();
    assert.equal(divergence, null, `the log diverges at ${divergence?.seq}`);
    rmSync(this.dir, { recursive: true });
    return found;
  }

  private read(): Trading {
    const reader = new LogReader(this.dir);
    const isLive: boolean[] = [];
    let sent = 0;
    let refusedStale = 0;
    while (reader.next()) {
      const { bytes, u32, at, type } = reader;
      const instrument = u32[(at + 28) >> 2];
      if (type === RecordType.BookState) isLive[instrument] = u32[(at + 24) >> 2] === 0;
      if (type !== RecordType.RiskVerdict || bytes[at + 26] === OrderAction.Cancel) continue;
      const code = u32[(at + 48) >> 2];
      if (code === RejectCode.StaleReference) refusedStale++;
      if (code !== 0) continue;
      sent++;
      assert.ok(isLive[instrument] === true, `record ${reader.seq}: an order passed while its book was stale`);
    }
    reader.close();
    return { sent, refusedStale };
  }
}
