/** What the checks do one by one, in words; that they do it always is against-naive.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExecReport } from '../../src/core/exec-report.ts';
import { ExecType, OrderFlag, OrderSide, OrdType, RejectCode as R, TimeInForce } from '../../src/core/order.ts';
import { RiskScope, RiskStateKind } from '../../src/core/record.ts';
import { CHECK_NAMES, Check } from '../../src/risk/checks.ts';
import { TradingState } from '../../src/risk/standing.ts';
import { RiskDesk } from '../support/risk-fixture.ts';

const { Buy, Sell } = OrderSide;
const MS = 1e6;

/** AAA at 100.00 / 100.02. */
function desk(config: unknown, latched: ConstructorParameters<typeof RiskDesk>[2] = {}): RiskDesk {
  const one = new RiskDesk({ account: { selfTrade: 'off' }, ...(config as object) }, undefined, latched);
  one.touch(0, 10_000, 10_002);
  return one;
}

const buy = (qtyLots: number, priceTicks = 10_000) => ({ instrument: 0, side: Buy, qtyLots, priceTicks });
const sell = (qtyLots: number, priceTicks = 10_002) => ({ instrument: 0, side: Sell, qtyLots, priceTicks });

function cancelled(one: RiskDesk, orderId: number): void {
  const report = new ExecReport();
  report.orderId = orderId;
  report.execType = ExecType.Canceled;
  report.execId = 1000 + orderId;
  report.clOrdId = one.oms.orders.clOrdId[orderId];
  assert.equal(one.oms.apply(report, one.nowNs), 0);
}

test('every check has its name', () => {
  assert.equal(CHECK_NAMES.length, Object.keys(Check).length);
  assert.equal(CHECK_NAMES[Check.CancelRate], 'cancel rate');
});

test('a kill switch refuses orders and replaces, not cancels, and outlives the run', () => {
  const one = desk({});
  const [open] = one.submit(0, buy(1));
  for (const [scope, index, code] of [
    [RiskScope.Engine, 0, R.KillEngine],
    [RiskScope.Account, 0, R.KillAccount],
    [RiskScope.Strategy, 0, R.KillStrategy],
    [RiskScope.Instrument, 0, R.KillInstrument],
  ] as const) {
    assert.ok(one.risk.switches.kill(scope, index) && !one.risk.switches.kill(scope, index), 'thrown once');
    assert.equal(one.submit(0, buy(1))[1], code);
    assert.equal(one.replace(open, 2, 10_000), code);
    assert.equal(one.risk.checkCancel(open, one.nowNs), 0);
    const next = desk({}, { latched: one.risk.switches.latched() });
    assert.equal(next.submit(0, buy(1))[1], code, 'the next run begins killed');
    assert.ok(next.risk.switches.resume(scope, index));
    assert.equal(next.submit(0, buy(1))[1], 0);
    assert.ok(one.risk.switches.resume(scope, index));
  }
  assert.deepEqual(one.risk.switches.latched(), []);
  assert.deepEqual(
    one.reported.slice(0, 2).map(({ kind, scope }) => [scope, kind]),
    [
      [RiskScope.Engine, RiskStateKind.Killed],
      [RiskScope.Engine, RiskStateKind.Resumed],
    ],
  );
});

test('Reducing lets through what only reduces, Halted nothing', () => {
  const one = desk({});
  one.positions.fill(0, 0, 0, Buy, 10, 10_000, 0);
  one.risk.onExecution(0, 0, 0, one.nowNs);
  one.risk.switches.setTradingState(TradingState.Reducing, RiskScope.Strategy, 0);
  assert.equal(one.submit(0, buy(1))[1], R.ReducingOnly);
  assert.equal(one.submit(0, sell(6))[1], 0);
  assert.equal(one.submit(0, sell(5))[1], R.ReducingOnly, 'with the 6 that are open it would open a short position');
  assert.equal(one.submit(0, sell(4))[1], 0);
  one.risk.switches.setTradingState(TradingState.Halted);
  assert.equal(one.submit(1, buy(1))[1], R.TradingHalted);
  assert.equal(one.risk.switches.tradingState(), TradingState.Halted);
});

test('position limits count open orders at their worst, a pending replace included', () => {
  const one = desk({ strategy: { maxLong: 10, maxShort: 5 } });
  const [first] = one.submit(0, buy(6));
  assert.equal(one.submit(0, buy(5))[1], R.PositionLong);
  assert.equal([one.risk.lastValue, one.risk.lastLimit].join(), '11,10');
  assert.equal(CHECK_NAMES[one.risk.lastCheck], 'position limit');
  assert.equal(one.replace(first, 9, 10_000), 0);
  assert.equal(one.submit(0, buy(2))[1], R.PositionLong, 'the replace may have been accepted');
  assert.equal(one.submit(0, buy(1))[1], 0);
  assert.equal(one.submit(0, sell(6))[1], R.PositionShort);
  assert.equal(one.submit(0, sell(5))[1], 0);
  assert.equal(one.submit(1, buy(10))[1], 0, 'another strategy has its own');
});

test('what can not be known refuses: no price, no mark, no exchange rate, no terms, no VaR', () => {
  const one = new RiskDesk({ engine: { maxNotional: 1e6, maxGross: 1e6 } }, undefined, { fx: { EUR: '1.1' } });
  assert.equal(one.submit(0, buy(1))[1], R.NoReference);
  one.touch(0, 10_000, 0);
  assert.equal(one.submit(0, buy(1))[1], R.NoReference);
  one.touch(0, 10_003, 10_001);
  assert.equal(one.submit(0, buy(1))[1], R.CrossedReference);
  one.touch(0, 10_000, 10_002);
  assert.equal(one.submit(0, buy(1))[1], 0);
  one.books.staleReason[0] = 2;
  assert.equal(one.submit(0, buy(1))[1], R.StaleReference);
  one.touch(3, 30_000, 30_005);
  const yen = { instrument: 3, side: Buy, qtyLots: 100, priceTicks: 30_000 };
  assert.equal(one.submit(0, yen)[1], R.RiskUnavailable, 'no rate for JPY');
  one.books.staleReason[0] = 0;
  one.define(0, { symbol: 'AAA', priceDecimals: 2, qtyDecimals: 0, tick: 'nonsense' });
  assert.equal(one.submit(0, buy(1))[1], R.RiskUnavailable, 'terms that make no sense');
  assert.equal(one.submit(0, { ...buy(1), instrument: 77 })[1], R.UnknownInstrument);

  const withVar = desk({ engine: { maxVar: 1000 } });
  assert.equal(withVar.submit(0, buy(1))[1], R.RiskUnavailable);
  withVar.risk.setVarFigure(1000, withVar.nowNs + 5);
  assert.equal(withVar.submit(0, buy(1))[1], 0);
  withVar.risk.setVarFigure(1000.000001, withVar.nowNs + 5);
  assert.equal(withVar.submit(0, buy(1))[1], R.VarLimit);
  withVar.risk.setVarFigure(10, withVar.nowNs - 1);
  assert.equal(withVar.submit(0, buy(1))[1], R.RiskUnavailable, 'too old');
  withVar.risk.setVarFigure(Number.NaN, withVar.nowNs + 5);
  assert.equal(withVar.submit(0, buy(1))[1], R.RiskUnavailable, 'not a number');
});

test('a loss limit that is reached trips once, is reported, and holds until somebody resumes', () => {
  for (const [onLoss, kind, code] of [
    ['reducing', RiskStateKind.Reducing, R.ReducingOnly],
    ['halted', RiskStateKind.Halted, R.TradingHalted],
    ['kill', RiskStateKind.Killed, R.KillStrategy],
  ] as const) {
    const one = desk({ strategy: { maxLoss: '1.50', onLoss } });
    one.positions.fill(0, 0, 0, Buy, 100, 10_001, 0);
    one.risk.onExecution(0, 0, 0, one.nowNs);
    one.touch(0, 9_999, 10_000);
    assert.deepEqual(
      one.reported.filter((r) => r.kind === kind),
      [{ scope: RiskScope.Strategy, kind, subject: 0, value: 1_500_000, limit: 1_500_000, code: R.LossLimit }],
    );
    assert.equal(one.submit(0, buy(1))[1], code);
    one.touch(0, 10_100, 10_102);
    assert.equal(one.submit(0, buy(1, 10_100))[1], code, 'latched');
    assert.equal(one.submit(1, buy(1, 10_100))[1], 0, 'of that strategy only');
    one.risk.switches.resume(RiskScope.Strategy, 0);
    one.risk.switches.setTradingState(TradingState.Active, RiskScope.Strategy, 0);
    assert.equal(one.submit(0, buy(1, 10_100))[1], 0);
  }
});

test('drawdown counts from the peak', () => {
  const one = desk({ account: { maxDrawdown: 2, selfTrade: 'off' } });
  one.positions.fill(0, 0, 0, Buy, 100, 10_001, 0);
  one.risk.onExecution(0, 0, 0, one.nowNs);
  one.touch(0, 10_010, 10_012);
  one.touch(0, 10_009, 10_010);
  assert.equal(one.submit(1, buy(1, 10_009))[1], 0);
  one.touch(0, 10_008, 10_010);
  assert.equal(one.submit(1, buy(1, 10_008))[1], R.ReducingOnly);
  assert.equal(one.reported.filter(({ code }) => code === R.DrawdownLimit).at(-1)?.kind, RiskStateKind.Reducing);
});

test('a warning is given once per crossing, and again only after the use fell well below', () => {
  const one = desk({ strategy: { maxLong: 100 } });
  const warnings = (): number => one.reported.filter(({ kind }) => kind === RiskStateKind.LimitWarning).length;
  const [first] = one.submit(0, buy(69));
  assert.equal(warnings(), 0);
  assert.equal(one.risk.warnMask, 0);
  const [second] = one.submit(0, buy(1));
  assert.equal(one.risk.warnMask, 1 << Check.Position);
  assert.equal(warnings(), 1);
  one.submit(0, buy(5));
  assert.equal(warnings(), 1);
  assert.deepEqual(one.reported.at(-1), {
    scope: RiskScope.Strategy,
    kind: RiskStateKind.LimitWarning,
    subject: 0,
    value: 70,
    limit: 100,
    code: R.PositionLong,
  });
  for (const orderId of [second, first]) cancelled(one, orderId);
  assert.equal(warnings(), 1);
  one.submit(0, buy(70));
  assert.equal(warnings(), 2, 'it had fallen to 5');
  const [third] = one.submit(0, buy(1));
  cancelled(one, third);
  one.submit(0, buy(2));
  assert.equal(warnings(), 2, 'to 75 and up again is no new crossing');
});

test('rates count what leaves, windows slide, and cancels have a budget of their own', () => {
  const one = desk({ strategy: { messageRate: { max: 2, perMs: 100 }, cancelRate: { max: 1, perMs: 100 } } });
  const [open] = one.submit(0, buy(1));
  assert.equal(one.submit(0, buy(-1))[1], R.BadQty);
  one.nowNs += 60 * MS;
  assert.equal(one.submit(0, buy(2))[1], 0);
  assert.equal(one.submit(0, buy(3))[1], R.StrategyRate);
  assert.equal(one.risk.checkCancel(open, one.nowNs), 0, 'a cancel leaves although orders may not');
  assert.equal(one.risk.checkCancel(open, one.nowNs), R.CancelRate);
  one.nowNs += 40 * MS;
  assert.equal(one.submit(0, buy(4))[1], 0, 'the first one is 100 ms ago');
  assert.equal(one.submit(0, buy(5))[1], R.StrategyRate);
});

test('the same order again, and executions without a pause', () => {
  const one = desk({
    strategy: { repeatedOrderMs: 50, repeatedExecutions: { max: 3, perMs: 10, pauseMs: 200 } },
  });
  assert.equal(one.submit(0, buy(1))[1], 0);
  one.nowNs += 49 * MS;
  assert.equal(one.submit(0, buy(1))[1], R.RepeatedOrder);
  assert.equal(one.submit(1, buy(1))[1], 0, 'another strategy');
  assert.equal(one.submit(0, buy(2))[1], 0, 'another quantity');
  one.nowNs += 1 * MS;
  assert.equal(one.submit(0, buy(1))[1], 0);
  for (let i = 0; i < 3; i++) {
    one.positions.fill(0, 0, 0, i % 2 === 0 ? Buy : Sell, 1, 10_000, 0);
    one.risk.onExecution(0, 0, 0, one.nowNs);
  }
  assert.equal(one.submit(0, buy(7))[1], R.RepeatedExecution);
  one.nowNs += 200 * MS;
  assert.equal(one.submit(0, buy(7))[1], 0);
});

test('self-trade prevention: who is cancelled, who is refused, how much is left', () => {
  const setUp = (selfTrade: string): [RiskDesk, number, number] => {
    const one = new RiskDesk({ account: { selfTrade } });
    one.touch(0, 10_000, 10_010);
    const [a] = one.submit(0, sell(3, 10_005));
    const [b] = one.submit(1, sell(4, 10_006));
    one.submit(0, sell(9, 10_020));
    return [one, a, b];
  };
  const cancels = (one: RiskDesk): number[] => [
    ...one.risk.selfTradeCancels.subarray(0, one.risk.selfTradeCancelCount),
  ];
  const [newest] = setUp('cancel-newest');
  assert.equal(newest.submit(1, buy(10, 10_006))[1], R.SelfTrade);
  assert.deepEqual(cancels(newest), []);
  assert.equal(newest.submit(1, buy(10, 10_004))[1], 0);
  assert.equal(newest.submit(1, { ...buy(10, 10_006), flags: OrderFlag.PostOnly })[1], 0, 'never takes');
  const [oldest, a, b] = setUp('cancel-oldest');
  assert.equal(oldest.submit(1, buy(10, 10_006))[1], 0);
  assert.deepEqual(cancels(oldest), [a, b]);
  assert.equal(oldest.risk.selfTradeQtyLots, 10);
  const [both] = setUp('cancel-both');
  assert.equal(
    both.submit(1, { ...buy(10), type: OrdType.Market, priceTicks: 0, timeInForce: TimeInForce.Ioc })[1],
    R.SelfTrade,
  );
  assert.deepEqual(cancels(both).length, 3);
  const [decrement] = setUp('decrement');
  assert.equal(decrement.submit(1, buy(7, 10_006))[1], R.SelfTrade, 'nothing remains');
  assert.deepEqual(cancels(decrement), []);
  assert.equal(decrement.submit(1, buy(10, 10_006))[1], 0);
  assert.equal(decrement.risk.selfTradeQtyLots, 3);
  assert.equal(decrement.submit(2, buy(10, 10_006))[1], 0, 'another account');
});

test('limits are read and changed while running', () => {
  const one = desk({ strategy: { maxLong: 10, maxGross: 2000 }, instruments: { AAA: { strategy: { maxLong: 4 } } } });
  assert.equal(one.submit(0, buy(5))[1], R.PositionLong);
  assert.equal(one.risk.setLimit('instruments.AAA.strategy.maxLong', 20), null);
  assert.equal(one.reported.at(-1)?.kind, RiskStateKind.LimitChanged);
  assert.equal(one.submit(0, buy(5))[1], 0);
  const uses = one.risk.limitUse(one.nowNs);
  const use = (limit: string, scope: string) => uses.find((u) => u.limit === limit && u.scope === scope);
  assert.deepEqual(use('maxLong', 'strategy maker, AAA'), {
    limit: 'maxLong',
    scope: 'strategy maker, AAA',
    use: 5,
    max: 20,
    percent: 25,
  });
  assert.deepEqual(use('maxGross', 'strategy maker')?.percent, 25);
  assert.equal(one.submit(0, buy(16))[1], R.PositionLong);
  assert.match(one.risk.setLimit('strategy.maxLong', -1) ?? '', /^strategy\.maxLong: -1|"-1" is not allowed/);
  assert.match(one.risk.setLimit('strategy.maxLnog', 1) ?? '', /unknown key maxLnog: expected maxQty/);
  assert.match(one.risk.setLimit('__proto__.polluted', 1) ?? '', /no such limit/);
  assert.equal(one.submit(0, buy(16))[1], R.PositionLong, 'a refused change changes nothing');
  assert.equal(one.risk.setLimit('instruments.AAA.strategy.maxLong', null), null);
  assert.equal(one.risk.setLimit('strategy.messageRate', '3/1000'), null);
  assert.equal(one.submit(0, buy(12))[1], 0, 'no limit of its own any more, and 17 of 10 ... of the strategy');
});

test('sanity: numbers that make no sense, steps, combinations', () => {
  const one = desk({});
  for (const [change, code] of [
    [{ side: 3 }, R.BadSide],
    [{ side: 1.5 }, R.BadSide],
    [{ qtyLots: Number.NaN }, R.BadQty],
    [{ qtyLots: 0 }, R.BadQty],
    [{ qtyLots: 2 ** 53 }, R.BadQty],
    [{ qtyLots: 2 ** 50, priceTicks: 2 ** 50 }, R.NotionalOverflow],
    [{ priceTicks: Number.NaN }, R.BadPrice],
    [{ priceTicks: -5 }, R.BadPrice],
    [{ priceTicks: 10_000.5 }, R.BadPrice],
    [{ type: OrdType.Market }, R.BadPrice],
    [{ type: 9 }, R.BadOrdType],
    [{ type: OrdType.Stop, priceTicks: 0 }, R.BadPrice],
    [{ type: OrdType.Pegged }, R.BadOrdType],
    [{ flags: OrderFlag.PostOnly, timeInForce: TimeInForce.Ioc }, R.BadOrdType],
    [{ timeInForce: 9 }, R.BadTimeInForce],
    [{ timeInForce: TimeInForce.Gtd, expireNs: 1 }, R.BadTimeInForce],
    [{ displayQtyLots: 11 }, R.BadDisplayQty],
    [{ flags: OrderFlag.ReduceOnly }, R.ReduceOnlyOrder],
    [{ clOrdId: 1 }, R.DuplicateClOrdId],
  ] as const) {
    one.submit(0, buy(1));
    assert.equal(one.submit(0, { ...buy(10), ...(change as object) })[1], code, JSON.stringify(change));
  }
  one.touch(2, 40_000, 40_025);
  assert.equal(one.submit(2, { instrument: 2, side: Buy, qtyLots: 1, priceTicks: 40_010 })[1], R.OffTick);
  one.touch(3, 30_000, 30_005);
  assert.equal(one.submit(0, { instrument: 3, side: Buy, qtyLots: 150, priceTicks: 30_000 })[1], R.OffLot);
});

test('collars are exact at the border', () => {
  const one = desk({ engine: { collarPercent: '0.5' } });
  // Mid 10,001; half a percent of it is 50.005.
  assert.equal(one.submit(0, buy(1, 10_051))[1], 0);
  assert.equal(one.submit(0, buy(1, 10_052))[1], R.CollarPercent);
  assert.equal(one.submit(0, buy(1, 9_951))[1], 0);
  assert.equal(one.submit(0, buy(1, 9_950))[1], R.CollarPercent);
  const touch = desk({ collarAgainst: 'touch', engine: { collarTicks: 3 } });
  assert.equal(touch.submit(0, buy(1, 10_005))[1], 0);
  assert.equal(touch.submit(0, buy(1, 10_006))[1], R.CollarTicks);
  assert.equal(touch.submit(0, sell(1, 9_997))[1], 0);
  assert.equal(touch.submit(0, sell(1, 9_996))[1], R.CollarTicks);
});

test('a redefinition with more decimals changes nothing that is counted or limited', () => {
  const one = desk({ strategy: { maxLong: 10, maxNotional: 600, repeatedOrderMs: 1000 } });
  one.positions.fill(0, 0, 0, Buy, 3, 10_000, 0);
  one.risk.onExecution(0, 0, 0, one.nowNs);
  one.submit(0, buy(4));
  const gross = [...one.risk.exposure.gross];
  one.define(0, { symbol: 'AAA', priceDecimals: 4, qtyDecimals: 2, tick: '0.01', lot: '1' });
  one.oms.rescale(0, 100, 100);
  one.positions.rescale(0, 100, 100);
  one.risk.rescale(0, 100, 100);
  one.touch(0, 1_000_000, 1_000_200);
  assert.deepEqual([...one.risk.exposure.gross], gross);
  assert.equal(one.submit(0, buy(400, 1_000_000))[1], R.RepeatedOrder, 'the same order in other units');
  assert.equal(one.submit(0, buy(700, 900_000))[1], R.MaxNotional);
  assert.equal(one.submit(0, buy(500, 1_000_000))[1], R.PositionLong);
  assert.equal(one.submit(0, buy(300, 1_000_050))[1], R.OffTick);
  assert.equal(one.submit(0, buy(300, 1_000_000))[1], 0);
  one.risk.checkInvariants();
  one.positions.checkInvariants();
});

test('credit: what positions cost, all open orders, and what was lost', () => {
  const one = desk({ strategy: { maxCredit: 1000 } });
  one.positions.fill(0, 0, 0, Buy, 4, 10_001, 0);
  one.risk.onExecution(0, 0, 0, one.nowNs);
  one.submit(0, buy(3));
  assert.equal(one.risk.exposure.creditUse(3), 700_040_000);
  one.touch(0, 9_000, 9_002);
  assert.equal(one.risk.exposure.creditUse(3), 740_040_000, '4 x 10.00 less at the mid');
  assert.equal(one.submit(0, buy(3, 9_000))[1], R.Credit);
  assert.equal(one.submit(0, sell(4, 9_002))[1], 0, 'reduces');
});
