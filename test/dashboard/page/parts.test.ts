/** Parts of the page that need no browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { Table } from '../../../src/dashboard/model/table.ts';
import { bytes, decimal, duration, percent, signed, timeOfDay } from '../../../src/dashboard/page/format.ts';
import { curveOf, readHistogram } from '../../../src/dashboard/page/hdr-curve.ts';
import { type HealthInput, healthOf } from '../../../src/dashboard/page/health.ts';
import { moneyUnit, quoteOf } from '../../../src/dashboard/page/money-unit.ts';
import { Store } from '../../../src/dashboard/page/store.ts';
import type { FeedRow, OrderRow, StatePayload } from '../../../src/dashboard/protocol.ts';

test('numbers have thousands separated, signs, units; what is no number is a dash', () => {
  assert.equal(decimal(1234567.891, 2), '1,234,567.89');
  assert.equal(decimal(Number.NaN, 2), '–');
  assert.equal(decimal(Number.POSITIVE_INFINITY), '–');
  assert.equal(decimal(-0.001, 2), '0.00');
  assert.equal(signed(-1234.5), '−1,234.50');
  assert.equal(signed(3), '+3.00');
  assert.equal(signed(0), '0.00');
  assert.equal(percent(0.0712), '7.1 %');
  assert.equal(percent(1.5), '150 %');
  assert.equal(duration(1240), '1.24 µs');
  assert.equal(duration(999), '999 ns');
  assert.equal(duration(Number.NaN), '–');
  assert.equal(bytes(1536), '1.5 KiB');
  assert.equal(timeOfDay(45_296_123_456_789), '12:34:56.123');
  assert.equal(timeOfDay(86_400e9 + 1e9, 0), '24:00:01');
  assert.equal(timeOfDay(-1), '–');
});

test('a histogram of the server is read to the bucket', async () => {
  const histogram = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 2 });
  const values = [1, 90, 255, 256, 1_000, 1_000, 65_537, 12_345_678, 3_000_000_000];
  for (const value of values) histogram.recordValueWithCount(value, value === 90 ? 100_000 : 1);
  const buckets = await readHistogram(encodeIntoCompressedBase64(histogram));
  const distinct = [...new Set(values)];
  assert.equal(buckets.length, distinct.length);
  for (const [i, value] of distinct.entries()) {
    const { ns, count } = buckets[i];
    assert.ok(ns >= value && ns <= value * 1.01, `${value}: ${ns}`);
    assert.equal(count, value === 90 ? 100_000 : values.filter((one) => one === value).length);
  }
  const curve = curveOf(buckets);
  assert.equal(curve.length, buckets.length);
  for (let i = 1; i < curve.length; i++)
    assert.ok(curve[i].nines >= curve[i - 1].nines && curve[i].ns > curve[i - 1].ns);
  await assert.rejects(readHistogram('AAAAAAAAAAAAAAAA'), /not a compressed histogram/);
});

const STATE: StatePayload = {
  nowNs: 1,
  seq: 1,
  killed: [],
  tradingStates: [],
  strategies: [],
  venues: [],
  ended: '',
  lapsedSeq: 0,
};
const feedRow = (standing: string, ageMs: number): FeedRow => ['feed', standing, 10, 1, ageMs, 0, 0, 0, 0, 0];
const FINE: HealthInput = {
  standing: 'open',
  standingText: '',
  frameAgeMs: 10,
  mode: 'replay',
  state: STATE,
  feed: feedRow('live', 20),
  feedRowAgeMs: 100,
};

test('what can’t be trusted is said, the worst first', () => {
  assert.equal(healthOf(FINE).level, 'ok');
  assert.equal(healthOf({ ...FINE, standing: 'waiting', standingText: 'gone' }).level, 'lost');
  assert.equal(healthOf({ ...FINE, frameAgeMs: 1_600 }).level, 'stale');
  assert.equal(healthOf({ ...FINE, feed: feedRow('live', 1_450) }).level, 'stale');
  assert.equal(healthOf({ ...FINE, feed: feedRow('live', 0), feedRowAgeMs: 60_000 }).level, 'ok');
  assert.equal(healthOf({ ...FINE, feed: feedRow('stale', 0) }).level, 'stale');
  assert.equal(healthOf({ ...FINE, state: { ...STATE, ended: 'end of feed' } }).level, 'ended');
  assert.equal(healthOf({ ...FINE, mode: 'log', feed: feedRow('live', 9_999) }).level, 'ok');
});

test('prices and quantities have the decimals that some number needed, never fewer', () => {
  const store = new Store();
  store.take('instruments', true, [[0, 'BTCUSDT', 8, 8, 'L2', '', -1]]);
  store.take('top', true, [[0, 242_851_000_000, 1, 242_853_000_000, 1, '', 0, 0, 0, 0]]);
  assert.equal(store.text('price', 0, 242_851_000_000), '2,428.51');
  store.take('top', false, [[0, 242_851_500_000, 1, 242_853_000_000, 1, '', 0, 0, 0, 0]]);
  assert.equal(store.text('price', 0, 242_851_000_000), '2,428.510');
  assert.equal(store.text('price', 0, 242_851_500_000), '2,428.515');
});

test('snapshots replace, updates add or put in place', () => {
  const store = new Store();
  const order = (id: number, status: string): OrderRow =>
    [id, id, 'mm', 0, 1, 'limit', 'day', 1, 1, 0, 1, 0, status, '', 0, 0] as const;
  store.take('orders', true, [order(1, 'New'), order(2, 'New')]);
  store.take('orders', false, [order(2, 'Filled'), order(3, 'New')]);
  assert.deepEqual(
    [...store.orders.values()].map((row) => row[12]),
    ['New', 'Filled', 'New'],
  );
  store.take('orders', true, [order(9, 'New')]);
  assert.deepEqual([...store.orders.keys()], [9]);
  store.take('pnl', true, [[1, 0, 0, 0]]);
  store.take('pnl', false, [[2, 1, 1, 2]]);
  assert.deepEqual(
    store.pnl.map(([ns]) => ns),
    [1, 2],
  );
});

test('money is written in the currency that was configured, else in what the books are quoted in, else in none', () => {
  for (const [symbol, quote] of [
    ['BTCUSDT', 'USDT'],
    ['binance:ETHBTC', 'BTC'],
    ['BTC-USD', 'USD'],
    ['XBT/EUR', 'EUR'],
    ['AAPL', ''],
    ['GBTC', ''],
    ['USD', ''],
  ]) {
    assert.equal(quoteOf(symbol), quote, symbol);
  }
  const unit = (isCurrencyAssumed: boolean, ...symbols: readonly string[]): string => {
    const store = new Store();
    store.take(
      'instruments',
      true,
      symbols.map((symbol, i) => [i, symbol, 2, 2, 'L2', '', -1]),
    );
    return moneyUnit({ hello: { currency: 'USD', isCurrencyAssumed }, store });
  };
  assert.equal(unit(false, 'BTCUSDT'), 'USD', 'somebody has said so');
  assert.equal(unit(true, 'BTCUSDT', 'ETHUSDT'), 'USDT');
  assert.equal(unit(true, 'BTCUSDT', 'ETHBTC'), '', 'rather nothing than something wrong');
  assert.equal(unit(true, 'AAPL', 'MSFT'), 'USD');
});

test('rows of a table stay where they are, however often they change', () => {
  const table = new Table<string, readonly [string, number]>();
  for (const [i, key] of ['decode', 'book', 'risk', 'decode', 'book'].entries()) table.set(key, [key, i]);
  assert.deepEqual(table.rows(), [
    ['decode', 3],
    ['book', 4],
    ['risk', 2],
  ]);
  assert.deepEqual(table.since(3), [
    ['decode', 3],
    ['book', 4],
  ]);
});
