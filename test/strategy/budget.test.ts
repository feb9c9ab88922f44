/** The budget: every way to go on for ever is stopped, at the same step wherever it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_DEPTH } from '../../src/strategy/budget.ts';
import { addDefinition, FakeEngine, moduleOf, runningModule } from './support.ts';

const BUDGET = 20_000;

const ENDLESS: Readonly<Record<string, string>> = {
  'for (;;)': 'for (;;);',
  'for (;;) with a block': 'for (let i = 0; ; i++) { n += i; }',
  while: 'while (true) n++;',
  'do while': 'do n++; while (true);',
  'do while with a block': 'do { n++; } while (true)',
  'for of': 'for (const x of forever()) n += x;',
  'for in': 'for (;;) { for (const k in { a: 1 }) n += k.length; }',
  'labelled continue': 'outer: for (;;) { for (;;) { continue outer; } }',
  'a test that calls': 'const yes = () => true; while (yes());',
  'an update that calls': 'const next = () => n++; for (;; next()) {}',
  'a method with a callback':
    'const a = [0]; a.forEach((x) => { a.push(x); if (a.length > 1) a.length = 1; for (;;) n++; });',
  'an array that sorts for ever': 'for (;;) [3, 1, 2].sort((a, b) => a - b);',
  'a getter': 'const o = { get x() { n++; return true; } }; while (o.x) {}',
  'catching what stops it': 'for (;;) { try { for (;;) n++; } catch { n = 0; } }',
  'catching what stops it, by pattern':
    'for (;;) { try { for (;;) n++; } catch ({ message }) { n = message.length; } }',
  'catching it outside': 'try { for (;;) n++; } catch (e) { for (;;) n++; }',
  'going on in finally': 'try { for (;;) n++; } finally { for (;;) n++; }',
  'returning from finally': 'for (;;) { const f = () => { try { for (;;) n++; } finally { return 1; } }; f(); }',
  'a generator': 'const g = forever(); for (;;) g.next();',
  'a class field': 'class A { x = (() => { for (;;) n++; })(); } new A();',
  'a static block': 'class A { static { for (;;) n++; } } new A();',
  'a constructor': 'class A { constructor() { for (;;) n++; } } new A();',
  'a tagged template': 'const tag = () => { for (;;) n++; }; tag`x`;',
  'a default value': 'const f = (a = (() => { for (;;) n++; })()) => a; f();',
  'toString of its own': 'String({ toString() { for (;;) n++; } });',
  'a proxy': 'const p = new Proxy({}, { get() { for (;;) n++; } }); p.x;',
  'verbs without end': "const a = Array.from({ length: 2000 }); a.map(String); for (;;) ctx.log('x');",
};

const HEAD = `let n = 0;
function* forever() { for (;;) yield 1; }`;

for (const [name, code] of Object.entries(ENDLESS)) {
  test(`without end by ${name}: halted over its budget, at the same step each time`, async (t) => {
    const text = moduleOf(
      `onTimer(ctx) { ${code}\n ctx.log('came through'); }, onStop(ctx) { ctx.log('called'); },`,
      HEAD,
    );
    const ends: string[] = [];
    for (let run = 0; run < 2; run++) {
      const engine = await runningModule(t, text, { budgetTicks: BUDGET });
      engine.host.onTimer(0, 1);
      engine.host.stop();
      assert.equal(engine.halts.length, 1);
      assert.match(
        engine.halts[0],
        /^0 OverBudget onTimer: more than 20000 steps in one callback \(subject\.js:\d+\)$/,
      );
      assert.ok(!engine.logged.includes('called') && !engine.logged.includes('came through'));
      ends.push(`${engine.halts[0]} ${engine.logged.length}`);
    }
    assert.equal(ends[0], ends[1]);
  });
}

const RECURSIVE: Readonly<Record<string, string>> = {
  'a function': 'const f = () => f(); f();',
  'two functions': 'const a = () => b(); const b = () => a(); a();',
  'a function that catches': 'function f() { try { f(); } catch { f(); } } f();',
  'a function that goes on in finally': 'function f() { try { f(); } finally { f(); } } f();',
  'a getter': 'const o = { get x() { return this.x; } }; o.x;',
  'a constructor': 'class A { constructor() { this.next = new A(); } } new A();',
  'a method by way of sort': 'const f = () => [2, 1].sort(f); f();',
};

for (const [name, code] of Object.entries(RECURSIVE)) {
  test(`recursion without end by ${name} is stopped at ${MAX_DEPTH} calls, before the machine's stack ends`, async (t) => {
    const engine = await runningModule(t, moduleOf(`onTimer() { ${code} },`));
    engine.host.onTimer(0, 1);
    assert.match(
      engine.halts[0] ?? 'none',
      /^0 OverBudget onTimer: calls nested more than 500 deep \(subject\.js:\d+\)$/,
    );
  });
}

test('recursion that no tick sees ends with the stack, and is no different for being caught', async (t) => {
  const unseen = [
    'const f = (a = f()) => a; f();',
    'const f = (a = f()) => a; try { f(); } catch {}',
    'function* again() { yield again().next(); } again().next();',
  ];
  for (const code of unseen) {
    const engine = await runningModule(t, moduleOf(`onTimer() { ${code} },`));
    engine.host.onTimer(0, 1);
    assert.equal(engine.halts[0], '0 OverBudget onTimer: the stack is full: calls nested too deep');
  }
});

test('depth is given back however a function ends', async (t) => {
  const code = `const thrower = () => { throw new Error('x'); };
    const catcher = () => { try { thrower(); } catch { return 1; } };
    const early = (x) => { if (x) return 1; else return 2; };
    for (let i = 0; i < 3000; i++) { catcher(); early(i % 2); [1, 2].map((x) => x * 2); class A { get x() { return 1; } } new A().x; }
    const deep = (k) => k === 0 ? 0 : deep(k - 1) + 1;
    ctx.log(String(deep(${MAX_DEPTH - 5})));`;
  const engine = await runningModule(t, moduleOf(`onTimer(ctx) { ${code} },`));
  engine.host.onTimer(0, 1);
  engine.host.onTimer(0, 1);
  assert.deepEqual(engine.halts, []);
  assert.deepEqual(engine.logged, [String(MAX_DEPTH - 5), String(MAX_DEPTH - 5)]);
});

test('the budget is per callback, and exact to the step', async (t) => {
  // One step for the callback itself and one for each turn of the loop.
  const text = (turns: number): string => moduleOf(`onTimer() { for (let i = 0; i < ${turns}; i++) {} },`);
  const fits = await runningModule(t, text(BUDGET - 1), { budgetTicks: BUDGET });
  for (let i = 0; i < 5; i++) fits.host.onTimer(0, 1);
  assert.deepEqual(fits.halts, []);
  const over = await runningModule(t, text(BUDGET), { budgetTicks: BUDGET });
  over.host.onTimer(0, 1);
  assert.equal(over.halts.length, 1);
});

test('a generator counts as the call that it is', async (t) => {
  const text = (turns: number): string =>
    moduleOf(`onTimer() { for (let i = 0; i < ${turns}; i++) one().next(); },`, 'function* one() { yield 1; }');
  for (const [turns, halts] of [
    [BUDGET / 2 - 1, 0],
    [BUDGET / 2, 1],
  ]) {
    const engine = await runningModule(t, text(turns), { budgetTicks: BUDGET });
    engine.host.onTimer(0, 1);
    assert.equal(engine.halts.length, halts);
  }
});

test('verbs cost steps, in strategies without ticks too', () => {
  const engine = new FakeEngine({ budgetTicks: BUDGET });
  addDefinition(engine, {
    name: 'chatter',
    parameters: {},
    create: () => ({
      onTimer(ctx) {
        for (;;) ctx.log('x');
      },
    }),
  });
  engine.host.start();
  engine.host.onTimer(0, 1);
  assert.match(engine.halts[0], /^0 OverBudget onTimer: more than 20000 steps/);
  assert.equal(engine.logged.length, BUDGET / 100);
});
