/**
 * Runs a recording through the books on the caller's thread, without journal or log: `tapehead book`. The same decoders,
 * ring and books as a replay; what differs is who looks at the result.
 */
import { EventFlag, EventKind } from '../core/event.ts';
import type { DetectedRecording } from '../feed/detect.ts';
import type { FeedResult } from '../feed/feed.ts';
import { openFeed } from '../feed/open.ts';
import { EventSink } from '../feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../ring/spsc.ts';
import { Market } from './market.ts';

const RING_SLOTS = 1 << 12;

/** Kinds that state a change of a book. */
const CHANGES_BOOK = new Uint8Array(256);
for (const kind of [
  EventKind.Add,
  EventKind.Execute,
  EventKind.Reduce,
  EventKind.Delete,
  EventKind.Replace,
  EventKind.Clear,
  EventKind.Level,
]) {
  CHANGES_BOOK[kind] = 1;
}

export interface BookRunOptions {
  readonly symbols: readonly string[] | null;
  /** Messages that count; later ones are not applied. */
  readonly maxMessages: number;
  /** After each venue message with at least one book-changing event of an instrument. */
  readonly onBookChange?: (market: Market, instrument: number, tsEvent: number) => void;
}

export interface BookRunResult {
  readonly market: Market;
  readonly messages: number;
  /** Venue's time of the last event of each instrument, ns since the session's midnight. */
  readonly lastEventNs: readonly number[];
  readonly feed: FeedResult;
}

export async function runBooks(recording: DetectedRecording, options: BookRunOptions): Promise<BookRunResult> {
  const ring = createSpsc(RING_SLOTS);
  const writer = new SpscWriter(ring);
  const reader = new SpscReader(ring);
  const market = new Market();
  const lastEventNs: number[] = [];
  const changed: boolean[] = [];
  const drain = (): void => {
    const count = reader.poll(RING_SLOTS);
    for (let i = 0; i < count; i++) {
      const w = ((reader.cursor + i) & reader.mask) << 3;
      const head = reader.u32[w * 2];
      const instrument = reader.u32[w * 2 + 1];
      market.apply(reader, w);
      lastEventNs[instrument] = reader.f64[w + 2];
      if (CHANGES_BOOK[head & 0xff] === 1) changed[instrument] = true;
      if (((head >>> 16) & EventFlag.Last) !== 0 && changed[instrument] === true) {
        changed[instrument] = false;
        options.onBookChange?.(market, instrument, reader.f64[w + 2]);
      }
    }
    reader.release(count);
  };
  writer.onFull = drain;
  const sink = new EventSink(writer, null, options.maxMessages);
  const feed = await openFeed(recording, { symbols: options.symbols }).run(sink, {
    stopRequested: () => sink.done,
    progress: drain,
  });
  sink.flush();
  drain();
  return { market, messages: sink.messages, lastEventNs, feed };
}
