/** What a live session is made from. Plain data: it is handed to the feed worker in place of a recording. */
import type { SessionBase } from '../../core/time.ts';
import type { Endpoints, LiveVenueName } from './protocol.ts';

export interface LiveVenueSource {
  readonly name: LiveVenueName;
  /** As the venue writes them. */
  readonly symbols: readonly string[];
  /** Null: the venue's own. */
  readonly endpoints: Endpoints | null;
  /** Connections with the same subscriptions: 2 are an A and a B line. */
  readonly redundancy: 1 | 2;
  /** False: what the venue says of its instruments is not asked for; units come from the messages, as in a replay. Default: true. */
  readonly terms?: boolean;
}

/** Where raw frames go. The directory must hold no capture yet. */
export interface RecordTo {
  readonly dir: string;
  /** A new file is begun after so many bytes on disk, ... */
  readonly rotateBytes: number;
  /** ... and after so long. */
  readonly rotateMs: number;
}

export interface LiveSource {
  readonly venues: readonly LiveVenueSource[];
  readonly record: RecordTo | null;
  /** UTC midnight of the day on which the session begins: see liveSessionBase (live-clock.ts). */
  readonly sessionBase: SessionBase;
  /** Symbols are called "binance:BTCUSDT": a run of several venues. */
  readonly prefixSymbols: boolean;
  /** Of the random delays before reconnects. */
  readonly seed: number;
}

/** What stands in front of the venue's symbols in this session. */
export function prefixOf(source: LiveSource, venue: LiveVenueSource): string {
  return source.prefixSymbols ? `${venue.name}:` : '';
}
