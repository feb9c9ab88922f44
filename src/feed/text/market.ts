/**
 * From a scanned message to events: instruments are defined when first used, values are fitted to their units, a
 * message that can't be exact is refused whole, and every change of a book's standing is said once. The venue decoders
 * write events through here only.
 */
import { EventFlag, EventKind, Side, StaleReason, type TradingState } from '../../core/event.ts';
import type { BookKind } from '../../core/instrument-def.ts';
import type { SessionBase } from '../../core/time.ts';
import type { EventSink } from '../sink.ts';
import { MAX_DECIMALS } from './decimal.ts';
import type { DepthScan } from './depth-scan.ts';
import { InstrumentTable, type TextInstrument } from './instruments.ts';
import type { Rows } from './rows.ts';
import { NO_SCALE } from './scale.ts';
import { TextStats } from './stats.ts';
import { SessionTimes } from './times.ts';

export interface TextOptions {
  /** Instruments to decode, as the venue writes them; null for all. */
  readonly symbols: readonly string[] | null;
  readonly base: SessionBase;
  /** In front of every symbol, where a run has several venues ("binance:"). */
  readonly prefix?: string;
}

/** What the markets of one run share, a market per venue: indices are dense over all of them. */
export class MarketFamily {
  readonly stats = new TextStats();
  nextIndex = 0;
}

/** What a message's values are for: it decides which of them make sense, and whether the book keeps them. */
const Use = { Update: 0, Snapshot: 1, Print: 2, Touch: 3 } as const;
type Use = (typeof Use)[keyof typeof Use];

/** `fit`: every row fits. */
const FITS = -1;

export class TextMarket {
  readonly times: SessionTimes;
  readonly stats: TextStats;
  readonly instruments: InstrumentTable;
  readonly prefix: string;
  /** Told of every book that can't be trusted any more: live asks the venue for a new one. Emits nothing itself. */
  onStale: ((instrument: TextInstrument, reason: StaleReason) => void) | null = null;
  /** Why books of a lost connection are stale; whoever loses it for another reason says so here, for the call. */
  lossReason: StaleReason = StaleReason.Disconnected;
  /** Receive time of the frame at hand, session ns. */
  tsRecv = 0;
  /** Says where the frame at hand stands, for remarks ("file:line 12"). */
  where: () => string = () => 'feed';
  private target: EventSink | null = null;
  private readonly family: MarketFamily;
  private priceDecimals = 0;
  private qtyDecimals = 0;

  constructor(options: TextOptions, family: MarketFamily = new MarketFamily()) {
    const { base, symbols, prefix = '' } = options;
    this.family = family;
    this.stats = family.stats;
    this.prefix = prefix;
    this.times = new SessionTimes(base);
    this.instruments = new InstrumentTable(symbols, (text) => this.stats.note(`${this.where()}: ${text}`), prefix);
  }

  /**
   * Units of an instrument as the venue states them ("0.01000000" and "0.00001000"), before its first message: as many
   * decimals as are written, which is how its messages write them too. False: they are no plain decimals; the first
   * message decides then.
   */
  terms(instrument: TextInstrument, tick: string, lot: string): boolean {
    const priceDecimals = decimalsOf(tick);
    const qtyDecimals = decimalsOf(lot);
    if (instrument.index >= 0 || priceDecimals < 0 || qtyDecimals < 0) return false;
    instrument.price.change(priceDecimals);
    instrument.qty.change(qtyDecimals);
    this.out.at(this.tsRecv);
    this.define(instrument, this.tsRecv);
    return true;
  }

  /** Everything that follows goes to `sink`. */
  open(sink: EventSink): void {
    this.target = sink;
  }

  get sink(): EventSink {
    return this.target!;
  }

  /** A message of this type begins: everything emitted until the next one belongs to it. */
  begin(type: number): void {
    this.stats.count(type);
    this.out.beginMessage(this.tsRecv);
  }

  /** The venue's time, or the receive time where the venue stated none. */
  eventTime(ns: number): number {
    return Number.isNaN(ns) ? this.tsRecv : ns;
  }

  /** A connection went up or down, at `tsRecv`. */
  connection(index: number, up: boolean): void {
    this.out.at(this.tsRecv);
    this.out.emit(EventKind.Connection, Side.None, 0, 0, this.tsRecv, up ? 1 : 0, index, 0, 0);
  }

  /** Defines the instrument, if that has not been done, with units that fit these rows where there are such. */
  introduce(instrument: TextInstrument, rows: Rows, tsEvent: number): void {
    if (instrument.index >= 0) return;
    if (this.fit(instrument, rows, 0, rows.count, Use.Update) === FITS) {
      instrument.price.change(this.priceDecimals);
      instrument.qty.change(this.qtyDecimals);
    }
    this.define(instrument, tsEvent);
  }

  /**
   * Fits an update's levels to the instrument's units, in place, redefining the instrument where it must. False: they
   * don't fit or make no sense; the book is stale now, and nothing of the message may be applied.
   */
  prepareUpdate(instrument: TextInstrument, rows: Rows, tsEvent: number): boolean {
    const bad = this.fit(instrument, rows, 0, rows.count, Use.Update);
    if (bad !== FITS) return this.refuse(instrument, rows, bad, Use.Update, tsEvent);
    this.adopt(instrument, rows, 0, rows.count, tsEvent);
    return true;
  }

  /** The same for a snapshot, and empties the book. */
  prepareSnapshot(instrument: TextInstrument, rows: Rows, tsEvent: number): boolean {
    const bad = this.fit(instrument, rows, 0, rows.count, Use.Snapshot);
    if (bad !== FITS) return this.refuse(instrument, rows, bad, Use.Snapshot, tsEvent);
    if (instrument.index >= 0) this.out.emit(EventKind.Clear, Side.None, 0, instrument.index, tsEvent, 0, 0, 0, 0);
    instrument.price.empty();
    instrument.qty.empty();
    instrument.textBook?.clear();
    this.adopt(instrument, rows, 0, rows.count, tsEvent);
    return true;
  }

  private refuse(instrument: TextInstrument, rows: Rows, bad: number, use: Use, tsEvent: number): false {
    this.complain(instrument, rows, bad, use);
    this.define(instrument, tsEvent);
    this.stale(instrument, StaleReason.BadValue, tsEvent);
    return false;
  }

  /** Emits prepared levels. `more`: others of the same message follow. */
  levels(instrument: TextInstrument, rows: Rows, tsEvent: number, flags: number, more: boolean): void {
    const count = rows.count;
    const out = this.out;
    const { side, price, qty, id } = rows;
    const { index } = instrument;
    instrument.price.hold(price, 0, count);
    instrument.qty.hold(qty, 0, count);
    out.emitLevels(index, tsEvent, flags, more ? -1 : count - 1, count, side, price, qty, id);
  }

  /** Emits levels that were read in the instrument's units: what `prepareUpdate` and `levels` do with such ones. */
  fittedLevels(instrument: TextInstrument, levels: DepthScan, tsEvent: number): void {
    const { count, side, price, qty, orders } = levels;
    if (levels.pricesAreHeld) instrument.price.holdUpTo(levels.mostPrice);
    else instrument.price.hold(price, 0, count);
    if (levels.qtysAreHeld) instrument.qty.holdUpTo(levels.mostQty);
    else instrument.qty.hold(qty, 0, count);
    this.out.emitLevels(instrument.index, tsEvent, 0, count - 1, count, side, price, qty, orders);
  }

  /** The level leaves the book without the venue saying so (it fell out of the subscribed depth). */
  dropLevel(instrument: TextInstrument, side: Side, priceTicks: number, tsEvent: number, last: boolean): void {
    const flags = last ? EventFlag.Last : 0;
    this.out.emit(EventKind.Level, side, flags, instrument.index, tsEvent, priceTicks, 0, 0, 0);
  }

  /** Emits prepared levels as a snapshot that is valid at `sequence` (0 where the venue has none). */
  snapshot(instrument: TextInstrument, rows: Rows, tsEvent: number, sequence: number): void {
    const { index } = instrument;
    this.out.emit(EventKind.SnapshotBegin, Side.None, EventFlag.Snapshot, index, tsEvent, 0, 0, 0, 0);
    this.levels(instrument, rows, tsEvent, EventFlag.Snapshot, true);
    const flags = EventFlag.Snapshot | EventFlag.Last;
    this.out.emit(EventKind.SnapshotEnd, Side.None, flags, index, tsEvent, sequence, 0, 0, 0);
  }

  /** Emits each row as a trade at its own time. One that makes no sense is left out, with a remark: no book needs it. */
  trades(instrument: TextInstrument, rows: Rows, flags: number): void {
    const all = this.fit(instrument, rows, 0, rows.count, Use.Print) === FITS;
    if (all && rows.count > 0) this.adopt(instrument, rows, 0, rows.count, this.eventTime(rows.time[0]));
    for (let i = 0; i < rows.count; i++) {
      const tsEvent = this.eventTime(rows.time[i]);
      if (!all && !this.fitOne(instrument, rows, i, tsEvent)) continue;
      const flag = i === rows.count - 1 ? flags | EventFlag.Last : flags;
      const { index } = instrument;
      this.out.emit(EventKind.Trade, rows.side[i], flag, index, tsEvent, rows.price[i], rows.qty[i], 0, rows.id[i]);
    }
  }

  private fitOne(instrument: TextInstrument, rows: Rows, i: number, tsEvent: number): boolean {
    if (this.fit(instrument, rows, i, i + 1, Use.Print) !== FITS) {
      this.complain(instrument, rows, i, Use.Print);
      return false;
    }
    this.adopt(instrument, rows, i, i + 1, tsEvent);
    return true;
  }

  /** Emits row 0 as the venue's best bid and row 1 as its best ask (quantity 0: none). */
  touch(instrument: TextInstrument, rows: Rows, tsEvent: number): void {
    const bad = this.fit(instrument, rows, 0, 2, Use.Touch);
    if (bad !== FITS) {
      this.complain(instrument, rows, bad, Use.Touch);
      return;
    }
    this.adopt(instrument, rows, 0, 2, tsEvent);
    const { price, qty } = rows;
    const { index } = instrument;
    const flags = EventFlag.Last;
    this.out.emit(EventKind.VenueBbo, Side.None, flags, index, tsEvent, price[0], qty[0], price[1], qty[1]);
  }

  /** The venue's book of this instrument is of that kind; its books hold nothing yet that is of the other one. */
  setBookKind(instrument: TextInstrument, kind: BookKind, tsEvent: number): void {
    if (instrument.bookKind === kind) return;
    instrument.bookKind = kind;
    if (instrument.index >= 0) this.announce(instrument, tsEvent);
  }

  /** Emits what happens to order rows.id[i] (Add, Execute, Reduce, Delete, Replace) with the row's side, price and quantity. */
  order(
    kind: EventKind,
    instrument: TextInstrument,
    rows: Rows,
    i: number,
    tsEvent: number,
    flags: number,
    id2: number,
  ): void {
    instrument.price.hold(rows.price, i, i + 1);
    instrument.qty.hold(rows.qty, i, i + 1);
    this.out.emit(kind, rows.side[i], flags, instrument.index, tsEvent, rows.price[i], rows.qty[i], rows.id[i], id2);
  }

  /** The same of row 0, as the last event of its message. */
  lastOrder(kind: EventKind, instrument: TextInstrument, rows: Rows, tsEvent: number, id2: number): void {
    this.order(kind, instrument, rows, 0, tsEvent, EventFlag.Last, id2);
  }

  /** Emits prepared rows as the orders of a snapshot that is valid at `sequence`. */
  orderSnapshot(instrument: TextInstrument, rows: Rows, tsEvent: number, sequence: number): void {
    const { index } = instrument;
    const flags = EventFlag.Snapshot;
    this.out.emit(EventKind.SnapshotBegin, Side.None, flags, index, tsEvent, 0, 0, 0, 0);
    for (let i = 0; i < rows.count; i++) this.order(EventKind.Add, instrument, rows, i, tsEvent, flags, 0);
    this.out.emit(EventKind.SnapshotEnd, Side.None, flags | EventFlag.Last, index, tsEvent, sequence, 0, 0, 0);
  }

  /** The venue says whether the instrument trades. */
  status(instrument: TextInstrument, state: TradingState, tsEvent: number): void {
    const flags = EventFlag.Last;
    this.out.emit(EventKind.Status, Side.None, flags, instrument.index, tsEvent, state, 0, 0, 0);
  }

  /** Gap, Duplicate, OutOfOrder (expected, received) or ChecksumFailure (the venue's, ours). */
  trouble(kind: EventKind, instrument: TextInstrument, tsEvent: number, first: number, second: number): void {
    this.define(instrument, tsEvent);
    this.out.emit(kind, Side.None, 0, instrument.index, tsEvent, first, second, 0, 0);
  }

  /** Carries prepared levels into the instrument's text book; false if a text is too long, and the book is stale. */
  keepText(instrument: TextInstrument, rows: Rows, tsEvent: number): boolean {
    if (instrument.textBook!.apply(rows)) return true;
    this.stats.note(`${this.where()}: ${instrument.symbol}: a number's text is too long: the book is stale`);
    this.stale(instrument, StaleReason.BadValue, tsEvent);
    return false;
  }

  /** Compares the venue's checksum with ours; if they differ the book is stale. */
  compareChecksum(instrument: TextInstrument, venues: number, ours: number, tsEvent: number): boolean {
    if (venues === ours) {
      this.stats.checksumsVerified++;
      return true;
    }
    this.trouble(EventKind.ChecksumFailure, instrument, tsEvent, venues, ours);
    this.stale(instrument, StaleReason.Checksum, tsEvent);
    return false;
  }

  /** The book can't be trusted from here on. Said once for each reason in turn. */
  stale(instrument: TextInstrument, reason: StaleReason, tsEvent: number): void {
    if (instrument.stale === reason) return;
    instrument.stale = reason;
    if (instrument.index >= 0) this.out.stale(instrument.index, reason, tsEvent);
    this.onStale?.(instrument, reason);
  }

  live(instrument: TextInstrument, tsEvent: number): void {
    if (instrument.stale === StaleReason.None) return;
    instrument.stale = StaleReason.None;
    this.out.live(instrument.index, tsEvent);
  }

  /** Gives the instrument its index and defines it, if that has not been done, with the decimals it has so far. */
  define(instrument: TextInstrument, tsEvent: number): void {
    if (instrument.index >= 0) return;
    if (instrument.price.decimals < 0) instrument.price.change(0);
    if (instrument.qty.decimals < 0) instrument.qty.change(0);
    instrument.index = this.family.nextIndex++;
    this.announce(instrument, tsEvent);
    this.out.stale(instrument.index, instrument.stale, tsEvent);
  }

  private get out(): EventSink {
    return this.target!;
  }

  private announce(instrument: TextInstrument, tsEvent: number): void {
    const { index, symbol, bookKind, price, qty } = instrument;
    const decimals = { priceDecimals: price.decimals, qtyDecimals: qty.decimals };
    this.out.instrument({ instrument: index, symbol: this.prefix + symbol, bookKind, ...decimals }, tsEvent);
  }

  /** Finds the decimals that hold rows[from, to) exactly. FITS, or the index of the first row that is no good. */
  private fit(instrument: TextInstrument, rows: Rows, from: number, to: number, use: Use): number {
    for (let i = from; i < to; i++) if (!makesSense(rows.price[i], rows.qty[i], use)) return i;
    const bookToo = use !== Use.Snapshot;
    this.priceDecimals = instrument.price.plan(rows.price, rows.priceDecimals, from, to, bookToo);
    this.qtyDecimals = instrument.qty.plan(rows.qty, rows.qtyDecimals, from, to, bookToo);
    if (this.priceDecimals !== NO_SCALE && this.qtyDecimals !== NO_SCALE) return FITS;
    return to - 1;
  }

  /** Puts the decimals that `fit` found into force, and turns rows[from, to) into ticks and lots. */
  private adopt(instrument: TextInstrument, rows: Rows, from: number, to: number, tsEvent: number): void {
    const { price, qty } = instrument;
    if (this.priceDecimals !== price.decimals || this.qtyDecimals !== qty.decimals || instrument.index < 0) {
      const by = this.priceDecimals - price.decimals;
      if (price.decimals >= 0) instrument.textBook?.rescalePrices(by);
      price.change(this.priceDecimals);
      qty.change(this.qtyDecimals);
      if (instrument.index >= 0) this.announce(instrument, tsEvent);
      else this.define(instrument, tsEvent);
    }
    price.apply(rows.price, rows.priceDecimals, from, to);
    qty.apply(rows.qty, rows.qtyDecimals, from, to);
  }

  /** Remarks on row `i`, which `fit` refused. */
  private complain(instrument: TextInstrument, rows: Rows, i: number, use: Use): void {
    const price = textOf(rows, rows.priceFrom[i], rows.priceTo[i]);
    const qty = textOf(rows, rows.qtyFrom[i], rows.qtyTo[i]);
    const why = makesSense(rows.price[i], rows.qty[i], use)
      ? 'can not be held exactly beside the rest of the book'
      : 'is no price and quantity that can be held exactly';
    const what =
      use === Use.Print ? 'the trade is left out' : use === Use.Touch ? 'it is left out' : 'the book is stale';
    this.stats.note(`${this.where()}: ${instrument.symbol}: ${price} x ${qty} ${why}: ${what}`);
  }
}

/** Decimals of a plain decimal text, as many as are written; -1 for anything else. */
function decimalsOf(text: string): number {
  const match = /^\d+(?:\.(\d+))?$/.exec(text);
  const decimals = match === null ? -1 : (match[1] ?? '').length;
  return decimals <= MAX_DECIMALS ? decimals : -1;
}

/** Written so that NaN (text that is no number, or too long a one) makes no sense. */
function makesSense(price: number, qty: number, use: Use): boolean {
  if (use === Use.Touch) return qty >= 0 && (price > 0 || (price === 0 && qty === 0));
  return price > 0 && (use === Use.Print ? qty > 0 : qty >= 0);
}

/** A number's text for a remark, in quotes. */
function textOf(rows: Rows, from: number, to: number): string {
  const text = Buffer.from(rows.bytes.subarray(from, Math.min(to, from + 40))).toString('latin1');
  return JSON.stringify(to - from > 40 ? `${text}...` : text);
}
