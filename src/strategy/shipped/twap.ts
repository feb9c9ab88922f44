/**
 * TWAP, time-weighted average price: the same quantity in every stretch of time (Johnson 2010, "Algorithmic Trading &
 * DMA", ch. 5.2):
 *   part done by t = (t - start) / (end - start)
 */
import { defineStrategy, type Parameters } from '../api.ts';
import { SLICED_PARAMETERS, SlicedRun } from './sliced-run.ts';

class Twap extends SlicedRun<Parameters<typeof SLICED_PARAMETERS>> {
  protected override partDoneBy(_ctx: unknown, atNs: number): number {
    return (atNs - this.startNs) / (this.endNs - this.startNs);
  }
}

export const twap = defineStrategy({
  name: 'twap',
  description: 'Works a parent order evenly over time',
  parameters: SLICED_PARAMETERS,
  create: (parameters) => new Twap('twap', parameters),
});
