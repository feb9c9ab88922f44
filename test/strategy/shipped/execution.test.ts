/** The execution algorithms on a small exchange: schedules against their closed formulas, and parents under all kinds of trouble. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TradingState } from '../../../src/core/event.ts';
import { OrderFlag, OrderSide, OrdType, PegType, RejectCode, signOf } from '../../../src/core/order.ts';
import { Prng } from '../../../src/core/prng.ts';
import type { AnyStrategyDefinition, Strategy } from '../../../src/strategy/api.ts';
import { SHIPPED } from '../../../src/strategy/shipped/index.ts';
import { FakeContext, type FakeOrder, isPending, valuesOf } from '../../support/fake-context.ts';

const SECOND = 1e9;

function make(name: string, changes: object): Strategy<never> {
  const definition: AnyStrategyDefinition = SHIPPED[name];
  return definition.create(valuesOf<never>(definition.parameters, changes));
}

interface Market {
  ctx: FakeContext;
  instrument: number;
}

/** One instrument at 100.00 / 100.02, 500 lots on each side; the strategy waits for the first trade unless told a start. */
function market(strategy: Strategy<never>): Market {
  const ctx = new FakeContext();
  ctx.start(strategy);
  const instrument = ctx.define('XYZ');
  ctx.touch(instrument, 10_000, 500, 10_002, 500);
  return { ctx, instrument };
}

function executed(ctx: FakeContext): number {
  return ctx.orders.reduce((sum, order) => sum + order.cumQtyLots, 0);
}

/** Runs second by second; nothing that rests fills; returns what was executed right after each slice's start. */
function runSlices({ ctx, instrument }: Market, slices: number, sliceSeconds: number): number[] {
  const done: number[] = [];
  ctx.trade(instrument, 10_001, 10);
  for (let second = 0; second <= slices * sliceSeconds; second++) {
    ctx.advanceTo(second * SECOND);
    ctx.touch(instrument, 10_000, 500 + second, 10_002, 500);
    for (let i = 0; i < 4; i++) {
      ctx.settle();
      ctx.advanceTo(ctx.nowNs + 0.2 * SECOND);
      ctx.touch(instrument, 10_000, 500 + second, 10_002, 501 + i);
    }
    if (second % sliceSeconds === 0) done.push(executed(ctx));
  }
  return done;
}

test('TWAP: at every slice end floor(Q k / N) has been executed, the last lot at the end', () => {
  for (const qty of ['1000', '997', '7']) {
    const m = market(make('twap', { qty, durationSeconds: 60, sliceSeconds: 10 }));
    const done = runSlices(m, 6, 10);
    assert.deepEqual(
      done,
      [0, 1, 2, 3, 4, 5, 6].map((k) => Math.floor((Number(qty) * k) / 6)),
    );
    assert.deepEqual(m.ctx.sins, []);
    assert.match(
      m.ctx.lines.at(-1) ?? '',
      new RegExp(`^twap: ${qty} of ${qty} executed at 100.02, shortfall 1.00 bps$`),
    );
  }
});

test('TWAP that only takes leaves at the start of every slice', () => {
  const m = market(make('twap', { qty: '600', durationSeconds: 60, sliceSeconds: 10, style: 'cross' }));
  assert.deepEqual(runSlices(m, 6, 10), [100, 200, 300, 400, 500, 600, 600]);
});

test('VWAP with a curve follows it', () => {
  const m = market(make('vwap', { qty: '1000', durationSeconds: 40, sliceSeconds: 10, curve: [4, 1, 1, 2] }));
  assert.deepEqual(runSlices(m, 4, 10), [0, 500, 625, 750, 1000]);
});

test('VWAP without a curve is ahead of time after more trading than usual, and complete at the end', () => {
  const { ctx, instrument } = market(
    make('vwap', { qty: '1000', start: '00:01:00', durationSeconds: 100, sliceSeconds: 10 }),
  );
  // 10 lots a second for a minute before the start; then 40 a second for 50 s; then nothing.
  const done: number[] = [];
  for (let second = 0; second <= 160; second++) {
    ctx.advanceTo(second * SECOND);
    if (second < 60) ctx.trade(instrument, 10_001, 10);
    else if (second < 110) ctx.trade(instrument, 10_001, 40);
    for (let i = 0; i < 3; i++) {
      ctx.touch(instrument, 10_000, 500 + i, 10_002, 500 + (second % 7));
      ctx.settle();
      ctx.advanceTo(ctx.nowNs + 0.25 * SECOND);
    }
    done.push(executed(ctx));
  }
  assert.ok(done[85] > 1000 * 0.3, `${done[85]} lots after a quarter of the time`);
  assert.equal(done[160], 1000);
  for (let i = 1; i < done.length; i++) assert.ok(done[i] >= done[i - 1]);
  assert.deepEqual(ctx.sins, []);
});

test('implementation shortfall follows X (1 - sinh(k (T - t)) / sinh(k T))', () => {
  for (const urgency of [0, 1, 4]) {
    const m = market(make('implementation-shortfall', { qty: '1000', durationSeconds: 50, sliceSeconds: 10, urgency }));
    const expected = [0, 1, 2, 3, 4, 5].map((k) => {
      const left = urgency === 0 ? 1 - k / 5 : Math.sinh(urgency * (1 - k / 5)) / Math.sinh(urgency);
      return Math.floor(1000 * (1 - left) + 1e-6);
    });
    assert.deepEqual(runSlices(m, 5, 10), expected);
  }
});

test('implementation shortfall computes its urgency from lambda, eta and the measured volatility', () => {
  const values = { qty: '1000', durationSeconds: 50, sliceSeconds: 10, lambda: 0.002, eta: 0.05 };
  const strategy = make('implementation-shortfall', values);
  const ctx = new FakeContext();
  ctx.signalValues.volatility = 20; // ticks of 0.01 per sqrt(s)
  ctx.start(strategy);
  const instrument = ctx.define('XYZ');
  ctx.touch(instrument, 10_000, 500, 10_002, 500);
  const squared = (0.002 * 0.2 ** 2) / 0.05;
  const k = Math.acosh(1 + (squared * 100) / 2) / 10;
  const expected = [0, 1, 2, 3, 4, 5].map((i) =>
    Math.floor(1000 * (1 - Math.sinh(k * (50 - i * 10)) / Math.sinh(k * 50)) + 1e-6),
  );
  assert.deepEqual(runSlices({ ctx, instrument }, 5, 10), expected);
});

test('POV executes its part of all trading, and says that the market did not trade more', () => {
  const { ctx, instrument } = market(
    make('pov', { qty: '100000', durationSeconds: 100, sliceSeconds: 10, participation: 0.2 }),
  );
  ctx.trade(instrument, 10_001, 1);
  let traded = 0;
  for (let second = 0; second <= 106; second++) {
    ctx.advanceTo(second * SECOND);
    if (second < 99) {
      ctx.trade(instrument, 10_001, 30);
      traded += 30;
    }
    for (let i = 0; i < 3; i++) {
      ctx.touch(instrument, 10_000, 500 + i, 10_002, 500 + (second % 7));
      ctx.settle();
      ctx.advanceTo(ctx.nowNs + 0.25 * SECOND);
    }
    const done = executed(ctx);
    assert.ok(done / (done + traded) <= 0.2 + 1e-9, `${done} of ${traded} at ${second} s`);
  }
  const done = executed(ctx);
  assert.ok(done / (done + traded) > 0.195, `${done} of ${traded}`);
  assert.match(ctx.lines.at(-1) ?? '', /^pov: 7\d\d of 100000 executed .*not: the market did not trade more/);
  assert.deepEqual(ctx.sins, []);
});

test('a limit price is kept, and named where it is why the parent is incomplete', () => {
  const { ctx, instrument } = market(
    make('twap', { qty: '100', durationSeconds: 20, sliceSeconds: 10, limitPrice: '100.01' }),
  );
  ctx.trade(instrument, 10_001, 10);
  for (let second = 0; second <= 30; second++) {
    ctx.advanceTo(second * SECOND);
    ctx.touch(instrument, 10_003, 500 + second, 10_005, 500);
    ctx.settle();
  }
  assert.equal(executed(ctx), 0);
  assert.ok(ctx.orders.every((order) => order.priceTicks <= 10_001));
  assert.equal(ctx.openCount(null), 0);
  assert.match(ctx.lines.at(-1) ?? '', /^twap: 0 of 100 executed; 100 not: the price is beyond the limit/);
});

test('a parent whose market is never usable says so when stopped', () => {
  const { ctx, instrument } = market(make('twap', {}));
  ctx.standing(instrument, true);
  ctx.trade(instrument, 10_001, 10);
  ctx.stop();
  assert.match(ctx.lines.at(-1) ?? '', /^twap: never started: /);
});

test('stopped in the middle: open children are cancelled and the rest is named', () => {
  const { ctx, instrument } = market(make('twap', { qty: '100', durationSeconds: 60, sliceSeconds: 10 }));
  ctx.trade(instrument, 10_001, 10);
  ctx.settle();
  ctx.fill(ctx.open()[0], 5);
  ctx.stop();
  assert.ok(ctx.open().every((order) => order.isCancelAsked));
  assert.match(ctx.lines.at(-1) ?? '', /^twap: 5 of 100 executed at 100.00, shortfall -1.00 bps; 95 not: stopped/);
});

test('an instrument that is redefined with more decimals keeps the parent whole', () => {
  const strategy = make('twap', { qty: '100', durationSeconds: 60, sliceSeconds: 10, limitPrice: '105' });
  const { ctx, instrument } = market(strategy);
  ctx.trade(instrument, 10_001, 10);
  const twap = strategy as unknown as { qtyLots: number; limitTicks: number };
  assert.equal(twap.qtyLots, 100);
  const def = ctx.definition(instrument);
  Object.assign(def, { priceDecimals: 4, qtyDecimals: 3 });
  ctx.call(() => strategy.onInstrument?.(ctx, instrument));
  assert.equal(twap.qtyLots, 100_000);
  assert.equal(twap.limitTicks, 1_050_000);
});

test('iceberg, native: one post-only order that shows a tenth; synthetic: a tenth at a time, never two', () => {
  const native = market(make('iceberg', { qty: '1000' }));
  native.ctx.trade(native.instrument, 10_001, 10);
  assert.equal(native.ctx.orders.length, 1);
  const [{ ticket }] = native.ctx.orders;
  assert.deepEqual([ticket.qtyLots, ticket.displayQtyLots, ticket.priceTicks], [1000, 100, 10_000]);
  assert.equal(ticket.flags, OrderFlag.PostOnly);

  const { ctx, instrument } = market(make('iceberg', { qty: '1000', native: false, minRequestMs: 0 }));
  ctx.trade(instrument, 10_001, 10);
  for (let i = 0; i < 40 && executed(ctx) < 1000; i++) {
    ctx.settle();
    assert.ok(ctx.open().length <= 1);
    assert.ok(ctx.open().every((order) => order.leavesQtyLots <= 100));
    for (const order of ctx.open()) ctx.fill(order, 70);
  }
  assert.equal(executed(ctx), 1000);
  assert.equal(ctx.orders.length, 10);
  assert.match(ctx.lines.at(-1) ?? '', /^iceberg: 1000 of 1000 executed/);
});

test('peg follows touch or mid with its offset, never past the limit', () => {
  const cases: readonly [object, number, number][] = [
    [{ peg: 'primary' }, 10_000, 10_005],
    [{ peg: 'primary', offsetSteps: 2 }, 9_998, 10_003],
    [{ peg: 'mid' }, 10_002, 10_007],
    [{ peg: 'market', offsetSteps: 1 }, 10_004, 10_009],
    [{ peg: 'primary', limitPrice: '100.02' }, 10_000, 10_002],
    [{ peg: 'primary', side: 'sell', offsetSteps: 1 }, 10_006, 10_011],
    [{ peg: 'mid', side: 'sell' }, 10_003, 10_008],
  ];
  for (const [changes, first, second] of cases) {
    const { ctx, instrument } = market(make('peg', { qty: '50', minRequestMs: 0, ...changes }));
    ctx.touch(instrument, 10_000, 500, 10_005, 500);
    ctx.trade(instrument, 10_001, 10);
    ctx.settle();
    assert.equal(ctx.open()[0].priceTicks, first, JSON.stringify(changes));
    ctx.touch(instrument, 10_005, 500, 10_010, 500);
    ctx.settle();
    assert.equal(ctx.open()[0].priceTicks, second, JSON.stringify(changes));
    assert.equal(ctx.open().length, 1);
    assert.deepEqual(ctx.sins, []);
  }
});

test("a native peg is the venue's: one pegged order with offset and limit, not moved by us", () => {
  const { ctx, instrument } = market(make('peg', { qty: '50', native: true, peg: 'mid', limitPrice: '101' }));
  ctx.trade(instrument, 10_001, 10);
  ctx.settle();
  const [{ ticket }] = ctx.orders;
  assert.deepEqual([ticket.type, ticket.peg, ticket.priceTicks], [OrdType.Pegged, PegType.Mid, 10_100]);
  ctx.advanceTo(SECOND);
  ctx.touch(instrument, 10_010, 500, 10_012, 500);
  assert.equal(ctx.requests.replace, 0);
  assert.equal(ctx.orders.length, 1);
});

const ALGORITHMS = ['twap', 'vwap', 'pov', 'implementation-shortfall', 'iceberg', 'peg'];
const STYLES = ['passive-then-cross', 'passive', 'cross'];

/** A market that does everything at once: moving touches, partial fills, late answers, refusals, stale and halted spells. */
function trouble(name: string, seed: number): FakeContext {
  const random = new Prng(seed);
  const changes: Record<string, unknown> = {
    qty: String(1 + random.below(3000)),
    side: random.below(2) === 0 ? 'buy' : 'sell',
    durationSeconds: 5 + random.below(60),
    minRequestMs: random.below(3) * 100,
    limitPrice: random.below(3) === 0 ? '100' : '0',
  };
  if (SHIPPED[name].parameters.style !== undefined) {
    changes.style = STYLES[random.below(3)];
    changes.sliceSeconds = 1 + random.below(10);
  }
  if (name === 'iceberg') Object.assign(changes, { native: random.below(2) === 0, displayPart: 0.05 });
  if (name === 'peg') Object.assign(changes, { peg: ['primary', 'mid', 'market'][random.below(3)], offsetSteps: 1 });
  const { ctx, instrument } = market(make(name, changes));
  const act = (order: FakeOrder): void => {
    const what = random.below(10);
    if (what < 4 && isPending(order)) ctx.arrive(order, random.below(6) === 0 ? RejectCode.VenueRefused : 0);
    else if (what < 7) ctx.fill(order, 1 + random.below(60));
  };
  for (let step = 0; step < 1200; step++) {
    ctx.advanceTo(ctx.nowNs + random.below(200) * 1e6);
    const bid = 9_990 + random.below(20);
    ctx.refuseWith = random.below(20) === 0 ? RejectCode.StrategyRate : 0;
    const what = random.below(100);
    if (what < 4) ctx.standing(instrument, random.below(2) === 0);
    else if (what < 8) {
      const isStale = ctx.books[instrument].isStale;
      ctx.standing(instrument, isStale, random.below(2) === 0 ? TradingState.Halted : TradingState.Trading);
    } else if (what < 60) {
      const askQty = random.below(30) === 0 ? 0 : 1 + random.below(300);
      ctx.touch(instrument, bid, 1 + random.below(300), bid + random.below(5) - (what < 12 ? 3 : -1), askQty);
    } else ctx.trade(instrument, bid, 1 + random.below(50));
    for (const order of ctx.open()) act(order);
    if (ctx.open().length > 1) ctx.sins.push('two children at once');
  }
  ctx.stop();
  ctx.settle();
  return ctx;
}

for (const name of ALGORITHMS) {
  test(`${name}: under random fills, refusals and halts the parent is never exceeded and the end is always told`, () => {
    let fills = 0;
    let complete = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const ctx = trouble(name, seed);
      assert.deepEqual(ctx.sins, [], `seed ${seed}`);
      const parent = ctx.parent(1);
      if (parent !== null) {
        assert.ok(parent.cumQtyLots <= parent.qtyLots, `seed ${seed}: ${parent.cumQtyLots} of ${parent.qtyLots}`);
        assert.equal(executed(ctx), parent.cumQtyLots, `seed ${seed}: every child belongs to the parent`);
        const told = ctx.lines.filter((line) => / executed/.test(line));
        assert.equal(told.length, 1, `seed ${seed}: ${ctx.lines.join(' | ')}`);
        assert.equal(/; \d+ not: /.test(told[0]), parent.cumQtyLots < parent.qtyLots, told[0]);
        if (parent.cumQtyLots === parent.qtyLots) complete++;
        fills += parent.cumQtyLots;
      } else assert.match(ctx.lines.at(-1) ?? '', /never started/, `seed ${seed}`);
      assert.equal(ctx.openCount(null), 0, `seed ${seed}`);
      const limit = ctx.orders.filter((order) => order.ticket.type !== OrdType.Pegged);
      assert.ok(
        limit.every((order) => signOf(order.side) !== 0 && order.side === ctx.orders[0].side),
        `seed ${seed}`,
      );
    }
    assert.ok(fills > 1000 && complete > 0, `${fills} lots, ${complete} complete: the trouble leaves room to trade`);
    assert.ok(OrderSide.Buy === 1);
  });
}
