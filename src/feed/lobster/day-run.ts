/** One LOBSTER day: rows of the message file, each with its row of the orderbook file, to events. */
import { TapeheadError } from '../../core/errors.ts';
import { EventFlag, EventKind, Side, StaleReason, TradingState } from '../../core/event.ts';
import type { FeedStats } from '../feed.ts';
import type { EventSink } from '../sink.ts';
import { BookCheck, Outcome } from './book-check.ts';
import type { LineReader } from './line-reader.ts';
import { BookRow, LobsterType, MessageRow } from './rows.ts';
import type { WindowSide } from './window.ts';

const { Last, Snapshot, Priced, Cross, Hidden } = EventFlag;

/** By LobsterType, for the summary. */
const TYPE_NAMES = [
  '',
  '1 submission',
  '2 cancellation',
  '3 deletion',
  '4 execution',
  '5 hidden execution',
  '6 cross trade',
  '7 trading halt',
];

export interface DayContext {
  readonly instrument: number;
  /** Added to the file's times: from the session's midnight to the day's. */
  readonly offsetNs: number;
  /** Defines the instrument, before the first day's first event. */
  readonly define: ((tsEvent: number) => void) | null;
}

export class LobsterDayRun {
  /** Where the message file ends in the middle of a line or of its compressed data, or null. */
  truncated: string | null = null;
  private readonly messages: LineReader;
  private readonly rows: LineReader | null;
  private readonly context: DayContext;
  private readonly sink: EventSink;
  private readonly message = new MessageRow();
  private check: BookCheck | null = null;
  private readonly counts = new Float64Array(8);
  private begun = false;
  private tsEvent = 0;
  private verified = 0;
  private mismatches = 0;
  private beyond = 0;
  private backwards = 0;
  /** Line of the message file from which on there were no rows; 0: there always were. */
  private blindFrom = 0;
  private blindStale = false;

  constructor(messages: LineReader, rows: LineReader | null, context: DayContext, sink: EventSink) {
    this.messages = messages;
    this.rows = rows;
    this.context = context;
    this.sink = sink;
    this.tsEvent = context.offsetNs;
  }

  /** The line at hand, with the row of the orderbook file at hand if there is one. False: it is cut, the day ends. */
  step(hasRow: boolean): boolean {
    const { messages, message, sink } = this;
    const misfit = message.parse(messages.bytes, messages.from, messages.to);
    if (misfit !== null) {
      if (messages.terminated) throw damaged(messages, misfit);
      this.truncated = cutIn(messages);
      return false;
    }
    if (hasRow) hasRow = this.readRow();
    const ts = message.timeNs + this.context.offsetNs;
    if (ts < this.tsEvent) this.backwards++;
    this.tsEvent = ts;
    this.counts[message.type]++;
    sink.beginMessage(ts);
    if (!this.begun) this.begin(hasRow);
    if (this.check === null) this.emitMessage(Last);
    else if (hasRow && this.blindFrom === 0) this.withRow(this.check);
    else this.unchecked(this.check, this.check.withoutRow(this.message));
    return true;
  }

  /** Adds what was found to the summary. */
  finish(stats: FeedStats, symbol: string): void {
    for (let type = 1; type < this.counts.length; type++) {
      const name = TYPE_NAMES[type];
      if (this.counts[type] > 0) {
        stats.messagesByType.set(name, (stats.messagesByType.get(name) ?? 0) + this.counts[type]);
      }
    }
    stats.checksumsVerified += this.verified;
    const { truncated, name } = this.messages.source;
    if (truncated !== null) this.truncated = `${name}: ${truncated}, replayed up to there`;
    for (const remark of this.remarks()) stats.notes.push(`${symbol}: ${remark}`);
  }

  private remarks(): string[] {
    const { check, mismatches, beyond, blindFrom, backwards } = this;
    const found: string[] = [];
    if (check === null)
      found.push('without an orderbook file: the book starts empty and is stale from the first order never seen');
    else if (check.adopted > 0) {
      found.push(`${check.adopted} levels entered the window from below, as the orderbook file shows them`);
    }
    if (mismatches > 0)
      found.push(`${mismatches} rows of the orderbook file differ from the messages: taken from the row`);
    if (beyond > 0) found.push(`${beyond} messages at prices that the orderbook file does not show`);
    if (blindFrom > 0) {
      found.push(`the orderbook file has no row for line ${blindFrom} of the message file: unchecked from there on`);
    }
    if (backwards > 0) found.push(`time goes back from one message to the next ${backwards} times`);
    return found;
  }

  /** Parses the row at hand; false where it is the cut end of the orderbook file. */
  private readRow(): boolean {
    const rows = this.rows!;
    this.check ??= new BookCheck(BookRow.levelsOf(rows.bytes, rows.from, rows.to));
    const misfit = this.check.row.parse(rows.bytes, rows.from, rows.to);
    if (misfit === null) return true;
    if (rows.terminated) throw damaged(rows, misfit);
    return false;
  }

  /** Before the first message's own event: the instrument, and the book as it was. */
  private begin(hasRow: boolean): void {
    const { context } = this;
    this.begun = true;
    context.define?.(this.tsEvent);
    if (!hasRow) this.check = null;
    if (context.define === null) this.emit(EventKind.Clear, 0, 0, 0, 0);
    if (this.check !== null) {
      this.check.seedBefore(this.message);
      this.emitSnapshot(this.check);
    }
    if (context.define === null) this.emit(EventKind.Live, 0, 0, 0, 0);
  }

  private withRow(check: BookCheck): void {
    const outcome = check.withRow(this.message);
    if (outcome === Outcome.Differs) {
      if (this.rows!.terminated) this.emitRebuild(check);
      else this.unchecked(check, outcome); // the file ends inside a number of this row
      return;
    }
    this.verified++;
    const flags = check.changes.count === 0 ? Last : 0;
    if (outcome === Outcome.Beyond) this.emitBeyond(flags);
    else this.emitMessage(flags);
    this.emitChanges(check);
  }

  /** The orderbook file ended early: what enters the window from below is not known any more. */
  private unchecked(check: BookCheck, outcome: Outcome): void {
    if (this.blindFrom === 0) this.blindFrom = this.messages.lineNumber;
    const goesStale = !this.blindStale && (outcome !== Outcome.Follows || check.isTouchUnknown);
    const hasChanges = check.changes.count > 0;
    this.emitMessage(hasChanges || goesStale ? 0 : Last);
    if (goesStale) {
      this.blindStale = true;
      this.emit(EventKind.Stale, 0, hasChanges ? 0 : Last, StaleReason.UnknownOrder, 0);
    }
    this.emitChanges(check);
  }

  private emitMessage(flags: number): void {
    const { message } = this;
    const side = message.direction > 0 ? Side.Bid : Side.Ask;
    switch (message.type) {
      case LobsterType.Submission:
        this.emitOrder(EventKind.Add, side, flags);
        break;
      case LobsterType.Cancellation:
        this.emitOrder(EventKind.Reduce, side, flags | Priced);
        break;
      case LobsterType.Deletion:
        this.emitOrder(EventKind.Delete, side, flags | Priced);
        break;
      case LobsterType.Execution:
        this.emitOrder(EventKind.Execute, side, flags | Priced);
        break;
      case LobsterType.HiddenExecution: // the side is the hidden order's: the aggressor is on the other one
        this.emitOrder(EventKind.Trade, side === Side.Bid ? Side.Ask : Side.Bid, flags | Hidden);
        break;
      case LobsterType.Cross:
        this.emitOrder(EventKind.Trade, Side.None, flags | Cross);
        break;
      default:
        this.emit(EventKind.Status, 0, flags, tradingState(message.price), 0);
    }
  }

  private emitOrder(kind: EventKind, side: number, flags: number): void {
    const { price, size, orderId } = this.message;
    const { instrument } = this.context;
    this.sink.emit(kind, side, flags, instrument, this.tsEvent, price, size, Math.max(orderId, 0), 0); // -1: none
  }

  /** A message outside of the window: it is told, but can't be part of the book that the rows show. */
  private emitBeyond(flags: number): void {
    const { message, context, sink } = this;
    this.beyond++;
    const type = message.type + 0x30;
    const { size, orderId, price } = message;
    sink.emit(EventKind.Notice, 0, flags, context.instrument, this.tsEvent, type, size, orderId, price);
  }

  private emitChanges(check: BookCheck): void {
    const { count, sides, prices, qtys } = check.changes;
    for (let i = 0; i < count; i++) {
      const flags = i === count - 1 ? Snapshot | Last : Snapshot;
      this.emit(EventKind.Level, sides[i], flags, prices[i], qtys[i]);
    }
  }

  /** The message, and the book anew from a row that the messages do not lead to. */
  private emitRebuild(check: BookCheck): void {
    this.mismatches++;
    this.emitMessage(0);
    check.seedFromRow();
    this.emit(EventKind.ChecksumFailure, 0, 0, check.rowQty, check.ownQty);
    this.emit(EventKind.Stale, 0, 0, StaleReason.Mismatch, 0);
    this.emit(EventKind.Clear, 0, 0, 0, 0);
    this.emitSnapshot(check);
    this.emit(EventKind.Live, 0, Last, 0, 0);
  }

  private emitSnapshot(check: BookCheck): void {
    this.emit(EventKind.SnapshotBegin, 0, Snapshot, 0, 0);
    this.emitLevels(check.bids);
    this.emitLevels(check.asks);
    this.emit(EventKind.SnapshotEnd, 0, Snapshot, 0, 0);
  }

  private emitLevels(side: WindowSide): void {
    for (let at = 0; at < side.count; at++) {
      this.emit(EventKind.Level, side.side, Snapshot, side.priceAt(at), side.qtys[at]);
    }
  }

  private emit(kind: EventKind, side: number, flags: number, price: number, qty: number): void {
    this.sink.emit(kind, side, flags, this.context.instrument, this.tsEvent, price, qty, 0, 0);
  }
}

function tradingState(price: number): TradingState {
  if (price === -1) return TradingState.Halted;
  if (price === 0) return TradingState.QuotationOnly;
  return price === 1 ? TradingState.Trading : TradingState.Unknown;
}

function damaged(lines: LineReader, what: string): TapeheadError {
  return new TapeheadError(
    'CORRUPT',
    `${lines.source.name}:line ${lines.lineNumber}: ${what}: the file is damaged there`,
  );
}

function cutIn(lines: LineReader): string {
  return `${lines.source.name} ends inside line ${lines.lineNumber}, replayed up to there`;
}
