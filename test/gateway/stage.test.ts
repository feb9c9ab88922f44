/** The gateway's end of the order ring: every command reaches the client, none before the log has what allowed it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderSide, OrdType, TimeInForce } from '../../src/core/order.ts';
import { OrderAction } from '../../src/core/record.ts';
import { GatewayStage } from '../../src/gateway/gateway-stage.ts';
import { CommandField, OrderCommandWriter } from '../../src/gateway/order-command.ts';
import type { VenueGateway } from '../../src/gateway/venue-gateway.ts';
import { GatewayAction } from '../../src/gateway/venue-message.ts';
import { createSpsc, SpscReader } from '../../src/ring/spsc.ts';

class FakeGateway implements VenueGateway {
  readonly calls: unknown[][] = [];
  start(): void {}
  define(...args: unknown[]): void {
    this.calls.push(['define', ...args]);
  }
  place(...args: unknown[]): void {
    this.calls.push(['place', ...args]);
  }
  replace(...args: unknown[]): void {
    this.calls.push(['replace', ...args]);
  }
  cancel(...args: unknown[]): void {
    this.calls.push(['cancel', ...args]);
  }
  query(...args: unknown[]): void {
    this.calls.push(['query', ...args]);
  }
  reconcile(...args: unknown[]): void {
    this.calls.push(['reconcile', ...args]);
  }
  async cancelAll(...args: unknown[]): Promise<void> {
    this.calls.push(['cancelAll', ...args]);
  }
  heartbeat(): void {}
  stop(): void {}
}

function scene(durable: { seq: number } | null) {
  const shared = createSpsc(64);
  const writer = new OrderCommandWriter(shared);
  const gateway = new FakeGateway();
  const stage = new GatewayStage(new SpscReader(shared), gateway, {
    durableSeq: durable === null ? null : () => durable.seq,
    enginePulse: () => 0,
    lastHeldMs: 5,
  });
  const send = (action: number, fields: Partial<Record<keyof typeof CommandField, number>>): void => {
    writer.fields.fill(0);
    for (const [name, value] of Object.entries(fields))
      writer.fields[CommandField[name as keyof typeof CommandField]] = value;
    writer.send(action, OrderSide.Sell, OrdType.Limit, TimeInForce.Ioc, 7, 1);
  };
  return { writer, gateway, stage, send };
}

test('an order waits, and all behind it, until the record that allowed it is durable', () => {
  const durable = { seq: 9 };
  const { gateway, stage, send } = scene(durable);
  send(OrderAction.New, { ClOrdId: 1, Qty: 5, Price: 100, CauseSeq: 9 });
  send(OrderAction.New, { ClOrdId: 2, Qty: 5, Price: 100, CauseSeq: 12 });
  send(OrderAction.Cancel, { ClOrdId: 3, OrigClOrdId: 1, CauseSeq: 10 });
  assert.equal(stage.doWork(16), 1);
  assert.equal(stage.doWork(16), 0);
  durable.seq = 11;
  assert.equal(stage.doWork(16), 0, 'the cancel does not overtake');
  durable.seq = 12;
  assert.equal(stage.doWork(16), 2);
  assert.deepEqual(
    gateway.calls.map(([name]) => name),
    ['place', 'place', 'cancel'],
  );
});

test('without write-ahead nothing waits', () => {
  const { stage, send } = scene(null);
  send(OrderAction.New, { ClOrdId: 1, CauseSeq: 1e15 });
  assert.equal(stage.doWork(16), 1);
});

test('every command arrives with what it says', () => {
  const { writer, gateway, stage, send } = scene(null);
  const name = new Float64Array(3);
  Buffer.from(name.buffer).write('binance:BTCUSDT');
  writer.fields.set(name);
  writer.fields.set([2, 5, 0, 0], 3);
  writer.send(GatewayAction.Define, 0, 0, 0, 7, 0);
  send(OrderAction.New, { ClOrdId: 1, Qty: 5, Price: 100, StopPrice: 90 });
  send(OrderAction.Replace, { ClOrdId: 2, OrigClOrdId: 1, Qty: 6, Price: 101 });
  send(OrderAction.Cancel, { ClOrdId: 3, OrigClOrdId: 2 });
  send(GatewayAction.Query, { ClOrdId: 2, OrigClOrdId: 1, Qty: 6 });
  send(GatewayAction.Reconcile, { ClOrdId: 4 });
  send(GatewayAction.CancelAll, { ClOrdId: 5 });
  assert.equal(stage.doWork(16), 7);
  const terms = {
    side: OrderSide.Sell,
    type: OrdType.Limit,
    timeInForce: TimeInForce.Ioc,
    flags: 1,
    priceTicks: 100,
    stopPriceTicks: 90,
  };
  assert.deepEqual(gateway.calls, [
    ['define', 7, 'binance:BTCUSDT', 2, 5],
    ['place', 7, terms, 1, 5],
    ['replace', 7, 1, 2, 6, 101],
    ['cancel', 7, 2, 3],
    ['query', 7, 2, 1, 6],
    ['reconcile', 4],
    ['cancelAll', 5],
  ]);
});

test('an engine that goes without a word leaves nothing open: the gateway cancels', async () => {
  const { writer, gateway, stage, send } = scene(null);
  const ended = stage.run();
  await new Promise((resolve) => setTimeout(resolve, 5));
  send(OrderAction.New, { ClOrdId: 1 });
  writer.close();
  await ended;
  assert.deepEqual(
    gateway.calls.map(([what]) => what),
    ['place', 'cancelAll'],
  );
});

test('an engine that asks for it itself is not asked again', async () => {
  const { writer, gateway, stage, send } = scene(null);
  send(GatewayAction.CancelAll, { ClOrdId: 5 });
  writer.close();
  await stage.run();
  assert.deepEqual(gateway.calls, [['cancelAll', 5]]);
});

test('a log that died holds nothing up: what it never held is not sent, and the rest is cancelled', async () => {
  const { writer, gateway, stage, send } = scene({ seq: 9 });
  send(OrderAction.New, { ClOrdId: 1, CauseSeq: 9 });
  send(OrderAction.New, { ClOrdId: 2, CauseSeq: 10 });
  writer.close();
  await stage.run();
  assert.deepEqual(
    gateway.calls.map(([what, , , clOrdId]) => [what, clOrdId]),
    [
      ['place', 1],
      ['cancelAll', undefined],
    ],
  );
});
