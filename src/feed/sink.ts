/**
 * Where decoders put their events: the producer side of the feed -> engine ring, plus what belongs to "one message":
 * its receive time, its ordinal, the pace of the replay and a limit on how many messages count.
 */
import { monotonicNs } from '../core/clock.ts';
import { EventFlag, EventKind, eventHead, SLOT_WORDS, StaleReason } from '../core/event.ts';
import type { Histogram } from '../core/histogram.ts';
import { type InstrumentDef, writeInstrumentPayload } from '../core/instrument-def.ts';
import type { FeedTrace } from '../core/trace.ts';
import type { SpscWriter } from '../ring/spsc.ts';

/** Holds a paced replay back; sleeps the feed thread until the wall clock has reached `tsRecv`. */
export interface Pacer {
  /** Total time slept so far, ns. */
  readonly sleptNs: number;
  /** Cell 0: when the message under way should have come, by the monotonic clock. Absent where nothing says so. */
  readonly intended?: Float64Array;
  /** Called before each message; `publish` makes what was emitted visible before a sleep. False: the run is to stop. */
  waitUntil(tsRecv: number, publish: () => void): boolean;
}

export class EventSink {
  /** Venue messages begun so far (each file row, frame or length-prefixed message). */
  messages = 0;
  /** Events emitted so far. */
  events = 0;
  /** The ring's slots by 8-byte and by 4-byte word, for the bulk path. */
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  private readonly out: SpscWriter;
  private readonly pacer: Pacer | null;
  private readonly decode: Histogram | null;
  private readonly trace: FeedTrace | null;
  /** Events between two traces. */
  private readonly untraced: number;
  /** The message under way was chosen: its last event is traced. */
  private isTraced = false;
  private readonly publish: () => void;
  private maxMessages: number;
  private tsRecv = 0;
  private muted = false;
  private lastSampleNs = 0;
  private lastSampleEvents = 0;
  private lastWaitedNs = 0;

  /**
   * `maxMessages`: events of later messages are dropped (`tapehead book --at K`). `decode`: takes the time an event
   * costs to read, decode and emit, without waiting (mean over the events between two samples). `trace`: the last event
   * of one message in so many is traced.
   */
  constructor(
    out: SpscWriter,
    pacer: Pacer | null = null,
    maxMessages = Number.POSITIVE_INFINITY,
    decode: Histogram | null = null,
    trace: FeedTrace | null = null,
  ) {
    this.out = out;
    this.f64 = out.f64;
    this.u32 = out.u32;
    this.pacer = pacer;
    this.maxMessages = maxMessages;
    this.decode = decode;
    this.trace = trace;
    this.untraced = (trace?.every ?? Number.POSITIVE_INFINITY) - 1;
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
    if (this.traceIsDue()) this.beginTrace();
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
    this.events++;
    f64[w + 7] = this.isTraced && (flags & EventFlag.Last) !== 0 ? this.openTrace() : 0;
  }

  /**
   * Level events of one message, from columns: what `emit` would do with each of rows[0, count), without a call for each.
   * `last`: the row that gets EventFlag.Last beside `flags`, or -1.
   */
  emitLevels(
    instrument: number,
    tsEvent: number,
    flags: number,
    last: number,
    count: number,
    side: Uint8Array,
    price: Float64Array,
    qty: Float64Array,
    orders: Float64Array,
  ): void {
    if (this.muted) return;
    const { out, f64, u32, tsRecv } = this;
    for (let from = 0; from < count; ) {
      const to = from + out.reserve(count - from);
      let w = out.nextWord;
      for (let i = from; i < to; i++) {
        u32[w * 2] = eventHead(EventKind.Level, side[i], flags);
        u32[w * 2 + 1] = instrument;
        f64[w + 1] = tsRecv;
        f64[w + 2] = tsEvent;
        f64[w + 3] = price[i];
        f64[w + 4] = qty[i];
        f64[w + 5] = orders[i];
        f64[w + 6] = 0;
        f64[w + 7] = 0;
        w += SLOT_WORDS;
      }
      if (last >= from && last < to) u32[(w - (to - last) * SLOT_WORDS) * 2] |= EventFlag.Last << 16;
      this.commit(0, to - from);
      from = to;
    }
  }

  /**
   * The bulk path, for decoders at tens of ns a message: how many messages of at most one event each may be decoded
   * straight into `f64` and `u32` from word `nextWord` on (the caller stores all eight words of a slot, 0 in word 7).
   * `commit` follows before anything else is called. 0: the run is to stop. `tsRecv`: of the first of these messages; a
   * paced replay waits for it, and gets one message at a time.
   */
  reserve(limit: number, tsRecv: number): number {
    let allowed = Math.min(limit, this.maxMessages - this.messages);
    if (this.pacer !== null && allowed > 0) {
      if (!this.pacer.waitUntil(tsRecv, this.publish)) this.maxMessages = this.messages;
      allowed = this.messages < this.maxMessages ? 1 : 0;
    }
    if (allowed <= 0) return 0;
    const slots = this.out.reserve(allowed);
    if (this.traceIsDue()) this.beginTrace();
    return slots;
  }

  /** One slot for a message that `beginMessage` began; `commit(0, 1)` follows. Returns its first word. */
  oneSlot(): number {
    this.out.reserve(1);
    return this.out.nextWord;
  }

  get nextWord(): number {
    return this.out.nextWord;
  }

  /** Accounts for what was decoded since `reserve`: messages, and the events (not more) that they gave. */
  commit(messages: number, events: number): void {
    const first = this.out.nextWord;
    this.out.advance(events);
    this.messages += messages;
    this.events += events;
    if (this.isTraced && events > 0) this.f64[first + (events - 1) * SLOT_WORDS + 7] = this.openTrace();
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

  /** Share of the ring that is free, 0 to 1: a live feed must not wait until there is room. */
  freeShare(): number {
    return this.out.room() / this.out.size;
  }

  /** Makes what was emitted visible now (end of a chunk, before a wait). */
  flush(): void {
    this.out.publish();
  }

  private traceIsDue(): boolean {
    return this.events - this.lastSampleEvents >= this.untraced;
  }

  private beginTrace(): void {
    this.isTraced = true;
    const intended = this.pacer?.intended;
    if (intended === undefined) this.trace?.read();
    else this.trace?.readOnSchedule(intended, 0);
  }

  /** The event that was chosen is complete; returns the number of its trace. */
  private openTrace(): number {
    this.isTraced = false;
    this.sampleCost();
    return this.trace?.open() ?? 0;
  }

  private sampleCost(): void {
    const now = monotonicNs();
    const waited = this.out.blockedNs + (this.pacer === null ? 0 : this.pacer.sleptNs);
    if (this.decode !== null && this.lastSampleNs !== 0) {
      const busy = now - this.lastSampleNs - (waited - this.lastWaitedNs);
      const count = this.events - this.lastSampleEvents;
      this.decode.record(busy / count, count);
    }
    this.lastSampleEvents = this.events;
    this.lastSampleNs = now;
    this.lastWaitedNs = waited;
  }

  /** Marks an instrument's book as not to be trusted. */
  stale(instrument: number, reason: StaleReason, tsEvent: number): void {
    this.emit(EventKind.Stale, 0, 0, instrument, tsEvent, reason, 0, 0, 0);
  }

  live(instrument: number, tsEvent: number): void {
    this.emit(EventKind.Live, 0, 0, instrument, tsEvent, StaleReason.None, 0, 0, 0);
  }
}
