/** Price x quantity in micro-units, against the same in BigInt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { Wide } from '../../src/core/wide.ts';
import { Conversion } from '../../src/risk/money.ts';

const SEED = 20_261_122;
const DIVISORS = [1n, 3n, 10n, 10n ** 6n, 10n ** 10n, 7n ** 15n, 10n ** 15n, 2n ** 51n, 2n ** 51n + 1n, 10n ** 18n];

function ceilOf(a: bigint, b: bigint, above: bigint, below: bigint): number {
  if (a * b * above >= 2n ** 106n) return Number.NaN; // beyond what a wide number holds
  const micro = (a * b * above + below - 1n) / below;
  return micro <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(micro) : Number.NaN;
}

test('money is rounded up exactly, below and above 2^53, also where it is a whole number or next to one', () => {
  const prng = new Prng(SEED);
  const cells = new Float64Array(3);
  const wide = new Wide();
  let large = 0;
  for (let i = 0; i < 200_000; i++) {
    const above = i % 5 === 0 ? 997n : 1n; // shares no factor with any divisor
    const below = DIVISORS[prng.below(DIVISORS.length)];
    const size = () => 1 + Math.floor(prng.unit() * 2 ** prng.below(54));
    let [a, b] = [size(), size()];
    if (i % 3 === 0) {
      // A product near a multiple of the divisor.
      const factor = Number(below <= 2n ** 52n ? below : 10n ** 9n);
      a = factor;
      b += [-1, 0, 1][prng.below(3)];
    } else if (i % 3 === 1 && below > 1n) {
      const multiple = below * BigInt(size()) + BigInt(prng.below(3) - 1);
      b = 1 + prng.below(1 << 20);
      a = Number(multiple / BigInt(b));
    }
    if (!(a > 0 && b > 0 && Number.isSafeInteger(a) && Number.isSafeInteger(b))) continue;
    if (a * b > Number.MAX_SAFE_INTEGER) large++;
    cells[0] = a;
    cells[1] = b;
    new Conversion(above, below).ceilProductInto(wide, cells, 0, cells, 2);
    const want = ceilOf(BigInt(a), BigInt(b), above, below);
    assert.ok(Object.is(cells[2], want), `seed ${SEED}: ${a} x ${b} x ${above} / ${below} is ${want}, not ${cells[2]}`);
  }
  assert.ok(large > 20_000, `${large} products past 2^53`);
});

test('nothing is worth nothing, and what is no number is none', () => {
  const cells = new Float64Array(3);
  const conversion = new Conversion(1n, 100n);
  for (const [a, b, want] of [
    [5, 0, 0],
    [0, 5, 0],
  ]) {
    cells[0] = a;
    cells[1] = b;
    conversion.ceilProductInto(new Wide(), cells, 0, cells, 2);
    assert.equal(cells[2], want);
  }
});
