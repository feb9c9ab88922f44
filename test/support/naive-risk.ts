/**
 * Pre-trade risk from its words: plain objects and BigInt, every sum computed again from the list of all orders and fills
 * whenever it is asked for, every limit looked up in the configuration as it was written. Slow, and nothing of it is shared
 * with src/risk but the names of the codes.
 */
import { OrderFlag, OrderSide, OrdType, RejectCode as R } from '../../src/core/order.ts';
import type { Orders } from '../../src/oms/orders.ts';
import type { RiskConfig } from '../../src/risk/risk-config.ts';
import type { AccountDef, StrategyDef } from '../../src/risk/subjects.ts';
import {
  ceilDivision,
  floorDivision,
  fraction,
  type NaiveFill,
  type NaiveRate,
  positionOf,
  rateOf,
} from './naive-positions.ts';
import type { FixtureInstrument } from './risk-fixture.ts';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MS = 1_000_000;
const SENT = 1;
const TRIGGERED = 16;
const CLOSED = [4, 6, 9, 10];

export interface NaiveMarket {
  bid: number;
  ask: number;
  isStale: boolean;
  seenNs: number;
  state: number;
  /** bid + ask when it was last valid, or null. */
  mark: bigint | null;
  trades: { ns: number; qty: number }[];
}

interface Ask {
  readonly orderId: number;
  readonly isReplace: boolean;
  readonly qty: number;
  readonly price: number;
  readonly nowNs: number;
}

interface Scope {
  readonly kind: 'engine' | 'account' | 'strategy';
  readonly index: number;
  readonly currency: string;
  readonly strategies: readonly number[];
}

type Limit = string | number | null | undefined;
type Bag = Readonly<Record<string, unknown>>;

export class NaiveRisk {
  config: RiskConfig;
  readonly markets: NaiveMarket[];
  readonly killed = new Set<string>();
  readonly states = new Map<string, 'active' | 'reducing' | 'halted'>();
  readonly fills: NaiveFill[] = [];
  /** What left: for rates and repeated orders. */
  readonly messages: { ns: number; strategy: number; instrument: number; key: string }[] = [];
  readonly cancels: { ns: number; strategy: number }[] = [];
  /** Fills since the last block, by strategy. */
  executions: { ns: number; strategy: number }[] = [];
  readonly blockedUntil = new Map<number, number>();
  readonly clOrdIds = new Set<number>();
  readonly peaks = new Map<string, bigint>();
  readonly reached = new Set<string>();
  /** Market value of a lot when the order was last accepted, by order. */
  readonly marketTicks = new Map<number, number>();
  varFigure: { value: number; untilNs: number } | null = null;
  /** When a rate limit was set: messages before do not count. Key as in `rate`. */
  private readonly orders: Orders;
  private readonly accounts: readonly AccountDef[];
  private readonly strategies: readonly StrategyDef[];
  private readonly instruments: readonly FixtureInstrument[];
  private readonly fx: Readonly<Record<string, string>>;
  private readonly scopes: readonly Scope[];
  private readonly rateCache = new Map<string, NaiveRate | null>();
  private cachedFills = -1;
  private version = 0;
  private readonly cache = new Map<string, ReturnType<typeof positionOf>>();

  constructor(
    config: RiskConfig,
    orders: Orders,
    accounts: readonly AccountDef[],
    strategies: readonly StrategyDef[],
    instruments: readonly FixtureInstrument[],
    fx: Readonly<Record<string, string>>,
  ) {
    this.config = config;
    this.orders = orders;
    this.accounts = accounts;
    this.strategies = strategies;
    this.instruments = instruments;
    this.fx = { ...fx, [accounts[0].currency]: '1' };
    this.markets = instruments.map(() => ({
      bid: 0,
      ask: 0,
      isStale: false,
      seenNs: -1,
      state: 0,
      mark: null,
      trades: [],
    }));
    this.scopes = [
      { kind: 'engine', index: 0, currency: accounts[0].currency, strategies: strategies.map((_, i) => i) },
      ...accounts.map(({ currency }, index) => ({
        kind: 'account' as const,
        index,
        currency,
        strategies: strategies.flatMap(({ account }, i) => (account === index ? [i] : [])),
      })),
      ...strategies.map(({ account }, index) => ({
        kind: 'strategy' as const,
        index,
        currency: accounts[account].currency,
        strategies: [index],
      })),
    ];
  }

  check(ask: Ask): number {
    const { orders } = this;
    const { orderId, nowNs } = ask;
    const strategy = orders.strategy[orderId];
    const instrument = orders.instrument[orderId];
    if (this.instruments[instrument] === undefined) return R.UnknownInstrument;
    const bad = ask.isReplace ? this.replaceFields(ask) : this.newFields(ask);
    if (bad !== 0) return bad;
    if (!ask.isReplace && this.clOrdIds.has(orders.clOrdId[orderId])) return R.DuplicateClOrdId;
    const side = orders.side[orderId];
    const type = orders.type[orderId];
    const market = this.markets[instrument];
    const account = this.strategies[strategy].account;
    const mine = [this.scopes[0], this.scopes[1 + account], this.scopes[1 + this.accounts.length + strategy]];

    const worth = this.worthNow(ask);
    const wholeMicro = this.amount(instrument, mine[1].currency, BigInt(ask.qty) * BigInt(worth));
    if (wholeMicro !== null && wholeMicro > MAX_SAFE) return R.NotionalOverflow;
    const open = ask.isReplace ? this.leaves(orderId) : 0;
    const worst = ask.isReplace ? Math.max(open, ask.qty - orders.cumQtyLots[orderId]) : ask.qty;
    const reducing = mine.map((scope) => this.isReducing(scope, instrument, side, orderId, worst));

    for (const [i, code] of [R.KillEngine, R.KillAccount, R.KillStrategy].entries()) {
      if (this.killed.has(`${mine[i].kind} ${mine[i].index}`)) return code;
    }
    if (this.killed.has(`instrument ${instrument}`)) return R.KillInstrument;
    for (const [i, scope] of mine.entries()) {
      const state = this.states.get(`${scope.kind} ${scope.index}`) ?? 'active';
      if (state === 'halted') return R.TradingHalted;
      if (state === 'reducing' && !reducing[i]) return R.ReducingOnly;
    }
    if (market.state > 1) return R.InstrumentHalted;
    const { symbol } = this.instruments[instrument];
    if (this.config.restricted.includes(symbol)) return R.Restricted;
    const permit = this.strategyConfig(strategy);
    if (permit.symbols !== undefined && !permit.symbols.includes(symbol)) return R.NotPermitted;
    if (permit.sides !== undefined && !permit.sides.includes(side === OrderSide.Buy ? 'buy' : 'sell'))
      return R.NotPermitted;
    const typeName = (['', 'limit', 'market', 'stop', 'stop-limit', 'pegged'] as const)[type];
    if (permit.orderTypes !== undefined && !(permit.orderTypes as readonly string[]).includes(typeName))
      return R.NotPermitted;

    const reference = this.reference(ask, strategy, instrument, side, type);
    if (reference !== 0) return reference;
    const size = this.sizes(ask, strategy, instrument, wholeMicro);
    if (size !== 0) return size;
    if ((orders.flags[orderId] & OrderFlag.ReduceOnly) !== 0 && !reducing[2]) return R.ReduceOnlyOrder;
    const rate = this.rates(ask, strategy, instrument);
    if (rate !== 0) return rate;
    const total = this.totals(mine, reducing, instrument, side, orderId, worst, worth);
    if (total !== 0) return total;
    const loss = this.lossCheck(mine, reducing, nowNs);
    if (loss !== 0) return loss;
    return this.selfTrade(ask, account, instrument, side, type);
  }

  /** The request left. */
  accepted(ask: Ask): void {
    const { orders } = this;
    const strategy = orders.strategy[ask.orderId];
    const instrument = orders.instrument[ask.orderId];
    this.marketTicks.set(ask.orderId, this.marketNow(ask.orderId));
    this.messages.push({ ns: ask.nowNs, strategy, instrument, key: this.keyOf(ask) });
  }

  checkCancel(strategy: number, nowNs: number): number {
    const limit = this.strategyConfig(strategy).cancelRate;
    const used = this.cancels.filter((one) => one.strategy === strategy && one.ns > nowNs - (limit?.perMs ?? 0) * MS);
    if (limit && used.length >= limit.max) return R.CancelRate;
    this.cancels.push({ ns: nowNs, strategy });
    return 0;
  }

  filled(fill: NaiveFill, nowNs: number): void {
    this.fills.push(fill);
    this.version++;
    this.executed(fill.strategy, nowNs);
    this.follow();
  }

  busted(execId: number, nowNs: number): void {
    const [fill] = this.fills.splice(
      this.fills.findIndex((one) => one.execId === execId),
      1,
    );
    this.version++;
    this.executed(fill.strategy, nowNs);
    this.follow();
  }

  private executed(strategy: number, nowNs: number): void {
    const limit = this.strategyConfig(strategy).repeatedExecutions;
    if (limit) {
      this.executions.push({ ns: nowNs, strategy });
      const recent = this.executions.filter((one) => one.strategy === strategy && one.ns > nowNs - limit.perMs * MS);
      if (recent.length >= limit.max) {
        this.blockedUntil.set(strategy, nowNs + limit.pauseMs * MS);
        this.executions = this.executions.filter((one) => one.strategy !== strategy);
      }
    }
  }

  /** The touch changed. */
  touched(instrument: number, nowNs: number): void {
    const market = this.markets[instrument];
    if (market.isStale) return;
    market.seenNs = nowNs;
    if (market.bid === 0 || market.ask === 0 || market.bid > market.ask) return;
    market.mark = BigInt(market.bid) + BigInt(market.ask);
    this.follow();
  }

  traded(instrument: number, qty: number, nowNs: number): void {
    this.markets[instrument].seenNs = nowNs;
    this.markets[instrument].trades.push({ ns: nowNs, qty });
  }

  /** Peaks, and limits on losses that are reached: after everything that may change equity, and after changes of limits. */
  follow(): void {
    for (const scope of this.scopes) {
      const equity = this.equity(scope);
      if (equity === null) continue;
      const name = `${scope.kind} ${scope.index}`;
      const peak = this.peaks.get(name) ?? 0n;
      if (equity > peak) this.peaks.set(name, equity);
      const drawdown = (this.peaks.get(name) ?? 0n) - equity;
      const limits = this.scopeConfig(scope);
      for (const [which, value, limit] of [
        ['loss', -equity, limits.maxLoss],
        ['drawdown', drawdown, limits.maxDrawdown],
      ] as const) {
        const max = micro(limit as Limit);
        const is = max !== null && value >= max;
        const was = this.reached.has(`${name} ${which}`);
        if (!is) this.reached.delete(`${name} ${which}`);
        if (!is || was) continue;
        this.reached.add(`${name} ${which}`);
        this.trip(name, (limits.onLoss ?? 'reducing') as string);
      }
    }
  }

  private trip(name: string, action: string): void {
    if (action === 'kill') this.killed.add(name);
    else if (action === 'halted') this.states.set(name, 'halted');
    else if (this.states.get(name) !== 'halted') this.states.set(name, 'reducing');
  }

  private newFields({ orderId, nowNs }: Ask): number {
    const o = this.orders;
    const [side, type, tif, flags, peg] = [
      o.side[orderId],
      o.type[orderId],
      o.timeInForce[orderId],
      o.flags[orderId],
      o.peg[orderId],
    ];
    const [qty, price, stop, display] = [
      o.qtyLots[orderId],
      o.priceTicks[orderId],
      o.stopPriceTicks[orderId],
      o.displayQtyLots[orderId],
    ];
    const stops = type === OrdType.Stop || type === OrdType.StopLimit;
    const priceless = type === OrdType.Market || type === OrdType.Stop;
    const immediate = tif === 3 || tif === 4;
    if (side !== 1 && side !== 2) return R.BadSide;
    if (![1, 2, 3, 4, 5].includes(type)) return R.BadOrdType;
    if (![1, 2, 3, 4, 5].includes(tif)) return R.BadTimeInForce;
    if (flags > 3) return R.BadOrdType;
    if (type === OrdType.Pegged ? ![1, 2, 3].includes(peg) : peg !== 0) return R.BadOrdType;
    if (flags % 2 === 1 && (priceless || immediate)) return R.BadOrdType;
    if (!stops && stop !== 0) return R.BadOrdType;
    if (type !== OrdType.Pegged && o.pegOffsetTicks[orderId] !== 0) return R.BadOrdType;
    if (immediate && (stops || type === OrdType.Pegged)) return R.BadTimeInForce;
    if (tif === 5 && !(o.expireNs[orderId] > nowNs)) return R.BadTimeInForce;
    if (display !== 0 && (immediate || priceless)) return R.BadDisplayQty;
    const instrument = o.instrument[orderId];
    const lots = this.lotFields(instrument, qty, display);
    if (lots !== 0) return lots;
    const mayLack = type === OrdType.Pegged || priceless;
    const lacks = price === 0 || Number.isNaN(price);
    if (priceless && !lacks) return R.BadPrice;
    if (!(mayLack && lacks)) {
      const bad = this.tickFields(instrument, price);
      if (bad !== 0) return bad;
    }
    if (stops) return this.tickFields(instrument, stop);
    if (type !== OrdType.Pegged) return 0;
    const offset = o.pegOffsetTicks[orderId];
    if (!Number.isSafeInteger(offset)) return R.BadPrice;
    return BigInt(offset) % this.step(instrument, 'tick') === 0n ? 0 : R.OffTick;
  }

  private replaceFields({ orderId, qty, price }: Ask): number {
    const o = this.orders;
    const type = o.type[orderId];
    const instrument = o.instrument[orderId];
    const lots = this.lotFields(instrument, qty, Math.min(o.displayQtyLots[orderId], qty));
    if (lots !== 0) return lots;
    if (qty <= o.cumQtyLots[orderId]) return R.BadQty;
    const lacks = price === 0 || Number.isNaN(price);
    if (type === OrdType.Market || type === OrdType.Stop) return lacks ? 0 : R.BadPrice;
    return type === OrdType.Pegged && lacks ? 0 : this.tickFields(instrument, price);
  }

  private lotFields(instrument: number, qty: number, display: number): number {
    const lot = this.step(instrument, 'lot');
    if (!(Number.isSafeInteger(qty) && qty > 0)) return R.BadQty;
    if (BigInt(qty) % lot !== 0n) return R.OffLot;
    if (display === 0) return 0;
    const good = Number.isSafeInteger(display) && display > 0 && display <= qty && BigInt(display) % lot === 0n;
    return good ? 0 : R.BadDisplayQty;
  }

  private tickFields(instrument: number, price: number): number {
    if (!(Number.isSafeInteger(price) && price > 0)) return R.BadPrice;
    return BigInt(price) % this.step(instrument, 'tick') === 0n ? 0 : R.OffTick;
  }

  /** In units of the feed; the fixtures' steps are whole numbers of them. */
  private step(instrument: number, which: 'tick' | 'lot'): bigint {
    const one = this.instruments[instrument];
    const { above, below } = fraction(one[which] ?? '1');
    const decimals = which === 'tick' ? one.priceDecimals : one.qtyDecimals;
    return one[which] === undefined ? 1n : (above * 10n ** BigInt(decimals)) / below;
  }

  private reference(ask: Ask, strategy: number, instrument: number, side: number, type: number): number {
    const { bid, ask: offer, isStale, seenNs } = this.markets[instrument];
    const touchOnly = this.config.collarAgainst === 'touch';
    if (isStale) return R.StaleReference;
    if ((bid === 0 && (!touchOnly || side === 2)) || (offer === 0 && (!touchOnly || side === 1))) return R.NoReference;
    if (bid > 0 && offer > 0 && bid > offer) return R.CrossedReference;
    const age = this.orderLimit(strategy, instrument, 'maxReferenceAgeMs');
    if (age !== null && (seenNs < 0 || ask.nowNs - seenNs > Number(age) * MS)) return R.StaleReference;
    const prices: number[] = [];
    if (type === OrdType.Limit || type === OrdType.StopLimit || (type === OrdType.Pegged && ask.price > 0))
      prices.push(ask.price);
    if ((type === OrdType.Stop || type === OrdType.StopLimit) && !ask.isReplace)
      prices.push(this.orders.stopPriceTicks[ask.orderId]);
    const reference = touchOnly ? 2n * BigInt(side === 1 ? offer : bid) : BigInt(bid) + BigInt(offer);
    if (type === OrdType.Pegged && bid > 0 && offer > 0) prices.push(this.aggressive(ask.orderId, 0, 0));
    for (const [i, price] of prices.entries()) {
      const isPeg = type === OrdType.Pegged && i === prices.length - 1 && bid > 0 && offer > 0;
      if (isPeg && price <= 0) return R.BadPrice;
      const off = 2n * BigInt(price) > reference ? 2n * BigInt(price) - reference : reference - 2n * BigInt(price);
      const percent = this.orderLimit(strategy, instrument, 'collarPercent');
      if (percent !== null) {
        const { above, below } = fraction(String(percent));
        if (off * below * 100n > reference * above) return R.CollarPercent;
      }
      const ticks = this.orderLimit(strategy, instrument, 'collarTicks');
      if (ticks !== null && off > 2n * BigInt(ticks) * this.step(instrument, 'tick')) return R.CollarTicks;
    }
    return 0;
  }

  private sizes(ask: Ask, strategy: number, instrument: number, wholeMicro: bigint | null): number {
    const one = this.instruments[instrument];
    const maxQty = this.orderLimit(strategy, instrument, 'maxQty');
    if (maxQty !== null && exceedsQty(BigInt(ask.qty), String(maxQty), one.qtyDecimals)) return R.MaxQty;
    const maxNotional = micro(this.orderLimit(strategy, instrument, 'maxNotional'));
    if (maxNotional !== null) {
      if (wholeMicro === null) return R.RiskUnavailable;
      if (wholeMicro > maxNotional) return R.MaxNotional;
    }
    const percent = this.orderLimit(strategy, instrument, 'maxVolumePercent');
    if (percent === null) return 0;
    const { intervalMs, intervals } = this.config.averageVolume;
    const { trades } = this.markets[instrument];
    if (trades.length === 0) return R.AverageVolume;
    const length = intervalMs * MS;
    const first = Math.floor(trades[0].ns / length) + 1;
    const now = Math.floor(ask.nowNs / length);
    const from = Math.max(first, now - intervals);
    if (now <= from) return R.AverageVolume;
    let traded = 0n;
    for (const { ns, qty } of trades) {
      const interval = Math.floor(ns / length);
      if (interval >= from && interval < now) traded += BigInt(qty);
    }
    const { above, below } = fraction(String(percent));
    return BigInt(ask.qty) * BigInt(now - from) * 100n * below > traded * above ? R.AverageVolume : 0;
  }

  private rates(ask: Ask, strategy: number, instrument: number): number {
    const config = this.strategyConfig(strategy);
    const { nowNs } = ask;
    const same = config.repeatedOrderMs;
    if (same && this.messages.some(({ ns, key }) => ns > nowNs - same * MS && key === this.keyOf(ask)))
      return R.RepeatedOrder;
    const rate = config.messageRate;
    if (rate) {
      const used = this.messages.filter((one) => one.strategy === strategy && one.ns > nowNs - rate.perMs * MS).length;
      if (used >= rate.max) return R.StrategyRate;
    }
    const special = this.config.instruments[this.instruments[instrument].symbol]?.messageRate;
    const all = special === undefined ? this.config.instrumentMessageRate : special;
    if (all) {
      const used = this.messages.filter(
        (one) => one.instrument === instrument && one.ns > nowNs - all.perMs * MS,
      ).length;
      if (used >= all.max) return R.InstrumentRate;
    }
    return nowNs < (this.blockedUntil.get(strategy) ?? 0) ? R.RepeatedExecution : 0;
  }

  private totals(
    mine: readonly Scope[],
    reducing: readonly boolean[],
    instrument: number,
    side: number,
    orderId: number,
    worst: number,
    worth: number,
  ): number {
    const isBuy = side === OrderSide.Buy;
    const others = (scope: Scope, s: number): bigint => this.openLots(scope, instrument, s, 0);
    const extraLots = BigInt(worst) - BigInt(this.leaves(orderId));
    for (const scope of mine) {
      if (extraLots <= 0n) break;
      const position = this.position(scope, instrument);
      const after = isBuy ? position + others(scope, 1) + extraLots : others(scope, 2) - position + extraLots;
      const limit = this.positionLimit(scope, instrument, isBuy ? 'maxLong' : 'maxShort');
      const one = this.instruments[instrument];
      if (limit !== null && after > 0n && exceedsQty(after, limit, one.qtyDecimals))
        return isBuy ? R.PositionLong : R.PositionShort;
    }
    const before = (scope: Scope): bigint | null => this.openMicro(scope, orderId);
    for (const which of ['maxGross', 'maxNet', 'maxCredit'] as const) {
      for (const [i, scope] of mine.entries()) {
        const limit = micro(this.scopeConfig(scope)[which] as Limit);
        if (limit === null || reducing[i]) continue;
        const asked = this.amount(instrument, scope.currency, BigInt(worst) * BigInt(worth));
        const counted = before(scope);
        if (asked !== null && counted !== null && asked - counted <= 0n) continue;
        if (asked === null || counted === null || !this.isValued(scope)) return R.RiskUnavailable;
        const extra = asked - counted;
        const use = this.use(which, scope, instrument, side, extra);
        if (use > limit) return which === 'maxGross' ? R.GrossExposure : which === 'maxNet' ? R.NetExposure : R.Credit;
      }
    }
    return 0;
  }

  /** What of each limit is used as things stand; null where that can't be known. Net: the worse of buying and selling. */
  uses(kind: string, index: number): { gross: bigint; buys: bigint; sells: bigint; credit: bigint } | null {
    const scope = this.scope(kind, index);
    if (!this.isValued(scope)) return null;
    return {
      gross: this.use('maxGross', scope, 0, 1, 0n),
      buys: this.use('maxNet', scope, 0, 1, 0n),
      sells: this.use('maxNet', scope, 0, 2, 0n),
      credit: this.use('maxCredit', scope, 0, 1, 0n),
    };
  }

  /** Use of a limit with `extra` more open on a side of an instrument. */
  private use(
    which: 'maxGross' | 'maxNet' | 'maxCredit',
    scope: Scope,
    instrument: number,
    side: number,
    extra: bigint,
  ): bigint {
    let gross = 0n;
    let value = 0n;
    let buys = 0n;
    let sells = 0n;
    for (const i of this.instruments.keys()) {
      const v = this.value(scope, i);
      let buy = 0n;
      let sell = 0n;
      for (let id = 1; id <= this.orders.count; id++) {
        if (this.orders.instrument[id] !== i || !scope.strategies.includes(this.orders.strategy[id])) continue;
        const amount = this.openMicro(scope, id) ?? 0n;
        if (this.orders.side[id] === 1) buy += amount;
        else sell += amount;
      }
      if (i === instrument && side === 1) buy += extra;
      if (i === instrument && side === 2) sell += extra;
      gross += v + buy > sell - v ? v + buy : sell - v;
      value += v;
      buys += buy;
      sells += sell;
    }
    if (which === 'maxGross') return gross;
    if (which === 'maxNet') return side === 1 ? value + buys : sells - value;
    let cost = 0n;
    for (const strategy of scope.strategies) {
      for (const i of this.instruments.keys()) {
        const { cost: c } = this.held(strategy, i);
        cost += this.amount(i, scope.currency, c < 0n ? -c : c) ?? 0n;
      }
    }
    const equity = this.equity(scope) ?? 0n;
    return cost + buys + sells + (equity < 0n ? -equity : 0n);
  }

  private lossCheck(mine: readonly Scope[], reducing: readonly boolean[], nowNs: number): number {
    for (const which of ['maxLoss', 'maxDrawdown'] as const) {
      for (const [i, scope] of mine.entries()) {
        const limit = micro(this.scopeConfig(scope)[which] as Limit);
        if (limit === null || reducing[i]) continue;
        const equity = this.equity(scope);
        if (equity === null) return R.RiskUnavailable;
        const peak = this.peaks.get(`${scope.kind} ${scope.index}`) ?? 0n;
        if ((which === 'maxLoss' ? -equity : peak - equity) >= limit)
          return which === 'maxLoss' ? R.LossLimit : R.DrawdownLimit;
      }
    }
    const maxVar = micro(this.config.engine.maxVar);
    if (maxVar === null || reducing[0]) return 0;
    const figure = this.varFigure;
    if (figure === null || !(figure.value >= 0) || nowNs > figure.untilNs) return R.RiskUnavailable;
    return BigInt(Math.ceil(figure.value * 1e6)) > maxVar ? R.VarLimit : 0;
  }

  private selfTrade(ask: Ask, account: number, instrument: number, side: number, type: number): number {
    const o = this.orders;
    const mode =
      { ...this.config.account, ...this.config.accounts[this.accounts[account].name] }.selfTrade ?? 'cancel-newest';
    if (mode === 'off' || (o.flags[ask.orderId] & 1) !== 0) return 0;
    if ((type === OrdType.Stop || type === OrdType.StopLimit) && (o.marks[ask.orderId] & TRIGGERED) === 0) return 0;
    const price = this.aggressive(ask.orderId, ask.price, ask.price);
    let overlap = 0;
    for (let id = 1; id <= o.count; id++) {
      if (o.account[id] !== account || o.instrument[id] !== instrument || o.side[id] !== 3 - side) continue;
      if (CLOSED.includes(o.status[id]) || (o.marks[id] & SENT) === 0) continue;
      if ((o.type[id] === OrdType.Stop || o.type[id] === OrdType.StopLimit) && (o.marks[id] & TRIGGERED) === 0)
        continue;
      const asked = o.replaceClOrdId[id] !== 0 ? o.pendingPriceTicks[id] : o.priceTicks[id];
      const other = this.aggressive(id, o.priceTicks[id], asked);
      if (side === 1 ? price >= other : price <= other) overlap += this.leaves(id);
    }
    if (overlap === 0 || mode === 'cancel-oldest') return 0;
    if (mode !== 'decrement') return R.SelfTrade;
    return ask.qty - overlap > o.cumQtyLots[ask.orderId] ? 0 : R.SelfTrade;
  }

  /** At what price an order would trade, at its keenest. */
  private aggressive(id: number, a: number, b: number): number {
    const o = this.orders;
    const isBuy = o.side[id] === 1;
    const { bid, ask } = this.markets[o.instrument[id]];
    if (o.type[id] === OrdType.Market || o.type[id] === OrdType.Stop) return isBuy ? Number.POSITIVE_INFINITY : 0;
    const limit = isBuy ? Math.max(a, b) : Math.min(a, b);
    if (o.type[id] !== OrdType.Pegged) return limit;
    const bounded = limit > 0;
    if (bid === 0 || ask === 0) return bounded ? limit : isBuy ? Number.POSITIVE_INFINITY : 0;
    const away = o.pegOffsetTicks[id];
    const half = (bid + ask) / 2;
    const base = [0, isBuy ? bid : ask, isBuy ? ask : bid, isBuy ? Math.ceil(half) : Math.floor(half)][o.peg[id]];
    const pegged = isBuy ? base - away : base + away;
    if (!bounded) return pegged;
    return isBuy ? Math.min(pegged, limit) : Math.max(pegged, limit);
  }

  /** What may still be executed of an order. */
  leaves(id: number): number {
    const o = this.orders;
    if (CLOSED.includes(o.status[id]) || (o.marks[id] & SENT) === 0) return 0;
    const qty = o.replaceClOrdId[id] !== 0 ? Math.max(o.qtyLots[id], o.pendingQtyLots[id]) : o.qtyLots[id];
    return qty - o.cumQtyLots[id];
  }

  /** The most a lot of a counted order may be worth. */
  private worthCounted(id: number): number {
    const o = this.orders;
    const asked = o.replaceClOrdId[id] !== 0 ? o.pendingPriceTicks[id] : o.priceTicks[id];
    return this.worth(id, o.priceTicks[id], asked, this.marketTicks.get(id) ?? 0);
  }

  private worthNow({ orderId, isReplace, price }: Ask): number {
    const limit = Number.isNaN(price) ? 0 : price;
    return this.worth(orderId, isReplace ? this.orders.priceTicks[orderId] : limit, limit, this.marketNow(orderId));
  }

  private worth(id: number, now: number, asked: number, market: number): number {
    const o = this.orders;
    if (o.type[id] === OrdType.Market || o.type[id] === OrdType.Stop) return market;
    const limit = Math.max(now || 0, asked || 0);
    const unbounded = o.type[id] === OrdType.Pegged && (!(now > 0) || !(asked > 0));
    return o.side[id] === 1 && !unbounded ? limit : Math.max(limit, market);
  }

  private marketNow(id: number): number {
    const o = this.orders;
    const { bid, ask } = this.markets[o.instrument[id]];
    const isBuy = o.side[id] === 1;
    const touch = isBuy ? ask : bid;
    if (o.type[id] !== OrdType.Market && o.type[id] !== OrdType.Stop) return touch;
    const price = o.type[id] === OrdType.Stop ? Math.max(touch, o.stopPriceTicks[id]) : touch;
    const percent = this.orderLimit(o.strategy[id], o.instrument[id], 'collarPercent');
    if (!isBuy || percent === null) return price;
    const { above, below } = fraction(String(percent));
    return price + Number(ceilDivision(BigInt(price) * above, below * 100n));
  }

  private openLots(scope: Scope, instrument: number, side: number, except: number): bigint {
    let lots = 0n;
    for (let id = 1; id <= this.orders.count; id++) {
      if (id === except || this.orders.instrument[id] !== instrument || this.orders.side[id] !== side) continue;
      if (scope.strategies.includes(this.orders.strategy[id])) lots += BigInt(this.leaves(id));
    }
    return lots;
  }

  /** What an order counts in a scope's currency; null where that can't be known. */
  private openMicro(scope: Scope, id: number): bigint | null {
    const lots = this.leaves(id);
    return lots === 0
      ? 0n
      : this.amount(this.orders.instrument[id], scope.currency, BigInt(lots) * BigInt(this.worthCounted(id)));
  }

  private isReducing(scope: Scope, instrument: number, side: number, orderId: number, worst: number): boolean {
    const open = this.openLots(scope, instrument, side, orderId) + BigInt(worst);
    const position = this.position(scope, instrument);
    return side === 1 ? open <= -position : open <= position;
  }

  private held(strategy: number, instrument: number): ReturnType<typeof positionOf> {
    if (this.cachedFills !== this.version) this.cache.clear();
    this.cachedFills = this.version;
    const key = `${strategy} ${instrument}`;
    let position = this.cache.get(key);
    if (position === undefined) {
      position = positionOf(this.fills.filter((fill) => fill.strategy === strategy && fill.instrument === instrument));
      this.cache.set(key, position);
    }
    return position;
  }

  private position(scope: Scope, instrument: number): bigint {
    return scope.strategies.reduce((sum, strategy) => sum + this.held(strategy, instrument).qty, 0n);
  }

  private value(scope: Scope, instrument: number): bigint {
    const qty = this.position(scope, instrument);
    const { mark } = this.markets[instrument];
    const rate = this.rate(instrument, scope.currency);
    if (qty === 0n || mark === null || rate === null) return 0n;
    const size = ceilDivision((qty < 0n ? -qty : qty) * mark * rate.above, 2n * rate.below);
    return qty < 0n ? -size : size;
  }

  private isValued(scope: Scope): boolean {
    for (const i of this.instruments.keys()) {
      const known = this.markets[i].mark !== null && this.rate(i, scope.currency) !== null;
      if (!known && this.position(scope, i) !== 0n) return false;
      if (this.rate(i, scope.currency) !== null && this.rate(i, this.scopes[0].currency) !== null) continue;
      for (let id = 1; id <= this.orders.count; id++) {
        if (this.orders.instrument[id] !== i || !scope.strategies.includes(this.orders.strategy[id])) continue;
        if (this.leaves(id) > 0) return false;
      }
    }
    return this.equity(scope) !== null;
  }

  /** Null where a position has no mark, or no exchange rate. */
  equity(scope: Scope): bigint | null {
    let sum = 0n;
    for (const strategy of scope.strategies) {
      const account = this.accounts[this.strategies[strategy].account];
      for (const i of this.instruments.keys()) {
        const { qty, cash, fees } = this.held(strategy, i);
        if (qty === 0n && cash === fees) continue; // nothing is nothing in any currency
        const { mark } = this.markets[i];
        const rate = this.rate(i, scope.currency);
        // A position that one of its sums can't have is not known anywhere.
        const everywhere = this.rate(i, account.currency) !== null && this.rate(i, this.scopes[0].currency) !== null;
        if (rate === null || !everywhere || (qty !== 0n && mark === null)) return null;
        sum += floorDivision((2n * (cash - fees) + qty * (mark ?? 0n)) * rate.above, 2n * rate.below);
      }
    }
    return sum;
  }

  scope(kind: string, index: number): Scope {
    return this.scopes.find((one) => one.kind === kind && one.index === index)!;
  }

  private amount(instrument: number, currency: string, units: bigint): bigint | null {
    const rate = this.rate(instrument, currency);
    return rate === null ? null : ceilDivision(units * rate.above, rate.below);
  }

  private rate(instrument: number, currency: string): NaiveRate | null {
    const key = `${instrument} ${currency}`;
    let rate = this.rateCache.get(key);
    if (rate === undefined) {
      rate = this.rateFor(instrument, currency);
      this.rateCache.set(key, rate);
    }
    return rate;
  }

  private rateFor(instrument: number, currency: string): NaiveRate | null {
    const one = this.instruments[instrument];
    const from = one.currency ?? 'USD';
    if (from !== currency && (this.fx[from] === undefined || this.fx[currency] === undefined)) return null;
    const same = from === currency;
    const decimals = one.priceDecimals + one.qtyDecimals;
    return rateOf(one.multiplier ?? '1', same ? '1' : this.fx[from], same ? '1' : this.fx[currency], decimals);
  }

  private keyOf({ orderId, qty, price }: Ask): string {
    const o = this.orders;
    return [o.strategy[orderId], o.instrument[orderId], o.side[orderId], qty, price || 0].join(' ');
  }

  private strategyConfig(strategy: number): RiskConfig['strategy'] {
    return { ...this.config.strategy, ...this.config.strategies[this.strategies[strategy].name] };
  }

  private scopeConfig(scope: Scope): Bag {
    if (scope.kind === 'engine') return this.config.engine;
    if (scope.kind === 'strategy') return this.strategyConfig(scope.index);
    return { ...this.config.account, ...this.config.accounts[this.accounts[scope.index].name] };
  }

  private orderLimit(strategy: number, instrument: number, key: string): string | number | null {
    const { account } = this.strategies[strategy];
    const bags: (Bag | undefined)[] = [
      this.config.instruments[this.instruments[instrument].symbol],
      this.strategyConfig(strategy),
      { ...this.config.account, ...this.config.accounts[this.accounts[account].name] },
      this.config.engine,
    ];
    const found = bags.find((bag) => bag?.[key] !== undefined)?.[key];
    return (found as string | number | null | undefined) ?? null;
  }

  private positionLimit(scope: Scope, instrument: number, key: 'maxLong' | 'maxShort'): string | null {
    const special = this.config.instruments[this.instruments[instrument].symbol]?.[scope.kind]?.[key];
    const limit = special === undefined ? (this.scopeConfig(scope)[key] as string | null | undefined) : special;
    return limit ?? null;
  }
}

function micro(limit: Limit): bigint | null {
  if (limit === undefined || limit === null) return null;
  const { above, below } = fraction(String(limit));
  return (above * 1_000_000n) / below;
}

/** Lots of 10^-decimals against a limit in units. */
function exceedsQty(lots: bigint, limit: string, decimals: number): boolean {
  const { above, below } = fraction(limit);
  return lots * below > above * 10n ** BigInt(decimals);
}
