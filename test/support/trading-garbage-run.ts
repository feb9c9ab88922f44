/**
 * Runs an engine that trades in a thread of its own: the market maker on a generated book by level, its orders checked,
 * sent, filled and journalled. Once to warm up, once measured; prints marks between which `--trace-gc` must show nothing
 * for this thread's isolate.
 */
import { writeSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import { parseTrading } from '../../src/config/trading-identity.ts';
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { Engine } from '../../src/engine/engine.ts';
import { loadTrading } from '../../src/engine/trading/setup.ts';
import { createJournal, JournalReader, JournalWriter } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { prepareStrategy } from '../../src/strategy/load/prepare.ts';

const WARM_UP = 3_000_000;
const MEASURED = 500_000;
const BATCH = 128;
const DEPTH = 20;

/** A book of 2 x 20 levels around a price that wanders; a trade at the touch for every eight updates. */
class Generator {
  private readonly out: SpscWriter;
  private random = 11;
  private mid = 100_000;
  private now = 1e12;

  constructor(out: SpscWriter) {
    this.out = out;
  }

  define(): void {
    const w = this.next(EventKind.Instrument, Side.None);
    const def = { instrument: 0, symbol: 'TAPEUSDT', bookKind: 2 as const, priceDecimals: 2, qtyDecimals: 3 };
    writeInstrumentPayload(this.out.bytes, (w + 3) * 8, def);
    for (let depth = 1; depth <= DEPTH; depth++) {
      this.level(Side.Bid, this.mid - depth, 1000);
      this.level(Side.Ask, this.mid + depth, 1000);
    }
    this.out.publish();
  }

  push(count: number): void {
    for (let i = 0; i < count; i += 4) this.step();
    this.out.publish();
  }

  /** Four events: the price steps now and then, so that quotes are moved; else quantities change, or it trades. */
  private step(): void {
    const chance = this.below(32);
    if (chance === 0) {
      this.level(Side.Bid, this.mid, 1000);
      this.level(Side.Bid, this.mid - DEPTH, 0);
      this.level(Side.Ask, this.mid + 1, 0);
      this.level(Side.Ask, this.mid + 1 + DEPTH, 1000);
      this.mid++;
    } else if (chance === 1) {
      this.level(Side.Ask, this.mid, 1000);
      this.level(Side.Ask, this.mid + DEPTH, 0);
      this.level(Side.Bid, this.mid - 1, 0);
      this.level(Side.Bid, this.mid - 1 - DEPTH, 1000);
      this.mid--;
    } else {
      this.level(Side.Bid, this.mid - 1, 500 + this.below(1000));
      this.level(Side.Ask, this.mid + 1, 500 + this.below(1000));
      this.level(Side.Ask, this.mid + 2, 500 + this.below(1000));
      const side = this.below(2) === 0 ? Side.Bid : Side.Ask;
      const w = this.next(EventKind.Trade, side);
      this.out.f64[w + 3] = side === Side.Bid ? this.mid + 1 : this.mid - 1;
      this.out.f64[w + 4] = 1 + this.below(2000);
    }
  }

  /** 0 .. n - 1, in small integers: nothing is allocated (Lehmer, modulus 2^31 - 1 in two steps of Schrage). */
  private below(n: number): number {
    const next = 16807 * (this.random % 127_773) - 2836 * Math.floor(this.random / 127_773);
    this.random = next > 0 ? next : next + 2_147_483_647;
    return (this.random >> 8) % n;
  }

  private level(side: number, price: number, qty: number): void {
    const w = this.next(EventKind.Level, side);
    this.out.f64[w + 3] = price;
    this.out.f64[w + 4] = qty;
  }

  private next(kind: number, side: number): number {
    const w = this.out.next();
    const { f64, u32 } = this.out;
    this.now += 100_000;
    u32[w * 2] = kind | (side << 8) | (EventFlag.Last << 16);
    u32[w * 2 + 1] = 0;
    f64[w + 1] = this.now;
    f64[w + 2] = this.now - 1000;
    f64[w + 3] = 0;
    f64[w + 4] = 0;
    f64[w + 5] = 0;
    f64[w + 6] = 0;
    f64[w + 7] = 0;
    return w;
  }
}

async function main(): Promise<void> {
  const ring = createSpsc(1 << 10);
  const journalMemory = createJournal(1 << 20, 1);
  const journal = new JournalWriter(journalMemory);
  const reader = new JournalReader(journalMemory, 0);
  const input = new SpscWriter(ring);
  const { sha256 } = await prepareStrategy('market-maker', '.');
  const strategy = { id: 'mm', use: 'market-maker', sha256, account: 'main', params: {} };
  const risk = { engine: { maxNotional: '100000000', collarPercent: 50, maxGross: '1000000000' } };
  const identity = parseTrading({ strategies: [strategy], commands: [], latched: [], risk });
  const trading = await loadTrading(identity, 1, '.', 0n);
  const options = { base: { hi: 0, lo: 0 }, seed: 1, config: '{}', formatVersion: 1, trading };
  const engine = new Engine(new SpscReader(ring), journal, options);
  journal.onFull = () => reader.release(reader.poll());
  const generator = new Generator(input);
  generator.define();
  const work = (events: number): void => {
    for (let done = 0; done < events; done += BATCH) {
      generator.push(BATCH);
      while (engine.doWork(BATCH) > 0);
      journal.publish();
      reader.release(reader.poll());
    }
  };
  const collect = globalThis.gc as () => void;
  const orders = () => engine.trading?.parts.oms.orders.count ?? 0;
  const fills = () => engine.trading?.parts.oms.executions.count ?? 0;
  work(WARM_UP);
  collect();
  const before = { orders: orders(), fills: fills(), seq: engine.seq };
  writeSync(1, 'measured part begins\n');
  work(MEASURED);
  writeSync(
    1,
    `measured part ends: ${engine.events} events, ${orders() - before.orders} orders, ${fills() - before.fills} fills, ${engine.seq - before.seq} records\n`,
  );
  engine.trading?.checkInvariants();
  collect();
}

if (isMainThread) new Worker(new URL(import.meta.url), { argv: [] });
else await main();
