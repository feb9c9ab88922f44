/**
 * Captures of different live sessions, each of other venues, as one recording: their lines in the order of receive times,
 * those of one time in the order in which the captures were named. Streamed: a piece of one file of each capture is in
 * memory. Symbols have their venue in front, as in a live session of all of them, and so the events are the same.
 */
import { TapeheadError } from '../../core/errors.ts';
import { MAX_LINE_BYTES, READ_CHUNK_BYTES } from '../../core/limits.ts';
import type { Feed, FeedControl, FeedResult } from '../feed.ts';
import { type InputRef, openSource } from '../input/open.ts';
import type { ByteSource } from '../input/source.ts';
import type { EventSink } from '../sink.ts';
import { checkSymbols } from '../symbols.ts';
import { CaptureDecoder } from './capture-decoder.ts';
import type { LiveHeader } from './capture-header.ts';
import { CaptureSession } from './capture-session.ts';
import { linesOf, NEWLINE } from './lines.ts';
import type { TextOptions } from './market.ts';

/** The files of one live session, in order. */
export interface SessionFiles {
  readonly header: LiveHeader;
  readonly inputs: readonly InputRef[];
}

/** Groups files by live session; null where they are not captures of several sessions with a venue each that no other has. */
export function apartByVenue(files: readonly { input: InputRef; header: LiveHeader | null }[]): SessionFiles[] | null {
  const sessions = new Map<string, { header: LiveHeader; inputs: InputRef[] }>();
  for (const { input, header } of files) {
    if (header === null) return null;
    const known = sessions.get(header.session);
    if (known === undefined) sessions.set(header.session, { header, inputs: [input] });
    else known.inputs.push(input);
  }
  const venues = [...sessions.values()].flatMap(({ header }) => header.venues.map((one) => one.venue));
  return sessions.size < 2 || new Set(venues).size < venues.length ? null : [...sessions.values()];
}

export class MergedCaptures implements Feed {
  private readonly session: CaptureSession;
  private readonly streams: CaptureStream[];
  private readonly symbols: readonly string[] | null;

  /** `chunkBytes`: bytes read at a time. */
  constructor(captures: readonly SessionFiles[], options: TextOptions, chunkBytes = READ_CHUNK_BYTES) {
    const session = new CaptureSession(options);
    this.session = session;
    this.symbols = options.symbols;
    this.streams = captures.map(
      ({ inputs }) => new CaptureStream(inputs, new CaptureDecoder(options, session), chunkBytes),
    );
  }

  async run(sink: EventSink, control: FeedControl): Promise<FeedResult> {
    const { streams, session } = this;
    const { stats } = session.market;
    try {
      for (const stream of streams) await stream.advance();
      for (let first = this.first(null); first !== null; first = this.first(null)) {
        if (!(await this.runAhead(first, this.first(first), sink, control))) return { stats, truncated: null };
      }
      if (sink.messages === 0) throw new TapeheadError('EMPTY', 'not one whole message in these captures');
      checkSymbols(this.symbols, session.seenSymbols());
      return { stats, truncated: streams.find((stream) => stream.truncated !== null)?.truncated ?? null };
    } finally {
      for (const stream of streams) await stream.close();
      stats.publish([...session.remarks(), ...streams.flatMap((stream) => stream.decoder.ownRemarks())]);
      sink.flush();
    }
  }

  /** The capture whose next line is the earliest; null: all ended. */
  private first(except: CaptureStream | null): CaptureStream | null {
    let first: CaptureStream | null = null;
    for (const stream of this.streams) {
      if (stream === except || stream.isEnded) continue;
      if (first === null || stream.time < first.time) first = stream;
    }
    return first;
  }

  /** Emits this capture's lines until it is the other's turn. False: the run is to stop. */
  private async runAhead(
    stream: CaptureStream,
    other: CaptureStream | null,
    sink: EventSink,
    control: FeedControl,
  ): Promise<boolean> {
    const until = other === null ? Number.POSITIVE_INFINITY : other.time;
    const isFirstOfEqual = other === null || this.streams.indexOf(stream) < this.streams.indexOf(other);
    do {
      stream.emit(sink);
      if (sink.done) return false;
      if (!stream.nextInPiece()) {
        sink.flush();
        await stream.advance();
        control.progress(this.streams.reduce((sum, one) => sum + one.diskBytes, 0));
        if (control.stopRequested()) return false;
      }
    } while (!stream.isEnded && (stream.time < until || (stream.time === until && isFirstOfEqual)));
    return true;
  }
}

/** The lines of one capture, over its files. */
class CaptureStream {
  readonly decoder: CaptureDecoder;
  /** Receive time of the line at hand, session ns. One without a time has that of the line before it. */
  time = Number.NEGATIVE_INFINITY;
  isEnded = false;
  /** Where the capture was cut. */
  truncated: string | null = null;
  private readonly inputs: readonly InputRef[];
  private nextInput = 0;
  private source: ByteSource | null = null;
  private finishedBytes = 0;
  private readonly chunkBytes: number;
  private bytes: Uint8Array;
  private text: Buffer;
  /** The line at hand, what follows it, and where what was read ends. */
  private from = 0;
  private to = 0;
  private at = 0;
  private end = 0;
  private lineNumber = 0;
  /** Byte of the file at which bytes[0] stands. */
  private pieceAt = 0;

  constructor(inputs: readonly InputRef[], decoder: CaptureDecoder, chunkBytes: number) {
    this.inputs = inputs;
    this.decoder = decoder;
    this.chunkBytes = chunkBytes;
    this.bytes = new Uint8Array(2 * chunkBytes);
    this.text = linesOf(this.bytes);
  }

  /** Bytes on disk that were read. */
  get diskBytes(): number {
    return this.finishedBytes + (this.source?.diskBytes ?? 0);
  }

  emit(sink: EventSink): void {
    this.decoder.lineOf(this.bytes, this.from, this.to, this.lineNumber, this.pieceAt + this.from, sink);
  }

  /** Goes to the next line, if the whole of it is in memory. */
  nextInPiece(): boolean {
    const newline = this.text.indexOf(NEWLINE, this.at);
    if (newline < 0 || newline >= this.end) return false;
    this.take(newline, newline + 1);
    return true;
  }

  /** Goes to the next line, wherever it is; or to the end. */
  async advance(): Promise<void> {
    while (!this.nextInPiece()) {
      if (this.source === null) {
        if (!(await this.open())) return;
      } else if (!(await this.read(this.source)) && (await this.finish(this.source))) return;
    }
  }

  async close(): Promise<void> {
    await this.source?.close();
    this.source = null;
  }

  private take(to: number, next: number): void {
    this.from = this.at;
    this.to = to;
    this.at = next;
    this.lineNumber++;
    const time = this.decoder.timeOf(this.bytes, this.from, to);
    if (time > this.time) this.time = time;
  }

  /** False: there is no further file. */
  private async open(): Promise<boolean> {
    if (this.nextInput === this.inputs.length) {
      this.isEnded = true;
      return false;
    }
    if (this.truncated !== null) {
      throw new TapeheadError('TRUNCATED', `${this.truncated}, but more files follow: the recording has a hole there`);
    }
    this.source = await openSource(this.inputs[this.nextInput++]);
    this.decoder.beginFile(this.source.name);
    this.at = 0;
    this.end = 0;
    this.lineNumber = 0;
    this.pieceAt = 0;
    return true;
  }

  /** False: the file ends. */
  private async read(source: ByteSource): Promise<boolean> {
    this.bytes.copyWithin(0, this.at, this.end);
    this.pieceAt += this.at;
    this.end -= this.at;
    this.at = 0;
    if (this.end + this.chunkBytes > this.bytes.length) this.grow(source.name);
    const count = await source.read(this.bytes, this.end, this.chunkBytes);
    this.end += count;
    return count > 0;
  }

  private grow(name: string): void {
    if (this.end > MAX_LINE_BYTES) {
      const what = `the line at byte ${this.pieceAt} has no end within ${MAX_LINE_BYTES} bytes`;
      throw new TapeheadError('CORRUPT', `${name}: ${what}: damaged, or not this format`);
    }
    const larger = new Uint8Array(2 * this.bytes.length);
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
    this.text = linesOf(larger);
  }

  /** The end of a file: true where a last line without a newline is at hand now. One that is cut is reported. */
  private async finish(source: ByteSource): Promise<boolean> {
    const { at, end } = this;
    const isCut = at < end && Number.isNaN(this.decoder.timeOf(this.bytes, at, end));
    if (isCut) {
      const where = `line ${this.lineNumber + 1} (byte ${this.pieceAt + at})`;
      this.truncated = `${source.name} ends inside ${where}, replayed up to there`;
    }
    if (source.truncated !== null) this.truncated = `${source.name}: ${source.truncated}, replayed up to there`;
    this.finishedBytes += source.diskBytes;
    await this.close();
    if (at < end && !isCut) {
      this.take(end, end);
      return true;
    }
    this.end = at;
    return false;
  }
}
