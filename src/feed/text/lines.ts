/**
 * Text recordings: one message a line. Cuts pieces of a file into lines, knows where in the file each stands, and turns
 * what is wrong with one into an error that says so. A final line without its newline may be cut: it is used if it is
 * whole, and reported if not.
 */
import { TapeheadError } from '../../core/errors.ts';
import type { Decoder } from '../feed.ts';
import type { EventSink } from '../sink.ts';
import { FrameError } from './json-cursor.ts';
import type { TextMarket } from './market.ts';

export const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** The same bytes, to look for line ends in: a Buffer finds one in 15 ns, a Uint8Array goes byte by byte (2026-11-22). */
export function linesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export abstract class LineDecoder implements Decoder {
  protected readonly market: TextMarket;
  private file = '';
  private lineNumber = 0;
  /** Byte of the file at which the line at hand begins. */
  private lineAt = 0;
  /** Receive time at which the file before ended, until the first line of this one was looked at. */
  private lastEnd = Number.NEGATIVE_INFINITY;
  private readonly where = (): string => `${this.file}:line ${this.lineNumber}`;

  constructor(market: TextMarket) {
    this.market = market;
    market.where = this.where;
  }

  get stats(): TextMarket['stats'] {
    return this.market.stats;
  }

  beginFile(file: string): void {
    if (this.lineNumber > 0) this.lastEnd = this.market.tsRecv;
    this.file = file;
    this.lineNumber = 0;
    this.lineAt = 0;
  }

  decode(bytes: Uint8Array, from: number, to: number, sink: EventSink): number {
    this.market.open(sink);
    this.opened(sink);
    const lines = linesOf(bytes);
    let at = from;
    for (;;) {
      const newline = lines.indexOf(NEWLINE, at);
      if (newline < 0 || newline >= to) break;
      this.lineNumber++;
      this.whole(bytes, at, newline);
      this.lineAt += newline + 1 - at;
      at = newline + 1;
      if (sink.done) break;
    }
    this.publish();
    return at;
  }

  endFile(bytes: Uint8Array, from: number, to: number, sink: EventSink): string | null {
    this.market.open(sink);
    this.opened(sink);
    const cut = from === to || sink.done ? null : this.final(bytes, from, to);
    this.publish();
    return cut;
  }

  /** One line of a file that is not read in order. `lineAt`: the byte of the file at which it begins. */
  lineOf(bytes: Uint8Array, from: number, to: number, lineNumber: number, lineAt: number, sink: EventSink): void {
    this.market.open(sink);
    this.market.where = this.where; // another decoder may have the same market
    this.opened(sink);
    this.lineNumber = lineNumber;
    this.lineAt = lineAt;
    this.whole(bytes, from, to);
  }

  /** Every symbol the recording has shown so far, wanted or not. */
  seenSymbols(): string[] {
    return this.market.instruments.seenSymbols();
  }

  /** Brings the statistics up to date. */
  publish(): void {
    this.market.stats.publish(this.remarks());
  }

  /**
   * One line, without its line end. Throws FrameError (`at` within these bytes) when it is not what it must be, having
   * emitted nothing.
   */
  protected abstract line(bytes: Uint8Array, from: number, to: number): void;
  protected abstract remarks(): string[];

  /** Everything that follows goes to `sink`: told to whoever writes events beside `market`. */
  protected opened(_sink: EventSink): void {}

  private whole(bytes: Uint8Array, from: number, to: number): void {
    const end = to > from && bytes[to - 1] === RETURN ? to - 1 : to;
    if (end === from) return; // an empty line holds no message
    try {
      this.line(bytes, from, end);
      if (this.lastEnd > Number.NEGATIVE_INFINITY) this.compareWithLastFile();
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      throw new TapeheadError(
        'CORRUPT',
        `${this.file}:line ${this.lineNumber} (byte ${this.lineAt + error.at - from}): ${error.message}; ` +
          'the recording is damaged there: repair the line or cut the file before it',
      );
    }
  }

  private compareWithLastFile(): void {
    const { market, lastEnd } = this;
    if (market.tsRecv === lastEnd) return; // a line without a time
    if (market.tsRecv < lastEnd) market.stats.note(`${this.file} begins before the file in front of it ends`);
    this.lastEnd = Number.NEGATIVE_INFINITY;
  }

  private final(bytes: Uint8Array, from: number, to: number): string | null {
    this.lineNumber++;
    try {
      this.line(bytes, from, to);
      return null;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return `line ${this.lineNumber} (byte ${this.lineAt})`;
    }
  }
}
