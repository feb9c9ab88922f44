/** Own orders put in line just before real ones; see test/venue/clones.test.ts. */
import { Books } from '../../src/book/books.ts';
import { EventFlag, EventKind, eventHead, type Side, TradingState } from '../../src/core/event.ts';
import type { ExecReport } from '../../src/core/exec-report.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { ExecType, FillReason, OrdType, TimeInForce } from '../../src/core/order.ts';
import { Orders } from '../../src/oms/orders.ts';
import { SimVenue } from '../../src/venue/sim-venue.ts';
import { parseVenueConfig } from '../../src/venue/venue-config.ts';
import type { SeenEvent } from './event-probe.ts';

export interface CloneReport {
  clones: number;
  filled: number;
  /** Fills by FillReason. */
  reasons: number[];
  /** Executions in the recording of an order behind others that were still there: its venue was not first in, first out. */
  outOfTurn: number;
  /** Orders that left the recording's window of levels and came back as quantity without references. */
  lostSight: number;
  early: string[];
  late: string[];
}

interface Place {
  readonly instrument: number;
  readonly side: number;
  readonly price: number;
  qty: number;
}

/** One clone at a time in a venue of its own: clones may not share what they are filled with. */
class Clone {
  readonly venue: SimVenue;
  readonly orders = new Orders(4);
  /** 0: free. */
  order = 0;
  target = 0;
  place: Place = { instrument: 0, side: 0, price: 0, qty: 0 };
  /** References ahead, and quantity of orders never seen. */
  ahead = new Map<number, number>();
  anonymous = 0;
  targetExecuted = 0;
  filled = 0;
  sinceEvent = 0;
  /** Fills of the present event. */
  fills: { qty: number; reason: number }[] = [];

  constructor(books: Books) {
    const instant = { model: 'constant', ns: 0 };
    const config = { feedLatency: instant, entryLatency: instant, responseLatency: instant };
    this.venue = new SimVenue(books, this.orders, parseVenueConfig(config), 1, {
      onReport: (report: ExecReport) => {
        if (report.execType !== ExecType.Trade) return;
        this.fills.push({ qty: report.lastQtyLots, reason: report.fillReason });
        this.filled += report.lastQtyLots;
      },
    });
  }
}

const CLONES = 12;
/** A clone is given up after so many events. */
const PATIENCE = 6_000;

export function followClones(events: readonly SeenEvent[], every: number): CloneReport {
  const report: CloneReport = { clones: 0, filled: 0, reasons: [], outOfTurn: 0, lostSight: 0, early: [], late: [] };
  const books = new Books();
  const buffer = new ArrayBuffer(64);
  const memory = { f64: new Float64Array(buffer), u32: new Uint32Array(buffer), bytes: new Uint8Array(buffer) };
  const live = new Map<number, Place>();
  const anonymous = new Map<string, number>();
  const halted = new Map<number, boolean>();
  const clones = Array.from({ length: CLONES }, () => new Clone(books));
  let adds = 0;
  let ns = 0;
  for (const [n, event] of events.entries()) {
    ns = Math.max(ns, event.tsRecv) + 2; // every event at a time of its own
    write(memory, event, ns);
    const arriving = arrivingOrder(event, live);
    if (arriving !== null && !halted.get(event.instrument) && adds++ % every === 0) {
      const free = clones.find((clone) => clone.order === 0);
      if (free !== undefined && !isCrossed(books, event.instrument)) {
        begin(free, event, arriving, live, anonymous, ns - 1, n);
        report.clones++;
      }
    }
    const executed = event.kind === EventKind.Execute && (event.flags & EventFlag.NonPrintable) === 0;
    for (const clone of clones) {
      if (event.kind === EventKind.Instrument) clone.venue.define(event.instrument, event.def!);
      clone.venue.onEvent(memory, 0, n);
      clone.venue.advanceTo(ns, n);
      if (clone.order === 0) continue;
      judge(clone, event, executed, live.has(clone.target), n, report);
    }
    books.apply(memory, 0);
    for (const clone of clones) {
      if ((event.flags & EventFlag.Last) !== 0) clone.venue.afterEvent(event.instrument, n);
      if (clone.order !== 0) follow(clone, event, live);
    }
    track(event, live, anonymous);
    if (event.kind === EventKind.Status) halted.set(event.instrument, event.price > TradingState.Trading);
    for (const clone of clones) {
      const isOver = clone.filled === clone.place.qty || n - clone.sinceEvent > PATIENCE;
      if (clone.order === 0 || !isOver) continue;
      clone.venue.cancel(clone.order, 1_000_000 + n, ns);
      clone.order = 0;
    }
  }
  return report;
}

/** What was ahead of the clone when it was filled, and what the order behind it had got. */
function judge(
  clone: Clone,
  event: SeenEvent,
  executed: boolean,
  isKnown: boolean,
  n: number,
  report: CloneReport,
): void {
  const where = `event ${n}: clone of order ${clone.target}`;
  const aheadLots = [...clone.ahead.values()].reduce((sum, qty) => sum + qty, clone.anonymous);
  for (const fill of clone.fills) {
    if (fill.reason === FillReason.DepthTaken) continue;
    report.reasons[fill.reason] = (report.reasons[fill.reason] ?? 0) + 1;
    const outOfTurn = fill.reason === FillReason.QueuePassed || fill.reason === FillReason.TradedThrough;
    if (aheadLots === 0 || fill.reason === FillReason.Auction) continue;
    // The recording itself executed an order (or printed) past those that were ahead.
    if (outOfTurn && (executed || event.kind === EventKind.Trade)) report.outOfTurn++;
    else report.early.push(`${where}: filled (${fill.reason}) with ${aheadLots} lots ahead`);
  }
  if (clone.fills.length > 0 && clone.filled === clone.place.qty) report.filled++;
  clone.fills.length = 0;
  if (executed && event.orderId === clone.target) {
    clone.targetExecuted += event.qty;
    if (!isKnown) report.lostSight++;
    else if (clone.filled < clone.targetExecuted)
      report.late.push(`${where}: ${clone.filled} of ${clone.targetExecuted}`);
  }
}

function begin(
  clone: Clone,
  event: SeenEvent,
  place: Place,
  live: ReadonlyMap<number, Place>,
  anonymous: ReadonlyMap<string, number>,
  ns: number,
  n: number,
): void {
  const { orders } = clone;
  const id = orders.add();
  orders.instrument[id] = place.instrument;
  orders.side[id] = place.side;
  orders.type[id] = OrdType.Limit;
  orders.timeInForce[id] = TimeInForce.Gtc;
  orders.priceTicks[id] = place.price;
  orders.qtyLots[id] = place.qty;
  orders.clOrdId[id] = id;
  clone.venue.submit(id, ns);
  clone.order = id;
  clone.target = event.kind === EventKind.Add ? event.orderId : event.id2;
  clone.place = { ...place };
  clone.ahead.clear();
  const replaced = event.kind === EventKind.Replace ? event.orderId : -1;
  for (const [reference, other] of live) {
    const same = other.instrument === place.instrument && other.side === place.side && other.price === place.price;
    if (same && reference !== replaced) clone.ahead.set(reference, other.qty);
  }
  if (live.get(replaced)?.price === place.price) clone.ahead.set(replaced, live.get(replaced)!.qty);
  clone.anonymous = anonymous.get(`${place.instrument} ${place.side} ${place.price}`) ?? 0;
  clone.targetExecuted = 0;
  clone.filled = 0;
  clone.sinceEvent = n;
}

/** The clone's list after the event. */
function follow(clone: Clone, event: SeenEvent, live: ReadonlyMap<number, Place>): void {
  const { ahead, place } = clone;
  if (event.instrument !== place.instrument) return;
  const isHere = event.side === place.side && event.price === place.price;
  switch (event.kind) {
    case EventKind.Execute:
    case EventKind.Reduce: {
      const qty = ahead.get(event.orderId);
      if (qty !== undefined) ahead.set(event.orderId, qty - event.qty);
      else if (!live.has(event.orderId) && isHere) clone.anonymous -= event.qty;
      break;
    }
    case EventKind.Delete:
    case EventKind.Replace:
      if (!ahead.delete(event.orderId) && !live.has(event.orderId) && isHere) clone.anonymous -= event.qty;
      break;
    case EventKind.Level:
      if (!isHere) break;
      clone.anonymous = event.qty;
      if (event.qty === 0 && (event.flags & EventFlag.Snapshot) !== 0) ahead.clear();
      break;
    default:
      break;
  }
}

function track(event: SeenEvent, live: Map<number, Place>, anonymous: Map<string, number>): void {
  const { instrument, side, price, qty, orderId } = event;
  const key = `${instrument} ${side} ${price}`;
  const place = live.get(orderId);
  switch (event.kind) {
    case EventKind.Add:
      live.set(orderId, { instrument, side, price, qty });
      break;
    case EventKind.Execute:
    case EventKind.Reduce:
      if (place === undefined) anonymous.set(key, (anonymous.get(key) ?? 0) - qty);
      else if ((place.qty -= qty) <= 0) live.delete(orderId);
      break;
    case EventKind.Delete:
      if (!live.delete(orderId)) anonymous.set(key, (anonymous.get(key) ?? 0) - qty);
      break;
    case EventKind.Replace:
      if (place === undefined) break;
      live.delete(orderId);
      live.set(event.id2, { instrument, side: place.side, price, qty });
      break;
    case EventKind.Level:
      anonymous.set(key, qty);
      if (qty !== 0 || (event.flags & EventFlag.Snapshot) === 0) break;
      for (const [reference, other] of live) {
        if (other.side === side && other.price === price && other.instrument === instrument) live.delete(reference);
      }
      break;
    default:
      break;
  }
}

/** The order that the event puts to rest, or null. */
function arrivingOrder(event: SeenEvent, live: ReadonlyMap<number, Place>): Place | null {
  const { instrument, side, price, qty } = event;
  if (event.kind === EventKind.Add) return { instrument, side, price, qty };
  const old = event.kind === EventKind.Replace ? live.get(event.orderId) : undefined;
  return old === undefined ? null : { instrument, side: old.side, price, qty };
}

function isCrossed(books: Books, instrument: number): boolean {
  books.readTouch(instrument);
  const [bid, bidQty, ask, askQty] = books.touch;
  return bidQty > 0 && askQty > 0 && bid >= ask;
}

function write(memory: { f64: Float64Array; u32: Uint32Array; bytes: Uint8Array }, event: SeenEvent, ns: number): void {
  const { f64, u32, bytes } = memory;
  u32[0] = eventHead(event.kind as EventKind, event.side as Side, event.flags);
  u32[1] = event.instrument;
  f64[1] = ns;
  f64[2] = ns;
  f64[3] = event.price;
  f64[4] = event.qty;
  f64[5] = event.orderId;
  f64[6] = event.id2;
  if (event.def !== null) writeInstrumentPayload(bytes, 24, event.def);
}
