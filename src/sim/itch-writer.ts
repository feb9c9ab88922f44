/**
 * Encodes Nasdaq TotalView-ITCH 5.0 messages, each behind its 2-byte big-endian length as in Nasdaq's own files. Field
 * order and offsets: "Nasdaq TotalView-ITCH 5.0" interface specification, section 1 (message formats). Integers are
 * big-endian, alphabetic fields left-justified and padded with spaces, prices 4 implied decimals (V: 8), times ns since
 * midnight in 6 bytes.
 */
import { assert } from '../core/assert.ts';
import { widened } from '../core/widened.ts';
import { BUY, type Order } from './matching.ts';

/** Whole message in bytes, by type. */
const LENGTHS: Readonly<Record<string, number>> = {
  S: 12,
  R: 39,
  H: 25,
  Y: 20,
  L: 26,
  V: 35,
  W: 12,
  K: 28,
  J: 35,
  h: 21,
  A: 36,
  F: 40,
  E: 31,
  C: 36,
  X: 23,
  D: 19,
  U: 35,
  P: 44,
  Q: 40,
  B: 19,
  I: 50,
  N: 20,
  O: 48,
};

export interface Directory {
  readonly symbol: string;
  readonly marketCategory: string;
  readonly issueClassification: string;
  readonly issueSubType: string;
  readonly ipoFlag: string;
  readonly luldTier: string;
  readonly etp: boolean;
  readonly leverage: number;
}

export interface Imbalance {
  readonly paired: number;
  readonly imbalance: number;
  /** B, S, N (none) or O (not enough orders). */
  readonly direction: string;
  readonly far: number;
  readonly near: number;
  readonly reference: number;
  readonly crossType: string;
  readonly variation: string;
}

export class ItchWriter {
  /** Messages so far by type. */
  readonly counts: Record<string, number> = {};
  /** Time given to the next messages, ns since midnight. */
  now = 0;
  private bytes = new Uint8Array(1 << 20);
  private view = new DataView(this.bytes.buffer);
  private end = 0;
  private at = 0;

  contents(): Uint8Array {
    assert(this.at === this.end, 'a message is as long as its type says');
    return this.bytes.subarray(0, this.end);
  }

  systemEvent(code: string): void {
    this.begin('S', 0, 0);
    this.text(code, 1);
  }

  directory(locate: number, entry: Directory): void {
    this.begin('R', locate, 0);
    this.text(entry.symbol, 8);
    this.text(entry.marketCategory, 1);
    this.text('N', 1); // financial status: normal
    this.u32(100);
    this.text('N', 1); // round lots only: no
    this.text(entry.issueClassification, 1);
    this.text(entry.issueSubType, 2);
    this.text('P', 1); // live production
    this.text('N', 1); // short sale threshold: not restricted
    this.text(entry.ipoFlag, 1);
    this.text(entry.luldTier, 1);
    this.text(entry.etp ? 'Y' : 'N', 1);
    this.u32(entry.leverage);
    this.text('N', 1); // inverse: no
  }

  tradingAction(locate: number, symbol: string, state: string, reason: string): void {
    this.begin('H', locate, 0);
    this.text(symbol, 8);
    this.text(state, 1);
    this.text('', 1);
    this.text(reason, 4);
  }

  shortSaleRestriction(locate: number, symbol: string, action: string): void {
    this.begin('Y', locate, 0);
    this.text(symbol, 8);
    this.text(action, 1);
  }

  participant(locate: number, mpid: string, symbol: string, primary: boolean, state: string): void {
    this.begin('L', locate, 0);
    this.text(mpid, 4);
    this.text(symbol, 8);
    this.text(primary ? 'Y' : 'N', 1);
    this.text('N', 1); // market maker mode: normal
    this.text(state, 1);
  }

  /** Levels in 1e-8 of an index point. */
  breakerLevels(level1: number, level2: number, level3: number): void {
    this.begin('V', 0, 0);
    this.u64(level1);
    this.u64(level2);
    this.u64(level3);
  }

  breakerBreached(level: string): void {
    this.begin('W', 0, 0);
    this.text(level, 1);
  }

  ipoQuotation(locate: number, symbol: string, releaseSeconds: number, qualifier: string, price: number): void {
    this.begin('K', locate, 0);
    this.text(symbol, 8);
    this.u32(releaseSeconds);
    this.text(qualifier, 1);
    this.u32(price);
  }

  auctionCollar(
    locate: number,
    symbol: string,
    reference: number,
    upper: number,
    lower: number,
    extension: number,
  ): void {
    this.begin('J', locate, 0);
    this.text(symbol, 8);
    this.u32(reference);
    this.u32(upper);
    this.u32(lower);
    this.u32(extension);
  }

  operationalHalt(locate: number, symbol: string, action: string): void {
    this.begin('h', locate, 0);
    this.text(symbol, 8);
    this.text('Q', 1); // Nasdaq
    this.text(action, 1);
  }

  add(locate: number, symbol: string, order: Order): void {
    this.begin(order.mpid === '' ? 'A' : 'F', locate, 0);
    this.u64(order.ref);
    this.text(order.direction === BUY ? 'B' : 'S', 1);
    this.u32(order.qty);
    this.text(symbol, 8);
    this.u32(order.price);
    if (order.mpid !== '') this.text(order.mpid, 4);
  }

  executed(locate: number, ref: number, qty: number, match: number): void {
    this.begin('E', locate, 2);
    this.u64(ref);
    this.u32(qty);
    this.u64(match);
  }

  executedAtPrice(locate: number, ref: number, qty: number, match: number, printable: boolean, price: number): void {
    this.begin('C', locate, 2);
    this.u64(ref);
    this.u32(qty);
    this.u64(match);
    this.text(printable ? 'Y' : 'N', 1);
    this.u32(price);
  }

  cancelled(locate: number, ref: number, qty: number): void {
    this.begin('X', locate, 0);
    this.u64(ref);
    this.u32(qty);
  }

  deleted(locate: number, ref: number): void {
    this.begin('D', locate, 0);
    this.u64(ref);
  }

  replaced(locate: number, oldRef: number, order: Order): void {
    this.begin('U', locate, 0);
    this.u64(oldRef);
    this.u64(order.ref);
    this.u32(order.qty);
    this.u32(order.price);
  }

  /** The specification since 2014: reference 0 and side 'B' whatever the hidden order's side. */
  hiddenTrade(locate: number, symbol: string, qty: number, price: number, match: number): void {
    this.begin('P', locate, 2);
    this.u64(0);
    this.text('B', 1);
    this.u32(qty);
    this.text(symbol, 8);
    this.u32(price);
    this.u64(match);
  }

  crossTrade(locate: number, symbol: string, qty: number, price: number, match: number, crossType: string): void {
    this.begin('Q', locate, 2);
    this.u64(qty);
    this.text(symbol, 8);
    this.u32(price);
    this.u64(match);
    this.text(crossType, 1);
  }

  broken(locate: number, match: number): void {
    this.begin('B', locate, 0);
    this.u64(match);
  }

  imbalance(locate: number, symbol: string, state: Imbalance): void {
    this.begin('I', locate, 0);
    this.u64(state.paired);
    this.u64(state.imbalance);
    this.text(state.direction, 1);
    this.text(symbol, 8);
    this.u32(state.far);
    this.u32(state.near);
    this.u32(state.reference);
    this.text(state.crossType, 1);
    this.text(state.variation, 1);
  }

  retailInterest(locate: number, symbol: string, flag: string): void {
    this.begin('N', locate, 0);
    this.text(symbol, 8);
    this.text(flag, 1);
  }

  directListing(
    locate: number,
    symbol: string,
    eligible: boolean,
    minimum: number,
    maximum: number,
    near: number,
    nearTimeNs: number,
    lower: number,
    upper: number,
  ): void {
    this.begin('O', locate, 0);
    this.text(symbol, 8);
    this.text(eligible ? 'Y' : 'N', 1);
    this.u32(minimum);
    this.u32(maximum);
    this.u32(near);
    this.u64(nearTimeNs);
    this.u32(lower);
    this.u32(upper);
  }

  private begin(type: string, locate: number, tracking: number): void {
    assert(this.at === this.end, 'a message is as long as its type says');
    const length = LENGTHS[type];
    if (this.end + 2 + length > this.bytes.length) this.grow();
    this.counts[type] = (this.counts[type] ?? 0) + 1;
    this.at = this.end;
    this.end += 2 + length;
    this.u16(length);
    this.text(type, 1);
    this.u16(locate);
    this.u16(tracking);
    const high = Math.floor(this.now / 4294967296);
    this.u16(high);
    this.u32(this.now - high * 4294967296);
  }

  private grow(): void {
    this.bytes = widened(this.bytes);
    this.view = new DataView(this.bytes.buffer);
  }

  private u16(value: number): void {
    this.view.setUint16(this.at, value);
    this.at += 2;
  }

  private u32(value: number): void {
    this.view.setUint32(this.at, value);
    this.at += 4;
  }

  private u64(value: number): void {
    const high = Math.floor(value / 4294967296);
    this.u32(high);
    this.u32(value - high * 4294967296);
  }

  private text(value: string, length: number): void {
    for (let i = 0; i < length; i++) this.bytes[this.at + i] = i < value.length ? value.charCodeAt(i) : 0x20;
    this.at += length;
  }
}
