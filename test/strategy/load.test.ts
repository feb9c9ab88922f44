/** Loading strategies: what is loaded means what it meant as a module, whatever is rewritten in it. */
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { instantiate, prepareStrategy } from '../../src/strategy/load/prepare.ts';
import { stripTypes } from '../../src/strategy/load/strip-types.ts';
import { addModule, FakeEngine, moduleOf, refusal, strategyFolder } from './support.ts';

const STRIPS =
  Number(process.versions.node.split('.')[0]) >= 23 || /^22\.(1[3-9]|[2-9]\d)\./.test(process.versions.node);

test('a local variable may be called like something refused', async (t) => {
  const text = moduleOf(
    `onTimer(ctx) { const process = (order) => order.eval + order.require; const self = { global: 1, eval: 2, require: 3 };
      module: for (;;) { break module; }
      ctx.log(String(process(self) + typeof exports)); },`,
  );
  const engine = new FakeEngine();
  await addModule(engine, t, text);
  engine.host.start();
  engine.host.onTimer(0, 1);
  assert.deepEqual([engine.halts, engine.logged], [[], ['5undefined']]);
});

/** Modules whose namespace is compared with what import() of the same files gives. */
const SEMANTICS: Readonly<Record<string, string>> = {
  'main.js': `#!/usr/bin/env node
import first, { a as renamed, hoisted, 'a string' as stringy } from './one.js';
import * as all from './one.js';
import { inner, default as deep } from './deep/two.js';
import './effects.js'; import unnamed from './anonymous.js'; import unnamed2 from './arrow.js'; import unnamed3 from './call.js';
export { a, hoisted as raised } from './one.js';
export * from './deep/two.js';
export * as space from './deep/two.js';
export const { x, y: [z, ...rest], w = 5 } = { x: 1, y: [2, 3, 4] };
export let counted = 0; counted = 7;
export class Shape { #side = 3; static made = 0; static { Shape.made = 2; } get area() { return this.#side ** 2; } }
export function early() { return later; }
const later = early;
export const text = String(first) + renamed + hoisted() + stringy + Object.keys(all).join() + inner + deep.name;
export const shapes = [new Shape().area, Shape.made].map(n => (n + 1)).join();
export const nested = (p) => (q) => ({ sum: p + q });
export const sums = nested(1)(2).sum;
export const names = [unnamed.name, unnamed2.name, unnamed3()].join();
export const comma = ((1, 2), (() => (3, 4))());
export const regex = /[/]{1,2}}/.test('//}') && \`\${[1].map((v) => \`\${v}}\`)}\`;
export const thrown = (() => { try { throw { message: 'm', at: [1, 2] }; } catch ({ message, at: [, second] }) { return message + second; } })();
export const silent = (() => { try { null.x; } catch { return 'silent'; } finally { counted; } })();
export const looped = (() => { let s = ''; outer: for (const i of [1, 2, 3]) { for (let j = 0; ; j++) if (j > i) continue outer; else s += j; } do s += '!'; while (s.length < 12); return s; })();
export const generated = [...(function* () { for (let i = 0; i < 3; i++) yield i; })()].join();
export const empty = [(() => {})(), (function () {})(), new (class { constructor() {} })() instanceof Object].join();
export const args = (function () { return arguments.length + typeof this; })(1, 2);
export const getter = { get v() { return 1; }, set v(q) {}, ['comp' + 1]() { return 2; } }.comp1();
export default function () { return text; }
// the last line is a comment`,
  'one.js': `export const a = 'A'; export function hoisted() { return 'H'; } const s = 'S';
export { s as 'a string' }; export default [1, 2];`,
  'deep/two.js': `import { a } from '../one.js'; export const inner = a + '2'; export const x = 'hidden by main';
export default class Two {}
export { default as again } from '../anonymous.js';`,
  'anonymous.js': 'export default class { static kind = "anonymous"; }\nexport const other = 1;',
  'arrow.js': 'export default (x) => x + 1',
  'call.js': 'export default function () { return 5 }(7)',
  'effects.js': "import { a } from './one.js';\nif (a !== 'A') throw new Error('order');",
};

test('modules mean what they mean to Node: every kind of import, export and statement', async (t) => {
  const files: Record<string, string> = {};
  for (const [name, text] of Object.entries(SEMANTICS)) files[name] = text;
  files['subject.js'] = moduleOf(
    `onTimer(ctx) { const text = digest(all); for (let i = 0; i < text.length; i += 150) ctx.log(text.slice(i, i + 150)); },`,
    "import * as all from './main.js';\nimport { digest } from './digest.js';",
  );
  files['digest.js'] = `export function digest(all) {
    return JSON.stringify(Object.keys(all).sort().map((name) => [name, typeof all[name] === 'function' ? 'function ' + all[name].length
      : all[name] !== null && typeof all[name] === 'object' ? { ...all[name] } : all[name]]));
  }`;
  files['package.json'] = '{ "type": "module" }';
  const folder = strategyFolder(t, files);
  const engine = new FakeEngine();
  engine.host.add('subject', instantiate(await prepareStrategy('./subject.js', folder), {}));
  engine.host.start();
  engine.host.onTimer(0, 1);
  assert.deepEqual(engine.halts, []);
  const all = (await import(pathToFileURL(join(folder, 'main.js')).href)) as object;
  const { digest } = (await import(pathToFileURL(join(folder, 'digest.js')).href)) as { digest(all: object): string };
  assert.deepEqual(JSON.parse(engine.logged.join('')), JSON.parse(digest(all)));
  assert.ok(engine.logged.join('').length > 400);
});

test('line numbers are those of the file, in every file of the strategy', async (t) => {
  const filler = Array.from(
    { length: 30 },
    (_, i) => `const f${i} = (a) => {\n  for (const x of a) if (x) return x;\n};`,
  ).join('\n');
  for (const depth of [0, 1, 2]) {
    const broken = `${filler}\nexport function go() {\n  throw new Error('here');\n}\n`;
    const head = ["import { go } from './lib/a.js';", "import { go } from './lib/a.js';", filler][depth];
    const folder = strategyFolder(t, {
      'subject.js': moduleOf(
        depth === 2 ? "onTimer() {\n  throw new Error('here');\n}," : 'onTimer() { go(); },',
        head,
      ),
      'lib/a.js': depth === 0 ? broken : "export { go } from '../../outside.js';",
    });
    if (depth === 1) writeFileSync(join(folder, '..', 'outside.js'), broken);
    const engine = new FakeEngine();
    engine.host.add('subject', instantiate(await prepareStrategy('./subject.js', folder), {}));
    engine.host.start();
    engine.host.onTimer(0, 1);
    const place = ['lib/a.js:92', '../outside.js:92', 'subject.js:94'][depth];
    assert.deepEqual(engine.halts, [`0 Threw onTimer: here (${place})`]);
  }
});

test('statements of several lines that are rewritten keep the lines behind them', async (t) => {
  const folder = strategyFolder(t, {
    'subject.js': moduleOf(
      `onTimer() {
  try { go(); } catch ({
    message,
  }) {
    throw new Error(message + second);
  }
},`,
      "import {\n  go,\n  second\n} from './other.js';\nexport {\n  go\n};",
    ),
    'other.js': "export function go() { throw new Error('one'); }\nexport const second = 'two';",
  });
  const engine = new FakeEngine();
  engine.host.add('subject', instantiate(await prepareStrategy('./subject.js', folder), {}));
  engine.host.start();
  engine.host.onTimer(0, 1);
  assert.deepEqual(engine.halts, ['0 Threw onTimer: onetwo (subject.js:14)']);
});

test('places are found in files of awkward names', async (t) => {
  for (const name of ['a (b).js', 'x at y.js', '(z.js', 'ü é.js']) {
    const folder = strategyFolder(t, { [name]: moduleOf("onTimer() { (() => { throw new Error('here'); })(); },") });
    const engine = new FakeEngine();
    engine.host.add('subject', instantiate(await prepareStrategy(`./${name}`, folder), {}));
    engine.host.start();
    engine.host.onTimer(0, 1);
    assert.deepEqual(engine.halts, [`0 Threw onTimer: here (${name}:4)`]);
  }
});

test('every instance has modules of its own', async (t) => {
  const folder = strategyFolder(t, {
    'subject.js': moduleOf('onTimer(ctx) { ctx.log(String(next())); },', "import { next } from './count.js';"),
    'count.js': 'let n = 0;\nexport const next = () => ++n;',
  });
  const prepared = await prepareStrategy('./subject.js', folder);
  const engine = new FakeEngine();
  engine.host.add('a', instantiate(prepared, {}));
  engine.host.add('b', instantiate(prepared, {}));
  engine.host.start();
  for (const strategy of [0, 0, 1, 0, 1]) engine.host.onTimer(strategy, 1);
  assert.deepEqual(engine.logged, ['1', '2', '1', '3', '2']);
});

test('the identity is that of the sources: names and contents of every file, packages with their versions', async (t) => {
  const files: Record<string, string> = {
    'subject.js': moduleOf('onStart() {},', "import './other.js';\nimport 'pack';"),
    'other.js': 'export const a = 1;',
    'node_modules/pack/package.json': '{ "name": "pack", "version": "1.0.0", "main": "main.js" }',
    'node_modules/pack/main.js': 'module.exports = 5;',
  };
  const shaOf = async (changed: Record<string, string>): Promise<string> => {
    const prepared = await prepareStrategy('./subject.js', strategyFolder(t, { ...files, ...changed }));
    return prepared.sha256;
  };
  const sha = await shaOf({});
  assert.match(sha, /^[0-9a-f]{64}$/);
  assert.equal(await shaOf({}), sha, 'wherever the folder is');
  assert.equal(await shaOf({ 'unrelated.js': '' }), sha);
  const different = [
    await shaOf({ 'subject.js': `${files['subject.js']}\n` }),
    (await prepareStrategy('./renamed.js', strategyFolder(t, { ...files, 'renamed.js': files['subject.js'] }))).sha256,
    await shaOf({ 'other.js': 'export const a = 2;' }),
    await shaOf({ 'node_modules/pack/package.json': '{ "name": "pack", "version": "1.0.1", "main": "main.js" }' }),
    await shaOf({ 'subject.js': files['subject.js'].replace('./other', './o'), 'o.js': files['other.js'] }),
  ];
  assert.equal(new Set([sha, ...different]).size, 6);
});

test('packages come from the folder of the strategy: CommonJS, ES modules, subpaths', async (t) => {
  const folder = strategyFolder(t, {
    'deep/subject.js': moduleOf(
      'onTimer(ctx) { ctx.log([plain, named, sub, only, only2, util.inspect({ a: 1 })].join()); },',
      `import plain from 'plain'; import { named } from 'plain'; import { sub } from 'plain/sub.js';
import { only } from 'only'; import { only2 } from '@scope/only'; import util from 'node:util'; import assert from 'assert'; assert(true);`,
    ),
    'node_modules/plain/package.json': '{ "name": "plain", "version": "1.0.0", "main": "main.js" }',
    'node_modules/plain/main.js': 'exports.named = "named"; exports.toString = () => "plain";',
    'node_modules/plain/sub.js': 'exports.sub = "sub";',
    'node_modules/only/package.json':
      '{ "name": "only", "version": "2.0.0", "type": "module", "exports": { "import": "./i.js" } }',
    'node_modules/only/i.js': 'export const only = "only";',
    'node_modules/@scope/only/package.json':
      '{ "name": "@scope/only", "version": "2.0.0", "type": "module", "exports": { ".": { "import": { "default": "./i.js" } } } }',
    'node_modules/@scope/only/i.js': 'export const only2 = "only2";',
  });
  const engine = new FakeEngine();
  engine.host.add('subject', instantiate(await prepareStrategy('./deep/subject.js', folder), {}));
  engine.host.start();
  engine.host.onTimer(0, 1);
  assert.deepEqual([engine.halts, engine.logged], [[], ['plain,named,sub,only,only2,{ a: 1 }']]);
});

const TYPED = `import { defineStrategy, type StrategyContext } from 'tapehead';
import type { Nothing } from './types.ts';
import { twice } from './twice.js';

interface Local { readonly n: number }
export default defineStrategy({
  name: 'typed',
  parameters: { n: { type: 'integer', default: 4 } },
  create: ({ n }) => ({
    onTimer(ctx: StrategyContext): void {
      const local: Local = { n: n as number };
      ctx.log(String(twice(local.n)));
      throw new Error('typed' satisfies string);
    },
  }),
});
`;

test('TypeScript is loaded where Node strips types; elsewhere one line says how to compile it', async (t) => {
  const folder = strategyFolder(t, {
    'typed.ts': TYPED,
    'twice.ts': 'export const twice = (n: number): number => n * 2;\n',
  });
  if (!STRIPS) {
    const message = await refusal(folder, './typed.ts');
    assert.match(
      message,
      /^typed\.ts: Node 20\.\S+ can not run TypeScript \(22\.13 and later can\): compile it, npx -p typescript@5 tsc typed\.ts /,
    );
    return;
  }
  const engine = new FakeEngine();
  engine.host.add('typed', instantiate(await prepareStrategy('./typed.ts', folder), { n: 21 }));
  engine.host.start();
  engine.host.onTimer(0, 1);
  assert.deepEqual(engine.logged, ['42']);
  assert.deepEqual(engine.halts, ['0 Threw onTimer: typed (typed.ts:13)']);
  const wrong = strategyFolder(t, {
    'a.ts': 'let a: number = 1;\nlet b: number = ;\n',
    'b.ts': 'let a = 1;\nenum X { A }\n',
  });
  assert.match(await refusal(wrong, './a.ts'), /^a\.ts:2:17: Expression expected$/);
  assert.match(await refusal(wrong, './b.ts'), /^b\.ts(:2:\d+)?: TypeScript enum is not supported in strip-only mode/);
});

test('the line for a Node without type stripping names the command, and the file that comes of it', () => {
  assert.throws(
    () => stripTypes('', 'my.mts', null),
    (error: Error) =>
      /^my\.mts: Node \S+ can not run TypeScript .*npx -p typescript@5 tsc my\.mts .* name the \.mjs file$/.test(
        error.message,
      ),
  );
});

test('strategies load in worker threads', async (t) => {
  const folder = strategyFolder(t, { 'subject.js': moduleOf("onTimer() { throw new Error('in a worker'); },") });
  const main = new URL('../../src/strategy/load/prepare.js', import.meta.url).href;
  const code = `import { parentPort } from 'node:worker_threads';
    const { prepareStrategy, instantiate } = await import(${JSON.stringify(main)});
    const prepared = await prepareStrategy('./subject.js', ${JSON.stringify(folder)});
    const { strategy } = instantiate(prepared, {});
    try { strategy.onTimer(); } catch (error) { parentPort.postMessage([prepared.sha256, error.stack.split('\\n')[1]]); }`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const [sha, frame] = await new Promise<string[]>((resolve, reject) =>
    worker.on('message', resolve).on('error', reject),
  );
  assert.equal(sha, (await prepareStrategy('./subject.js', folder)).sha256);
  assert.ok(frame.includes(`${join(folder, 'subject.js')}:4:`), frame);
});

test('a strategy moved to another folder has the same identity and the same texts', async (t) => {
  const from = strategyFolder(t, { 'subject.js': moduleOf("onTimer() { throw new Error('moved'); },") });
  const to = strategyFolder(t, {});
  cpSync(from, join(to, 'elsewhere'), { recursive: true });
  const ends: string[] = [];
  for (const folder of [from, join(to, 'elsewhere')]) {
    const prepared = await prepareStrategy('./subject.js', folder);
    const engine = new FakeEngine();
    engine.host.add('subject', instantiate(prepared, {}));
    engine.host.start();
    engine.host.onTimer(0, 1);
    ends.push(prepared.sha256 + engine.halts[0]);
  }
  assert.equal(ends[0], ends[1]);
});
