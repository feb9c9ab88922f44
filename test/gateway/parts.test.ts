/** The small parts of a gateway: names of orders, ExecIDs, exact quantities, limits, refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectCode } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { parseJson } from '../../src/gateway/binance/facts.ts';
import { RateLimits } from '../../src/gateway/binance/rate-limits.ts';
import { rejectCodeOf, Verdict, verdictOf } from '../../src/gateway/binance/refusals.ts';
import { exact, exactText } from '../../src/gateway/exact.ts';
import { assetUnits, commissionAssetOf, execIdOf, Listings, Scale } from '../../src/gateway/listings.ts';
import { NOT_OURS, OrderTag } from '../../src/gateway/order-tag.ts';
import { CommissionAsset } from '../../src/gateway/venue-message.ts';

test('only what our tag makes is ours', () => {
  const tag = new OrderTag('00ab12ff');
  assert.equal(tag.nameOf(42), 'th00ab12ff-42');
  for (const id of [1, 42, 2 ** 53 - 1]) assert.equal(tag.clOrdIdOf(tag.nameOf(id)), id);
  const foreign = [
    '',
    'th00ab12ff-',
    'th00ab12ff-0',
    'th00ab12ff-042',
    'th00ab12ff-1e3',
    'th00ab12fe-42',
    'x-42',
    'th00ab12ff--1',
    'th00ab12ff-42 ',
  ];
  for (const name of foreign) assert.equal(tag.clOrdIdOf(name), NOT_OURS, name);
});

test('ExecIDs are exact, never 0, and apart for every instrument and trade', () => {
  assert.equal(execIdOf(0, 0), 1);
  assert.equal(execIdOf(65_535, 2 ** 37 - 2), 2 ** 53 - 1);
  assert.notEqual(execIdOf(1, 0), execIdOf(0, 2 ** 37 - 2));
  for (const bad of [-1, 0.5, 2 ** 37 - 1, Number.NaN]) assert.throws(() => execIdOf(0, bad), /trade/);
});

test('quantities are summed without rounding, and come back as the shortest text', () => {
  assert.equal(exactText(exact('0.1') + exact('0.2')), '0.3');
  assert.equal(exactText(exact('123456789012345.678901234567')), '123456789012345.678901234567');
  assert.equal(exactText(exact('10.000')), '10');
  assert.equal(exactText(exact('1') - exact('2')), '0');
  for (const bad of ['', '-1', '1.', '.5', '1e3', '0.1234567890123']) assert.throws(() => exact(bad), /quantity/);
});

test('numbers of a message are read in the decimals of the listing, or in finer ones', () => {
  const scale = new Scale(2);
  const places = ['1.50', '0', '2.125'].map((text) => scale.add(text));
  assert.equal(scale.decimals, 3);
  assert.deepEqual(
    places.map((place) => scale.units(place)),
    [1500, 0, 2125],
  );
  assert.throws(() => scale.add('abc'), /where a number belongs/);
  assert.equal(assetUnits('0.00000001'), 1);
  assert.equal(assetUnits('12.5'), 1_250_000_000);
});

test('order numbers beyond 2^53 keep every digit', () => {
  assert.deepEqual(parseJson('{"orderId":8389765518993908001,"o":{"i": 8389765518993908002},"price":"1"}'), {
    orderId: '8389765518993908001',
    o: { i: '8389765518993908002' },
    price: '1',
  });
});

test('limits: windows start anew at their whole multiples, orders stop at the limit, pauses hold everything', () => {
  const limits = new RateLimits();
  const start = 1_700_000_000_000;
  const orders = { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 50 };
  limits.learn([{ ...orders, count: 48 }], start);
  assert.deepEqual([limits.takeOrder(start), limits.takeOrder(start), limits.takeOrder(start)], [true, true, false]);
  assert.equal(limits.delayMs(start), 0, 'cancels do not count as orders');
  assert.ok(limits.takeOrder(start + 10_000));
  limits.learnHeaders({ 'x-mbx-order-count-10s': '50', 'x-mbx-used-weight-1m': '12' }, start + 10_000);
  assert.equal(limits.takeOrder(start + 10_001), false);
  limits.pauseUntil(start + 25_000);
  assert.equal(limits.delayMs(start + 20_000), 5_000);
  assert.equal(limits.takeOrder(start + 24_999), false);
  assert.ok(limits.takeOrder(start + 25_000));
  limits.learn(
    [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000, count: 6000 }],
    start + 25_000,
  );
  assert.ok(limits.delayMs(start + 25_000) > 0);
});

test('what may have been done is unknown; what was refused says why', () => {
  const error = (status: number, code: number, text = '') => ({ status, code, text, retryAtMs: 0 });
  const unknown = [
    error(0, 0),
    error(500, -1000),
    error(503, -1008),
    error(504, 0),
    error(400, -1006),
    error(400, -1007),
    error(400, -2010, 'Duplicate order sent.'),
  ];
  for (const one of unknown) assert.equal(verdictOf(one), Verdict.Unknown, JSON.stringify(one));
  assert.equal(verdictOf(error(400, -2010, 'Account has insufficient balance for requested action.')), Verdict.Refused);
  assert.equal(verdictOf(error(400, -1021)), Verdict.Clock);
  for (const one of [error(429, -1003), error(418, 0), error(400, -1015)]) assert.equal(verdictOf(one), Verdict.Rate);
  for (const one of [error(401, -2015), error(400, -1022), error(400, -2014)])
    assert.equal(verdictOf(one), Verdict.BadKey);
  const codes: [number, string, number][] = [
    [-2010, 'Account has insufficient balance for requested action.', RejectCode.VenueFunds],
    [-2010, 'Order would immediately match and take.', RejectCode.VenueWouldTake],
    [-2010, 'Market is closed.', RejectCode.VenueHalted],
    [-1013, 'Filter failure: LOT_SIZE', RejectCode.VenueFilter],
    [-2011, 'Unknown order sent.', RejectCode.VenueUnknownOrder],
    [-1015, 'Too many new orders', RejectCode.VenueRate],
    [-5022, 'Post Only order will be rejected', RejectCode.VenueWouldTake],
    [-9999, 'something new', RejectCode.VenueRefused],
  ];
  for (const [code, text, reject] of codes) assert.equal(rejectCodeOf(error(400, code, text)), reject, text);
});

test('random texts never make a quantity by accident', () => {
  const random = new Prng(7);
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: 1 + random.below(6) }, () => '0123456789.-e+ '[random.below(15)]).join('');
    let value: bigint | null = null;
    try {
      value = exact(text);
    } catch {
      assert.ok(!/^\d+(\.\d+)?$/.test(text), text);
    }
    if (value !== null) assert.equal(Number(exactText(value)), Number(text));
  }
});

test('whose asset a commission is in is known before the venue was asked, from the symbol', () => {
  const listings = new Listings();
  const listing = listings.define(0, 'BTCUSDT', 2, 5);
  const assets = () => ['BTC', 'USDT', 'BNB', null].map((asset) => commissionAssetOf(listing, asset));
  const { Base, Quote, Other, None } = CommissionAsset;
  assert.deepEqual(assets(), [Base, Quote, Other, None]);
  listing.base = 'BTC';
  listing.quote = 'USDT';
  assert.deepEqual(assets(), [Base, Quote, Other, None]);
});
