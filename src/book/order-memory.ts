/**
 * Where an order table (order-table.ts) lies: its entries and arrivals in the memory that books and kernel share, the parts of
 * its wide region that only TypeScript looks at beside them.
 */
import { assert } from '../core/assert.ts';
import {
  C_ARRIVAL,
  C_ARRIVALS,
  C_CROWD,
  C_ENTRIES,
  C_ID_BASE_F64,
  C_ORDER_MASK,
  C_ORDERS,
  C_ORDERS_MAX,
  ENTRY_WORDS,
} from './layout.ts';
import { TableMemory } from './memory.ts';

/**
 * Entries of the wide region for those of the primary one, unless references ask for more. Full lines send one order in
 * a hundred of a full market there, and it is at most half full: a fifth of this would do.
 */
const WIDE_SHIFT = 5;
const MIN_CAPACITY = 1 << 12;
const MAX_CAPACITY = 1 << 26;

export class OrderMemory {
  /** Entries of the primary region, of the wide one, then the crowd words. */
  i32 = new Int32Array(0);
  protected arrival = new Int32Array(0);
  protected readonly memory: TableMemory;
  /** Where the two lie in the memory, in bytes. */
  protected i32At = 0;
  protected arrivalAt = 0;
  /** Live orders. */
  size = 0;
  /** Entries of the primary region less 1, of the wide one less 1: powers of two. */
  protected mask = 0;
  protected wideMask = 0;
  /** Reference that the home at entry 0 belongs to. */
  protected idBase = 0;
  /** First words of the wide region and of the crowd words. */
  protected wideBase = 0;
  protected crowdBase = 0;
  /** Live orders of the wide region, their references and quantities. */
  protected wideSize = 0;
  protected wideIds = new Float64Array(0);
  protected wideQtys = new Float64Array(0);
  /** Of the next order. */
  protected arrivals = 0;
  /** Live orders from which on the table doubles. */
  protected maxSize = 0;

  /** `expected`: live orders to make room for before the first growth. */
  constructor(expected = MIN_CAPACITY, memory = new TableMemory()) {
    this.memory = memory;
    memory.onMove(() => this.view());
    const capacity = capacityFor(expected);
    this.allocate(capacity, capacity >> WIDE_SHIFT);
  }

  /** Bytes of memory that a table takes at first. */
  static bytesFor(expected: number): number {
    const capacity = capacityFor(expected);
    const wideCapacity = capacity >> WIDE_SHIFT;
    return tableBytes(capacity, wideCapacity) + arrivalBytes(capacity, wideCapacity);
  }

  /** Tells the kernel where the table is and what it counts: see layout.ts. */
  store(control: Int32Array, controlF64: Float64Array): void {
    control[C_ENTRIES] = this.i32At;
    control[C_ORDER_MASK] = this.mask;
    control[C_ARRIVAL] = this.arrivalAt;
    control[C_CROWD] = this.i32At + this.crowdBase * 4;
    control[C_ORDERS_MAX] = this.maxSize;
    control[C_ORDERS] = this.size;
    control[C_ARRIVALS] = this.arrivals;
    controlF64[C_ID_BASE_F64] = this.idBase;
  }

  /** Takes back what the kernel counted. */
  load(control: Int32Array): void {
    this.size = control[C_ORDERS];
    this.arrivals = control[C_ARRIVALS];
  }

  /** An empty table of these capacities; the memory it had is left to the caller. */
  protected allocate(capacity: number, wideCapacity: number): void {
    assert(capacity <= MAX_CAPACITY && wideCapacity <= MAX_CAPACITY, 'live orders fit the order table');
    this.mask = capacity - 1;
    this.wideMask = wideCapacity - 1;
    this.wideBase = capacity * ENTRY_WORDS;
    this.crowdBase = (capacity + wideCapacity) * ENTRY_WORDS;
    this.i32At = this.memory.take(tableBytes(capacity, wideCapacity));
    this.arrivalAt = this.memory.take(arrivalBytes(capacity, wideCapacity));
    this.view();
    this.wideIds = new Float64Array(wideCapacity);
    this.wideQtys = new Float64Array(wideCapacity);
    this.maxSize = capacity < MAX_CAPACITY ? capacity >> 2 : capacity;
    this.size = 0;
    this.wideSize = 0;
  }

  /** Looks at the memory as it is now. */
  protected view(): void {
    const { buffer } = this.memory;
    const entries = this.mask + 1 + this.wideMask + 1;
    this.i32 = new Int32Array(buffer, this.i32At, this.crowdBase + ((this.mask + 1) >> 2));
    this.arrival = new Int32Array(buffer, this.arrivalAt, entries);
  }
}

function capacityFor(expected: number): number {
  let capacity = MIN_CAPACITY;
  while (capacity < expected * 4 && capacity < MAX_CAPACITY) capacity *= 2;
  return capacity;
}

/** Entries and crowd words. */
function tableBytes(capacity: number, wideCapacity: number): number {
  return ((capacity + wideCapacity) * ENTRY_WORDS + (capacity >> 2)) * 4;
}

function arrivalBytes(capacity: number, wideCapacity: number): number {
  return (capacity + wideCapacity) * 4;
}
