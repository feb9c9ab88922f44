/** The last so many rows of something, for those who come late. Rows are never changed, so a copy of the list is a copy. */
import RingBuffer from 'ringbufferjs';

export interface SavedHistory<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

export class History<Row> {
  /** Rows pushed so far, those that have fallen out included. */
  total = 0;
  private ring: RingBuffer<Row>;
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.ring = new RingBuffer<Row>(capacity);
  }

  push(row: Row): void {
    this.ring.enq(row);
    this.total++;
  }

  /** Oldest first. */
  rows(): Row[] {
    return this.ring.peekN(this.ring.size());
  }

  /** Those pushed behind the first `total`, as far as they are still there. */
  since(total: number): Row[] {
    const wanted = Math.min(this.total - total, this.ring.size());
    return wanted <= 0 ? [] : this.rows().slice(-wanted);
  }

  /** Every row becomes what `change` makes of it. */
  map(change: (row: Row) => Row): void {
    this.load({ total: this.total, rows: this.rows().map(change) });
  }

  save(): SavedHistory<Row> {
    return { total: this.total, rows: this.rows() };
  }

  load(saved: SavedHistory<Row>): void {
    this.ring = new RingBuffer<Row>(this.capacity);
    for (const row of saved.rows) this.ring.enq(row);
    this.total = saved.total;
  }
}

/**
 * Samples of a whole session, at most `capacity` of them: when they are full, every second one is dropped and the next ones
 * are taken half as often.
 */
export class Samples<Row extends readonly unknown[]> {
  /** Samples taken so far. */
  total = 0;
  /** Counts how often samples were dropped: whoever has the old ones has to begin anew. */
  thinned = 0;
  everyNs: number;
  private readonly capacity: number;
  private kept: Row[] = [];
  private nextNs = Number.NEGATIVE_INFINITY;

  constructor(capacity: number, everyNs: number) {
    this.capacity = capacity;
    this.everyNs = everyNs;
  }

  isDue(nowNs: number): boolean {
    return nowNs >= this.nextNs;
  }

  push(nowNs: number, row: Row): void {
    this.nextNs = nowNs + this.everyNs;
    this.kept.push(row);
    this.total++;
    if (this.kept.length < this.capacity) return;
    this.kept = this.kept.filter((_, i) => i % 2 === 0);
    this.everyNs *= 2;
    this.thinned++;
  }

  rows(): readonly Row[] {
    return this.kept;
  }

  since(total: number): readonly Row[] {
    const wanted = Math.min(this.total - total, this.kept.length);
    return wanted <= 0 ? [] : this.kept.slice(-wanted);
  }

  save(): SavedSamples<Row> {
    return { ...this.saved, rows: [...this.kept] };
  }

  private get saved(): Omit<SavedSamples<Row>, 'rows'> {
    return { total: this.total, thinned: this.thinned, everyNs: this.everyNs, nextNs: this.nextNs };
  }

  load(saved: SavedSamples<Row>): void {
    this.total = saved.total;
    this.thinned = saved.thinned;
    this.everyNs = saved.everyNs;
    this.nextNs = saved.nextNs;
    this.kept = [...saved.rows];
  }
}

export interface SavedSamples<Row> {
  readonly total: number;
  readonly thinned: number;
  readonly everyNs: number;
  readonly nextNs: number;
  readonly rows: readonly Row[];
}
