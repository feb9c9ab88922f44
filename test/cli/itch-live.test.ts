import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isOneLine, startTapehead, tapehead, temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';

const RECORDING = join(repositoryRoot(), 'replay-data/equities-session.itch50.gz');

test('a recording served over SoupBinTCP, cut now and then, gives a live engine the books of its replay', async (t) => {
  const folder = temporaryFolder(t);
  const venue = startTapehead([
    'venue',
    '--recording',
    RECORDING,
    '--itch-soup-port',
    '0',
    '--fault',
    'disconnect:0.001',
  ]);
  t.after(() => venue.child.kill('SIGKILL'));
  const port = await new Promise<string>((resolve, reject) => {
    let text = '';
    venue.child.stdout?.on('data', (piece: string) => {
      text += piece;
      const found = /SoupBinTCP at 127\.0\.0\.1:(\d+)/.exec(text);
      if (found !== null) resolve(found[1]);
    });
    venue.done.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  const log = join(folder, 'log');
  const capture = join(folder, 'capture');
  const args = ['live', '--venue', 'itch', '--soup', `127.0.0.1:${port}`, '--soup-user', 'tape', '--log', log];
  const live = await tapehead([...args, '--record', capture, '--no-pin', '--json']);
  assert.equal(live.code, 0, live.stderr);
  const summary = JSON.parse(live.stdout);
  const replayed = await tapehead(['replay', RECORDING, '--log', join(folder, 'replayed'), '--json']);
  const expected = JSON.parse(replayed.stdout);
  assert.equal(summary.messages, expected.messages);
  assert.equal(summary.stateHash, expected.stateHash);
  const rerun = await tapehead(['rerun', log]);
  assert.equal(rerun.code, 0, rerun.stderr + rerun.stdout);
  venue.child.kill('SIGINT');
  assert.equal((await venue.done).code, 0);
});

test('mistakes about ITCH lines are named in one line', async () => {
  const cases: readonly [readonly string[], RegExp][] = [
    [['live', '--venue', 'itch'], /--udp A or --udp A,B/],
    [['live', '--venue', 'itch', '--venue', 'binance=BTCUSDT'], /followed alone/],
    [['live', '--venue', 'itch', '--soup', 'nope'], /host:port/],
    [
      ['live', '--venue', 'itch', '--soup', '127.0.0.1:1', '--strategy', 'market-maker', '--orders', 'venue'],
      /takes no orders/,
    ],
    [['record', '--venue', 'binance', '--symbols', 'A', '--soup', 'x:1', '--out', 'x'], /--soup is for --venue itch/],
    [['venue', '--protocol', 'itch', '--fault', 'stall:1s@5s'], /ITCH has drop/],
  ];
  for (const [args, expected] of cases) isOneLine(await tapehead(args), expected);
});
