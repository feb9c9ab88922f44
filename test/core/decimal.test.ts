import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDecimal, formatFixed } from '../../src/core/decimal.ts';

test('decimals are exact, with all of them or without trailing zeros', () => {
  const cases: [units: number, decimals: number, fixed: string, short: string][] = [
    [1, 8, '0.00000001', '0.00000001'],
    [-1_234_567, 4, '-123.4567', '-123.4567'],
    [9007199254740991, 8, '90071992.54740991', '90071992.54740991'],
    [12_345_600, 4, '1234.5600', '1234.56'],
    [1_000_000, 4, '100.0000', '100'],
    [0, 2, '0.00', '0'],
    [-5, 0, '-5', '-5'],
    [100, 0, '100', '100'],
  ];
  for (const [units, decimals, fixed, short] of cases) {
    assert.equal(formatFixed(units, decimals), fixed);
    assert.equal(formatDecimal(units, decimals), short);
  }
});
