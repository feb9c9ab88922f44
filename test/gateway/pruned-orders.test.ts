/**
 * Orders that are done are let go, and what the venue says of them later is dealt with as if they had been kept: told once, never
 * twice, never assumed. Beyond what the gateway remembers the engine's order manager is asked: it knows every ExecID.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, OrderSide, OrdStatus, OrdType, TimeInForce } from '../../src/core/order.ts';
import { OmsOutcome } from '../../src/core/record.ts';
import { MAX_ENDED } from '../../src/gateway/binance/ended-orders.ts';
import type { OrderFact, TradeFact } from '../../src/gateway/binance/facts.ts';
import { LiveOrder } from '../../src/gateway/binance/live-order.ts';
import { FOLLOWED_MS, LiveOrders } from '../../src/gateway/binance/live-orders.ts';
import { exact } from '../../src/gateway/exact.ts';
import { type Listing, Listings } from '../../src/gateway/listings.ts';
import { OrderTag } from '../../src/gateway/order-tag.ts';
import { Teller } from '../../src/gateway/teller.ts';
import { VenueMessageReader, VenueMessageWriter } from '../../src/gateway/venue-ring.ts';
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
const QTY_LOTS = 10;
const QTY = 100_000_000n;

class Scene {
  nowMs = 0;
  readonly oms: OrderManager;
  readonly orders: LiveOrders;
  readonly listing: Listing;
  executedLots = 0;
  private fillers = 1_000_000;
  private readonly messages: VenueMessageReader;

  constructor() {
    const shared = createSpsc(1024);
    this.messages = new VenueMessageReader(new SpscReader(shared));
    const world = { ...MACHINE, nowMs: () => this.nowMs };
    const listings = new Listings();
    this.listing = listings.define(3, 'BTCUSDT', 2, 5);
    this.orders = new LiveOrders(listings, TAG, new Teller(new VenueMessageWriter(shared), 0, 0, world), world);
    this.oms = new OrderManager({
      onOrderChanged: () => {},
      onExecution: (_id, _execId, _side, qtyLots) => {
        this.executedLots += qtyLots;
      },
      wantsCancel: () => {},
      wantsRelease: () => {},
    });
  }

  /** Returns the ClOrdID, which is the OrderID as well: there are no other requests. */
  place(): number {
    const id = this.oms.create(
      0,
      0,
      { instrument: 3, side: OrderSide.Buy, qtyLots: QTY_LOTS, priceTicks: 10_000 },
      this.nowMs,
    );
    this.oms.sent(id, this.nowMs);
    this.orders.add(new LiveOrder(this.listing, TERMS, id, TAG.nameOf(id), QTY, '100'));
    return id;
  }

  /** One that the order manager is not asked about: accepted and cancelled in one word. */
  filler(): void {
    const id = ++this.fillers;
    this.orders.add(new LiveOrder(this.listing, TERMS, id, TAG.nameOf(id), QTY, '100'));
    this.orders.take(fact(id, 'CANCELED', 0));
    while (this.messages.next()) this.messages.done();
  }

  /** What was told since: ExecTypes, with what the order manager made of each. */
  told(): [number, number][] {
    const all: [number, number][] = [];
    const report = new ExecReport();
    for (; this.messages.next(); this.messages.done()) {
      this.messages.view.copyReport(report);
      report.orderId = report.clOrdId;
      all.push([report.execType, this.oms.apply(report, this.nowMs)]);
    }
    return all;
  }
}

function lots(count: number): string {
  return (count / 1e5).toFixed(5);
}

function trade(id: number, number: number, qtyLots: number): TradeFact {
  return {
    tradeId: 10 * id + number,
    venueOrderId: String(7_000_000 + id),
    qty: lots(qtyLots),
    price: '100',
    isMaker: true,
    commission: '0',
    commissionAsset: null,
    timeMs: 1,
  };
}

function fact(id: number, status: string, cumLots: number, trades: readonly TradeFact[] = []): OrderFact {
  return {
    symbol: 'BTCUSDT',
    name: TAG.nameOf(id),
    requestName: '',
    venueOrderId: String(7_000_000 + id),
    side: OrderSide.Buy,
    status,
    price: '100.00',
    qty: lots(QTY_LOTS),
    cum: lots(cumLots),
    expiryReason: 0,
    timeMs: 1,
    trades,
  };
}

/** An order's life: accepted, 4 lots executed, cancelled; all of it said twice. */
function live({ orders }: Scene, id: number): void {
  for (let time = 0; time < 2; time++) {
    orders.take(fact(id, 'NEW', 0));
    orders.take(fact(id, 'PARTIALLY_FILLED', 4, [trade(id, 1, 4)]));
    orders.take(fact(id, 'CANCELED', 4));
  }
}

/** Lets so much time pass and so many orders come that all before are let go. */
function passOn(scene: Scene, count = 1000): void {
  scene.nowMs += FOLLOWED_MS + 1;
  for (let i = 0; i < count; i++) scene.filler();
}

test('100,000 orders: those that are held stay few, those that are remembered stay bounded, an open one is never let go', () => {
  const scene = new Scene();
  const { orders } = scene;
  const resting = scene.place();
  orders.take(fact(resting, 'NEW', 0));
  const unanswered = scene.place();
  scene.told();
  const STEP_MS = 50;
  const within = FOLLOWED_MS / STEP_MS;
  let [most, mostEnded] = [0, 0];
  for (let i = 0; i < 100_000; i++) {
    scene.nowMs += STEP_MS;
    scene.filler();
    most = Math.max(most, orders.sizes.held);
    mostEnded = Math.max(mostEnded, orders.sizes.ended);
  }
  assert.ok(most <= 2 * (within + 2) + 256, `${most} held`);
  assert.ok(most > within, 'those that ended just now are held');
  assert.equal(mostEnded, MAX_ENDED);
  assert.deepEqual(
    orders.open().map(({ clOrdId }) => clOrdId),
    [resting, unanswered],
  );
  orders.take(fact(resting, 'FILLED', 10, [trade(resting, 1, 10)]));
  assert.deepEqual(scene.told(), [[ExecType.Trade, OmsOutcome.Applied]]);
});

test('what is said again of an order that was let go is not told again', () => {
  const scene = new Scene();
  const { orders } = scene;
  const id = scene.place();
  live(scene, id);
  scene.told();
  passOn(scene);
  const { held } = orders.sizes;
  live(scene, id);
  assert.equal(orders.takeTrade(scene.listing, trade(id, 1, 4)), false);
  assert.deepEqual(scene.told(), []);
  assert.equal(orders.sizes.held, held, 'nothing of it is held again');
});

test('a fill that comes when its order was let go is told, once, and the order manager decides', () => {
  for (const way of ['event', 'row', 'count'] as const) {
    const scene = new Scene();
    const { orders } = scene;
    const id = scene.place();
    live(scene, id);
    scene.told();
    passOn(scene);
    const before = scene.executedLots;
    for (let time = 0; time < 2; time++) {
      if (way === 'event') orders.take(fact(id, 'CANCELED', 6, [trade(id, 2, 2)]));
      else if (way === 'row') orders.takeTrade(scene.listing, trade(id, 2, 2));
      else {
        const placement = orders.take(fact(id, 'CANCELED', 6));
        if (time === 0) assert.equal(placement?.missesTrades, true, 'its trades are to be asked for, none is assumed');
        assert.equal(placement?.venueOrderId, String(7_000_000 + id));
        // All rows of the order come.
        for (const row of [trade(id, 1, 4), trade(id, 2, 2)]) orders.takeTrade(scene.listing, row);
        assert.equal(placement?.missesTrades, false);
      }
    }
    // The venue had said that 4 were all: what goes beyond is in the log, and counts for nothing.
    assert.deepEqual(scene.told(), [[ExecType.Trade, OmsOutcome.Inconsistent]], way);
    assert.equal(scene.executedLots, before);
    assert.equal(scene.oms.orders.cumQtyLots[id], 4);
  }
});

test('a cancel or a question for an order that was let go finds it ended', () => {
  const scene = new Scene();
  const id = scene.place();
  live(scene, id);
  passOn(scene);
  assert.equal(scene.orders.of(id)?.current.isOver, true);
  assert.equal(scene.orders.placement(id)?.cum, exact(lots(4)));
  assert.equal(scene.orders.of(id)?.current, scene.orders.placement(id), 'it is followed again, as one');
});

test('a request under way holds its order', () => {
  const scene = new Scene();
  const id = scene.place();
  live(scene, id);
  const order = scene.orders.of(id);
  assert.ok(order !== undefined);
  scene.orders.beginRequest(order);
  passOn(scene);
  passOn(scene);
  assert.equal(scene.orders.of(id), order);
  scene.orders.endRequest(order);
  passOn(scene);
  passOn(scene);
  assert.notEqual(scene.orders.of(id), order);
});

test('what is said of an order that is not remembered any more counts for nothing twice', () => {
  const scene = new Scene();
  const id = scene.place();
  live(scene, id);
  scene.told();
  passOn(scene);
  scene.nowMs += FOLLOWED_MS + 1;
  passOn(scene, 2 * MAX_ENDED);
  const before = scene.executedLots;
  live(scene, id);
  scene.orders.takeTrade(scene.listing, trade(id, 1, 4));
  for (const [execType, outcome] of scene.told()) {
    assert.notEqual(outcome, OmsOutcome.Applied, `ExecType ${execType}`);
    if (execType === ExecType.Trade) assert.equal(outcome, OmsOutcome.Duplicate);
  }
  assert.equal(scene.executedLots, before);
  assert.equal(scene.oms.orders.status[id], OrdStatus.Canceled);
});
