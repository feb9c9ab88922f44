/** A strategy's signals: made when it asks for them, one for the same question, told the market by the host. */
import type { Books } from '../book/books.ts';
import { StaleReason } from '../core/event.ts';
import type { Fnv64 } from '../core/hash.ts';
import type { Signal, Signals } from './api.ts';
import { nonsense } from './nonsense.ts';
import { MidEma, OrderFlowImbalance, type Tracker, TradedLots, Volatility } from './trackers.ts';

/** A strategy that asks for ever new signals would slow every event of its instrument. */
const MAX_SIGNALS = 1024;

export interface Clock {
  readonly nowNs: number;
}

/** A tracker and its clock. */
class Gauge {
  readonly out: Float64Array;
  private readonly tracker: Tracker;
  private readonly clock: Clock;
  private readonly now: Float64Array;

  constructor(tracker: Tracker, clock: Clock, now: Float64Array) {
    this.out = tracker.out;
    this.tracker = tracker;
    this.clock = clock;
    this.now = now;
  }

  update(): void {
    this.now[0] = this.clock.nowNs;
    this.tracker.update();
  }
}

/** Kept so small that V8 puts `value` into the strategy's own code, where the number needs no box. */
class StrategySignal implements Signal {
  readonly #gauge: Gauge;

  constructor(gauge: Gauge) {
    this.#gauge = gauge;
    Object.freeze(this);
  }

  get value(): number {
    const gauge = this.#gauge;
    gauge.update();
    return gauge.out[0];
  }
}
Object.freeze(StrategySignal.prototype);

interface Entry {
  readonly kind: string;
  readonly spanNs: number;
  readonly tracker: Tracker;
  readonly signal: Signal;
}

export class SignalSet {
  private readonly books: Books;
  private readonly clock: Clock;
  private readonly entries: (Entry[] | undefined)[] = [];
  private count = 0;
  /** The time, for trackers. */
  private readonly now = new Float64Array(1);

  constructor(books: Books, clock: Clock) {
    this.books = books;
    this.clock = clock;
  }

  /** The existing signal, or a new one that starts with the touch as it is. */
  get(kind: string, make: (now: Float64Array, spanNs: number) => Tracker, instrument: number, spanNs: number): Signal {
    if (!(instrument >= 0) || this.books.defs[instrument] === undefined) {
      nonsense.refuse(`signals.${kind}: no instrument ${String(instrument)}`);
    }
    if (typeof spanNs !== 'number' || !(spanNs > 0) || !Number.isFinite(spanNs)) {
      nonsense.refuse(`signals.${kind}: ${String(spanNs)} is no number of ns above 0`);
    }
    this.entries[instrument] ??= [];
    const entries = this.entries[instrument];
    for (const entry of entries) if (entry.kind === kind && entry.spanNs === spanNs) return entry.signal;
    if (this.count === MAX_SIGNALS) nonsense.refuse(`more than ${MAX_SIGNALS} signals`);
    this.count++;
    const tracker = make(this.now, spanNs);
    const signal = new StrategySignal(new Gauge(tracker, this.clock, this.now));
    entries.push({ kind, spanNs, tracker, signal });
    this.books.readTouch(instrument);
    this.now[0] = this.clock.nowNs;
    tracker.onTouch(this.books.touch, this.isLive(instrument));
    return signal;
  }

  /** The touch, or whether the book can be trusted, changed. */
  onTouch(instrument: number): void {
    const entries = this.entries[instrument];
    if (entries === undefined) return;
    this.now[0] = this.clock.nowNs;
    const isLive = this.isLive(instrument);
    this.books.readTouch(instrument);
    for (let i = 0; i < entries.length; i++) entries[i].tracker.onTouch(this.books.touch, isLive);
  }

  onTrade(instrument: number, qtyLots: number, aggressor: number): void {
    const entries = this.entries[instrument];
    if (entries === undefined) return;
    this.now[0] = this.clock.nowNs;
    for (let i = 0; i < entries.length; i++) entries[i].tracker.onTrade(qtyLots, aggressor);
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (const { tracker } of this.entries[instrument] ?? []) tracker.rescale(priceFactor, qtyFactor);
  }

  foldInto(hash: Fnv64): void {
    for (const entries of this.entries) for (const { tracker } of entries ?? []) tracker.foldInto(hash);
  }

  private isLive(instrument: number): boolean {
    return this.books.staleReason[instrument] === StaleReason.None;
  }
}

const midEma = (now: Float64Array, spanNs: number): Tracker => new MidEma(now, spanNs);
const volatility = (now: Float64Array, spanNs: number): Tracker => new Volatility(now, spanNs);
const imbalance = (now: Float64Array, spanNs: number): Tracker => new OrderFlowImbalance(now, spanNs);
const flow = (now: Float64Array, spanNs: number): Tracker => new TradedLots(now, spanNs, true);
const volume = (now: Float64Array, spanNs: number): Tracker => new TradedLots(now, spanNs, false);

/** What the strategy sees of its SignalSet. */
export class StrategySignals implements Signals {
  readonly #set: SignalSet;

  constructor(set: SignalSet) {
    this.#set = set;
    Object.freeze(this);
  }

  midEma(instrument: number, halfLifeNs: number): Signal {
    return this.#set.get('midEma', midEma, instrument, halfLifeNs);
  }
  volatility(instrument: number, halfLifeNs: number): Signal {
    return this.#set.get('volatility', volatility, instrument, halfLifeNs);
  }
  orderFlowImbalance(instrument: number, windowNs: number): Signal {
    return this.#set.get('orderFlowImbalance', imbalance, instrument, windowNs);
  }
  tradeFlow(instrument: number, windowNs: number): Signal {
    return this.#set.get('tradeFlow', flow, instrument, windowNs);
  }
  volume(instrument: number, windowNs: number): Signal {
    return this.#set.get('volume', volume, instrument, windowNs);
  }
}
Object.freeze(StrategySignals.prototype);
