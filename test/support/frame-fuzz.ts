/**
 * Damaged frames through a decoder and its slow reference side by side. What must hold of every frame: our decoder
 * refuses it, or both find the same events, or (values so long that a book has no unit for them, or a key that stands
 * twice) ours gives up what it can't hold, and says so. A frame that was not damaged is never refused.
 */
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { FrameError } from '../../src/feed/text/json-cursor.ts';
import { TextMarket } from '../../src/feed/text/market.ts';
import type { VenueDecoder } from '../../src/feed/text/venue.ts';
import { CAPTURE_BASE, lineTime } from './capture-script.ts';
import { decimalText, EventProbe, type SeenEvent } from './event-probe.ts';
import type { FrameSource, SourceFrame } from './frame-sources.ts';
import { bookLine, repeatsKey } from './reference/values.ts';
import { type ReferenceDecoder, Refused } from './reference/venue.ts';

const FRAMES_A_SESSION = 400;
const CONNECTION = 3;

export interface FuzzSubject {
  readonly symbol: string;
  makeVenue(market: TextMarket): VenueDecoder;
  makeReference(): ReferenceDecoder;
  makeSource(seed: number): FrameSource;
}

export interface FuzzCounts {
  frames: number;
  damaged: number;
  /** Damaged, and the same events in both. */
  equal: number;
  /** Damaged, and no JSON any more: refused. */
  broken: number;
  /** Damaged, still JSON, refused. */
  refused: number;
  /** Given up, and said. */
  givenUp: number;
  /** A key stands twice, and the two take different values for it. */
  ambiguous: number;
  events: number;
}

/** Runs sessions of `seed` on until `damaged` frames were damaged. Throws at the first difference, with what leads there. */
export function fuzzFrames(subject: FuzzSubject, seed: number, damaged: number): FuzzCounts {
  const counts: FuzzCounts = {
    frames: 0,
    damaged: 0,
    equal: 0,
    broken: 0,
    refused: 0,
    givenUp: 0,
    ambiguous: 0,
    events: 0,
  };
  for (let session = 0; counts.damaged < damaged; session++) {
    const one = new Session(subject, seed * 100_000 + session, counts);
    try {
      one.run();
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`seed ${seed}, session ${session}, frame ${one.frames}:\n${one.shown}\n${what}`);
    }
  }
  return counts;
}

class Session {
  frames = 0;
  shown = '';
  private readonly counts: FuzzCounts;
  private readonly random: Prng;
  private readonly source: FrameSource;
  private readonly market: TextMarket;
  private readonly venue: VenueDecoder;
  private readonly reference: ReferenceDecoder;
  private readonly probe = new EventProbe();
  private readonly units: [symbol: string, price: number, qty: number][] = [];
  private isLive = false;

  constructor(subject: FuzzSubject, seed: number, counts: FuzzCounts) {
    this.counts = counts;
    this.random = new Prng(seed);
    this.source = subject.makeSource(seed);
    this.market = new TextMarket({ symbols: [subject.symbol], base: CAPTURE_BASE });
    this.market.open(this.probe.sink);
    this.venue = subject.makeVenue(this.market);
    this.reference = subject.makeReference();
  }

  run(): void {
    let due = this.source.start();
    while (this.frames < FRAMES_A_SESSION) {
      for (const frame of due) {
        const isDamaged = this.random.below(2) === 0;
        const text = isDamaged ? this.damaged(frame.text) : Buffer.from(frame.text);
        if (!this.deliver(frame, text, isDamaged && !text.equals(Buffer.from(frame.text)))) {
          due = this.source.start(); // on a new connection
          break;
        }
        due = !this.isLive && this.random.below(4) === 0 ? this.source.snapshot() : [];
      }
      if (due.length === 0) due = this.source.next();
    }
  }

  /** False: the frame was refused, or the two don't agree any more: both have lost the connection. */
  private deliver(frame: SourceFrame, text: Buffer, isDamaged: boolean): boolean {
    const { counts, market, reference } = this;
    this.frames++;
    counts.frames++;
    if (isDamaged) counts.damaged++;
    this.shown = text.toString('latin1');
    market.tsRecv = lineTime(this.frames);
    reference.tsRecv = market.tsRecv;
    if (!this.ours(frame, text)) {
      const isBroken = !isJson(text);
      // Unless an earlier one made it so: Bitfinex' channels are what their damaged subscriptions said.
      if (!isDamaged && !this.isRefused(frame, text)) throw new Error('refused, but it was not damaged');
      if (isBroken) counts.broken++;
      else counts.refused++;
      this.lose();
      return false;
    }
    const ours = this.lines();
    reference.lines = [];
    const isRefused = this.isRefused(frame, text);
    const theirs = isRefused ? ['refused'] : reference.lines;
    if (ours.join('\n') === theirs.join('\n')) {
      if (isDamaged) counts.equal++;
      return true;
    }
    const gaveUp = theirs.length >= ours.length || ours.some((line) => /^stale \S+ 7$/.test(line));
    const excused = reference.extreme && !isRefused && gaveUp;
    const isAmbiguous = !excused && repeatsKey(text.toString('utf8'));
    if (isAmbiguous) counts.ambiguous++;
    else if (!excused) throw new Error(`ours\n  ${ours.join('\n  ')}\nreference\n  ${theirs.join('\n  ')}`);
    else counts.givenUp++;
    this.lose();
    return false;
  }

  private isRefused(frame: SourceFrame, text: Buffer): boolean {
    try {
      if (frame.rest === null) this.reference.frame(text, CONNECTION);
      else this.reference.rest(frame.rest, text);
      return false;
    } catch (error) {
      if (error instanceof Refused) return true;
      throw error;
    }
  }

  private ours(frame: SourceFrame, text: Buffer): boolean {
    // In the middle of other bytes, as in a connection's buffer.
    const bytes = Buffer.concat([Buffer.from('00["'), text, Buffer.from('0"]]}')]);
    try {
      if (frame.rest === null) this.venue.frame(bytes, 4, 4 + text.length, CONNECTION);
      else this.venue.rest(`https://host/api/v3/depth?symbol=${frame.rest}`, bytes, 4, 4 + text.length);
      return true;
    } catch (error) {
      if (error instanceof FrameError) return false;
      throw error;
    }
  }

  private lose(): void {
    for (const event of this.probe.take()) this.learn(event);
    this.venue.disconnected(CONNECTION);
    this.reference.disconnected(CONNECTION);
    this.lines();
    for (const book of this.reference.books.values()) book.defined = this.units.some(([name]) => name === book.symbol);
    this.isLive = false;
  }

  private learn(event: SeenEvent): void {
    const { def } = event;
    if (def !== null) this.units[event.instrument] = [def.symbol, def.priceDecimals, def.qtyDecimals];
    if (event.kind === EventKind.Live) this.isLive = true;
    if (event.kind === EventKind.Stale) this.isLive = false;
  }

  private lines(): string[] {
    const lines: string[] = [];
    for (const event of this.probe.take()) {
      this.counts.events++;
      this.learn(event);
      if (event.def === null) lines.push(this.line(event));
    }
    return lines;
  }

  private line(event: SeenEvent): string {
    const [symbol, priceDecimals, qtyDecimals] = this.units[event.instrument];
    const price = (ticks: number) => decimalText(ticks, priceDecimals);
    const qty = (lots: number) => decimalText(lots, qtyDecimals);
    const side = event.side === Side.Bid ? 'bid' : event.side === Side.Ask ? 'ask' : 'none';
    const time = event.tsEvent;
    switch (event.kind) {
      case EventKind.Level: {
        const isSnapshot = (event.flags & EventFlag.Snapshot) !== 0;
        return bookLine(symbol, side, price(event.price), qty(event.qty), String(event.orderId), time, isSnapshot);
      }
      case EventKind.Trade:
        return `trade ${symbol} ${side} ${price(event.price)} ${qty(event.qty)} ${event.id2} @${time}`;
      case EventKind.VenueBbo:
        return `bbo ${symbol} ${price(event.price)} ${qty(event.qty)} ${price(event.orderId)} ${qty(event.id2)} @${time}`;
      case EventKind.SnapshotBegin:
        return `begin ${symbol} @${time}`;
      case EventKind.SnapshotEnd:
        return `end ${symbol} ${event.price} @${time}`;
      case EventKind.Clear:
        return `clear ${symbol}`;
      case EventKind.Live:
        return `live ${symbol}`;
      case EventKind.Stale:
        return `stale ${symbol} ${event.price}`;
      default:
        return `${TROUBLE[event.name] ?? event.name} ${symbol} ${event.price} ${event.qty}`;
    }
  }

  /** One to three edits: bytes, digits, pieces. */
  private damaged(text: string): Buffer {
    const { random } = this;
    let bytes: Buffer = Buffer.from(text);
    for (let edits = 1 + (random.below(3) === 0 ? random.below(3) : 0); edits > 0; edits--) {
      const at = random.below(Math.max(bytes.length, 1));
      const to = Math.min(bytes.length, at + 1 + random.below(12));
      const byte = random.below(3) === 0 ? random.below(256) : ALPHABET.charCodeAt(random.below(ALPHABET.length));
      const roll = random.below(16);
      if (roll < 5) bytes = digitChanged(bytes, at, random);
      else if (roll < 8) bytes = splice(bytes, at, at + 1, Buffer.of(byte));
      else if (roll < 10) bytes = splice(bytes, at, at, Buffer.of(byte));
      else if (roll < 12) bytes = splice(bytes, at, at + 1, EMPTY);
      else if (roll === 12) bytes = bytes.subarray(0, at);
      else if (roll === 13) bytes = splice(bytes, at, to, EMPTY);
      else if (roll === 14) bytes = splice(bytes, at, at, bytes.subarray(at, to));
      else {
        const from = random.below(Math.max(bytes.length, 1));
        bytes = splice(bytes, at, to, bytes.subarray(from, Math.min(bytes.length, from + (to - at))));
      }
    }
    return bytes;
  }
}

const EMPTY = Buffer.alloc(0);
const ALPHABET = '0123456789.-+eE"\\,:[]{}ntu ';
const TROUBLE: Readonly<Record<string, string>> = {
  Gap: 'gap',
  Duplicate: 'duplicate',
  OutOfOrder: 'late',
  ChecksumFailure: 'checksum',
};

function splice(bytes: Buffer, from: number, to: number, put: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);
}

/** The next digit behind `at` is another one: still well-formed, mostly. */
function digitChanged(bytes: Buffer, at: number, random: Prng): Buffer {
  const copy = Buffer.from(bytes);
  for (let p = at; p < copy.length; p++) {
    if (copy[p] < 0x30 || copy[p] > 0x39) continue;
    copy[p] = 0x30 + random.below(10);
    break;
  }
  return copy;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
