import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUSY } from '../support/book-commands.ts';
import { runTwins } from '../support/book-twins.ts';

test('a busy book equals its naive twin after every command', () => {
  const { twin } = runTwins(1, BUSY, 60_000, 200);
  assert.ok(twin.unknownOrders > 50 && twin.duplicateOrders > 50 && twin.badValues > 50, 'every policy was exercised');
});

test('thousands of instruments, by order and by level, equal their naive twin', () => {
  runTwins(2, { ...BUSY, instruments: 3_000, l2Percent: 30, liveOrders: 20_000 }, 100_000, 50_000);
});

test('deep books, far from the touch, equal their naive twin', () => {
  for (const l2Percent of [0, 100]) {
    const { books } = runTwins(
      3,
      { ...BUSY, l2Percent, priceSpread: 2_000, liveOrders: 3_000, rarePer10k: 0 },
      20_000,
      4_000,
    );
    assert.ok(books.ladders.count(0) > 200, `${books.ladders.count(0)} bids`);
  }
});

test('order references that collide or exceed 32 bits change nothing', () => {
  for (const ids of ['sparse', 'colliding', 'huge'] as const) {
    runTwins(4, { ...BUSY, instruments: 20, ids, liveOrders: 6_000 }, 40_000, 10_000);
  }
});

test('negative prices and quantities beyond 32 bits are exact', () => {
  runTwins(
    5,
    { ...BUSY, instruments: 4, l2Percent: 50, priceCentre: 0, priceSpread: 20, maxQty: 2 ** 40 },
    30_000,
    500,
  );
  const huge = { ...BUSY, instruments: 4, l2Percent: 100, priceCentre: 2 ** 45, priceSpread: 2 ** 44, maxQty: 2 ** 45 };
  runTwins(6, huge, 20_000, 500);
});

test('the order table grows from empty to a full market and back without losing an order', () => {
  const { books, twin } = runTwins(7, { ...BUSY, instruments: 500, liveOrders: 40_000, rarePer10k: 0 }, 90_000, 45_000);
  assert.ok(twin.orders.size > 10_000, `${twin.orders.size} live orders`);
  assert.equal(books.orders.size, twin.orders.size);
});
