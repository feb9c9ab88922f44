/**
 * The simulated venue: it shares the recorded book with the engine and lives on the venue's time.
 *
 * A market event happened at the venue at venueNs = tsRecv - feed latency (never going back). A request that leaves the
 * engine at t arrives at x = t + entry latency, never before an earlier one of its strategy, and acts behind all market
 * events with venueNs <= x and before those with venueNs > x: nothing that its sender could not have reached happens to it,
 * and nothing happens to it before x. Because the engine learns of events later than the venue, an arrival waits for the
 * next market event; where none comes it acts at local time x + horizon + 1 ns, when no event with venueNs <= x can come any
 * more. The horizon is the feed latency where that is constant, else the largest one met so far, at most `horizonNs`.
 * What happens at venue time y reaches the engine at y + response latency, not before what already was reported to the
 * strategy, and not before now.
 *
 * The engine calls onEvent before an event changes the book, and afterEvent behind the last one of a message.
 */
import type { Books, EventMemory } from '../book/books.ts';
import { NO_LEVEL } from '../book/ladders.ts';
import { EventFlag, EventKind, TradingState } from '../core/event.ts';
import { ExecReport } from '../core/exec-report.ts';
import type { Fnv64 } from '../core/hash.ts';
import { BookKind, type InstrumentDef } from '../core/instrument-def.ts';
import { TimeInForce } from '../core/order.ts';
import type { Orders } from '../oms/orders.ts';
import { crossed } from './crossing.ts';
import { Entry } from './entry.ts';
import { Fees } from './fees.ts';
import { Floor, STREAM } from './floor.ts';
import { Inbox, Request } from './inbox.ts';
import { LatencyModel } from './latency.ts';
import { OwnState } from './own-orders.ts';
import { QueueL2 } from './queue-l2.ts';
import { QueueL3 } from './queue-l3.ts';
import { Taking } from './taking.ts';
import { Triggers } from './triggers.ts';
import type { Venue, VenueSink } from './venue.ts';
import type { VenueConfig } from './venue-config.ts';

/** Session events after which Day orders expire: end of market hours, of system hours, of messages (ITCH S). */
const END_CODES = [0x4d, 0x45, 0x43];

export class SimVenue implements Venue {
  private readonly books: Books;
  private readonly orders: Orders;
  private readonly sink: VenueSink;
  private readonly floor: Floor;
  private readonly inbox = new Inbox();
  private readonly entry: Entry;
  private readonly triggers: Triggers;
  private readonly l3: QueueL3;
  private readonly l2: QueueL2;
  private readonly fees: Fees;
  private readonly entryLatency: LatencyModel;
  /** null: as recorded, or constant. */
  private readonly feedLatency: LatencyModel | null;
  /** Constant feed latency; -1: it is not. */
  private readonly constantFeedNs: number;
  private readonly delivered = new ExecReport();
  private readonly maxHorizonNs: number;
  private horizonNs: number;
  /** Feed latency of the present message, and what tells it from the next. */
  private feedNs = 0;
  private messageNs = -1;
  private messageEnded = true;
  private instruments = 16;

  constructor(books: Books, orders: Orders, config: VenueConfig, seed: number, sink: VenueSink) {
    this.books = books;
    this.orders = orders;
    this.sink = sink;
    this.floor = new Floor(books, config, seed);
    const taking = new Taking(this.floor);
    this.triggers = new Triggers(this.floor);
    this.entry = new Entry(this.floor, taking, this.triggers, seed);
    this.l3 = new QueueL3(this.floor);
    this.l2 = new QueueL2(this.floor);
    this.fees = new Fees(config.fees);
    this.entryLatency = new LatencyModel(config.entryLatency, seed + STREAM);
    const feed = config.feedLatency;
    const isDrawn = feed.model !== 'recorded' && feed.model !== 'constant';
    this.feedLatency = isDrawn ? new LatencyModel(feed, seed) : null;
    this.constantFeedNs = feed.model === 'constant' ? feed.ns : -1;
    this.maxHorizonNs = config.horizonNs;
    this.horizonNs = 0;
    if (feed.model === 'constant') this.horizonNs = this.maxHorizonNs = feed.ns;
  }

  /**
   * An instrument was defined, or redefined (after `rescale`, where its decimals changed). `tickTicks`: its least price
   * step; left out, it stays as it is (1 at first).
   */
  define(instrument: number, def: InstrumentDef, tickTicks?: number): void {
    this.ensure(instrument);
    this.fees.define(def);
    if (tickTicks !== undefined) this.floor.tick[instrument] = tickTicks;
  }

  /** The order leaves the engine as it is now. */
  submit(orderId: number, nowNs: number): void {
    const { floor, inbox, orders } = this;
    this.ensure(orders.instrument[orderId]);
    floor.own.take(orders, orderId);
    const strategy = orders.strategy[orderId];
    inbox.send(Request.New, orderId, strategy, nowNs + this.entryLatency.next(nowNs));
    if (orders.timeInForce[orderId] === TimeInForce.Gtd) {
      const expireNs = orders.expireNs[orderId];
      inbox.add(Request.Expire, orderId, strategy, expireNs > nowNs ? expireNs : nowNs);
    }
  }

  /** `qtyLots`: of the whole order, executed part included. */
  replace(orderId: number, clOrdId: number, qtyLots: number, priceTicks: number, nowNs: number): void {
    const { inbox } = this;
    const slot = inbox.send(Request.Replace, orderId, this.orders.strategy[orderId], this.arrivalNs(nowNs));
    inbox.clOrdId[slot] = clOrdId;
    inbox.qty[slot] = qtyLots;
    inbox.price[slot] = priceTicks;
  }

  cancel(orderId: number, clOrdId: number, nowNs: number): void {
    const { inbox } = this;
    const slot = inbox.send(Request.Cancel, orderId, this.orders.strategy[orderId], this.arrivalNs(nowNs));
    inbox.clOrdId[slot] = clOrdId;
  }

  /**
   * Before the event at word `w` changes the book; `seq` is its record's. First what arrived before it acts, then what
   * it means for own orders. A few ns where nothing is due and no own order is at the instrument.
   */
  onEvent(memory: EventMemory, w: number, seq: number): void {
    const { floor } = this;
    const head = memory.u32[w * 2];
    const tsRecv = memory.f64[w + 1];
    if (tsRecv > floor.localNs) floor.localNs = tsRecv;
    let venueNs = tsRecv;
    if (this.constantFeedNs >= 0) {
      venueNs -= this.constantFeedNs;
    } else if (this.feedLatency === null) {
      const tsEvent = memory.f64[w + 2];
      if (tsEvent < tsRecv) {
        venueNs = tsEvent;
        if (tsRecv - tsEvent > this.horizonNs) this.horizonNs = Math.min(tsRecv - tsEvent, this.maxHorizonNs);
      }
    } else {
      venueNs -= this.feedDelay(tsRecv);
    }
    this.messageEnded = ((head >>> 16) & EventFlag.Last) !== 0;
    if (this.inbox.nextNs < venueNs) this.actUntil(venueNs, seq);
    if (venueNs > floor.venueNs) floor.venueNs = venueNs;
    const kind = head & 0xff;
    const instrument = memory.u32[w * 2 + 1];
    if (kind === EventKind.Status || kind === EventKind.Session) {
      floor.causeSeq = seq;
      this.standing(kind, instrument, memory.f64[w + 3]);
    } else if (instrument < this.instruments && !floor.isIdle(instrument)) {
      floor.causeSeq = seq;
      this.affect(memory, w, instrument, kind, head >>> 16);
    }
  }

  /** Behind the last event of a message about the instrument, when the book is as the message left it. */
  afterEvent(instrument: number, seq: number): void {
    const { floor, entry } = this;
    if (instrument >= this.instruments || (floor.own.listed[instrument] === 0 && floor.pendingCount === 0)) return;
    floor.causeSeq = seq;
    if (entry.closed[instrument] === 0) this.triggers.onTouch(instrument);
    entry.reopen(instrument);
    if (floor.pendingCount > 0) entry.finishEvent();
    if (floor.own.pegged[instrument] > 0) entry.repeg(instrument);
  }

  /** Local time of the next report, or of an arrival that no market event has made act; Infinity when there is none. */
  nextDueNs(): number {
    return Math.min(this.floor.outbox.nextNs, this.inbox.nextNs + this.horizonNs + 1);
  }

  /** Everything due by `nowNs` happens, in order; `seq`: of the Clock record that says so. */
  advanceTo(nowNs: number, seq: number): void {
    const { floor, inbox } = this;
    const { outbox } = floor;
    for (;;) {
      const arrivalDueNs = inbox.nextNs + this.horizonNs + 1;
      const dueNs = Math.min(outbox.nextNs, arrivalDueNs);
      if (dueNs > nowNs) break;
      if (dueNs > floor.localNs) floor.localNs = dueNs;
      floor.causeSeq = seq;
      if (arrivalDueNs === dueNs) {
        this.act();
      } else {
        outbox.take(this.delivered);
        this.sink.onReport(this.delivered);
      }
    }
    if (nowNs > floor.localNs) floor.localNs = nowNs;
  }

  /**
   * Fee of a fill report, in money units of its instrument (negative: a rebate). Counts towards the account's tier: to be
   * called once for each fill, in the order they are delivered.
   */
  feeUnits(report: ExecReport): number {
    const { account, instrument } = this.orders;
    const id = report.orderId;
    return this.fees.charge(account[id], instrument[id], report.lastQtyLots, report.lastPxTicks, report.liquidity);
  }

  /**
   * Lots ahead of an order that rests, own ones included: exact for an order-by-order book, the model's estimate (rounded
   * up) by level; -1 where it is not known, or the order does not rest.
   */
  queueAheadLots(orderId: number): number {
    const { floor } = this;
    const slot = floor.own.slotOf(orderId);
    return slot > 0 && floor.own.state[slot] === OwnState.Resting ? floor.queueAhead(slot) : -1;
  }

  /** Orders the venue has, those on their way to it included. */
  get openOrders(): number {
    return this.floor.own.open;
  }

  /** The venue's time. */
  get venueNs(): number {
    return this.floor.venueNs;
  }

  /** Multiplies every price and quantity held of the instrument. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    this.ensure(instrument);
    const isOf = (orderId: number): boolean => orderId > 0 && this.orders.instrument[orderId] === instrument;
    this.floor.rescale(instrument, priceFactor, qtyFactor);
    this.floor.outbox.rescale(isOf, priceFactor, qtyFactor);
    this.inbox.rescale(isOf, priceFactor, qtyFactor);
  }

  checkInvariants(): void {
    const { floor, books } = this;
    floor.own.checkInvariants();
    floor.taken.checkInvariants((side, key) => {
      const level = books.ladders.find(side, key);
      return level === NO_LEVEL ? 0 : books.ladders.qtyOf(level);
    });
  }

  foldInto(hash: Fnv64): void {
    const { floor } = this;
    hash.integer(floor.venueNs);
    hash.integer(floor.execIds);
    hash.integer(this.horizonNs);
    floor.own.foldInto(hash);
    floor.taken.foldInto(hash);
    floor.outbox.foldInto(hash);
    this.inbox.foldInto(hash);
    this.entryLatency.foldInto(hash);
    floor.responses.foldInto(hash);
    this.feedLatency?.foldInto(hash);
    this.fees.foldInto(hash);
  }

  private arrivalNs(nowNs: number): number {
    return nowNs + this.entryLatency.next(nowNs);
  }

  /** Drawn once for all events of a message. */
  private feedDelay(tsRecv: number): number {
    if (this.messageEnded || tsRecv !== this.messageNs) {
      this.messageNs = tsRecv;
      this.feedNs = this.feedLatency === null ? 0 : this.feedLatency.next(tsRecv);
      if (this.feedNs > this.horizonNs) this.horizonNs = Math.min(this.feedNs, this.maxHorizonNs);
    }
    return this.feedNs;
  }

  /** What arrived before `venueNs` acts. */
  private actUntil(venueNs: number, seq: number): void {
    this.floor.causeSeq = seq;
    while (this.inbox.nextNs < venueNs) this.act();
  }

  /** The first request acts. */
  private act(): void {
    const { floor, inbox, entry } = this;
    if (inbox.nextNs > floor.venueNs) floor.venueNs = inbox.nextNs;
    const at = inbox.take();
    const orderId = inbox.orderId[at];
    switch (inbox.kind[at]) {
      case Request.New:
        entry.newOrder(floor.own.slotOf(orderId));
        break;
      case Request.Replace:
        entry.replace(orderId, inbox.strategy[at], inbox.clOrdId[at], inbox.qty[at], inbox.price[at]);
        break;
      case Request.Cancel:
        entry.cancel(orderId, inbox.strategy[at], inbox.clOrdId[at]);
        break;
      default:
        entry.expire(orderId);
        break;
    }
  }

  private affect(memory: EventMemory, w: number, instrument: number, kind: number, flags: number): void {
    const { floor } = this;
    if (kind === EventKind.Clear) {
      floor.taken.clear(instrument * 2);
      floor.taken.clear(instrument * 2 + 1);
      return;
    }
    if (kind === EventKind.Trade && (flags & EventFlag.Cross) !== 0) {
      if (memory.f64[w + 4] > 0) crossed(floor, instrument, memory.f64[w + 3], memory.f64[w + 4]);
      return;
    }
    const canTrade = this.entry.closed[instrument] === 0;
    if (canTrade && (kind === EventKind.Trade || kind === EventKind.Execute)) this.triggers.onTrade(memory, w);
    if (this.books.ladders.kindOf(instrument) === BookKind.L3) this.l3.onEvent(memory, w, canTrade);
    else this.l2.onEvent(memory, w, canTrade);
  }

  private standing(kind: number, instrument: number, value: number): void {
    if (kind === EventKind.Session) {
      if (END_CODES.includes(value)) this.entry.endOfDay();
      return;
    }
    this.ensure(instrument);
    const trades = value === TradingState.Trading || value === TradingState.Unknown;
    this.entry.setClosed(instrument, !trades);
  }

  private ensure(instrument: number): void {
    if (instrument < this.instruments) return;
    this.instruments = Math.max(instrument + 1, this.instruments * 2);
    this.floor.ensureInstruments(this.instruments);
    this.entry.ensureInstruments(this.instruments);
  }
}
