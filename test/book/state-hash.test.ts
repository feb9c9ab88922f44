import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Books } from '../../src/book/books.ts';
import { hashLevels, stateHash } from '../../src/book/state-hash.ts';
import { EventFlag, EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { Fnv64 } from '../../src/core/hash.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { eventMemory, writeCommand } from '../support/book-twins.ts';
import type { NaiveCommand } from '../support/naive-books.ts';

const L3 = { instrument: 0, symbol: 'L3', bookKind: BookKind.L3, priceDecimals: 2, qtyDecimals: 0 };
const L2 = { instrument: 1, symbol: 'L2', bookKind: BookKind.L2, priceDecimals: 2, qtyDecimals: 0 };

function apply(books: Books, ...commands: Partial<NaiveCommand>[]): Books {
  const memory = eventMemory();
  for (const partial of commands) {
    const blank = {
      kind: EventKind.Add,
      side: Side.Bid,
      flags: 0,
      instrument: 0,
      price: 0,
      qty: 0,
      orderId: 0,
      id2: 0,
    };
    writeCommand(memory, 0, { ...blank, ...partial });
    books.apply(memory, 0);
  }
  return books;
}

function twoBooks(): Books {
  const books = new Books();
  books.define(L3);
  books.define(L2);
  return apply(
    books,
    { orderId: 1, price: 100, qty: 10 },
    { orderId: 2, price: 100, qty: 20 },
    { orderId: 3, price: 99, qty: 10 },
    { orderId: 4, price: 101, qty: 5, side: Side.Ask },
    { kind: EventKind.Level, price: 100, qty: 7 },
    { kind: EventKind.Level, price: 50, qty: 3, orderId: 2, instrument: 1 },
  );
}

const hashOf = (books: Books): string => stateHash(books).hex();

function levelsHashOf(books: Books): string {
  const hash = new Fnv64();
  hashLevels(books, hash);
  return hash.hex();
}

test('equal books have equal hashes, however they came about', () => {
  const random = new Prng(11);
  const detour = new Books();
  detour.define(L2);
  detour.define(L3);
  for (let i = 0; i < 20_000; i++) {
    // Noise that is taken back again: other levels, other entries, a table that has grown, other arrivals.
    apply(detour, { orderId: 1_000 + i, price: 80 + random.below(60), qty: 1 + random.below(9), side: 1 + (i & 1) });
  }
  apply(detour, { orderId: 1, price: 100, qty: 30 }, { orderId: 3, price: 120, qty: 1 });
  for (let i = 19_999; i >= 0; i--) apply(detour, { kind: EventKind.Delete, orderId: 1_000 + i });
  apply(
    detour,
    { kind: EventKind.Level, price: 50, qty: 9, orderId: 1, instrument: 1 },
    { kind: EventKind.Level, price: 51, qty: 9, orderId: 1, instrument: 1 },
    { kind: EventKind.Level, price: 51, qty: 0, instrument: 1 },
    { kind: EventKind.Level, price: 50, qty: 3, orderId: 2, instrument: 1 },
    { kind: EventKind.Reduce, orderId: 1, qty: 20 },
    { orderId: 4, price: 101, qty: 6, side: Side.Ask },
    { kind: EventKind.Execute, orderId: 4, qty: 1 },
    { orderId: 2, price: 100, qty: 20 },
    { kind: EventKind.Replace, orderId: 3, id2: 3, price: 99, qty: 10 },
    { kind: EventKind.Level, price: 100, qty: 8 },
    { kind: EventKind.Execute, orderId: 77, side: Side.Bid, price: 100, qty: 1, flags: EventFlag.Priced },
  );
  detour.checkInvariants();
  assert.equal(detour.badValues + detour.duplicateOrders + detour.unknownOrders, 0);
  assert.equal(hashOf(detour), hashOf(twoBooks()));
  assert.equal(levelsHashOf(detour), levelsHashOf(twoBooks()));
});

test('any single difference changes the hash', () => {
  const differences: Record<string, Partial<NaiveCommand>[]> = {
    'one lot less of an order': [{ kind: EventKind.Reduce, orderId: 1, qty: 1 }],
    'an order gone': [{ kind: EventKind.Delete, orderId: 3 }],
    'an order more': [{ orderId: 5, price: 100, qty: 1 }],
    'another price': [{ kind: EventKind.Replace, orderId: 3, id2: 3, price: 98, qty: 10 }],
    'another reference': [{ kind: EventKind.Replace, orderId: 3, id2: 6, price: 99, qty: 10 }],
    'another place in the queue': [{ kind: EventKind.Replace, orderId: 1, id2: 1, price: 100, qty: 10 }],
    'other quantities of two orders, the same of the level': [
      { kind: EventKind.Reduce, orderId: 2, qty: 1 },
      { kind: EventKind.Delete, orderId: 1 },
      { kind: EventKind.Delete, orderId: 2 },
      { orderId: 1, price: 100, qty: 11 },
      { orderId: 2, price: 100, qty: 19 },
    ],
    'the other side': [
      { kind: EventKind.Delete, orderId: 4 },
      { orderId: 4, price: 101, qty: 5 },
    ],
    'an order in place of anonymous quantity': [
      { kind: EventKind.Level, price: 100, qty: 0 },
      { orderId: 9, price: 100, qty: 7 },
    ],
    'anonymous quantity': [{ kind: EventKind.Level, price: 100, qty: 8 }],
    'a level of the other instrument': [{ kind: EventKind.Level, price: 51, qty: 3, orderId: 2, instrument: 1 }],
    'its order count': [{ kind: EventKind.Level, price: 50, qty: 3, orderId: 3, instrument: 1 }],
    'an instrument emptied': [{ kind: EventKind.Clear, instrument: 1 }],
    'an instrument more': [{ kind: EventKind.Instrument, def: { ...L2, instrument: 2, symbol: 'MORE' } }],
  };
  const seen = new Map([[hashOf(twoBooks()), 'no difference']]);
  for (const [what, commands] of Object.entries(differences)) {
    const hash = hashOf(apply(twoBooks(), ...commands));
    assert.equal(seen.get(hash), undefined, `${what} hashes as ${seen.get(hash)}`);
    seen.set(hash, what);
  }
  const stale = twoBooks();
  stale.staleReason[1] = StaleReason.Gap;
  assert.ok(!seen.has(hashOf(stale)), 'a stale instrument');
});

test('the hash of the levels does not see orders that leave them as they are', () => {
  const other = apply(twoBooks(), { kind: EventKind.Replace, orderId: 3, id2: 6, price: 99, qty: 10 });
  assert.equal(levelsHashOf(other), levelsHashOf(twoBooks()));
  assert.notEqual(hashOf(other), hashOf(twoBooks()));
});
