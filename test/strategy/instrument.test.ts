/** Ticks in real code: it stays code, and does what it did. */
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileFunction } from 'node:vm';
import { parse } from 'acorn';
import { compileModule, MODULE_PARAMETERS } from '../../src/strategy/load/esm.ts';
import { instantiate, prepareStrategy } from '../../src/strategy/load/prepare.ts';
import { parseModule } from '../../src/strategy/load/syntax.ts';
import { repositoryRoot } from '../support/paths.ts';
import { FakeEngine, moduleOf, strategyFolder } from './support.ts';

function modulesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.m?js$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

test('modules of this project are still programs with their ticks, line by line', (t) => {
  const folders = ['strategy', 'book', 'oms'].map((name) => new URL(`../../src/${name}`, import.meta.url).pathname);
  let files = 0;
  let bytes = 0;
  for (const file of folders.flatMap((folder) => modulesBelow(folder))) {
    const source = readFileSync(file, 'utf8');
    if (!/^(import|export) /m.test(source)) continue;
    let program: ReturnType<typeof parseModule>;
    try {
      program = parseModule(source, file);
    } catch {
      continue;
    }
    if (/\bawait\b|\bimport\.meta\b|\bimport\(/.test(source)) continue; // refused before it comes to this
    let code: string;
    try {
      ({ code } = compileModule(source, program, file));
    } catch (error) {
      assert.match(String(error), /is exported and assigned inside a function/);
      continue;
    }
    compileFunction(code, MODULE_PARAMETERS, { filename: file });
    assert.equal(code.split('\n').length, source.split('\n').length + 1, file);
    files++;
    bytes += source.length;
  }
  assert.ok(files > 40, `${files} modules`);
  t.diagnostic(`${files} modules, ${bytes} characters`);
});

test('a parser of 6,000 lines parses the same with its ticks as without', async (t) => {
  const folder = strategyFolder(t, {
    'subject.js': moduleOf(
      `onTimer(ctx) {
        const text = JSON.stringify(parse(source, { ecmaVersion: 2022, sourceType: 'module' }));
        let hash = 0;
        for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
        ctx.log(text.length + ' ' + hash);
      },`,
      "import { parse } from './acorn.mjs';\nimport { source } from './source.js';",
    ),
  });
  const source = readFileSync(new URL('../../src/strategy/load/esm.js', import.meta.url), 'utf8');
  copyFileSync(join(repositoryRoot(), 'node_modules/acorn/dist/acorn.mjs'), join(folder, 'acorn.mjs'));
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(folder, 'source.js'), `export const source = ${JSON.stringify(source)};`);
  const engine = new FakeEngine({ budgetTicks: 100_000_000 });
  engine.host.add('subject', instantiate(await prepareStrategy('./subject.js', folder), {}));
  engine.host.start();
  engine.host.onTimer(0, 1);
  const text = JSON.stringify(parse(source, { ecmaVersion: 2022, sourceType: 'module' }));
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
  assert.deepEqual([engine.halts, engine.logged], [[], [`${text.length} ${hash}`]]);
});
