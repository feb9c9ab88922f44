import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Books } from '../../src/book/books.ts';
import { ConsolidatedBook } from '../../src/book/consolidated.ts';
import { BookView } from '../../src/book/view.ts';
import { EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { eventMemory, writeCommand } from '../support/book-twins.ts';

const { Bid, Ask } = Side;
type Level = readonly [side: Side, price: number, qty: number];

class Venues {
  readonly books = new Books();
  private readonly memory = eventMemory();

  constructor(decimals: readonly number[]) {
    decimals.forEach((priceDecimals, instrument) => {
      const symbol = `venue${instrument}:BTC-USD`;
      this.books.define({ instrument, symbol, bookKind: BookKind.L2, priceDecimals, qtyDecimals: 3 });
    });
  }

  set(instrument: number, ...levels: readonly Level[]): void {
    for (const [side, price, qty] of levels) {
      const level = { kind: EventKind.Level, side, flags: 0, instrument, price, qty, orderId: 0, id2: 0 };
      writeCommand(this.memory, 0, level);
      this.books.apply(this.memory, 0);
    }
  }

  stale(instrument: number): void {
    this.books.staleReason[instrument] = StaleReason.Gap;
  }

  views(): BookView[] {
    return this.books.defs.map((_, instrument) => new BookView(this.books, instrument));
  }
}

function sideOf(book: ConsolidatedBook, side: Side): number[][] {
  return Array.from({ length: book.count(side) }, (_, place) => [
    book.memberAt(side, place),
    book.priceAt(side, place),
    book.qtyLotsAt(side, place),
  ]);
}

test('levels of all venues stand in one order, each with its venue, prices in the finest units', () => {
  const venues = new Venues([1, 2]);
  venues.set(0, [Bid, 1000, 5], [Bid, 999, 6], [Ask, 1002, 7]);
  venues.set(1, [Bid, 9995, 1], [Ask, 10010, 2], [Ask, 10020, 3]);
  const book = new ConsolidatedBook(venues.views());
  book.look(10);
  assert.equal(book.priceDecimals, 2);
  assert.deepEqual(sideOf(book, Bid), [
    [0, 10000, 5],
    [1, 9995, 1],
    [0, 9990, 6],
  ]);
  assert.deepEqual(sideOf(book, Ask), [
    [1, 10010, 2],
    [0, 10020, 7],
    [1, 10020, 3],
  ]);
  assert.deepEqual([book.priceTicksAt(Ask, 1), book.instrumentAt(Ask, 1)], [1002, 0]);
  assert.deepEqual([book.priceTicksAt(Ask, 3), book.qtyLotsAt(Ask, 3), book.instrumentAt(Ask, 3)], [Number.NaN, 0, -1]);
});

test('with fees the best level is the one that a taker pays least at', () => {
  const venues = new Venues([2, 2]);
  venues.set(0, [Ask, 10000, 1], [Bid, 9990, 1]);
  venues.set(1, [Ask, 10005, 1], [Bid, 9985, 1]);
  const book = new ConsolidatedBook(venues.views(), [0.002, 0]);
  book.look(1);
  assert.deepEqual([book.memberAt(Ask, 0), book.netPriceAt(Ask, 0)], [1, 10005]);
  assert.deepEqual([book.memberAt(Bid, 0), book.netPriceAt(Bid, 0)], [1, 9985]);
});

test('a venue that is stale, crossed in itself or switched off is left out until it is not', () => {
  const venues = new Venues([2, 2, 2]);
  venues.set(0, [Bid, 100, 1], [Ask, 102, 1]);
  venues.set(1, [Bid, 101, 1], [Ask, 100, 1]);
  venues.set(2, [Bid, 101, 1], [Ask, 103, 1]);
  const book = new ConsolidatedBook(venues.views());
  const touch = () => {
    book.look(1);
    return [book.memberAt(Bid, 0), book.memberAt(Ask, 0)];
  };
  assert.deepEqual(touch(), [2, 0]);
  book.switch(2, false);
  assert.deepEqual(touch(), [0, 0]);
  book.switch(2, true);
  venues.stale(2);
  assert.deepEqual(touch(), [0, 0]);
  venues.set(1, [Ask, 100, 0], [Ask, 104, 1]);
  assert.deepEqual(touch(), [1, 0]);
});

test('books of random venues merge as sorting all of their levels does', (t) => {
  const seed = 20261123;
  t.diagnostic(`seed ${seed}`);
  const random = new Prng(seed);
  for (let round = 0; round < 300; round++) {
    const decimals = Array.from({ length: 1 + random.below(5) }, () => random.below(4));
    const fees = decimals.map(() => (random.below(2) === 0 ? 0 : random.below(50) / 10_000));
    const venues = new Venues(decimals);
    const expected: { side: Side; member: number; net: number; qty: number }[] = [];
    const finest = Math.max(...decimals);
    decimals.forEach((own, member) => {
      const unit = 10 ** (finest - own);
      for (const side of [Bid, Ask]) {
        const prices = new Set(Array.from({ length: random.below(12) }, () => 1 + random.below(30)));
        for (const offset of prices) {
          const price = side === Bid ? 1000 - offset : 1000 + offset;
          const qty = 1 + random.below(100);
          venues.set(member, [side, price, qty]);
          const fee = side === Bid ? 1 - fees[member] : 1 + fees[member];
          expected.push({ side, member, net: fees[member] === 0 ? price * unit : price * unit * fee, qty });
        }
      }
    });
    const depth = 1 + random.below(20);
    const book = new ConsolidatedBook(venues.views(), fees);
    book.look(depth);
    for (const side of [Bid, Ask]) {
      const direction = side === Bid ? -1 : 1;
      const sorted = expected
        .filter((level) => level.side === side)
        .sort((a, b) => direction * (a.net - b.net) || a.member - b.member)
        .slice(0, depth);
      const merged = Array.from({ length: book.count(side) }, (_, place) => ({
        side,
        member: book.memberAt(side, place),
        net: book.netPriceAt(side, place),
        qty: book.qtyLotsAt(side, place),
      }));
      assert.deepEqual(merged, sorted, `round ${round}`);
    }
  }
});
