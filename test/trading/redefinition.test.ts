/** An instrument whose units change while it is traded, through the whole engine: everybody ends up in the same units. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTrading } from '../../src/config/trading-identity.ts';
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { OrderSide, OrdStatus } from '../../src/core/order.ts';
import { Engine } from '../../src/engine/engine.ts';
import { createJournal, JournalReader, JournalWriter } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { defineStrategy, type StrategyContext } from '../../src/strategy/api.ts';
import { instantiate, prepareDefinition } from '../../src/strategy/load/prepare.ts';

function engineWith(act: (ctx: StrategyContext, instrument: number) => void, venue: object, tick?: string) {
  const ring = createSpsc(1 << 8);
  const journalMemory = createJournal(1 << 18, 1);
  const journal = new JournalWriter(journalMemory);
  const reader = new JournalReader(journalMemory, 0);
  journal.onFull = () => reader.release(reader.poll());
  const input = new SpscWriter(ring);
  const definition = defineStrategy({ name: 'one', parameters: {}, create: () => ({ onBook: act }) });
  const identity = parseTrading({
    strategies: [{ id: 'one', use: 'one', sha256: null, account: 'main', params: {} }],
    commands: [],
    latched: [],
    venue,
    ...(tick === undefined ? {} : { instruments: { '*': { tick } } }),
  });
  const strategies = [instantiate(prepareDefinition(definition), {})];
  const trading = { identity, seed: 1, strategies, onLatch: () => {} };
  const options = { base: { hi: 0, lo: 0 }, seed: 1, config: '{}', formatVersion: 1, trading };
  const engine = new Engine(new SpscReader(ring), journal, options);
  let now = 1e12;
  const event = (kind: number, side: number, price: number, qty: number): number => {
    const w = input.next();
    now += 1e6;
    input.u32[w * 2] = kind | (side << 8) | (EventFlag.Last << 16);
    input.u32[w * 2 + 1] = 0;
    input.f64.set([now, now, price, qty, 0, 0, 0], w + 1);
    return w;
  };
  const define = (priceDecimals: number, qtyDecimals: number): void => {
    const w = event(EventKind.Instrument, 0, 0, 0);
    const def = { instrument: 0, symbol: 'X', bookKind: 2 as const, priceDecimals, qtyDecimals };
    writeInstrumentPayload(input.bytes, (w + 3) * 8, def);
  };
  const run = (): void => {
    input.publish();
    while (engine.doWork(64) > 0);
    journal.publish();
    reader.release(reader.poll());
    engine.trading?.checkInvariants();
  };
  const parts = engine.trading?.parts;
  assert.ok(parts !== undefined);
  return { event, define, run, parts };
}

test("the venue's tick is that of the new units, whether given by the configuration or not", () => {
  for (const [tick, expected] of [
    [undefined, 1],
    ['0.01', 1000],
  ] as const) {
    let sent = 0;
    // Post-only through the touch, repriced by the venue: one tick below the ask.
    const act = (ctx: StrategyContext, instrument: number): void => {
      const book = ctx.book(instrument);
      if (sent !== 0 || !book.hasAsk || ctx.definition(instrument).priceDecimals !== 5) return;
      sent = ctx.submit({ instrument, side: OrderSide.Buy, qtyLots: 1000, priceTicks: book.askPriceTicks, flags: 1 });
    };
    const { event, define, run, parts } = engineWith(act, { postOnly: 'reprice' }, tick);
    define(2, 0);
    event(EventKind.Level, Side.Bid, 9_900, 10);
    event(EventKind.Level, Side.Ask, 10_000, 10);
    run();
    define(3, 1);
    define(5, 3);
    event(EventKind.Level, Side.Bid, 9_950_000, 10_000);
    for (let i = 0; i < 20; i++) event(EventKind.Level, Side.Bid, 9_940_000, 10_000 + i);
    run();
    assert.ok(sent > 0, 'it was sent');
    const { orders } = parts.oms;
    assert.equal(orders.priceTicks[sent], 10_000_000 - expected);
    assert.equal(orders.status[sent], OrdStatus.New);
  }
});

test('an order and a position live on in finer units, exactly', () => {
  let sent = false;
  let second = 0;
  const act = (ctx: StrategyContext, instrument: number): void => {
    const book = ctx.book(instrument);
    if (sent || !book.hasAsk || !book.hasBid) return;
    sent = true;
    ctx.submit({ instrument, side: OrderSide.Buy, qtyLots: 5, priceTicks: book.askPriceTicks });
    second = ctx.submit({ instrument, side: OrderSide.Buy, qtyLots: 7, priceTicks: book.bidPriceTicks });
  };
  const { event, define, run, parts } = engineWith(act, { entryLatency: { model: 'constant', ns: 1000 } });
  define(2, 0);
  event(EventKind.Level, Side.Bid, 9_900, 10);
  event(EventKind.Level, Side.Ask, 10_000, 10);
  for (let i = 0; i < 10; i++) event(EventKind.Level, Side.Bid, 9_000, 10 + i);
  run();
  const { oms, positions } = parts;
  assert.equal(positions.qtyLots(0, 0), 5);
  define(4, 2);
  run();
  assert.equal(positions.qtyLots(0, 0), 500);
  assert.equal(positions.avgCostTicks(0, 0), 1_000_000);
  assert.deepEqual([oms.orders.qtyLots[second], oms.orders.priceTicks[second]], [700, 990_000]);
  // It trades through the resting order's price: the fill comes in the new units.
  event(EventKind.Trade, Side.Ask, 980_000, 1_000);
  for (let i = 0; i < 10; i++) event(EventKind.Level, Side.Bid, 900_000, 1_000 + i);
  run();
  assert.equal(oms.orders.status[second], OrdStatus.Filled);
  assert.equal(positions.qtyLots(0, 0), 1200);
  assert.equal(positions.realisedUnits(0, 0), 0);
});

test('a strategy that answers every update of an order by changing another is halted, time goes on', () => {
  let last = 1;
  let started = false;
  const go = (ctx: StrategyContext, instrument: number): void => {
    last = 3 - last;
    const side = last === 1 ? OrderSide.Buy : OrderSide.Sell;
    ctx.submit({ instrument, side, qtyLots: 1, priceTicks: 9_000 });
  };
  const definition = defineStrategy({
    name: 'restless',
    parameters: {},
    create: () => ({
      onBook(ctx, instrument) {
        if (started || !ctx.book(instrument).hasBid) return;
        started = true;
        go(ctx, instrument);
        go(ctx, instrument);
      },
      onOrder(ctx, update) {
        if (update.execType === 0 && update.order.status === OrdStatus.PendingCancel) go(ctx, update.order.instrument);
      },
    }),
  });
  const ring = createSpsc(1 << 8);
  const memory = createJournal(1 << 18, 1);
  const journal = new JournalWriter(memory);
  const reader = new JournalReader(memory, 0);
  journal.onFull = () => reader.release(reader.poll());
  const input = new SpscWriter(ring);
  const identity = parseTrading({
    strategies: [{ id: 'restless', use: 'restless', sha256: null, account: 'main', params: {} }],
    commands: [],
    latched: [],
    risk: { account: { selfTrade: 'cancel-oldest' } },
  });
  const trading = {
    identity,
    seed: 1,
    strategies: [instantiate(prepareDefinition(definition), {})],
    onLatch: () => {},
  };
  const options = { base: { hi: 0, lo: 0 }, seed: 1, config: '{}', formatVersion: 1, trading };
  const engine = new Engine(new SpscReader(ring), journal, options);
  for (const [i, [kind, side, price]] of [
    [EventKind.Instrument, 0, 0],
    [EventKind.Level, Side.Ask, 10_000],
    [EventKind.Level, Side.Bid, 9_900],
  ].entries()) {
    const w = input.next();
    input.u32[w * 2] = kind | (side << 8) | (EventFlag.Last << 16);
    input.u32[w * 2 + 1] = 0;
    input.f64.set([1e12 + i, 1e12 + i, price, 10, 0, 0, 0], w + 1);
    const def = { instrument: 0, symbol: 'X', bookKind: 2 as const, priceDecimals: 2, qtyDecimals: 0 };
    if (kind === EventKind.Instrument) writeInstrumentPayload(input.bytes, (w + 3) * 8, def);
  }
  input.publish();
  while (engine.doWork(64) > 0);
  assert.equal(engine.events, 3);
  assert.equal(engine.trading?.parts.host.isRunning(0), false);
});
