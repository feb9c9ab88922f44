/** The report's tables as CSV (RFC 4180): orders, fills, equity, positions. Each is a series of pieces of text, header first. */
import { rejectName } from '../audit/trading-text.ts';
import { formatDecimal } from '../core/decimal.ts';
import {
  FILL_REASON_TEXT,
  LIQUIDITY_TEXT,
  ORD_STATUS_TEXT,
  ORD_TYPE_TEXT,
  ORDER_SIDE_TEXT,
  OrderFlag,
  TIME_IN_FORCE_TEXT,
} from '../core/order.ts';
import type { BacktestReport } from './backtest-report.ts';
import { priceText } from './figures.ts';
import { CONVERTED, WHOLE } from './marks.ts';
import { Money } from './money.ts';
import { RejectStage } from './order-flow.ts';

const PIECE_CHARS = 1 << 16;
const STAGES: readonly string[] = (() => {
  const names = [''];
  names[RejectStage.Risk] = 'risk';
  names[RejectStage.Venue] = 'venue';
  return names;
})();

type Cell = string | number;

/** Names of the files and what goes into them. */
export const CSV_FILES: readonly (readonly [string, (report: BacktestReport) => Iterable<string>])[] = [
  ['orders.csv', (report) => pieces(orderRows(report))],
  ['fills.csv', (report) => pieces(fillRows(report))],
  ['equity.csv', (report) => pieces(equityRows(report))],
  ['positions.csv', (report) => pieces(positionRows(report))],
];

function* pieces(rows: Iterable<readonly Cell[]>): Generator<string, void, void> {
  let text = '';
  for (const row of rows) {
    text += `${row.map(cellText).join(',')}\n`;
    if (text.length > PIECE_CHARS) {
      yield text;
      text = '';
    }
  }
  yield text;
}

function cellText(cell: Cell): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const ORDER_HEAD = [
  ...['order_id', 'intent_time', 'strategy', 'account', 'symbol', 'side', 'type', 'time_in_force', 'flags'],
  ...['qty', 'price', 'cum_qty', 'avg_px', 'status', 'reject_stage', 'reject_code', 'reject_reason', 'queue_ahead_qty'],
  ...['fills', 'replaces', 'cancels', 'cl_ord_id', 'parent_id', 'intent_seq', 'cause_seq'],
  ...['intent_ns', 'arrived_ns', 'ack_ns', 'first_fill_venue_ns', 'done_ns'],
];

function* orderRows(report: BacktestReport): Generator<readonly Cell[], void, void> {
  const { settings, market, flow } = report.pass;
  const { orders } = flow;
  yield ORDER_HEAD;
  for (let row = 1; row <= orders.count; row++) {
    const def = market.defs[orders.instrument.get(row)];
    if (orders.side.get(row) === 0 || def === undefined) continue;
    const qty = (lots: number): string => formatDecimal(lots, def.qtyDecimals);
    const price = (ticks: number): string => (ticks > 0 || ticks < 0 ? priceText(ticks, def.priceDecimals) : '');
    const code = orders.rejectCode.get(row);
    const flags = orders.flags.get(row);
    const flagNames = Object.entries(OrderFlag).flatMap(([name, bit]) => ((flags & bit) !== 0 ? [name] : []));
    yield [
      row,
      report.time(orders.intentNs.get(row)),
      settings.strategyName(orders.strategy.get(row)),
      settings.accountName(orders.account.get(row)),
      def.symbol,
      ORDER_SIDE_TEXT[orders.side.get(row)] ?? '',
      ORD_TYPE_TEXT[orders.type.get(row)] ?? '',
      TIME_IN_FORCE_TEXT[orders.timeInForce.get(row)] ?? '',
      flagNames.join('+'),
      qty(orders.qtyLots.get(row)),
      price(orders.priceTicks.get(row)),
      qty(orders.cumQtyLots.get(row)),
      price(orders.avgPxTicks.get(row)),
      ORD_STATUS_TEXT[orders.status.get(row)] ?? '',
      STAGES[orders.rejectStage.get(row)],
      code === 0 ? '' : code,
      code === 0 ? '' : rejectName(code),
      orders.queueAheadLots.get(row) < 0 ? '' : qty(orders.queueAheadLots.get(row)),
      orders.fills.get(row),
      orders.replaces.get(row),
      orders.cancels.get(row),
      orders.clOrdId.get(row),
      orders.parent.get(row) === 0 ? '' : orders.parent.get(row),
      orders.intentSeq.get(row),
      orders.causeSeq.get(row),
      orders.intentNs.get(row),
      known(orders.arrivedNs.get(row)),
      known(orders.ackNs.get(row)),
      known(orders.firstFillNs.get(row)),
      known(orders.doneNs.get(row)),
    ];
  }
}

const FILL_HEAD = [
  ...['seq', 'time', 'strategy', 'symbol', 'side', 'qty', 'price', 'liquidity', 'reason', 'order_id', 'exec_id'],
  ...['position', 'fee', 'realised', 'currency', 'time_ns', 'venue_ns'],
];

function* fillRows(report: BacktestReport): Generator<readonly Cell[], void, void> {
  const { settings, market, flow, positions } = report.pass;
  const { fills } = flow;
  const byKey = new Map(positions.map((one) => [`${one.strategy} ${one.instrument}`, one]));
  yield FILL_HEAD;
  for (let i = 0; i < fills.count; i++) {
    const def = market.defs[fills.instrument.get(i)];
    const position = byKey.get(`${fills.strategy.get(i)} ${fills.instrument.get(i)}`);
    if (def === undefined || position === undefined) continue;
    const { qtyDecimals, priceDecimals } = def;
    const money = (units: number): string =>
      new Money(BigInt(units), priceDecimals + qtyDecimals).times(position.multiplier).toString();
    yield [
      fills.seq.get(i),
      report.time(fills.timeNs.get(i)),
      settings.strategyName(fills.strategy.get(i)),
      def.symbol,
      ORDER_SIDE_TEXT[fills.side.get(i)] ?? '',
      formatDecimal(fills.qtyLots.get(i), qtyDecimals),
      priceText(fills.pxTicks.get(i), priceDecimals),
      LIQUIDITY_TEXT[fills.liquidity.get(i)] ?? '',
      FILL_REASON_TEXT[fills.reason.get(i)] ?? '',
      fills.orderId.get(i),
      fills.execId.get(i),
      formatDecimal(fills.positionLots.get(i), qtyDecimals),
      money(fills.feeUnits.get(i)),
      money(fills.realisedUnits.get(i)),
      position.currency,
      fills.timeNs.get(i),
      known(fills.venueNs.get(i)),
    ];
  }
}

/** P&L net of fees at every mark: of everything, of each strategy, each per currency; then the mids. */
function* equityRows(report: BacktestReport): Generator<readonly Cell[], void, void> {
  const { settings, market, marks } = report.pass;
  const curves = marks.curves.filter((one) => one.strategy !== CONVERTED || report.json.converted !== null);
  const ofCurve = curves.map((curve) => {
    if (curve.strategy === CONVERTED) return `net_all_in_${curve.currency}`;
    const whose = curve.strategy === WHOLE ? 'net' : `net_${settings.strategyName(curve.strategy)}`;
    return curve.currency === '' ? whose : `${whose}_${curve.currency}`;
  });
  const ofMid = marks.mids.map(({ instrument }) => `mid_${market.defs[instrument]?.symbol ?? instrument}`);
  yield ['time', 'time_ns', ...ofCurve, ...ofMid];
  for (let i = 0; i < marks.timeNs.length; i++) {
    const timeNs = marks.timeNs.get(i);
    yield [
      report.time(timeNs),
      timeNs,
      ...curves.map((curve) => rounded(curve.values.get(i))),
      ...marks.mids.map(({ values }) => (Number.isNaN(values.get(i)) ? '' : rounded(values.get(i)))),
    ];
  }
}

function* positionRows(report: BacktestReport): Generator<readonly Cell[], void, void> {
  yield [
    ...[
      'strategy',
      'symbol',
      'currency',
      'qty',
      'avg_cost',
      'mark',
      'bought',
      'sold',
      'net',
      'gross',
      'fees',
      'realised',
    ],
    ...['unrealised', 'turnover', 'mean_qty', 'mean_size', 'max_long', 'max_short', 'held_share'],
  ];
  for (const one of report.json.positions) {
    const { money, inventory } = one;
    yield [
      ...[one.strategy, one.symbol, money.currency, one.qty, one.avgCost ?? '', one.mark ?? '', one.bought, one.sold],
      ...[money.net, money.gross, money.fees, money.realised, money.unrealised, money.turnover],
      ...[rounded(inventory.mean), rounded(inventory.meanSize), inventory.maxLong, inventory.maxShort],
      inventory.heldShare === null ? '' : rounded(inventory.heldShare),
    ];
  }
}

function known(ns: number): Cell {
  return ns < 0 ? '' : ns;
}

/** A float without the noise of its last digits. */
function rounded(value: number): Cell {
  return Number(value.toPrecision(12));
}
