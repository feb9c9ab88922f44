/**
 * The context of one strategy: read-only views of what the engine keeps, and the verbs. Everything it is made of is in
 * #private fields and the object is frozen. Types are checked here, values by pre-trade risk. A verb leaves the guard
 * while the engine works, so that its own clock and waits run, and a failure of the engine is kept for the host, who
 * passes it on even where the strategy catches it.
 */
import type { InstrumentDef } from '../core/instrument-def.ts';
import { OrdType, PegType, RejectCode, TimeInForce } from '../core/order.ts';
import { rejectText } from '../core/reject-text.ts';
import type {
  BookReader,
  DeterministicMath,
  OrderView,
  ParentView,
  PnlView,
  PositionView,
  RandomSource,
  Signals,
  StrategyContext,
} from './api.ts';
import { budget } from './budget.ts';
import { parseUnits } from './decimal-text.ts';
import { guard } from './guard.ts';
import { DETERMINISTIC_MATH } from './math.ts';
import { describe, nonsense, numberOf, stringOf } from './nonsense.ts';
import type { FullTicket } from './services.ts';
import type { Slot } from './slot.ts';
import { StrategyBook, StrategyParent, StrategyPosition } from './views.ts';

/** So many requests in a row that make no sense, and the strategy is halted. */
export const MAX_NONSENSE = 100;
const LOG_BYTES = 200;

export class Context implements StrategyContext {
  readonly #slot: Slot;
  readonly random: RandomSource;
  readonly math: DeterministicMath = DETERMINISTIC_MATH;
  readonly signals: Signals;
  readonly pnl: PnlView;

  constructor(slot: Slot, random: RandomSource, signals: Signals, pnl: PnlView) {
    this.#slot = slot;
    this.random = random;
    this.signals = signals;
    this.pnl = pnl;
    Object.freeze(this);
  }

  get nowNs(): number {
    return this.#slot.services.nowNs;
  }

  instrument(symbol: string): number {
    return this.#slot.shared.symbols.get(stringOf(symbol, 'instrument: the symbol')) ?? -1;
  }

  definition(instrument: number): InstrumentDef {
    this.#known(instrument, 'definition');
    return this.#slot.sources.books.defs[instrument] as InstrumentDef;
  }

  tickTicks(instrument: number): number {
    this.#known(instrument, 'tickTicks');
    return this.#slot.services.tickTicks(instrument);
  }

  lotLots(instrument: number): number {
    this.#known(instrument, 'lotLots');
    return this.#slot.services.lotLots(instrument);
  }

  tradingState(instrument: number): number {
    this.#known(instrument, 'tradingState');
    return this.#slot.services.tradingState(instrument);
  }

  consolidated(name: string): readonly number[] {
    return this.#slot.services.consolidated(stringOf(name, 'consolidated: the name'));
  }

  toTicks(instrument: number, price: string): number {
    this.#known(instrument, 'toTicks');
    return parseUnits(stringOf(price, 'toTicks: the price'), this.definition(instrument).priceDecimals);
  }

  toLots(instrument: number, qty: string): number {
    this.#known(instrument, 'toLots');
    return parseUnits(stringOf(qty, 'toLots: the quantity'), this.definition(instrument).qtyDecimals);
  }

  book(instrument: number): BookReader {
    this.#known(instrument, 'book');
    const slot = this.#slot;
    slot.books[instrument] ??= new StrategyBook(slot.sources.books, instrument);
    return slot.books[instrument];
  }

  position(instrument: number): PositionView {
    this.#known(instrument, 'position');
    const slot = this.#slot;
    const { figures, orders } = slot.sources;
    slot.positions[instrument] ??= new StrategyPosition(figures, orders, slot.index, instrument);
    return slot.positions[instrument];
  }

  order(orderId: number): OrderView | null {
    const slot = this.#slot;
    const { orders } = slot.sources.orders;
    if (!orders.has(numberOf(orderId, 'order: the OrderID')) || orders.strategy[orderId] !== slot.index) return null;
    slot.orderCell[0] = orderId;
    return slot.orderView;
  }

  forEachOpen(instrument: number | null, visit: (order: OrderView) => void): void {
    const only = this.#oneOrAll(instrument, 'forEachOpen');
    if (typeof visit !== 'function') nonsense.refuse(`forEachOpen: ${describe(visit)} is no function`);
    const slot = this.#slot;
    const { orders } = slot.sources.orders;
    // What `visit` does may change the list: the ids come first, those of a loop inside `visit` behind them.
    const start = slot.openIdCount;
    for (let id = slot.sources.orders.firstOpenOf(slot.index); id !== 0; id = slot.sources.orders.nextOpenOf(id)) {
      if (only < 0 || orders.instrument[id] === only) slot.keepOpenId(id);
    }
    const end = slot.openIdCount;
    try {
      for (let i = start; i < end; i++) {
        slot.visitCell[0] = slot.openIds[i];
        if (slot.visitView.isOpen) visit(slot.visitView);
      }
    } finally {
      slot.openIdCount = start;
    }
  }

  openCount(instrument: number | null): number {
    const only = this.#oneOrAll(instrument, 'openCount');
    const { sources, index } = this.#slot;
    if (only < 0) return sources.orders.openCount(index);
    let count = 0;
    for (let id = sources.orders.firstOpenOf(index); id !== 0; id = sources.orders.nextOpenOf(id)) {
      if (sources.orders.orders.instrument[id] === only) count++;
    }
    return count;
  }

  submit(ticket: FullTicketLike): number {
    const slot = this.#begin('submit');
    if (slot.isHalting) return -RejectCode.StrategyHalted;
    const full = readTicket(slot.ticket, ticket);
    let result: number;
    guard.active = false;
    try {
      result = slot.services.submit(slot.index, full);
    } catch (error) {
      return slot.failed(error);
    }
    guard.active = true;
    return this.#judged(result);
  }

  replace(orderId: number, qtyLots: number, priceTicks: number): number {
    const slot = this.#begin('replace');
    if (slot.isHalting) return -RejectCode.StrategyHalted;
    numberOf(orderId, 'replace: the OrderID');
    numberOf(qtyLots, 'replace: the quantity');
    numberOf(priceTicks, 'replace: the price');
    let result: number;
    guard.active = false;
    try {
      result = slot.services.replace(slot.index, orderId, qtyLots, priceTicks);
    } catch (error) {
      return slot.failed(error);
    }
    guard.active = true;
    return this.#judged(result);
  }

  cancel(orderId: number): number {
    const slot = this.#begin('cancel');
    if (slot.isHalting) return -RejectCode.StrategyHalted;
    numberOf(orderId, 'cancel: the OrderID');
    let result: number;
    guard.active = false;
    try {
      result = slot.services.cancel(slot.index, orderId);
    } catch (error) {
      return slot.failed(error);
    }
    guard.active = true;
    return this.#judged(result);
  }

  cancelAll(instrument: number | null): number {
    const slot = this.#begin('cancelAll');
    const only = this.#oneOrAll(instrument, 'cancelAll');
    if (slot.isHalting) return 0;
    let result: number;
    guard.active = false;
    try {
      result = slot.services.cancelAll(slot.index, only);
    } catch (error) {
      return slot.failed(error);
    }
    guard.active = true;
    return result;
  }

  createParent(instrument: number, side: number, qtyLots: number): number {
    const slot = this.#begin('createParent');
    if (slot.isHalting) return -RejectCode.StrategyHalted;
    numberOf(instrument, 'createParent: the instrument');
    numberOf(side, 'createParent: the side');
    numberOf(qtyLots, 'createParent: the quantity');
    let result: number;
    guard.active = false;
    try {
      result = slot.services.createParent(slot.index, instrument, side, qtyLots);
    } catch (error) {
      return slot.failed(error);
    }
    guard.active = true;
    return this.#judged(result);
  }

  parent(parentId: number): ParentView | null {
    const slot = this.#slot;
    numberOf(parentId, 'parent: the id');
    if (!slot.sources.figures.readParent(slot.index, parentId, slot.parentCell)) return null;
    slot.parentCell[StrategyParent.ID] = parentId;
    return slot.parentView;
  }

  createGroup(kind: number): number {
    const slot = this.#begin('createGroup');
    if (slot.isHalting) return -RejectCode.StrategyHalted;
    numberOf(kind, 'createGroup: the kind');
    let result: number;
    guard.active = false;
    try {
      result = slot.services.createGroup(slot.index, kind);
    } catch (error) {
      return slot.failed(error);
    }
    guard.active = true;
    return this.#judged(result);
  }

  setTimer(timerId: number, atNs: number): void {
    const slot = this.#begin('setTimer');
    if (slot.isHalting) return;
    if (!Number.isSafeInteger(timerId))
      nonsense.refuse(`setTimer: the timer id is ${describe(timerId)}, no whole number`);
    if (!Number.isFinite(atNs)) nonsense.refuse(`setTimer: the time is ${describe(atNs)}, no number of ns`);
    guard.active = false;
    try {
      slot.services.setTimer(slot.index, timerId, Math.ceil(atNs));
    } catch (error) {
      slot.failed(error);
    }
    guard.active = true;
  }

  clearTimer(timerId: number): void {
    const slot = this.#begin('clearTimer');
    if (!Number.isSafeInteger(timerId))
      nonsense.refuse(`clearTimer: the timer id is ${describe(timerId)}, no whole number`);
    guard.active = false;
    try {
      slot.services.clearTimer(slot.index, timerId);
    } catch (error) {
      slot.failed(error);
    }
    guard.active = true;
  }

  log(text: string): void {
    const slot = this.#begin('log');
    const line = cutBytes(stringOf(text, 'log: the text'), LOG_BYTES);
    guard.active = false;
    try {
      slot.services.log(slot.index, line);
    } catch (error) {
      slot.failed(error);
    }
    guard.active = true;
  }

  /** A verb may only be used in a callback of its own strategy, and has its price. */
  #begin(verb: string): Slot {
    const slot = this.#slot;
    if (slot.shared.running !== slot) nonsense.refuse(`${verb} is used outside of the strategy's own callbacks`);
    budget.verb();
    return slot;
  }

  /** Passes on what a request came to; a row of senseless ones ends here. */
  #judged(result: number): number {
    const slot = this.#slot;
    if (result >= 0) slot.nonsenseInRow = 0;
    else if (isNonsense(-result) && ++slot.nonsenseInRow >= MAX_NONSENSE) {
      nonsense.refuse(`${MAX_NONSENSE} requests in a row that make no sense; of the last, ${rejectText(-result)}`);
    }
    return result;
  }

  #known(instrument: number, method: string): void {
    if (typeof instrument === 'number' && this.#slot.sources.books.defs[instrument] !== undefined) return;
    nonsense.refuse(
      `${method}: there is no instrument ${typeof instrument === 'number' ? instrument : describe(instrument)}`,
    );
  }

  /** The instrument, or -1 for all. */
  #oneOrAll(instrument: number | null, method: string): number {
    if (instrument === null) return -1;
    this.#known(instrument, method);
    return instrument;
  }
}
Object.freeze(Context.prototype);
Object.freeze(Context);

type FullTicketLike = Parameters<StrategyContext['submit']>[0];

/** Copies a ticket field by field, each read once; the types are right then, the values are risk's to judge. */
function readTicket(full: FullTicket, ticket: FullTicketLike): FullTicket {
  if (typeof ticket !== 'object' || ticket === null) nonsense.refuse(`submit: the ticket is ${describe(ticket)}`);
  full.instrument = numberOf(ticket.instrument, 'submit: instrument');
  full.side = numberOf(ticket.side, 'submit: side') as FullTicket['side'];
  full.qtyLots = numberOf(ticket.qtyLots, 'submit: qtyLots');
  full.priceTicks = optional(ticket.priceTicks, Number.NaN, 'submit: priceTicks');
  full.type = optional(ticket.type, OrdType.Limit, 'submit: type') as FullTicket['type'];
  full.timeInForce = optional(ticket.timeInForce, TimeInForce.Day, 'submit: timeInForce') as FullTicket['timeInForce'];
  full.flags = optional(ticket.flags, 0, 'submit: flags');
  full.stopPriceTicks = optional(ticket.stopPriceTicks, Number.NaN, 'submit: stopPriceTicks');
  full.displayQtyLots = optional(ticket.displayQtyLots, 0, 'submit: displayQtyLots');
  full.peg = optional(ticket.peg, PegType.None, 'submit: peg') as FullTicket['peg'];
  full.pegOffsetTicks = optional(ticket.pegOffsetTicks, 0, 'submit: pegOffsetTicks');
  full.expireNs = optional(ticket.expireNs, 0, 'submit: expireNs');
  full.parentId = optional(ticket.parentId, 0, 'submit: parentId');
  full.groupId = optional(ticket.groupId, 0, 'submit: groupId');
  full.tag = optional(ticket.tag, 0, 'submit: tag');
  full.clOrdId = optional(ticket.clOrdId, 0, 'submit: clOrdId');
  return full;
}

function optional(value: unknown, absent: number, what: string): number {
  return value === undefined ? absent : numberOf(value, what);
}

/** Requests that no market makes right: the request itself is wrong, or names what never was. */
function isNonsense(code: number): boolean {
  return (
    (code >= RejectCode.BadSide && code <= RejectCode.UnknownOrder) ||
    code === RejectCode.BadDisplayQty ||
    code === RejectCode.BadGroup
  );
}

/** At most so many bytes of UTF-8, cut between characters. */
function cutBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit) return text;
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > limit) return text.slice(0, at);
    at += code < 0x10000 ? 1 : 2;
  }
  return text;
}
