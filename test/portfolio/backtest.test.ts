import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { conditionalCoverage, independence, kupiec } from '../../src/portfolio/backtest/coverage.ts';
import { backtestReport, rollingForecasts } from '../../src/portfolio/backtest/rolling.ts';
import { shortfallTest } from '../../src/portfolio/backtest/shortfall.ts';
import { binomialCdf, trafficLight } from '../../src/portfolio/backtest/traffic-light.ts';
import { Gaussians } from '../../src/portfolio/math/gaussians.ts';
import { normalPdf, normalQuantile } from '../../src/portfolio/math/normal.ts';
import type { RiskSettings } from '../../src/portfolio/methods/settings.ts';

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);
}

test("Kupiec's ratio of 155 exceedances in 4,527 days at 97.5 % is 14.2394", () => {
  const { ratio, pValue } = kupiec(155, 4527, 0.975);
  near(ratio, 14.2394, 5e-5, 'ratio');
  assert.ok(pValue < 2e-4 && pValue > 1e-4, `p = ${pValue}`);
});

test("Kupiec's non-rejection region at 95 % confidence for 255 days and 1 % is fewer than 7 (Kupiec 1995, table)", () => {
  const rejected = (count: number) => kupiec(count, 255, 0.99).pValue < 0.05;
  assert.deepEqual([1, 2, 6].map(rejected), [false, false, false]);
  assert.equal(rejected(7), true);
  assert.equal(kupiec(0, 100, 0.99).ratio, -200 * Math.log(0.99));
  assert.equal(kupiec(100, 100, 0.5).ratio, 200 * Math.log(2));
  near(kupiec(5, 500, 0.99).ratio, 0, 1e-12, 'exactly as expected');
});

test('clustered exceedances fail the test of independence, spread ones pass', () => {
  const clustered = new Uint8Array(500);
  for (const start of [100, 300]) clustered.fill(1, start, start + 5);
  const spread = new Uint8Array(500);
  for (let i = 0; i < 10; i++) spread[25 + i * 50] = 1;
  assert.ok(independence(clustered).pValue < 1e-6);
  assert.ok(independence(spread).pValue > 0.3);
  near(conditionalCoverage(spread, 0.98).ratio, independence(spread).ratio, 1e-12, 'coverage alone is perfect');
  // By hand: 00 489 times, 01 twice, 10 twice less, ...
  const [n00, n01, n10, n11] = [487, 2, 2, 8];
  const log = (n: number, p: number) => (n === 0 ? 0 : n * Math.log(p));
  const share = (n01 + n11) / 499;
  const together = log(n00 + n10, 1 - share) + log(n01 + n11, share);
  const apart = log(n00, n00 / 489) + log(n01, n01 / 489) + log(n10, n10 / 10) + log(n11, n11 / 10);
  near(independence(clustered).ratio, -2 * (together - apart), 1e-9, 'by hand');
  assert.equal(independence(new Uint8Array(10)).ratio, 0);
  assert.equal(independence(new Uint8Array(1)).pValue, 1);
});

test("the traffic light has the Basel Committee's zones, probabilities and add-ons", () => {
  const zones = Array.from({ length: 12 }, (_, count) => trafficLight(count, 250, 0.99));
  assert.deepEqual(
    zones.map(({ zone }) => zone),
    [...Array(5).fill('green'), ...Array(5).fill('yellow'), 'red', 'red'],
  );
  assert.deepEqual(
    zones.map(({ addOn }) => addOn),
    [0, 0, 0, 0, 0, 0.4, 0.5, 0.65, 0.75, 0.85, 1, 1],
  );
  // Cumulative probabilities of the Committee's table 2.
  const published = [0.0811, 0.2858, 0.5432, 0.7581, 0.8922, 0.9588, 0.9863, 0.996, 0.9989, 0.9997, 0.9999];
  for (const [count, p] of published.entries()) near(zones[count].cumulativeProbability, p, 5.1e-5, `${count}`);
  assert.equal(trafficLight(3, 500, 0.99).addOn, null);
  assert.equal(binomialCdf(7, 7, 0.3), 1);
  near(binomialCdf(100_000, 10_000_000, 0.01), 0.5, 1e-2, 'no underflow');
});

test('the ES test finds right forecasts right and understated ones wrong', (t) => {
  const seed = 41;
  t.diagnostic(`seed ${seed}`);
  const normal = new Gaussians(seed);
  const periods = 2500;
  const confidence = 0.975;
  const profits = new Float64Array(periods).map(() => normal.next());
  const deviations = -normalQuantile(1 - confidence);
  const shortfall = normalPdf(deviations) / (1 - confidence);
  const at = (scale: number) =>
    shortfallTest(
      profits,
      new Float64Array(periods).fill(deviations * scale),
      new Float64Array(periods).fill(shortfall * scale),
      confidence,
      7,
    );
  const right = at(1);
  assert.ok(right.z2PValue > 0.02 && (right.z1PValue ?? 0) > 0.02, JSON.stringify(right));
  near(right.z2, 0, 0.35, 'Z2 of a right model');
  const understated = at(0.8);
  assert.ok(understated.z2 < -0.3 && understated.z2PValue < 0.01, JSON.stringify(understated));
  const none = at(100);
  assert.equal(none.z1, null);
  assert.equal(none.z2, 1);
});

test("Z2's critical value at 5 % for 97.5 % and 250 days is near -0.70 (Acerbi and Szekely 2014)", () => {
  const deviations = -normalQuantile(0.025);
  const shortfall = normalPdf(deviations) / 0.025;
  // One period carries the whole statistic: Z2 = -0.70.
  const profits = new Float64Array(250);
  profits[0] = -1.7 * 250 * 0.025 * shortfall;
  const test = shortfallTest(
    profits,
    new Float64Array(250).fill(deviations),
    new Float64Array(250).fill(shortfall),
    0.975,
    3,
  );
  near(test.z2, -0.7, 1e-12, 'Z2');
  near(test.z2PValue, 0.05, 0.012, 'p-value');
});

const SETTINGS: RiskSettings = {
  method: { method: 'historical' },
  confidence: 0.95,
  horizonDays: 1,
  horizonRule: 'sqrt',
  window: 250,
};

test('a rolling backtest looks at the past only, and accepts a right model', (t) => {
  const seed = 77;
  t.diagnostic(`seed ${seed}`);
  const normal = new Gaussians(seed);
  const observations = 1000;
  const returns = new Float64Array(observations).map(() => normal.next() * 0.01);
  const scenarios = { instruments: 1, observations, returns };
  const whole = rollingForecasts(scenarios, Float64Array.of(1000), SETTINGS);
  assert.equal(whole.exceedances.length, 750);
  assert.equal(whole.periods[0], 250);
  const report = backtestReport(whole, 0.95, 1);
  assert.ok(report.kupiec.pValue > 0.01 && report.trafficLight.zone === 'green', JSON.stringify(report));
  assert.equal(
    report.exceedances,
    whole.exceedances.reduce((a, b) => a + b, 0),
  );
  // What comes later changes no forecast before it.
  const changed = Float64Array.from(returns);
  changed.fill(5, 600);
  const other = rollingForecasts({ ...scenarios, returns: changed }, Float64Array.of(1000), SETTINGS);
  assert.deepEqual(other.vars.subarray(0, 351), whole.vars.subarray(0, 351));
  assert.notEqual(other.vars[740], whole.vars[740]);
});

test('periods without a figure are counted and named, not passed over', (t) => {
  const seed = 5;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const returns = new Float64Array(60).map((_, i) => (i < 30 ? 0 : prng.unit() - 0.5));
  const forecasts = rollingForecasts({ instruments: 1, observations: 60, returns }, Float64Array.of(1), {
    ...SETTINGS,
    window: 20,
  });
  assert.equal(forecasts.unavailable, 11, 'windows of nothing but zeros');
  assert.match(forecasts.firstReason ?? '', /never|moved/);
  assert.equal(forecasts.exceedances.length + forecasts.unavailable, 40);
});
