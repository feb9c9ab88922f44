/**
 * Two lines of one MoldUDP64 stream, and what is sent again on request, made into one stream without a hole: the first
 * arrival of a message wins, later ones are counted and dropped. A pure state machine; time is a cell that the caller
 * sets, what is to be done comes out as calls.
 *
 * What is missing (a packet is ahead of it, or a heartbeat counts it) is waited for, because the other line may have it
 * (`holdNs`), then asked for (`retryNs` apart, `tries` times without progress), then given up: `lost`. Meanwhile what is
 * ahead is held, within `maxHeldBytes`; beyond that what is furthest ahead is dropped where it can be asked for again,
 * else the hole is given up at once. Each message is delivered once or lost once, in the order of its number.
 */

import { HeldPackets } from './held-packets.ts';
import { MAX_REQUEST_COUNT, MOLD_SESSION_BYTES, MoldKind, MoldPacket, skipBlocks } from './mold.ts';

export interface ArbiterRules {
  readonly holdNs: number;
  readonly retryNs: number;
  /** Requests without any progress until the missing messages are given up. */
  readonly tries: number;
  /** Two requests are never nearer than this. */
  readonly requestEveryNs: number;
  readonly maxHeldBytes: number;
  /** A line without a packet for so long is down (heartbeats come every second). */
  readonly silenceNs: number;
}

export const ARBITER_RULES: ArbiterRules = {
  holdNs: 5e6,
  retryNs: 50e6,
  tries: 10,
  requestEveryNs: 0.2e6,
  maxHeldBytes: 16 << 20,
  silenceNs: 3e9,
};

export interface ArbiterOut {
  /** The next `count` messages, as blocks in bytes[from, to); valid during the call. */
  messages(bytes: Uint8Array, from: number, to: number, count: number): void;
  /** Messages of the numbers [from, to) did not come and will not be waited for. */
  lost(from: number, to: number): void;
  /** To be asked for, of the server whose turn `attempt` is (counting all requests from 0). */
  request(sequence: number, count: number, attempt: number): void;
  line(line: number, isUp: boolean): void;
}

export interface LineCounts {
  packets: number;
  /** Messages that came here first, and those that were known. */
  first: number;
  duplicate: number;
  /** Packets ahead of something missing. */
  ahead: number;
  /** Messages that were dropped because too much was held; they were asked for again. */
  overflow: number;
  heartbeats: number;
  malformed: number;
  otherSession: number;
  /** Messages that this line skipped, and those of them that it brought later. */
  skipped: number;
  late: number;
  /** How often it fell silent. */
  silences: number;
}

/** Further ahead than any session is long: no number of ours. */
const MAX_AHEAD = 2 ** 36;

export class MoldArbiter {
  readonly lines: readonly LineCounts[];
  /** Messages delivered, and given up. */
  delivered = 0;
  lostMessages = 0;
  /** Holes that were given up, holes that were seen, requests made. */
  holesLost = 0;
  holes = 0;
  requests = 0;
  /** Learnt from the first packet where it was not given. */
  session: Uint8Array | null;
  private readonly rules: ArbiterRules;
  private readonly canRequest: boolean;
  private readonly clock: Float64Array;
  private readonly out: ArbiterOut;
  private readonly packet: MoldPacket;
  private readonly held: HeldPackets;
  /** Cell 0: number of the next message; 1: what the venue is known to have sent, exclusive; 2: the end, or 0. */
  private readonly numbers: Float64Array;
  /** Cell 0: when something is to be done about what is missing; 1: last request. */
  private readonly times = new Float64Array(2);
  private isMissing = false;
  private triesMade = 0;
  /** By line: next number expected there, and the time of its last packet. */
  private readonly lineNext: Float64Array;
  private readonly lineNs: Float64Array;
  private readonly isUp: boolean[];

  /**
   * `lines`: of the venue; packets that answer requests are line number `lines`. `clock`: cell 0 holds the time in ns, set before
   * each call. `lengths`: see MoldPacket. `session`: null for the one of the first packet.
   */
  constructor(
    lines: number,
    canRequest: boolean,
    session: Uint8Array | null,
    rules: ArbiterRules,
    clock: Float64Array,
    lengths: Uint8Array | null,
    out: ArbiterOut,
  ) {
    this.lines = Array.from({ length: lines + 1 }, newLine);
    this.lineNext = new Float64Array(lines + 1);
    this.lineNs = new Float64Array(lines + 1);
    this.isUp = this.lines.map(() => false);
    this.canRequest = canRequest;
    this.session = session;
    this.rules = rules;
    this.clock = clock;
    this.out = out;
    this.packet = new MoldPacket(lengths);
    this.held = new HeldPackets(rules.maxHeldBytes);
    this.numbers = Float64Array.of(1, 1, 0);
    this.times[1] = Number.NEGATIVE_INFINITY;
  }

  /** Number of the next message. */
  get next(): number {
    return this.numbers[0];
  }

  /** Everything up to the session's end was delivered or given up. */
  get ended(): boolean {
    return this.numbers[2] !== 0 && this.numbers[0] >= this.numbers[2];
  }

  /** Messages that are held until what is missing has come. */
  get heldMessages(): number {
    return this.held.messages();
  }

  /** When `tick` has something to do because of what is missing; infinity: nothing is. */
  get dueNs(): number {
    return this.isMissing ? this.times[0] : Number.POSITIVE_INFINITY;
  }

  /** A datagram came on a line. Allocates only when something is missing. */
  datagram(line: number, bytes: Uint8Array, at: number, length: number): void {
    const { packet, numbers } = this;
    const counts = this.lines[line];
    counts.packets++;
    const kind = packet.read(bytes, at, length);
    if (kind === MoldKind.Malformed || packet.sequence[0] - numbers[0] > MAX_AHEAD) {
      counts.malformed++;
      return;
    }
    if (!this.isOurSession(bytes, at)) {
      counts.otherSession++;
      return;
    }
    this.alive(line);
    if (kind === MoldKind.Data) this.data(line, counts, bytes);
    else this.announced(line, counts, kind);
  }

  /** Does what is due: asks, gives up, finds lines silent. Cheap when nothing is. */
  tick(): void {
    const now = this.clock[0];
    if (this.isMissing && now >= this.times[0]) this.missing(now);
    for (let line = 0; line < this.lines.length - 1; line++) {
      if (!this.isUp[line] || now - this.lineNs[line] < this.rules.silenceNs) continue;
      this.isUp[line] = false;
      this.lines[line].silences++;
      this.out.line(line, false);
    }
  }

  private alive(line: number): void {
    this.lineNs[line] = this.clock[0];
    if (this.isUp[line] || line === this.lines.length - 1) return;
    this.isUp[line] = true;
    this.out.line(line, true);
  }

  private isOurSession(bytes: Uint8Array, at: number): boolean {
    const { session } = this;
    if (session === null) {
      this.session = bytes.slice(at, at + MOLD_SESSION_BYTES);
      return true;
    }
    for (let i = 0; i < MOLD_SESSION_BYTES; i++) if (session[i] !== bytes[at + i]) return false;
    return true;
  }

  private data(line: number, counts: LineCounts, bytes: Uint8Array): void {
    const { packet, numbers } = this;
    const { count } = packet;
    const sequence = packet.sequence[0];
    const end = sequence + count;
    this.follow(line, counts, sequence, end);
    if (end > numbers[1]) numbers[1] = end;
    if (end <= numbers[0]) {
      counts.duplicate += count;
    } else if (sequence > numbers[0]) {
      this.hold(line, counts, bytes, sequence, count);
    } else {
      const known = numbers[0] - sequence;
      const from = known === 0 ? packet.from : skipBlocks(bytes, packet.from, known);
      this.deliver(counts, bytes, from, packet.to, count - known, known);
      if (this.isMissing || numbers[1] > numbers[0]) this.progress(line);
    }
  }

  /** What the line itself skipped. */
  private follow(line: number, counts: LineCounts, sequence: number, end: number): void {
    const { lineNext } = this;
    const expected = lineNext[line];
    if (line === this.lines.length - 1) return;
    if (sequence > expected && expected !== 0) counts.skipped += sequence - expected;
    else if (sequence < expected) counts.late += Math.min(end, expected) - sequence;
    if (end > expected) lineNext[line] = end;
  }

  private announced(line: number, counts: LineCounts, kind: MoldKind): void {
    const { numbers } = this;
    counts.heartbeats++;
    if (line === this.lines.length - 1) return; // an answer that has none of the messages asked for
    const next = this.packet.sequence[0];
    this.follow(line, counts, next, next);
    if (kind === MoldKind.End) numbers[2] = next;
    if (next > numbers[1]) numbers[1] = next;
    if (numbers[1] > numbers[0] && !this.isMissing) this.open(this.rules.holdNs);
  }

  private deliver(counts: LineCounts, bytes: Uint8Array, from: number, to: number, count: number, known: number): void {
    counts.first += count;
    counts.duplicate += known;
    this.delivered += count;
    this.numbers[0] += count;
    this.out.messages(bytes, from, to, count);
  }

  private hold(line: number, counts: LineCounts, bytes: Uint8Array, sequence: number, count: number): void {
    const { held, packet } = this;
    counts.ahead++;
    if (held.covers(sequence, count)) {
      counts.duplicate += count;
      return;
    }
    held.add({ sequence, count, line, blocks: bytes.slice(packet.from, packet.to) });
    if (!this.isMissing) this.open(this.rules.holdNs);
    while (!held.hasRoom(0)) {
      if (!this.canRequest) this.giveUp();
      else {
        const furthest = held.takeLast();
        if (furthest !== undefined) this.lines[furthest.line].overflow += furthest.count;
      }
    }
  }

  private open(waitNs: number): void {
    if (!this.isMissing) this.holes++;
    this.isMissing = true;
    this.triesMade = 0;
    this.times[0] = this.clock[0] + waitNs + (this.canRequest ? 0 : this.rules.retryNs);
  }

  /** The next message has come: so may have what follows it. */
  private progress(line: number): void {
    this.takeHeld();
    const { numbers, rules } = this;
    if (numbers[1] <= numbers[0]) {
      this.isMissing = false;
      return;
    }
    // More is missing. An answer may have held a part of what was asked for only: the rest is asked for at once.
    this.isMissing = false;
    this.holes -= line === this.lines.length - 1 ? 1 : 0;
    this.open(line === this.lines.length - 1 ? 0 : rules.holdNs);
  }

  private takeHeld(): void {
    const { held, numbers } = this;
    for (let packet = held.first; packet !== undefined && packet.sequence <= numbers[0]; packet = held.first) {
      held.takeFirst();
      const counts = this.lines[packet.line];
      const known = Math.min(packet.count, numbers[0] - packet.sequence);
      if (known === packet.count) {
        counts.duplicate += known;
        continue;
      }
      const { blocks } = packet;
      this.deliver(counts, blocks, skipBlocks(blocks, 0, known), blocks.length, packet.count - known, known);
    }
  }

  private missing(now: number): void {
    const { rules, times } = this;
    if (!this.canRequest || this.triesMade >= rules.tries) {
      this.giveUp();
      return;
    }
    if (now < times[1] + rules.requestEveryNs) {
      times[0] = times[1] + rules.requestEveryNs;
      return;
    }
    times[1] = now;
    times[0] = now + rules.retryNs;
    this.triesMade++;
    const count = Math.min(this.holeEnd() - this.numbers[0], MAX_REQUEST_COUNT);
    this.out.request(this.numbers[0], count, this.requests++);
  }

  private holeEnd(): number {
    return this.held.first?.sequence ?? this.numbers[1];
  }

  private giveUp(): void {
    const { numbers } = this;
    const from = numbers[0];
    const to = this.holeEnd();
    numbers[0] = to;
    this.lostMessages += to - from;
    this.holesLost++;
    this.out.lost(from, to);
    this.takeHeld();
    this.isMissing = false;
    if (numbers[1] > numbers[0]) this.open(this.rules.holdNs);
  }
}

function newLine(): LineCounts {
  return {
    packets: 0,
    first: 0,
    duplicate: 0,
    ahead: 0,
    overflow: 0,
    heartbeats: 0,
    malformed: 0,
    otherSession: 0,
    skipped: 0,
    late: 0,
    silences: 0,
  };
}
