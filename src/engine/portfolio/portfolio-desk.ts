/**
 * Portfolio risk on the engine's side: states exposures to the risk worker (by way of the journal), asks for figures, takes
 * the answers, and holds orders against them.
 *
 * A request is made after an input at which a position changed, or at which so much time has passed since the last one; at
 * most one is under way. In replay its answer takes effect a fixed time after it, whenever the worker had it ready: the
 * engine waits. Live, it takes effect when it comes. Either way it is an input, journalled before it acts.
 */
import type { PortfolioIdentity, PortfolioLimits } from '../../config/portfolio-config.ts';
import type { InstrumentDef } from '../../core/instrument-def.ts';
import type { InstrumentTerms } from '../../core/instrument-terms.ts';
import { OrderSide, RejectCode, signOf } from '../../core/order.ts';
import {
  RecordType,
  RISK_EXPOSURE_RECORD_BYTES,
  RISK_REQUEST_RECORD_BYTES,
  RiskScope,
  RiskStateKind,
} from '../../core/record.ts';
import type { Orders } from '../../oms/orders.ts';
import { DRAWDOWN, type GateLimit, PortfolioGate } from '../../portfolio/live/gate.ts';
import { FIGURE_NAMES, Figure, type PortfolioModel, PortfolioState } from '../../portfolio/live/portfolio-state.ts';
import type { JournalWriter } from '../../ring/journal.ts';
import type { Exposure } from '../../risk/exposure.ts';
import { BUY_LOTS, POSITION, SELL_LOTS } from '../../risk/exposure-rows.ts';
import type { LimitUse } from '../../risk/limit-use.ts';
import type { Positions } from '../../risk/positions.ts';
import type { RiskStateListener } from '../../risk/reporter.ts';
import { ENGINE } from '../../risk/subjects.ts';
import type { RecordClaimer } from '../trading/trade-journal.ts';
import { OUTCOMES, Outcomes } from './outcomes.ts';
import { Answer } from './risk-monitor.ts';

const NS_PER_MS = 1e6;
const MICRO = 1e6;
/** A warning is given again only after the figure fell by so much. */
const HYSTERESIS = 0.95;
const NONE = Number.POSITIVE_INFINITY;
/** What of an instrument changed. */
const EXPOSURE = 1;
const ORDERS = 2;

export interface PortfolioParts {
  readonly positions: Positions;
  readonly exposure: Exposure;
  readonly orders: Orders;
  readonly journal: JournalWriter;
  readonly claimer: RecordClaimer;
  /** Units of the engine's currency per unit of another; NaN where there is none. */
  readonly fxOf: (currency: string) => number;
  /** An answer takes effect when it comes, not at a time fixed before. */
  readonly isLive: boolean;
}

export class PortfolioDesk {
  readonly gate: PortfolioGate;
  readonly state: PortfolioState;
  /** Answers taken. */
  answers = 0;
  private readonly parts: PortfolioParts;
  /** Told of warnings. */
  private listener: RiskStateListener | null = null;
  private readonly outcomes: Outcomes;
  private readonly everyNs: number;
  private readonly latencyNs: number;
  /** By instrument: 10^-qtyDecimals, 10^-priceDecimals / 2, money per unit and point. */
  private readonly unitOfLot: number[] = [];
  private readonly pointOfHalfTick: number[] = [];
  private readonly moneyPerPoint: number[] = [];
  /** Instruments that changed: bit 0, the exposure may differ from the one last stated; bit 1, the open orders. */
  private isDirty: Uint8Array = new Uint8Array(16);
  private dirty = new Int32Array(16);
  private dirtyCount = 0;
  private positionsChanged = false;
  private requests = 0;
  private isAsked = false;
  /** Times of the last request, and of when the answer to it is due. */
  private readonly askedNs = Float64Array.of(Number.NEGATIVE_INFINITY);
  private readonly dueNs = Float64Array.of(NONE);
  private readonly cells = new Float64Array(3);
  private readonly qty = new Float64Array(1);
  private readonly more = new Float64Array(1);
  private readonly open = new Float64Array(2);

  constructor(identity: PortfolioIdentity, model: PortfolioModel, parts: PortfolioParts) {
    this.state = new PortfolioState(model);
    this.gate = new PortfolioGate(this.state, gateLimits(identity.limits), identity.maxAgeMs * NS_PER_MS);
    this.outcomes = new Outcomes(model);
    this.parts = parts;
    this.everyNs = identity.everyMs * NS_PER_MS;
    this.latencyNs = parts.isLive ? NONE : identity.latencyMs * NS_PER_MS;
  }

  setListener(listener: RiskStateListener): void {
    this.listener = listener;
  }

  /** Number of the request under way, or 0. */
  get asked(): number {
    return this.isAsked ? this.requests : 0;
  }

  /** When the answer under way takes effect in replay; Infinity when none is, and live. */
  nextDueNs(): number {
    return this.dueNs[0];
  }

  define(instrument: number, def: InstrumentDef, terms: InstrumentTerms | null): void {
    this.state.define(instrument, def.symbol);
    this.outcomes.define(instrument, def.symbol);
    if (instrument >= this.isDirty.length) {
      const size = Math.max(instrument + 1, this.isDirty.length * 2);
      const flags = new Uint8Array(size);
      const list = new Int32Array(size);
      flags.set(this.isDirty);
      list.set(this.dirty);
      this.isDirty = flags;
      this.dirty = list;
    }
    const multiplier = terms === null ? Number.NaN : terms.multiplier.units / 10 ** terms.multiplier.decimals;
    this.unitOfLot[instrument] = 10 ** -def.qtyDecimals;
    this.pointOfHalfTick[instrument] = 10 ** -def.priceDecimals / 2;
    this.moneyPerPoint[instrument] = terms === null ? Number.NaN : multiplier * this.parts.fxOf(terms.currency);
    this.touch(instrument, EXPOSURE);
  }

  /** The instrument's mark may have changed. */
  onMark(instrument: number): void {
    if (instrument < this.unitOfLot.length && this.unitOfLot[instrument] !== undefined)
      this.touch(instrument, EXPOSURE);
  }

  /** An order of the instrument was sent, changed or ended. */
  onOrders(instrument: number): void {
    if (this.gate.hasHardLimits) this.touch(instrument, ORDERS);
  }

  onPosition(instrument: number): void {
    this.touch(instrument, EXPOSURE);
    this.positionsChanged = true;
  }

  /** After an input at `now[0]`, caused by record `cause`: asks for figures where it is time to. */
  settle(now: Float64Array, cause: number): void {
    if (this.isAsked || !(this.positionsChanged || now[0] - this.askedNs[0] >= this.everyNs)) return;
    this.refresh(cause);
    this.state.nowNs[0] = now[0];
    this.state.revalueOptions();
    this.state.settle(++this.requests);
    if (this.gate.hasHardLimits) this.outcomes.settle(now, this.requests);
    this.gate.request();
    const { journal, claimer } = this.parts;
    const w = claimer.claim(RecordType.RiskRequest, RISK_REQUEST_RECORD_BYTES);
    journal.u32[w * 2 + 6] = this.requests;
    journal.u32[w * 2 + 7] = 0;
    journal.f64[w + 4] = cause;
    journal.f64[w + 5] = now[0];
    this.isAsked = true;
    this.positionsChanged = false;
    this.askedNs[0] = now[0];
    this.dueNs[0] = now[0] + this.latencyNs;
  }

  /** The answer to the request under way, whose record is the last one written. */
  take(answer: Float64Array): void {
    this.isAsked = false;
    this.dueNs[0] = NONE;
    this.answers++;
    const { positions } = this.parts;
    this.gate.drawdown[0] = positions.drawdownMicro(ENGINE) / MICRO;
    this.cells[0] = this.askedNs[0];
    this.gate.take(answer, Answer.Figures, this.cells);
    this.gate.review(HYSTERESIS, ({ soft, code }, value) => {
      // The code is also that of the engine's own VaR limit, whose warnings stand in the log in millionths of the currency.
      const unit = code === RejectCode.VarLimit ? MICRO : 1;
      this.listener?.onRiskState(RiskScope.Engine, RiskStateKind.LimitWarning, 0, value * unit, soft * unit, code);
    });
  }

  /**
   * Whether the order may leave with `qtyLots` in all (its new quantity, for a replace): as things are, with everything that is
   * open on its side of the instrument filled; and whatever becomes of all other open orders (outcomes.ts).
   */
  check(orderId: number, qtyLots: number, now: Float64Array): RejectCode {
    const { orders, exposure, positions } = this.parts;
    const instrument = orders.instrument[orderId];
    if (!this.gate.hasHardLimits) return RejectCode.None;
    if (this.dirtyCount > 0) this.refresh(0);
    this.gate.drawdown[0] = positions.drawdownMicro(ENGINE) / MICRO;
    const side = orders.side[orderId];
    const row = exposure.rows.find(ENGINE, instrument);
    const open = row === 0 ? 0 : exposure.rows.f64[row + (side === OrderSide.Buy ? BUY_LOTS : SELL_LOTS)];
    const more = qtyLots - orders.cumQtyLots[orderId] - exposure.countedLots(orderId);
    const unit = signOf(side) * this.unitOfLot[instrument];
    this.qty[0] = (open + more) * unit;
    const code = this.gate.check(this.state, instrument, this.qty, now);
    if (code !== RejectCode.None) return code;
    const { outcomes } = this;
    for (let k = 0; k < OUTCOMES; k++) {
      this.more[0] = more * unit;
      outcomes.addition(k, instrument, side, this.more, this.qty);
      if (this.qty[0] === 0) continue;
      const worse = this.gate.check(outcomes.states[k], instrument, this.qty, now);
      if (worse !== RejectCode.None) return worse;
    }
    return RejectCode.None;
  }

  /** Every limit and how far it is used, as the worker last said. For people. */
  limitUse(): LimitUse[] {
    return this.gate.limits.map(({ figure, soft, hard }) => {
      const use = this.gate.current(figure);
      const max = hard < NONE ? hard : soft;
      const name = `portfolio ${figure === DRAWDOWN ? 'drawdown' : FIGURE_NAMES[figure]}${hard < NONE ? '' : ' (soft)'}`;
      return { limit: name, scope: 'engine', use, max, percent: Math.max(0, (use / max) * 100) };
    });
  }

  private touch(instrument: number, what: number): void {
    if (this.isDirty[instrument] === 0) this.dirty[this.dirtyCount++] = instrument;
    this.isDirty[instrument] |= what;
  }

  /** Brings the state up to date; `cause` other than 0: the exposures are stated in the journal, and then clean. */
  private refresh(cause: number): void {
    const { cells } = this;
    for (let i = 0; i < this.dirtyCount; i++) {
      const instrument = this.dirty[i];
      this.readExposure(instrument);
      this.state.set(instrument, cells, 0);
      if (this.gate.hasHardLimits) this.outcomes.set(instrument, cells, this.open);
      if (cause === 0) continue;
      if ((this.isDirty[instrument] & EXPOSURE) !== 0) this.journalExposure(instrument, cause);
      this.isDirty[instrument] = 0;
    }
    if (cause !== 0) this.dirtyCount = 0;
  }

  private readExposure(instrument: number): void {
    const { positions, exposure } = this.parts;
    const row = exposure.rows.find(ENGINE, instrument);
    const lots = row === 0 ? 0 : exposure.rows.f64[row + POSITION];
    this.cells[0] = lots * this.unitOfLot[instrument];
    this.open[0] = row === 0 ? 0 : exposure.rows.f64[row + BUY_LOTS] * this.unitOfLot[instrument];
    this.open[1] = row === 0 ? 0 : exposure.rows.f64[row + SELL_LOTS] * this.unitOfLot[instrument];
    this.cells[1] = positions.markOf(instrument) * this.pointOfHalfTick[instrument];
    this.cells[2] = this.moneyPerPoint[instrument];
  }

  private journalExposure(instrument: number, cause: number): void {
    const { journal, claimer } = this.parts;
    const w = claimer.claim(RecordType.RiskExposure, RISK_EXPOSURE_RECORD_BYTES);
    journal.u32[w * 2 + 6] = 0;
    journal.u32[w * 2 + 7] = instrument;
    journal.f64[w + 4] = cause;
    for (let k = 0; k < 3; k++) {
      // One NaN of the many there are, or a rerun's bytes could differ from the run's.
      journal.f64[w + 5 + k] = Number.isNaN(this.cells[k]) ? Number.NaN : this.cells[k];
    }
  }
}

/** From the configuration's words to the gate's. */
function gateLimits(limits: PortfolioLimits): GateLimit[] {
  const rows: readonly (readonly [keyof PortfolioLimits, number, RejectCode, number])[] = [
    ['var', Figure.Var, RejectCode.VarLimit, 1],
    ['es', Figure.Es, RejectCode.EsLimit, 1],
    ['stressLoss', Figure.StressLoss, RejectCode.StressLimit, 1],
    ['gross', Figure.Gross, RejectCode.PortfolioGross, 1],
    ['net', Figure.Net, RejectCode.PortfolioNet, 1],
    ['sector', Figure.SectorGross, RejectCode.SectorLimit, 1],
    ['concentrationPercent', Figure.Concentration, RejectCode.ConcentrationLimit, 0.01],
    ['delta', Figure.Delta, RejectCode.DeltaLimit, 1],
    ['gamma', Figure.Gamma, RejectCode.GammaLimit, 1],
    ['vega', Figure.Vega, RejectCode.VegaLimit, 1],
    ['drawdown', DRAWDOWN, RejectCode.PortfolioDrawdown, 1],
  ];
  return rows.flatMap(([key, figure, code, unit]) => {
    const limit = limits[key];
    if (limit === undefined) return [];
    return [{ figure, code, soft: (limit.soft ?? NONE) * unit, hard: (limit.hard ?? NONE) * unit }];
  });
}
