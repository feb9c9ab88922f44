import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { NO_SLOT, ORDER_ID, OrderPool } from '../../src/matching/order-pool.ts';

test('a million orders, some of which live on: each is found by its OrderID, and memory follows those that live', () => {
  const random = new Prng(7);
  const pool = new OrderPool(4, 1 << 10);
  /** OrderID to slot, as a plain map has it. */
  const living = new Map<number, number>();
  const ids: number[] = [];
  for (let i = 0; i < 1_000_000; i++) {
    const slot = pool.add();
    const id = pool.i32[(slot << 4) + ORDER_ID];
    assert.equal(id, i + 1);
    if (random.below(4000) > 0 || living.size > 100) {
      pool.release(slot);
      if (i % 100 === 0) assert.equal(pool.slotOf(id), NO_SLOT);
      continue;
    }
    living.set(id, slot);
    ids.push(id);
    const other = ids[random.below(ids.length)];
    assert.equal(pool.slotOf(other), living.get(other) ?? NO_SLOT);
    if (random.below(3) > 0) continue;
    const ended = living.get(other);
    if (ended !== undefined) pool.release(ended);
    living.delete(other);
  }
  for (const [id, slot] of living) assert.equal(pool.slotOf(id), slot);
  assert.ok(living.size > 50);
  assert.ok(pool.idPlaces <= (1 << 10) + living.size, `${pool.idPlaces} places`);
  pool.checkInvariants();
});

test('orders that live take more places, however few there were at first', () => {
  const pool = new OrderPool(1, 1);
  const slots = Array.from({ length: 5000 }, () => pool.add());
  for (const [i, slot] of slots.entries()) assert.equal(pool.slotOf(i + 1), slot);
  assert.ok(pool.idPlaces >= 5000 && pool.idPlaces < 4 * 5000, `${pool.idPlaces} places`);
  pool.checkInvariants();
  for (const slot of slots) pool.release(slot);
  for (const i of slots.keys()) assert.equal(pool.slotOf(i + 1), NO_SLOT);
  pool.checkInvariants();
});
