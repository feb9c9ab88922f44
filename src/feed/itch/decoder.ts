/**
 * ITCH 5.0 files to events. Order messages go through the hot loop of `orders.ts` in batches; the others, and those of
 * instruments that are still to be defined, one by one through here. The instrument of an event is the stock locate.
 *
 * Files follow Nasdaq's BinaryFILE: a message of length 0 ends the session, and with it the file.
 */
import { TapeheadError } from '../../core/errors.ts';
import { SLOT_WORDS } from '../../core/event.ts';
import { type Decoder, type FeedStats, newFeedStats } from '../feed.ts';
import type { EventSink } from '../sink.ts';
import { ItchDirectory, LocateState } from './directory.ts';
import { ITCH_LENGTHS, ITCH_STOCK_AT, itchMisfit } from './layout.ts';
import { IS_ORDER_TYPE, ItchOrders } from './orders.ts';
import { definesItself, emitRare } from './rare.ts';
import { readStock, readTimestamp, type Where } from './read.ts';

/** Messages decoded between two looks at the ring. */
const BATCH = 256;

export interface ItchOptions {
  /** Only the events of these symbols, and of the market as a whole; null: all. */
  readonly symbols: readonly string[] | null;
  /** Cell 0: receive time of what is decoded, ns since the session's midnight. Without it a message's own time counts. */
  readonly receivedNs?: Float64Array;
}

export class ItchDecoder implements Decoder {
  readonly directory: ItchDirectory;
  private readonly collected = newFeedStats();
  private readonly receivedNs: Float64Array | null;
  private orders: ItchOrders | null = null;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private file = '';
  /** Byte of the file that byte 0 of `view` is. */
  private offset = 0;
  private readonly where: Where = (view, at) => {
    const type = String.fromCharCode(view.getUint8(at));
    return `${this.file}: message '${type}' at byte ${this.offset + at - 2}`;
  };

  constructor(options: ItchOptions) {
    this.directory = new ItchDirectory(options.symbols);
    this.receivedNs = options.receivedNs ?? null;
  }

  get stats(): FeedStats {
    const { messagesByType, notes } = this.collected;
    messagesByType.clear();
    notes.length = 0;
    this.orders?.counts.forEach((count, type) => {
      if (count > 0) messagesByType.set(String.fromCharCode(type), count);
    });
    const backwards = this.orders?.backwards ?? 0;
    if (backwards > 0) notes.push(`time goes back from one message to the next ${backwards} times`);
    const { undirected } = this.directory;
    if (undirected > 0) notes.push(`${undirected} instruments without a directory message: the day's start is missing`);
    return this.collected;
  }

  beginFile(file: string): void {
    this.file = file;
    this.offset = 0;
  }

  decode(bytes: Uint8Array, from: number, to: number, sink: EventSink): number {
    const { view } = this;
    if (view.buffer !== bytes.buffer || view.byteOffset !== bytes.byteOffset || view.byteLength !== bytes.byteLength) {
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.orders ??= new ItchOrders(sink.f64, sink.u32, this.directory.state, this.where);
    this.offset -= from;
    const next = this.messages(this.view, this.orders, from, to, sink);
    this.offset += next;
    return next;
  }

  endFile(bytes: Uint8Array, from: number, to: number): string | null {
    const left = to - from;
    if (left === 0) return null;
    if (left === 2 && bytes[from] === 0 && bytes[from + 1] === 0) return null; // end of session
    return `the message at byte ${this.offset}, of which it has only ${left} bytes`;
  }

  /** Returns where the first message begins that is not whole, or that the sink does not want any more. */
  private messages(view: DataView, orders: ItchOrders, from: number, to: number, sink: EventSink): number {
    let at = from;
    while (this.isWhole(view, at, to)) {
      const type = view.getUint8(at + 2);
      if (IS_ORDER_TYPE[type] === 0 || !this.isSettled(view, at + 2)) {
        if (sink.done) break;
        this.single(view, at + 2, type, orders, sink);
        at += 2 + ITCH_LENGTHS[type];
      } else {
        // A live feed is never paced: without a time, which would be boxed for every packet.
        const isLive = this.receivedNs !== null;
        const room = isLive ? sink.reserve(BATCH, 0) : sink.reserve(BATCH, readTimestamp(view, at + 2));
        if (room === 0) break;
        at = this.batch(view, orders, at, to, room, sink);
      }
    }
    return at;
  }

  /** One whole message is there, of the length that its type must have. */
  private isWhole(view: DataView, at: number, to: number): boolean {
    if (to - at < 3) return false;
    const length = view.getUint16(at);
    const type = view.getUint8(at + 2);
    if (length > 0 && ITCH_LENGTHS[type] === length) return to - at >= 2 + length;
    const what =
      length === 0
        ? 'bytes follow the end-of-session marker (a message of length 0)'
        : `${itchMisfit(length, type)}: damaged, or not ITCH 5.0`;
    throw new TapeheadError('CORRUPT', `${this.file}: byte ${this.offset + at}: ${what}`);
  }

  private isSettled(view: DataView, at: number): boolean {
    const state = this.directory.state[view.getUint16(at + 1)];
    return state === LocateState.Wanted || state === LocateState.Unwanted;
  }

  /** Commits what was decoded even where the next message turns out to be damaged. */
  private batch(view: DataView, orders: ItchOrders, from: number, to: number, room: number, sink: EventSink): number {
    const first = sink.nextWord;
    orders.word = first;
    try {
      return orders.batch(view, from, to, room);
    } finally {
      if (this.receivedNs !== null) stamp(sink.f64, first, orders.word, this.receivedNs);
      sink.commit(orders.done, (orders.word - first) / 8);
    }
  }

  private single(view: DataView, at: number, type: number, orders: ItchOrders, sink: EventSink): void {
    sink.beginMessage(this.receivedNs?.[0] ?? readTimestamp(view, at));
    const locate = view.getUint16(at + 1);
    const wanted = this.admit(view, at, type, locate, sink);
    if (wanted && IS_ORDER_TYPE[type] === 1) {
      orders.single(view, at, type, locate, sink, this.receivedNs);
    } else {
      orders.count(view, at, type);
      if (wanted) emitRare(view, at, type, locate, sink, this.directory, this.where);
    }
  }

  /** Defines the locate of a message where that is still to be done. False: its event is not wanted. */
  private admit(view: DataView, at: number, type: number, locate: number, sink: EventSink): boolean {
    if (definesItself(type, locate)) return true;
    const state = this.directory.state[locate];
    if (state === LocateState.Wanted || state === LocateState.Unwanted) return state === LocateState.Wanted;
    const ts = readTimestamp(view, at);
    const stockAt = ITCH_STOCK_AT[type];
    if (stockAt === 0) return this.directory.defineUnnamed(locate, ts, sink);
    return this.directory.define(locate, readStock(view, at, stockAt, this.where), false, ts, sink);
  }
}

/** Receive time of the events in words [from, to), for which the message's own time stands. */
function stamp(f64: Float64Array, from: number, to: number, receivedNs: Float64Array): void {
  for (let w = from; w < to; w += SLOT_WORDS) f64[w + 1] = receivedNs[0];
}
