/**
 * The life of an order: which action may meet it in which status, and where that leads. Nothing else is possible; what
 * is not here is refused and named (OmsOutcome.Refused).
 *
 *   created ─ Sent ─► PendingNew ─ New ─► New ─ Trade ─► PartiallyFilled ─ Trade ─► Filled
 *      │                  │                │                    │
 *   Refused            Rejected            ├── PendingReplace ──┤   confirmed: Replaced, PartiallyFilled; refused: as before
 *      ▼                  ▼                └── PendingCancel ───┘   confirmed: Canceled; refused: as before
 *   Rejected           Rejected
 *                                Canceled, Expired: from every open status, by the venue alone too
 *
 * Source: FIX 4.4, Volume 4, Appendix D, "Order State Change Matrices" (letters below name its scenarios: A vanilla, B
 * cancel, C cancel/replace, D sequencing, E unsolicited, F reject, I time in force, J execution cancels and corrects), and
 * the precedence that it gives OrdStatus where an order is several things at once: PendingCancel 12, PendingReplace 11,
 * Filled 8, Canceled and Expired 5, PartiallyFilled 4, New, Rejected and PendingNew 2. So:
 *  - an order that fills while a request is pending stays pending, with LeavesQty 0, until the request is answered (B.1.c);
 *  - an order that is cancelled, or replaced to no more than its CumQty, when all of it was executed, is Filled (C.3.b, c).
 *
 * Replaced is an open order that has not executed and whose terms a replace has changed. FIX 4.2 reports it so (tag
 * 39=5); FIX 4.4 calls the same order New.
 *
 * Reports may overtake each other, so a report that comes late is allowed where it changes nothing that matters any more:
 * New after a fill, an answer to a request after the order ended, a fill after the end (if the report that ended the order
 * counted it: order-manager.ts).
 */
import { ORD_STATUS_TEXT, OrdStatus } from '../core/order.ts';

/** What may happen to an order: 1-13 the ExecType of a report, from 14 on what happens here. */
export const OrderAct = {
  PendingNew: 1,
  New: 2,
  Trade: 3,
  Canceled: 4,
  Replaced: 5,
  Rejected: 6,
  Expired: 7,
  CancelRejected: 8,
  ReplaceRejected: 9,
  TradeCancel: 10,
  TradeCorrect: 11,
  Triggered: 12,
  Restated: 13,
  /** It passed pre-trade risk and left for the venue. */
  Sent: 14,
  /** Refused here: by pre-trade risk, or because its group is over. */
  Refused: 15,
  /** A cancel request leaves. */
  BeginCancel: 16,
  /** A replace request leaves. */
  BeginReplace: 17,
  /** Cancelled here, before it was ever sent (a held order of a bracket). */
  CancelHeld: 18,
} as const;
export type OrderAct = (typeof OrderAct)[keyof typeof OrderAct];
const ORDER_ACT_TEXT: readonly string[] = ['', ...Object.keys(OrderAct)];
export const ORDER_ACTS = ORDER_ACT_TEXT.length;
export const ORDER_STATUSES = ORD_STATUS_TEXT.length;

type StatusName = Exclude<keyof typeof OrdStatus, 'None'>;
type ActName = keyof typeof OrderAct;

/** Status now -> what happens -> the statuses it may lead to (which of them, the quantities and open requests decide). */
export const ORDER_LIFE: Readonly<Record<StatusName, Readonly<Partial<Record<ActName, readonly StatusName[]>>>>> = {
  PendingNew: {
    Sent: ['PendingNew'],
    Refused: ['Rejected'],
    CancelHeld: ['Canceled'],
    BeginCancel: ['PendingCancel'], // B.1.d: before the venue has answered
    BeginReplace: ['PendingReplace'], // D.2: a chain of requests
    PendingNew: ['PendingNew'],
    New: ['New'], // A.1.a
    Trade: ['PartiallyFilled', 'Filled'], // overtook New, or the venue sends none
    Restated: ['New'], // likewise
    Triggered: ['New'], // likewise
    Rejected: ['Rejected'], // F.1
    Canceled: ['Canceled'], // I.1: IOC and FOK
    Expired: ['Expired'],
  },
  New: {
    BeginCancel: ['PendingCancel'], // B.1.a
    BeginReplace: ['PendingReplace'], // C.1.a
    PendingNew: ['New'], // late
    New: ['New'], // late: something else that proves acceptance overtook it
    Trade: ['PartiallyFilled', 'Filled'],
    Restated: ['New'], // E: peg repriced, quantity reduced by the venue
    Triggered: ['New'],
    Rejected: ['Rejected'], // F: accepted at first, then not
    Canceled: ['Canceled'], // E: unsolicited
    Expired: ['Expired'],
  },
  Replaced: {
    BeginCancel: ['PendingCancel'],
    BeginReplace: ['PendingReplace'], // D.1: one after the other
    PendingNew: ['Replaced'], // late
    New: ['Replaced'], // late
    Trade: ['PartiallyFilled', 'Filled'],
    Restated: ['Replaced'],
    Triggered: ['Replaced'],
    Canceled: ['Canceled'],
    Expired: ['Expired'],
  },
  PartiallyFilled: {
    BeginCancel: ['PendingCancel'], // B.1.b
    BeginReplace: ['PendingReplace'], // C.1.b
    PendingNew: ['PartiallyFilled'], // late
    New: ['PartiallyFilled'], // late
    Trade: ['PartiallyFilled', 'Filled'],
    TradeCancel: ['PartiallyFilled', 'New', 'Replaced'], // J: nothing left executed, and it is New again
    TradeCorrect: ['PartiallyFilled', 'Filled'],
    Restated: ['PartiallyFilled', 'Filled'],
    Triggered: ['PartiallyFilled'], // late
    Canceled: ['Canceled'],
    Expired: ['Expired'],
  },
  PendingCancel: {
    PendingNew: ['PendingCancel'],
    New: ['PendingCancel'], // B.1.e: the two crossed
    Trade: ['PendingCancel'], // B.1.b, c
    TradeCancel: ['PendingCancel'],
    TradeCorrect: ['PendingCancel'],
    Restated: ['PendingCancel'],
    Triggered: ['PendingCancel'],
    Replaced: ['PendingCancel'], // the replace that was pending before the cancel
    ReplaceRejected: ['PendingCancel'], // likewise
    Canceled: ['Canceled', 'Filled'],
    CancelRejected: ['PendingNew', 'New', 'Replaced', 'PartiallyFilled', 'Filled', 'PendingReplace'], // as it would stand without
    Rejected: ['Rejected'],
    Expired: ['Expired', 'Filled'],
  },
  PendingReplace: {
    BeginCancel: ['PendingCancel'], // both are pending then
    PendingNew: ['PendingReplace'],
    New: ['PendingReplace'],
    Trade: ['PendingReplace'], // C.1.b; even the last lot: the replace may raise the quantity (C.1.c)
    TradeCancel: ['PendingReplace'],
    TradeCorrect: ['PendingReplace'],
    Restated: ['PendingReplace'],
    Triggered: ['PendingReplace'],
    Replaced: ['Replaced', 'PartiallyFilled', 'Filled'], // Filled: to no more than was executed (C.3.b, c)
    ReplaceRejected: ['PendingNew', 'New', 'Replaced', 'PartiallyFilled', 'Filled'], // C.2.a
    Canceled: ['Canceled', 'Filled'],
    Rejected: ['Rejected'],
    Expired: ['Expired', 'Filled'],
  },
  // The end. What still arrives changes quantities (late fills, busts, corrections) or closes a request, never the status.
  Filled: {
    PendingNew: ['Filled'],
    New: ['Filled'],
    Trade: ['Filled'],
    TradeCancel: ['Filled'],
    TradeCorrect: ['Filled'],
    Triggered: ['Filled'],
    Restated: ['Filled'],
    Replaced: ['Filled'],
    ReplaceRejected: ['Filled'],
    CancelRejected: ['Filled'], // B.1.c
  },
  Canceled: {
    PendingNew: ['Canceled'],
    New: ['Canceled'],
    Trade: ['Canceled'],
    TradeCancel: ['Canceled'],
    TradeCorrect: ['Canceled'],
    Triggered: ['Canceled'],
    Restated: ['Canceled'],
    Replaced: ['Canceled'],
    ReplaceRejected: ['Canceled'],
    CancelRejected: ['Canceled'],
  },
  Expired: {
    PendingNew: ['Expired'],
    New: ['Expired'],
    Trade: ['Expired'],
    TradeCancel: ['Expired'],
    TradeCorrect: ['Expired'],
    Triggered: ['Expired'],
    Restated: ['Expired'],
    Replaced: ['Expired'],
    ReplaceRejected: ['Expired'],
    CancelRejected: ['Expired'],
  },
  Rejected: {
    PendingNew: ['Rejected'],
    New: ['Rejected'],
    ReplaceRejected: ['Rejected'],
    CancelRejected: ['Rejected'],
  },
};

/** The table as bits: NEXT[status * ORDER_ACTS + act] has bit s set where status s may follow. */
const NEXT: Uint16Array = (() => {
  const next = new Uint16Array(ORDER_STATUSES * ORDER_ACTS);
  for (const [status, acts] of Object.entries(ORDER_LIFE)) {
    for (const [act, following] of Object.entries(acts)) {
      const at = OrdStatus[status as StatusName] * ORDER_ACTS + OrderAct[act as ActName];
      for (const name of following) next[at] |= 1 << OrdStatus[name];
    }
  }
  return next;
})();

/** Whether `act` may meet an order in `status` at all. O(1). */
export function mayHappen(status: number, act: number): boolean {
  return NEXT[status * ORDER_ACTS + act] > 0; // not for an act that is no whole number either
}

/** Whether `act` may lead from `status` to `next`. O(1). */
export function mayLead(status: number, act: number, next: number): boolean {
  return (NEXT[status * ORDER_ACTS + act] & (1 << next)) !== 0;
}

/** A pair in words, for messages: "Trade while Rejected". */
export function pairText(status: number, act: number): string {
  return `${ORDER_ACT_TEXT[act] ?? `act ${act}`} while ${ORD_STATUS_TEXT[status] ?? `status ${status}`}`;
}
