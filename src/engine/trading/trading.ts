/**
 * The trading half of the engine: strategies, pre-trade risk, order manager and simulated venue on the engine's thread,
 * in event time. It is told of every input after the input was journalled, and journals all that follows. A pure function
 * of (configuration, seed, inputs), like the books.
 *
 *   strategy ─ intent ─► pre-trade risk ─ verdict ─► order manager ─► venue
 *      ▲                                                  ▲             │
 *      └──────────────── update ◄─────────────────────────┴── report ◄──┘
 */
import type { Books, EventMemory } from '../../book/books.ts';
import type { LiveIdentity } from '../../config/live-identity.ts';
import type { Latch, TradingIdentity } from '../../config/trading-identity.ts';
import { TapeheadError } from '../../core/errors.ts';
import { EventFlag, EventKind, Side } from '../../core/event.ts';
import type { Fnv64 } from '../../core/hash.ts';
import type { InstrumentDef } from '../../core/instrument-def.ts';
import { HaltReason } from '../../core/order.ts';
import { type OrderAction, StrategyState } from '../../core/record.ts';
import type { EventStamps } from '../../core/trace.ts';
import { VenueMessage } from '../../gateway/venue-message.ts';
import type { Orders } from '../../oms/orders.ts';
import type { PortfolioModel } from '../../portfolio/live/portfolio-state.ts';
import type { JournalWriter } from '../../ring/journal.ts';
import type { StrategyInstance } from '../../strategy/instance.ts';
import { TradeField } from '../../strategy/views.ts';
import { type Market, MarketChange } from '../market.ts';
import { assemble } from './assemble.ts';
import { carryOut } from './commands.ts';
import type { Desk, DeskParts } from './desk.ts';
import type { OrderEvents } from './order-events.ts';
import type { RecordClaimer } from './trade-journal.ts';
import type { VenueInput } from './venue-input.ts';

export interface TradingSetup {
  readonly identity: TradingIdentity;
  readonly seed: number;
  readonly strategies: readonly StrategyInstance[];
  /** Told of the kill switches that are latched, whenever that changes. */
  onLatch: (latched: readonly Latch[]) => void;
  /** Where orders leave the engine's thread; without one the simulated venue alone has them. */
  readonly outlet?: OrderOutlet | null;
  /** Of a live run. */
  readonly live?: LiveIdentity;
  /** Of a live run whose orders go to venues: the way to them, `outlet` too. Without it everything happens, and nothing is sent. */
  readonly venueOutlet?: VenueOutlet | null;
  /** Told what happens between the engine and its live venues, a line each. */
  onVenue?: (line: string) => void;
  /** Of a run with portfolio risk: what its figures are computed with. */
  readonly portfolio?: PortfolioModel | null;
}

/** Takes every order, replace and cancel that risk has let pass, as the order's row says it. */
export interface OrderOutlet {
  send(orders: Orders, action: OrderAction, orderId: number, cause: number, trace: number): void;
}

/** The way to live venues. */
export interface VenueOutlet extends OrderOutlet {
  /** In force for everything behind it. */
  define(instrument: number, def: InstrumentDef): void;
  /** The state of the order is wanted, under the ClOrdID of its pending replace where there is one. */
  query(orders: Orders, orderId: number): void;
  /** Everything that the venue has is wanted. */
  reconcile(venue: number, number: number): void;
}

/** The engine, as trading sees it. */
export interface EngineClock extends RecordClaimer {
  readonly nowNs: number;
  /** The same in a cell, for callees that are not inlined: a number that is handed over is boxed. */
  readonly time: Float64Array;
  /** Of the last record written. */
  readonly seq: number;
  /** Of the event under way. */
  readonly stamps: EventStamps;
}

export interface TradingParts extends DeskParts {
  readonly desk: Desk;
  readonly events: OrderEvents;
  readonly identity: TradingIdentity;
  /** Commands that named what does not exist, or asked for what is refused. */
  readonly refusals: string[];
}

/**
 * So many turns (timers, reports) at one and the same instant are a strategy that chases its own orders or timers: all
 * strategies are halted rather than that time stands still.
 */
const MAX_TURNS_AT_ONCE = 100_000;

export class Trading {
  readonly parts: TradingParts;
  private readonly books: Books;
  private readonly clock: EngineClock;
  private started = false;
  private turnsNs = -1;
  private turns = 0;
  /** Whether the depth of an instrument changed since the last event that ended a message. */
  private depthChanged: Uint8Array = new Uint8Array(16);
  /** Of an execution or trade: the side of the order that rested, and the price. */
  private readonly print = { side: 0, priceTicks: 0.5 };
  private readonly trade = new Float64Array(6);
  /** Of the definition about to be applied: the units until now. */
  private readonly before = { priceDecimals: 0, qtyDecimals: 0, defined: false };

  constructor(market: Market, journal: JournalWriter, clock: EngineClock, setup: TradingSetup) {
    this.books = market.books;
    this.clock = clock;
    this.parts = assemble(market.books, journal, clock, setup);
  }

  /** When something is due next (a timer, a report in flight, an order's arrival); Infinity when nothing is. */
  nextDueNs(): number {
    const { venue, timers } = this.parts;
    const reportNs = venue.nextDueNs();
    const timerNs = timers.nextDueNs();
    return reportNs < timerNs ? reportNs : timerNs;
  }

  /** Whether something is due by time `f64[at]`. */
  isDueBy(f64: Float64Array, at: number): boolean {
    const { venue, timers } = this.parts;
    if (venue.nextDueNs() <= f64[at] || timers.nextDueNs() <= f64[at]) return true;
    return this.parts.portfolio !== null && this.parts.portfolio.nextDueNs() <= f64[at];
  }

  /** The risk worker's answer, whose record is the last one written. */
  takeFigures(answer: Float64Array): void {
    const { desk, events, portfolio } = this.parts;
    desk.cause = this.clock.seq;
    portfolio?.take(answer);
    events.settle();
    portfolio?.settle(this.clock.time, desk.cause);
  }

  /** What is due at the engine's time happens; the Clock record that says so is the last one written. */
  runDue(): void {
    const { desk, events, venue, timers, host, journal } = this.parts;
    const { nowNs } = this.clock;
    desk.cause = this.clock.seq;
    this.countTurn(nowNs);
    if (venue.nextDueNs() <= nowNs) {
      venue.advanceTo(nowNs, desk.cause);
    } else if (timers.nextDueNs() <= nowNs) {
      // One a turn: a timer that sets itself to now again does not keep others from their turn.
      const dueNs = timers.nextDueNs();
      const row = timers.take();
      const strategy = timers.strategyOf(row);
      desk.cause = journal.timer(strategy, timers.idOf(row), dueNs, timers.causeOf(row));
      host.onTimer(strategy, timers.idOf(row));
    }
    events.settle();
    this.parts.portfolio?.settle(this.clock.time, desk.cause);
  }

  /** A command; its record is the last one written. */
  command(text: string): void {
    this.parts.desk.cause = this.clock.seq;
    carryOut(this.parts, this, text);
    this.parts.events.settle();
    this.parts.portfolio?.settle(this.clock.time, this.parts.desk.cause);
  }

  /** Before the event at `w`, whose record is the last one written, changes the book. */
  beforeEvent(memory: EventMemory, w: number): void {
    const { desk, venue } = this.parts;
    const seq = this.clock.seq;
    desk.cause = seq;
    if (!this.started) {
      this.start();
      desk.cause = seq;
    }
    const kind = memory.u32[w * 2] & 0xff;
    if (kind === EventKind.Execute) this.findPrint(memory, w);
    else if (kind === EventKind.Instrument) this.rememberUnits(memory.u32[w * 2 + 1]);
    venue.onEvent(memory, w, seq);
  }

  /** After it did. `change`: MarketChange bits. */
  afterEvent(memory: EventMemory, w: number, change: number): void {
    const head = memory.u32[w * 2];
    const kind = head & 0xff;
    const instrument = memory.u32[w * 2 + 1];
    if (kind === EventKind.Instrument) this.define(instrument);
    if (instrument >= this.depthChanged.length || this.books.defs[instrument] === undefined) return;
    const { desk, events, venue, risk } = this.parts;
    const isLast = ((head >>> 16) & EventFlag.Last) !== 0;
    if (kind <= EventKind.Level) this.depthChanged[instrument] = 1;
    else if (kind === EventKind.Status) {
      this.parts.instruments.setTradingState(instrument, memory.f64[w + 3]);
      risk.onStatus(instrument, memory.f64[w + 3]);
    }
    if (change !== MarketChange.None) {
      risk.onTouch(instrument, this.clock.time);
      this.parts.portfolio?.onMark(instrument);
    }
    if (isLast) venue.afterEvent(instrument, desk.cause);
    if (kind === EventKind.Trade) {
      this.print.priceTicks = memory.f64[w + 3];
      this.marketTrade(instrument, memory, w, (head >>> 8) & 0xff);
    } else if (kind === EventKind.Execute && this.print.side !== Side.None) {
      // The aggressor is on the other side of the order that rested.
      this.marketTrade(instrument, memory, w, 3 - this.print.side);
    }
    if (change !== MarketChange.None || (isLast && this.depthChanged[instrument] === 1)) {
      if (isLast) this.depthChanged[instrument] = 0;
      this.parts.host.onBook(instrument, change !== MarketChange.None);
    }
    events.settle();
    this.parts.portfolio?.settle(this.clock.time, desk.cause);
  }

  /** What a venue gateway says: the input's record is written here. */
  venueMessage(message: VenueInput): void {
    const { desk, events, portfolio, venues } = this.parts;
    if (venues === null) throw new TapeheadError('LOG_DAMAGED', 'a venue speaks in a run that has none');
    if (message.kind === VenueMessage.Report) venues.takeReport(message);
    else venues.takeState(message);
    events.settle();
    portfolio?.settle(this.clock.time, desk.cause);
  }

  /** Strategies have their last word, what is open is cancelled, and nothing new leaves any more. */
  endTrading(): void {
    const { desk, host, oms } = this.parts;
    if (desk.isClosing) return;
    desk.isClosing = true;
    this.stopStrategies();
    for (let strategy = 0; strategy < host.count; strategy++) {
      for (let orderId = oms.firstOpenOf(strategy), next = 0; orderId !== 0; orderId = next) {
        next = oms.nextOpenOf(orderId);
        desk.forceCancel(orderId);
      }
    }
  }

  /** Open orders, those that wait here for their bracket apart. */
  get openOrders(): number {
    const { oms, host } = this.parts;
    let open = 0;
    for (let strategy = 0; strategy < host.count; strategy++) {
      for (let orderId = oms.firstOpenOf(strategy); orderId !== 0; orderId = oms.nextOpenOf(orderId)) {
        if (!oms.isHeld(orderId)) open++;
      }
    }
    return open;
  }

  /** The run ends: strategies have their last word. What they still send is in the log; nothing answers any more. */
  stop(): void {
    this.parts.desk.cause = this.clock.seq;
    this.stopStrategies();
  }

  private stopStrategies(): void {
    if (!this.started) return;
    const { desk, host, journal, identity } = this.parts;
    const running = identity.strategies.map((_, strategy) => host.isRunning(strategy));
    host.stop();
    for (const [strategy, { id }] of identity.strategies.entries()) {
      if (running[strategy]) journal.strategyState(strategy, StrategyState.Stopped, 0, id, desk.cause);
    }
  }

  foldInto(hash: Fnv64): void {
    const { oms, positions, risk, venue, venues, host, timers } = this.parts;
    oms.foldInto(hash);
    positions.foldInto(hash);
    risk.foldInto(hash);
    venue.foldInto(hash);
    host.foldInto(hash);
    timers.foldInto(hash);
    venues?.foldInto(hash);
  }

  checkInvariants(): void {
    const { oms, positions, risk, venue, venues, host } = this.parts;
    oms.checkInvariants();
    positions.checkInvariants();
    risk.checkInvariants();
    venue.checkInvariants();
    host.checkInvariants();
    venues?.checkInvariants();
  }

  /** With the first event: before it there is no time to be told. */
  private start(): void {
    const { desk, events, host, journal, identity } = this.parts;
    this.started = true;
    identity.strategies.forEach(({ id }, strategy) => {
      journal.strategyState(strategy, StrategyState.Started, 0, id, desk.cause);
    });
    host.start();
    events.settle();
  }

  /** A trade of the event at `w`, at `print.priceTicks`. */
  private marketTrade(instrument: number, memory: EventMemory, w: number, aggressor: number): void {
    const { f64 } = memory;
    const { trade } = this;
    trade[TradeField.Instrument] = instrument;
    trade[TradeField.Price] = this.print.priceTicks;
    trade[TradeField.Qty] = f64[w + 4];
    trade[TradeField.Aggressor] = aggressor;
    trade[TradeField.TsEvent] = f64[w + 2];
    trade[TradeField.TsRecv] = f64[w + 1];
    this.parts.risk.onTrade(instrument, trade, TradeField.Qty, this.clock.time);
    this.parts.host.onTrade(trade);
  }

  private countTurn(nowNs: number): void {
    if (nowNs !== this.turnsNs) {
      this.turnsNs = nowNs;
      this.turns = 0;
    }
    if (++this.turns !== MAX_TURNS_AT_ONCE) return;
    const { host } = this.parts;
    for (let strategy = 0; strategy < host.count; strategy++) {
      host.halt(strategy, HaltReason.Nonsense, `more than ${MAX_TURNS_AT_ONCE} turns at one instant`);
    }
  }

  private findPrint(memory: EventMemory, w: number): void {
    const { orders, ladders } = this.books;
    const { print } = this;
    const priced = ((memory.u32[w * 2] >>> 16) & EventFlag.Priced) !== 0;
    const entry = orders.findAt(memory.f64, w + 5);
    print.side = Side.None;
    if (entry >= 0) {
      const level = orders.levelOf(entry);
      print.side = (ladders.sideOf(level) & 1) + 1;
      print.priceTicks = priced ? memory.f64[w + 3] : ladders.priceOf(level);
    } else if (priced) {
      print.side = (memory.u32[w * 2] >>> 8) & 0xff;
      print.priceTicks = memory.f64[w + 3];
    }
  }

  private rememberUnits(instrument: number): void {
    const def = this.books.defs[instrument];
    this.before.defined = def !== undefined;
    if (def === undefined) return;
    this.before.priceDecimals = def.priceDecimals;
    this.before.qtyDecimals = def.qtyDecimals;
  }

  /** Whether there ever was an order of it. Rarely asked; O(orders). */
  private wasTraded(instrument: number): boolean {
    const { orders } = this.parts.oms;
    for (let orderId = 1; orderId <= orders.count; orderId++)
      if (orders.instrument[orderId] === instrument) return true;
    return false;
  }

  /** Coarser units divide what is kept of an instrument without rounding only while nothing of it was ever traded. */
  private define(instrument: number): void {
    const { instruments, positions, risk, venue, host, oms, journal, desk } = this.parts;
    const def = this.books.defs[instrument];
    if (def === undefined) return;
    if (instrument >= this.depthChanged.length) {
      const larger = new Uint8Array(Math.max(instrument + 1, this.depthChanged.length * 2));
      larger.set(this.depthChanged);
      this.depthChanged = larger;
    }
    const { before } = this;
    const priceShift = before.defined ? def.priceDecimals - before.priceDecimals : 0;
    const qtyShift = before.defined ? def.qtyDecimals - before.qtyDecimals : 0;
    if ((priceShift < 0 || qtyShift < 0) && this.wasTraded(instrument)) {
      throw new TapeheadError(
        'FORMAT',
        `${def.symbol}: the recording's numbers became too long for its units, which grow coarser; what was traded of it is not exact in them`,
      );
    }
    if (priceShift !== 0 || qtyShift !== 0) {
      const priceFactor = 10 ** priceShift;
      const qtyFactor = 10 ** qtyShift;
      journal.rescale(instrument, priceFactor, qtyFactor, desk.cause);
      oms.rescale(instrument, priceFactor, qtyFactor);
      positions.rescale(instrument, priceFactor, qtyFactor);
      risk.rescale(instrument, priceFactor, qtyFactor);
      venue.rescale(instrument, priceFactor, qtyFactor);
      this.parts.venues?.rescale(instrument, priceFactor, qtyFactor);
      host.rescale(instrument, priceFactor, qtyFactor);
    }
    // Behind the rescaling, everywhere: what is defined now is in the new units already.
    const terms = instruments.define(instrument, def);
    risk.define(instrument, def, terms);
    this.parts.portfolio?.define(instrument, def, terms);
    venue.define(instrument, def, terms?.tickTicks);
    this.parts.venues?.define(instrument, def);
    host.onInstrument(instrument);
  }
}
