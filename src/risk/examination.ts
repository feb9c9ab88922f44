/**
 * All checks of a request behind its fields (checks.ts names them in their order), made in one of two ways that come to the
 * same:
 *
 *   one by one   each check in its class, until one refuses
 *   at once      the usual case: a limit order, or a replace of one, of somebody who may trade, with every figure known and
 *                every limit kept. All figures are put side by side and compared with their limits in one loop
 *                (limit-vectors.ts), a quarter of the time. Refuses nothing: it passes the request, or gives up.
 *
 * Giving up is always right. Nothing is changed on the way that the checks one by one would not have changed before the one
 * that refuses (rates and volumes forget what is too old). A test makes every request both ways.
 */
import { OrderFlag, OrdType, RejectCode } from '../core/order.ts';
import { Check, type Request } from './checks.ts';
import type { Exposure } from './exposure.ts';
import { PERMISSIONS } from './exposure-rows.ts';
import { GROSSES, INSTRUMENT_RATE, type LimitVectors, NOTIONAL, PLACES, QTY, VAR, VOLUME } from './limit-vectors.ts';
import type { Limits } from './limits.ts';
import type { Losses } from './losses.ts';
import type { Rates } from './rates.ts';
import type { Reference } from './reference.ts';
import type { OpenOrders, SelfTradePrevention } from './self-trade.ts';
import type { Sizes } from './sizes.ts';
import type { Standing } from './standing.ts';
import type { TotalLimits } from './total-limits.ts';
import type { UseBounds } from './use-bounds.ts';

export interface ExaminationParts {
  readonly oms: OpenOrders;
  readonly limits: Limits;
  readonly vectors: LimitVectors;
  readonly standing: Standing;
  readonly reference: Reference;
  readonly sizes: Sizes;
  readonly rates: Rates;
  readonly exposure: Exposure;
  readonly totals: TotalLimits;
  readonly losses: Losses;
  readonly bounds: UseBounds;
  readonly selfTrade: SelfTradePrevention;
}

export class Examination {
  /** False: always one by one; for tests. */
  mayPassAtOnce = true;
  /** Requests that were passed at once. */
  passedAtOnce = 0;
  private readonly oms: OpenOrders;
  private readonly limits: Limits;
  private readonly vectors: LimitVectors;
  private readonly standing: Standing;
  private readonly reference: Reference;
  private readonly sizes: Sizes;
  private readonly rates: Rates;
  private readonly exposure: Exposure;
  private readonly totals: TotalLimits;
  private readonly losses: Losses;
  private readonly bounds: UseBounds;
  private readonly selfTrade: SelfTradePrevention;

  constructor(parts: ExaminationParts) {
    this.oms = parts.oms;
    this.limits = parts.limits;
    this.vectors = parts.vectors;
    this.standing = parts.standing;
    this.reference = parts.reference;
    this.sizes = parts.sizes;
    this.rates = parts.rates;
    this.exposure = parts.exposure;
    this.totals = parts.totals;
    this.losses = parts.losses;
    this.bounds = parts.bounds;
    this.selfTrade = parts.selfTrade;
  }

  /** The verdict on a request that is complete: its rows, prices and money (`Exposure.measure`). */
  decide(request: Request): RejectCode {
    const isReduceOnly = (this.oms.orders.flags[request.orderId] & OrderFlag.ReduceOnly) !== 0;
    if (this.mayPassAtOnce && this.passAtOnce(request, isReduceOnly)) {
      this.passedAtOnce++;
      return this.checkSelfTrade(request);
    }
    request.begin();
    return this.checkOneByOne(request, isReduceOnly);
  }

  private passAtOnce(request: Request, isReduceOnly: boolean): boolean {
    const { vectors, rates, totals } = this;
    const { values } = vectors;
    const { f64 } = this.exposure.rows;
    const row = request.rows[2];
    if (request.type !== OrdType.Limit || (isReduceOnly && (request.reduces & 4) === 0)) return false;
    if (!this.standing.isFree(request, f64[row + PERMISSIONS]) || !totals.isKnown(request)) return false;
    if (!this.reference.readValues(request, f64, row, values)) return false;
    values[QTY] = request.qtyLots;
    values[NOTIONAL] = request.notionalMicro;
    const at = vectors.at(f64, row, request.side);
    if (!vectors.keepsAll(request, at, 0, VOLUME)) return false;
    if (!this.sizes.readVolume(request, f64, row, values, vectors.f64, at)) return false;
    if (rates.checkRepeated(request) !== RejectCode.None) return false;
    rates.readStrategy(request, values);
    if (!vectors.keepsAll(request, at, VOLUME, INSTRUMENT_RATE)) return false;
    rates.readInstrument(request, values);
    if (rates.checkExecutions(request) !== RejectCode.None) return false;
    totals.readPositions(request, values);
    if (!vectors.keepsAll(request, at, INSTRUMENT_RATE, GROSSES)) return false;
    if (!this.bounds.areFar(request)) {
      totals.readMoney(request, values);
      this.losses.readValues(request, values);
      if (!vectors.keepsAll(request, at, GROSSES, VAR)) return false;
    }
    this.losses.readVar(request, values);
    return vectors.keepsAll(request, at, VAR, PLACES);
  }

  private checkOneByOne(request: Request, isReduceOnly: boolean): RejectCode {
    const { standing, reference, sizes, rates, exposure, totals, losses } = this;
    const { f64 } = exposure.rows;
    const row = request.rows[2];
    let code: RejectCode;
    if (exposure.isOverflow(request)) {
      request.lastCheck = Check.Fields;
      return RejectCode.NotionalOverflow;
    }
    if ((code = standing.checkKill(request)) !== RejectCode.None) return code;
    if ((code = standing.checkState(request)) !== RejectCode.None) return code;
    if ((code = standing.checkInstrument(request)) !== RejectCode.None) return code;
    if ((code = standing.checkPermissions(request, f64[row + PERMISSIONS])) !== RejectCode.None) return code;
    if ((code = reference.check(request, f64, row)) !== RejectCode.None) return code;
    if ((code = reference.checkCollars(request, f64, row)) !== RejectCode.None) return code;
    if ((code = sizes.checkQty(request, f64, row)) !== RejectCode.None) return code;
    if ((code = sizes.checkNotional(request, f64, row)) !== RejectCode.None) return code;
    if ((code = sizes.checkVolume(request, f64, row)) !== RejectCode.None) return code;
    request.lastCheck = Check.ReduceOnly;
    if (isReduceOnly && (request.reduces & 4) === 0) return RejectCode.ReduceOnlyOrder;
    if ((code = rates.checkRepeated(request)) !== RejectCode.None) return code;
    if ((code = rates.checkMessages(request)) !== RejectCode.None) return code;
    if ((code = rates.checkExecutions(request)) !== RejectCode.None) return code;
    if ((code = totals.checkPosition(request)) !== RejectCode.None) return code;
    if ((code = totals.checkGross(request)) !== RejectCode.None) return code;
    if ((code = totals.checkNet(request)) !== RejectCode.None) return code;
    if ((code = totals.checkCredit(request)) !== RejectCode.None) return code;
    if ((code = losses.checkLoss(request)) !== RejectCode.None) return code;
    if ((code = losses.checkVar(request)) !== RejectCode.None) return code;
    return this.checkSelfTrade(request);
  }

  private checkSelfTrade(request: Request): RejectCode {
    const { f64 } = this.exposure.rows;
    return this.selfTrade.check(request, this.limits.selfTrade[request.account], f64, request.rows[1]);
  }
}
