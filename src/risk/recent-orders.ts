/**
 * When the same request (strategy, instrument, side, quantity, price) was last sent: a ring of what was sent, chained by
 * hash, newest first. A lookup stops at what is too old, so it costs what was sent of that hash within the time asked for.
 * The ring doubles rather than forget something that may still be asked for.
 */
import type { Fnv64 } from '../core/hash.ts';
import type { Request } from './checks.ts';

const BUCKETS = 1 << 12;
const NEVER = Number.NEGATIVE_INFINITY;

export class RecentOrders {
  /** By bucket: number of the newest entry, from 1 on; 0 = none. */
  private readonly newest = new Float64Array(BUCKETS);
  private count = 0;
  private capacity = 1 << 10;
  private times = new Float64Array(this.capacity);
  private qtys = new Float64Array(this.capacity);
  private prices = new Float64Array(this.capacity);
  /** instrument x 1024 + strategy x 4 + side. */
  private owners = new Float64Array(this.capacity);
  private before = new Float64Array(this.capacity);
  /** How far back anybody may ask. */
  keepNs = 0;

  /** Time of the newest request like this one after `horizonNs`, or -Infinity. */
  lastNs(request: Request, horizonNs: number): number {
    const owner = ownerOf(request);
    const { qtyLots, priceTicks } = request;
    let entry = this.newest[bucketOf(owner, qtyLots, priceTicks)];
    while (entry > 0 && entry > this.count - this.capacity) {
      const at = entry & (this.capacity - 1);
      if (this.times[at] <= horizonNs) return NEVER;
      if (this.owners[at] === owner && this.qtys[at] === qtyLots && this.prices[at] === priceTicks)
        return this.times[at];
      entry = this.before[at];
    }
    return NEVER;
  }

  add(request: Request): void {
    const oldest = this.count + 1 - this.capacity;
    if (oldest > 0 && this.times[oldest & (this.capacity - 1)] > request.nowNs - this.keepNs) this.grow();
    const owner = ownerOf(request);
    const bucket = bucketOf(owner, request.qtyLots, request.priceTicks);
    const entry = ++this.count;
    const at = entry & (this.capacity - 1);
    this.times[at] = request.nowNs;
    this.qtys[at] = request.qtyLots;
    this.prices[at] = request.priceTicks;
    this.owners[at] = owner;
    this.before[at] = this.newest[bucket];
    this.newest[bucket] = entry;
  }

  /** The units of an instrument changed: what is remembered of it counts in the new ones. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (let entry = this.first(); entry <= this.count; entry++) {
      const at = entry & (this.capacity - 1);
      if (Math.floor(this.owners[at] / 1024) !== instrument) continue;
      this.qtys[at] *= qtyFactor;
      this.prices[at] *= priceFactor;
    }
    this.chain();
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.count);
  }

  private first(): number {
    return Math.max(1, this.count - this.capacity + 1);
  }

  private grow(): void {
    const from = this.first();
    const old = this.capacity - 1;
    const capacity = this.capacity * 2;
    const moved = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const wider = new Float64Array(capacity);
      for (let entry = from; entry <= this.count; entry++) wider[entry & (capacity - 1)] = column[entry & old];
      return wider;
    };
    this.times = moved(this.times);
    this.qtys = moved(this.qtys);
    this.prices = moved(this.prices);
    this.owners = moved(this.owners);
    this.before = moved(this.before);
    this.capacity = capacity;
    // What was overwritten before is not in the wider ring: the chains must not lead there.
    this.chain(from);
  }

  /** Links the entries from `from` on anew. */
  private chain(from = this.first()): void {
    this.newest.fill(0);
    for (let entry = from; entry <= this.count; entry++) {
      const at = entry & (this.capacity - 1);
      const bucket = bucketOf(this.owners[at], this.qtys[at], this.prices[at]);
      this.before[at] = this.newest[bucket];
      this.newest[bucket] = entry;
    }
  }
}

function ownerOf(request: Request): number {
  return request.instrument * 1024 + request.strategy * 4 + request.side;
}

function bucketOf(owner: number, qtyLots: number, priceTicks: number): number {
  let hash = Math.imul(owner | 0, 0x9e3779b1);
  hash = Math.imul(hash ^ (qtyLots | 0), 0x85ebca6b);
  hash = Math.imul(hash ^ (priceTicks | 0) ^ (hash >>> 15), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) & (BUCKETS - 1);
}
