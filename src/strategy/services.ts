/**
 * What the host needs of the engine it runs in. The engine implements StrategyServices; order manager and positions
 * already have the shape of OrderSource and PositionSource. Strategies and instruments are dense indices from 0, prices
 * ticks, quantities lots, times session ns. A refusal is a negative RejectCode.
 */
import type { Books } from '../book/books.ts';
import type { HaltReason, OrderTicket } from '../core/order.ts';
import type { Orders } from '../oms/orders.ts';

/** The verbs. Called from inside a callback; what they cause (onOrder) is delivered after the callback has returned. */
export interface StrategyServices {
  /** The engine's time; never goes back. */
  readonly nowNs: number;
  /** The ticket holds every field, checked to be numbers (absent ones at their defaults), and is re-used: copy, don't keep. */
  submit(strategy: number, ticket: FullTicket): number;
  replace(strategy: number, orderId: number, qtyLots: number, priceTicks: number): number;
  cancel(strategy: number, orderId: number): number;
  /** `instrument` -1: all. How many requests left. */
  cancelAll(strategy: number, instrument: number): number;
  createParent(strategy: number, instrument: number, side: number, qtyLots: number): number;
  createGroup(strategy: number, kind: number): number;
  /** The timer `timerId` of this strategy is due at `atNs` (at once if that has passed); set again, it moves. */
  setTimer(strategy: number, timerId: number, atNs: number): void;
  clearTimer(strategy: number, timerId: number): void;
  /** A StrategyLog record; the text is at most 200 bytes of UTF-8. */
  log(strategy: number, text: string): void;
  /** The strategy is not run any more: journal it and cancel its orders. Never called while a callback is running. */
  halted(strategy: number, reason: HaltReason, text: string): void;
  tickTicks(instrument: number): number;
  lotLots(instrument: number): number;
  /** TradingState as the venue last stated it (Status events); Unknown where it never did. */
  tradingState(instrument: number): number;
  /** Indices of the defined instruments of a consolidated group, ascending; empty where there is no such group. */
  consolidated(name: string): readonly number[];
}

/** Every field is there: numbers, with OrderTicket's defaults. No price: NaN. */
export type FullTicket = Required<OrderTicket>;

/** What the host reads of the order manager. */
export interface OrderSource {
  readonly orders: Orders;
  /** Open orders of a strategy, oldest first; 0 ends the list. */
  firstOpenOf(strategy: number): number;
  nextOpenOf(orderId: number): number;
  openCount(strategy: number): number;
  /** Open quantity at its worst over every pending request. */
  worstLeavesLots(orderId: number): number;
}

/** Fields of `readPosition` and `readPnl` in the array they fill. */
export const PositionField = { QtyLots: 0, AvgCostTicks: 1, Realised: 2, Unrealised: 3, Fees: 4 } as const;
export const PnlField = { Realised: 0, Unrealised: 1, MaxDrawdown: 2 } as const;
export const ParentField = { QtyLots: 0, CumQtyLots: 1, CommittedLots: 2, AvgPxTicks: 3 } as const;

/** What strategies see of positions, P&L and parents: figures written into `out`, so that nothing is allocated. */
export interface FigureSource {
  /** PositionField: quantity, average cost (NaN when flat), realised, unrealised, fees; money in the account's currency. */
  readPosition(strategy: number, instrument: number, out: Float64Array): void;
  /** PnlField: realised and unrealised after fees, maximum drawdown (positive); in the account's currency. */
  readPnl(strategy: number, out: Float64Array): void;
  /** ParentField; false where it is no parent of this strategy. */
  readParent(strategy: number, parentId: number, out: Float64Array): boolean;
}

/** What the host reads. */
export interface StrategySources {
  readonly books: Books;
  readonly orders: OrderSource;
  readonly figures: FigureSource;
}
