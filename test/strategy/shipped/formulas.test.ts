/** The published formulas behind the shipped strategies, against the figures of their papers and against other ways to compute them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finiteHorizonQuotes, stationaryQuotes } from '../../../src/strategy/shipped/avellaneda-stoikov.ts';
import { partLeft, urgencyRate } from '../../../src/strategy/shipped/implementation-shortfall.ts';
import { Moments, Regression } from '../../../src/strategy/shipped/moments.ts';
import { sessionNs } from '../../../src/strategy/shipped/session-time.ts';
import { greatestCommonDivisor, powerOf10 } from '../../../src/strategy/shipped/subject.ts';
import { partOfCurve } from '../../../src/strategy/shipped/vwap.ts';

const math = { exp: Math.exp, ln: Math.log, pow: Math.pow };

function near(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);
}

test('Avellaneda-Stoikov: the average spreads of the paper, tables 1 and 2 (s = 100, T = 1, sigma = 2, k = 1.5)', () => {
  const quotes = { bid: 0, ask: 0 };
  for (const [gamma, published] of [
    [0.1, 1.49],
    [0.01, 1.35],
  ]) {
    let sum = 0;
    const steps = 200; // dt = 0.005
    for (let i = 0; i < steps; i++) {
      const inputs = { mid: 100, inventory: 0, gamma, sigma: 2, kappa: 1.5 };
      finiteHorizonQuotes(math, inputs, 1 - i / steps, quotes);
      sum += quotes.ask - quotes.bid;
    }
    assert.equal((sum / steps).toFixed(2), published.toFixed(2));
  }
});

test('Avellaneda-Stoikov: inventory moves both quotes by q gamma sigma^2 (T - t), against the position', () => {
  const flat = { bid: 0, ask: 0 };
  const long = { bid: 0, ask: 0 };
  finiteHorizonQuotes(math, { mid: 100, inventory: 0, gamma: 0.1, sigma: 2, kappa: 1.5 }, 0.5, flat);
  finiteHorizonQuotes(math, { mid: 100, inventory: 3, gamma: 0.1, sigma: 2, kappa: 1.5 }, 0.5, long);
  near((flat.bid + flat.ask) / 2, 100);
  near(flat.bid - long.bid, 3 * 0.1 * 4 * 0.5);
  near(flat.ask - long.ask, 3 * 0.1 * 4 * 0.5);
});

test('Avellaneda-Stoikov: without risk aversion the half spread is 1/kappa, without cancellation errors', () => {
  const quotes = { bid: 0, ask: 0 };
  for (const gamma of [1e-4, 1e-6, 1e-9, 1e-14]) {
    finiteHorizonQuotes(math, { mid: 100, inventory: 0, gamma, sigma: 2, kappa: 1.5 }, 1, quotes);
    near((quotes.ask - quotes.bid) / 2, 1 / 1.5, 1e-3);
  }
  finiteHorizonQuotes(math, { mid: 100, inventory: 0, gamma: 1e-14, sigma: 2, kappa: 1.5 }, 1, quotes);
  near((quotes.ask - quotes.bid) / 2, 1 / 1.5, 1e-9);
});

test('Gueant-Lehalle-Fernandez-Tapia: quotes solve their own closed form, skew by the slope and are symmetric', () => {
  const quotes = { bid: 0, ask: 0 };
  const mirrored = { bid: 0, ask: 0 };
  const gamma = 0.01;
  const kappa = 0.3;
  const sigma = 0.3;
  const intensity = 0.9;
  const slope = Math.sqrt(
    ((sigma ** 2 * gamma) / (2 * kappa * intensity)) * (1 + gamma / kappa) ** (1 + kappa / gamma),
  );
  for (const inventory of [-3, -1, 0, 2]) {
    stationaryQuotes(math, { mid: 50, inventory, gamma, sigma, kappa }, intensity, quotes);
    stationaryQuotes(math, { mid: 50, inventory: -inventory, gamma, sigma, kappa }, intensity, mirrored);
    near(50 - quotes.bid, (1 / gamma) * Math.log(1 + gamma / kappa) + ((2 * inventory + 1) / 2) * slope);
    near(quotes.ask - 50, (1 / gamma) * Math.log(1 + gamma / kappa) - ((2 * inventory - 1) / 2) * slope);
    near(50 - quotes.bid, mirrored.ask - 50);
  }
});

test("Almgren-Chriss: the urgency of the paper's numerical example is 0.61 a day", () => {
  const eta = 2.5e-6;
  const gamma = 2.5e-7;
  const netEta = eta - gamma / 2;
  const perDay = urgencyRate(math, (1e-6 * 0.95 ** 2) / netEta, 1);
  assert.equal(perDay.toFixed(2), '0.61');
  near((2 / 1) * (Math.cosh(perDay) - 1), (1e-6 * 0.95 ** 2) / netEta);
});

test('Almgren-Chriss: what is left follows sinh(k (T - t)) / sinh(k T), and evenly where k is 0', () => {
  for (const urgency of [1e-5, 0.1, 1, 2, 10, 30]) {
    for (const time of [0, 0.1, 0.25, 0.5, 0.9, 1]) {
      near(partLeft(math, urgency, time), Math.sinh(urgency * (1 - time)) / Math.sinh(urgency), 1e-9);
    }
  }
  near(partLeft(math, 0, 0.25), 0.75);
  near(partLeft(math, 1e-7, 0.25), 0.75, 1e-6);
  assert.ok(partLeft(math, 5_000, 0.5) >= 0, 'no overflow');
});

test('a volume curve is followed linearly inside its stretches', () => {
  const curve = [4, 1, 1, 2];
  near(partOfCurve(curve, 0), 0);
  near(partOfCurve(curve, 0.125), 0.25);
  near(partOfCurve(curve, 0.25), 0.5);
  near(partOfCurve(curve, 0.5), 0.625);
  near(partOfCurve(curve, 1), 1);
  near(partOfCurve([0, 3], 0.5), 0);
});

test('moments with equal weights are mean and variance; later values weigh more', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  const equal = new Moments(0);
  for (const value of values) equal.add(value);
  const mean = values.reduce((a, b) => a + b) / values.length;
  near(equal.mean, mean);
  near(equal.variance, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  near(equal.zScore(mean + 2 * Math.sqrt(equal.variance)), 2);
  const weighted = new Moments(0.5);
  for (const value of [0, 0, 0, 10]) weighted.add(value);
  near(weighted.mean, 5);
});

test('the rolling regression finds the slope of a line; residuals are z-scores of y - h x under any h', () => {
  const regression = new Regression(0.1);
  assert.ok(Number.isNaN(regression.slope));
  for (let x = 0; x < 50; x++) regression.add(x, 3 + 0.75 * x);
  near(regression.slope, 0.75);
  const weight = 0.2;
  const fitted = new Regression(weight);
  const spread = new Moments(weight);
  for (let i = 0; i < 40; i++) {
    const [x, y] = [Math.sin(i), Math.cos(i * 1.7) + i / 50];
    near(fitted.residualZ(x, y, 0.4), spread.zScore(y - 0.4 * x), 1e-6);
    fitted.add(x, y);
    spread.add(y - 0.4 * x);
  }
});

test('session times are read, and what is none is refused by name', () => {
  assert.equal(sessionNs('start', '09:35:00'), 34_500e9);
  assert.equal(sessionNs('start', '25:00:00.5'), 90_000.5e9);
  assert.equal(sessionNs('start', '09:35'), 34_500e9);
  assert.ok(Number.isNaN(sessionNs('start', '')));
  assert.throws(() => sessionNs('start', '9.35'), /start: "9.35" is no time of the session/);
});

test('powers of ten and divisors are exact', () => {
  assert.equal(powerOf10(-8), 1e-8);
  assert.equal(powerOf10(12), 1e12);
  assert.equal(greatestCommonDivisor(0, 700), 700);
  assert.equal(greatestCommonDivisor(5_700_000, 5_701_000), 1000);
});
