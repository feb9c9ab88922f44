/**
 * Runs an engine in a thread of its own over a million generated ITCH-like events, twice the same markets: once to warm
 * up, once measured. Prints marks between which `--trace-gc` must show nothing for this thread's isolate.
 */
import { writeSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import { createTelemetryBuffer, Telemetry } from '../../src/core/counters.ts';
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { Engine } from '../../src/engine/engine.ts';
import { createJournal, JournalReader, JournalWriter } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';

const INSTRUMENTS = 50;
const LIVE = 20_000;
/** Until the optimising compiler has seen every path; on a busy machine that takes its time. */
const WARM_UP = 5_000_000;
const MEASURED = 1_000_000;
const BATCH = 128;

/** Writes add, reduce, replace and delete events straight into the ring, without allocating. */
class Generator {
  private readonly out: SpscWriter;
  private readonly random = new Prng(7);
  private readonly ids = new Float64Array(LIVE);
  private readonly instruments = new Int32Array(LIVE);
  private nextId = 1;
  private now = 0;

  constructor(out: SpscWriter) {
    this.out = out;
  }

  push(count: number): void {
    for (let i = 0; i < count; i++) this.one();
    this.out.publish();
  }

  private one(): void {
    const slot = this.random.below(LIVE);
    const chance = this.random.below(100);
    const side = this.random.below(2) === 0 ? Side.Bid : Side.Ask;
    const offset = 1 + this.random.below(50);
    const price = side === Side.Bid ? 10_000 - offset : 10_000 + offset;
    if (this.ids[slot] === 0) {
      this.ids[slot] = this.nextId++;
      this.instruments[slot] = this.random.below(INSTRUMENTS);
      this.write(EventKind.Add, side, this.instruments[slot], price, 100, this.ids[slot], 0);
    } else if (chance < 70) {
      this.write(EventKind.Delete, 0, this.instruments[slot], 0, 0, this.ids[slot], 0);
      this.ids[slot] = 0;
    } else if (chance < 85) {
      const id = this.nextId++;
      this.write(EventKind.Replace, 0, this.instruments[slot], price, 200, this.ids[slot], id);
      this.ids[slot] = id;
    } else {
      this.write(EventKind.Execute, 0, this.instruments[slot], 0, 100, this.ids[slot], 1);
      this.ids[slot] = 0;
    }
  }

  private write(
    kind: number,
    side: number,
    instrument: number,
    price: number,
    qty: number,
    id: number,
    id2: number,
  ): void {
    const w = this.out.next();
    const { f64, u32 } = this.out;
    this.now += 1000;
    u32[w * 2] = kind | (side << 8) | (EventFlag.Last << 16);
    u32[w * 2 + 1] = instrument;
    f64[w + 1] = this.now;
    f64[w + 2] = this.now;
    f64[w + 3] = price;
    f64[w + 4] = qty;
    f64[w + 5] = id;
    f64[w + 6] = id2;
    f64[w + 7] = 0;
  }
}

function main(): void {
  const ring = createSpsc(1 << 10);
  const journalMemory = createJournal(1 << 20, 1);
  const journal = new JournalWriter(journalMemory);
  const reader = new JournalReader(journalMemory, 0);
  const input = new SpscWriter(ring);
  const options = { base: { hi: 0, lo: 0 }, seed: 1, config: '{}', formatVersion: 1 };
  const engine = new Engine(new SpscReader(ring), journal, options, new Telemetry(createTelemetryBuffer()));
  for (let instrument = 0; instrument < INSTRUMENTS; instrument++) {
    engine.market.books.define({ instrument, symbol: `S${instrument}`, bookKind: 3, priceDecimals: 2, qtyDecimals: 0 });
    engine.market.defineStanding(instrument);
  }
  const generator = new Generator(input);
  const work = (events: number): void => {
    for (let done = 0; done < events; done += BATCH) {
      generator.push(BATCH);
      engine.doWork(BATCH);
      journal.publish();
      reader.release(reader.poll());
    }
  };
  const collect = globalThis.gc as () => void;
  work(WARM_UP);
  collect();
  writeSync(1, 'measured part begins\n');
  work(MEASURED);
  writeSync(1, `measured part ends: ${engine.events} events, ${engine.market.books.orders.size} orders rest\n`);
  collect();
}

if (isMainThread) new Worker(new URL(import.meta.url), { argv: [] });
else main();
