import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind, StaleReason } from '../../src/core/event.ts';
import { CaptureScript, lineTime, runCapture, scriptOf } from '../support/capture-script.ts';

const ID = 'BTC-USD';
const TIME = '2021-04-17T16:48:52.123456789Z';
const URL = 'https://api.exchange.coinbase.com/products/BTC-USD/book?level=3';

/** The UUID of order `n`. */
const uuid = (n: number) => `${n.toString(16).padStart(8, '0')}-77a8-460a-b958-66f114b0de9b`;

const base = (type: string, sequence: number) => ({ type, time: TIME, product_id: ID, sequence });
const received = (sequence: number, n: number) => ({
  ...base('received', sequence),
  order_id: uuid(n),
  size: '1.00',
  price: '502.1',
  side: 'buy',
  order_type: 'limit',
});
const open = (sequence: number, n: number, price: string, size: string, side = 'buy') => ({
  ...base('open', sequence),
  order_id: uuid(n),
  price,
  remaining_size: size,
  side,
});
const done = (sequence: number, n: number, reason: string, size: string, price = '10.5') => ({
  ...base('done', sequence),
  order_id: uuid(n),
  price,
  reason,
  side: 'buy',
  remaining_size: size,
});
const match = (sequence: number, maker: number, size: string, trade = 7, price = '10.5') => ({
  ...base('match', sequence),
  trade_id: trade,
  maker_order_id: uuid(maker),
  taker_order_id: uuid(999),
  size,
  price,
  side: 'buy',
});
const change = (sequence: number, n: number, fields: object) => ({
  ...base('change', sequence),
  reason: 'modify_order',
  order_id: uuid(n),
  side: 'buy',
  ...fields,
});
const heartbeat = (sequence: number, last_trade_id = 7) => ({ ...base('heartbeat', sequence), last_trade_id });
const level3 = (sequence: number, bids: object[] = [['10.5', '2.00', uuid(1)]], asks: object[] = []) => ({
  bids,
  asks,
  sequence,
  auction_mode: false,
  auction: null,
  time: TIME,
});
const subscribed = { type: 'subscriptions', channels: [{ name: 'full', product_ids: [ID] }] };

/** A live book of two bids, 10.5 x 2 then x 1, and one ask, 11 x 3, valid at sequence 100. */
function start(script = new CaptureScript('COINBASE')): CaptureScript {
  const bids = [
    ['10.5', '2.00', uuid(1)],
    ['10.5', '1.00', uuid(2)],
  ];
  return script.recv(subscribed).http(URL, level3(100, bids, [['11', '3', uuid(3)]]));
}

/** Events behind the first Live, with the orders that they are about. */
function after(script: CaptureScript): string[] {
  const { events } = runCapture(script);
  const from = events.findIndex(({ kind }) => kind === EventKind.Live) + 1;
  const texts = scriptOf(events);
  return events.slice(from).map((event, i) => {
    const orders = event.orderId > 0 ? ` #${event.orderId}${event.id2 > 0 ? ` ${event.id2}` : ''}` : '';
    return texts[from + i] + orders;
  });
}

test('the level 3 book makes the orders, messages behind its sequence carry on from it, at the venue’s time', () => {
  const { events, byType } = runCapture(
    new CaptureScript('COINBASE')
      .recv(subscribed)
      .recv(open(99, 1, '10.5', '2.00'))
      .recv(received(100, 4))
      .recv(open(101, 4, '10.25', '1.5'))
      .http(URL, level3(100))
      .recv(done(102, 4, 'canceled', '1.5', '10.25')),
  );
  assert.deepEqual(scriptOf(events), [
    'Instrument BTC-USD 1 2',
    'Stale 1 0',
    'SnapshotBegin 0 0 snapshot',
    'Add bid 105 200 snapshot',
    'SnapshotEnd 100 0 last snapshot',
    'Instrument BTC-USD 2 2',
    'Add bid 1025 150 last',
    'Live 0 0',
    'Delete 0 0 last',
  ]);
  assert.equal(events[0].def!.bookKind, 3);
  assert.deepEqual(
    events.filter(({ orderId }) => orderId > 0).map(({ orderId }) => orderId),
    [1, 2, 2],
  );
  assert.equal(events[6].tsEvent, lineTime(0) + 123456789);
  assert.deepEqual(byType, { subscriptions: 1, open: 2, received: 1, 'level 3 book': 1, done: 1 });
});

test('matches execute the maker’s order, in part and whole; done takes what is left', () => {
  assert.deepEqual(
    after(
      start()
        .recv(match(101, 1, '0.5', 8))
        .recv(match(102, 1, '1.5', 9))
        .recv(done(103, 1, 'filled', '0'))
        .recv(done(104, 999, 'filled', '0'))
        .recv(done(105, 2, 'canceled', '1.00')),
    ),
    ['Execute 0 50 last #1 8', 'Execute 0 150 last #1 9', 'Delete 0 0 last #2'],
  );
});

test('change: a smaller size reduces in place, a new price or larger size goes to the back, others are ignored', () => {
  assert.deepEqual(
    after(
      start()
        .recv(change(101, 1, { old_size: '2.00', new_size: '1.25', price: '10.5' }))
        .recv(change(102, 1, { old_size: '1.25', new_size: '1.25', old_price: '10.5', new_price: '10' }))
        .recv(change(103, 1, { old_size: '1.25', new_size: '3', old_price: '10', new_price: '10' }))
        .recv(change(104, 1, { new_funds: '3', old_funds: '5', price: null }))
        .recv(change(105, 77, { old_size: '2', new_size: '1', price: null }))
        .recv(match(106, 1, '3', 12, '10')),
    ),
    [
      'Reduce 0 75 last #1',
      'Replace bid 100 125 last #1 4',
      'Replace bid 100 300 last #4 5',
      'Execute 0 300 last #5 12',
    ],
  );
});

test('a change is of its new_size alone: one with another kind of size changes nothing', () => {
  assert.deepEqual(
    after(
      start()
        .recv(change(101, 1, { old_size: '2.00', size: '1.25', price: '10.5' }))
        .recv(change(102, 1, { old_size: '2.00', remaining_size: '1.25', price: '10.5' }))
        .recv(change(103, 1, { size: '9', old_size: '2.00', new_size: '1.25', remaining_size: '8', price: '10.5' })),
    ),
    ['Reduce 0 75 last #1'],
  );
});

test('a hole in the sequence makes the book stale; a book that joins what came since makes it live again', () => {
  const texts = after(
    start()
      .recv(open(101, 4, '10', '1'))
      .recv(open(103, 6, '10', '3'))
      .http(URL, level3(101))
      .http(URL, level3(102, [['10.5', '2', uuid(1)]]))
      .recv(open(104, 7, '10', '4')),
  );
  assert.deepEqual(texts, [
    'Add bid 100 100 last #4',
    'Gap 102 103',
    `Stale ${StaleReason.Gap} 0`,
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Add bid 105 200 snapshot #5',
    'SnapshotEnd 102 0 last snapshot',
    'Add bid 100 300 last #6',
    'Live 0 0',
    'Add bid 100 400 last #7',
  ]);
});

test('messages that come twice are not applied twice; books that are not needed or too old change nothing', () => {
  const { events, notes } = runCapture(
    start()
      .recv(open(101, 4, '10', '1'))
      .recv(open(101, 4, '10', '1'))
      .http(URL, level3(100)),
  );
  assert.deepEqual(scriptOf(events).slice(-2), ['Add bid 100 100 last', 'Duplicate 102 101']);
  assert.deepEqual(notes, ['BTC-USD: 1 level 3 books not needed, the book was live']);
});

test('a heartbeat that knows more than came shows a loss, once the next one has come and it is still missing', () => {
  const late = after(
    start()
      .recv(heartbeat(101))
      .recv(open(101, 4, '10', '1'))
      .recv(heartbeat(101))
      .recv(heartbeat(101)),
  );
  assert.deepEqual(late, ['Add bid 100 100 last #4']);
  const lost = after(start().recv(heartbeat(103)).recv(heartbeat(103)));
  assert.deepEqual(lost, ['Gap 101 103', `Stale ${StaleReason.Gap} 0`]);
});

test('what disagrees with the order it names makes the book stale, and nothing more is applied', () => {
  const cases: [object, StaleReason][] = [
    [match(101, 44, '1'), StaleReason.UnknownOrder],
    [match(101, 1, '2.01'), StaleReason.Mismatch],
    [done(101, 1, 'filled', '0'), StaleReason.Mismatch],
    [done(101, 1, 'canceled', '1.99'), StaleReason.Mismatch],
    [change(101, 1, { old_size: '1', new_size: '0.5', price: '10.5' }), StaleReason.Mismatch],
    [open(101, 2, '10', '1'), StaleReason.DuplicateOrder],
    [open(101, 4, '10', '0'), StaleReason.BadValue],
    [open(101, 4, '-10', '1'), StaleReason.BadValue],
  ];
  for (const [message, reason] of cases) {
    assert.deepEqual(
      after(
        start()
          .recv(message)
          .recv(open(102, 5, '10', '1')),
      ),
      [`Stale ${reason} 0`],
    );
  }
});

test('sizes stay exact when the units change while orders rest', () => {
  assert.deepEqual(
    after(
      start()
        .recv(open(101, 4, '10', '0.00000001'))
        .recv(match(102, 1, '2'))
        .recv(done(103, 1, 'filled', '0')),
    ),
    ['Instrument BTC-USD 1 8', 'Add bid 100 1 last #4', 'Execute 0 200000000 last #1 7'],
  );
});

test('a lost connection makes the book stale, and what its queue held is gone', () => {
  const script = start(new CaptureScript('COINBASE').connect('wss://x.coinbase.com'))
    .recv(open(101, 4, '10', '1'))
    .connect('wss://x.coinbase.com');
  const texts = after(script.recv(open(205, 5, '10', '1')).http(URL, level3(204)));
  assert.deepEqual(texts.slice(0, 4), [
    'Add bid 100 100 last #4',
    'Connection 0 0',
    `Stale ${StaleReason.Disconnected} 0`,
    'Connection 1 0',
  ]);
  assert.deepEqual(texts.slice(-2), ['Add bid 100 100 last #6', 'Live 0 0']);
});

test('a book of which nothing but the level 3 answer came is stale when the connection is lost', () => {
  const script = start().add({ t: 'disconnect', conn: 'COINBASE.ws.1' });
  assert.deepEqual(after(script).slice(-1), [`Stale ${StaleReason.Disconnected} 0`]);
});

test('a book that was asked for before the connection came up is carried on by it', () => {
  const early = new CaptureScript('COINBASE').http(URL, level3(100)).connect('wss://x.coinbase.com');
  const texts = after(early.recv(open(101, 4, '10', '1')));
  assert.deepEqual(texts, ['Connection 1 1', 'Add bid 100 100 last #2']);
});

test('level2 messages of a product whose book is made of full are not used, and a match is one event', () => {
  const { events, notes } = runCapture(
    start()
      .recv({ type: 'snapshot', product_id: ID, bids: [['1', '1']], asks: [] })
      .recv({ type: 'l2update', product_id: ID, changes: [['buy', '1', '1']], time: TIME })
      .recv({ ...match(101, 1, '2'), type: 'last_match' })
      .recv(match(101, 1, '2')),
  );
  assert.deepEqual(scriptOf(events).slice(-2), ['Trade ask 105 200 last snapshot', 'Execute 0 200 last']);
  assert.deepEqual(notes, ['2 level2 messages not used: those books are made of full']);
});

test('a product that was by level until its first order message is redefined', () => {
  const { events } = runCapture(
    new CaptureScript('COINBASE')
      .recv({ type: 'snapshot', product_id: ID, bids: [['1', '1']], asks: [] })
      .recv(open(101, 4, '10', '1'))
      .http(URL, level3(101)),
  );
  assert.deepEqual(scriptOf(events).slice(6), [
    `Stale ${StaleReason.AwaitingSnapshot} 0`,
    'Instrument BTC-USD 0 0',
    'Clear 0 0',
    'Instrument BTC-USD 1 0',
    'SnapshotBegin 0 0 snapshot',
    'Add bid 105 2 snapshot',
    'SnapshotEnd 101 0 last snapshot',
    'Live 0 0',
  ]);
});

test('answers that are no level 3 book, and messages without what they need, are named', () => {
  const { notes } = runCapture(start().http(URL, { message: 'NotFound' }));
  assert.match(notes[0], /is no level 3 book: ignored/);
  const bad: [object, RegExp][] = [
    [{ ...open(101, 4, '10', '1'), order_id: 'x' }, /without the UUID of its order/],
    [{ ...open(101, 4, '10', '1'), side: 'up' }, /without side, price and size/],
    [{ ...open(101, 4, '10', '1'), sequence: undefined }, /without its sequence/],
  ];
  for (const [message, text] of bad) assert.throws(() => runCapture(start().recv(message)), text);
});

test('matches by trade id: repeated ones are duplicates, a hole is a gap and makes the connection’s book stale', () => {
  const trade = (id: number) => ({ ...match(50, 1, '1', id), sequence: undefined });
  const { events } = runCapture(
    new CaptureScript('COINBASE')
      .recv({ type: 'snapshot', product_id: ID, bids: [['1', '1']], asks: [] })
      .recv({ ...trade(4), type: 'last_match' })
      .recv(trade(5))
      .recv(trade(5))
      .recv(trade(7))
      .recv({ type: 'snapshot', product_id: ID, bids: [['1', '1']], asks: [] })
      .recv(heartbeat(60, 8))
      .recv(trade(8))
      .recv(heartbeat(61, 9))
      .recv(heartbeat(61, 9)),
  );
  assert.deepEqual(
    events
      .filter(({ name }) => ['Trade', 'Duplicate', 'Gap', 'Stale', 'Live'].includes(name))
      .map((e) => `${e.name} ${e.id2 || e.qty || e.price}`),
    [
      'Stale 1',
      'Live 0',
      'Trade 4',
      'Trade 5',
      'Duplicate 5',
      'Stale 2',
      'Gap 7',
      'Trade 7',
      'Live 0',
      'Trade 8',
      'Gap 9',
      'Stale 2',
    ],
  );
});
