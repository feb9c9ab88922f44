import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Books } from '../../src/book/books.ts';
import { queueAhead } from '../../src/book/queue.ts';
import { BookView } from '../../src/book/view.ts';
import { EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { eventMemory, writeCommand } from '../support/book-twins.ts';

const { Bid, Ask } = Side;

/** Rows: side, price, quantity; order references count from 1. */
function bookOf(...rows: readonly (readonly [number, number, number])[]): BookView {
  const books = new Books();
  books.define({ instrument: 3, symbol: 'ABC', bookKind: BookKind.L3, priceDecimals: 2, qtyDecimals: 0 });
  const memory = eventMemory();
  rows.forEach(([side, price, qty], i) => {
    const command = { kind: EventKind.Add, side, flags: 0, instrument: 3, price, qty, orderId: i + 1, id2: 0 };
    writeCommand(memory, 0, command);
    books.apply(memory, 0);
  });
  return new BookView(books, 3);
}

test('spread, mid, microprice and imbalance are those of the touch and the levels behind it', () => {
  const view = bookOf([Bid, 100, 30], [Bid, 98, 70], [Bid, 100, 10], [Ask, 103, 120], [Ask, 104, 80]);
  assert.equal(view.bidPriceTicks, 100);
  assert.equal(view.bidQtyLots, 40);
  assert.equal(view.askPriceTicks, 103);
  assert.equal(view.askQtyLots, 120);
  assert.equal(view.spreadTicks, 3);
  assert.equal(view.midTicks, 101.5);
  assert.equal(view.micropriceTicks, (100 * 120 + 103 * 40) / 160);
  assert.equal(view.imbalance(1), -0.5);
  assert.equal(view.imbalance(2), (110 - 200) / 310);
  assert.equal(view.imbalance(99), (110 - 200) / 310);
  assert.deepEqual([view.isCrossed, view.isLocked, view.isStale], [false, false, false]);
  assert.equal(view.def?.symbol, 'ABC');
});

test('depth is read level by level, best first, and ends with no price and no quantity', () => {
  const view = bookOf([Ask, 105, 1], [Ask, 103, 2], [Ask, 104, 3], [Ask, 103, 4]);
  const levels = [0, 1, 2, 3].map((depth) => [
    view.priceTicksAt(Ask, depth),
    view.qtyLotsAt(Ask, depth),
    view.ordersAt(Ask, depth),
  ]);
  assert.deepEqual(levels, [
    [103, 6, 2],
    [104, 3, 1],
    [105, 1, 1],
    [Number.NaN, 0, 0],
  ]);
  assert.equal(view.depth(Ask), 3);
  assert.equal(view.depth(Bid), 0);
  assert.equal(view.qtyLotsAtPrice(Ask, 104), 3);
  assert.equal(view.qtyLotsAtPrice(Ask, 106), 0);
  assert.equal(view.qtyLotsAtPrice(Bid, 104), 0);
});

test('what an empty side leaves undefined is NaN, never a price of 0', () => {
  const view = bookOf([Bid, 100, 5]);
  assert.deepEqual([view.hasBid, view.hasAsk], [true, false]);
  for (const figure of [view.askPriceTicks, view.spreadTicks, view.midTicks, view.micropriceTicks]) {
    assert.ok(Number.isNaN(figure));
  }
  assert.deepEqual([view.askQtyLots, view.isCrossed, view.isLocked, view.imbalance(5)], [0, false, false, 1]);
  assert.ok(Number.isNaN(bookOf().imbalance(5)));
  assert.ok(Number.isNaN(bookOf().bidPriceTicks));
});

test('crossed and locked books say so and are left as they are', () => {
  const crossed = bookOf([Bid, 105, 1], [Ask, 103, 1]);
  assert.deepEqual([crossed.isCrossed, crossed.isLocked, crossed.spreadTicks], [true, false, -2]);
  const locked = bookOf([Bid, 103, 1], [Ask, 103, 1]);
  assert.deepEqual([locked.isCrossed, locked.isLocked, locked.midTicks], [false, true, 103]);
});

test('a price of 0 and negative prices are prices like others', () => {
  const view = bookOf([Bid, -5, 1], [Ask, 0, 2], [Ask, -3, 1], [Bid, -1000, 1]);
  assert.deepEqual([view.bidPriceTicks, view.askPriceTicks, view.midTicks], [-5, -3, -4]);
  assert.ok(Object.is(view.priceTicksAt(Ask, 1), 0), 'not -0');
});

test('a stale book says why', () => {
  const books = new Books();
  books.define({ instrument: 0, symbol: 'S', bookKind: BookKind.L2, priceDecimals: 0, qtyDecimals: 0 });
  books.staleReason[0] = StaleReason.Gap;
  const view = new BookView(books);
  assert.deepEqual([view.isStale, view.staleReason, view.staleReasonText], [true, StaleReason.Gap, 'sequence gap']);
});

test('the queue ahead of an order is what arrived before it at its level, anonymous quantity first', () => {
  const view = bookOf([Bid, 100, 5], [Bid, 100, 6], [Bid, 99, 50], [Bid, 100, 7]);
  const books = (view as unknown as { books: Books }).books;
  assert.deepEqual(queueAhead(books, 1), { qtyLots: 0, orders: 0 });
  assert.deepEqual(queueAhead(books, 4), { qtyLots: 11, orders: 2 });
  assert.equal(queueAhead(books, 5), null);
});
