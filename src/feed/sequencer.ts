/**
 * Sequencing: pure state machines, one per book or connection, without clock or I/O. A message's sequence numbers go in,
 * a verdict comes out; what to do with the message and which events to emit is the caller's.
 *
 *   RangeSequencer   Binance: a message covers the ids first..final and is joined to a REST snapshot
 *   ChainSequencer   OKX: a message names its predecessor
 *   StepSequencer    Bybit: a snapshot has a number, every message behind it the next one
 *   CountSequencer   Coinbase, Bitfinex: the messages of a connection are numbered 1, 2, 3, ...
 *
 * After a gap all but the last wait for a snapshot; nothing is applied until then.
 */
export const Verdict = {
  /** Next in line: apply it. */
  Apply: 0,
  /** No snapshot yet (or none since the gap): keep it for the join, or drop it. */
  Wait: 1,
  /** The join's rule drops it: the snapshot holds its changes already. */
  Old: 2,
  /** Applied before: don't apply it again. */
  Duplicate: 3,
  /** Older than what was applied, and not applied itself: don't apply it. */
  OutOfOrder: 4,
  /** Messages are missing in front of it. */
  Gap: 5,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** How a message lies to a snapshot. */
export const Join = {
  /** The snapshot holds it all. */
  Before: 0,
  /** It carries the book on from the snapshot: the first to apply. */
  Joins: 1,
  /** Messages between the snapshot and it are missing. */
  Beyond: 2,
} as const;
export type Join = (typeof Join)[keyof typeof Join];

/** `previous` of a message that names no predecessor. */
export const NO_PREVIOUS = -1;

/**
 * Binance's rules ("How to manage a local order book correctly"). Spot messages have `first` (U) and `final` (u): drop
 * final <= snapshot id; the first applied has first <= id + 1 <= final; then first = previous final + 1. Futures messages
 * also name the previous final (pu): drop final < id; the first applied has first <= id <= final, or follows the
 * snapshot directly (pu = id); then pu = previous final.
 */
export class RangeSequencer {
  /** What the last message with a verdict above Old should have been, and was. */
  expected = 0;
  received = 0;
  /** Spot messages that began below the next id but went past it. Applied: quantities are absolute. */
  overlaps = 0;
  private state: 'waiting' | 'joining' | 'live' = 'waiting';
  private snapshotId = 0;
  /** Final id of the last message applied (of the snapshot while joining), or seen while waiting. */
  private last = -1;
  private lastFirst = -1;

  get waiting(): boolean {
    return this.state === 'waiting';
  }

  /** A snapshot was applied and a message joined to it. */
  get live(): boolean {
    return this.state === 'live';
  }

  /** The snapshot with this id was applied. */
  join(id: number): void {
    this.state = 'joining';
    this.snapshotId = id;
    this.last = id;
    this.lastFirst = -1;
  }

  /** The book is not to be trusted any more, and where the stream stands is not known (a new connection). */
  reset(): void {
    this.state = 'waiting';
    this.last = -1;
    this.lastFirst = -1;
  }

  /** The book is not to be trusted any more; the stream goes on. */
  distrust(): void {
    this.state = 'waiting';
  }

  /** A live book's next message, as it should be: `next` would apply it. */
  isNext(first: number, final: number, previous: number): boolean {
    if (this.state !== 'live' || final < first || final <= this.last) return false;
    return previous === NO_PREVIOUS ? first === this.last + 1 : previous === this.last;
  }

  next(first: number, final: number, previous: number): Verdict {
    if (this.state === 'waiting') return this.whileWaiting(first, final);
    if (this.state === 'joining') return this.whileJoining(first, final, previous);
    this.expected = previous === NO_PREVIOUS ? this.last + 1 : this.last;
    this.received = previous === NO_PREVIOUS ? first : previous;
    if (final <= this.last) {
      const applied = final > this.snapshotId || this.isLast(first, final);
      return applied ? Verdict.Duplicate : Verdict.OutOfOrder;
    }
    if (this.received === this.expected) return this.applied(first, final);
    if (previous === NO_PREVIOUS && first < this.expected) {
      this.overlaps++;
      return this.applied(first, final);
    }
    return this.gap(first, final);
  }

  private whileWaiting(first: number, final: number): Verdict {
    this.expected = this.last + 1;
    this.received = first;
    if (final <= this.last) return this.isLast(first, final) ? Verdict.Duplicate : Verdict.OutOfOrder;
    this.last = final;
    this.lastFirst = first;
    return Verdict.Wait;
  }

  private whileJoining(first: number, final: number, previous: number): Verdict {
    const join = joinOf(this.snapshotId, first, final, previous);
    if (join === Join.Before) return Verdict.Old;
    if (join === Join.Joins) {
      this.state = 'live';
      return this.applied(first, final);
    }
    this.expected = previous === NO_PREVIOUS ? this.snapshotId + 1 : this.snapshotId;
    this.received = previous === NO_PREVIOUS ? first : previous;
    return this.gap(first, final);
  }

  private isLast(first: number, final: number): boolean {
    return final === this.last && first === this.lastFirst;
  }

  private applied(first: number, final: number): Verdict {
    this.last = final;
    this.lastFirst = first;
    return Verdict.Apply;
  }

  private gap(first: number, final: number): Verdict {
    this.state = 'waiting';
    this.last = final;
    this.lastFirst = first;
    return Verdict.Gap;
  }
}

/** How the Binance message lies to a snapshot with this id. */
export function joinOf(id: number, first: number, final: number, previous: number): Join {
  if (previous === NO_PREVIOUS) {
    if (final <= id) return Join.Before;
    return first <= id + 1 ? Join.Joins : Join.Beyond;
  }
  if (final < id) return Join.Before;
  return first <= id || previous === id ? Join.Joins : Join.Beyond;
}

/** Links of the chain that are remembered, to tell a message that came twice. */
const REMEMBERED = 16;

/**
 * OKX's rule ("Sequence ID"): a snapshot names no predecessor, every update names the sequence of the message before it.
 * Numbers may repeat (nothing changed for a minute) and, after maintenance, start lower. So a lower number says nothing
 * of age: only an update that was seen in just this form is a duplicate, any other that does not fit is a gap. (A late
 * one would be, too; but the message with the lower numbers may be the one that is missing.)
 */
export class ChainSequencer {
  expected = 0;
  received = 0;
  private live = false;
  private last = 0;
  /** Pairs (previous, sequence) of the last updates applied, in a ring. */
  private readonly links = new Float64Array(2 * REMEMBERED);
  private linkCount = 0;

  join(sequence: number): void {
    this.live = true;
    this.last = sequence;
    this.linkCount = 0;
  }

  reset(): void {
    this.live = false;
  }

  next(previous: number, sequence: number): Verdict {
    if (!this.live) return Verdict.Wait;
    this.expected = this.last;
    this.received = previous;
    if (previous === this.last) {
      this.last = sequence;
      const at = 2 * (this.linkCount++ % REMEMBERED);
      this.links[at] = previous;
      this.links[at + 1] = sequence;
      return Verdict.Apply;
    }
    if (this.wasApplied(previous, sequence)) return Verdict.Duplicate;
    this.live = false;
    return Verdict.Gap;
  }

  private wasApplied(previous: number, sequence: number): boolean {
    const { links } = this;
    const end = 2 * Math.min(this.linkCount, REMEMBERED);
    for (let at = 0; at < end; at += 2) if (links[at] === previous && links[at + 1] === sequence) return true;
    return false;
  }
}

/**
 * Bybit's rule ("Orderbook", u and seq): a snapshot has the number u, every delta behind it one more. After a restart the
 * venue begins anew with a snapshot of u = 1. Should that one be lost its deltas would look old by u; but seq, which only
 * grows, tells them from deltas that really are.
 */
export class StepSequencer {
  expected = 0;
  received = 0;
  /** seq of the message at hand, stated before `join` and `next`; 0 where there is none. As an argument it would be boxed. */
  cross = 0;
  private last = 0;
  private lastCross = 0;
  private snapshotAt = 0;

  /** A snapshot was applied. */
  join(update: number): void {
    this.last = update;
    this.lastCross = this.cross;
    this.snapshotAt = update;
  }

  next(update: number): Verdict {
    this.expected = this.last + 1;
    this.received = update;
    if (update === this.last + 1) {
      this.last = update;
      this.lastCross = this.cross;
      return Verdict.Apply;
    }
    if (update > this.last || update <= 1 || this.cross > this.lastCross) return Verdict.Gap;
    return update > this.snapshotAt ? Verdict.Duplicate : Verdict.OutOfOrder;
  }
}

/** Messages of one connection, numbered without a hole. It goes on after a gap; the books of the connection don't. */
export class CountSequencer {
  expected = 0;
  received = 0;
  private started = false;
  private due = 0;
  private first = 0;
  /** The last hole: a message out of it is late, not a duplicate. */
  private holeFrom = 0;
  private holeTo = 0;

  reset(): void {
    this.started = false;
  }

  next(sequence: number): Verdict {
    if (!this.started) {
      this.started = true;
      this.first = sequence;
      this.due = sequence;
      this.holeFrom = 0;
      this.holeTo = 0;
    }
    this.expected = this.due;
    this.received = sequence;
    if (sequence === this.due) {
      this.due = sequence + 1;
      return Verdict.Apply;
    }
    if (sequence < this.due) {
      const late = sequence < this.first || (sequence >= this.holeFrom && sequence < this.holeTo);
      return late ? Verdict.OutOfOrder : Verdict.Duplicate;
    }
    this.holeFrom = this.due;
    this.holeTo = sequence;
    this.due = sequence + 1;
    return Verdict.Gap;
  }
}
