import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_DECIMALS, MAX_MANTISSA } from '../../src/feed/text/decimal.ts';
import { NO_SCALE, Scale } from '../../src/feed/text/scale.ts';
import { decimalText } from '../support/event-probe.ts';

interface Value {
  readonly mantissa: number;
  readonly decimals: number;
}

function columns(values: readonly Value[]): [Float64Array, Uint8Array] {
  return [Float64Array.from(values, (v) => v.mantissa), Uint8Array.from(values, (v) => v.decimals)];
}

/** value x 10^decimals as an integer below 2^53, or null. */
function inUnits(value: Value, decimals: number): bigint | null {
  const plain = decimalText(value.mantissa, value.decimals);
  const places = plain.includes('.') ? plain.length - plain.indexOf('.') - 1 : 0;
  if (places > decimals) return null;
  const units = BigInt(plain.replace('.', '')) * 10n ** BigInt(decimals - places);
  return units <= BigInt(MAX_MANTISSA) ? units : null;
}

/** The rule as written: the decimals in force if all fits, else the nearest that hold all, else none. */
function naivePlan(now: number, held: readonly Value[], values: readonly Value[]): number {
  const all = [...held, ...values];
  const fits = (decimals: number) => all.every((value) => inUnits(value, decimals) !== null);
  const wanted = now >= 0 ? now : Math.max(0, ...values.map((value) => value.decimals));
  for (let away = 0; away <= MAX_DECIMALS; away++) {
    for (const decimals of [wanted + away, wanted - away]) {
      if (decimals >= 0 && decimals <= MAX_DECIMALS && fits(decimals)) return decimals;
    }
  }
  return NO_SCALE;
}

const value = fc.record({
  mantissa: fc.oneof(fc.nat(2000), fc.nat(100_000_000), fc.maxSafeNat(), fc.constant(0)),
  decimals: fc.constantFrom(0, 0, 1, 2, 5, 8, 8, 12, 18),
});
const message = fc.record({ values: fc.array(value, { minLength: 1, maxLength: 4 }), empties: fc.boolean() });

test('the decimals follow the rule over any history of messages, and every tick is exact', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
      const scale = new Scale();
      let held: Value[] = [];
      for (const { values, empties } of messages) {
        const [mantissas, decimals] = columns(values);
        const plan = scale.plan(mantissas, decimals, 0, values.length, !empties);
        assert.equal(plan, naivePlan(scale.decimals, empties ? [] : held, values));
        if (plan === NO_SCALE) continue;
        if (empties) {
          scale.empty();
          held = [];
        }
        if (plan !== scale.decimals) scale.change(plan);
        scale.apply(mantissas, decimals, 0, values.length);
        scale.hold(mantissas, 0, values.length);
        held.push(...values);
        for (const [i, one] of values.entries()) assert.equal(BigInt(mantissas[i]), inUnits(one, plan));
      }
    }),
    { numRuns: 3000 },
  );
});

test('a quantity too large for eight decimals lowers them, if the book can do with fewer', () => {
  const scale = new Scale();
  const put = (text: Value): number => {
    const [mantissas, decimals] = columns([text]);
    const plan = scale.plan(mantissas, decimals, 0, 1, true);
    if (plan === NO_SCALE) return plan;
    scale.change(plan);
    scale.apply(mantissas, decimals, 0, 1);
    scale.hold(mantissas, 0, 1);
    return mantissas[0];
  };
  assert.equal(put({ mantissa: 67200000000, decimals: 8 }), 67200000000); // 672.00000000
  assert.equal(scale.decimals, 8);
  assert.equal(put({ mantissa: 1234567890, decimals: 0 }), 1234567890000000); // SHIB
  assert.equal(scale.decimals, 6);
  assert.equal(put({ mantissa: 1, decimals: 8 }), NO_SCALE); // 0.00000001 beside it can't be held
  assert.equal(scale.decimals, 6);
  scale.empty();
  assert.equal(put({ mantissa: 1, decimals: 8 }), 1);
  assert.equal(scale.decimals, 8);
});
