/** Docs that run: README's command blocks are executed, and the paths that the documents name exist. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';

const ROOT = repositoryRoot();
const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'FORMAT.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'replay-data/README.md',
  'latency-bench/README.md',
];

test("README's command blocks run as they stand", (t) => {
  const folder = temporaryFolder(t);
  symlinkSync(join(ROOT, 'replay-data'), join(folder, 'replay-data'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(
    join(folder, 'bin', 'tapehead'),
    `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} "$@"\n`,
  );
  chmodSync(join(folder, 'bin', 'tapehead'), 0o755);
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```sh run\n([\s\S]*?)```/g)].map((match) => match[1]);
  assert.ok(blocks.length >= 2, 'README has blocks to run (```sh run)');
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  const result = spawnSync('sh', ['-e', '-c', blocks.join('\n')], { cwd: folder, env, encoding: 'utf8' });
  assert.equal(result.status, 0, `${result.stdout}\n${result.stderr}`);
  const [, head] = /head hash +([0-9a-f]{64})/.exec(readme) ?? [];
  assert.ok(
    head !== undefined && result.stdout.includes(`head hash     ${head}`),
    "README's head hash is the replay's",
  );
  const [, state] = /state hash +([0-9a-f]{16})/.exec(readme) ?? [];
  assert.ok(state !== undefined && result.stdout.includes(`state hash    ${state}`), "README's state hash too");
});

test('files and folders that the documents name exist', () => {
  const missing: string[] = [];
  for (const document of DOCUMENTS) {
    const text = readFileSync(join(ROOT, document), 'utf8');
    for (const [, path] of text.matchAll(/`((?:src|test|latency-bench|replay-data|docs|\.ci)\/[\w./-]*)`/g)) {
      if (!existsSync(join(ROOT, path))) missing.push(`${document}: ${path}`);
    }
    for (const [, path] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      if (!existsSync(join(ROOT, document, '..', path))) missing.push(`${document}: ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('every folder of src has its place in ARCHITECTURE.md', () => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  for (const entry of readdirSync(join(ROOT, 'src'), { withFileTypes: true })) {
    if (entry.isDirectory()) assert.ok(text.includes(`${entry.name}/`), `src/${entry.name}/ is not in ARCHITECTURE.md`);
  }
});
