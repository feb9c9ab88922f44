/** Components sum to the total, marginals are derivatives, groups add up: for each method. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Attribution,
  byInstrument,
  byLabel,
  incrementalOf,
  netExposures,
  slopesOf,
} from '../../src/portfolio/methods/attribution.ts';
import { isUnavailable, type Unavailable } from '../../src/portfolio/methods/outcome.ts';
import { RiskCalculator } from '../../src/portfolio/methods/risk.ts';
import { describe, EVERY_METHOD, isClose, randomExposures, randomScenarios, settings } from './support.ts';

const INSTRUMENTS = 6;

function available<T extends object>(value: T | Unavailable): T {
  assert.ok(!isUnavailable(value), isUnavailable(value) ? value.detail : '');
  return value as T;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}

for (const method of EVERY_METHOD) {
  test(`${describe(method)}: components sum to VaR and ES, and marginals are the slopes`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const calculator = new RiskCalculator(
        randomScenarios(seed, INSTRUMENTS, 140),
        settings(method, { horizonDays: 4 }),
      );
      const x = randomExposures(seed + 50, INSTRUMENTS).map((one) => one * 1e5);
      const attribution: Attribution = available(slopesOf(calculator, x));
      const { total, slopes } = attribution;
      const names = Array.from(x, (_, i) => `I${i}`);
      const rows = byInstrument(calculator, x, names, attribution);
      const gross = sum([...x].map((one, i) => Math.abs(one * slopes.var[i])));
      assert.ok(Math.abs(sum(rows.map((row) => row.var)) - total.var) <= 1e-12 * gross, `seed ${seed}`);
      assert.ok(Math.abs(sum(rows.map((row) => row.es)) - total.es) <= 1e-12 * gross * 2, `seed ${seed}`);
      const step = 1e-6 * Math.abs(x[2]);
      const up = x.slice();
      up[2] += step;
      const down = x.slice();
      down[2] -= step;
      const [high, low] = [available(calculator.measure(up, null)), available(calculator.measure(down, null))];
      assert.ok(isClose((high.var - low.var) / (2 * step), slopes.var[2], 1e-4), `VaR, seed ${seed}`);
      assert.ok(isClose((high.es - low.es) / (2 * step), slopes.es[2], 1e-4), `ES, seed ${seed}`);
      const without = x.slice();
      without[3] = 0;
      assert.equal(rows[3].incrementalVar, total.var - available(calculator.measure(without, null)).var);
    }
  });
}

test('holdings in one instrument add up, and groups of any label sum to the total', () => {
  const calculator = new RiskCalculator(randomScenarios(3, 4, 200), settings({ method: 'historical' }));
  const holdings = [
    { instrument: 0, exposure: 100 },
    { instrument: 1, exposure: -40 },
    { instrument: 0, exposure: -30 },
    { instrument: 3, exposure: 20 },
  ];
  const x = netExposures(holdings, 4);
  assert.deepEqual([...x], [70, -40, 0, 20]);
  const attribution = available(slopesOf(calculator, x));
  const groups = byLabel(calculator, holdings, ['a', 'b', 'b', 'a'], attribution);
  assert.deepEqual(
    groups.map(({ name, exposure }) => [name, exposure]),
    [
      ['a', 120],
      ['b', -70],
    ],
  );
  assert.ok(isClose(sum(groups.map((group) => group.var)), attribution.total.var, 1e-12));
  assert.ok(isClose(sum(groups.map((group) => group.es)), attribution.total.es, 1e-12));
  const onlyA = available(calculator.measure(netExposures([holdings[0], holdings[3]], 4), null));
  assert.equal(groups[1].incrementalVar, attribution.total.var - onlyA.var);
});

test('an order against the book lowers VaR, one along with it raises it, by the difference of two figures', () => {
  const calculator = new RiskCalculator(randomScenarios(6, 3, 200), settings({ method: 'historical' }));
  const x = Float64Array.of(100, 50, 0);
  const along = available(incrementalOf(calculator, x, Float64Array.of(10, 0, 0)));
  const against = available(incrementalOf(calculator, x, Float64Array.of(-10, 0, 0)));
  assert.ok(along.var > 0 && along.es > 0);
  assert.ok(against.var < 0 && against.es < 0);
  const after = available(calculator.measure(Float64Array.of(110, 50, 0), null));
  assert.equal(along.es, after.es - available(calculator.measure(x, null)).es);
});
