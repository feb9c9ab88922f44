/**
 * Where decoders put their events: the producer side of the feed -> engine ring, plus what belongs to "one message":
 * its receive time, its ordinal, the pace of the replay and a limit on how many messages count.
 */
import { monotonicNs } from '../core/clock.ts';
import { EventKind, eventHead, StaleReason } from '../core/event.ts';
import { type InstrumentDef, writeInstrumentPayload } from '../core/instrument-def.ts';
import type { SpscWriter } from '../ring/spsc.ts';

/** Every so many events one carries the time of its publication, for the ring-wait histogram. A power of two. */
const SAMPLE_EVERY = 1024;

/** Holds a paced replay back; sleeps the feed thread until the wall clock has reached `tsRecv`. */
export interface Pacer {
  waitUntil(tsRecv: number): void;
}

export class EventSink {
  /** Venue messages begun so far (each file row, frame or length-prefixed message). */
  messages = 0;
  /** Events emitted so far. */
  events = 0;
  private readonly out: SpscWriter;
  private readonly pacer: Pacer | null;
  private readonly maxMessages: number;
  private tsRecv = 0;
  private muted = false;

  /** `maxMessages`: events of later messages are dropped (`tapehead book --at K`). */
  constructor(out: SpscWriter, pacer: Pacer | null = null, maxMessages = Number.POSITIVE_INFINITY) {
    this.out = out;
    this.pacer = pacer;
    this.maxMessages = maxMessages;
  }

  /** The message limit was reached: the feed may stop reading. */
  get done(): boolean {
    return this.messages >= this.maxMessages;
  }

  /** Called once per venue message, before its events. `tsRecv`: ns since the session's midnight. */
  beginMessage(tsRecv: number): void {
    if (this.messages >= this.maxMessages) {
      this.muted = true;
      return;
    }
    this.messages++;
    this.tsRecv = tsRecv;
    if (this.pacer !== null) this.pacer.waitUntil(tsRecv);
  }

  /** One event; field meanings by kind are in core/event.ts. Blocks while the ring is full. */
  emit(
    kind: EventKind,
    side: number,
    flags: number,
    instrument: number,
    tsEvent: number,
    price: number,
    qty: number,
    orderId: number,
    id2: number,
  ): void {
    if (this.muted) return;
    const out = this.out;
    const w = out.next();
    const f64 = out.f64;
    out.u32[w * 2] = eventHead(kind, side, flags);
    out.u32[w * 2 + 1] = instrument;
    f64[w + 1] = this.tsRecv;
    f64[w + 2] = tsEvent;
    f64[w + 3] = price;
    f64[w + 4] = qty;
    f64[w + 5] = orderId;
    f64[w + 6] = id2;
    f64[w + 7] = (this.events++ & (SAMPLE_EVERY - 1)) === 0 ? monotonicNs() : 0;
  }

  /** Defines (or redefines, with other decimals) an instrument. */
  instrument(def: InstrumentDef, tsEvent: number): void {
    if (this.muted) return;
    const out = this.out;
    const w = out.next();
    out.u32[w * 2] = eventHead(EventKind.Instrument, 0, 0);
    out.u32[w * 2 + 1] = def.instrument;
    out.f64[w + 1] = this.tsRecv;
    out.f64[w + 2] = tsEvent;
    writeInstrumentPayload(out.bytes, (w + 3) * 8, def);
    out.f64[w + 7] = 0;
    this.events++;
  }

  /** Makes what was emitted visible now (end of a chunk, before a wait). */
  flush(): void {
    this.out.publish();
  }

  /** Marks an instrument's book as not to be trusted. */
  stale(instrument: number, reason: StaleReason, tsEvent: number): void {
    this.emit(EventKind.Stale, 0, 0, instrument, tsEvent, reason, 0, 0, 0);
  }

  live(instrument: number, tsEvent: number): void {
    this.emit(EventKind.Live, 0, 0, instrument, tsEvent, StaleReason.None, 0, 0, 0);
  }
}
