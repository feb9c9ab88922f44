/** Loading strategies: what is refused, and the one line that says why. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { moduleOf, refusal, strategyFolder } from './support.ts';

const ONCE = 'onStart() {},';
const definition = (fields: string): string => `export default { ${fields} };`;
const NAME = "name: 'x'";
const CREATE = 'create: () => ({ onBook() {} })';

/** What is written in subject.js, and what the one line says. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['does not parse', 'export default {\n  name: 5,\n  oops oops\n};', /^subject\.js:3:8: Unexpected token$/],
  ['ends in the middle', 'export default {', /^subject\.js:1:17: Unexpected token$/],
  ['uses a name twice', 'const a = 1;\nlet a = 2;', /^subject\.js:2:5: Identifier 'a' has already been declared$/],
  [
    'exports nothing',
    'const a = 1;',
    /^subject\.js: no default export: write export default defineStrategy\(\{ \.\.\. \}\)$/,
  ],
  ['is empty', '', /^subject\.js: no default export/],
  ['exports a function', 'export default () => {};', /the default export is a value of type function, no definition/],
  ['exports null', 'export default null;', /the default export is null, no definition/],
  ['has no name', definition(`parameters: {}, ${CREATE}`), /name is undefined: 1-32 letters, digits or '-'$/],
  ['has a name with a space', definition(`name: 'a b', parameters: {}, ${CREATE}`), /name is "a b" \(a string\)/],
  ['has no parameters', definition(`${NAME}, ${CREATE}`), /parameters is missing: write parameters: \{\}/],
  ['has no create', definition(`${NAME}, parameters: {}`), /create is missing: write create:/],
  ['has create 5', definition(`${NAME}, parameters: {}, create: 5`), /create is 5 \(a number\), not a function$/],
  [
    'has a misspelt key',
    definition(`${NAME}, paramters: {}, ${CREATE}`),
    /unknown key, paramters \(did you mean parameters\?\)$/,
  ],
  [
    'has a key too many',
    definition(`${NAME}, parameters: {}, zebra: 1, ${CREATE}`),
    /unknown key, zebra \(there are name, /,
  ],
  [
    'wants other books',
    definition(`${NAME}, parameters: {}, books: 'all', ${CREATE}`),
    /books is "all" \(a string\): 'touch'/,
  ],
  [
    'misspells a callback',
    moduleOf('onBok() {}, onTrade() {},'),
    /the strategy has onBok, which nobody calls \(did you mean onBook\?\)$/,
  ],
  [
    'writes a callback small',
    moduleOf('onbook() {}, onTrade() {},'),
    /has onbook, which nobody calls \(did you mean onBook\?\)$/,
  ],
  ['has a callback of another', moduleOf('onCandle() {}, onTrade() {},'), /has onCandle, which nobody calls/],
  [
    'misspells it in a class',
    moduleOf(ONCE).replace('({\nonStart() {},\n})', 'new (class { onStart() {} onOrders() {} })()'),
    /onOrders, which nobody calls \(did you mean onOrder\?\)/,
  ],
  ['has a callback that is none', moduleOf('onBook: 5,'), /onBook is 5 \(a number\), not a function$/],
  ['has no callback', moduleOf('helper() {},'), /the strategy has no callback \(there are onStart, /],
  [
    'makes nothing',
    definition(`${NAME}, parameters: {}, create: () => {}`),
    /create returned undefined, no object with callbacks$/,
  ],
  [
    'throws in create',
    definition(`${NAME}, parameters: {},\n create: () => { throw new Error('boom'); }`),
    /^subject\.js: create: boom \(subject\.js:2\)$/,
  ],
  ['throws at once', 'export const a = 1;\nnull.x;', /^subject\.js: TypeError: .* \(subject\.js:2\)$/],
  [
    'loops in create',
    definition(`${NAME}, parameters: {}, create: () => { for (;;); }`),
    /create: more than 1000000 steps/,
  ],
  [
    'has an async callback',
    moduleOf('async onBook() {},'),
    /^subject\.js:4: async function: callbacks run in one go: no promises; use ctx\.setTimer/,
  ],
  ['has an async arrow', moduleOf('onBook: async () => {},'), /^subject\.js:4: async function/],
  ['awaits', 'await 5;', /^subject\.js:1: await: callbacks run in one go/],
  ['imports later', moduleOf("onBook() { import('./x.js'); },"), /^subject\.js:4: import\(\): callbacks run in one go/],
  [
    'asks where it is',
    'export default import.meta.url;',
    /^subject\.js:1: import\.meta: a strategy reads nothing but its context/,
  ],
  ['evaluates text', moduleOf("onBook() { eval('1'); },"), /^subject\.js:4: eval: code made from text is not counted/],
  [
    'makes functions of text',
    moduleOf("onBook() { new Function('1'); },"),
    /^subject\.js:4: Function: code made from text/,
  ],
  [
    'requires',
    "const fs = require('fs');",
    /^subject\.js:1: require: a strategy is an ES module: use import and export$/,
  ],
  ['is CommonJS', 'module.exports = {};', /^subject\.js:1: module\.exports: a strategy is an ES module/],
  [
    'reads the environment',
    moduleOf('onBook() { return process.env.HOME; },'),
    /^subject\.js:4: process\.env: a strategy reads nothing/,
  ],
  [
    'reads hrtime',
    moduleOf('onBook() { process.hrtime(); },'),
    /process\.hrtime: it is not the same in a rerun: use ctx\.nowNs$/,
  ],
  [
    'keeps state in the global',
    moduleOf('onBook() { globalThis.n = 1; },'),
    /globalThis\.n is assigned: strategies share no state/,
  ],
  [
    'uses a locale',
    moduleOf("onBook() { new Intl.NumberFormat('de'); },"),
    /Intl\.NumberFormat: the machine's language/,
  ],
  ['reads the global', 'const g = globalThis;', /globalThis: strategies share no state/],
  [
    'has a comment of HTML',
    'let b = 2;\nexport default 5<!--b;',
    /^subject\.js:2: HTML comments are not allowed in modules$/,
  ],
  ['changes Math', 'Math.tau = 6;', /^subject\.js:1: Math\.tau is assigned: strategies share no state/],
  ['changes every array', 'Array.prototype.last = 5;', /Array\.prototype\.last is assigned: strategies share/],
  ['changes the stack', moduleOf('onBook() { (Error)["stackTraceLimit"]++; },'), /Error\[\] is assigned/],
  ['takes a name of the loader', 'const __tapehead_tick = 1;', /names that begin with __tapehead are the loader's/],
  [
    'imports node:fs',
    "import { readFileSync } from 'node:fs';",
    /^subject\.js:1: node:fs can not be imported: a strategy reads no files/,
  ],
  ['imports fs', "import 'fs';", /^subject\.js:1: fs can not be imported: a strategy reads no files/],
  ['imports fs/promises', "import 'fs/promises';", /fs\/promises can not be imported: a strategy reads no files/],
  [
    'imports node:crypto',
    "import c from 'node:crypto';",
    /node:crypto can not be imported: randomness comes from ctx\.random$/,
  ],
  [
    'imports node:timers',
    "\nimport 'node:timers/promises';",
    /^subject\.js:2: node:timers\/promises can not be imported: timers are ctx/,
  ],
  ['imports node:perf_hooks', "import 'node:perf_hooks';", /the time is ctx\.nowNs$/],
  ['imports node:os', "import 'node:os';", /node:os can not be imported: a strategy reads nothing but its context/],
  ['re-exports node:fs', "export * from 'node:fs';", /node:fs can not be imported/],
  ['imports a missing file', "import './none.js';", /^subject\.js:1: \.\/none\.js: no such file/],
  ['imports without extension', "import './other';", /\.\/other lacks its extension: write \.\/other\.js$/],
  [
    'imports itself',
    "import './subject.js';",
    /^subject\.js:1: files import each other in a circle: subject\.js -> subject\.js$/,
  ],
  ['imports in a circle', "import './circle.js';", /circle: subject\.js -> circle\.js -> subject\.js$/],
  ['imports what parses not', "import './broken.js';", /^broken\.js:2:1: /],
  [
    'imports a name that is not there',
    "import { nothing } from './other.js';\n",
    /^subject\.js:1: \.\/other\.js exports no nothing$/,
  ],
  [
    'misspells a name of tapehead',
    "import { OrderSid } from 'tapehead';",
    /tapehead exports no OrderSid \(did you mean OrderSide\?\)$/,
  ],
  [
    'imports a type as a value',
    "import { StrategyContext } from 'tapehead';",
    /a type is imported with import type \{ StrategyContext \}$/,
  ],
  [
    'imports a package that is not there',
    "import 'left-pad-of-nobody';",
    /^subject\.js:1: package left-pad-of-nobody is not installed/,
  ],
  [
    'imports by URL',
    "import 'https://example.org/x.js';",
    /"https:\/\/example\.org\/x\.js" can not be imported: name a package/,
  ],
  ['imports by absolute path', "import '/etc/passwd';", /"\/etc\/passwd" can not be imported/],
  ['imports JSON', "import './data.json';", /data\.json: strategies are TypeScript or JavaScript modules that end in/],
  [
    'assigns an export later',
    'export let n = 0;\nexport const inc = () => { n++; };',
    /^subject\.js:2: n is exported and assigned inside a function/,
  ],
];

for (const [what, text, expected] of REFUSED) {
  test(`a strategy file that ${what} is refused in one line`, async (t) => {
    const folder = strategyFolder(t, {
      'subject.js': text,
      'other.js': 'export const other = 1;',
      'circle.js': "import './subject.js';",
      'broken.js': 'const a = 1\n);',
      'data.json': '{}',
    });
    const message = await refusal(folder);
    assert.match(message, expected);
    t.diagnostic(message);
  });
}

/** Parameter specs that make no sense, and what is said. */
const SPECS: readonly (readonly [string, RegExp])[] = [
  ['5', /parameters is 5 \(a number\), no object of parameters$/],
  ['{ a: 5 }', /parameter a: is 5 \(a number\), write/],
  ["{ a: { type: 'nubmer' } }", /parameter a: has type "nubmer" \(a string\) \(did you mean number\?\)$/],
  ['{ a: {} }', /parameter a: has type undefined: one of number, integer/],
  ["{ 'a b': { type: 'number' } }", /"a b" is no name for a parameter/],
  ["{ a: { type: 'number', mim: 1 } }", /parameter a: of type number has an unknown key, mim \(did you mean min\?\)$/],
  ["{ a: { type: 'boolean', min: 1 } }", /of type boolean has an unknown key, min/],
  ["{ a: { type: 'number', min: '1' } }", /has a min that is "1" \(a string\), no number$/],
  ["{ a: { type: 'decimal', min: 1 } }", /has a min that is 1 \(a number\), no decimal in quotes$/],
  ["{ a: { type: 'number', min: 5, max: 1 } }", /has min 5 above max 1$/],
  ["{ a: { type: 'integer', default: 0.5 } }", /default is 0.5 \(a number\), but must be: whole number/],
  ["{ a: { type: 'number', default: 5, max: 1 } }", /default is 5 \(a number\), but must be: number, at most 1/],
  ["{ a: { type: 'string', choices: [] } }", /has choices that are no list of texts$/],
  [
    "{ a: { type: 'string', choices: ['x'], default: 'y' } }",
    /default is "y" \(a string\), but must be: text, one of x/,
  ],
  ["{ a: { type: 'string', text: 5 } }", /has a text that is 5/],
];

test('parameter specs that make no sense are refused, each by name', async (t) => {
  for (const [specs, expected] of SPECS) {
    const folder = strategyFolder(t, { 'subject.js': definition(`${NAME}, parameters: ${specs}, ${CREATE}`) });
    assert.match(await refusal(folder), expected);
  }
});

test('names that are no strategy are refused with what was meant', async (t) => {
  const folder = strategyFolder(t, { 'subject.js': moduleOf(ONCE), 'notes.txt': 'x', 'old.cjs': '', 'sub/x.js': '' });
  assert.match(
    await refusal(folder, 'market-makre'),
    /^no strategy is called market-makre \(did you mean market-maker\?\)/,
  );
  assert.match(await refusal(folder, 'zzzzzzz'), /^no strategy is called zzzzzzz; there are .*market-maker/);
  assert.match(await refusal(folder, 'subject'), /a file is named with its path: \.\/subject\.ts$/);
  assert.match(await refusal(folder, './none.js'), /^none\.js: no such file$/);
  assert.match(
    await refusal(folder, './notes.txt'),
    /^notes\.txt: strategies are TypeScript or JavaScript modules that end in \.ts, /,
  );
  assert.match(await refusal(folder, './old.cjs'), /^old\.cjs: strategies are ES modules that end in/);
  mkdirSync(join(folder, 'folder.js'));
  assert.match(await refusal(folder, './folder.js'), /^folder\.js: is no file$/);
  assert.equal(await refusal(folder, './subject.js'), 'accepted');
  assert.equal(await refusal(folder, 'subject.js'), 'accepted');
  assert.equal(await refusal('/', join(folder, 'subject.js')), 'accepted');
});
