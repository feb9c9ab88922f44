/** The client that docs/dashboard-protocol.md shows works as it stands there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CloseCode, TOPICS } from '../../src/dashboard/protocol.ts';
import { startSession } from '../support/dashboard-session.ts';
import { repositoryRoot } from '../support/paths.ts';

const DOCUMENT = readFileSync(join(repositoryRoot(), 'docs', 'dashboard-protocol.md'), 'utf8');

test('the example of the protocol page runs, and prints a market', async () => {
  const example = /```js\n([\s\S]+?)```/.exec(DOCUMENT)?.[1] ?? '';
  const session = await startSession({ speed: 20 });
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', example], {
      cwd: repositoryRoot(),
      timeout: 30_000,
      env: {
        ...process.env,
        DASHBOARD_URL: `${session.opened.url.replace('http', 'ws')}socket`,
        DASHBOARD_TOKEN: session.opened.madeUp?.view ?? '',
      },
    });
    assert.match(stdout, /^connected as view, mode replay\n(TAPEUSDT \d+\.\d\d \/ \d+\.\d\d\n)+closed, 100[05]\n$/);
  } finally {
    await session.end();
  }
});

test('the protocol page names every topic and every close code', () => {
  for (const topic of TOPICS) assert.ok(DOCUMENT.includes(`| \`${topic}\` |`), topic);
  for (const code of Object.values(CloseCode)) assert.ok(DOCUMENT.includes(String(code)), String(code));
});
