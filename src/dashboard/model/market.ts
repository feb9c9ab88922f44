/**
 * The market as the journal shows it: definitions, books by the same code as the engine's, the touch as the engine
 * published it, trades, and how each instrument's feed does. Columns by instrument; a change counts up `version`.
 */
import { Books, type EventMemory } from '../../book/books.ts';
import { NO_LEVEL } from '../../book/ladders.ts';
import { EventFlag, EventKind, Side, STALE_REASON_TEXT, StaleReason, TradingState } from '../../core/event.ts';
import { BookKind, type InstrumentDef, readInstrumentPayload } from '../../core/instrument-def.ts';
import { MAX_INSTRUMENTS } from '../../core/limits.ts';
import { BboFlag } from '../../core/record.ts';
import { widened } from '../../core/widened.ts';
import type { DepthPayload, InstrumentRow, TopRow, TradeRow } from '../protocol.ts';
import { copyBooks, type SavedBooks } from './book-copy.ts';
import { History, type SavedHistory } from './history.ts';

/** What of an instrument is kept in columns. */
export const Col = {
  BidTicks: 0,
  BidLots: 1,
  AskTicks: 2,
  AskLots: 3,
  Flags: 4,
  BboNs: 5,
  LastTicks: 6,
  LastLots: 7,
  LastSide: 8,
  StaleSinceNs: 9,
  /** 1: the book is whole; 0: records were missed since its last snapshot. */
  Whole: 10,
  Messages: 11,
  /** Of the last message; -1 before it. */
  MessageNs: 12,
  Gaps: 13,
  Duplicates: 14,
  OutOfOrder: 15,
  ChecksumFailures: 16,
  StaleSpans: 17,
  VenueState: 18,
  /** Versions of what changed last: touch or standing; book; definition or standing; messages. */
  TopVersion: 19,
  BookVersion: 20,
  DefVersion: 21,
  FeedVersion: 22,
} as const;
export const COLUMNS = 24;
const TRADES_KEPT = 2000;

export interface SavedMarket {
  readonly columns: Float64Array;
  readonly books: SavedBooks;
  readonly trades: SavedHistory<TradeRow>;
  readonly lastEventNs: number;
  readonly events: number;
}

export class MarketModel {
  books = new Books();
  /** Row of instrument i: COLUMNS cells from i * COLUMNS on. */
  columns = new Float64Array(16 * COLUMNS);
  readonly trades = new History<TradeRow>(TRADES_KEPT);
  version = 0;
  /** Of the last change of any touch, book, definition. */
  topVersion = 0;
  defVersion = 0;
  feedVersion = 0;
  events = 0;
  lastEventNs = -1;
  /** Told when an instrument's units change: factors to be multiplied with. */
  onRescale: (instrument: number, priceFactor: number, qtyFactor: number) => void = () => {};

  get count(): number {
    return this.books.defs.length;
  }

  def(instrument: number): InstrumentDef | undefined {
    return this.books.defs[instrument];
  }

  symbol(instrument: number): string {
    return this.books.defs[instrument]?.symbol ?? `instrument ${instrument}`;
  }

  /** Bid + ask in ticks, 0 where a side is empty. */
  midTwice(instrument: number): number {
    const at = instrument * COLUMNS;
    const { columns } = this;
    if (!(columns[at + Col.BidLots] > 0 && columns[at + Col.AskLots] > 0)) return 0;
    return columns[at + Col.BidTicks] + columns[at + Col.AskTicks];
  }

  /** A market event's record; `w` its first 8-byte word. Its event words stand where the books expect them. */
  take(memory: EventMemory, w: number, type: number, seq: number, nowNs: number): void {
    this.events++;
    this.lastEventNs = nowNs;
    const instrument = memory.u32[w * 2 + 7];
    if (type === EventKind.Instrument) {
      if (instrument < MAX_INSTRUMENTS) this.define(memory, w, instrument);
      return;
    }
    if (this.books.defs[instrument] === undefined || type === EventKind.Session || type === EventKind.Connection)
      return;
    const at = instrument * COLUMNS;
    const { columns } = this;
    columns[at + Col.Messages]++;
    columns[at + Col.MessageNs] = nowNs;
    columns[at + Col.FeedVersion] = this.feedVersion = ++this.version;
    if (type === EventKind.Execute) this.execution(memory, w, instrument, seq, nowNs);
    else if (type === EventKind.Trade) {
      this.trade(
        instrument,
        seq,
        nowNs,
        memory.bytes[w * 8 + 25],
        memory.f64[w + 6],
        memory.f64[w + 7],
        memory.u32[w * 2 + 6] >>> 16,
      );
    } else if (type > EventKind.Trade) this.notice(memory, w, type, at);
    if (type > EventKind.Level) return;
    this.books.apply(memory, w + 3);
    if (type === EventKind.Clear) columns[at + Col.Whole] = 1;
    columns[at + Col.BookVersion] = ++this.version;
  }

  /** A Bbo record. */
  touch(memory: EventMemory, w: number, nowNs: number): void {
    const instrument = memory.u32[w * 2 + 7];
    if (this.books.defs[instrument] === undefined) return;
    const at = instrument * COLUMNS;
    const { columns } = this;
    columns[at + Col.Flags] = memory.u32[w * 2 + 6];
    columns[at + Col.BidTicks] = memory.f64[w + 4];
    columns[at + Col.BidLots] = memory.f64[w + 5];
    columns[at + Col.AskTicks] = memory.f64[w + 6];
    columns[at + Col.AskLots] = memory.f64[w + 7];
    columns[at + Col.BboNs] = nowNs;
    columns[at + Col.TopVersion] = this.topVersion = ++this.version;
  }

  /** A BookState record. Returns the reason the book was stale for before. */
  standing(instrument: number, reason: number, nowNs: number): number {
    const { books, columns } = this;
    if (books.defs[instrument] === undefined) return reason;
    const before = books.staleReason[instrument];
    books.staleReason[instrument] = reason;
    const at = instrument * COLUMNS;
    const isStale = reason !== StaleReason.None;
    if (isStale && before === StaleReason.None) columns[at + Col.StaleSinceNs] = nowNs;
    if (isStale && reason !== StaleReason.AwaitingSnapshot) {
      if (before === StaleReason.None || before === StaleReason.AwaitingSnapshot) columns[at + Col.StaleSpans]++;
    }
    if (!isStale) columns[at + Col.StaleSinceNs] = -1;
    columns[at + Col.TopVersion] = this.topVersion = ++this.version;
    columns[at + Col.DefVersion] = this.defVersion = ++this.version;
    columns[at + Col.FeedVersion] = this.feedVersion = ++this.version;
    columns[at + Col.BookVersion] = ++this.version;
    return before;
  }

  /** Records were missed: books are not what the venue shows until their next snapshot. */
  lapse(): void {
    const old = this.books;
    this.books = new Books();
    for (const def of old.defs) {
      if (def === undefined) continue;
      this.books.define(def);
      this.books.staleReason[def.instrument] = old.staleReason[def.instrument];
      this.columns[def.instrument * COLUMNS + Col.Whole] = 0;
    }
  }

  standingText(instrument: number): string {
    const reason = this.books.staleReason[instrument];
    if (reason !== StaleReason.None) return STALE_REASON_TEXT[reason] ?? `reason ${reason}`;
    const flags = this.columns[instrument * COLUMNS + Col.Flags];
    if ((flags & BboFlag.Crossed) !== 0) return 'crossed';
    return (flags & BboFlag.Locked) !== 0 ? 'locked' : '';
  }

  instrumentRow(instrument: number): InstrumentRow {
    const def = this.books.defs[instrument] as InstrumentDef;
    const reason = this.books.staleReason[instrument];
    const kind = def.bookKind === BookKind.L2 ? 'L2' : 'L3';
    const stale = reason === StaleReason.None ? '' : STALE_REASON_TEXT[reason];
    const since = this.columns[instrument * COLUMNS + Col.StaleSinceNs];
    return [instrument, def.symbol, def.priceDecimals, def.qtyDecimals, kind, stale, since];
  }

  topRow(instrument: number): TopRow {
    const c = this.columns;
    const at = instrument * COLUMNS;
    return [
      instrument,
      c[at + Col.BidTicks],
      c[at + Col.BidLots],
      c[at + Col.AskTicks],
      c[at + Col.AskLots],
      this.standingText(instrument),
      c[at + Col.BboNs],
      c[at + Col.LastTicks],
      c[at + Col.LastLots],
      c[at + Col.LastSide],
    ];
  }

  depth(instrument: number, levels: number): DepthPayload {
    const at = instrument * COLUMNS;
    const { columns } = this;
    const whole = columns[at + Col.Whole] === 1;
    return {
      instrument,
      tsNs: columns[at + Col.MessageNs],
      standing: this.standingText(instrument),
      bids: this.side(instrument, 0, levels, whole),
      asks: this.side(instrument, 1, levels, whole),
      whole,
    };
  }

  /** Levels, best first. Of a book that is not whole: the published touch, and what is known behind it. */
  private side(instrument: number, side: 0 | 1, levels: number, whole: boolean): [number, number, number][] {
    const { ladders } = this.books;
    const index = instrument * 2 + side;
    const found: [number, number, number][] = [];
    const at = instrument * COLUMNS + side * 2;
    const touchTicks = this.columns[at];
    if (!whole && this.columns[at + 1] > 0) found.push([touchTicks, this.columns[at + 1], 0]);
    for (let depth = 0; found.length < levels; depth++) {
      const level = ladders.levelAt(index, depth);
      if (level === NO_LEVEL) break;
      const price = ladders.priceOf(level);
      const isBehind = side === 0 ? price < touchTicks : price > touchTicks;
      if (whole || isBehind) found.push([price, ladders.qtyOf(level), ladders.ordersOf(level)]);
    }
    return found;
  }

  save(): SavedMarket {
    const { columns, trades, lastEventNs, events } = this;
    return { columns: columns.slice(), books: copyBooks(this.books), trades: trades.save(), lastEventNs, events };
  }

  /** `books`: as `restoreBooks` made them from what was saved. */
  load(saved: SavedMarket, books: Books): void {
    this.columns = saved.columns.slice();
    this.books = books;
    this.trades.load(saved.trades);
    this.lastEventNs = saved.lastEventNs;
    this.events = saved.events;
    for (let at = 0; at < this.columns.length; at += COLUMNS) {
      this.columns.fill(++this.version, at + Col.TopVersion, at + Col.FeedVersion + 1);
    }
    this.topVersion = this.defVersion = this.feedVersion = this.version;
  }

  private define(memory: EventMemory, w: number, instrument: number): void {
    const before = this.books.defs[instrument];
    if ((instrument + 1) * COLUMNS > this.columns.length)
      this.columns = widened(this.columns, (instrument + 1) * COLUMNS);
    this.books.apply(memory, w + 3);
    const at = instrument * COLUMNS;
    const { columns } = this;
    if (before === undefined) {
      columns[at + Col.StaleSinceNs] = columns[at + Col.MessageNs] = columns[at + Col.BboNs] = -1;
      columns[at + Col.Whole] = 1;
    } else {
      this.rescale(instrument, before, readInstrumentPayload(memory.bytes, w * 8 + 48, instrument));
    }
    columns[at + Col.DefVersion] = this.defVersion = ++this.version;
    columns[at + Col.TopVersion] = this.topVersion = ++this.version;
    columns[at + Col.FeedVersion] = this.feedVersion = ++this.version;
  }

  private rescale(instrument: number, before: InstrumentDef, def: InstrumentDef): void {
    if (before.priceDecimals === def.priceDecimals && before.qtyDecimals === def.qtyDecimals) return;
    const priceFactor = 10 ** (def.priceDecimals - before.priceDecimals);
    const qtyFactor = 10 ** (def.qtyDecimals - before.qtyDecimals);
    const { columns } = this;
    const at = instrument * COLUMNS;
    for (const column of [Col.BidTicks, Col.AskTicks, Col.LastTicks]) columns[at + column] *= priceFactor;
    for (const column of [Col.BidLots, Col.AskLots, Col.LastLots]) columns[at + column] *= qtyFactor;
    this.trades.map((row) => {
      if (row[2] !== instrument) return row;
      return [row[0], row[1], row[2], row[3], row[4] * priceFactor, row[5] * qtyFactor];
    });
    this.onRescale(instrument, priceFactor, qtyFactor);
  }

  /** An order that rests was executed: at its own price, unless the venue states another one. */
  private execution(memory: EventMemory, w: number, instrument: number, seq: number, nowNs: number): void {
    const { orders, ladders } = this.books;
    const entry = orders.findAt(memory.f64, w + 8);
    if (entry < 0) return;
    const flags = memory.u32[w * 2 + 6] >>> 16;
    const level = orders.levelOf(entry);
    const price = (flags & EventFlag.Priced) !== 0 ? memory.f64[w + 6] : ladders.priceOf(level);
    const aggressor = (ladders.sideOf(level) & 1) === 0 ? Side.Ask : Side.Bid;
    this.trade(instrument, seq, nowNs, aggressor, price, memory.f64[w + 7], flags);
  }

  private trade(
    instrument: number,
    seq: number,
    nowNs: number,
    side: number,
    priceTicks: number,
    qtyLots: number,
    flags: number,
  ): void {
    if ((flags & EventFlag.NonPrintable) !== 0) return;
    const at = instrument * COLUMNS;
    const { columns } = this;
    columns[at + Col.LastTicks] = priceTicks;
    columns[at + Col.LastLots] = qtyLots;
    columns[at + Col.LastSide] = side;
    columns[at + Col.TopVersion] = this.topVersion = ++this.version;
    this.trades.push([seq, nowNs, instrument, side, priceTicks, qtyLots]);
  }

  private notice(memory: EventMemory, w: number, type: number, at: number): void {
    const { columns } = this;
    if (type === EventKind.Gap) columns[at + Col.Gaps]++;
    else if (type === EventKind.Duplicate) columns[at + Col.Duplicates]++;
    else if (type === EventKind.OutOfOrder) columns[at + Col.OutOfOrder]++;
    else if (type === EventKind.ChecksumFailure) columns[at + Col.ChecksumFailures]++;
    else if (type === EventKind.Status) columns[at + Col.VenueState] = memory.f64[w + 6];
    else if (type === EventKind.SnapshotEnd) {
      columns[at + Col.Whole] = 1;
      columns[at + Col.BookVersion] = ++this.version;
    }
  }

  /** The venue has stopped trading in it. */
  isHalted(instrument: number): boolean {
    const state = this.columns[instrument * COLUMNS + Col.VenueState];
    return state === TradingState.Halted || state === TradingState.Paused;
  }
}
