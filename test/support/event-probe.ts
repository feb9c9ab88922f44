/** Takes what a feed emits out of its ring as plain objects, and a naive book that applies them. */
import { EVENT_KIND_NAMES, EventFlag, EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { type InstrumentDef, readInstrumentPayload } from '../../src/core/instrument-def.ts';
import type { Decoder } from '../../src/feed/feed.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';

export interface SeenEvent {
  readonly name: string;
  readonly kind: number;
  readonly side: number;
  readonly flags: number;
  readonly instrument: number;
  readonly tsRecv: number;
  readonly tsEvent: number;
  readonly price: number;
  readonly qty: number;
  readonly orderId: number;
  readonly id2: number;
  readonly def: InstrumentDef | null;
}

export class EventProbe {
  readonly sink: EventSink;
  private readonly writer: SpscWriter;
  private readonly reader: SpscReader;
  private readonly seen: SeenEvent[] = [];

  constructor(maxMessages = Number.POSITIVE_INFINITY) {
    const shared = createSpsc(1 << 12);
    this.writer = new SpscWriter(shared);
    this.reader = new SpscReader(shared);
    this.writer.onFull = () => this.drain();
    this.sink = new EventSink(this.writer, null, maxMessages);
  }

  /** What was emitted since the last call. */
  take(): SeenEvent[] {
    this.writer.publish();
    this.drain();
    return this.seen.splice(0);
  }

  private drain(): void {
    const { reader } = this;
    const count = reader.poll(1 << 12);
    for (let i = 0; i < count; i++) {
      const w = ((reader.cursor + i) & reader.mask) << 3;
      const head = reader.u32[w * 2];
      const kind = head & 0xff;
      const instrument = reader.u32[w * 2 + 1];
      const isDef = kind === EventKind.Instrument;
      const word = (n: number) => (isDef ? 0 : reader.f64[w + n]);
      this.seen.push({
        name: EVENT_KIND_NAMES[kind],
        kind,
        side: (head >>> 8) & 0xff,
        flags: head >>> 16,
        instrument,
        tsRecv: reader.f64[w + 1],
        tsEvent: reader.f64[w + 2],
        price: word(3),
        qty: word(4),
        orderId: word(5),
        id2: word(6),
        def: isDef ? readInstrumentPayload(reader.bytes, (w + 3) * 8, instrument) : null,
      });
    }
    reader.release(count);
  }
}

export interface Decoded {
  readonly events: SeenEvent[];
  readonly messages: number;
  readonly cut: string | null;
}

/** Runs whole files through a decoder in pieces of `chunk` bytes, as the feed does. */
export function decodeFiles(
  decoder: Decoder,
  files: readonly Uint8Array[],
  chunk = Number.POSITIVE_INFINITY,
  probe: EventProbe = new EventProbe(),
): Decoded {
  let cut: string | null = null;
  for (const [n, file] of files.entries()) {
    decoder.beginFile(`file${n + 1}`);
    let kept: Uint8Array = new Uint8Array(0);
    for (let at = 0; at < file.length; ) {
      const end = Math.min(file.length, at + chunk);
      const bytes = new Uint8Array(kept.length + end - at);
      bytes.set(kept);
      bytes.set(file.subarray(at, end), kept.length);
      kept = bytes.slice(decoder.decode(bytes, 0, bytes.length, probe.sink));
      at = end;
    }
    cut = decoder.endFile(kept, 0, kept.length, probe.sink);
  }
  return { events: probe.take(), messages: probe.sink.messages, cut };
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The exact value mantissa x 10^-decimals in its shortest plain form. */
export function decimalText(mantissa: bigint | number, decimals: number): string {
  let m = BigInt(mantissa);
  let d = decimals;
  for (; d < 0; d++) m *= 10n;
  while (d > 0 && m % 10n === 0n) {
    m /= 10n;
    d--;
  }
  const sign = m < 0n ? '-' : '';
  const digits = (m < 0n ? -m : m).toString().padStart(d + 1, '0');
  return d === 0 ? sign + digits : `${sign}${digits.slice(0, -d)}.${digits.slice(-d)}`;
}

/** The same of a venue's number, as text or as JSON.parse gives it. */
export function plainDecimal(value: string | number): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(String(value));
  if (match === null) throw new Error(`${value} is no decimal`);
  const fraction = match[3] ?? '';
  return decimalText(BigInt(match[1] + match[2] + fraction), fraction.length - Number(match[4] ?? 0));
}

/** One by-level book in plain decimals: price -> quantity. */
export interface PlainBook {
  readonly bids: Map<string, string>;
  readonly asks: Map<string, string>;
}

export function emptyBook(): PlainBook {
  return { bids: new Map(), asks: new Map() };
}

export function setLevel(book: PlainBook, isBid: boolean, price: string, qty: string): void {
  const side = isBid ? book.bids : book.asks;
  if (qty === '0') side.delete(price);
  else side.set(price, qty);
}

/** Sorted, for comparisons. */
export function bookText(book: PlainBook): string {
  const side = (levels: Map<string, string>) => [...levels].map(([price, qty]) => `${price} ${qty}`).sort();
  return JSON.stringify([side(book.bids), side(book.asks)]);
}

/** Price and quantity of the best bid and ask; empty where there is none. */
export function touchOf(book: PlainBook): [string, string, string, string] {
  const best = (levels: Map<string, string>, sign: number): [string, string] => {
    let found: [string, string] = ['', ''];
    let price = Number.NEGATIVE_INFINITY;
    for (const level of levels) {
      const value = Number(level[0]) * sign;
      if (value <= price) continue;
      price = value;
      found = level;
    }
    return found;
  };
  return [...best(book.bids, 1), ...best(book.asks, -1)];
}

/** Applies events the simplest way: books of plain decimals, by symbol. */
export class NaiveBooks {
  readonly books = new Map<string, PlainBook>();
  readonly defs: InstrumentDef[] = [];
  /** By symbol; StaleReason. */
  readonly stale = new Map<string, number>();

  apply(event: SeenEvent): void {
    if (event.def !== null) {
      this.defs[event.instrument] = event.def;
      if (!this.books.has(event.def.symbol)) this.books.set(event.def.symbol, emptyBook());
      return;
    }
    if (event.kind === EventKind.Connection) return;
    const def = this.defs[event.instrument];
    if (def === undefined) throw new Error(`${event.name} for an instrument that was not defined`);
    const book = this.books.get(def.symbol)!;
    if (event.kind === EventKind.Clear) {
      book.bids.clear();
      book.asks.clear();
    } else if (event.kind === EventKind.Level) {
      if (this.stale.get(def.symbol) !== StaleReason.None && (event.flags & EventFlag.Snapshot) === 0) {
        if (!this.joining) throw new Error(`level of ${def.symbol} while its book is stale`);
      }
      const price = decimalText(event.price, def.priceDecimals);
      setLevel(book, event.side === Side.Bid, price, decimalText(event.qty, def.qtyDecimals));
    } else if (event.kind === EventKind.SnapshotEnd) this.joining = true;
    else if (event.kind === EventKind.Stale) this.stale.set(def.symbol, event.price);
    else if (event.kind === EventKind.Live) {
      this.stale.set(def.symbol, StaleReason.None);
      this.joining = false;
    }
  }

  applyAll(events: readonly SeenEvent[]): this {
    for (const event of events) this.apply(event);
    return this;
  }

  book(symbol: string): PlainBook {
    return this.books.get(symbol) ?? emptyBook();
  }

  isLive(symbol: string): boolean {
    return this.stale.get(symbol) === StaleReason.None;
  }

  /** Between a snapshot's end and Live: updates that waited for it are being applied. */
  private joining = false;
}
