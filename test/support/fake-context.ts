/**
 * A tiny synchronous exchange that implements StrategyContext, for tests of strategies without the engine: the test
 * sets touches and trades and decides when requests arrive, what is refused and what fills. Own orders have no effect
 * on the book. Everything that a strategy may never do is counted in `sins`.
 */
import { Side, StaleReason, TradingState } from '../../src/core/event.ts';
import { BookKind, type InstrumentDef } from '../../src/core/instrument-def.ts';
import {
  ExecType,
  isTerminal,
  OrderSide,
  type OrderTicket,
  OrdStatus,
  OrdType,
  RejectCode,
  signOf,
  TimeInForce,
} from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import type {
  BookReader,
  OrderView,
  ParentView,
  PositionView,
  Signal,
  Strategy,
  StrategyContext,
} from '../../src/strategy/api.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface FakeOrder extends Mutable<OrderView> {
  isIoc: boolean;
  ticket: OrderTicket;
  /** A replace that has not arrived: quantity and price asked for; qty 0 none. */
  askedQtyLots: number;
  askedPriceTicks: number;
  isCancelAsked: boolean;
  isReplaced: boolean;
  createdNs: number;
}

export interface FakeBook {
  instrument: number;
  bidPriceTicks: number;
  bidQtyLots: number;
  askPriceTicks: number;
  askQtyLots: number;
  isStale: boolean;
  tradingState: number;
}

interface Update {
  order: FakeOrder;
  execType: number;
  lastQtyLots: number;
  lastPxTicks: number;
  rejectCode: number;
}

export class FakeContext implements StrategyContext {
  nowNs = 0;
  readonly random = new Prng(1);
  readonly math = { exp: Math.exp, ln: Math.log, pow: Math.pow };
  readonly pnl = { realised: 0, unrealised: 0, total: 0, maxDrawdown: 0 };
  readonly orders: FakeOrder[] = [];
  readonly books: FakeBook[] = [];
  readonly lines: string[] = [];
  /** What no strategy may do, in words. */
  readonly sins: string[] = [];
  readonly signalValues = { midEma: Number.NaN, volatility: Number.NaN, imbalance: Number.NaN, flow: 0, volume: 0 };
  readonly requests = { submit: 0, replace: 0, cancel: 0 };
  /** Refuses the next submits here, before they leave; by code. */
  refuseWith = 0;
  readonly groups: Record<string, number[]> = {};
  private readonly defs: InstrumentDef[] = [];
  private readonly positions: number[] = [];
  private readonly parents: { side: OrderSide; qtyLots: number }[] = [];
  private readonly timers = new Map<number, number>();
  private updates: Update[] = [];
  private strategy: Strategy<never> = {};
  /** A strategy may submit only while it is being called. */
  private isCalling = false;

  start(strategy: Strategy<never>): void {
    this.strategy = strategy;
    this.call(() => strategy.onStart?.(this));
  }

  define(symbol: string, priceDecimals = 2, qtyDecimals = 0): number {
    const instrument = this.defs.length;
    this.defs.push({ instrument, symbol, bookKind: BookKind.L2, priceDecimals, qtyDecimals });
    this.books.push({
      instrument,
      bidPriceTicks: Number.NaN,
      bidQtyLots: 0,
      askPriceTicks: Number.NaN,
      askQtyLots: 0,
      isStale: false,
      tradingState: TradingState.Unknown,
    });
    this.positions.push(0);
    this.call(() => this.strategy.onInstrument?.(this, instrument));
    return instrument;
  }

  touch(instrument: number, bid: number, bidQty: number, ask: number, askQty: number): void {
    const book = this.books[instrument];
    book.bidPriceTicks = bidQty > 0 ? bid : Number.NaN;
    book.bidQtyLots = bidQty;
    book.askPriceTicks = askQty > 0 ? ask : Number.NaN;
    book.askQtyLots = askQty;
    this.call(() => this.strategy.onBook?.(this, instrument));
  }

  standing(instrument: number, isStale: boolean, tradingState: number = TradingState.Unknown): void {
    this.books[instrument].isStale = isStale;
    this.books[instrument].tradingState = tradingState;
    this.call(() => this.strategy.onBook?.(this, instrument));
  }

  trade(instrument: number, priceTicks: number, qtyLots: number): void {
    const ns = this.nowNs;
    const trade = { instrument, priceTicks, qtyLots, aggressor: 0, tsEventNs: ns, tsRecvNs: ns };
    this.call(() => this.strategy.onTrade?.(this, trade));
  }

  /** Runs timers due up to then, in order of time. */
  advanceTo(ns: number): void {
    for (;;) {
      let next = -1;
      for (const [id, at] of this.timers) if (at <= ns && (next < 0 || at < (this.timers.get(next) ?? 0))) next = id;
      if (next < 0) break;
      this.nowNs = Math.max(this.nowNs, this.timers.get(next) ?? 0);
      this.timers.delete(next);
      this.call(() => this.strategy.onTimer?.(this, next));
    }
    this.nowNs = Math.max(this.nowNs, ns);
  }

  stop(): void {
    this.call(() => this.strategy.onStop?.(this));
  }

  call(callback: () => void): void {
    const wasCalling = this.isCalling;
    this.isCalling = true;
    callback();
    this.isCalling = wasCalling;
    while (!this.isCalling && this.updates.length > 0) {
      const { order, ...rest } = this.updates.shift() as Update;
      this.isCalling = true;
      this.strategy.onOrder?.(this, { order: { ...order }, liquidity: 0, ...rest });
      this.isCalling = false;
    }
  }

  // --- the exchange's side, for the test to use

  open(instrument?: number): FakeOrder[] {
    return this.orders.filter((order) => order.isOpen && (instrument === undefined || order.instrument === instrument));
  }

  /** A pending request of this order arrives: it is accepted, or refused with `code`. */
  arrive(order: FakeOrder, code = 0): void {
    if (!order.isOpen) return;
    if (order.status === OrdStatus.PendingNew) {
      if (code !== 0) this.change(order, OrdStatus.Rejected, ExecType.Rejected, code);
      else {
        this.change(order, OrdStatus.New, ExecType.New);
        if (order.isIoc) this.matchIoc(order);
      }
      return;
    }
    if (order.askedQtyLots > 0) {
      const { askedQtyLots, askedPriceTicks } = order;
      order.askedQtyLots = 0;
      if (code === 0 && askedQtyLots > order.cumQtyLots) {
        order.qtyLots = askedQtyLots;
        order.priceTicks = askedPriceTicks;
        order.leavesQtyLots = askedQtyLots - order.cumQtyLots;
      }
      if (code === 0) order.isReplaced = true;
      const next = order.isCancelAsked ? OrdStatus.PendingCancel : standingOf(order);
      this.change(order, next, code === 0 ? ExecType.Replaced : ExecType.ReplaceRejected, code);
      return;
    }
    if (order.isCancelAsked) {
      order.isCancelAsked = false;
      if (code === 0) this.change(order, OrdStatus.Canceled, ExecType.Canceled);
      else this.change(order, standingOf(order), ExecType.CancelRejected, code);
    }
  }

  /** Everything pending arrives and is accepted. */
  settle(): void {
    for (let round = 0; round < 20; round++) {
      const pending = this.open().filter((order) => isPending(order));
      if (pending.length === 0) return;
      for (const order of pending) this.arrive(order);
    }
    throw new Error('requests without end');
  }

  /** At the order's own price unless stated. A filled order's pending requests are too late. */
  fill(order: FakeOrder, qtyLots: number, priceTicks = order.priceTicks): void {
    if (!order.isOpen || order.status === OrdStatus.PendingNew) return;
    const qty = Math.min(qtyLots, order.leavesQtyLots);
    if (qty <= 0) return;
    const value = order.cumQtyLots > 0 ? order.avgPxTicks * order.cumQtyLots : 0;
    order.cumQtyLots += qty;
    order.leavesQtyLots -= qty;
    order.avgPxTicks = (value + qty * priceTicks) / order.cumQtyLots;
    this.positions[order.instrument] += signOf(order.side) * qty;
    const status =
      order.leavesQtyLots === 0 ? OrdStatus.Filled : isPending(order) ? order.status : OrdStatus.PartiallyFilled;
    this.change(order, status, ExecType.Trade, 0, qty, priceTicks);
  }

  private matchIoc(order: FakeOrder): void {
    const book = this.books[order.instrument];
    const sign = signOf(order.side);
    const price = order.side === OrderSide.Buy ? book.askPriceTicks : book.bidPriceTicks;
    const qty = order.side === OrderSide.Buy ? book.askQtyLots : book.bidQtyLots;
    if (sign * price <= sign * order.priceTicks) this.fill(order, qty, price);
    if (order.isOpen) this.change(order, OrdStatus.Canceled, ExecType.Canceled);
  }

  private change(order: FakeOrder, status: number, execType: number, code = 0, qty = 0, price = 0): void {
    order.status = status;
    if (isTerminal(status)) {
      order.isOpen = false;
      order.leavesQtyLots = 0;
      order.askedQtyLots = 0;
      order.isCancelAsked = false;
    }
    if (code !== 0) order.rejectCode = code;
    this.updates.push({ order, execType, lastQtyLots: qty, lastPxTicks: price, rejectCode: code });
    this.call(() => {});
  }

  committed(parentId: number): number {
    let lots = 0;
    for (const order of this.orders) {
      if (order.parentId !== parentId) continue;
      lots += order.cumQtyLots + (order.isOpen ? worstLeaves(order) : 0);
    }
    return lots;
  }

  // --- StrategyContext

  readonly signals = {
    midEma: (): Signal => this.signal('midEma'),
    volatility: (): Signal => this.signal('volatility'),
    orderFlowImbalance: (): Signal => this.signal('imbalance'),
    tradeFlow: (): Signal => this.signal('flow'),
    volume: (): Signal => this.signal('volume'),
  };

  private signal(name: keyof FakeContext['signalValues']): Signal {
    const values = this.signalValues;
    return {
      get value(): number {
        return values[name];
      },
    };
  }

  instrument(symbol: string): number {
    return this.defs.findIndex((def) => def.symbol === symbol);
  }
  definition(instrument: number): InstrumentDef {
    return this.defs[instrument];
  }
  tickTicks(): number {
    return 1;
  }
  lotLots(): number {
    return 1;
  }
  consolidated(name: string): readonly number[] {
    return (this.groups[name] ?? []).filter((instrument) => instrument < this.defs.length);
  }
  toTicks(instrument: number, price: string): number {
    return wholeOr(Number(price) * 10 ** this.defs[instrument].priceDecimals);
  }
  toLots(instrument: number, qty: string): number {
    return wholeOr(Number(qty) * 10 ** this.defs[instrument].qtyDecimals);
  }

  /** Follows the book, as the real one does. */
  book(instrument: number): BookReader {
    const now = () => this.books[instrument];
    const spread = () => now().askPriceTicks - now().bidPriceTicks;
    const def = () => this.defs[instrument];
    return {
      instrument,
      get def() {
        return def();
      },
      get bidPriceTicks() {
        return now().bidPriceTicks;
      },
      get bidQtyLots() {
        return now().bidQtyLots;
      },
      get askPriceTicks() {
        return now().askPriceTicks;
      },
      get askQtyLots() {
        return now().askQtyLots;
      },
      get hasBid() {
        return now().bidQtyLots > 0;
      },
      get hasAsk() {
        return now().askQtyLots > 0;
      },
      get spreadTicks() {
        return spread();
      },
      get midTicks() {
        return now().bidPriceTicks + spread() / 2;
      },
      get isCrossed() {
        return spread() < 0;
      },
      get isLocked() {
        return spread() === 0;
      },
      get isStale() {
        return now().isStale;
      },
      get staleReason() {
        return now().isStale ? StaleReason.Gap : StaleReason.None;
      },
      priceTicksAt(side: Side, depth: number) {
        const { bidPriceTicks, bidQtyLots, askPriceTicks, askQtyLots } = now();
        const isThere = depth === 0 && (side === Side.Bid ? bidQtyLots : askQtyLots) > 0;
        return isThere ? (side === Side.Bid ? bidPriceTicks : askPriceTicks) : Number.NaN;
      },
      qtyLotsAt(side: Side, depth: number) {
        if (depth > 0) return 0;
        return side === Side.Bid ? now().bidQtyLots : now().askQtyLots;
      },
    } as unknown as BookReader;
  }

  tradingState(instrument: number): number {
    return this.books[instrument].tradingState;
  }

  position(instrument: number): PositionView {
    let openBuyLots = 0;
    let openSellLots = 0;
    for (const order of this.open(instrument)) {
      if (order.side === OrderSide.Buy) openBuyLots += worstLeaves(order);
      else openSellLots += worstLeaves(order);
    }
    const qtyLots = this.positions[instrument];
    return {
      instrument,
      qtyLots,
      avgCostTicks: Number.NaN,
      openBuyLots,
      openSellLots,
      realised: 0,
      unrealised: 0,
      fees: 0,
    };
  }

  order(orderId: number): OrderView | null {
    return this.orders[orderId - 1] ?? null;
  }
  forEachOpen(instrument: number | null, visit: (order: OrderView) => void): void {
    for (const order of this.open(instrument ?? undefined)) visit(order);
  }
  openCount(instrument: number | null): number {
    return this.open(instrument ?? undefined).length;
  }

  submit(ticket: OrderTicket): number {
    this.requests.submit++;
    if (!this.isCalling) this.sins.push('submit outside of a callback');
    const book = this.books[ticket.instrument];
    const code = this.judge(ticket, book);
    if (code !== 0) return -code;
    const orderId = this.orders.length + 1;
    this.orders.push({
      orderId,
      instrument: ticket.instrument,
      side: ticket.side,
      status: OrdStatus.PendingNew,
      isOpen: true,
      priceTicks: ticket.priceTicks ?? Number.NaN,
      qtyLots: ticket.qtyLots,
      cumQtyLots: 0,
      leavesQtyLots: ticket.qtyLots,
      avgPxTicks: Number.NaN,
      clOrdId: orderId,
      rejectCode: 0,
      parentId: ticket.parentId ?? 0,
      tag: ticket.tag ?? 0,
      isIoc: ticket.timeInForce === TimeInForce.Ioc,
      ticket: { ...ticket },
      askedQtyLots: 0,
      askedPriceTicks: 0,
      isCancelAsked: false,
      isReplaced: false,
      createdNs: this.nowNs,
    });
    return orderId;
  }

  private judge(ticket: OrderTicket, book: FakeBook): number {
    const { qtyLots, priceTicks, parentId = 0, side } = ticket;
    if (!Number.isSafeInteger(qtyLots) || qtyLots <= 0) this.sins.push(`quantity ${qtyLots}`);
    const needsPrice = (ticket.type ?? OrdType.Limit) === OrdType.Limit;
    if (needsPrice && !(Number.isSafeInteger(priceTicks) && (priceTicks ?? 0) > 0))
      this.sins.push(`price ${priceTicks}`);
    if (book.isStale) this.sins.push('an order on a stale book');
    if (!(book.askPriceTicks > book.bidPriceTicks)) this.sins.push('an order on a crossed or one-sided book');
    if (book.tradingState > TradingState.Trading) this.sins.push('an order while halted');
    if (this.refuseWith !== 0) return this.refuseWith;
    if (parentId === 0) return 0;
    const parent = this.parents[parentId - 1];
    if (parent.side !== side || this.committed(parentId) + qtyLots > parent.qtyLots) {
      this.sins.push(`parent of ${parent.qtyLots} lots exceeded`);
      return RejectCode.ParentQty;
    }
    return 0;
  }

  replace(orderId: number, qtyLots: number, priceTicks: number): number {
    this.requests.replace++;
    const order = this.orders[orderId - 1];
    if (!order?.isOpen) return -RejectCode.OrderNotOpen;
    if (isPending(order)) {
      this.sins.push('a replace while another request is pending');
      return -RejectCode.RequestPending;
    }
    if (!Number.isSafeInteger(qtyLots) || qtyLots <= order.cumQtyLots) this.sins.push(`replace to ${qtyLots} lots`);
    if (!Number.isSafeInteger(priceTicks) || priceTicks <= 0) this.sins.push(`replace to a price of ${priceTicks}`);
    if (this.books[order.instrument].isStale) this.sins.push('a replace on a stale book');
    const more = Math.max(0, qtyLots - order.cumQtyLots - order.leavesQtyLots);
    if (order.parentId > 0 && this.committed(order.parentId) + more > this.parents[order.parentId - 1].qtyLots) {
      this.sins.push('parent exceeded by a replace');
      return -RejectCode.ParentQty;
    }
    order.askedQtyLots = qtyLots;
    order.askedPriceTicks = priceTicks;
    order.status = OrdStatus.PendingReplace;
    return 0;
  }

  cancel(orderId: number): number {
    this.requests.cancel++;
    const order = this.orders[orderId - 1];
    if (!order?.isOpen) return -RejectCode.OrderNotOpen;
    if (order.isCancelAsked) return -RejectCode.RequestPending;
    order.isCancelAsked = true;
    if (order.status !== OrdStatus.PendingNew) order.status = OrdStatus.PendingCancel;
    return 0;
  }

  cancelAll(instrument: number | null): number {
    let count = 0;
    for (const order of this.open(instrument ?? undefined)) if (this.cancel(order.orderId) === 0) count++;
    return count;
  }

  createParent(_instrument: number, side: OrderSide, qtyLots: number): number {
    this.parents.push({ side, qtyLots });
    return this.parents.length;
  }

  parent(parentId: number): ParentView | null {
    const parent = this.parents[parentId - 1];
    if (parent === undefined) return null;
    const children = this.orders.filter((order) => order.parentId === parentId);
    let cumQtyLots = 0;
    let value = 0;
    for (const child of children) {
      cumQtyLots += child.cumQtyLots;
      if (child.cumQtyLots > 0) value += child.cumQtyLots * child.avgPxTicks;
    }
    const committedLots = this.committed(parentId);
    return {
      parentId,
      qtyLots: parent.qtyLots,
      cumQtyLots,
      committedLots,
      availableLots: parent.qtyLots - committedLots,
      avgPxTicks: value / cumQtyLots,
    };
  }

  createGroup(): number {
    return 1;
  }
  setTimer(timerId: number, atNs: number): void {
    this.timers.set(timerId, atNs);
  }
  clearTimer(timerId: number): void {
    this.timers.delete(timerId);
  }
  log(text: string): void {
    this.lines.push(text);
  }
}

export function isPending(order: FakeOrder): boolean {
  return order.status === OrdStatus.PendingNew || order.askedQtyLots > 0 || order.isCancelAsked;
}

function standingOf(order: FakeOrder): number {
  if (order.cumQtyLots > 0) return OrdStatus.PartiallyFilled;
  return order.isReplaced ? OrdStatus.Replaced : OrdStatus.New;
}

/** Open at its worst: a pending replace may or may not be accepted. */
function worstLeaves(order: FakeOrder): number {
  return Math.max(order.leavesQtyLots, order.askedQtyLots - order.cumQtyLots);
}

function wholeOr(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-9 ? whole : Number.NaN;
}

/** The defaults of a definition's parameters with some replaced. */
export function valuesOf<V>(specs: Readonly<Record<string, { readonly default?: unknown }>>, changes: object): V {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) values[name] = spec.default;
  return Object.assign(values, changes) as V;
}
