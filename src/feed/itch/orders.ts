/**
 * The hot loop of the ITCH decoder: orders and trades, all but a few in a thousand messages, straight from the file's
 * bytes into slots of the ring.
 *
 * One loop and one switch, because of how V8 compiles it: a call that it does not inline costs 2-3 ns a message, and a
 * double passed to one is boxed; what lies in local variables need not be loaded again after every store. So each message
 * is read without a doubt first, and one test at its end sends those that can't be right to `refuse`.
 */
import { TapeheadError } from '../../core/errors.ts';
import { EventFlag, EventKind, eventHead, Side, SLOT_WORDS } from '../../core/event.ts';
import type { EventSink } from '../sink.ts';
import { LocateState } from './directory.ts';
import { ITCH_LENGTHS } from './layout.ts';
import { readTimestamp, TWO_32, tooLarge, U64_HIGH_LIMIT, type Where } from './read.ts';

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

const DELETE = eventHead(EventKind.Delete, Side.None, Last);
const REPLACE = eventHead(EventKind.Replace, Side.None, Last);
const EXECUTE = eventHead(EventKind.Execute, Side.None, Last);
const EXECUTE_AT_PRICE = eventHead(EventKind.Execute, Side.None, Last | Priced);
const EXECUTE_NON_PRINTABLE = eventHead(EventKind.Execute, Side.None, Last | Priced | NonPrintable);
const REDUCE = eventHead(EventKind.Reduce, Side.None, Last);

/** By the byte of the side; 0 for a byte that is none. */
const ADD_HEADS = new Uint32Array(256);
ADD_HEADS[BUY] = eventHead(EventKind.Add, Side.Bid, Last);
ADD_HEADS[SELL] = eventHead(EventKind.Add, Side.Ask, Last);
/**
 * A match with a hidden order. The message states the resting order's side, but 'B' always since July 2014 (section
 * 4.5.1), so only 'S' says who was the aggressor: the buyer.
 */
const TRADE_HEADS = new Uint32Array(256);
TRADE_HEADS[BUY] = eventHead(EventKind.Trade, Side.None, Last | Hidden);
TRADE_HEADS[SELL] = eventHead(EventKind.Trade, Side.Bid, Last | Hidden);

/** Where the second 64-bit field of a message is, by type. */
const SECOND_AT: Readonly<Record<number, number>> = { [TYPE_C]: 23, [TYPE_E]: 23, [TYPE_P]: 36, [TYPE_U]: 19 };

const ORDER_TYPES = [TYPE_A, TYPE_C, TYPE_D, TYPE_E, TYPE_F, TYPE_P, TYPE_U, TYPE_X];
/** 1 for the types decoded here. */
export const IS_ORDER_TYPE = new Uint8Array(256);
/** Their lengths; -1, which no message has, for the others. */
const ORDER_LENGTHS = new Int16Array(256).fill(-1);
for (const type of ORDER_TYPES) {
  IS_ORDER_TYPE[type] = 1;
  ORDER_LENGTHS[type] = ITCH_LENGTHS[type];
}

export class ItchOrders {
  /** Messages by type. */
  readonly counts = new Float64Array(256);
  /** Time of the latest message, ns; an array because a double in a field may be boxed at each store. */
  readonly clock = new Float64Array(1);
  /** How often time went back from one message to the next. */
  backwards = 0;
  /** Messages decoded by the current or last `batch`. */
  done = 0;
  /** Word of the slot that the next event goes to. */
  word = 0;
  private readonly f64: Float64Array;
  private readonly u32: Uint32Array;
  private readonly locateState: Uint8Array;
  private readonly where: Where;

  /** `f64`, `u32`: the ring's slots. `where` names the message at `view` position given to it. */
  constructor(f64: Float64Array, u32: Uint32Array, locateState: Uint8Array, where: Where) {
    this.f64 = f64;
    this.u32 = u32;
    this.locateState = locateState;
    this.where = where;
  }

  /**
   * Decodes messages from `from` on into the slots from `word` on, at most `limit`, and stops before the first that is
   * not whole, not of its type's length, or not for this loop (another type, a locate not defined yet). Returns where.
   * `wanted`: the state of locates whose messages have events. Word 6 of an event is made of `high2` and `low2`.
   */
  batch(view: DataView, from: number, to: number, limit: number, wanted: number = LocateState.Wanted): number {
    const { f64, u32, counts, locateState } = this;
    let at = from;
    let w = this.word;
    let done = 0;
    let clock = this.clock[0];
    while (done < limit && to - at >= 3) {
      const type = view.getUint8(at + 2);
      const length = ORDER_LENGTHS[type];
      if (view.getUint16(at) !== length || to - at < length + 2) break;
      const locate = view.getUint16(at + 3);
      const state = locateState[locate];
      if (state !== wanted && state !== LocateState.Unwanted) break;
      const ts = view.getUint16(at + 7) * TWO_32 + view.getUint32(at + 9);
      if (ts < clock) this.backwards++;
      clock = ts;
      counts[type]++;
      done++;
      if (state === wanted) {
        const high = view.getUint32(at + 13);
        let head = DELETE;
        let price = 0;
        let qty = 0;
        let high2 = 0;
        let low2 = 0;
        switch (type) {
          case TYPE_A:
          case TYPE_F:
            head = ADD_HEADS[view.getUint8(at + 21)];
            qty = view.getUint32(at + 22);
            price = view.getUint32(at + 34);
            break;
          case TYPE_D:
            break;
          case TYPE_U:
            head = REPLACE;
            high2 = view.getUint32(at + 21);
            low2 = view.getUint32(at + 25);
            qty = view.getUint32(at + 29);
            price = view.getUint32(at + 33);
            break;
          case TYPE_X:
            head = REDUCE;
            qty = view.getUint32(at + 21);
            break;
          case TYPE_E:
            head = EXECUTE;
            qty = view.getUint32(at + 21);
            high2 = view.getUint32(at + 25);
            low2 = view.getUint32(at + 29);
            break;
          case TYPE_C:
            head = view.getUint8(at + 33) === NOT_PRINTABLE ? EXECUTE_NON_PRINTABLE : EXECUTE_AT_PRICE;
            qty = view.getUint32(at + 21);
            high2 = view.getUint32(at + 25);
            low2 = view.getUint32(at + 29);
            price = view.getUint32(at + 34);
            break;
          default:
            head = TRADE_HEADS[view.getUint8(at + 21)];
            qty = view.getUint32(at + 22);
            price = view.getUint32(at + 34);
            high2 = view.getUint32(at + 38);
            low2 = view.getUint32(at + 42);
        }
        if (head === 0 || high >= U64_HIGH_LIMIT || high2 >= U64_HIGH_LIMIT) {
          this.leave(w, done - 1, clock);
          this.refuse(view, at + 2, type, head);
        }
        u32[w * 2] = head;
        u32[w * 2 + 1] = locate;
        f64[w + 1] = ts;
        f64[w + 2] = ts;
        f64[w + 3] = price;
        f64[w + 4] = qty;
        f64[w + 5] = high * TWO_32 + view.getUint32(at + 17);
        f64[w + 6] = high2 * TWO_32 + low2;
        f64[w + 7] = 0;
        w += SLOT_WORDS;
      }
      at += 2 + length;
    }
    this.leave(w, done, clock);
    return at;
  }

  /** The event of one message outside a batch, which the caller has begun in the sink. `receivedNs`: see ItchOptions. */
  single(
    view: DataView,
    at: number,
    type: number,
    locate: number,
    sink: EventSink,
    receivedNs: Float64Array | null,
  ): void {
    const word = sink.oneSlot();
    this.word = word;
    this.batch(view, at - 2, at + ITCH_LENGTHS[type], 1, this.locateState[locate]);
    if (receivedNs !== null) this.f64[word + 1] = receivedNs[0];
    sink.commit(0, 1);
  }

  /** Counts a message that has no event from here. */
  count(view: DataView, at: number, type: number): void {
    const ts = readTimestamp(view, at);
    if (ts < this.clock[0]) this.backwards++;
    this.clock[0] = ts;
    this.counts[type]++;
  }

  /** What `batch` had in local variables. */
  private leave(word: number, done: number, clock: number): void {
    this.word = word;
    this.done = done;
    this.clock[0] = clock;
  }

  /** Says what is wrong with a message: its side (`head` 0), or a 64-bit field that a number can't hold. */
  private refuse(view: DataView, at: number, type: number, head: number): never {
    if (head === 0) {
      const side = view.getUint8(at + 19);
      throw new TapeheadError('CORRUPT', `${this.where(view, at)}: the side is byte ${side}, neither 'B' nor 'S'`);
    }
    const first = view.getUint32(at + 11) >= U64_HIGH_LIMIT;
    throw tooLarge(view, at, first ? 11 : SECOND_AT[type], this.where);
  }
}
