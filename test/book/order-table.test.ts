import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderTable } from '../../src/book/order-table.ts';
import { Prng } from '../../src/core/prng.ts';

/** Adds and removes at random among the given references; a Map is the twin. */
function check(seed: number, steps: number, idOf: (i: number) => number, qtyOf: (i: number) => number): OrderTable {
  const random = new Prng(seed);
  const table = new OrderTable(0);
  const twin = new Map<number, { qty: number; level: number }>();
  const values = new Float64Array(2);
  for (let i = 0; i < steps; i++) {
    const id = idOf(random.below(steps));
    const entry = table.find(id);
    const known = twin.get(id);
    assert.equal(entry >= 0, known !== undefined, `seed ${seed}, step ${i}: is ${id} there`);
    if (known !== undefined) {
      assert.deepEqual({ qty: table.qtyOf(entry), level: table.levelOf(entry) }, known, `seed ${seed}: order ${id}`);
      assert.equal(table.idOf(entry), id);
      if (random.below(3) > 0) {
        table.remove(entry);
        twin.delete(id);
      }
    } else {
      values[0] = id;
      values[1] = qtyOf(i);
      table.insertAt(values, 0, 1, i);
      twin.set(id, { qty: values[1], level: i });
    }
  }
  table.checkInvariants();
  assert.equal(table.size, twin.size);
  return table;
}

const one = (): number => 1;

test('references are told apart at every boundary of 32 and 53 bits', () => {
  const edges = [0, 1, 2, 3, 4, 2 ** 31, 2 ** 32, 2 ** 33, 3 * 2 ** 32, 2 ** 40, 2 ** 52, 2 ** 53 - 10];
  const ids = edges.flatMap((edge) => [-3, -2, -1, 0, 1, 2, 3].map((by) => edge + by)).filter((id) => id >= 0);
  check(1, 4_000, (i) => ids[i % ids.length], one);
});

test('references all far beyond 32 bits are as dense as small ones', () => {
  const table = check(2, 60_000, (i) => 6_411_000_000_000 + i, one);
  let wide = 0;
  const home = new Float64Array(1);
  table.forEach((entry) => {
    home[0] = table.idOf(entry);
    if (entry >> 4 !== table.homeAt(home, 0) >> 4) wide++;
  });
  assert.ok(wide * 20 < table.size, `${wide} of ${table.size} orders are not in the line of their home`);
});

test('references that all share a home do not get lost', () => {
  check(3, 6_000, (i) => i * 2 ** 20, one);
});

test('references spread over all 53 bits do not get lost', () => {
  const random = new Prng(4);
  const ids = Array.from({ length: 8_000 }, () => random.u32() * 2 ** 21 + random.below(2 ** 21));
  check(4, 30_000, (i) => ids[i % ids.length], one);
});

test('quantities are exact on both sides of 32 bits', () => {
  const quantities = [1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  check(
    5,
    10_000,
    (i) => i,
    (i) => quantities[i % quantities.length],
  );
});

test('the order of arrival survives growth and the wrap of its counter', () => {
  const table = new OrderTable(0);
  (table as unknown as { arrivals: number }).arrivals = 2 ** 31 - 5_000;
  const values = new Float64Array([0, 1]);
  for (let i = 0; i < 10_000; i++) {
    values[0] = (i * 7_919) % 10_007;
    table.insertAt(values, 0, 1, 0);
  }
  for (let i = 1; i < 10_000; i++) {
    const earlier = table.find(((i - 1) * 7_919) % 10_007);
    assert.ok(table.arrivalDifference(earlier, table.find((i * 7_919) % 10_007)) < 0, `order ${i}`);
  }
});
