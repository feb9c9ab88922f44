/**
 * POV, percentage of volume: the parent's quantity is a fixed part of what the market trades (Johnson 2010, ch. 5.4). V
 * is what others traded since the start; of all trading, ours included, the part wanted is rho:
 *   done / (done + V) = rho    so that    done by now = rho / (1 - rho) x V
 * What is due is looked at once a slice, rests for a slice, and is then taken. The end is a bound, not a promise: in a
 * quiet market the parent stays incomplete.
 */
import { defineStrategy, type Parameters, type ParentView, type StrategyContext } from '../api.ts';
import { SLICED_PARAMETERS, SlicedRun } from './sliced-run.ts';

const specs = {
  ...SLICED_PARAMETERS,
  participation: { type: 'number', default: 0.1, min: 0.0001, max: 0.9, text: 'rho, part of all trading' },
} as const;

class Pov extends SlicedRun<Parameters<typeof specs>> {
  private tradedBeforeLots = 0;

  protected override begin(): void {
    this.tradedBeforeLots = this.tradedLots;
  }

  protected override rescale(priceFactor: number, qtyFactor: number): void {
    super.rescale(priceFactor, qtyFactor);
    this.tradedBeforeLots *= qtyFactor;
  }

  /** By now: what will be traded until `atNs` nobody knows. */
  protected override partDoneBy(): number {
    const { participation } = this.parameters;
    return ((participation / (1 - participation)) * (this.tradedLots - this.tradedBeforeLots)) / this.qtyLots;
  }

  protected override lotsDueAt(_ctx: StrategyContext, _fromNs: number, askedLots: number): number {
    return askedLots;
  }

  protected override finishing(ctx: StrategyContext, parent: ParentView): boolean {
    const missing = this.lotsDoneBy(ctx, this.endNs) - parent.cumQtyLots;
    if (this.parameters.style === 'passive' || this.subject.wholeLots(missing) === 0) {
      this.obstacle = 'the market did not trade more';
      return false;
    }
    this.cross(ctx, missing, parent);
    return true;
  }
}

export const pov = defineStrategy({
  name: 'pov',
  description: 'Works a parent order as a part of the traded volume',
  parameters: specs,
  create: (parameters) => new Pov('pov', parameters),
});
