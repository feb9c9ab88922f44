/** A strategy that fails is halted, its orders are cancelled, the log says why, and the engine goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { recordsOf, replayTrading, writeStrategy } from '../support/trading-run.ts';

const FAILURES: readonly (readonly [what: string, members: string, reason: RegExp])[] = [
  ['throws in onStart', 'onStart() { throw new Error("no start"); }', /onStart: no start \(mine\.mjs:\d+\)/],
  [
    'throws in onInstrument',
    'onInstrument() { throw new Error("no such"); }',
    /onInstrument: no such \(mine\.mjs:\d+\)/,
  ],
  [
    'throws in onBook',
    'onBook(ctx, i) { quote(ctx, i); if (orders > 3) null.x; }',
    /onBook: TypeError: .*null.*\(mine\.mjs:\d+\)/,
  ],
  [
    'throws in onTrade',
    'onBook(ctx, i) { if (orders < 3) quote(ctx, i); }, onTrade() { throw new TypeError("bad trade"); }',
    /onTrade: .*bad trade/,
  ],
  [
    'throws in onOrder',
    'onBook(ctx, i) { if (orders < 3) quote(ctx, i); }, onOrder() { throw "just a text"; }',
    /onOrder: .*just a text/,
  ],
  [
    'throws in onTimer',
    'onStart(ctx) { ctx.setTimer(1, ctx.nowNs + 1e9); }, onTimer() { throw new Error("late"); }',
    /onTimer: .*late/,
  ],
  ['loops for ever', 'onBook(ctx, i) { quote(ctx, i); if (orders > 2) while (true) {} }', /onBook: .*1,?000,?000/],
  ['asks the clock', 'onBook(ctx, i) { quote(ctx, i); if (orders > 2) Date.now(); }', /Date\.now/],
  ['asks for chance', 'onBook() { try { Math.random(); } catch {} }', /Math\.random/],
  ['returns a promise', 'onBook() { return { then() {} }; }', /promise/i],
];

for (const [what, members, reason] of FAILURES) {
  test(`a strategy that ${what} is halted by name, and the run ends well`, async (t) => {
    const folder = temporaryFolder(t);
    const run = await replayTrading(folder, ['--strategy', writeStrategy(folder, members)]);
    assert.equal(run.code, 0, run.stderr);
    const halts = recordsOf(run.dir, 'StrategyState').filter((record) => record.state === 'halted');
    assert.equal(halts.length, 1);
    assert.match(String(halts[0].text), reason);
    // Nothing new leaves behind the halt, and what was open is asked to be cancelled.
    const intents = recordsOf(run.dir, 'OrderIntent').filter((record) => record.seq > halts[0].seq);
    assert.ok(intents.every((record) => record.action === 'cancel'));
    const { orders } = run.json.report;
    assert.equal(orders.live, 0, 'nothing is left at the venue');
    assert.equal((await tapehead(['rerun', run.dir])).code, 0);
  });
}

test('an async callback is refused before the run', async (t) => {
  const folder = temporaryFolder(t);
  const run = await replayTrading(folder, ['--strategy', writeStrategy(folder, 'async onBook() {}')]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /^tapehead: mine\.mjs.*async.*\n$/);
});

test('nonsense prices are refused one by one with their reason, the strategy lives', async (t) => {
  const folder = temporaryFolder(t);
  const members = `onBook(ctx, instrument) {
    if (orders++ > 3) return;
    const ticket = { instrument, side: OrderSide.Buy, qtyLots: 1, priceTicks: 0 };
    for (const priceTicks of [NaN, -5, Infinity, 0.5, 2 ** 60]) ctx.submit({ ...ticket, priceTicks });
    for (const qtyLots of [0, -1, NaN, 1.5]) ctx.submit({ ...ticket, priceTicks: 100, qtyLots });
  }`;
  const run = await replayTrading(folder, ['--strategy', writeStrategy(folder, members)]);
  assert.equal(run.code, 0, run.stderr);
  const reasons = new Set(recordsOf(run.dir, 'RiskVerdict').map((record) => record.verdict ?? record.reject));
  assert.ok(reasons.size >= 2, [...reasons].join());
  assert.equal(run.json.report.orders.sent, 0);
  assert.equal(run.json.report.orders.rejected, run.json.report.orders.orders);
  assert.equal(recordsOf(run.dir, 'StrategyState').filter((record) => record.state === 'halted').length, 0);
});

test('a strategy that chases itself at one instant is stopped, time goes on', async (t) => {
  const folder = temporaryFolder(t);
  const members = 'onStart(ctx) { ctx.setTimer(1, ctx.nowNs); }, onTimer(ctx) { ctx.setTimer(1, ctx.nowNs); }';
  const run = await replayTrading(folder, ['--strategy', writeStrategy(folder, members)]);
  assert.equal(run.code, 0, run.stderr);
  const [halt] = recordsOf(run.dir, 'StrategyState').filter((record) => record.state === 'halted');
  assert.match(String(halt.text), /turns at one instant/);
});

test('two strategies side by side: one fails, the other does not notice', async (t) => {
  const folder = temporaryFolder(t);
  const good = writeStrategy(folder, 'onBook(ctx, i) { if (orders < 20) quote(ctx, i); }', '{}', 'good');
  const bad = writeStrategy(folder, 'onBook() { throw new Error("out"); }', '{}', 'bad');
  const alone = await replayTrading(folder, ['--strategy', good], 'alone');
  const both = await replayTrading(folder, ['--strategy', good, '--strategy', bad], 'both');
  assert.equal(both.code, 0, both.stderr);
  assert.equal(both.json.report.orders.orders, alone.json.report.orders.orders);
  assert.equal(both.json.report.fills.fills, alone.json.report.fills.fills);
  assert.ok(alone.json.report.fills.fills > 0);
});
