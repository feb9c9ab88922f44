import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { queryLog } from '../../src/audit/log-query.ts';
import { startTapehead, tapehead, temporaryFolder } from '../support/command.ts';
import { startVenue } from '../support/venue-scene.ts';

function touches(dir: string): string[] {
  return ['Bbo', 'BookState'].flatMap((type) =>
    [...queryLog(dir, { type })].map((record) => JSON.stringify({ ...record, seq: 0, time: '' })),
  );
}

test('two venues in one run, an arbitrage across them on paper: the log reruns identically, the capture replays to the same touches', async (t) => {
  const venue = await startVenue(t, ['binance', 'coinbase'], { rate: 300 });
  const [binance, coinbase] = venue.venues.map(({ protocol }) => `ws://${venue.baseOf(protocol)}`);
  const folder = temporaryFolder(t);
  const [log, capture] = [join(folder, 'log'), join(folder, 'capture')];
  const args = ['live', '--venue', 'binance=BTCUSDT', '--venue', 'coinbase=BTC-USD', '--url', `binance=${binance}`];
  args.push('--url', `coinbase=${coinbase}`, '--log', log, '--record', capture, '--json', '--no-pin');
  const config = join(folder, 'config.json');
  const params = { symbols: ['binance:BTCUSDT', 'coinbase:BTC-USD'], feeBps: [0], minEdgeBps: 0 };
  const strategies = [{ use: 'cross-venue-arbitrage', params }];
  writeFileSync(
    config,
    JSON.stringify({ strategies, accounts: [{ name: 'main', currency: 'USDT' }], fx: { USD: '1' } }),
  );
  args.push('--config', config);
  const { child, done } = startTapehead(args);
  t.after(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (text: string) => {
      if (/2 of 2 books live/.test(text)) resolve();
    });
    child.on('close', () => resolve());
  });
  child.kill('SIGINT');
  const { code, stdout, stderr } = await done;
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout);
  assert.equal(summary.instruments, 2);
  const rerun = await tapehead(['rerun', log]);
  assert.equal(rerun.code, 0, rerun.stderr + rerun.stdout);
  const replayed = await tapehead(['replay', capture, '--log', join(folder, 'again'), '--json', '--no-sync']);
  assert.equal(replayed.code, 0, replayed.stderr);
  // The state's hash is of what was traded, too: of the books every touch and standing they ever had are compared.
  assert.deepEqual(touches(join(folder, 'again')), touches(log));
  assert.equal(JSON.parse(replayed.stdout).events, summary.events);
});
