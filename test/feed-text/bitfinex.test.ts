import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { StaleReason } from '../../src/core/event.ts';
import { CAPTURE_START, CaptureScript, lineTime, runCapture, scriptOf } from '../support/capture-script.ts';

const MS = CAPTURE_START * 1000 + 77;

function subscribed(channel: string, chanId: number, more: object = {}): object {
  return {
    event: 'subscribed',
    channel,
    chanId,
    symbol: 'tBTCUSD',
    ...(channel === 'book' ? { prec: 'P0' } : {}),
    ...more,
  };
}

function start(flags = 65536): CaptureScript {
  return new CaptureScript('BITFINEX')
    .recv({ event: 'info', version: 2 })
    .recv({ event: 'conf', status: 'OK', flags })
    .recv(subscribed('book', 5))
    .recv('[5,[[100.5,2,1.25],[100,1,0.0000001],[101,3,-2]],1]');
}

test('entries: the count is the number of orders, the amount’s sign the side, count 0 removes', () => {
  const { events } = runCapture(start().recv('[5,[100.5,0,1],2]').recv('[5,[101.25,1,-1e-7],3]').recv('[5,"hb",4]'));
  assert.deepEqual(scriptOf(events), [
    'Instrument tBTCUSD 1 7',
    'Stale 1 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 1005 12500000 snapshot',
    'Level bid 1000 1 snapshot',
    'Level ask 1010 20000000 snapshot',
    'SnapshotEnd 1 0 last snapshot',
    'Live 0 0',
    'Level bid 1005 0 last',
    'Instrument tBTCUSD 2 7',
    'Level ask 10125 1 last',
  ]);
  assert.deepEqual(
    events.filter(({ name }) => name === 'Level').map(({ orderId }) => orderId),
    [2, 1, 3, 0, 1],
  );
});

test('a hole in the connection’s numbers, heartbeats included, is a gap for its books; a repeat is not applied', () => {
  const { events } = runCapture(
    start()
      .recv('[5,[100.5,1,3],2]')
      .recv('[5,[100.5,1,3],2]')
      .recv('[9,"hb",4]')
      .recv('[5,[100.5,1,4],5]')
      .recv('[5,[[100.5,1,5]],6]'),
  );
  assert.deepEqual(scriptOf(events).slice(8), [
    'Level bid 1005 30000000 last',
    'Duplicate 3 2',
    'Gap 3 4',
    `Stale ${StaleReason.Gap} 0`,
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 1005 50000000 snapshot',
    'SnapshotEnd 6 0 last snapshot',
    'Live 0 0',
  ]);
});

test('frames may end in the sequence, the venue’s time in ms, both or neither', () => {
  const { events } = runCapture(
    start(32768 + 65536)
      .recv(`[5,[100.5,1,3],2,${MS}]`)
      .recv(`[5,[100.5,1,4],${MS}]`)
      .recv('[5,[100.5,1,5]]')
      .recv('[5,[100.5,1,6],3]'),
  );
  const times = events.slice(8).map(({ tsEvent, tsRecv }) => (tsEvent === tsRecv ? 'recv' : tsEvent));
  assert.deepEqual(times, [lineTime(77), lineTime(77), 'recv', 'recv']);
  assert.ok(events.slice(8).every(({ name }) => name === 'Level'));
});

test('checksums are over the texts as written: interleaved, signed amounts', () => {
  const right = crc32(Buffer.from('100.5:1.25:101:-2:100:0.0000001')) | 0;
  const good = runCapture(start(131072).recv(`[5,"cs",${right}]`));
  assert.equal(good.checksums, 1);
  assert.equal(scriptOf(good.events).at(-1), 'Live 0 0');
  const wrong = runCapture(start(131072).recv('[5,"cs",-77,2]').recv('[5,[100.5,1,4],3]'));
  assert.deepEqual(scriptOf(wrong.events).slice(-2), [
    `ChecksumFailure -77 ${right}`,
    `Stale ${StaleReason.Checksum} 0`,
  ]);
});

test('with bulk updates a list behind the snapshot is an update', () => {
  const { events, byType } = runCapture(start(536870912).recv('[5,[[100.5,0,1],[99,1,7]],2]'));
  assert.deepEqual(scriptOf(events).slice(-2), ['Level bid 1005 0', 'Level bid 990 70000000 last']);
  assert.equal(byType['book update'], 1);
});

test('an empty book is a snapshot without levels', () => {
  const { events } = runCapture(
    new CaptureScript('BITFINEX').recv(subscribed('book', 5)).recv('[5,[],1]').recv('[5,[99,1,7],2]'),
  );
  assert.deepEqual(scriptOf(events).slice(-3), ['SnapshotEnd 1 0 last snapshot', 'Live 0 0', 'Level bid 99 7 last']);
});

test('trades: te counts, tu does not, the snapshot is flagged; tickers give prices only', () => {
  const { events, byType } = runCapture(
    new CaptureScript('BITFINEX')
      .recv(subscribed('trades', 6))
      .recv(subscribed('ticker', 7))
      .recv(`[6,[[401,${MS},2,100],[400,${MS},-1,99]],1]`)
      .recv(`[6,"te",[402,${MS},-0.5,100.25],2]`)
      .recv(`[6,"tu",[402,${MS},-0.5,100.25],3]`)
      .recv('[7,[100.1,55.5,100.3,44.449780002,1,2,3,4,5,6],4]'),
  );
  assert.deepEqual(scriptOf(events), [
    'Instrument tBTCUSD 0 0',
    'Stale 1 0',
    'Trade bid 100 2 snapshot',
    'Trade ask 99 1 last snapshot',
    'Instrument tBTCUSD 2 1',
    'Trade ask 10025 5 last',
    'VenueBbo 10010 0 10030 0 last',
  ]);
  assert.deepEqual(
    events.filter(({ name }) => name === 'Trade').map(({ id2 }) => id2),
    [401, 400, 402],
  );
  assert.deepEqual(byType, { subscribed: 2, 'trades snapshot': 1, te: 1, tu: 1, ticker: 1 });
});

test('raw books and funding are named as not decoded, channels without subscription counted', () => {
  const { events, notes, messages } = runCapture(
    new CaptureScript('BITFINEX')
      .recv(subscribed('book', 5, { prec: 'R0' }))
      .recv(subscribed('trades', 6, { symbol: 'fUSD' }))
      .recv('[5,[[1,100,1]],1]')
      .recv('[6,[[1,2,3,4,5]],2]')
      .recv('[77,[100,1,1],3]'),
  );
  assert.deepEqual(events, []);
  assert.equal(messages, 5);
  assert.deepEqual(notes, [
    'file1:line 2: the raw book (R0) of tBTCUSD is not decoded: record it with prec P0',
    'file1:line 3: the funding channel of fUSD is not decoded',
    '1 messages of channels whose subscription is not in the recording ignored',
  ]);
});

test('the venue’s restart, an unsubscription and a new connection make its books stale', () => {
  for (const cause of [
    (script: CaptureScript) => script.recv({ event: 'info', code: 20051, msg: 'Stopping' }),
    (script: CaptureScript) => script.recv({ event: 'unsubscribed', status: 'OK', chanId: 5 }),
    (script: CaptureScript) => script.add({ t: 'disconnect', conn: 'BITFINEX.ws.1' }),
  ]) {
    const { events } = runCapture(cause(start()).recv('[5,[100.5,1,3],2]'));
    assert.deepEqual(scriptOf(events).slice(-1), [`Stale ${StaleReason.Disconnected} 0`]);
  }
});

test('frames of another shape are damage', () => {
  const bad: [unknown, RegExp][] = [
    ['[5]', /not \[channel id, payload\]/],
    ['["x",[1,2,3]]', /not \[channel id, payload\]/],
    ['[5,[100,1],2]', /\[price, count, amount\]/],
    ['[5,[100,"x",1],2]', /\[price, count, amount\]/],
    ['[5,"cs",null]', /a checksum is an integer/],
    ['[5,"cs"]', /a checksum is an integer/],
    ['[5,"xx"]', /a payload is expected/],
    ['[6,"te",[1,2]]', /\[id, ms, amount, price\]/],
    ['[7,[[1,2]]]', /one entry is expected/],
    ['[7,[1,2]]', /\[bid, bid size, ask, ask size, ...\]/],
  ];
  for (const [frame, message] of bad) {
    const script = start().recv(subscribed('trades', 6)).recv(subscribed('ticker', 7));
    assert.throws(() => runCapture(script.recv(frame)), message, String(frame));
  }
});
