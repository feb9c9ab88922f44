/** Orders, fills, positions and P&L, from the trading records alone. */

import type { EventMemory } from '../../book/books.ts';
import {
  isTerminal,
  LIQUIDITY_TEXT,
  ORD_STATUS_TEXT,
  ORD_TYPE_TEXT,
  OrdStatus,
  TIME_IN_FORCE_TEXT,
} from '../../core/order.ts';
import { OmsOutcome, OrderAction } from '../../core/record.ts';
import { rejectText } from '../../core/reject-text.ts';
import type { FillRow, OrderRow, PnlSample, PositionRow } from '../protocol.ts';
import { History, Samples, type SavedHistory, type SavedSamples } from './history.ts';
import { Holding, wholeOf } from './holding.ts';
import type { MarketModel } from './market.ts';
import type { Names } from './names.ts';
import { type SavedTable, Table } from './table.ts';

/** Orders that are over are forgotten from here on, the ones that changed longest ago first; open ones never. */
const ORDERS_KEPT = 5000;
const FILLS_KEPT = 2000;
const PNL_SAMPLES = 4096;
/** Between two samples of P&L, of the session's time, unless something was filled; grows with the session. */
const PNL_EVERY_NS = 250e6;

const S = {
  OrderId: 0,
  ClOrdId: 1,
  PriceTicks: 7,
  QtyLots: 8,
  CumLots: 9,
  LeavesLots: 10,
  AvgTicks: 11,
  Status: 12,
  Rejected: 13,
  ChangedNs: 15,
} as const;

export interface SavedTrading {
  readonly orders: SavedTable<number, OrderRow>;
  readonly over: readonly number[];
  readonly fills: SavedHistory<FillRow>;
  readonly pnl: SavedSamples<PnlSample>;
  readonly holdings: readonly (readonly [number, Holding])[];
  readonly sends: number;
  readonly refusals: number;
}

export class TradingModel {
  readonly orders = new Table<number, OrderRow>();
  readonly fills = new History<FillRow>(FILLS_KEPT);
  readonly pnl = new Samples<PnlSample>(PNL_SAMPLES, PNL_EVERY_NS);
  /** By strategy and instrument. */
  readonly positions = new Table<string, PositionRow>();
  /** Orders asked for, and refused by pre-trade risk. */
  intents = 0;
  refusals = 0;
  private holdings = new Map<number, Holding>();
  /** Orders that are over, in the order in which they ended. */
  private over: number[] = [];
  private readonly names: () => Names;
  private readonly market: MarketModel;

  constructor(market: MarketModel, names: () => Names) {
    this.market = market;
    this.names = names;
  }

  intent(memory: EventMemory, w: number, nowNs: number): void {
    const { f64, u32, bytes } = memory;
    const at = w * 8;
    const orderId = f64[w + 5];
    this.intents++;
    if (orderId === 0 || bytes[at + 26] !== OrderAction.New) return;
    const strategy = this.names().settings.strategyName(u32[w * 2 + 6] & 0xffff);
    const qty = f64[w + 8];
    this.put([
      orderId,
      f64[w + 6],
      strategy,
      u32[w * 2 + 7],
      bytes[at + 27],
      ORD_TYPE_TEXT[bytes[at + 104]] ?? '',
      TIME_IN_FORCE_TEXT[bytes[at + 105]] ?? '',
      f64[w + 9],
      qty,
      0,
      qty,
      0,
      ORD_STATUS_TEXT[OrdStatus.PendingNew],
      '',
      nowNs,
      nowNs,
    ]);
  }

  /** Returns the code of a refusal, 0 without one. */
  verdict(memory: EventMemory, w: number, nowNs: number): number {
    const code = memory.u32[w * 2 + 12];
    if (code === 0) return 0;
    this.refusals++;
    const row = this.orders.get(memory.f64[w + 5]);
    if (row === undefined || memory.bytes[w * 8 + 26] !== OrderAction.New) return code;
    const changed = changedRow(row);
    changed[S.Status] = ORD_STATUS_TEXT[OrdStatus.Rejected];
    changed[S.Rejected] = rejectText(code);
    changed[S.LeavesLots] = 0;
    changed[S.ChangedNs] = nowNs;
    this.put(changed, true);
    return code;
  }

  state(memory: EventMemory, w: number, nowNs: number): void {
    const { f64, u32, bytes } = memory;
    const orderId = f64[w + 5];
    const outcome = u32[w * 2 + 25];
    if (orderId === 0 || (outcome !== OmsOutcome.Applied && outcome !== OmsOutcome.Local)) return;
    const status = bytes[w * 8 + 26];
    const code = u32[w * 2 + 24];
    const changed = changedRow(this.orders.get(orderId) ?? this.unseen(memory, w, orderId));
    changed[S.ClOrdId] = f64[w + 6];
    changed[S.QtyLots] = f64[w + 7];
    changed[S.PriceTicks] = f64[w + 8];
    changed[S.CumLots] = f64[w + 9];
    changed[S.LeavesLots] = f64[w + 10];
    changed[S.AvgTicks] = f64[w + 11];
    changed[S.Status] = ORD_STATUS_TEXT[status] ?? `status ${status}`;
    if (code !== 0) changed[S.Rejected] = rejectText(code);
    changed[S.ChangedNs] = nowNs;
    this.put(changed, isTerminal(status));
  }

  fill(memory: EventMemory, w: number, seq: number, nowNs: number): void {
    const { f64, u32, bytes } = memory;
    const at = w * 8;
    const strategy = u32[w * 2 + 6] & 0xffff;
    const instrument = u32[w * 2 + 7];
    const holding = this.holding(strategy, instrument);
    if (holding === null) return;
    holding.apply({
      side: bytes[at + 27],
      qtyLots: f64[w + 7],
      pxTicks: f64[w + 8],
      positionLots: f64[w + 9],
      feeUnits: f64[w + 10],
      realisedUnits: f64[w + 11],
      realisedTotalUnits: f64[w + 12],
      feesTotalUnits: f64[w + 13],
      avgCostTicks: f64[w + 14],
    });
    this.fills.push([
      seq,
      nowNs,
      f64[w + 5],
      this.names().settings.strategyName(strategy),
      instrument,
      bytes[at + 27],
      f64[w + 8],
      f64[w + 7],
      LIQUIDITY_TEXT[bytes[at + 26]] ?? '',
      holding.money(wholeOf(f64[w + 10])),
      holding.money(wholeOf(f64[w + 11])),
      f64[w + 9],
    ]);
    this.sample(nowNs);
  }

  /** Time has come to `nowNs`: P&L is sampled where that is due. */
  passed(nowNs: number): void {
    if (this.holdings.size > 0 && this.pnl.isDue(nowNs)) this.sample(nowNs);
  }

  /** The run has ended: the last sample is of its end. */
  ended(nowNs: number): void {
    if (this.holdings.size > 0) this.sample(nowNs);
  }

  /** Brings the rows of positions up to date with the marks. */
  refresh(): void {
    const { names, market, positions } = this;
    for (const holding of this.holdings.values()) {
      const midTwice = market.midTwice(holding.instrument);
      const row: PositionRow = [
        names().settings.strategyName(holding.strategy),
        holding.instrument,
        Number(holding.qtyLots),
        holding.avgCostTicks,
        holding.realisedMoney,
        holding.unrealisedAt(midTwice),
        holding.feesMoney,
        holding.markTwice(midTwice) / 2,
      ];
      const key = `${holding.strategy} ${holding.instrument}`;
      const before = positions.get(key);
      if (before === undefined || row.some((value, i) => value !== before[i])) positions.set(key, row);
    }
  }

  /** P&L of everything now. */
  total(nowNs: number): PnlSample {
    let realised = 0;
    let unrealised = 0;
    let fees = 0;
    for (const holding of this.holdings.values()) {
      realised += holding.realisedMoney;
      unrealised += holding.unrealisedAt(this.market.midTwice(holding.instrument));
      fees += holding.feesMoney;
    }
    return [nowNs, realised, unrealised, realised + unrealised - fees];
  }

  get openOrders(): number {
    return this.orders.size - this.over.length;
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    this.orders.map((row) => {
      if (row[3] !== instrument) return row;
      const changed = changedRow(row);
      for (const at of [S.PriceTicks, S.AvgTicks]) changed[at] = row[at] * priceFactor;
      for (const at of [S.QtyLots, S.CumLots, S.LeavesLots]) changed[at] = row[at] * qtyFactor;
      return changed;
    });
    this.fills.map((row) => {
      if (row[4] !== instrument) return row;
      const [seq, ns, id, strategy, index, side, price, qty, liquidity, fee, realised, position] = row;
      const scaled = [price * priceFactor, qty * qtyFactor, liquidity, fee, realised, position * qtyFactor] as const;
      return [seq, ns, id, strategy, index, side, ...scaled];
    });
    for (const holding of this.holdings.values()) {
      if (holding.instrument === instrument) holding.rescale(priceFactor, qtyFactor);
    }
  }

  save(): SavedTrading {
    return {
      orders: this.orders.save(),
      over: [...this.over],
      fills: this.fills.save(),
      pnl: this.pnl.save(),
      holdings: Array.from(this.holdings, ([key, holding]) => [key, holding.copy()] as const),
      sends: this.intents,
      refusals: this.refusals,
    };
  }

  load(saved: SavedTrading): void {
    this.orders.load(saved.orders);
    this.over = [...saved.over];
    this.fills.load(saved.fills);
    this.pnl.load(saved.pnl);
    this.holdings = new Map(saved.holdings.map(([key, holding]) => [key, holding.copy()]));
    this.intents = saved.sends;
    this.refusals = saved.refusals;
    this.positions.load([]);
    this.refresh();
  }

  private sample(nowNs: number): void {
    this.pnl.push(nowNs, this.total(nowNs));
  }

  private holding(strategy: number, instrument: number): Holding | null {
    const key = strategy * 65536 + instrument;
    const known = this.holdings.get(key);
    if (known !== undefined) return known;
    const def = this.market.def(instrument);
    if (def === undefined) return null;
    const holding = new Holding(strategy, def, this.names().settings);
    this.holdings.set(key, holding);
    return holding;
  }

  /** An order whose intent was missed. */
  private unseen(memory: EventMemory, w: number, orderId: number): OrderRow {
    const strategy = this.names().settings.strategyName(memory.u32[w * 2 + 6] & 0xffff);
    return [orderId, 0, strategy, memory.u32[w * 2 + 7], 0, '', '', 0, 0, 0, 0, 0, '', '', -1, -1];
  }

  private put(row: OrderRow, isOver = false): void {
    const id = row[0];
    const wasOver = isOver && isOverRow(this.orders.get(id));
    this.orders.set(id, row);
    if (isOver && !wasOver) this.over.push(id);
    if (this.over.length <= ORDERS_KEPT) return;
    // A good many at a time: taking from the front of a list moves all of it.
    for (const gone of this.over.splice(0, ORDERS_KEPT >> 3)) this.orders.delete(gone);
  }
}

type Changeable<T> = { -readonly [K in keyof T]: T[K] };

function changedRow(row: OrderRow): Changeable<OrderRow> {
  return [...row];
}

const OVER: ReadonlySet<string> = new Set(ORD_STATUS_TEXT.filter((_, status) => isTerminal(status)));

function isOverRow(row: OrderRow | undefined): boolean {
  return row !== undefined && OVER.has(row[S.Status]);
}
