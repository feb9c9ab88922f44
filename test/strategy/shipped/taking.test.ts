/** The strategies that take - order-flow imbalance, pairs, cross-venue arbitrage - on a small exchange. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectCode } from '../../../src/core/order.ts';
import { Prng } from '../../../src/core/prng.ts';
import type { AnyStrategyDefinition, Strategy } from '../../../src/strategy/api.ts';
import { SHIPPED } from '../../../src/strategy/shipped/index.ts';
import { FakeContext, valuesOf } from '../../support/fake-context.ts';

const SECOND = 1e9;

function make(name: string, changes: object): Strategy<never> {
  const definition: AnyStrategyDefinition = SHIPPED[name];
  return definition.create(valuesOf<never>(definition.parameters, changes));
}

// --- order-flow imbalance

/** Sampled thirty times with an imbalance of -1, 0, 1, ...: a deviation of about 0.8. */
function warmOfi(changes: object): { ctx: FakeContext; instrument: number } {
  const ctx = new FakeContext();
  ctx.start(make('order-flow-imbalance', { qty: '10', warmUpWindows: 30, holdSeconds: 3, ...changes }));
  const instrument = ctx.define('XYZ');
  ctx.touch(instrument, 10_000, 500, 10_002, 500);
  for (let window = 1; window <= 30; window++) {
    ctx.signalValues.imbalance = (window % 3) - 1;
    ctx.advanceTo((window + 0.5) * SECOND);
  }
  return { ctx, instrument };
}

test('an imbalance beyond the threshold opens a position with it, closed after the holding time', () => {
  for (const direction of [1, -1]) {
    const { ctx, instrument } = warmOfi({});
    assert.equal(ctx.orders.length, 0);
    ctx.signalValues.imbalance = direction * 100;
    ctx.advanceTo(31.2 * SECOND);
    ctx.settle();
    assert.equal(ctx.position(instrument).qtyLots, direction * 10);
    assert.ok(ctx.orders[0].isIoc);
    ctx.signalValues.imbalance = 0;
    ctx.advanceTo(33.9 * SECOND);
    ctx.settle();
    assert.equal(ctx.position(instrument).qtyLots, direction * 10);
    ctx.advanceTo(34.1 * SECOND);
    ctx.settle();
    assert.equal(ctx.position(instrument).qtyLots, 0);
    assert.deepEqual(ctx.sins, []);
  }
});

test('signals in the same direction add up to maxPosition, one the other way turns the position', () => {
  const { ctx, instrument } = warmOfi({ maxPosition: 2, holdSeconds: 60, halfLifeSeconds: 10_000 });
  const signal = (second: number, value: number): number => {
    ctx.signalValues.imbalance = value;
    ctx.advanceTo((second + 0.1) * SECOND);
    for (let i = 0; i < 3; i++) {
      ctx.settle();
      ctx.advanceTo(ctx.nowNs + 0.12 * SECOND);
      ctx.touch(instrument, 10_000, 500 + i, 10_002, 500);
    }
    return ctx.position(instrument).qtyLots;
  };
  assert.equal(signal(31, 50), 10);
  assert.equal(signal(32, 90), 20);
  assert.equal(signal(33, 300), 20);
  assert.equal(signal(34, -900), -10);
});

test('no entry where the spread is wide, and no order while the book is stale', () => {
  const wide = warmOfi({});
  wide.ctx.touch(wide.instrument, 9_900, 500, 10_100, 500);
  wide.ctx.signalValues.imbalance = 100;
  wide.ctx.advanceTo(31.2 * SECOND);
  assert.equal(wide.ctx.orders.length, 0);
  const { ctx, instrument } = warmOfi({});
  ctx.signalValues.imbalance = 100;
  ctx.advanceTo(31.2 * SECOND);
  ctx.settle();
  ctx.standing(instrument, true);
  ctx.advanceTo(40 * SECOND);
  assert.equal(ctx.position(instrument).qtyLots, 10, 'nothing to be done on a stale book');
  assert.deepEqual(ctx.sins, []);
  ctx.standing(instrument, false);
  ctx.settle();
  assert.equal(ctx.position(instrument).qtyLots, 0, 'closed when it is live again');
});

test('an entry that misses is tried again, not twice at once, and given up with the holding time', () => {
  const { ctx, instrument } = warmOfi({ slippageBps: 0 });
  ctx.signalValues.imbalance = 100;
  ctx.advanceTo(31.2 * SECOND);
  for (let i = 0; i < 100; i++) {
    assert.ok(ctx.open().length <= 1);
    for (const order of ctx.open()) ctx.arrive(order, RejectCode.VenueRefused);
    ctx.signalValues.imbalance = 0;
    ctx.advanceTo(ctx.nowNs + 0.05 * SECOND);
    ctx.touch(instrument, 10_000, 500 + (i % 2), 10_002, 500);
  }
  assert.ok(ctx.orders.length > 1 && ctx.orders.length < 12, `${ctx.orders.length} orders`);
  assert.equal(ctx.position(instrument).qtyLots, 0);
});

// --- pairs

interface Pair {
  ctx: FakeContext;
  /** One sample with these mids (ticks), both books two ticks wide. */
  sample(a: number, b: number): void;
}

function pair(changes: object): Pair {
  const ctx = new FakeContext();
  const values = { hedgeRatio: 1, notional: 10_000, warmUpSamples: 20, halfLifeSeconds: 1e6, cooldownSeconds: 10 };
  ctx.start(make('pairs', { ...values, ...changes }));
  const first = ctx.define('AAA');
  const second = ctx.define('BBB');
  const sample = (a: number, b: number): void => {
    const atNs = (Math.floor(ctx.nowNs / SECOND) + 1) * SECOND;
    ctx.touch(first, a - 1, 5_000, a + 1, 5_000);
    ctx.touch(second, b - 1, 5_000, b + 1, 5_000);
    ctx.advanceTo(atNs);
  };
  for (let i = 0; i < 40; i++) sample(10_000 + (i % 3) - 1, 5_000);
  return { ctx, sample };
}

test('the spread is sold when it is high, in legs of equal value, and closed when it is back', () => {
  const { ctx, sample } = pair({});
  assert.equal(ctx.orders.length, 0);
  sample(10_003, 5_000);
  ctx.settle();
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [-99, 200]);
  sample(10_002, 5_000);
  ctx.settle();
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [-99, 200]);
  sample(10_000, 5_000);
  ctx.settle();
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [0, 0]);
  assert.deepEqual(ctx.sins, []);
});

test('legs are sized by the hedge ratio', () => {
  const { ctx, sample } = pair({ hedgeRatio: 2 });
  sample(9_997, 5_000);
  ctx.settle();
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [100, -400]);
});

test('leg risk: one leg fills and the other does not, so the one is closed again and a pause is kept', () => {
  const { ctx, sample } = pair({});
  sample(10_003, 5_000);
  const settleButB = (): void => {
    for (let i = 0; i < 5; i++) {
      for (const order of ctx.open()) ctx.arrive(order, order.instrument === 1 ? RejectCode.VenueRefused : 0);
    }
  };
  settleButB();
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [-99, 0]);
  for (let i = 0; i < 3; i++) {
    sample(10_003, 5_000);
    settleButB();
  }
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [0, 0]);
  assert.ok(ctx.lines.some((line) => line.startsWith('pairs: a leg did not fill in time')));
  const { length } = ctx.orders;
  for (let i = 0; i < 5; i++) sample(10_003, 5_000);
  assert.equal(ctx.orders.length, length, 'no entry during the pause');
});

test('the rolling regression finds the ratio; a pair without a relation is not traded', () => {
  const related = pair({ hedgeRatio: 0 });
  for (let i = 0; i < 300; i++) {
    const b = 5_000 + 20 * (i % 10);
    related.sample(Math.round(10_000 * (b / 5_000) ** 1.5) + (i % 2), b);
    related.ctx.settle();
  }
  related.sample(10_002, 5_000);
  related.ctx.settle();
  const [a, b] = [related.ctx.position(0).qtyLots, related.ctx.position(1).qtyLots];
  assert.ok(a < 0 && b > 0, `${a}, ${b}`);
  assert.ok(Math.abs((b * 50) / (-a * 100) - 1.5) < 0.1, `${b * 50} per ${-a * 100}`);
  const inverse = pair({ hedgeRatio: 0 });
  for (let i = 0; i < 300; i++) inverse.sample(10_000 - 20 * (i % 10), 5_000 + 20 * (i % 10));
  assert.equal(inverse.ctx.orders.length, 0);
});

test('thresholds that can never work are refused', () => {
  assert.throws(() => make('pairs', { exitZ: 3 }), /exitZ must be below entryZ/);
});

// --- cross-venue arbitrage

const ARBITRAGE = { symbols: ['X', 'Y'], feeBps: [1, 2], minEdgeBps: 1, maxOrderNotional: 1_000, cooldownMs: 100 };

/** X in ticks of 0.01 and lots of 0.001, Y in ticks of 0.0001 and lots of 0.01. */
function venues(changes: object = {}): FakeContext {
  const ctx = new FakeContext();
  ctx.start(make('cross-venue-arbitrage', { ...ARBITRAGE, ...changes }));
  ctx.define('X', 2, 3);
  ctx.define('Y', 4, 2);
  return ctx;
}

function prices(ctx: FakeContext, x: number, y: number, qty = 100): void {
  ctx.touch(0, Math.round(x * 100) - 1, qty * 1000, Math.round(x * 100) + 1, qty * 1000);
  ctx.touch(1, Math.round(y * 1e4) - 1, qty * 100, Math.round(y * 1e4) + 1, qty * 100);
}

test('bought where it is cheap and sold where it is dear, the same quantity in both units', () => {
  const ctx = venues();
  prices(ctx, 100, 100.04);
  assert.equal(ctx.orders.length, 0, '2.9 bps apart: fees and edge take 4');
  prices(ctx, 100, 100.08);
  ctx.settle();
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [9_990, -999]);
  assert.deepEqual(
    ctx.orders.map((order) => order.avgPxTicks),
    [10_001, 1_000_799],
  );
  assert.deepEqual(ctx.sins, []);
});

test('the quantity is bounded by what both touches show', () => {
  const ctx = venues();
  prices(ctx, 100, 100.2, 3);
  ctx.settle();
  assert.deepEqual([ctx.position(0).qtyLots, ctx.position(1).qtyLots], [3_000, -300]);
});

test('inventory at every venue stays within its bound; the other way round it is worked off', () => {
  const ctx = venues({ maxPositionNotional: 2_500 });
  for (let i = 0; i < 20; i++) {
    ctx.advanceTo(ctx.nowNs + SECOND);
    prices(ctx, 100, 100.2, 50 + i);
    ctx.settle();
  }
  assert.ok(ctx.position(0).qtyLots <= 25_000 && ctx.position(0).qtyLots >= 24_900, `${ctx.position(0).qtyLots}`);
  assert.equal(ctx.position(1).qtyLots * 10, -ctx.position(0).qtyLots);
  for (let i = 0; i < 2; i++) {
    ctx.advanceTo(ctx.nowNs + SECOND);
    prices(ctx, 100.3, 100, 50 + i);
    ctx.settle();
  }
  assert.ok(ctx.position(0).qtyLots <= 6_000, `${ctx.position(0).qtyLots}`);
});

test('one leg alone: the difference is closed at the best price, and the log says so', () => {
  const ctx = venues();
  prices(ctx, 100, 100.2);
  const [buy, sell] = ctx.orders;
  ctx.arrive(sell, RejectCode.VenueTooLate);
  ctx.arrive(buy);
  assert.equal(ctx.position(0).qtyLots > 0, true);
  ctx.advanceTo(SECOND);
  prices(ctx, 100, 100.01);
  ctx.settle(); // the price at which the rest was to be sold has gone: tried again a little later, without an event
  ctx.advanceTo(2 * SECOND);
  ctx.settle();
  assert.equal(ctx.position(0).qtyLots / 1000 + ctx.position(1).qtyLots / 100, 0);
  assert.ok(ctx.lines.some((line) => line.includes('one leg filled more than the other')));
  assert.deepEqual(ctx.sins, []);
});

test('one venue that others trade against keeps its bound too', () => {
  const ctx = new FakeContext();
  ctx.start(make('cross-venue-arbitrage', { ...ARBITRAGE, symbols: ['X', 'Y', 'Z'], maxPositionNotional: 2_000 }));
  for (const symbol of ['X', 'Y', 'Z']) ctx.define(symbol, 2, 3);
  for (let i = 0; i < 12; i++) {
    ctx.advanceTo(ctx.nowNs + SECOND);
    const cheap = i % 2; // X and Y in turn, always sold at Z
    for (const instrument of [0, 1, 2]) {
      const price = instrument === 2 ? 10_050 : instrument === cheap ? 10_000 : 10_049;
      ctx.touch(instrument, price - 1, 90_000 + i, price + 1, 90_000);
    }
    ctx.settle();
    assert.ok(ctx.position(2).qtyLots >= -20_000, `${ctx.position(2).qtyLots} at Z`);
  }
  assert.ok(ctx.position(2).qtyLots < -19_000);
});

test('no new legs while one of the last is under way', () => {
  const ctx = venues({ cooldownMs: 0 });
  prices(ctx, 100, 100.2);
  ctx.arrive(ctx.orders[0]);
  ctx.advanceTo(SECOND);
  prices(ctx, 100, 100.3);
  assert.equal(ctx.orders.length, 2);
});

test('a stale or halted venue is left out', () => {
  const ctx = venues();
  ctx.standing(1, true);
  prices(ctx, 100, 100.2);
  assert.equal(ctx.orders.length, 0);
});

test('a configured group is taken by its name; without one or symbols the log says that nothing happens', () => {
  const ctx = new FakeContext();
  ctx.groups.btc = [0, 1];
  ctx.start(make('cross-venue-arbitrage', { group: 'btc', feeBps: [0] }));
  ctx.define('X', 2, 3);
  ctx.define('Y', 4, 2);
  prices(ctx, 100, 100.2);
  assert.equal(ctx.orders.length, 2);
  const idle = new FakeContext();
  idle.start(make('cross-venue-arbitrage', {}));
  assert.match(idle.lines[0], /needs a group, or two symbols/);
});

test('under random fills and refusals positions stay bounded and legs are evened out in the end', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Prng(seed);
    const ctx = venues({ maxPositionNotional: 3_000, cooldownMs: random.below(2) * 100 });
    for (let step = 0; step < 300; step++) {
      ctx.advanceTo(ctx.nowNs + random.below(200) * 1e6);
      prices(ctx, 100 + random.below(60) / 100, 100 + random.below(60) / 100, 1 + random.below(20));
      for (const order of ctx.open()) {
        const code = random.below(4) === 0 ? RejectCode.VenueRefused : 0;
        if (random.below(3) !== 0) ctx.arrive(order, code);
      }
      for (const instrument of [0, 1]) {
        const units = ctx.position(instrument).qtyLots / (instrument === 0 ? 1000 : 100);
        assert.ok(Math.abs(units) <= 30.1, `seed ${seed}: ${units} units at venue ${instrument}`);
      }
    }
    for (let step = 0; step < 50; step++) {
      ctx.advanceTo(ctx.nowNs + 0.2 * SECOND);
      prices(ctx, 100, 100, 20 + step);
      ctx.settle();
    }
    const net = ctx.position(0).qtyLots / 1000 + ctx.position(1).qtyLots / 100;
    assert.ok(Math.abs(net) < 0.01, `seed ${seed}: net ${net}`);
    assert.deepEqual(ctx.sins, [], `seed ${seed}`);
  }
});
