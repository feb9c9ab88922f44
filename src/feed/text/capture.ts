/**
 * The capture feed. Events go out in the order of receive times. A capture in that order is streamed; one that is not
 * (recorders that write one connection after the other) is read whole and sorted, lines of one time in the file's order.
 * So every file is read twice: first to see in which order it is.
 */
import { TapeheadError } from '../../core/errors.ts';
import { MAX_LINE_BYTES, MAX_SORTED_CAPTURE_BYTES, READ_CHUNK_BYTES } from '../../core/limits.ts';
import { ChunkedFeed } from '../chunked-feed.ts';
import type { Feed, FeedControl, FeedResult } from '../feed.ts';
import { type InputRef, openSource } from '../input/open.ts';
import type { EventSink } from '../sink.ts';
import { checkSymbols } from '../symbols.ts';
import { CaptureDecoder } from './capture-decoder.ts';
import { type LiveHeader, parseHeader } from './capture-header.ts';
import { linesOf, NEWLINE } from './lines.ts';
import type { TextOptions } from './market.ts';
import { apartByVenue, MergedCaptures } from './merged-captures.ts';

/** What the first reading of a file shows. */
interface Survey {
  readonly inOrder: boolean;
  /** Unpacked. */
  readonly bytes: number;
  readonly lines: number;
  /** Of a live session's capture. */
  readonly header: LiveHeader | null;
}

export interface CaptureOptions extends TextOptions {
  /** Bound of the unpacked size of a capture that must be sorted. */
  readonly maxSortedBytes?: number;
}

/** Captures that are consecutive recordings of one venue; or of live sessions, of different venues at the same time. */
export function createCaptureFeed(paths: readonly (string | InputRef)[], options: CaptureOptions): Feed {
  return new CaptureFeed(
    paths.map((path) => (typeof path === 'string' ? { path, entry: null } : path)),
    options,
  );
}

class CaptureFeed implements Feed {
  private readonly inputs: readonly InputRef[];
  private readonly options: CaptureOptions;
  private readonly decoder: CaptureDecoder;
  private readonly maxSortedBytes: number;

  constructor(inputs: readonly InputRef[], options: CaptureOptions) {
    this.inputs = inputs;
    this.options = options;
    this.decoder = new CaptureDecoder(options);
    this.maxSortedBytes = options.maxSortedBytes ?? MAX_SORTED_CAPTURE_BYTES;
  }

  async run(sink: EventSink, control: FeedControl): Promise<FeedResult> {
    const surveys: Survey[] = [];
    for (const input of this.inputs) surveys.push(await this.survey(input, control));
    if (surveys.every((survey) => survey.inOrder)) {
      const captures = apartByVenue(surveys.map(({ header }, i) => ({ input: this.inputs[i], header })));
      if (captures !== null) return new MergedCaptures(captures, this.options).run(sink, control);
      return new ChunkedFeed(this.inputs, this.decoder, { atEnd: () => this.atEnd() }).run(sink, control);
    }
    return this.sorted(surveys, sink, control);
  }

  private atEnd(): void {
    checkSymbols(this.options.symbols, this.decoder.seenSymbols());
  }

  /** Goes through a file without decoding it. Lines that can't be read are left to the second reading. */
  private async survey(input: InputRef, control: FeedControl): Promise<Survey> {
    let inOrder = true;
    let last = Number.NEGATIVE_INFINITY;
    let lines = 0;
    let header: LiveHeader | null = null;
    const bytes = await forEachLine(input, (piece, from, to) => {
      if (lines++ === 0) header = parseHeader(piece, from, to);
      const time = this.decoder.timeOf(piece, from, to);
      if (time < last) inOrder = false;
      if (time > last) last = time;
      return !control.stopRequested();
    });
    return { inOrder, bytes, lines, header };
  }

  private async sorted(surveys: readonly Survey[], sink: EventSink, control: FeedControl): Promise<FeedResult> {
    const { decoder } = this;
    let truncated: string | null = null;
    let doneBytes = 0;
    try {
      for (const [i, input] of this.inputs.entries()) {
        if (truncated !== null) {
          throw new TapeheadError('TRUNCATED', `${truncated}, but more files follow: the recording has a hole there`);
        }
        const file = await this.load(input, surveys[i]);
        decoder.beginFile(file.name);
        for (let n = 0; n < file.order.length; n++) {
          const line = file.order[n];
          decoder.lineOf(file.bytes, file.from[line], file.to[line], line + 1, file.from[line], sink);
          if (sink.done || ((n & 1023) === 1023 && control.stopRequested())) {
            return { stats: decoder.stats, truncated: null };
          }
        }
        doneBytes += file.diskBytes;
        control.progress(doneBytes);
        truncated = file.truncated;
      }
      if (sink.messages === 0) {
        const names = this.inputs.map((input) => input.path).join(', ');
        throw new TapeheadError('EMPTY', `${names}: not one whole message in it`);
      }
      this.atEnd();
      return { stats: decoder.stats, truncated };
    } finally {
      decoder.publish();
      sink.flush();
    }
  }

  /** The whole file, with the order of its lines by receive time. */
  private async load(input: InputRef, survey: Survey): Promise<LoadedCapture> {
    if (survey.bytes > this.maxSortedBytes) {
      throw new TapeheadError(
        'FORMAT',
        `${input.path}: not in the order of its receive times, and ${survey.bytes} bytes unpacked are too many to sort in ` +
          `memory (${this.maxSortedBytes} at most): sort its lines by "ts" first`,
      );
    }
    const source = await openSource(input);
    try {
      const bytes = new Uint8Array(survey.bytes);
      let size = 0;
      while (size < bytes.length) {
        const count = await source.read(bytes, size, Math.min(READ_CHUNK_BYTES, bytes.length - size));
        if (count === 0) break;
        size += count;
      }
      const index = this.index(bytes.subarray(0, size), survey.lines);
      let truncated = index.cut === null ? null : `${source.name} ends inside ${index.cut}, replayed up to there`;
      // The end is looked for once more: only there does the source know that its compressed data was cut.
      await source.read(new Uint8Array(1), 0, 1);
      if (source.truncated !== null) truncated = `${source.name}: ${source.truncated}, replayed up to there`;
      return { name: source.name, bytes, diskBytes: source.diskBytes, truncated, ...index };
    } finally {
      await source.close();
    }
  }

  private index(bytes: Uint8Array, lines: number): LineIndex {
    const from = new Uint32Array(lines);
    const to = new Uint32Array(lines);
    const time = new Float64Array(lines);
    const text = linesOf(bytes);
    let count = 0;
    let cut: string | null = null;
    for (let at = 0; at < bytes.length && count < lines; ) {
      const newline = text.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      const recvTime = this.decoder.timeOf(bytes, at, end);
      if (newline < 0 && Number.isNaN(recvTime)) {
        cut = `line ${count + 1} (byte ${at})`;
        break;
      }
      from[count] = at;
      to[count] = end;
      // A line that can't be read goes first: decoding it names it, and the run ends there.
      time[count] = Number.isNaN(recvTime) ? Number.NEGATIVE_INFINITY : recvTime;
      count++;
      at = end + 1;
    }
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    order.sort((a, b) => (time[a] < time[b] ? -1 : time[a] > time[b] ? 1 : a - b));
    return { from, to, order, cut };
  }
}

interface LineIndex {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** Line numbers from 0, in the order of their times. */
  readonly order: Uint32Array;
  readonly cut: string | null;
}

interface LoadedCapture extends LineIndex {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly diskBytes: number;
  readonly truncated: string | null;
}

/** Calls `visit` for every line, the last one too if it has no newline; false from it ends the reading. Returns the bytes read. */
async function forEachLine(
  input: InputRef,
  visit: (bytes: Uint8Array, from: number, to: number) => boolean,
): Promise<number> {
  const source = await openSource(input);
  let bytes = new Uint8Array(2 * READ_CHUNK_BYTES);
  let kept = 0;
  let total = 0;
  try {
    for (;;) {
      if (kept + READ_CHUNK_BYTES > bytes.length) {
        if (kept > MAX_LINE_BYTES) return total; // the second reading says what is wrong with it
        const larger = new Uint8Array(2 * bytes.length);
        larger.set(bytes.subarray(0, kept));
        bytes = larger;
      }
      const count = await source.read(bytes, kept, READ_CHUNK_BYTES);
      total += count;
      const end = kept + count;
      const text = linesOf(bytes);
      let at = 0;
      for (;;) {
        const newline = text.indexOf(NEWLINE, at);
        if (newline < 0 || newline >= end) break;
        if (!visit(bytes, at, newline)) return total;
        at = newline + 1;
      }
      if (count === 0) {
        if (at < end) visit(bytes, at, end);
        return total;
      }
      bytes.copyWithin(0, at, end);
      kept = end - at;
    }
  } finally {
    await source.close();
  }
}
