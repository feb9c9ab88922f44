/** Requests on their way to the venue, and what it will do by itself: a pool and the times they act, by the venue's time. */
import { Agenda } from '../core/agenda.ts';
import type { Fnv64 } from '../core/hash.ts';
import { widened } from '../core/widened.ts';
import { FreeSlots } from './free-slots.ts';
import { MAX_STRATEGIES } from './outbox.ts';

/** The pool doubles from here on. */
const FIRST_SLOTS = 256;

export const Request = { New: 1, Replace: 2, Cancel: 3, Expire: 4 } as const;

export class Inbox {
  private readonly agenda = new Agenda(FIRST_SLOTS);
  kind: Uint8Array = new Uint8Array(FIRST_SLOTS);
  orderId: Int32Array = new Int32Array(FIRST_SLOTS);
  strategy: Int32Array = new Int32Array(FIRST_SLOTS);
  clOrdId: Float64Array = new Float64Array(FIRST_SLOTS);
  qty: Float64Array = new Float64Array(FIRST_SLOTS);
  price: Float64Array = new Float64Array(FIRST_SLOTS);
  private readonly free = new FreeSlots(FIRST_SLOTS);
  /** Arrival of the last request of each strategy: none overtakes another. */
  private readonly lastNs = new Float64Array(MAX_STRATEGIES);

  /** When the first request acts; Infinity when there is none. */
  get nextNs(): number {
    return this.agenda.nextNs;
  }

  /** A request of a strategy, at the venue at `arrivalNs` or with its last one where that is later. Returns its slot. */
  send(kind: number, orderId: number, strategy: number, arrivalNs: number): number {
    const at = arrivalNs < this.lastNs[strategy] ? this.lastNs[strategy] : arrivalNs;
    this.lastNs[strategy] = at;
    return this.add(kind, orderId, strategy, at);
  }

  /** Something the venue does by itself at `atNs`. */
  add(kind: number, orderId: number, strategy: number, atNs: number): number {
    if (this.free.isEmpty) this.grow();
    const slot = this.free.take();
    this.kind[slot] = kind;
    this.orderId[slot] = orderId;
    this.strategy[slot] = strategy;
    this.agenda.add(atNs, slot);
    return slot;
  }

  /** Takes the first request out; its columns stay as they are until the next `add`. */
  take(): number {
    const slot = this.agenda.take();
    this.free.give(slot);
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
    this.kind = widened(this.kind);
    this.orderId = widened(this.orderId);
    this.strategy = widened(this.strategy);
    this.clOrdId = widened(this.clOrdId);
    this.qty = widened(this.qty);
    this.price = widened(this.price);
    this.free.double();
  }
}
