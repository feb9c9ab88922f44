import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { americanGreeks, americanValue } from '../../src/portfolio/derivatives/american.ts';
import {
  europeanGreeks,
  europeanValue,
  type Greeks,
  type OptionInputs,
  type OptionRight,
} from '../../src/portfolio/derivatives/black-scholes.ts';
import { impliedVolatility } from '../../src/portfolio/derivatives/implied-volatility.ts';

/** right, spot, strike, years, rate, carry, volatility */
type Row = readonly [OptionRight, number, number, number, number, number, number];

function inputs([right, spot, strike, years, rate, carry, volatility]: Row): OptionInputs {
  return { right, spot, strike, years, rate, carry, volatility };
}

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);
}

function randomOption(prng: Prng): OptionInputs {
  const rate = prng.unit() * 0.12;
  return {
    right: prng.below(2) === 0 ? 'call' : 'put',
    spot: 50 + prng.unit() * 100,
    strike: 60 + prng.unit() * 80,
    years: 0.05 + prng.unit() * 1.5,
    rate,
    carry: prng.below(3) === 0 ? 0 : rate - prng.unit() * 0.1,
    volatility: 0.08 + prng.unit() * 0.6,
  };
}

test("European values are those of Haug's examples (2007, chapter 1)", () => {
  const examples: readonly (readonly [Row, number, string])[] = [
    [['call', 60, 65, 0.25, 0.08, 0.08, 0.3], 2.1334, 'Black-Scholes'],
    [['put', 100, 95, 0.5, 0.1, 0.05, 0.2], 2.4648, 'Merton, dividend yield 5 %'],
    [['call', 19, 19, 0.75, 0.1, 0, 0.28], 1.7011, 'Black-76'],
    [['put', 19, 19, 0.75, 0.1, 0, 0.28], 1.7011, 'Black-76'],
    [['call', 1.56, 1.6, 0.5, 0.06, -0.02, 0.12], 0.0291, 'Garman-Kohlhagen'],
    [['put', 75, 70, 0.5, 0.1, 0.05, 0.35], 4.087, 'generalised'],
  ];
  for (const [row, expected, name] of examples) near(europeanValue(inputs(row)), expected, 5.1e-5, name);
});

test("greeks are those of Haug's examples (2007, chapter 2)", () => {
  near(europeanGreeks(inputs(['call', 105, 100, 0.5, 0.1, 0, 0.36])).delta, 0.5946, 5.1e-5, 'delta of a call');
  near(europeanGreeks(inputs(['put', 105, 100, 0.5, 0.1, 0, 0.36])).delta, -0.3566, 5.1e-5, 'delta of a put');
  near(europeanGreeks(inputs(['call', 55, 60, 0.75, 0.1, 0.1, 0.3])).gamma, 0.0278, 5.1e-5, 'gamma');
  near(europeanGreeks(inputs(['call', 55, 60, 0.75, 0.105, 0.0695, 0.3])).vega, 18.5027, 5.1e-5, 'vega');
  near(europeanGreeks(inputs(['put', 430, 405, 0.0833, 0.07, 0.02, 0.2])).theta, -31.1924, 6e-3, 'theta');
  near(europeanGreeks(inputs(['call', 72, 75, 1, 0.09, 0.09, 0.19])).rho, 38.7325, 5.1e-5, 'rho');
});

test("American values are those of Barone-Adesi and Whaley's table for options on futures (rate 10 %, strike 100)", () => {
  const table: readonly (readonly [number, number, number, number, number])[] = [
    // years, volatility, call at 90, 100, 110
    [0.1, 0.15, 0.0206, 1.8771, 10.0089],
    [0.1, 0.25, 0.3159, 3.128, 10.3919],
    [0.1, 0.35, 0.9495, 4.3777, 11.1679],
    [0.5, 0.15, 0.8208, 4.0842, 10.8087],
    [0.5, 0.25, 2.7437, 6.8015, 13.017],
    [0.5, 0.35, 5.0063, 9.5106, 15.5689],
  ];
  for (const [years, volatility, ...expected] of table) {
    for (const [i, spot] of [90, 100, 110].entries()) {
      const option = inputs(['call', spot, 100, years, 0.1, 0, volatility]);
      // The table's critical prices are not iterated to the end: near them its values are up to 0.003 higher.
      near(americanValue(option), expected[i], 3e-3, `${spot}, ${years} years, ${volatility}`);
    }
  }
});

test('puts and calls are in parity, and European values rise with volatility', (t) => {
  const seed = 3;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  for (let i = 0; i < 2000; i++) {
    const option = randomOption(prng);
    const call = europeanValue({ ...option, right: 'call' });
    const put = europeanValue({ ...option, right: 'put' });
    const { spot, strike, years, rate, carry } = option;
    const forward = spot * Math.exp((carry - rate) * years) - strike * Math.exp(-rate * years);
    near(call - put, forward, 1e-11 * (spot + strike), JSON.stringify(option));
    const more = europeanValue({ ...option, volatility: option.volatility + 0.01 });
    if (europeanGreeks(option).vega > 1e-6) assert.ok(more > europeanValue(option), JSON.stringify(option));
  }
});

test('greeks are the slopes of the value', (t) => {
  const seed = 5;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const models: readonly (readonly [(o: OptionInputs) => number, (o: OptionInputs) => Greeks, number])[] = [
    [europeanValue, europeanGreeks, 1e-6],
    [americanValue, americanGreeks, 2e-3],
  ];
  for (const [value, greeksOf, tolerance] of models) {
    for (let i = 0; i < 200; i++) {
      const option = randomOption(prng);
      const g = greeksOf(option);
      const what = JSON.stringify({ american: value === americanValue, ...option });
      const h = option.spot * 1e-4;
      const slope = (a: OptionInputs, b: OptionInputs, step: number) => (value(b) - value(a)) / step;
      const at = (change: Partial<OptionInputs>): OptionInputs => ({ ...option, ...change });
      near(g.value, value(option), 1e-12 * option.spot, `value ${what}`);
      near(g.delta, slope(at({ spot: option.spot - h }), at({ spot: option.spot + h }), 2 * h), tolerance, what);
      const dv = 1e-5;
      const { volatility, years, rate, carry } = option;
      const scale = option.spot * tolerance;
      near(
        g.vega,
        slope(at({ volatility: volatility - dv }), at({ volatility: volatility + dv }), 2 * dv),
        scale,
        what,
      );
      near(-g.theta, slope(at({ years: years - dv }), at({ years: years + dv }), 2 * dv), 10 * scale, what);
      const tilt = carry === 0 ? 0 : dv;
      const low = at({ rate: rate - dv, carry: carry - tilt });
      near(g.rho, slope(low, at({ rate: rate + dv, carry: carry + tilt }), 2 * dv), 10 * scale, what);
      if (value !== europeanValue) continue;
      const curve =
        (value(at({ spot: option.spot + h })) - 2 * g.value + value(at({ spot: option.spot - h }))) / h ** 2;
      near(g.gamma, curve, 1e-5, what);
    }
  }
});

/** The independent model: a binomial tree (Cox, Ross and Rubinstein 1979). */
function lattice(option: OptionInputs, steps: number): number {
  const { spot, strike, years, rate, carry, volatility } = option;
  const sign = option.right === 'call' ? 1 : -1;
  const dt = years / steps;
  const up = Math.exp(volatility * Math.sqrt(dt));
  const p = (Math.exp(carry * dt) - 1 / up) / (up - 1 / up);
  const discount = Math.exp(-rate * dt);
  const values = Array.from({ length: steps + 1 }, (_, i) =>
    Math.max(0, sign * (spot * up ** (2 * i - steps) - strike)),
  );
  for (let step = steps - 1; step >= 0; step--) {
    for (let i = 0; i <= step; i++) {
      const kept = discount * (p * values[i + 1] + (1 - p) * values[i]);
      values[i] = Math.max(kept, sign * (spot * up ** (2 * i - step) - strike));
    }
  }
  return values[0];
}

test('American values are near those of a binomial tree, and never below the European ones or exercise', (t) => {
  const seed = 17;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  for (let i = 0; i < 60; i++) {
    const option = randomOption(prng);
    const value = americanValue(option);
    const what = JSON.stringify(option);
    const sign = option.right === 'call' ? 1 : -1;
    assert.ok(value >= europeanValue(option) - 1e-9, what);
    assert.ok(value >= sign * (option.spot - option.strike) - 1e-9, what);
    near(value, lattice(option, 400), 0.012 * option.strike, what);
  }
});

test('implied volatility finds the volatility that made the price, or says why there is none', (t) => {
  const seed = 23;
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  for (let i = 0; i < 2000; i++) {
    const option = randomOption(prng);
    const price = europeanValue(option);
    const vega = europeanGreeks(option).vega;
    const implied = impliedVolatility(option, price);
    assert.equal(typeof implied, 'number');
    // What the price determines: a rounding of it moves the volatility by so much.
    near(implied as number, option.volatility, 1e-10 + (1e-13 * option.spot) / vega, JSON.stringify(option));
  }
  const option = inputs(['call', 100, 80, 1, 0.05, 0.05, 0]);
  assert.equal(impliedVolatility(option, 10), 'below intrinsic value');
  assert.equal(impliedVolatility(option, 101), 'above every volatility');
  assert.equal(impliedVolatility(option, Number.NaN), 'not a price');
  assert.equal(impliedVolatility({ ...option, spot: Number.NaN }, 10), 'not a price');
});

test('what makes no sense has no value, and the ends of the scale have the right one', () => {
  const option = inputs(['put', 100, 110, 0.5, 0.05, 0.02, 0.2]);
  for (const bad of [
    { spot: -1 },
    { spot: Number.NaN },
    { strike: 0 },
    { years: -1 },
    { volatility: -0.1 },
    { rate: Number.POSITIVE_INFINITY },
  ]) {
    for (const value of [europeanValue, americanValue]) assert.ok(Number.isNaN(value({ ...option, ...bad })));
    for (const greeks of [europeanGreeks, americanGreeks]) {
      assert.ok(Object.values(greeks({ ...option, ...bad })).every(Number.isNaN));
    }
  }
  assert.equal(europeanValue({ ...option, years: 0 }), 10);
  assert.equal(americanValue({ ...option, years: 0 }), 10);
  assert.equal(americanValue({ ...option, spot: 1 }), 109);
  near(europeanValue({ ...option, volatility: 0 }), 110 * Math.exp(-0.025) - 100 * Math.exp(-0.015), 1e-12, 'certain');
  assert.ok(europeanValue({ ...option, volatility: 1e-8 }) > 0);
  near(europeanValue({ ...option, right: 'call', spot: 0 }), 0, 0, 'worth nothing');
});
