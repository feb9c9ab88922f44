import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchange } from '../../src/exchange/exchange.ts';
import { Flow } from '../../src/exchange/flow.ts';
import { LEDGER_UNIT, listingOf } from '../../src/exchange/listing.ts';
import { ExchangeScene, START_US } from '../support/exchange-scene.ts';

/** Levels and counts after `seconds` of flow, made in slices of `slice` messages. */
function run(seed: number, seconds: number, slice: number, watch?: (exchange: Exchange) => void): string {
  const exchange = new Exchange([listingOf('BTC', 'USDT', 'spot'), listingOf('ETH', 'USDT', 'spot')]);
  const flow = new Flow(exchange, { seed, rate: 1000 });
  flow.start(START_US);
  const endUs = START_US + seconds * 1e6;
  for (let now = START_US; now <= endUs; now += 50_000) {
    while (flow.run(now, slice)) watch?.(exchange);
    watch?.(exchange);
  }
  exchange.checkInvariants();
  const books = exchange.markets.map((market) => [
    market.updateId,
    market.lastTradeId,
    market.depth(true, 50),
    market.depth(false, 50),
  ]);
  return JSON.stringify([flow.made, books]);
}

test('the flow is the same for the same seed, whatever the slices it is made in, and another for another', () => {
  assert.equal(run(5, 3, 7), run(5, 3, 1000));
  assert.notEqual(run(5, 3, 7), run(6, 3, 7));
});

test('the flow keeps two-sided books, trades, and comes at its rate', () => {
  let looked = 0;
  const text = run(3, 20, 100, (exchange) => {
    looked++;
    for (const market of exchange.markets) {
      assert.ok(market.bestBidTicks < market.bestAskTicks);
      assert.ok(market.bestAskTicks / market.bestBidTicks < 1.01, `${market.bestBidTicks} ${market.bestAskTicks}`);
      assert.ok(market.book.openOrders > 50 && market.book.openOrders < 1500, `${market.book.openOrders} orders`);
    }
  });
  const [made, books] = JSON.parse(text);
  assert.ok(looked > 100);
  assert.ok(Math.abs(made - 20_000) < 1000, `${made} messages`);
  for (const [, trades] of books) assert.ok(trades > 500, `${trades} trades`);
});

test('an account trades with the flow, and all that it has stays accounted for', () => {
  const scene = new ExchangeScene(listingOf('BTC', 'USDT', 'spot'));
  const flow = new Flow(scene.exchange, { seed: 2, rate: 2000 });
  const account = scene.account('a', 10, 1_000_000);
  flow.start(START_US);
  for (let i = 1; i <= 400; i++) {
    flow.run(START_US + i * 10_000, 1e9);
    const isBuy = i % 2 === 0;
    const touch = isBuy ? scene.market.bestBidTicks : scene.market.bestAskTicks;
    for (const order of account.open) scene.exchange.cancel(order);
    scene.order(account, `q${i}`, isBuy ? 'buy' : 'sell', 1000, touch);
  }
  const traded = account.balance('BTC').free + account.balance('BTC').locked !== 10n * LEDGER_UNIT;
  assert.ok(traded, 'it traded');
});

test('a flow that is stopped makes nothing until it is set going again', () => {
  const exchange = new Exchange([listingOf('BTC', 'USDT', 'spot')]);
  const flow = new Flow(exchange, { seed: 1, rate: 1000 });
  flow.start(START_US);
  flow.run(START_US + 1e6, 1e9);
  flow.setRate(0, START_US + 1e6);
  const { made } = flow;
  assert.equal(flow.run(START_US + 9e6, 1e9), false);
  assert.equal(flow.made, made);
  flow.setRate(100, START_US + 9e6);
  flow.run(START_US + 10e6, 1e9);
  assert.ok(flow.made - made > 50 && flow.made - made < 200, 'what was not due is not made up for');
});
