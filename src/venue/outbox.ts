/** Reports on their way to the engine: a pool of them and the times they are due, in order for each strategy. */
import { Agenda } from '../core/agenda.ts';
import { ExecReport } from '../core/exec-report.ts';
import type { Fnv64 } from '../core/hash.ts';
import { widened } from '../core/widened.ts';
import { FreeSlots } from './free-slots.ts';

const WORDS = new ExecReport().values.length;
export const MAX_STRATEGIES = 64;
/** The pool doubles from here on. */
const FIRST_SLOTS = 256;

export class Outbox {
  private readonly agenda = new Agenda(FIRST_SLOTS);
  private values = new Float64Array(WORDS * FIRST_SLOTS);
  private readonly free = new FreeSlots(FIRST_SLOTS);
  /** Due time of the last report of each strategy. */
  private readonly lastNs = new Float64Array(MAX_STRATEGIES);

  /** Infinity when nothing is on its way. */
  get nextNs(): number {
    return this.agenda.nextNs;
  }

  /** Copies the report; it is due at `dueNs`, or with the strategy's last one where that is later. */
  post(report: ExecReport, strategy: number, dueNs: number): void {
    if (this.free.isEmpty) this.grow();
    const slot = this.free.take();
    const from = report.values;
    for (let i = 0; i < WORDS; i++) this.values[slot * WORDS + i] = from[i];
    const due = dueNs < this.lastNs[strategy] ? this.lastNs[strategy] : dueNs;
    this.lastNs[strategy] = due;
    this.agenda.add(due, slot);
  }

  /** Takes the first report out, into `report`. */
  take(report: ExecReport): void {
    const slot = this.agenda.take();
    const to = report.values;
    for (let i = 0; i < WORDS; i++) to[i] = this.values[slot * WORDS + i];
    this.free.give(slot);
  }

  /** Multiplies prices and quantities of the reports of an instrument's orders. */
  rescale(isOf: (orderId: number) => boolean, priceFactor: number, qtyFactor: number): void {
    const report = new ExecReport();
    const free = new Set(this.free.all());
    for (let slot = 0; slot < this.free.capacity; slot++) {
      if (free.has(slot)) continue;
      const values = this.values.subarray(slot * WORDS, slot * WORDS + WORDS);
      report.values.set(values);
      if (!isOf(report.orderId)) continue;
      report.lastPxTicks *= priceFactor;
      report.priceTicks *= priceFactor;
      report.lastQtyLots *= qtyFactor;
      report.cumQtyLots *= qtyFactor;
      report.leavesQtyLots *= qtyFactor;
      report.orderQtyLots *= qtyFactor;
      if (report.queueAheadLots > 0) report.queueAheadLots *= qtyFactor;
      values.set(report.values);
    }
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.agenda.size);
    if (this.agenda.size > 0) hash.integer(this.agenda.nextNs);
  }

  private grow(): void {
    this.values = widened(this.values);
    this.free.double();
  }
}
