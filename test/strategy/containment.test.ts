/** Whatever a strategy does wrong, it is halted by name, its orders are the engine's to cancel, and the others go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrdStatus, RejectCode } from '../../src/core/order.ts';
import { MAX_NONSENSE } from '../../src/strategy/context.ts';
import { addDefinition, addModule, FakeEngine, moduleOf, runningModule } from './support.ts';

/** Makes each callback happen once. */
function everything(engine: FakeEngine): void {
  engine.define(0);
  engine.quote(0, 100, 101);
  engine.trade(0, 101, 5, 1);
  const orderId = engine.submit(0, ticketOf(0));
  engine.host.onOrder(0, orderId, 2, 0, 0, 0, 0);
  engine.host.onTimer(0, 7);
  engine.host.setParameters(0, { level: 2 });
  engine.host.stop();
}

function ticketOf(instrument: number): Parameters<FakeEngine['submit']>[1] {
  const none = { type: 1, timeInForce: 1, flags: 0, stopPriceTicks: 0, displayQtyLots: 0, peg: 0 } as const;
  const rest = { pegOffsetTicks: 0, expireNs: 0, parentId: 0, groupId: 0, tag: 0, clOrdId: 0 };
  return { instrument, side: 1, qtyLots: 1, priceTicks: 100, ...none, ...rest };
}

const CALLBACKS = ['onStart', 'onInstrument', 'onBook', 'onTrade', 'onOrder', 'onTimer', 'onParameters', 'onStop'];

for (const name of CALLBACKS) {
  test(`a strategy that throws in ${name} is halted with file and line, and not called again`, async (t) => {
    const callbacks = CALLBACKS.map((one) =>
      one === name
        ? `${one}(ctx) { ctx.log('${one}');\n throw new Error('broken ${one}'); },`
        : `${one}(ctx) { ctx.log('${one}'); },`,
    );
    const text = moduleOf(callbacks.join('\n')).replace(
      'parameters: {}',
      "parameters: { level: { type: 'integer', default: 1 } }",
    );
    const engine = new FakeEngine();
    await addModule(engine, t, text);
    const seen: string[] = [];
    addDefinition(engine, {
      name: 'neighbour',
      parameters: {},
      create: () => ({ onBook: () => void seen.push('book'), onStop: () => void seen.push('stop') }),
    });
    engine.host.start();
    everything(engine);
    const line = text.split('\n').findIndex((one) => one.includes(`broken ${name}`)) + 1;
    assert.deepEqual(engine.halts, [`0 Threw ${name}: broken ${name} (subject.js:${line})`]);
    assert.equal(engine.host.isHalted(0), true);
    assert.equal(engine.logged.at(-1), name, 'nothing is called behind the one that threw');
    assert.deepEqual(engine.logged.slice(0, -1), CALLBACKS.slice(0, CALLBACKS.indexOf(name)));
    assert.deepEqual(seen, ['book', 'stop'], 'its neighbour does not notice');
    engine.host.checkInvariants();
  });
}

test('what is thrown may be anything, and even looking at it may throw', async (t) => {
  const cases: [string, RegExp][] = [
    ['throw null', /Threw onStart: threw null$/],
    ['throw undefined', /Threw onStart: threw undefined$/],
    ["throw 'words\\nand more'", /Threw onStart: threw words and more$/],
    ["throw { toString() { throw new Error('no'); } }", /Threw onStart: something that can not be shown$/],
    ['throw { toString() { for (;;); } }', /Threw onStart: something that can not be shown$/],
    [
      "throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } })",
      /something that can not be shown$/,
    ],
    ["const e = new Error('x'); e.stack = { toString() { return Date.now(); } }; throw e", /Threw onStart: x$/],
    ['null.x', /Threw onStart: TypeError: .*null.* \(subject\.js:4\)$/],
    ["throw new Error('y'.repeat(5000))", /^.{250,400}\(subject\.js:4\)$/],
  ];
  for (const [code, expected] of cases) {
    const engine = await runningModule(t, moduleOf(`onStart() { ${code}; },`));
    assert.equal(engine.halts.length, 1, code);
    assert.match(engine.halts[0], expected);
  }
});

test('an order of the wrong type halts, also where the strategy catches the error', async (t) => {
  const order = (fields: string): string =>
    `ctx.submit({ instrument: 0, side: OrderSide.Buy, qtyLots: 1, priceTicks: 100, ${fields} })`;
  const cases: [string, RegExp][] = [
    [order("qtyLots: '5'"), /Nonsense onBook: submit: qtyLots is "5" \(a string\), not a number \(subject\.js:4\)/],
    [order('priceTicks: 100n'), /priceTicks is 100n \(a bigint\), not a number/],
    [order('side: null'), /side is null, not a number/],
    [order('instrument: undefined'), /instrument is undefined, not a number/],
    [order('tag: {}'), /tag is a value of type object, not a number/],
    ['ctx.submit()', /the ticket is undefined/],
    ["ctx.submit('buy')", /the ticket is "buy" \(a string\)/],
    ["ctx.replace('1', 1, 1)", /replace: the OrderID is "1" \(a string\)/],
    ['ctx.cancel(null)', /cancel: the OrderID is null/],
    ['ctx.cancelAll()', /cancelAll: there is no instrument undefined/],
    ['ctx.cancelAll(9)', /cancelAll: there is no instrument 9/],
    ['ctx.setTimer(1.5, 5)', /the timer id is 1.5 \(a number\), no whole number/],
    ['ctx.setTimer(1, NaN)', /the time is NaN \(a number\), no number of ns/],
    ['ctx.log(5)', /log: the text is 5 \(a number\), not a string/],
    ['ctx.book(-1)', /book: there is no instrument -1/],
    ["ctx.book('S0')", /book: there is no instrument "S0" \(a string\)/],
    ['ctx.position(7)', /position: there is no instrument 7/],
    ['ctx.definition(0.5)', /definition: there is no instrument 0.5/],
    ['ctx.signals.midEma(5, 1)', /signals.midEma: no instrument 5/],
    ['ctx.signals.volume(0, 0)', /signals.volume: 0 is no number of ns above 0/],
    ['ctx.toTicks(0, 100.25)', /toTicks: the price is 100.25 \(a number\), not a string/],
    ['ctx.forEachOpen(null)', /forEachOpen: undefined is no function/],
  ];
  for (const [code, expected] of cases) {
    for (const wrapped of [`${code};`, `try { ${code}; } catch {}`]) {
      const engine = await runningModule(t, moduleOf(`onBook(ctx) { ${wrapped} },`));
      engine.quote(0, 100, 101);
      assert.equal(engine.halts.length, 1, wrapped);
      assert.match(engine.halts[0], expected);
      assert.deepEqual(engine.calls, [], 'nothing of it reached the engine');
    }
  }
});

test(`${MAX_NONSENSE} senseless requests in a row halt, refusals that the market brings about do not`, async (t) => {
  const text = moduleOf('onBook(ctx) { ctx.submit({ instrument: 0, side: 1, qtyLots: 1, priceTicks: Number.NaN }); },');
  const engine = await runningModule(t, text);
  engine.onSubmit = () => -RejectCode.BadPrice;
  for (let i = 1; i < MAX_NONSENSE; i++) engine.quote(0, 100, 100 + i);
  assert.deepEqual(engine.halts, []);
  engine.onSubmit = () => undefined;
  engine.quote(0, 99, 101);
  engine.onSubmit = () => -RejectCode.BadPrice;
  for (let i = 1; i < MAX_NONSENSE; i++) engine.quote(0, 98, 100 + i);
  assert.deepEqual(engine.halts, [], 'an accepted order starts the row anew');
  engine.onSubmit = () => -RejectCode.PositionLong;
  for (let i = 1; i < 2 * MAX_NONSENSE; i++) engine.quote(0, 97, 100 + i);
  assert.deepEqual(engine.halts, [], 'a limit is no nonsense, nor does it end the row');
  engine.onSubmit = () => -RejectCode.BadPrice;
  engine.quote(0, 96, 101);
  assert.match(
    engine.halts[0],
    /Nonsense onBook: .*100 requests in a row that make no sense; of the last, price is missing/,
  );
  const sent = engine.calls.length;
  engine.quote(0, 95, 101);
  assert.equal(engine.calls.length, sent);
});

test('a failure of the engine inside a verb is passed on, whatever the strategy makes of it', async (t) => {
  for (const code of [
    'ctx.submit(ticket);',
    'try { ctx.submit(ticket); } catch {}',
    'try { ctx.submit(ticket); } finally { return; }',
  ]) {
    const text = moduleOf(`onBook(ctx) { const ticket = { instrument: 0, side: 1, qtyLots: 1 }; ${code} },`);
    const engine = await runningModule(t, text);
    engine.onSubmit = () => {
      throw new Error('the journal is gone');
    };
    assert.throws(() => engine.quote(0, 100, 101), /the journal is gone/);
    assert.deepEqual(engine.halts, []);
    engine.host.checkInvariants();
  }
});

test('calling the host from inside a verb is a bug that does not pass unnoticed', async (t) => {
  const text = moduleOf('onBook(ctx) { ctx.submit({ instrument: 0, side: 1, qtyLots: 1 }); }, onOrder() {},');
  const engine = await runningModule(t, text);
  engine.onSubmit = () => {
    engine.host.onOrder(0, 1, 2, 0, 0, 0, 0);
    return undefined;
  };
  assert.throws(() => engine.quote(0, 100, 101), /callbacks do not nest/);
});

test('a halt by the engine inside a callback waits until it has returned; verbs are refused until then', async (t) => {
  const text = moduleOf(
    `onBook(ctx) { ctx.log(String(ctx.submit({ instrument: 0, side: 1, qtyLots: 1 })));
      ctx.log(String(ctx.submit({ instrument: 0, side: 1, qtyLots: 1 }))); ctx.log('end'); },`,
  );
  const engine = await runningModule(t, text);
  engine.onSubmit = () => {
    engine.host.halt(0, 6, 'loss limit of the account');
    assert.deepEqual(engine.halts, [], 'not yet');
    return undefined;
  };
  engine.quote(0, 100, 101);
  assert.deepEqual(engine.logged, ['1', String(-RejectCode.StrategyHalted), 'end']);
  assert.deepEqual(engine.halts, ['0 LossLimit loss limit of the account']);
  engine.host.halt(0, 5, 'again');
  assert.equal(engine.halts.length, 1, 'once');
});

test('a context works only inside the callbacks of its own strategy', async (t) => {
  const engine = new FakeEngine();
  const stolen: { ctx?: { cancelAll(instrument: null): number } } = {};
  addDefinition(engine, {
    name: 'giver',
    parameters: {},
    create: () => ({ onStart: (ctx) => void Object.assign(stolen, { ctx }) }),
  });
  addDefinition(engine, {
    name: 'taker',
    parameters: {},
    create: () => ({ onTimer: () => void stolen.ctx?.cancelAll(null) }),
  });
  engine.host.start();
  engine.host.onTimer(1, 0);
  assert.match(engine.halts[0], /^1 Nonsense onTimer: .*cancelAll is used outside of the strategy's own callbacks/);
  assert.equal(engine.host.isRunning(0), true, 'the one it was taken from goes on');
  assert.throws(() => stolen.ctx?.cancelAll(null), /outside of the strategy's own callbacks/);
  t.diagnostic(engine.halts[0]);
});

test('what a strategy writes to its views, tables and context throws, and changes nothing', async (t) => {
  const cases = [
    'ctx.book(0).bidPriceTicks = 5',
    'ctx.book(0).extra = 5',
    'ctx.book(0).imbalance = () => 1',
    'Object.getPrototypeOf(ctx.book(0)).imbalance = () => 1',
    "Object.defineProperty(Object.getPrototypeOf(ctx.book(0)), 'midTicks', { get: () => 0 })",
    'ctx.definition(0).priceDecimals = 9',
    'ctx.book(0).def.symbol = "X"',
    'ctx.position(0).instrument = 1',
    'ctx.nowNs = 5',
    'ctx.submit = () => 1',
    'Object.getPrototypeOf(ctx).submit = () => 1',
    'ctx.signals.midEma(0, 5).value = 1',
    'ctx.signals.volume = null',
    'ctx.math.exp = null',
    'ctx.random.u32 = () => 4',
    'Object.getPrototypeOf(ctx.random).u32 = () => 4',
    'ctx.pnl.realised = 1e9',
    'ctx.consolidated("both").push(2)',
    'OrderSide.Buy = 2',
    'Side.Ask = 1',
    'parameters.level = 9',
    'parameters.names.push("x")',
  ];
  for (const code of cases) {
    const text = moduleOf(`onBook(ctx) { ${code}; },`)
      .replace('create: () =>', 'create: (parameters) =>')
      .replace(
        'parameters: {}',
        "parameters: { level: { type: 'integer', default: 1 }, names: { type: 'strings', default: ['a'] } }",
      );
    const engine = await runningModule(t, text);
    engine.quote(0, 100, 101);
    assert.match(engine.halts[0] ?? `${code} passed`, /^0 Threw onBook: TypeError: /, code);
  }
});

test('nothing that a strategy can reach from its views leads to the books or the orders', async (t) => {
  const engine = new FakeEngine();
  const inside = new Set<unknown>([engine.books, engine.books.ladders, engine.orders, engine.host, engine]);
  const found: string[] = [];
  const search = (value: unknown, path: string, seen: Set<unknown>): void => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;
    seen.add(value);
    if (inside.has(value)) found.push(path);
    for (
      let one: object | null = value as object;
      one !== null && one !== Object.prototype && one !== Function.prototype;
    ) {
      for (const key of Reflect.ownKeys(one)) {
        if (key === 'caller' || key === 'arguments' || key === 'callee') continue;
        let child: unknown;
        try {
          child = (value as Record<PropertyKey, unknown>)[key];
        } catch {
          continue;
        }
        search(child, `${path}.${String(key)}`, seen);
      }
      one = Object.getPrototypeOf(one) as object | null;
    }
  };
  addDefinition(engine, {
    name: 'burglar',
    parameters: {},
    create: () => ({
      onBook(ctx) {
        const orderId = ctx.submit({ instrument: 0, side: 1, qtyLots: 1, priceTicks: 5 });
        const seen = new Set<unknown>();
        const things = { ctx, book: ctx.book(0), position: ctx.position(0), order: ctx.order(orderId) };
        for (const [name, thing] of Object.entries(things)) search(thing, name, seen);
        search(ctx.signals.midEma(0, 5), 'signal', seen);
        search(ctx.parent(1), 'parent', seen);
        ctx.log(`${seen.size} objects`);
      },
      onTrade: (_ctx, trade) => search(trade, 'trade', new Set()),
      onOrder: (_ctx, update) => search(update, 'update', new Set()),
    }),
  });
  engine.host.start();
  engine.define(0);
  engine.quote(0, 100, 101);
  engine.trade(0, 100, 1, 1);
  engine.host.onOrder(0, 1, 2, 0, 0, 0, 0);
  assert.deepEqual(engine.halts, []);
  assert.deepEqual(found, []);
  t.diagnostic(engine.logged[0]);
  assert.ok(Number.parseInt(engine.logged[0], 10) > 30, 'the search saw something');
});

test('open orders are visited as they were, whatever the visit does to them', async () => {
  const engine = new FakeEngine();
  const visited: number[] = [];
  addDefinition(engine, {
    name: 'visitor',
    parameters: {},
    create: () => ({
      onBook(ctx) {
        for (let i = 0; i < 5; i++) ctx.submit({ instrument: i % 2, side: 1, qtyLots: 1, priceTicks: 5 });
        ctx.forEachOpen(null, (order) => {
          visited.push(order.orderId);
          if (order.orderId === 1) ctx.cancel(2);
          ctx.submit({ instrument: 0, side: 2, qtyLots: 1, priceTicks: 9 });
          ctx.forEachOpen(1, (inner) => visited.push(inner.orderId * 100));
        });
        visited.push(ctx.openCount(null), ctx.openCount(0), ctx.openCount(1));
      },
    }),
  });
  engine.host.start();
  engine.define(0);
  engine.define(1);
  engine.quote(0, 100, 101);
  assert.deepEqual(engine.halts, []);
  assert.deepEqual(visited, [1, 400, 3, 400, 4, 400, 5, 400, 8, 7, 1]);
  assert.equal(engine.orders.status[2], OrdStatus.Canceled);
  engine.host.checkInvariants();
});
