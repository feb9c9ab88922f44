/**
 * Iceberg: rests with a part of the parent displayed (Esser, Moench 2007, "The navigation of an iceberg", Finance
 * Research Letters 4(2)). Native: one order with a displayed quantity, the venue refills it. Synthetic: children of the
 * displayed quantity, the next when one has filled, each at the back of the queue like the venue's refill.
 */
import { defineStrategy, type Parameters, type ParentView, type StrategyContext } from '../api.ts';
import { PARENT_PARAMETERS } from './parent-parameters.ts';
import { ParentRun } from './parent-run.ts';

const specs = {
  ...PARENT_PARAMETERS,
  displayPart: { type: 'number', default: 0.1, min: 0.001, max: 1, text: 'displayed at a time, part of the parent' },
  native: { type: 'boolean', default: true, text: "true: the venue's iceberg order; false: a child after the other" },
  follow: {
    type: 'boolean',
    default: true,
    text: 'true: the price follows the own touch up to the limit; false: it stays at the limit, or at the first touch',
  },
} as const;

class Iceberg extends ParentRun<Parameters<typeof specs>> {
  private displayLots = 0;
  /** Of an iceberg that does not follow, ticks. */
  private fixedTicks = 0;

  protected override begin(ctx: StrategyContext): void {
    const { displayPart, native, follow } = this.parameters;
    this.displayLots = Math.max(this.subject.lotLots, this.subject.wholeLots(this.qtyLots * displayPart));
    if (native && this.displayLots < this.qtyLots) this.passive.ticket.displayQtyLots = this.displayLots;
    this.fixedTicks = follow ? 0 : this.limitTicks || this.ownTouch(ctx);
    // A limit that takes at once is the author's wish; a touch is not meant to.
    if (!follow && this.limitTicks > 0) this.passive.ticket.flags = 0;
  }

  protected override rescale(priceFactor: number, qtyFactor: number): void {
    this.fixedTicks *= priceFactor;
    this.displayLots *= qtyFactor;
    if ((this.passive.ticket.displayQtyLots ?? 0) > 0) this.passive.ticket.displayQtyLots = this.displayLots;
  }

  protected override work(ctx: StrategyContext, parent: ParentView): void {
    const left = this.qtyLots - parent.cumQtyLots;
    const lots = this.parameters.native ? left : Math.min(left, this.displayLots);
    if ((this.passive.ticket.displayQtyLots ?? 0) > left) this.passive.ticket.displayQtyLots = 0;
    this.rest(ctx, lots, this.fixedTicks > 0 ? this.fixedTicks : this.ownTouch(ctx), parent);
  }

  protected override finishing(): boolean {
    return false;
  }

  protected override nextWakeNs(): number {
    return this.endNs;
  }
}

export const iceberg = defineStrategy({
  name: 'iceberg',
  description: 'Rests with a part of the parent displayed',
  parameters: specs,
  create: (parameters) => new Iceberg('iceberg', parameters),
});
