/**
 * Random trading against the naive model of the limits: a round has random limits, some hundred requests of every kind
 * with the market, fills, busts, cancels, kills and changed limits between them, and compares every verdict, and now and
 * then every sum. A round is a pure function of its seed.
 */
import assert from 'node:assert/strict';
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, isTerminal, type OrderTicket, OrdType, type RejectCode } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { RiskScope } from '../../src/core/record.ts';
import { rejectText } from '../../src/core/reject-text.ts';
import { CHECK_NAMES } from '../../src/risk/checks.ts';
import { type RiskConfig, withLimit } from '../../src/risk/risk-config.ts';
import { TradingState } from '../../src/risk/standing.ts';
import { NaiveRisk } from './naive-risk.ts';
import { ACCOUNTS, type FixtureInstrument, FX, INSTRUMENTS, RiskDesk, STRATEGIES } from './risk-fixture.ts';

const MS = 1e6;
/** Price, in ticks, about which each instrument moves; its tick and lot in ticks and lots; a usual quantity. */
const SHAPES = [
  { centre: 10_000, tick: 1, lot: 1, size: 20 },
  { centre: 6e12, tick: 1e6, lot: 1e3, size: 5e7 },
  { centre: 400_000, tick: 25, lot: 1, size: 4 },
  { centre: 30_000, tick: 5, lot: 100, size: 400 },
  { centre: 5_000, tick: 1, lot: 1, size: 10 },
] as const;
/** The last one's currency has no exchange rate. */
const ALL: readonly FixtureInstrument[] = [
  ...INSTRUMENTS,
  { symbol: 'CHX', priceDecimals: 2, qtyDecimals: 0, currency: 'CHF' },
];

export class RiskRound {
  checks = 0;
  readonly verdicts = new Map<number, number>();
  /** Of every request: verdict, last check, its value and limit, warnings. */
  readonly transcript: number[] = [];
  private readonly prng: Prng;
  private readonly seed: number;
  private readonly desk: RiskDesk;
  private readonly naive: NaiveRisk;
  private readonly report = new ExecReport();
  private nextExecId = 1;
  private readonly fills: { execId: number; orderId: number }[] = [];
  private lastTicket: { strategy: number; ticket: OrderTicket } | null = null;

  constructor(seed: number, mayPassAtOnce = true) {
    this.seed = seed;
    this.prng = new Prng(seed);
    this.desk = new RiskDesk(this.limits(), ALL);
    this.naive = new NaiveRisk(this.desk.risk.limits.config, this.desk.oms.orders, ACCOUNTS, STRATEGIES, ALL, FX);
    const { desk, naive } = this;
    desk.risk.examination.mayPassAtOnce = mayPassAtOnce;
    desk.feeUnits = (qty, px) => Math.floor((qty * px) / 1000) - 3;
    for (let i = 0; i < ALL.length; i++) {
      if (this.chance(96)) this.move(i);
    }
    if (this.chance(80)) this.setVar(50, desk.nowNs + 3600e9);
    naive.follow();
  }

  get passedAtOnce(): number {
    return this.desk.risk.examination.passedAtOnce;
  }

  run(requests: number): void {
    while (this.checks < requests) {
      this.desk.nowNs += this.chance(85) ? this.prng.below(3 * MS) : this.prng.below(400 * MS);
      this.step();
    }
    this.compareSums();
    this.desk.positions.checkInvariants();
    this.desk.risk.checkInvariants();
  }

  private step(): void {
    const what = this.prng.below(100);
    if (what < 45) this.submit();
    else if (what < 58) this.replace();
    else if (what < 64) this.cancel();
    else if (what < 84) this.answer();
    else if (what < 93) this.move(this.prng.below(ALL.length));
    else if (what < 95) this.trade();
    else if (what < 96) this.bust();
    else if (what < 98) this.command();
    else if (what < 99) this.changeLimit();
    else this.compareSums();
  }

  private submit(): void {
    const { prng, desk, naive } = this;
    let strategy = prng.below(STRATEGIES.length);
    let ticket = this.ticket();
    if (this.lastTicket !== null && this.chance(8)) ({ strategy, ticket } = this.lastTicket);
    this.lastTicket = { strategy, ticket };
    const account = STRATEGIES[strategy].account;
    const orderId = desk.oms.create(strategy, account, ticket, desk.nowNs);
    const { orders } = desk.oms;
    const ask = {
      orderId,
      isReplace: false,
      qty: orders.qtyLots[orderId],
      price: orders.priceTicks[orderId],
      nowNs: desk.nowNs,
    };
    const want = naive.check(ask);
    const got: RejectCode = desk.risk.checkNew(orderId, desk.nowNs);
    this.compare(want, got, `new ${JSON.stringify(ticket)} of ${STRATEGIES[strategy].name}`);
    naive.clOrdIds.add(orders.clOrdId[orderId]);
    if (got !== 0) {
      desk.oms.reject(orderId, got, desk.nowNs);
      return;
    }
    naive.accepted(ask);
    desk.oms.sent(orderId, desk.nowNs);
    if (this.chance(50)) this.apply(orderId, ExecType.New);
  }

  private replace(): void {
    const orderId = this.anyOpen();
    if (orderId === 0) return;
    const { desk, naive, prng } = this;
    const { orders } = desk.oms;
    if (desk.oms.checkReplace(orderId, orders.strategy[orderId]) !== 0) return;
    const shape = SHAPES[orders.instrument[orderId]];
    const priceless = orders.type[orderId] === OrdType.Market || orders.type[orderId] === OrdType.Stop;
    let price = priceless ? 0 : this.price(orders.instrument[orderId], orders.side[orderId]);
    let qty = Math.max(1, Math.round(prng.below(shape.size * 2) / shape.lot)) * shape.lot;
    if (this.chance(20)) qty = orders.qtyLots[orderId];
    if (this.chance(10)) price = orders.priceTicks[orderId];
    if (this.chance(2)) qty = [0, Number.NaN, 1.5, -5, 2 ** 53][prng.below(5)];
    if (this.chance(2)) price = [Number.NaN, 0, -1, shape.centre + 0.5, 2 ** 60][prng.below(5)];
    const ask = { orderId, isReplace: true, qty, price, nowNs: desk.nowNs };
    const want = naive.check(ask);
    const got = desk.risk.checkReplace(orderId, qty, price, desk.nowNs);
    this.compare(want, got, `replace of ${orderId} by ${qty} at ${price}`);
    if (got !== 0) return;
    naive.accepted(ask);
    desk.oms.beginReplace(orderId, qty, price, desk.nowNs);
    naive.clOrdIds.add(orders.replaceClOrdId[orderId]);
  }

  private cancel(): void {
    const orderId = this.anyOpen();
    if (orderId === 0) return;
    const { desk, naive } = this;
    const { orders } = desk.oms;
    const strategy = orders.strategy[orderId];
    if (desk.oms.checkCancel(orderId, strategy) !== 0) return;
    const want = naive.checkCancel(strategy, desk.nowNs);
    const got = desk.risk.checkCancel(orderId, desk.nowNs);
    assert.equal(got, want, `seed ${this.seed}: cancel of ${orderId}`);
    if (got !== 0) return;
    desk.oms.beginCancel(orderId, desk.nowNs);
    naive.clOrdIds.add(orders.cancelClOrdId[orderId]);
  }

  /** The venue says something about an open order. */
  private answer(): void {
    const orderId = this.anyOpen();
    if (orderId === 0) return;
    const { orders } = this.desk.oms;
    const isStop = orders.type[orderId] === OrdType.Stop || orders.type[orderId] === OrdType.StopLimit;
    if (this.chance(45) && orders.leavesQtyLots[orderId] > 0) this.fill(orderId);
    else if (orders.replaceClOrdId[orderId] !== 0) {
      this.apply(orderId, this.chance(75) ? ExecType.Replaced : ExecType.ReplaceRejected);
    } else if (isStop && (orders.marks[orderId] & 16) === 0 && this.chance(50)) {
      this.apply(orderId, ExecType.Triggered);
    } else if (orders.cancelClOrdId[orderId] !== 0) {
      this.apply(orderId, this.chance(85) ? ExecType.Canceled : ExecType.CancelRejected);
    } else {
      this.apply(orderId, this.chance(40) ? ExecType.Canceled : this.chance(50) ? ExecType.Expired : ExecType.New);
    }
  }

  private fill(orderId: number): void {
    const { orders } = this.desk.oms;
    const instrument = orders.instrument[orderId];
    const shape = SHAPES[instrument];
    const leaves = orders.leavesQtyLots[orderId];
    const qty = this.chance(50) ? leaves : Math.max(1, Math.floor((leaves * this.prng.unit()) / shape.lot)) * shape.lot;
    const limit = orders.priceTicks[orderId];
    this.report.clear();
    this.report.lastQtyLots = Math.min(qty, leaves);
    this.report.lastPxTicks = limit > 0 ? limit : shape.centre;
    this.fills.push({ execId: this.nextExecId, orderId });
    this.send(orderId, ExecType.Trade);
  }

  private bust(): void {
    if (this.fills.length === 0) return;
    const [{ execId, orderId }] = this.fills.splice(this.prng.below(this.fills.length), 1);
    this.report.clear();
    this.report.refExecId = execId;
    this.send(orderId, ExecType.TradeCancel);
    this.naive.busted(execId, this.desk.nowNs);
  }

  private apply(orderId: number, execType: ExecType): void {
    this.report.clear();
    this.send(orderId, execType);
  }

  /** Completes the report from the order, and applies it. */
  private send(orderId: number, execType: ExecType): void {
    const { report, desk, naive } = this;
    const { orders } = desk.oms;
    const cum = orders.cumQtyLots[orderId] + report.lastQtyLots;
    report.orderId = orderId;
    report.execType = execType;
    report.execId = this.nextExecId++;
    report.venueNs = desk.nowNs;
    report.clOrdId = orders.clOrdId[orderId];
    report.cumQtyLots = cum;
    report.orderQtyLots = orders.qtyLots[orderId];
    report.priceTicks = orders.priceTicks[orderId];
    if (execType === ExecType.Replaced || execType === ExecType.ReplaceRejected) {
      report.clOrdId = orders.replaceClOrdId[orderId];
      report.origClOrdId = orders.clOrdId[orderId];
      report.orderQtyLots = Math.max(orders.pendingQtyLots[orderId], cum);
      report.priceTicks = orders.pendingPriceTicks[orderId] || 0;
    } else if (
      execType === ExecType.CancelRejected ||
      (execType === ExecType.Canceled && orders.cancelClOrdId[orderId] !== 0)
    ) {
      report.clOrdId = orders.cancelClOrdId[orderId];
      report.origClOrdId = orders.clOrdId[orderId];
    }
    if (execType === ExecType.Trade) {
      const strategy = orders.strategy[orderId];
      const { lastQtyLots: qty, lastPxTicks: px, execId } = report;
      const fee = BigInt(desk.feeUnits(qty, px));
      const signed = orders.side[orderId] === 1 ? BigInt(qty) : -BigInt(qty);
      const instrument = orders.instrument[orderId];
      const account = orders.account[orderId];
      naive.filled({ strategy, account, instrument, qty: signed, px: BigInt(px), fee, execId }, desk.nowNs);
    }
    assert.equal(desk.oms.apply(report, desk.nowNs), 0, `seed ${this.seed}: report ${execType} is applied`);
  }

  private move(instrument: number): void {
    const { prng, desk, naive } = this;
    const { centre, tick } = SHAPES[instrument];
    const market = naive.markets[instrument];
    market.isStale = this.chance(4);
    desk.books.staleReason[instrument] = market.isStale ? 2 : 0;
    market.bid = this.chance(3) ? 0 : centre + (prng.below(41) - 20) * tick;
    market.ask = this.chance(3) ? 0 : (market.bid || centre) + (this.chance(3) ? -1 : prng.below(4)) * tick;
    naive.touched(instrument, desk.nowNs);
    desk.touch(instrument, market.bid, market.ask);
  }

  private trade(): void {
    const { prng, desk, naive } = this;
    const instrument = prng.below(ALL.length);
    if (this.chance(12)) {
      const state = prng.below(6);
      naive.markets[instrument].state = this.chance(60) ? 1 : state;
      desk.risk.onStatus(instrument, naive.markets[instrument].state);
      return;
    }
    const { size, lot } = SHAPES[instrument];
    const qty = (1 + prng.below((size * 20) / lot)) * lot;
    naive.traded(instrument, qty, desk.nowNs);
    desk.risk.onTrade(instrument, Float64Array.of(qty), 0, Float64Array.of(desk.nowNs));
  }

  private command(): void {
    const { prng, desk, naive } = this;
    const scope = prng.below(4);
    const name = ['engine', 'account', 'strategy', 'instrument'][scope];
    const index = scope === 0 ? 0 : prng.below([1, ACCOUNTS.length, STRATEGIES.length, ALL.length][scope]);
    if (this.chance(12)) {
      const value = [Number.NaN, 50, 999.9999995, 5_000, -1, 100][prng.below(6)];
      const untilNs = desk.nowNs + prng.below(3_000) * MS;
      this.setVar(value, untilNs);
    } else if (this.chance(30) && scope !== RiskScope.Instrument) {
      const state = (['active', 'active', 'reducing', 'halted'] as const)[prng.below(4)];
      naive.states.set(`${name} ${index}`, state);
      const states = { active: TradingState.Active, reducing: TradingState.Reducing, halted: TradingState.Halted };
      desk.risk.switches.setTradingState(states[state], scope as RiskScope, index);
    } else if (this.chance(25)) {
      desk.risk.switches.kill(scope as RiskScope, index);
      naive.killed.add(`${name} ${index}`);
    } else {
      // Everything is let loose again, or a round would soon stand still.
      for (const one of naive.killed) {
        const [kind, at] = one.split(' ');
        desk.risk.switches.resume(
          ['engine', 'account', 'strategy', 'instrument'].indexOf(kind) as RiskScope,
          Number(at),
        );
      }
      naive.killed.clear();
      for (const one of naive.states.keys()) {
        const [kind, at] = one.split(' ');
        desk.risk.switches.setTradingState(
          TradingState.Active,
          ['engine', 'account', 'strategy'].indexOf(kind) as RiskScope,
          Number(at),
        );
      }
      naive.states.clear();
    }
  }

  private setVar(value: number, untilNs: number): void {
    this.naive.varFigure = { value, untilNs };
    this.desk.risk.setVarFigure(value, untilNs);
  }

  private changeLimit(): void {
    const scope = ['engine', 'account', 'strategy', 'strategies.taker', 'accounts.euro'][this.prng.below(5)];
    const keys = [
      'maxLong',
      'maxShort',
      'maxGross',
      'maxNet',
      'maxCredit',
      'maxLoss',
      'maxDrawdown',
      'maxQty',
      'collarTicks',
      'maxNotional',
    ];
    const key = keys[this.prng.below(keys.length)];
    const value = this.chance(40) ? null : key === 'collarTicks' ? 1 + this.prng.below(40) : this.amountFor(key);
    const config = withLimit(this.naive.config, `${scope}.${key}`, value);
    assert.ok(typeof config !== 'string', `seed ${this.seed}: ${scope}.${key} = ${value}: ${String(config)}`);
    assert.equal(this.desk.risk.setLimit(`${scope}.${key}`, value), null);
    this.naive.config = config as RiskConfig;
    this.naive.follow();
  }

  private compare(want: number, got: number, what: string): void {
    this.checks++;
    this.verdicts.set(got, (this.verdicts.get(got) ?? 0) + 1);
    const { lastCheck, lastValue, lastLimit, warnMask } = this.desk.risk;
    this.transcript.push(got, lastCheck, lastValue, lastLimit, warnMask);
    if (want === got) return;
    assert.fail(
      `seed ${this.seed}, request ${this.checks}: ${what}: expected ${rejectText(want)}, got ${rejectText(got)} ` +
        `(${CHECK_NAMES[lastCheck]}: ${lastValue}, limit ${lastLimit}); limits ${JSON.stringify(this.naive.config)}`,
    );
  }

  private compareSums(): void {
    const { naive, desk } = this;
    for (let subject = 0; subject < desk.subjects.count; subject++) {
      const kind = ['engine', 'account', 'strategy'][desk.subjects.scopeOf(subject)];
      const uses = naive.uses(kind, desk.subjects.indexOf(subject));
      const { exposure } = desk.risk;
      if (uses !== null) {
        const got = {
          gross: BigInt(exposure.gross[subject]),
          buys: BigInt(exposure.netUse(subject, 1)),
          sells: BigInt(exposure.netUse(subject, 2)),
          credit: BigInt(exposure.creditUse(subject)),
        };
        assert.deepEqual(got, uses, `seed ${this.seed}: uses of ${kind}`);
      }
      const equity = naive.equity(naive.scope(kind, desk.subjects.indexOf(subject)));
      assert.equal(
        equity === null,
        desk.positions.problems[subject] > 0,
        `seed ${this.seed}: equity of ${kind} is known`,
      );
      if (equity !== null)
        assert.equal(BigInt(desk.positions.equityMicro[subject]), equity, `seed ${this.seed}: ${kind}`);
    }
  }

  private anyOpen(): number {
    const { orders } = this.desk.oms;
    for (let i = 0; i < 8; i++) {
      const id = 1 + this.prng.below(Math.max(1, orders.count));
      if (id <= orders.count && !isTerminal(orders.status[id]) && (orders.marks[id] & 1) !== 0) return id;
    }
    return 0;
  }

  private price(instrument: number, side: number): number {
    const { bid, ask } = this.naive.markets[instrument];
    const { centre, tick } = SHAPES[instrument];
    const touch = (side === 1 ? bid : ask) || centre;
    return touch + (this.prng.below(13) - 6) * tick * (this.chance(5) ? 20 : 1);
  }

  private ticket(): OrderTicket {
    const { prng } = this;
    const instrument = this.chance(1) ? ALL.length : this.chance(3) ? ALL.length - 1 : prng.below(ALL.length - 1);
    const { centre, tick, lot, size } = SHAPES[Math.min(instrument, SHAPES.length - 1)];
    const side = (1 + prng.below(2)) as 1 | 2;
    const type = (this.chance(80) ? OrdType.Limit : 1 + prng.below(5)) as OrdType;
    const ticket: OrderTicket = {
      instrument,
      side,
      type,
      qtyLots: Math.max(1, Math.round(prng.below(size * 2) / lot)) * lot,
    };
    if (instrument < ALL.length && type !== OrdType.Market && type !== OrdType.Stop)
      ticket.priceTicks = this.price(instrument, side);
    if (type === OrdType.Stop || type === OrdType.StopLimit)
      ticket.stopPriceTicks = centre + (prng.below(41) - 20) * tick;
    if (type === OrdType.Pegged) {
      ticket.peg = (1 + prng.below(3)) as 1;
      ticket.pegOffsetTicks = (prng.below(5) - 1) * tick;
      if (this.chance(50)) delete ticket.priceTicks;
    }
    if (this.chance(10)) ticket.flags = prng.below(4);
    if (this.chance(15)) ticket.timeInForce = (1 + prng.below(5)) as 1;
    if (ticket.timeInForce === 5) ticket.expireNs = this.desk.nowNs + (prng.below(10) - 2) * MS;
    if (this.chance(3)) ticket.displayQtyLots = lot * prng.below(5);
    if (this.chance(1)) ticket.clOrdId = 1 + prng.below(400);
    if (this.chance(4)) this.spoil(ticket);
    return ticket;
  }

  private spoil(ticket: OrderTicket): void {
    const { prng } = this;
    const bad = [Number.NaN, -1, 0, 0.5, 2 ** 53, Number.POSITIVE_INFINITY, 1, 3, 7, 2 ** 52][prng.below(10)];
    const fields = [
      'qtyLots',
      'priceTicks',
      'side',
      'type',
      'timeInForce',
      'flags',
      'stopPriceTicks',
      'displayQtyLots',
      'peg',
      'pegOffsetTicks',
      'instrument',
    ] as const;
    (ticket as unknown as Record<string, number>)[fields[prng.below(fields.length)]] = bad;
  }

  private chance(percent: number): boolean {
    return this.prng.below(100) < percent;
  }

  private amountFor(key: string): string {
    const { prng } = this;
    if (key === 'maxQty') return String(1 + prng.below(900));
    if (key === 'maxLong' || key === 'maxShort') return String(prng.below(400));
    if (key === 'maxLoss' || key === 'maxDrawdown') return `${1 + prng.below(this.chance(50) ? 3000 : 60)}.5`;
    if (key === 'maxNotional') return `${2_000 + prng.below(300_000)}.25`;
    return `${5_000 + prng.below(400_000)}.000001`;
  }

  /** Some limits, at every scope where they may be. */
  private limits(): unknown {
    const maybe = (percent: number, key: string, bag: Record<string, unknown>, value: () => unknown): void => {
      if (this.chance(percent)) bag[key] = value();
    };
    const { prng } = this;
    const orders = (bag: Record<string, unknown>, percent: number): void => {
      for (const key of ['maxQty', 'maxNotional']) maybe(percent, key, bag, () => this.amountFor(key));
      maybe(percent, 'collarPercent', bag, () => [0.05, '0.1', 1, '2.5'][prng.below(4)]);
      maybe(percent, 'collarTicks', bag, () => 3 + prng.below(60));
      maybe(percent / 4, 'maxVolumePercent', bag, () => [5, '12.5', 100][prng.below(3)]);
      maybe(percent / 2, 'maxReferenceAgeMs', bag, () => 500 + prng.below(15_000));
    };
    const totals = (bag: Record<string, unknown>, percent: number): void => {
      for (const key of ['maxLong', 'maxShort', 'maxGross', 'maxNet', 'maxCredit', 'maxLoss', 'maxDrawdown']) {
        maybe(percent, key, bag, () => this.amountFor(key));
      }
      maybe(percent, 'onLoss', bag, () => ['reducing', 'halted', 'kill'][prng.below(3)]);
    };
    const messages = (bag: Record<string, unknown>, percent: number): void => {
      const rate = () => ({ max: 1 + prng.below(12), perMs: 20 + prng.below(1_000) });
      maybe(percent, 'messageRate', bag, rate);
      maybe(percent, 'cancelRate', bag, rate);
      maybe(percent / 2, 'repeatedExecutions', bag, () => ({ ...rate(), pauseMs: 1 + prng.below(900) }));
      maybe(percent, 'repeatedOrderMs', bag, () => 1 + prng.below(1_500));
    };
    const strategy: Record<string, unknown> = {};
    const engine: Record<string, unknown> = {};
    const account: Record<string, unknown> = {};
    const taker: Record<string, unknown> = {};
    const btc: Record<string, unknown> = {};
    const config: Record<string, unknown> = {
      engine,
      account,
      strategy,
      strategies: { taker },
      instruments: { BTC: btc },
    };
    orders(engine, 25);
    orders(account, 5);
    orders(strategy, 10);
    orders(btc, 10);
    totals(engine, 20);
    totals(account, 15);
    totals(strategy, 20);
    totals(taker, 10);
    messages(strategy, 25);
    maybe(20, 'messageRate', taker, () => ({ max: 1 + prng.below(5), perMs: 300 }));
    maybe(20, 'maxVar', engine, () => '1000');
    maybe(
      90,
      'selfTrade',
      account,
      () => ['off', 'cancel-newest', 'cancel-oldest', 'cancel-both', 'decrement'][prng.below(5)],
    );
    maybe(10, 'symbols', taker, () => ['AAA', 'FUT']);
    maybe(10, 'sides', taker, () => ['buy']);
    maybe(10, 'orderTypes', taker, () => ['limit', 'stop']);
    maybe(20, 'strategy', btc, () => ({ maxLong: '1.25', maxShort: null }));
    maybe(20, 'account', btc, () => ({ maxShort: '0.75' }));
    maybe(10, 'messageRate', btc, () => null);
    maybe(20, 'instrumentMessageRate', config, () => ({ max: 2 + prng.below(20), perMs: 500 }));
    maybe(10, 'restricted', config, () => ['JPX']);
    maybe(50, 'collarAgainst', config, () => 'touch');
    maybe(60, 'averageVolume', config, () => ({ intervalMs: 200, intervals: 1 + prng.below(8) }));
    return config;
  }
}
