/**
 * A price-time matching book beside others (../matching-book.ts), and the simulated venue on the engine's thread: an event of
 * an instrument with 0, 10 and 100 own resting orders, order by order and by level, and an order that takes. Events are
 * decoded beforehand and lie in memory; what is filled or cancelled is placed anew, so that the number of resting orders
 * stays. What those orders and cancels cost is in the figure of the event; how many there were is noted beside it.
 */
import { join } from 'node:path';
import { Books, type EventMemory } from '../../src/book/books.ts';
import { EventFlag, EventKind, TradingState } from '../../src/core/event.ts';
import type { ExecReport } from '../../src/core/exec-report.ts';
import { Fnv64 } from '../../src/core/hash.ts';
import { type InstrumentDef, readInstrumentPayload } from '../../src/core/instrument-def.ts';
import { ExecType, OrdType, TimeInForce } from '../../src/core/order.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import { openFeed } from '../../src/feed/open.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { Orders } from '../../src/oms/orders.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { SimVenue } from '../../src/venue/sim-venue.ts';
import { parseVenueConfig } from '../../src/venue/venue-config.ts';
import { type BenchContext, type Benchmark, type BenchResult, check, type Figure } from '../benchmark.ts';
import { matchingBook } from '../matching-book.ts';
import { repositoryRoot } from '../repository.ts';

const RECORDINGS = [
  { name: 'L3', file: 'equities-session.itch50.gz', step: 100, qty: 100 },
  { name: 'L2', file: 'spot-session.binance.gz', step: 1_000_000, qty: 10_000_000 },
];
const RESTING = [0, 10, 100];
const ROUNDS = 5;
/** The oldest order goes, so that orders stay where the market is. */
const CANCEL_EVERY = 32;
const TAKERS = 200_000;
const RING_SLOTS = 1 << 12;
const SLOT = 8;

export const benchmark: Benchmark = {
  name: 'matching',
  summary: 'a price-time matching book beside others; the simulated venue: ns per event by own orders, ns per taker',
  run,
};

async function run(context: BenchContext): Promise<BenchResult> {
  const book = await matchingBook(context);
  const figures: Figure[] = [...book.figures];
  const notes: string[] = [...book.notes];
  for (const { name, file, step, qty } of RECORDINGS) {
    context.progress(`decoding ${file}`);
    const events = await busiest(join(repositoryRoot(), 'replay-data', file), context.smoke ? 20_000 : 1e9);
    const rounds = context.smoke ? 1 : ROUNDS;
    figures.push(figure(`${name}: books alone`, 'ns/event', rounds, () => new Pass(events, step, qty, null).run()));
    for (const resting of RESTING) {
      const passes: Pass[] = [];
      figures.push(
        figure(`${name}: books and venue, ${resting} own orders`, 'ns/event', rounds, () => {
          const pass = new Pass(events, step, qty, resting);
          passes.push(pass);
          return pass.run();
        }),
      );
      const last = passes[passes.length - 1];
      for (const pass of passes) check(pass.digest === last.digest, `${name}, ${resting} orders: two runs differ`);
      check(resting === 0 || last.fills > 0, `${name}, ${resting} orders: none was filled`);
      const { placed, fills, digest } = last;
      notes.push(
        `${name}, ${resting} own orders: ${events.count} events, ${placed} orders placed, ${fills} fills, state ${digest}`,
      );
    }
  }
  const orders = context.smoke ? 1_000 : TAKERS;
  for (const levels of [1, 5]) {
    const name = `order that takes ${levels} level${levels > 1 ? 's' : ''}, reports delivered`;
    figures.push(figure(name, 'ns/order', context.smoke ? 1 : ROUNDS, () => takers(orders, levels)));
  }
  notes.push('each taker got every lot of the levels it reached, and no others');
  return { figures, latencies: [], goals: book.goals, notes, topology: 'one thread', details: {} };
}

function figure(name: string, unit: string, rounds: number, measure: () => number): Figure {
  measure(); // warm-up
  return { name, unit, better: 'lower', runs: Array.from({ length: rounds }, measure) };
}

interface Events {
  readonly memory: EventMemory;
  readonly count: number;
}

/** Instrument events, and all others of the instrument that has most. */
async function busiest(path: string, limit: number): Promise<Events> {
  const ring = createSpsc(RING_SLOTS);
  const writer = new SpscWriter(ring);
  const reader = new SpscReader(ring);
  let words = new Float64Array(1 << 16);
  let used = 0;
  const drain = (): void => {
    const count = reader.poll(RING_SLOTS);
    if (used + count * SLOT > words.length) {
      const larger = new Float64Array(words.length * 2);
      larger.set(words);
      words = larger;
    }
    for (let i = 0; i < count; i++) {
      const w = ((reader.cursor + i) & reader.mask) << 3;
      words.set(reader.f64.subarray(w, w + SLOT), used);
      used += SLOT;
    }
    reader.release(count);
  };
  writer.onFull = drain;
  const sink = new EventSink(writer);
  const recording = await detectRecording([path]);
  await openFeed(recording, { symbols: null }).run(sink, { stopRequested: () => false, progress: drain });
  sink.flush();
  drain();
  const u32 = new Uint32Array(words.buffer);
  const counts = new Map<number, number>();
  for (let w = 0; w < used; w += SLOT) counts.set(u32[w * 2 + 1], (counts.get(u32[w * 2 + 1]) ?? 0) + 1);
  const [instrument] = [...counts].sort((a, b) => b[1] - a[1])[0];
  let kept = 0;
  for (let w = 0; w < used && kept < limit * SLOT; w += SLOT) {
    if (u32[w * 2 + 1] !== instrument) continue;
    words.copyWithin(kept, w, w + SLOT);
    kept += SLOT;
  }
  return { memory: { f64: words, u32, bytes: new Uint8Array(words.buffer) }, count: kept / SLOT };
}

/** Once through the events. */
class Pass {
  fills = 0;
  digest = '';
  private readonly events: Events;
  private step: number;
  private qty: number;
  private nextCancel = 1;
  private def: InstrumentDef | null = null;
  private readonly wanted: number;
  private readonly books = new Books(1 << 16);
  private readonly orders = new Orders(1 << 20);
  private readonly venue: SimVenue | null;
  private nextDistance = 0;
  private resting = 0;
  private trading = true;

  /** `wanted`: own orders to keep resting; null: no venue. */
  constructor(events: Events, step: number, qty: number, wanted: number | null) {
    this.events = events;
    this.step = step;
    this.qty = qty;
    this.wanted = wanted ?? 0;
    const latency = { model: 'constant', ns: 1_000 };
    const config = parseVenueConfig({ feedLatency: latency, entryLatency: latency, responseLatency: latency });
    this.venue =
      wanted === null
        ? null
        : new SimVenue(this.books, this.orders, config, 1, { onReport: (report) => this.onReport(report) });
  }

  /** Orders sent to the venue. */
  get placed(): number {
    return this.orders.count;
  }

  /** ns per event. */
  run(): number {
    const { memory, count } = this.events;
    const { books, venue } = this;
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      const w = i * SLOT;
      if (venue === null) {
        books.apply(memory, w);
        continue;
      }
      const head = memory.u32[w * 2];
      const instrument = memory.u32[w * 2 + 1];
      if (venue.nextDueNs() <= memory.f64[w + 1]) venue.advanceTo(memory.f64[w + 1], i);
      venue.onEvent(memory, w, i);
      books.apply(memory, w);
      if ((head & 0xff) === EventKind.Instrument) this.define(venue, memory, w, instrument);
      else if ((head & 0xff) === EventKind.Status) this.trading = memory.f64[w + 3] <= TradingState.Trading;
      if (((head >>> 16) & EventFlag.Last) !== 0) {
        venue.afterEvent(instrument, i);
        if (i % CANCEL_EVERY === 0 && this.nextCancel <= this.orders.count) {
          venue.cancel(this.nextCancel, (1 << 20) + this.nextCancel, memory.f64[w + 1]);
          this.nextCancel++;
        }
        if (this.resting < this.wanted) this.place(venue, instrument, memory.f64[w + 1]);
      }
    }
    const elapsed = Number(process.hrtime.bigint() - start);
    if (venue !== null) {
      venue.checkInvariants();
      const hash = new Fnv64();
      venue.foldInto(hash);
      this.digest = hash.hex();
    }
    return elapsed / count;
  }

  private define(venue: SimVenue, memory: EventMemory, w: number, instrument: number): void {
    const def = readInstrumentPayload(memory.bytes, (w + 3) * 8, instrument);
    const old = this.def ?? def;
    const priceFactor = 10 ** (def.priceDecimals - old.priceDecimals);
    venue.rescale(instrument, priceFactor, 10 ** (def.qtyDecimals - old.qtyDecimals));
    this.step *= priceFactor;
    this.qty *= 10 ** (def.qtyDecimals - old.qtyDecimals);
    this.def = def;
    venue.define(instrument, def);
  }

  /** One more order, at one of five prices from the touch on, where there is a market. */
  private place(venue: SimVenue, instrument: number, nowNs: number): void {
    const { books, orders } = this;
    books.readTouch(instrument);
    const [bid, bidQty, ask, askQty] = books.touch;
    if (!this.trading || bidQty === 0 || askQty === 0 || bid >= ask || orders.count > 1 << 18) return;
    const id = orders.add();
    const n = this.nextDistance++;
    const away = (n >> 1) % 5;
    orders.instrument[id] = instrument;
    orders.side[id] = 1 + (n & 1);
    orders.type[id] = OrdType.Limit;
    orders.timeInForce[id] = TimeInForce.Gtc;
    orders.priceTicks[id] = (n & 1) === 0 ? bid - away * this.step : ask + away * this.step;
    orders.qtyLots[id] = this.qty;
    orders.clOrdId[id] = id;
    venue.submit(id, nowNs);
    this.resting++;
  }

  private onReport(report: ExecReport): void {
    if (report.execType === ExecType.Trade) this.fills++;
    if (report.leavesQtyLots === 0 && report.execType !== ExecType.CancelRejected) this.resting--;
  }
}

/** ns per market order that takes whole levels of a book that is there again for the next. */
function takers(count: number, levels: number): number {
  const books = new Books();
  const orders = new Orders(4);
  let filled = 0;
  let reports = 0;
  const latency = { model: 'constant', ns: 0 };
  const config = { feedLatency: latency, entryLatency: latency, responseLatency: latency, impact: 'none' };
  const venue = new SimVenue(books, orders, parseVenueConfig(config), 1, {
    onReport: (report) => {
      filled += report.lastQtyLots;
      reports++;
    },
  });
  const def = { instrument: 0, symbol: 'X', bookKind: 2, priceDecimals: 2, qtyDecimals: 0 } as const;
  books.define(def);
  venue.define(0, def);
  for (let i = 0; i < 20; i++) books.ladders.set(1, -1000 - i, 10 + i, 1);
  let expected = 0;
  for (let i = 0; i < levels; i++) expected += 10 + i;
  const id = orders.add();
  orders.side[id] = 1;
  orders.type[id] = OrdType.Limit;
  orders.timeInForce[id] = TimeInForce.Ioc;
  orders.priceTicks[id] = 1000 + levels - 1;
  orders.qtyLots[id] = expected + 5;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    venue.submit(id, i * 2);
    venue.advanceTo(i * 2 + 1, i);
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  check(filled === expected * count, `takers got ${filled} lots, not ${expected * count}`);
  check(reports === (levels + 2) * count, `${reports} reports`);
  return elapsed / count;
}
