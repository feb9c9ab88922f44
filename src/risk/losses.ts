/**
 * Loss and drawdown limits, and the VaR limit. Losses are evaluated whenever equity is: at every fill and at every change
 * of the mark of an instrument that is held. A limit that is reached trips: the subject's trading state becomes Reducing or
 * Halted, or its kill switch is thrown, by configuration; that stays until somebody resumes it. It trips again only after
 * the use was below the limit in between. While it is reached, requests that do not reduce are refused here as well.
 */
import type { Fnv64 } from '../core/hash.ts';
import { RejectCode } from '../core/order.ts';
import { RiskStateKind } from '../core/record.ts';
import { Check, type Request, SCOPES } from './checks.ts';
import { DRAWDOWNS, LOSSES, NOT_BOUND, VAR } from './limit-vectors.ts';
import type { Limits } from './limits.ts';
import type { Positions } from './positions.ts';
import type { RiskReporter } from './reporter.ts';
import { type Standing, TradingState } from './standing.ts';

const NONE = Number.POSITIVE_INFINITY;
const LOSS = 1;
const DRAWDOWN = 2;

export class Losses {
  /** Micro-units of the engine's currency; NaN: not known. */
  varMicro = Number.NaN;
  private varUntilNs = Number.NEGATIVE_INFINITY;
  private readonly limits: Limits;
  private readonly positions: Positions;
  private readonly standing: Standing;
  private readonly reporter: RiskReporter;
  /** By subject: LOSS, DRAWDOWN while reached. */
  private readonly reached: Uint8Array;

  constructor(limits: Limits, positions: Positions, standing: Standing, reporter: RiskReporter) {
    this.limits = limits;
    this.positions = positions;
    this.standing = standing;
    this.reporter = reporter;
    this.reached = new Uint8Array(positions.subjects.count);
  }

  /** `value`: in the engine's currency, valid until `untilNs`. What is no number at or above 0 is no figure. */
  setVar(value: number, untilNs: number): void {
    const micro = Math.ceil(value * 1e6);
    this.varMicro = micro >= 0 && micro <= Number.MAX_SAFE_INTEGER ? micro : Number.NaN;
    this.varUntilNs = untilNs;
  }

  /** Whether a limit was reached, so that falling below it has to be seen. */
  isReached(subject: number): boolean {
    return this.reached[subject] !== 0;
  }

  /** The subject's equity changed (or its limits). */
  evaluate(subject: number): void {
    const { limits, positions } = this;
    if (positions.problems[subject] > 0) return; // not known: requests are refused while that lasts
    const loss = 0 - positions.equityMicro[subject];
    this.follow(subject, LOSS, loss, limits.maxLoss[subject], RejectCode.LossLimit);
    const drawdown = positions.drawdownMicro(subject);
    this.follow(subject, DRAWDOWN, drawdown, limits.maxDrawdown[subject], RejectCode.DrawdownLimit);
  }

  checkLoss(request: Request): RejectCode {
    request.lastCheck = Check.Loss;
    for (let i = 0; i < SCOPES; i++) {
      const subject = request.subjects[i];
      const limit = this.limits.maxLoss[subject];
      if (limit === NONE || (request.reduces & (1 << i)) !== 0) continue;
      if (this.positions.problems[subject] > 0) return RejectCode.RiskUnavailable;
      if (!request.below(Check.Loss, 0 - this.positions.equityMicro[subject], limit)) return RejectCode.LossLimit;
    }
    request.lastCheck = Check.Drawdown;
    for (let i = 0; i < SCOPES; i++) {
      const subject = request.subjects[i];
      const limit = this.limits.maxDrawdown[subject];
      if (limit === NONE || (request.reduces & (1 << i)) !== 0) continue;
      if (this.positions.problems[subject] > 0) return RejectCode.RiskUnavailable;
      if (!request.below(Check.Drawdown, this.positions.drawdownMicro(subject), limit)) return RejectCode.DrawdownLimit;
    }
    return RejectCode.None;
  }

  checkVar(request: Request): RejectCode {
    request.lastCheck = Check.Var;
    const limit = this.limits.maxVar;
    if (limit === NONE || (request.reduces & 1) !== 0) return RejectCode.None;
    if (Number.isNaN(this.varMicro) || !(request.nowNs <= this.varUntilNs)) return RejectCode.RiskUnavailable;
    return request.within(Check.Var, this.varMicro, limit) ? RejectCode.None : RejectCode.VarLimit;
  }

  /** What the checks of losses compare, by place. Every subject's equity is known. */
  readValues(request: Request, values: Float64Array): void {
    const { equityMicro, peakMicro } = this.positions;
    const { subjects, reduces } = request;
    for (let i = 0; i < SCOPES; i++) {
      const isBound = (reduces & (1 << i)) === 0;
      const equity = equityMicro[subjects[i]];
      values[LOSSES + i] = isBound ? 0 - equity : NOT_BOUND;
      values[DRAWDOWNS + i] = isBound ? peakMicro[subjects[i]] - equity : NOT_BOUND;
    }
  }

  /** What `checkVar` compares; NaN for a VaR that is not known. */
  readVar(request: Request, values: Float64Array): void {
    if (this.limits.maxVar === NONE || (request.reduces & 1) !== 0) values[VAR] = NOT_BOUND;
    else values[VAR] = request.nowNs <= this.varUntilNs ? this.varMicro : Number.NaN;
  }

  foldInto(hash: Fnv64): void {
    for (const bits of this.reached) hash.word(bits);
    hash.integer(!Number.isNaN(this.varMicro) ? this.varMicro : -1);
  }

  private follow(subject: number, bit: number, value: number, limit: number, code: RejectCode): void {
    const was = (this.reached[subject] & bit) !== 0;
    const is = value >= limit;
    if (is === was) return;
    this.reached[subject] ^= bit;
    if (is) this.trip(subject, value, limit, code);
  }

  private trip(subject: number, value: number, limit: number, code: RejectCode): void {
    const { standing, reporter } = this;
    const action = this.limits.onLoss[subject];
    if (action === 'kill') {
      if (standing.killed[subject] === 1) return;
      standing.killed[subject] = 1;
      reporter.report(subject, RiskStateKind.Killed, value, limit, code);
      return;
    }
    const state = action === 'halted' ? TradingState.Halted : TradingState.Reducing;
    if (state <= standing.state[subject]) return;
    standing.state[subject] = state;
    reporter.report(subject, state, value, limit, code);
  }
}
