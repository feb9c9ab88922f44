import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wide } from '../../src/core/wide.ts';
import { BORDERS, big, WideCases } from '../support/wide-cases.ts';

test('products of numbers at every border are those of BigInt', () => {
  const cases = new WideCases(1);
  cases.bordersByBorders();
  assert.equal(cases.cases, BORDERS.length ** 2);
  assert.ok(cases.cases > 100_000);
});

test('random products, quotients, sums and comparisons are those of BigInt', () => {
  for (const seed of [1, 2, 3]) {
    const cases = new WideCases(seed);
    for (let i = 0; i < 40_000; i++) cases.next();
    assert.ok(cases.cases > 60_000, `seed ${seed}: ${cases.cases} cases`);
  }
});

test('carries go both ways', () => {
  const wide = new Wide().setInteger(Number.MAX_SAFE_INTEGER);
  assert.equal(big(wide.addSmall(1)), 2n ** 53n);
  assert.equal(big(wide.addSmall(-1)), 2n ** 53n - 1n);
  assert.equal(big(wide.setInteger(0).addSmall(-1)), -1n);
  assert.equal(big(wide.addSmall(-(2 ** 53))), -(2n ** 53n) - 1n);
  assert.equal(big(wide.addSmall(2 ** 53)), -1n);
  assert.equal(big(wide.addSmall(1)), 0n);
  assert.ok(Object.is(wide.hi, 0) && Object.is(wide.lo, 0), 'no -0');
});

test('rounding is as documented: down, up, and to the nearest with halves up', () => {
  const wide = new Wide();
  const of = (value: number, method: 'divideFloor' | 'divideCeil' | 'divideRound', by: number): number => {
    wide.setInteger(value)[method](by);
    return wide.toNumber();
  };
  assert.deepEqual(
    [-7, -6, -5, 5, 6, 7].map((n) => of(n, 'divideFloor', 2)),
    [-4, -3, -3, 2, 3, 3],
  );
  assert.deepEqual(
    [-7, -6, -5, 5, 6, 7].map((n) => of(n, 'divideCeil', 2)),
    [-3, -3, -2, 3, 3, 4],
  );
  assert.deepEqual(
    [-7, -6, -5, 5, 6, 7].map((n) => of(n, 'divideRound', 2)),
    [-3, -3, -2, 3, 3, 4],
  );
});

test('a product out of range says so', () => {
  const wide = new Wide().setProduct(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  assert.ok(wide.inRange && !wide.isSafe);
  assert.ok(!wide.multiply(3).inRange);
});
