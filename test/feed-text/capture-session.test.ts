import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCapture } from '../support/capture-script.ts';

const START = 1618678132;

/** Lines of a live session's capture; each is a millisecond behind the one before. */
function capture(venues: readonly object[], lines: readonly object[]): string {
  const header = { t: 'header', format: 3, session: 's', venues };
  return [header, ...lines].map((line, i) => `${JSON.stringify({ ts: START + i / 1000, ...line })}\n`).join('');
}

const BINANCE = { venue: 'binance', prefix: '', symbols: ['BTCUSDT'] };
const A = 'BINANCE.ws.1';
const B = 'BINANCE.ws.2';

function depth(first: number, final: number, price = '100.00'): string {
  return JSON.stringify({
    e: 'depthUpdate',
    E: START * 1000,
    s: 'BTCUSDT',
    U: first,
    u: final,
    b: [[price, '1.0']],
    a: [],
  });
}

const recv = (conn: string, data: string) => ({ t: 'recv', conn, data });
const SNAPSHOT = {
  t: 'http',
  conn: 'BINANCE.http.1',
  url: 'http://x/api/v3/depth?symbol=BTCUSDT&limit=1000',
  data: JSON.stringify({ lastUpdateId: 10, bids: [['99.00', '2.0']], asks: [['101.00', '3.0']] }),
};

function namesOf(text: string): string {
  return runCapture(text)
    .events.map((event) => (event.name === 'Stale' ? `Stale${event.price}` : event.name))
    .join(' ');
}

test('terms define an instrument before its first message, with the decimals as they are written', () => {
  const terms = { t: 'terms', conn: 'BINANCE.http.1', symbol: 'BTCUSDT', tick: '0.01000000', lot: '0.001' };
  const { events } = runCapture(capture([BINANCE], [terms]));
  assert.deepEqual(events[0].def, { instrument: 0, symbol: 'BTCUSDT', bookKind: 2, priceDecimals: 8, qtyDecimals: 3 });
  assert.equal(events[1].name, 'Stale');
});

test('over two lines the first arrival is applied, the second is counted', () => {
  const text = capture(
    [BINANCE],
    [
      { t: 'connect', conn: A },
      { t: 'connect', conn: B },
      recv(A, depth(9, 11)),
      SNAPSHOT,
      recv(B, depth(9, 11)),
      recv(B, depth(12, 12)),
      recv(A, depth(12, 12)),
    ],
  );
  const run = runCapture(text);
  assert.equal(run.byType.redundant, 2);
  assert.equal(run.events.filter((event) => event.name === 'Duplicate').length, 0);
  assert.equal(run.events.filter((event) => event.name === 'Live').length, 1);
});

test('a refused frame makes the books of its line stale, as it did live; with another line up they stay', () => {
  const start = [{ t: 'connect', conn: A }, recv(A, depth(9, 11)), SNAPSHOT];
  const refused = { t: 'refused', conn: A, data: '{"e":' };
  assert.match(namesOf(capture([BINANCE], [...start, refused])), /Live Stale7$/);
  const other = [{ t: 'connect', conn: B }, recv(B, depth(9, 11)), refused];
  assert.match(namesOf(capture([BINANCE], [...start, ...other])), /Live Connection$/);
});

test('a damaged frame that live did not refuse is an error of the capture', () => {
  const text = capture([BINANCE], [{ t: 'connect', conn: A }, recv(A, '{"e":')]);
  assert.throws(() => runCapture(text), /line 3 .*damaged there/);
});

test('skipped frames make every book stale, until it is made whole', () => {
  const lines = [
    { t: 'connect', conn: A },
    recv(A, depth(9, 11)),
    SNAPSHOT,
    { t: 'skip', conn: A, data: depth(12, 12) },
    { t: 'skip', conn: A, data: depth(13, 13) },
    recv(A, depth(14, 14)),
    { ...SNAPSHOT, data: SNAPSHOT.data.replace('10', '13') },
  ];
  assert.match(namesOf(capture([BINANCE], lines)), /Live Stale10 .*Live$/);
});

test('silence makes the books of the line stale, before it is down', () => {
  const lines = [
    { t: 'connect', conn: A },
    recv(A, depth(9, 11)),
    SNAPSHOT,
    { t: 'silent', conn: A },
    { t: 'disconnect', conn: A },
  ];
  assert.match(namesOf(capture([BINANCE], lines)), /Live Stale11 Connection Stale4$/);
});

test('captures that do not belong together, and lines of no declared venue, are errors that say so', () => {
  const other = capture([BINANCE], []).replace('"session":"s"', '"session":"t"');
  assert.throws(() => runCapture(capture([BINANCE], []) + other), /of another live session/);
  assert.throws(
    () => runCapture(capture([BINANCE], [{ t: 'connect', conn: 'KRAKEN.ws.1' }])),
    /declares no such venue/,
  );
  assert.throws(
    () => runCapture(capture([{ venue: 'nowhere', prefix: '', symbols: [] }], [])),
    /nowhere can't be decoded/,
  );
});
