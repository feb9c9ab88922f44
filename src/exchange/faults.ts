/**
 * Faults on request: the one place through which every frame and every reply of every protocol goes out. What happens is drawn
 * from a seed, counted by name, and can be changed while the venue runs; `next` makes certain ones happen.
 *
 * Market data can be lost, doubled, held back or damaged; what is told about orders can be late, but is lost only as the orders'
 * own faults say. Frames of a line stay in order but for `reorder`: one that is late holds up those behind it.
 */
import { Prng } from '../core/prng.ts';
import { FAULT_NAMES, type FaultName, type FaultSpec, parseFaults } from './fault-spec.ts';
import { type FrameKind, jsonReply, type OrderFate, type ProtocolFaults, type ProtocolReply } from './protocol.ts';

type Frame = string | Uint8Array;

/** Where the frames of a line go in the end. */
export interface Outlet {
  send(frame: Frame): void;
  terminate(): void;
}

/** A frame that nothing overtakes goes out all the same. */
const OVERTAKEN_US = 200_000;
const RETRY_AFTER_SECONDS = 2;
/** No JSON text has this byte; a decoder must notice. */
const DAMAGE = '\u0001';
const ORDER_FAULTS: readonly (readonly [FaultName, OrderFate])[] = [
  ['reject-order', 'reject'],
  ['lose-order', 'lost'],
  ['lose-ack', 'lost-ack'],
];

/** Calls `work` once, so much later; returns what takes that back. */
export type Later = (ms: number, work: () => void) => () => void;

const MACHINE_LATER: Later = (ms, work) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

export class FaultGate implements ProtocolFaults {
  private readonly prng: Prng;
  private readonly clockUs: () => number;
  private readonly lines = new Set<FaultLine>();
  private readonly made = new Map<FaultName, number>();
  private readonly certain = new Map<FaultName, number>();
  private terms: FaultSpec;
  private text: string;
  private readonly later: Later;
  /** What takes back the answers that are late. */
  private readonly late = new Set<() => void>();

  /** `spec`: see fault-spec.ts; '' for none. Throws TapeheadError. */
  constructor(spec: string, seed: number, clockUs: () => number, later: Later = MACHINE_LATER) {
    this.later = later;
    this.prng = new Prng(seed);
    this.clockUs = clockUs;
    this.text = spec;
    this.terms = parseFaults(spec);
  }

  get spec(): string {
    return this.text;
  }

  /** Other faults from now on. Throws TapeheadError, and then nothing is changed. */
  set(spec: string): void {
    this.terms = parseFaults(spec);
    this.text = spec;
    this.certain.clear();
    for (const line of this.lines) line.restart();
  }

  /** The fault happens to the next `count` that it can happen to. */
  next(name: FaultName, count: number): void {
    this.certain.set(name, (this.certain.get(name) ?? 0) + count);
  }

  /** How often each has happened; those that never did are not in it. */
  counts(): Readonly<Record<string, number>> {
    const out: Record<string, number> = {};
    for (const name of FAULT_NAMES) {
      const count = this.made.get(name) ?? 0;
      if (count > 0) out[name] = count;
    }
    return out;
  }

  /** The clock that clients see, µs. */
  nowUs(): number {
    return this.clockUs() + (this.terms.get('skew')?.timeMs ?? 0) * 1000;
  }

  /** Whether the fault happens here and now; counted if so. */
  hits(name: FaultName): boolean {
    const certain = this.certain.get(name) ?? 0;
    if (certain > 0) this.certain.set(name, certain - 1);
    else {
      const chance = this.terms.get(name)?.chance ?? 0;
      if (chance === 0 || this.prng.unit() >= chance) return false;
    }
    this.count(name);
    return true;
  }

  wrongChecksum(): boolean {
    return this.hits('checksum');
  }

  sequenceGap(): number {
    return this.hits('gap') ? 1 : 0;
  }

  orderFate(): OrderFate {
    for (const [name, fate] of ORDER_FAULTS) if (this.hits(name)) return fate;
    return 'fine';
  }

  refusal(): 429 | 418 | null {
    if (this.hits('ban-418')) return 418;
    return this.hits('refuse-429') ? 429 : null;
  }

  /** The refusal that a request by HTTP meets before anybody looks at it, or null. */
  request(): ProtocolReply | null {
    const status = this.refusal();
    if (status === null) return null;
    return refusal(status, -1003, status === 418 ? 'Way too many requests; IP banned.' : 'Too many requests.');
  }

  /** A reply as it goes out. */
  reply(reply: ProtocolReply): ProtocolReply | Promise<ProtocolReply> {
    if (reply.kind !== 'snapshot') return reply;
    const body = this.damaged(reply.body);
    const out = body === reply.body ? reply : { ...reply, body };
    if (!this.hits('slow-snapshot')) return out;
    return new Promise((resolve) => {
      const stop = this.later(this.timeMs('slow-snapshot', 1000), () => {
        this.late.delete(stop);
        resolve(out);
      });
      this.late.add(stop);
    });
  }

  line(outlet: Outlet): FaultLine {
    const line = new FaultLine(this, outlet);
    this.lines.add(line);
    return line;
  }

  drop(line: FaultLine): void {
    this.lines.delete(line);
  }

  /** Sends what was held back long enough. */
  pulse(): void {
    const nowUs = this.clockUs();
    for (const line of this.lines) line.pulse(nowUs);
  }

  /** Nothing that is late is answered any more. */
  close(): void {
    for (const stop of this.late) stop();
  }

  /** For lines only. */
  count(name: FaultName): void {
    this.made.set(name, (this.made.get(name) ?? 0) + 1);
  }

  rawNowUs(): number {
    return this.clockUs();
  }

  /** The time of a fault; `usual` where it was asked for without one. */
  timeMs(name: FaultName, usual: number): number {
    return this.terms.get(name)?.timeMs ?? usual;
  }

  everyMs(name: FaultName): number {
    return this.terms.get(name)?.everyMs ?? 0;
  }

  /** Cut off or with a damaged byte, where that happens. */
  damaged<T extends Frame>(frame: T): T {
    let out: Frame = frame;
    if (out.length > 1 && this.hits('truncate')) out = out.slice(0, 1 + this.prng.below(out.length - 1));
    if (out.length > 0 && this.hits('corrupt')) {
      const at = this.prng.below(out.length);
      if (typeof out === 'string') out = out.slice(0, at) + DAMAGE + out.slice(at + 1);
      else {
        out = Uint8Array.from(out);
        out[at] ^= 1 + this.prng.below(255);
      }
    }
    return out as T;
  }
}

interface Held {
  readonly frame: Frame;
  readonly dueUs: number;
}

/** What happens to the frames of one connection. */
export class FaultLine {
  private readonly gate: FaultGate;
  private readonly outlet: Outlet;
  private readonly queue: Held[] = [];
  /** Waits for the frame that is to overtake it, but not for long. */
  private overtaken: Frame | null = null;
  private overtakenUntilUs = 0;
  private stallsAtUs = 0;
  private stalledUntilUs = 0;

  constructor(gate: FaultGate, outlet: Outlet) {
    this.gate = gate;
    this.outlet = outlet;
    this.restart();
  }

  /** Faults are others now: stalls are counted anew. */
  restart(): void {
    const everyMs = this.gate.everyMs('stall');
    this.stallsAtUs = everyMs === 0 ? Number.POSITIVE_INFINITY : this.gate.rawNowUs() + everyMs * 1000;
    this.stalledUntilUs = 0;
  }

  send(frame: Frame, kind: FrameKind): void {
    const { gate } = this;
    if (this.isStalled()) return;
    if (kind === 'market') {
      if (gate.hits('disconnect')) {
        this.closed();
        this.outlet.terminate();
        return;
      }
      if (gate.hits('drop')) return;
      const damaged = gate.damaged(frame);
      if (this.overtaken === null && gate.hits('reorder')) {
        this.overtaken = damaged;
        this.overtakenUntilUs = gate.rawNowUs() + OVERTAKEN_US;
        return;
      }
      this.later(damaged);
      if (gate.hits('duplicate')) this.later(damaged);
    } else {
      this.later(frame);
    }
    this.releaseOvertaken();
  }

  pulse(nowUs: number): void {
    if (nowUs >= this.overtakenUntilUs) this.releaseOvertaken();
    while (this.queue.length > 0 && this.queue[0].dueUs <= nowUs) {
      const held = this.queue.shift();
      if (held !== undefined) this.outlet.send(held.frame);
    }
  }

  closed(): void {
    this.queue.length = 0;
    this.overtaken = null;
    this.gate.drop(this);
  }

  /** Frames that are late, and those behind them, wait; all others go out at once. */
  private later(frame: Frame): void {
    const isLate = this.gate.hits('delay');
    if (!isLate && this.queue.length === 0) {
      this.outlet.send(frame);
      return;
    }
    const lastUs = this.queue.at(-1)?.dueUs ?? 0;
    const dueUs = this.gate.rawNowUs() + (isLate ? this.gate.timeMs('delay', 50) * 1000 : 0);
    this.queue.push({ frame, dueUs: Math.max(lastUs, dueUs) });
  }

  private releaseOvertaken(): void {
    const { overtaken } = this;
    this.overtaken = null;
    if (overtaken !== null) this.later(overtaken);
  }

  private isStalled(): boolean {
    const nowUs = this.gate.rawNowUs();
    if (nowUs < this.stalledUntilUs) return true;
    if (nowUs < this.stallsAtUs) return false;
    this.gate.count('stall');
    this.stalledUntilUs = nowUs + this.gate.timeMs('stall', 0) * 1000;
    this.stallsAtUs = nowUs + this.gate.everyMs('stall') * 1000;
    return true;
  }
}

function refusal(status: number, code: number, msg: string): ProtocolReply {
  return jsonReply({ code, msg }, status, { 'Retry-After': String(RETRY_AFTER_SECONDS) });
}
