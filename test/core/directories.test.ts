import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectories } from '../../src/core/directories.ts';

test('a directory is made with its parents, and one that is there is left alone', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tapehead-directories-'));
  t.after(() => rmSync(root, { recursive: true }));
  const path = join(root, 'a', 'b', 'c');
  makeDirectories(path);
  makeDirectories(path);
  assert.ok(statSync(path).isDirectory());
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => makeDirectories(join(root, 'file')), { code: 'EEXIST' });
  // Node 20 names the parent that is no directory, later ones the file that is in the way.
  assert.throws(() => makeDirectories(join(root, 'file', 'below')), { code: /^(ENOTDIR|EEXIST)$/ });
});

test('a parent that takes no entries is an error, not a call that never returns', {
  skip: existsSync('/proc/self') ? false : 'there is no /proc here',
}, () => {
  const module = new URL('../../src/core/directories.js', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then((m) => m.makeDirectories('/proc/nope/deeper'))`;
  const child = spawnSync(process.execPath, ['-e', script], { timeout: 20_000, encoding: 'utf8' });
  assert.equal(child.signal, null, 'it had to be killed');
  assert.match(child.stderr, /ENOENT/);
});
