/**
 * Peg: an order whose price follows the market (FIX 4.4 tags 211, 1094; Johnson 2010, ch. 4.4):
 *   primary   own touch - s x offset        market   opposite touch - s x offset        mid   mid - s x offset
 * s = +1 buying, -1 selling: an offset makes the price more passive, a negative one more aggressive; never past the
 * limit. Native: the venue moves it (at no cost of latency). Synthetic: moved by replaces, at most one per
 * minRequestMs, and only when it is off by more than `toleranceTicks` price steps.
 */
import { OrderSide, OrdType, PegType, signOf } from '../../core/order.ts';
import { defineStrategy, type Parameters, type ParentView, type StrategyContext } from '../api.ts';
import { PARENT_PARAMETERS } from './parent-parameters.ts';
import { ParentRun } from './parent-run.ts';

const specs = {
  ...PARENT_PARAMETERS,
  peg: { type: 'string', default: 'primary', choices: ['primary', 'market', 'mid'], text: 'what is followed' },
  offsetSteps: { type: 'integer', default: 0, text: 'price steps away from the peg, positive: more passive' },
  native: { type: 'boolean', default: false, text: "true: the venue's pegged order; false: moved by replaces" },
  toleranceSteps: { type: 'number', default: 0, min: 0, text: 'synthetic: price steps it may be off' },
} as const;

class Peg extends ParentRun<Parameters<typeof specs>> {
  protected override begin(): void {
    const { native, peg, offsetSteps } = this.parameters;
    const { ticket } = this.passive;
    if (peg === 'market') ticket.flags = 0; // meant to take where the offset lets it
    if (!native) return;
    ticket.type = OrdType.Pegged;
    ticket.peg = peg === 'primary' ? PegType.Primary : peg === 'market' ? PegType.Market : PegType.Mid;
    ticket.pegOffsetTicks = offsetSteps * this.subject.stepTicks;
    ticket.flags = 0; // a pegged order is repriced by the venue: post-only does not go with it
  }

  protected override work(ctx: StrategyContext, parent: ParentView): void {
    const left = this.qtyLots - parent.cumQtyLots;
    if (this.parameters.native) {
      // NaN: the ticket's price is the limit of the peg, and there is none.
      const limit = this.limitTicks > 0 ? this.limitTicks : Number.NaN;
      this.obstacle = '';
      if (this.passive.live(ctx) !== null) return;
      this.passive.wantedLots = Math.min(left, parent.availableLots);
      this.passive.wantedTicks = limit;
      this.passive.keep(ctx);
      return;
    }
    this.passiveTolerance(ctx, left, parent);
  }

  private passiveTolerance(ctx: StrategyContext, left: number, parent: ParentView): void {
    const wanted = this.bounded(this.pegPrice(ctx));
    const tolerance = this.parameters.toleranceSteps * this.subject.stepTicks;
    const live = this.passive.live(ctx);
    const isNear = live !== null && Math.abs(live.priceTicks - wanted) <= tolerance;
    this.rest(ctx, left, isNear ? live.priceTicks : wanted, parent);
  }

  private pegPrice(ctx: StrategyContext): number {
    const { subject, side, parameters } = this;
    const book = ctx.book(subject.instrument);
    const sign = signOf(side);
    const away = sign * parameters.offsetSteps * subject.stepTicks;
    const reference =
      parameters.peg === 'primary'
        ? this.ownTouch(ctx)
        : parameters.peg === 'market'
          ? this.oppositeTouch(ctx)
          : book.midTicks;
    const price = reference - away;
    const stepped = side === OrderSide.Buy ? subject.stepBelow(price) : subject.stepAbove(price);
    return Math.max(subject.stepTicks, stepped);
  }

  protected override finishing(): boolean {
    return false;
  }

  protected override nextWakeNs(): number {
    return this.endNs;
  }
}

export const peg = defineStrategy({
  name: 'peg',
  description: 'Rests at a price that follows the touch or the mid',
  parameters: specs,
  create: (parameters) => new Peg('peg', parameters),
});
