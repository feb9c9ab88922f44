/**
 * Traded quantity of one instrument by intervals of fixed length, the last `intervals` complete ones kept. The first
 * interval is the one after the first trade: what is incomplete says nothing about an average. O(1) per trade, amortised.
 */
import type { Fnv64 } from '../core/hash.ts';

export class VolumeWindow {
  /** Over the complete intervals kept. */
  sumLots = 0;
  private readonly intervalNs: number;
  private readonly lots: Float64Array;
  /** Number of the interval that is under way, from 0 at midnight; -1 before the first trade. */
  private current = -1;
  private currentLots = 0;
  /** Complete intervals kept. */
  private complete = 0;
  private next = 0;

  constructor(intervalNs: number, intervals: number) {
    this.intervalNs = intervalNs;
    this.lots = new Float64Array(intervals);
  }

  add(qtyLots: number, nowNs: number): void {
    const interval = Math.floor(nowNs / this.intervalNs);
    if (this.current < 0) {
      this.current = interval + 1; // what is left of the first one is no whole interval
      return;
    }
    this.advance(nowNs);
    if (interval === this.current) this.currentLots += qtyLots;
  }

  /** Closes the intervals that are over; returns how many complete ones there are. */
  advance(nowNs: number): number {
    if (this.current < 0) return 0;
    const interval = Math.floor(nowNs / this.intervalNs);
    if (interval - this.current > this.lots.length) this.skip(interval);
    while (this.current < interval) {
      this.close(this.currentLots);
      this.currentLots = 0;
      this.current++;
    }
    return this.complete;
  }

  rescale(qtyFactor: number): void {
    this.sumLots *= qtyFactor;
    this.currentLots *= qtyFactor;
    for (let i = 0; i < this.lots.length; i++) this.lots[i] *= qtyFactor;
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.current);
    hash.integer(this.sumLots);
    hash.integer(this.currentLots);
  }

  /** Nothing was traded for longer than what is kept. */
  private skip(interval: number): void {
    this.lots.fill(0);
    this.sumLots = 0;
    this.currentLots = 0;
    this.complete = this.lots.length;
    this.current = interval;
  }

  private close(lots: number): void {
    this.sumLots += lots - this.lots[this.next];
    this.lots[this.next] = lots;
    this.next = this.next + 1 === this.lots.length ? 0 : this.next + 1;
    if (this.complete < this.lots.length) this.complete++;
  }
}
