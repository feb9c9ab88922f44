/**
 * The strategies' timers: at most MAX_TIMERS each, found by looking at them one by one (a strategy has few). A timer that
 * was moved or cleared leaves its old entry in the agenda, which is skipped when its time comes.
 */
import { Agenda } from '../../core/agenda.ts';
import { assert } from '../../core/assert.ts';
import type { Fnv64 } from '../../core/hash.ts';

const MAX_TIMERS = 256;

export class Timers {
  private agenda = new Agenda();
  /** Entries that the agenda may have before those of no use any more are taken out. */
  private readonly limit: number;
  private readonly ids: Float64Array;
  private readonly atNs: Float64Array;
  private readonly causes: Float64Array;
  private readonly counts: Int32Array;

  constructor(strategies: number) {
    this.ids = new Float64Array(strategies * MAX_TIMERS);
    this.atNs = new Float64Array(strategies * MAX_TIMERS).fill(Number.POSITIVE_INFINITY);
    this.causes = new Float64Array(strategies * MAX_TIMERS);
    this.counts = new Int32Array(strategies);
    this.limit = Math.max(1024, strategies * MAX_TIMERS * 2);
  }

  /** False when the strategy has too many timers. */
  set(strategy: number, timerId: number, atNs: number, cause: number): boolean {
    let row = this.find(strategy, timerId);
    if (row < 0) {
      row = this.free(strategy);
      if (row < 0) return false;
      this.ids[row] = timerId;
    }
    this.atNs[row] = atNs;
    this.causes[row] = cause;
    this.agenda.add(atNs, row);
    if (this.agenda.size > this.limit) this.compact();
    return true;
  }

  clear(strategy: number, timerId: number): void {
    const row = this.find(strategy, timerId);
    if (row >= 0) this.atNs[row] = Number.POSITIVE_INFINITY;
  }

  clearAll(strategy: number): void {
    const first = strategy * MAX_TIMERS;
    this.atNs.fill(Number.POSITIVE_INFINITY, first, first + MAX_TIMERS);
  }

  /** When the next timer is due; Infinity when none is set. */
  nextDueNs(): number {
    const { agenda } = this;
    while (agenda.size > 0 && this.atNs[agenda.nextItem] !== agenda.nextNs) agenda.take();
    return agenda.nextNs;
  }

  /** Takes the timer that is due next, as a row to be asked about below. Only when there is one. */
  take(): number {
    this.nextDueNs();
    assert(this.agenda.size > 0, 'a timer is due');
    const row = this.agenda.take();
    this.atNs[row] = Number.POSITIVE_INFINITY;
    return row;
  }

  strategyOf(row: number): number {
    return Math.floor(row / MAX_TIMERS);
  }

  idOf(row: number): number {
    return this.ids[row];
  }

  causeOf(row: number): number {
    return this.causes[row];
  }

  foldInto(hash: Fnv64): void {
    this.counts.forEach((count, strategy) => {
      for (let i = 0; i < count; i++) {
        const row = strategy * MAX_TIMERS + i;
        hash.integer(this.ids[row]);
        hash.integer(Number.isFinite(this.atNs[row]) ? this.atNs[row] : -1);
      }
    });
  }

  /** A timer that is moved all the time (a watchdog) leaves an entry behind each time: they go together. */
  private compact(): void {
    this.agenda = new Agenda(this.limit * 2);
    for (let row = 0; row < this.atNs.length; row++) {
      if (this.atNs[row] !== Number.POSITIVE_INFINITY) this.agenda.add(this.atNs[row], row);
    }
  }

  /** A row of a timer that has fired or was cleared, else a new one; -1 where all are set. */
  private free(strategy: number): number {
    const first = strategy * MAX_TIMERS;
    const end = first + this.counts[strategy];
    for (let row = first; row < end; row++) if (this.atNs[row] === Number.POSITIVE_INFINITY) return row;
    if (this.counts[strategy] === MAX_TIMERS) return -1;
    this.counts[strategy]++;
    return end;
  }

  private find(strategy: number, timerId: number): number {
    const first = strategy * MAX_TIMERS;
    for (let row = first; row < first + this.counts[strategy]; row++) if (this.ids[row] === timerId) return row;
    return -1;
  }
}
