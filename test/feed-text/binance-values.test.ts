/** Binance: values that change the units, fit none, or make no sense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaleReason } from '../../src/core/event.ts';
import { NaiveBooks } from '../support/event-probe.ts';
import { diff, line, lines, names, type Pair, run, script, snapshot } from './binance-script.ts';

test('a value that needs more decimals raises them before the events that need it', () => {
  const { events } = run(
    lines(
      diff(1, 5, [['10.5', '1.5']]),
      snapshot(3, [['9.5', '2.5']]),
      diff(6, 6, [['10.25', '3.125']]),
      diff(7, 7, [['9.5', '0']]),
    ),
  );
  assert.deepEqual(script(events).slice(-5), [
    'Level bid 105 15 last',
    'Live 0 0',
    'Instrument BTCUSDT 2 3',
    'Level bid 1025 3125 last',
    'Level bid 950 0 last',
  ]);
});

test('a quantity too large for the decimals lowers them where the book can do with fewer', () => {
  const { events } = run(
    lines(
      diff(1, 5, [['0.00001000', '67200.00000000']]),
      snapshot(3, [['0.00000900', '1.50000000']]),
      diff(6, 6, [['0.00001100', '1234567890.00000000']]),
    ),
  );
  assert.deepEqual(script(events).slice(-2), ['Instrument BTCUSDT 8 6', 'Level bid 1100 1234567890000000 last']);
  const books = new NaiveBooks().applyAll(events);
  assert.equal(books.book('BTCUSDT').bids.get('0.000011'), '1234567890');
  assert.equal(books.book('BTCUSDT').bids.get('0.000009'), '1.5');
});

test('a value that fits no units makes the book stale, names itself, and nothing of its message is applied', () => {
  const bad: [Pair[], RegExp][] = [
    [
      [
        ['11', '1'],
        ['12', 'NaN'],
      ],
      /file1:line 3: BTCUSDT: "12" x "NaN" is no price and quantity/,
    ],
    [[['11', 'Infinity']], /"Infinity"/],
    [[['11', '-1']], /"-1"/],
    [[['0.0', '1']], /"0.0"/],
    [[['-5', '1']], /"-5"/],
    [[['', '1']], /"" x "1"/],
    [[['11', '1e400']], /"1e400"/],
    [[['123456789012345678901', '1']], /"123456789012345678901"/],
    [[['11', '0.0000000000000000001']], /"0.0000000000000000001"/],
    [[['11', '90071992547409.5']], /beside the rest of the book/],
  ];
  for (const [levels, note] of bad) {
    const start = lines(diff(1, 5, [['10', '0.00000001']]), snapshot(3, [['9', '1']]));
    const { events, notes } = run([...start, line(9, diff(6, 6, levels)), line(10, diff(7, 7, [['10', '2']]))]);
    assert.deepEqual(script(events).slice(-2), ['Live 0 0', `Stale ${StaleReason.BadValue} 0`], levels.join());
    assert.match(notes[0], note);
    const healed = run([
      ...start,
      line(9, diff(6, 6, levels)),
      line(10, diff(7, 7, [['10', '2']])),
      line(11, snapshot(7, [['8', '8']])),
      line(12, diff(8, 8, [['10', '3']])),
    ]).events;
    assert.deepEqual(names(healed).slice(-2), ['Level', 'Live']);
    assert.ok(new NaiveBooks().applyAll(healed).isLive('BTCUSDT'));
  }
});

test('a snapshot frees the units from what the book held before, prices as well as quantities', () => {
  const tiny = lines(diff(1, 5, [['0.00000001', '0.00000001']]), snapshot(4, []));
  const large: Pair[] = [['123456789', '123456789']];
  const refused = run([...tiny, line(9, diff(6, 6, large))]).events;
  assert.equal(script(refused).at(-1), `Stale ${StaleReason.BadValue} 0`);
  const { events } = run([...tiny, line(9, diff(8, 8, [])), line(10, snapshot(8, [])), line(11, diff(9, 9, large))]);
  assert.deepEqual(script(events).slice(-3), [
    'Instrument BTCUSDT 7 7',
    'Level bid 1234567890000000 1234567890000000 last',
    'Live 0 0',
  ]);
});

test('deleting a level at zero quantity is no bad value, and a snapshot with one heals nothing', () => {
  const { events } = run(lines(diff(1, 5, [['10', '0.0']]), snapshot(3, [['9', 'NaN']]), diff(6, 6, [['10', '1']])));
  assert.deepEqual(script(events), ['Instrument BTCUSDT 0 1', 'Stale 1 0', `Stale ${StaleReason.BadValue} 0`]);
});

test('a trade or touch that makes no sense is left out with a remark; the book stays live', () => {
  const trade = { e: 'trade', E: 1, s: 'BTCUSDT', t: 1, p: '10', q: '-1', T: 1, m: true };
  const { events, notes } = run(
    lines(
      diff(1, 5, [['10', '1']]),
      snapshot(3, []),
      trade,
      { ...trade, p: '0', q: '0', X: 'NA' }, // how USD-M writes an insurance fund entry
      { u: 4, s: 'BTCUSDT', b: '10', B: '-3', a: '11', A: '1' },
      { u: 5, s: 'BTCUSDT', b: '0.00', B: '0.00', a: '11', A: '1' },
    ),
  );
  assert.deepEqual(names(events).slice(-2), ['Live', 'VenueBbo']);
  assert.equal(notes.length, 2);
  assert.match(notes[0], /the trade is left out/);
});

test('remarks about single messages are bounded, and the rest counted', () => {
  const bad = Array.from({ length: 70 }, () => ({ e: 'trade', E: 1, s: 'X', t: 1, p: 'x', q: '1', T: 1, m: true }));
  const { notes } = run(lines(...bad));
  assert.equal(notes.length, 65);
  assert.equal(notes.at(-1), '6 more remarks of this kind');
});
