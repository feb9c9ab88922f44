/** Each method against published values, closed forms and the limits in which methods agree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moments } from '../../src/portfolio/math/moments.ts';
import { normalPdf, normalQuantile } from '../../src/portfolio/math/normal.ts';
import { netExposures } from '../../src/portfolio/methods/attribution.ts';
import { tailMultiples } from '../../src/portfolio/methods/parametric.ts';
import { portfolioRisk, type RiskFigure } from '../../src/portfolio/methods/risk.ts';
import { overlapping, type Scenarios } from '../../src/portfolio/methods/scenarios.ts';
import type { MethodSettings, RiskSettings } from '../../src/portfolio/methods/settings.ts';
import {
  describe,
  EDHEC,
  EVERY_METHOD,
  edhec,
  GAUSSIAN,
  isClose,
  randomExposures,
  randomScenarios,
  SAMPLE,
  scenariosOf,
  settings,
} from './support.ts';

const ONE = Float64Array.of(1);
const PARAMETRIC: MethodSettings = { method: 'parametric', covariance: SAMPLE, distribution: GAUSSIAN };

function figure(
  scenarios: Scenarios,
  exposures: Float64Array,
  method: MethodSettings,
  rest: Partial<RiskSettings> = {},
): RiskFigure {
  const result = portfolioRisk(scenarios, exposures, settings(method, rest));
  assert.ok(result.available, result.available ? '' : `${describe(method)}: ${result.detail}`);
  return result;
}

function near(actual: number, expected: number, relative: number, what = ''): void {
  assert.ok(isClose(actual, expected, relative), `${what} ${actual} is not ${expected}`);
}

const noEdhec = EDHEC === null ? 'no ../shared/market-data/prices/edhec_monthly_returns.csv' : false;

test("PerformanceAnalytics' archived values come out to all six digits (edhec, first 100 months)", {
  skip: noEdhec,
}, () => {
  const scenarios = edhec(100, [0]);
  const six = (value: number): string => value.toFixed(6);
  const gaussian = figure(scenarios, ONE, PARAMETRIC);
  assert.equal(six(gaussian.var), '0.012133');
  assert.equal(six(gaussian.es), '0.017133');
  assert.equal(six(figure(scenarios, ONE, { method: 'cornish-fisher' }).var), '0.014674');
  const historical = figure(scenarios, ONE, { method: 'historical' });
  assert.equal(six(historical.var), '0.014095');
  assert.equal(six(historical.es), '0.024080');
  const unbiased: MethodSettings = { ...PARAMETRIC, covariance: { ...SAMPLE, kind: 'unbiased' } };
  const portfolio = figure(edhec(100, [0, 1, 2]), Float64Array.of(0.3, 0.4, 0.3), unbiased);
  assert.equal(six(portfolio.var), '0.012916', 'its portfolio figure takes cov(), with divisor n - 1');
});

test('parametric figures are those of McNeil, Frey and Embrechts (2005), examples 2.14 and 2.18, and of the t table', () => {
  near(tailMultiples(GAUSSIAN, 0.05).var, 1.645, 1e-3);
  near(tailMultiples(GAUSSIAN, 0.01).es, 2.665, 1e-3);
  near(tailMultiples(GAUSSIAN, 0.05).es, normalPdf(normalQuantile(0.05)) / 0.05, 1e-14);
  const { var: four, es } = tailMultiples({ kind: 'student-t', df: 4 }, 0.01);
  near(four, 3.7469473879791968 / Math.SQRT2, 1e-12, 'the table has 3.747 for df 4');
  near(es / four, 1.3935, 1e-3, 'fatter than the normal ratio of 1.146');
  const many = tailMultiples({ kind: 'student-t', df: 1e7 }, 0.01);
  near(many.var, tailMultiples(GAUSSIAN, 0.01).var, 1e-6, 'df to infinity');
  near(many.es, tailMultiples(GAUSSIAN, 0.01).es, 1e-6, 'df to infinity');
});

test("Student's ES is the integral of its quantiles", () => {
  for (const df of [2.5, 4, 11]) {
    const steps = 20_000;
    let sum = 0;
    // u = 0.025 v^4 takes the pole at 0 away
    for (let k = 0; k < steps; k++) {
      const v = (k + 0.5) / steps;
      sum += (tailMultiples({ kind: 'student-t', df }, 0.025 * v ** 4).var * 4 * v ** 3) / steps;
    }
    near(tailMultiples({ kind: 'student-t', df }, 0.025).es, sum, 1e-4, `df ${df}`);
  }
});

test('historical figures are what sorting by hand gives', () => {
  const returns = [-0.05, 0.01, -0.01, 0.02, -0.03, 0.04, 0, 0.005, -0.02, 0.03, 0.015];
  const { var: loss, es } = figure(
    scenariosOf(returns),
    Float64Array.of(1000),
    { method: 'historical' },
    { confidence: 0.8 },
  );
  near(loss, 20, 1e-12, 'third worst of eleven');
  near(es, 40, 1e-12, 'mean of -50 and -30');
});

test('age-weighted: a recent loss counts for (1-d)/(1-d^n) of the weight, an old one for hardly any', () => {
  const n = 100;
  const returns = Array.from({ length: n }, (_, t) => 0.001 * (((t * 37) % n) + 1));
  returns[n - 1] = -0.1;
  returns[0] = -0.2;
  const recent = figure(scenariosOf(returns), ONE, { method: 'age-weighted', decay: 0.9 }, { confidence: 0.95 });
  assert.ok(
    recent.var > 0.09 && recent.var < 0.101 && recent.es > 0.09 && recent.es < 0.101,
    `${recent.var}, ${recent.es}`,
  );
  const old = [...returns].reverse();
  old[n - 1] = 0.01;
  old[0] = -0.1;
  assert.ok(figure(scenariosOf(old), ONE, { method: 'age-weighted', decay: 0.9 }).var < 0, 'an old one hardly any');
});

test('decay to 1: age-weighted is plain historical', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const scenarios = randomScenarios(seed, 3, 80 + seed);
    const x = randomExposures(seed, 3);
    const plain = figure(scenarios, x, { method: 'historical' });
    const same = figure(scenarios, x, { method: 'age-weighted', decay: 1 });
    near(same.var, plain.var, 1e-10);
    near(same.es, plain.es, 1e-10);
    near(figure(scenarios, x, { method: 'age-weighted', decay: 1 - 1e-9 }).var, plain.var, 1e-5);
  }
});

test('constant volatility: filtered is plain historical', () => {
  const steady = scenariosOf(Array.from({ length: 60 }, (_, t) => ((t * 7) % 3 === 0 ? -0.01 : 0.01)));
  near(
    figure(steady, ONE, { method: 'filtered', lambda: 0.94 }).var,
    figure(steady, ONE, { method: 'historical' }).var,
    1e-12,
  );
  const scenarios = randomScenarios(9, 3, 120);
  const x = randomExposures(9, 3);
  assert.equal(
    figure(scenarios, x, { method: 'filtered', lambda: 1 }).var,
    figure(scenarios, x, { method: 'historical' }).var,
  );
});

test('filtered: volatility that has doubled doubles old losses', () => {
  const returns = Array.from({ length: 400 }, (_, t) => (t < 200 ? 0.01 : 0.02) * (t % 2 === 0 ? 1 : -1));
  const { var: loss } = figure(scenariosOf(returns), ONE, { method: 'filtered', lambda: 0.9 }, { confidence: 0.6 });
  near(loss, 0.02, 1e-3, 'plain gives 0.01');
  near(figure(scenariosOf(returns), ONE, { method: 'historical' }, { confidence: 0.6 }).var, 0.02, 0.6);
});

test('Cornish-Fisher without skewness and kurtosis is the normal figure', () => {
  // m2 = 1 and m4 = 3, as the normal has them
  const symmetric = [-Math.sqrt(3), 0, 0, 0, 0, Math.sqrt(3)].map((value) => value * 0.01);
  const modified = figure(scenariosOf(symmetric), ONE, { method: 'cornish-fisher' });
  const normal = figure(scenariosOf(symmetric), ONE, PARAMETRIC);
  near(modified.var, normal.var, 1e-12);
  near(modified.es, normal.es, 1e-12);
});

test("modified ES is Boudt, Peterson and Croux's: the mean of the Edgeworth density below the modified quantile", () => {
  const scenarios = randomScenarios(77, 1, 300);
  const { skewness: s, excessKurtosis: k, mean, deviation } = moments(scenarios.returns);
  const { var: loss, es } = figure(scenarios, ONE, { method: 'cornish-fisher' });
  const h = (-loss - mean) / deviation;
  let sum = 0;
  const step = 1e-4;
  for (let t = h - step / 2; t > -12; t -= step) {
    const third = t ** 3 - 3 * t;
    const fourth = t ** 4 - 6 * t * t + 3;
    const sixth = t ** 6 - 15 * t ** 4 + 45 * t * t - 15;
    sum += t * normalPdf(t) * (1 + (s / 6) * third + (k / 24) * fourth + ((s * s) / 72) * sixth) * step;
  }
  assert.ok(Math.abs(k) > 0.3, `a case with tails: ${k}`);
  near(es, Math.max(loss, -mean - (deviation * sum) / 0.05), 1e-6);
});

test('Monte Carlo comes to the parametric figure within its standard errors, Gaussian and Student', () => {
  const scenarios = randomScenarios(4, 8, 250);
  const x = randomExposures(4, 8);
  for (const distribution of [GAUSSIAN, { kind: 'student-t', df: 5 } as const]) {
    const exact = figure(scenarios, x, { method: 'parametric', covariance: SAMPLE, distribution });
    let outside = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const drawn = figure(scenarios, x, {
        method: 'monte-carlo',
        covariance: SAMPLE,
        distribution,
        paths: 8000,
        seed,
      });
      const { var: error, es: esError } = drawn.standardError!;
      assert.ok(error > 0 && error < 0.05 * exact.var, `a standard error that says something: ${error}`);
      assert.ok(Math.abs(drawn.var - exact.var) < 4.5 * error, `seed ${seed}: ${drawn.var}, ${exact.var} +- ${error}`);
      assert.ok(Math.abs(drawn.es - exact.es) < 5 * esError, `seed ${seed}: ${drawn.es}, ${exact.es} +- ${esError}`);
      if (Math.abs(drawn.var - exact.var) > 2 * error) outside++;
    }
    assert.ok(outside <= 3, `${outside} of 12 beyond two standard errors`);
  }
});

test('the same seed gives the same figure, another one another', () => {
  const scenarios = randomScenarios(4, 3, 100);
  const x = randomExposures(4, 3);
  const drawn = (seed: number): number =>
    figure(scenarios, x, { method: 'monte-carlo', covariance: SAMPLE, distribution: GAUSSIAN, paths: 500, seed }).var;
  assert.equal(drawn(3), drawn(3));
  assert.notEqual(drawn(3), drawn(4));
});

test('Monte Carlo with more instruments than observations says the rank and agrees with the parametric figure', () => {
  const scenarios = randomScenarios(14, 40, 20);
  const x = randomExposures(14, 40);
  const drawn = figure(scenarios, x, {
    method: 'monte-carlo',
    covariance: SAMPLE,
    distribution: GAUSSIAN,
    paths: 20_000,
    seed: 5,
  });
  assert.match(drawn.notes.join(), /rank 19 of 40/);
  near(drawn.var, figure(scenarios, x, PARAMETRIC).var, 0.05);
});

for (const method of EVERY_METHOD) {
  test(`${describe(method)}: ES is at least VaR, more confidence is more loss, figures scale with positions and sqrt(h)`, () => {
    for (let seed = 1; seed <= 8; seed++) {
      const scenarios = randomScenarios(seed, 4, 150);
      const x = randomExposures(seed + 100, 4);
      const base = figure(scenarios, x, method);
      assert.ok(base.es >= base.var);
      const higher = figure(scenarios, x, method, { confidence: 0.97 });
      assert.ok(higher.var >= base.var && higher.es >= base.es, `seed ${seed}`);
      const large = figure(
        scenarios,
        x.map((one) => one * 1024),
        method,
      );
      assert.equal(large.var, base.var * 1024);
      assert.equal(large.es, base.es * 1024);
      near(
        figure(
          scenarios,
          x.map((one) => one * 3e9),
          method,
        ).var,
        base.var * 3e9,
        1e-12,
      );
      const tenDays = figure(scenarios, x, method, { horizonDays: 10 });
      near(tenDays.var, base.var * Math.sqrt(10), 1e-14);
      near(tenDays.es, base.es * Math.sqrt(10), 1e-14);
      const last = figure(scenarios, x, method, { window: 90 });
      assert.equal(last.observations, 90);
      const cut = { instruments: 4, observations: 90, returns: lastReturns(scenarios, 90) };
      assert.equal(last.var, figure(cut, x, method).var);
    }
  });
}

function lastReturns({ observations, returns }: Scenarios, count: number): Float64Array {
  return Float64Array.from(
    [0, 1, 2, 3].flatMap((i) => [...returns.subarray((i + 1) * observations - count, (i + 1) * observations)]),
  );
}

test('ES is sub-additive on random portfolios: historical, age-weighted, parametric, Monte Carlo', () => {
  const methods = EVERY_METHOD.filter(({ method }) =>
    ['historical', 'age-weighted', 'parametric', 'monte-carlo'].includes(method),
  );
  for (const method of methods) {
    for (let seed = 1; seed <= 25; seed++) {
      const scenarios = randomScenarios(seed, 5, 60 + seed);
      const [a, b] = [randomExposures(2 * seed, 5), randomExposures(2 * seed + 1, 5)];
      const of = (x: Float64Array): number => figure(scenarios, x, method).es;
      const both = of(a.map((one, i) => one + b[i]));
      assert.ok(both <= of(a) + of(b) + 1e-12, `${describe(method)}, seed ${seed}`);
    }
  }
});

test('overlapping returns compound, and of an untrending series they give about the sqrt(h) figure', () => {
  const three = overlapping(scenariosOf([0.1, -0.2, 0.3, 0.05]), 3);
  assert.ok('returns' in three);
  near(three.returns[0], 1.1 * 0.8 * 1.3 - 1, 1e-14);
  near(three.returns[1], 0.8 * 1.3 * 1.05 - 1, 1e-14);
  const scenarios = randomScenarios(8, 2, 3000);
  const x = Float64Array.of(1, -0.5);
  const rule = figure(scenarios, x, PARAMETRIC, { horizonDays: 5 });
  const direct = figure(scenarios, x, PARAMETRIC, { horizonDays: 5, horizonRule: 'overlapping' });
  assert.equal(direct.observations, 2996);
  near(direct.var, rule.var, 0.15);
});

test('a hedged book has no risk, not a rounding error of it', () => {
  const scenarios = randomScenarios(5, 1, 100);
  const twin = {
    instruments: 2,
    observations: 100,
    returns: Float64Array.of(...scenarios.returns, ...scenarios.returns),
  };
  for (const method of EVERY_METHOD) {
    if ('covariance' in method && method.covariance.kind.startsWith('ledoit')) continue; // shrunk: no twins any more
    if (method.method === 'monte-carlo') continue; // below: exact to rounding only
    const { var: loss, es } = figure(
      twin,
      netExposures(
        [
          { instrument: 0, exposure: 1e6 },
          { instrument: 1, exposure: -1e6 },
        ],
        2,
      ),
      method,
    );
    assert.equal(loss, 0, describe(method));
    assert.equal(es, 0, describe(method));
  }
});
