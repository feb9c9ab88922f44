/**
 * A network between a MoldUDP64 sender and an arbiter, in made-up time: packets of random sizes go over two lines that lose,
 * repeat, hold back and mix them up; a server answers requests, over a line that loses as well. All from one seed.
 */
import { Prng } from '../../../src/core/prng.ts';
import { type ArbiterOut, type ArbiterRules, MoldArbiter } from '../../../src/feed/live/itch/arbiter.ts';
import { moldPacket } from './itch-support.ts';

export interface NetworkRates {
  readonly drop: number;
  readonly duplicate: number;
  /** Share of packets that come late, and by how much at most, ns. */
  readonly delay: number;
  readonly delayNs: number;
}

export interface NetworkOptions {
  readonly seed: number;
  readonly messages: readonly Uint8Array[];
  readonly lines: number;
  readonly rates: NetworkRates;
  /** Share of requests and of answers that are lost; null: there is no server. */
  readonly serverDrop: number | null;
  readonly rules: ArbiterRules;
  readonly lengths?: Uint8Array | null;
}

interface Arrival {
  readonly atNs: number;
  readonly order: number;
  readonly line: number;
  readonly packet: Buffer;
}

const SESSION = 'TEST000001';
const STEP_NS = 20_000;
const SERVER_NS = 300_000;
/** Messages in an answer, at most. */
const ANSWER = 7;

export class Network {
  readonly arbiter: MoldArbiter;
  /** Numbers in the order in which they were delivered, and their content. */
  readonly delivered: number[] = [];
  readonly contents: Uint8Array[] = [];
  readonly lost: (readonly [number, number])[] = [];
  /** Numbers of the messages that reached each line before the end. */
  readonly reached: readonly Set<number>[];
  requests = 0;
  /** Told of every delivery, beside what is kept here. */
  onMessages: ((bytes: Uint8Array, from: number, to: number, count: number) => void) | null = null;
  onLost: ((from: number, to: number) => void) | null = null;
  private readonly clock = new Float64Array(1);
  private readonly random: Prng;
  private readonly options: NetworkOptions;
  private readonly arrivals: Arrival[] = [];
  private order = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.random = new Prng(options.seed);
    this.reached = Array.from({ length: options.lines }, () => new Set<number>());
    const out: ArbiterOut = {
      messages: (bytes, from, to, count) => this.messages(bytes, from, to, count),
      lost: (from, to) => {
        this.lost.push([from, to]);
        this.onLost?.(from, to);
      },
      request: (sequence, count) => this.answer(sequence, count),
      line: () => {},
    };
    const { lines, serverDrop, rules, lengths } = options;
    this.arbiter = new MoldArbiter(lines, serverDrop !== null, null, rules, this.clock, lengths ?? null, out);
  }

  /** Sends everything and lets time pass until the arbiter has seen the end. */
  run(): void {
    const { messages, lines } = this.options;
    let at = 0;
    let nowNs = 0;
    while (at < messages.length) {
      const count = Math.min(1 + this.random.below(5), messages.length - at);
      for (let line = 0; line < lines; line++) this.send(line, nowNs, at + 1, messages.slice(at, at + count));
      at += count;
      nowNs += STEP_NS;
    }
    for (let i = 0; i < 200; i++) {
      const end = moldPacket(SESSION, messages.length + 1, [], 0xffff);
      for (let line = 0; line < lines; line++) this.add(nowNs + i * 5e6, line, end);
    }
    this.live();
  }

  private send(line: number, nowNs: number, sequence: number, messages: readonly Uint8Array[]): void {
    const { rates } = this.options;
    if (this.random.unit() < rates.drop) return;
    for (let i = 0; i < messages.length; i++) this.reached[line].add(sequence + i);
    const packet = moldPacket(SESSION, sequence, messages);
    const late = this.random.unit() < rates.delay ? this.random.unit() * rates.delayNs : 0;
    this.add(nowNs + this.random.below(1000) + late, line, packet);
    if (this.random.unit() < rates.duplicate) this.add(nowNs + this.random.unit() * rates.delayNs, line, packet);
  }

  private answer(sequence: number, count: number): void {
    const { serverDrop, messages, lines } = this.options;
    this.requests++;
    if (serverDrop === null || this.random.unit() < serverDrop || this.random.unit() < serverDrop) return;
    const some = messages.slice(sequence - 1, sequence - 1 + Math.min(count, ANSWER));
    this.add(this.clock[0] + SERVER_NS, lines, moldPacket(SESSION, sequence, some));
  }

  private add(atNs: number, line: number, packet: Buffer): void {
    const arrival = { atNs, order: this.order++, line, packet };
    let i = this.arrivals.length;
    while (i > 0 && before(arrival, this.arrivals[i - 1])) i--;
    this.arrivals.splice(i, 0, arrival);
  }

  /** Time goes from arrival to arrival, and to what is due between them. */
  private live(): void {
    const { arbiter, clock } = this;
    while (!arbiter.ended) {
      const next = this.arrivals[0];
      if (next === undefined) throw new Error(`seed ${this.options.seed}: nothing comes any more, and it is not over`);
      if (arbiter.dueNs < next.atNs) {
        clock[0] = Math.max(clock[0], arbiter.dueNs);
        arbiter.tick();
        continue;
      }
      this.arrivals.shift();
      clock[0] = Math.max(clock[0], next.atNs);
      arbiter.datagram(next.line, next.packet, 0, next.packet.length);
      arbiter.tick();
    }
  }

  private messages(bytes: Uint8Array, from: number, to: number, count: number): void {
    const first = this.arbiter.next - count;
    let at = from;
    for (let i = 0; i < count; i++) {
      const length = bytes[at] * 256 + bytes[at + 1];
      this.delivered.push(first + i);
      this.contents.push(bytes.slice(at + 2, at + 2 + length));
      at += 2 + length;
    }
    if (at !== to) throw new Error(`seed ${this.options.seed}: blocks of ${at - from} bytes in ${to - from}`);
    this.onMessages?.(bytes, from, to, count);
  }
}

function before(a: Arrival, b: Arrival): boolean {
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order);
}

/** Messages of random bytes, 1 to 40 long, that tell their own number. */
export function numbered(count: number, random: Prng): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const message = Uint8Array.from({ length: 4 + random.below(36) }, () => random.below(256));
    new DataView(message.buffer).setUint32(0, i + 1);
    return message;
  });
}
