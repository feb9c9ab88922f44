/**
 * The journal record: one layout for the journal ring in memory and for the log on disk (FORMAT.md). Little-endian,
 * 8-byte aligned, variable length. Header of 24 bytes:
 *
 *   bytes 0-3    crc32c    u32  over bytes 4 .. length-1; 0 in the ring, filled in by the audit writer
 *         4-5    length    u16  whole record in bytes, a multiple of 8
 *         6      type      u8   RecordType; below 128 an input of the engine, 128 and above an output
 *         7      version   u8   1
 *         8-15   seq       u64  1, 2, 3, ... without a hole over inputs and outputs
 *         16-23  tsEngine  u64  ns since the Unix epoch
 *
 * Market event (types 1-63, the type is the EventKind; 80 bytes):
 *         24     kind u8, 25 side u8, 26-27 flags u16, 28-31 instrument u32     (word 0 of the event as it is)
 *         32-39  tsRecv    u64  ns since the Unix epoch
 *         40-47  tsEvent   u64  ns since the Unix epoch
 *         48-79  words 3-6 of the event (price, qty, orderId, id2 as float64, or the kind's own payload)
 *
 * The other types' bodies stand beside their names below.
 */
export const RECORD_HEADER_BYTES = 24;
export const RECORD_VERSION = 1;
/** Of the log as a whole: what a record means, and what the engine makes of an input. Stands in LogStart. */
export const LOG_FORMAT_VERSION = 1;
export const MARKET_RECORD_BYTES = 80;
export const BBO_RECORD_BYTES = 64;
export const MAX_RECORD_BYTES = 256;

export const RecordType = {
  /** In the ring only: skip to the start of the ring. Never on disk. */
  Pad: 0,

  // 1-63: market events, see EventKind

  /** Input. First record of a log. 24-31 session midnight u64 epoch ns; 32-39 seed f64; 40-43 format version u32; 44-47 config bytes u32. */
  LogStart: 96,
  /** Input. Part of the configuration (canonical JSON, UTF-8): 24-27 offset u32, 28-31 bytes in this part u32, 32.. the bytes, zero-padded to 8. */
  Config: 97,
  /** Input. The run ends: 24-27 StopReason u32; 28-31 0; 32-39 market events so far, f64. */
  Stop: 98,

  /** Output. The touch of one book changed: 24-25 BboFlag u16, 26-27 0, 28-31 instrument u32, 32-39 bid price, 40-47 bid qty, 48-55 ask price, 56-63 ask qty (f64; qty 0 = side empty, its price 0). */
  Bbo: 128,
  /** Output. A book's standing changed: 24-27 StaleReason u32 (0 = live), 28-31 instrument u32. */
  BookState: 129,
  /** Output. Every `checkpointEvery` inputs: 24-27 levels hash low u32, 28-31 high u32, 32-39 inputs so far f64, 40-47 live orders f64. */
  Checkpoint: 130,
  /** Output. Last record of a log that was closed: 24-27 state hash low u32, 28-31 high u32, 32-39 market events f64, 40-47 instruments f64, 48-55 gaps f64, 56-63 checksum failures f64. */
  End: 131,
} as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

export const BboFlag = { Crossed: 1, Locked: 2, BidEmpty: 4, AskEmpty: 8 } as const;

export const StopReason = { EndOfFeed: 0, Interrupted: 1, FeedError: 2 } as const;
export type StopReason = (typeof StopReason)[keyof typeof StopReason];
export const STOP_REASON_TEXT: readonly string[] = ['end of feed', 'interrupted', 'feed error'];

export const FIRST_OUTPUT_TYPE = 128;
export const LAST_MARKET_TYPE = 63;

export function isMarketType(type: number): boolean {
  return type >= 1 && type <= LAST_MARKET_TYPE;
}

export function isOutputType(type: number): boolean {
  return type >= FIRST_OUTPUT_TYPE;
}
