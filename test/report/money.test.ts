import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { Column, distributionOf } from '../../src/report/columns.ts';
import { amountText, Money } from '../../src/report/money.ts';

test('sums, differences and products of money are exact, whatever the decimals', () => {
  const prng = new Prng(21);
  const any = (): [Money, bigint] => {
    const decimals = prng.below(13);
    const units = BigInt(prng.u32()) * BigInt(prng.u32()) * (prng.below(2) === 0 ? 1n : -1n);
    return [new Money(units, decimals), units * 10n ** BigInt(12 - decimals)];
  };
  const at12 = (money: Money): bigint => new Money(0n, 12).plus(money).units;
  for (let i = 0; i < 5000; i++) {
    const [a, x] = any();
    const [b, y] = any();
    assert.equal(at12(a.plus(b)), x + y);
    assert.equal(at12(a.minus(b)), x - y);
    const product = a.times(b);
    assert.equal(product.units * 10n ** BigInt(24 - product.decimals), x * y);
    assert.equal(at12(Money.parse(a.toString())!), x);
  }
});

test('money as text: no zeros at the end, no exponent; rounded half away from zero where asked', () => {
  assert.equal(new Money(-1_234_500n, 4).toString(), '-123.45');
  assert.equal(new Money(5n, 16).toString(), '0.0000000000000005');
  assert.equal(new Money(-1_234_567_895n, 3).toFixed(2), '-1,234,567.90');
  assert.equal(new Money(1_005n, 3).toFixed(2), '1.01');
  assert.equal(new Money(-5n, 1).toFixed(0), '-1');
  assert.equal(new Money(7n, 0).toFixed(2), '7.00');
  assert.equal(amountText('1234.5678'), '1,234.57');
  assert.equal(amountText('-0.1234567'), '-0.123457');
  for (const bad of ['', '1e5', '.5', '5.', '0x1', '--1']) assert.equal(Money.parse(bad), null, bad);
});

test('percentiles are those of the sorted values, by nearest rank; of none there are none', () => {
  const prng = new Prng(22);
  for (const count of [1, 2, 3, 10, 99, 100, 101, 1000, 5000]) {
    const column = new Column(4);
    const values: number[] = [];
    for (let i = 0; i < count; i++) {
      values.push(prng.below(1e6) - 5e5);
      column.push(values[i]);
    }
    values.sort((a, b) => a - b);
    const found = distributionOf(column);
    for (const [q, value] of [
      [0.5, found.p50],
      [0.9, found.p90],
      [0.99, found.p99],
      [0.999, found.p999],
    ] as const) {
      const least = values.find((candidate) => values.filter((one) => one <= candidate).length >= q * count);
      if (count <= 1000) assert.equal(value, least, `${q} of ${count}`);
    }
    assert.deepEqual([found.count, found.min, found.max], [count, values[0], values[count - 1]]);
  }
  assert.deepEqual(distributionOf(new Column()), {
    count: 0,
    mean: null,
    min: null,
    p50: null,
    p90: null,
    p99: null,
    p999: null,
    max: null,
  });
});
