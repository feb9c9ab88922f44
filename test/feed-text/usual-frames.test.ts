/**
 * Frames in the form in which the venues write them are read in one go; the same with white space between their tokens go
 * the general way: both must come to the same. Forms as in the venues' documents (docs.kraken.com, "Spot WebSocket v2";
 * docs.cdp.coinbase.com, "Exchange WebSocket Channels"), and values that other pairs and other days have.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { EventKind } from '../../src/core/event.ts';
import { CoinbaseVenue } from '../../src/feed/text/coinbase.ts';
import { FrameError } from '../../src/feed/text/json-cursor.ts';
import { KrakenVenue } from '../../src/feed/text/kraken.ts';
import { TextMarket } from '../../src/feed/text/market.ts';
import type { VenueDecoder } from '../../src/feed/text/venue.ts';
import { CAPTURE_BASE } from '../support/capture-script.ts';
import { EventProbe, type SeenEvent, utf8 } from '../support/event-probe.ts';

type Make = (market: TextMarket) => VenueDecoder;

const kraken: Make = (market) => new KrakenVenue(market);
const coinbase: Make = (market) => new CoinbaseVenue(market);

/** A space in front of and behind each token outside of strings. */
function spaced(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g, ' $& ');
}

/** Events, counts and remarks of the frames; refused ones by their place. */
function decoded(make: Make, frames: readonly string[]): { events: SeenEvent[]; rest: string } {
  const probe = new EventProbe();
  const market = new TextMarket({ symbols: null, base: CAPTURE_BASE });
  market.open(probe.sink);
  const venue = make(market);
  const refused: number[] = [];
  // All in one array, as a connection's buffer holds them: what is behind a frame is another one's.
  const whole = utf8(`${frames.join('')}"}]}],"asks":[0123456789`);
  let from = 0;
  for (const [i, text] of frames.entries()) {
    const to = from + utf8(text).length;
    try {
      venue.frame(whole, from, to, 0);
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
      refused.push(i);
    }
    from = to;
  }
  market.stats.publish(venue.remarks());
  const rest = JSON.stringify([[...market.stats.messagesByType], market.stats.checksumsVerified, refused]);
  return { events: probe.take(), rest };
}

/** Both ways; returns the events. */
function same(make: Make, frames: readonly string[]): SeenEvent[] {
  const usual = decoded(make, frames);
  const general = decoded(make, frames.map(spaced));
  assert.deepEqual(usual, general);
  return usual.events;
}

const SYMBOLS = ['BTC/USD', 'XBT\\/USD', 'PEPE/EUR', '€/USD', ''];
const NUMBERS = [
  '0.5117',
  '40',
  '0.000000001',
  '65083.1',
  '123456789012345.6',
  '1234567890.12345678',
  '9007199254740993',
  '1e-7',
  '1.5E+3',
  '-1.5',
  '0',
  '0.0',
  '00.5',
  '01',
  '1.',
  '.5',
  '"7.25"',
  'null',
];
const TIMES = ['2026-08-09T21:05:55.852826192Z', '2026-08-09T21:05:55Z', '2026-08-09T21:05:55+00:00', 'soon', ''];

test('Kraken v2 trades come to the same events whichever way they are read', () => {
  let id = 0;
  const trade = (symbol: string, price: string, qty: string, time: string, side = 'sell', type = 'market'): string =>
    `{"symbol":"${symbol}","side":"${side}","price":${price},"qty":${qty},"ord_type":"${type}","trade_id":${++id},"timestamp":"${time}"}`;
  const message = (...trades: string[]): string => `{"channel":"trade","type":"update","data":[${trades.join(',')}]}`;
  const frames: string[] = [];
  for (const symbol of SYMBOLS) frames.push(message(trade(symbol, '0.5117', '40.0', TIMES[0])));
  for (const number of NUMBERS) {
    frames.push(
      message(trade('BTC/USD', number, '0.1', TIMES[0])),
      message(trade('ETH/USD', '2000.5', number, TIMES[0])),
    );
  }
  for (const time of TIMES) frames.push(message(trade('BTC/USD', '65083.1', '0.5', time, 'buy', 'limit')));
  const [a, b] = [trade('BTC/USD', '1.5', '2', TIMES[0]), trade('BTC/USD', '1.6', '2', TIMES[0], 'buy')];
  frames.push(message(a, b), message(b, a), message(a, trade('ETH/USD', '1.5', '2', TIMES[0])), message());
  for (const side of ['Buy', 'b', '']) frames.push(message(trade('BTC/USD', '1.5', '2', TIMES[0], side)));
  const one = message(trade('BTC/USD', '1.5', '2', TIMES[0]));
  frames.push(
    one.slice(0, -1),
    `${one}}`,
    `${one}\n`,
    one.replace('"trade_id":', '"trade_id":0'),
    one.replace('limit', '\\u0000'),
  );
  frames.push(one.replace('"timestamp"', '"extra":{"a":[1]},"timestamp"'), one.replace('update', 'snapshot'));
  frames.push(
    one.replace('market', 'mar\tket'),
    one.replace('market', 'mark\\et'),
    one.replace(/"trade_id":\d+/, '"trade_id":-4'),
  );
  const events = same(kraken, frames);
  assert.ok(events.filter(({ kind }) => kind === EventKind.Trade).length > 20);
});

test('Kraken v2 updates come to the same events whichever way they are read, with texts of all lengths', () => {
  const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
  const message = (type: string, asks: [string, string][], bids: [string, string][], crc: number): string => {
    const side = (levels: [string, string][]) => levels.map(([p, q]) => `{"price":${p},"qty":${q}}`).join(',');
    return (
      `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[${side(bids)}],"asks":[${side(asks)}],` +
      `"checksum":${crc},"timestamp":"2026-08-09T21:05:55.852826Z"}]}`
    );
  };
  const asks: [string, string][] = [
    ['0.5666', '4831.75496356'],
    ['0.5667', '0.00000001'],
    ['12.5667', '10'],
    ['100.5', '1.5'],
    ['99999.9999', '123456.12345678'],
  ];
  const bids: [string, string][] = [['0.5665', '0.00100000']];
  const crc = (levels: [string, string][]) => crc32(levels.map(([p, q]) => digits(p) + digits(q)).join(''));
  const frames = [message('snapshot', [], bids, crc(bids))];
  for (let count = 1; count <= asks.length; count++) {
    frames.push(message('update', [asks[count - 1]], [], crc([...asks.slice(0, count), ...bids])));
  }
  const all = crc([...asks, ...bids]);
  frames.push(message('update', asks, bids, all), message('update', [], [], all));
  const good = frames.length;
  const verified = same(kraken, frames);
  assert.equal(verified.filter(({ kind }) => kind === EventKind.ChecksumFailure).length, 0);
  assert.equal(verified.filter(({ kind }) => kind === EventKind.Level).length, 1 + 5 + 6);
  for (const number of NUMBERS) {
    frames.push(
      frames[0],
      message('update', [[number, '1.0']], [], 1),
      frames[0],
      message('update', [], [['0.5', number]], 1),
    );
  }
  const one = message('update', [asks[0]], [], crc([asks[0], ...bids]));
  for (const odd of [
    one.slice(0, -1),
    `${one} `,
    one.replace('"qty"', '"size"'),
    one.replace(',"qty"', ',"a":1,"qty"'),
  ]) {
    frames.push(frames[0], odd);
  }
  for (const checksum of ['4294967296', '-1', '0.5', '"7"', '01']) {
    frames.push(frames[0], one.replace(/"checksum":\d+/, `"checksum":${checksum}`));
  }
  assert.ok(same(kraken, frames).length > good);
});

test('Coinbase matches and l2updates come to the same events whichever way they are read', () => {
  let id = 800;
  const match = (price: string, size: string, time: string, product = 'BTC-USD', side = 'buy'): string =>
    `{"type":"match","trade_id":${++id},"maker_order_id":"ac928c66-ca53-498f-9c13-a110027a60e8",` +
    `"taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05cea1","side":"${side}","size":${size},"price":${price},` +
    `"product_id":"${product}","sequence":${id + 50},"time":"${time}"}`;
  const update = (changes: string, time = TIMES[0], product = 'BTC-USD'): string =>
    `{"type":"l2update","product_id":"${product}","changes":[${changes}],"time":"${time}"}`;
  const frames = [
    `{"type":"snapshot","product_id":"BTC-USD","bids":[["22356.27","1.5"]],"asks":[["22356.30","2.5"]]}`,
    match('"400.23"', '"5.23512"', TIMES[0]),
    update('["buy","22356.270000","0.00000000"],["sell","22356.300000","1.00000000"]'),
  ];
  for (const number of NUMBERS) {
    const text = number.startsWith('"') ? number : `"${number}"`;
    frames.push(match(text, '"0.1"', TIMES[0]), match('"2000.5"', text, TIMES[0]), match(number, number, TIMES[0]));
    frames.push(frames[0], update(`["buy",${text},"1.5"]`), frames[0], update(`["sell","22357.1",${text}]`));
  }
  for (const time of TIMES)
    frames.push(match('"400.23"', '"5.2"', time, 'BTC-USD', 'sell'), frames[0], update('["buy","1","2"]', time));
  for (const product of SYMBOLS)
    frames.push(match('"0.5"', '"1"', TIMES[0], product), update('["buy","1","2"]', TIMES[0], product));
  const one = match('"400.23"', '"5.23512"', TIMES[0]);
  for (const odd of [
    one.slice(0, -1),
    `${one}}`,
    one.replace('buy', 'bought'),
    one.replace('"sequence":', '"sequence":0'),
  ])
    frames.push(odd);
  frames.push(
    one.replace('ac92', '\\u0061c92'),
    one.replace('ac92', 'ac\u0001'),
    one.replace('"side"', '"price":"1","side"'),
  );
  frames.push(
    frames[0],
    update(''),
    frames[0],
    update('["buy","1","2","3"]'),
    frames[0],
    update('["hold","1","2"]'),
    frames[0],
  );
  frames.push(
    update('["buy","1","2"],'),
    frames[0],
    update('["buy","1","2"]').slice(0, -2),
    '{"type":"error","message":"Failed to subscribe"}',
  );
  const events = same(coinbase, frames);
  assert.ok(events.filter(({ kind }) => kind === EventKind.Trade).length > 20);
  assert.ok(events.filter(({ kind }) => kind === EventKind.Level).length > 40);
});
