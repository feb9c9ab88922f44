import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Interest, indicate, MARKET_BUY, MARKET_SELL, uncross } from '../../src/sim/auction.ts';
import { type BookEvents, BUY, type Direction, MatchingBook, type Order, SELL } from '../../src/sim/matching.ts';
import { NaiveMatching } from '../support/naive-matching.ts';

/** A book, its naive twin, and everything the book said. */
class Pair {
  readonly naive = new NaiveMatching();
  readonly said: string[] = [];
  readonly book: MatchingBook;
  fills: { id: number; qty: number }[] = [];
  crossedQty = { [BUY]: 0, [SELL]: 0 };
  entered = 0;
  left = 0;
  traded = 0;
  private ref = 0;

  constructor() {
    const events: BookEvents = {
      added: (order) => this.said.push(`added ${order.ref}`),
      executed: (order, qty) => this.fills.push({ id: order.ref, qty }),
      hiddenExecuted: (order, qty) => this.fills.push({ id: order.ref, qty }),
      crossed: (order, qty) => (this.crossedQty[order.direction] += qty),
      reduced: (order, qty) => this.said.push(`reduced ${order.ref} ${qty}`),
      deleted: (order) => this.said.push(`deleted ${order.ref}`),
      replaced: (old, order) => this.said.push(`replaced ${old.ref} ${order.ref}`),
    };
    this.book = new MatchingBook(events, { nextRef: () => ++this.ref });
  }

  submit(direction: Direction, price: number, qty: number, hidden: boolean): void {
    this.fills = [];
    this.entered += qty;
    const order = this.book.submit(direction, price, qty, { hidden });
    const twin = this.book.continuous ? this.naive.take(direction, price, qty) : { fills: [], left: qty };
    assert.deepEqual(this.fills, twin.fills);
    for (const fill of this.fills) this.traded += fill.qty;
    assert.equal(order?.qty ?? 0, twin.left);
    if (order !== null) this.naive.rest(order.ref, direction, price, twin.left, hidden);
  }

  any(choice: number): Order | null {
    const all = [...this.book.displayed, ...this.book.hidden];
    return all.length === 0 ? null : all[choice % all.length];
  }

  check(): void {
    this.book.checkInvariants();
    const resting = [...this.book.displayed, ...this.book.hidden];
    assert.deepEqual(
      resting.map((order) => [order.ref, order.price, order.qty]).sort((a, b) => a[0] - b[0]),
      this.naive.orders.map((order) => [order.id, order.price, order.qty]).sort((a, b) => a[0] - b[0]),
    );
    // What was entered rests, left, or traded against something else that was entered.
    const remaining = resting.reduce((sum, order) => sum + order.qty, 0);
    assert.equal(this.entered, remaining + this.left + 2 * this.traded);
  }
}

const side = fc.constantFrom<Direction>(BUY, SELL);
const price = fc.integer({ min: 95, max: 105 });
const qty = fc.integer({ min: 1, max: 20 });
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('submit' as const), side, price, qty, hidden: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), choice: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reduce' as const), choice: fc.nat(99), qty }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replace' as const), choice: fc.nat(99), price, qty }) },
);

test('in continuous trading the book trades as its naive twin, is never crossed and loses no quantity', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const pair = new Pair();
      pair.book.continuous = true;
      for (const each of commands) {
        if (each.do === 'submit') pair.submit(each.side, each.price, each.qty, each.hidden);
        else {
          const order = pair.any(each.choice);
          if (order === null) continue;
          if (each.do === 'cancel') {
            pair.left += order.qty;
            pair.naive.remove(order.ref);
            pair.book.cancel(order);
          } else if (each.do === 'reduce') {
            if (each.qty >= order.qty) continue;
            pair.left += each.qty;
            pair.naive.reduce(order.ref, each.qty);
            pair.book.reduce(order, each.qty);
          } else {
            if (pair.book.marketable(order.direction, each.price)) continue;
            pair.left += order.qty;
            pair.entered += each.qty;
            pair.naive.remove(order.ref);
            const after = pair.book.replace(order, each.price, each.qty);
            pair.naive.rest(after.ref, after.direction, each.price, each.qty, after.hidden);
          }
        }
        pair.check();
      }
    }),
    { numRuns: 300 },
  );
});

const interest = fc.array(
  fc.record({ direction: side, price, qty, market: fc.boolean() }).map(
    (each): Interest => ({
      direction: each.direction,
      price: each.market ? (each.direction === BUY ? MARKET_BUY : MARKET_SELL) : each.price,
      qty: each.qty,
    }),
  ),
  { maxLength: 6 },
);

test('an auction trades the most that any price allows, equally on both sides, and leaves a book that is not crossed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(side, price, qty, fc.boolean()), { minLength: 2, maxLength: 30 }),
      interest,
      (orders, extra) => {
        const pair = new Pair();
        for (const [direction, at, amount, hidden] of orders) pair.submit(direction, at, amount, hidden);
        extra.forEach((each, index) => {
          pair.naive.rest(1000 + index, each.direction, each.price, each.qty, true);
        });
        const before = restingQty(pair.book);
        const announced = indicate(pair.book, extra, 100);
        const outcome = uncross(pair.book, extra, 100);
        assert.deepEqual(outcome, announced);
        // Only prices that somebody named as a limit are candidates: an auction of market orders alone has none.
        const limits = [...orders.map(([, at]) => at), ...extra.map((each) => each.price)];
        const possible = limits.some((limit) => limit !== MARKET_BUY && limit !== MARKET_SELL)
          ? pair.naive.mostPaired()
          : 0;
        assert.equal(outcome?.paired ?? 0, possible);
        pair.book.continuous = true;
        pair.book.checkInvariants();
        if (outcome === null) return;
        for (const direction of [BUY, SELL] as const) {
          const extraQty = extra
            .filter((each) => each.direction === direction)
            .reduce((sum, each) => sum + each.qty, 0);
          const gone = before[direction] - restingQty(pair.book)[direction];
          assert.ok(gone <= outcome.paired && gone >= outcome.paired - extraQty);
          assert.ok(pair.crossedQty[direction] <= gone);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a replacement loses its place in the queue, a reduction keeps it', () => {
  const pair = new Pair();
  pair.book.continuous = true;
  const first = pair.book.submit(SELL, 100, 10)!;
  const second = pair.book.submit(SELL, 100, 10)!;
  pair.book.reduce(first, 4);
  pair.book.take(BUY, 100, 1);
  assert.deepEqual(pair.fills, [{ id: first.ref, qty: 1 }]);
  pair.book.replace(first, 100, 5);
  pair.fills = [];
  pair.book.take(BUY, 100, 1);
  assert.deepEqual(pair.fills, [{ id: second.ref, qty: 1 }]);
});

test('a price-slid order trades better for the aggressor than it is displayed', () => {
  const prints: number[] = [];
  const silent = () => {};
  const book = new MatchingBook(
    {
      added: silent,
      executed: (_order, _qty, at) => prints.push(at),
      hiddenExecuted: silent,
      crossed: silent,
      reduced: silent,
      deleted: silent,
      replaced: silent,
    },
    { nextRef: () => 1 },
  );
  book.continuous = true;
  book.submit(SELL, 200, 10, { improvement: 50 });
  book.submit(BUY, 90, 10, { improvement: 50 });
  book.take(BUY, 200, 1);
  book.take(SELL, 90, 1);
  assert.deepEqual(prints, [150, 140]);
});

function restingQty(book: MatchingBook): Record<Direction, number> {
  const total = { [BUY]: 0, [SELL]: 0 };
  for (const order of [...book.displayed, ...book.hidden]) total[order.direction] += order.qty;
  return total;
}
