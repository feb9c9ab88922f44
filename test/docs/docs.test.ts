/** Docs that run: README's command blocks are executed, and the paths that the documents name exist. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseConfigFile } from '../../src/config/trading-identity.ts';
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
  'docs/trading.md',
  'docs/report.md',
  'docs/var.md',
  'docs/var-backtest.md',
  'docs/stress.md',
  'docs/dashboard.md',
  'docs/dashboard-protocol.md',
  'docs/portfolio.md',
  'docs/live.md',
  'docs/captures.md',
  'docs/venue.md',
  'docs/orders-live.md',
  ...readdirSync(join(ROOT, 'docs/strategies'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/strategies/${file}`),
];

/** Output of the document's blocks to run, in a folder with replay-data, docs and a `tapehead`. */
function runBlocks(t: TestContext, document: string): string {
  const folder = temporaryFolder(t);
  for (const name of ['replay-data', 'docs']) symlinkSync(join(ROOT, name), join(folder, name));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(
    join(folder, 'bin', 'tapehead'),
    `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} "$@"\n`,
  );
  chmodSync(join(folder, 'bin', 'tapehead'), 0o755);
  const blocks = blocksOf(document);
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  const result = spawnSync('sh', ['-e', '-c', blocks.join('\n')], { cwd: folder, env, encoding: 'utf8' });
  assert.equal(result.status, 0, `${document}: ${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

function blocksOf(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/```sh run\n([\s\S]*?)```/g)].map((match) => match[1]);
}

for (const document of DOCUMENTS.filter((one) => one !== 'README.md' && blocksOf(one).length > 0)) {
  test(`the command blocks of ${document} run as they stand`, (t) => {
    runBlocks(t, document);
  });
}

test('the configuration that docs/trading.md shows is one', () => {
  const text = readFileSync(join(ROOT, 'docs/trading.md'), 'utf8');
  const [, json] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
  assert.ok(json !== undefined);
  parseConfigFile(JSON.parse(json), 'docs/trading.md');
});

test("README's command blocks run as they stand", (t) => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  assert.ok(blocksOf('README.md').length >= 2, 'README has blocks to run (```sh run)');
  const stdout = runBlocks(t, 'README.md');
  const [, head] = /head hash +([0-9a-f]{64})/.exec(readme) ?? [];
  assert.ok(head !== undefined && stdout.includes(`head hash     ${head}`), "README's head hash is the replay's");
  const [, state] = /state hash +([0-9a-f]{16})/.exec(readme) ?? [];
  assert.ok(state !== undefined && stdout.includes(`state hash    ${state}`), "README's state hash too");
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
