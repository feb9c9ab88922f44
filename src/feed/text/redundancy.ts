/**
 * One stream over several connections (A/B lines, or the two connections of a make-before-break): the first arrival of a
 * message wins, later ones are dropped, and a message counts as lost only when every line that is up has gone past it.
 * Until then what is ahead of it is held, for HOLD_NS of receive time at most. Pure: connection, sequence and receive
 * time in, a verdict out; a recorded session decides the same when it is replayed.
 *
 * A decoder asks `offer` for every sequenced message. While something is held (`holding`), it takes what `nextReady` of
 * every stream has, behind every frame and every line that is lost. Messages are told apart by (stream, last sequence).
 * Held messages are copied: that happens after a loss only.
 */
import { NO_PREVIOUS } from '../sequencer.ts';

/** How long a message may wait for the other lines to fill the hole in front of it, ns of receive time. */
export const HOLD_NS = 250_000_000;
/** Messages of one stream that may wait; at one more the hole is given up. */
const MAX_HELD = 1024;

export const Offer = {
  /** The first arrival, and next in line (or its predecessor is lost): use it. */
  Take: 0,
  /** Came already: drop it. */
  Drop: 1,
  /** Messages in front of it are missing on this line, another may still bring them: `hold` it. */
  Hold: 2,
} as const;
export type Offer = (typeof Offer)[keyof typeof Offer];

export interface HeldMessage {
  readonly bytes: Uint8Array;
  readonly line: number;
  readonly first: number;
  readonly final: number;
  readonly previous: number;
  readonly heldAt: number;
}

/** The lines of one venue, and what its streams count. */
export class Redundancy {
  /** Messages dropped because another line had brought them. */
  redundant = 0;
  /** Messages dropped because their own line had brought them, or gone past them: a line repeats itself, or reorders. */
  repeated = 0;
  /** Holes that no line filled. */
  lost = 0;
  /** Messages that filled a hole of another line. */
  filled = 0;
  /** Streams that hold something. */
  holding = 0;
  readonly streams: StreamLines[] = [];
  private readonly lines: number[] = [];

  /** Connections that are up, and carry the streams. */
  get up(): readonly number[] {
    return this.lines;
  }

  lineUp(line: number): void {
    if (this.lines.includes(line)) return;
    this.lines.push(line);
    for (const stream of this.streams) stream.forget(line);
  }

  lineDown(line: number): void {
    const at = this.lines.indexOf(line);
    if (at >= 0) this.lines.splice(at, 1);
  }

  /** What there is to say of the lines, for the summary. */
  remarks(): string[] {
    const { redundant, repeated, filled, lost } = this;
    const remarks: string[] = [];
    if (redundant + filled > 0) {
      remarks.push(`several lines: ${redundant} messages had come on another line, ${filled} filled a hole of one`);
    }
    if (lost > 0) remarks.push(`${lost} holes in the streams that no line filled`);
    if (repeated > 0) remarks.push(`${repeated} messages came twice on their line, or too late`);
    return remarks;
  }

  stream(): StreamLines {
    const stream = new StreamLines(this);
    this.streams.push(stream);
    return stream;
  }
}

export class StreamLines {
  private readonly all: Redundancy;
  /** Sequence of the last message taken; -1 before the first. */
  private last = -1;
  /** By line: the highest sequence it has brought; -1 before the first. */
  private readonly reached: number[] = [];
  /** The numbers began anew behind this one, on another line than these, which still bring the old ones. */
  private restartedAt = -1;
  private readonly notRestarted: number[] = [];
  /** By first sequence. */
  private readonly held: HeldMessage[] = [];

  constructor(all: Redundancy) {
    this.all = all;
  }

  /** `offer` would take it, and nothing waits for it: the usual message of the line that is ahead. */
  isPlainlyNext(first: number, final: number, previous: number): boolean {
    return this.held.length === 0 && this.isNext(first, final, previous);
  }

  /** `offer` would drop it, and nothing is held: the usual message of the line that is behind. */
  isPlainlyOld(first: number, final: number, previous: number): boolean {
    return this.held.length === 0 && final <= this.last && !this.isNext(first, final, previous);
  }

  /** The message covers first..final; `previous`: the last sequence of the one before it, or NO_PREVIOUS. */
  offer(line: number, first: number, final: number, previous: number): Offer {
    const { all } = this;
    if (this.notRestarted.length > 0 && this.isOfOldNumbers(line, first, final, previous)) return this.drop(false);
    const isBehind = this.saw(line, final);
    if (this.isNext(first, final, previous)) {
      if (this.held.length > 0) all.filled++;
      if (final < this.last) this.restart(line, final);
      this.last = final;
      return Offer.Take;
    }
    if (final <= this.last) return this.drop(isBehind);
    if (this.isHeld(final)) {
      const drop = this.drop(isBehind);
      return this.isLost() ? Offer.Hold : drop;
    }
    if (this.held.length > 0 || !this.isLost()) return Offer.Hold;
    all.lost++;
    this.last = final;
    return Offer.Take;
  }

  /** For streams whose numbers only rise: newer than all before? */
  offerNewest(line: number, sequence: number): Offer {
    const isBehind = this.saw(line, sequence);
    if (sequence <= this.last) return this.drop(isBehind);
    this.last = sequence;
    return Offer.Take;
  }

  /** Sequence of the last message taken; -1 before the first. */
  get lastTaken(): number {
    return this.last;
  }

  /**
   * A snapshot of what the messages up to `sequence` made, in front of a book that is live: whether the book is to start
   * anew from it. Not where the messages are still to come on another line, or came.
   */
  offerSnapshot(line: number, sequence: number): boolean {
    const { all } = this;
    this.saw(line, sequence);
    if (all.up.length > 1 && (sequence <= this.last || !this.isLost())) {
      all.redundant++;
      return false;
    }
    if (sequence < this.last) this.reset();
    this.join(line, sequence);
    return true;
  }

  /** A snapshot was taken: the stream goes on behind it. What is held and not in it stays. */
  join(line: number, sequence: number): void {
    this.last = sequence;
    this.saw(line, sequence);
  }

  /** Keeps a copy of a message that `offer` said Hold of, received at `now`. One that is held already is not kept twice. */
  hold(
    bytes: Uint8Array,
    from: number,
    to: number,
    line: number,
    first: number,
    final: number,
    previous: number,
    now: number,
  ): void {
    const { held, all } = this;
    if (this.isHeld(final)) return;
    if (held.length === 0) all.holding++;
    let at = held.length;
    while (at > 0 && held[at - 1].first > first) at--;
    held.splice(at, 0, { bytes: new Uint8Array(bytes.subarray(from, to)), line, first, final, previous, heldAt: now });
  }

  /** The next held message that may be used at `now`, or null. */
  nextReady(now: number): HeldMessage | null {
    const { held, all } = this;
    while (held.length > 0) {
      const head = held[0];
      const isOld = head.final <= this.last;
      const isNext = this.isNext(head.first, head.final, head.previous);
      const isGivenUp = this.isLost() || held.length > MAX_HELD || now - head.heldAt > HOLD_NS;
      if (!isNext && !isOld && !isGivenUp) return null;
      held.shift();
      if (held.length === 0) all.holding--;
      if (isOld && !isNext) {
        all.redundant++;
        continue;
      }
      if (!isNext) all.lost++;
      this.last = head.final;
      return head;
    }
    return null;
  }

  /** The stream begins anew: the next message of any line is the first. What is held goes. */
  reset(): void {
    this.last = -1;
    this.notRestarted.length = 0;
    this.reached.length = 0;
    if (this.held.length === 0) return;
    this.held.length = 0;
    this.all.holding--;
  }

  /** The line is a new one: where it stands is not known. */
  forget(line: number): void {
    if (line < this.reached.length) this.reached[line] = -1;
  }

  /** The line has not come to where the numbers began anew; it has if this message is of the new ones. */
  private isOfOldNumbers(line: number, first: number, final: number, previous: number): boolean {
    const at = this.notRestarted.indexOf(line);
    if (at < 0) return false;
    if (previous !== this.restartedAt && final > this.last && !this.isNext(first, final, previous)) return true;
    this.notRestarted.splice(at, 1);
    return false;
  }

  /** A chain went on with lower numbers (OKX, after maintenance): what the lines have reached says nothing any more. */
  private restart(line: number, final: number): void {
    this.restartedAt = this.last;
    this.notRestarted.length = 0;
    for (const other of this.all.up) if (other !== line) this.notRestarted.push(other);
    this.reached.fill(-1);
    this.saw(line, final);
  }

  /** True where the line had come so far before. */
  private saw(line: number, final: number): boolean {
    while (this.reached.length <= line) this.reached.push(-1);
    if (final <= this.reached[line]) return true;
    this.reached[line] = final;
    return false;
  }

  private drop(isBehind: boolean): Offer {
    if (isBehind) this.all.repeated++;
    else this.all.redundant++;
    return Offer.Drop;
  }

  private isNext(first: number, final: number, previous: number): boolean {
    if (this.last < 0) return true;
    if (previous === NO_PREVIOUS) return final > this.last && first <= this.last + 1;
    return previous === this.last && final !== this.last;
  }

  private isHeld(final: number): boolean {
    const { held } = this;
    if (held.length === 0 || final > held[held.length - 1].final) return false;
    return held.some((message) => message.final === final);
  }

  /** Every line that is up has gone past what comes behind the last message taken. */
  private isLost(): boolean {
    for (const line of this.all.up) if (!(this.reached[line] > this.last)) return false;
    return true;
  }
}
