/** Latency models: their values, their distributions, and that they are the same everywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyModel } from '../../src/venue/latency.ts';
import { type LatencyConfig, parseVenueConfig } from '../../src/venue/venue-config.ts';

const DRAWS = 50_000;

function draws(config: object, seed = 7): number[] {
  const model = new LatencyModel(parseVenueConfig({ entryLatency: config }).entryLatency, seed);
  return Array.from({ length: DRAWS }, () => model.next(0)).sort((a, b) => a - b);
}

function near(actual: number, expected: number, percent: number): void {
  assert.ok(Math.abs(actual / expected - 1) * 100 < percent, `${actual} is not within ${percent} % of ${expected}`);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

test('each distribution has its mean, median and bounds', () => {
  const uniform = draws({ model: 'uniform', minNs: 100, maxNs: 300 });
  assert.deepEqual([uniform[0], uniform[DRAWS - 1]], [100, 300]);
  near(mean(uniform), 200, 1);
  const lognormal = draws({ model: 'lognormal', medianNs: 1e6, sigma: 0.5, offsetNs: 5_000_000 });
  near(lognormal[DRAWS / 2] - 5e6, 1e6, 2);
  near(mean(lognormal) - 5e6, 1e6 * Math.exp(0.125), 2);
  near(lognormal[Math.floor(DRAWS * 0.841345)] - 5e6, 1e6 * Math.exp(0.5), 3);
  for (const shape of [0.5, 1, 4]) {
    const gamma = draws({ model: 'gamma', shape, scaleNs: 1e6 });
    near(mean(gamma), shape * 1e6, 2);
    const variance = mean(gamma.map((value) => (value - shape * 1e6) ** 2));
    near(variance, shape * 1e12, 6);
  }
  assert.equal(draws({ model: 'lognormal', medianNs: 1000, sigma: 3, maxNs: 2000 })[DRAWS - 1], 2000);
});

test('the same seed draws the same on every machine', () => {
  const config = { model: 'lognormal', medianNs: 1_000_000, sigma: 1 };
  const model = new LatencyModel(parseVenueConfig({ entryLatency: config }).entryLatency, 42);
  const first = [model.next(0), model.next(0), model.next(0), model.next(0)];
  assert.deepEqual(first, [1_724_580, 1_004_059, 608_942, 483_172], 'as on 2026-11-22');
});

test('recorded values come in sequence, or by the time a message leaves', () => {
  const sequence = new LatencyModel({ model: 'sequence', valuesNs: [5, 6, 7] }, 1);
  assert.deepEqual(
    [1, 2, 3, 4].map((ns) => sequence.next(ns)),
    [5, 6, 7, 5],
  );
  const rows: LatencyConfig = { model: 'interpolated', timesNs: [100, 200, 200, 300], valuesNs: [10, 20, 40, 30] };
  const model = new LatencyModel(rows, 1);
  const asked = [0, 100, 150, 199, 200, 201, 250, 300, 900, 120, 100];
  assert.deepEqual(
    asked.map((ns) => model.next(ns)),
    [10, 10, 15, 19, 20, 39, 35, 30, 30, 12, 10],
  );
});
