/**
 * Pre-trade risk: every order and every replace passes all checks (checks.ts names them in their order) before it may
 * leave; the first that refuses ends it. Nothing is changed by a refused request, nothing is used up by it. Cancels have a
 * rate of their own and no other check: neither kill switch nor trading state nor any limit holds one back.
 *
 * What can't be known refuses: no price, no exchange rate, no terms, no VaR figure, where a limit needs one. Requests that
 * only reduce a position pass the limits on totals (position, exposure, credit, losses, VaR), whatever is known.
 *
 * The hot path allocates nothing once rows exist (one per engine, account and strategy, and instrument). Times in session
 * ns, prices in ticks, quantities in lots, money in micro-units of an account's currency.
 */
import type { Books } from '../book/books.ts';
import type { Fnv64 } from '../core/hash.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { InstrumentTerms } from '../core/instrument-terms.ts';
import { OrdType, RejectCode } from '../core/order.ts';
import { RiskStateKind } from '../core/record.ts';
import { widened } from '../core/widened.ts';
import { Check, Request } from './checks.ts';
import { Examination } from './examination.ts';
import { Exposure } from './exposure.ts';
import { NEXT_ROW, POSITION, SUBJECT } from './exposure-rows.ts';
import { checkFields, checkReplacement } from './fields.ts';
import { type LimitUse, listUse } from './limit-use.ts';
import { LimitVectors } from './limit-vectors.ts';
import { Limits } from './limits.ts';
import { Losses } from './losses.ts';
import type { Positions } from './positions.ts';
import { Rates } from './rates.ts';
import { Reference, worstWorthTicks } from './reference.ts';
import { RiskReporter, type RiskStateListener } from './reporter.ts';
import { type RiskConfig, withLimit } from './risk-config.ts';
import { RequestRows } from './row-limits.ts';
import { type OpenOrders, pegTicksOf, SelfTradePrevention } from './self-trade.ts';
import { Sizes } from './sizes.ts';
import { type Latched, Standing } from './standing.ts';
import { ENGINE, type Subjects } from './subjects.ts';
import { Switches } from './switches.ts';
import { TotalLimits } from './total-limits.ts';
import { UseBounds } from './use-bounds.ts';
import { Warnings } from './warnings.ts';

const NS_PER_MS = 1e6;

export class PreTradeRisk {
  readonly subjects: Subjects;
  readonly limits: Limits;
  readonly positions: Positions;
  readonly standing: Standing;
  readonly switches: Switches;
  readonly exposure: Exposure;
  readonly rates: Rates;
  readonly losses: Losses;
  readonly examination: Examination;
  readonly bounds: UseBounds;
  private readonly books: Books;
  private readonly oms: OpenOrders;
  private readonly reporter: RiskReporter;
  private readonly reference: Reference;
  private readonly sizes: Sizes;
  private readonly selfTrade: SelfTradePrevention;
  private readonly warnings: Warnings;
  private readonly rows: RequestRows;
  private readonly request = new Request();
  private readonly defs: (InstrumentDef | undefined)[] = [];
  private readonly terms: (InstrumentTerms | null | undefined)[] = [];
  /** By OrderID: what a lot was worth by the market when the order was last checked. */
  private marketTicks = new Float64Array(1 << 10);

  constructor(
    config: RiskConfig,
    books: Books,
    oms: OpenOrders,
    positions: Positions,
    latched: readonly Latched[] = [],
  ) {
    const { subjects } = positions;
    this.subjects = subjects;
    this.positions = positions;
    this.books = books;
    this.oms = oms;
    this.limits = new Limits(config, subjects);
    this.reporter = new RiskReporter(subjects);
    this.standing = new Standing(subjects, latched);
    this.switches = new Switches(subjects, this.standing, this.reporter, this.defs);
    this.reference = new Reference(books, this.limits);
    this.sizes = new Sizes(config.averageVolume.intervalMs * NS_PER_MS, config.averageVolume.intervals);
    this.rates = new Rates(this.limits, subjects.strategies.length);
    this.exposure = new Exposure(subjects, positions);
    this.losses = new Losses(this.limits, positions, this.standing, this.reporter);
    this.selfTrade = new SelfTradePrevention(oms);
    this.bounds = new UseBounds(this.limits, this.exposure, positions);
    this.warnings = new Warnings(subjects, this.limits, positions, this.exposure, this.bounds, this.reporter);
    const vectors = new LimitVectors(this.limits, this.rates);
    this.rows = new RequestRows(this.exposure.rows, this.limits, vectors);
    const { limits, standing, reference, sizes, rates, exposure, losses, bounds, selfTrade } = this;
    this.examination = new Examination({
      oms,
      limits,
      vectors,
      standing,
      reference,
      sizes,
      rates,
      exposure,
      totals: new TotalLimits(exposure, limits, positions),
      losses,
      bounds,
      selfTrade,
    });
    this.request.warnRatio = this.limits.warnRatio;
  }

  // What the last check said.

  /** Index into CHECK_NAMES: the check that refused, or the last one made. */
  get lastCheck(): number {
    return this.request.lastCheck;
  }

  get lastValue(): number {
    return this.request.lastValue;
  }

  get lastLimit(): number {
    return this.request.lastLimit;
  }

  get warnMask(): number {
    return this.request.warnMask;
  }

  /** Open orders to cancel because of self-trade: the first `selfTradeCancelCount`. */
  get selfTradeCancels(): Float64Array {
    return this.selfTrade.cancels;
  }

  get selfTradeCancelCount(): number {
    return this.selfTrade.cancelCount;
  }

  /** The quantity that an accepted request leaves with: as asked, or less where self-trade prevention took some off. */
  get selfTradeQtyLots(): number {
    return this.selfTrade.qtyLots;
  }

  setStandingListener(listener: RiskStateListener): void {
    this.reporter.listener = listener;
  }

  /** Defines an instrument, or redefines it. Terms that make no sense (null): its orders are refused. */
  define(instrument: number, def: InstrumentDef, terms: InstrumentTerms | null): void {
    this.defs[instrument] = def;
    this.terms[instrument] = terms;
    this.positions.define(instrument, def, terms);
    this.standing.define(instrument, def.symbol, this.limits.isRestricted(def.symbol));
    this.reference.define(instrument);
    this.sizes.define(instrument);
    this.rates.define(instrument, def.symbol);
    this.warnings.define(instrument);
    this.rows.define(instrument, def, terms);
  }

  // The checks.

  /** A new order, created and not sent. None: it may leave, and counts as having left. */
  checkNew(orderId: number, nowNs: number): RejectCode {
    const { request } = this;
    const { orders } = this.oms;
    this.open(orderId, nowNs, false, orders.qtyLots[orderId], orders.priceTicks[orderId]);
    const terms = this.terms[request.instrument];
    if (terms === undefined) return RejectCode.UnknownInstrument;
    if (terms === null) return RejectCode.RiskUnavailable;
    const code = checkFields(orders, orderId, terms, nowNs);
    if (code !== RejectCode.None) return code;
    request.lastCheck = Check.ClOrdId;
    if (this.oms.isClOrdIdUsed(orders.clOrdId[orderId], orderId)) return RejectCode.DuplicateClOrdId;
    request.worstLots = request.qtyLots;
    request.inForceTicks = request.priceTicks;
    return this.examine(orderId);
  }

  /** A replace of an open order by this quantity (of the whole order) and price. */
  checkReplace(orderId: number, qtyLots: number, priceTicks: number, nowNs: number): RejectCode {
    const { orders } = this.oms;
    this.open(orderId, nowNs, true, qtyLots, priceTicks);
    const terms = this.terms[this.request.instrument];
    if (terms === undefined) return RejectCode.UnknownInstrument;
    if (terms === null) return RejectCode.RiskUnavailable;
    const code = checkReplacement(orders, orderId, qtyLots, priceTicks, terms);
    if (code !== RejectCode.None) return code;
    const open = this.oms.worstLeavesLots(orderId);
    const asked = qtyLots - orders.cumQtyLots[orderId];
    this.request.worstLots = asked > open ? asked : open;
    this.request.inForceTicks = orders.priceTicks[orderId];
    return this.examine(orderId);
  }

  checkCancel(orderId: number, nowNs: number): RejectCode {
    const { request } = this;
    request.begin();
    request.strategy = this.oms.orders.strategy[orderId];
    request.nowNs = nowNs;
    const code = this.rates.checkCancel(request);
    if (code === RejectCode.None) this.warnings.reviewCancels(this.rates, request.strategy);
    return code;
  }

  // What happened.

  /** After every change of an order: counts it as it is now. */
  orderChanged(orderId: number, _nowNs: number): void {
    const { orders } = this.oms;
    const lots = this.oms.worstLeavesLots(orderId);
    if (lots === 0 && this.exposure.countedLots(orderId) === 0) return;
    const instrument = orders.instrument[orderId];
    const account = orders.account[orderId];
    const strategy = orders.strategy[orderId];
    const side = orders.side[orderId];
    const inForce = orders.priceTicks[orderId];
    const asked = orders.replaceClOrdId[orderId] === 0 ? inForce : orders.pendingPriceTicks[orderId];
    const market = orderId < this.marketTicks.length ? this.marketTicks[orderId] : 0;
    const price = worstWorthTicks(side, orders.type[orderId], inForce, asked, market);
    this.rows.read(this.request, instrument, account, strategy);
    if (lots > 0)
      this.selfTrade.bound(this.exposure.rows.f64, this.request.rows[1], side, orders.type[orderId], inForce, asked);
    this.exposure.count(orderId, instrument, account, strategy, side, lots, price);
    this.warnings.reviewOrder(instrument, account, strategy);
  }

  /** After `positions.fill`. */
  onExecution(strategy: number, account: number, instrument: number, nowNs: number): void {
    const { exposure, subjects } = this;
    this.rows.read(this.request, instrument, account, strategy);
    const row = exposure.rows.find(subjects.ofStrategy(strategy), instrument);
    const lots = this.positions.qtyLots(strategy, instrument) - exposure.rows.f64[row + POSITION];
    exposure.move(instrument, account, strategy, lots);
    exposure.revalue(instrument);
    this.rates.executed(strategy, nowNs);
    this.warnings.reviewOrder(instrument, account, strategy);
    this.reviewLosses(ENGINE);
    this.reviewLosses(subjects.ofAccount(account));
    this.reviewLosses(subjects.ofStrategy(strategy));
  }

  /** The touch of an instrument changed: confirms its price at time[0], and marks what is held of it. Stale books change nothing. */
  onTouch(instrument: number, time: Float64Array): void {
    if (this.terms[instrument] === undefined || this.books.staleReason[instrument] !== 0) return;
    this.reference.see(instrument, time);
    const mark = this.reference.markHalfTicks(instrument);
    if (Number.isNaN(mark)) return;
    this.positions.mark(instrument, mark);
    const { rows } = this.exposure;
    if (rows.firstOf(instrument) === 0) return;
    this.exposure.revalue(instrument);
    for (let row = rows.firstOf(instrument); row !== 0; row = rows.f64[row + NEXT_ROW]) {
      if (rows.f64[row + POSITION] === 0) continue;
      this.warnings.reviewTotals(rows.f64[row + SUBJECT]);
      this.reviewLosses(rows.f64[row + SUBJECT]);
    }
  }

  /** trade[qtyAt] lots traded in the market at time[0]. */
  onTrade(instrument: number, trade: Float64Array, qtyAt: number, time: Float64Array): void {
    this.reference.see(instrument, time);
    this.sizes.onTrade(instrument, trade, qtyAt, time);
  }

  /** What the venue says of the instrument (core/event.ts, TradingState). */
  onStatus(instrument: number, state: number): void {
    this.standing.setVenueState(instrument, state);
  }

  // Commands; kill switches and trading states are `switches`.

  /** Changes one limit (risk-config.ts, withLimit), or says why not. */
  setLimit(path: string, value: unknown): string | null {
    const config = withLimit(this.limits.config, path, value);
    if (typeof config === 'string') return config;
    this.limits.set(config);
    this.request.warnRatio = this.limits.warnRatio;
    this.rates.refresh();
    this.bounds.refresh();
    this.sizes.setWindow(config.averageVolume.intervalMs * NS_PER_MS, config.averageVolume.intervals);
    for (const [instrument, def] of this.defs.entries()) {
      if (def !== undefined) this.define(instrument, def, this.terms[instrument] ?? null);
    }
    const number = Number(value);
    const limit = Number.isFinite(number) ? number : 0;
    this.reporter.report(ENGINE, RiskStateKind.LimitChanged, 0, limit, RejectCode.None);
    for (let subject = 0; subject < this.subjects.count; subject++) {
      this.warnings.reviewTotals(subject);
      this.reviewLosses(subject);
    }
    return null;
  }

  /** Portfolio VaR in the engine's currency, valid until a session time. NaN: there is none. */
  setVarFigure(value: number, untilNs: number): void {
    this.losses.setVar(value, untilNs);
    this.warnings.reviewVar(this.losses);
  }

  /** Every limit in force and how far it is used; for people, not for the hot path. */
  limitUse(nowNs: number): LimitUse[] {
    return listUse(
      this.subjects,
      this.limits,
      this.positions,
      this.exposure,
      this.rates,
      this.losses,
      this.defs,
      nowNs,
    );
  }

  /** The instrument's units became smaller: prices x priceFactor, quantities x qtyFactor. After or before `define`. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    const { orders } = this.oms;
    this.exposure.rescale(instrument, qtyFactor, orders.instrument, orders.count);
    this.sizes.rescale(instrument, qtyFactor);
    this.rates.rescale(instrument, priceFactor, qtyFactor);
    const end = Math.min(orders.count + 1, this.marketTicks.length);
    for (let id = 1; id < end; id++) if (orders.instrument[id] === instrument) this.marketTicks[id] *= priceFactor;
  }

  checkInvariants(): void {
    this.exposure.checkInvariants();
    this.bounds.checkInvariants();
  }

  foldInto(hash: Fnv64): void {
    this.standing.foldInto(hash);
    this.exposure.foldInto(hash);
    this.sizes.foldInto(hash);
    this.rates.foldInto(hash);
    this.losses.foldInto(hash);
  }

  /** Starts a request: its fields, not yet believed. */
  private open(orderId: number, nowNs: number, isReplace: boolean, qtyLots: number, priceTicks: number): void {
    const { request } = this;
    const { orders } = this.oms;
    request.begin();
    request.orderId = orderId;
    request.nowNs = nowNs;
    request.isReplace = isReplace;
    request.strategy = orders.strategy[orderId];
    request.account = orders.account[orderId];
    request.instrument = orders.instrument[orderId];
    request.side = orders.side[orderId];
    request.type = orders.type[orderId];
    request.qtyLots = qtyLots;
    request.priceTicks = Number.isNaN(priceTicks) ? 0 : priceTicks;
    this.selfTrade.begin(request);
  }

  /** Everything behind the fields. */
  private examine(orderId: number): RejectCode {
    const { request, exposure, reference } = this;
    this.rows.read(request, request.instrument, request.account, request.strategy);
    const { f64 } = exposure.rows;
    const row = request.rows[2];
    request.stopTicks = this.oms.orders.stopPriceTicks[orderId];
    reference.read(request);
    if (request.type === OrdType.Pegged) request.pegTicks = pegTicksOf(this.oms.orders, orderId, request);
    reference.setMarket(request, f64, row);
    exposure.measure(request);
    const code = this.examination.decide(request);
    if (code !== RejectCode.None) return code;
    if (orderId >= this.marketTicks.length) this.marketTicks = widened(this.marketTicks, orderId + 1);
    this.marketTicks[orderId] = request.marketTicks;
    this.rates.sent(request);
    this.warnings.reviewRates(this.rates, request.strategy, request.instrument);
    return RejectCode.None;
  }

  private reviewLosses(subject: number): void {
    const isFar = this.bounds.isBelowWarning(subject);
    if (!isFar || this.losses.isReached(subject)) this.losses.evaluate(subject);
    this.warnings.reviewLosses(subject, isFar);
  }
}
