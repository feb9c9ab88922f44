import assert from 'node:assert/strict';
import { test } from 'node:test';
import { widened } from '../../src/core/widened.ts';

test('a widened column is of its kind, twice as long or as long as asked, and keeps what it held', () => {
  for (const Kind of [Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array]) {
    const old = Kind.of(1, 2, 3);
    const twice = widened<Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(old);
    assert.ok(twice instanceof Kind);
    assert.deepEqual([...twice], [1, 2, 3, 0, 0, 0]);
    assert.deepEqual([...old], [1, 2, 3]);
  }
  assert.equal(widened(new Int32Array(4), 3).length, 8);
  assert.equal(widened(new Int32Array(4), 9).length, 9);
});

test('new places of a widened column hold what is asked for', () => {
  assert.deepEqual([...widened(Float64Array.of(0, 5), 0, Number.NaN)], [0, 5, Number.NaN, Number.NaN]);
  assert.deepEqual([...widened(Float64Array.of(7), 3, -1)], [7, -1, -1]);
});
