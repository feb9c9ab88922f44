import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrdStatus, OrdType, TimeInForce } from '../../src/core/order.ts';
import { LEDGER_UNIT } from '../../src/exchange/listing.ts';
import { ExchangeScene, plainListing, START_US } from '../support/exchange-scene.ts';

const units = (amount: number): bigint => BigInt(Math.round(amount * 1e8));

test('a spot trade moves base, quote and commissions, and lets go of what was held', () => {
  const scene = new ExchangeScene();
  const [a, b] = [scene.account('a', 10, 0), scene.account('b', 0, 1000)];
  scene.order(a, 'sell', 'sell', 2000, 10000); // 2.000 at 100.00
  assert.deepEqual(a.balance('BTC'), { free: units(8), locked: units(2) });
  scene.order(b, 'buy', 'buy', 3000, 10100); // 3.000 at 101.00: 303 held, 2 of it trade at 100.00
  assert.deepEqual(scene.heard(), [
    'sell new',
    'buy new',
    'buy trade 2000@10000',
    'sell trade 2000@10000 maker',
    'trade 1 2000@10000',
  ]);
  assert.deepEqual(a.balance('BTC'), { free: units(8), locked: 0n });
  assert.deepEqual(a.balance('USDT'), { free: units(200 * 0.999), locked: 0n });
  assert.deepEqual(b.balance('BTC'), { free: units(2 * 0.999), locked: 0n });
  assert.deepEqual(b.balance('USDT'), { free: units(1000 - 200 - 101), locked: units(101) });
  const buy = b.openByClient(scene.market, 'buy');
  assert.equal(buy?.status, OrdStatus.PartiallyFilled);
  assert.equal(scene.exchange.cancel(buy), null);
  assert.deepEqual(b.balance('USDT'), { free: units(800), locked: 0n });
  assert.equal(scene.exchange.cancel(buy), 'unknown-order');
});

test('what an account does not have is refused, and so are doubled client ids and bad steps', () => {
  const scene = new ExchangeScene(
    plainListing('spot', { tickStep: 10, lotStep: 5, minLots: 5, minNotional: 5n * LEDGER_UNIT }),
  );
  const a = scene.account('a', 1, 100);
  assert.equal(scene.refusal(a, 'x', 'sell', 1005, 10000), 'insufficient-balance');
  assert.equal(scene.refusal(a, 'x', 'buy', 1005, 10000), 'insufficient-balance');
  assert.equal(scene.refusal(a, 'x', 'buy', 1000, 10000), 'taken');
  assert.equal(scene.refusal(a, 'x', 'sell', 1000, 20000), 'duplicate-client-id');
  assert.equal(scene.refusal(a, 'y', 'sell', 1000, 20005), 'price-step');
  assert.equal(scene.refusal(a, 'y', 'sell', 1003, 20000), 'qty-step');
  assert.equal(scene.refusal(a, 'y', 'sell', 0, 20000), 'qty-range');
  assert.equal(scene.refusal(a, 'y', 'sell', 5, 20000), 'notional');
  assert.equal(scene.refusal(a, 'y', 'sell', 1000, -10), 'price-range');
  assert.equal(scene.refusal(a, 'y', 'sell', 1000, 20000, { displayLots: 1005 }), 'display');
  assert.equal(
    scene.refusal(a, 'y', 'sell', 1000, 20000, { timeInForce: TimeInForce.Gtd, expireUs: START_US }),
    'expired',
  );
  assert.equal(scene.refusal(a, 'y', 'sell', 100, 10000, { postOnly: true }), 'would-take');
  assert.equal(scene.refusal(a, 'y', 'buy', 100, 0), 'no-liquidity');
});

test('an order that would meet one of its own account ends there; other ways can be chosen', () => {
  const scene = new ExchangeScene();
  const [a, b] = [scene.account('a', 10, 10000), scene.account('b', 10, 10000)];
  scene.order(b, 'b1', 'sell', 1000, 10000);
  const own = scene.order(a, 'own', 'sell', 1000, 10000);
  scene.order(b, 'b2', 'sell', 1000, 10000);
  scene.heard();
  const newest = scene.order(a, 'newest', 'buy', 2500, 10000);
  assert.deepEqual(scene.heard(), [
    'newest new',
    'newest trade 1000@10000',
    'b1 trade 1000@10000 maker',
    'trade 1 1000@10000',
    'newest expired own-trade',
  ]);
  assert.equal(newest.cumLots, 1000);
  assert.equal(own.isOpen, true);
  scene.order(a, 'whole', 'buy', 500, 10000, { timeInForce: TimeInForce.Fok });
  assert.deepEqual(scene.heard(), ['whole new', 'whole expired own-trade']);
  scene.order(a, 'oldest', 'buy', 500, 10000, { ownTrades: 'cancel-oldest' });
  assert.deepEqual(scene.heard(), [
    'oldest new',
    'own expired own-trade',
    'oldest trade 500@10000',
    'b2 trade 500@10000 maker',
    'trade 2 500@10000',
  ]);
  scene.order(a, 'own2', 'sell', 1000, 9000, { ownTrades: 'none' });
  scene.heard();
  scene.order(a, 'self', 'buy', 1000, 9000, { ownTrades: 'none' });
  assert.match(scene.heard().join(), /self trade 1000@9000,own2 trade 1000@9000 maker/);
});

test('immediate and fill-or-kill orders, market orders without enough to trade with, expire and say why', () => {
  const scene = new ExchangeScene();
  const [a, b] = [scene.account('a', 10, 10000), scene.account('b', 10, 10000)];
  scene.order(a, 'ask', 'sell', 1000, 10000);
  const ioc = scene.order(b, 'ioc', 'buy', 400, 10000, { timeInForce: TimeInForce.Ioc });
  assert.equal(ioc.status, OrdStatus.Filled);
  assert.equal(scene.order(b, 'ioc2', 'buy', 400, 9999, { timeInForce: TimeInForce.Ioc }).ended, 'immediate');
  assert.equal(scene.order(b, 'fok', 'buy', 601, 10000, { timeInForce: TimeInForce.Fok }).ended, 'not-filled-whole');
  const market = scene.order(b, 'market', 'buy', 700, 0);
  assert.deepEqual([market.cumLots, market.ended], [600, 'no-liquidity']);
});

test('stops wait, act behind the trade that reaches them, keep their number, and pay when they act', () => {
  const scene = new ExchangeScene();
  const [a, b, poor] = [scene.account('a', 10, 10000), scene.account('b', 10, 10000), scene.account('poor', 0, 1)];
  scene.order(a, 'a1', 'sell', 1000, 10000);
  scene.order(a, 'a2', 'sell', 1000, 10200);
  const stop = scene.order(b, 'stop', 'buy', 500, 0, { type: OrdType.Stop, triggerTicks: 10000 });
  const limit = scene.order(b, 'limit', 'buy', 2000, 10200, { type: OrdType.StopLimit, triggerTicks: 10200 });
  const broke = scene.order(poor, 'broke', 'buy', 500, 0, { type: OrdType.Stop, triggerTicks: 10001 });
  scene.heard();
  const id = stop.id;
  scene.order(b, 'go', 'buy', 1000, 10000);
  assert.deepEqual(
    scene.heard().filter((line) => !/^(a\d|trade)/.test(line)),
    [
      'go new',
      'go trade 1000@10000',
      'stop triggered',
      'stop trade 500@10200',
      'broke triggered',
      'broke expired balance',
      'limit triggered',
      'limit trade 500@10200',
    ],
  );
  assert.deepEqual([stop.id, stop.status, limit.leavesLots, broke.ended], [id, OrdStatus.Filled, 1500, 'balance']);
  assert.equal(scene.refusal(b, 'late', 'buy', 500, 0, { type: OrdType.Stop, triggerTicks: 10200 }), 'would-trigger');
});

test('a replaced order keeps its place when it shrinks, arrives anew when it grows, and holds what it needs', () => {
  const scene = new ExchangeScene();
  const [a, b] = [scene.account('a', 10, 10000), scene.account('b', 10, 10000)];
  const first = scene.order(a, 'first', 'sell', 1000, 10000);
  const second = scene.order(b, 'second', 'sell', 1000, 10000);
  assert.equal(scene.exchange.replace(first, 10000, 600), null);
  scene.exchange.checkInvariants();
  assert.deepEqual(a.balance('BTC'), { free: units(9.4), locked: units(0.6) });
  scene.order(b, 'take', 'buy', 100, 10000);
  assert.equal(first.cumLots, 100);
  assert.equal(scene.exchange.replace(first, 10000, 700), null);
  scene.exchange.checkInvariants();
  scene.order(a, 'take2', 'buy', 100, 10000);
  assert.deepEqual([first.cumLots, first.leavesLots, second.cumLots], [100, 600, 100]);
  assert.equal(scene.exchange.replace(first, 10000, 100), 'qty-range');
  assert.equal(scene.exchange.replace(first, 10000, 20000), 'insufficient-balance');
  assert.equal(scene.exchange.replace(second, 9900, 1000), null);
  scene.exchange.checkInvariants();
  assert.equal(scene.market.bestAskTicks, 9900);
  assert.deepEqual([a.balance('BTC').locked, b.balance('BTC').locked], [units(0.6), units(0.9)]);
});

test('Day orders end with the UTC day, GTD orders at their time', () => {
  const scene = new ExchangeScene();
  const a = scene.account('a', 10, 10000);
  const day = scene.order(a, 'day', 'sell', 1000, 10000, { timeInForce: TimeInForce.Day });
  const gtd = scene.order(a, 'gtd', 'sell', 1000, 10000, { timeInForce: TimeInForce.Gtd, expireUs: START_US + 1000 });
  scene.exchange.advance(START_US + 999);
  assert.equal(gtd.isOpen, true);
  scene.exchange.advance(START_US + 1000);
  assert.deepEqual([gtd.status, gtd.ended, day.isOpen], [OrdStatus.Expired, 'expired', true]);
  scene.exchange.advance(START_US + 86_400_000_000);
  assert.equal(day.ended, 'expired');
  assert.equal(scene.market.bestAskTicks, Number.NaN);
  scene.exchange.checkInvariants();
});

test('a perpetual keeps positions: entered, enlarged, closed, turned, with profit and margin exact', () => {
  const scene = new ExchangeScene(plainListing('perpetual', { makerPpm: 0, takerPpm: 1000, leverage: 10 }));
  const [a, b] = [scene.account('a', 0, 1000), scene.account('b', 0, 1000)];
  const trade = (seller: typeof a, buyer: typeof a, lots: number, price: number, n: number): void => {
    scene.order(seller, `s${n}`, 'sell', lots, price);
    scene.order(buyer, `b${n}`, 'buy', lots, price);
  };
  trade(a, b, 10000, 10000, 1); // b long 10 at 100: 1000 of notional, commission 1
  assert.deepEqual([b.position(scene.market).lots, b.balance('USDT').free], [10000, units(999)]);
  trade(a, b, 10000, 11000, 2); // long 20 at 105 on average
  assert.equal(b.position(scene.market).entryNotional, units(2100));
  trade(b, a, 5000, 12000, 3); // closes 5 of 20: 600 for what cost 525
  assert.deepEqual([b.position(scene.market).lots, b.position(scene.market).realised], [15000, units(75)]);
  assert.equal(a.position(scene.market).realised, units(-75));
  scene.order(b, 'resting', 'sell', 15000, 12000, { reduceOnly: true });
  scene.order(a, 'close', 'buy', 15000, 12000);
  assert.deepEqual([b.position(scene.market).lots, b.position(scene.market).entryNotional], [0, 0n]);
  assert.equal(b.position(scene.market).realised, units(300));
  assert.equal(scene.refusal(b, 'none', 'sell', 1, 12000, { reduceOnly: true }), 'reduce-only');
  trade(a, b, 10000, 5000, 4);
  trade(b, a, 15000, 5000, 5); // from long 10 to short 5
  assert.deepEqual([b.position(scene.market).lots, b.position(scene.market).entryNotional], [-5000, units(-250)]);
  assert.equal(scene.refusal(b, 'large', 'sell', 8_000_000, 12000), 'insufficient-balance');
});

test('update ids are contiguous, and every stream of changes leads to the same levels', () => {
  const scene = new ExchangeScene();
  const a = scene.account('a', 1000, 1000000);
  const feeds = [scene.market.watchLevels(), scene.market.watchLevels()];
  const books = [new Map<number, number>(), new Map<number, number>()];
  const last = [scene.market.updateId, scene.market.updateId];
  const take = (i: number): void => {
    const changes = feeds[i].take();
    if (changes === null) return;
    assert.equal(changes.firstId, last[i] + 1);
    last[i] = changes.lastId;
    for (const [sign, side] of [
      [1, changes.bids],
      [-1, changes.asks],
    ] as const) {
      for (let j = 0; j < side.length; j += 2) books[i].set(sign * side[j], side[j + 1]);
    }
  };
  for (let n = 0; n < 300; n++) {
    const side = n % 2 === 0 ? 'buy' : 'sell';
    scene.order(a, `o${n}`, side, 10 + (n % 7), 10000 + ((n * 37) % 23) + (side === 'buy' ? -8 : 0), {
      ownTrades: 'none',
    });
    take(0);
    if (n % 10 === 9) take(1);
  }
  take(1);
  for (const book of books) for (const [key, lots] of book) if (lots === 0) book.delete(key);
  const expected = [...scene.market.depth(true, 1000), ...scene.market.depth(false, 1000)];
  const pairs: [number, number][] = [];
  const bids = scene.market.depth(true, 1000).length;
  for (let i = 0; i < expected.length; i += 2) pairs.push([(i < bids ? 1 : -1) * expected[i], expected[i + 1]]);
  const sorted = (list: Iterable<[number, number]>): [number, number][] => [...list].sort((x, y) => x[0] - y[0]);
  assert.deepEqual(sorted(books[0]), sorted(pairs));
  assert.deepEqual(sorted(books[1]), sorted(pairs));
});

test('orders by number as the public sees them rebuild the book, icebergs and renumbered stops included', () => {
  const scene = new ExchangeScene();
  const a = scene.account('a', 1000, 1000000);
  const shown = new Map<number, { isBuy: boolean; price: number; lots: number }>();
  scene.exchange.listen({
    publicOrder: (_market, event) => {
      const known = shown.get(event.orderId);
      if (event.is === 'add') {
        assert.equal(known, undefined);
        shown.set(event.orderId, { isBuy: event.side === 1, price: event.priceTicks, lots: event.lots });
        return;
      }
      assert.ok(known !== undefined && known.price === event.priceTicks && known.lots >= event.lots);
      known.lots -= event.lots;
      if (event.is === 'delete') assert.equal(known.lots, 0);
      if (known.lots === 0) shown.delete(event.orderId);
    },
  });
  for (let n = 0; n < 400; n++) {
    const side = n % 2 === 0 ? 'buy' : 'sell';
    const price = 10000 + ((n * 37) % 23) + (side === 'buy' ? -8 : 0);
    const change = { ownTrades: 'none', displayLots: n % 5 === 0 ? 3 : 0 } as const;
    const order = scene.order(a, `o${n}`, side, 10 + (n % 7), price, change);
    if (n % 3 === 0 && order.isOpen) scene.exchange.replace(order, price, Math.max(order.cumLots + 1, order.lots - 2));
    if (n % 11 === 0 && order.isOpen) scene.exchange.cancel(order);
  }
  for (const isBuy of [true, false]) {
    const sums = new Map<number, number>();
    for (const one of shown.values())
      if (one.isBuy === isBuy) sums.set(one.price, (sums.get(one.price) ?? 0) + one.lots);
    const depth = scene.market.depth(isBuy, 1000);
    assert.equal(sums.size, depth.length / 2);
    for (let i = 0; i < depth.length; i += 2) assert.equal(sums.get(depth[i]), depth[i + 1]);
  }
});
