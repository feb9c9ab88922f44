/**
 * ITCH 5.0 bytes to events. The order messages, all but a few in a thousand, are decoded here, one small function each;
 * the rest in `rare.ts`. Nothing is allocated per message: in particular no double is passed to a function that V8 may not
 * inline, as it would be boxed; what needs the timestamp reads it again. The instrument of an event is the stock locate.
 *
 * Files follow Nasdaq's BinaryFILE: a message of length 0 ends the session, and the file.
 */
import { TapeheadError } from '../../core/errors.ts';
import { EventFlag, EventKind, Side } from '../../core/event.ts';
import { type Decoder, type FeedStats, newFeedStats } from '../feed.ts';
import type { EventSink } from '../sink.ts';
import { ItchDirectory, LocateState } from './directory.ts';
import { ITCH_LENGTHS, ITCH_STOCK_AT, itchMisfit } from './layout.ts';
import { definesItself, emitRare } from './rare.ts';
import { readStock, readTimestamp, tooLarge, TWO_32, U64_HIGH_LIMIT, type Where } from './read.ts';

const TYPE_A = 0x41;
const TYPE_C = 0x43;
const TYPE_D = 0x44;
const TYPE_E = 0x45;
const TYPE_F = 0x46;
const TYPE_P = 0x50;
const TYPE_U = 0x55;
const TYPE_X = 0x58;
const BUY = 0x42;
const SELL = 0x53;
const NOT_PRINTABLE = 0x4e;
const { Last, Priced, NonPrintable, Hidden } = EventFlag;

export interface ItchOptions {
  /** Only the events of these symbols, and of the market as a whole; null: all. */
  readonly symbols: readonly string[] | null;
}

export class ItchDecoder implements Decoder {
  readonly directory: ItchDirectory;
  private readonly counts = new Float64Array(256);
  private readonly collected = newFeedStats();
  private view: DataView = new DataView(new ArrayBuffer(0));
  private file = '';
  /** Byte of the file that byte 0 of `view` is. */
  private offset = 0;
  /** Where in `view` the message being decoded begins, behind its length. */
  private at = 0;
  /** Time of the latest message; an array because a field of this class would be boxed at each store. */
  private readonly clock = new Float64Array(1);
  private backwards = 0;
  private readonly where: Where = () => {
    const type = String.fromCharCode(this.view.getUint8(this.at));
    return `${this.file}: message '${type}' at byte ${this.offset + this.at - 2}`;
  };

  constructor(options: ItchOptions) {
    this.directory = new ItchDirectory(options.symbols);
  }

  get stats(): FeedStats {
    const { messagesByType, notes } = this.collected;
    messagesByType.clear();
    for (let type = 0; type < 256; type++) {
      if (this.counts[type] > 0) messagesByType.set(String.fromCharCode(type), this.counts[type]);
    }
    notes.length = 0;
    if (this.backwards > 0) notes.push(`time goes back from one message to the next ${this.backwards} times`);
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
    this.offset -= from;
    const next = this.messages(this.view, from, to, sink);
    this.offset += next;
    return next;
  }

  endFile(bytes: Uint8Array, from: number, to: number): string | null {
    const left = to - from;
    if (left === 0) return null;
    if (left === 2 && bytes[from] === 0 && bytes[from + 1] === 0) return null; // end of session
    return `the message at byte ${this.offset}, of which it has only ${left} bytes`;
  }

  /** Entered once per chunk; returns where the first message begins that is not whole. */
  private messages(view: DataView, from: number, to: number, sink: EventSink): number {
    let at = from;
    while (to - at >= 3 && !sink.done) {
      const length = view.getUint16(at);
      const type = view.getUint8(at + 2);
      if (ITCH_LENGTHS[type] !== length || length === 0) throw this.misfit(at, length, type);
      const next = at + 2 + length;
      if (next > to) break;
      this.message(view, at + 2, type, sink);
      at = next;
    }
    return at;
  }

  private message(view: DataView, at: number, type: number, sink: EventSink): void {
    const ts = readTimestamp(view, at);
    if (ts < this.clock[0]) this.backwards++;
    this.clock[0] = ts;
    this.at = at;
    this.counts[type]++;
    sink.beginMessage(ts);
    const locate = view.getUint16(at + 1);
    if (this.directory.state[locate] !== LocateState.Wanted && !this.admit(view, at, type, locate, sink)) return;
    switch (type) {
      case TYPE_A:
      case TYPE_F:
        this.add(view, at, locate, sink);
        break;
      case TYPE_D:
        this.delete(view, at, locate, sink);
        break;
      case TYPE_U:
        this.replace(view, at, locate, sink);
        break;
      case TYPE_E:
        this.execute(view, at, locate, sink);
        break;
      case TYPE_X:
        this.reduce(view, at, locate, sink);
        break;
      case TYPE_C:
        this.executeAtPrice(view, at, locate, sink);
        break;
      case TYPE_P:
        this.trade(view, at, locate, sink);
        break;
      default:
        emitRare(view, at, type, locate, sink, this.directory, this.where);
    }
  }

  /** A message whose locate is not known as wanted; defines it where that is still to be done. False: no event. */
  private admit(view: DataView, at: number, type: number, locate: number, sink: EventSink): boolean {
    if (definesItself(type, locate)) return true;
    if (this.directory.state[locate] === LocateState.Unwanted) return false;
    const ts = readTimestamp(view, at);
    const stockAt = ITCH_STOCK_AT[type];
    if (stockAt === 0) return this.directory.defineUnnamed(locate, ts, sink);
    return this.directory.define(locate, readStock(view, at + stockAt, this.where), false, ts, sink);
  }

  private add(view: DataView, at: number, locate: number, sink: EventSink): void {
    const orderHigh = this.high(view, at + 11);
    const w = sink.claim(EventKind.Add, this.side(view.getUint8(at + 19)), Last, locate);
    const { f64 } = sink;
    f64[w + 3] = view.getUint32(at + 32);
    f64[w + 4] = view.getUint32(at + 20);
    f64[w + 5] = orderHigh * TWO_32 + view.getUint32(at + 15);
    f64[w + 6] = 0;
  }

  private delete(view: DataView, at: number, locate: number, sink: EventSink): void {
    const orderHigh = this.high(view, at + 11);
    const w = sink.claim(EventKind.Delete, 0, Last, locate);
    const { f64 } = sink;
    f64[w + 3] = 0;
    f64[w + 4] = 0;
    f64[w + 5] = orderHigh * TWO_32 + view.getUint32(at + 15);
    f64[w + 6] = 0;
  }

  private replace(view: DataView, at: number, locate: number, sink: EventSink): void {
    const orderHigh = this.high(view, at + 11);
    const newOrderHigh = this.high(view, at + 19);
    const w = sink.claim(EventKind.Replace, 0, Last, locate);
    const { f64 } = sink;
    f64[w + 3] = view.getUint32(at + 31);
    f64[w + 4] = view.getUint32(at + 27);
    f64[w + 5] = orderHigh * TWO_32 + view.getUint32(at + 15);
    f64[w + 6] = newOrderHigh * TWO_32 + view.getUint32(at + 23);
  }

  private execute(view: DataView, at: number, locate: number, sink: EventSink): void {
    const orderHigh = this.high(view, at + 11);
    const matchHigh = this.high(view, at + 23);
    const w = sink.claim(EventKind.Execute, 0, Last, locate);
    const { f64 } = sink;
    f64[w + 3] = 0;
    f64[w + 4] = view.getUint32(at + 19);
    f64[w + 5] = orderHigh * TWO_32 + view.getUint32(at + 15);
    f64[w + 6] = matchHigh * TWO_32 + view.getUint32(at + 27);
  }

  private executeAtPrice(view: DataView, at: number, locate: number, sink: EventSink): void {
    const orderHigh = this.high(view, at + 11);
    const matchHigh = this.high(view, at + 23);
    const flags = view.getUint8(at + 31) === NOT_PRINTABLE ? Last | Priced | NonPrintable : Last | Priced;
    const w = sink.claim(EventKind.Execute, 0, flags, locate);
    const { f64 } = sink;
    f64[w + 3] = view.getUint32(at + 32);
    f64[w + 4] = view.getUint32(at + 19);
    f64[w + 5] = orderHigh * TWO_32 + view.getUint32(at + 15);
    f64[w + 6] = matchHigh * TWO_32 + view.getUint32(at + 27);
  }

  private reduce(view: DataView, at: number, locate: number, sink: EventSink): void {
    const orderHigh = this.high(view, at + 11);
    const w = sink.claim(EventKind.Reduce, 0, Last, locate);
    const { f64 } = sink;
    f64[w + 3] = 0;
    f64[w + 4] = view.getUint32(at + 19);
    f64[w + 5] = orderHigh * TWO_32 + view.getUint32(at + 15);
    f64[w + 6] = 0;
  }

  /**
   * A match with a hidden order. The message states the resting order's side, but 'B' always since July 2014 (section
   * 4.5.1), so only 'S' says who was the aggressor: the buyer.
   */
  private trade(view: DataView, at: number, locate: number, sink: EventSink): void {
    const orderHigh = this.high(view, at + 11);
    const matchHigh = this.high(view, at + 36);
    const aggressor = this.side(view.getUint8(at + 19)) === Side.Ask ? Side.Bid : Side.None;
    const w = sink.claim(EventKind.Trade, aggressor, Last | Hidden, locate);
    const { f64 } = sink;
    f64[w + 3] = view.getUint32(at + 32);
    f64[w + 4] = view.getUint32(at + 20);
    f64[w + 5] = orderHigh * TWO_32 + view.getUint32(at + 15);
    f64[w + 6] = matchHigh * TWO_32 + view.getUint32(at + 40);
  }

  /** The upper half of the 64-bit field at `at`, checked before anything is claimed for the message. */
  private high(view: DataView, at: number): number {
    const high = view.getUint32(at);
    if (high >= U64_HIGH_LIMIT) throw tooLarge(view, at, this.where);
    return high;
  }

  private side(code: number): Side {
    if (code === BUY) return Side.Bid;
    if (code === SELL) return Side.Ask;
    throw new TapeheadError('CORRUPT', `${this.where()}: the side is byte ${code}, neither 'B' nor 'S'`);
  }

  private misfit(at: number, length: number, type: number): TapeheadError {
    const where = `${this.file}: byte ${this.offset + at}`;
    if (length === 0) {
      return new TapeheadError('CORRUPT', `${where}: bytes follow the end-of-session marker (a message of length 0)`);
    }
    return new TapeheadError('CORRUPT', `${where}: ${itchMisfit(length, type)}`);
  }
}
