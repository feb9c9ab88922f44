/** The report's figures in their final form (report-types.ts), from what a pass over the log gathered. */
import { formatDecimal } from '../core/decimal.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import { Liquidity } from '../core/order.ts';
import { Column, type Distribution, distributionOf } from './columns.ts';
import type { Position } from './ledger.ts';
import type { LogPass } from './log-pass.ts';
import { CONVERTED, Curve, sharpeOf } from './marks.ts';
import { Money } from './money.ts';
import type { InstrumentFigures, MoneyFigures, PnlFigures, PositionFigures, ReportJson } from './report-types.ts';
import { fillCounts, type OrderTallies, rejectFigures } from './tallies.ts';

/** Trading time in a year: of an exchange with sessions (252 days of 6.5 hours), and of one that never closes. */
const SESSIONS_YEAR_NS = 252 * 6.5 * 3600e9;
const ROUND_THE_CLOCK_YEAR_NS = 365 * 24 * 3600e9;

function yearNsOf(format: string): number {
  return format === 'itch50' || format === 'lobster' ? SESSIONS_YEAR_NS : ROUND_THE_CLOCK_YEAR_NS;
}

/** Sums of positions in one currency; `isConverted`: each by its rate to it. */
function moneyOf(pass: LogPass, positions: readonly Position[], currency: string, isConverted = false): MoneyFigures {
  let gross = Money.ZERO;
  let fees = Money.ZERO;
  let realised = Money.ZERO;
  const turnover = [Money.ZERO, Money.ZERO, Money.ZERO];
  for (const position of positions) {
    const rate = isConverted ? (position.rateToBase ?? Money.ZERO) : Money.ONE;
    const money = (units: bigint): Money => position.money(units).times(rate);
    gross = gross.plus(position.gross(pass.market.midTwice(position.instrument)).times(rate));
    fees = fees.plus(money(position.fees));
    realised = realised.plus(money(position.realised));
    for (let kind = 0; kind < 3; kind++) turnover[kind] = turnover[kind].plus(money(position.turnover[kind]));
  }
  return {
    currency,
    gross: gross.toString(),
    fees: fees.toString(),
    net: gross.minus(fees).toString(),
    realised: realised.toString(),
    unrealised: gross.minus(realised).toString(),
    turnover: turnover[0].plus(turnover[1]).plus(turnover[2]).toString(),
    makerTurnover: turnover[Liquidity.Maker].toString(),
    takerTurnover: turnover[Liquidity.Taker].toString(),
  };
}

/** All currencies in one, where there are several and a rate for each; else null. */
export function convertedOf(pass: LogPass): PnlFigures | null {
  const currencies = new Set(pass.positions.map((position) => position.currency));
  const curve = pass.marks.curves.find((one) => one.strategy === CONVERTED);
  if (curve === undefined || currencies.size < 2 || curve.factors.some(Number.isNaN)) return null;
  return pnlOfCurve(pass, curve);
}

/** One entry a currency; `strategy` WHOLE: of all of them. What was never executed is worth 0 of the base currency. */
export function pnlOf(pass: LogPass, strategy: number): PnlFigures[] {
  const curves = pass.marks.curves.filter((curve) => curve.strategy === strategy);
  if (curves.length > 0) return curves.map((curve) => pnlOfCurve(pass, curve));
  const nothing = new Curve(strategy, pass.settings.baseCurrency, 0);
  nothing.values.extend(pass.marks.timeNs.length);
  return [pnlOfCurve(pass, nothing)];
}

function pnlOfCurve(pass: LogPass, curve: Curve): PnlFigures {
  const yearNs = yearNsOf(pass.settings.format);
  const sharpe = sharpeOf(pass.marks.timeNs, curve.values, pass.lastNs, yearNs);
  const hadDrawdown = curve.maxDrawdown > 0;
  return {
    ...moneyOf(pass, curve.positions, curve.currency, curve.strategy === CONVERTED),
    maxDrawdown: curve.maxDrawdown,
    drawdownFromNs: hadDrawdown ? curve.drawdownFromNs : null,
    drawdownToNs: hadDrawdown ? curve.drawdownToNs : null,
    sharpe: sharpe.ratio,
    sharpeIntervalNs: sharpe.intervalNs,
    sharpeIntervals: sharpe.intervals,
    sharpeIntervalsPerYear: sharpe.intervalsPerYear,
  };
}

export function positionOf(pass: LogPass, position: Position): PositionFigures {
  const { qtyDecimals, priceDecimals } = position;
  const spanNs = pass.lastNs - pass.startNs;
  const lot = 10 ** -qtyDecimals;
  const midTwice = pass.market.midTwice(position.instrument);
  const mean = (integral: number): number => (spanNs > 0 ? (integral / spanNs) * lot : 0);
  return {
    strategy: pass.settings.strategyName(position.strategy),
    symbol: position.symbol,
    qty: new Money(position.qtyLots, qtyDecimals).toString(),
    avgCost: position.qtyLots === 0n ? null : priceText(position.avgCostTicks, priceDecimals),
    mark: midTwice === 0 ? null : formatDecimal(midTwice * 5, priceDecimals + 1),
    bought: new Money(position.boughtLots, qtyDecimals).toString(),
    sold: new Money(position.soldLots, qtyDecimals).toString(),
    money: moneyOf(pass, [position], position.currency),
    inventory: {
      mean: mean(position.lotsNs),
      meanSize: mean(position.sizeNs),
      maxLong: formatDecimal(position.maxLongLots, qtyDecimals),
      maxShort: formatDecimal(position.maxShortLots, qtyDecimals),
      heldShare: spanNs > 0 ? position.heldNs / spanNs : null,
    },
  };
}

export function instrumentOf(pass: LogPass, tallies: OrderTallies, def: InstrumentDef): InstrumentFigures {
  const { instrument } = def;
  const { orders, fills } = pass.flow;
  const positions = pass.positions.filter((one) => one.instrument === instrument);
  const ahead = new Column();
  let ordered = 0;
  let executed = 0;
  for (let row = 1; row <= orders.count; row++) {
    if (orders.side.get(row) === 0 || orders.instrument.get(row) !== instrument) continue;
    if (orders.queueAheadLots.get(row) >= 0) ahead.push(orders.queueAheadLots.get(row) / 10 ** def.qtyDecimals);
    if (orders.sent.get(row) === 0) continue;
    ordered += orders.qtyLots.get(row);
    executed += orders.cumQtyLots.get(row);
  }
  const scope = { strategy: -1, instrument };
  return {
    symbol: def.symbol,
    orders: tallies.ofInstrument(instrument),
    fills: fillCounts(fills, scope),
    rejects: rejectFigures(pass, scope),
    money: moneyOf(pass, positions, pass.settings.currency(def.symbol)),
    qtyFillRatio: ordered === 0 ? null : executed / ordered,
    queueAheadQty: distributionOf(ahead),
  };
}

export function queueOf(pass: LogPass): ReportJson['queue'] {
  const { orders, fills } = pass.flow;
  let known = 0;
  let atFront = 0;
  for (let row = 1; row <= orders.count; row++) {
    const ahead = orders.queueAheadLots.get(row);
    if (orders.side.get(row) === 0 || ahead < 0) continue;
    known++;
    if (ahead === 0) atFront++;
  }
  return { known, atFront, timeToFillNs: timeToFill() };

  function timeToFill(): Distribution {
    const waited = new Column();
    const isCounted = new Uint8Array(orders.count + 1);
    for (let i = 0; i < fills.count; i++) {
      const row = fills.orderId.get(i);
      if (isCounted[row] !== 0) continue;
      isCounted[row] = 1;
      const arrivedNs = orders.arrivedNs.get(row);
      if (fills.liquidity.get(i) !== Liquidity.Maker || fills.venueNs.get(i) < 0 || arrivedNs < 0) continue;
      waited.push(fills.venueNs.get(i) - arrivedNs);
    }
    return distributionOf(waited);
  }
}

/** Ticks as decimal text without zeros at the end; exact for whole ticks, else two decimals more. */
export function priceText(ticks: number, decimals: number): string {
  if (Number.isInteger(ticks)) return formatDecimal(ticks, decimals);
  return (ticks / 10 ** decimals).toFixed(decimals + 2).replace(/\.?0+$/, '');
}
