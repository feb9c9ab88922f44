/**
 * The ring from a venue gateway to the engine: writer and reader of venue-message.ts. A message takes four slots of the
 * ring and the ring's size is a multiple of it, so a message is always contiguous, and what the reader sees is whole.
 *
 * Each message is published at once: reports are rare beside market data, and every one may move money.
 */
import { assert } from '../core/assert.ts';
import { SLOT_WORDS_SHIFT } from '../core/event.ts';
import type { ExecReport } from '../core/exec-report.ts';
import { type SpscReader, type SpscShared, SpscWriter } from '../ring/spsc.ts';
import { VENUE_MESSAGE_SLOTS, VENUE_MESSAGE_WORDS } from './venue-message.ts';

const MIN_CAPACITY = 2 * VENUE_MESSAGE_SLOTS;
const REPORT_WORD = 2;
const ASSET_WORD = 2;
const ASSET_BYTES = 16;

/** Words of a message that a writer fills (venue-message.ts says by kind what they are). */
export const MessageWord = {
  TsRecvNs: 1,
  /** Where a kind's own words begin. */
  First: 2,
  Commission: 20,
  CommissionAsset: 21,
  PriceDecimals: 22,
  QtyDecimals: 23,
} as const;

export class VenueMessageWriter {
  /** The 24 words of the message to be sent; 0 is written by `send`. Cleared behind each message. */
  readonly words = new Float64Array(VENUE_MESSAGE_WORDS);
  /** Messages sent. */
  sent = 0;
  private readonly ring: SpscWriter;
  private readonly bytes: Uint8Array;
  private readonly capacity: number;

  constructor(shared: SpscShared) {
    assert(shared.capacity >= MIN_CAPACITY, `a ring of venue messages has ${MIN_CAPACITY} slots or more`);
    this.ring = new SpscWriter(shared);
    this.bytes = new Uint8Array(this.words.buffer);
    this.capacity = shared.capacity;
  }

  /** Whether one more can be sent without waiting for the engine. */
  hasRoom(): boolean {
    return this.ring.backlog() + VENUE_MESSAGE_SLOTS <= this.capacity;
  }

  putReport(report: ExecReport): void {
    this.words.set(report.values, REPORT_WORD);
  }

  /** Puts an asset's name, its first 16 bytes where it is longer (no venue has one). */
  putAsset(asset: string): void {
    const at = ASSET_WORD * 8;
    this.bytes.fill(0, at, at + ASSET_BYTES);
    for (let i = 0; i < asset.length && i < ASSET_BYTES; i++) this.bytes[at + i] = asset.charCodeAt(i);
  }

  /** Sends `words` at once; waits while the ring is full. Throws ReaderGoneError when no engine is there any more. */
  send(kind: number, venue: number, instrument: number): void {
    const { ring, words } = this;
    const slots = ring.reserve(VENUE_MESSAGE_SLOTS);
    assert(slots === VENUE_MESSAGE_SLOTS, 'messages do not wrap');
    const w = ring.nextWord;
    ring.f64.set(words, w);
    ring.u32[w * 2] = kind | (venue << 8);
    ring.u32[w * 2 + 1] = instrument;
    ring.advance(VENUE_MESSAGE_SLOTS);
    this.sent++;
    words.fill(0);
    ring.publish();
  }

  close(): void {
    this.ring.close();
  }
}

/** A message in the ring; re-pointed, never made anew. Valid until its slots are released. */
export class VenueMessageView {
  private readonly f64: Float64Array;
  private readonly u32: Uint32Array;
  private readonly bytes: Uint8Array;
  private readonly mask: number;
  private w = 0;

  constructor(ring: SpscReader) {
    this.f64 = ring.f64;
    this.u32 = ring.u32;
    this.bytes = ring.bytes;
    this.mask = ring.mask;
  }

  /** `position`: the reader's cursor, or VENUE_MESSAGE_SLOTS times a whole number behind it. */
  pointTo(position: number): void {
    this.w = (position & this.mask) << SLOT_WORDS_SHIFT;
  }

  /** VenueMessage. */
  get kind(): number {
    return this.u32[this.w * 2] & 0xff;
  }

  get venue(): number {
    return (this.u32[this.w * 2] >>> 8) & 0xff;
  }

  get instrument(): number {
    return this.u32[this.w * 2 + 1];
  }

  get tsRecvNs(): number {
    return this.f64[this.w + MessageWord.TsRecvNs];
  }

  /** Word `index` of the 24. */
  word(index: number): number {
    return this.f64[this.w + index];
  }

  /** The 24 words, without allocation. */
  copyWords(into: Float64Array): void {
    const { f64, w } = this;
    for (let i = 0; i < VENUE_MESSAGE_WORDS; i++) into[i] = f64[w + i];
  }

  /** Report: its ExecReport. */
  copyReport(into: ExecReport): void {
    const { f64, w } = this;
    const { values } = into;
    for (let i = 0; i < values.length; i++) values[i] = f64[w + REPORT_WORD + i];
  }

  /** Balance: name of the asset. Allocates. */
  asset(): string {
    const from = (this.w + ASSET_WORD) * 8;
    let text = '';
    for (let i = 0; i < ASSET_BYTES && this.bytes[from + i] !== 0; i++)
      text += String.fromCharCode(this.bytes[from + i]);
    return text;
  }
}

/**
 * Reads messages one by one. The two calls of a consumer: `while (messages.next()) { … messages.view … messages.done(); }`.
 */
export class VenueMessageReader {
  readonly view: VenueMessageView;
  private readonly ring: SpscReader;

  constructor(ring: SpscReader) {
    this.ring = ring;
    this.view = new VenueMessageView(ring);
  }

  /** Points `view` to the next message. False: there is none yet. Never waits. */
  next(): boolean {
    if (this.ring.poll(VENUE_MESSAGE_SLOTS) < VENUE_MESSAGE_SLOTS) return false;
    this.view.pointTo(this.ring.cursor);
    return true;
  }

  /** The message in `view` was taken. */
  done(): void {
    this.ring.release(VENUE_MESSAGE_SLOTS);
  }

  /** The gateway closed the ring; look at it before a last `next`. */
  isClosed(): boolean {
    return this.ring.isClosed();
  }
}
