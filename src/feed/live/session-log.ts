/**
 * Everything that happens in a live session goes through here: it is told to the session, which decodes, and written
 * into the capture, in one order and with one time. So the capture replays to what the session emitted.
 */
import type { EventSink } from '../sink.ts';
import type { CaptureSession, SessionVenue } from '../text/capture-session.ts';
import type { LiveClock } from './live-clock.ts';
import type { SymbolTerms } from './protocol.ts';
import type { Recorder } from './recorder.ts';

/** With a smaller share of the ring free frames are skipped, ... */
const SKIP_BELOW = 0.25;
/** ... until so much is free. */
const RESUME_ABOVE = 0.75;
/** How long a feed whose engine is behind waits for it before it skips; the system keeps what comes meanwhile. */
const PATIENCE_MS = 100;

export type Fate = 'read' | 'refused' | 'skipped';

export class SessionLog {
  private readonly session: CaptureSession;
  private readonly clock: LiveClock;
  private readonly recorder: Recorder | null;
  private readonly sink: EventSink;
  private readonly relieve: () => void;
  private isSkipping = false;
  private readonly nap = new Int32Array(new SharedArrayBuffer(4));
  private bytes = new Uint8Array(1 << 16);

  /** `relieve`: called when the ring is nearly full; a consumer on this same thread takes its turn then. */
  constructor(
    session: CaptureSession,
    clock: LiveClock,
    recorder: Recorder | null,
    sink: EventSink,
    relieve: () => void,
  ) {
    this.session = session;
    this.clock = clock;
    this.recorder = recorder;
    this.sink = sink;
    this.relieve = relieve;
  }

  get now(): number {
    return this.clock.now();
  }

  terms(venue: SessionVenue, conn: string, terms: SymbolTerms): void {
    const now = this.begin();
    const { symbol, tick, lot } = terms;
    this.number(conn);
    this.session.terms(venue, symbol, tick, lot);
    this.recorder?.line('terms', conn, now, { symbol, tick, lot });
    this.sink.flush();
  }

  /** Returns the number of the connection. */
  connected(venue: SessionVenue, conn: string, url: string): number {
    const now = this.begin();
    const connection = this.number(conn);
    this.session.connected(venue, connection);
    this.recorder?.line('connect', conn, now, { addr: url });
    this.sink.flush();
    return connection;
  }

  disconnected(venue: SessionVenue, conn: string, why: string): void {
    const now = this.begin();
    this.session.disconnected(venue, this.number(conn));
    this.recorder?.line('disconnect', conn, now, { why });
    this.sink.flush();
  }

  silent(venue: SessionVenue, conn: string): void {
    const now = this.begin();
    this.session.silent(venue, this.number(conn));
    this.recorder?.line('silent', conn, now);
    this.sink.flush();
  }

  sent(conn: string, text: string): void {
    this.recorder?.line('send', conn, this.begin(), { data: text });
  }

  note(conn: string, text: string): void {
    this.recorder?.line('note', conn, this.begin(), { text });
  }

  /** A frame of a connection. */
  frame(venue: SessionVenue, conn: string, connection: number, frame: Buffer): Fate {
    const now = this.begin();
    const length = frame.length;
    const bytes = this.keep(frame);
    let fate: Fate = 'skipped';
    if (this.isBehind()) this.session.skipped(venue);
    else fate = this.session.offered(venue, bytes, 0, length, connection) ? 'read' : 'refused';
    this.sink.flush();
    this.recorder?.frame(
      fate === 'read' ? 'recv' : fate === 'refused' ? 'refused' : 'skip',
      conn,
      now,
      bytes,
      0,
      length,
    );
    return fate;
  }

  /** An answer of the REST interface. */
  answer(venue: SessionVenue, conn: string, url: string, body: Uint8Array): Fate {
    const now = this.begin();
    if (this.isBehind()) {
      this.recorder?.line('note', conn, now, { text: `not used, the engine is behind: ${url}` });
      return 'skipped';
    }
    const isWanted = venue.decoder.wantsRest(url);
    if (isWanted) this.number(conn);
    const isRead = this.session.offeredAnswer(venue, url, body, 0, body.length);
    this.recorder?.frame(isRead ? 'http' : 'refused', conn, now, body, 0, body.length, url);
    this.sink.flush();
    return isRead ? 'read' : 'refused';
  }

  /** Given in the order of the capture's lines: a replay gives the same. */
  private number(conn: string): number {
    const name = Buffer.from(conn, 'utf8');
    return this.session.connection(name, 0, name.length);
  }

  private begin(): number {
    const now = this.clock.now();
    this.session.at(now);
    return now;
  }

  /** Whether frames are skipped now; looks at the ring. */
  isBehind(): boolean {
    let free = this.sink.freeShare();
    if (free < SKIP_BELOW) {
      this.relieve();
      free = this.sink.freeShare();
    }
    // A whole book in one frame fills the ring by itself, and the engine may only be waiting for a core: it is given a moment.
    for (let ms = 0; !this.isSkipping && free < SKIP_BELOW && ms < PATIENCE_MS; ms++) {
      Atomics.wait(this.nap, 0, 0, 1);
      free = this.sink.freeShare();
    }
    if (this.isSkipping ? free > RESUME_ABOVE : free < SKIP_BELOW) this.isSkipping = !this.isSkipping;
    return this.isSkipping;
  }

  /** Frames are read from one array: who scans them keeps views of it. */
  private keep(frame: Buffer): Uint8Array {
    if (frame.length > this.bytes.length) this.bytes = new Uint8Array(2 * frame.length);
    frame.copy(this.bytes);
    return this.bytes;
  }
}
