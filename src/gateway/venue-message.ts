/**
 * From a venue gateway to the engine: messages of 24 little-endian words, 8-byte aligned, in a SPSC ring (ring/spsc.ts).
 * Each has four 64-byte slots, the last one unused: a power of two, so that none wraps around the ring's end or is seen in
 * part (venue-ring.ts). Every one becomes an input of the engine, journalled before it acts.
 *
 *   word  field
 *   0     bytes 0 kind u8 (VenueMessage), 1 venue u8 (index in the run's list), 2-3 0, 4-7 instrument u32 (0 where none)
 *   1     tsRecv, session ns f64
 *   2-21  by kind:
 *
 *   Report     2-19 ExecReport.values; 20 commission in units of 1e-8 of its asset f64; 21 CommissionAsset f64;
 *              22 price decimals and 23 quantity decimals that its numbers are in
 *   Standing   2 GatewayStanding; 3 reason (RejectCode or an HTTP status, 0: none)
 *              ExecReport.orderId is 0: the engine knows its orders by ClOrdID; any ClOrdID of an order's chain may stand there.
 *   OpenOrder  2 side, 3 ClOrdID (0: none of ours), 4 venue's order id, 5 price ticks, 6 qty lots, 7 cum lots;
 *              22, 23 as above
 *   Position   2 lots, signed; 22, 23 as above
 *   Balance    2-3 asset, up to 16 ASCII bytes, zero-padded; 4 free, 5 locked, in units of 1e-8 f64 (exact to 2^53)
 *   Settled    2 number of the reconciliation that it ends: everything the venue has was told since it began
 *   Unknown    2 ClOrdID of an order whose state could not be found out; 3 HTTP status or 0
 *
 * The gateway is the one writer, the engine the one reader. Back-pressure: the gateway waits; nothing is dropped.
 */

export const VenueMessage = {
  Report: 1,
  Standing: 2,
  OpenOrder: 3,
  Position: 4,
  Balance: 5,
  Settled: 6,
  Unknown: 7,
} as const;
export type VenueMessage = (typeof VenueMessage)[keyof typeof VenueMessage];

export const VENUE_MESSAGE_WORDS = 24;
/** Slots of the ring that a message takes. */
export const VENUE_MESSAGE_SLOTS = 4;

export const GatewayStanding = {
  /** No connection: nothing can be sent, what was sent may be unknown. */
  Down: 0,
  /** Connected and signed in; what the venue has is being told. */
  Reconciling: 1,
  /** Orders are taken. */
  Ready: 2,
  /** It will not come back: a bad key, a refused account. */
  Failed: 3,
} as const;
export type GatewayStanding = (typeof GatewayStanding)[keyof typeof GatewayStanding];

export const CommissionAsset = { None: 0, Base: 1, Quote: 2, Other: 3 } as const;
export type CommissionAsset = (typeof CommissionAsset)[keyof typeof CommissionAsset];

/**
 * Actions of the order ring beyond those of an order (core/record.ts, OrderAction). Define: words 1-3 symbol, up to 24 ASCII
 * bytes, zero-padded; word 4 price decimals, word 5 quantity decimals; in force for all commands behind it.
 *
 * Query: the state of the order with this ClOrdID is wanted, as reports: its trades, then New, or how it ended; Rejected with
 * VenueUnknownOrder once it is certain that the venue never had it. Word 2: 0, or, where the ClOrdID is of a replace that was
 * not answered, the order's ClOrdID before it: the answer is Replaced or ReplaceRejected then. Word 3: the whole quantity of
 * the order under this ClOrdID, executed part included (a replace may have become a new order at the venue, of the rest).
 *
 * Reconcile: word 1 its number; everything the venue has is wanted. CancelAll: every open order of this run, at the end; word 1
 * the number of the Settled that is to follow when none is left (0: none).
 */
export const GatewayAction = { Define: 4, Query: 5, Reconcile: 6, CancelAll: 7 } as const;
export type GatewayAction = (typeof GatewayAction)[keyof typeof GatewayAction];
