/**
 * The order command: what the engine hands to a venue gateway, through a SPSC ring of 64-byte slots (ring/spsc.ts). Eight
 * little-endian words, 8-byte aligned:
 *
 *   word  bytes   field        type  unit
 *   0     0       action       u8    OrderAction: New, Replace, Cancel
 *         1       side         u8    OrderSide
 *         2       type         u8    OrdType
 *         3       timeInForce  u8    TimeInForce
 *         4-5     instrument   u16   dense index (below MAX_INSTRUMENTS)
 *         6-7     flags        u16   OrderFlag bits
 *   1     8-15    clOrdId      f64   of this request
 *   2     16-23   origClOrdId  f64   of the order that a Replace or Cancel is about, 0 for New
 *   3     24-31   qty          f64   lots (integer, exact to 2^53); of a Cancel: what is open
 *   4     32-39   price        f64   ticks; 0 for an order without one
 *   5     40-47   stopPrice    f64   ticks; 0 without one
 *   6     48-55   causeSeq     f64   sequence number of the journal record that allowed it (the RiskVerdict)
 *   7     56-63   trace        f64   number of the trace of the event it answers (core/trace.ts), 0 for most
 *
 * The engine is the one writer, the gateway the one reader. A command is published at once: nothing waits for a batch.
 * Back-pressure: orders are never dropped. `hasRoom` says beforehand whether one more fits, so that the engine can
 * refuse it; `send` into a full ring waits for the gateway.
 */

import { assert } from '../core/assert.ts';
import { MAX_INSTRUMENTS } from '../core/limits.ts';
import { type SpscReader, type SpscShared, SpscWriter } from '../ring/spsc.ts';

assert(MAX_INSTRUMENTS <= 1 << 16, 'an instrument index fits the command');

/** Where the numbers of a command stand in what `send` is given. */
export const CommandField = {
  ClOrdId: 0,
  OrigClOrdId: 1,
  Qty: 2,
  Price: 3,
  StopPrice: 4,
  CauseSeq: 5,
  Trace: 6,
} as const;
export const COMMAND_FIELDS = 7;

export class OrderCommandWriter {
  /** CommandField numbers of the command to be sent: cells, because a number that is handed over is boxed. */
  readonly fields = new Float64Array(COMMAND_FIELDS);
  /** Commands sent. */
  sent = 0;
  private readonly ring: SpscWriter;
  private readonly capacity: number;

  constructor(shared: SpscShared) {
    this.ring = new SpscWriter(shared);
    this.capacity = shared.capacity;
  }

  /** Commands that fit before the gateway must take some. */
  get room(): number {
    return this.capacity - this.ring.backlog();
  }

  hasRoom(): boolean {
    return this.ring.backlog() < this.capacity;
  }

  /** Sends a command of `fields`, at once. Throws ReaderGoneError when no gateway is there any more. */
  send(action: number, side: number, type: number, timeInForce: number, instrument: number, flags: number): void {
    const { ring, fields } = this;
    const w = ring.next();
    const { f64, u32 } = ring;
    u32[w * 2] = action | (side << 8) | (type << 16) | (timeInForce << 24);
    u32[w * 2 + 1] = instrument | (flags << 16);
    f64[w + 1] = fields[0];
    f64[w + 2] = fields[1];
    f64[w + 3] = fields[2];
    f64[w + 4] = fields[3];
    f64[w + 5] = fields[4];
    f64[w + 6] = fields[5];
    f64[w + 7] = fields[6];
    this.sent++;
    ring.publish();
  }

  /** No more commands will come. */
  close(): void {
    this.ring.close();
  }
}

/** A command in a slot of the ring; re-pointed, never made anew. Valid until the slot is released. */
export class OrderCommand {
  private readonly f64: Float64Array;
  private readonly u32: Uint32Array;
  private readonly mask: number;
  private w = 0;

  constructor(ring: SpscReader) {
    this.f64 = ring.f64;
    this.u32 = ring.u32;
    this.mask = ring.mask;
  }

  /** `position`: from the reader's cursor on. */
  pointTo(position: number): void {
    this.w = (position & this.mask) << 3;
  }

  get action(): number {
    return this.u32[this.w * 2] & 0xff;
  }

  get side(): number {
    return (this.u32[this.w * 2] >>> 8) & 0xff;
  }

  get type(): number {
    return (this.u32[this.w * 2] >>> 16) & 0xff;
  }

  get timeInForce(): number {
    return this.u32[this.w * 2] >>> 24;
  }

  get instrument(): number {
    return this.u32[this.w * 2 + 1] & 0xffff;
  }

  get flags(): number {
    return this.u32[this.w * 2 + 1] >>> 16;
  }

  get clOrdId(): number {
    return this.f64[this.w + 1];
  }

  get origClOrdId(): number {
    return this.f64[this.w + 2];
  }

  get qtyLots(): number {
    return this.f64[this.w + 3];
  }

  get priceTicks(): number {
    return this.f64[this.w + 4];
  }

  get stopPriceTicks(): number {
    return this.f64[this.w + 5];
  }

  get causeSeq(): number {
    return this.f64[this.w + 6];
  }

  get trace(): number {
    return this.f64[this.w + 7];
  }
}
