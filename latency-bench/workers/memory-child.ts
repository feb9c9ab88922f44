/**
 * A fresh process that fills books and says how much larger each step made it. Argument: the job as JSON; answer: one JSON
 * line. Run with --expose-gc, so that what is measured is held and not garbage.
 */
import { Books } from '../../src/book/books.ts';
import { BookView } from '../../src/book/view.ts';
import { EventFlag, EventKind, eventHead, Side, SLOT_WORDS } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';

export interface MemoryJob {
  readonly instruments: number;
  /** Orders to add, over all instruments (L3). */
  readonly orders: number;
  /** Levels to set on each side of each instrument (L2). */
  readonly levelsASide: number;
}

export interface MemoryAnswer {
  /** Growth of the resident set by defining the instruments, and by filling their books. */
  readonly definedBytes: number;
  readonly filledBytes: number;
  /** What the books then show. */
  readonly orders: number;
  readonly levels: number;
  readonly qty: number;
}

const MID_TICKS = 100_000;

function residentBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  gc();
  gc();
  return process.memoryUsage.rss();
}

function run(job: MemoryJob): MemoryAnswer {
  const { instruments, orders, levelsASide } = job;
  // Code and heap of everything below exist before the first measurement.
  fill(new Books(), { instruments: 2, orders: orders > 0 ? 64 : 0, levelsASide: levelsASide > 0 ? 16 : 0 });
  const before = residentBytes();
  const books = new Books();
  define(books, job);
  const defined = residentBytes();
  if (orders > 0 || levelsASide > 0) fill(books, job);
  const filled = residentBytes();
  return { definedBytes: defined - before, filledBytes: filled - defined, ...shown(books, instruments) };
}

function define(books: Books, job: MemoryJob): void {
  const bookKind = job.levelsASide > 0 ? BookKind.L2 : BookKind.L3;
  for (let instrument = 0; instrument < job.instruments; instrument++) {
    if (books.defs[instrument] !== undefined) continue;
    books.define({ instrument, symbol: `S${instrument}`, bookKind, priceDecimals: 2, qtyDecimals: 0 });
  }
}

/** Every order and level has a quantity of 7. */
function fill(books: Books, job: MemoryJob): void {
  define(books, job);
  const random = new Prng(11);
  const buffer = new ArrayBuffer(SLOT_WORDS * 8);
  const memory = { f64: new Float64Array(buffer), u32: new Uint32Array(buffer), bytes: new Uint8Array(buffer) };
  const apply = (kind: EventKind, side: number, instrument: number, away: number, id: number): void => {
    memory.u32[0] = eventHead(kind, side, EventFlag.Last);
    memory.u32[1] = instrument;
    memory.f64[3] = MID_TICKS + (side === Side.Bid ? -away : away);
    memory.f64[4] = 7;
    memory.f64[5] = id;
    books.apply(memory, 0);
  };
  for (let id = 1; id <= job.orders; id++) {
    apply(EventKind.Add, 1 + random.below(2), id % job.instruments, 1 + random.below(100), id);
  }
  for (let away = job.levelsASide; away > 0; away--) {
    for (let i = 0; i < job.instruments * 2; i++) apply(EventKind.Level, 1 + (i & 1), i >> 1, away, 0);
  }
}

function shown(books: Books, instruments: number): { orders: number; levels: number; qty: number } {
  const view = new BookView(books);
  const sum = { orders: 0, levels: 0, qty: 0 };
  for (let instrument = 0; instrument < instruments; instrument++) {
    view.point(instrument);
    for (const side of [Side.Bid, Side.Ask]) {
      const depth = view.depth(side);
      sum.levels += depth;
      for (let i = 0; i < depth; i++) {
        sum.orders += view.ordersAt(side, i);
        sum.qty += view.qtyLotsAt(side, i);
      }
    }
  }
  return sum;
}

process.stdout.write(`${JSON.stringify(run(JSON.parse(process.argv[2]) as MemoryJob))}\n`);
