/** The ITCH messages that are not orders or trades: session, directory, trading states, auctions, notices. */
import { EventFlag, EventKind, Side, TradingState } from '../../core/event.ts';
import type { EventSink } from '../sink.ts';
import type { ItchDirectory } from './directory.ts';
import { readStock, readTimestamp, readU64, TWO_32, type Where } from './read.ts';

const TYPE_B = 0x42;
const TYPE_H = 0x48;
const TYPE_I = 0x49;
const TYPE_J = 0x4a;
const TYPE_K = 0x4b;
const TYPE_L = 0x4c;
const TYPE_N = 0x4e;
const TYPE_O = 0x4f;
const TYPE_Q = 0x51;
const TYPE_R = 0x52;
const TYPE_S = 0x53;
const TYPE_V = 0x56;
const TYPE_W = 0x57;
const TYPE_Y = 0x59;
const TYPE_LOWER_H = 0x68;
const { Last, Cross } = EventFlag;

/** Messages that need no defined locate: those of the whole market, the directory itself, and K with locate 0. */
export function definesItself(type: number, locate: number): boolean {
  return type === TYPE_S || type === TYPE_V || type === TYPE_W || type === TYPE_R || (type === TYPE_K && locate === 0);
}

/** Emits the events of one message; what words 4-6 of a Notice hold stands beside its type. */
export function emitRare(
  view: DataView,
  at: number,
  type: number,
  locate: number,
  sink: EventSink,
  directory: ItchDirectory,
  where: Where,
): void {
  const ts = readTimestamp(view, at);
  switch (type) {
    case TYPE_S:
      sink.emit(EventKind.Session, 0, Last, 0, ts, view.getUint8(at + 11), 0, 0, 0);
      return;
    case TYPE_R:
      stockDirectory(view, at, locate, ts, sink, directory, where);
      return;
    case TYPE_H:
      tradingAction(view, at, locate, ts, sink);
      return;
    case TYPE_LOWER_H:
      operationalHalt(view, at, locate, ts, sink);
      return;
    case TYPE_Y: // Reg SHO action
    case TYPE_N: // retail interest
      notice(type, locate, ts, view.getUint8(at + 19), 0, 0, sink);
      return;
    case TYPE_L: // MPID; primary, mode and state, a byte each
      notice(type, locate, ts, view.getUint32(at + 11), view.getUint32(at + 22) & 0xffffff, 0, sink);
      return;
    case TYPE_V: // the three decline levels, 8 decimals
      marketWideLevels(view, at, ts, sink, where);
      return;
    case TYPE_W: // breached level
      notice(type, 0, ts, view.getUint8(at + 11), 0, 0, sink);
      return;
    case TYPE_K:
      quotingPeriod(view, at, locate, ts, sink, directory, where);
      return;
    case TYPE_J:
      collar(view, at, locate, ts, sink);
      return;
    case TYPE_Q:
      crossTrade(view, at, locate, ts, sink, where);
      return;
    case TYPE_B:
      sink.emit(EventKind.TradeBreak, 0, Last, locate, ts, 0, 0, 0, readU64(view, at, 11, where));
      return;
    case TYPE_I:
      imbalance(view, at, locate, ts, sink, where);
      return;
    case TYPE_O:
      directListing(view, at, locate, ts, sink, where);
      return;
  }
}

function notice(
  type: number,
  instrument: number,
  ts: number,
  qty: number,
  orderId: number,
  id2: number,
  sink: EventSink,
): void {
  sink.emit(EventKind.Notice, 0, Last, instrument, ts, type, qty, orderId, id2);
}

/** Notice: round lot; market, financial status, round lots only, class, subtype*2; then bytes 29-33 and 38. */
function stockDirectory(
  view: DataView,
  at: number,
  locate: number,
  ts: number,
  sink: EventSink,
  directory: ItchDirectory,
  where: Where,
): void {
  if (!directory.define(locate, readStock(view, at, 11, where), true, ts, sink)) return;
  const listing = view.getUint16(at + 19) * TWO_32 + view.getUint32(at + 25);
  const terms = view.getUint16(at + 29) * TWO_32 + (view.getUint16(at + 31) * 256 + view.getUint8(at + 33)) * 256;
  notice(TYPE_R, locate, ts, view.getUint32(at + 21), listing, terms + view.getUint8(at + 38), sink);
}

function tradingState(letter: number): TradingState {
  switch (letter) {
    case 0x54: // T
      return TradingState.Trading;
    case 0x48: // H
      return TradingState.Halted;
    case 0x50: // P
      return TradingState.Paused;
    case 0x51: // Q
      return TradingState.QuotationOnly;
    default:
      return TradingState.Unknown;
  }
}

/** State, and the reason's four letters. */
function tradingAction(view: DataView, at: number, locate: number, ts: number, sink: EventSink): void {
  const state = tradingState(view.getUint8(at + 19));
  sink.emit(EventKind.Status, 0, Last, locate, ts, state, view.getUint32(at + 21), 0, 0);
}

/** A halt of one market only (Q Nasdaq, B BX, X PSX), told apart from H by the market code in orderId. */
function operationalHalt(view: DataView, at: number, locate: number, ts: number, sink: EventSink): void {
  const state = tradingState(view.getUint8(at + 20));
  sink.emit(EventKind.Status, 0, Last, locate, ts, state, 0, view.getUint8(at + 19), 0);
}

function marketWideLevels(view: DataView, at: number, ts: number, sink: EventSink, where: Where): void {
  const level1 = readU64(view, at, 11, where);
  const level2 = readU64(view, at, 19, where);
  notice(TYPE_V, 0, ts, level1, level2, readU64(view, at, 27, where), sink);
}

/** Notice: release time in s, qualifier, price. The locate may be 0: then the symbol says which instrument. */
function quotingPeriod(
  view: DataView,
  at: number,
  locate: number,
  ts: number,
  sink: EventSink,
  directory: ItchDirectory,
  where: Where,
): void {
  let instrument = locate;
  if (locate === 0) {
    const symbol = readStock(view, at, 11, where);
    if (!directory.isWanted(symbol)) return;
    instrument = directory.locateOf(symbol);
  }
  const price = view.getUint32(at + 24);
  notice(TYPE_K, instrument, ts, view.getUint32(at + 19), view.getUint8(at + 23), price, sink);
}

function collar(view: DataView, at: number, locate: number, ts: number, sink: EventSink): void {
  const reference = view.getUint32(at + 19);
  const upper = view.getUint32(at + 23);
  const extension = view.getUint32(at + 31);
  sink.emit(EventKind.Collar, 0, Last, locate, ts, view.getUint32(at + 27), reference, upper, extension);
}

function crossTrade(view: DataView, at: number, locate: number, ts: number, sink: EventSink, where: Where): void {
  const shares = readU64(view, at, 11, where);
  const match = readU64(view, at, 31, where);
  sink.emit(EventKind.Trade, Side.None, Last | Cross, locate, ts, view.getUint32(at + 27), shares, 0, match);
}

function imbalance(view: DataView, at: number, locate: number, ts: number, sink: EventSink, where: Where): void {
  const paired = readU64(view, at, 11, where);
  const shares = readU64(view, at, 19, where);
  const direction = view.getUint8(at + 27);
  const side = direction === 0x42 ? Side.Bid : direction === 0x53 ? Side.Ask : Side.None;
  const reference = view.getUint32(at + 44);
  sink.emit(EventKind.Auction, side, Last, locate, ts, reference, paired, shares, view.getUint32(at + 40));
}

/** Notice: eligible, lowest and highest price allowed; then the collar around the near price, and since when. */
function directListing(view: DataView, at: number, locate: number, ts: number, sink: EventSink, where: Where): void {
  const since = readU64(view, at, 32, where);
  const highest = view.getUint32(at + 24);
  const near = view.getUint32(at + 28);
  const upper = view.getUint32(at + 44);
  sink.emit(EventKind.Notice, 0, 0, locate, ts, TYPE_O, view.getUint8(at + 19), view.getUint32(at + 20), highest);
  sink.emit(EventKind.Collar, 0, Last, locate, ts, view.getUint32(at + 40), near, upper, since);
}
