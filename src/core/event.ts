/**
 * The market event: what every decoder produces and every book consumes. One event is one 64-byte slot of a SPSC ring,
 * eight little-endian 8-byte words, 8-byte aligned:
 *
 *   word  bytes   field       type     unit
 *   0     0       kind        u8       EventKind
 *         1       side        u8       Side
 *         2-3     flags       u16      EventFlag bits
 *         4-7     instrument  u32      dense index, given by an Instrument event before its first use
 *   1     8-15    tsRecv      f64      ns since the session's midnight: when we received it
 *   2     16-23   tsEvent     f64      ns since the session's midnight: the venue's own time (tsRecv where it has none)
 *   3     24-31   price       f64      ticks (integer, exact to 2^53)
 *   4     32-39   qty         f64      lots (integer, exact to 2^53)
 *   5     40-47   orderId     f64      the venue's order reference
 *   6     48-55   id2         f64      match id, new order reference, ...
 *   7     56-63   trace       f64      number of the event's trace (core/trace.ts), 0 for most; never journalled
 *
 * What words 3-6 hold, by kind, stands beside each kind below; words not named are 0.
 */
export const SLOT_WORDS = 8;
export const SLOT_WORDS_SHIFT = 3;
export const SLOT_BYTES = 64;

export const EventKind = {
  /** Defines or redefines an instrument. Words 3-6: see `instrument-def.ts`. */
  Instrument: 1,
  /** L3. A new order rests: price, qty, orderId. */
  Add: 2,
  /** L3. A resting order trades: qty executed, orderId, id2 = match id, price = print price with Priced (else 0). */
  Execute: 3,
  /** L3. A resting order shrinks by qty: orderId (and price + side with Priced, for venues that state them). */
  Reduce: 4,
  /** L3. A resting order leaves whole: orderId; qty and price as stated by the venue with Priced, else 0. */
  Delete: 5,
  /** L3. orderId leaves; id2 takes its side with a new price and qty, at the back of the queue. */
  Replace: 6,
  /** The instrument's book is emptied (before a snapshot, at a session boundary). */
  Clear: 7,
  /** L2. The level at price now holds qty (0 removes it); orderId = number of orders where the venue states it. On an L3 book: quantity of unseen orders (anonymous); 0 with Snapshot removes the whole level, known orders too. */
  Level: 8,
  /** A trade that changes no book: price, qty, orderId = resting order where stated, id2 = trade id; side = aggressor. */
  Trade: 9,
  /** Busts the trade with id2. */
  TradeBreak: 10,
  /** The venue's own best bid and offer: price/qty = bid, orderId/id2 = ask price and ask qty. Not a book change. */
  VenueBbo: 11,
  /** Trading state of one instrument: price = TradingState, qty = reason (up to 4 ASCII bytes as u32, big-endian), orderId = code of the market where it is a halt of one market only (ITCH h), else 0. */
  Status: 12,
  /** Session boundary of the venue: price = the venue's event code (ASCII). instrument = 0. */
  Session: 13,
  /** Auction information: price = reference/clearing price, qty = paired, orderId = imbalance, id2 = near (or 0); side of the imbalance. */
  Auction: 14,
  /** Price limits in force: price = lower, qty = reference, orderId = upper, id2 = extension/level. */
  Collar: 15,
  /** Anything else the venue says of an instrument (short-sale restriction, participant state, retail interest, IPO time): price = the venue's message type (ASCII), qty/orderId/id2 = its values. */
  Notice: 16,
  /** A snapshot starts for the instrument: its levels or orders follow, flagged Snapshot. */
  SnapshotBegin: 17,
  /** ... is complete: price = the sequence it is valid at. */
  SnapshotEnd: 18,
  /** Sequence gap: price = expected, qty = received. */
  Gap: 19,
  /** A message whose sequence was already seen: price = expected, qty = received. It was not applied. */
  Duplicate: 20,
  /** A message older than one already applied, and not its duplicate: price = expected, qty = received. Not applied. */
  OutOfOrder: 21,
  /** The venue's checksum differs from ours: price = venue's, qty = ours. */
  ChecksumFailure: 22,
  /** The instrument's book can't be trusted from here on: price = StaleReason. */
  Stale: 23,
  /** ... can be trusted again. */
  Live: 24,
  /** The connection: price = 1 up, 0 down; qty = connection index. instrument = 0. */
  Connection: 25,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** Name of a kind, for summaries and `tapehead log`. */
export const EVENT_KIND_NAMES: readonly string[] = (() => {
  const names: string[] = [];
  for (const [name, kind] of Object.entries(EventKind)) names[kind] = name;
  return names;
})();

export const Side = { None: 0, Bid: 1, Ask: 2 } as const;
export type Side = (typeof Side)[keyof typeof Side];

export const EventFlag = {
  /** Last event of one venue message: the book is consistent, and the bbo is looked at, only after it. */
  Last: 1,
  /** Part of a snapshot, not an incremental. */
  Snapshot: 2,
  /** price (and side) are stated by the venue on an event that otherwise takes them from the order. */
  Priced: 4,
  /** An execution or trade that does not count as a print (ITCH C with printable = N). */
  NonPrintable: 8,
  /** A trade of an auction (cross). */
  Cross: 16,
  /** Hidden (non-displayed) liquidity. */
  Hidden: 32,
} as const;

export const TradingState = { Unknown: 0, Trading: 1, Halted: 2, Paused: 3, QuotationOnly: 4, Closed: 5 } as const;
export type TradingState = (typeof TradingState)[keyof typeof TradingState];

export const StaleReason = {
  None: 0,
  AwaitingSnapshot: 1,
  Gap: 2,
  Checksum: 3,
  Disconnected: 4,
  /** An order was referred to that the recording never showed: the recording starts after it. */
  UnknownOrder: 5,
  /** An order reference was added twice. */
  DuplicateOrder: 6,
  /** A value that does not fit the instrument's units, or makes no sense. */
  BadValue: 7,
  OutOfOrder: 8,
  /** Our book differs from the book the recording itself states. */
  Mismatch: 9,
  /** Live: the engine fell behind, frames were recorded and not decoded. */
  Overrun: 10,
  /** Live: nothing came for longer than the venue's rules allow. */
  Silent: 11,
} as const;
export type StaleReason = (typeof StaleReason)[keyof typeof StaleReason];

export const STALE_REASON_TEXT: readonly string[] = [
  'live',
  'awaiting snapshot',
  'sequence gap',
  'checksum failure',
  'disconnected',
  'order never seen',
  'duplicate order',
  'value out of range',
  'out of order',
  'differs from the recorded book',
  'engine overrun',
  'feed silent',
];

/** Word 0's low half. */
export function eventHead(kind: EventKind, side: number, flags: number): number {
  return kind | (side << 8) | (flags << 16);
}
