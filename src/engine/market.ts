/**
 * The market as the engine sees it: books, which of them can be trusted, and their published touch. A pure function of
 * the events applied; shared by the engine (which journals what changes) and by `tapehead book` (which prints it).
 */
import { Books, type EventMemory } from '../book/books.ts';
import { EventFlag, EventKind, StaleReason } from '../core/event.ts';

export const MarketChange = {
  None: 0,
  /** The touch of the event's instrument differs from the published one (only after the last event of a message). */
  Touch: 1,
  /** The instrument went stale, changed its reason, or is live again. */
  Standing: 2,
} as const;

/** How often and how long an instrument could not be trusted, in the recording's time. */
export interface StaleSpans {
  spans: number;
  totalNs: number;
  /** Start of the span under way, or -1. */
  sinceNs: number;
  lastReason: StaleReason;
}

export class Market {
  readonly books: Books;
  /** Events seen, by kind. */
  readonly eventsByKind = new Float64Array(64);
  /** Per instrument; the initial wait for a snapshot is not a span. */
  readonly staleSpans: StaleSpans[] = [];
  /** Touches found crossed / locked at the end of a message. */
  crossed = 0;
  locked = 0;
  /** Published touch: bid price, bid qty, ask price, ask qty per instrument. */
  private published = new Float64Array(16 * 4);

  constructor(expectedOrders?: number) {
    this.books = new Books(expectedOrders);
  }

  /** Applies one event and returns MarketChange bits; after Touch, `books.touch` holds the new touch. */
  apply(memory: EventMemory, w: number): number {
    const head = memory.u32[w * 2];
    const instrument = memory.u32[w * 2 + 1];
    const kind = head & 0xff;
    this.eventsByKind[kind]++;
    const books = this.books;
    books.apply(memory, w);
    let change: number = MarketChange.None;
    if (kind === EventKind.Instrument) this.defineStanding(instrument);
    else if (kind === EventKind.Stale) change = this.setStanding(instrument, memory.f64[w + 3], memory.f64[w + 1]);
    else if (kind === EventKind.Live) change = this.setStanding(instrument, StaleReason.None, memory.f64[w + 1]);
    if (books.problem !== StaleReason.None) {
      change |= this.setStanding(instrument, books.problem, memory.f64[w + 1]);
    }
    if (change !== MarketChange.None || ((head >>> 16) & EventFlag.Last) !== 0) {
      change |= this.checkTouch(instrument, change !== MarketChange.None);
    }
    return change;
  }

  /**
   * Accounts for an event that the books applied ahead (`Books.applyStaged`), in its turn; true when it changed the
   * published touch, which `books.touch` then holds as of that event.
   */
  applied(memory: EventMemory, w: number, staged: number): boolean {
    this.eventsByKind[memory.u32[w * 2] & 0xff]++;
    if (!this.books.stagedTouch(staged)) return false;
    const instrument = memory.u32[w * 2 + 1];
    return this.books.staleReason[instrument] === StaleReason.None && this.publish(instrument);
  }

  /**
   * Touch when the book is live and its best levels are not the published ones. Without `thorough` only a touch that
   * changed since the last look is compared: most messages leave it alone.
   */
  private checkTouch(instrument: number, thorough: boolean): number {
    const books = this.books;
    if (instrument >= books.defs.length || books.staleReason[instrument] !== StaleReason.None) return MarketChange.None;
    if (!books.ladders.touchMoved(instrument) && !thorough) return MarketChange.None;
    books.readTouch(instrument);
    return this.publish(instrument) ? MarketChange.Touch : MarketChange.None;
  }

  /** Publishes `books.touch`; false where that is what was published last. */
  private publish(instrument: number): boolean {
    const { touch } = this.books;
    const published = this.published;
    const p = instrument * 4;
    if (
      touch[0] === published[p] &&
      touch[1] === published[p + 1] &&
      touch[2] === published[p + 2] &&
      touch[3] === published[p + 3]
    ) {
      return false;
    }
    published[p] = touch[0];
    published[p + 1] = touch[1];
    published[p + 2] = touch[2];
    published[p + 3] = touch[3];
    if (touch[1] > 0 && touch[3] > 0 && touch[0] >= touch[2]) {
      if (touch[0] === touch[2]) this.locked++;
      else this.crossed++;
    }
    return true;
  }

  private setStanding(instrument: number, reason: number, ns: number): number {
    const books = this.books;
    if (books.defs[instrument] === undefined || books.staleReason[instrument] === reason) return MarketChange.None;
    const spans = this.staleSpans[instrument];
    const was = books.staleReason[instrument];
    books.staleReason[instrument] = reason;
    if (was !== StaleReason.None && spans.sinceNs >= 0) {
      spans.totalNs += ns - spans.sinceNs;
      spans.sinceNs = -1;
    }
    if (reason !== StaleReason.None && reason !== StaleReason.AwaitingSnapshot) {
      if (was === StaleReason.None || was === StaleReason.AwaitingSnapshot) spans.spans++;
      spans.sinceNs = ns;
      spans.lastReason = reason as StaleReason;
    }
    // A stale touch was withdrawn: whatever the book shows when it is live again is news.
    const p = instrument * 4;
    this.published.fill(-1, p, p + 4);
    return MarketChange.Standing;
  }

  /** Makes room for what is kept per instrument; once per definition. */
  defineStanding(instrument: number): void {
    if (this.staleSpans[instrument] === undefined) {
      this.staleSpans[instrument] = { spans: 0, totalNs: 0, sinceNs: -1, lastReason: StaleReason.None };
    }
    if (instrument * 4 < this.published.length) return;
    const larger = new Float64Array(Math.max(instrument + 1, this.published.length >> 1) * 4);
    larger.set(this.published);
    this.published = larger;
  }
}
