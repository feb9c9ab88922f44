/** A venue with books and an order table around it, driven the way the engine does it; every report is kept. */
import { Books, type EventMemory } from '../../src/book/books.ts';
import { EventFlag, EventKind, eventHead } from '../../src/core/event.ts';
import type { ExecReport } from '../../src/core/exec-report.ts';
import { BookKind, type InstrumentDef, writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { EXEC_TYPE_TEXT, type OrderTicket, OrdType, TimeInForce } from '../../src/core/order.ts';
import { Orders } from '../../src/oms/orders.ts';
import { SimVenue } from '../../src/venue/sim-venue.ts';
import { parseVenueConfig } from '../../src/venue/venue-config.ts';

export interface PlainReport {
  readonly exec: string;
  readonly orderId: number;
  readonly clOrdId: number;
  readonly origClOrdId: number;
  readonly execId: number;
  readonly lastQty: number;
  readonly lastPx: number;
  readonly cum: number;
  readonly leaves: number;
  readonly qty: number;
  readonly price: number;
  readonly venueNs: number;
  readonly queueAhead: number;
  readonly rejectCode: number;
  readonly reason: number;
  readonly liquidity: number;
  readonly causeSeq: number;
  /** The engine's time when it was delivered. */
  readonly atNs: number;
}

export interface StageEvent {
  readonly kind: number;
  readonly side?: number;
  readonly flags?: number;
  readonly instrument?: number;
  readonly tsRecv?: number;
  readonly tsEvent?: number;
  readonly price?: number;
  readonly qty?: number;
  readonly orderId?: number;
  readonly id2?: number;
  readonly def?: InstrumentDef | null;
}

export const NO_LATENCY = {
  feedLatency: { model: 'constant', ns: 0 },
  entryLatency: { model: 'constant', ns: 0 },
  responseLatency: { model: 'constant', ns: 0 },
} as const;

export class VenueStage {
  readonly books = new Books();
  readonly orders = new Orders();
  readonly venue: SimVenue;
  /** Every report, as it was delivered. */
  readonly reports: PlainReport[] = [];
  /** Called with each report behind its being kept. */
  onReport: (report: PlainReport) => void = () => undefined;
  nowNs = 0;
  seq = 0;
  nextClOrdId = 1;
  private readonly memory: EventMemory;

  constructor(config: object = NO_LATENCY, seed = 1) {
    const buffer = new ArrayBuffer(64);
    this.memory = { f64: new Float64Array(buffer), u32: new Uint32Array(buffer), bytes: new Uint8Array(buffer) };
    const sink = { onReport: (report: ExecReport) => this.keep(report) };
    this.venue = new SimVenue(this.books, this.orders, parseVenueConfig(config), seed, sink);
  }

  define(bookKind: BookKind = BookKind.L3, instrument = 0, tickTicks = 1): this {
    const def = { instrument, symbol: `S${instrument}`, bookKind, priceDecimals: 2, qtyDecimals: 0 };
    this.event({ kind: EventKind.Instrument, instrument, def });
    this.venue.define(instrument, def, tickTicks);
    return this;
  }

  /** One market event, through everything: what is due first, then the venue, the books, and the venue again. */
  event(event: StageEvent): this {
    const { f64, u32, bytes } = this.memory;
    const tsRecv = event.tsRecv ?? this.nowNs;
    this.advance(tsRecv);
    const flags = event.flags ?? EventFlag.Last;
    const instrument = event.instrument ?? 0;
    u32[0] = eventHead(event.kind as EventKind, event.side ?? 0, flags);
    u32[1] = instrument;
    f64[1] = tsRecv;
    f64[2] = event.tsEvent ?? tsRecv;
    f64[3] = event.price ?? 0;
    f64[4] = event.qty ?? 0;
    f64[5] = event.orderId ?? 0;
    f64[6] = event.id2 ?? 0;
    if (event.def != null) writeInstrumentPayload(bytes, 24, event.def);
    this.seq++;
    this.venue.onEvent(this.memory, 0, this.seq);
    this.books.apply(this.memory, 0);
    if (event.def != null) this.venue.define(instrument, event.def);
    if ((flags & EventFlag.Last) !== 0) this.venue.afterEvent(instrument, this.seq);
    return this;
  }

  /** Time passes; what is due happens, each at its time. */
  advance(nowNs: number): this {
    for (let due = this.venue.nextDueNs(); due <= nowNs; due = this.venue.nextDueNs()) {
      this.nowNs = Math.max(this.nowNs, due);
      this.venue.advanceTo(due, ++this.seq);
    }
    this.nowNs = Math.max(this.nowNs, nowNs);
    return this;
  }

  /** The order leaves now; returns its OrderID. */
  submit(ticket: Partial<OrderTicket> & { side: 1 | 2; qtyLots: number }, strategy = 0): number {
    const { orders } = this;
    const id = orders.add();
    orders.strategy[id] = strategy;
    orders.account[id] = strategy;
    orders.instrument[id] = ticket.instrument ?? 0;
    orders.side[id] = ticket.side;
    orders.type[id] = ticket.type ?? OrdType.Limit;
    orders.timeInForce[id] = ticket.timeInForce ?? TimeInForce.Day;
    orders.flags[id] = ticket.flags ?? 0;
    orders.peg[id] = ticket.peg ?? 0;
    orders.priceTicks[id] = ticket.priceTicks ?? 0;
    orders.stopPriceTicks[id] = ticket.stopPriceTicks ?? 0;
    orders.pegOffsetTicks[id] = ticket.pegOffsetTicks ?? 0;
    orders.qtyLots[id] = ticket.qtyLots;
    orders.displayQtyLots[id] = ticket.displayQtyLots ?? 0;
    orders.expireNs[id] = ticket.expireNs ?? 0;
    orders.clOrdId[id] = this.nextClOrdId++;
    this.venue.submit(id, this.nowNs);
    return id;
  }

  replace(orderId: number, qtyLots: number, priceTicks: number): number {
    const clOrdId = this.nextClOrdId++;
    this.venue.replace(orderId, clOrdId, qtyLots, priceTicks, this.nowNs);
    return clOrdId;
  }

  cancel(orderId: number): number {
    const clOrdId = this.nextClOrdId++;
    this.venue.cancel(orderId, clOrdId, this.nowNs);
    return clOrdId;
  }

  /** Lets everything on its way arrive. */
  settle(): this {
    return this.advance(this.nowNs + 10_000_000_000);
  }

  /** Takes the reports so far. */
  take(): PlainReport[] {
    return this.reports.splice(0);
  }

  /** The reports so far as words: `New 1`, `Trade 1 5@100`. */
  words(): string[] {
    return this.take().map(({ exec, orderId, lastQty, lastPx }) =>
      exec === 'Trade' ? `Trade ${orderId} ${lastQty}@${lastPx}` : `${exec} ${orderId}`,
    );
  }

  private keep(report: ExecReport): void {
    const plain = {
      exec: EXEC_TYPE_TEXT[report.execType],
      orderId: report.orderId,
      clOrdId: report.clOrdId,
      origClOrdId: report.origClOrdId,
      execId: report.execId,
      lastQty: report.lastQtyLots,
      lastPx: report.lastPxTicks,
      cum: report.cumQtyLots,
      leaves: report.leavesQtyLots,
      qty: report.orderQtyLots,
      price: report.priceTicks,
      venueNs: report.venueNs,
      queueAhead: report.queueAheadLots,
      rejectCode: report.rejectCode,
      reason: report.fillReason,
      liquidity: report.liquidity,
      causeSeq: report.causeSeq,
      atNs: this.nowNs,
    };
    this.reports.push(plain);
    this.onReport(plain);
  }
}
