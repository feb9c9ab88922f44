/** What is not the same in a rerun throws by name while strategy code runs, and works as ever outside of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guard, installGuard } from '../../src/strategy/guard.ts';
import { prepareStrategy } from '../../src/strategy/load/prepare.ts';
import { addDefinition, FakeEngine, moduleOf, runningModule, strategyFolder } from './support.ts';

const CLOCK = 'is not the same in a rerun: use ctx.nowNs';
const RANDOM = 'is not the same in a rerun: use ctx.random';
const LATER = 'is not the same in a rerun: use ctx.setTimer and onTimer';

const FORBIDDEN: Readonly<Record<string, string>> = {
  'Date.now()': `Date.now ${CLOCK}`,
  'new Date()': `Date ${CLOCK}`,
  'Date()': `Date ${CLOCK}`,
  'new (new Date(0).constructor)()': `Date ${CLOCK}`,
  'class D extends Date {} new D()': `Date ${CLOCK}`,
  'performance.now()': `performance.now ${CLOCK}`,
  'const { now } = performance; now()': `performance.now ${CLOCK}`,
  'Math.random()': `Math.random ${RANDOM}`,
  'const m = Math; m["ran" + "dom"]()': `Math.random ${RANDOM}`,
  '[3, 1, 2].sort(() => Math.random() - 0.5)': `Math.random ${RANDOM}`,
  'crypto.randomUUID()': `crypto.randomUUID ${RANDOM}`,
  'crypto.getRandomValues(new Uint8Array(1))': `crypto.getRandomValues ${RANDOM}`,
  'setTimeout(() => {}, 0)': `setTimeout ${LATER}`,
  'setInterval(() => {}, 0)': `setInterval ${LATER}`,
  'setImmediate(() => {})': `setImmediate ${LATER}`,
  'queueMicrotask(() => {})': `queueMicrotask ${LATER}`,
  'Promise.resolve(1).then(() => {})': 'Promise.then is not the same in a rerun',
  'Promise.resolve(1).catch(() => {})': 'Promise.then is not the same in a rerun',
  "fetch('http://localhost')": 'fetch is not the same in a rerun',
  'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)': `Atomics.wait ${LATER}`,
  'new Date(0).getHours()': 'Date.prototype.getHours is not the same in a rerun: the machine',
  'String(new Date(0))': 'Date.prototype.toString is not the same in a rerun: the machine',
  'new Date(0).toLocaleTimeString()': 'Date.prototype.toLocaleTimeString is not the same in a rerun',
  '(1234.5).toLocaleString()': 'Number.prototype.toLocaleString is not the same in a rerun',
  "['b', 'a'].sort((a, b) => a.localeCompare(b))": 'String.prototype.localeCompare is not the same in a rerun',
  'new WeakRef({})': 'WeakRef is not the same in a rerun',
  'new FinalizationRegistry(() => {})': 'FinalizationRegistry is not the same in a rerun',
  "(() => {}).constructor('return 1')": 'Function is not the same in a rerun',
  "new ((function* () {}).constructor)('yield 1')": 'GeneratorFunction is not the same in a rerun',
};

for (const [code, message] of Object.entries(FORBIDDEN)) {
  test(`${code} halts a strategy by name, caught or not`, async (t) => {
    for (const text of [`${code};`, `try { ${code}; } catch {}`, `try { ${code}; } finally { return; }`]) {
      const engine = await runningModule(t, moduleOf(`onTimer() { ${text} },`));
      engine.host.onTimer(0, 1);
      assert.equal(engine.halts.length, 1, text);
      const expected = `0 NonDeterministic onTimer: ${message}`;
      assert.equal(engine.halts[0].slice(0, expected.length), expected);
      assert.match(engine.halts[0], / \(subject\.js:4\)$/);
      assert.equal(guard.active, false);
    }
  });
}

test('a clock read while the module is evaluated, or in create, refuses the strategy before the run', async (t) => {
  const cases: [string, RegExp][] = [
    [moduleOf('onStart() {},', 'const t0 = Date.now();'), /^subject\.js: Date\.now .* \(subject\.js:2\)$/],
    [moduleOf('onStart() {},', 'let t0; try { t0 = Date.now(); } catch {}'), /^subject\.js: Date\.now /],
    [moduleOf('onStart() {},', 'for (;;);'), /^subject\.js: more than 1000000 steps .*\(subject\.js:2\)$/],
  ];
  for (const [text, expected] of cases) {
    const folder = strategyFolder(t, { 'subject.js': text });
    await assert.rejects(prepareStrategy('./subject.js', folder), (error: Error) => expected.test(error.message));
  }
});

test('what does not depend on the machine stays: dates of given times, mathematics, promises nobody waits for', async (t) => {
  const code = `ctx.log(new Date(1e12).toISOString()); ctx.log(String(Date.UTC(2020, 1, 2)) + new Date(0).getUTCHours() + new Date(0).toJSON().length);
    ctx.log(String(new Date(5) instanceof Date)); class D extends Date {} ctx.log(String(new D(7).getTime()));
    ctx.log(String(Math.sqrt(2))); ctx.log(String((() => {}) instanceof Function || typeof (() => {})));`;
  const engine = await runningModule(t, moduleOf(`onTimer(ctx) { ${code.replace('instanceof Function ||', '&&')} },`));
  engine.host.onTimer(0, 1);
  assert.deepEqual(engine.halts, []);
  assert.deepEqual(engine.logged, [
    '2001-09-09T01:46:40.000Z',
    '1580601600000024',
    'true',
    '7',
    String(Math.SQRT2),
    'function',
  ]);
});

test('a callback that returns a promise, or anything with then, halts; its rejection ends nobody', async () => {
  const returns: Record<string, () => unknown> = {
    promise: () => Promise.resolve(),
    rejected: () => Promise.reject(new Error('unheard')),
    thenable: () => Object.fromEntries([['then', () => {}]]),
  };
  for (const [name, result] of Object.entries(returns)) {
    const engine = new FakeEngine();
    addDefinition(engine, { name, parameters: {}, create: () => ({ onTimer: result as () => void }) });
    engine.host.start();
    engine.host.onTimer(0, 1);
    assert.deepEqual(engine.halts, [
      '0 NonDeterministic onTimer: a promise is not the same in a rerun: callbacks run to completion and return nothing; use ctx.setTimer',
    ]);
  }
  await new Promise((resolve) => setTimeout(resolve, 5)); // an unhandled rejection would fail the test
});

test('outside of strategy code the machine is as it was', async () => {
  installGuard();
  installGuard();
  assert.equal(guard.active, false);
  const made = new Date();
  assert.ok(Math.abs(Date.now() - made.getTime()) < 10_000);
  assert.ok(new Date() instanceof Date && Object.prototype.toString.call(new Date()) === '[object Date]');
  assert.equal(typeof Date(), 'string');
  assert.equal(new Date(2020, 1, 2).getDate(), 2);
  assert.equal('a'.localeCompare('b'), -1);
  assert.equal(Date.name, 'Date');
  assert.equal(new Date(0).constructor, Date);
  assert.ok(performance.now() > 0 && process.hrtime.bigint() > 0n && process.hrtime().length === 2);
  assert.ok(Math.random() < 1 && crypto.randomUUID().length === 36);
  assert.equal(crypto.getRandomValues(new Uint8Array(4)).length, 4);
  assert.equal(new Function('a', 'return a + 1')(1), 2);
  assert.equal(Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1), 'timed-out');
  assert.deepEqual(new WeakRef({ a: 1 }).deref(), { a: 1 });
  assert.equal(await Promise.resolve(1).then((x) => x + 1), 2);
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    queueMicrotask(() => order.push('micro'));
    process.nextTick(() => order.push('tick'));
    setTimeout(() => {
      order.push('timeout');
      resolve();
    }, 1);
  });
  assert.deepEqual(order.slice().sort(), ['micro', 'tick', 'timeout']);
});

test('inside a verb the engine has its clock and its waits', () => {
  const engine = new FakeEngine();
  addDefinition(engine, {
    name: 'sender',
    parameters: {},
    create: () => ({
      onTimer(ctx) {
        ctx.submit({ instrument: 0, side: 1, qtyLots: 1, priceTicks: 1 });
        ctx.log(String(guard.active));
      },
    }),
  });
  engine.host.start();
  engine.define(0);
  let readNs = 0n;
  engine.onSubmit = () => {
    readNs = process.hrtime.bigint();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return undefined;
  };
  engine.host.onTimer(0, 1);
  assert.deepEqual([engine.halts, engine.logged], [[], ['true']]);
  assert.ok(readNs > 0n);
});
