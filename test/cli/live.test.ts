import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isOneLine, startTapehead, tapehead, temporaryFolder } from '../support/command.ts';
import { startVenue } from '../support/venue-scene.ts';

interface Session {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs until a line that matches was said and `meanwhile` is through, then asks it to stop as Ctrl-C does. */
async function untilSaid(args: readonly string[], said: RegExp, meanwhile = async () => {}): Promise<Session> {
  const { child, done } = startTapehead(args);
  await new Promise<void>((resolve) => {
    let text = '';
    child.stderr?.on('data', (piece: string) => {
      text += piece;
      if (said.test(text)) resolve();
    });
    child.on('close', () => resolve());
  });
  await meanwhile();
  child.kill('SIGINT');
  return done;
}

async function binance(t: TestContext): Promise<string> {
  const venue = await startVenue(t, ['binance']);
  return `ws://127.0.0.1:${venue.net.port}/binance`;
}

test('a live session ends on SIGINT with its log closed; log, rerun and the recorded capture agree', async (t) => {
  const url = await binance(t);
  const folder = temporaryFolder(t);
  const log = join(folder, 'log');
  const capture = join(folder, 'capture');
  const args = [
    'live',
    '--venue',
    'binance=BTCUSDT,ETHUSDT',
    '--url',
    url,
    '--log',
    log,
    '--record',
    capture,
    '--json',
  ];
  const { code, stdout, stderr } = await untilSaid([...args, '--no-pin'], /2 of 2 books live/, async () => {});
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout);
  assert.ok(summary.events > 0 && summary.instruments === 2 && summary.gaps === 0);
  const rerun = await tapehead(['rerun', log]);
  assert.equal(rerun.code, 0, rerun.stderr);
  assert.match(rerun.stdout, new RegExp(`identical: .* head ${summary.log.headHash}`));
  const replayed = await tapehead(['replay', capture, '--log', join(folder, 'again'), '--json']);
  assert.equal(replayed.code, 0, replayed.stderr);
  assert.equal(JSON.parse(replayed.stdout).stateHash, summary.stateHash);
  assert.equal(JSON.parse(replayed.stdout).events, summary.events);
});

test('a strategy trades on paper; the log of it reruns identically', async (t) => {
  const url = await binance(t);
  const log = join(temporaryFolder(t), 'log');
  const strategy = [
    '--strategy',
    'twap',
    '--params',
    'symbol=BTCUSDT,side=buy,qty=0.05,durationSeconds=2,sliceSeconds=0.5,style=cross',
  ];
  const args = [
    'live',
    '--venue',
    'binance',
    '--symbols',
    'BTCUSDT',
    '--url',
    url,
    '--log',
    log,
    '--for',
    '60s', // a bound: it stops when it has traded
    '--json',
  ];
  const { code, stdout, stderr } = await untilSaid([...args, ...strategy, '--no-pin'], /[1-9]\d* fills?/);
  assert.equal(code, 0, stderr);
  const { report } = JSON.parse(stdout);
  assert.ok(report.orders.sent > 0, stdout);
  assert.equal(report.orders.live, 0);
  const rerun = await tapehead(['rerun', log]);
  assert.equal(rerun.code, 0, rerun.stderr + rerun.stdout);
});

test('asked to end before anything has begun, it says so and leaves nothing behind', async (t) => {
  // It never answers what is asked first: the terms of the instruments.
  const server = createServer();
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/binance`;
  const log = join(temporaryFolder(t), 'log');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const asked = once(server, 'connection');
    const args = ['live', '--venue', 'binance=BTCUSDT', '--url', url, '--log', log, '--strategy', 'market-maker'];
    const { child, done } = startTapehead(args);
    const [socket] = await asked;
    child.kill(signal);
    const { code, stdout, stderr } = await done;
    socket.destroy();
    assert.deepEqual([code, stdout], [130, '']);
    assert.equal(stderr, 'tapehead: stopped before anything had begun; nothing was written\n');
    assert.equal(existsSync(log), false);
  }
});

test('mistakes are named in one line', async (t) => {
  const url = await binance(t);
  const folder = temporaryFolder(t);
  const log = ['--log', join(folder, 'log')];
  const key = join(folder, 'key.json');
  writeFileSync(key, '{"key": "abc", "secret": "def-never-shown"}');
  chmodSync(key, 0o644);
  const orders = ['--strategy', 'market-maker', '--orders', 'venue'];
  const cases: readonly [readonly string[], RegExp][] = [
    [['--venue', 'nasdaq=AAPL'], /no such venue; there are .*binance/],
    [['--venue', 'binance'], /name its instruments/],
    [['--venue', 'binance=NOPEUSDT', '--url', url, ...log], /NOPEUSDT/],
    // Nobody asked for its terms: the venue has no snapshot of it, and never will.
    [
      ['--venue', 'binance=NOPEUSDT', '--url', url, '--no-terms', '--for', '20s', '--log', join(folder, 'nope')],
      /no snapshot of NOPEUSDT: HTTP 400.*is the symbol right\? \(the log in .*nope is closed/,
    ],
    [
      ['--venue', 'binance=BTCUSDT', '--url', 'ws://127.0.0.1:1/binance', '--log', join(folder, 'other')],
      /127\.0\.0\.1:1/,
    ],
    [['--venue', 'binance=BTCUSDT', '--url', 'http://127.0.0.1:1'], /ws:\/\/host:port/],
    [['--venue', 'binance=BTCUSDT', '--orders', 'paper'], /--orders says nothing without --strategy/],
    [['--venue', 'binance=BTCUSDT', '--url', url, ...orders, ...log], /TAPEHEAD_BINANCE_KEY/],
    [['--venue', 'binance=BTCUSDT', '--url', url, ...orders, ...log, '--key-file', key], /mode 644.*chmod 600/],
  ];
  for (const [args, expected] of cases) {
    const result = await tapehead(['live', ...args]);
    isOneLine(result, expected);
    assert.doesNotMatch(result.stderr + result.stdout, /def-never-shown/);
  }
});

test('a log that is closed is not gone on with, and one of another run names what differs', async (t) => {
  const url = await binance(t);
  const folder = temporaryFolder(t);
  const log = join(folder, 'log');
  const args = ['live', '--venue', 'binance=BTCUSDT', '--url', url, '--log', log, '--no-pin'];
  const killed = startTapehead(args);
  await new Promise<void>((resolve) => {
    killed.child.stderr?.on('data', (text: string) => {
      if (/live, \d/.test(text)) setTimeout(resolve, 200);
    });
  });
  killed.child.kill('SIGKILL');
  await killed.done;
  isOneLine(await tapehead([...args, '--seed', '2']), /another run: seed is 1 there, 2 here/);
  const { code, stderr } = await untilSaid(args, /live, \d/);
  assert.equal(code, 0, stderr);
  const rerun = await tapehead(['rerun', log]);
  assert.equal(rerun.code, 0, rerun.stderr + rerun.stdout);
  isOneLine(await tapehead(args), /already holds a closed log of \d+ records; choose another directory or remove it/);
  assert.ok(
    readdirSync(log).every((name) => !readFileSync(join(log, name)).includes('127.0.0.1')),
    'no address in the log',
  );
});
