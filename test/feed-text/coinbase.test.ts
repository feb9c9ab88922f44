import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaleReason } from '../../src/core/event.ts';
import { CaptureScript, lineTime, runCapture, scriptOf } from '../support/capture-script.ts';

const ID = 'BTC-USD';
const TIME = '2021-04-17T16:48:52.123456789Z';
const TIME_NS = lineTime(0) + 123456789;

function frame(sequence: number, channel: string, ...events: object[]): object {
  return { channel, client_id: '', timestamp: TIME, sequence_num: sequence, events };
}

function level(side: 'bid' | 'offer', price: string, qty: string): object {
  return { side, event_time: TIME, price_level: price, new_quantity: qty };
}

const snapshot = (sequence: number, product = ID) =>
  frame(sequence, 'l2_data', {
    type: 'snapshot',
    product_id: product,
    updates: [level('bid', '10.5', '1'), level('offer', '11', '2.25')],
  });

const update = (sequence: number, qty: string, product = ID) =>
  frame(sequence, 'l2_data', { type: 'update', product_id: product, updates: [level('bid', '10.5', qty)] });

const heartbeat = (sequence: number) => frame(sequence, 'heartbeats', { heartbeat_counter: 1 });

test('Advanced Trade: snapshot and updates, at the frame’s time', () => {
  const { events, byType } = runCapture(
    new CaptureScript('COINBASE').recv(snapshot(0)).recv(update(1, '0')).recv(heartbeat(2)),
  );
  assert.deepEqual(scriptOf(events), [
    'Instrument BTC-USD 1 2',
    'Stale 1 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 105 100 snapshot',
    'Level ask 110 225 snapshot',
    'SnapshotEnd 0 0 last snapshot',
    'Live 0 0',
    'Level bid 105 0 last',
  ]);
  assert.ok(events.every(({ tsEvent, name }) => tsEvent === TIME_NS || name === 'Instrument' || name === 'Stale'));
  assert.deepEqual(byType, { 'l2_data snapshot': 1, 'l2_data update': 1, heartbeats: 1 });
});

test('Advanced Trade: a hole in the connection’s numbers makes all its books stale, and is one gap', () => {
  const { events } = runCapture(
    new CaptureScript('COINBASE')
      .recv(snapshot(0))
      .recv(snapshot(1, 'ETH-USD'))
      .recv(snapshot(0, 'LTC-USD'), 'COINBASE.ws.2')
      .recv(heartbeat(3))
      .recv(update(4, '7'))
      .recv(update(1, '9', 'LTC-USD'), 'COINBASE.ws.2')
      .recv(snapshot(5))
      .recv(update(6, '8')),
  );
  const all = scriptOf(events);
  assert.deepEqual(all.slice(all.indexOf('Gap 2 3')), [
    'Gap 2 3',
    `Stale ${StaleReason.Gap} 0`,
    `Stale ${StaleReason.Gap} 0`,
    'Level bid 105 900 last', // of the other connection
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 105 100 snapshot',
    'Level ask 110 225 snapshot',
    'SnapshotEnd 5 0 last snapshot',
    'Live 0 0',
    'Level bid 105 800 last',
  ]);
  assert.deepEqual(
    events.filter(({ name, price }) => name === 'Stale' && price === StaleReason.Gap).map((e) => e.instrument),
    [0, 1],
  );
});

test('Advanced Trade: a frame that comes twice is a duplicate, one out of a hole is late; neither is applied', () => {
  const { events } = runCapture(
    new CaptureScript('COINBASE')
      .recv(snapshot(5))
      .recv(update(6, '3'))
      .recv(update(6, '3'))
      .recv(update(8, '5'))
      .recv(update(7, '4')),
  );
  assert.deepEqual(scriptOf(events).slice(-5), [
    'Level bid 105 300 last',
    'Duplicate 7 6',
    'Gap 7 8',
    `Stale ${StaleReason.Gap} 0`,
    'OutOfOrder 9 7',
  ]);
});

test('Advanced Trade: trades have the side against the maker’s, those of before the subscription are flagged', () => {
  const trade = (id: string, side: string, product = ID) => ({
    product_id: product,
    trade_id: id,
    price: '65083.67',
    size: '0.002',
    time: TIME,
    side,
  });
  const { events } = runCapture(
    new CaptureScript('COINBASE')
      .recv(frame(0, 'market_trades', { type: 'snapshot', trades: [trade('1068572090', 'SELL')] }))
      .recv(
        frame(1, 'market_trades', {
          type: 'update',
          trades: [trade('1068572091', 'BUY'), trade('7', 'SELL', 'ETH-USD')],
        }),
      )
      .recv(
        frame(2, 'ticker', {
          type: 'update',
          tickers: [
            {
              type: 'ticker',
              product_id: ID,
              best_bid: '65083.66',
              best_ask: '65083.67',
              best_bid_quantity: '0.2',
              best_ask_quantity: '0.3',
            },
          ],
        }),
      ),
  );
  assert.deepEqual(scriptOf(events), [
    'Instrument BTC-USD 2 3',
    'Stale 1 0',
    'Trade bid 6508367 2 last snapshot',
    'Trade ask 6508367 2 last',
    'Instrument ETH-USD 2 3',
    'Stale 1 0',
    'Trade bid 6508367 2 last',
    'VenueBbo 6508366 200 6508367 300 last',
  ]);
  assert.equal(events[2].id2, 1068572090);
  assert.equal(events[2].tsEvent, TIME_NS);
});

test('Exchange: snapshot, l2update, ticker and matches', () => {
  const match = {
    type: 'match',
    trade_id: 10,
    maker_order_id: 'a',
    taker_order_id: 'b',
    side: 'sell',
    size: '5.2',
    price: '400.23',
    product_id: ID,
    sequence: 50,
    time: TIME,
  };
  const { events, byType } = runCapture(
    new CaptureScript('COINBASE')
      .recv({ type: 'subscriptions', channels: [] })
      .recv({ type: 'l2update', product_id: ID, changes: [['buy', '1', '1']], time: TIME })
      .recv({
        type: 'snapshot',
        product_id: ID,
        bids: [['400.1', '1']],
        asks: [
          ['400.2', '2'],
          ['400.3', '3'],
        ],
      })
      .recv({
        type: 'l2update',
        product_id: ID,
        changes: [
          ['buy', '400.1', '0'],
          ['sell', '400.2', '1.5'],
        ],
        time: TIME,
      })
      .recv({ ...match, type: 'last_match' })
      .recv({ ...match, trade_id: 11, side: 'buy' })
      .recv({ type: 'ticker', product_id: ID, price: '400.2', best_bid: '400.1', best_ask: '400.2', time: TIME })
      .recv({ type: 'heartbeat', product_id: ID, sequence: 90, last_trade_id: 11, time: TIME }),
  );
  assert.deepEqual(
    scriptOf(events).slice(-9),
    [
      'Level ask 4003 3 snapshot',
      'SnapshotEnd 0 0 last snapshot',
      'Live 0 0',
      'Instrument BTC-USD 1 1',
      'Level bid 4001 0',
      'Level ask 4002 15 last',
      'Instrument BTC-USD 2 1',
      'Trade bid 40023 52 last snapshot',
      'Trade ask 40023 52 last',
      'VenueBbo 40010 0 40020 0 last',
    ].slice(-9),
  );
  assert.deepEqual(byType, {
    subscriptions: 1,
    l2update: 2,
    snapshot: 1,
    last_match: 1,
    match: 1,
    ticker: 1,
    heartbeat: 1,
  });
});

test('frames of another shape are damage', () => {
  const bad: [unknown, RegExp][] = [
    [[1], /an object { is expected/],
    [frame(0, 'l2_data', { type: 'update', product_id: ID }), /without product_id and updates/],
    [frame(0, 'l2_data', { type: 'update', product_id: ID, updates: [{ side: 'bid' }] }), /a level without/],
    [
      frame(0, 'l2_data', { type: 'update', product_id: ID, updates: [level('up' as 'bid', '1', '1')] }),
      /a level without/,
    ],
    [{ ...frame(0, 'heartbeats'), sequence_num: 'x' }, /sequence_num is an integer/],
    [frame(0, 'market_trades', { type: 'update', trades: [{ price: '1' }] }), /a trade without/],
    [frame(0, 'ticker', { type: 'update', tickers: [{ best_bid: '1' }] }), /a ticker without/],
    [frame(0, 'ticker', { type: 'update' }), /an event without its rows/],
    [{ type: 'snapshot', product_id: ID, bids: [] }, /without bids and asks/],
    [{ type: 'l2update', product_id: ID }, /without changes/],
    [{ type: 'l2update', product_id: ID, changes: [['buy', '1']] }, /\[side, price, size\]/],
    [{ type: 'match', product_id: ID, price: '1' }, /a match without/],
    [{ type: 'ticker', product_id: ID, best_bid: '1' }, /a ticker without/],
  ];
  for (const [one, message] of bad) assert.throws(() => runCapture(new CaptureScript('COINBASE').recv(one)), message);
});
