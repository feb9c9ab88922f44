/** The market maker on a small exchange: its quotes are the formulas', its inventory is bounded, it does not churn, and it is out when the book can't be trusted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TradingState } from '../../../src/core/event.ts';
import { OrderFlag, OrderSide, RejectCode } from '../../../src/core/order.ts';
import { Prng } from '../../../src/core/prng.ts';
import type { Strategy } from '../../../src/strategy/api.ts';
import { marketMaker } from '../../../src/strategy/shipped/market-maker.ts';
import { FakeContext, isPending, valuesOf } from '../../support/fake-context.ts';

const GIVEN = { qty: '10', gamma: 0.1, kappa: 1.5, sigma: 2, horizonSeconds: 1, maxInventory: 5, minRequoteMs: 0 };

function make(changes: object): Strategy<never> {
  return marketMaker.create(valuesOf(marketMaker.parameters, changes)) as unknown as Strategy<never>;
}

function market(changes: object): { ctx: FakeContext; instrument: number } {
  const ctx = new FakeContext();
  ctx.start(make(changes));
  return { ctx, instrument: ctx.define('XYZ') };
}

/** Price of the one live quote of a side. */
function quoteOf(ctx: FakeContext, side: OrderSide): number {
  const quotes = ctx.open().filter((order) => order.side === side);
  assert.equal(quotes.length, 1);
  return quotes[0].priceTicks;
}

test('quotes stand where Avellaneda and Stoikov put them, away from the mid by rounding, and move against the position', () => {
  const { ctx, instrument } = market(GIVEN);
  ctx.touch(instrument, 9_999, 50, 10_001, 50);
  const half = (0.1 * 4) / 2 + 10 * Math.log(1 + 0.1 / 1.5);
  assert.equal(quoteOf(ctx, OrderSide.Buy), Math.floor((100 - half) * 100));
  assert.equal(quoteOf(ctx, OrderSide.Sell), Math.ceil((100 + half) * 100));
  assert.ok(ctx.orders.every((order) => order.ticket.flags === OrderFlag.PostOnly && order.qtyLots === 10));
  ctx.settle();
  ctx.fill(ctx.open()[0], 10); // bought one quote: the reservation price falls by gamma sigma^2 T = 0.4
  ctx.settle();
  assert.equal(quoteOf(ctx, OrderSide.Buy), Math.floor((99.6 - half) * 100));
  assert.equal(quoteOf(ctx, OrderSide.Sell), Math.ceil((99.6 + half) * 100));
  assert.deepEqual(ctx.sins, []);
});

test('model finite narrows towards its end and has no quotes behind it', () => {
  const { ctx, instrument } = market({ ...GIVEN, model: 'finite', end: '00:00:01', requoteFraction: 0 });
  ctx.touch(instrument, 9_999, 50, 10_001, 50);
  ctx.settle();
  const wide = quoteOf(ctx, OrderSide.Sell) - quoteOf(ctx, OrderSide.Buy);
  ctx.advanceTo(0.9e9);
  ctx.touch(instrument, 9_999, 51, 10_001, 50);
  ctx.settle();
  const narrow = quoteOf(ctx, OrderSide.Sell) - quoteOf(ctx, OrderSide.Buy);
  assert.ok(Math.abs(wide - narrow - 0.1 * 4 * 0.9 * 100) <= 2, `${wide} and ${narrow} ticks`);
  ctx.advanceTo(1e9);
  ctx.touch(instrument, 9_999, 52, 10_001, 50);
  ctx.settle();
  assert.equal(ctx.openCount(null), 0);
  assert.throws(() => make({ model: 'finite' }), /model finite needs end/);
});

test('model stationary quotes as Gueant, Lehalle and Fernandez-Tapia do', () => {
  const { ctx, instrument } = market({ ...GIVEN, model: 'stationary', intensity: 0.9 });
  ctx.touch(instrument, 9_999, 50, 10_001, 50);
  const slope = Math.sqrt(((4 * 0.1) / (2 * 1.5 * 0.9)) * (1 + 0.1 / 1.5) ** (1 + 1.5 / 0.1));
  const offset = 10 * Math.log(1 + 0.1 / 1.5) + slope / 2;
  assert.equal(quoteOf(ctx, OrderSide.Buy), Math.floor((100 - offset) * 100));
  assert.equal(quoteOf(ctx, OrderSide.Sell), Math.ceil((100 + offset) * 100));
});

test('what is not given is measured: no quote before volatility and trades are known', () => {
  const { ctx, instrument } = market({ qty: '10', warmUpTrades: 5, horizonSeconds: 4 });
  const next = (): void => ctx.touch(instrument, 9_999, 50 + ctx.requests.submit, 10_001, 50);
  next();
  for (let i = 0; i < 5; i++) ctx.trade(instrument, 10_003, 1);
  next();
  assert.equal(ctx.orders.length, 0, 'volatility is not known');
  ctx.signalValues.volatility = 20;
  next();
  assert.equal(ctx.orders.length, 2);
  // gamma = 1 / (5 x 0.2 x 2), kappa = 1 / 0.03: the mean distance of the trades
  const half = (0.5 * 0.04 * 4) / 2 + 2 * Math.log(1 + 0.5 * 0.03);
  assert.equal(quoteOf(ctx, OrderSide.Buy), Math.floor((100 - half) * 100));
});

test('a quote never stands where it would take', () => {
  const { ctx, instrument } = market({ ...GIVEN, gamma: 1e-6, kappa: 1000 });
  ctx.touch(instrument, 9_900, 50, 10_100, 50);
  ctx.settle();
  ctx.touch(instrument, 9_900, 50, 9_902, 50);
  ctx.settle();
  assert.ok(quoteOf(ctx, OrderSide.Buy) <= 9_901 && quoteOf(ctx, OrderSide.Sell) >= 9_901);
  const leaning = market({ ...GIVEN, gamma: 1, kappa: 1000, requoteFraction: 0 });
  leaning.ctx.touch(leaning.instrument, 9_999, 50, 10_001, 50);
  leaning.ctx.settle();
  for (let i = 0; i < 4; i++) {
    const sold = leaning.ctx.open().filter((order) => order.side === OrderSide.Sell);
    for (const order of sold) leaning.ctx.fill(order, 10);
    leaning.ctx.settle();
  }
  assert.equal(leaning.ctx.position(leaning.instrument).qtyLots, -40);
  assert.equal(quoteOf(leaning.ctx, OrderSide.Buy), 10_000, 'the reservation price is beyond the ask: a step below it');
});

test('small moves of the mid move no quote; no quote is moved more often than every minRequoteMs', () => {
  const { ctx, instrument } = market({ ...GIVEN, minRequoteMs: 250 });
  ctx.touch(instrument, 9_999, 50, 10_001, 50);
  ctx.settle();
  for (let i = 0; i < 50; i++) ctx.touch(instrument, 9_999 + (i % 8), 50, 10_001 + (i % 8), 50);
  assert.equal(ctx.requests.replace, 0);
  for (let ms = 0; ms <= 1000; ms++) {
    ctx.advanceTo(1e9 + ms * 1e6);
    const drift = (ms % 2) * 200;
    ctx.touch(instrument, 9_999 + drift, 50, 10_001 + drift, 50);
    ctx.settle();
  }
  assert.ok(ctx.requests.replace > 0 && ctx.requests.replace <= 2 * 5, `${ctx.requests.replace} replaces in a second`);
});

test('quotes are pulled when the book is stale, crossed or one-sided and when the venue halts, and come back', () => {
  const { ctx, instrument } = market(GIVEN);
  const back = (): void => {
    ctx.standing(instrument, false);
    ctx.touch(instrument, 9_999, 50, 10_001, 50);
    ctx.settle();
    assert.equal(ctx.openCount(null), 2);
  };
  back();
  const troubles: (() => void)[] = [
    () => ctx.standing(instrument, true),
    () => ctx.standing(instrument, false, TradingState.Halted),
    () => ctx.standing(instrument, false, TradingState.QuotationOnly),
    () => ctx.touch(instrument, 10_001, 50, 9_999, 50),
    () => ctx.touch(instrument, 10_000, 50, 10_000, 50),
    () => ctx.touch(instrument, 9_999, 50, 10_001, 0),
  ];
  for (const trouble of troubles) {
    trouble();
    ctx.settle();
    assert.equal(ctx.openCount(null), 0);
    back();
  }
  assert.deepEqual(ctx.sins, []);
});

test('a quote that was not confirmed yet when the book went stale is cancelled as soon as it is', () => {
  const { ctx, instrument } = market(GIVEN);
  ctx.touch(instrument, 9_999, 50, 10_001, 50);
  ctx.standing(instrument, true);
  assert.equal(ctx.requests.cancel, 0);
  ctx.settle();
  assert.equal(ctx.openCount(null), 0);
});

test('refusals are answered by waiting, longer each time', () => {
  const { ctx, instrument } = market({ ...GIVEN, minRequoteMs: 100 });
  ctx.refuseWith = RejectCode.PositionLong;
  for (let ms = 0; ms < 10_000; ms += 5) {
    ctx.advanceTo(ms * 1e6);
    ctx.touch(instrument, 9_999, 50 + (ms % 3), 10_001, 50);
  }
  assert.ok(ctx.requests.submit >= 8 && ctx.requests.submit <= 20, `${ctx.requests.submit} requests in ten seconds`);
});

test('parameters changed while running take effect at the next look', () => {
  const strategy = make(GIVEN);
  const ctx = new FakeContext();
  ctx.start(strategy);
  const instrument = ctx.define('XYZ');
  ctx.touch(instrument, 9_999, 50, 10_001, 50);
  ctx.settle();
  const before = quoteOf(ctx, OrderSide.Sell);
  ctx.call(() => strategy.onParameters?.(ctx, valuesOf<never>(marketMaker.parameters, { ...GIVEN, kappa: 0.5 })));
  ctx.advanceTo(1e9);
  ctx.touch(instrument, 9_999, 51, 10_001, 50);
  ctx.settle();
  assert.ok(quoteOf(ctx, OrderSide.Sell) > before + 50);
});

test('under adversarial fills, late answers and refusals the inventory stays within its bound, with one quote a side', () => {
  let fills = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Prng(seed);
    const max = 1 + random.below(5);
    const size = 1 + random.below(20);
    const model = ['rolling', 'stationary'][random.below(2)];
    const { ctx, instrument } = market({
      ...GIVEN,
      model,
      intensity: 0.9,
      qty: String(size),
      maxInventory: max,
      minRequoteMs: random.below(2) * 50,
      requoteFraction: 0.05,
    });
    let mid = 10_000;
    for (let step = 0; step < 600; step++) {
      ctx.advanceTo(ctx.nowNs + random.below(60) * 1e6);
      ctx.refuseWith = random.below(20) === 0 ? RejectCode.StrategyRate : 0;
      mid += random.below(101) - 50;
      if (random.below(30) === 0) ctx.standing(instrument, !ctx.books[instrument].isStale);
      else ctx.touch(instrument, mid - 1, 1 + random.below(50), mid + 1, 1 + random.below(50));
      // The worst that can happen: one side fills for long stretches, whatever is pending.
      const hungry = (step >> 6) % 2 === 0 ? OrderSide.Buy : OrderSide.Sell;
      for (const order of ctx.open()) {
        if (isPending(order) && random.below(3) === 0) {
          ctx.arrive(order, random.below(5) === 0 ? RejectCode.VenueRefused : 0);
        }
        if (order.side === hungry && random.below(2) === 0) {
          const before = order.cumQtyLots;
          ctx.fill(order, 1 + random.below(size));
          fills += order.cumQtyLots - before;
        }
      }
      const position = ctx.position(instrument);
      assert.ok(position.qtyLots + position.openBuyLots <= max * size, `seed ${seed}: long ${position.qtyLots}`);
      assert.ok(position.openSellLots - position.qtyLots <= max * size, `seed ${seed}: short ${position.qtyLots}`);
      for (const side of [OrderSide.Buy, OrderSide.Sell]) {
        assert.ok(ctx.open().filter((order) => order.side === side).length <= 1, `seed ${seed}: two quotes on a side`);
      }
    }
    assert.deepEqual(ctx.sins, [], `seed ${seed}`);
    ctx.stop();
    ctx.settle();
    assert.equal(ctx.openCount(null), 0);
  }
  assert.ok(fills > 5_000, `${fills} lots`);
});
