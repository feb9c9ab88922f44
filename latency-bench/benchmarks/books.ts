/** The books alone, one event after the other: order by order and by level, by number of instruments; and their queries. */
import { Books } from '../../src/book/books.ts';
import { BookView } from '../../src/book/view.ts';
import { Side, SLOT_WORDS } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { type BenchContext, type Benchmark, type BenchResult, check, type Figure, type Json } from '../benchmark.ts';
import { type BookStream, levelStream, orderStream } from '../book-streams.ts';

const ROUNDS = 5;
const UNIT = 'ns/event';
const EVENTS = 1_000_000;
const SMOKE_EVENTS = 5_000;
const QUERY_LEVELS = 10;
const QUERIES = 100_000;

export const benchmark: Benchmark = {
  name: 'books',
  summary:
    'books alone, events applied one by one with the touch read after each: L3, L2, 1 to 8,000 instruments; queries',
  run,
};

interface Case {
  readonly name: string;
  readonly kind: BookKind;
  stream(events: number): BookStream;
}

function cases(smoke: boolean): Case[] {
  const many = smoke ? 80 : 8_000;
  const deep = smoke ? 200 : 5_000;
  const l3 = (instruments: number, orders: number): Case => ({
    name: `L3, ${instruments} instrument${instruments > 1 ? 's' : ''}, ${instruments * orders} live orders`,
    kind: BookKind.L3,
    stream: (events) => orderStream(instruments, orders, events, instruments),
  });
  const l2 = (instruments: number): Case => ({
    name: `L2, ${instruments} instrument${instruments > 1 ? 's' : ''} of 40 levels a side`,
    kind: BookKind.L2,
    stream: (events) => levelStream(instruments, 40, events, instruments, false),
  });
  return [
    l3(1, smoke ? 200 : 2_000),
    l3(100, smoke ? 20 : 500),
    l3(many, smoke ? 10 : 60),
    l2(1),
    l2(100),
    l2(many),
    {
      name: `L2, ${deep} levels a side, changed anywhere`,
      kind: BookKind.L2,
      stream: (events) => levelStream(1, deep, events, 3, true),
    },
  ];
}

async function run(context: BenchContext): Promise<BenchResult> {
  const figures: Figure[] = [];
  const notes: string[] = [];
  const details: { [name: string]: Json } = {};
  const rounds = context.smoke ? 1 : ROUNDS;
  for (const one of cases(context.smoke)) {
    context.progress(one.name);
    const stream = one.stream(context.smoke ? SMOKE_EVENTS : EVENTS);
    const runs: number[] = [];
    let books = new Books();
    for (let round = context.smoke ? 0 : -1; round < rounds; round++) {
      books = new Books(Math.max(1 << 10, stream.orders));
      const ns = pass(books, stream, one.kind);
      if (round >= 0) runs.push(ns);
    }
    const levels = compare(books, stream, one.name);
    figures.push({ name: one.name, unit: UNIT, better: 'lower', runs });
    details[one.name] = { events: stream.count - stream.preload, levels, orders: stream.orders };
    notes.push(
      `${one.name}: ${stream.count - stream.preload} events; ${levels} levels at the end, all as in a model beside`,
    );
    if (stream.instruments === 100) figures.push(query(books, stream, one.name, context.smoke));
  }
  return { figures, latencies: [], notes, topology: 'one thread', details: { cases: details } };
}

/** ns per event behind the preload, the touch of its instrument read after each. */
function pass(books: Books, stream: BookStream, bookKind: BookKind): number {
  for (let instrument = 0; instrument < stream.instruments; instrument++) {
    books.define({ instrument, symbol: `S${instrument}`, bookKind, priceDecimals: 2, qtyDecimals: 0 });
  }
  applyAll(books, stream.memory, 0, stream.preload);
  const start = process.hrtime.bigint();
  applyAll(books, stream.memory, stream.preload, stream.count);
  return Number(process.hrtime.bigint() - start) / (stream.count - stream.preload);
}

/** In calls of bounded length, so that the loop is entered compiled. */
function applyAll(books: Books, memory: BookStream['memory'], from: number, to: number): void {
  for (let i = from; i < to; i += 256) applySome(books, memory, i, Math.min(to, i + 256));
}

function applySome(books: Books, memory: BookStream['memory'], from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const w = i * SLOT_WORDS;
    books.apply(memory, w);
    books.readTouch(memory.u32[w * 2 + 1]);
  }
}

/** Every level of every book against the model. Returns how many there are. */
function compare(books: Books, stream: BookStream, name: string): number {
  books.checkInvariants();
  check(books.unknownOrders + books.duplicateOrders + books.badValues === 0, `${name}: events were refused`);
  const expected = stream.levels();
  const view = new BookView(books);
  let found = 0;
  for (let instrument = 0; instrument < stream.instruments; instrument++) {
    view.point(instrument);
    for (const side of [Side.Bid, Side.Ask]) {
      for (let depth = 0; depth < view.depth(side); depth++, found++) {
        const key = `${instrument} ${side} ${view.priceTicksAt(side, depth)}`;
        const [qty, orders] = expected.get(key) ?? [0, 0];
        const same = qty === view.qtyLotsAt(side, depth) && orders === view.ordersAt(side, depth);
        check(same, `${name}: ${key} holds ${view.qtyLotsAt(side, depth)}, the model ${qty} of ${orders} orders`);
      }
    }
  }
  check(found === expected.size, `${name}: ${found} levels, the model has ${expected.size}`);
  return found;
}

/** Price and quantity of the ten best levels of both sides, instrument after instrument. */
function query(books: Books, stream: BookStream, name: string, smoke: boolean): Figure {
  const view = new BookView(books);
  const expected = depthSum(stream);
  const queries = smoke ? 1_000 : QUERIES;
  const runs: number[] = [];
  for (let round = smoke ? 0 : -1; round < (smoke ? 1 : ROUNDS); round++) {
    const sums = new Float64Array(stream.instruments);
    const start = process.hrtime.bigint();
    for (let i = 0; i < queries; i++) {
      const instrument = i % stream.instruments;
      sums[instrument] = sumOfDepth(view.point(instrument));
    }
    const ns = Number(process.hrtime.bigint() - start) / queries;
    check(
      sums.every((sum, i) => sum === expected[i]),
      `${name}: the ten best levels differ from the model's`,
    );
    if (round >= 0) runs.push(ns);
  }
  return {
    name: `${name.slice(0, 2)}: view of the ${QUERY_LEVELS} best levels of both sides`,
    unit: 'ns/query',
    better: 'lower',
    runs,
  };
}

function sumOfDepth(view: BookView): number {
  let sum = 0;
  for (let depth = 0; depth < QUERY_LEVELS; depth++) {
    const bidQty = view.qtyLotsAt(Side.Bid, depth);
    const askQty = view.qtyLotsAt(Side.Ask, depth);
    if (bidQty > 0) sum += view.priceTicksAt(Side.Bid, depth) * bidQty * (depth + 1);
    if (askQty > 0) sum -= view.priceTicksAt(Side.Ask, depth) * askQty * (depth + 1);
  }
  return sum;
}

/** The same from the model: sums by instrument, weighted by the place of the level. */
function depthSum(stream: BookStream): number[] {
  const sides = Array.from({ length: stream.instruments * 2 }, (): [price: number, qty: number][] => []);
  for (const [key, [qty]] of stream.levels()) {
    const [instrument, side, price] = key.split(' ').map(Number);
    sides[instrument * 2 + side - 1].push([price, qty]);
  }
  return Array.from({ length: stream.instruments }, (_, instrument) => {
    let sum = 0;
    for (const [i, sign] of [1, -1].entries()) {
      const best = sides[instrument * 2 + i].sort((a, b) => (b[0] - a[0]) * sign).slice(0, QUERY_LEVELS);
      for (const [depth, [price, qty]] of best.entries()) sum += sign * price * qty * (depth + 1);
    }
    return sum;
  });
}
