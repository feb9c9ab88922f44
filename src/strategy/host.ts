/**
 * Runs strategies side by side on the engine thread: each with its own context, parameters, random numbers and signals,
 * callbacks one at a time and to completion. A strategy that throws, passes its budget, asks for something that is not
 * the same in a rerun, or sends nonsense is halted: the engine is told once (`services.halted`, which cancels its orders
 * and writes the log), it is not called again, and the others go on.
 *
 * The engine delivers what happens in the order it happens. Updates that a verb causes while a callback runs are the
 * engine's to keep until it has returned: calling the host from inside a verb is a bug (`halt` excepted, which waits).
 *
 * A callback costs a few writes beside the strategy's own work; nothing is allocated per call.
 */
import { assert, BugError } from '../core/assert.ts';
import { TapeheadError } from '../core/errors.ts';
import { Fnv64 } from '../core/hash.ts';
import { HaltReason } from '../core/order.ts';
import { Prng } from '../core/prng.ts';
import type { ParameterValue, RandomSource } from './api.ts';
import { budget, DEFAULT_BUDGET_TICKS } from './budget.ts';
import { Context } from './context.ts';
import { failureText, isStackOverflow } from './failure.ts';
import { guard } from './guard.ts';
import type { StrategyInstance } from './instance.ts';
import { nonsense } from './nonsense.ts';
import { changeParameters } from './parameters.ts';
import type { StrategyServices, StrategySources } from './services.ts';
import { SignalSet, StrategySignals } from './signals.ts';
import { type Callback, type Shared, Slot, SlotState } from './slot.ts';
import { StrategyOrder, StrategyOrderUpdate, StrategyPnl, StrategyTrade, TradeField, UpdateField } from './views.ts';

export interface HostOptions {
  /** The run's seed. */
  readonly seed: number;
  /** Steps per callback; default DEFAULT_BUDGET_TICKS. */
  readonly budgetTicks?: number;
}

/** A strategy as the host runs it: the slot, and its callbacks, each looked up once. */
interface Runner {
  readonly slot: Slot;
  readonly instance: StrategyInstance;
  readonly context: Context;
  readonly wantsDepth: boolean;
  readonly onStart: Callback | null;
  readonly onInstrument: Callback | null;
  readonly onBook: Callback | null;
  readonly onTrade: Callback | null;
  readonly onOrder: Callback | null;
  readonly onTimer: Callback | null;
  readonly onParameters: Callback | null;
  readonly onStop: Callback | null;
}

export class StrategyHost {
  private readonly services: StrategyServices;
  private readonly sources: StrategySources;
  private readonly seed: number;
  private readonly budgetTicks: number;
  private readonly runners: Runner[] = [];
  private readonly shared: Shared = { running: null, symbols: new Map() };
  private readonly tradeCell = new Float64Array(6);
  private readonly trade = new StrategyTrade(this.tradeCell);
  private readonly updateOrderCell = new Float64Array(1);
  private readonly updateCell = new Float64Array(5);
  private readonly update: StrategyOrderUpdate;

  constructor(services: StrategyServices, sources: StrategySources, options: HostOptions) {
    this.services = services;
    this.sources = sources;
    this.seed = options.seed;
    this.budgetTicks = options.budgetTicks ?? DEFAULT_BUDGET_TICKS;
    this.update = new StrategyOrderUpdate(
      new StrategyOrder(sources.orders.orders, this.updateOrderCell),
      this.updateCell,
    );
  }

  get count(): number {
    return this.runners.length;
  }

  /** Adds a strategy before the start; `id` is unique among them and part of its seed. Returns its index. */
  add(id: string, instance: StrategyInstance): number {
    const index = this.runners.length;
    assert(
      this.runners.every(({ slot }) => slot.id !== id && slot.state === SlotState.Ready),
      'strategies have different ids and are added before the start',
    );
    const slot = new Slot(index, id, this.services, this.sources, this.shared);
    slot.specs = instance.definition.parameters;
    slot.parameters = instance.parameters;
    slot.signals = new SignalSet(this.sources.books, this.services);
    const context = new Context(
      slot,
      new StrategyRandom(seedOf(this.seed, id)),
      new StrategySignals(slot.signals),
      new StrategyPnl(this.sources.figures, index),
    );
    const { strategy } = instance;
    const callback = (name: string): Callback | null =>
      ((strategy as Record<string, unknown>)[name] as Callback | undefined) ?? null;
    this.runners.push({
      slot,
      instance,
      context,
      wantsDepth: instance.definition.books === 'depth',
      onStart: callback('onStart'),
      onInstrument: callback('onInstrument'),
      onBook: callback('onBook'),
      onTrade: callback('onTrade'),
      onOrder: callback('onOrder'),
      onTimer: callback('onTimer'),
      onParameters: callback('onParameters'),
      onStop: callback('onStop'),
    });
    return index;
  }

  idOf(strategy: number): string {
    return this.runners[strategy].slot.id;
  }

  isRunning(strategy: number): boolean {
    return this.runners[strategy].slot.isRunning;
  }

  isHalted(strategy: number): boolean {
    return this.runners[strategy].slot.state === SlotState.Halted;
  }

  /** Before the first event. */
  start(): void {
    for (const runner of this.runners) {
      assert(runner.slot.state === SlotState.Ready, 'a host starts once');
      runner.slot.state = SlotState.Running;
    }
    for (const runner of this.runners) this.call(runner, runner.onStart, 'onStart', undefined);
  }

  /** An instrument was defined or redefined; after `rescale`, where its units changed. */
  onInstrument(instrument: number): void {
    const def = this.sources.books.defs[instrument];
    assert(def !== undefined, 'the instrument is defined');
    Object.freeze(def); // strategies see it
    this.shared.symbols.set(def.symbol, instrument);
    for (const runner of this.runners) this.call(runner, runner.onInstrument, 'onInstrument', instrument);
  }

  /**
   * The book of an instrument changed with a venue message that is complete. `touchChanged`: its touch, or whether it can
   * be trusted, did (MarketChange Touch or Standing).
   */
  onBook(instrument: number, touchChanged: boolean): void {
    const { runners } = this;
    if (touchChanged) {
      for (let i = 0; i < runners.length; i++) runners[i].slot.signals.onTouch(instrument);
    }
    for (let i = 0; i < runners.length; i++) {
      const runner = runners[i];
      if (touchChanged || runner.wantsDepth) this.call(runner, runner.onBook, 'onBook', instrument);
    }
  }

  /** A trade of the market, as TradeField says; the aggressor is 0 where the venue does not say. Read at once. */
  onTrade(trade: Float64Array): void {
    const { runners, tradeCell } = this;
    tradeCell.set(trade);
    const instrument = trade[TradeField.Instrument];
    const qtyLots = trade[TradeField.Qty];
    const aggressor = trade[TradeField.Aggressor];
    for (let i = 0; i < runners.length; i++) runners[i].slot.signals.onTrade(instrument, qtyLots, aggressor);
    for (let i = 0; i < runners.length; i++) this.call(runners[i], runners[i].onTrade, 'onTrade', this.trade);
  }

  /** An order of the strategy changed; the order table says how it is now. `execType` None: no report led here. */
  onOrder(
    strategy: number,
    orderId: number,
    execType: number,
    lastQtyLots: number,
    lastPxTicks: number,
    liquidity: number,
    rejectCode: number,
  ): void {
    const { updateCell } = this;
    this.updateOrderCell[0] = orderId;
    updateCell[UpdateField.ExecType] = execType;
    updateCell[UpdateField.LastQty] = lastQtyLots;
    updateCell[UpdateField.LastPx] = lastPxTicks;
    updateCell[UpdateField.Liquidity] = liquidity;
    updateCell[UpdateField.RejectCode] = rejectCode;
    const runner = this.runners[strategy];
    this.call(runner, runner.onOrder, 'onOrder', this.update);
  }

  onTimer(strategy: number, timerId: number): void {
    const runner = this.runners[strategy];
    this.call(runner, runner.onTimer, 'onTimer', timerId);
  }

  /** Validates the changes whole and applies them, or returns why not and changes nothing. */
  setParameters(strategy: number, changes: Readonly<Record<string, unknown>>): string | null {
    const runner = this.runners[strategy];
    const { slot } = runner;
    if (!slot.isRunning) return `strategy ${slot.id} is not running`;
    if (runner.onParameters === null)
      return `strategy ${slot.id} takes no new parameters while it runs (it has no onParameters)`;
    let values: Readonly<Record<string, ParameterValue>>;
    try {
      values = changeParameters(slot.specs, slot.parameters, changes, `strategy ${slot.id}`);
    } catch (error) {
      if (error instanceof TapeheadError) return error.message;
      throw error;
    }
    slot.parameters = values;
    this.call(runner, runner.onParameters, 'onParameters', values);
    return null;
  }

  /** The parameters in force. */
  parametersOf(strategy: number): Readonly<Record<string, ParameterValue>> {
    return this.runners[strategy].slot.parameters;
  }

  /** The engine halts a strategy (killed, a loss limit). Inside a callback of that strategy it waits until it returned. */
  halt(strategy: number, reason: HaltReason, text: string): void {
    const { slot } = this.runners[strategy];
    if (!slot.isRunning || slot.pendingHalt !== HaltReason.None) return;
    if (this.shared.running === slot) {
      slot.pendingHalt = reason;
      slot.pendingText = text;
    } else {
      this.haltNow(slot, reason, text);
    }
  }

  /** After the last event. */
  stop(): void {
    for (const runner of this.runners) {
      if (!runner.slot.isRunning) continue;
      this.call(runner, runner.onStop, 'onStop', undefined);
      if (runner.slot.isRunning) runner.slot.state = SlotState.Stopped;
    }
  }

  /** Multiplies what is kept of an instrument whose units changed. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (const { slot } of this.runners) slot.signals.rescale(instrument, priceFactor, qtyFactor);
  }

  checkInvariants(): void {
    assert(this.shared.running === null && !guard.active, 'no callback is running');
    for (const { slot } of this.runners) {
      assert(slot.pendingHalt === HaltReason.None && slot.openIdCount === 0, 'a strategy at rest holds nothing back');
    }
  }

  foldInto(hash: Fnv64): void {
    for (const { slot } of this.runners) {
      hash.word(slot.state);
      hash.integer(slot.callbacks);
      hash.word(slot.nonsenseInRow);
      slot.signals.foldInto(hash);
    }
  }

  private call(runner: Runner, callback: Callback | null, name: string, argument: unknown): void {
    const { slot } = runner;
    if (callback === null || slot.state !== SlotState.Running) return;
    assert(this.shared.running === null, 'callbacks do not nest: what a verb causes is delivered after it');
    this.shared.running = slot;
    slot.callbacks++;
    guard.violation = null;
    nonsense.first = null;
    budget.start(this.budgetTicks);
    guard.active = true;
    let threw = false;
    let thrown: unknown = null;
    try {
      const result = callback.call(runner.instance.strategy, runner.context, argument);
      if (result !== undefined && isThenable(result)) refusePromise(result);
    } catch (error) {
      threw = true;
      thrown = error;
    }
    guard.active = false;
    this.shared.running = null;
    if (threw || this.wentWrong) this.judge(runner, name, thrown);
    if (slot.pendingHalt !== HaltReason.None) {
      const reason = slot.pendingHalt;
      slot.pendingHalt = HaltReason.None;
      if (slot.isRunning) this.haltNow(slot, reason, slot.pendingText);
    }
  }

  /** Why the callback failed: what it did counts before what it threw for it. */
  private judge(runner: Runner, name: string, thrown: unknown): void {
    const { slot, instance } = runner;
    slot.openIdCount = 0;
    const { fatal } = guard;
    if (fatal !== null) {
      guard.fatal = null;
      throw fatal;
    }
    if (thrown instanceof BugError) throw thrown;
    const exceeded = budget.exceeded ?? (isStackOverflow(thrown) ? budget.stackOverflow() : null);
    let reason: HaltReason = HaltReason.Threw;
    let cause = thrown;
    if (exceeded !== null) {
      reason = HaltReason.OverBudget;
      cause = exceeded;
    } else if (guard.violation !== null) {
      reason = HaltReason.NonDeterministic;
      cause = guard.violation;
    } else if (nonsense.first !== null) {
      reason = HaltReason.Nonsense;
      cause = nonsense.first;
    }
    guard.active = true; // looking at what was thrown may run code of the strategy
    const text = failureText(cause, instance.sources);
    guard.active = false;
    this.haltNow(slot, reason, `${name}: ${text}`);
  }

  private haltNow(slot: Slot, reason: HaltReason, text: string): void {
    slot.state = SlotState.Halted;
    slot.pendingHalt = HaltReason.None;
    this.services.halted(slot.index, reason, text);
  }

  /** Something is on record, whether or not the callback threw for it. */
  private get wentWrong(): boolean {
    return budget.exceeded !== null || guard.violation !== null || nonsense.first !== null || guard.fatal !== null;
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function refusePromise(promise: unknown): void {
  guard.active = false;
  // Nobody waits for it: what it rejects with must not end the thread.
  if (promise instanceof Promise) promise.then(undefined, () => {});
  guard.record('a promise', 'callbacks run to completion and return nothing; use ctx.setTimer');
}

/** The generator behind `ctx.random`. */
class StrategyRandom implements RandomSource {
  readonly #prng: Prng;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    Object.freeze(this);
  }

  u32(): number {
    return this.#prng.u32();
  }
  below(n: number): number {
    return this.#prng.below(n);
  }
  unit(): number {
    return this.#prng.unit();
  }
}
Object.freeze(StrategyRandom.prototype);

/** Differs for every strategy of a run, and does not depend on which others run beside it. */
export function seedOf(runSeed: number, id: string): number {
  const hash = new Fnv64();
  hash.integer(runSeed);
  for (let i = 0; i < id.length; i++) hash.word(id.charCodeAt(i));
  return (hash.hi & 0x1fffff) * 4294967296 + hash.lo;
}
