/**
 * An engine that trades on one instrument by level, as a run has it: strategy loaded from a file and counted, guard, every
 * limit in force (risk-scene.ts), simulated venue, journal. The touch moves up and down with every second event, the rest
 * changes the depth behind it; the strategy answers every move of the touch with one limit order, which the venue ends half
 * a millisecond later, as it can't be filled. It also holds a position and ten resting orders, so that no limit is idle.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTrading } from '../src/config/trading-identity.ts';
import { EventFlag, EventKind, Side } from '../src/core/event.ts';
import { BookKind, writeInstrumentPayload } from '../src/core/instrument-def.ts';
import { Engine } from '../src/engine/engine.ts';
import { loadTrading } from '../src/engine/trading/setup.ts';
import { createJournal, JournalReader, type JournalShared, JournalWriter } from '../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../src/ring/spsc.ts';
import { prepareStrategy } from '../src/strategy/load/prepare.ts';
import { BID, EVERY_LIMIT, LOT, TICK } from './risk-scene.ts';

const HOUR_NS = 3600e9;
const STEP_NS = 1e6;
const DEPTH = 20;
/** Half of the journal ring, at most, is hashed at a time, between two events. */
const JOURNAL_BYTES = 1 << 20;

/** Sides, types and times in force as numbers: what a strategy gets from `tapehead/strategy` by name. */
const STRATEGY = `
const BUY = 1, SELL = 2, LIMIT = 1, DAY = 1, IOC = 3;
const TICK = ${TICK}, LOT = ${LOT};
export default {
  name: 'touch-follower',
  parameters: {},
  create: () => {
    const ticket = { instrument: 0, side: BUY, type: LIMIT, timeInForce: DAY, qtyLots: 1.5, priceTicks: 1.5 };
    let moves = 0;
    return {
      onBook(ctx, instrument) {
        const book = ctx.book(instrument);
        if (book.isStale || !book.hasBid || !book.hasAsk || ctx.nowNs < ${3 * HOUR_NS}) return;
        moves++;
        const isBuy = moves % 2 === 1;
        let away = moves === 1 ? -1 : 20;
        if (moves > 1 && moves <= 11) away = 50 + 1000 * moves;
        ticket.instrument = instrument;
        ticket.side = isBuy ? BUY : SELL;
        ticket.timeInForce = moves > 1 && moves <= 11 ? DAY : IOC;
        ticket.qtyLots = (1 + (moves % 4999)) * LOT;
        ticket.priceTicks = isBuy ? book.bidPriceTicks - away * TICK : book.askPriceTicks + away * TICK;
        ctx.submit(ticket);
      },
    };
  },
};
`;

export class TickScene {
  readonly engine: Engine;
  readonly journal: JournalWriter;
  /** The journal's, for other threads. */
  readonly memory: JournalShared;
  /** Null where somebody else reads. */
  private readonly reader: JournalReader | null;
  private readonly input: SpscWriter;
  private readonly hash = createHash('sha256');
  private nowNs = 0;
  private isUp = false;
  private events = 0;

  private constructor(
    engine: Engine,
    journal: JournalWriter,
    memory: JournalShared,
    reader: JournalReader | null,
    input: SpscWriter,
  ) {
    this.engine = engine;
    this.memory = memory;
    this.journal = journal;
    this.reader = reader;
    this.input = input;
    if (reader !== null) journal.onFull = () => this.drain(reader);
  }

  /**
   * `folder`: where the strategy's file is written. `isWatched`: its journal has a second reader, which may be dropped.
   * `isLogged`: somebody else reads what is journalled, as the log does in a run; there is no hash of it then.
   */
  static async make(folder: string, isWatched = false, isLogged = false): Promise<TickScene> {
    const file = join(folder, 'touch-follower.js');
    writeFileSync(file, STRATEGY);
    const { sha256 } = await prepareStrategy(file, folder);
    const strategy = { id: 'follower', use: file, sha256, account: 'main', params: {} };
    const identity = parseTrading({
      strategies: [strategy],
      commands: [],
      latched: [],
      risk: EVERY_LIMIT,
      instruments: { '*': { tick: '0.01', lot: '0.00001' } },
    });
    const trading = await loadTrading(identity, 1, folder, 0n);
    const ring = createSpsc(1 << 8);
    const memory = isWatched ? createJournal(JOURNAL_BYTES, 2, 0, 1) : createJournal(JOURNAL_BYTES, 1);
    const journal = new JournalWriter(memory);
    const options = { base: { hi: 0, lo: 0 }, seed: 1, config: '{}', formatVersion: 1, trading };
    const engine = new Engine(new SpscReader(ring), journal, options);
    engine.trading?.parts.risk.setVarFigure(1000, Number.MAX_SAFE_INTEGER);
    const scene = new TickScene(
      engine,
      journal,
      memory,
      isLogged ? null : new JournalReader(memory, 0),
      new SpscWriter(ring),
    );
    scene.define();
    return scene;
  }

  get orders(): number {
    return this.engine.trading?.parts.oms.orders.count ?? 0;
  }

  /** Puts the next event into the engine's ring, and makes room in its journal. */
  next(): void {
    const { reader } = this;
    if (reader !== null && this.journal.backlogBytes() > JOURNAL_BYTES / 2) this.drain(reader);
    this.nowNs += STEP_NS;
    const isMove = this.events++ % 2 === 0;
    if (isMove) {
      this.isUp = !this.isUp;
      this.level(Side.Bid, BID + TICK, this.isUp ? 1e8 : 0);
    } else this.level(Side.Ask, BID + 5 * TICK, 1e8 + (this.events % 1000) * LOT);
    this.input.publish();
  }

  /** SHA-256 of every record so far. */
  journalHash(): string {
    const { reader } = this;
    if (reader === null) throw new Error('somebody else reads what this scene journals');
    this.drain(reader);
    return this.hash.copy().digest('hex');
  }

  /** The instrument, its book and three hours of trades, for the average volume. */
  private define(): void {
    const w = this.event(EventKind.Instrument, Side.None);
    const def = { instrument: 0, symbol: 'TAPEUSD', bookKind: BookKind.L2, priceDecimals: 8, qtyDecimals: 8 } as const;
    writeInstrumentPayload(this.input.bytes, (w + 3) * 8, def);
    for (let depth = 0; depth < DEPTH; depth++) {
      this.level(Side.Bid, BID - depth * TICK, 1e9);
      this.level(Side.Ask, BID + (2 + depth) * TICK, 1e9);
    }
    for (const hour of [0, 1, 2, 3]) {
      this.nowNs = hour * HOUR_NS;
      const trade = this.event(EventKind.Trade, Side.Bid);
      this.input.f64[trade + 3] = BID;
      this.input.f64[trade + 4] = 1e13;
    }
    this.input.publish();
    while (this.engine.doWork(1) > 0);
  }

  private level(side: number, price: number, qty: number): void {
    const w = this.event(EventKind.Level, side);
    this.input.f64[w + 3] = price;
    this.input.f64[w + 4] = qty;
  }

  private event(kind: number, side: number): number {
    const w = this.input.next();
    const { f64, u32 } = this.input;
    u32[w * 2] = kind | (side << 8) | (EventFlag.Last << 16);
    u32[w * 2 + 1] = 0;
    f64[w + 1] = this.nowNs;
    f64[w + 2] = this.nowNs;
    f64.fill(0, w + 3, w + 8);
    return w;
  }

  private drain(reader: JournalReader): void {
    this.journal.publish();
    const words = reader.poll();
    const from = (reader.cursor & reader.mask) * 8;
    const first = Math.min(words * 8, reader.bytes.length - from);
    this.hash.update(reader.bytes.subarray(from, from + first));
    this.hash.update(reader.bytes.subarray(0, words * 8 - first));
    reader.release(words);
  }
}
