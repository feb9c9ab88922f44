/** `tapehead book` on recordings made here. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tapehead, temporaryFolder } from '../support/command.ts';

test('rows of --every --csv are all in one unit, also where decimals are needed only later', async (t) => {
  const file = join(temporaryFolder(t), 'spot.txt');
  const lines = [
    { lastUpdateId: 5, bids: [['10.1', '0.45']], asks: [['10.2', '3']] },
    { e: 'depthUpdate', E: 1, s: 'ABCUSDT', U: 6, u: 7, b: [['10.15', '0.1625']], a: [] },
    { e: 'depthUpdate', E: 2, s: 'ABCUSDT', U: 8, u: 9, b: [['10.15', '0']], a: [] },
  ];
  writeFileSync(file, lines.map((line, i) => `172316125393708576${i} ${JSON.stringify(line)}\n`).join(''));
  const result = await tapehead(['book', file, '--every', '--csv', '--levels', '1']);
  assert.equal(result.stderr, '');
  const rows = result.stdout.trim().split('\n');
  assert.deepEqual(
    rows.map((row) => row.split(',').slice(1).join(',')),
    ['1020,30000,1010,4500', '1020,30000,1015,1625', '1020,30000,1010,4500'],
  );
});
