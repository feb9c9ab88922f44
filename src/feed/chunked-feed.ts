/** Runs files of one stream through a decoder: reads pieces, carries cut messages over their edges, reports progress. */
import { promisify } from 'node:util';
import { TapeheadError } from '../core/errors.ts';
import { MAX_LINE_BYTES, READ_CHUNK_BYTES } from '../core/limits.ts';
import type { Decoder, Feed, FeedControl, FeedResult } from './feed.ts';
import { type InputRef, openSource } from './input/open.ts';
import type { ByteSource } from './input/source.ts';
import type { EventSink } from './sink.ts';

/** Signals and timers of this thread get their turn between chunks, though plain files are read synchronously. */
const turnOfEventLoop = promisify(setImmediate);

export interface ChunkedFeedOptions {
  /** Called when everything was read (not when the run was stopped early); may throw, e.g. for symbols never seen. */
  readonly atEnd?: () => void;
  /** Bytes read at a time. */
  readonly chunkBytes?: number;
}

export class ChunkedFeed implements Feed {
  private readonly inputs: readonly InputRef[];
  private readonly decoder: Decoder;
  private readonly atEnd: () => void;
  private readonly chunkBytes: number;
  /** bytes[0, kept) hold the start of a message whose rest has not been read yet. */
  private bytes: Uint8Array;
  private kept = 0;
  /** Bytes on disk of the files already finished. */
  private finishedBytes = 0;
  private stopped = false;

  /** `inputs`: consecutive files of one stream, in order. */
  constructor(inputs: readonly (string | InputRef)[], decoder: Decoder, options: ChunkedFeedOptions = {}) {
    this.inputs = inputs.map((input) => (typeof input === 'string' ? { path: input, entry: null } : input));
    this.decoder = decoder;
    this.atEnd = options.atEnd ?? (() => {});
    this.chunkBytes = options.chunkBytes ?? READ_CHUNK_BYTES;
    this.bytes = new Uint8Array(this.chunkBytes + 4096);
  }

  async run(sink: EventSink, control: FeedControl): Promise<FeedResult> {
    let truncated: string | null = null;
    try {
      for (const input of this.inputs) {
        if (truncated !== null) {
          throw new TapeheadError('TRUNCATED', `${truncated}, but more files follow: the recording has a hole there`);
        }
        truncated = await this.file(input, sink, control);
        if (this.stopped) return { stats: this.decoder.stats, truncated: null };
      }
      if (sink.messages === 0) throw this.nothing(truncated);
      this.atEnd();
      return { stats: this.decoder.stats, truncated };
    } finally {
      sink.flush();
    }
  }

  private nothing(truncated: string | null): TapeheadError {
    const names = this.inputs.map((input) => input.path).join(', ');
    return new TapeheadError(
      'EMPTY',
      `${names}: not one whole message in it${truncated === null ? '' : ` (${truncated})`}`,
    );
  }

  private async file(input: InputRef, sink: EventSink, control: FeedControl): Promise<string | null> {
    const source = await openSource(input);
    try {
      this.decoder.beginFile(source.name);
      this.kept = 0;
      await this.pieces(source, sink, control);
      if (this.stopped) return null;
      const cut = this.decoder.endFile(this.bytes, 0, this.kept, sink);
      this.finishedBytes += source.diskBytes;
      if (source.truncated !== null) return `${source.name}: ${source.truncated}, replayed up to there`;
      return cut === null ? null : `${source.name} ends inside ${cut}, replayed up to there`;
    } finally {
      await source.close();
    }
  }

  private async pieces(source: ByteSource, sink: EventSink, control: FeedControl): Promise<void> {
    let readBytes = 0;
    for (;;) {
      this.makeRoom(source.name, readBytes - this.kept);
      const count = await source.read(this.bytes, this.kept, this.chunkBytes);
      if (count === 0) return;
      readBytes += count;
      const to = this.kept + count;
      const from = this.decoder.decode(this.bytes, 0, to, sink);
      this.bytes.copyWithin(0, from, to);
      this.kept = to - from;
      sink.flush();
      control.progress(this.finishedBytes + source.diskBytes);
      this.stopped = sink.done || control.stopRequested();
      if (this.stopped) return;
      await turnOfEventLoop();
    }
  }

  /** A message longer than the buffer makes it grow; `begins` is the byte of the file at which that message begins. */
  private makeRoom(name: string, begins: number): void {
    if (this.kept + this.chunkBytes <= this.bytes.length) return;
    if (this.kept > MAX_LINE_BYTES) {
      throw new TapeheadError(
        'CORRUPT',
        `${name}: the message at byte ${begins} has no end within ${MAX_LINE_BYTES} bytes: damaged, or not this format`,
      );
    }
    const larger = new Uint8Array(2 * (this.kept + this.chunkBytes));
    larger.set(this.bytes.subarray(0, this.kept));
    this.bytes = larger;
  }
}
