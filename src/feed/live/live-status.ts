/** What a live session shows of itself while it runs, and in its summary. Plain data: it crosses threads. */
export interface LiveVenueStatus {
  readonly venue: string;
  /** Connections that are up, of those wanted. */
  readonly up: number;
  readonly wanted: number;
  readonly frames: number;
  readonly bytes: number;
  /** Session ns of the last frame; 0 before the first. */
  readonly lastFrameNs: number;
  /** Connections that were lost and are made anew. */
  readonly reconnects: number;
  /** Connections replaced ahead of the venue's cut. */
  readonly replaced: number;
  /** Attempts to connect that came to nothing. */
  readonly failedConnects: number;
  readonly silences: number;
  /** Frames and answers that were not what the venue sends. */
  readonly refused: number;
  /** Frames recorded, if that is asked for, and not decoded, because the engine fell behind. */
  readonly skipped: number;
  readonly overruns: number;
  /** Snapshots asked for. */
  readonly resyncs: number;
  readonly failedRequests: number;
  /** 429 and 418. */
  readonly rateLimited: number;
  /** What the venue refused. */
  readonly refusals: number;
  /** Symbols whose book is not to be trusted now. */
  readonly stale: readonly string[];
  /** Over several lines: messages that had come on another one, ... */
  readonly redundant: number;
  /** ... and holes that were in all lines there are. */
  readonly lost: number;
  /** Messages that came twice on their line, or too late. */
  readonly repeated: number;
}

export interface LiveStatus {
  readonly nowNs: number;
  readonly venues: readonly LiveVenueStatus[];
  /** Null where nothing is recorded. */
  readonly record: { readonly files: readonly string[]; readonly diskBytes: number; readonly lineBytes: number } | null;
}

/** The numbers of LiveVenueStatus, while they are counted. */
export class VenueCounts {
  frames = 0;
  bytes = 0;
  lastFrameNs = 0;
  reconnects = 0;
  replaced = 0;
  failedConnects = 0;
  silences = 0;
  refused = 0;
  skipped = 0;
  overruns = 0;
  resyncs = 0;
  failedRequests = 0;
  rateLimited = 0;
  refusals = 0;
}
