/**
 * Every way a process with a dashboard ends is an orderly one. (A thread that ends with a listening uWebSockets.js takes the
 * process along: SIGABRT, and no exit code.)
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Opened } from '../../src/dashboard/messages.ts';
import { isOneLine, startTapehead, tapehead, temporaryFolder } from '../support/command.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { repositoryRoot } from '../support/paths.ts';

const RECORDING = join(repositoryRoot(), 'replay-data', 'spot-session.binance.gz');
const SABOTEUR = new URL('../support/saboteur.js', import.meta.url).href;

/** Started, and where its dashboard is. */
async function startWatched(
  args: readonly string[],
  options: Parameters<typeof startTapehead>[1] = {},
): Promise<ReturnType<typeof startTapehead> & { opened: Opened }> {
  const started = startTapehead(args, options);
  const { child } = started;
  const opened = await new Promise<Opened>((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (more: string) => {
      text += more;
      const url = /dashboard at (http\S+)/.exec(text)?.[1];
      const [, view] = /token to view +(\S+)/.exec(text) ?? [];
      const [, admin] = /token to admin +(\S+)\n/.exec(text) ?? [];
      if (url !== undefined && view !== undefined && admin !== undefined) {
        resolve({ url, library: '', remark: '', madeUp: { view, admin } });
      }
    });
    void started.done.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)));
  });
  return { ...started, opened };
}

test('SIGINT in the middle of a run: clients are told, the log is closed, and the port can be had again at once', async (t) => {
  const root = temporaryFolder(t);
  for (const name of ['first', 'second']) {
    const log = join(root, name);
    const { child, done, opened } = await startWatched([
      'replay',
      RECORDING,
      '--log',
      log,
      '--dashboard',
      '--speed',
      '1',
    ]);
    const client = await TestClient.open(opened);
    child.kill('SIGINT');
    const result = await done;
    assert.equal(result.signal, null, result.stderr);
    assert.equal(result.code, 130, result.stderr);
    assert.ok([4001, 1001].includes(await client.closed));
    assert.equal((await tapehead(['verify', log])).code, 0);
  }
});

test('a held dashboard ends by SIGINT, be it sent once or twice', async (t) => {
  const log = join(temporaryFolder(t), 'log');
  const { child, done, opened } = await startWatched(['replay', RECORDING, '--log', log, '--dashboard', '--hold']);
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      if (text.includes('stays until Ctrl-C')) resolve();
    });
  });
  const client = await TestClient.open(opened);
  child.kill('SIGINT');
  child.kill('SIGINT');
  const result = await done;
  assert.equal(result.signal, null, result.stderr);
  assert.equal(result.code, 0, result.stderr);
  await client.end();
});

for (const how of ['throw', 'reject']) {
  test(`a bug that ends the dashboard's thread (${how}) is said in one line; clients are told, the run goes on`, async (t) => {
    const root = temporaryFolder(t);
    const log = join(root, 'log');
    const when = join(root, 'now');
    const { child, done, opened } = await startWatched(
      ['replay', RECORDING, '--log', log, '--dashboard', '--speed', '1'],
      {
        nodeFlags: ['--import', SABOTEUR],
        env: { ...process.env, SABOTAGE: how, SABOTAGE_WHEN: when },
      },
    );
    const client = await TestClient.open(opened);
    const said = new Promise<void>((resolve) => {
      child.stderr?.on('data', (text: string) => {
        if (text.includes('the dashboard is gone, the run goes on')) resolve();
      });
    });
    writeFileSync(when, '');
    await Promise.race([said, done]);
    assert.ok([4001, 1001].includes(await client.closed));
    child.kill('SIGINT');
    const result = await done;
    assert.equal(result.signal, null, result.stderr);
    assert.equal(result.code, 130, result.stderr);
    assert.match(result.stderr, /the run goes on: .*broken on purpose\n/);
    assert.doesNotMatch(result.stderr, /\n\s+at /);
    assert.equal((await tapehead(['verify', log])).code, 0);
  });
}

test('a port that is in use is one line, and no run', async (t) => {
  const root = temporaryFolder(t);
  const { child, done, opened } = await startWatched([
    'replay',
    RECORDING,
    '--log',
    join(root, 'a'),
    '--dashboard',
    '--speed',
    '1',
  ]);
  try {
    const { port } = new URL(opened.url);
    const second = await tapehead(['replay', RECORDING, '--log', join(root, 'b'), '--dashboard', port]);
    isOneLine(second, /the port is in use; choose another one/);
    assert.equal(second.signal, null);
    assert.equal(existsSync(join(root, 'b')), false);
  } finally {
    child.kill('SIGINT');
    await done;
  }
  isOneLine(
    await tapehead(['replay', RECORDING, '--dashboard', '--dashboard-host', '0.0.0.0']),
    /without TLS it is for this machine only/,
  );
});

test('an error of the feed ends run and dashboard with one line', async (t) => {
  const root = temporaryFolder(t);
  const damaged = join(root, 'damaged.gz');
  const bytes = readFileSync(RECORDING);
  bytes.fill(0x55, 1000, 2000);
  mkdirSync(root, { recursive: true });
  writeFileSync(damaged, bytes);
  const result = await tapehead(['replay', damaged, '--format', 'binance', '--log', join(root, 'log'), '--dashboard']);
  assert.equal(result.signal, null, result.stderr);
  assert.ok(result.code === 1 || result.code === 2, result.stderr);
  assert.doesNotMatch(result.stderr, /\n\s+at /);
});

test('a finished log is served until SIGINT', async (t) => {
  const log = join(temporaryFolder(t), 'log');
  assert.equal((await tapehead(['replay', RECORDING, '--log', log, '--no-sync'])).code, 0);
  const { child, done, opened } = await startWatched(['dashboard', log]);
  const client = await TestClient.open(opened, { role: 'view' });
  assert.equal(client.hello?.mode, 'log');
  child.kill('SIGINT');
  const result = await done;
  assert.equal(result.signal, null, result.stderr);
  assert.equal(result.code, 0);
  assert.ok([4001, 1001].includes(await client.closed));
  isOneLine(await tapehead(['dashboard', join(log, 'none')]), /tapehead: /);
});

test('a script that ends in the middle of its run, by process.exit or by an error, is not aborted', () => {
  const script = join(repositoryRoot(), 'dist', 'test', 'support', 'dashboard-exit.js');
  for (const [how, status] of [
    ['exit', 7],
    ['throw', 1],
  ] as const) {
    const result = spawnSync(process.execPath, [script, how], { encoding: 'utf8', timeout: 30_000 });
    assert.equal(result.signal, null, result.stderr);
    assert.equal(result.status, status, result.stderr);
  }
});
