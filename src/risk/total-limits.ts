/**
 * The limits on totals (exposure.ts). Per subject and instrument:
 *
 *   position limit   position + all open buys <= maxLong; all open sells - position <= maxShort        (lots)
 *   gross exposure   sum over instruments of max(value + open buys, open sells - value)                (money, at the mark)
 *   net exposure     buys: sum of values + all open buys; sells: all open sells - sum of values
 *   credit           sum of what positions cost, each by itself, + all open orders, + what was lost so far
 *
 * A request that adds nothing, or only reduces the position of a subject (all open orders of its side together do not exceed
 * the opposite position), is never refused by that subject's limits. An amount that can't be known refuses wherever a limit
 * on money stands.
 */
import { OrderSide, RejectCode } from '../core/order.ts';
import { Check, type Request, SCOPES } from './checks.ts';
import type { Exposure } from './exposure.ts';
import {
  BUY_LOTS,
  BUY_MICRO,
  MAX_LONG,
  MAX_SHORT,
  POSITION,
  POSITION_MICRO,
  SELL_LOTS,
  SELL_MICRO,
} from './exposure-rows.ts';
import { CREDITS, GROSSES, NETS, NOT_BOUND, POSITIONS } from './limit-vectors.ts';
import type { Limits } from './limits.ts';
import type { Positions } from './positions.ts';

const NONE = Number.POSITIVE_INFINITY;

export class TotalLimits {
  private readonly exposure: Exposure;
  private readonly limits: Limits;
  private readonly positions: Positions;

  constructor(exposure: Exposure, limits: Limits, positions: Positions) {
    this.exposure = exposure;
    this.limits = limits;
    this.positions = positions;
  }

  /** Engine, account and strategy against their position limits, in lots. */
  checkPosition(request: Request): RejectCode {
    request.lastCheck = Check.Position;
    if (request.extraLots <= 0) return RejectCode.None;
    const { f64 } = this.exposure.rows;
    const isBuy = request.side === OrderSide.Buy;
    for (let i = 0; i < SCOPES; i++) {
      const row = request.rows[i];
      const used = isBuy ? f64[row + POSITION] + f64[row + BUY_LOTS] : f64[row + SELL_LOTS] - f64[row + POSITION];
      if (!request.within(Check.Position, used + request.extraLots, f64[row + (isBuy ? MAX_LONG : MAX_SHORT)])) {
        return isBuy ? RejectCode.PositionLong : RejectCode.PositionShort;
      }
    }
    return RejectCode.None;
  }

  checkGross(request: Request): RejectCode {
    request.lastCheck = Check.Gross;
    const { gross } = this.exposure;
    for (let i = 0; i < SCOPES; i++) {
      const subject = request.subjects[i];
      const limit = this.limits.maxGross[subject];
      if (limit === NONE || isExempt(request, i)) continue;
      if (this.isUnknown(request, i)) return RejectCode.RiskUnavailable;
      const row = request.rows[i];
      const extra = i === 0 ? request.extraMicroEngine : request.extraMicro;
      const buy = request.side === OrderSide.Buy ? extra : 0;
      const after = gross[subject] - this.grossOf(row, 0, 0) + this.grossOf(row, buy, extra - buy);
      if (!request.within(Check.Gross, after, limit)) return RejectCode.GrossExposure;
    }
    return RejectCode.None;
  }

  checkNet(request: Request): RejectCode {
    request.lastCheck = Check.Net;
    for (let i = 0; i < SCOPES; i++) {
      const subject = request.subjects[i];
      const limit = this.limits.maxNet[subject];
      if (limit === NONE || isExempt(request, i)) continue;
      if (this.isUnknown(request, i)) return RejectCode.RiskUnavailable;
      const extra = i === 0 ? request.extraMicroEngine : request.extraMicro;
      if (!request.within(Check.Net, this.exposure.netUse(subject, request.side) + extra, limit))
        return RejectCode.NetExposure;
    }
    return RejectCode.None;
  }

  checkCredit(request: Request): RejectCode {
    request.lastCheck = Check.Credit;
    for (let i = 0; i < SCOPES; i++) {
      const subject = request.subjects[i];
      const limit = this.limits.maxCredit[subject];
      if (limit === NONE || isExempt(request, i)) continue;
      if (this.isUnknown(request, i)) return RejectCode.RiskUnavailable;
      const extra = i === 0 ? request.extraMicroEngine : request.extraMicro;
      if (!request.within(Check.Credit, this.exposure.creditUse(subject) + extra, limit)) return RejectCode.Credit;
    }
    return RejectCode.None;
  }

  /** Whether what it adds is known, and everything that its subjects have so far. */
  isKnown(request: Request): boolean {
    const { subjects } = request;
    const { problems } = this.positions;
    for (let i = 0; i < SCOPES; i++)
      if (this.exposure.unvalued[subjects[i]] > 0 || problems[subjects[i]] > 0) return false;
    return !(Number.isNaN(request.extraMicro) || Number.isNaN(request.extraMicroEngine));
  }

  /** What `checkPosition` compares, by place (limit-vectors.ts). */
  readPositions(request: Request, values: Float64Array): void {
    const { f64 } = this.exposure.rows;
    const { extraLots, rows } = request;
    const isBuy = request.side === OrderSide.Buy;
    for (let i = 0; i < SCOPES; i++) {
      const row = rows[i];
      const used = isBuy ? f64[row + POSITION] + f64[row + BUY_LOTS] : f64[row + SELL_LOTS] - f64[row + POSITION];
      values[POSITIONS + i] = extraLots > 0 ? used + extraLots : NOT_BOUND;
    }
  }

  /** What the checks of money compare, by place. Everything is known. */
  readMoney(request: Request, values: Float64Array): void {
    const { gross, net, openBuy, openSell } = this.exposure;
    const { equityMicro, costMicro } = this.positions;
    const { f64 } = this.exposure.rows;
    const { rows, subjects } = request;
    const isBuy = request.side === OrderSide.Buy;
    for (let i = 0; i < SCOPES; i++) {
      const row = rows[i];
      const subject = subjects[i];
      const extra = i === 0 ? request.extraMicroEngine : request.extraMicro;
      if (extra <= 0 || (request.reduces & (1 << i)) !== 0) {
        values[GROSSES + i] = NOT_BOUND;
        values[NETS + i] = NOT_BOUND;
        values[CREDITS + i] = NOT_BOUND;
        continue;
      }
      const value = f64[row + POSITION_MICRO];
      const long = value + f64[row + BUY_MICRO];
      const short = f64[row + SELL_MICRO] - value;
      const longAfter = isBuy ? long + extra : long;
      const shortAfter = isBuy ? short : short + extra;
      values[GROSSES + i] =
        gross[subject] - (long > short ? long : short) + (longAfter > shortAfter ? longAfter : shortAfter);
      values[NETS + i] = (isBuy ? net[subject] + openBuy[subject] : openSell[subject] - net[subject]) + extra;
      const equity = equityMicro[subject];
      const tied = costMicro[subject] + openBuy[subject] + openSell[subject];
      values[CREDITS + i] = (equity < 0 ? tied - equity : tied) + extra;
    }
  }

  /** The row's part of gross exposure with so much more to buy and to sell. */
  private grossOf(row: number, buy: number, sell: number): number {
    const { f64 } = this.exposure.rows;
    const value = f64[row + POSITION_MICRO];
    const long = value + f64[row + BUY_MICRO] + buy;
    const short = f64[row + SELL_MICRO] + sell - value;
    return long > short ? long : short;
  }

  private isUnknown(request: Request, scope: number): boolean {
    const extra = scope === 0 ? request.extraMicroEngine : request.extraMicro;
    const subject = request.subjects[scope];
    return Number.isNaN(extra) || this.exposure.unvalued[subject] > 0 || this.positions.problems[subject] > 0;
  }
}

function isExempt(request: Request, scope: number): boolean {
  return (request.reduces & (1 << scope)) !== 0 || (scope === 0 ? request.extraMicroEngine : request.extraMicro) <= 0;
}
