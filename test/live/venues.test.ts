import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { startVenue } from '../support/venue-scene.ts';

test('two venues in one run, an arbitrage across them on paper: the log reruns identically, the capture replays to the same books', async (t) => {
  const venue = await startVenue(t, ['binance', 'coinbase'], { rate: 300 });
  const [binance, coinbase] = venue.venues.map(({ protocol }) => `ws://${venue.baseOf(protocol)}`);
  const folder = temporaryFolder(t);
  const [log, capture] = [join(folder, 'log'), join(folder, 'capture')];
  const args = ['live', '--venue', 'binance=BTCUSDT', '--venue', 'coinbase=BTC-USD', '--url', `binance=${binance}`];
  args.push('--url', `coinbase=${coinbase}`, '--log', log, '--record', capture, '--for', '6s', '--json', '--no-pin');
  args.push('--strategy', 'cross-venue-arbitrage', '--params', 'symbols=binance:BTCUSDT;coinbase:BTC-USD');
  const { code, stdout, stderr } = await tapehead(args);
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout);
  assert.equal(summary.instruments, 2);
  const rerun = await tapehead(['rerun', log]);
  assert.equal(rerun.code, 0, rerun.stderr + rerun.stdout);
  const replayed = await tapehead(['replay', capture, '--log', join(folder, 'again'), '--json', '--no-sync']);
  assert.equal(replayed.code, 0, replayed.stderr);
  assert.equal(JSON.parse(replayed.stdout).stateHash, summary.stateHash);
  assert.equal(JSON.parse(replayed.stdout).events, summary.events);
});
