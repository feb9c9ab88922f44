/** Orders of an exchange as ITCH: the books that follow from the messages are those of the orders. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderSide } from '../../../src/core/order.ts';
import { Prng } from '../../../src/core/prng.ts';
import { type ItchOrderEvent, MarketFlow } from '../../../src/exchange/itch/market-flow.ts';
import { MessageStore } from '../../../src/exchange/itch/message-store.ts';
import { ItchDecoder } from '../../../src/feed/itch/decoder.ts';
import { LiveBooks } from '../../feed/live/itch-support.ts';

interface Resting {
  readonly orderId: number;
  readonly instrument: number;
  readonly side: OrderSide;
  readonly priceTicks: number;
  lots: number;
}

const LISTINGS = [
  { symbol: 'BTCUSDT', unitsPerTick: 100 },
  { symbol: 'ETHUSDT', unitsPerTick: 1 },
];

/** Random orders into the flow; what rests at the end. */
function scenario(seed: number, flow: MarketFlow): Resting[] {
  const random = new Prng(seed);
  const resting: Resting[] = [];
  let ids = 0;
  const tell = (order: Resting, is: ItchOrderEvent['is'], lots: number): void =>
    flow.order(order.instrument, { ...order, is, lots, trade: is === 'execute' ? { tradeId: ++ids } : null });
  for (let i = 0; i < 400; i++) {
    const at = random.below(Math.max(1, resting.length));
    const order = resting[at];
    const choice = random.below(5);
    if (order === undefined || choice < 2) {
      const instrument = random.below(2);
      const side = random.below(2) === 0 ? OrderSide.Buy : OrderSide.Sell;
      const priceTicks = side === OrderSide.Buy ? 900 + random.below(50) : 1000 + random.below(50);
      const added = { orderId: ++ids, instrument, side, priceTicks, lots: 1 + random.below(100) };
      resting.push(added);
      tell(added, 'add', added.lots);
    } else if (choice === 2) {
      resting.splice(at, 1);
      tell(order, 'delete', order.lots);
      if (random.below(3) > 0) continue;
      // Replaced: the same number, at the end of another queue.
      const again = { ...order, priceTicks: order.priceTicks + (order.side === OrderSide.Buy ? -1 : 1) };
      resting.push(again);
      tell(again, 'add', again.lots);
    } else {
      const lots = 1 + random.below(order.lots);
      order.lots -= lots;
      if (order.lots === 0) resting.splice(at, 1);
      tell(order, choice === 3 ? 'execute' : 'reduce', lots);
    }
  }
  return resting;
}

test('the books that follow from the messages are those of the orders', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    let ns = 34_200e9;
    const flow = new MarketFlow(
      LISTINGS,
      () => ns++,
      () => true,
    );
    const resting = scenario(seed, flow);
    const store = new MessageStore(1 << 22);
    while (store.next < 3) assert.equal(await flow.advance(0, store, 2), true);
    assert.equal(store.next, 3, 'no more than was asked for');
    flow.end();
    for (let more = true; more; ) more = await flow.advance(0, store, 100);
    const file = new Uint8Array(1 << 20);
    assert.equal(store.copy(1, Number.POSITIVE_INFINITY, file, 0), store.next - 1);
    const books = new LiveBooks();
    const decoder = new ItchDecoder({ symbols: null });
    decoder.beginFile('flow');
    assert.equal(decoder.decode(file, 0, store.copiedBytes, books.sink), store.copiedBytes);
    books.hash();
    const { orders, ladders, staleReason, defs } = books.market.books;
    assert.equal(orders.size, resting.length, `seed ${seed}`);
    for (const [instrument, { symbol, unitsPerTick }] of LISTINGS.entries()) {
      assert.deepEqual([defs[instrument + 1]?.symbol, staleReason[instrument + 1]], [symbol, 0]);
      for (const [offset, side] of [OrderSide.Buy, OrderSide.Sell].entries()) {
        const expected = new Map<number, number>();
        for (const order of resting) {
          if (order.instrument !== instrument || order.side !== side) continue;
          const price = order.priceTicks * unitsPerTick;
          expected.set(price, (expected.get(price) ?? 0) + order.lots);
        }
        const ladder = (instrument + 1) * 2 + offset;
        assert.equal(ladders.count(ladder), expected.size, `seed ${seed}, ${symbol}`);
        for (let depth = 0; depth < ladders.count(ladder); depth++) {
          const level = ladders.levelAt(ladder, depth);
          assert.equal(ladders.qtyOf(level), expected.get(ladders.priceOf(level)), `seed ${seed}, ${symbol}`);
        }
      }
    }
  }
});

test('what ITCH can not state is left out and counted, with all that follows of it', async () => {
  const flow = new MarketFlow(
    LISTINGS,
    () => 1,
    () => false,
  );
  const order = { orderId: 1, side: OrderSide.Buy, priceTicks: 2 ** 31, lots: 5, trade: null };
  flow.order(0, { ...order, is: 'add' });
  flow.order(0, { ...order, is: 'delete' });
  assert.equal(flow.unstatable, 1);
  const store = new MessageStore(1 << 20);
  assert.equal(await flow.advance(0, store, 100), false);
  assert.equal(store.next - 1, 4, 'start, two instruments, end');
  assert.throws(
    () =>
      new MarketFlow(
        [{ symbol: 'TOOLONGSYMBOL', unitsPerTick: 1 }],
        () => 1,
        () => true,
      ),
    {
      message: /^TOOLONGSYMBOL can't be published as ITCH/,
    },
  );
});
