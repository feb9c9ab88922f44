/** The pages of the shipped strategies are true: their tables hold the parameters and defaults, their commands run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ParameterSpec } from '../../../src/strategy/api.ts';
import { SHIPPED } from '../../../src/strategy/shipped/index.ts';
import { temporaryFolder } from '../../support/command.ts';
import { repositoryRoot } from '../../support/paths.ts';

const ROOT = repositoryRoot();
const MAIN = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

function page(name: string): string {
  return readFileSync(join(ROOT, 'docs', 'strategies', `${name}.md`), 'utf8');
}

function defaultText(spec: ParameterSpec): string {
  if (Array.isArray(spec.default)) return spec.default.length === 0 ? 'none' : spec.default.join(',');
  return spec.default === '' ? 'empty' : String(spec.default);
}

for (const [name, { parameters }] of Object.entries(SHIPPED)) {
  test(`the page of ${name} has every parameter with its default, and no other`, () => {
    const rows = [...page(name).matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)].map(([, parameter, value]) => [
      parameter,
      value,
    ]);
    assert.deepEqual(
      rows,
      Object.entries(parameters).map(([parameter, spec]) => [parameter, defaultText(spec)]),
    );
    for (const [parameter, spec] of Object.entries(parameters)) {
      assert.ok((spec.text ?? '') !== '', `${parameter} says what it is`);
      assert.ok(spec.default !== undefined, `${parameter} has a default: ${name} runs as it is`);
    }
  });

  test(`the commands on the page of ${name} run as they stand`, (t) => {
    const blocks = [...page(name).matchAll(/```sh run\n([\s\S]*?)```/g)].map(([, block]) => block);
    assert.ok(blocks.length > 0);
    const folder = temporaryFolder(t);
    symlinkSync(join(ROOT, 'replay-data'), join(folder, 'replay-data'));
    mkdirSync(join(folder, 'bin'));
    const script = `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} "$@"\n`;
    writeFileSync(join(folder, 'bin', 'tapehead'), script);
    chmodSync(join(folder, 'bin', 'tapehead'), 0o755);
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    const run = spawnSync('sh', ['-e', '-c', blocks.join('\n')], { cwd: folder, env, encoding: 'utf8' });
    assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
    assert.match(run.stdout, /\n {2}orders {8}[1-9]/, 'it trades');
  });
}
