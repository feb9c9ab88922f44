import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { CovarianceBook } from '../../src/portfolio/live/covariance-book.ts';
import { ES, MAX_EXPOSURE, type RiskBook, VAR } from '../../src/portfolio/live/risk-book.ts';
import { ScenarioBook } from '../../src/portfolio/live/scenario-book.ts';
import { Tail } from '../../src/portfolio/live/tail.ts';
import { tailPoint } from '../../src/portfolio/math/quantile.ts';

interface Portfolio {
  readonly delta: number[];
  readonly gamma: number[];
}

/** Rough bell curve. */
function move(prng: Prng): number {
  return (prng.unit() + prng.unit() + prng.unit() - 1.5) * 0.04;
}

/** The naive twin: everything anew, sorted whole. */
function historical(returns: Float64Array, scenarios: number, { delta, gamma }: Portfolio, confidence: number) {
  const pnl: number[] = [];
  for (let s = 0; s < scenarios; s++) {
    let sum = 0;
    for (let i = 0; i < delta.length; i++) {
      const r = returns[i * scenarios + s];
      sum += delta[i] * r + gamma[i] * r * r;
    }
    pnl.push(sum);
  }
  const { quantile, tailMean } = tailPoint(Float64Array.from(pnl), null, 1 - confidence);
  return { var: -quantile.value, es: -tailMean.value };
}

function near(actual: number, expected: number, scale: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * scale, `${what}: ${actual}, by hand ${expected}`);
}

for (const [confidence, scenarios] of [
  [0.99, 500],
  [0.95, 500],
  [0.975, 37],
  [0.5, 4],
  [0.99, 1],
  [0.9, 2],
] as const) {
  test(`a scenario book at ${confidence} of ${scenarios} scenarios has the figures of sorting everything anew`, (t) => {
    const seed = 7 + scenarios;
    t.diagnostic(`seed ${seed}`);
    const prng = new Prng(seed);
    const instruments = 9;
    const returns = new Float64Array(instruments * scenarios).map(() => move(prng));
    const book = new ScenarioBook({ instruments, scenarios, returns }, () => new Tail(scenarios, 1 - confidence));
    const held: Portfolio = { delta: new Array(instruments).fill(0), gamma: new Array(instruments).fill(0) };
    const values = new Float64Array(2);
    const scale = 1e6 * instruments;
    for (let change = 0; change < 5000; change++) {
      const i = prng.below(instruments);
      // Now and then everything is flat, or one position dwarfs the rest: the bar's guess is then far off.
      const size = change % 997 === 0 ? 0 : change % 501 === 0 ? 1e9 : 1e6;
      held.delta[i] = values[0] = (prng.unit() - 0.5) * size;
      held.gamma[i] = values[1] = prng.below(3) === 0 ? (prng.unit() - 0.5) * size : 0;
      book.change(i, values, 0);
      if (change % 23 !== 0 && change > 40) continue;
      const expected = historical(returns, scenarios, held, confidence);
      near(book.figures[VAR], expected.var, scale, `VaR after ${change}`);
      near(book.figures[ES], expected.es, scale, `ES after ${change}`);
      const at = prng.below(instruments);
      values[0] = (prng.unit() - 0.5) * 1e6;
      values[1] = 0;
      book.whatIf(at, values, 0);
      const more = { delta: held.delta.map((v, k) => (k === at ? v + values[0] : v)), gamma: held.gamma };
      const changed = historical(returns, scenarios, more, confidence);
      near(book.candidate[VAR], changed.var, scale, `candidate's VaR after ${change}`);
      near(book.candidate[ES], changed.es, scale, `candidate's ES after ${change}`);
      near(book.figures[VAR], expected.var, scale, 'a what-if changes nothing');
    }
  });
}

test('a covariance book has the figures of the whole quadratic form', (t) => {
  const seed = 11;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const instruments = 12;
  const factors = Array.from({ length: instruments }, () => Array.from({ length: 20 }, () => move(prng)));
  const covariance = new Float64Array(instruments ** 2).map((_, at) => {
    const [a, b] = [factors[Math.floor(at / instruments)], factors[at % instruments]];
    return a.reduce((sum, value, k) => sum + value * b[k], 0);
  });
  const means = new Float64Array(instruments).map(() => move(prng) / 100);
  const book = new CovarianceBook({ instruments, means, covariance, varDeviations: 2.326, esDeviations: 2.665 });
  const held = new Float64Array(instruments);
  const byHand = (w: Float64Array) => {
    let mean = 0;
    let variance = 0;
    for (let i = 0; i < instruments; i++) {
      mean += w[i] * means[i];
      for (let j = 0; j < instruments; j++) variance += w[i] * w[j] * covariance[i * instruments + j];
    }
    return { var: 2.326 * Math.sqrt(variance) - mean, es: 2.665 * Math.sqrt(variance) - mean };
  };
  const values = new Float64Array(2);
  for (let change = 0; change < 10_000; change++) {
    const i = prng.below(instruments);
    held[i] = values[0] = (prng.unit() - 0.5) * 1e6;
    book.change(i, values, 0);
    if (change % 101 !== 0) continue;
    near(book.figures[VAR], byHand(held).var, 1e6, `VaR after ${change}`);
    near(book.figures[ES], byHand(held).es, 1e6, `ES after ${change}`);
    values[0] = 5e5;
    book.whatIf(i, values, 0);
    const more = held.map((v, k) => (k === i ? v + 5e5 : v));
    near(book.candidate[VAR], byHand(more).var, 1e6, `candidate's VaR after ${change}`);
  }
});

test('an exposure that is no number takes the figures away until it is one again', () => {
  const returns = Float64Array.of(0.01, -0.02, 0.03, -0.01, 0.02, 0.01);
  const books: RiskBook[] = [
    new ScenarioBook({ instruments: 2, scenarios: 3, returns }, () => new Tail(3, 0.1)),
    new CovarianceBook({
      instruments: 2,
      means: new Float64Array(2),
      covariance: Float64Array.of(1e-4, 0, 0, 1e-4),
      varDeviations: 2,
      esDeviations: 3,
    }),
  ];
  for (const book of books) {
    book.change(0, Float64Array.of(100, 0), 0);
    const before = book.figures[VAR];
    assert.ok(before > 0);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -2 * MAX_EXPOSURE]) {
      book.change(1, Float64Array.of(bad, 0), 0);
      assert.ok(Number.isNaN(book.figures[VAR]) && Number.isNaN(book.figures[ES]));
      book.change(0, Float64Array.of(50, 0), 0);
      assert.ok(Number.isNaN(book.figures[VAR]), 'another change does not bring them back');
      book.whatIf(0, Float64Array.of(1, 0), 0);
      assert.ok(Number.isNaN(book.candidate[VAR]));
      book.rebuild();
      assert.ok(Number.isNaN(book.figures[VAR]), 'nor does rebuilding');
      book.change(0, Float64Array.of(100, 0), 0);
      book.change(1, Float64Array.of(0, 0), 0);
      assert.ok(Math.abs(book.figures[VAR] - before) < 1e-12 * before);
    }
    book.whatIf(0, Float64Array.of(Number.NaN, 0), 0);
    assert.ok(Number.isNaN(book.candidate[VAR]) && !Number.isNaN(book.figures[VAR]));
  }
});
