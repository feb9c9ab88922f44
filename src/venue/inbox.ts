/** Requests on their way to the venue, and what it will do by itself: a pool and the times they act, by the venue's time. */
import { Agenda } from '../core/agenda.ts';
import type { Fnv64 } from '../core/hash.ts';
import { MAX_STRATEGIES } from './outbox.ts';

export const Request = { New: 1, Replace: 2, Cancel: 3, Expire: 4 } as const;

export class Inbox {
  private readonly agenda = new Agenda(256);
  kind: Uint8Array = new Uint8Array(256);
  orderId: Int32Array = new Int32Array(256);
  strategy: Int32Array = new Int32Array(256);
  clOrdId: Float64Array = new Float64Array(256);
  qty: Float64Array = new Float64Array(256);
  price: Float64Array = new Float64Array(256);
  private freeSlots = new Int32Array(256);
  private freeCount = 256;
  /** Arrival of the last request of each strategy: none overtakes another. */
  private readonly lastNs = new Float64Array(MAX_STRATEGIES);

  constructor() {
    for (let i = 0; i < 256; i++) this.freeSlots[i] = 255 - i;
  }

  /** When the first request acts; Infinity when there is none. */
  get nextNs(): number {
    return this.agenda.nextNs;
  }

  get size(): number {
    return this.agenda.size;
  }

  /** A request of a strategy, at the venue at `arrivalNs` or with its last one where that is later. Returns its slot. */
  send(kind: number, orderId: number, strategy: number, arrivalNs: number): number {
    const at = arrivalNs < this.lastNs[strategy] ? this.lastNs[strategy] : arrivalNs;
    this.lastNs[strategy] = at;
    return this.add(kind, orderId, strategy, at);
  }

  /** Something the venue does by itself at `atNs`. */
  add(kind: number, orderId: number, strategy: number, atNs: number): number {
    if (this.freeCount === 0) this.grow();
    const slot = this.freeSlots[--this.freeCount];
    this.kind[slot] = kind;
    this.orderId[slot] = orderId;
    this.strategy[slot] = strategy;
    this.agenda.add(atNs, slot);
    return slot;
  }

  /** Takes the first request out; its columns stay as they are until the next `add`. */
  take(): number {
    const slot = this.agenda.take();
    this.freeSlots[this.freeCount++] = slot;
    return slot;
  }

  rescale(isOf: (orderId: number) => boolean, priceFactor: number, qtyFactor: number): void {
    for (let slot = 0; slot < this.kind.length; slot++) {
      if (!isOf(this.orderId[slot])) continue;
      this.price[slot] *= priceFactor;
      this.qty[slot] *= qtyFactor;
    }
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.agenda.size);
    if (this.agenda.size > 0) hash.integer(this.agenda.nextNs);
  }

  private grow(): void {
    const old = this.kind.length;
    const f64 = (from: Float64Array): Float64Array => {
      const to = new Float64Array(old * 2);
      to.set(from);
      return to;
    };
    const i32 = (from: Int32Array): Int32Array => {
      const to = new Int32Array(old * 2);
      to.set(from);
      return to;
    };
    const kind = new Uint8Array(old * 2);
    kind.set(this.kind);
    this.kind = kind;
    this.orderId = i32(this.orderId);
    this.strategy = i32(this.strategy);
    this.clOrdId = f64(this.clOrdId);
    this.qty = f64(this.qty);
    this.price = f64(this.price);
    this.freeSlots = new Int32Array(old * 2);
    for (let i = 0; i < old; i++) this.freeSlots[i] = old * 2 - 1 - i;
    this.freeCount = old;
  }
}
