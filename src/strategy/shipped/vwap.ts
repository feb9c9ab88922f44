/**
 * VWAP, volume-weighted average price: the parent's part done is the market's part of the volume expected from start to
 * end (Berkowitz, Logue, Noser 1988, Journal of Finance 43(1); Johnson 2010, ch. 5.3).
 *
 * With a curve u_1 .. u_n (volume of n equal stretches, any unit), linear inside a stretch:
 *   part done by t = (u_1 + ... + u_k-1 + (t - t_k-1) / (t_k - t_k-1) u_k) / (u_1 + ... + u_n)      t in stretch k
 *
 * Without one, the volume still to come is forecast from the rate v of all trading seen so far, before the start too:
 *   part done by t = (V + v (t - now)) / (V + v (end - now))                  V: traded from start to now, now <= t
 * which runs ahead of time when more is traded than usual and behind it when less is.
 */
import { defineStrategy, type Parameters, type StrategyContext } from '../api.ts';
import { SLICED_PARAMETERS, SlicedRun } from './sliced-run.ts';

const specs = {
  ...SLICED_PARAMETERS,
  curve: {
    type: 'numbers',
    default: [],
    text: 'volume of equal stretches from start to end, any unit; empty: learned',
  },
} as const;

class Vwap extends SlicedRun<Parameters<typeof specs>> {
  private tradedBeforeLots = 0;

  constructor(parameters: Parameters<typeof specs>) {
    super('vwap', parameters);
    checkCurve(parameters.curve);
  }

  override onParameters(ctx: StrategyContext, parameters: Parameters<typeof specs>): void {
    checkCurve(parameters.curve);
    super.onParameters(ctx, parameters);
  }

  protected override begin(): void {
    this.tradedBeforeLots = this.tradedLots;
  }

  protected override rescale(priceFactor: number, qtyFactor: number): void {
    super.rescale(priceFactor, qtyFactor);
    this.tradedBeforeLots *= qtyFactor;
  }

  protected override partDoneBy(ctx: StrategyContext, atNs: number): number {
    const time = (atNs - this.startNs) / (this.endNs - this.startNs);
    if (time >= 1) return 1;
    const { curve } = this.parameters;
    if (curve.length > 0) return partOfCurve(curve, time);
    const seenNs = ctx.nowNs - this.firstTradeNs;
    if (!(seenNs > 0)) return time;
    const perNs = this.tradedLots / seenNs;
    const traded = this.tradedLots - this.tradedBeforeLots;
    return (traded + perNs * Math.max(0, atNs - ctx.nowNs)) / (traded + perNs * (this.endNs - ctx.nowNs));
  }
}

function checkCurve(curve: readonly number[]): void {
  let sum = 0;
  for (const volume of curve) {
    if (!(volume >= 0)) throw new RangeError('curve has a value that is no volume');
    sum += volume;
  }
  if (curve.length > 0 && sum === 0) throw new RangeError('curve has no volume');
}

/** The part of the curve's volume before `time`, 0 .. 1 of the whole time. */
export function partOfCurve(curve: readonly number[], time: number): number {
  const at = Math.max(0, time) * curve.length;
  let before = 0;
  let sum = 0;
  for (let k = 0; k < curve.length; k++) {
    sum += curve[k];
    before += curve[k] * Math.min(1, Math.max(0, at - k));
  }
  return before / sum;
}

export const vwap = defineStrategy({
  name: 'vwap',
  description: 'Works a parent order along a volume curve, given or learned',
  parameters: specs,
  create: (parameters) => new Vwap(parameters),
});
