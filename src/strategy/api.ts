/**
 * What a strategy is, for those who write one: a module whose default export is a StrategyDefinition.
 *
 *   import { defineStrategy } from 'tapehead';
 *   export default defineStrategy({
 *     name: 'my-strategy',
 *     parameters: { symbol: { type: 'string' }, qtyLots: { type: 'integer', default: 1, min: 1 } },
 *     create: ({ symbol, qtyLots }) => ({
 *       onBook(ctx, instrument) { ... },
 *     }),
 *   });
 *
 * Callbacks run on the engine thread, one at a time, to completion: no promises, no clock and no randomness but the
 * context's, no I/O. Prices are ticks, quantities lots, times ns since the session's midnight. Everything handed to a
 * callback (views, updates, trades) is re-used: read it, don't keep it.
 */
import type { BookView } from '../book/view.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { OrderSide, OrderTicket } from '../core/order.ts';
import type { Prng } from '../core/prng.ts';

/** One parameter: its type, its default (none: it must be given) and what values make sense. */
export type ParameterSpec =
  | {
      readonly type: 'number';
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
      readonly text?: string;
    }
  | {
      readonly type: 'integer';
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
      readonly text?: string;
    }
  | { readonly type: 'boolean'; readonly default?: boolean; readonly text?: string }
  | { readonly type: 'string'; readonly default?: string; readonly choices?: readonly string[]; readonly text?: string }
  /** A decimal such as "0.01", kept as text: for prices and quantities of instruments not known yet. */
  | { readonly type: 'decimal'; readonly default?: string; readonly min?: string; readonly text?: string }
  | { readonly type: 'strings'; readonly default?: readonly string[]; readonly text?: string }
  | { readonly type: 'numbers'; readonly default?: readonly number[]; readonly text?: string };

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;
export type ParameterValue = number | boolean | string | readonly string[] | readonly number[];

/** The values that the specs describe. */
export type Parameters<Specs extends ParameterSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends { type: 'number' | 'integer' }
    ? number
    : Specs[Name] extends { type: 'boolean' }
      ? boolean
      : Specs[Name] extends { type: 'strings' }
        ? readonly string[]
        : Specs[Name] extends { type: 'numbers' }
          ? readonly number[]
          : string;
};

export interface StrategyDefinition<Specs extends ParameterSpecs = ParameterSpecs> {
  /** 1-32 characters: letters, digits, '-'. */
  readonly name: string;
  readonly description?: string;
  readonly parameters: Specs;
  /** When `onBook` is called: when the touch (or the book's standing) changed, the default; or on every change of depth. */
  readonly books?: 'touch' | 'depth';
  /** Makes the strategy; called once, before the first event, with validated parameters. */
  readonly create: (parameters: Parameters<Specs>) => Strategy<Parameters<Specs>>;
}

/** A definition whose parameters are not known to the compiler: what loads and runs strategies of every kind takes it. */
export type AnyStrategyDefinition = Omit<StrategyDefinition, 'create'> & {
  readonly create: (parameters: never) => Strategy<never>;
};

/** Types a definition; returns it as it is. */
export function defineStrategy<const Specs extends ParameterSpecs>(
  definition: StrategyDefinition<Specs>,
): StrategyDefinition<Specs> {
  return definition;
}

/** Every callback may be left out. One that throws halts the strategy: its orders are cancelled, the engine goes on. */
export interface Strategy<Values = Readonly<Record<string, ParameterValue>>> {
  onStart?(ctx: StrategyContext): void;
  /** An instrument was defined, or redefined: with other decimals, ticks and lots from before mean something else. */
  onInstrument?(ctx: StrategyContext, instrument: number): void;
  /** After the last event of a venue message that changed the book. Look at `ctx.book(instrument).isStale`. */
  onBook?(ctx: StrategyContext, instrument: number): void;
  onTrade?(ctx: StrategyContext, trade: TradeView): void;
  onOrder?(ctx: StrategyContext, update: OrderUpdate): void;
  onTimer?(ctx: StrategyContext, timerId: number): void;
  /** Parameters were changed while running; already validated, whole. */
  onParameters?(ctx: StrategyContext, parameters: Values): void;
  onStop?(ctx: StrategyContext): void;
}

/** The book of an instrument, to read: see BookView for what each figure is. */
export interface BookReader extends Omit<BookView, 'point'> {}

/** The seeded generator, the same in every run and rerun. */
export interface RandomSource extends Pick<Prng, 'u32' | 'below' | 'unit'> {}

/** A trade of the market (not necessarily ours). */
export interface TradeView {
  readonly instrument: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Of the aggressor, as far as the venue says: OrderSide, or 0. */
  readonly aggressor: number;
  readonly tsEventNs: number;
  readonly tsRecvNs: number;
}

/** An order of this strategy, as the order manager has it. */
export interface OrderView {
  readonly orderId: number;
  readonly instrument: number;
  readonly side: OrderSide;
  /** OrdStatus. */
  readonly status: number;
  readonly isOpen: boolean;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly cumQtyLots: number;
  readonly leavesQtyLots: number;
  /** NaN before the first fill. */
  readonly avgPxTicks: number;
  readonly clOrdId: number;
  readonly rejectCode: number;
  readonly parentId: number;
  readonly tag: number;
}

/** What changed about an order; the order is as it is now. */
export interface OrderUpdate {
  readonly order: OrderView;
  /** ExecType that led here; None for what happened here (sent, refused by pre-trade risk, cancelled by a group). */
  readonly execType: number;
  /** Of this fill; 0 where it is none. */
  readonly lastQtyLots: number;
  readonly lastPxTicks: number;
  /** Liquidity. */
  readonly liquidity: number;
  /** RejectCode of a refused request, else 0. */
  readonly rejectCode: number;
}

/** What this strategy holds of one instrument. Money: whole units of 10^-(priceDecimals + qtyDecimals) x multiplier. */
export interface PositionView {
  readonly instrument: number;
  /** Positive long, negative short. */
  readonly qtyLots: number;
  /** NaN when flat. */
  readonly avgCostTicks: number;
  /** Open orders at their worst: all buys filled, all sells filled. */
  readonly openBuyLots: number;
  readonly openSellLots: number;
  /** In the account's currency, for decisions; the exact figures are in the log. After fees. */
  readonly realised: number;
  readonly unrealised: number;
  readonly fees: number;
}

export interface PnlView {
  /** In the account's currency, over all instruments of the strategy, fees included. */
  readonly realised: number;
  readonly unrealised: number;
  readonly total: number;
  readonly maxDrawdown: number;
}

/** A parent order: children may never add up to more than it, whatever order their fills and cancels arrive in. */
export interface ParentView {
  readonly parentId: number;
  readonly qtyLots: number;
  readonly cumQtyLots: number;
  /** Executed plus open at its worst. */
  readonly committedLots: number;
  /** What may still be given to children. */
  readonly availableLots: number;
  readonly avgPxTicks: number;
}

/** Figures that follow the market, kept by the engine for the strategy; ask for them once, in onStart or onInstrument. */
export interface Signal {
  /** NaN until there is something to say. */
  readonly value: number;
}

export interface Signals {
  /**
   * Mean of the mid over time, each moment with weight 2^(-age / halfLife), from the first usable mid on. Usable: the book is
   * live, two-sided and not crossed; meanwhile the signal's clock stands still.
   */
  midEma(instrument: number, halfLifeNs: number): Signal;
  /**
   * Realised volatility: sqrt(squared mid changes / time), both weighted as above; ticks per square root of a second. NaN
   * until a half-life was watched.
   */
  volatility(instrument: number, halfLifeNs: number): Signal;
  /**
   * Order-flow imbalance of the touch, lots, summed over (now - window, now]: R. Cont, A. Kukanov, S. Stoikov, "The price
   * impact of order book events", Journal of Financial Econometrics 12 (2014), eq. (2.1).
   */
  orderFlowImbalance(instrument: number, windowNs: number): Signal;
  /** Lots of buying aggressors less lots of selling ones over (now - window, now]; unknown aggressors count nowhere. */
  tradeFlow(instrument: number, windowNs: number): Signal;
  /** Traded lots over (now - window, now]. */
  volume(instrument: number, windowNs: number): Signal;
}

/** Functions of Math that may differ from machine to machine in the last bit, here the same everywhere. */
export interface DeterministicMath {
  exp(x: number): number;
  ln(x: number): number;
  pow(x: number, y: number): number;
}

export interface StrategyContext {
  /** The engine's time, ns since the session's midnight. */
  readonly nowNs: number;
  /** Seeded by run and strategy: the same in every run and rerun. */
  readonly random: RandomSource;
  readonly math: DeterministicMath;
  readonly signals: Signals;
  readonly pnl: PnlView;

  /** Index of the instrument with this name, or -1 while it is not defined. */
  instrument(symbol: string): number;
  definition(instrument: number): InstrumentDef;
  /** The least price and quantity steps that orders may have, in ticks and lots. */
  tickTicks(instrument: number): number;
  lotLots(instrument: number): number;
  /** The venue's instruments that hold the same thing, by the name the configuration gives the group; empty if none. */
  consolidated(name: string): readonly number[];
  /** Ticks of a decimal such as "100.25"; NaN where it is no multiple of a tick's unit. */
  toTicks(instrument: number, price: string): number;
  toLots(instrument: number, qty: string): number;

  book(instrument: number): BookReader;
  /** TradingState (core/event.ts) as the venue last stated it: Trading, Halted, ...; Unknown where it never said. */
  tradingState(instrument: number): number;
  position(instrument: number): PositionView;
  /** An order of this strategy, or null. */
  order(orderId: number): OrderView | null;
  /** Calls `visit` with each open order of this strategy (of one instrument, or all), oldest first. */
  forEachOpen(instrument: number | null, visit: (order: OrderView) => void): void;
  openCount(instrument: number | null): number;

  /**
   * Sends an order through pre-trade risk to the venue. Returns its OrderID; negative, the RejectCode, where it was
   * refused here (the refusal is in the log, under an OrderID of its own; onOrder is not called for it).
   */
  submit(ticket: OrderTicket): number;
  /** Asks for another price and quantity (the whole order's, executed part included). 0, or a negative RejectCode. */
  replace(orderId: number, qtyLots: number, priceTicks: number): number;
  /** 0, or a negative RejectCode. */
  cancel(orderId: number): number;
  /** Cancels every open order of this strategy, of one instrument or (null) of all; returns how many requests left. */
  cancelAll(instrument: number | null): number;
  /** A parent for child orders; its id goes into their tickets. Negative RejectCode where it makes no sense. */
  createParent(instrument: number, side: OrderSide, qtyLots: number): number;
  parent(parentId: number): ParentView | null;
  /** Groups as in GroupKind; the id goes into the tickets of its orders, the entry of a bracket first. */
  createGroup(kind: number): number;

  /** onTimer will be called with `timerId` at this time (at once if it has passed); again with the same id moves it. */
  setTimer(timerId: number, atNs: number): void;
  clearTimer(timerId: number): void;
  /** A line in the log, cut at 200 bytes. */
  log(text: string): void;
}
