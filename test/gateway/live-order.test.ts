/**
 * What a gateway tells of an order, whatever the order in which the venue's messages come, twice or late: acceptance once and
 * first, every trade once, the end once and behind its trades. Checked by an order manager, too: it must refuse nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, OrderSide, OrdStatus, OrdType, RejectCode, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { OmsOutcome } from '../../src/core/record.ts';
import type { OrderFact, TradeFact } from '../../src/gateway/binance/facts.ts';
import { LiveOrder } from '../../src/gateway/binance/live-order.ts';
import { LiveOrders } from '../../src/gateway/binance/live-orders.ts';
import { Listings } from '../../src/gateway/listings.ts';
import { OrderTag } from '../../src/gateway/order-tag.ts';
import { Teller } from '../../src/gateway/teller.ts';
import { CommissionAsset, VenueMessage } from '../../src/gateway/venue-message.ts';
import { MessageWord, VenueMessageReader, VenueMessageWriter } from '../../src/gateway/venue-ring.ts';
import { MACHINE } from '../../src/gateway/world.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';
import { createSpsc, SpscReader } from '../../src/ring/spsc.ts';

const TAG = new OrderTag('0123abcd');
const TERMS = {
  side: OrderSide.Buy,
  type: OrdType.Limit,
  timeInForce: TimeInForce.Gtc,
  flags: 0,
  priceTicks: 10_000,
  stopPriceTicks: 0,
};

function scene(): {
  orders: LiveOrders;
  listings: Listings;
  teller: Teller;
  reports: () => ExecReport[];
  commissions: number[][];
} {
  const shared = createSpsc(1024);
  const messages = new VenueMessageReader(new SpscReader(shared));
  const teller = new Teller(new VenueMessageWriter(shared), 0, 0, MACHINE);
  const listings = new Listings();
  const listing = listings.define(3, 'binance:BTCUSDT', 2, 5);
  listing.base = 'BTC';
  listing.quote = 'USDT';
  const commissions: number[][] = [];
  const reports = (): ExecReport[] => {
    const all: ExecReport[] = [];
    for (; messages.next(); messages.done()) {
      assert.equal(messages.view.kind, VenueMessage.Report);
      const report = new ExecReport();
      messages.view.copyReport(report);
      all.push(report);
      commissions.push([messages.view.word(MessageWord.Commission), messages.view.word(MessageWord.CommissionAsset)]);
    }
    return all;
  };
  return { orders: new LiveOrders(listings, TAG, teller, MACHINE), listings, teller, reports, commissions };
}

function fact(status: string, cumLots: number, qtyLots: number, timeMs: number, trades: TradeFact[] = []): OrderFact {
  return {
    symbol: 'BTCUSDT',
    name: TAG.nameOf(1),
    requestName: '',
    venueOrderId: '77',
    side: OrderSide.Buy,
    status,
    price: '100.00',
    qty: text(qtyLots),
    cum: text(cumLots),
    expiryReason: 0,
    timeMs,
    trades,
  };
}

function text(lots: number): string {
  return (lots / 1e5).toFixed(8);
}

test('a trade is told with its commission, its asset, and who made it', () => {
  const { orders, listings, teller, reports, commissions } = scene();
  const listing = listings.of('BTCUSDT');
  assert.ok(listing !== undefined);
  orders.add(new LiveOrder(listing, TERMS, 1, TAG.nameOf(1), 5_000_000_000_000n, '100'));
  const trade: TradeFact = {
    tradeId: 9,
    venueOrderId: '77',
    qty: '0.00002',
    price: '99.99',
    isMaker: true,
    commission: '0.00000123',
    commissionAsset: 'BTC',
    timeMs: 5,
  };
  orders.take(fact('PARTIALLY_FILLED', 2, 500_000, 5, [trade]));
  const [accepted, traded] = reports();
  assert.equal(accepted.execType, ExecType.New);
  assert.deepEqual(
    [traded.execType, traded.clOrdId, traded.lastQtyLots, traded.lastPxTicks, traded.liquidity, traded.venueNs],
    [ExecType.Trade, 1, 2, 9999, 1, 5e6],
  );
  assert.deepEqual(commissions[1], [123, CommissionAsset.Base]);
  assert.ok(teller);
});

test('500 lives of an order, told in any order and twice, lead to the same reports, and the order manager takes all of them', () => {
  for (let seed = 1; seed <= 500; seed++) liveOnce(seed);
});

function liveOnce(seed: number): void {
  const random = new Prng(seed);
  const { orders, listings, reports } = scene();
  const listing = listings.of('BTCUSDT');
  assert.ok(listing !== undefined);
  const qtyLots = 1 + random.below(50);
  const oms = new OrderManager({
    onOrderChanged: () => {},
    onExecution: () => {},
    wantsCancel: () => {},
    wantsRelease: () => {},
  });
  const id = oms.create(0, 0, { instrument: 3, side: OrderSide.Buy, qtyLots, priceTicks: 10_000 }, 1);
  oms.sent(id, 1);
  orders.add(new LiveOrder(listing, TERMS, 1, TAG.nameOf(1), BigInt(qtyLots) * 10_000_000n, '100'));
  // What really happened, and what is said of it: events, answers that show a later state, rows of trades.
  const messages: (() => void)[] = [];
  let cum = 0;
  let now = 1;
  const say = (one: OrderFact): void => {
    for (let times = 1 + random.below(2); times > 0; times--) messages.push(() => orders.take(one));
  };
  say(fact('NEW', 0, qtyLots, now));
  while (cum < qtyLots && random.below(4) > 0) {
    const lots = 1 + random.below(qtyLots - cum);
    cum += lots;
    now++;
    const trade: TradeFact = {
      tradeId: 1000 + now,
      venueOrderId: '77',
      qty: text(lots),
      price: '100',
      isMaker: false,
      commission: '0',
      commissionAsset: null,
      timeMs: now,
    };
    say(fact(cum === qtyLots ? 'FILLED' : 'PARTIALLY_FILLED', cum, qtyLots, now, [trade]));
    say(fact(cum === qtyLots ? 'FILLED' : 'PARTIALLY_FILLED', cum, qtyLots, now));
    messages.push(() => orders.takeTrade(listing, trade));
  }
  const end = cum === qtyLots ? 'FILLED' : random.below(2) === 0 ? 'CANCELED' : 'EXPIRED';
  say(fact(end, cum, qtyLots, now + 1));
  for (let i = messages.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [messages[i], messages[j]] = [messages[j], messages[i]];
  }
  for (const message of messages) message();
  for (const message of messages) message();
  const told = reports();
  const types = told.map((report) => report.execType);
  assert.equal(types[0], ExecType.New, `seed ${seed}`);
  assert.equal(types.filter((type) => type === ExecType.New).length, 1, `seed ${seed}`);
  const lots = told.reduce((sum, report) => sum + report.lastQtyLots, 0);
  assert.equal(lots, cum, `seed ${seed}`);
  for (const report of told) {
    report.orderId = id;
    assert.equal(oms.apply(report, 2), OmsOutcome.Applied, `seed ${seed}, ${types}`);
  }
  const expected = { FILLED: OrdStatus.Filled, CANCELED: OrdStatus.Canceled, EXPIRED: OrdStatus.Expired }[end];
  assert.equal(oms.orders.status[id], expected, `seed ${seed}`);
  assert.equal(oms.orders.cumQtyLots[id], cum, `seed ${seed}`);
  assert.equal(orders.open().length, 0, `seed ${seed}`);
}

test('an order that an earlier run sent is taken up from what the venue says', () => {
  const { orders, reports } = scene();
  const placement = orders.take(fact('PARTIALLY_FILLED', 3, 10, 4));
  assert.ok(placement?.missesTrades, 'its trades are to be asked for');
  assert.deepEqual(
    reports().map((report) => [report.execType, report.orderQtyLots]),
    [[ExecType.New, 10]],
  );
  assert.equal(orders.take({ ...fact('NEW', 0, 10, 4), name: 'somebody-1' }), null, 'not ours');
  assert.equal(
    orders.take({ ...fact('NEW', 0, 10, 4), name: TAG.nameOf(2), symbol: 'XYZ' }),
    null,
    'of no instrument of ours',
  );
});

test('a refused order is told once, and an accepted one is never refused', () => {
  const { orders, listings, teller, reports } = scene();
  const listing = listings.of('BTCUSDT');
  assert.ok(listing !== undefined);
  const order = new LiveOrder(listing, TERMS, 1, TAG.nameOf(1), 10n, '100');
  orders.add(order);
  for (let i = 0; i < 2; i++) order.current.refuse(RejectCode.VenueFunds, 0, teller);
  const [refused, ...more] = reports();
  assert.deepEqual([refused.execType, refused.rejectCode, more.length], [ExecType.Rejected, RejectCode.VenueFunds, 0]);
  const other = new LiveOrder(listing, TERMS, 2, TAG.nameOf(2), 10n, '100');
  orders.add(other);
  other.current.accept(1, teller);
  other.current.refuse(RejectCode.VenueFunds, 0, teller);
  assert.deepEqual(
    reports().map((report) => report.execType),
    [ExecType.New],
  );
});
