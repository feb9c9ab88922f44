/** Orders on their way to a gateway: every field, every edge value, through the ring. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderFlag, OrderSide, OrdType, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { OrderAction } from '../../src/core/record.ts';
import { CommandField, OrderCommand, OrderCommandWriter } from '../../src/gateway/order-command.ts';
import { OrderRingOutlet } from '../../src/gateway/order-outlet.ts';
import { OrderManager } from '../../src/oms/order-manager.ts';
import { createSpsc, SpscReader } from '../../src/ring/spsc.ts';

function ring(capacity = 8): { writer: OrderCommandWriter; reader: SpscReader; command: OrderCommand } {
  const shared = createSpsc(capacity);
  const reader = new SpscReader(shared);
  return { writer: new OrderCommandWriter(shared), reader, command: new OrderCommand(reader) };
}

test('a command is laid out as its diagram says', () => {
  const { writer, reader, command } = ring();
  writer.fields.set([11, 10, 5, 700, 650, 42, 3]);
  writer.send(OrderAction.Replace, OrderSide.Sell, OrdType.StopLimit, TimeInForce.Gtd, 0xabcd, OrderFlag.PostOnly);
  assert.equal(reader.poll(1), 1, 'published at once');
  assert.deepEqual([...reader.bytes.subarray(0, 8)], [2, 2, 4, 5, 0xcd, 0xab, 1, 0]);
  assert.deepEqual([...reader.f64.subarray(1, 8)], [11, 10, 5, 700, 650, 42, 3]);
  command.pointTo(reader.cursor);
  assert.deepEqual(
    [command.action, command.side, command.type, command.timeInForce, command.instrument, command.flags],
    [OrderAction.Replace, OrderSide.Sell, OrdType.StopLimit, TimeInForce.Gtd, 0xabcd, OrderFlag.PostOnly],
  );
  assert.deepEqual([command.clOrdId, command.origClOrdId, command.qtyLots, command.priceTicks], [11, 10, 5, 700]);
  assert.deepEqual([command.stopPriceTicks, command.causeSeq, command.trace], [650, 42, 3]);
});

test('a hundred thousand random commands come out as they went in, around the ring and to the limits', () => {
  const { writer, reader, command } = ring();
  const seed = 20261122;
  const random = new Prng(seed);
  const big = [0, 1, 2 ** 53 - 1, -(2 ** 53 - 1)];
  for (let i = 0; i < 100_000; i++) {
    const heads = [3, 2, 5, 5, 65_536, 4].map((n) => random.below(n));
    const fields = Array.from(writer.fields, () => (random.below(4) === 0 ? big[random.below(4)] : random.u32()));
    writer.fields.set(fields);
    writer.send(heads[0], heads[1], heads[2], heads[3], heads[4], heads[5]);
    reader.poll(1);
    command.pointTo(reader.cursor);
    const { action, side, type, timeInForce, instrument, flags } = command;
    assert.deepEqual([action, side, type, timeInForce, instrument, flags], heads, `seed ${seed}, command ${i}`);
    const { clOrdId, origClOrdId, qtyLots, priceTicks, stopPriceTicks, causeSeq, trace } = command;
    assert.deepEqual([clOrdId, origClOrdId, qtyLots, priceTicks, stopPriceTicks, causeSeq, trace], fields);
    reader.release(1);
  }
  assert.equal(writer.sent, 100_000);
});

test('a full ring says so, and has room again behind what was taken', () => {
  const { writer, reader } = ring(2);
  for (let i = 0; i < 2; i++) {
    assert.ok(writer.hasRoom());
    writer.send(OrderAction.New, 1, 1, 1, 0, 0);
  }
  assert.equal(writer.hasRoom(), false);
  reader.release(reader.poll(1));
  assert.ok(writer.hasRoom());
});

test('what leaves the order table: a new order, its replace with the new terms, its cancel with what is open', () => {
  const { writer, reader, command } = ring();
  const outlet = new OrderRingOutlet(writer);
  const nothing = { onOrderChanged: () => {}, onExecution: () => {}, wantsCancel: () => {}, wantsRelease: () => {} };
  const oms = new OrderManager(nothing);
  const ticket = { instrument: 3, side: OrderSide.Buy, qtyLots: 100, priceTicks: 50 };
  const id = oms.create(0, 0, ticket, 1);
  oms.sent(id, 1);
  const sent: number[][] = [];
  const take = (action: OrderAction): void => {
    outlet.send(oms.orders, action, id, 77, 0);
    reader.poll(1);
    command.pointTo(reader.cursor);
    const { clOrdId, origClOrdId, qtyLots, priceTicks, stopPriceTicks, causeSeq } = command;
    assert.deepEqual([command.action, command.instrument, command.side, causeSeq], [action, 3, OrderSide.Buy, 77]);
    sent.push([clOrdId, origClOrdId, qtyLots, priceTicks, stopPriceTicks]);
    reader.release(1);
  };
  take(OrderAction.New);
  const [first] = sent[0];
  const replace = oms.beginReplace(id, 60, 51, 2);
  take(OrderAction.Replace);
  const cancel = oms.beginCancel(id, 3);
  take(OrderAction.Cancel);
  assert.deepEqual(sent, [
    [first, 0, 100, 50, 0],
    [replace, first, 60, 51, 0],
    [cancel, first, 100, 50, 0],
  ]);
  assert.equal(CommandField.Trace, 6);
});
