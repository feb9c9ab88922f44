/**
 * Follows the book of one day beside its message file: what the orderbook file adds to the messages (a seed, levels that
 * enter or leave the window) and whether its rows agree with them. Pure: rows in, changes and verdicts out.
 */
import { Side } from '../../core/event.ts';
import { BookRow, LobsterType, type MessageRow, type RowSide } from './rows.ts';
import { WindowChanges, WindowSide } from './window.ts';

/** What is to be done about a message. */
export const Outcome = {
  /** Emit the message, then `changes`. */
  Follows: 0,
  /** The row shows a book that the messages do not lead to, or a message takes more than there was. */
  Differs: 1,
  /** The message is about a price that the orderbook file's window does not show: its book is not affected. */
  Beyond: 2,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export class BookCheck {
  readonly row: BookRow;
  readonly bids: WindowSide;
  readonly asks: WindowSide;
  readonly changes: WindowChanges;
  /** Levels that entered the window from below. */
  adopted = 0;
  /** After Differs: the first level that does: the row's quantity and ours, 0 where there is none. */
  rowQty = 0;
  ownQty = 0;

  constructor(levels: number) {
    this.row = new BookRow(levels);
    this.bids = new WindowSide(Side.Bid, -1, levels);
    this.asks = new WindowSide(Side.Ask, 1, levels);
    this.changes = new WindowChanges(4 * (levels + 2));
  }

  /** The book before the first message: the first row, with the message taken back. */
  seedBefore(message: MessageRow): void {
    this.seedFromRow();
    const side = this.sideOf(message);
    if (side === null || !side.isKnown(side.keyOf(message.price))) return;
    side.change(side.keyOf(message.price), 0 - bookDelta(message));
  }

  seedFromRow(): void {
    this.bids.seed(this.row.bids);
    this.asks.seed(this.row.asks);
  }

  /** Applies a message whose row has been parsed into `row`. After Differs the row was not taken over. */
  withRow(message: MessageRow): Outcome {
    const { bids, asks, row, changes } = this;
    const outcome = this.withoutRow(message);
    const differs = this.differs(bids, row.bids) || this.differs(asks, row.asks);
    if (differs || outcome === Outcome.Differs) return Outcome.Differs;
    this.adopted += bids.adopt(row.bids, changes) + asks.adopt(row.asks, changes);
    return outcome;
  }

  /** Applies a message that has no row. */
  withoutRow(message: MessageRow): Outcome {
    this.changes.count = 0;
    const side = this.sideOf(message);
    if (side === null) return Outcome.Follows;
    const key = side.keyOf(message.price);
    if (!side.isKnown(key)) return Outcome.Beyond;
    const exact = side.change(key, bookDelta(message));
    side.trim(this.changes);
    if (exact) return Outcome.Follows;
    this.rowQty = 0;
    this.ownQty = 0;
    return Outcome.Differs;
  }

  /** Without rows: a level that may be the best one of its side is not known. */
  get isTouchUnknown(): boolean {
    return this.bids.isTouchUnknown || this.asks.isTouchUnknown;
  }

  private differs(side: WindowSide, row: RowSide): boolean {
    const at = side.differenceFrom(row);
    if (at < 0) return false;
    this.rowQty = at < row.count ? row.qtys[at] : 0;
    this.ownQty = at < side.count ? side.qtys[at] : 0;
    return true;
  }

  /** Null for a message that changes no displayed order. */
  private sideOf(message: MessageRow): WindowSide | null {
    if (message.type > LobsterType.Execution) return null;
    return message.direction > 0 ? this.bids : this.asks;
  }
}

function bookDelta(message: MessageRow): number {
  return message.type === LobsterType.Submission ? message.size : 0 - message.size;
}
