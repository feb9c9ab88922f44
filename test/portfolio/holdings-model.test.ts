import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { rollingHoldingForecasts } from '../../src/portfolio/backtest/rolling.ts';
import { type Curve, deltaGammaModel } from '../../src/portfolio/derivatives/delta-gamma.ts';
import { exposureOf, type Holding, profitOf, type Revaluation } from '../../src/portfolio/derivatives/holding.ts';
import { holdingsFigure, holdingsModel } from '../../src/portfolio/derivatives/holdings-model.ts';
import type { OptionTerms } from '../../src/portfolio/derivatives/option.ts';
import { Gaussians } from '../../src/portfolio/math/gaussians.ts';
import { moments } from '../../src/portfolio/math/moments.ts';
import { momentMeasure } from '../../src/portfolio/methods/cornish-fisher.ts';
import { isUnavailable } from '../../src/portfolio/methods/outcome.ts';
import { portfolioRisk, type RiskFigure, type RiskResult } from '../../src/portfolio/methods/risk.ts';
import type { Scenarios } from '../../src/portfolio/methods/scenarios.ts';
import type { MethodSettings, RiskSettings } from '../../src/portfolio/methods/settings.ts';
import {
  describe,
  EVERY_METHOD,
  GAUSSIAN,
  isClose,
  randomScenarios,
  SAMPLE,
  scenariosOf,
  settings,
} from './support.ts';

const DAY_NS = 86_400e9;
const TERMS: OptionTerms = {
  right: 'call',
  style: 'european',
  strike: 100,
  expiryNs: 180 * DAY_NS,
  rate: 0.03,
  carry: 0.03,
  volatility: 0.25,
};
const PARAMETRIC: MethodSettings = { method: 'parametric', covariance: SAMPLE, distribution: GAUSSIAN };

function share(row: number, quantity: number): Holding {
  return { name: `share ${row}`, row, quantity, price: 100, moneyPerPoint: 1, option: null };
}

function option(row: number, quantity: number, terms: Partial<OptionTerms> = {}): Holding {
  const held = { ...TERMS, ...terms };
  const name = `${held.right} ${row} ${held.strike}`;
  return { name, row, quantity, price: 100, moneyPerPoint: 10, option: held };
}

/** A mixed book: long and short, calls and puts, three underliers. */
function mixedBook(): Holding[] {
  return [
    share(0, 50),
    option(0, -8, { strike: 105 }),
    option(1, 6, { right: 'put', strike: 95 }),
    option(2, -3, { right: 'put', style: 'american', strike: 90 }),
    share(2, -20),
  ];
}

function figure(
  holdings: readonly Holding[],
  scenarios: Scenarios,
  how: RiskSettings,
  revaluation: Revaluation,
): RiskFigure {
  const result = result0(holdings, scenarios, how, revaluation);
  assert.ok(result.available, result.available ? '' : result.detail);
  return result;
}

function result0(
  holdings: readonly Holding[],
  scenarios: Scenarios,
  how: RiskSettings,
  revaluation: Revaluation,
): RiskResult {
  return holdingsFigure(holdingsModel(holdings, scenarios, how, { nowNs: 0, revaluation }), how);
}

/** How a method can value options. */
function revaluationsOf(method: MethodSettings): Revaluation[] {
  if (method.method !== 'parametric') return ['delta', 'delta-gamma', 'full'];
  return method.distribution.kind === 'gaussian' ? ['delta', 'delta-gamma'] : ['delta'];
}

function near(actual: number, expected: number, relative: number, what: string): void {
  assert.ok(isClose(actual, expected, relative), `${what}: ${actual}, expected ${expected}`);
}

test('without options every method gives what it gives for linear positions', () => {
  const scenarios = randomScenarios(3, 3, 300);
  const holdings = [share(0, 50), share(1, -20), share(2, 7)];
  const exposures = Float64Array.of(5000, -2000, 700);
  for (const method of EVERY_METHOD) {
    for (const horizonDays of [1, 5]) {
      const how = settings(method, { horizonDays });
      const linear = portfolioRisk(scenarios, exposures, how);
      assert.ok(linear.available);
      for (const revaluation of revaluationsOf(method)) {
        const what = `${describe(method)}, ${revaluation}, ${horizonDays}`;
        const held = figure(holdings, scenarios, how, revaluation);
        near(held.var, linear.var, 1e-9, what);
        near(held.es, linear.es, 1e-9, what);
        if (linear.standardError !== undefined) {
          near(held.standardError!.var, linear.standardError.var, 1e-9, what);
        }
      }
    }
  }
});

test('components of holdings sum to the total, for each method and revaluation, and so do the derivatives of multiples', () => {
  const scenarios = randomScenarios(4, 3, 250);
  const holdings = mixedBook();
  for (const method of EVERY_METHOD) {
    for (const revaluation of revaluationsOf(method)) {
      const what = `${describe(method)}, ${revaluation}`;
      const model = holdingsModel(holdings, scenarios, settings(method), { nowNs: 0, revaluation });
      assert.ok(!isUnavailable(model), what);
      const slopes = { var: new Float64Array(5), es: new Float64Array(5) };
      const multiples = new Float64Array(5).fill(1);
      const total = model.measure(multiples, slopes);
      assert.ok(!isUnavailable(total), what);
      assert.ok(total.es >= total.var, what);
      near(
        slopes.var.reduce((a, b) => a + b),
        total.var,
        1e-9,
        `${what}: VaR`,
      );
      near(
        slopes.es.reduce((a, b) => a + b),
        total.es,
        1e-9,
        `${what}: ES`,
      );
      if (method.method !== 'parametric') continue;
      const step = 1e-5;
      const [up, down] = [1 + step, 1 - step].map((x) => model.measure(Float64Array.of(1, x, 1, 1, 1), null));
      assert.ok(!isUnavailable(up) && !isUnavailable(down));
      near(slopes.var[1], (up.var - down.var) / (2 * step), 1e-6, `${what}: slope of VaR`);
      near(slopes.es[1], (up.es - down.es) / (2 * step), 1e-6, `${what}: slope of ES`);
    }
  }
});

test('delta-gamma goes to full revaluation as returns get small, faster than delta does', () => {
  const holdings = mixedBook();
  for (const method of EVERY_METHOD.filter((one) => one.method !== 'parametric')) {
    const how = settings(method);
    const misses = [1, 1 / 4, 1 / 16].map((size) => {
      const base = randomScenarios(5, 3, 250);
      const scenarios = { ...base, returns: base.returns.map((value) => value * size) };
      const full = figure(holdings, scenarios, how, 'full').es;
      return [
        Math.abs(figure(holdings, scenarios, how, 'delta').es / full - 1),
        Math.abs(figure(holdings, scenarios, how, 'delta-gamma').es / full - 1),
      ];
    });
    const what = `${describe(method)}: ${misses.map((miss) => miss.map((one) => one.toExponential(1)).join('/')).join(' ')}`;
    assert.ok(misses[2][1] < 2e-4 && misses[2][1] < misses[0][1] / 4, what);
    assert.ok(misses[2][1] < misses[2][0], what);
  }
});

test('Monte Carlo goes to the delta-gamma quantile within its standard error and the expansion', () => {
  const scenarios = randomScenarios(6, 3, 400);
  const simulated: MethodSettings = {
    method: 'monte-carlo',
    covariance: SAMPLE,
    distribution: GAUSSIAN,
    paths: 60_000,
    seed: 7,
  };
  const curved = [share(0, 50), option(0, -8, { strike: 105 }), option(1, -6, { right: 'put' }), option(1, -6)];
  for (const confidence of [0.95, 0.99]) {
    const closed = figure(curved, scenarios, settings(PARAMETRIC, { confidence }), 'delta-gamma');
    const drawn = figure(curved, scenarios, settings(simulated, { confidence }), 'delta-gamma');
    for (const key of ['var', 'es'] as const) {
      const allowed = 4 * drawn.standardError![key] + 0.005 * closed[key];
      assert.ok(
        Math.abs(closed[key] - drawn[key]) <= allowed,
        `${key} ${confidence}: ${closed[key]}, drawn ${drawn[key]}, allowed ${allowed}`,
      );
    }
    const delta = figure(curved, scenarios, settings(PARAMETRIC, { confidence }), 'delta');
    assert.ok(Math.abs(delta.es - drawn.es) > 4 * drawn.standardError!.es, 'the gamma matters here');
  }
});

test('the cumulants of the quadratic form are those of a simulation, and of a chi-square where it is one', () => {
  const scenarios = scenariosOf(
    Array.from({ length: 200 }, (_, t) => (t % 2 === 0 ? 0.02 : -0.02)),
    Array.from({ length: 200 }, (_, t) => (t % 4 < 2 ? 0.03 : -0.03)),
  );
  // One gamma alone, mean 0: P = g s^2 chi^2 / 2, of skewness sqrt(8) and excess kurtosis 12. VaR of a short one is Cornish and
  // Fisher's value for those, its mean and deviation closed.
  const curve: Curve = { row: 0, delta: 0, gamma: -1000 };
  const model = deltaGammaModel([curve], scenarios, SAMPLE, 0.05);
  const measured = model.measure(Float64Array.of(1), null);
  assert.ok(!isUnavailable(measured));
  const z = -1.6448536269514722;
  const [s, k] = [-Math.sqrt(8), 12];
  const h = z + ((z * z - 1) * s) / 6 + ((z ** 3 - 3 * z) * k) / 24 - ((2 * z ** 3 - 5 * z) * s * s) / 36;
  const half = (1000 * 0.0004) / 2;
  near(measured.var, half - h * half * Math.SQRT2, 1e-12, 'chi-square');
  // The true quantile: 3.841459 s^2 g / 2; the expansion is within 5 %.
  near(measured.var, half * 3.841458820694124, 0.05, 'against the true quantile');

  const curves: Curve[] = [
    { row: 0, delta: 30, gamma: -900 },
    { row: 1, delta: -10, gamma: 400 },
  ];
  const gaussians = new Gaussians(11);
  const draws = 400_000;
  const profits = new Float64Array(draws);
  for (let p = 0; p < draws; p++) {
    const [a, b] = [0.02 * gaussians.next(), 0.03 * gaussians.next()];
    profits[p] = 30 * a - 450 * a * a - 10 * b + 200 * b * b;
  }
  const sample = momentMeasure(moments(profits), 0.05, null, () => new Float64Array(0));
  assert.ok(!isUnavailable(sample));
  const both = deltaGammaModel(curves, scenarios, SAMPLE, 0.05).measure(Float64Array.of(1, 1), null);
  assert.ok(!isUnavailable(both));
  near(both.var, sample.var, 0.005, 'VaR from the moments of a simulation');
  near(both.es, sample.es, 0.005, 'ES from the moments of a simulation');
  near(both.var, -profits.sort()[draws * 0.05], 0.03, 'against the true quantile');
});

test('a call, less a put, less the forward has no risk, in every method that gives a figure', () => {
  const scenarios = randomScenarios(8, 1, 250);
  const parity = [
    option(0, 1, { carry: 0.03 }),
    option(0, -1, { carry: 0.03, right: 'put' }),
    share(0, -10), // ten shares: the options' multiplier
  ];
  for (const method of EVERY_METHOD.filter((one) => one.method !== 'cornish-fisher')) {
    for (const revaluation of revaluationsOf(method)) {
      const { var: loss, es } = figure(parity, scenarios, settings(method), revaluation);
      assert.ok(Math.abs(loss) < 1e-9 && Math.abs(es) < 1e-9, `${describe(method)}, ${revaluation}: ${loss}, ${es}`);
    }
  }
});

test('a long option loses no more than its value, a short straddle is worse by full revaluation than by delta', () => {
  const scenarios = randomScenarios(9, 1, 300);
  const far = scenarios.returns.map((value) => value * 12);
  const call = option(0, 5);
  const value = exposureOf(call, 0).value;
  const shaken = { ...scenarios, returns: far };
  const loss = figure([call], shaken, settings({ method: 'historical' }, { confidence: 0.99 }), 'full');
  assert.ok(loss.es <= value && loss.es > 0.9 * value, `${loss.es} of ${value}`);
  assert.ok(figure([call], shaken, settings({ method: 'historical' }, { confidence: 0.99 }), 'delta').es > value);
  const straddle = [option(0, -5), option(0, -5, { right: 'put' })];
  const [delta, full] = (['delta', 'full'] as const).map(
    (how) => figure(straddle, scenarios, settings({ method: 'historical' }), how).es,
  );
  assert.ok(full > delta, `${full}, by delta ${delta}`);
});

test('what an option can not be measured by is refused in one line, what has no figure says why', () => {
  const scenarios = randomScenarios(10, 1, 100);
  const at = (method: MethodSettings, revaluation: Revaluation, holdings: Holding[] = [option(0, 1)]): RiskResult =>
    result0(holdings, scenarios, settings(method), revaluation);
  assert.throws(() => at(PARAMETRIC, 'full'), { code: 'USAGE', message: /delta-gamma.*monte-carlo/ });
  const student: MethodSettings = { ...PARAMETRIC, distribution: { kind: 'student-t', df: 5 } };
  assert.throws(() => at(student, 'delta-gamma'), { code: 'USAGE', message: /monte-carlo/ });
  const huge = at({ method: 'historical' }, 'full', [option(0, 1e308)]);
  assert.ok(!huge.available && huge.reason === 'bad-position', JSON.stringify(huge));
  const still = scenariosOf([0, 0, 0, 0]);
  const stuck = result0([option(0, 1)], still, settings({ method: 'historical' }), 'full');
  assert.ok(!stuck.available && stuck.reason === 'zero-variance');
  const expired = at({ method: 'historical' }, 'full', [option(0, 1, { expiryNs: 0, strike: 200 }), share(0, 0)]);
  assert.ok(expired.available && expired.var === 0 && expired.es === 0);
});

test('books at random, in every method: a figure that is finite and at least its VaR, or a reason', (t) => {
  const random = new Prng(20_261_122);
  t.diagnostic('seed 20261122');
  let figures = 0;
  for (let round = 0; round < 60; round++) {
    const scenarios = randomScenarios(round, 2, 60);
    const holdings = Array.from({ length: 1 + random.below(4) }, () => {
      const quantity = (random.unit() - 0.5) * 10 ** (random.below(8) - 2);
      if (random.below(3) === 0) return share(random.below(2), quantity);
      return option(random.below(2), quantity, {
        right: random.below(2) === 0 ? 'call' : 'put',
        style: random.below(4) === 0 ? 'american' : 'european',
        strike: 10 ** (random.unit() * 4),
        expiryNs: random.unit() * 800 * DAY_NS,
        volatility: random.below(5) === 0 ? 0 : random.unit() * 2,
        rate: random.unit() * 0.2 - 0.05,
        carry: random.unit() * 0.2 - 0.1,
      });
    });
    for (const method of EVERY_METHOD.filter((one) => one.method !== 'monte-carlo')) {
      for (const revaluation of revaluationsOf(method)) {
        const result = result0(holdings, scenarios, settings(method), revaluation);
        if (!result.available) {
          assert.ok(result.detail.length > 0);
          continue;
        }
        figures++;
        const what = `round ${round}, ${describe(method)}, ${revaluation}: ${result.var}, ${result.es}`;
        assert.ok(Number.isFinite(result.var) && Number.isFinite(result.es), what);
        assert.ok(result.es >= result.var - 1e-9 * Math.abs(result.var), what);
      }
    }
  }
  assert.ok(figures > 800, `${figures} figures`);
});

test('a rolling backtest of holdings forecasts what the model of each window says, by each method', () => {
  const scenarios = randomScenarios(12, 3, 90);
  const window = 60;
  for (const method of EVERY_METHOD.filter((one) => !('paths' in one) || one.distribution.kind === 'gaussian')) {
    const revaluation = revaluationsOf(method).at(-1)!;
    const how = settings(method, { window });
    const valuation = { nowNs: 0, revaluation };
    const { vars, shortfalls, profits, periods } = rollingHoldingForecasts(mixedBook(), scenarios, how, valuation);
    assert.equal(periods.length, 30, describe(method));
    for (const k of [0, 17, 29]) {
      const past = Array.from({ length: 3 }, (_, i) => [
        ...scenarios.returns.subarray(i * 90 + k, i * 90 + k + window),
      ]);
      const expected = figure(mixedBook(), scenariosOf(...past), how, revaluation);
      near(vars[k], expected.var, 1e-9, `${describe(method)}: VaR ${k}`);
      near(shortfalls[k], expected.es, 1e-9, `${describe(method)}: ES ${k}`);
      const next = { moves: Float64Array.from({ length: 3 }, (_, i) => scenarios.returns[i * 90 + k + window]) };
      const profit = mixedBook().reduce(
        (sum, one) => sum + profitOf(one, { ...next, moreVolatility: 0 }, 0, 'full'),
        0,
      );
      near(profits[k], profit, 1e-9, `profit ${k}`);
    }
  }
});
