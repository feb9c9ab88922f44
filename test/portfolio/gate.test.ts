import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectCode } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { DRAWDOWN } from '../../src/portfolio/live/gate.ts';
import { portfolioModel } from '../../src/portfolio/live/model.ts';
import { FIGURES, Figure, PortfolioState } from '../../src/portfolio/live/portfolio-state.ts';
import { portfolioRisk } from '../../src/portfolio/methods/risk.ts';
import type { MethodSettings } from '../../src/portfolio/methods/settings.ts';
import { desk, fuzzGate, limit, NONE, source, stateOf } from '../support/gate-scene.ts';

const COVARIANCE = { kind: 'sample', lambda: 0.94, mean: 'sample' } as const;
const METHODS: readonly MethodSettings[] = [
  { method: 'historical' },
  { method: 'age-weighted', decay: 0.97 },
  { method: 'filtered', lambda: 0.94 },
  { method: 'parametric', covariance: COVARIANCE, distribution: { kind: 'gaussian' } },
  { method: 'cornish-fisher' },
  { method: 'monte-carlo', covariance: COVARIANCE, distribution: { kind: 'student-t', df: 6 }, paths: 2000, seed: 3 },
];

function near(actual: number, expected: number, scale: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * scale, `${what}: ${actual}, expected ${expected}`);
}

for (const method of METHODS) {
  test(`${method.method}: the state's figures are those of the library, with and without a candidate`, (t) => {
    const seed = 19;
    t.diagnostic(`seed ${seed}`);
    const one = source(method, seed, { horizonDays: 4 });
    const state = stateOf(one);
    const prng = new Prng(seed);
    const qty = new Float64Array(5);
    const price = new Float64Array(5).fill(100);
    const figures = new Float64Array(FIGURES);
    for (let step = 0; step < 300; step++) {
      const i = prng.below(5);
      if (prng.below(2) === 0) qty[i] = prng.below(2001) - 1000;
      else price[i] *= 1 + (prng.unit() - 0.5) * 0.02;
      state.set(i, Float64Array.of(qty[i], price[i], 2), 0);
      if (step % 3 === 0) state.settle(step);
      if (step < 20 || step % 11 !== 0) continue;
      const library = (exposures: Float64Array) => {
        const result = portfolioRisk(one.scenarios, exposures, one.settings);
        assert.ok(result.available, JSON.stringify(result));
        return result;
      };
      const values = qty.map((q, k) => q * price[k] * 2);
      state.read(figures);
      const scale = 1e6;
      near(figures[Figure.Var], library(values).var, scale, `VaR at ${step}`);
      near(figures[Figure.Es], library(values).es, scale, `ES at ${step}`);
      const gross = values.reduce((sum, value) => sum + Math.abs(value), 0);
      near(figures[Figure.Gross], gross, scale, 'gross');
      near(
        figures[Figure.Net],
        values.reduce((sum, value) => sum + value, 0),
        scale,
        'net',
      );
      const tech = Math.abs(values[0]) + Math.abs(values[1]);
      near(figures[Figure.SectorGross], Math.max(tech, Math.abs(values[2])), scale, 'sector');
      near(figures[Figure.Concentration], Math.max(...values.map(Math.abs)) / gross, 1, 'concentration');
      const losses = [0.1 * values.reduce((sum, value) => sum + value, 0), -0.3 * values[2], 0];
      near(figures[Figure.StressLoss], Math.max(...losses), scale, 'stress');
      const more = values.map((value, k) => (k === i ? value + 50 * price[i] * 2 : value));
      state.readWith(i, Float64Array.of(50), figures);
      near(figures[Figure.Var], library(more).var, scale, `candidate's VaR at ${step}`);
      near(
        figures[Figure.Gross],
        more.reduce((sum, value) => sum + Math.abs(value), 0),
        scale,
        "candidate's gross",
      );
    }
  });
}

test('a hard limit refuses what adds to the figure and lets through what lowers it', () => {
  const { state, gate, answer } = desk([limit(Figure.Var, 40, RejectCode.VarLimit)]);
  answer(0);
  const check = (instrument: number, units: number) =>
    gate.check(state, instrument, Float64Array.of(units), Float64Array.of(10));
  assert.equal(check(0, 10), RejectCode.None);
  assert.equal(check(0, 1000), RejectCode.VarLimit);
  assert.ok(gate.lastValue > 40 && gate.lastLimit === 40);
  // Beyond the limit already, because the market moved: what lowers it passes, what raises it does not.
  state.set(0, Float64Array.of(500, 10, 1), 0);
  assert.equal(check(0, -100), RejectCode.None);
  assert.equal(check(0, 1), RejectCode.VarLimit);
  assert.equal(check(0, -1100), RejectCode.VarLimit, 'through flat to a larger short');
});

test('each figure has its limit and its code', () => {
  const cases: readonly (readonly [number, number, RejectCode])[] = [
    [Figure.Es, 60, RejectCode.EsLimit],
    [Figure.StressLoss, 120, RejectCode.StressLimit],
    [Figure.Gross, 1100, RejectCode.PortfolioGross],
    [Figure.Net, 1100, RejectCode.PortfolioNet],
    [Figure.SectorGross, 1100, RejectCode.SectorLimit],
    [Figure.Delta, 1100, RejectCode.DeltaLimit],
  ];
  for (const [figure, hard, code] of cases) {
    const { state, gate, answer } = desk([limit(figure, hard, code)]);
    answer(0);
    assert.equal(gate.check(state, 0, Float64Array.of(1), Float64Array.of(0)), RejectCode.None, `${figure}`);
    assert.equal(gate.check(state, 0, Float64Array.of(500), Float64Array.of(0)), code, `${figure}`);
    assert.equal(gate.check(state, 0, Float64Array.of(-50), Float64Array.of(0)), RejectCode.None, `${figure}`);
  }
  const { state, gate, answer } = desk([limit(Figure.Concentration, 0.6, RejectCode.ConcentrationLimit)]);
  answer(0);
  assert.equal(gate.check(state, 0, Float64Array.of(1), Float64Array.of(0)), RejectCode.ConcentrationLimit);
  assert.equal(gate.check(state, 3, Float64Array.of(90), Float64Array.of(0)), RejectCode.None);
  assert.equal(gate.check(state, 3, Float64Array.of(200), Float64Array.of(0)), RejectCode.ConcentrationLimit);
});

test('a drawdown beyond its limit refuses what adds to the exposure', () => {
  const { state, gate, answer } = desk([limit(DRAWDOWN, 50, RejectCode.PortfolioDrawdown)]);
  answer(0);
  assert.equal(gate.check(state, 0, Float64Array.of(10), Float64Array.of(0)), RejectCode.None);
  gate.drawdown[0] = 51;
  assert.equal(gate.check(state, 0, Float64Array.of(10), Float64Array.of(0)), RejectCode.PortfolioDrawdown);
  assert.equal(gate.check(state, 0, Float64Array.of(-10), Float64Array.of(0)), RejectCode.None);
});

test('without figures, with old ones, and with what can not be valued, everything is refused', () => {
  const { state, gate, answer } = desk([limit(Figure.Var, 1e9, RejectCode.VarLimit)]);
  const at = (ns: number, instrument = 0) => gate.check(state, instrument, Float64Array.of(-1), Float64Array.of(ns));
  assert.equal(at(0), RejectCode.RiskUnavailable, 'never answered');
  answer(100);
  assert.equal(at(1100), RejectCode.None);
  assert.equal(at(1101), RejectCode.RiskUnavailable, 'too old');
  assert.equal(at(Number.NaN), RejectCode.RiskUnavailable, 'no time');
  assert.equal(at(1100, 4), RejectCode.RiskUnavailable, 'E has no price');
  state.set(4, Float64Array.of(5, Number.NaN, 1), 0);
  assert.equal(at(1100), RejectCode.RiskUnavailable, 'a position without a price');
  assert.match(state.problemTexts().join(), /E: no price, or too large/);
  state.set(4, Float64Array.of(0, Number.NaN, 1), 0);
  answer(1100);
  assert.equal(at(1100), RejectCode.None);
});

test('soft levels warn once per crossing', () => {
  const { state, gate, answer } = desk([limit(Figure.Gross, NONE, RejectCode.PortfolioGross, 1500)]);
  const seen: number[] = [];
  const review = () => gate.review(0.9, (_, value) => seen.push(value));
  for (const units of [100, 160, 170, 145, 151, 100, 155]) {
    state.set(0, Float64Array.of(units, 10, 1), 0);
    answer(0);
    review();
  }
  assert.deepEqual(seen, [1600, 1550]);
});

test('no order passes on a bad figure, whatever is fed in', (t) => {
  const seed = 101;
  t.diagnostic(`seed ${seed}`);
  const passed = fuzzGate(seed, 20_000);
  assert.ok(passed > 20, `${passed} passed: the test looks at something`);
});

test('many instruments are not summed up anew at every request, and the figures do not drift', () => {
  const instruments = 40;
  const names = Array.from({ length: instruments }, (_, i) => `S${i}`);
  const prng = new Prng(5);
  const returns = new Float64Array(instruments * 50).map(() => (prng.unit() - 0.5) * 0.04);
  const scenarios = { instruments, observations: 50, returns };
  const base = source({ method: 'historical' }, 1);
  const state = new PortfolioState(portfolioModel({ ...base, names, scenarios, columns: {}, sectors: {}, stress: [] }));
  for (const [i, name] of names.entries()) state.define(i, name);
  for (let i = 0; i < instruments; i++) state.set(i, Float64Array.of(1 + i, 100, 1), 0);
  let rebuilds = 0;
  const rebuild = state.rebuild.bind(state);
  state.rebuild = () => {
    rebuilds++;
    rebuild();
  };
  for (let number = 1; number <= 2048; number++) {
    state.set(number % instruments, Float64Array.of(prng.unit() * 1000 - 500, 100 + prng.unit(), 1), 0);
    state.settle(number);
  }
  assert.equal(rebuilds, 2);
  state.set(0, Float64Array.of(1e8, 100, 1), 0);
  state.settle(2049);
  state.set(0, Float64Array.of(1, 100, 1), 0);
  state.settle(2050);
  assert.equal(rebuilds, 4, 'what is so large that its rounding would be seen');
  for (let number = 2051; number < 2500; number++) {
    state.set(number % instruments, Float64Array.of(prng.unit() * 1000 - 500, 100 + prng.unit(), 1), 0);
    state.settle(number);
  }
  const kept = new Float64Array(FIGURES);
  state.read(kept);
  rebuild();
  const anew = new Float64Array(FIGURES);
  state.read(anew);
  for (let k = 0; k < FIGURES; k++) near(kept[k], anew[k], 1e5, `figure ${k}`);
});

test('an instrument whose history never moves has no figure: the gate is closed to it', () => {
  for (const method of METHODS) {
    const one = source(method, 3);
    const { instruments, observations } = one.scenarios;
    const returns = Float64Array.from(one.scenarios.returns).fill(0, 0, observations);
    const state = stateOf({ ...one, scenarios: { instruments, observations, returns } });
    for (const i of [0, 1]) state.set(i, Float64Array.of(0, 10, 1), 0);
    const out = new Float64Array(FIGURES);
    state.readWith(0, Float64Array.of(5), out);
    assert.ok(out.every(Number.isNaN), method.method);
    state.readWith(1, Float64Array.of(5), out);
    assert.ok(Number.isFinite(out[Figure.Gross]), method.method);
    state.set(0, Float64Array.of(5, 10, 1), 0);
    state.read(out);
    assert.ok(out.every(Number.isNaN), method.method);
  }
});
