import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { copyEpochNs, EpochWriter, sessionBase } from '../../src/core/time.ts';

const BASES = [0n, 1_767_312_000_000_000_000n, (1n << 32n) - 1n, (1n << 60n) + 12_345n];

/** Times as a recording has them, and as none should. */
function times(prng: Prng): number[] {
  const found: number[] = [];
  let ns = prng.below(2 ** 31) * 40_000;
  for (let i = 0; i < 200; i++) {
    const pick = prng.below(12);
    if (pick < 7) ns += prng.below(1_000_000);
    else if (pick === 7) ns += prng.below(2 ** 31) * 6;
    else if (pick === 8) ns -= prng.below(2 ** 31) * 3;
    else if (pick === 9) ns = Math.round(ns / 2 ** 32) * 2 ** 32 + prng.below(3) - 1;
    found.push(pick === 10 ? -ns : pick === 11 ? ns * 2 ** prng.below(12) : ns);
  }
  return [...found, 0, -1, 2 ** 32, 2 ** 52, 2 ** 53, 2 ** 62, -(2 ** 53), 0.5, 1e15 + 0.25, Number.NaN, 7];
}

test('times written one after another have the words that each has on its own', () => {
  for (const base of BASES.map(sessionBase)) {
    for (let seed = 0; seed < 200; seed++) {
      const from = Float64Array.from(times(new Prng(seed)));
      const epoch = new EpochWriter(base);
      const actual = new Uint32Array(from.length * 2);
      const expected = new Uint32Array(from.length * 2);
      for (let i = 0; i < from.length; i++) {
        epoch.copy(actual, i * 2, from, i);
        copyEpochNs(expected, i * 2, from, i, base);
      }
      assert.deepEqual(actual, expected, `base ${JSON.stringify(base)}, seed ${seed}`);
    }
  }
});
