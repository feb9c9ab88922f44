/**
 * Where decoders put their events: the producer side of the feed -> engine ring, plus what belongs to "one message":
 * its receive time, its ordinal, the pace of the replay and a limit on how many messages count.
 */
import { monotonicNs } from '../core/clock.ts';
import type { Histogram } from '../core/histogram.ts';
import { EventKind, eventHead, StaleReason } from '../core/event.ts';
import { type InstrumentDef, writeInstrumentPayload } from '../core/instrument-def.ts';
import type { SpscWriter } from '../ring/spsc.ts';

/** Every so many events one carries the time of its publication, for the ring-wait histogram. A power of two. */
const SAMPLE_EVERY = 1024;

/** Holds a paced replay back; sleeps the feed thread until the wall clock has reached `tsRecv`. */
export interface Pacer {
  /** Total time slept so far, ns. */
  readonly sleptNs: number;
  /** Called before each message; `publish` makes what was emitted visible before a sleep. False: the run is to stop. */
  waitUntil(tsRecv: number, publish: () => void): boolean;
}

export class EventSink {
  /** Venue messages begun so far (each file row, frame or length-prefixed message). */
  messages = 0;
  /** Events emitted so far. */
  events = 0;
  /** The ring's slots, for `claim`. */
  readonly f64: Float64Array;
  private readonly u32: Uint32Array;
  private readonly out: SpscWriter;
  private readonly pacer: Pacer | null;
  private readonly decode: Histogram | null;
  private readonly publish: () => void;
  private maxMessages: number;
  private tsRecv = 0;
  private muted = false;
  private lastSampleNs = 0;
  private lastWaitedNs = 0;

  /**
   * `maxMessages`: events of later messages are dropped (`tapehead book --at K`). `decode`: takes the time an event
   * costs to read, decode and emit, without waiting (mean over the events between two samples).
   */
  constructor(
    out: SpscWriter,
    pacer: Pacer | null = null,
    maxMessages = Number.POSITIVE_INFINITY,
    decode: Histogram | null = null,
  ) {
    this.out = out;
    this.f64 = out.f64;
    this.u32 = out.u32;
    this.pacer = pacer;
    this.maxMessages = maxMessages;
    this.decode = decode;
    this.publish = () => this.out.publish();
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
    if (this.pacer !== null && !this.pacer.waitUntil(tsRecv, this.publish)) this.maxMessages = this.messages;
  }

  /** Sets the receive time of the events that follow, which belong to no message (a connection that went up or down). */
  at(tsRecv: number): void {
    if (this.messages >= this.maxMessages) this.muted = true;
    this.tsRecv = tsRecv;
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
    f64[w + 7] = (this.events++ & (SAMPLE_EVERY - 1)) === 0 ? this.sample() : 0;
  }

  /**
   * The fast path of `emit`, for decoders at tens of ns a message: claims a slot, fills the words 0-2 and 7 (tsEvent =
   * tsRecv) and returns its first word; the caller stores words 3-6 in `f64`, every one of them. Doubles passed to a
   * function are boxed where V8 does not inline it, so none is. Only for decoders that stop at `done`.
   */
  claim(kind: EventKind, side: number, flags: number, instrument: number): number {
    const w = this.out.next();
    const f64 = this.f64;
    this.u32[w * 2] = eventHead(kind, side, flags);
    this.u32[w * 2 + 1] = instrument;
    f64[w + 1] = this.tsRecv;
    f64[w + 2] = this.tsRecv;
    f64[w + 7] = (this.events++ & (SAMPLE_EVERY - 1)) === 0 ? this.sample() : 0;
    return w;
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

  private sample(): number {
    const now = monotonicNs();
    const waited = this.out.blockedNs + (this.pacer === null ? 0 : this.pacer.sleptNs);
    if (this.decode !== null && this.lastSampleNs !== 0) {
      const busy = now - this.lastSampleNs - (waited - this.lastWaitedNs);
      this.decode.record(busy / SAMPLE_EVERY, SAMPLE_EVERY);
    }
    this.lastSampleNs = now;
    this.lastWaitedNs = waited;
    return now;
  }

  /** Marks an instrument's book as not to be trusted. */
  stale(instrument: number, reason: StaleReason, tsEvent: number): void {
    this.emit(EventKind.Stale, 0, 0, instrument, tsEvent, reason, 0, 0, 0);
  }

  live(instrument: number, tsEvent: number): void {
    this.emit(EventKind.Live, 0, 0, instrument, tsEvent, StaleReason.None, 0, 0, 0);
  }
}
