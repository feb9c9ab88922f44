/** One strategy of a host: its callbacks, its state, its views and scratch. Only the host and the context use it. */
import type { HaltReason } from '../core/order.ts';
import { HaltReason as Halt, OrdType, PegType, TimeInForce } from '../core/order.ts';
import { widened } from '../core/widened.ts';
import type { OrderView, ParameterSpecs, ParameterValue, ParentView } from './api.ts';
import { guard } from './guard.ts';
import type { FullTicket, StrategyServices, StrategySources } from './services.ts';
import type { SignalSet } from './signals.ts';
import { type StrategyBook, StrategyOrder, StrategyParent, type StrategyPosition } from './views.ts';

/** What the strategies of a host have in common. */
export interface Shared {
  /** Whose callback is running. */
  running: Slot | null;
  readonly symbols: Map<string, number>;
}

export const SlotState = { Ready: 0, Running: 1, Halted: 2, Stopped: 3 } as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

export type Callback = (this: unknown, ctx: unknown, argument: unknown) => unknown;

export class Slot {
  readonly index: number;
  readonly id: string;
  readonly services: StrategyServices;
  readonly sources: StrategySources;
  readonly shared: Shared;
  state: SlotState = SlotState.Ready;
  /** A halt that waits for the callback to return. */
  pendingHalt: HaltReason = Halt.None;
  pendingText = '';
  nonsenseInRow = 0;
  callbacks = 0;
  specs: ParameterSpecs = {};
  parameters: Readonly<Record<string, ParameterValue>> = {};
  signals!: SignalSet;

  readonly books: StrategyBook[] = [];
  readonly positions: StrategyPosition[] = [];
  readonly orderCell = new Float64Array(1);
  readonly orderView: OrderView;
  readonly visitCell = new Float64Array(1);
  readonly visitView: OrderView;
  readonly parentCell = new Float64Array(5);
  readonly parentView: ParentView = new StrategyParent(this.parentCell);
  openIds = new Float64Array(64);
  openIdCount = 0;
  readonly ticket: FullTicket = {
    instrument: 0,
    side: 1,
    qtyLots: 0,
    priceTicks: 0.5, // a double from the start: the field's representation stays
    type: OrdType.Limit,
    timeInForce: TimeInForce.Day,
    flags: 0,
    stopPriceTicks: 0.5,
    displayQtyLots: 0,
    peg: PegType.None,
    pegOffsetTicks: 0,
    expireNs: 0,
    parentId: 0,
    groupId: 0,
    tag: 0,
    clOrdId: 0,
  };

  constructor(index: number, id: string, services: StrategyServices, sources: StrategySources, shared: Shared) {
    this.index = index;
    this.id = id;
    this.services = services;
    this.sources = sources;
    this.shared = shared;
    this.orderView = new StrategyOrder(sources.orders.orders, this.orderCell);
    this.visitView = new StrategyOrder(sources.orders.orders, this.visitCell);
  }

  get isRunning(): boolean {
    return this.state === SlotState.Running;
  }

  get isHalting(): boolean {
    return this.pendingHalt !== Halt.None || this.state === SlotState.Halted;
  }

  keepOpenId(orderId: number): void {
    if (this.openIdCount === this.openIds.length) this.openIds = widened(this.openIds);
    this.openIds[this.openIdCount++] = orderId;
  }

  /** The engine failed inside a verb: the strategy is thrown out of, and the host passes the failure on. */
  failed(error: unknown): never {
    guard.active = true;
    guard.fatal ??= error;
    throw error;
  }
}
