/**
 * Coinbase Exchange's full channel: the market order by order, joined to the REST level 3 book by sequence.
 * Source: "Exchange WebSocket Channels", section "Full Channel": queue messages, get the book, drop what it holds, apply
 * the rest; every message of a product has the sequence before it plus one.
 *
 *   received  nothing: the order does not rest yet       done    the order leaves (filled: its matches took it already)
 *   open      Add                                        match   Execute of the maker's order
 *   change    Reduce, or Replace where the price changed or the size grew (modify_order)
 *
 * done and change of an order that does not rest are ignored, as documented. What a message says of the order's price
 * and size must agree with what rests of it here: if not, or if a match names an order that is not there, the book is stale.
 * Orders are numbered 1, 2, 3, ... over all products as they appear; a UUID leads to its number (order-ids.ts).
 *
 * Times: each message's time; a snapshot's.
 */
import { EventKind, Side, StaleReason } from '../../core/event.ts';
import { BookKind } from '../../core/instrument-def.ts';
import { MAX_QUEUED_L3_BYTES, MAX_QUEUED_L3_FRAMES } from '../../core/limits.ts';
import { Join, joinOf, NO_PREVIOUS, RangeSequencer, Verdict } from '../sequencer.ts';
import { FullFields, FullType, Has } from './coinbase-full-fields.ts';
import { FrameQueue } from './frame-queue.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import type { TextMarket } from './market.ts';
import { OrderIds } from './order-ids.ts';
import type { Rows } from './rows.ts';
import { rescaled } from './scale.ts';

class FullBook {
  readonly instrument: TextInstrument;
  readonly sequencer = new RangeSequencer();
  readonly queue = new FrameQueue(MAX_QUEUED_L3_BYTES, MAX_QUEUED_L3_FRAMES);
  readonly ids = new OrderIds();
  /** Decimals of the prices and sizes in `ids`. */
  priceDecimals = 0;
  qtyDecimals = 0;
  /** Brought the last message; -1: none yet. */
  connection = -1;
  /** Sequence of the last message applied, and the one that the last heartbeat knows. */
  last = 0;
  counted = 0;
  /** Snapshots that were of no use: the book was live, or messages between them and the first one kept are missing. */
  unneeded = 0;
  tooOld = 0;
  /** Messages that another connection had brought already. */
  repeated = 0;

  constructor(instrument: TextInstrument) {
    this.instrument = instrument;
  }
}

export class CoinbaseFull {
  private readonly market: TextMarket;
  private readonly fields = new FullFields();
  private readonly books = new PerInstrument((instrument) => new FullBook(instrument));
  private readonly isFull: boolean[] = [];
  /** Cell 0: the next order's number. */
  private readonly nextNumber = Float64Array.of(1);

  constructor(market: TextMarket) {
    this.market = market;
  }

  /** Whether the product's book is made of this channel. */
  has(instrument: TextInstrument): boolean {
    return this.isFull[instrument.ordinal] === true;
  }

  /** From here on the product's book is made of this channel. */
  adopt(instrument: TextInstrument): void {
    if (this.has(instrument)) return;
    this.isFull[instrument.ordinal] = true;
    this.market.stale(instrument, StaleReason.AwaitingSnapshot, this.market.tsRecv);
    this.market.setBookKind(instrument, BookKind.L3, this.market.tsRecv);
  }

  /** The message bytes[from, to) of the product, whose type was counted. */
  message(
    instrument: TextInstrument,
    bytes: Uint8Array,
    from: number,
    to: number,
    connection: number,
    sequence: number,
  ): void {
    const book = this.books.of(instrument);
    const { sequencer } = book;
    const isOther = book.connection !== connection;
    const verdict = sequencer.next(sequence, sequence, NO_PREVIOUS);
    if (verdict === Verdict.Apply) {
      book.connection = connection;
      this.apply(book, bytes, from, to, sequence);
    } else if (verdict === Verdict.Wait || verdict === Verdict.Gap) {
      book.connection = connection;
      if (verdict === Verdict.Gap) this.gap(book, sequencer.expected, sequencer.received);
      book.queue.push(bytes, from, to, sequence, sequence, NO_PREVIOUS);
    } else if (verdict !== Verdict.Old) {
      if (isOther) book.repeated++;
      else this.unusable(book, verdict);
    }
  }

  /** The venue is at this sequence of the product. It may overtake messages: the next heartbeat settles it. */
  heartbeat(instrument: TextInstrument, sequence: number): void {
    const book = this.books.of(instrument);
    if (!book.sequencer.waiting && book.last < book.counted) {
      this.gap(book, book.last + 1, book.counted);
      book.sequencer.distrust();
    }
    book.counted = sequence;
  }

  /** The answer to GET /products/<id>/book?level=3, whose rows are read: price, size and the order's id in `extra`. */
  snapshot(instrument: TextInstrument, rows: Rows, sequence: number, tsEvent: number): void {
    const book = this.books.of(instrument);
    const { queue, sequencer } = book;
    this.adopt(instrument);
    if (!sequencer.waiting) {
      book.unneeded++;
      return;
    }
    for (let i = 0; i < queue.count; i++) {
      const join = joinOf(sequence, queue.first(i), queue.final(i), NO_PREVIOUS);
      if (join === Join.Before) continue;
      if (join === Join.Joins) break;
      book.tooOld++;
      return;
    }
    if (!this.market.prepareSnapshot(instrument, rows, tsEvent) || !this.number(book, rows, tsEvent)) return;
    this.market.orderSnapshot(instrument, rows, tsEvent, sequence);
    sequencer.join(sequence);
    book.last = sequence;
    book.counted = 0;
    this.drain(book);
    if (!sequencer.waiting) this.market.live(instrument, this.market.tsRecv);
  }

  disconnected(connection: number): void {
    for (const book of this.books.all) {
      // A book of a snapshot alone, -1, is nobody's: it may have been this connection that would have carried it on.
      if (book.connection !== connection && book.connection >= 0) continue;
      book.connection = -1;
      book.sequencer.reset();
      book.queue.clear();
      this.market.stale(book.instrument, StaleReason.Disconnected, this.market.tsRecv);
    }
  }

  remarks(): string[] {
    const remarks: string[] = [];
    for (const { instrument, queue, sequencer, tooOld, unneeded, repeated } of this.books.all) {
      const { symbol } = instrument;
      if (sequencer.waiting && queue.count > 0) {
        remarks.push(`${symbol}: ${queue.count} messages still wait for a level 3 book that joins them`);
      }
      if (queue.dropped > 0) remarks.push(`${symbol}: ${queue.dropped} messages dropped from the full queue`);
      if (tooOld > 0) remarks.push(`${symbol}: ${tooOld} level 3 books were older than the messages kept`);
      if (unneeded > 0) remarks.push(`${symbol}: ${unneeded} level 3 books not needed, the book was live`);
      if (repeated > 0) remarks.push(`${symbol}: ${repeated} messages that another connection had brought`);
    }
    return remarks;
  }

  /** Gives the snapshot's orders their numbers, in rows.id. False: they make no sense, and the book is stale. */
  private number(book: FullBook, rows: Rows, tsEvent: number): boolean {
    const { ids, instrument } = book;
    ids.clear();
    book.priceDecimals = instrument.price.decimals;
    book.qtyDecimals = instrument.qty.decimals;
    for (let i = 0; i < rows.count; i++) {
      const isId = rows.extraFrom[i] >= 0 && ids.read(rows.bytes, rows.extraFrom[i], rows.extraTo[i]);
      if (!isId || rows.qty[i] === 0 || ids.find() >= 0) {
        this.market.stats.note(
          `${this.market.where()}: ${instrument.symbol}: an order of the level 3 book has no id or size of its own`,
        );
        this.market.stale(instrument, isId ? StaleReason.DuplicateOrder : StaleReason.BadValue, tsEvent);
        return false;
      }
      this.add(book, rows, i);
    }
    return true;
  }

  /** The order of row `i` and of the id that was read gets the next number, which goes to rows.id[i]. */
  private add(book: FullBook, rows: Rows, i: number): void {
    const slot = book.ids.add(this.nextNumber, 0);
    rows.id[i] = this.nextNumber[0]++;
    book.ids.resting[slot] = rows.qty[i];
    book.ids.price[slot] = rows.price[i];
  }

  /** Applies what waited in the queue. What comes behind a gap in it waits on. */
  private drain(book: FullBook): void {
    const { queue, sequencer } = book;
    while (queue.count > 0) {
      const sequence = queue.first(0);
      const verdict = sequencer.next(sequence, sequence, NO_PREVIOUS);
      if (verdict === Verdict.Gap) {
        this.gap(book, sequencer.expected, sequencer.received);
        return;
      }
      const from = queue.frameFrom(0);
      const to = queue.frameTo(0);
      queue.shift();
      if (verdict === Verdict.Apply) this.apply(book, queue.bytes, from, to, sequence);
      else this.unusable(book, verdict);
      if (sequencer.waiting) return;
    }
    queue.clear();
  }

  private gap(book: FullBook, expected: number, received: number): void {
    const { market } = this;
    market.trouble(EventKind.Gap, book.instrument, market.tsRecv, expected, received);
    market.stale(book.instrument, StaleReason.Gap, market.tsRecv);
  }

  private unusable(book: FullBook, verdict: Verdict): void {
    if (verdict === Verdict.Old) return;
    const kind = verdict === Verdict.Duplicate ? EventKind.Duplicate : EventKind.OutOfOrder;
    const { expected, received } = book.sequencer;
    this.market.trouble(kind, book.instrument, this.market.tsRecv, expected, received);
  }

  /** The message next in line. */
  private apply(book: FullBook, bytes: Uint8Array, from: number, to: number, sequence: number): void {
    const { fields } = this;
    book.last = sequence;
    fields.read(bytes, from, to);
    const { type } = fields;
    if (type === FullType.Other) return;
    const { ids, instrument } = book;
    if (!ids.read(bytes, fields.idFrom, fields.idTo)) fields.scan.misfit('a message without the UUID of its order');
    const slot = ids.find();
    const tsEvent = this.market.eventTime(this.market.times.iso(bytes, fields.timeFrom, fields.timeTo));
    if (type === FullType.Open) this.open(book, slot, tsEvent);
    else if (type === FullType.Match) this.match(book, slot, tsEvent);
    else if (slot >= 0 && type === FullType.Done) this.done(book, slot, tsEvent);
    else if (slot >= 0) this.change(book, slot, tsEvent);
    if (instrument.stale === StaleReason.BadValue) book.sequencer.distrust();
  }

  /** Fits the message's rows to the instrument's units, and what rests with them. False: the book is stale. */
  private prepare(book: FullBook, tsEvent: number): boolean {
    const { fields } = this;
    const { instrument, ids } = book;
    const { rows, has } = fields;
    if ((has & Has.Price) === 0 || (has & Has.Size) === 0 || rows.side[0] === Side.None) {
      fields.scan.misfit('a message without side, price and size');
    }
    // Of what a change does not say of before, it says that it stays.
    if ((has & (Has.OldSize | Has.OldPrice)) === 0) rows.count = 1;
    if ((has & Has.OldPrice) === 0) copyNumber(rows.price, rows.priceDecimals);
    if ((has & Has.OldSize) === 0) copyNumber(rows.qty, rows.qtyDecimals);
    if (!this.market.prepareUpdate(instrument, rows, tsEvent)) {
      book.sequencer.distrust();
      return false;
    }
    const { price, qty } = instrument;
    if (price.decimals !== book.priceDecimals) rescaleAll(ids.price, price.decimals - book.priceDecimals);
    if (qty.decimals !== book.qtyDecimals) rescaleAll(ids.resting, qty.decimals - book.qtyDecimals);
    book.priceDecimals = price.decimals;
    book.qtyDecimals = qty.decimals;
    return true;
  }

  private open(book: FullBook, slot: number, tsEvent: number): void {
    const { rows } = this.fields;
    if (!this.prepare(book, tsEvent)) return;
    if (slot >= 0 || rows.qty[0] === 0) {
      this.distrust(book, slot >= 0 ? StaleReason.DuplicateOrder : StaleReason.BadValue, tsEvent);
      return;
    }
    this.add(book, rows, 0);
    this.emit(EventKind.Add, book, tsEvent, 0);
  }

  private match(book: FullBook, slot: number, tsEvent: number): void {
    const { rows, tradeId } = this.fields;
    const { ids } = book;
    if (!this.prepare(book, tsEvent)) return;
    const isRight =
      slot >= 0 && rows.qty[0] > 0 && rows.qty[0] <= ids.resting[slot] && rows.price[0] === ids.price[slot];
    if (!isRight) {
      this.distrust(book, slot < 0 ? StaleReason.UnknownOrder : StaleReason.Mismatch, tsEvent);
      return;
    }
    ids.resting[slot] -= rows.qty[0];
    this.refer(book, slot);
    this.emit(EventKind.Execute, book, tsEvent, tradeId);
  }

  private done(book: FullBook, slot: number, tsEvent: number): void {
    const { fields } = this;
    const { ids } = book;
    const isStated = (fields.has & Has.Price) !== 0 && (fields.has & Has.Size) !== 0;
    if (isStated && !this.prepare(book, tsEvent)) return;
    const left = ids.resting[slot];
    const { price, qty } = fields.rows;
    const isWrong = isStated && (qty[0] !== left || price[0] !== ids.price[slot]);
    if (isWrong || (fields.isFilled && left !== 0)) {
      this.distrust(book, StaleReason.Mismatch, tsEvent);
      return;
    }
    if (left > 0) {
      fields.rows.qty[0] = 0;
      this.refer(book, slot);
      this.emit(EventKind.Delete, book, tsEvent, 0);
    }
    ids.remove(slot);
  }

  private change(book: FullBook, slot: number, tsEvent: number): void {
    const { rows, has } = this.fields;
    const { ids } = book;
    if ((has & Has.Size) === 0) return; // of a market order's funds
    if (!this.prepare(book, tsEvent)) return;
    const left = ids.resting[slot];
    const oldPrice = ids.price[slot];
    const isMoved = (has & Has.NewPrice) !== 0 && rows.price[0] !== oldPrice;
    const isRight =
      rows.qty[0] > 0 &&
      ((has & Has.OldSize) === 0 || rows.qty[1] === left) &&
      ((has & Has.OldPrice) === 0 || rows.price[1] === oldPrice) &&
      ((has & Has.NewPrice) !== 0 || rows.price[0] === oldPrice);
    if (!isRight) {
      this.distrust(book, StaleReason.Mismatch, tsEvent);
      return;
    }
    const reducedBy = left - rows.qty[0];
    ids.resting[slot] = rows.qty[0];
    ids.price[slot] = rows.price[0];
    if (isMoved || reducedBy < 0) {
      rows.id[0] = ids.number[slot];
      ids.number[slot] = this.nextNumber[0]++;
      this.emit(EventKind.Replace, book, tsEvent, ids.number[slot]);
    } else if (reducedBy > 0) {
      rows.qty[0] = reducedBy;
      this.refer(book, slot);
      this.emit(EventKind.Reduce, book, tsEvent, 0);
    }
  }

  /** Row 0 refers to an order whose side and price the book knows. */
  private refer(book: FullBook, slot: number): void {
    const { rows } = this.fields;
    rows.id[0] = book.ids.number[slot];
    rows.side[0] = Side.None;
    rows.price[0] = 0;
  }

  private emit(kind: EventKind, book: FullBook, tsEvent: number, id2: number): void {
    this.market.lastOrder(kind, book.instrument, this.fields.rows, tsEvent, id2);
  }

  private distrust(book: FullBook, reason: StaleReason, tsEvent: number): void {
    this.market.stale(book.instrument, reason, tsEvent);
    book.sequencer.distrust();
  }
}

/** Row 0's number stands for row 1's. */
function copyNumber(mantissas: Float64Array, decimals: Uint8Array): void {
  mantissas[1] = mantissas[0];
  decimals[1] = decimals[0];
}

function rescaleAll(values: Float64Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] = rescaled(values[i], by);
}
