import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { BUSY } from '../support/book-commands.ts';
import { runKernelTwins } from '../support/kernel-twins.ts';

const FROM_THE_START = { expectedOrders: 1 << 14, fullEvery: 20_000 };

test('the build made the kernel (npm run build)', () => {
  assert.ok(existsSync(new URL('../../src/book/kernel.wasm', import.meta.url)));
});

test('with and without the kernel a busy book is the same after every event', () => {
  const { taken } = runKernelTwins(11, BUSY, 60_000, FROM_THE_START);
  assert.ok(taken > 30_000, `the kernel took ${taken}`);
});

test('with and without the kernel thousands of books, by order and by level, are the same', () => {
  const profile = { ...BUSY, instruments: 3_000, l2Percent: 30, liveOrders: 20_000 };
  const { taken } = runKernelTwins(12, profile, 60_000, FROM_THE_START);
  assert.ok(taken > 30_000, `the kernel took ${taken}`);
});

test('with and without the kernel deep books are the same', () => {
  for (const l2Percent of [0, 100]) {
    const profile = { ...BUSY, l2Percent, priceSpread: 2_000, liveOrders: 3_000, rarePer10k: 0 };
    const { books, taken } = runKernelTwins(13, profile, 20_000, FROM_THE_START);
    assert.ok(books.ladders.count(0) > 200 && taken > 10_000, `${books.ladders.count(0)} bids, ${taken} taken`);
  }
});

test('with and without the kernel strange order references change nothing', () => {
  for (const ids of ['sparse', 'colliding', 'huge'] as const) {
    runKernelTwins(14, { ...BUSY, instruments: 20, ids, liveOrders: 6_000 }, 20_000, FROM_THE_START);
  }
});

test('with and without the kernel negative prices and wide quantities are exact', () => {
  const negative = { ...BUSY, instruments: 4, l2Percent: 50, priceCentre: 0, priceSpread: 20, maxQty: 2 ** 40 };
  runKernelTwins(15, negative, 20_000, FROM_THE_START);
  const edge = { ...BUSY, instruments: 4, l2Percent: 20, maxQty: 2 ** 33 };
  runKernelTwins(16, edge, 20_000, FROM_THE_START);
});

test('the kernel takes over while the tables grow, and nothing is lost', () => {
  const profile = { ...BUSY, instruments: 500, liveOrders: 40_000, rarePer10k: 0 };
  const { taken } = runKernelTwins(17, profile, 90_000, { expectedOrders: 0, fullEvery: 45_000 });
  assert.ok(taken > 10_000, `the kernel took ${taken}`);
});
