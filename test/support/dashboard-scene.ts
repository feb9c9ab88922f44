/**
 * A busy desk for the dashboard's page: so many instruments, all of them changing at every step, and a strategy that trades. The
 * market comes as records through the model's front door, orders, fills and positions as the rows that records would have made.
 */
import { EventFlag, EventKind, eventHead, Side } from '../../src/core/event.ts';
import { BookKind, writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { RecordType } from '../../src/core/record.ts';
import type { Model } from '../../src/dashboard/model/model.ts';

const RECORD_BYTES = 128;
/** Levels a side that rest from the beginning. */
const LEVELS = 30;
const STEPS_PER_FILL = 6;
/** Orders that change at every step. */
const ORDERS_PER_STEP = 3;
const STRATEGY = 'maker';

export class DashboardScene {
  readonly instruments: number;
  /** Changes of a touch so far. */
  changes = 0;
  private readonly model: Model;
  private readonly prng: Prng;
  private readonly middles: Float64Array;
  private readonly f64 = new Float64Array(RECORD_BYTES / 8);
  private readonly memory = {
    f64: this.f64,
    u32: new Uint32Array(this.f64.buffer),
    bytes: new Uint8Array(this.f64.buffer),
  };
  private readonly openOrders: number;
  private steps = 0;
  private lastOrder = 0;

  constructor(model: Model, instruments: number, seed: number, openOrders = 40) {
    this.openOrders = openOrders;
    this.model = model;
    this.instruments = instruments;
    this.prng = new Prng(seed);
    this.middles = Float64Array.from({ length: instruments }, () => 100_000 + this.below(1_000_000));
    model.standing.strategies.set(STRATEGY, ['running', '']);
    for (let i = 0; i < instruments; i++) this.open(i);
    for (let i = 0; i < this.openOrders; i++) this.order(++this.lastOrder, 'New');
    for (let i = 0; i < 12; i++)
      model.standing.limits.set(`max-${i}`, [`max-${i} of desk ${i}`, i * 9, 100, i * 0.09, 0.7]);
  }

  /** A moment later: every touch has changed. */
  step(ns = 16_666_667): void {
    const { model, prng } = this;
    model.nowNs += ns;
    this.steps++;
    for (let i = 0; i < this.instruments; i++) {
      this.shift(i, this.below(3) - 1);
      for (let k = 0; k < 3; k++) {
        const side = prng.below(2) === 0 ? Side.Bid : Side.Ask;
        this.level(i, side, 1 + this.below(LEVELS), 1 + this.below(5_000));
      }
      this.touch(i);
      if (prng.below(10) === 0) this.trade(i);
    }
    for (let i = 0; i < ORDERS_PER_STEP; i++) {
      this.order(++this.lastOrder, 'New');
      this.order(this.lastOrder - this.openOrders, prng.below(2) === 0 ? 'Filled' : 'Canceled');
    }
    if (this.steps % STEPS_PER_FILL === 0) this.fill();
  }

  private open(i: number): void {
    const def = { instrument: i, symbol: `SYM${String(i).padStart(2, '0')}USDT`, bookKind: BookKind.L2 };
    this.begin(EventKind.Instrument, 0, 0, i);
    writeInstrumentPayload(this.memory.bytes, 48, { ...def, priceDecimals: 4, qtyDecimals: 3 });
    this.end();
    for (const side of [Side.Bid, Side.Ask])
      for (let depth = 1; depth <= LEVELS; depth++) this.level(i, side, depth, 1 + this.below(5_000));
    this.touch(i);
    this.position(i, 0);
  }

  /** The price moves by a tick or not at all: no level is left on the other side of it, none further away than LEVELS. */
  private shift(i: number, by: number): void {
    if (by === 0) return;
    const [front, back] = by > 0 ? [Side.Ask, Side.Bid] : [Side.Bid, Side.Ask];
    this.level(i, front, 1, 0);
    this.middles[i] += by;
    this.level(i, front, LEVELS, 1 + this.below(5_000));
    this.level(i, back, LEVELS + 1, 0);
    this.level(i, back, 1, 1 + this.below(5_000));
  }

  private level(i: number, side: Side, depth: number, lots: number): void {
    this.begin(EventKind.Level, side, EventFlag.Last, i);
    this.f64[6] = this.middles[i] + (side === Side.Bid ? -depth : depth);
    this.f64[7] = lots;
    this.end();
  }

  private touch(i: number): void {
    this.changes++;
    this.begin(RecordType.Bbo, 0, 0, i);
    this.memory.u32[12] = 0;
    for (const [k, value] of [
      this.middles[i] - 1,
      this.below(9_999) + 1,
      this.middles[i] + 1,
      this.below(9_999) + 1,
    ].entries())
      this.f64[4 + k] = value;
    this.end();
  }

  private trade(i: number): void {
    this.begin(EventKind.Trade, 1 + this.below(2), EventFlag.Last, i);
    this.f64[6] = this.middles[i] + this.below(3) - 1;
    this.f64[7] = 1 + this.below(500);
    this.end();
  }

  private order(id: number, status: string): void {
    if (id < 1) return;
    const { model } = this;
    const before = model.trading.orders.get(id);
    const i = before?.[3] ?? this.below(this.instruments);
    const side = before?.[4] ?? 1 + this.below(2);
    const price = before?.[7] ?? this.middles[i] + (side === 1 ? -3 : 3);
    const qty = 1_000;
    const done = status === 'Filled' ? qty : 0;
    const open = status === 'New' ? qty : 0;
    const about = [id, id, STRATEGY, i, side, 'limit', 'GTC', price, qty, done, open, price, status, ''] as const;
    model.trading.orders.set(id, [...about, before?.[14] ?? model.nowNs, model.nowNs]);
  }

  private fill(): void {
    const { model } = this;
    const i = this.below(this.instruments);
    const side = 1 + this.below(2);
    const position = this.position(i, side === 1 ? 1_000 : -1_000);
    const about = [model.seq, model.nowNs, this.lastOrder, STRATEGY, i, side, this.middles[i], 1_000] as const;
    model.trading.fills.push([...about, 'maker', 0.0125, this.below(100) - 50, position]);
    const realised = this.below(1_000) - 500;
    model.trading.pnl.push(model.nowNs, [model.nowNs, realised, 20, realised + 20]);
  }

  private position(i: number, lots: number): number {
    const { positions } = this.model.trading;
    const key = `0 ${i}`;
    const after = (positions.get(key)?.[2] ?? 0) + lots;
    positions.set(key, [
      STRATEGY,
      i,
      after,
      this.middles[i],
      this.below(900) - 450,
      this.below(90),
      1.25,
      this.middles[i],
    ]);
    return after;
  }

  private begin(type: number, side: number, flags: number, instrument: number): void {
    const { model, memory } = this;
    this.f64.fill(0);
    memory.u32[1] = RECORD_BYTES | (type << 16);
    memory.u32[2] = model.seq + 1;
    memory.u32[4] = model.nowNs % 2 ** 32;
    memory.u32[5] = Math.floor(model.nowNs / 2 ** 32);
    memory.u32[6] = eventHead(type as EventKind, side, flags);
    memory.u32[7] = instrument;
  }

  private end(): void {
    this.model.take(this.memory, 0);
  }

  private below(count: number): number {
    return this.prng.below(count);
  }
}
