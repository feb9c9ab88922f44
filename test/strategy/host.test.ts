/** Several strategies side by side: each as if it were alone; and the example of the documentation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fnv64 } from '../../src/core/hash.ts';
import type { AnyStrategyDefinition, StrategyContext } from '../../src/strategy/api.ts';
import { seedOf } from '../../src/strategy/host.ts';
import { instantiate, prepareStrategy } from '../../src/strategy/load/prepare.ts';
import { SHIPPED } from '../../src/strategy/shipped/index.ts';
import { repositoryRoot } from '../support/paths.ts';
import { addDefinition, FakeEngine, moduleOf, runningModule, strategyFolder } from './support.ts';

/** Writes down everything it is told and draws random numbers. */
function recorder(name: string, lines: string[], books?: 'touch' | 'depth'): AnyStrategyDefinition {
  const note = (ctx: StrategyContext, what: string): void => {
    lines.push(`${what} ${ctx.nowNs} ${ctx.random.u32()} ${ctx.random.below(10)}`);
  };
  return {
    name,
    parameters: {},
    ...(books === undefined ? {} : { books }),
    create: () => ({
      onStart: (ctx) => note(ctx, 'start'),
      onInstrument: (ctx, instrument) => note(ctx, `instrument ${instrument} ${ctx.definition(instrument).symbol}`),
      onBook(ctx, instrument) {
        const { value } = ctx.signals.midEma(instrument, 1_000);
        note(ctx, `book ${instrument} ${ctx.book(instrument).midTicks} ${value}`);
      },
      onTrade: (ctx, trade) =>
        note(
          ctx,
          `trade ${trade.instrument} ${trade.priceTicks} ${trade.qtyLots} ${trade.aggressor} ${trade.tsRecvNs}`,
        ),
      onOrder: (ctx, update) =>
        note(ctx, `order ${update.order.orderId} ${update.execType} ${update.lastQtyLots} ${update.lastPxTicks}`),
      onTimer: (ctx, id) => note(ctx, `timer ${id}`),
      onStop: (ctx) => note(ctx, 'stop'),
    }),
  };
}

/** A market for strategy 0. */
function play(engine: FakeEngine): void {
  engine.host.start();
  engine.define(0, 'AAA');
  for (let i = 0; i < 30; i++) {
    engine.nowNs += 500;
    engine.quote(0, 100 + (i % 7), 103 + (i % 5));
    if (i % 3 === 0) engine.trade(0, 101, i + 1, i % 3);
    if (i === 10) engine.define(1, 'BBB');
    if (i > 10) engine.quote(1, 50, 51 + i);
    engine.host.onTimer(0, i);
  }
  engine.host.stop();
}

test('what a strategy sees and draws does not depend on who runs beside it', () => {
  const alone: string[] = [];
  const first = new FakeEngine();
  addDefinition(first, recorder('watched', alone));
  play(first);
  assert.ok(alone.length > 90);

  const beside: string[] = [];
  const second = new FakeEngine();
  addDefinition(second, recorder('watched', beside));
  addDefinition(second, recorder('other', []));
  addDefinition(second, {
    name: 'thrower',
    parameters: {},
    create: () => ({
      onBook(ctx) {
        ctx.random.u32();
        throw new Error('x');
      },
    }),
  });
  play(second);
  assert.equal(second.halts.length, 1);
  assert.deepEqual(beside, alone);
});

test('the same run gives the same state, another seed or id other numbers', () => {
  const hashOf = (seed: number): string => {
    const engine = new FakeEngine({ seed });
    addDefinition(engine, recorder('watched', []));
    play(engine);
    engine.host.checkInvariants();
    const hash = new Fnv64();
    engine.host.foldInto(hash);
    return hash.hex();
  };
  assert.equal(hashOf(7), hashOf(7));
  const draws = (seed: number, id: string): string => {
    const engine = new FakeEngine({ seed });
    const lines: string[] = [];
    addDefinition(engine, recorder('watched', lines), id);
    engine.host.start();
    return lines[0];
  };
  assert.equal(draws(7, 'a'), draws(7, 'a'));
  assert.equal(new Set([draws(7, 'a'), draws(8, 'a'), draws(7, 'b'), draws(2 ** 53 - 1, 'a')]).size, 4);
  assert.equal(new Set(Array.from({ length: 1000 }, (_, i) => seedOf(i >> 5, `s${i & 31}`))).size, 1000);
});

test('touch is told of changes of the touch, depth of every change', () => {
  const engine = new FakeEngine();
  const lines: Record<string, string[]> = { touch: [], depth: [] };
  addDefinition(engine, recorder('touch', lines.touch));
  addDefinition(engine, recorder('depth', lines.depth, 'depth'));
  engine.host.start();
  engine.define(0);
  engine.host.onBook(0, true);
  engine.host.onBook(0, false);
  engine.host.onBook(0, false);
  const booksOf = (name: string): number => lines[name].filter((line) => line.startsWith('book')).length;
  assert.deepEqual([booksOf('touch'), booksOf('depth')], [1, 3]);
});

test('updates and timers reach the strategy they are for, with the order as it is now', () => {
  const engine = new FakeEngine();
  const seen: string[] = [];
  for (const name of ['a', 'b']) {
    addDefinition(engine, {
      name,
      parameters: {},
      create: () => ({
        onOrder: (_ctx, { order, execType, lastQtyLots, lastPxTicks, liquidity, rejectCode }) =>
          void seen.push(
            [name, order.orderId, order.avgPxTicks, execType, lastQtyLots, lastPxTicks, liquidity, rejectCode].join(
              ' ',
            ),
          ),
        onTimer: (_ctx, id) => void seen.push(`${name} timer ${id}`),
      }),
    });
  }
  engine.host.start();
  const orderId = engine.orders.add();
  engine.orders.strategy[orderId] = 1;
  engine.host.onOrder(1, orderId, 2, 0, 0, 0, 0);
  engine.orders.cumQtyLots[orderId] = 4;
  engine.orders.cumValueLo[orderId] = 402;
  engine.host.onOrder(1, orderId, 3, 4, 100, 1, 5);
  engine.host.onTimer(0, 9);
  assert.deepEqual(seen, ['b 1 NaN 2 0 0 0 0', 'b 1 100.5 3 4 100 1 5', 'a timer 9']);
});

test('the context answers as the engine does', async (t) => {
  const code = `onTimer(ctx, id) {
    const text = (...values) => ctx.log(values.map((v) => typeof v === 'object' ? JSON.stringify(v) : String(v)).join(' '));
    text(ctx.instrument('S1'), ctx.instrument('none'), ctx.definition(1).symbol, ctx.tickTicks(0), ctx.lotLots(0));
    text(ctx.toTicks(0, '100.25'), ctx.toTicks(0, '0.001'), ctx.toLots(0, '7'), ctx.toLots(0, '7.5'));
    text(ctx.consolidated('both'), ctx.consolidated('none'), ctx.tradingState(0));
    const p = ctx.position(0);
    text(p.instrument, p.qtyLots, p.avgCostTicks, p.realised, p.unrealised, p.fees, p.openBuyLots, p.openSellLots);
    text(ctx.pnl.realised, ctx.pnl.unrealised, ctx.pnl.total, ctx.pnl.maxDrawdown);
    const buy = ctx.submit({ instrument: 0, side: OrderSide.Buy, qtyLots: 5, priceTicks: 99 });
    const sell = ctx.submit({ instrument: 0, side: OrderSide.Sell, qtyLots: 7, priceTicks: 103, tag: 3 });
    text(buy, sell, p.openBuyLots, p.openSellLots, ctx.openCount(null), ctx.order(sell).qtyLots, ctx.order(99), ctx.order(0.5), ctx.order(-1));
    text(ctx.replace(buy, 6, 98), ctx.cancel(sell), ctx.cancelAll(null), ctx.cancelAll(0));
    const parent = ctx.parent(ctx.createParent(0, 1, 10));
    text(parent.parentId, parent.qtyLots, parent.cumQtyLots, parent.committedLots, parent.availableLots, parent.avgPxTicks, ctx.parent(2));
    ctx.setTimer(4, ctx.nowNs + 0.5); ctx.clearTimer(4); text(ctx.createGroup(1));
    text(ctx.math.exp(0), ctx.math.ln(1), ctx.math.pow(2, 3), ctx.book(0).hasBid, ctx.book(0).def.symbol);
    ctx.log('ä'.repeat(150)); ctx.log('😀'.repeat(60));
  },`;
  const engine = await runningModule(t, moduleOf(code));
  engine.qtyLots = -3;
  engine.host.onTimer(0, 1);
  assert.deepEqual(engine.halts, []);
  assert.deepEqual(engine.logged, [
    '1 -1 S1 1 1',
    '10025 NaN 7 NaN',
    '[0,1] [] 1',
    '0 -3 100 1 2 3 0 0',
    '1 2 3 3',
    '1 2 5 7 2 7 null null null',
    '0 0 0 0',
    '1 10 2 5 5 100 null',
    '1',
    '1 0 8 false S0',
    'ä'.repeat(100),
    '😀'.repeat(50),
  ]);
  assert.deepEqual(engine.calls, [
    'submit 0 1 5@99',
    'submit 0 2 7@103',
    'replace 0 1 6@98',
    'cancel 0 2',
    'cancelAll 0 -1',
    'cancelAll 0 0',
    'createParent 0 0 1 10',
    'setTimer 0 4 1001',
    'clearTimer 0 4',
    'createGroup 0 1',
  ]);
});

test('every shipped strategy is made from its defaults, or says which parameter it needs', async () => {
  for (const [name, definition] of Object.entries(SHIPPED)) {
    assert.equal(definition.name, name);
    const prepared = await prepareStrategy(name, '/');
    assert.deepEqual([prepared.kind, prepared.name, prepared.files.length], ['shipped', name, 0]);
    const needed = Object.entries(prepared.definition.parameters).filter(([, spec]) => spec.default === undefined);
    if (needed.length === 0) instantiate(prepared, {});
    else
      assert.throws(
        () => instantiate(prepared, {}),
        new RegExp(`strategy ${name}: parameter ${needed[0][0]} must be given`),
      );
  }
});

test("the documentation's first module loads as it stands and does what it says", async (t) => {
  const text = readFileSync(join(repositoryRoot(), 'docs/strategies/README.md'), 'utf8');
  const [, module] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
  const folder = strategyFolder(t, { 'once.js': module });
  const engine = new FakeEngine();
  engine.host.add('once', instantiate(await prepareStrategy('./once.js', folder), { qty: '3' }));
  engine.host.start();
  engine.define(0);
  engine.quote(0, 100, 101);
  engine.quote(0, 100, 102);
  assert.deepEqual([engine.halts, engine.calls], [[], ['submit 0 1 3@101']]);
});

const EXAMPLE = join(repositoryRoot(), 'docs/strategies/example');
const STRIPS = 'stripTypeScriptTypes' in (await import('node:module'));

/** What the example does on a market that wanders off and comes back. */
async function playExample(file: string): Promise<string[]> {
  const engine = new FakeEngine();
  engine.host.add(
    'my',
    instantiate(await prepareStrategy(file, EXAMPLE), { qty: '2', halfLifeSeconds: 0.1, patienceSeconds: 1 }),
  );
  engine.host.start();
  engine.define(0);
  for (let i = 0; i < 200; i++) {
    engine.nowNs += 5_000_000;
    const mid = 10_000 + Math.round(30 * Math.sin(i / 9));
    engine.quote(0, mid, mid + 2);
    const canceled = /^cancel 0 (\d+)$/.exec(engine.calls.at(-1) ?? '')?.[1];
    if (canceled !== undefined) engine.host.onOrder(0, Number(canceled), 4, 0, 0, 0, 0);
  }
  engine.host.onTimer(0, 1);
  assert.equal(engine.host.setParameters(0, { entry: 9 }), null);
  engine.host.stop();
  assert.deepEqual(engine.halts, []);
  return [...engine.calls, ...engine.logged];
}

test("the documentation's example loads, trades, and is the same in JavaScript and TypeScript", async (t) => {
  const done = await playExample('./my-strategy.js');
  const submits = done.filter((line) => line.startsWith('submit'));
  assert.ok(submits.length > 5, done.join('\n'));
  assert.ok(
    submits.some((line) => line.startsWith('submit 0 1 2@')) &&
      submits.some((line) => line.startsWith('submit 0 2 2@')),
  );
  assert.ok(done.includes('trades S0') && done.includes('made 3.00'));
  if (STRIPS) assert.deepEqual(await playExample('./my-strategy.ts'), done);
  else t.diagnostic('this Node can not strip types: the .ts is not compared');
});
