/**
 * A bound on how far a subject's limits on totals (gross, net, credit, loss, drawdown) are used, so that nobody has to look
 * at each of them while all are far away:
 *
 *   use / limit <= level + moved x inverse
 *
 * `level` is the largest share when it was last looked at, `moved` what the sums have moved since, every amount taken as if
 * it were the wrong way (kept by Exposure and Positions), `inverse` that of the smallest limit. When a bound is too large to
 * say anything, and not because a limit is truly near, it is found anew.
 */
import { assert } from '../core/assert.ts';
import { type Request, SCOPES } from './checks.ts';
import type { Exposure } from './exposure.ts';
import type { Limits } from './limits.ts';
import type { Positions } from './positions.ts';

/** More than rounding can add up to in a bound. */
const ROUNDED_UP = 1 + 2 ** -40;
/** A bound is found anew when what has moved is more than this part of it. */
const STALE_PART = 0.1;

export class UseBounds {
  /** By subject. */
  private readonly level: Float64Array;
  private readonly inverse: Float64Array;
  private readonly limits: Limits;
  private readonly exposure: Exposure;
  private readonly positions: Positions;

  constructor(limits: Limits, exposure: Exposure, positions: Positions) {
    this.limits = limits;
    this.exposure = exposure;
    this.positions = positions;
    this.level = new Float64Array(limits.subjects.count);
    this.inverse = new Float64Array(limits.subjects.count);
    this.refresh();
  }

  /** The limits changed. */
  refresh(): void {
    const { maxGross, maxNet, maxCredit, maxLoss, maxDrawdown } = this.limits;
    for (let subject = 0; subject < this.level.length; subject++) {
      const least = Math.min(...[maxGross, maxNet, maxCredit, maxLoss, maxDrawdown].map((limit) => limit[subject]));
      this.inverse[subject] = least > 0 ? (1 / least) * ROUNDED_UP : Number.POSITIVE_INFINITY;
      this.find(subject);
    }
  }

  /** Whether no total of the request's subjects can matter to its verdict and figures: see `Request.far`. */
  areFar(request: Request): boolean {
    const { subjects, reduces } = request;
    for (let i = 0; i < SCOPES; i++) {
      if ((reduces & (1 << i)) !== 0) continue; // not bound
      const subject = subjects[i];
      const extra = i === 0 ? request.extraMicroEngine : request.extraMicro;
      const more = extra > 0 ? extra * this.inverse[subject] : 0;
      if (this.level[subject] + this.drift(subject) + more < request.far) continue;
      if (!this.renew(subject) || !(this.level[subject] + more < request.far)) return false;
    }
    return true;
  }

  /** Whether all totals of a subject are below the warning level. */
  isBelowWarning(subject: number): boolean {
    const { warnRatio } = this.limits;
    if (this.level[subject] + this.drift(subject) < warnRatio) return true;
    return this.renew(subject) && this.level[subject] < warnRatio;
  }

  checkInvariants(): void {
    for (let subject = 0; subject < this.level.length; subject++) {
      const bound = this.level[subject] + this.drift(subject);
      assert(
        Number.isNaN(bound) || bound >= this.most(subject),
        'no limit on a total is used further than its bound says',
      );
    }
  }

  private drift(subject: number): number {
    return (this.exposure.movedMicro[subject] + this.positions.movedMicro[subject]) * this.inverse[subject];
  }

  /** Finds the bound anew where that may help. */
  private renew(subject: number): boolean {
    if (!(this.drift(subject) > this.level[subject] * STALE_PART)) return false;
    this.find(subject);
    return true;
  }

  private find(subject: number): void {
    this.level[subject] = this.most(subject) * ROUNDED_UP;
    this.exposure.movedMicro[subject] = 0;
    this.positions.movedMicro[subject] = 0;
  }

  private most(subject: number): number {
    const { limits, exposure, positions } = this;
    const { net, openBuy, openSell } = exposure;
    const buys = net[subject] + openBuy[subject];
    const sells = openSell[subject] - net[subject];
    let most = 0;
    most = larger(most, exposure.gross[subject], limits.maxGross[subject]);
    most = larger(most, buys > sells ? buys : sells, limits.maxNet[subject]);
    most = larger(most, exposure.creditUse(subject), limits.maxCredit[subject]);
    most = larger(most, 0 - positions.equityMicro[subject], limits.maxLoss[subject]);
    return larger(most, positions.drawdownMicro(subject), limits.maxDrawdown[subject]);
  }
}

/** A limit of 0 is always near. */
function larger(most: number, value: number, limit: number): number {
  const ratio = limit > 0 ? value / limit : Number.POSITIVE_INFINITY;
  return ratio > most ? ratio : most;
}
