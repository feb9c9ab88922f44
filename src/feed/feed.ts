/**
 * What every recorded feed offers to the feed worker, and what every decoder offers to a feed.
 * Decoders are pure: bytes in, events into the sink, no I/O, no clock. Feeds own the I/O.
 */
import type { EventSink } from './sink.ts';

export type FormatName = 'itch50' | 'lobster' | 'binance' | 'capture';

/**
 * Turns bytes into events. Messages may be cut anywhere by the chunking: `decode` consumes whole messages only.
 * Content that makes the rest of the recording untrustworthy throws `TapeheadError` ('CORRUPT' or 'FORMAT') whose
 * message names the byte offset (binary) or line (text) within the file; `where` turns a position into that phrase.
 */
export interface Decoder {
  /** A new file of the same stream starts; `file` is named in errors. Sequencing state carries over. */
  beginFile(file: string): void;
  /** Decodes the whole messages in bytes[from, to) and returns where the first incomplete one begins (`to` if none). */
  decode(bytes: Uint8Array, from: number, to: number, sink: EventSink): number;
  /** The file ended with bytes[from, to) undecoded (none when from = to): the final line, or a cut message. Returns a phrase that names what was cut, or null. */
  endFile(bytes: Uint8Array, from: number, to: number, sink: EventSink): string | null;
  readonly stats: FeedStats;
}

/** What a feed counts beside the events themselves (those are counted by the engine, from the events). */
export interface FeedStats {
  /** Venue messages by the venue's own type name. */
  readonly messagesByType: Map<string, number>;
  checksumsVerified: number;
  /** One-line remarks for the summary ("GOOG: 44451 levels entered the window from below"). */
  readonly notes: string[];
}

export function newFeedStats(): FeedStats {
  return { messagesByType: new Map(), checksumsVerified: 0, notes: [] };
}

export interface FeedControl {
  /** True when the run is to stop early (SIGINT); looked at between chunks. */
  stopRequested(): boolean;
  /** Progress in bytes of the files as they are on disk. */
  progress(bytesRead: number): void;
}

export interface FeedResult {
  readonly stats: FeedStats;
  /** The last file ended inside a message: one line that says where. The run counts, up to there. */
  readonly truncated: string | null;
}

export interface Feed {
  /** Reads everything in order and emits it; resolves at the end, rejects with TapeheadError. */
  run(sink: EventSink, control: FeedControl): Promise<FeedResult>;
}
