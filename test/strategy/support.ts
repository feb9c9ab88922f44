/** A small engine for strategies to run in: real books, a real order table, and services that write down what is asked. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { Books, type EventMemory } from '../../src/book/books.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { EventFlag, EventKind, eventHead, Side, type StaleReason } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { HaltReason, isTerminal, OrdStatus } from '../../src/core/order.ts';
import { Orders } from '../../src/oms/orders.ts';
import type { AnyStrategyDefinition } from '../../src/strategy/api.ts';
import { StrategyHost } from '../../src/strategy/host.ts';
import { instantiate, prepareDefinition, prepareStrategy } from '../../src/strategy/load/prepare.ts';
import type { GivenParameters } from '../../src/strategy/parameters.ts';
import type { FigureSource, FullTicket, OrderSource, StrategyServices } from '../../src/strategy/services.ts';
import { temporaryFolder } from '../support/command.ts';

export const HALT_TEXT = Object.fromEntries(Object.entries(HaltReason).map(([name, value]) => [value, name]));

export class FakeEngine implements StrategyServices, OrderSource, FigureSource {
  readonly books = new Books();
  readonly orders = new Orders();
  readonly host: StrategyHost;
  nowNs = 1_000;
  /** One line per verb that reached the engine. */
  readonly calls: string[] = [];
  readonly logged: string[] = [];
  /** `strategy reason text`. */
  readonly halts: string[] = [];
  /** Called inside submit: what it returns is the result, undefined for an accepted order. */
  onSubmit: ((strategy: number, ticket: FullTicket) => number | undefined) | null = null;
  qtyLots = 0;
  private readonly memory: EventMemory;

  constructor(options: { readonly budgetTicks?: number; readonly seed?: number } = {}) {
    const f64 = new Float64Array(8);
    this.memory = { f64, u32: new Uint32Array(f64.buffer), bytes: new Uint8Array(f64.buffer) };
    this.host = new StrategyHost(
      this,
      { books: this.books, orders: this, figures: this },
      { seed: options.seed ?? 7, ...(options.budgetTicks === undefined ? {} : { budgetTicks: options.budgetTicks }) },
    );
  }

  define(instrument: number, symbol = `S${instrument}`): void {
    this.books.define({ instrument, symbol, bookKind: BookKind.L2, priceDecimals: 2, qtyDecimals: 0 });
    this.host.onInstrument(instrument);
  }

  level(instrument: number, side: Side, price: number, qty: number): void {
    const { f64, u32 } = this.memory;
    f64.fill(0);
    u32[0] = eventHead(EventKind.Level, side, EventFlag.Last);
    u32[1] = instrument;
    f64[3] = price;
    f64[4] = qty;
    this.books.apply(this.memory, 0);
  }

  /** Sets a touch of one level a side and tells the strategies. */
  quote(instrument: number, bid: number, ask: number, qty = 10): void {
    this.books.readTouch(instrument);
    const [oldBid, bidQty, oldAsk, askQty] = [...this.books.touch];
    if (bidQty > 0 && oldBid !== bid) this.level(instrument, Side.Bid, oldBid, 0);
    if (askQty > 0 && oldAsk !== ask) this.level(instrument, Side.Ask, oldAsk, 0);
    this.level(instrument, Side.Bid, bid, qty);
    this.level(instrument, Side.Ask, ask, qty);
    this.host.onBook(instrument, true);
  }

  setStale(instrument: number, reason: StaleReason): void {
    this.books.staleReason[instrument] = reason;
    this.host.onBook(instrument, true);
  }

  trade(instrument: number, price: number, qty: number, aggressor: number): void {
    this.host.onTrade(Float64Array.of(instrument, price, qty, aggressor, this.nowNs, this.nowNs));
  }

  submit(strategy: number, ticket: FullTicket): number {
    this.calls.push(`submit ${strategy} ${ticket.side} ${ticket.qtyLots}@${ticket.priceTicks}`);
    const refused = this.onSubmit?.(strategy, ticket);
    if (refused !== undefined) return refused;
    const id = this.orders.add();
    this.orders.strategy[id] = strategy;
    this.orders.instrument[id] = ticket.instrument;
    this.orders.side[id] = ticket.side;
    this.orders.qtyLots[id] = ticket.qtyLots;
    this.orders.priceTicks[id] = ticket.priceTicks;
    this.orders.status[id] = OrdStatus.New;
    return id;
  }
  replace(strategy: number, orderId: number, qtyLots: number, priceTicks: number): number {
    this.calls.push(`replace ${strategy} ${orderId} ${qtyLots}@${priceTicks}`);
    return 0;
  }
  cancel(strategy: number, orderId: number): number {
    this.calls.push(`cancel ${strategy} ${orderId}`);
    this.orders.status[orderId] = OrdStatus.Canceled;
    return 0;
  }
  cancelAll(strategy: number, instrument: number): number {
    this.calls.push(`cancelAll ${strategy} ${instrument}`);
    return 0;
  }
  createParent(strategy: number, instrument: number, side: number, qtyLots: number): number {
    this.calls.push(`createParent ${strategy} ${instrument} ${side} ${qtyLots}`);
    return 1;
  }
  createGroup(strategy: number, kind: number): number {
    this.calls.push(`createGroup ${strategy} ${kind}`);
    return 1;
  }
  setTimer(strategy: number, timerId: number, atNs: number): void {
    this.calls.push(`setTimer ${strategy} ${timerId} ${atNs}`);
  }
  clearTimer(strategy: number, timerId: number): void {
    this.calls.push(`clearTimer ${strategy} ${timerId}`);
  }
  log(_strategy: number, text: string): void {
    this.logged.push(text);
  }
  halted(strategy: number, reason: HaltReason, text: string): void {
    this.halts.push(`${strategy} ${HALT_TEXT[reason]} ${text}`);
  }
  tickTicks(): number {
    return 1;
  }
  lotLots(): number {
    return 1;
  }
  tradingState(): number {
    return 1;
  }
  consolidated(name: string): readonly number[] {
    return name === 'both' ? Object.freeze([0, 1]) : Object.freeze([]);
  }

  firstOpenOf(strategy: number): number {
    return this.nextOpen(1, strategy);
  }
  nextOpenOf(orderId: number): number {
    return this.nextOpen(orderId + 1, this.orders.strategy[orderId]);
  }
  openCount(strategy: number): number {
    let count = 0;
    for (let id = this.firstOpenOf(strategy); id !== 0; id = this.nextOpenOf(id)) count++;
    return count;
  }
  worstLeavesLots(orderId: number): number {
    return this.orders.qtyLots[orderId];
  }
  readPosition(_strategy: number, _instrument: number, out: Float64Array): void {
    out.set([this.qtyLots, 100, 1, 2, 3]);
  }
  readPnl(_strategy: number, out: Float64Array): void {
    out.set([1, 2, 3]);
  }
  readParent(_strategy: number, parentId: number, out: Float64Array): boolean {
    out.set([10, 2, 5, 100]);
    return parentId === 1;
  }

  private nextOpen(from: number, strategy: number): number {
    for (let id = from; id <= this.orders.count; id++) {
      if (this.orders.strategy[id] === strategy && !isTerminal(this.orders.status[id])) return id;
    }
    return 0;
  }
}

/** Writes files of a strategy into a folder of the test's own; returns the folder. */
export function strategyFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** A strategy module whose callbacks are `callbacks`, the text between the braces of what `create` returns. */
export function moduleOf(callbacks: string, head = ''): string {
  return `import { defineStrategy, OrderSide, Side } from 'tapehead';
${head}
export default defineStrategy({ name: 'subject', parameters: {}, create: () => ({
${callbacks}
}) });
`;
}

/** Adds a user's module to the engine's strategies. */
export async function addModule(
  engine: FakeEngine,
  t: TestContext,
  text: string,
  options: { readonly id?: string; readonly given?: GivenParameters } = {},
): Promise<number> {
  const prepared = await prepareStrategy('./subject.js', strategyFolder(t, { 'subject.js': text }));
  return engine.host.add(options.id ?? 'subject', instantiate(prepared, options.given ?? {}));
}

export function addDefinition(engine: FakeEngine, definition: AnyStrategyDefinition, id = definition.name): number {
  return engine.host.add(id, instantiate(prepareDefinition(definition), {}));
}

/** An engine with two instruments in which one module runs. */
export async function runningModule(
  t: TestContext,
  text: string,
  options: { readonly budgetTicks?: number } = {},
): Promise<FakeEngine> {
  const engine = new FakeEngine(options);
  await addModule(engine, t, text);
  engine.host.start();
  engine.define(0);
  engine.define(1);
  return engine;
}

/** The one line that the module is refused with; 'accepted' where it is not. */
export async function refusal(folder: string, spec = './subject.js'): Promise<string> {
  try {
    instantiate(await prepareStrategy(spec, folder), {});
  } catch (error) {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message;
  }
  return 'accepted';
}
