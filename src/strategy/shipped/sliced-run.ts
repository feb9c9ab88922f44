/**
 * A parent worked along a schedule: how much of it should be done by when. Time is cut into slices; a slice's quantity
 * rests at the touch, and what has not filled when the slice ends is taken from the opposite side.
 */

import type { ParentView, StrategyContext } from '../api.ts';
import { PARENT_PARAMETERS, type ParentParameters } from './parent-parameters.ts';
import { ParentRun } from './parent-run.ts';

export const SLICED_PARAMETERS = {
  ...PARENT_PARAMETERS,
  sliceSeconds: { type: 'number', default: 10, min: 0.001, text: 'length of a slice' },
  style: {
    type: 'string',
    default: 'passive-then-cross',
    choices: ['passive-then-cross', 'passive', 'cross'],
    text: 'rest at the touch and take what is left at the end of a slice; only rest; only take',
  },
} as const;

export interface SlicedParameters extends ParentParameters {
  readonly sliceSeconds: number;
  readonly style: string;
}

export abstract class SlicedRun<Values extends SlicedParameters> extends ParentRun<Values> {
  /** The part of the parent (0 .. 1) that should be done at `atNs`, between start and end; never falls in time. */
  protected abstract partDoneBy(ctx: StrategyContext, atNs: number): number;

  /** Lots due at the boundaries of the slice under way. */
  private dueLots = 0;
  private dueNextLots = 0;
  /** Number of the slice under way; -1 before the first. */
  private slice = -1;

  protected override rescale(_priceFactor: number, qtyFactor: number): void {
    this.dueLots *= qtyFactor;
    this.dueNextLots *= qtyFactor;
  }

  protected override nextWakeNs(nowNs: number): number {
    return this.startNs + (this.sliceAt(nowNs) + 1) * this.parameters.sliceSeconds * 1e9;
  }

  /** Slices are half-open: a boundary belongs to the slice that it starts. */
  private sliceAt(nowNs: number): number {
    return Math.floor((nowNs - this.startNs) / (this.parameters.sliceSeconds * 1e9));
  }

  protected override work(ctx: StrategyContext, parent: ParentView): void {
    this.schedule(ctx);
    const done = parent.cumQtyLots;
    if (this.parameters.style === 'cross') {
      // Taken when the slice begins, not when it ends: the first slice's part leaves at the start.
      if (this.dueNextLots > done) this.cross(ctx, this.dueNextLots - done, parent);
      return;
    }
    const isLate = this.dueLots > done && this.parameters.style === 'passive-then-cross';
    if (isLate && this.cross(ctx, this.dueLots - done, parent)) return;
    this.rest(ctx, this.dueNextLots - done, this.ownTouch(ctx), parent);
  }

  private schedule(ctx: StrategyContext): void {
    const slice = this.sliceAt(ctx.nowNs);
    if (slice === this.slice) return;
    this.slice = slice;
    const sliceNs = this.parameters.sliceSeconds * 1e9;
    const fromNs = this.startNs + slice * sliceNs;
    this.dueLots = slice <= 0 ? 0 : Math.max(this.dueLots, this.lotsDueAt(ctx, fromNs, this.dueNextLots));
    this.dueNextLots = Math.max(this.dueLots, this.lotsDoneBy(ctx, Math.min(fromNs + sliceNs, this.endNs)));
  }

  /** Rounded down to whole lots, and not a lot too few where the product is just below a whole number. */
  protected lotsDoneBy(ctx: StrategyContext, atNs: number): number {
    const part = this.partDoneBy(ctx, atNs);
    return part >= 1 ? this.qtyLots : this.subject.wholeLots(part * this.qtyLots + 1e-6);
  }

  /** What must be done when a slice begins; `askedLots`: what the slice before it was asked for. */
  protected lotsDueAt(ctx: StrategyContext, fromNs: number, _askedLots: number): number {
    return this.lotsDoneBy(ctx, fromNs);
  }

  protected override finishing(ctx: StrategyContext, parent: ParentView): boolean {
    if (this.parameters.style === 'passive') return false;
    this.cross(ctx, this.qtyLots - parent.cumQtyLots, parent);
    return true;
  }
}
