/** ln, exp and pow against Math.* (itself within 1 ulp) and against exact cases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exp, ln, pow } from '../../src/core/det-math.ts';
import { Prng } from '../../src/core/prng.ts';

const SEED = 20261122;
const CASES = 200_000;
/** Math.* may be off by less than one unit in the last place, and so may we. */
const MAX_ULPS = 2;

const f64 = new Float64Array(1);
const i64 = new BigInt64Array(f64.buffer);

/** How many float64 values lie between two of the same sign. */
function ulps(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
  f64[0] = a;
  const first = i64[0];
  f64[0] = b;
  const difference = first - i64[0];
  return Number(difference < 0n ? -difference : difference);
}

function compare(name: string, ours: (x: number) => number, theirs: (x: number) => number, draw: () => number): void {
  let worst = 0;
  for (let i = 0; i < CASES; i++) {
    const x = draw();
    const off = ulps(ours(x), theirs(x));
    if (off > MAX_ULPS) assert.fail(`${name}(${x}) = ${ours(x)}, Math says ${theirs(x)} (seed ${SEED})`);
    worst = Math.max(worst, off);
  }
  assert.ok(worst <= MAX_ULPS);
}

/** Any positive float64, every exponent alike. */
function anyPositive(random: Prng): number {
  const mantissa = 1 + random.unit() + random.unit() / 2 ** 32;
  return mantissa * 2 ** (random.below(2046) - 1022);
}

test(`ln, exp and pow differ from Math by at most ${MAX_ULPS} units in the last place (seed ${SEED})`, () => {
  const random = new Prng(SEED);
  compare('ln', ln, Math.log, () => anyPositive(random));
  compare('ln', ln, Math.log, () => 1 + (random.unit() - 0.5) * 2 ** -random.below(50));
  compare('ln', ln, Math.log, () => random.unit() * 1e-308);
  compare('exp', exp, Math.exp, () => (random.unit() - 0.5) * 1400);
  compare('exp', exp, Math.exp, () => (random.unit() - 0.5) * 2 ** -random.below(60));
  compare('exp', exp, Math.exp, () => -708 - random.unit() * 40);
  let y = 0;
  compare(
    'pow',
    (x) => pow(x, y),
    (x) => x ** y,
    () => {
      y = (random.unit() - 0.5) * 40;
      return random.unit() * 1e6;
    },
  );
  compare(
    'pow',
    (x) => pow(x, y),
    (x) => x ** y,
    () => {
      const x = anyPositive(random);
      y = ((random.unit() - 0.5) * 1400) / Math.log(x);
      return x;
    },
  );
});

/** Taylor and Newton in 200-bit fixed point: the truth, slowly. */
const ONE = 1n << 200n;

function bigExp(x: bigint): bigint {
  // x = 2^10 r: e^x = (e^r)^1024
  const r = x >> 10n;
  let term = ONE;
  let total = ONE;
  for (let n = 1n; term !== 0n && n < 80n; n++) {
    term = ((term * r) >> 200n) / n;
    total += term;
  }
  for (let i = 0; i < 10; i++) total = (total * total) >> 200n;
  return total;
}

/** A positive float64 above 2^-140, exactly. */
function toBig(x: number): bigint {
  f64[0] = x;
  const mantissa = (i64[0] & 0xfffffffffffffn) | 0x10000000000000n;
  const shift = 200n + (i64[0] >> 52n) - 1075n;
  return shift >= 0n ? mantissa << shift : mantissa >> -shift;
}

function ulpOf(x: number): bigint {
  return toBig(2 ** (Math.floor(Math.log2(x)) - 52));
}

test('exp and ln are within one unit in the last place of the truth', () => {
  const random = new Prng(SEED + 1);
  for (let i = 0; i < 1000; i++) {
    const x = random.unit() * 20 + 2 ** -30;
    const error = bigExp(toBig(x)) - toBig(exp(x));
    assert.ok((error < 0n ? -error : error) <= ulpOf(exp(x)), `exp(${x})`);
    // ln is its inverse: e^(ln y - ulp) < y < e^(ln y + ulp)
    const y = 1.001 + random.unit() * 1000;
    const log = toBig(ln(y));
    const step = ulpOf(ln(y));
    assert.ok(bigExp(log - step) < toBig(y) && bigExp(log + step) > toBig(y), `ln(${y})`);
  }
});

test('special cases are those of Math', () => {
  const odd = [0, -0, 1, -1, 2, -2, 3, 0.5, -0.5, 1e308, -1e308, 5e-324, 2 ** 53, -(2 ** 53) - 2, 1 / 3, -7];
  const values = [...odd, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values) {
    assert.ok(ulps(ln(x), Math.log(x)) <= 1 || (Number.isNaN(ln(x)) && Number.isNaN(Math.log(x))), `ln(${x})`);
    assert.ok(ulps(exp(x), Math.exp(x)) <= 1 || Number.isNaN(x), `exp(${x})`);
    for (const y of values) {
      const [ours, theirs] = [pow(x, y), x ** y];
      if (Number.isNaN(theirs)) assert.ok(Number.isNaN(ours), `pow(${x}, ${y}) = ${ours}`);
      else if (!Number.isFinite(theirs) || theirs === 0)
        assert.ok(Object.is(ours, theirs), `pow(${x}, ${y}) = ${ours}`);
      else assert.ok(ulps(ours, theirs) <= MAX_ULPS, `pow(${x}, ${y}) = ${ours}, not ${theirs}`);
    }
  }
});

test('known values have known bits, on every machine', () => {
  const bits = (x: number): string => {
    f64[0] = x;
    return BigInt.asUintN(64, i64[0]).toString(16);
  };
  assert.equal(bits(exp(1)), '4005bf0a8b14576a'); // one unit above e, as fdlibm's
  assert.equal(bits(exp(-0.5)), bits(0.6065306597126334));
  assert.equal(bits(ln(2)), bits(Math.LN2));
  assert.equal(bits(ln(10)), bits(Math.LN10));
  assert.equal(bits(pow(2, 0.5)), '3ff6a09e667f3bcc');
  assert.equal(pow(2, 100), 2 ** 100);
  assert.equal(pow(10, 15), 1e15);
});
