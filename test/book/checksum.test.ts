import assert from 'node:assert/strict';
import { test } from 'node:test';
import { referenceChecksum } from '../../latency-bench/reference-checksum.ts';
import { Books } from '../../src/book/books.ts';
import { EventKind } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { eventMemory, writeCommand } from '../support/book-twins.ts';

test("the benchmark's checksum is the C++ reference's: keys and quantities as 32-bit words, worst level first", () => {
  const books = new Books();
  const memory = eventMemory();
  for (const instrument of [2, 5]) {
    books.define({ instrument, symbol: `S${instrument}`, bookKind: BookKind.L3, priceDecimals: 4, qtyDecimals: 0 });
  }
  const rows = [
    [5, 1, 1_000_000, 300],
    [5, 2, 1_000_200, 50],
    [5, 2, 1_000_100, 70],
    [2, 1, 999_900, 10],
  ];
  rows.forEach(([instrument, side, price, qty], i) => {
    writeCommand(memory, 0, { kind: EventKind.Add, side, flags: 0, instrument, price, qty, orderId: i, id2: 0 });
    books.apply(memory, 0);
  });
  const words = [999_900, 10, 1_000_000, 300, 2 ** 32 - 1_000_200, 50, 2 ** 32 - 1_000_100, 70];
  let hash = 1469598103934665603n;
  for (const word of words) hash = ((hash ^ BigInt(word)) * 1099511628211n) % 2n ** 64n;
  assert.equal(referenceChecksum(books), hash.toString(16).padStart(16, '0'));
});
