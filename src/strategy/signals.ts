/** A strategy's signals: made when it asks for them, one for the same question, told the market by the host. */
import type { Books } from '../book/books.ts';
import { StaleReason } from '../core/event.ts';
import type { Fnv64 } from '../core/hash.ts';
import type { Signal, Signals } from './api.ts';
import { nonsense } from './nonsense.ts';
import { MidEma, OrderFlowImbalance, type Touch, type Tracker, TradedLots, Volatility } from './trackers.ts';

/** A strategy that asks for ever new signals would slow every event of its instrument. */
const MAX_SIGNALS = 1024;

export interface Clock {
  readonly nowNs: number;
}

class StrategySignal implements Signal {
  readonly #tracker: Tracker;
  readonly #clock: Clock;

  constructor(tracker: Tracker, clock: Clock) {
    this.#tracker = tracker;
    this.#clock = clock;
    Object.freeze(this);
  }

  get value(): number {
    return this.#tracker.valueAt(this.#clock.nowNs);
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
  private readonly touch = new Float64Array(4);
  private readonly entries: (Entry[] | undefined)[] = [];
  private count = 0;

  constructor(books: Books, clock: Clock) {
    this.books = books;
    this.clock = clock;
  }

  /** The existing signal, or a new one that starts with the touch as it is. */
  get(kind: string, make: (spanNs: number) => Tracker, instrument: number, spanNs: number): Signal {
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
    const tracker = make(spanNs);
    const signal = new StrategySignal(tracker, this.clock);
    entries.push({ kind, spanNs, tracker, signal });
    this.books.readTouch(instrument);
    this.touch.set(this.books.touch);
    tracker.onTouch(this.clock.nowNs, this.touch, this.isLive(instrument));
    return signal;
  }

  /** The touch, or whether the book can be trusted, changed. */
  onTouch(instrument: number, touch: Touch): void {
    const entries = this.entries[instrument];
    if (entries === undefined) return;
    const { nowNs } = this.clock;
    const isLive = this.isLive(instrument);
    for (let i = 0; i < entries.length; i++) entries[i].tracker.onTouch(nowNs, touch, isLive);
  }

  onTrade(instrument: number, qtyLots: number, aggressor: number): void {
    const entries = this.entries[instrument];
    if (entries === undefined) return;
    const { nowNs } = this.clock;
    for (let i = 0; i < entries.length; i++) entries[i].tracker.onTrade(nowNs, qtyLots, aggressor);
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

const midEma = (spanNs: number): Tracker => new MidEma(spanNs);
const volatility = (spanNs: number): Tracker => new Volatility(spanNs);
const imbalance = (spanNs: number): Tracker => new OrderFlowImbalance(spanNs);
const flow = (spanNs: number): Tracker => new TradedLots(spanNs, true);
const volume = (spanNs: number): Tracker => new TradedLots(spanNs, false);

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
