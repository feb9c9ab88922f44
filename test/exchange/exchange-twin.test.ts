import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderSide, OrdType, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { unitsPerLot, unitsPerTickLot } from '../../src/exchange/listing.ts';
import type { ExchangeOrder } from '../../src/exchange/orders.ts';
import { ExchangeScene, plainListing } from '../support/exchange-scene.ts';
import { NaiveExchange, type TwinRequest } from '../support/naive-exchange.ts';

const FORCE = { rest: TimeInForce.Gtc, post: TimeInForce.Gtc, ioc: TimeInForce.Ioc, fok: TimeInForce.Fok } as const;

test('an exchange of several accounts does what its naive twin does: trades, levels, balances', (t) => {
  const seed = Number(process.env.SEED ?? 11);
  t.diagnostic(`seed ${seed}`);
  const prng = new Prng(seed);
  const listing = plainListing('spot', { minNotional: 100_000_000n });
  const scene = new ExchangeScene(listing);
  const terms = {
    perLot: unitsPerLot(listing),
    perTickLot: unitsPerTickLot(listing),
    ppm: 1000n,
    minNotional: listing.minNotional,
  };
  const twin = new NaiveExchange(terms);
  const accounts = ['a', 'b', 'c'].map((name) => scene.account(name, 40, 4000));
  for (const account of accounts)
    twin.owned.set(account.name, [account.balance('BTC').free, account.balance('USDT').free]);
  const trades: string[] = [];
  const names = new Map<number, string>();
  scene.exchange.listen({
    ordered: (order, event) => {
      if (event.is === 'new') names.set(order.id, order.clientOrderId);
    },
    traded: (_market, trade) =>
      trades.push(`${names.get(trade.takerId)} ${names.get(trade.makerId)} ${trade.lots}@${trade.priceTicks}`),
  });
  const orders: ExchangeOrder[] = [];
  let refused = 0;
  for (let n = 0; n < 3000; n++) {
    if (orders.length > 0 && prng.below(3) === 0) {
      const order = orders.splice(prng.below(orders.length), 1)[0];
      assert.equal(scene.exchange.cancel(order) === null, twin.cancel(order.clientOrderId));
    } else {
      const account = accounts[prng.below(accounts.length)];
      const how = (['rest', 'rest', 'rest', 'ioc', 'fok', 'post'] as const)[prng.below(6)];
      const isMarket = prng.below(12) === 0;
      const lots = 1 + prng.below(prng.below(10) === 0 ? 5000 : 900);
      const request: TwinRequest = {
        name: `o${n}`,
        owner: account.name,
        isBuy: prng.below(2) === 0,
        price: isMarket ? 0 : 9950 + prng.below(100),
        lots,
        display: !isMarket && prng.below(5) === 0 ? 1 + prng.below(lots) : 0,
        how: isMarket ? 'ioc' : how,
      };
      const result = scene.exchange.submit(account, {
        market: scene.market,
        side: request.isBuy ? OrderSide.Buy : OrderSide.Sell,
        type: isMarket ? OrdType.Market : OrdType.Limit,
        timeInForce: FORCE[request.how],
        postOnly: request.how === 'post',
        priceTicks: request.price,
        lots,
        displayLots: request.display,
        clientOrderId: request.name,
      });
      assert.equal('order' in result, twin.submit(request), `order ${n}`);
      if ('order' in result) orders.push(result.order);
      else refused++;
    }
    assert.deepEqual(trades, twin.trades);
    if (n % 50 === 0) {
      scene.exchange.checkInvariants();
      for (const isBid of [true, false]) assert.deepEqual(scene.market.depth(isBid, 1e6), twin.levels(isBid).flat());
      for (const account of accounts) {
        const free = [account.balance('BTC').free, account.balance('USDT').free];
        assert.deepEqual(free, twin.free(account.name), `step ${n}: ${account.name}`);
      }
    }
    if (trades.length > 100) {
      trades.splice(0);
      twin.trades.splice(0);
    }
  }
  assert.ok(scene.market.lastTradeId > 800 && refused > 100, `${scene.market.lastTradeId} trades, ${refused} refused`);
});
