/**
 * What a strategy holds in its hands: flyweights over the engine's tables that can't change them. The tables are in
 * #private fields, the objects and their prototypes are frozen: whatever a strategy writes to them throws (modules are
 * strict code), and nothing it finds on them leads to the engine. Pointed by the host at what a call is about, and
 * re-used: reading allocates nothing.
 */

import type { Books } from '../book/books.ts';
import { BookView } from '../book/view.ts';
import type { Side, StaleReason } from '../core/event.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import { isTerminal, type OrderSide } from '../core/order.ts';
import { TWO_53 } from '../core/wide.ts';
import type { Orders } from '../oms/orders.ts';
import type { BookReader, OrderUpdate, OrderView, ParentView, PnlView, PositionView, TradeView } from './api.ts';
import { type FigureSource, type OrderSource, ParentField, PnlField, PositionField } from './services.ts';

/** One per strategy and instrument. */
export class StrategyBook implements BookReader {
  readonly #view: BookView;

  constructor(books: Books, instrument: number) {
    this.#view = new BookView(books, instrument);
    Object.freeze(this);
  }

  get instrument(): number {
    return this.#view.instrument;
  }
  get def(): InstrumentDef | undefined {
    return this.#view.def;
  }
  get hasBid(): boolean {
    return this.#view.hasBid;
  }
  get hasAsk(): boolean {
    return this.#view.hasAsk;
  }
  get bidPriceTicks(): number {
    return this.#view.bidPriceTicks;
  }
  get bidQtyLots(): number {
    return this.#view.bidQtyLots;
  }
  get askPriceTicks(): number {
    return this.#view.askPriceTicks;
  }
  get askQtyLots(): number {
    return this.#view.askQtyLots;
  }
  get spreadTicks(): number {
    return this.#view.spreadTicks;
  }
  get midTicks(): number {
    return this.#view.midTicks;
  }
  get micropriceTicks(): number {
    return this.#view.micropriceTicks;
  }
  imbalance(levels: number): number {
    return this.#view.imbalance(levels);
  }
  depth(side: Side): number {
    return this.#view.depth(side);
  }
  priceTicksAt(side: Side, depth: number): number {
    return this.#view.priceTicksAt(side, depth);
  }
  qtyLotsAt(side: Side, depth: number): number {
    return this.#view.qtyLotsAt(side, depth);
  }
  ordersAt(side: Side, depth: number): number {
    return this.#view.ordersAt(side, depth);
  }
  qtyLotsAtPrice(side: Side, priceTicks: number): number {
    return this.#view.qtyLotsAtPrice(side, priceTicks);
  }
  get isCrossed(): boolean {
    return this.#view.isCrossed;
  }
  get isLocked(): boolean {
    return this.#view.isLocked;
  }
  get isStale(): boolean {
    return this.#view.isStale;
  }
  get staleReason(): StaleReason {
    return this.#view.staleReason;
  }
  get staleReasonText(): string {
    return this.#view.staleReasonText;
  }
}

/** An order, by OrderID; the cell is the host's way to point it. */
export class StrategyOrder implements OrderView {
  readonly #orders: Orders;
  readonly #cell: Float64Array;

  constructor(orders: Orders, cell: Float64Array) {
    this.#orders = orders;
    this.#cell = cell;
    Object.freeze(this);
  }

  get orderId(): number {
    return this.#cell[0];
  }
  get instrument(): number {
    return this.#orders.instrument[this.#cell[0]];
  }
  get side(): OrderSide {
    return this.#orders.side[this.#cell[0]] as OrderSide;
  }
  get status(): number {
    return this.#orders.status[this.#cell[0]];
  }
  get isOpen(): boolean {
    return !isTerminal(this.#orders.status[this.#cell[0]]);
  }
  get priceTicks(): number {
    return this.#orders.priceTicks[this.#cell[0]];
  }
  get qtyLots(): number {
    return this.#orders.qtyLots[this.#cell[0]];
  }
  get cumQtyLots(): number {
    return this.#orders.cumQtyLots[this.#cell[0]];
  }
  get leavesQtyLots(): number {
    return this.#orders.leavesQtyLots[this.#cell[0]];
  }
  get avgPxTicks(): number {
    const id = this.#cell[0];
    const hi = this.#orders.cumValueHi[id];
    const lo = this.#orders.cumValueLo[id];
    const value = hi === -1 ? lo - TWO_53 : hi * TWO_53 + lo;
    return value / this.#orders.cumQtyLots[id]; // 0 / 0 before the first fill: NaN
  }
  get clOrdId(): number {
    return this.#orders.clOrdId[this.#cell[0]];
  }
  get rejectCode(): number {
    return this.#orders.rejectCode[this.#cell[0]];
  }
  get parentId(): number {
    return this.#orders.parentId[this.#cell[0]];
  }
  get tag(): number {
    return this.#orders.tag[this.#cell[0]];
  }
}

/** Fields of the cell behind an update. */
export const UpdateField = { ExecType: 0, LastQty: 1, LastPx: 2, Liquidity: 3, RejectCode: 4 } as const;

export class StrategyOrderUpdate implements OrderUpdate {
  readonly #cell: Float64Array;
  readonly order: OrderView;

  constructor(order: OrderView, cell: Float64Array) {
    this.order = order;
    this.#cell = cell;
    Object.freeze(this);
  }

  get execType(): number {
    return this.#cell[UpdateField.ExecType];
  }
  get lastQtyLots(): number {
    return this.#cell[UpdateField.LastQty];
  }
  get lastPxTicks(): number {
    return this.#cell[UpdateField.LastPx];
  }
  get liquidity(): number {
    return this.#cell[UpdateField.Liquidity];
  }
  get rejectCode(): number {
    return this.#cell[UpdateField.RejectCode];
  }
}

/** Fields of the cell behind a trade. */
export const TradeField = { Instrument: 0, Price: 1, Qty: 2, Aggressor: 3, TsEvent: 4, TsRecv: 5 } as const;

export class StrategyTrade implements TradeView {
  readonly #cell: Float64Array;

  constructor(cell: Float64Array) {
    this.#cell = cell;
    Object.freeze(this);
  }

  get instrument(): number {
    return this.#cell[TradeField.Instrument];
  }
  get priceTicks(): number {
    return this.#cell[TradeField.Price];
  }
  get qtyLots(): number {
    return this.#cell[TradeField.Qty];
  }
  get aggressor(): number {
    return this.#cell[TradeField.Aggressor];
  }
  get tsEventNs(): number {
    return this.#cell[TradeField.TsEvent];
  }
  get tsRecvNs(): number {
    return this.#cell[TradeField.TsRecv];
  }
}

/** One per strategy and instrument: reads the figures anew at every look. */
export class StrategyPosition implements PositionView {
  readonly #figures: FigureSource;
  readonly #orders: OrderSource;
  readonly #strategy: number;
  readonly #out = new Float64Array(5);
  readonly instrument: number;

  constructor(figures: FigureSource, orders: OrderSource, strategy: number, instrument: number) {
    this.#figures = figures;
    this.#orders = orders;
    this.#strategy = strategy;
    this.instrument = instrument;
    Object.freeze(this);
  }

  get qtyLots(): number {
    this.#read();
    return this.#out[PositionField.QtyLots];
  }
  get avgCostTicks(): number {
    this.#read();
    return this.#out[PositionField.AvgCostTicks];
  }
  get realised(): number {
    this.#read();
    return this.#out[PositionField.Realised];
  }
  get unrealised(): number {
    this.#read();
    return this.#out[PositionField.Unrealised];
  }
  get fees(): number {
    this.#read();
    return this.#out[PositionField.Fees];
  }
  /** O(open orders of the strategy). */
  get openBuyLots(): number {
    return this.#openLots(1);
  }
  get openSellLots(): number {
    return this.#openLots(2);
  }

  #read(): void {
    this.#figures.readPosition(this.#strategy, this.instrument, this.#out);
  }

  #openLots(side: number): number {
    const source = this.#orders;
    const { orders } = source;
    let lots = 0;
    for (let id = source.firstOpenOf(this.#strategy); id !== 0; id = source.nextOpenOf(id)) {
      if (orders.instrument[id] === this.instrument && orders.side[id] === side) lots += source.worstLeavesLots(id);
    }
    return lots;
  }
}

export class StrategyPnl implements PnlView {
  readonly #figures: FigureSource;
  readonly #strategy: number;
  readonly #out = new Float64Array(3);

  constructor(figures: FigureSource, strategy: number) {
    this.#figures = figures;
    this.#strategy = strategy;
    Object.freeze(this);
  }

  get realised(): number {
    this.#read();
    return this.#out[PnlField.Realised];
  }
  get unrealised(): number {
    this.#read();
    return this.#out[PnlField.Unrealised];
  }
  get total(): number {
    this.#read();
    return this.#out[PnlField.Realised] + this.#out[PnlField.Unrealised];
  }
  get maxDrawdown(): number {
    this.#read();
    return this.#out[PnlField.MaxDrawdown];
  }

  #read(): void {
    this.#figures.readPnl(this.#strategy, this.#out);
  }
}

/** A parent order as of the last look: `readParent` has filled the cell; its field 4 is the id. */
export class StrategyParent implements ParentView {
  static readonly ID = 4;
  readonly #cell: Float64Array;

  constructor(cell: Float64Array) {
    this.#cell = cell;
    Object.freeze(this);
  }

  get parentId(): number {
    return this.#cell[StrategyParent.ID];
  }
  get qtyLots(): number {
    return this.#cell[ParentField.QtyLots];
  }
  get cumQtyLots(): number {
    return this.#cell[ParentField.CumQtyLots];
  }
  get committedLots(): number {
    return this.#cell[ParentField.CommittedLots];
  }
  get availableLots(): number {
    return this.#cell[ParentField.QtyLots] - this.#cell[ParentField.CommittedLots];
  }
  get avgPxTicks(): number {
    return this.#cell[ParentField.AvgPxTicks];
  }
}

for (const view of [
  StrategyBook,
  StrategyOrder,
  StrategyOrderUpdate,
  StrategyTrade,
  StrategyPosition,
  StrategyPnl,
  StrategyParent,
]) {
  Object.freeze(view.prototype);
  Object.freeze(view);
}
