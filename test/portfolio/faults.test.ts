/** Bad input: the figure is right, or there is none and a reason; never NaN, never a 0 by accident. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { portfolioRisk, RiskCalculator } from '../../src/portfolio/methods/risk.ts';
import type { Scenarios } from '../../src/portfolio/methods/scenarios.ts';
import type { MethodSettings } from '../../src/portfolio/methods/settings.ts';
import { describe, EVERY_METHOD, randomScenarios, scenariosOf, settings } from './support.ts';

const SEED = 20261122;
const ROUNDS = 4000;

/** Monte Carlo with few paths: thousands of models are made here. */
const METHODS: readonly MethodSettings[] = EVERY_METHOD.map((method) =>
  method.method === 'monte-carlo' ? { ...method, paths: 100 } : method,
);

function reasonOf(scenarios: Scenarios, exposures: readonly number[], method: MethodSettings): string {
  const result = portfolioRisk(scenarios, Float64Array.from(exposures), settings(method));
  return result.available ? 'available' : result.reason;
}

for (const method of METHODS) {
  test(`${describe(method)}: each kind of bad input has its reason`, () => {
    const good = [0.01, -0.02, 0.015, 0.003, -0.007];
    assert.equal(reasonOf(scenariosOf(good), [1], method), 'available');
    assert.equal(reasonOf(scenariosOf(), [], method), 'no-instruments');
    assert.equal(reasonOf(scenariosOf([0.01]), [1], method), 'too-few-observations');
    assert.equal(reasonOf(scenariosOf([]), [1], method), 'too-few-observations');
    assert.equal(reasonOf(scenariosOf([0.01, Number.NaN, 0.02]), [1], method), 'bad-return');
    assert.equal(reasonOf(scenariosOf([0.01, Number.POSITIVE_INFINITY, 0.02]), [1], method), 'bad-return');
    assert.equal(reasonOf(scenariosOf(good), [Number.NaN], method), 'bad-position');
    assert.equal(reasonOf(scenariosOf(good), [Number.NEGATIVE_INFINITY], method), 'bad-position');
    assert.equal(reasonOf(scenariosOf(good), [1, 1], method), 'bad-position');
    assert.equal(reasonOf(scenariosOf([0, 0, 0, 0]), [1], method), 'zero-variance');
    assert.equal(reasonOf(scenariosOf([0.1, 0.1, 0.1]), [1], method), 'zero-variance');
    assert.equal(reasonOf(scenariosOf(good, [0, 0, 0, 0, 0]), [0, 5], method), 'zero-variance');
    assert.equal(reasonOf(scenariosOf(good.map((one) => one * 1e10)), [1e308], method), 'overflow');
  });

  test(`${describe(method)}: no position, no risk; cash beside stocks adds none and is noted`, () => {
    const good = [0.01, -0.02, 0.015, 0.003, -0.007];
    const flat = portfolioRisk(scenariosOf(good), Float64Array.of(0), settings(method));
    assert.ok(flat.available);
    assert.ok(Object.is(flat.var, 0) && Object.is(flat.es, 0));
    if ('covariance' in method && method.covariance.kind.startsWith('ledoit')) return; // shrinks towards some variance
    const alone = portfolioRisk(scenariosOf(good), Float64Array.of(7), settings(method));
    const withCash = portfolioRisk(scenariosOf(good, [0, 0, 0, 0, 0]), Float64Array.of(7, 100), settings(method));
    assert.ok(alone.available && withCash.available);
    assert.ok(Math.abs(alone.var - withCash.var) < 1e-12 * Math.abs(alone.var));
    assert.match(withCash.notes.join(), /1 of the instruments held never moved/);
  });
}

test('Cornish-Fisher refuses a shape that its expansion is no quantile of', () => {
  const crash = [...Array.from({ length: 60 }, (_, t) => 0.001 * ((t % 7) - 3)), -0.9];
  assert.equal(reasonOf(scenariosOf(crash), [1], { method: 'cornish-fisher' }), 'expansion-domain');
  assert.equal(reasonOf(scenariosOf(crash), [1], { method: 'historical' }), 'available');
});

test('settings out of range are mistakes of one line', () => {
  const scenarios = randomScenarios(1, 1, 20);
  const wrong = [
    { confidence: 1 },
    { confidence: 95 },
    { confidence: Number.NaN },
    { horizonDays: 0 },
    { horizonDays: 1.5 },
    { window: 0 },
  ];
  for (const rest of wrong) {
    assert.throws(() => new RiskCalculator(scenarios, settings({ method: 'historical' }, rest)), { code: 'USAGE' });
  }
  assert.throws(() => new RiskCalculator(scenarios, settings({ method: 'age-weighted', decay: 0 })), { code: 'USAGE' });
});

/** Values that break arithmetic, beside ordinary ones. */
const AWKWARD = [0, -0, 1e-320, 1e-170, 1e-12, 1, -1, 1e12, 1e154, 1e200, 1.7e308, -1.7e308];
const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function fuzzedValue(random: Prng, scale: number, wildness: number): number {
  const die = random.below(1000);
  if (die < wildness) return AWKWARD[random.below(AWKWARD.length)];
  if (die < wildness + 2) return NOT_FINITE[random.below(NOT_FINITE.length)];
  return (random.unit() + random.unit() - 1) * scale;
}

function fuzzedScenarios(random: Prng): Scenarios {
  const instruments = random.below(5);
  const observations = [0, 1, 2, 3, 10, 40][random.below(6)];
  const scale = [0.01, 0.01, 0.01, 1e-160, 1e150][random.below(5)];
  const wildness = [0, 0, 0, 20][random.below(4)];
  const returns = new Float64Array(instruments * observations);
  for (let k = 0; k < returns.length; k++) returns[k] = fuzzedValue(random, scale, wildness);
  const kind = random.below(6);
  if (instruments > 1 && kind === 0) returns.copyWithin(observations, 0, observations); // singular
  if (instruments > 0 && kind === 1) returns.fill(random.below(2) * 0.01, 0, observations); // stuck
  return { instruments, observations, returns };
}

test(`${ROUNDS} fuzzed inputs: finite figures with ES at least VaR, between the worst and the best case, or a reason (seed ${SEED})`, () => {
  const random = new Prng(SEED);
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const scenarios = fuzzedScenarios(random);
    const scale = [1, 1, 1e9, 1e-200, 1e300][random.below(5)];
    const exposures = Float64Array.from({ length: scenarios.instruments }, () => fuzzedValue(random, scale, 10));
    const method = METHODS[random.below(METHODS.length)];
    const result = portfolioRisk(scenarios, exposures, settings(method));
    const where = `round ${round}, seed ${SEED}, ${describe(method)}`;
    seen.set(
      result.available ? 'available' : result.reason,
      (seen.get(result.available ? 'available' : result.reason) ?? 0) + 1,
    );
    if (!result.available) {
      assert.ok(result.detail.length > 10 && !result.detail.includes('\n'), where);
      continue;
    }
    assert.ok(Number.isFinite(result.var) && Number.isFinite(result.es), where);
    assert.ok(result.es >= result.var - 1e-12 * Math.abs(result.var), `${where}: ${result.es} < ${result.var}`);
    checkAgainstPnl(scenarios, exposures, method, result, where);
  }
  for (const reason of [
    'available',
    'too-few-observations',
    'bad-return',
    'bad-position',
    'zero-variance',
    'overflow',
    'no-instruments',
  ]) {
    assert.ok((seen.get(reason) ?? 0) > 5, `${reason} is among the cases: ${JSON.stringify([...seen])}`);
  }
});

/** Historical figures lie within the P&L seen; a figure of 0 is of a P&L that is 0 or hedged to the last bit. */
function checkAgainstPnl(
  { instruments, observations, returns }: Scenarios,
  exposures: Float64Array,
  { method }: MethodSettings,
  result: { readonly var: number; readonly es: number },
  where: string,
): void {
  const pnl = Array.from({ length: observations }, (_, t) => {
    let sum = 0;
    for (let i = 0; i < instruments; i++) sum += exposures[i] * returns[i * observations + t];
    return sum;
  });
  const worst = Math.min(...pnl);
  const best = Math.max(...pnl);
  if (!Number.isFinite(worst) || !Number.isFinite(best)) return; // only the sum is beyond float64 here
  const slack = 1e-9 * Math.max(Math.abs(worst), Math.abs(best));
  if (method === 'historical' || method === 'age-weighted') {
    assert.ok(
      -result.es >= worst - slack && -result.var <= best + slack,
      `${where}: ${result.var}, ${worst} .. ${best}`,
    );
  }
  if (result.var === 0 && result.es === 0 && best - worst > 1e-300)
    assert.fail(`${where}: 0 for a P&L of ${worst} .. ${best}`);
}
