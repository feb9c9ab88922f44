/** Quick runs of the benchmarks of decoders, books and memory: answers are checked there, figures mean nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smoke } from '../support/bench-smoke.ts';

test('decode finds the prices and quantities that JSON.parse finds, in every format there is', async (t) => {
  const report = await smoke(t, 'decode');
  const names = report.figures.map(({ name }) => name).join('\n');
  for (const what of ['Binance depth update, 20 + 20 levels', 'without levels', 'ITCH 5.0', 'LOBSTER'])
    assert.ok(names.includes(what), what);
  const formats = report.formats as { [name: string]: { messages: number; events: number } };
  for (const [name, { messages, events }] of Object.entries(formats)) assert.ok(messages > 0 && events > 0, name);
});

test('frames finds in every live feed the prices and quantities that JSON.parse finds', async (t) => {
  const report = await smoke(t, 'frames');
  const names = report.figures.map(({ name }) => name).filter((name) => !name.endsWith(': JSON.parse'));
  for (const venue of ['Binance spot', 'Binance USD-M', 'Coinbase', 'Kraken v2', 'OKX', 'Bybit'])
    assert.ok(
      names.some((name) => name.startsWith(venue)),
      venue,
    );
  assert.equal(report.notes.filter((note) => /same values: .*[1-9a-f]/.test(note)).length, names.length);
});

test('books hold at the end what their models hold, level by level', async (t) => {
  const report = await smoke(t, 'books');
  assert.equal(report.figures.length, 9);
  for (const note of report.notes)
    assert.match(note, /5000 events; [1-9]\d* levels at the end, all as in a model beside$/);
});

test('memory counts every order and level that it measured', async (t) => {
  const report = await smoke(t, 'memory');
  const names = report.figures.map(({ name }) => name).join('\n');
  for (const what of ['instruments defined', '10000 live orders', '10000 levels'])
    assert.ok(names.includes(what), what);
  const { feedRingBytes, journalBytes } = report.rings as { feedRingBytes: number; journalBytes: number };
  assert.ok(feedRingBytes >= 1 << 22 && journalBytes >= 1 << 24);
});
