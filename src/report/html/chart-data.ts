/**
 * What the page's charts draw, thinned to what a screen can show. Times are ms after the first order, so that they stay
 * short in the page; of each bucket of time a line keeps its lowest, highest and last value, so no peak is lost.
 */
import { FILL_REASON_TEXT, LIQUIDITY_TEXT, ORDER_SIDE_TEXT, type OrderSide, signOf } from '../../core/order.ts';
import type { BacktestReport } from '../backtest-report.ts';
import { Column } from '../columns.ts';
import { CONVERTED, WHOLE } from '../marks.ts';

/** Buckets of a line; of each up to three points are kept. */
const BUCKETS = 1200;
/** Fills drawn per instrument; the rest is in fills.csv. */
const MAX_FILLS = 4000;
/** Instruments with charts: those with the most fills. */
const MAX_INSTRUMENTS = 8;

export interface Line {
  readonly name: string;
  readonly t: readonly number[];
  readonly v: readonly number[];
  /** Holds its value until the next point. */
  readonly step: boolean;
}

export interface FillMarks {
  readonly t: readonly number[];
  readonly px: readonly number[];
  /** Positive bought, negative sold. */
  readonly qty: readonly number[];
  /** `maker, order 12: traded at its price ...` */
  readonly text: readonly string[];
  readonly isMaker: readonly boolean[];
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
  readonly lines: readonly Line[];
  readonly fills: FillMarks | null;
  /** Fill the area between the line and 0. */
  readonly area: boolean;
  /** Said under the chart. */
  readonly note: string;
}

export interface ChartSet {
  /** Session ns of t = 0, and epoch ns of the session's midnight, as text. */
  readonly startNs: number;
  readonly midnightNs: string;
  readonly endMs: number;
  readonly charts: readonly Chart[];
  readonly instrumentsLeftOut: number;
}

export function chartsOf(report: BacktestReport): ChartSet {
  const { pass, json } = report;
  const startNs = Math.max(0, pass.startNs);
  const charts: Chart[] = [];
  if (json.converted !== null) {
    const curve = pass.marks.curves.find((one) => one.strategy === CONVERTED);
    if (curve !== undefined) {
      const unit = curve.currency;
      const lines = [lineOf('net P&L', pass.marks.timeNs, curve.values, startNs, false)];
      const title = `Net P&L of all currencies, in ${unit}`;
      charts.push({
        id: 'equity-all',
        title,
        unit,
        decimals: decimalsFor(lines),
        lines,
        fills: null,
        area: false,
        note: '',
      });
    }
  }
  for (const { currency } of json.pnl) {
    const curves = pass.marks.curves.filter((one) => one.currency === currency && one.strategy !== CONVERTED);
    if (curves.length === 0) continue; // nothing was executed
    const shown = curves.length === 2 ? curves.slice(0, 1) : curves; // one strategy: it is the whole
    const lines = shown.map((curve) => {
      const name = curve.strategy === WHOLE ? 'net P&L' : pass.settings.strategyName(curve.strategy);
      return lineOf(name, pass.marks.timeNs, curve.values, startNs, false);
    });
    const unit = currency;
    const decimals = decimalsFor(lines);
    const title = `Net P&L${currency === '' ? '' : `, ${currency}`}`;
    charts.push({ id: `equity-${charts.length}`, title, unit, decimals, lines, fills: null, area: false, note: '' });
    const whole = curves.find((one) => one.strategy === WHOLE);
    if (whole === undefined) continue;
    const down = [lineOf('drawdown', pass.marks.timeNs, drawdownOf(whole.values), startNs, false)];
    const drawdown = `Drawdown${currency === '' ? '' : `, ${currency}`}`;
    charts.push({
      id: `drawdown-${charts.length}`,
      title: drawdown,
      unit,
      decimals,
      lines: down,
      fills: null,
      area: true,
      note: '',
    });
  }
  const traded = json.instruments.filter((one) => one.orders.sent > 0).sort((a, b) => b.fills.fills - a.fills.fills);
  for (const { symbol } of traded.slice(0, MAX_INSTRUMENTS)) charts.push(...instrumentCharts(report, symbol, startNs));
  return {
    startNs,
    midnightNs: String(pass.sessionMidnightNs),
    endMs: Math.max(0, (pass.lastNs - startNs) / 1e6),
    charts,
    instrumentsLeftOut: Math.max(0, traded.length - MAX_INSTRUMENTS),
  };
}

function instrumentCharts(report: BacktestReport, symbol: string, startNs: number): Chart[] {
  const { pass } = report;
  const mid = pass.marks.mids.find((one) => pass.market.defs[one.instrument]?.symbol === symbol);
  const def = mid === undefined ? undefined : pass.market.defs[mid.instrument];
  if (mid === undefined || def === undefined) return [];
  const { fills, count } = fillMarks(report, def.instrument, startNs);
  const left = count - fills.t.length;
  const midLine = lineOf('mid', pass.marks.timeNs, mid.values, startNs, false);
  const price: Chart = {
    id: `price-${def.instrument}`,
    title: `${symbol}: fills on price`,
    unit: '',
    decimals: decimalsIn([...midLine.v, ...fills.px], def.priceDecimals + 1),
    lines: [midLine],
    fills,
    area: false,
    note: left > 0 ? `${fills.t.length} of ${count} fills are drawn, evenly chosen; all are in fills.csv.` : '',
  };
  const lines: Line[] = [];
  for (const position of pass.positions) {
    if (position.instrument !== def.instrument) continue;
    const times = new Column();
    const values = new Column();
    times.push(startNs);
    values.push(0);
    const { flow } = pass;
    for (let i = 0; i < flow.fills.count; i++) {
      const isOfIt =
        flow.fills.instrument.get(i) === def.instrument && flow.fills.strategy.get(i) === position.strategy;
      if (!isOfIt) continue;
      times.push(flow.fills.timeNs.get(i));
      values.push(flow.fills.positionLots.get(i) / 10 ** def.qtyDecimals);
    }
    times.push(pass.lastNs);
    values.push(values.get(values.length - 1));
    lines.push(lineOf(pass.settings.strategyName(position.strategy), times, values, startNs, true));
  }
  if (lines.length === 0) return [price];
  const inventory: Chart = {
    id: `inventory-${def.instrument}`,
    title: `${symbol}: inventory`,
    unit: '',
    decimals: decimalsIn(
      lines.flatMap((line) => line.v),
      def.qtyDecimals,
    ),
    lines,
    fills: null,
    area: lines.length === 1,
    note: '',
  };
  return [price, inventory];
}

function fillMarks(report: BacktestReport, instrument: number, startNs: number): { fills: FillMarks; count: number } {
  const { fills } = report.pass.flow;
  const def = report.pass.market.defs[instrument];
  const rows: number[] = [];
  for (let i = 0; i < fills.count; i++) {
    if (fills.instrument.get(i) === instrument && fills.qtyLots.get(i) > 0) rows.push(i);
  }
  const step = Math.max(1, rows.length / MAX_FILLS);
  const marks = {
    t: [] as number[],
    px: [] as number[],
    qty: [] as number[],
    text: [] as string[],
    isMaker: [] as boolean[],
  };
  for (let k = 0; Math.floor(k) < rows.length; k += step) {
    const i = rows[Math.floor(k)];
    const reason = FILL_REASON_TEXT[fills.reason.get(i)] ?? '';
    const liquidity = LIQUIDITY_TEXT[fills.liquidity.get(i)] ?? '';
    const side = ORDER_SIDE_TEXT[fills.side.get(i)] ?? '';
    marks.t.push(millis(fills.timeNs.get(i) - startNs));
    marks.px.push(fills.pxTicks.get(i) / 10 ** (def?.priceDecimals ?? 0));
    marks.qty.push((signOf(fills.side.get(i) as OrderSide) * fills.qtyLots.get(i)) / 10 ** (def?.qtyDecimals ?? 0));
    marks.text.push(
      `${side}, order ${fills.orderId.get(i)}${liquidity === '' ? '' : `, ${liquidity}`}${reason === '' ? '' : `: ${reason}`}`,
    );
    marks.isMaker.push(liquidity === 'maker');
  }
  return { fills: marks, count: rows.length };
}

function lineOf(name: string, timeNs: Column, values: Column, startNs: number, step: boolean): Line {
  const t: number[] = [];
  const v: number[] = [];
  const put = (i: number): void => {
    t.push(millis(timeNs.get(i) - startNs));
    v.push(Number(values.get(i).toPrecision(10)));
  };
  const { length } = timeNs;
  const bucketNs = length <= 3 * BUCKETS ? 0 : (timeNs.get(length - 1) - startNs) / BUCKETS;
  for (let from = 0; from < length; ) {
    if (Number.isNaN(values.get(from))) {
      from++;
      continue;
    }
    let to = from + 1;
    const end = timeNs.get(from) + bucketNs;
    let low = from;
    let high = from;
    for (; to < length && timeNs.get(to) < end; to++) {
      if (values.get(to) < values.get(low)) low = to;
      if (values.get(to) > values.get(high)) high = to;
    }
    const kept = new Set([from, low, high, to - 1]);
    for (const i of [...kept].sort((a, b) => a - b)) put(i);
    from = to;
  }
  return { name, t, v, step };
}

function drawdownOf(values: Column): Column {
  const down = new Column();
  let peak = 0;
  for (let i = 0; i < values.length; i++) {
    peak = Math.max(peak, values.get(i));
    down.push(values.get(i) - peak);
  }
  return down;
}

function millis(ns: number): number {
  return Math.round(ns / 1e3) / 1e3;
}

/** So that the span of the lines shows in some four digits. */
function decimalsFor(lines: readonly Line[]): number {
  let low = 0;
  let high = 0;
  for (const { v } of lines) {
    for (const value of v) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  const span = high - low;
  return span === 0 ? 2 : Math.max(0, Math.min(8, 3 - Math.floor(Math.log10(span))));
}

/** Decimals that the values have, at most `most`. */
function decimalsIn(values: readonly number[], most: number): number {
  let decimals = 0;
  for (const value of values) {
    const text = value.toFixed(most).replace(/0+$/, '');
    decimals = Math.max(decimals, text.length - text.indexOf('.') - 1);
    if (decimals === most) break;
  }
  return most === 0 ? 0 : decimals;
}
