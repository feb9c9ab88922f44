import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { exposureOf, type Holding, profitOf, scenarioProfits } from '../../src/portfolio/derivatives/holding.ts';
import {
  type OptionTerms,
  optionImpliedVolatility,
  optionValue,
  yearsLeft,
} from '../../src/portfolio/derivatives/option.ts';
import { reverseStress } from '../../src/portfolio/stress/reverse.ts';
import { historicalShock, parallelShock, stressTest, worstPeriods } from '../../src/portfolio/stress/stress.ts';

const DAY_NS = 86_400e9;
const TERMS: OptionTerms = {
  right: 'call',
  style: 'european',
  strike: 100,
  expiryNs: 91.25 * DAY_NS,
  rate: 0.04,
  carry: 0.04,
  volatility: 0.25,
};

function share(row: number, quantity: number, price: number): Holding {
  return { name: `share ${row}`, row, quantity, price, moneyPerPoint: 1, option: null };
}

function option(row: number, quantity: number, price: number, terms: Partial<OptionTerms> = {}): Holding {
  return { name: `option ${row}`, row, quantity, price, moneyPerPoint: 100, option: { ...TERMS, ...terms } };
}

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);
}

test('a parallel shock costs what the prices say', () => {
  const holdings = [share(0, 10, 50), share(1, -4, 200)];
  const [down, up] = stressTest(holdings, [parallelShock(2, -0.1), parallelShock(2, 0.25, 0.05)], 0);
  near(down.loss, 50 - 80, 1e-12, 'a fall of 10 %');
  assert.deepEqual(down.byHolding.map(Math.round), [50, -80]);
  near(up.loss, -125 + 200, 1e-12, 'a rise of 25 %');
  assert.equal(up.name, 'all prices +25 %, volatility +5 points');
  near(stressTest(holdings, [parallelShock(2, -3)], 0)[0].loss, 500 - 800, 1e-12, 'no price falls below 0');
});

test('historical days happen again, and the worst of them is found', () => {
  const returns = Float64Array.of(0.01, -0.02, 0.03, 0.0, -0.05, 0.02);
  const holdings = [share(0, 1, 1000), share(1, 1, 1000)];
  const lines = [0, 1, 2].map(
    (day) => stressTest(holdings, [historicalShock(`day ${day}`, returns, 2, day)], 0)[0].loss,
  );
  for (const [day, loss] of [-10, 70, -50].entries()) near(lines[day], loss, 1e-9, `day ${day}`);
  assert.deepEqual(worstPeriods(holdings, returns, 2, 0, 1), [1]);
  assert.deepEqual(worstPeriods([share(0, -1, 1), share(1, -1, 1)], returns, 2, 0, 1), [2]);
});

test('options are valued anew: a long straddle gains from both sides and from volatility', () => {
  const straddle = [option(0, 1, 100), option(0, 1, 100, { right: 'put' })];
  const [down, up, calm] = stressTest(
    straddle,
    [parallelShock(1, -0.2), parallelShock(1, 0.2), parallelShock(1, 0, -0.1)],
    0,
  );
  assert.ok(down.loss < -500 && up.loss < -500 && calm.loss > 200, JSON.stringify([down, up, calm]));
  const exact = 100 * (optionValue(TERMS, 120, 0) - optionValue(TERMS, 100, 0));
  near(profitOf(straddle[0], parallelShock(1, 0.2).shock, 0, 'full'), exact, 1e-9, 'by hand');
});

test('delta-gamma and full revaluation agree for small moves, and differ by the third order for large ones', (t) => {
  const seed = 13;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const holdings = [share(0, 5, 100), option(0, -3, 100), option(1, 7, 95, { style: 'american', right: 'put' })];
  for (const [size, tolerance] of [
    [0.001, 0.02],
    [0.01, 3],
  ]) {
    const returns = new Float64Array(200).map(() => (prng.unit() - 0.5) * 2 * size);
    const quick = scenarioProfits(holdings, returns, 100, 0, 'delta-gamma');
    const full = scenarioProfits(holdings, returns, 100, 0, 'full');
    for (let s = 0; s < 100; s++) {
      near(quick[s], full[s], tolerance, `scenario ${s} of size ${size}`);
      const shock = { moves: Float64Array.of(returns[s], returns[100 + s]), moreVolatility: 0 };
      const one = holdings.reduce((sum, holding) => sum + profitOf(holding, shock, 0, 'full'), 0);
      near(full[s], one, 1e-9, 'one by one');
    }
  }
});

test('exposures are those of the greeks, and an option that has run out is worth what exercise brings', () => {
  const { delta, halfGamma } = exposureOf(option(0, 2, 100), 0);
  const up = profitOf(option(0, 2, 100), parallelShock(1, 1e-4).shock, 0, 'full');
  const down = profitOf(option(0, 2, 100), parallelShock(1, -1e-4).shock, 0, 'full');
  near(delta, (up - down) / 2e-4, 1e-3, 'delta');
  near(halfGamma, (up + down) / 2e-8, 1, 'gamma');
  const late = TERMS.expiryNs + DAY_NS;
  assert.equal(yearsLeft(TERMS, late), 0);
  near(profitOf(option(0, 1, 110), parallelShock(1, -0.05).shock, late, 'full'), -550, 1e-9, 'expired in the money');
  assert.ok(Number.isNaN(profitOf(option(0, 1, Number.NaN), parallelShock(1, 0).shock, 0, 'full')));
});

test('implied volatility of an American option gives its price back', () => {
  const terms: OptionTerms = { ...TERMS, style: 'american', right: 'put', volatility: 0.33 };
  const implied = optionImpliedVolatility(terms, 92, 0, optionValue(terms, 92, 0));
  near(implied as number, 0.33, 1e-7, 'implied volatility');
});

test('reverse stress finds the smallest shock that breaks the limit, also where losses turn', () => {
  const fall = parallelShock(1, -1).shock;
  const linear = reverseStress([share(0, 10, 100)], fall, 250, 1, 0);
  near(linear.size ?? Number.NaN, 0.25, 1e-12, 'a fall of 25 %');
  assert.equal(reverseStress([share(0, 10, 100)], fall, 2000, 1, 0).size, null);
  assert.equal(reverseStress([share(0, -10, 100)], fall, 1, 1, 0).size, null, 'a short position gains');
  // Short a straddle, long the share: gains at first when prices fall, loses further down.
  const holdings = [option(0, -1, 100), option(0, -1, 100, { right: 'put' }), share(0, -30, 100)];
  const { size, loss } = reverseStress(holdings, fall, 1000, 1, 0);
  assert.ok(size !== null && size > 0.05, String(size));
  near(loss, 1000, 1e-6, 'the loss at that size');
  for (let s = 0; s < size; s += 0.001) {
    const [{ loss: before }] = stressTest(holdings, [parallelShock(1, -s)], 0);
    assert.ok(before <= 1000, `a fall of ${s} costs ${before} already`);
  }
});
