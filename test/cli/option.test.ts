/** `tapehead option` as a user runs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOneLine, tapehead } from '../support/command.ts';

const BASE = ['option', '--type', 'call', '--spot', '60', '--strike', '65', '--years', '0.25', '--rate', '0.08'];

test("Haug's first example (2007, 1.1.1) is worth 2.1334, and its price gives the volatility back", async () => {
  const { code, stdout } = await tapehead([...BASE, '--volatility', '0.3', '--json']);
  assert.equal(code, 0);
  const { value, delta } = JSON.parse(stdout);
  assert.equal(value.toFixed(4), '2.1334');
  assert.ok(delta > 0.3 && delta < 0.4);
  const implied = await tapehead([...BASE, '--price', String(value), '--json']);
  assert.ok(Math.abs(JSON.parse(implied.stdout).volatility - 0.3) < 1e-10);
});

test('an American put beyond its critical price is worth exercise; time may be given by dates', async () => {
  const { code, stdout, stderr } = await tapehead([
    ...[
      'option',
      '--type',
      'put',
      '--style',
      'american',
      '--spot',
      '90',
      '--strike',
      '100',
      '--rate',
      '0.1',
      '--carry',
      '0',
    ],
    ...['--as-of', '2023-01-01', '--expiry', '2023-02-06', '--volatility', '0.15'],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /value +10\.00/);
  assert.match(stdout, /years +0\.09863/);
});

test('mistakes are one line each', async () => {
  isOneLine(await tapehead(BASE), /give --volatility, or --price/);
  isOneLine(await tapehead([...BASE, '--price', '70']), /above every volatility/);
  isOneLine(await tapehead([...BASE, '--volatility', '-1']), /not below 0/);
  isOneLine(await tapehead([...BASE, '--volatility', '0.2', '--expiry', '2024-01-01']), /give --years, or --as-of/);
  isOneLine(await tapehead([...BASE, '--volatility', 'x']), /expected a number/);
});
