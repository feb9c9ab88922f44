import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { startTapehead, tapehead, temporaryFolder } from '../support/command.ts';

/** A venue as a user starts it, and its address once it listens. */
async function start(t: TestContext, args: readonly string[]) {
  const { child, done } = startTapehead(['venue', '--port', '0', ...args]);
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      const match = /control http:\/\/127\.0\.0\.1:(\d+)/.exec(text);
      if (match !== null) resolve(Number(match[1]));
    });
    void done.then((result) => reject(new Error(`ended early: ${result.stderr}`)));
  });
  return { child, done, port };
}

for (const library of ['uWebSockets.js', 'ws']) {
  test(`tapehead venue on ${library}: serves, says where, and ends cleanly on SIGINT with a client connected`, async (t) => {
    const names = library === 'ws' ? ['--library', 'ws'] : [];
    const { child, done, port } = await start(t, [
      '--protocol',
      'binance,binance-usdm',
      '--rate',
      '500',
      '--fault',
      'drop:0.5',
      ...names,
    ]);
    const client = new WebSocket(`ws://127.0.0.1:${port}/binance/ws/btcusdt@bookTicker`);
    client.on('error', () => undefined);
    t.after(() => client.terminate());
    await once(client, 'message');
    const depth = await fetch(`http://127.0.0.1:${port}/binance-usdm/fapi/v1/depth?symbol=BTCUSDT&limit=5`);
    assert.equal(((await depth.json()) as { bids: unknown[] }).bids.length, 5);
    const closed = once(client, 'close');
    child.kill('SIGINT');
    assert.equal((await closed)[0], 1001);
    const { code, signal, stdout, stderr } = await done;
    assert.deepEqual([code, signal, stderr], [0, null, '']);
    if (library === 'ws') assert.match(stdout, /on ws {2}\(ws was asked for\)/);
    assert.match(stdout, new RegExp(`ws://127\\.0\\.0\\.1:${port}/binance-usdm/ws`));
    assert.match(stdout, /flow 500 messages\/s, seed 1; faults drop:0\.5/);
    assert.match(stdout, /connections +1\n/);
    assert.match(stdout, /fault drop +\d+\n/);
  });
}

test('tapehead venue names markets as each venue does, so that they can be asked for by these names', async (t) => {
  const { child, done } = await start(t, ['--protocol', 'binance,coinbase,kraken,okx,bybit', '--symbols', 'BTC,ETH']);
  child.kill('SIGINT');
  const { code, stdout } = await done;
  assert.equal(code, 0);
  assert.deepEqual(
    [...stdout.matchAll(/^ {2}(\S+) {2}(\S+, \S+)$/gm)].map(([, protocol, symbols]) => `${protocol} ${symbols}`),
    [
      'binance BTCUSDT, ETHUSDT',
      'coinbase BTC-USD, ETH-USD',
      'kraken BTC/USD, ETH/USD',
      'okx BTC-USDT, ETH-USDT',
      'bybit BTCUSDT, ETHUSDT',
    ],
  );
});

test('tapehead venue: mistakes are one line, and exit non-zero', async (t) => {
  const { port } = await start(t, ['--rate', '0']);
  const folder = temporaryFolder(t);
  const keys = join(folder, 'keys.json');
  writeFileSync(keys, '[]', { mode: 0o644 });
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['--port', String(port)], /the port is in use/],
    [['--port', '0', '--itch-udp', '127.0.0.1:0'], /--itch-udp: needs --protocol itch, or --recording/],
    [['--port', '0', '--protocol', 'nyse'], /--protocol nyse: not a protocol; there are binance/],
    [['--port', '0', '--fault', 'drip:1'], /--fault drip:1: no fault has this name/],
    [['--port', '0', '--symbols', 'DOGE'], /DOGE is not listed here/],
    [['--port', '0', '--key-file', keys], /others may read it/],
  ];
  const results = await Promise.all(mistakes.map(([args]) => tapehead(['venue', ...args])));
  results.forEach(({ code, stderr }, i) => {
    assert.match(stderr, mistakes[i][1]);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    assert.ok(code === 1 || code === 2, `exit ${code}`);
  });
});

test('tapehead venue --help names protocols, faults and examples', async () => {
  const { stdout } = await tapehead(['venue', '--help']);
  for (const word of ['binance-usdm', 'slow-snapshot', 'tapehead venue --protocol', '--key-file', '/control/faults']) {
    assert.ok(stdout.includes(word), word);
  }
});
